//! JSON: one array of objects, or one object a line. Integers and decimals are numbers with all their digits; NaN and
//! the infinities, which JSON lacks, are the strings "NaN", "inf" and "-inf"; dates and timestamps are strings.

use std::collections::HashSet;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use plimsoll::Result;

use super::cell::{Column, columns};
use super::{RowWriter, Sink};

/// Writes objects.
pub(super) struct Json {
    /// What stands before each value: the brace or comma, the name in quotes and a colon.
    keys: Vec<String>,
    /// Whether the objects stand in an array.
    array: bool,
    any_row: bool,
}

impl Json {
    /// A writer of one array.
    pub(super) fn array(schema: &SchemaRef) -> Self {
        Json { keys: keys(schema), array: true, any_row: false }
    }

    /// A writer of one object a line.
    pub(super) fn lines(schema: &SchemaRef) -> Self {
        Json { keys: keys(schema), array: false, any_row: false }
    }
}

impl RowWriter for Json {
    fn begin(&mut self, out: &mut Sink<'_>) -> Result<()> {
        if self.array {
            out.text.push('[');
        }
        Ok(())
    }

    fn write(&mut self, batch: &RecordBatch, out: &mut Sink<'_>) -> Result<()> {
        let columns = columns(batch)?;
        for row in 0..batch.num_rows() {
            if self.array {
                out.text.push_str(if self.any_row { ",\n" } else { "\n" });
            }
            self.any_row = true;
            for (key, column) in self.keys.iter().zip(&columns) {
                out.text.push_str(key);
                append_value(column, row, &mut out.text);
            }
            out.text.push_str(if self.keys.is_empty() { "{}" } else { "}" });
            if !self.array {
                out.text.push('\n');
            }
            out.end_row()?;
        }
        out.flush()
    }

    fn finish(&mut self, out: &mut Sink<'_>) -> Result<()> {
        if self.array {
            out.text.push_str(if self.any_row { "\n]\n" } else { "]\n" });
        }
        out.flush()
    }
}

/// A name that occurs again gets the first suffix `_2`, `_3`, … that no other column has: readers of JSON keep one
/// value for a name.
fn keys(schema: &SchemaRef) -> Vec<String> {
    let given: HashSet<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    let mut used: HashSet<String> = HashSet::new();
    let mut keys = Vec::with_capacity(schema.fields().len());
    for field in schema.fields() {
        let (mut name, mut count) = (field.name().clone(), 1);
        while used.contains(&name) || (count > 1 && given.contains(name.as_str())) {
            count += 1;
            name = format!("{}_{count}", field.name());
        }
        let mut key = String::from(if keys.is_empty() { "{" } else { "," });
        append_string(&name, &mut key);
        key.push(':');
        keys.push(key);
        used.insert(name);
    }
    keys
}

fn append_value(column: &Column<'_>, row: usize, out: &mut String) {
    match column {
        _ if column.is_null(row) => out.push_str("null"),
        Column::Utf8(array) => append_string(array.value(row), out),
        Column::Float64(array) if array.value(row).is_finite() => column.append(row, out),
        Column::Float64(_)
        | Column::Date(_)
        | Column::Timestamp(_)
        | Column::Time(_)
        | Column::Interval(_) => {
            out.push('"');
            column.append(row, out);
            out.push('"');
        }
        Column::Null | Column::Boolean(_) | Column::Int64(_) | Column::Decimal(..) => column.append(row, out),
    }
}

/// Appends a text in quotes. Escapes what RFC 8259 wants escaped, the shortest way; everything else stays UTF-8.
fn append_string(text: &str, out: &mut String) {
    const HEX: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    out.push('"');
    let mut done = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= b' ' && byte != b'"' && byte != b'\\' {
            continue;
        }
        // An ASCII byte is a character of its own, so both ends of the piece are character boundaries.
        out.push_str(&text[done..at]);
        done = at + 1;
        out.push('\\');
        match byte {
            b'"' | b'\\' => out.push(char::from(byte)),
            b'\n' => out.push('n'),
            b'\r' => out.push('r'),
            b'\t' => out.push('t'),
            0x08 => out.push('b'),
            0x0c => out.push('f'),
            _ => {
                out.push_str("u00");
                out.push(HEX[usize::from(byte >> 4)]);
                out.push(HEX[usize::from(byte & 15)]);
            }
        }
    }
    out.push_str(&text[done..]);
    out.push('"');
}

#[cfg(test)]
mod tests {
    use std::slice;
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array};

    use super::super::samples::{batch, every_type, texts, written};
    use super::*;

    fn lines(batches: &[RecordBatch]) -> String {
        written(&mut Json::lines(&batches[0].schema()), batches)
    }

    #[test]
    fn every_type_prints_exactly() {
        let expected = [
            r#"{"n":null,"b":true,"i":0,"d":-0.05,"f":0.1,"day":"1970-01-01","at":"1970-01-01 00:00:00","s":"x"}"#,
            r#"{"n":null,"b":false,"i":-9223372036854775808,"d":-999999999999999999999999999999999999.99,"f":"-inf","day":"0001-01-01","at":"1969-12-31 23:59:59.999999","s":""}"#,
            r#"{"n":null,"b":true,"i":9223372036854775807,"d":999999999999999999999999999999999999.99,"f":"NaN","day":"9999-12-31","at":"1970-01-01 00:00:01.5","s":"a,b"}"#,
            r#"{"n":null,"b":null,"i":null,"d":null,"f":null,"day":null,"at":null,"s":null}"#,
        ];
        assert_eq!(lines(&[every_type()]), expected.join("\n") + "\n");
        let array = written(&mut Json::array(&every_type().schema()), &[every_type()]);
        assert_eq!(array, format!("[\n{}\n]\n", expected.join(",\n")));
    }

    #[test]
    fn hostile_text_survives_a_reader() {
        let all: String = ('\0'..='\u{7f}').chain("é日\u{2028}😀".chars()).collect();
        let text = lines(&[texts("a\"b\\\n", &[Some(&all)])]);
        assert_eq!(text.lines().count(), 1);
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read["a\"b\\\n"], all);
        assert_eq!(
            lines(&[texts("s", &[Some("\u{1}\u{1f}\u{8}\u{c}\"\\\n")])]),
            "{\"s\":\"\\u0001\\u001f\\b\\f\\\"\\\\\\n\"}\n"
        );
    }

    #[test]
    fn names_are_unique() {
        let one = || -> ArrayRef { Arc::new(Int64Array::from(vec![1])) };
        let rows = batch(["a", "a", "a_2", "a", "b"].into_iter().map(|name| (name, one())).collect());
        assert_eq!(lines(&[rows]), "{\"a\":1,\"a_3\":1,\"a_2\":1,\"a_4\":1,\"b\":1}\n");
    }

    #[test]
    fn no_rows_and_several_batches() {
        let empty = texts("s", &[]);
        assert_eq!(lines(slice::from_ref(&empty)), "");
        assert_eq!(written(&mut Json::array(&empty.schema()), &[]), "[]\n");
        let pair = [texts("s", &[None]), empty.clone(), texts("s", &[Some("")])];
        assert_eq!(written(&mut Json::array(&empty.schema()), &pair), "[\n{\"s\":null},\n{\"s\":\"\"}\n]\n");
    }
}
