//! Compares ways of holding a file's data from a program of one's own: each is measured in a fresh process of this program.

#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use plimsoll::CsvOptions;
use plimsoll_compare::{Agreement, Comparison, Processes, Strategy, child, compare};

/// Each measured process counts what it allocates.
#[global_allocator]
static ALLOCATOR: plimsoll::memory::Counting = plimsoll::memory::Counting::system();

fn main() -> anyhow::Result<()> {
    if std::env::args().nth(1).as_deref() == Some("serve") {
        return Ok(child::serve(std::io::stdin(), std::io::stdout())?);
    }
    let comparison = Comparison {
        sql: "SELECT station, min(t), avg(t), max(t) FROM 'data/weather.csv' GROUP BY station".into(),
        options: CsvOptions::default(),
        strategies: Strategy::ALL.to_vec(),
        threads: 2,
        memory_limit_bytes: Some(512 << 20),
        repeats: 1,
        sizes: Vec::new(),
        temp_dir: std::env::temp_dir(),
    };
    let mut processes = Processes { program: std::env::current_exe()?, arguments: vec!["serve".into()] };
    let report = compare(&comparison, &mut processes, &mut |_| ())?;
    for strategy in &report.strategies {
        let Some(measured) = strategy.measured() else { anyhow::bail!("{strategy:?}") };
        println!(
            "{:<9} holds {:>7} bytes, peak {:>7}",
            strategy.strategy, measured.deep_bytes, measured.peak_heap_bytes
        );
    }

    assert_eq!(report.agreement, Agreement::All);
    let held = |wanted: Strategy| {
        let found = report.strategies.iter().find(|one| one.strategy == wanted);
        found.and_then(|one| one.measured()).map_or(0, |measured| measured.deep_bytes)
    };
    assert!(held(Strategy::Rows) > 3 * held(Strategy::Columnar));
    assert!(held(Strategy::Columnar) > 2 * held(Strategy::Compact));
    Ok(())
}
