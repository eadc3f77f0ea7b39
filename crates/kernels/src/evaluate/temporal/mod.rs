//! Dates, times, timestamps and intervals: arithmetic and the functions of them, over arrays. What each part of a date is
//! lies in [`calendar`]; what a format is, in the core.

mod arithmetic;
mod calendar;
mod distance;
mod format;
mod make;
mod part;
#[cfg(test)]
mod tests;

use arrow::array::Decimal128Array;
use arrow::datatypes::IntervalMonthDayNanoType;
use plimsoll_core::value::is_moment;
use plimsoll_core::{DatePart, Error, Result};

pub(super) use self::arithmetic::{arithmetic, negate};
pub(super) use self::distance::distance;
pub(super) use self::format::{name, strftime, strptime};
pub(super) use self::make::make;
pub(super) use self::part::{last_day, part, truncate};
use super::operand::Operand;
use crate::arrays::interval;

/// Microseconds of a second, and of a day.
const SECOND: i64 = 1_000_000;
const DAY: i64 = plimsoll_core::value::MICROS_PER_DAY;

/// What intervals compare by, as numbers.
pub(super) fn order_keys(intervals: &Operand) -> Operand {
    let natives = intervals.primitive::<IntervalMonthDayNanoType>();
    let keys: Decimal128Array = natives.unary(|native| interval(native).order_key());
    intervals.with(keys)
}

/// A constant name of a part, which binding has looked up.
fn part_of(name: &Operand) -> Result<DatePart> {
    let found = if name.is_constant() { DatePart::parse(name.text(0)) } else { None };
    found.ok_or_else(|| Error::plan("the name of a part is no constant", ""))
}

/// A moment, if it is in the years 1 to 9999.
fn within(micros: i64) -> Option<i64> {
    is_moment(micros).then_some(micros)
}

/// That a result is outside of the calendar.
fn beyond(what: &str) -> Error {
    Error::value(format!("{what} is outside of the years 1 to 9999"))
}
