//! Which lines hold memory, which held it at the peak, which allocate for nothing, and what is left in the end.
//!
//! `cargo run --package plimsoll-workspace --example memory_by_line`

#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use std::collections::BTreeMap;
use std::fs;

use plimsoll_memory::trace::{self, GroupBy, Measure, Mode, Statistic, TraceError};

#[global_allocator]
static ALLOCATOR: plimsoll_memory::Counting = plimsoll_memory::Counting::system();

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let text = fs::read_to_string("data/weather.csv")?;

    trace::start(16, Mode::Exact)?;
    let before = trace::take_snapshot()?;
    let readings = readings(&text);
    let after = trace::take_snapshot()?;
    let medians = medians(&readings);
    let largest: &'static str = medians[0].0.to_owned().leak();
    drop(medians);
    drop(readings);
    let last = trace::stop()?;

    let grown = after.compare_to(&before, GroupBy::Line, Measure::Live, false);
    let at_peak = last.statistics(GroupBy::Line, Measure::AtPeak, false);
    let temporary = last.statistics(GroupBy::Line, Measure::Temporary, false);
    let left = last.statistics(GroupBy::Line, Measure::Live, false);

    // All this comes after tracing: statistics are allocations as any other, and so is the buffer of the standard output.
    let mut report = String::from("grown most\n");
    grown.iter().take(3).for_each(|change| report += &format!("  {change}\n"));
    report += "held most at the peak\n";
    at_peak.iter().take(3).for_each(|line| report += &format!("  {line}\n"));
    report += "freed at once most\n";
    temporary.iter().take(1).for_each(|line| report += &format!("  {line}\n"));
    report += "left in the end\n";
    left.iter().for_each(|line| report += &format!("  {line}\n"));
    print!("{report}");

    // The documentation shows what this prints.
    assert!(include_str!("../docs/memory-accounting.md").contains(&report));
    assert_eq!((left.len(), last.live().bytes), (1, largest.len() as u64));
    nothing_is_lost_by_a_mistake()
}

/// The temperatures of each station.
fn readings(text: &str) -> BTreeMap<String, Vec<f64>> {
    let mut readings: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let Some((station, temperature)) = line.split_once(',') else { continue };
        // The name is copied for every line, and needed for the first of each station.
        let of_station = readings.entry(station.to_owned()).or_default();
        of_station.push(temperature.parse().unwrap_or(f64::NAN));
    }
    readings
}

/// Stations by their medians, the warmest first.
fn medians(readings: &BTreeMap<String, Vec<f64>>) -> Vec<(&str, f64)> {
    let mut medians = Vec::new();
    for (station, temperatures) in readings {
        let mut sorted = temperatures.clone();
        sorted.sort_by(f64::total_cmp);
        medians.push((station.as_str(), sorted[sorted.len() / 2]));
    }
    medians.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(other.0)));
    medians
}

/// A second start is an error, and the first session goes on.
fn nothing_is_lost_by_a_mistake() -> Result<(), Box<dyn std::error::Error>> {
    assert!(matches!(trace::take_snapshot(), Err(TraceError::NotStarted)));
    trace::start(16, Mode::Exact)?;
    let kept = vec![0_u8; 1000];
    assert!(matches!(trace::start(1, Mode::Exact), Err(TraceError::AlreadyStarted)));
    let lines: Vec<Statistic> = trace::stop()?.statistics(GroupBy::Line, Measure::Live, false);
    assert_eq!((lines.len(), lines[0].amount.bytes), (1, kept.len() as u64));
    assert!(matches!(trace::stop(), Err(TraceError::NotStarted)));
    Ok(())
}
