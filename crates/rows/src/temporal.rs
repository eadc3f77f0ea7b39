//! Dates, times, timestamps and intervals: arithmetic and the functions of them, on the counted calendar.

use plimsoll_core::value::Interval;
use plimsoll_core::{ArithmeticOp, DataType, DatePart, Error, Function, Result, Value};

use crate::calendar::{self, DAY, Moment, SECOND};
use crate::time_format;

/// `left op right`, one of which is a date, a time or an interval and none NULL.
///
/// # Errors
/// `Value` for a result outside of the calendar.
pub(crate) fn arithmetic(op: ArithmeticOp, left: &Value, right: &Value) -> Result<Value> {
    let minus = op == ArithmeticOp::Subtract;
    let sign = if minus { -1 } else { 1 };
    let result = match (left, right) {
        (Value::Date(to), Value::Date(from)) => Some(Value::Int64(i64::from(*to) - i64::from(*from))),
        (Value::Date(day), Value::Int64(count)) => {
            let days = i128::from(*day) + sign * i128::from(*count);
            i32::try_from(days).ok().filter(|days| Moment::is_lawful(i64::from(*days) * DAY)).map(Value::Date)
        }
        (Value::Date(day), Value::Time(clock)) => Some(Value::Timestamp(i64::from(*day) * DAY + clock)),
        (Value::Timestamp(to), Value::Timestamp(from)) => {
            let days = i32::try_from((to - from) / DAY).ok();
            let rest = (to - from) % DAY;
            days.map(|days| Value::Interval(Interval { months: 0, days, micros: rest }))
        }
        (Value::Timestamp(micros), Value::Interval(interval)) => {
            add(*micros, *interval, sign).map(Value::Timestamp)
        }
        (Value::Time(clock), Value::Interval(interval)) => {
            let micros = i128::from(*clock) + sign * i128::from(interval.micros);
            i64::try_from(micros.rem_euclid(i128::from(DAY))).ok().map(Value::Time)
        }
        (Value::Interval(one), Value::Interval(other)) => {
            let other = other.times(if minus { -1 } else { 1 });
            other.and_then(|other| one.plus(other)).map(Value::Interval)
        }
        (Value::Interval(one), Value::Int64(factor)) => one.times(*factor).map(Value::Interval),
        _ => None,
    };
    result.ok_or_else(|| beyond(&format!("{left} {} {right}", op.symbol())))
}

fn beyond(what: &str) -> Error {
    Error::value(format!("{what} is outside of the years 1 to 9999"))
}

/// A moment and `sign` times an interval: month by month, then the rest.
fn add(micros: i64, interval: Interval, sign: i128) -> Option<i64> {
    let moment = Moment::new(micros);
    let months =
        i128::from(moment.year) * 12 + i128::from(moment.month - 1) + sign * i128::from(interval.months);
    let (year, month) =
        (i32::try_from(months.div_euclid(12)).ok()?, i32::try_from(months.rem_euclid(12)).ok()? + 1);
    // The day, or the last before it that the month has.
    let day = (1..=moment.day).rev().find_map(|day| calendar::day_number(year, month, day))?;
    let days = i128::from(day) + sign * i128::from(interval.days);
    let clock = i128::from(micros.rem_euclid(DAY)) + sign * i128::from(interval.micros);
    i64::try_from(days * i128::from(DAY) + clock).ok().filter(|micros| Moment::is_lawful(*micros))
}

/// A function of dates and times, whose arguments are not NULL; `None` where it is no such function.
///
/// # Errors
/// `Value` for what the function cannot take or the calendar does not have.
pub(crate) fn call(function: Function, arguments: &[Value], data_type: DataType) -> Option<Result<Value>> {
    use Function as F;
    let shown = || arguments.iter().map(Value::to_string).collect::<Vec<_>>().join(", ");
    let fits =
        |value: Option<Value>| value.ok_or_else(|| beyond(&format!("{}({})", function.name(), shown())));
    Some(match (function, arguments) {
        (F::DatePart, [Value::Utf8(name), value]) => {
            fits(DatePart::parse(name).and_then(|name| part(name, value, data_type)))
        }
        (F::DateTrunc, [Value::Utf8(name), Value::Timestamp(micros)]) => {
            fits(DatePart::parse(name).and_then(|part| beginning(part.unit(), *micros)).map(Value::Timestamp))
        }
        (
            F::DateDiff | F::DateSub,
            [
                Value::Utf8(name),
                Value::Timestamp(from) | Value::Time(from),
                Value::Timestamp(to) | Value::Time(to),
            ],
        ) => fits(DatePart::parse(name).map(|part| {
            Value::Int64(match function {
                F::DateDiff => beginnings(part.unit(), *from, *to),
                _ => whole(part.unit(), *from, *to),
            })
        })),
        (F::DayName, [Value::Timestamp(micros)]) => {
            Ok(Value::Utf8(Moment::new(*micros).weekday_name().into()))
        }
        (F::MonthName, [Value::Timestamp(micros)]) => {
            Ok(Value::Utf8(Moment::new(*micros).month_name().into()))
        }
        (F::LastDay, [Value::Timestamp(micros)]) => {
            let moment = Moment::new(*micros);
            let last = (28..=31).rev().find_map(|day| calendar::day_number(moment.year, moment.month, day));
            fits(last.map(Value::Date))
        }
        (F::Strftime, [Value::Timestamp(micros), Value::Utf8(format)]) => {
            plimsoll_core::value::TimeFormat::new(format)
                .map(|_| Value::Utf8(time_format::print(*micros, format).into()))
        }
        (F::Strptime | F::TryStrptime, [Value::Utf8(text), Value::Utf8(format)]) => {
            // Whether a format has a meaning is the core's to say.
            plimsoll_core::value::TimeFormat::new(format).and_then(|_| {
                match (time_format::parse(text, format), function) {
                    (Some(micros), _) => Ok(Value::Timestamp(micros)),
                    (None, F::TryStrptime) => Ok(Value::Null),
                    (None, _) => Err(Error::value(format!("'{text}' is not of the format '{format}'"))),
                }
            })
        }
        (F::MakeDate, [year, month, day]) => fits(date(year, month, day).map(Value::Date)),
        (F::MakeTime, [hour, minute, seconds]) => {
            fits(clock(hour, minute, seconds).filter(|micros| *micros < DAY).map(Value::Time))
        }
        (F::MakeTimestamp, [year, month, day, hour, minute, seconds]) => {
            let days = date(year, month, day);
            let micros = clock(hour, minute, seconds).and_then(|clock| Some(i64::from(days?) * DAY + clock));
            fits(micros.filter(|micros| Moment::is_lawful(*micros)).map(Value::Timestamp))
        }
        (F::MakeTimestamp, [Value::Int64(micros)]) => {
            fits(Some(*micros).filter(|micros| Moment::is_lawful(*micros)).map(Value::Timestamp))
        }
        (F::EpochMs, [Value::Int64(millis)]) => {
            let micros = millis.checked_mul(1000).filter(|micros| Moment::is_lawful(*micros));
            fits(micros.map(Value::Timestamp))
        }
        (F::EpochMs, [Value::Timestamp(micros)]) => {
            let nearest = match micros % 1000 {
                500.. => micros / 1000 + 1,
                ..=-500 => micros / 1000 - 1,
                _ => micros / 1000,
            };
            Ok(Value::Int64(nearest))
        }
        (F::ToTimestamp, [Value::Float64(seconds)]) => {
            let micros = rounded(*seconds).filter(|micros| Moment::is_lawful(*micros));
            fits(micros.map(Value::Timestamp))
        }
        _ => return None,
    })
}

fn integer(value: &Value) -> Option<i32> {
    match value {
        Value::Int64(value) => i32::try_from(*value).ok(),
        _ => None,
    }
}

fn date(year: &Value, month: &Value, day: &Value) -> Option<i32> {
    calendar::day_number(integer(year)?, integer(month)?, integer(day)?)
}

fn clock(hour: &Value, minute: &Value, seconds: &Value) -> Option<i64> {
    let (hour, minute) = (integer(hour)?, integer(minute)?);
    let Value::Float64(seconds) = seconds else { return None };
    if !(0..24).contains(&hour) || !(0..60).contains(&minute) || !(0.0..=60.0).contains(seconds) {
        return None;
    }
    Some(i64::from(hour * 60 + minute) * 60 * SECOND + rounded(*seconds)?)
}

/// Microseconds of seconds.
fn rounded(seconds: f64) -> Option<i64> {
    let micros = (seconds * 1_000_000.0).round();
    if micros.abs() < 9.2e18 { Some(micros as i64) } else { None }
}

fn part(part: DatePart, value: &Value, data_type: DataType) -> Option<Value> {
    let micros = match value {
        Value::Date(days) => i64::from(*days) * DAY,
        Value::Timestamp(micros) | Value::Time(micros) => *micros,
        Value::Interval(interval) => return part_of_interval(part, *interval).map(Value::Int64),
        _ => return None,
    };
    if data_type == DataType::Float64 {
        let seconds =
            if let Value::Date(days) = value { f64::from(*days) * 86_400.0 } else { micros as f64 / 1e6 };
        return Some(Value::Float64(seconds));
    }
    let moment = Moment::new(micros);
    let year = i64::from(moment.year);
    Some(Value::Int64(match part {
        // The first of each begins with the year 1.
        DatePart::Millennium => (year + 999) / 1000,
        DatePart::Century => (year + 99) / 100,
        DatePart::Decade => year / 10,
        DatePart::Year => year,
        DatePart::IsoYear => i64::from(moment.week()?.0),
        DatePart::Quarter => i64::from((moment.month + 2) / 3),
        DatePart::Month => i64::from(moment.month),
        DatePart::Week => i64::from(moment.week()?.1),
        DatePart::YearWeek => {
            let (year, week) = moment.week()?;
            i64::from(year * 100 + week)
        }
        DatePart::Day => i64::from(moment.day),
        DatePart::DayOfWeek => moment.weekday() % 7,
        DatePart::IsoDayOfWeek => moment.weekday(),
        DatePart::DayOfYear => moment.year_day(),
        DatePart::Hour => moment.hour,
        DatePart::Minute => moment.minute,
        DatePart::Second => moment.second,
        DatePart::Millisecond => moment.second * 1000 + moment.micros / 1000,
        DatePart::Microsecond => moment.second * SECOND + moment.micros,
        DatePart::Epoch => return None,
    }))
}

fn part_of_interval(part: DatePart, interval: Interval) -> Option<i64> {
    let (months, micros) = (i64::from(interval.months), interval.micros);
    Some(match part {
        DatePart::Millennium => months / 12_000,
        DatePart::Century => months / 1200,
        DatePart::Decade => months / 120,
        DatePart::Year => months / 12,
        DatePart::Quarter => months % 12 / 3 + 1,
        DatePart::Month => months % 12,
        DatePart::Day => i64::from(interval.days),
        DatePart::Hour => micros / (3600 * SECOND),
        DatePart::Minute => micros % (3600 * SECOND) / (60 * SECOND),
        DatePart::Second => micros % (60 * SECOND) / SECOND,
        DatePart::Millisecond => micros % (60 * SECOND) / 1000,
        DatePart::Microsecond => micros % (60 * SECOND),
        _ => return None,
    })
}

/// Microseconds of a part that always has as many.
fn length(part: DatePart) -> Option<i64> {
    Some(match part {
        DatePart::Microsecond => 1,
        DatePart::Millisecond => 1000,
        DatePart::Second => SECOND,
        DatePart::Minute => 60 * SECOND,
        DatePart::Hour => 3600 * SECOND,
        DatePart::Day => DAY,
        _ => return None,
    })
}

/// The moment at which the part began that a moment is in.
fn beginning(part: DatePart, micros: i64) -> Option<i64> {
    if let Some(length) = length(part) {
        return Some(micros.div_euclid(length) * length);
    }
    let moment = Moment::new(micros);
    let days = match part {
        DatePart::Week => moment.days - i32::try_from(moment.weekday()).ok()? + 1,
        DatePart::IsoYear => Moment::first_monday(moment.week()?.0)?,
        DatePart::Month => calendar::day_number(moment.year, moment.month, 1)?,
        DatePart::Quarter => calendar::day_number(moment.year, (moment.month - 1) / 3 * 3 + 1, 1)?,
        DatePart::Decade => calendar::day_number(moment.year - moment.year % 10, 1, 1)?,
        DatePart::Century => calendar::day_number(moment.year - moment.year % 100, 1, 1)?,
        DatePart::Millennium => calendar::day_number(moment.year - moment.year % 1000, 1, 1)?,
        _ => calendar::day_number(moment.year, 1, 1)?,
    };
    Some(i64::from(days) * DAY)
}

fn beginnings(part: DatePart, from: i64, to: i64) -> i64 {
    if let Some(length) = length(part) {
        return to.div_euclid(length) - from.div_euclid(length);
    }
    let (from, to) = (Moment::new(from), Moment::new(to));
    let number = |moment: &Moment| {
        let year = i64::from(moment.year);
        match part {
            DatePart::Millennium => year / 1000,
            DatePart::Century => year / 100,
            DatePart::Decade => year / 10,
            DatePart::Year => year,
            DatePart::IsoYear => moment.week().map_or(0, |(year, _)| i64::from(year)),
            DatePart::Quarter => year * 4 + i64::from((moment.month - 1) / 3),
            _ => year * 12 + i64::from(moment.month),
        }
    };
    if part == DatePart::Week { i64::from((to.days - from.days) / 7) } else { number(&to) - number(&from) }
}

fn whole(part: DatePart, from: i64, to: i64) -> i64 {
    if let Some(length) = length(part) {
        return (to - from) / length;
    }
    let months = match part {
        DatePart::Week => return (to - from) / (7 * DAY),
        DatePart::Month => 1,
        DatePart::Quarter => 3,
        DatePart::Year | DatePart::IsoYear => 12,
        DatePart::Decade => 120,
        DatePart::Century => 1200,
        _ => 12_000,
    };
    let count = if from <= to { whole_months(from, to) } else { -whole_months(to, from) };
    count / months
}

/// How many months can be added to `from` before `to` is passed, a day that a month does not have being its last.
fn whole_months(from: i64, to: i64) -> i64 {
    let (first, last) = (Moment::new(from), Moment::new(to));
    let most = i64::from(last.year - first.year) * 12 + i64::from(last.month - first.month);
    let reached = |months: i64| {
        let interval = Interval { months: i32::try_from(months).unwrap_or(i32::MAX), days: 0, micros: 0 };
        add(from, interval, 1).is_some_and(|moment| moment <= to)
    };
    // The month before ends before.
    if reached(most) { most } else { most - 1 }
}
