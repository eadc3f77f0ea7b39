//! One cell of a batch as text: exact, and without an allocation.

use std::fmt::Write;

use arrow::array::{
    Array, AsArray, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array,
    IntervalMonthDayNanoArray, StringArray, Time64MicrosecondArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{
    DataType as ArrowType, Date32Type, Decimal128Type, Float64Type, Int64Type, IntervalMonthDayNano,
    IntervalMonthDayNanoType, IntervalUnit, Time64MicrosecondType, TimeUnit, TimestampMicrosecondType,
};
use arrow::record_batch::RecordBatch;
use plimsoll::{Error, Result};
use plimsoll_core::value::{
    Interval, write_date, write_decimal, write_float, write_int, write_time, write_timestamp,
};

/// A column of a batch, its type known.
#[derive(Debug)]
pub(super) enum Column<'a> {
    Null,
    Boolean(&'a BooleanArray),
    Int64(&'a Int64Array),
    Decimal(&'a Decimal128Array, u8),
    Float64(&'a Float64Array),
    Date(&'a Date32Array),
    Timestamp(&'a TimestampMicrosecondArray),
    Time(&'a Time64MicrosecondArray),
    Interval(&'a IntervalMonthDayNanoArray),
    Utf8(&'a StringArray),
}

/// The columns of a batch.
///
/// # Errors
/// `Plan` for an Arrow type that no query gives.
pub(super) fn columns(batch: &RecordBatch) -> Result<Vec<Column<'_>>> {
    batch.columns().iter().map(|array| Column::new(array)).collect()
}

impl<'a> Column<'a> {
    fn new(array: &'a dyn Array) -> Result<Self> {
        match array.data_type() {
            ArrowType::Null => Ok(Column::Null),
            ArrowType::Boolean => Ok(Column::Boolean(array.as_boolean())),
            ArrowType::Int64 => Ok(Column::Int64(array.as_primitive::<Int64Type>())),
            ArrowType::Decimal128(_, scale) if *scale >= 0 => {
                Ok(Column::Decimal(array.as_primitive::<Decimal128Type>(), scale.unsigned_abs()))
            }
            ArrowType::Float64 => Ok(Column::Float64(array.as_primitive::<Float64Type>())),
            ArrowType::Date32 => Ok(Column::Date(array.as_primitive::<Date32Type>())),
            ArrowType::Timestamp(TimeUnit::Microsecond, None) => {
                Ok(Column::Timestamp(array.as_primitive::<TimestampMicrosecondType>()))
            }
            ArrowType::Time64(TimeUnit::Microsecond) => {
                Ok(Column::Time(array.as_primitive::<Time64MicrosecondType>()))
            }
            ArrowType::Interval(IntervalUnit::MonthDayNano) => {
                Ok(Column::Interval(array.as_primitive::<IntervalMonthDayNanoType>()))
            }
            ArrowType::Utf8 => Ok(Column::Utf8(array.as_string::<i32>())),
            other => Err(Error::plan(format!("a column of the Arrow type {other} cannot be printed"), "")),
        }
    }

    /// Whether the cell is NULL.
    pub(super) fn is_null(&self, row: usize) -> bool {
        match self {
            Column::Null => true,
            Column::Boolean(array) => array.is_null(row),
            Column::Int64(array) => array.is_null(row),
            Column::Decimal(array, _) => array.is_null(row),
            Column::Float64(array) => array.is_null(row),
            Column::Date(array) => array.is_null(row),
            Column::Timestamp(array) => array.is_null(row),
            Column::Time(array) => array.is_null(row),
            Column::Interval(array) => array.is_null(row),
            Column::Utf8(array) => array.is_null(row),
        }
    }

    /// Appends the canonical text of a cell that is not NULL.
    pub(super) fn append(&self, row: usize, out: &mut String) {
        // Writing to a String cannot fail.
        let _ = match self {
            Column::Null => Ok(()),
            Column::Boolean(array) => out.write_str(if array.value(row) { "true" } else { "false" }),
            Column::Int64(array) => write_int(out, array.value(row)),
            Column::Decimal(array, scale) => write_decimal(out, array.value(row), *scale),
            Column::Float64(array) => write_float(out, array.value(row)),
            Column::Date(array) => write_date(out, array.value(row)),
            Column::Timestamp(array) => write_timestamp(out, array.value(row)),
            Column::Time(array) => write_time(out, array.value(row)),
            Column::Interval(array) => write!(out, "{}", interval(array.value(row))),
            Column::Utf8(array) => out.write_str(array.value(row)),
        };
    }
}

/// An interval as Arrow holds it, whose nanoseconds are whole microseconds.
fn interval(native: IntervalMonthDayNano) -> Interval {
    Interval { months: native.months, days: native.days, micros: native.nanoseconds / 1000 }
}
