//! What the tests over whole queries share: running one on the engine or on the oracle, and comparing what came out.

#![allow(dead_code, reason = "each test program uses its part")]

use std::fmt::Write as _;
use std::mem::discriminant;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{
    DataType as ArrowType, Date32Type, Decimal128Type, Float64Type, Int64Type, IntervalMonthDayNanoType,
    IntervalUnit, Time64MicrosecondType, TimeUnit, TimestampMicrosecondType,
};
use plimsoll::{Engine, Outcome};
use plimsoll_core::{DataType, Error, ErrorKind, Field, Query, Result, Schema, Value};
use plimsoll_rows::Rows;

/// Under which circumstances the engine runs. Results do not depend on them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting {
    /// Worker threads.
    pub(crate) threads: usize,
    /// Bytes of a block; `None` for the default.
    pub(crate) block_size: Option<usize>,
}

/// Runs `query` on the engine.
///
/// # Errors
/// The engine's.
pub(crate) fn run_engine(query: &Query, setting: Setting, bare_text: bool) -> Result<Rows> {
    let mut engine = Engine::builder().threads(setting.threads);
    if let Some(bytes) = setting.block_size {
        engine = engine.block_size(bytes);
    }
    engine.build()?.query(query.clone()).bare_text(bare_text).run().map(|outcome| rows(&outcome))
}

/// The query with the dialect that the engine finds in the file: the oracle searches for none. Where the engine cannot open
/// the file, the query as it is.
pub(crate) fn resolved(query: &Query) -> Query {
    let engine = Engine::builder().threads(1).build().unwrap();
    let from = engine.resolve(&query.from).unwrap_or_else(|_| query.from.clone());
    Query { from, ..query.clone() }
}

/// The batches as the oracle gives its result.
pub(crate) fn rows(outcome: &Outcome) -> Rows {
    let fields = outcome.schema.fields().iter();
    let fields = fields.map(|field| Field::new(field.name(), logical_type(field.data_type()))).collect();
    let mut rows = Vec::new();
    for batch in &outcome.batches {
        assert_eq!(batch.schema(), outcome.schema, "every batch has the schema of the result");
        for row in 0..batch.num_rows() {
            rows.push(batch.columns().iter().map(|array| value(array, row)).collect());
        }
    }
    Rows { schema: Schema::new(fields), rows }
}

fn logical_type(arrow: &ArrowType) -> DataType {
    match arrow {
        ArrowType::Null => DataType::Null,
        ArrowType::Boolean => DataType::Boolean,
        ArrowType::Int64 => DataType::Int64,
        ArrowType::Decimal128(precision, scale) => {
            DataType::Decimal { precision: *precision, scale: u8::try_from(*scale).unwrap() }
        }
        ArrowType::Float64 => DataType::Float64,
        ArrowType::Date32 => DataType::Date,
        ArrowType::Timestamp(TimeUnit::Microsecond, None) => DataType::Timestamp,
        ArrowType::Time64(TimeUnit::Microsecond) => DataType::Time,
        ArrowType::Interval(IntervalUnit::MonthDayNano) => DataType::Interval,
        ArrowType::Utf8 => DataType::Utf8,
        other => panic!("the engine never gives {other}"),
    }
}

fn value(array: &ArrayRef, row: usize) -> Value {
    if array.is_null(row) || *array.data_type() == ArrowType::Null {
        return Value::Null;
    }
    match array.data_type() {
        ArrowType::Boolean => Value::Boolean(array.as_boolean().value(row)),
        ArrowType::Int64 => Value::Int64(array.as_primitive::<Int64Type>().value(row)),
        ArrowType::Decimal128(_, scale) => {
            Value::decimal(array.as_primitive::<Decimal128Type>().value(row), u8::try_from(*scale).unwrap())
        }
        ArrowType::Float64 => Value::Float64(array.as_primitive::<Float64Type>().value(row)),
        ArrowType::Date32 => Value::Date(array.as_primitive::<Date32Type>().value(row)),
        ArrowType::Timestamp(..) => {
            Value::Timestamp(array.as_primitive::<TimestampMicrosecondType>().value(row))
        }
        ArrowType::Time64(_) => Value::Time(array.as_primitive::<Time64MicrosecondType>().value(row)),
        ArrowType::Interval(_) => {
            let native = array.as_primitive::<IntervalMonthDayNanoType>().value(row);
            Value::Interval(plimsoll_core::value::Interval {
                months: native.months,
                days: native.days,
                micros: native.nanoseconds / 1000,
            })
        }
        ArrowType::Utf8 => Value::Utf8(array.as_string::<i32>().value(row).into()),
        other => panic!("the engine never gives {other}"),
    }
}

/// The fields of a row, readably and without loss: NULL bare, text that could be taken for something else in quotes,
/// doubles by their shortest text (of which -0.0 is none).
pub(crate) fn shown(row: &[Value]) -> String {
    let fields = row.iter().map(|value| match value {
        Value::Utf8(text)
            if &**text == "NULL" || text.is_empty() || text.contains([',', '"', '\n', '\r']) =>
        {
            format!("\"{}\"", text.replace('"', "\"\"").replace('\n', "\\n").replace('\r', "\\r"))
        }
        Value::Float64(value) if *value == 0.0 && value.is_sign_negative() => "MINUS ZERO".to_owned(),
        other => other.to_string(),
    });
    fields.collect::<Vec<_>>().join(",")
}

/// All rows as [`shown`], sorted where their order means nothing.
pub(crate) fn lines(rows: &Rows, ordered: bool) -> Vec<String> {
    let mut lines: Vec<String> = rows.rows.iter().map(|row| shown(row)).collect();
    if !ordered {
        lines.sort();
    }
    lines
}

/// What differs between two outcomes of one query: names, types, rows (after sorting, unless `ordered`), the kind of the
/// error or, for bad data, its place. `None` where nothing does.
pub(crate) fn difference(engine: &Result<Rows>, oracle: &Result<Rows>, ordered: bool) -> Option<String> {
    match (engine, oracle) {
        (Ok(engine), Ok(oracle)) => rows_difference(engine, oracle, ordered),
        (Err(engine), Err(oracle)) if same_failure(engine, oracle) => None,
        (Err(engine), Err(oracle)) => Some(format!("engine fails: {engine}\noracle fails: {oracle}")),
        (Ok(engine), Err(oracle)) => Some(format!("engine gives: {engine:?}\noracle fails: {oracle}")),
        (Err(engine), Ok(oracle)) => Some(format!("engine fails: {engine}\noracle gives: {oracle:?}")),
    }
}

fn rows_difference(engine: &Rows, oracle: &Rows, ordered: bool) -> Option<String> {
    if engine.schema != oracle.schema {
        return Some(format!("schemas differ\nengine: {:?}\noracle: {:?}", engine.schema, oracle.schema));
    }
    let (left, right) = (lines(engine, ordered), lines(oracle, ordered));
    if left == right {
        return None;
    }
    let mut message = format!("rows differ: engine {} rows, oracle {} rows\n", left.len(), right.len());
    let none = "(none)".to_owned();
    for at in 0..left.len().max(right.len()) {
        let (engine, oracle) = (left.get(at).unwrap_or(&none), right.get(at).unwrap_or(&none));
        if engine != oracle {
            let _ = writeln!(
                message,
                "row {at}: engine {engine}\n{:>w$}: oracle {oracle}",
                "",
                w = 4 + at.to_string().len()
            );
        }
    }
    Some(message)
}

/// Bad data is blamed on the same place; all other failures are of the same kind.
pub(crate) fn same_failure(left: &Error, right: &Error) -> bool {
    match (left.kind(), right.kind()) {
        (ErrorKind::Data { location: left, .. }, ErrorKind::Data { location: right, .. }) => left == right,
        (left, right) => discriminant(left) == discriminant(right),
    }
}
