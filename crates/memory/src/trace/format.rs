//! Sizes and tables as text, as Python's `tracemalloc` and its manual write them.

use std::fmt::{self, Write as _};

use super::key::Key;
use super::statistics::Statistic;
use super::traces::Amount;

/// A size in bytes as `tracemalloc._format_size` of CPython 3.11 writes it: three digits (`12.5 MiB`) from KiB on, four or
/// five (`4855 KiB`) up to ten of the next unit. With `sign`, zero and more have a plus before them.
#[must_use]
pub fn format_size(bytes: f64, sign: bool) -> String {
    let mut size = bytes;
    for unit in ["B", "KiB", "MiB", "GiB"] {
        let decimals = usize::from(unit != "B" && size.abs() < 100.0);
        if decimals == 1 || size.abs() < 10.0 * 1024.0 {
            return number(size, decimals, sign, unit);
        }
        size /= 1024.0;
    }
    number(size, usize::from(size.abs() < 100.0), sign, "TiB")
}

fn number(size: f64, decimals: usize, sign: bool, unit: &str) -> String {
    if sign { format!("{size:+.decimals$} {unit}") } else { format!("{size:.decimals$} {unit}") }
}

/// The end of a statistic's line; nothing where there is no block.
pub(super) fn write_average(amount: Amount, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if amount.count == 0 {
        return Ok(());
    }
    write!(f, ", average={}", format_size(amount.bytes as f64 / amount.count as f64, false))
}

/// A table of the `limit` first statistics, what the others hold, and the sum, after the "pretty top" of `tracemalloc`'s
/// manual. A traceback's calls are listed below its line.
///
/// ```text
/// Top 2 lines
/// #1: src/scan.rs:41: 4855.0 KiB
/// #2: src/group.rs:7: 12.5 KiB
/// 3 other: 1.2 KiB
/// Total allocated size: 4868.7 KiB
/// ```
///
/// The total is the sum of all statistics, so that of cumulative ones counts an allocation once for each group it is in.
#[must_use]
pub fn report(statistics: &[Statistic], limit: usize) -> String {
    let kind = match statistics.first().map(|statistic| &statistic.key) {
        Some(Key::Line { .. }) | None => "lines",
        Some(Key::File(_)) => "files",
        Some(Key::Function(_)) => "functions",
        Some(Key::Traceback(_)) => "tracebacks",
        Some(Key::Tag(_)) => "tags",
    };
    let (top, other) = statistics.split_at(limit.min(statistics.len()));
    let mut text = format!("Top {limit} {kind}\n");
    // Writing to a string cannot fail.
    for (index, Statistic { key, amount }) in top.iter().enumerate() {
        let _ = writeln!(text, "#{}: {key}: {:.1} KiB", index + 1, kib(u128::from(amount.bytes)));
        if let Key::Traceback(traceback) = key {
            for line in traceback.format(None, false) {
                let _ = writeln!(text, "  {line}");
            }
        }
    }
    if !other.is_empty() {
        let _ = writeln!(text, "{} other: {:.1} KiB", other.len(), kib(sum(other)));
    }
    let _ = writeln!(text, "Total allocated size: {:.1} KiB", kib(sum(statistics)));
    text
}

/// Wide enough that no sum overflows.
fn sum(statistics: &[Statistic]) -> u128 {
    statistics.iter().map(|statistic| u128::from(statistic.amount.bytes)).sum()
}

fn kib(bytes: u128) -> f64 {
    bytes as f64 / 1024.0
}

#[cfg(test)]
mod tests {
    use super::super::key::Traceback;
    use super::super::traces::Frame;
    use super::*;

    fn line(file: &str, bytes: u64) -> Statistic {
        Statistic { key: Key::Line { file: file.into(), line: 7 }, amount: Amount { bytes, count: 1 } }
    }

    #[test]
    fn a_report_sums_what_it_leaves_out() {
        let statistics = [line("a.rs", 4096), line("b.rs", 1536), line("c.rs", 1000), line("d.rs", 24)];
        let expected = "Top 2 lines\n#1: a.rs:7: 4.0 KiB\n#2: b.rs:7: 1.5 KiB\n2 other: 1.0 KiB\n\
                        Total allocated size: 6.5 KiB\n";
        assert_eq!(report(&statistics, 2), expected);
        assert!(!report(&statistics, 4).contains("other"));
        assert_eq!(report(&[], 10), "Top 10 lines\nTotal allocated size: 0.0 KiB\n");
        let huge = [line("a.rs", u64::MAX), line("b.rs", u64::MAX)];
        assert!(report(&huge, 0).starts_with("Top 0 lines\n2 other: 36028797018963968.0 KiB\n"));
    }

    #[test]
    fn a_report_lists_the_calls_of_tracebacks() {
        let frame = Frame { file: "a.rs".into(), line: 7, function: "run".into(), library: false };
        let key = Key::Traceback(Traceback { frames: vec![frame] });
        let statistics = [Statistic { key, amount: Amount { bytes: 2048, count: 2 } }];
        let expected = "Top 1 tracebacks\n#1: a.rs:7: 2.0 KiB\n    File \"a.rs\", line 7, in run\n\
                        Total allocated size: 2.0 KiB\n";
        assert_eq!(report(&statistics, 1), expected);
    }
}
