//! Several queries at once in one engine, under one memory limit: they share what it leaves, and the process stays within it.
//!
//! `cargo run --package plimsoll-workspace --example together -- --memory-limit 64MiB --threads 2 "SELECT …" "SELECT …"`
//!
//! Results come as lines of values with commas between them, one query after the other. Without arguments it shows four queries.

#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use std::fs::File;
use std::io::{self, Seek, Write};
use std::process::ExitCode;

use arrow::record_batch::RecordBatch;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use plimsoll::{Engine, ErrorKind};

/// What the heap holds counts, reserved or not.
#[global_allocator]
static ALLOCATOR: plimsoll_memory::Counting = plimsoll_memory::Counting::system();

type Failure = Box<dyn std::error::Error + Send + Sync>;

const SHOWN: [&str; 4] = [
    "SELECT station, avg(t) FROM 'data/weather.csv' GROUP BY station ORDER BY station",
    "SELECT * FROM 'data/weather.csv' ORDER BY t, station LIMIT 3",
    "SELECT count(DISTINCT station) FROM 'data/weather.csv'",
    "SELECT max(t) - min(t) FROM 'data/weather.csv'",
];

fn main() -> Result<ExitCode, Failure> {
    let mut engine = Engine::builder();
    let mut queries = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--memory-limit" => {
                let mebibytes: u64 = value()?.trim_end_matches("MiB").parse()?;
                engine = engine.memory_limit(mebibytes << 20);
            }
            "--threads" => engine = engine.threads(value()?.parse()?),
            _ => queries.push(argument),
        }
    }
    if queries.is_empty() {
        queries.extend(SHOWN.map(str::to_owned));
        engine = engine.memory_limit(64 << 20).threads(2);
    }
    plimsoll_memory::process::keep_little(128 << 10);
    let engine = engine.build()?;
    let results = std::thread::scope(|scope| {
        let engine = &engine;
        let running: Vec<_> = queries.iter().map(|sql| scope.spawn(move || result(engine, sql))).collect();
        running.into_iter().map(|query| query.join().map_err(|_| "a query has panicked")).collect::<Vec<_>>()
    });
    let mut output = io::stdout().lock();
    for result in results {
        match result? {
            Ok(mut file) => {
                io::copy(&mut file, &mut output)?;
            }
            Err(error) => {
                let fits = error
                    .downcast_ref::<plimsoll::Error>()
                    .is_none_or(|error| !matches!(error.kind(), ErrorKind::MemoryLimit { .. }));
                io::stderr().write_all(format!("together: error: {error}\n").as_bytes())?;
                return Ok(ExitCode::from(if fits { 1 } else { 4 }));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The result of a query, in a file: all results together may be more than memory holds.
fn result(engine: &Engine, sql: &str) -> Result<File, Failure> {
    let mut file = io::BufWriter::new(tempfile::tempfile()?);
    for batch in engine.sql(sql)?.stream()? {
        write(&batch?, &mut file)?;
    }
    let mut file = file.into_inner()?;
    file.rewind()?;
    Ok(file)
}

fn write(batch: &RecordBatch, out: &mut impl Write) -> Result<(), Failure> {
    let options = FormatOptions::default();
    let columns = batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options));
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    for row in 0..batch.num_rows() {
        for (number, column) in columns.iter().enumerate() {
            write!(out, "{}{}", if number > 0 { "," } else { "" }, column.value(row))?;
        }
        writeln!(out)?;
    }
    Ok(())
}
