//! The report of a profile as text: pure figures in, text out.

use std::fmt;

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, Table};
use plimsoll::Footprint;
use plimsoll::memory::trace::{Amount, GroupBy, Key, Measure, Mode, Statistic, Traces};
use plimsoll_compare::units::{counted, grouped, memory_bytes};

/// What is reported. With `old`, every list is the difference to it.
pub(super) struct Report<'a> {
    pub(super) traces: &'a Traces,
    pub(super) old: Option<&'a Traces>,
    pub(super) footprint: &'a Footprint,
    /// Lines of each list.
    pub(super) top: usize,
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.summary(f)?;
        self.operators(f)?;
        self.lines("Live at the peak, by line", Measure::AtPeak, f)?;
        self.lines("Allocated, by line", Measure::Total, f)?;
        self.lines("Temporary: freed before the thread allocated again, by line", Measure::Temporary, f)
    }
}

impl Report<'_> {
    fn summary(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let traces = self.traces;
        writeln!(
            f,
            "{} allocated; at most {} live at once; {} left behind",
            amount(traces.counted),
            memory_bytes(traces.peak_bytes),
            amount(traces.live())
        )?;
        if let Mode::Sampled { interval } = traces.mode {
            let sum = traces.traces.iter().fold(Amount::default(), |sum, trace| sum.plus(trace.total));
            writeln!(
                f,
                "estimates from a sample of one in {}, which makes the first figure {}",
                memory_bytes(interval),
                amount(sum)
            )?;
        }
        writeln!(f, "tracing itself took {}", memory_bytes(traces.overhead_bytes))
    }

    /// The first lines of a list, and what the others come to.
    fn lines(&self, title: &str, of: Measure, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<String> = match self.old {
            None => self.statistics(GroupBy::Line, of).iter().map(ToString::to_string).collect(),
            Some(old) => {
                let differences = self.traces.compare_to(old, GroupBy::Line, of, false).into_iter();
                let changed = differences.filter(|diff| (diff.bytes_diff, diff.count_diff) != (0, 0));
                changed.map(|diff| diff.to_string()).collect()
            }
        };
        writeln!(f, "\n{title}{}", if self.old.is_some() { ", and what changed" } else { "" })?;
        rows.iter().take(self.top).try_for_each(|row| writeln!(f, "  {row}"))?;
        match rows.len().saturating_sub(self.top) {
            0 if rows.is_empty() => writeln!(f, "  nothing"),
            0 => Ok(()),
            others => writeln!(f, "  and {}", counted(others as u64, "other line")),
        }
    }

    /// Each operator's part. What it reserved stands beside what it held when the heap was at its peak.
    fn operators(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at_peak = self.statistics(GroupBy::Tag, Measure::AtPeak);
        let temporary = self.statistics(GroupBy::Tag, Measure::Temporary);
        let mut table = Table::new();
        table.load_style(NOTHING);
        table.set_header([
            "operator",
            "allocated",
            "allocations",
            "live at the peak",
            "temporary",
            "reserved",
        ]);
        for Statistic { key, amount } in self.statistics(GroupBy::Tag, Measure::Total) {
            let Key::Tag(name) = &key else { continue };
            let reserved = self.reserved(name).map_or_else(String::new, memory_bytes);
            table.add_row([
                if name.is_empty() { "no operator".to_owned() } else { name.clone() },
                memory_bytes(amount.bytes),
                grouped(amount.count),
                memory_bytes(found(&at_peak, &key).bytes),
                memory_bytes(found(&temporary, &key).bytes),
                reserved,
            ]);
        }
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        writeln!(f, "\nBy operator")?;
        for line in table.to_string().lines() {
            writeln!(f, " {}", line.trim_end())?;
        }
        Ok(())
    }

    fn statistics(&self, by: GroupBy, of: Measure) -> Vec<Statistic> {
        self.traces.statistics(by, of, false)
    }

    /// The most bytes that an operator reserved at once.
    fn reserved(&self, operator: &str) -> Option<u64> {
        let path = format!("query / {operator}");
        self.footprint.consumers.iter().find(|holder| holder.path == path).map(|holder| holder.peak)
    }
}

fn amount(amount: Amount) -> String {
    if amount == Amount::default() {
        return "nothing".to_owned();
    }
    format!("{} in {}", memory_bytes(amount.bytes), counted(amount.count, "block"))
}

/// A group's amount; nothing where it is not listed.
fn found(statistics: &[Statistic], key: &Key) -> Amount {
    statistics
        .iter()
        .find(|statistic| statistic.key == *key)
        .map_or_else(Amount::default, |found| found.amount)
}

#[cfg(test)]
mod tests {
    use plimsoll::memory::Holder;
    use plimsoll::memory::trace::{Frame, Trace};

    use super::*;

    fn traces(scanned: u64) -> Traces {
        let frame =
            |file: &str, line| Frame { file: file.into(), line, function: "f".into(), library: false };
        let trace = |frame, tag, bytes, count| Trace {
            stack: vec![frame],
            tag,
            at_peak: Amount { bytes: bytes / 2, count: count / 2 },
            total: Amount { bytes, count },
            ..Trace::default()
        };
        Traces {
            tags: vec![String::new(), "scan".into()],
            frames: vec![frame("src/scan.rs", 41), frame("src/main.rs", 7), frame("src/main.rs", 9)],
            traces: vec![trace(0, 1, scanned, 40), trace(1, 0, 300, 4), trace(2, 0, 20, 2)],
            peak_bytes: 2560,
            counted: Amount { bytes: scanned + 320, count: 46 },
            overhead_bytes: 65536,
            ..Traces::default()
        }
    }

    fn text(traces: &Traces, old: Option<&Traces>) -> String {
        let holder = Holder { path: "query / scan".into(), used: 0, peak: 4096 };
        let footprint = Footprint { consumers: vec![holder], ..Footprint::default() };
        Report { traces, old, footprint: &footprint, top: 2 }.to_string()
    }

    #[test]
    fn a_report() {
        insta::assert_snapshot!(text(&traces(4800), None), @r"
        5.00 KiB in 46 blocks allocated; at most 2.50 KiB live at once; nothing left behind
        tracing itself took 64.0 KiB

        By operator
          operator     allocated  allocations  live at the peak  temporary  reserved
          scan          4.69 KiB           40          2.34 KiB    0 bytes  4.00 KiB
          no operator  320 bytes            6         160 bytes    0 bytes

        Live at the peak, by line
          src/scan.rs:41: size=2400 B, count=20, average=120 B
          src/main.rs:7: size=150 B, count=2, average=75 B
          and 1 other line

        Allocated, by line
          src/scan.rs:41: size=4800 B, count=40, average=120 B
          src/main.rs:7: size=300 B, count=4, average=75 B
          and 1 other line

        Temporary: freed before the thread allocated again, by line
          nothing
        ");
    }

    #[test]
    fn a_difference() {
        insta::assert_snapshot!(text(&traces(4800), Some(&traces(4000))), @r"
        5.00 KiB in 46 blocks allocated; at most 2.50 KiB live at once; nothing left behind
        tracing itself took 64.0 KiB

        By operator
          operator     allocated  allocations  live at the peak  temporary  reserved
          scan          4.69 KiB           40          2.34 KiB    0 bytes  4.00 KiB
          no operator  320 bytes            6         160 bytes    0 bytes

        Live at the peak, by line, and what changed
          src/scan.rs:41: size=2400 B (+400 B), count=20 (+0), average=120 B

        Allocated, by line, and what changed
          src/scan.rs:41: size=4800 B (+800 B), count=40 (+0), average=120 B

        Temporary: freed before the thread allocated again, by line, and what changed
          nothing
        ");
    }

    #[test]
    fn a_sample_says_that_it_is_one() {
        let sampled = Traces { mode: Mode::Sampled { interval: 1024 }, ..traces(4800) };
        insta::assert_snapshot!(text(&sampled, None).lines().nth(1).unwrap(), @"estimates from a sample of one in 1.00 KiB, which makes the first figure 5.00 KiB in 46 blocks");
    }
}
