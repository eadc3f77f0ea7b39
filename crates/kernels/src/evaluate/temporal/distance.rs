//! date_diff and date_sub.

use arrow::array::Int64Array;
use arrow::datatypes::{DataType as ArrowType, Int64Type, Time64MicrosecondType, TimestampMicrosecondType};
use plimsoll_core::value::days_in_month;
use plimsoll_core::{DatePart, Function, Result};

use super::calendar::{Day, length};
use super::{DAY, part_of};
use crate::evaluate::operand::{Operand, combine};

/// How many parts lie between two timestamps or two times: for date_diff their beginnings, for date_sub whole ones.
pub(in crate::evaluate) fn distance(
    function: Function,
    name: &Operand,
    from: &Operand,
    to: &Operand,
) -> Result<Operand> {
    let part = part_of(name)?.unit();
    let count = move |from: i64, to: i64| match function {
        Function::DateDiff => beginnings(part, from, to),
        _ => whole(part, from, to),
    };
    type T = Time64MicrosecondType;
    type M = TimestampMicrosecondType;
    let counts: Int64Array = match from.array().data_type() {
        ArrowType::Time64(_) => combine::<T, T, Int64Type>(from, to, count),
        _ => combine::<M, M, Int64Type>(from, to, count),
    };
    Ok(Operand::of(&[from, to], counts))
}

fn beginnings(part: DatePart, from: i64, to: i64) -> i64 {
    if part.is_of_time() || part == DatePart::Day {
        let length = length(part);
        return to.div_euclid(length).wrapping_sub(from.div_euclid(length));
    }
    let ((from, _), (to, _)) = (Day::of_moment(from), Day::of_moment(to));
    let years = |each: i32| i64::from(to.year / each - from.year / each);
    match part {
        DatePart::Millennium => years(1000),
        DatePart::Century => years(100),
        DatePart::Decade => years(10),
        DatePart::Year => years(1),
        DatePart::IsoYear => i64::from(to.iso_week().0 - from.iso_week().0),
        DatePart::Quarter => months(to) / 3 - months(from) / 3,
        DatePart::Month => months(to) - months(from),
        _ => i64::from(to.days - from.days) / 7,
    }
}

/// Months since the year 0.
fn months(day: Day) -> i64 {
    i64::from(day.year) * 12 + i64::from(day.month) - 1
}

fn whole(part: DatePart, from: i64, to: i64) -> i64 {
    match part {
        DatePart::Millennium => whole_months(from, to) / 12_000,
        DatePart::Century => whole_months(from, to) / 1200,
        DatePart::Decade => whole_months(from, to) / 120,
        // Years of weeks pass as others do.
        DatePart::Year | DatePart::IsoYear => whole_months(from, to) / 12,
        DatePart::Quarter => whole_months(from, to) / 3,
        DatePart::Month => whole_months(from, to),
        DatePart::Week => to.wrapping_sub(from) / (7 * DAY),
        other => to.wrapping_sub(from) / length(other),
    }
}

/// Months that have passed: the last day of a month is reached where a month is too short for the day.
fn whole_months(from: i64, to: i64) -> i64 {
    if from > to {
        return -whole_months(to, from);
    }
    let ((first, first_clock), (last, last_clock)) = (Day::of_moment(from), Day::of_moment(to));
    let reached = match last.day.cmp(&first.day) {
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Equal => last_clock >= first_clock,
        std::cmp::Ordering::Less => {
            last.day == days_in_month(last.year, last.month) && last_clock >= first_clock
        }
    };
    months(last) - months(first) - i64::from(!reached)
}
