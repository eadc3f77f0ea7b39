//! One cell: which class its text has, and its value as a column's type. Knows no column and no query.

use plimsoll_core::{CellClass, DataType, Value};

use crate::calendar;
use crate::exact;
use crate::machine::Cell;

/// What the cell's text could be. `nulls` are the texts that stand for NULL where they are not quoted.
pub(crate) fn classify(cell: &Cell, nulls: &[String]) -> CellClass {
    if is_null(cell, nulls) || cell.bytes.is_empty() {
        return CellClass::Null;
    }
    let Ok(text) = std::str::from_utf8(&cell.bytes) else { return CellClass::Text };
    if let Some(number) = number_class(text) {
        return number;
    }
    match text {
        "nan" | "NaN" | "NAN" => CellClass::Float,
        "true" | "false" | "True" | "False" | "TRUE" | "FALSE" => CellClass::Boolean,
        _ if matches!(text.strip_prefix('-').unwrap_or(text), "inf" | "Inf" | "Infinity" | "infinity") => {
            CellClass::Float
        }
        _ if is_exponential(text) => CellClass::Float,
        _ if calendar::date(text).is_some() => CellClass::Date,
        _ if calendar::timestamp(text).is_some() => CellClass::Timestamp,
        _ => CellClass::Text,
    }
}

/// The cell as a value of `data_type`.
///
/// # Errors
/// What is wrong with it: text of another class than the type takes, or bytes that are not UTF-8 in a text column.
pub(crate) fn value(cell: &Cell, nulls: &[String], data_type: DataType) -> Result<Value, String> {
    if data_type == DataType::Utf8 {
        return text(cell, nulls);
    }
    let class = classify(cell, nulls);
    let value = match (class, std::str::from_utf8(&cell.bytes)) {
        (CellClass::Null, _) => Some(Value::Null),
        (_, Ok(text)) => typed(text, class, data_type),
        (_, Err(_)) => None,
    };
    value.ok_or_else(|| format!("the value is not a {data_type}"))
}

/// The cell's own text: NULL where it is empty or a NULL text and not quoted.
///
/// # Errors
/// As [`value`].
pub(crate) fn text(cell: &Cell, nulls: &[String]) -> Result<Value, String> {
    if is_null(cell, nulls) {
        return Ok(Value::Null);
    }
    let text = std::str::from_utf8(&cell.bytes).map_err(|_| "the text is not UTF-8".to_owned())?;
    Ok(Value::Utf8(text.into()))
}

fn is_null(cell: &Cell, nulls: &[String]) -> bool {
    !cell.quoted && (cell.bytes.is_empty() || nulls.iter().any(|null| null.as_bytes() == cell.bytes))
}

fn typed(text: &str, class: CellClass, data_type: DataType) -> Option<Value> {
    match (data_type, class) {
        (DataType::Boolean, CellClass::Boolean) => Some(Value::Boolean(text.eq_ignore_ascii_case("true"))),
        (DataType::Int64, CellClass::Number { fits_i64: true, .. }) => text.parse().ok().map(Value::Int64),
        (DataType::Decimal { precision, scale }, CellClass::Number { .. }) => decimal(text, precision, scale),
        (DataType::Float64, CellClass::Number { .. } | CellClass::Float) => {
            text.parse().ok().map(exact::float)
        }
        (DataType::Date, CellClass::Date) => calendar::date(text).map(Value::Date),
        (DataType::Timestamp, CellClass::Timestamp) => calendar::timestamp(text).map(Value::Timestamp),
        _ => None,
    }
}

/// `-?(0|[1-9][0-9]*)(\.[0-9]+)?`, split into the digits before and behind the point.
fn plain_number(text: &str) -> Option<(&str, &str)> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = match unsigned.split_once('.') {
        Some((_, "")) => return None,
        Some(parts) => parts,
        None => (unsigned, ""),
    };
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let leading_zero = whole.len() > 1 && whole.starts_with('0');
    (!whole.is_empty() && !leading_zero && digits(whole) && digits(fraction)).then_some((whole, fraction))
}

fn number_class(text: &str) -> Option<CellClass> {
    let (whole, fraction) = plain_number(text)?;
    let all = format!("{whole}{fraction}");
    Some(CellClass::Number {
        int_digits: count(whole),
        scale: count(fraction),
        significant: count(all.trim_matches('0')),
        fits_i64: fraction.is_empty() && text.parse::<i64>().is_ok(),
    })
}

/// How many bytes, as classes count digits.
fn count(digits: &str) -> u32 {
    u32::try_from(digits.len()).unwrap_or(u32::MAX)
}

/// A plain number, then `e` or `E`, an optional sign and digits.
fn is_exponential(text: &str) -> bool {
    let Some((number, exponent)) = text.split_once(['e', 'E']) else { return false };
    let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    plain_number(number).is_some() && !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

/// A plain number as a decimal, `None` where it has more digits than the type.
fn decimal(text: &str, precision: u8, scale: u8) -> Option<Value> {
    let (whole, fraction) = plain_number(text)?;
    let missing = usize::from(scale).checked_sub(fraction.len())?;
    let digits = format!("{whole}{fraction}{}", "0".repeat(missing));
    let significant = digits.trim_start_matches('0');
    if significant.len() > usize::from(precision) {
        return None;
    }
    let magnitude: i128 = if significant.is_empty() { 0 } else { significant.parse().ok()? };
    Some(Value::decimal(if text.starts_with('-') { -magnitude } else { magnitude }, scale))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(text: &str, quoted: bool) -> Cell {
        Cell { bytes: text.as_bytes().to_vec(), quoted, byte: 0 }
    }

    fn class(text: &str) -> CellClass {
        classify(&cell(text, false), &[])
    }

    fn number(int_digits: u32, scale: u32, significant: u32, fits_i64: bool) -> CellClass {
        CellClass::Number { int_digits, scale, significant, fits_i64 }
    }

    #[test]
    fn numbers() {
        assert_eq!(class("0"), number(1, 0, 0, true));
        assert_eq!(class("-0"), number(1, 0, 0, true));
        assert_eq!(class("0.00"), number(1, 2, 0, false));
        assert_eq!(class("-1200"), number(4, 0, 2, true));
        assert_eq!(class("10.050"), number(2, 3, 4, false));
        assert_eq!(class("9223372036854775807"), number(19, 0, 19, true));
        assert_eq!(class("9223372036854775808"), number(19, 0, 19, false));
        assert_eq!(class("-9223372036854775808"), number(19, 0, 19, true));
    }

    #[test]
    fn what_is_no_number() {
        for text in [
            "007", "+1", "1.", ".5", "-", "--1", "1,5", " 1", "0x1", "٣", "1e", "1e+", "01e5", "-nan", "+inf",
        ] {
            assert_eq!(class(text), CellClass::Text, "{text}");
        }
        for text in ["1e5", "-2.5E-3", "0e0", "1e+5", "nan", "-inf", "Infinity"] {
            assert_eq!(class(text), CellClass::Float, "{text}");
        }
        assert_eq!(class("True"), CellClass::Boolean);
        assert_eq!(class("tRue"), CellClass::Text);
        assert_eq!(class("2024-02-29"), CellClass::Date);
        assert_eq!(class("2024-02-29T01:02:03"), CellClass::Timestamp);
        assert_eq!(classify(&Cell { bytes: vec![0xFF], quoted: false, byte: 0 }, &[]), CellClass::Text);
    }

    #[test]
    fn nulls() {
        let nulls = ["NA".to_owned()];
        assert_eq!(classify(&cell("NA", false), &nulls), CellClass::Null);
        assert_eq!(classify(&cell("NA", true), &nulls), CellClass::Text);
        assert_eq!(classify(&cell("", true), &nulls), CellClass::Null);
        assert_eq!(value(&cell("", true), &nulls, DataType::Utf8), Ok(Value::Utf8("".into())));
        assert_eq!(value(&cell("", true), &nulls, DataType::Int64), Ok(Value::Null));
        assert_eq!(value(&cell("", false), &nulls, DataType::Utf8), Ok(Value::Null));
        assert_eq!(value(&cell("NA", false), &nulls, DataType::Utf8), Ok(Value::Null));
    }

    #[test]
    fn values() {
        let of = |text: &str, data_type| value(&cell(text, false), &[], data_type).ok();
        let decimal = |precision, scale| DataType::Decimal { precision, scale };
        assert_eq!(of("-0.25", decimal(2, 2)), Some(Value::decimal(-25, 2)));
        assert_eq!(of("1.5", decimal(4, 2)), Some(Value::decimal(150, 2)));
        assert_eq!(of("1.50", decimal(4, 1)), None, "its scale is greater");
        assert_eq!(of("123", decimal(4, 2)), None, "it has more digits");
        assert_eq!(of("1e1", decimal(4, 2)), None, "an exponent is no decimal");
        assert_eq!(of(&"9".repeat(38), decimal(38, 0)).unwrap().to_string(), "9".repeat(38));
        assert_eq!(of("-0", DataType::Float64).unwrap().to_string(), "0.0");
        assert_eq!(
            of("12345678901234567890", DataType::Float64),
            Some(Value::Float64(12_345_678_901_234_567_890.0))
        );
        assert_eq!(of("-Infinity", DataType::Float64), Some(Value::Float64(f64::NEG_INFINITY)));
        assert_eq!(of("1.5", DataType::Int64), None);
        assert_eq!(of("1", DataType::Boolean), None);
        assert_eq!(of("FALSE", DataType::Boolean), Some(Value::Boolean(false)));
    }
}
