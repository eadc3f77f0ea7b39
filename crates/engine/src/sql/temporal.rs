//! Parts of dates, intervals, the present moment and time zones, written with the functions and operators there are.

use std::time::SystemTime;

use plimsoll_core::value::{Interval, MICROS_PER_DAY, zone};
use plimsoll_core::{ArithmeticOp, DatePart, Expr, Function, Result, Value};
use sqlparser::ast::{self, DateTimeField, Expr as Ast, FunctionArg, FunctionArgExpr};
use sqlparser::tokenizer::Location;

use super::expression::Expressions;
use super::{function, place};

/// Functions of one argument that are a part of a date.
const PARTS: [&str; 24] = [
    "millennium",
    "century",
    "decade",
    "year",
    "isoyear",
    "quarter",
    "month",
    "week",
    "weekofyear",
    "yearweek",
    "day",
    "dayofmonth",
    "dayofweek",
    "weekday",
    "isodow",
    "dayofyear",
    "hour",
    "minute",
    "second",
    "millisecond",
    "microsecond",
    "epoch",
    "doy",
    "dow",
];

/// Functions of one integer that are so many of a unit.
const UNITS: [&str; 13] = [
    "to_millennia",
    "to_centuries",
    "to_decades",
    "to_years",
    "to_quarters",
    "to_months",
    "to_weeks",
    "to_days",
    "to_hours",
    "to_minutes",
    "to_seconds",
    "to_milliseconds",
    "to_microseconds",
];

/// The present moment, with parentheses or without.
const NOW: [&str; 4] = ["now", "current_timestamp", "get_current_timestamp", "transaction_timestamp"];
/// As these, but not an instant in UTC by name.
const LOCAL_NOW: &str = "localtimestamp";
const TODAY: [&str; 2] = ["today", "current_date"];
const TIME: [&str; 2] = ["current_time", "localtime"];

/// The names of the functions that are written with others.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let present = NOW.into_iter().chain(TODAY).chain(TIME).chain([LOCAL_NOW]);
    PARTS.into_iter().chain(UNITS).chain(present).chain(["date_add"])
}

/// Microseconds since 1970-01-01 00:00:00 in UTC, by the clock of the machine.
pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// The name of a column that is the present moment, which its value would not name the same twice.
pub(super) fn present_name(ast: &Ast) -> Option<String> {
    let Ast::Function(call) = ast else { return None };
    let name = place::last_part(&call.name)?.value.to_lowercase();
    let present = NOW.iter().chain(&TODAY).chain(&TIME).any(|known| *known == name) || name == LOCAL_NOW;
    let parentheses = if function::argument_list(&call.args).is_some() { "()" } else { "" };
    present.then(|| format!("{name}{parentheses}"))
}

impl Expressions<'_> {
    /// A function that is written with others; `None` for any other name.
    pub(super) fn temporal_call(
        &self,
        name: &str,
        arguments: &[Expr],
        place: Location,
    ) -> Result<Option<Expr>> {
        let arity = |count: usize| self.check_arity(name, (count, count), arguments.len(), place);
        Ok(Some(match name {
            _ if PARTS.contains(&name) => {
                arity(1)?;
                date_part(name, arguments[0].clone())
            }
            _ if UNITS.contains(&name) => {
                arity(1)?;
                let unit = name.strip_prefix("to_").and_then(Interval::unit).unwrap_or_default();
                times(unit, arguments[0].clone())
            }
            "date_add" => {
                arity(2)?;
                let [left, right] = [0, 1].map(|at: usize| Box::new(arguments[at].clone()));
                Expr::Arithmetic(ArithmeticOp::Add, left, right)
            }
            _ if NOW.contains(&name) || name == LOCAL_NOW => {
                arity(0)?;
                Expr::Literal(Value::Timestamp(self.now))
            }
            _ if TODAY.contains(&name) => {
                arity(0)?;
                Expr::Literal(Value::Date(
                    i32::try_from(self.now.div_euclid(MICROS_PER_DAY)).unwrap_or(i32::MAX),
                ))
            }
            _ if TIME.contains(&name) => {
                arity(0)?;
                Expr::Literal(Value::Time(self.now.rem_euclid(MICROS_PER_DAY)))
            }
            _ => return Ok(None),
        }))
    }

    /// `extract(field FROM x)`.
    pub(super) fn extract(&mut self, field: &DateTimeField, expr: &Ast) -> Result<Expr> {
        let name = field.to_string().trim_matches('\'').to_lowercase();
        if DatePart::parse(&name).is_none() {
            let names: Vec<&str> = DatePart::ALL.iter().map(|(_, names)| names[0]).collect();
            let message = format!("extract({name} FROM …) is not supported");
            let hint = format!("the parts are {}", names.join(", "));
            return Err(self.source.error(self.source.keyword("EXTRACT"), message, hint));
        }
        Ok(date_part(&name, self.translate(expr)?))
    }

    /// `INTERVAL '1 year 2 days'`, `INTERVAL 3 DAY`, `INTERVAL '3' DAY`, `INTERVAL (n) DAY`.
    pub(super) fn interval(&mut self, interval: &ast::Interval) -> Result<Expr> {
        let place = self.source.keyword("INTERVAL");
        if interval.last_field.is_some()
            || interval.leading_precision.is_some()
            || interval.fractional_seconds_precision.is_some()
        {
            let hint = "write INTERVAL '1 year 2 months'";
            return Err(self.source.error(place, "INTERVAL … TO … is not supported", hint));
        }
        let value = self.translate(&interval.value)?;
        let Some(field) = &interval.leading_field else {
            let read = match &value {
                Expr::Literal(Value::Utf8(text)) => Interval::parse(text),
                _ => None,
            };
            return read.map(|interval| Expr::Literal(Value::Interval(interval))).ok_or_else(|| {
                let hint = "write INTERVAL '1 year 2 months 3 days 04:05:06' or INTERVAL 3 DAY";
                self.source.error(place, format!("{value} is no interval"), hint)
            });
        };
        let name = field.to_string();
        let Some(unit) = Interval::unit(&name) else {
            let hint = "the units are YEAR, QUARTER, MONTH, WEEK, DAY, HOUR, MINUTE, SECOND and parts of it";
            return Err(self.source.error(place, format!("INTERVAL … {name} is not supported"), hint));
        };
        let count = match value {
            Expr::Literal(Value::Utf8(text)) => match text.trim().parse() {
                Ok(count) => Expr::Literal(Value::Int64(count)),
                Err(_) => {
                    let hint = format!("write INTERVAL '{text} {}'", name.to_lowercase());
                    let message = format!("INTERVAL '{text}' {name} takes a whole number");
                    return Err(self.source.error(place, message, hint));
                }
            },
            other => other,
        };
        Ok(times(unit, count))
    }

    /// `x AT TIME ZONE 'UTC'` or a fixed offset: the instant in UTC of a local time, or the local time of an instant.
    pub(super) fn at_time_zone(&mut self, timestamp: &Ast, time_zone: &Ast) -> Result<Expr> {
        let name = match self.translate(time_zone)? {
            Expr::Literal(Value::Utf8(name)) => name,
            _ => {
                let hint = "write AT TIME ZONE 'UTC' or AT TIME ZONE '+02:00'";
                let message = "AT TIME ZONE takes a text constant";
                return Err(self.source.error(place::start(time_zone), message, hint));
            }
        };
        let is_utc = ["utc", "etc/utc", "gmt", "z"].contains(&name.to_lowercase().as_str());
        let ahead = if is_utc { Some(0) } else { zone(name.as_bytes()) };
        let Some(ahead) = ahead else {
            let hint = "write 'UTC' or a fixed offset such as '+02:00'";
            let message = format!("time zone '{name}' is not supported");
            return Err(self.source.error(place::start(time_zone), message, hint));
        };
        let op = if is_instant(timestamp) { ArithmeticOp::Add } else { ArithmeticOp::Subtract };
        let offset = Interval { micros: ahead, ..Interval::default() };
        let offset = Box::new(Expr::Literal(Value::Interval(offset)));
        Ok(Expr::Arithmetic(op, self.boxed(timestamp)?, offset))
    }
}

fn date_part(name: &str, input: Expr) -> Expr {
    Expr::Call(Function::DatePart, vec![Expr::Literal(Value::Utf8(name.into())), input])
}

/// `count` times an interval: at once where both are constants.
fn times(unit: Interval, count: Expr) -> Expr {
    let constant = match &count {
        Expr::Literal(Value::Int64(count)) => unit.times(*count),
        _ => None,
    };
    match constant {
        Some(interval) => Expr::Literal(Value::Interval(interval)),
        None => Expr::Arithmetic(
            ArithmeticOp::Multiply,
            Box::new(Expr::Literal(Value::Interval(unit))),
            Box::new(count),
        ),
    }
}

/// Whether an expression is by its form an instant in UTC, and no local time.
fn is_instant(mut ast: &Ast) -> bool {
    let mut instant = true;
    loop {
        ast = match ast {
            Ast::Nested(inner) => inner,
            Ast::AtTimeZone { timestamp, .. } => {
                instant = !instant;
                timestamp
            }
            Ast::Function(call) => {
                let name = place::last_part(&call.name).map(|part| part.value.to_lowercase());
                let name = name.unwrap_or_default();
                let is_one = NOW.contains(&&*name) || name == "to_timestamp" || names_zone(call, &name);
                return is_one == instant;
            }
            _ => return !instant,
        };
    }
}

/// Whether a call is strptime by a constant format with a zone.
fn names_zone(call: &ast::Function, name: &str) -> bool {
    let format = function::argument_list(&call.args).and_then(|list| list.args.get(1));
    match format {
        Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(Ast::Value(format)))) => match &format.value {
            ast::Value::SingleQuotedString(format) => {
                name.ends_with("strptime") && (format.contains("%z") || format.contains("%Z"))
            }
            _ => false,
        },
        _ => false,
    }
}
