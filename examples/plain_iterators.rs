//! The pipeline's adapters as plain iterators, without the engine: a scan, a group, an order, the first three rows.
//!
//! `cargo run --package plimsoll-workspace --example plain_iterators`

#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use plimsoll_core::resolve::Grouping;
use plimsoll_core::{AggregateFunction, CompareOp, CsvOptions, Expr, Schema, SortKey, Value};
use plimsoll_csv::CsvFile;
use plimsoll_kernels::Source;
use plimsoll_pipeline::Pipeline;
use plimsoll_pipeline::scan::{CsvScan, ScanColumn, ScanSpec};

fn main() -> plimsoll_core::Result<()> {
    let file = Arc::new(CsvFile::open("data/weather.csv", &CsvOptions::default())?);
    let schema = file.schema();
    let (station, temperature) = (schema.index_of("station")?, schema.index_of("t")?);

    // WHERE t > 20. It counts in the file's columns; what comes after counts in those that the scan gives.
    let warm = Expr::Compare(
        CompareOp::Greater,
        Box::new(Expr::Field(temperature)),
        Box::new(Expr::Literal(Value::Int64(20))),
    );
    let outputs = vec![ScanColumn { column: station, as_text: false }];
    let spec = ScanSpec { outputs, filter: Some(warm), ..ScanSpec::default() };
    let bytes_read = Arc::new(AtomicU64::new(0));
    let profiles = file.settled();
    let input = Arc::new(Schema::new(vec![schema.fields[station].clone()]));
    let scan = Arc::new(CsvScan::new(file, spec, profiles, Arc::clone(&bytes_read)));

    let counted =
        Grouping { keys: vec![Expr::Field(0)], aggregates: vec![(AggregateFunction::CountStar, Vec::new())] };
    let order = [
        SortKey { output: 1, descending: true, nulls_first: false },
        SortKey { output: 0, descending: false, nulls_first: false },
    ];
    let mut pipeline =
        Arc::clone(&scan).worker().group(counted, input).sort(order.to_vec(), Some(3)).limit(0, Some(3));

    assert_eq!(bytes_read.load(Ordering::Relaxed), 0, "nothing is read before the first pull");
    let mut warmest = Vec::new();
    for block in pipeline.by_ref() {
        let block = block?;
        let (names, counts) =
            (block.columns[0].as_string::<i32>(), block.columns[1].as_primitive::<Int64Type>());
        warmest.extend((0..block.rows).map(|row| (names.value(row).to_owned(), counts.value(row))));
    }
    for (name, days) in &warmest {
        println!("{name:<16}{days:>4} measurements above 20 °C");
    }
    assert_eq!(warmest.len(), 3);
    assert!(warmest.is_sorted_by(|a, b| a.1 >= b.1));
    assert!(pipeline.next().is_none(), "an ended pipeline stays ended");
    assert_eq!(scan.records(), 3000);
    Ok(())
}
