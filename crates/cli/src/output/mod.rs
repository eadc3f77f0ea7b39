//! Result rows as text: the formats, and the trait that each of them implements in a file of its own.
//!
//! A writer takes batches as they come and holds nothing, but for the table, which looks at the first rows before it
//! draws. Writers know nothing of files: they write to a [`Sink`].

mod cell;
mod delimited;
mod frame;
mod json;
mod layout;
mod markdown;
mod sink;
mod table;

use std::path::Path;

use arrow::datatypes::{DataType as ArrowType, Field, SchemaRef};
use arrow::record_batch::RecordBatch;
use plimsoll::{DataType, Result};

pub(crate) use self::delimited::append_csv_field;
pub(crate) use self::sink::Sink;
use crate::settings::Settings;
use crate::terminal::Terminal;

/// How rows are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// Aligned columns in a frame.
    Table,
    /// Comma-separated values.
    Csv,
    /// Tab-separated values.
    Tsv,
    /// One array of objects.
    Json,
    /// One object a line.
    Jsonl,
    /// A pipe table.
    Markdown,
}

impl Format {
    /// The format that a file's name asks for by its extension.
    pub(crate) fn of_extension(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "csv" => Some(Format::Csv),
            "tsv" => Some(Format::Tsv),
            "json" => Some(Format::Json),
            "jsonl" | "ndjson" => Some(Format::Jsonl),
            "md" => Some(Format::Markdown),
            _ => None,
        }
    }

    /// Whether people read it rather than programs.
    pub(crate) fn is_for_people(self) -> bool {
        matches!(self, Format::Table | Format::Markdown)
    }

    /// Whether a bare column's own text is what it prints. JSON needs the types.
    pub(crate) fn prints_bare_text(self) -> bool {
        !matches!(self, Format::Json | Format::Jsonl)
    }
}

/// Writes the rows of one result.
pub(crate) trait RowWriter {
    /// Writes what stands before the rows. Called once, first.
    ///
    /// # Errors
    /// `Io` from the sink.
    fn begin(&mut self, out: &mut Sink<'_>) -> Result<()>;

    /// Takes the next rows, which have the columns of the schema that the writer was made for.
    ///
    /// # Errors
    /// `Io` from the sink, `Plan` for an Arrow type that no query gives.
    fn write(&mut self, batch: &RecordBatch, out: &mut Sink<'_>) -> Result<()>;

    /// Writes what is still held, and what stands behind the rows. Called once, last.
    ///
    /// # Errors
    /// `Io` from the sink.
    fn finish(&mut self, out: &mut Sink<'_>) -> Result<()>;
}

/// The writer of the chosen format for rows of this schema.
pub(crate) fn writer(settings: &Settings, schema: SchemaRef) -> Box<dyn RowWriter> {
    writer_of(settings.format, &settings.terminal, settings.rows_to_terminal, schema)
}

/// The writer of a format for rows of this schema, which may go to the terminal.
pub(crate) fn writer_of(
    format: Format,
    terminal: &Terminal,
    rows_to_terminal: bool,
    schema: SchemaRef,
) -> Box<dyn RowWriter> {
    match format {
        Format::Csv => Box::new(delimited::Delimited::new(schema, ',')),
        Format::Tsv => Box::new(delimited::Delimited::new(schema, '\t')),
        Format::Json => Box::new(json::Json::array(&schema)),
        Format::Jsonl => Box::new(json::Json::lines(&schema)),
        Format::Markdown => Box::new(markdown::Markdown::new(schema)),
        Format::Table => {
            let style = table::Style {
                unicode: terminal.unicode,
                dim_null: rows_to_terminal && terminal.attributes,
                width: terminal.width.filter(|_| rows_to_terminal),
            };
            Box::new(table::Table::new(&schema, style))
        }
    }
}

/// Whether a column's cells are numbers: by its Arrow type, or, for a bare column's own text, by the SQL type that its
/// field carries.
fn is_numeric(field: &Field) -> bool {
    match field.data_type() {
        ArrowType::Int64 | ArrowType::Float64 | ArrowType::Decimal128(..) => true,
        ArrowType::Utf8 => field
            .metadata()
            .get(plimsoll::TYPE_KEY)
            .and_then(|name| DataType::parse(name))
            .is_some_and(DataType::is_numeric),
        _ => false,
    }
}

#[cfg(test)]
mod samples {
    //! Batches of hostile values, and what a writer makes of them.

    use std::collections::HashMap;
    use std::sync::Arc;

    use arrow::array::{
        ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, NullArray,
        StringArray, TimestampMicrosecondArray,
    };
    use arrow::datatypes::Schema;

    use super::*;

    /// What the writer writes for these batches; its sink's pieces are as small as can be.
    pub(super) fn written(writer: &mut dyn RowWriter, batches: &[RecordBatch]) -> String {
        let mut bytes = Vec::new();
        let mut sink = Sink::new(&mut bytes, "memory");
        writer.begin(&mut sink).unwrap();
        for batch in batches {
            writer.write(batch, &mut sink).unwrap();
        }
        writer.finish(&mut sink).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    /// A batch of columns that may all be NULL.
    pub(super) fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
        let fields: Vec<Field> =
            columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
        let arrays = columns.into_iter().map(|(_, array)| array).collect();
        RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()
    }

    /// One column of text.
    pub(super) fn texts(name: &str, cells: &[Option<&str>]) -> RecordBatch {
        batch(vec![(name, Arc::new(StringArray::from(cells.to_vec())))])
    }

    /// One bare column: text that carries the SQL type of its sample.
    pub(super) fn bare(name: &str, sql_type: &str, cells: &[Option<&str>]) -> RecordBatch {
        let metadata = HashMap::from([(plimsoll::TYPE_KEY.to_owned(), sql_type.to_owned())]);
        let field = Field::new(name, ArrowType::Utf8, true).with_metadata(metadata);
        RecordBatch::try_new(
            Arc::new(Schema::new(vec![field])),
            vec![Arc::new(StringArray::from(cells.to_vec()))],
        )
        .unwrap()
    }

    /// Every type, with a usual value, the least, the greatest and NULL.
    pub(super) fn every_type() -> RecordBatch {
        let greatest = 10i128.pow(38) - 1;
        let decimals = Decimal128Array::from(vec![Some(-5), Some(-greatest), Some(greatest), None])
            .with_precision_and_scale(38, 2)
            .unwrap();
        batch(vec![
            ("n", Arc::new(NullArray::new(4))),
            ("b", Arc::new(BooleanArray::from(vec![Some(true), Some(false), Some(true), None]))),
            ("i", Arc::new(Int64Array::from(vec![Some(0), Some(i64::MIN), Some(i64::MAX), None]))),
            ("d", Arc::new(decimals)),
            (
                "f",
                Arc::new(Float64Array::from(vec![Some(0.1), Some(f64::NEG_INFINITY), Some(f64::NAN), None])),
            ),
            ("day", Arc::new(Date32Array::from(vec![Some(0), Some(-719_162), Some(2_932_896), None]))),
            ("at", Arc::new(TimestampMicrosecondArray::from(vec![Some(0), Some(-1), Some(1_500_000), None]))),
            ("s", Arc::new(StringArray::from(vec![Some("x"), Some(""), Some("a,b"), None]))),
        ])
    }
}
