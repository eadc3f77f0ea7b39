//! Snapshots beyond one run: tags and filters, files, a sample instead of everything, and the forms that other programs read.
//!
//! `cargo run --package plimsoll-workspace --example memory_snapshots`

#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use std::collections::BTreeMap;
use std::fs;

use plimsoll_memory::trace::{self, Filter, GroupBy, Measure, Mode, TraceError, Traces};
use plimsoll_memory::{Counting, Tag, export};

#[global_allocator]
static ALLOCATOR: Counting = Counting::system();

static PARSER: Tag = Tag::new("parser");
static INDEX: Tag = Tag::new("index");

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let text = fs::read_to_string("data/weather.csv")?;
    trace::start(16, Mode::Exact)?;
    let index = index(&text);
    let last = trace::stop()?;

    let mut report = String::new();
    for tag in last.statistics(GroupBy::Tag, Measure::AtPeak, false) {
        report += &format!("{tag}\n");
    }
    let of_index = Filter { tag: Some("index".to_owned()), ..Filter::include("examples/*") };
    report +=
        &trace::report(&last.filter_traces(&[of_index]).statistics(GroupBy::Line, Measure::Live, false), 1);
    print!("{report}");
    // The documentation shows what this prints.
    assert!(include_str!("../docs/memory-accounting.md").contains(&report));

    let directory = tempfile::tempdir()?;
    files(&last, &directory.path().join("index.traces"))?;

    fs::write(directory.path().join("index.pb.gz"), export::pprof(&last))?;
    fs::write(directory.path().join("index.folded"), export::folded(&last, Measure::Live))?;
    fs::write(directory.path().join("index.svg"), export::flame_graph(&last, Measure::AtPeak, "index"))?;
    drop(index);
    sampled(&text)
}

/// Line numbers of each station.
fn index(text: &str) -> BTreeMap<&str, Vec<usize>> {
    let lines: Vec<&str> = {
        let _tag = PARSER.enter();
        text.lines().skip(1).collect()
    };
    let _tag = INDEX.enter();
    let mut index: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (number, line) in lines.iter().enumerate() {
        let station = line.split_once(',').map_or(*line, |(station, _)| station);
        index.entry(station).or_default().push(number);
    }
    index
}

/// A file is read as a whole or not at all.
fn files(last: &Traces, path: &std::path::Path) -> Result<(), Box<dyn std::error::Error>> {
    last.dump(path)?;
    let again = Traces::load(path)?;
    assert_eq!(again, *last);

    let whole = fs::read(path)?;
    fs::write(path, &whole[..whole.len() / 2])?;
    assert!(matches!(Traces::load(path), Err(TraceError::Damaged { .. })));
    fs::write(path, "plimsoll-traces 2 0 00000000\n")?;
    assert!(matches!(Traces::load(path), Err(TraceError::Version { found: 2, .. })));
    Ok(())
}

/// One in 4096 bytes is a sample: the estimate stands beside the exact figure.
fn sampled(text: &str) -> Result<(), Box<dyn std::error::Error>> {
    trace::start(16, Mode::Sampled { interval: 4096 })?;
    for _ in 0..50 {
        drop(index(text));
    }
    let sample = trace::stop()?;
    let estimate: u64 =
        sample.statistics(GroupBy::Line, Measure::Total, false).iter().map(|line| line.amount.bytes).sum();
    let error = estimate as f64 / sample.counted.bytes as f64 - 1.0;
    let exact = sample.counted.bytes;
    let report = format!("{estimate} bytes by the sample, {exact} in fact: {:+.1} %\n", error * 100.0);
    print!("{report}");
    // Random numbers begin at the same seed each time.
    assert!(include_str!("../docs/memory-accounting.md").contains(&report));
    assert!(error.abs() < 0.1);
    Ok(())
}
