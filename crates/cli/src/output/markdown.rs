//! A GitHub-flavoured Markdown table, one line a row. Cells are not padded, so rows can stream; characters that Markdown
//! would read as markup are escaped, so that a page shows the text itself.

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use plimsoll::Result;

use super::cell::{Column, columns};
use super::{RowWriter, Sink, is_numeric};

/// Writes a pipe table.
pub(super) struct Markdown {
    schema: SchemaRef,
}

impl Markdown {
    /// A writer of rows of this schema.
    pub(super) fn new(schema: SchemaRef) -> Self {
        Markdown { schema }
    }
}

impl RowWriter for Markdown {
    fn begin(&mut self, out: &mut Sink<'_>) -> Result<()> {
        for field in self.schema.fields() {
            out.text.push_str("| ");
            append_escaped(field.name(), &mut out.text);
            out.text.push(' ');
        }
        out.text.push_str("|\n");
        for field in self.schema.fields() {
            out.text.push_str(if is_numeric(field) { "| ---: " } else { "| --- " });
        }
        out.text.push_str("|\n");
        out.flush()
    }

    fn write(&mut self, batch: &RecordBatch, out: &mut Sink<'_>) -> Result<()> {
        let columns = columns(batch)?;
        for row in 0..batch.num_rows() {
            for column in &columns {
                out.text.push_str("| ");
                match column {
                    _ if column.is_null(row) => out.text.push_str("NULL"),
                    Column::Utf8(array) => append_escaped(array.value(row), &mut out.text),
                    _ => column.append(row, &mut out.text),
                }
                out.text.push(' ');
            }
            out.text.push_str("|\n");
            out.end_row()?;
        }
        out.flush()
    }

    fn finish(&mut self, out: &mut Sink<'_>) -> Result<()> {
        out.flush()
    }
}

/// Appends a text that shows as itself: markup gets a backslash, a line break becomes `<br>`. An underscore between
/// letters or digits is no markup and stays.
fn append_escaped(text: &str, out: &mut String) {
    let mut characters = text.chars().peekable();
    let mut previous = ' ';
    while let Some(c) = characters.next() {
        match c {
            '\n' if previous == '\r' => {}
            '\n' | '\r' => out.push_str("<br>"),
            '_' if previous.is_alphanumeric()
                && characters.peek().is_some_and(|next| next.is_alphanumeric()) =>
            {
                out.push('_');
            }
            '|' | '\\' | '`' | '*' | '_' | '~' | '<' | '[' | '&' => out.extend(['\\', c]),
            _ => out.push(c),
        }
        previous = c;
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{bare, every_type, texts, written};
    use super::*;

    fn markdown(batches: &[RecordBatch]) -> String {
        written(&mut Markdown::new(batches[0].schema()), batches)
    }

    #[test]
    fn every_type_prints_exactly() {
        assert_eq!(
            markdown(&[every_type()]),
            "| n | b | i | d | f | day | at | s |\n\
             | --- | --- | ---: | ---: | ---: | --- | --- | --- |\n\
             | NULL | true | 0 | -0.05 | 0.1 | 1970-01-01 | 1970-01-01 00:00:00 | x |\n\
             | NULL | false | -9223372036854775808 | -999999999999999999999999999999999999.99 | -inf | 0001-01-01 | \
             1969-12-31 23:59:59.999999 |  |\n\
             | NULL | true | 9223372036854775807 | 999999999999999999999999999999999999.99 | NaN | 9999-12-31 | \
             1970-01-01 00:00:01.5 | a,b |\n\
             | NULL | NULL | NULL | NULL | NULL | NULL | NULL | NULL |\n"
        );
    }

    #[test]
    fn markup_shows_as_text() {
        let cells = ["a|b", "a\\|b", "l1\r\nl2\nl3\r", "<b>", "max_t _x_", "*a* `b` ~c~ [d] &lt;", "日本"];
        assert_eq!(
            markdown(&[texts("x|y", &cells.map(Some))]),
            "| x\\|y |\n| --- |\n| a\\|b |\n| a\\\\\\|b |\n| l1<br>l2<br>l3<br> |\n| \\<b> |\n| max_t \\_x\\_ |\n\
             | \\*a\\* \\`b\\` \\~c\\~ \\[d] \\&lt; |\n| 日本 |\n"
        );
    }

    #[test]
    fn bare_numbers_align_right() {
        assert_eq!(markdown(&[bare("t", "DECIMAL(38,1)", &[Some("1.50")])]), "| t |\n| ---: |\n| 1.50 |\n");
        assert_eq!(markdown(&[bare("t", "VARCHAR", &[])]), "| t |\n| --- |\n");
    }
}
