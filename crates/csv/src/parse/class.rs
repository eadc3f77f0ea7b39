//! What the text of a cell could be.

use plimsoll_core::CellClass;
use plimsoll_core::value::{parse_date, parse_timestamp};

use crate::parse::number::Number;

/// The class of a cell's text (without its quotes), which is not NULL.
pub(crate) fn classify(text: &[u8]) -> CellClass {
    let Some(&first) = text.first() else { return CellClass::Text };
    if first.is_ascii_digit() || first == b'-' {
        if let Some(number) = Number::read(text) {
            return class_of(&number);
        }
        if parse_date(text).is_some() {
            return CellClass::Date;
        }
        if parse_timestamp(text).is_some() {
            return CellClass::Timestamp;
        }
    }
    if float(text).is_some() {
        return CellClass::Float;
    }
    if boolean(text).is_some() { CellClass::Boolean } else { CellClass::Text }
}

/// The class of a plain number.
pub(crate) fn class_of(number: &Number) -> CellClass {
    CellClass::Number {
        int_digits: number.int_digits,
        scale: number.scale,
        significant: number.significant,
        fits_i64: number.scale == 0 && number.as_i64().is_some(),
    }
}

/// A truth value.
pub(crate) fn boolean(text: &[u8]) -> Option<bool> {
    match text {
        b"true" | b"True" | b"TRUE" => Some(true),
        b"false" | b"False" | b"FALSE" => Some(false),
        _ => None,
    }
}

/// A double written with an exponent, or one of the names of the values that no digits write.
pub(crate) fn float(text: &[u8]) -> Option<f64> {
    let (negative, magnitude) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    match magnitude {
        b"nan" | b"NaN" | b"NAN" => return (!negative).then_some(f64::NAN),
        b"inf" | b"Inf" | b"Infinity" | b"infinity" => {
            return Some(if negative { f64::NEG_INFINITY } else { f64::INFINITY });
        }
        _ => {}
    }
    let exponent = magnitude.iter().position(|byte| matches!(byte, b'e' | b'E'))?;
    let power = &magnitude[exponent + 1..];
    let power = power.strip_prefix(b"-").or(power.strip_prefix(b"+")).unwrap_or(power);
    if negative && magnitude.starts_with(b"-") || power.is_empty() || !power.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Number::read(&magnitude[..exponent])?;
    std::str::from_utf8(text).ok()?.parse().ok().map(positive_zero)
}

/// -0.0 reads as 0.0.
pub(crate) fn positive_zero(value: f64) -> f64 {
    if value == 0.0 { 0.0 } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes() {
        use CellClass::{Boolean, Date, Float, Text, Timestamp};
        for (text, class) in [
            ("1e5", Float),
            ("-2.5E-3", Float),
            ("nan", Float),
            ("-inf", Float),
            ("-nan", Text),
            ("1e", Text),
            ("e5", Text),
            ("01e5", Text),
            ("--1e5", Text),
            ("True", Boolean),
            ("tRUE", Text),
            ("2024-02-29", Date),
            ("2023-02-29", Text),
            ("2024-02-29T12:00:00", Timestamp),
            ("007", Text),
            ("+1", Text),
            ("", Text),
        ] {
            assert_eq!(classify(text.as_bytes()), class, "{text}");
        }
        assert!(matches!(classify(b"-0.0"), CellClass::Number { significant: 0, scale: 1, .. }));
    }
}
