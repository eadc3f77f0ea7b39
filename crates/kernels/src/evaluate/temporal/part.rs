//! date_part, date_trunc and last_day.

use arrow::array::{Float64Array, Int64Array};
use arrow::datatypes::{
    DataType as ArrowType, Date32Type, Int64Type, IntervalMonthDayNanoType, Time64MicrosecondType,
    TimestampMicrosecondType,
};
use plimsoll_core::value::{Interval, days_in_month};
use plimsoll_core::{DataType, DatePart, Result, Value};

use super::calendar::{Day, length, part_of_clock};
use super::{DAY, beyond, part_of, within};
use crate::arrays::interval;
use crate::evaluate::operand::{Operand, try_map};

/// `date_part`.
pub(in crate::evaluate) fn part(name: &Operand, input: &Operand, data_type: DataType) -> Result<Operand> {
    let part = part_of(name)?;
    if data_type == DataType::Float64 {
        return Ok(input.with(epoch(input)));
    }
    let of_moment = |micros: i64| {
        let (day, clock) = Day::of_moment(micros);
        if part.is_of_time() { part_of_clock(clock, part) } else { day.part(part) }
    };
    let parts: Int64Array = match input.array().data_type() {
        ArrowType::Date32 => {
            input.primitive::<Date32Type>().unary::<_, Int64Type>(|days| Day::new(days).part(part))
        }
        ArrowType::Time64(_) => {
            input.primitive::<Time64MicrosecondType>().unary(|micros| part_of_clock(micros, part))
        }
        ArrowType::Interval(_) => input
            .primitive::<IntervalMonthDayNanoType>()
            .unary(|native| part_of_interval(interval(native), part)),
        _ => input.primitive::<TimestampMicrosecondType>().unary(of_moment),
    };
    Ok(input.with(parts))
}

/// Seconds since 1970-01-01 00:00:00, or since midnight.
fn epoch(input: &Operand) -> Float64Array {
    let seconds = |micros: i64| micros as f64 / 1e6;
    match input.array().data_type() {
        ArrowType::Date32 => input.primitive::<Date32Type>().unary(|days| f64::from(days) * 86_400.0),
        ArrowType::Time64(_) => input.primitive::<Time64MicrosecondType>().unary(seconds),
        _ => input.primitive::<TimestampMicrosecondType>().unary(seconds),
    }
}

/// Months and years count within each other; days and hours do not.
fn part_of_interval(interval: Interval, part: DatePart) -> i64 {
    let years = interval.months / 12;
    let months = interval.months % 12;
    match part {
        DatePart::Millennium => i64::from(years / 1000),
        DatePart::Century => i64::from(years / 100),
        DatePart::Decade => i64::from(years / 10),
        DatePart::Year => i64::from(years),
        DatePart::Quarter => i64::from(months / 3 + 1),
        DatePart::Month => i64::from(months),
        DatePart::Day => i64::from(interval.days),
        // Hours have no bound here, as they have in a day.
        other => part_of_clock(interval.micros, other),
    }
}

/// `date_trunc` of timestamps.
pub(in crate::evaluate) fn truncate(name: &Operand, input: &Operand) -> Result<Operand> {
    let part = part_of(name)?.unit();
    let truncated = |micros: i64| {
        if part.is_of_time() {
            return Some(micros - micros.rem_euclid(length(part)));
        }
        let (day, _) = Day::of_moment(micros);
        within(i64::from(day.truncated(part)?) * DAY)
    };
    let error = |micros| beyond(&format!("the {} of {}", part.name(), Value::Timestamp(micros)));
    let moments = input.primitive::<TimestampMicrosecondType>();
    let result = try_map::<_, TimestampMicrosecondType>(moments, false, truncated, error)?;
    Ok(input.with(result))
}

/// `last_day` of timestamps.
pub(in crate::evaluate) fn last_day(input: &Operand) -> Operand {
    let last = |micros| {
        let (day, _) = Day::of_moment(micros);
        day.days + (days_in_month(day.year, day.month) - day.day).cast_signed()
    };
    input.with(input.primitive::<TimestampMicrosecondType>().unary::<_, Date32Type>(last))
}
