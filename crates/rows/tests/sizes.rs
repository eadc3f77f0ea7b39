//! What rows of boxed values hold, against the allocator: to the byte.
#![allow(clippy::expect_used, reason = "a failed expectation in a test is the message")]

use plimsoll_core::{CsvOptions, DataType, Field, Query, Schema, Table, Value};
use plimsoll_memory::size::{DeepSize, deep_size, shallow_size};
use plimsoll_memory::{Counting, measure};
use plimsoll_rows::{Rows, run_bytes};

#[global_allocator]
static ALLOCATOR: Counting = Counting::system();

/// Makes a value and asserts that its deep size is what it took of this thread's heap.
fn exact<T: DeepSize>(make: impl FnOnce() -> T) -> T {
    let (value, cost) = measure(make);
    let taken = u64::try_from(cost.live_bytes).expect("more taken");
    assert_eq!(deep_size(&value).total - shallow_size(&value), taken);
    value
}

#[test]
fn rows_of_values() {
    let row = |at: i64| {
        vec![
            Value::Null,
            Value::Boolean(true),
            Value::Int64(at),
            Value::decimal(1 << 70, 3),
            Value::Float64(0.5),
            Value::Date(1),
            Value::Timestamp(2),
            Value::Time(2),
            Value::Utf8("é".repeat(usize::try_from(at % 40).unwrap_or(0)).into()),
        ]
    };
    let rows = exact(|| (0..1000).map(row).collect::<Vec<Vec<Value>>>());
    // 24 bytes for each vector and each value, and the texts.
    let texts: u64 = (0..1000).map(|at| 2 * (at % 40)).sum();
    assert_eq!(deep_size(&rows).total, 24 + 1000 * (24 + 9 * 24) + texts);
}

#[test]
fn a_result_is_its_schema_and_its_rows() {
    let rows = exact(|| Rows {
        schema: Schema::new(vec![Field::new("name", DataType::Utf8), Field::new("n", DataType::decimal(2))]),
        rows: vec![vec![Value::Utf8("Oslo".into()), Value::Null]; 3],
    });
    assert_eq!(deep_size(&rows).total, 48 + (2 * size_of::<Field>() as u64 + 5) + 3 * (24 + 48 + 4));
}

#[test]
fn the_rows_of_a_query() {
    let query = Query::new(Table { path: "f.csv".into(), options: CsvOptions::default() });
    let lines: String = (0..500).map(|at| format!("station {at},{at}.5,\n")).collect();
    let file = format!("name,t,nothing\n{lines}");
    let run = || run_bytes(&query, file.as_bytes(), false).expect("a result");
    drop(run()); // What a first run makes once for the whole program is not the result's.
    let rows = exact(run);
    assert_eq!(rows.rows.len(), 500);
    assert!(deep_size(&rows).allocations > 1000, "a vector and a text for each row");
}
