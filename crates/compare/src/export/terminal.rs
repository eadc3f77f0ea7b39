//! A comparison for a terminal: tables that fit its width, and bars. It never asks the terminal; it is told its width.

use super::quantity::{Quantity, duration};
use super::sentences::{EQUATION, agreement, notes, printable, subject, unmeasured};
use super::table::{self, Column, Table};
use crate::units::memory_bytes;
use crate::{Measured, Report, Strategy};

/// What the text is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TerminalStyle {
    /// Columns of the terminal.
    pub width: usize,
    /// Whether bars and separators may be other characters than ASCII.
    pub unicode: bool,
}

/// Columns between two columns of a table.
const GAP: usize = 2;
/// Bars are this long at most: a longer one is not read better.
const LONGEST_BAR: usize = 60;

/// The report as text, a line feed at its end.
///
/// A table that is wider than the terminal goes on below with its further columns; numbers are never cut. The statement
/// and messages may be longer than a line. What could act on the terminal is escaped in them.
#[must_use]
pub fn terminal(report: &Report, style: TerminalStyle) -> String {
    let separator = if style.unicode { " · " } else { ", " };
    let mut text = format!("{}\n{}\n", printable(report.sql.trim_end()), subject(report).join(separator));
    text += &section("Memory", &table::memory(report), style);
    text += &heap_bars(report, style);
    if report.strategies.iter().any(|of| of.measured().is_some()) {
        text += &section("Time", &table::time(report), style);
        text += &time_bars(report, style);
    }
    if let Some(sweep) = &report.sweep {
        let equation = if style.unicode { EQUATION.to_owned() } else { EQUATION.replace('×', "*") };
        text += &section("Peak heap by size of the file", &table::peaks(sweep), style);
        text += &section(&equation, &table::growth(sweep), style);
    }
    text.push('\n');
    for line in notes(report).into_iter().chain([agreement(report).1]) {
        text += &line;
        text.push('\n');
    }
    text
}

fn section(title: &str, table: &Table, style: TerminalStyle) -> String {
    if table.rows.is_empty() {
        return String::new();
    }
    format!("\n{title}\n{}", drawn(table, style.width))
}

/// The columns of the table in as many blocks as the width asks for, each led by the strategies.
fn drawn(table: &Table, width: usize) -> String {
    let lead = name_width(table.rows.iter().map(|row| row.strategy));
    let columns: Vec<Vec<String>> = (0..table.columns.len()).map(|at| texts(table, at)).collect();
    let mut blocks: Vec<Vec<&[String]>> = Vec::new();
    let mut used = usize::MAX;
    for column in &columns {
        let wide = GAP + widest(column);
        if used.saturating_add(wide) > width {
            blocks.push(Vec::new());
            used = lead;
        }
        used += wide;
        blocks.last_mut().into_iter().for_each(|block| block.push(column));
    }
    let names = ["", ""].into_iter().chain(table.rows.iter().map(|row| row.strategy.name()));
    let block = |block: Vec<&[String]>| {
        let line = |(at, name): (usize, &str)| {
            let mut line = format!("{name:lead$}");
            for column in &block {
                let text = column.get(at).map_or("", String::as_str);
                line += &format!("{:>1$}", text, GAP + widest(column));
            }
            line.truncate(line.trim_end().len());
            line
        };
        let lines = names.clone().enumerate().map(line).filter(|line| !line.is_empty());
        lines.map(|line| line + "\n").collect::<String>()
    };
    blocks.into_iter().map(block).collect::<Vec<_>>().join("\n")
}

/// The two lines of a column's heading, and its figures.
fn texts(table: &Table, at: usize) -> Vec<String> {
    let Column { heading, .. } = &table.columns[at];
    let (above, below) = heading.rsplit_once(' ').unwrap_or(("", heading));
    let figures = table
        .rows
        .iter()
        .map(|row| row.cells.get(at).copied().flatten().map_or_else(|| "-".to_owned(), Quantity::text));
    [above.to_owned(), below.to_owned()].into_iter().chain(figures).collect()
}

/// In characters: headings and figures are ASCII.
fn widest(column: &[String]) -> usize {
    column.iter().map(String::len).max().unwrap_or_default()
}

fn name_width(strategies: impl Iterator<Item = Strategy>) -> usize {
    strategies.map(|strategy| strategy.name().len()).max().unwrap_or_default()
}

/// Bars of the live heap and of what the peak adds to it; the reason where there is none.
fn heap_bars(report: &Report, style: TerminalStyle) -> String {
    let heap = |of: &Measured| (float(of.live_heap_bytes), float(of.peak_heap_bytes));
    let text = |of: &Measured| memory_bytes(of.peak_heap_bytes);
    bars(report, style, ["peak heap", "held", "only at the peak"], heap, text, true)
}

/// Bars of the load and of the first query behind it.
fn time_bars(report: &Report, style: TerminalStyle) -> String {
    let time = |of: &Measured| (of.load_seconds, of.load_seconds + of.query_seconds);
    let text = |of: &Measured| duration(of.load_seconds + of.query_seconds);
    bars(report, style, ["time", "load", "first query"], time, text, false)
}

/// A line for each strategy: its name, a bar of two parts that begins at 0, and a text. `value` gives where the first
/// part and the whole end; `reasons` says whether there is a line where nothing was measured.
fn bars(
    report: &Report,
    style: TerminalStyle,
    [title, first, second]: [&str; 3],
    value: impl Fn(&Measured) -> (f64, f64),
    text: impl Fn(&Measured) -> String,
    reasons: bool,
) -> String {
    let glyphs = if style.unicode { ["█", "░"] } else { ["#", "."] };
    let lead = name_width(report.strategies.iter().map(|of| of.strategy)) + GAP;
    let measured = || report.strategies.iter().filter_map(|of| of.measured());
    let longest = measured().map(|of| value(of).1).fold(0.0, f64::max);
    let label = measured().map(|of| text(of).len()).max().unwrap_or_default();
    let room = style.width.saturating_sub(lead + 1 + label).min(LONGEST_BAR);

    let mut lines = String::from("\n");
    if longest > 0.0 && room > 0 {
        lines += &format!("{title}: {} {first}, {} {second}\n", glyphs[0], glyphs[1]);
    }
    for of in &report.strategies {
        let rest = match (of.measured(), unmeasured(of)) {
            (Some(measured), _) => {
                let (part, whole) = value(measured);
                let [held, all] = [part.min(whole), whole].map(|end| cells(end / longest, room));
                let bar = glyphs[0].repeat(held) + &glyphs[1].repeat(all - held);
                let gap = if all > 0 { " " } else { "" };
                format!("{bar}{gap}{}", text(measured))
            }
            (None, Some(why)) if reasons => why,
            _ => continue,
        };
        lines += &format!("{:lead$}{rest}\n", of.strategy.name());
    }
    if report.strategies.is_empty() { String::new() } else { lines }
}

/// Whole cells of a bar; none where the share is not a number.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "at most `room`"
)]
fn cells(share: f64, room: usize) -> usize {
    (share.clamp(0.0, 1.0) * room as f64).round() as usize
}

#[allow(clippy::cast_precision_loss, reason = "the length of a bar")]
fn float(bytes: u64) -> f64 {
    bytes as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::samples;

    #[test]
    fn reports() {
        for (name, report) in samples::all() {
            let style = TerminalStyle { width: 100, unicode: true };
            insta::assert_snapshot!(format!("{name}.txt"), terminal(&report, style));
        }
    }

    #[test]
    fn the_width_decides_how_many_blocks() {
        let report = samples::handmade();
        for width in [40, 140] {
            let text = terminal(&report, TerminalStyle { width, unicode: false });
            insta::assert_snapshot!(format!("handmade-{width}.txt"), text);
            assert!(text.is_ascii());
        }
    }

    /// The statement, the file's line and the last sentences aside, nothing is wider than the terminal.
    #[test]
    fn tables_and_bars_fit() {
        for width in 38..160 {
            for unicode in [false, true] {
                let text = terminal(&samples::handmade(), TerminalStyle { width, unicode });
                let drawn = text.lines().skip_while(|line| *line != "Memory");
                for line in drawn.take_while(|line| !line.starts_with("mapped wrote")) {
                    let title = line.starts_with("peak heap =") || line.starts_with("Peak heap");
                    assert!(title || line.chars().count() <= width, "{width}: {line}");
                }
            }
        }
    }

    #[test]
    fn a_terminal_without_width_has_figures_all_the_same() {
        let text = terminal(&samples::handmade(), TerminalStyle { width: 0, unicode: true });
        assert!(text.contains("459 MiB") && !text.contains('█'));
    }
}
