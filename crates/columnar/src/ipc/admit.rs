//! Whether the values of an array are ones that the kernels know. Files may hold others in the same arrays: a date of the
//! year -5000, a decimal of more digits than its type has.

use arrow::array::{ArrayRef, ArrowPrimitiveType, AsArray};
use arrow::compute::{max, min};
use arrow::datatypes::{
    DataType as ArrowType, Date32Type, Decimal32Type, Decimal64Type, Decimal128Type, Int8Type, Int16Type,
    Int32Type, Time32MillisecondType, Time32SecondType, Time64MicrosecondType, TimeUnit,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampSecondType,
};
use plimsoll_core::value::days_from_civil;
use plimsoll_core::{DataType, Field};
use plimsoll_kernels::arrays::NARROW_DIGITS;

/// Seconds of a day.
const DAY: i128 = 86_400;

/// Whether every value lies where those of the column's type do; else what is wrong.
pub(super) fn admit(array: &ArrayRef, field: &Field) -> Result<(), String> {
    use ArrowType as A;
    let days = || {
        let first = days_from_civil(1, 1, 1).unwrap_or(0);
        let last = days_from_civil(9999, 12, 31).unwrap_or(0);
        (i128::from(first), i128::from(last))
    };
    let instants = |per_second: i128| {
        let (first, last) = days();
        (first * DAY * per_second, (last + 1) * DAY * per_second - 1)
    };
    let clock = |per_second: i128| (0, DAY * per_second - 1);
    let digits = |most: u8| {
        let beyond = 10_i128.pow(u32::from(most));
        (1 - beyond, beyond - 1)
    };
    let (seen, allowed) = match (field.data_type, array.data_type()) {
        (DataType::Date, A::Date32) => (range::<Date32Type>(array), days()),
        (DataType::Date, A::Int16) => (range::<Int16Type>(array), days()),
        (DataType::Timestamp, A::Timestamp(TimeUnit::Microsecond, _)) => {
            (range::<TimestampMicrosecondType>(array), instants(1_000_000))
        }
        (DataType::Timestamp, A::Timestamp(TimeUnit::Millisecond, _)) => {
            (range::<TimestampMillisecondType>(array), instants(1000))
        }
        (DataType::Timestamp, A::Timestamp(TimeUnit::Second, _)) => {
            (range::<TimestampSecondType>(array), instants(1))
        }
        (DataType::Timestamp, A::Int32) => (range::<Int32Type>(array), instants(1)),
        (DataType::Time, A::Time64(_)) => (range::<Time64MicrosecondType>(array), clock(1_000_000)),
        (DataType::Time, A::Time32(TimeUnit::Millisecond)) => {
            (range::<Time32MillisecondType>(array), clock(1000))
        }
        (DataType::Time, A::Time32(_)) => (range::<Time32SecondType>(array), clock(1)),
        (DataType::Time, A::Int32) => (range::<Int32Type>(array), clock(1)),
        (DataType::Decimal { precision, .. }, A::Int8) => (range::<Int8Type>(array), digits(precision)),
        (DataType::Decimal { precision, .. }, A::Int16) => (range::<Int16Type>(array), digits(precision)),
        (DataType::Decimal { precision, .. }, A::Decimal32(..)) => {
            (range::<Decimal32Type>(array), digits(precision))
        }
        (DataType::Decimal { precision, .. }, A::Decimal64(..)) => {
            (range::<Decimal64Type>(array), digits(precision.min(NARROW_DIGITS)))
        }
        (DataType::Decimal { precision, .. }, A::Decimal128(..)) => {
            (range::<Decimal128Type>(array), digits(precision))
        }
        _ => return Ok(()),
    };
    match seen {
        Some((low, high)) if low < allowed.0 || high > allowed.1 => Err(format!(
            "column {} has a value outside of {}: its values lie from {low} to {high}",
            field.name, field.data_type
        )),
        _ => Ok(()),
    }
}

fn range<T: ArrowPrimitiveType>(array: &ArrayRef) -> Option<(i128, i128)>
where
    T::Native: Into<i128>,
{
    let values = array.as_primitive::<T>();
    Some((min(values)?.into(), max(values)?.into()))
}
