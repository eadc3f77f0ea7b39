//! `plimsoll footprint`: predicts what each way of holding a file would take, from a sample. Loads nothing.

use std::collections::HashMap;
use std::io::Write;
use std::sync::Arc;

use anyhow::Result;
use arrow::array::{ArrayRef, Int64Array, StringArray};
use arrow::datatypes::{DataType as ArrowType, Field, Schema};
use arrow::record_batch::RecordBatch;
use plimsoll::memory::process::default_limit;
use plimsoll::{Error, TYPE_KEY, Table};
use plimsoll_compare::Strategy;
use plimsoll_compare::predict::{Prediction, predict};
use plimsoll_compare::units::{counted, file_bytes, grouped, memory_bytes};

use crate::args::{FootprintArgs, OutputArgs};
use crate::destination::Destination;
use crate::output::{self, Sink};
use crate::settings::{csv_options, resolve_format, threads};
use crate::size::Size;
use crate::terminal::Terminal;

/// Predicts and prints: a row for each column, one for what is beside them and one for all; then what the sample was, and
/// which strategy suits the limit. Those two lines go with the table where people read it, else to standard error.
///
/// # Errors
/// Those of [`predict`], `Plan` for flags that contradict each other, and `Io` from the file written.
pub(crate) fn run(args: FootprintArgs, terminal: Terminal) -> Result<()> {
    let OutputArgs { format, output, quiet } = args.output;
    let format = resolve_format(format, output.as_deref(), terminal.stdout);
    let table = Table { path: args.file, options: csv_options(args.input)? };
    let threads = threads(&args.limits);
    let limit = args.limits.memory_limit.map(|Size(bytes)| bytes).or_else(default_limit).unwrap_or(u64::MAX);

    let prediction = predict(&table, threads)?;
    let batch = batch(&prediction, format.is_for_people())?;
    let remarks = format!("{}\n{}\n", sampled(&prediction), prediction.recommend(limit).reason);

    let mut result = Destination::open(output.as_deref())?;
    let name = result.name().to_owned();
    let mut sink = Sink::new(&mut result, name.clone());
    let rows_to_terminal = output.is_none() && terminal.stdout;
    let mut writer = output::writer_of(format, &terminal, rows_to_terminal, batch.schema());
    writer.begin(&mut sink)?;
    writer.write(&batch, &mut sink)?;
    writer.finish(&mut sink)?;
    if format.is_for_people() {
        let written = write!(result, "\n{remarks}");
        written.map_err(|source| Error::io(name, source))?;
    } else if !quiet {
        // Nothing is lost with remarks that nobody can read.
        let _ = std::io::stderr().write_all(remarks.as_bytes());
    }
    result.commit()?;
    Ok(())
}

/// What the prediction rests on.
fn sampled(prediction: &Prediction) -> String {
    let records = counted(prediction.records, "record");
    let file = file_bytes(prediction.file_bytes);
    if prediction.windows == 1 {
        return format!("{records}, from all of {file}");
    }
    let percent = |share: f64| 100.0 * share;
    format!(
        "{records} (±{:.2}%), from {:.2}% of {file} in {} windows",
        // Two standard errors: the true number lies within in 19 cases of 20.
        percent(2.0 * prediction.records_error),
        percent(prediction.sampled_bytes as f64 / prediction.file_bytes as f64),
        prediction.windows
    )
}

/// The rows as a batch: bytes as numbers, or as text for people.
fn batch(prediction: &Prediction, for_people: bool) -> Result<RecordBatch> {
    let columns = &prediction.columns;
    let of_columns = |text: &dyn Fn(usize) -> String, rest: [Option<&str>; 2]| -> ArrayRef {
        let texts = (0..columns.len()).map(|at| Some(text(at)));
        Arc::new(StringArray::from_iter(texts.chain(rest.map(|text| text.map(str::to_owned)))))
    };
    let blank = for_people.then_some("");
    let names = of_columns(&|at| columns[at].name.clone(), [Some("(beside)"), Some("(total)")]);
    let types = of_columns(&|at| columns[at].data_type.clone(), [blank; 2]);
    let distinct = columns.iter().map(|column| Some(column.distinct)).chain([None; 2]);
    let mut fields =
        vec![Field::new("column", ArrowType::Utf8, true), Field::new("type", ArrowType::Utf8, true)];
    let mut arrays = vec![names, types];
    let mut add = |name: &str, figures: Vec<Option<u64>>, shown: fn(u64) -> String| {
        let (field, array) = numbers(name, figures, shown, for_people);
        fields.push(field);
        arrays.push(array);
    };
    add("distinct", distinct.collect(), grouped);
    for strategy in Strategy::ALL {
        let of_columns = columns.iter().map(|column| column.bytes.get(&strategy).copied());
        let rest = [prediction.bytes_beside(strategy), prediction.bytes_of(strategy)].map(Some);
        let shown = if strategy == Strategy::Mapped { file_bytes } else { memory_bytes };
        add(strategy.name(), of_columns.chain(rest).collect(), shown);
    }
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)?)
}

/// A column of figures. As text it still is one of numbers, and stands to the right.
fn numbers(
    name: &str,
    figures: Vec<Option<u64>>,
    shown: fn(u64) -> String,
    for_people: bool,
) -> (Field, ArrayRef) {
    if for_people {
        let metadata = HashMap::from([(TYPE_KEY.to_owned(), "BIGINT".to_owned())]);
        let field = Field::new(name, ArrowType::Utf8, true).with_metadata(metadata);
        let texts = figures.into_iter().map(|figure| Some(figure.map_or_else(String::new, shown)));
        return (field, Arc::new(StringArray::from_iter(texts)));
    }
    let figures = figures.into_iter().map(|figure| figure.and_then(|figure| i64::try_from(figure).ok()));
    (Field::new(name, ArrowType::Int64, true), Arc::new(Int64Array::from_iter(figures)))
}
