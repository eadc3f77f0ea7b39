//! Constants: numbers of their exact value, text, dates, times and timestamps.

use plimsoll_core::value::{MICROS_PER_DAY, parse_date, parse_time, read_timestamp};
use plimsoll_core::{DataType, Error, Expr, MAX_PRECISION, Result, Value};
use sqlparser::ast::{self, TypedString, ValueWithSpan};

use super::source::Source;

/// The value of a constant.
pub(super) fn value(source: &Source<'_>, constant: &ValueWithSpan) -> Result<Value> {
    let refused = |what: &str, hint: &str| Err(source.error(constant.span.start, what, hint));
    match &constant.value {
        ast::Value::Null => Ok(Value::Null),
        ast::Value::Boolean(value) => Ok(Value::Boolean(*value)),
        ast::Value::Number(text, false) => number(&text.replace('_', ""))
            .map_err(|(what, hint)| source.error(constant.span.start, what, hint)),
        ast::Value::SingleQuotedString(text) | ast::Value::EscapedStringLiteral(text) => {
            Ok(Value::Utf8(text.as_str().into()))
        }
        ast::Value::DollarQuotedString(text) => Ok(Value::Utf8(text.value.as_str().into())),
        ast::Value::Placeholder(name) => {
            refused(&format!("parameters are not supported: {name}"), "write the value")
        }
        _ => refused(
            "this kind of constant is not supported",
            "constants are numbers, 'text', true, false, NULL, DATE '2024-01-31' and TIMESTAMP '2024-01-31 12:00:00'",
        ),
    }
}

/// A number's value, or what is wrong with it and a hint.
pub(super) type Number = std::result::Result<Value, (String, &'static str)>;

/// A number without sign: an integer, a decimal of the written scale, or a double where there is an exponent.
pub(super) fn number(text: &str) -> Number {
    if text.contains(['e', 'E']) {
        return match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Value::Float64(value)),
            _ => Err((format!("no double holds {text}"), "the greatest is about 1.8e308")),
        };
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let too_long = || {
        (
            format!("a number may have {MAX_PRECISION} digits: {text}"),
            "write it with an exponent for a double",
        )
    };
    let scale =
        u8::try_from(fraction.len()).ok().filter(|scale| *scale <= MAX_PRECISION).ok_or_else(too_long)?;
    let digits = [whole, fraction].concat();
    // Underflows to no digit for ".", which the tokenizer does not give.
    let mantissa: i128 = if digits.is_empty() { 0 } else { digits.parse().map_err(|_| too_long())? };
    if plimsoll_core::value::decimal_digits(mantissa) > MAX_PRECISION {
        return Err(too_long());
    }
    Ok(exact(mantissa, scale))
}

/// An integer where there are no digits behind the point and 64 bits hold it, else a decimal.
fn exact(mantissa: i128, scale: u8) -> Value {
    match i64::try_from(mantissa) {
        Ok(value) if scale == 0 => Value::Int64(value),
        _ => Value::decimal(mantissa, scale),
    }
}

/// Minus a number constant, `None` for any other expression.
pub(super) fn negated(expr: &Expr) -> Option<Expr> {
    let value = match expr {
        Expr::Literal(Value::Float64(value)) => Value::Float64(0.0 - value),
        Expr::Literal(value) => {
            let (mantissa, scale) = value.as_exact()?;
            exact(-mantissa, scale)
        }
        _ => return None,
    };
    Some(Expr::Literal(value))
}

/// `DATE '…'`, `TIME '…'`, `TIMESTAMP '…'`, and a CAST for `TYPE '…'` of any other type.
pub(super) fn typed(source: &Source<'_>, constant: &TypedString) -> Result<Expr> {
    let Value::Utf8(text) = value(source, &constant.value)? else {
        return Err(source.error(constant.value.span.start, "expected text in single quotes", ""));
    };
    let wrong = |what: &str, form: &str| -> Error {
        source.error(constant.value.span.start, format!("'{text}' is no {what}"), format!("write {form}"))
    };
    let date = parse_date(text.as_bytes());
    match data_type(source, &constant.data_type, constant.value.span.start)? {
        DataType::Date => {
            date.map(Value::Date).ok_or_else(|| wrong("date", "DATE '2024-01-31'")).map(Expr::Literal)
        }
        DataType::Timestamp => read_timestamp(text.as_bytes())
            .map(|read| read.micros)
            .or_else(|| date.map(|days| i64::from(days) * MICROS_PER_DAY))
            .map(|micros| Expr::Literal(Value::Timestamp(micros)))
            .ok_or_else(|| wrong("timestamp", "TIMESTAMP '2024-01-31 12:00:00'")),
        DataType::Time => parse_time(text.as_bytes())
            .map(|micros| Expr::Literal(Value::Time(micros)))
            .ok_or_else(|| wrong("time", "TIME '12:30:00'")),
        data_type => {
            Ok(Expr::Cast { expr: Box::new(Expr::Literal(Value::Utf8(text))), data_type, lenient: false })
        }
    }
}

/// The type of a CAST; `near` is the place of an error where the type's name is not found behind it.
pub(super) fn data_type(
    source: &Source<'_>,
    data_type: &ast::DataType,
    near: sqlparser::tokenizer::Location,
) -> Result<DataType> {
    let name = data_type.to_string();
    DataType::parse(&name).ok_or_else(|| {
        let word = name.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
        let place = source.word(word, near);
        let place = if place.line == 0 { near } else { place };
        source.error(place, format!("type {name} is not supported"), TYPES)
    })
}

/// The types there are.
pub(super) const TYPES: &str = "the types are BOOLEAN, BIGINT, DECIMAL(p, s) up to DECIMAL(38, s), DOUBLE, DATE, TIME, TIMESTAMP and VARCHAR";
