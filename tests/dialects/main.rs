//! The dialect of heads of files as programs write them, found without a hint: how many are found right, by setting.
//!
//! What is no table of fields between delimiters is not here: the common log format of web servers has brackets beside
//! quotes, and is read with the delimiter blank as ten fields, the time being two of them.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation is the test's message")]
#![allow(clippy::print_stdout, reason = "a test tells what it has come to")]

mod files;
mod found;
mod head;
mod tables;
mod writers;

use found::{SETTINGS, compare};
use head::Head;

/// The part of the heads whose settings must all be right.
const WANTED: f64 = 0.97;

fn heads() -> Vec<Head> {
    let tables = tables::tables();
    tables.iter().flat_map(writers::heads).chain(files::heads()).collect()
}

#[test]
fn dialects_are_found() {
    let heads = heads();
    assert!(heads.len() >= 200, "only {} heads", heads.len());
    let folder = tempfile::tempdir().unwrap();
    let (mut right, mut all_right) = ([0; SETTINGS.len()], 0);
    for (number, head) in heads.iter().enumerate() {
        let path = folder.path().join(format!("{number}.csv"));
        std::fs::write(&path, &head.bytes).unwrap();
        let verdicts = compare(head, path.to_str().unwrap());
        for (count, verdict) in right.iter_mut().zip(&verdicts) {
            *count += usize::from(verdict.is_ok());
        }
        let wrong: Vec<&String> = verdicts.iter().filter_map(|verdict| verdict.as_ref().err()).collect();
        all_right += usize::from(wrong.is_empty());
        if !wrong.is_empty() {
            println!("{}: {wrong:?}", head.name);
        }
    }
    let part = |count: usize| count as f64 / heads.len() as f64;
    println!("\n{} heads", heads.len());
    for (setting, count) in SETTINGS.iter().zip(right) {
        println!("{setting:<12} {:>6.1} %", 100.0 * part(count));
    }
    println!("{:<12} {:>6.1} %", "all", 100.0 * part(all_right));
    assert!(part(all_right) >= WANTED, "{:.1} % are not enough", 100.0 * part(all_right));
}
