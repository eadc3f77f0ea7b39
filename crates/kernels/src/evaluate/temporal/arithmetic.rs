//! `+`, `-`, `*` and minus of dates, times and intervals.

use arrow::array::ArrowPrimitiveType;
use arrow::datatypes::{
    DataType as ArrowType, Date32Type, Int64Type, IntervalMonthDayNano, IntervalMonthDayNanoType,
    Time64MicrosecondType, TimestampMicrosecondType,
};
use plimsoll_core::value::{Interval, days_from_civil, days_in_month, is_day};
use plimsoll_core::{ArithmeticOp, Error, Result, Value};

use super::calendar::Day;
use super::{DAY, beyond, within};
use crate::arrays::{interval, native_interval as native};
use crate::evaluate::operand::{Operand, combine, try_combine, try_map};

type D = Date32Type;
type M = TimestampMicrosecondType;
type T = Time64MicrosecondType;
type V = IntervalMonthDayNanoType;

/// `left op right`, whose types are those that `TypedKind::Arithmetic` has.
pub(in crate::evaluate) fn arithmetic(op: ArithmeticOp, left: &Operand, right: &Operand) -> Result<Operand> {
    let minus = op == ArithmeticOp::Subtract;
    let signed = move |native: IntervalMonthDayNano| {
        let interval = interval(native);
        if minus { interval.times(-1) } else { Some(interval) }
    };
    let error = |left: &Value, right: &Value| beyond(&format!("{left} {} {right}", op.symbol()));
    let shown = |native| Value::Interval(interval(native));
    let both = [left, right];
    match (left.array().data_type(), right.array().data_type()) {
        (ArrowType::Date32, ArrowType::Date32) => {
            let days = combine::<D, D, Int64Type>(left, right, |to, from| i64::from(to) - i64::from(from));
            Ok(Operand::of(&both, days))
        }
        (ArrowType::Date32, ArrowType::Int64) => {
            let day = |day: i32, count: i64| {
                let count = if minus { count.checked_neg()? } else { count };
                i32::try_from(i64::from(day).checked_add(count)?).ok().filter(|days| is_day(*days))
            };
            let error = |day, count| error(&Value::Date(day), &Value::Int64(count));
            Ok(Operand::of(&both, try_combine::<D, Int64Type, D>(left, right, day, error)?))
        }
        (ArrowType::Date32, ArrowType::Time64(_)) => {
            let moments = combine::<D, T, M>(left, right, |day, clock| {
                i64::from(day).wrapping_mul(DAY).wrapping_add(clock)
            });
            Ok(Operand::of(&both, moments))
        }
        (ArrowType::Timestamp(..), ArrowType::Timestamp(..)) => {
            // Under a NULL may lie anything.
            let between = |to: i64, from: i64| native(Interval::between(to.wrapping_sub(from)));
            Ok(Operand::of(&both, combine::<M, M, V>(left, right, between)))
        }
        (ArrowType::Timestamp(..), _) => {
            let moment = |micros, native| add(micros, signed(native)?);
            let error = |micros, native| error(&Value::Timestamp(micros), &shown(native));
            Ok(Operand::of(&both, try_combine::<M, V, M>(left, right, moment, error)?))
        }
        (ArrowType::Time64(_), _) => {
            let time =
                |clock: i64, native| Some((clock % DAY + signed(native)?.micros % DAY).rem_euclid(DAY));
            let error = |clock, native| error(&Value::Time(clock), &shown(native));
            Ok(Operand::of(&both, try_combine::<T, V, T>(left, right, time, error)?))
        }
        (_, ArrowType::Int64) => intervals::<Int64Type>(op, left, right, Interval::times, Value::Int64),
        _ => {
            let sum = |one: Interval, other| one.plus(signed(other)?);
            intervals::<V>(op, left, right, sum, shown)
        }
    }
}

fn intervals<B: ArrowPrimitiveType>(
    op: ArithmeticOp,
    left: &Operand,
    right: &Operand,
    f: impl Fn(Interval, B::Native) -> Option<Interval>,
    shown: impl Fn(B::Native) -> Value,
) -> Result<Operand> {
    let result = |one, other| f(interval(one), other).map(native);
    let error = |one, other| {
        let (one, other) = (Value::Interval(interval(one)), shown(other));
        Error::value(format!("{one} {} {other} does not fit an INTERVAL", op.symbol()))
    };
    Ok(Operand::of(&[left, right], try_combine::<V, B, V>(left, right, result, error)?))
}

/// Minus each interval.
pub(in crate::evaluate) fn negate(input: &Operand) -> Result<Operand> {
    let error = |one| Error::value(format!("-({}) does not fit an INTERVAL", Value::Interval(interval(one))));
    let minus = |one| interval(one).times(-1).map(native);
    Ok(input.with(try_map::<V, V>(input.primitive(), false, minus, error)?))
}

/// A moment and an interval: months first, to the last day of the month where it has no such day; then days, then the
/// rest. `None` outside of the years 1 to 9999.
fn add(micros: i64, interval: Interval) -> Option<i64> {
    let (day, clock) = Day::of_moment(micros);
    let mut days = day.days;
    if interval.months != 0 {
        let months = i64::from(day.year) * 12 + i64::from(day.month) - 1 + i64::from(interval.months);
        let year = i32::try_from(months.div_euclid(12)).ok()?;
        let month = u32::try_from(months.rem_euclid(12)).ok()? + 1;
        days = days_from_civil(year, month, day.day.min(days_in_month(year, month)))?;
    }
    let days = i64::from(days) + i64::from(interval.days);
    within(days.checked_mul(DAY)?.checked_add(clock)?.checked_add(interval.micros)?)
}
