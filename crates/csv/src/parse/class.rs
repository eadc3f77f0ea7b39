//! What the text of a cell could be.

use plimsoll_core::value::{parse_date, parse_timestamp};
use plimsoll_core::{CellClass, Number};

use super::localized::NumberFormat;

/// The class of a cell's text (without its quotes and the blanks around it), which is not NULL.
pub(crate) fn classify(text: &[u8], numbers: NumberFormat) -> CellClass {
    let Some(&first) = text.first() else { return CellClass::Text };
    if first.is_ascii_digit() || matches!(first, b'-' | b'+' | b'.') || first == numbers.decimal {
        if let Some(class) = numbers.read(text, |text| Some(Number::read(text)?.class())) {
            return class;
        }
        if parse_date(text).is_some() {
            return CellClass::Date;
        }
        if parse_timestamp(text).is_some() {
            return CellClass::Timestamp;
        }
    }
    if special(text).is_some() {
        return CellClass::Special;
    }
    if boolean(text).is_some() { CellClass::Boolean } else { CellClass::Text }
}

/// A truth value.
pub(crate) fn boolean(text: &[u8]) -> Option<bool> {
    match text {
        b"true" | b"True" | b"TRUE" => Some(true),
        b"false" | b"False" | b"FALSE" => Some(false),
        _ => None,
    }
}

/// One of the names of the doubles that no digits write.
pub(crate) fn special(text: &[u8]) -> Option<f64> {
    let (negative, name) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    match name {
        b"nan" | b"NaN" | b"NAN" => Some(f64::NAN),
        b"inf" | b"Inf" | b"INF" | b"Infinity" | b"infinity" | b"INFINITY" => {
            Some(if negative { f64::NEG_INFINITY } else { f64::INFINITY })
        }
        _ => None,
    }
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
        use CellClass::{Boolean, Date, Special, Text, Timestamp};
        for (text, class) in [
            ("nan", Special),
            ("-inf", Special),
            ("+Infinity", Special),
            ("-nan", Special),
            ("nAn", Text),
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
            ("", Text),
        ] {
            assert_eq!(classify(text.as_bytes(), NumberFormat::PLAIN), class, "{text}");
        }
        for text in ["+1", ".5", "5.", "-0.0", "1e5", "-2.5E-3"] {
            assert!(
                matches!(classify(text.as_bytes(), NumberFormat::PLAIN), CellClass::Number { .. }),
                "{text}"
            );
        }
    }
}
