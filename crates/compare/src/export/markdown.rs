//! A comparison as Markdown, for issues and documents.

use super::quantity::Quantity;
use super::sentences::{EQUATION, agreement, notes, one_line, printable, subject, unmeasured};
use super::table::{self, Table};
use crate::Report;

/// The report as GitHub's Markdown: the statement, a table of all figures, whether the results agree, and the sweep.
///
/// The statement stands in a fence longer than any in it; paths and messages are escaped, so that nothing of them is
/// markup or HTML.
#[must_use]
pub fn markdown(report: &Report) -> String {
    let fence = fence(&report.sql);
    let facts: Vec<String> = subject(report).iter().map(|fact| escaped(fact)).collect();
    let why = |of| unmeasured(of).map(|why| format!("{} {why}", of.strategy));
    let mut lines: Vec<String> = report.strategies.iter().filter_map(why).collect();
    lines.extend(notes(report));
    lines.push(agreement(report).1);

    let mut parts = vec![
        format!("{fence}sql\n{}\n{fence}\n", printable(report.sql.trim_end())),
        facts.join("; ") + "\n",
        drawn(&table::all(report)),
        lines.iter().map(|line| format!("- {}\n", escaped(line))).collect(),
    ];
    if let Some(sweep) = &report.sweep {
        let tables = [
            ("Peak heap by size of the file:", table::peaks(sweep)),
            (&format!("{EQUATION}, by least squares:"), table::growth(sweep)),
        ];
        let full = tables.iter().filter(|(_, table)| !table.rows.is_empty());
        parts.extend(full.map(|(title, table)| format!("{title}\n\n{}", drawn(table))));
    }
    parts.join("\n")
}

/// A table with its numbers to the right.
fn drawn(table: &Table) -> String {
    let headings = table.columns.iter().map(|column| column.heading.clone());
    let mut text = line(["strategy".to_owned()].into_iter().chain(headings));
    text += &line(["---".to_owned()].into_iter().chain(table.columns.iter().map(|_| "---:".to_owned())));
    for row in &table.rows {
        let figures = row.cells.iter().map(|cell| cell.map_or_else(|| "-".to_owned(), Quantity::text));
        text += &line([row.strategy.to_string()].into_iter().chain(figures));
    }
    text
}

fn line(cells: impl Iterator<Item = String>) -> String {
    format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
}

/// Backticks: three, or one more than the longest run of them in the text.
fn fence(text: &str) -> String {
    let longest = text.split(|one| one != '`').map(str::len).max().unwrap_or_default();
    "`".repeat(longest.max(2) + 1)
}

/// Text in which every character that could be markup has a backslash before it, as CommonMark allows for ASCII
/// punctuation.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for one in one_line(text).chars() {
        if "\\`*_{}[]<>#|&~!@$^\"".contains(one) {
            escaped.push('\\');
        }
        escaped.push(one);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::samples;

    #[test]
    fn reports() {
        for (name, report) in samples::all() {
            insta::assert_snapshot!(format!("{name}.md"), markdown(&report));
        }
    }

    #[test]
    fn a_fence_is_longer_than_any_within() {
        assert_eq!(fence("SELECT 1"), "```");
        assert_eq!(fence("a ```` b"), "`````");
    }
}
