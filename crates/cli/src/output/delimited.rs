//! CSV and TSV as RFC 4180 quotes them: NULL is an empty field, the empty text is `""`. Lines end with a line feed.

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use plimsoll::Result;

use super::cell::{Column, columns};
use super::{RowWriter, Sink};

/// Writes fields with a delimiter between.
pub(super) struct Delimited {
    schema: SchemaRef,
    delimiter: char,
}

impl Delimited {
    /// A writer of rows of this schema; `delimiter` is ASCII.
    pub(super) fn new(schema: SchemaRef, delimiter: char) -> Self {
        Delimited { schema, delimiter }
    }
}

impl RowWriter for Delimited {
    fn begin(&mut self, out: &mut Sink<'_>) -> Result<()> {
        for (at, field) in self.schema.fields().iter().enumerate() {
            if at > 0 {
                out.text.push(self.delimiter);
            }
            append_field(field.name(), self.delimiter, &mut out.text);
        }
        out.text.push('\n');
        out.flush()
    }

    fn write(&mut self, batch: &RecordBatch, out: &mut Sink<'_>) -> Result<()> {
        let columns = columns(batch)?;
        for row in 0..batch.num_rows() {
            for (at, column) in columns.iter().enumerate() {
                if at > 0 {
                    out.text.push(self.delimiter);
                }
                match column {
                    _ if column.is_null(row) => {}
                    Column::Utf8(array) => append_field(array.value(row), self.delimiter, &mut out.text),
                    // Numbers, dates and truth values hold nothing that needs quotes.
                    _ => column.append(row, &mut out.text),
                }
            }
            out.text.push('\n');
            out.end_row()?;
        }
        out.flush()
    }

    fn finish(&mut self, out: &mut Sink<'_>) -> Result<()> {
        out.flush()
    }
}

/// Appends a text as a field of a CSV record, in quotes where it is empty or would not read back without.
pub(crate) fn append_csv_field(text: &str, out: &mut String) {
    append_field(text, ',', out);
}

/// Appends a text, in quotes where it is empty or would not read back without.
fn append_field(text: &str, delimiter: char, out: &mut String) {
    let special = |b: u8| matches!(b, b'"' | b'\n' | b'\r') || char::from(b) == delimiter;
    // All bytes are looked at, which takes less than stopping at the first special one, since hardly any is.
    if !text.is_empty() && !text.bytes().fold(false, |found, b| found | special(b)) {
        out.push_str(text);
        return;
    }
    out.push('"');
    let mut pieces = text.split('"');
    out.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        out.push_str("\"\"");
        out.push_str(piece);
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use std::slice;
    use std::sync::Arc;

    use arrow::array::StringArray;

    use super::super::samples::{batch, every_type, texts, written};
    use super::*;

    fn csv(batches: &[RecordBatch]) -> String {
        written(&mut Delimited::new(batches[0].schema(), ','), batches)
    }

    #[test]
    fn every_type_prints_exactly() {
        assert_eq!(
            csv(&[every_type()]),
            "n,b,i,d,f,day,at,s\n\
             ,true,0,-0.05,0.1,1970-01-01,1970-01-01 00:00:00,x\n\
             ,false,-9223372036854775808,-999999999999999999999999999999999999.99,-inf,0001-01-01,\
             1969-12-31 23:59:59.999999,\"\"\n\
             ,true,9223372036854775807,999999999999999999999999999999999999.99,NaN,9999-12-31,\
             1970-01-01 00:00:01.5,\"a,b\"\n\
             ,,,,,,,\n"
        );
    }

    #[test]
    fn quotes_where_they_are_needed_and_nowhere_else() {
        let cells =
            ["\"", "say \"hi\"", "a\nb", "a\r\nb", "\r", "a,b", "a\tb", " ", "Zürich", "日本", "'", "a;b"];
        let cells = texts("a \"b\"", &cells.map(Some));
        assert_eq!(
            csv(slice::from_ref(&cells)),
            "\"a \"\"b\"\"\"\n\"\"\"\"\n\"say \"\"hi\"\"\"\n\"a\nb\"\n\"a\r\nb\"\n\"\r\"\n\"a,b\"\na\tb\n \nZürich\n日本\n'\na;b\n"
        );
        let tsv = written(&mut Delimited::new(cells.schema(), '\t'), &[cells]);
        assert!(tsv.contains("\na,b\n\"a\tb\"\n"), "{tsv}");
    }

    #[test]
    fn null_and_empty_differ_even_alone_in_a_line() {
        assert_eq!(csv(&[texts("s", &[None, Some(""), None])]), "s\n\n\"\"\n\n");
    }

    #[test]
    fn no_rows_leave_the_names() {
        assert_eq!(csv(&[texts("", &[])]), "\"\"\n");
        let two: Arc<StringArray> = Arc::new(StringArray::from(Vec::<&str>::new()));
        assert_eq!(csv(&[batch(vec![("a", two.clone()), ("a", two)])]), "a,a\n");
    }

    #[test]
    fn batches_follow_each_other() {
        let long = "x".repeat(100_000);
        let first = texts("s", &[Some(&long), None]);
        assert_eq!(csv(&[first, texts("s", &[Some("y")])]), format!("s\n{long}\n\ny\n"));
    }
}
