//! `plimsoll describe`: prints the dialect that a file is read with, with the evidence and the flag of each setting, and a
//! row of figures for each column. Where programs read the rows, the dialect goes to standard error.

use std::collections::HashMap;
use std::io::Write;
use std::sync::Arc;

use anyhow::Result;
use arrow::array::{ArrayRef, BooleanArray, Float64Array, Int64Array, StringArray};
use arrow::datatypes::{DataType as ArrowType, Field, Schema};
use arrow::record_batch::RecordBatch;
use plimsoll::{Choice, ColumnSummary, Error, TYPE_KEY, Table, Value};
use plimsoll_compare::units::grouped;
use plimsoll_memory::process;

use crate::args::{DescribeArgs, OutputArgs};
use crate::destination::Destination;
use crate::footer::footer;
use crate::output::{self, Sink};
use crate::settings::{csv_options, engine, resolve_format};
use crate::terminal::Terminal;

/// Describes and prints.
///
/// # Errors
/// Those of a query over all columns, `Plan` for flags that contradict each other, and `Io` from the file written.
pub(crate) fn run(args: DescribeArgs, terminal: Terminal) -> Result<()> {
    let OutputArgs { format, output, quiet } = args.output;
    let format = resolve_format(format, output.as_deref(), terminal.stdout);
    let table = Table { path: args.file, options: csv_options(args.input)? };
    let engine = engine(&args.limits, args.temp)?;
    let mut result = Destination::open(output.as_deref())?;
    process::forget_code();

    let mut description = engine.describe(&table)?;
    let for_people = format.is_for_people();
    let rows = if for_people { shown(&description.columns)? } else { figures(&description.columns)? };
    let dialect = (for_people && !description.dialect.is_empty()).then(|| settings(&description.dialect));
    let rows_to_terminal = output.is_none() && terminal.stdout;
    let name = result.name().to_owned();
    for (index, batch) in dialect.transpose()?.iter().chain([&rows]).enumerate() {
        if index > 0 {
            result.write_all(b"\n").map_err(|source| Error::io(name.clone(), source))?;
        }
        let mut sink = Sink::new(&mut result, name.clone());
        let mut writer = output::writer_of(format, &terminal, rows_to_terminal, batch.schema());
        writer.begin(&mut sink)?;
        writer.write(batch, &mut sink)?;
        writer.finish(&mut sink)?;
    }
    result.commit()?;
    if !quiet {
        let remarks = if for_people { String::new() } else { listed(&description.dialect) };
        // What the footer would tell of the dialect is told already.
        description.footprint.dialect.clear();
        // Nothing is lost with remarks that nobody can read.
        let _ = std::io::stderr().write_all((remarks + &footer(&description.footprint)).as_bytes());
    }
    Ok(())
}

/// The settings of the dialect, one a line.
fn listed(dialect: &[Choice]) -> String {
    let line = |Choice { name, value, why, flag, .. }: &Choice| format!("{name} {value}: {why} ({flag})\n");
    dialect.iter().map(line).collect()
}

/// The settings of the dialect as a table.
fn settings(dialect: &[Choice]) -> Result<RecordBatch> {
    let column = |of: fn(&Choice) -> &str| texts(dialect.iter().map(|choice| Some(of(choice).to_owned())));
    batch(vec![
        ("setting", column(|choice| choice.name)),
        ("value", column(|choice| &choice.value)),
        ("why", column(|choice| &choice.why)),
        ("flag", column(|choice| choice.flag)),
    ])
}

/// The columns as people read them: estimates behind a `~`.
fn shown(columns: &[ColumnSummary]) -> Result<RecordBatch> {
    let text = |of: &dyn Fn(&ColumnSummary) -> String| texts(columns.iter().map(|column| Some(of(column))));
    let quartile = |index: usize| {
        text(&move |column| {
            let value = column.quartiles.as_ref().map(|quartiles| quartiles[index].as_str());
            value.map_or_else(String::new, |value| estimate(value, column.quartiles_exact))
        })
    };
    let blank = |value: &Option<String>| value.clone().unwrap_or_default();
    let batch = batch(vec![
        ("column", text(&|column| column.name.clone())),
        ("type", text(&|column| column.data_type.clone())),
        ("nulls", text(&|column| grouped(column.nulls))),
        ("distinct", text(&|column| estimate(&grouped(column.distinct), column.distinct_exact))),
        ("min", text(&|column| blank(&column.min))),
        ("25%", quartile(0)),
        ("50%", quartile(1)),
        ("75%", quartile(2)),
        ("max", text(&|column| blank(&column.max))),
        (
            "mean",
            text(&|column| column.mean.map_or_else(String::new, |mean| Value::Float64(mean).to_string())),
        ),
        ("top", text(&|column| top(column))),
    ])?;
    let schema = batch.schema();
    let fields = schema.fields().iter().map(|field| match field.name().as_str() {
        // Counts stand to the right, as numbers do.
        "nulls" | "distinct" => {
            let metadata = HashMap::from([(TYPE_KEY.to_owned(), "BIGINT".to_owned())]);
            Field::clone(field).with_metadata(metadata)
        }
        _ => Field::clone(field),
    });
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields.collect::<Vec<_>>())), batch.columns().to_vec())?)
}

/// The columns as programs read them.
fn figures(columns: &[ColumnSummary]) -> Result<RecordBatch> {
    let text = |of: &dyn Fn(&ColumnSummary) -> Option<String>| texts(columns.iter().map(of));
    let count = |of: fn(&ColumnSummary) -> u64| -> ArrayRef {
        Arc::new(Int64Array::from_iter(columns.iter().map(|column| i64::try_from(of(column)).ok())))
    };
    let flag = |of: fn(&ColumnSummary) -> bool| -> ArrayRef {
        Arc::new(BooleanArray::from_iter(columns.iter().map(|column| Some(of(column)))))
    };
    let quartile =
        |index: usize| text(&move |column| column.quartiles.as_ref().map(|values| values[index].clone()));
    batch(vec![
        ("column", text(&|column| Some(column.name.clone()))),
        ("type", text(&|column| Some(column.data_type.clone()))),
        ("nulls", count(|column| column.nulls)),
        ("distinct", count(|column| column.distinct)),
        ("distinct_is_exact", flag(|column| column.distinct_exact)),
        ("min", text(&|column| column.min.clone())),
        ("q25", quartile(0)),
        ("q50", quartile(1)),
        ("q75", quartile(2)),
        ("quartiles_are_exact", flag(|column| column.quartiles_exact)),
        ("max", text(&|column| column.max.clone())),
        ("mean", Arc::new(Float64Array::from_iter(columns.iter().map(|column| column.mean)))),
        ("top", text(&|column| Some(top(column)).filter(|top| !top.is_empty()))),
    ])
}

/// The most frequent values and their counts.
fn top(column: &ColumnSummary) -> String {
    let entry = |(value, count): &(String, u64)| {
        format!("{value} ({})", estimate(&grouped(*count), column.top_exact))
    };
    column.top.iter().map(entry).collect::<Vec<_>>().join(", ")
}

fn estimate(figure: &str, exact: bool) -> String {
    if exact { figure.to_owned() } else { format!("~{figure}") }
}

fn texts(texts: impl Iterator<Item = Option<String>>) -> ArrayRef {
    Arc::new(StringArray::from_iter(texts))
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> Result<RecordBatch> {
    let field =
        |(name, array): &(&str, ArrayRef)| Field::new(*name, ArrowType::clone(array.data_type()), true);
    let schema = Schema::new(columns.iter().map(field).collect::<Vec<_>>());
    Ok(RecordBatch::try_new(Arc::new(schema), columns.into_iter().map(|(_, array)| array).collect())?)
}
