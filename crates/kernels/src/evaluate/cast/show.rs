//! Values as their canonical text.

use std::fmt::{self, Write};

use arrow::array::{ArrowPrimitiveType, AsArray, StringBuilder};
use arrow::datatypes::{
    Date32Type, Decimal128Type, Float64Type, Int64Type, IntervalMonthDayNanoType, Time64MicrosecondType,
    TimestampMicrosecondType,
};
use plimsoll_core::DataType;
use plimsoll_core::value::{write_date, write_decimal, write_float, write_int, write_time, write_timestamp};

use super::super::arithmetic::scale_of;
use super::super::operand::Operand;
use crate::arrays::interval;

/// Bytes of a text that room is made for in advance.
const EXPECTED_BYTES: usize = 12;

/// The text of each value of `input`, which is of the type `from`.
pub(super) fn text(input: &Operand, from: DataType) -> Operand {
    match from {
        DataType::Boolean => {
            let values = input.array().as_boolean();
            let mut texts = StringBuilder::with_capacity(values.len(), values.len() * EXPECTED_BYTES);
            texts.extend(values.iter().map(|value| value.map(|value| if value { "true" } else { "false" })));
            input.with(texts.finish())
        }
        DataType::Int64 => write_all::<Int64Type>(input, write_int),
        DataType::Float64 => write_all::<Float64Type>(input, write_float),
        DataType::Date => write_all::<Date32Type>(input, write_date),
        DataType::Timestamp => write_all::<TimestampMicrosecondType>(input, write_timestamp),
        DataType::Time => write_all::<Time64MicrosecondType>(input, write_time),
        DataType::Interval => {
            write_all::<IntervalMonthDayNanoType>(input, |out, native| write!(out, "{}", interval(native)))
        }
        _ => {
            let scale = scale_of(input);
            let write = |out: &mut StringBuilder, mantissa| write_decimal(out, mantissa, scale);
            write_all::<Decimal128Type>(&input.widened(), write)
        }
    }
}

fn write_all<A: ArrowPrimitiveType>(
    input: &Operand,
    write: impl Fn(&mut StringBuilder, A::Native) -> fmt::Result,
) -> Operand {
    let values = input.primitive::<A>();
    let mut texts = StringBuilder::with_capacity(values.len(), values.len() * EXPECTED_BYTES);
    for value in values {
        // A builder takes any text: to write into it cannot fail.
        match value.map(|value| write(&mut texts, value)) {
            Some(_) => texts.append_value(""),
            None => texts.append_null(),
        }
    }
    input.with(texts.finish())
}
