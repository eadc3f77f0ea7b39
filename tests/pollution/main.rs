//! Five tables, polluted in every way that files are: what a strict reading gives is right or an error at the right
//! line, and a lenient one gives the repaired table.
//!
//! One trial a kind of pollution; behind the trials a table of all kinds is printed. With `POLLUTION_DIRECTORY` the
//! files are written there too, with `expected.json` beside them, for `tests/second_opinion.py`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation is the test's message")]
#![allow(clippy::print_stdout, reason = "a test tells what it has come to")]

#[path = "../common/mod.rs"]
mod common;
mod judge;
mod kinds;
mod reading;
mod report;
mod sources;
mod table;
mod variant;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use judge::{Strict, Verdict, judge};
use libtest_mimic::{Arguments, Failed, Trial};
use variant::Variant;

type Judged = Arc<Mutex<Vec<(usize, Variant, Verdict)>>>;

fn main() {
    let arguments = Arguments::from_args();
    let folder = tempfile::tempdir().unwrap();
    let kept = std::env::var_os("POLLUTION_DIRECTORY").map(PathBuf::from);
    let directory = kept.as_deref().unwrap_or(folder.path());
    let variants: Vec<Variant> = sources::sources().iter().flat_map(kinds::variants).collect();
    assert!(variants.len() >= 600, "only {} variants", variants.len());
    if kept.is_some() {
        std::fs::create_dir_all(directory).unwrap();
        std::fs::write(directory.join("expected.json"), expected(&variants)).unwrap();
    }
    let judged = Judged::default();
    let mut kinds: Vec<(&'static str, Vec<(usize, Variant)>)> = Vec::new();
    for (number, variant) in variants.into_iter().enumerate() {
        match kinds.iter_mut().find(|(kind, _)| *kind == variant.kind) {
            Some((_, members)) => members.push((number, variant)),
            None => kinds.push((variant.kind, vec![(number, variant)])),
        }
    }
    let trials = kinds.into_iter().map(|(kind, members)| {
        let (judged, directory) = (judged.clone(), directory.to_owned());
        Trial::test(kind.replace(' ', "_"), move || check(members, &directory, &judged))
    });
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    let mut judged = std::mem::take(&mut *judged.lock().unwrap());
    judged.sort_by_key(|(number, ..)| *number);
    let judged: Vec<_> = judged.into_iter().map(|(_, variant, verdict)| (variant, verdict)).collect();
    if !judged.is_empty() {
        println!("{}", report::table(&judged));
    }
    drop(folder);
    conclusion.exit();
}

/// Judges all variants of one kind. Every wrong strict reading is a failure, and so is settings that do not help.
fn check(members: Vec<(usize, Variant)>, directory: &Path, judged: &Judged) -> Result<(), Failed> {
    let mut failures = Vec::new();
    for (number, variant) in members {
        let path = directory.join(file_name(number));
        std::fs::write(&path, &variant.bytes).unwrap();
        let verdict = judge(&variant, &path);
        if let Strict::Wrong(what) | Strict::Unlike(what) = &verdict.strict {
            failures.push(format!("{} ({number}): {what}", variant.name));
        }
        if let Some(Err(what)) = &verdict.told {
            failures.push(format!("{} ({number}): {what}", variant.name));
        }
        judged.lock().unwrap().push((number, variant, verdict));
    }
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n").into()) }
}

fn file_name(number: usize) -> String {
    format!("{number:04}.csv")
}

/// For each file its kind, its name, the lines of right errors, and the tables that are right, the repaired one first.
fn expected(variants: &[Variant]) -> String {
    let table = |table: &table::Table| serde_json::json!({"names": table.names, "rows": table.rows});
    let files = variants.iter().enumerate().map(|(number, variant)| {
        let strict = &variant.strict;
        serde_json::json!({
            "file": file_name(number),
            "kind": variant.kind,
            "name": variant.name,
            "repaired": table(&variant.repaired),
            "tables": strict.tables.iter().map(table).collect::<Vec<_>>(),
            "lines": strict.lines,
            "unknowable": variant.unknowable,
        })
    });
    serde_json::to_string(&files.collect::<Vec<_>>()).unwrap()
}
