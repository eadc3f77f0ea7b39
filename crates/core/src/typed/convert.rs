//! Conversions between types: which exist, which constants are converted at once, and the least type that holds two.

use super::{Typed, TypedKind};
use crate::{DataType, Error, ErrorKind, MAX_PRECISION, Result, Value};

/// Whether a CAST from one type to another exists. Decimals and text to integers round half away from zero, doubles to
/// integers and decimals round half to even; a timestamp to a date drops the time, to a time the date; Boolean to number is 0 or 1, number
/// to Boolean is "not 0". Text is read without the white space around it; numbers may have a sign, leading zeros, a
/// point and an exponent; Booleans are `true t yes y on 1` and `false f no n off 0` in any
/// case.
pub fn castable(from: DataType, to: DataType) -> bool {
    use DataType::{Boolean, Date, Interval, Null, Time, Timestamp, Utf8};
    if from != Null && to == Interval {
        return from == Interval;
    }
    from == to
        || from == Null
        || from == Utf8
        || to == Utf8
        || (from.is_numeric() && to.is_numeric() && to != Null)
        || (from == Boolean && to.is_numeric() && to != Null)
        || (from.is_numeric() && to == Boolean)
        || matches!((from, to), (Date, Timestamp) | (Timestamp, Date | Time))
}

pub(super) fn null() -> Typed {
    Typed { kind: TypedKind::Literal(Value::Null), data_type: DataType::Null }
}

/// `input` as `to`; constants are converted at once where that cannot fail.
pub(super) fn cast(input: Typed, to: DataType) -> Typed {
    if input.data_type == to {
        return input;
    }
    if let TypedKind::Literal(value) = &input.kind
        && let Some(value) = convert_literal(value, to)
    {
        return Typed { kind: TypedKind::Literal(value), data_type: to };
    }
    Typed { kind: TypedKind::Cast { input: Box::new(input), lenient: false }, data_type: to }
}

fn convert_literal(value: &Value, to: DataType) -> Option<Value> {
    if value.is_null() {
        return Some(Value::Null);
    }
    let (mantissa, scale) = value.as_exact()?;
    match to {
        DataType::Decimal { precision, scale: wanted } => {
            let factor = 10i128.pow(u32::from(wanted.checked_sub(scale)?));
            let mantissa = mantissa.checked_mul(factor)?;
            (crate::value::decimal_digits(mantissa) <= precision).then_some(Value::decimal(mantissa, wanted))
        }
        // The text of an exact number reads as the nearest double.
        DataType::Float64 => Some(Value::Float64(value.to_string().parse().ok()?)),
        _ => None,
    }
}

pub(super) fn type_error(message: String, hint: impl Into<String>, operands: &[&Typed]) -> Error {
    let text_column = operands.iter().find_map(|operand| match operand.kind {
        TypedKind::Field(index) if operand.data_type == DataType::Utf8 => Some(index),
        _ => None,
    });
    ErrorKind::Type { message, hint: hint.into(), field: text_column }.into()
}

pub(super) fn wrong_arity(name: &str, wanted: &str, found: usize) -> Error {
    Error::plan(format!("{name}() takes {wanted} argument(s), not {found}"), "")
}

pub(super) fn is_text_literal(typed: &Typed) -> bool {
    matches!(typed.kind, TypedKind::Literal(Value::Utf8(_)))
}

/// The least decimal that holds both, its precision cut at 38.
pub(super) fn common_decimal(left: (u8, u8), right: (u8, u8)) -> DataType {
    let scale = left.1.max(right.1);
    let whole = (left.0 - left.1).max(right.0 - right.1);
    DataType::Decimal { precision: (whole + scale).min(MAX_PRECISION), scale }
}

fn common_type_of(left: DataType, right: DataType) -> Option<DataType> {
    use DataType::{Date, Float64, Null, Timestamp};
    match (left, right) {
        (a, b) if a == b => Some(a),
        (Null, other) | (other, Null) => Some(other),
        (Date, Timestamp) | (Timestamp, Date) => Some(Timestamp),
        (Float64, other) | (other, Float64) => other.is_numeric().then_some(Float64),
        (a, b) => Some(common_decimal(a.as_decimal()?, b.as_decimal()?)),
    }
}

pub(super) fn boolean(kind: TypedKind) -> Typed {
    Typed { kind, data_type: DataType::Boolean }
}

/// [`same_types`] for a known number of operands.
pub(super) fn same_type<const N: usize>(typed: Vec<Typed>, place: &str) -> Result<[Typed; N]> {
    same_types(typed, place)?.try_into().map_err(|_| Error::plan("wrong number of operands", ""))
}

/// Casts all to the least common type. A text literal beside another type is read as that type.
pub(super) fn same_types(all: Vec<Typed>, place: &str) -> Result<Vec<Typed>> {
    let literals_adapt = all.iter().any(|typed| !is_text_literal(typed) && typed.data_type != DataType::Null);
    let mut common: Option<&Typed> = None;
    let mut common_type = DataType::Null;
    for typed in &all {
        if literals_adapt && is_text_literal(typed) {
            continue;
        }
        let Some(next) = common_type_of(common_type, typed.data_type) else {
            let before = common.map_or(DataType::Null, |typed| typed.data_type);
            let operands: Vec<&Typed> = common.into_iter().chain([typed]).collect();
            return Err(type_error(
                format!("{place} cannot take {before} together with {}", typed.data_type),
                "CAST one side to the type of the other, or TRY_CAST it where not all of its values can be",
                &operands,
            ));
        };
        if common.is_none() || next != common_type {
            common = Some(typed);
        }
        common_type = next;
    }
    Ok(all.into_iter().map(|typed| cast(typed, common_type)).collect())
}
