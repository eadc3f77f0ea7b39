//! Dates and times made of numbers.

use arrow::array::{ArrowPrimitiveType, Float64Array, Int64Array, PrimitiveArray, PrimitiveBuilder};
use arrow::datatypes::{
    DataType as ArrowType, Date32Type, Float64Type, Int64Type, Time64MicrosecondType,
    TimestampMicrosecondType,
};
use plimsoll_core::value::days_from_civil;
use plimsoll_core::{DataType, Error, Function, Result, Value};

use super::{DAY, SECOND, beyond, within};
use crate::evaluate::operand::{Operand, joint_len, joint_nulls, try_map};

/// `make_date`, `make_time`, `make_timestamp`, `to_timestamp` and `epoch_ms`.
pub(in crate::evaluate) fn make(
    function: Function,
    arguments: &[Operand],
    data_type: DataType,
) -> Result<Operand> {
    type M = TimestampMicrosecondType;
    let all: Vec<&Operand> = arguments.iter().collect();
    match (function, arguments) {
        (Function::EpochMs, [input]) if matches!(input.array().data_type(), ArrowType::Timestamp(..)) => {
            // To the nearest, half away from zero.
            let millis = |micros: i64| micros.saturating_add(micros.signum() * 500) / 1000;
            Ok(input.with(input.primitive::<M>().unary::<_, Int64Type>(millis)))
        }
        (Function::EpochMs | Function::MakeTimestamp, [input]) => {
            let each = if function == Function::EpochMs { 1000 } else { 1 };
            let moment = |count: i64| within(count.checked_mul(each)?);
            let error = |count| beyond(&format!("{}({count})", function.name()));
            Ok(input.with(try_map::<Int64Type, M>(input.primitive(), false, moment, error)?))
        }
        (Function::ToTimestamp, [input]) => {
            let moment = |seconds: f64| within(rounded_micros(seconds)?);
            let error = |seconds| beyond(&format!("to_timestamp({})", Value::Float64(seconds)));
            Ok(input.with(try_map::<Float64Type, M>(input.primitive(), false, moment, error)?))
        }
        (Function::MakeDate, [year, month, day]) => {
            let integers = Integers([year, month, day]);
            let days = |row| integers.of(row).and_then(|[year, month, day]| date(year, month, day));
            Ok(Operand::of(&all, build::<Date32Type>(&all, data_type, days)?))
        }
        (Function::MakeTime, [hour, minute, seconds]) => {
            let integers = Integers([hour, minute]);
            let micros = |row| integers.of(row).and_then(|[h, m]| clock(h, m, second(seconds, row)));
            let micros = |row| micros(row).filter(|micros| *micros < DAY);
            Ok(Operand::of(&all, build::<Time64MicrosecondType>(&all, data_type, micros)?))
        }
        (Function::MakeTimestamp, [year, month, day, hour, minute, seconds]) => {
            let integers = Integers([year, month, day, hour, minute]);
            let moment = |row| {
                let [year, month, day, hour, minute] = integers.of(row)?;
                let clock = clock(hour, minute, second(seconds, row))?;
                within(i64::from(date(year, month, day)?) * DAY + clock)
            };
            Ok(Operand::of(&all, build::<M>(&all, data_type, moment)?))
        }
        _ => Err(Error::plan(format!("{}() has no such arguments", function.name()), "")),
    }
}

/// Columns of integers, read row by row.
struct Integers<'a, const N: usize>([&'a Operand; N]);

impl<const N: usize> Integers<'_, N> {
    fn of(&self, row: usize) -> Option<[i64; N]> {
        Some(self.0.map(|operand| {
            let values: &Int64Array = operand.primitive::<Int64Type>();
            values.value(operand.index(row))
        }))
    }
}

fn second(seconds: &Operand, row: usize) -> f64 {
    let values: &Float64Array = seconds.primitive::<Float64Type>();
    values.value(seconds.index(row))
}

/// The value of each row that has no NULL; an error where there is none.
fn build<O: ArrowPrimitiveType>(
    operands: &[&Operand],
    data_type: DataType,
    value: impl Fn(usize) -> Option<O::Native>,
) -> Result<PrimitiveArray<O>> {
    let (rows, nulls) = (joint_len(operands), joint_nulls(operands));
    let mut values = PrimitiveBuilder::<O>::with_capacity(rows);
    for row in 0..rows {
        if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
            values.append_null();
            continue;
        }
        match value(row) {
            Some(value) => values.append_value(value),
            None => return Err(unmade(operands, row, data_type)),
        }
    }
    Ok(values.finish())
}

fn unmade(operands: &[&Operand], row: usize, data_type: DataType) -> Error {
    let shown = operands.iter().map(|operand| match operand.array().data_type() {
        ArrowType::Float64 => Value::Float64(second(operand, row)).to_string(),
        _ => operand.primitive::<Int64Type>().value(operand.index(row)).to_string(),
    });
    Error::value(format!("no {data_type} is made of {}", shown.collect::<Vec<_>>().join(", ")))
}

fn date(year: i64, month: i64, day: i64) -> Option<i32> {
    let (month, day) = (u32::try_from(month).ok()?, u32::try_from(day).ok()?);
    days_from_civil(i32::try_from(year).ok()?, month, day)
}

/// Microseconds since midnight; 60 seconds are the next minute.
fn clock(hour: i64, minute: i64, seconds: f64) -> Option<i64> {
    let lawful = (0..24).contains(&hour) && (0..60).contains(&minute) && (0.0..=60.0).contains(&seconds);
    let micros = if lawful { rounded_micros(seconds)? } else { return None };
    Some((hour * 60 + minute) * 60 * SECOND + micros)
}

/// Microseconds of seconds, rounded to the nearest.
fn rounded_micros(seconds: f64) -> Option<i64> {
    let micros = (seconds * 1e6).round();
    // Both bounds are doubles.
    (micros.abs() < 9.2e18).then_some(micros as i64)
}
