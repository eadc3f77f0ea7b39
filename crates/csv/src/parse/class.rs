//! What the text of a cell could be.

use plimsoll_core::value::parse_time;
use plimsoll_core::{CellClass, Number};

use crate::Dialect;

/// The class of a cell's text (without its quotes and the blanks around it), which is not NULL.
pub(crate) fn classify(text: &[u8], dialect: &Dialect) -> CellClass {
    let Some(&first) = text.first() else { return CellClass::Text };
    // What the user says of dates is meant, though its digits alone are a number.
    if dialect.times.are_given()
        && let Some(class) = dialect.times.class(text)
    {
        return class;
    }
    let numbers = dialect.numbers;
    if first.is_ascii_digit() || matches!(first, b'-' | b'+' | b'.') || first == numbers.decimal {
        if let Some(class) = numbers.read(text, |text| Some(Number::read(text)?.class())) {
            return class;
        }
        if parse_time(text).is_some() {
            return CellClass::Time;
        }
    }
    if let Some(class) = dialect.times.class(text) {
        return class;
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
    use plimsoll_core::CsvOptions;
    use plimsoll_core::value::DateForm;

    use super::*;

    fn class(text: &str) -> CellClass {
        classify(text.as_bytes(), &Dialect::new(&CsvOptions::default(), b',').unwrap())
    }

    #[test]
    fn classes() {
        use CellClass::{Boolean, Special, Text, Time};
        for (text, expected) in [
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
            ("2023-02-29", Text),
            ("12:30", Time),
            ("12:30:61", Text),
            ("007", Text),
            ("May", Text),
            ("", Text),
        ] {
            assert_eq!(class(text), expected, "{text}");
        }
        for text in ["+1", ".5", "5.", "-0.0", "1e5", "-2.5E-3"] {
            assert!(matches!(class(text), CellClass::Number { .. }), "{text}");
        }
    }

    #[test]
    fn dates_and_timestamps() {
        let single = |form| std::iter::once(form).collect();
        assert_eq!(class("2024-02-29"), CellClass::Date { forms: single(DateForm::Iso) });
        assert_eq!(class("31/01/2024"), CellClass::Date { forms: single(DateForm::DayMonthYear) });
        assert_eq!(class("Jan 31, 2024"), CellClass::Date { forms: single(DateForm::NameDay) });
        for (text, zoned) in [("2024-02-29T12:00:00", false), ("2024-02-29 12:00+02:00", true)] {
            assert_eq!(class(text), CellClass::Timestamp { forms: single(DateForm::Iso), zoned }, "{text}");
        }
    }

    #[test]
    fn given_formats_stand_instead_of_all_forms() {
        let options = CsvOptions { date_format: Some("%d%m%Y".into()), ..CsvOptions::default() };
        let dialect = Dialect::new(&options, b',').unwrap();
        assert!(matches!(classify(b"2024-02-29", &dialect), CellClass::Text));
        assert!(matches!(classify(b"31.01.2024", &dialect), CellClass::Text));
        assert!(matches!(classify(b"31012024", &dialect), CellClass::Date { .. }));
    }
}
