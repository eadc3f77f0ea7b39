//! What is predicted of columns of which everything is known is what the store then takes.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation is the test's message")]
#![allow(clippy::cast_precision_loss, reason = "shares are rough figures")]

mod common;

use std::collections::HashSet;
use std::fmt::Write as _;

use arrow::array::AsArray;
use common::{Csv, unlimited};
use plimsoll_columnar::{Expected, ExpectedColumn, ExpectedTexts, Form, Store};
use plimsoll_memory::size::{deep_size, shallow_size};

/// Distinct texts without a doubt.
fn texts(distinct: f64, mean_bytes: f64, arrivals: f64) -> ExpectedTexts {
    ExpectedTexts { distinct, least: distinct, most: distinct, mean_bytes, arrivals }
}

/// Everything that there is to know of a file's columns.
fn known(csv: &Csv, text: &str) -> Expected {
    let blocks = csv.blocks();
    let rows = blocks.iter().map(|block| block.rows as u64).sum();
    let schema = csv.spec.schema(&csv.file).unwrap();
    let columns = schema.fields.iter().enumerate().map(|(at, field)| {
        let mut column = ExpectedColumn::new(field.clone(), csv.spec.profiles[at]);
        let mut distinct: HashSet<String> = HashSet::new();
        for block in &blocks {
            let array = &block.columns[at];
            column.observe(array);
            if let Some(texts) = array.as_string_opt::<i32>() {
                distinct.extend(texts.iter().flatten().map(str::to_owned));
            }
        }
        let bytes: usize = distinct.iter().map(String::len).sum();
        let mean_bytes = bytes as f64 / distinct.len().max(1) as f64;
        column.set_texts(texts(distinct.len() as f64, mean_bytes, 1.0));
        column
    });
    Expected { rows, record_bytes: text.len() as f64 / rows as f64, columns: columns.collect() }
}

/// Types of every kind, with and without NULLs.
fn every_type(rows: usize) -> String {
    let mut text = "small,long,price,wide,share,exact,day,at,precise,flag,code,key,note,none\n".to_owned();
    for at in 0..rows {
        let null = if at % 10 == 3 { "" } else { "x" };
        writeln!(
            text,
            "{},{},{}.{:02},{}12345678901234567890.5,{}e0,{}e-1,2024-01-{:02},2024-01-01 00:00:{:02},2024-01-01 00:00:00.{:06},{},c{},key {},{null}{},",
            at % 100,
            at * 1_000_003,
            at % 700,
            at % 100,
            at % 9,
            at % 5,
            at,
            at % 28 + 1,
            at % 60,
            at % 1_000_000,
            at % 3 == 0,
            at % 7,
            at % 3000,
            if null.is_empty() { String::new() } else { format!(" {}", at * 7919) },
        )
        .unwrap();
    }
    text
}

#[test]
fn what_is_known_is_predicted_to_the_byte() {
    for rows in [1, 100, 70_000] {
        let text = every_type(rows);
        let csv = Csv::of(&text);
        let expected = known(&csv, &text);
        for form in [Form::Plain, Form::Compact] {
            let store = csv.load(form);
            let predicted = expected.held(form);
            let chunks = rows.div_ceil(1 << 16) as u64;
            for (report, (physical, bytes)) in store.columns().iter().zip(&predicted.columns) {
                assert_eq!(report.physical, *physical, "{rows} {form:?} {}", report.name);
                // Empty buffers of texts have no block, and bits end in the middle of a byte.
                let apart = report.heap_bytes.abs_diff(*bytes);
                assert!(apart <= 72 * chunks, "{rows} {form:?} {report}: {} {bytes}", report.heap_bytes);
            }
            let (real, total) = (store.heap_bytes() + shallow_size(&store), predicted.total());
            assert!(real.abs_diff(total) * 100 <= real, "{rows} {form:?}: {real} {total}");
        }
    }
}

#[test]
fn files_are_predicted() {
    for rows in [1, 5000, 70_000] {
        let text = every_type(rows);
        let csv = Csv::of(&text);
        let expected = known(&csv, &text);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f.arrow");
        let store = csv.load_mapped(&path);
        let (real, predicted) = (std::fs::metadata(&path).unwrap().len(), expected.file().total());
        assert!(real.abs_diff(predicted) * 20 <= real + 20_000, "{rows}: {real} {predicted}");
        drop(store);
        let store = Store::open_mapped(&path, &unlimited()).unwrap();
        let heap = deep_size(&store).total;
        assert!(expected.mapped_heap().abs_diff(heap) < 20_000, "{rows}: {heap} {}", expected.mapped_heap());
    }
}

#[test]
fn a_dictionary_that_comes_too_late_is_no_dictionary() {
    // Half of the texts are distinct: sorted, each comes twice in a row; shuffled, all of the first ones are new.
    let rows: u64 = 1_100_000;
    let row = |at: u64, sorted: bool| if sorted { at / 2 } else { at * 524_287 % (rows / 2) };
    for sorted in [true, false] {
        let lines: String = (0..rows).map(|at| format!("k{:06}\n", row(at, sorted))).collect();
        let text = format!("k\n{lines}");
        let csv = Csv::of(&text);
        let mut expected = known(&csv, &text);
        let distinct = rows as f64 / 2.0;
        let arrivals = if sorted { 0.5 } else { 1.0 };
        expected.columns[0].set_texts(texts(distinct, 7.0, arrivals));
        let report = &csv.load(Form::Compact).columns()[0];
        let (physical, bytes) = &expected.held(Form::Compact).columns[0];
        assert_eq!(report.physical, *physical, "sorted: {sorted}; {report}");
        assert!(report.heap_bytes.abs_diff(*bytes) * 100 < *bytes, "{} {bytes}", report.heap_bytes);
    }
}

#[test]
fn where_the_type_is_in_doubt_bytes_lie_between() {
    let text = every_type(5000);
    let csv = Csv::of(&text);
    let held = |likely, least, most| {
        let mut expected = known(&csv, &text);
        expected.columns[0].widen((0, likely), (0, least), (0, most));
        expected.held(Form::Compact).columns[0].clone()
    };
    let (narrow, wide) = (held(127, 127, 127), held(128, 128, 128));
    assert_eq!((narrow.0.to_string(), wide.0.to_string()), ("Int8".to_owned(), "Int16".to_owned()));
    let between = held(130, 120, 140);
    assert_eq!(between, (wide.0, narrow.1.midpoint(wide.1)));
}
