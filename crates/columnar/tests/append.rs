//! Rows added to a store, and columns given up.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the test's message")]

mod common;

use std::fmt::Write;
use std::sync::Arc;

use arrow::datatypes::DataType as ArrowType;
use common::{Columns, Csv, all_columns, columns_of, unlimited};
use plimsoll_columnar::{Form, Reason, Store, StoreScan};
use plimsoll_core::{CsvOptions, DataType, ErrorKind, Result, Schema};
use plimsoll_kernels::{Block, Source};
use plimsoll_memory::Budget;
use proptest::prelude::*;

/// The same types whatever the rows are.
fn options() -> CsvOptions {
    let types = [
        ("i", DataType::Int64),
        ("d", DataType::decimal(2)),
        ("w", DataType::Utf8),
        ("f", DataType::Float64),
        ("s", DataType::Timestamp),
        ("t", DataType::Time),
    ];
    CsvOptions {
        types: types.map(|(name, data_type)| (name.to_owned(), data_type)).into(),
        ..CsvOptions::default()
    }
}

fn csv(rows: &[String]) -> Csv {
    Csv::new(&("i,d,w,f,s,t\n".to_owned() + &rows.concat()), &options(), 4096)
}

fn blocks(rows: &[String]) -> impl Iterator<Item = Result<Block>> {
    csv(rows).blocks().into_iter().map(Ok)
}

/// Rows whose values are of `size` bits, with texts out of `words`.
fn row(seed: u64, size: u32, words: u64) -> String {
    let value = (seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - size)).cast_signed();
    let second = if size > 40 { ".25" } else { "" };
    format!(
        "{},{}.5,{},{}e-1,2024-01-01 00:00:{:02}{second},12:00:{:02}{second}\n",
        value - (1 << (size - 1)),
        value % 10_i64.pow(size / 4),
        if seed.is_multiple_of(5) { String::new() } else { format!("word {}", seed % words) },
        if size > 30 { 1 } else { value % 100 * 5 },
        seed % 60,
        seed % 60
    )
}

fn of_both(one: &Store, other: &Store) -> (Vec<ArrowType>, Vec<ArrowType>) {
    let types = |store: &Store| store.columns().into_iter().map(|column| column.physical).collect();
    (types(one), types(other))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Appending gives what loading all rows at once gives, types and dictionaries included.
    #[test]
    fn appended_is_loaded(
        parts in proptest::collection::vec((0..400_u64, 2..60_u32, 1..600_u64), 1..6),
        opened in any::<bool>(),
    ) {
        let parts: Vec<Vec<String>> = parts
            .into_iter()
            .enumerate()
            .map(|(at, (rows, size, words))| (0..rows).map(|row_at| row(at as u64 * 1000 + row_at, size, words)).collect())
            .collect();
        let all = csv(&parts.concat());
        let expected = all.columns();
        for form in [Form::Plain, Form::Compact] {
            let mut store = csv(&parts[0]).load(form);
            if opened {
                let file = tempfile::NamedTempFile::new().unwrap();
                store.save(file.path()).unwrap();
                store = Store::open(file.path(), form, &unlimited()).unwrap();
            }
            for part in &parts[1..] {
                store.append(blocks(part)).unwrap();
            }
            let (types, loaded) = of_both(&store, &all.load(form));
            // The dictionary may be in another order, and where it was given up too early it stays so.
            let comparable = |types: Vec<ArrowType>| -> Vec<ArrowType> {
                types.into_iter().enumerate().filter(|(at, _)| *at != 2).map(|(_, one)| one).collect()
            };
            prop_assert_eq!(comparable(types), comparable(loaded));
            prop_assert_eq!(&columns_of(store, 2).0, &expected);
        }
    }
}

#[test]
fn many_appends_leave_few_chunks_and_no_room() {
    let rows: Vec<String> = (0..70_000).map(|seed| row(seed, 12, 300)).collect();
    let expected = csv(&rows).columns();
    for form in [Form::Plain, Form::Compact] {
        let budget = Budget::unlimited();
        let consumer = budget.consumer("store");
        let mut store = csv(&rows[..60_000]).load_for(form, &consumer).unwrap();
        for part in rows[60_000..].chunks(2500) {
            store.append(blocks(part)).unwrap();
        }
        let loaded = csv(&rows).load(form);
        // A dictionary keeps its order, so both are the same to the byte.
        assert_eq!(store.heap_bytes(), loaded.heap_bytes(), "{form:?}");
        assert_eq!(budget.used() - store.heap_bytes(), size_of::<Store>() as u64);
        assert_eq!(
            store.columns().iter().map(|column| column.reason).collect::<Vec<_>>(),
            loaded.columns().iter().map(|column| column.reason).collect::<Vec<_>>()
        );
        assert_eq!(columns_of(store, 2).0, expected);
        assert_eq!(budget.used(), 0);
    }
}

/// A text column that turns out to have as many texts as rows.
#[test]
fn a_dictionary_is_given_up_late() {
    let mut text = "t\n".to_owned();
    for row in 0..400_000 {
        writeln!(text, "text {row}").unwrap();
    }
    let csv = Csv::of(&text);
    let store = csv.load(Form::Compact);
    assert_eq!(store.columns()[0].physical, ArrowType::Utf8);
    let Reason::Text { distinct, .. } = store.columns()[0].reason else {
        panic!("{:?}", store.columns()[0].reason)
    };
    assert!((262_145..400_000).contains(&distinct), "{distinct}");
    assert_eq!(columns_of(store, 1).0, csv.columns());
}

#[test]
fn a_failed_append_changes_nothing() {
    let rows: Vec<String> = (0..1000).map(|seed| row(seed, 6, 30)).collect();
    let wide: Vec<String> = (0..1000).map(|seed| row(seed, 50, 800)).collect();
    for form in [Form::Plain, Form::Compact] {
        let first = csv(&rows);
        let expected = first.columns();
        let mut growth = 0;
        loop {
            growth += 1;
            let budget = Budget::unlimited();
            let mut store = first.load_for(form, &budget.consumer("store")).unwrap();
            let (bytes, used) = (store.heap_bytes(), budget.used());
            let _refusing = budget.clone().refusing(growth);
            match store.append(blocks(&wide)) {
                Ok(()) => break,
                Err(error) => assert!(matches!(error.kind(), ErrorKind::MemoryLimit { .. }), "{error}"),
            }
            assert_eq!((store.heap_bytes(), budget.used()), (bytes, used));
            assert_eq!(columns_of(store, 1).0, expected);
        }
        assert!(growth > 10, "{growth}");
        let mut store = first.load(form);
        let failing = blocks(&wide).chain([Err(plimsoll_core::Error::value("a block that fails"))]);
        assert_eq!(store.append(failing).unwrap_err().to_string(), "a block that fails");
        let error = store.append(Csv::of("i,d\n1,2\n").blocks().into_iter().map(Ok)).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Plan { .. }), "{error}");
        assert_eq!(columns_of(store, 1).0, expected);
    }
}

#[test]
fn a_mapped_store_takes_no_rows_but_gives_columns_up() {
    let rows: Vec<String> = (0..100).map(|seed| row(seed, 6, 30)).collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.arrow");
    let mut store = csv(&rows).load_mapped(&path);
    let error = store.append(blocks(&rows)).unwrap_err();
    assert!(error.to_string().starts_with("a mapped store takes no rows"), "{error}");
    let before = store.mapped_bytes();
    store.drop_column(0).unwrap();
    assert_eq!(before - store.mapped_bytes(), 800);
    let names = |columns: Columns| columns.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names(all_columns(store).unwrap()), ["d", "w", "f", "s", "t"]);
}

#[test]
fn a_column_that_is_dropped_is_given_back() {
    let rows: Vec<String> = (0..5000).map(|seed| row(seed, 30, 3000)).collect();
    for form in [Form::Plain, Form::Compact] {
        let budget = Budget::unlimited();
        let csv = csv(&rows);
        let mut store = csv.load_for(form, &budget.consumer("store")).unwrap();
        let text = store.columns()[2].heap_bytes;
        let (bytes, used) = (store.heap_bytes(), budget.used());
        store.drop_column(2).unwrap();
        assert!(bytes - store.heap_bytes() >= text);
        assert_eq!(used - budget.used(), bytes - store.heap_bytes());
        assert_eq!(store.schema().fields.len(), 5);
        let mut expected = csv.columns();
        expected.remove(2);
        assert_eq!(columns_of(store, 3).0, expected);
        let mut store = csv.load(form);
        assert!(matches!(store.drop_column(6).unwrap_err().kind(), ErrorKind::Plan { .. }));
        (0..6).for_each(|_| store.drop_column(0).unwrap());
        assert_eq!((store.rows(), store.columns().len()), (5000, 0));
    }
}

/// Chunks do not depend on what the blocks are parts of, and neither does what is reserved meanwhile.
#[test]
fn a_store_out_of_another() {
    let rows: Vec<String> = (0..140_000).map(|seed| row(seed, 12, 300)).collect();
    let csv = csv(&rows);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.arrow");
    for form in [Form::Plain, Form::Compact] {
        let loaded = csv.load(form);
        let plain = Arc::new(csv.load(Form::Plain));
        plain.save(&path).unwrap();
        let scan = Arc::new(StoreScan::new(Arc::clone(&plain), (0..6).collect()).unwrap());
        let schema = Schema::clone(plain.schema());
        let budgets = [Budget::unlimited(), Budget::unlimited()];
        let copy = Store::from_blocks(schema, form, scan.worker(), &budgets[0].consumer("store")).unwrap();
        let read = Store::open(&path, form, &budgets[1].consumer("store")).unwrap();
        for (store, budget) in [copy, read].iter().zip(budgets) {
            assert_eq!(store.heap_bytes(), loaded.heap_bytes(), "{form:?}");
            let beside = budget.peak() - store.heap_bytes();
            assert!(beside < 9 << 20, "{beside} beside {}", store.heap_bytes());
        }
    }
}
