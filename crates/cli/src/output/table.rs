//! A table in a frame, for people. The first rows are held to find the widths of the columns, the others stream.
//!
//! On a terminal the table fits its width: names and text cells that are too wide are cut, with a mark at the end, and
//! so are wider cells of later rows. Numbers are never cut; a row that holds one too wide for its column grows, and so
//! does any row where no width is known, since a file can hold it.

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use plimsoll::Result;
use plimsoll_core::visible;
use unicode_width::UnicodeWidthStr;

use super::cell::{Column, columns};
use super::frame::{self, Frame, Shown};
use super::layout::{Extent, Measured, append_printable, widths};
use super::{RowWriter, Sink, is_numeric};

/// Rows that decide the widths of the columns,
const HELD_ROWS: usize = 1000;
/// unless their text reaches this many bytes first.
const HELD_BYTES: usize = 1 << 20;

/// What tables are drawn for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    /// Whether the frame is of box-drawing characters, or of ASCII.
    pub(super) unicode: bool,
    /// Whether NULL is dimmed, which tells it from the text NULL.
    pub(super) dim_null: bool,
    /// Columns of the terminal.
    pub(super) width: Option<usize>,
}

/// Draws a table.
pub(super) struct Table {
    names: Vec<String>,
    numeric: Vec<bool>,
    style: Style,
    frame: Frame,
    /// The widths of the columns, once they are known.
    widths: Option<Vec<usize>>,
    /// The printable texts of the held cells, one behind the other.
    text: String,
    /// The held cells, row by row.
    cells: Vec<Cell>,
}

struct Cell {
    /// Where its text ends.
    end: usize,
    measured: Measured,
    null: bool,
}

impl Table {
    /// A writer of rows of this schema.
    pub(super) fn new(schema: &SchemaRef, style: Style) -> Self {
        let printable = |name: &str| {
            let mut text = String::new();
            append_printable(&visible(name), usize::MAX, &mut text);
            text
        };
        Table {
            names: schema.fields().iter().map(|field| printable(field.name())).collect(),
            numeric: schema.fields().iter().map(|field| is_numeric(field)).collect(),
            style,
            frame: if style.unicode { frame::BOX } else { frame::ASCII },
            widths: None,
            text: String::new(),
            cells: Vec::new(),
        }
    }

    fn hold(&mut self, columns: &[Column<'_>], row: usize) {
        for (column, numeric) in columns.iter().zip(&self.numeric) {
            let null = column.is_null(row);
            let start = self.text.len();
            let measured = match column {
                _ if null => {
                    self.text.push_str("NULL");
                    Measured { width: 4, cut: false }
                }
                Column::Utf8(array) => {
                    let limit = self.style.width.filter(|_| !numeric).unwrap_or(usize::MAX);
                    append_printable(array.value(row), limit, &mut self.text)
                }
                _ => {
                    column.append(row, &mut self.text);
                    Measured { width: self.text.len() - start, cut: false }
                }
            };
            self.cells.push(Cell { end: self.text.len(), measured, null });
        }
    }

    fn is_full(&self) -> bool {
        self.cells.len() >= HELD_ROWS * self.names.len() || self.text.len() >= HELD_BYTES
    }

    fn layout(&self) -> Vec<usize> {
        let mut widest = vec![0; self.names.len()];
        for row in self.cells.chunks(self.names.len().max(1)) {
            for (widest, cell) in widest.iter_mut().zip(row) {
                *widest = cell.measured.width.max(*widest);
            }
        }
        let extents = self.names.iter().zip(&self.numeric).zip(widest);
        let extents: Vec<Extent> =
            extents.map(|((name, numeric), widest)| Extent::new(name.width(), widest, *numeric)).collect();
        widths(&extents, self.style.width)
    }

    /// Draws what is held, and before the first row the head of the frame.
    fn draw(&mut self, out: &mut Sink<'_>) -> Result<()> {
        let widths = match self.widths.take() {
            Some(widths) => widths,
            None => {
                let widths = self.layout();
                self.draw_names(&widths, out);
                widths
            }
        };
        let mut start = 0;
        for row in self.cells.chunks(self.names.len().max(1)) {
            for ((cell, width), numeric) in row.iter().zip(&widths).zip(&self.numeric) {
                let shown = Shown {
                    text: &self.text[start..cell.end],
                    measured: cell.measured,
                    right: *numeric,
                    dim: cell.null && self.style.dim_null,
                    may_be_cut: self.style.width.is_some() && !numeric && !cell.null,
                };
                self.frame.append(shown, *width, &mut out.text);
                start = cell.end;
            }
            out.text.push_str(self.frame.row_end);
            out.end_row()?;
        }
        self.text.clear();
        self.cells.clear();
        self.widths = Some(widths);
        Ok(())
    }

    fn draw_names(&self, widths: &[usize], out: &mut Sink<'_>) {
        self.frame.append_rule(&self.frame.top, widths, &mut out.text);
        for ((name, width), numeric) in self.names.iter().zip(widths).zip(&self.numeric) {
            let shown = Shown {
                text: name,
                measured: Measured { width: name.width(), cut: false },
                right: *numeric,
                dim: false,
                may_be_cut: true,
            };
            self.frame.append(shown, *width, &mut out.text);
        }
        out.text.push_str(self.frame.row_end);
        self.frame.append_rule(&self.frame.middle, widths, &mut out.text);
    }
}

impl RowWriter for Table {
    fn begin(&mut self, _out: &mut Sink<'_>) -> Result<()> {
        Ok(())
    }

    fn write(&mut self, batch: &RecordBatch, out: &mut Sink<'_>) -> Result<()> {
        let columns = columns(batch)?;
        for row in 0..batch.num_rows() {
            self.hold(&columns, row);
            if self.widths.is_some() || self.is_full() {
                self.draw(out)?;
            }
        }
        out.flush()
    }

    fn finish(&mut self, out: &mut Sink<'_>) -> Result<()> {
        self.draw(out)?;
        if let Some(widths) = &self.widths {
            self.frame.append_rule(&self.frame.bottom, widths, &mut out.text);
        }
        out.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Int64Array, StringArray};

    use super::super::samples::{bare, batch, every_type, texts, written};
    use super::*;

    const PLAIN: Style = Style { unicode: true, dim_null: false, width: None };

    fn table(style: Style, batches: &[RecordBatch]) -> String {
        written(&mut Table::new(&batches[0].schema(), style), batches)
    }

    #[test]
    fn numbers_right_text_left() {
        let rows = batch(vec![
            ("station", Arc::new(StringArray::from(vec![Some("Zürich"), Some(""), None, Some("東京")]))),
            ("n", Arc::new(Int64Array::from(vec![Some(5), Some(-1234), None, Some(0)]))),
        ]);
        let expected = "\
┌─────────┬───────┐
│ station │     n │
├─────────┼───────┤
│ Zürich  │     5 │
│         │ -1234 │
│ NULL    │  NULL │
│ 東京    │     0 │
└─────────┴───────┘
";
        assert_eq!(table(PLAIN, std::slice::from_ref(&rows)), expected);
        let ascii = table(Style { unicode: false, dim_null: true, ..PLAIN }, &[rows]);
        assert!(
            ascii.starts_with("+---------+-------+\n| station |     n |\n+---------+-------+\n| Zürich"),
            "{ascii}"
        );
        assert!(ascii.contains("| \x1b[2mNULL\x1b[0m    |  \x1b[2mNULL\x1b[0m |\n"), "{ascii}");
    }

    #[test]
    fn every_type_keeps_its_digits_in_a_narrow_terminal() {
        let text = table(Style { width: Some(20), ..PLAIN }, &[every_type()]);
        for digits in
            ["-9223372036854775808", "999999999999999999999999999999999999.99", "-inf", "NaN", "-0.05"]
        {
            assert!(text.contains(digits), "{digits} in\n{text}");
        }
        assert!(text.contains("│ 0001-… │ 1969-… │"), "{text}");
    }

    #[test]
    fn wide_text_is_cut_to_the_terminal() {
        let cells = ["x".repeat(500), "日".repeat(500), "a\nb".to_owned(), "\u{301}".repeat(50_000)];
        let rows = texts("name", &cells.each_ref().map(|cell| Some(cell.as_str())));
        let text = table(Style { width: Some(14), ..PLAIN }, &[rows]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[3], "│ xxxxxxxxx… │");
        assert_eq!(lines[4], "│ 日日日日…  │");
        assert_eq!(lines[5], "│ a\\nb       │");
        assert!(lines.iter().all(|line| line.width() == 14), "{text}");
    }

    #[test]
    fn later_rows_follow_the_widths_of_the_first() {
        let first: Vec<Option<&str>> = vec![Some("abc"); HELD_ROWS];
        let later = texts("s", &[Some("abcdef"), None]);
        let batches = [texts("s", &first), later];
        let terminal = table(Style { width: Some(80), ..PLAIN }, &batches);
        assert!(
            terminal.ends_with("│ abc │\n│ ab… │\n│ NULL │\n└─────┘\n"),
            "{}",
            &terminal[terminal.len() - 60..]
        );
        assert_eq!(terminal.lines().count(), HELD_ROWS + 6);
        let file = table(PLAIN, &batches);
        assert!(file.ends_with("│ abc │\n│ abcdef │\n│ NULL │\n└─────┘\n"), "a file loses nothing");
    }

    #[test]
    fn later_numbers_are_never_cut() {
        let first: Vec<Option<&str>> = vec![Some("1"); HELD_ROWS];
        let batches = [bare("t", "BIGINT", &first), bare("t", "BIGINT", &[Some("123456")])];
        let text = table(Style { width: Some(10), ..PLAIN }, &batches);
        assert!(text.ends_with("│ 1 │\n│ 123456 │\n└───┘\n"));
    }

    #[test]
    fn few_bytes_are_held() {
        let cell = "x".repeat(300_000);
        let rows = texts("s", &[Some(cell.as_str()); 20]);
        let mut writer = Table::new(&rows.schema(), PLAIN);
        let mut bytes = Vec::new();
        writer.write(&rows, &mut Sink::new(&mut bytes, "memory")).unwrap();
        assert!(writer.text.capacity() < 3 * HELD_BYTES);
        assert!(bytes.len() > 20 * cell.len());
    }

    #[test]
    fn no_rows_leave_the_names() {
        assert_eq!(
            table(PLAIN, &[texts("s\u{7}", &[])]),
            "┌────────┐\n│ s\\u{7} │\n├────────┤\n└────────┘\n"
        );
    }
}
