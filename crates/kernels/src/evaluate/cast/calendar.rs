//! Dates to timestamps and back, and timestamps to times of day.

use arrow::datatypes::{Date32Type, Time64MicrosecondType, TimestampMicrosecondType};
use plimsoll_core::value::MICROS_PER_DAY;
use plimsoll_core::{DataType, Result, Value};

use super::super::operand::{Operand, try_map};
use super::unfit;

/// The first moment of each day.
pub(super) fn date_to_timestamp(input: &Operand, lenient: bool) -> Result<Operand> {
    let convert = |days| i64::from(days).checked_mul(MICROS_PER_DAY);
    let error = |days| unfit(&Value::Date(days), DataType::Timestamp);
    let result = try_map::<Date32Type, TimestampMicrosecondType>(input.primitive(), lenient, convert, error)?;
    Ok(input.with(result))
}

/// The day of each moment.
pub(super) fn timestamp_to_date(input: &Operand, lenient: bool) -> Result<Operand> {
    let convert = |micros: i64| i32::try_from(micros.div_euclid(MICROS_PER_DAY)).ok();
    let error = |micros| unfit(&Value::Timestamp(micros), DataType::Date);
    let result = try_map::<TimestampMicrosecondType, Date32Type>(input.primitive(), lenient, convert, error)?;
    Ok(input.with(result))
}

/// The time of day of each moment.
pub(super) fn timestamp_to_time(input: &Operand) -> Operand {
    let moments = input.primitive::<TimestampMicrosecondType>();
    input.with(moments.unary::<_, Time64MicrosecondType>(|micros| micros.rem_euclid(MICROS_PER_DAY)))
}
