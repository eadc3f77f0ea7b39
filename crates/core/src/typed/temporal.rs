//! Types of what is done with dates, times and intervals.

use super::bind::Binder;
use super::convert::{cast, is_text_literal, type_error};
use super::{Typed, TypedKind};
use crate::value::TimeFormat;
use crate::{ArithmeticOp, DataType, DatePart, Error, Expr, Function, Result, Value};

/// `left op right`, one of which is a date, a time or an interval.
pub(super) fn arithmetic(op: ArithmeticOp, left: Typed, right: Typed) -> Result<Typed> {
    use ArithmeticOp::{Add, Multiply, Subtract};
    use DataType as T;
    // What commutes is written with the date, the time or the interval first.
    let rank = |data_type| match data_type {
        T::Timestamp => 0,
        T::Date => 1,
        T::Time => 2,
        T::Interval => 3,
        _ => 4,
    };
    let (left, right) = match op {
        Add | Multiply if rank(left.data_type) > rank(right.data_type) => (right, left),
        _ => (left, right),
    };
    let made = |left, right, data_type| {
        Ok(Typed { kind: TypedKind::Arithmetic(op, Box::new(left), Box::new(right)), data_type })
    };
    let moment = |typed| cast(typed, T::Timestamp);
    match (op, left.data_type, right.data_type) {
        (Subtract, T::Date, T::Date) => made(left, right, T::Int64),
        (Add | Subtract, T::Date, T::Int64) => made(left, right, T::Date),
        (Add | Subtract, T::Date, T::Null) => made(left, cast(right, T::Int64), T::Date),
        (Subtract, T::Null, T::Date) => made(cast(left, T::Date), right, T::Int64),
        (Subtract, T::Timestamp | T::Date, T::Timestamp | T::Date) => {
            made(moment(left), moment(right), T::Interval)
        }
        (Subtract, T::Null, T::Timestamp) => made(moment(left), right, T::Interval),
        (Add | Subtract, T::Timestamp | T::Date, T::Interval) => made(moment(left), right, T::Timestamp),
        (Add, T::Date, T::Time) => made(left, right, T::Timestamp),
        (Add | Subtract, T::Time | T::Interval, T::Interval) => {
            let data_type = left.data_type;
            made(left, right, data_type)
        }
        (Add | Subtract, T::Timestamp | T::Time | T::Interval, T::Null) => {
            let data_type = left.data_type;
            made(left, cast(right, T::Interval), data_type)
        }
        (Multiply, T::Interval, T::Int64 | T::Null) => made(left, cast(right, T::Int64), T::Interval),
        (_, found, other) => {
            let hint = match (found, other) {
                (_, T::Utf8) | (T::Utf8, _) if [&left, &right].into_iter().any(is_text_literal) => {
                    "write DATE, TIMESTAMP or INTERVAL before the text"
                }
                (_, T::Utf8) | (T::Utf8, _) => as_temporal(T::Utf8),
                (T::Timestamp | T::Time, T::Int64) => {
                    "write INTERVAL (n) SECOND, or another unit, for the number"
                }
                (T::Time, T::Time) => "write date_diff('second', from, to)",
                _ => "",
            };
            let message = format!("{} cannot take {found} together with {other}", op.symbol());
            Err(type_error(message, hint, &[&left, &right]))
        }
    }
}

impl Binder<'_> {
    pub(super) fn temporal_call(&self, function: Function, arguments: &[Expr]) -> Result<Typed> {
        use DataType as T;
        use Function as F;
        let name = function.name();
        let made = |arguments: Vec<Typed>, data_type| {
            Ok(Typed { kind: TypedKind::Call(function, arguments), data_type })
        };
        match function {
            F::DatePart => {
                let (part, literal) = self.part(&arguments[0], name)?;
                let input = self.temporal(&arguments[1], name)?;
                check_part(part, input.data_type)?;
                let data_type = if part == DatePart::Epoch { T::Float64 } else { T::Int64 };
                made(vec![literal, input], data_type)
            }
            F::DateTrunc => {
                let (_, literal) = self.part(&arguments[0], name)?;
                made(vec![literal, self.moment(&arguments[1], name)?], T::Timestamp)
            }
            F::DateDiff | F::DateSub => {
                let (part, literal) = self.part(&arguments[0], name)?;
                let (from, to) = (self.temporal(&arguments[1], name)?, self.temporal(&arguments[2], name)?);
                let times = [&from, &to].iter().filter(|typed| typed.data_type == T::Time).count();
                if times == 2 {
                    check_part(part, T::Time)?;
                    return made(vec![literal, from, to], T::Int64);
                }
                let (from, to) = (as_moment(from, name)?, as_moment(to, name)?);
                made(vec![literal, from, to], T::Int64)
            }
            F::DayName | F::MonthName => made(vec![self.moment(&arguments[0], name)?], T::Utf8),
            F::LastDay => made(vec![self.moment(&arguments[0], name)?], T::Date),
            F::Strftime => {
                // DuckDB takes them in any order.
                let (first, second) = (self.bind(&arguments[0])?, self.bind(&arguments[1])?);
                let (input, format) = match (first.data_type, second.data_type) {
                    (T::Utf8, T::Date | T::Timestamp) => (second, first),
                    _ => (first, second),
                };
                made(vec![as_moment(input, name)?, checked_format(format, name)?], T::Utf8)
            }
            F::Strptime | F::TryStrptime => {
                let text = self.bind(&arguments[0])?;
                let text = match text.data_type {
                    T::Utf8 => text,
                    T::Null => cast(text, T::Utf8),
                    found if found.is_temporal() => {
                        let message = format!("{name}() takes text, and this is a {found} already");
                        return Err(type_error(message, format!("leave {name}() out"), &[]));
                    }
                    found => {
                        let message = format!("{name}() takes text, not {found}");
                        return Err(type_error(message, "write CAST(… AS VARCHAR)", &[]));
                    }
                };
                made(vec![text, checked_format(self.bind(&arguments[1])?, name)?], T::Timestamp)
            }
            F::MakeDate => {
                let parts = arguments.iter().map(|expr| self.integer(expr, name)).collect::<Result<_>>()?;
                made(parts, T::Date)
            }
            F::MakeTime | F::MakeTimestamp if arguments.len() != 1 => {
                if function == F::MakeTimestamp && arguments.len() != 6 {
                    let message = format!("make_timestamp() takes 1 or 6 arguments, not {}", arguments.len());
                    return Err(Error::plan(message, ""));
                }
                let (seconds, parts) = arguments.split_last().ok_or_else(|| Error::plan("no seconds", ""))?;
                let mut bound: Vec<Typed> =
                    parts.iter().map(|expr| self.integer(expr, name)).collect::<Result<_>>()?;
                bound.push(cast(self.number(seconds, name)?, T::Float64));
                made(bound, if function == F::MakeTime { T::Time } else { T::Timestamp })
            }
            F::ToTimestamp => made(vec![cast(self.number(&arguments[0], name)?, T::Float64)], T::Timestamp),
            F::EpochMs => {
                let input = self.bind(&arguments[0])?;
                match input.data_type {
                    T::Int64 => made(vec![input], T::Timestamp),
                    _ => made(vec![as_moment(input, name)?], T::Int64),
                }
            }
            _ => made(vec![self.integer(&arguments[0], name)?], T::Timestamp),
        }
    }

    /// The name of a part, a literal.
    fn part(&self, expr: &Expr, name: &str) -> Result<(DatePart, Typed)> {
        let typed = self.bind(expr)?;
        let TypedKind::Literal(Value::Utf8(text)) = &typed.kind else {
            let hint = format!("write {name}('month', …)");
            return Err(Error::plan(format!("{name}() takes the name of a part as a text constant"), hint));
        };
        let part = DatePart::parse(text).ok_or_else(|| {
            let names: Vec<&str> = DatePart::ALL.iter().map(|(_, names)| names[0]).collect();
            let hint = format!("the parts are {}", names.join(", "));
            Error::plan(format!("no part of a date or a time is called '{text}'"), hint)
        })?;
        Ok((part, typed))
    }

    /// A date, timestamp, time or interval; a text constant is read as a timestamp.
    fn temporal(&self, expr: &Expr, name: &str) -> Result<Typed> {
        let typed = self.bind(expr)?;
        match (typed.data_type, &typed.kind) {
            (found, _) if found.is_temporal() => Ok(typed),
            (DataType::Null, _) | (_, TypedKind::Literal(Value::Utf8(_))) => {
                Ok(cast(typed, DataType::Timestamp))
            }
            (found, _) => {
                let message = format!("{name}() takes dates and times, not {found}");
                Err(type_error(message, as_temporal(found), &[&typed]))
            }
        }
    }

    fn moment(&self, expr: &Expr, name: &str) -> Result<Typed> {
        as_moment(self.temporal(expr, name)?, name)
    }
}

/// A date or timestamp as a timestamp.
fn as_moment(typed: Typed, name: &str) -> Result<Typed> {
    match (typed.data_type, &typed.kind) {
        (DataType::Date | DataType::Timestamp | DataType::Null, _)
        | (_, TypedKind::Literal(Value::Utf8(_))) => Ok(cast(typed, DataType::Timestamp)),
        (found, _) => {
            let message = format!("{name}() takes dates and timestamps, not {found}");
            Err(type_error(message, as_temporal(found), &[&typed]))
        }
    }
}

/// What makes a date or a timestamp of a type that is neither.
fn as_temporal(found: DataType) -> &'static str {
    match found {
        DataType::Utf8 => "write CAST(… AS DATE) or CAST(… AS TIMESTAMP), or strptime(…, format)",
        DataType::Int64 => {
            "write TIMESTAMP '1970-01-01 00:00:00' + INTERVAL (…) SECOND for seconds since 1970"
        }
        _ => "",
    }
}

/// A format, compiled here where it is a constant, so that a wrong one is no error of a row.
fn checked_format(format: Typed, name: &str) -> Result<Typed> {
    if let TypedKind::Literal(Value::Utf8(text)) = &format.kind {
        TimeFormat::new(text)?;
    }
    match format.data_type {
        DataType::Utf8 => Ok(format),
        DataType::Null => Ok(cast(format, DataType::Utf8)),
        found => {
            let hint = format!("write {name}(x, '%Y-%m-%d')");
            Err(type_error(format!("{name}() takes its format as text, not {found}"), hint, &[]))
        }
    }
}

/// Refuses a part that values of a type do not have.
fn check_part(part: DatePart, data_type: DataType) -> Result<()> {
    let has = match data_type {
        DataType::Time => part.is_of_time(),
        DataType::Interval => part.is_of_interval(),
        _ => true,
    };
    if has {
        return Ok(());
    }
    Err(Error::plan(format!("a {data_type} has no {}", part.name()), ""))
}
