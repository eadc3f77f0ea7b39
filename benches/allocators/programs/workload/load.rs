//! A CSV file loaded into boxed rows, one allocation for each record and each text: what a program does that holds a table.

use std::fmt::Write;
use std::hint::black_box;
use std::time::Instant;

use plimsoll_core::{CsvOptions, Query, Table};
use plimsoll_rows::{Rows, run_bytes};

use super::Outcome;

/// Rows loaded and dropped; nanoseconds for each record.
pub(super) fn run<T>(
    records: usize,
    begin: impl FnOnce() -> Result<T, String>,
) -> Result<(T, Outcome), String> {
    let query = Query::new(Table { path: "generated.csv".into(), options: CsvOptions::default() });
    let file = file(records);
    let begun = begin()?;
    let start = Instant::now();
    let rows = load(&query, file.as_bytes())?;
    let read = rows.rows.len();
    drop(black_box(rows));
    let nanoseconds = start.elapsed().as_secs_f64() * 1e9 / records as f64;
    if read != records {
        return Err(format!("{records} records were written and {read} read"));
    }
    Ok((begun, Outcome { operations: records as u64, nanoseconds }))
}

/// Not inlined: instructions are counted between its call and its return.
#[inline(never)]
fn load(query: &Query, file: &[u8]) -> Result<Rows, String> {
    run_bytes(query, file, false).map_err(|error| error.to_string())
}

/// Records of two texts, an integer, a decimal and a date.
fn file(records: usize) -> String {
    let mut file = String::from("station,country,id,t,day\n");
    for at in 0..records {
        let (station, country, day) = (at * 7919 % 4133, at * 31 % 193, 1 + at % 28);
        let (whole, tenths) = (at * 13 % 60, at * 7 % 10);
        // Writing to a string cannot fail.
        let _ = writeln!(file, "station {station},country {country},{at},{whole}.{tenths},2024-03-{day:02}");
    }
    file
}
