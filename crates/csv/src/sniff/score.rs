//! How well a dialect explains a head: how many records it makes regular, and how much its cells look like values. The idea
//! is that of van den Burg, Nazábal and Sutton, "Wrangling messy CSV files by detecting row and type patterns" (2019); the
//! weights are of this file. All of it is whole numbers, so that the same head gives the same choice everywhere.

use super::cell::{Kind, kind};
use super::delimiter;
use super::layout::Layout;
use super::split::{Cell, Records, Syntax};

/// Cells that are looked at.
const CELLS: usize = 4000;

/// Full marks.
const FULL: usize = 100;

/// A figure that grows with the share of regular records, the share of cells that look like values, and a little with the
/// number of fields.
pub(super) fn score(records: &Records<'_>, layout: &Layout, syntax: &Syntax) -> usize {
    let table = &records.all[layout.start.min(records.all.len())..];
    let cells = table.iter().flat_map(|record| records.cells(record)).take(CELLS);
    let (mut marks, mut count) = (0, 0);
    for cell in cells {
        marks += mark(records, cell, syntax);
        count += 1;
    }
    if count == 0 || layout.total == 0 {
        return 0;
    }
    let types = marks * 1000 / count;
    let regular = layout.regular * 1000 / (layout.total + usize::from(records.open));
    let score = types * regular / 1000 * regular / 1000 * layout.width / (layout.width + 1);
    // A first record that is none of the table's costs as much as half of the records: most often it is the header.
    let is_first = table.first().is_some_and(|first| first.width() == layout.width) || layout.short.is_some();
    if is_first { score } else { score / 2 }
}

/// How much a cell looks like a value: text that another delimiter would split does least.
fn mark(records: &Records<'_>, cell: &Cell, syntax: &Syntax) -> usize {
    let text = records.text(cell);
    if cell.quoted {
        return FULL;
    }
    match kind(text) {
        Kind::Number | Kind::Date | Kind::Time | Kind::Boolean => FULL,
        Kind::Empty => 50,
        Kind::Missing => 70,
        Kind::Text if delimiter::could_split(text, &syntax.delimiter) => 10,
        Kind::Text if text.first().is_some_and(|first| matches!(first, b'"')) => 10,
        // Perhaps the blank belongs to the delimiter.
        Kind::Text if text.first() == Some(&b' ') => 60,
        Kind::Text => 70,
    }
}
