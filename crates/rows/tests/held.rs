//! Rows that are held give what the file itself gives.

#![allow(clippy::expect_used, reason = "a failed expectation in a test is the message")]

use plimsoll_core::{
    AggregateFunction, CsvOptions, DataType, ErrorKind, Expr, Field, Infer, OrderBy, Query, Schema,
    SelectItem, Table, Value,
};
use plimsoll_memory::Budget;
use plimsoll_memory::size::deep_size;
use plimsoll_rows::{Held, predicted_bytes_beside, predicted_column_bytes, run};

fn table(path: &str) -> Table {
    let options = CsvOptions { delimiter: Some(b','.into()), infer: Infer::Full, ..CsvOptions::default() };
    Table { path: format!("{}/../../{path}", env!("CARGO_MANIFEST_DIR")), options }
}

fn held(table: &Table, budget: &Budget) -> plimsoll_core::Result<Held> {
    let schema = run(&Query::new(table.clone()), false).expect("the file reads").schema;
    Held::load(table, schema, &[], &budget.consumer("rows"))
}

fn column(name: &str) -> Expr {
    Expr::Column(name.to_owned())
}

/// A projection, a filter, groups, an order, a limit.
fn queries(table: &Table, key: &str, value: &str) -> Vec<Query> {
    let all = Query::new(table.clone());
    let present = Expr::IsNull { expr: Box::new(column(value)), negated: true };
    let filtered = Query { filter: Some(present), limit: Some(7), offset: 2, ..all.clone() };
    let aggregate = |function| Expr::Aggregate { function, arguments: vec![column(value)] };
    let select: Vec<SelectItem> = vec![
        column(key).into(),
        aggregate(AggregateFunction::Count).into(),
        aggregate(AggregateFunction::Min).into(),
        aggregate(AggregateFunction::Max).into(),
    ];
    let group_by = vec![column(key)];
    let grouped = Query { select, group_by, ..all.clone() };
    let ordered = Query { order_by: vec![OrderBy::from(column(key))], limit: Some(5), ..grouped.clone() };
    vec![all, filtered, grouped, ordered]
}

#[test]
fn a_query_cannot_tell_the_difference() {
    let budget = Budget::unlimited();
    for (path, key, value) in [
        ("data/weather.csv", "station", "t"),
        ("data/penguins.csv", "species", "body_mass_g"),
        ("data/g1.csv", "id1", "v3"),
    ] {
        let table = table(path);
        let held = held(&table, &budget).expect("it loads");
        for query in queries(&table, key, value) {
            assert_eq!(
                held.run(&query).expect("a result"),
                run(&query, false).expect("a result"),
                "{query:?}"
            );
        }
    }
    assert_eq!(budget.used(), 0);
}

#[test]
fn what_is_held_is_reserved() {
    let budget = Budget::unlimited();
    let held = held(&table("data/weather.csv"), &budget).expect("it loads");
    let size = deep_size(&held);
    // The schema is not reserved, and the vector of rows gave back what it did not need.
    assert!(budget.used() >= size.total - 500, "{} {size:?}", budget.used());
    assert!(budget.used() <= size.total + 30_000, "{} {size:?}", budget.used());
    // The file was held too, while it was read.
    assert!(budget.peak() > budget.used());
    assert_eq!((held.len(), size.spare), (3000, 0));
}

#[test]
fn what_is_known_is_predicted_to_the_byte() {
    for path in ["data/weather.csv", "data/penguins.csv", "data/g1.csv", "data/wide.csv"] {
        let held = held(&table(path), &Budget::unlimited()).expect("it loads");
        let all = held.run(&Query::new(table(path))).expect("a result").rows;
        let rows = held.len() as u64;
        let columns = (0..held.schema().fields.len()).map(|column| {
            let length = |row: &Vec<Value>| if let Value::Utf8(text) = &row[column] { text.len() } else { 0 };
            let bytes: usize = all.iter().map(length).sum();
            predicted_column_bytes(rows, bytes as f64 / rows as f64)
        });
        let predicted = columns.sum::<u64>() + predicted_bytes_beside(rows, held.schema());
        let size = deep_size(&held);
        assert_eq!(predicted, size.total - size_of_val(&held) as u64, "{path}");
    }
}

#[test]
fn a_limit_ends_the_load() {
    for limit in [1, 40_000, 60_000, 150_000] {
        let budget = Budget::limited(limit).expect("a limit");
        let error = held(&table("data/weather.csv"), &budget).expect_err("it is too small");
        assert!(matches!(error.kind(), ErrorKind::MemoryLimit { .. }), "{error}");
        assert_eq!(budget.used(), 0);
    }
}

#[test]
fn a_broken_file_is_named() {
    let text = |columns: &[&str]| {
        Schema::new(columns.iter().map(|name| Field::new(*name, DataType::Utf8)).collect())
    };
    for (path, columns, place) in [
        ("data/ragged.csv", &["a", "b", "c"][..], "line 3, record 2, byte 12: 2 fields where 3 are expected"),
        ("data/ragged.csv", &["a", "b"], "line 1, record 0, byte 0: 3 fields where 2 are expected"),
        ("data/unterminated.csv", &["id", "note"], "line 3, record 2, byte 32, column note: the quote"),
        ("data/latin1.csv", &["name", "n"], "not UTF-8"),
        ("data/none.csv", &["a"], "none.csv: No such file"),
    ] {
        let consumer = Budget::unlimited().consumer("rows");
        let error = Held::load(&table(path), text(columns), &[], &consumer).expect_err("it is broken");
        assert!(error.to_string().contains(place), "{error}");
    }
}
