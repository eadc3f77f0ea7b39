//! Which line holds the memory: two snapshots and their difference.

use std::hint::black_box;

use plimsoll_memory::trace::{self, GroupBy, Key, Measure, Mode, StatisticDiff, TraceError};

use crate::report::Report;

const SQUARES: u64 = 500_000;

/// Takes a snapshot before and after an eager vector, some texts of it, and a lazy sum.
pub(crate) fn step(report: &mut Report) -> Result<(), TraceError> {
    // With fewer frames a chain of iterators, not optimised, hides the line of ours that began it.
    trace::start(32, Mode::Exact)?;
    let before = trace::take_snapshot()?;
    let first = line!() + 1;
    let squares: Vec<u64> = (0..black_box(SQUARES)).map(|number| number * number).collect();
    let texts: Vec<String> = squares.iter().take(1000).map(u64::to_string).collect();
    let lazy: u64 = (0..black_box(SQUARES)).map(|number| number * number).sum();
    let after = trace::take_snapshot()?;
    trace::stop()?;
    let eager: u64 = black_box((squares, texts)).0.iter().sum();

    let grown = after.compare_to(&before, GroupBy::Line, Measure::Live, false);
    report.lines = grown.iter().take(3).map(ToString::to_string).collect();

    let is_line = |change: &StatisticDiff, line| change.key == Key::Line { file: file!().into(), line };
    let of_lazy: i64 =
        grown.iter().filter(|change| is_line(change, first + 2)).map(|change| change.bytes_diff).sum();
    report.check("the line of the eager squares is on top", is_line(&grown[0], first));
    report.check("the line of the lazy sum holds next to nothing", of_lazy < 1024);
    report.check("eager and lazy give the same sum of squares", eager == lazy);
    report.check("the sum of squares is right", lazy == 41_666_541_666_750_000);
    report.sum("squares", lazy);
    report.exact(
        ("lines", "eager squares", "`let squares: Vec<u64> = …`"),
        [("held", grown[0].bytes_diff.unsigned_abs())],
    );
    Ok(())
}
