//! Rows as lines of text, for people who look for a difference: NULL bare, text in quotes, one row a line.

use std::fmt;
use std::io::{self, Write};

use plimsoll_core::Value;

use crate::digest::Cell;

/// Writes a row; after the first error, nothing more.
pub(crate) fn write_row(
    out: &mut dyn Write,
    cells: impl Iterator<Item = String>,
    failed: &mut io::Result<()>,
) {
    if failed.is_ok() {
        let line = cells.collect::<Vec<_>>().join(", ");
        *failed = writeln!(out, "{line}");
    }
}

impl fmt::Display for Cell<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = match *self {
            Cell::Utf8(text) => return write!(f, "{text:?}"),
            Cell::Other(text) => return write!(f, "({text})"),
            Cell::Null => Value::Null,
            Cell::Boolean(value) => Value::Boolean(value),
            Cell::Int64(value) => Value::Int64(value),
            Cell::Decimal(mantissa, scale) => Value::decimal(mantissa, scale),
            Cell::Float64(value) => Value::Float64(value),
            Cell::Date(days) => Value::Date(days),
            Cell::Timestamp(micros) => Value::Timestamp(micros),
            Cell::Time(micros) => Value::Time(micros),
            Cell::Interval(interval) => Value::Interval(interval),
        };
        write!(f, "{value}")
    }
}

/// The first line that is not the same in both texts, or not in both; `None` where there is none. Where the rows have no
/// order, lines are compared after sorting.
pub(crate) fn first_difference(left: &str, right: &str, ordered: bool) -> Option<(String, String)> {
    let lines = |text: &str| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        if !ordered {
            lines.sort_unstable();
        }
        lines
    };
    let (left, right) = (lines(left), lines(right));
    let at = |lines: &[String], at: usize| lines.get(at).cloned().unwrap_or_else(|| "no row".to_owned());
    let different = (0..left.len().max(right.len())).find(|index| left.get(*index) != right.get(*index))?;
    Some((at(&left, different), at(&right, different)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_lines() {
        let mut out = Vec::new();
        let row = [
            Value::Null,
            Value::Utf8("NULL\n\"x\"".into()),
            Value::decimal(-105, 1),
            Value::Float64(0.1),
            Value::Boolean(true),
        ];
        write_row(&mut out, row.iter().map(|value| Cell::of(value).to_string()), &mut Ok(()));
        assert_eq!(String::from_utf8(out).unwrap(), "NULL, \"NULL\\n\\\"x\\\"\", -10.5, 0.1, true\n");
    }

    #[test]
    fn the_first_difference() {
        let found = |left, right, ordered| first_difference(left, right, ordered);
        let some = |left: &str, right: &str| Some((left.to_owned(), right.to_owned()));
        assert_eq!(found("a\nb\n", "b\na\n", false), None);
        assert_eq!(found("a\nb\n", "b\na\n", true), some("a", "b"));
        assert_eq!(found("a\n", "a\nb\n", true), some("no row", "b"));
    }
}
