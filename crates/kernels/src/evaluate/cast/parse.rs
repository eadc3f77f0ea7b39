//! Text to values: numbers, Booleans, dates and timestamps, without the white space around them.

use arrow::array::{
    Array, ArrowPrimitiveType, AsArray, BooleanBuilder, PrimitiveArray, PrimitiveBuilder, StringArray,
};
use arrow::datatypes::{Date32Type, Decimal128Type, Float64Type, Int64Type, TimestampMicrosecondType};
use plimsoll_core::value::{decimal_digits, parse_date, parse_timestamp};
use plimsoll_core::{DataType, Error, Result, Value};

use super::super::literal::canonical;
use super::super::operand::Operand;
use super::calendar::DAY;
use super::unfit;
use crate::arrays::arrow_type;

/// Each text of `input` as `to`.
pub(super) fn text(input: &Operand, to: DataType, lenient: bool) -> Result<Operand> {
    let texts: &StringArray = input.array().as_string();
    Ok(match to {
        DataType::Boolean => {
            let mut values = BooleanBuilder::with_capacity(texts.len());
            for text in texts {
                values.append_option(checked(text, to, lenient, parse_boolean)?);
            }
            input.with(values.finish())
        }
        DataType::Int64 => input.with(primitives::<Int64Type>(texts, to, lenient, parse_integer)?),
        DataType::Float64 => input.with(primitives::<Float64Type>(texts, to, lenient, parse_float)?),
        DataType::Date => input.with(primitives::<Date32Type>(texts, to, lenient, |text| {
            let day = |micros: i64| i32::try_from(micros.div_euclid(DAY)).ok();
            parse_date(text.as_bytes()).or_else(|| parse_timestamp(text.as_bytes()).and_then(day))
        })?),
        DataType::Timestamp => {
            input.with(primitives::<TimestampMicrosecondType>(texts, to, lenient, |text| {
                let start = |days: i32| i64::from(days) * DAY;
                parse_timestamp(text.as_bytes()).or_else(|| parse_date(text.as_bytes()).map(start))
            })?)
        }
        DataType::Decimal { precision, scale } => {
            let values = primitives::<Decimal128Type>(texts, to, lenient, |text| {
                parse_decimal(text, scale).filter(|mantissa| decimal_digits(*mantissa) <= precision)
            })?;
            input.with(values.with_data_type(arrow_type(to)))
        }
        DataType::Null | DataType::Utf8 => {
            return Err(Error::plan(format!("cannot cast {} to {to}", DataType::Utf8), ""));
        }
    })
}

fn primitives<O: ArrowPrimitiveType>(
    texts: &StringArray,
    to: DataType,
    lenient: bool,
    parse: impl Fn(&str) -> Option<O::Native>,
) -> Result<PrimitiveArray<O>> {
    let mut values = PrimitiveBuilder::<O>::with_capacity(texts.len());
    for text in texts {
        values.append_option(checked(text, to, lenient, &parse)?);
    }
    Ok(values.finish())
}

fn checked<T>(
    text: Option<&str>,
    to: DataType,
    lenient: bool,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>> {
    let Some(text) = text else { return Ok(None) };
    match parse(text.trim_ascii()) {
        None if !lenient => Err(unfit(&Value::Utf8(text.into()), to)),
        value => Ok(value),
    }
}

fn parse_boolean(text: &str) -> Option<bool> {
    let is = |names: [&str; 3]| names.iter().any(|name| text.eq_ignore_ascii_case(name));
    match (is(["true", "t", "1"]), is(["false", "f", "0"])) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    }
}

fn parse_integer(text: &str) -> Option<i64> {
    text.parse().ok().or_else(|| i64::try_from(parse_decimal(text, 0)?).ok())
}

fn parse_float(text: &str) -> Option<f64> {
    text.parse().ok().map(canonical)
}

/// `[+-]digits[.digits][e[+-]digits]`, a digit before or behind the point at least, as a mantissa of this scale;
/// digits beyond it are rounded half away from zero. `None` for any other text and past 38 digits.
fn parse_decimal(text: &str, scale: u8) -> Option<i128> {
    let (negative, text) = match text.as_bytes() {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let (number, exponent) = match text.iter().position(|b| matches!(b, b'e' | b'E')) {
        Some(at) => (&text[..at], parse_exponent(&text[at + 1..])?),
        None => (text, 0),
    };
    let (whole, fraction) = match number.iter().position(|b| *b == b'.') {
        Some(at) => (&number[..at], &number[at + 1..]),
        None => (number, &number[..0]),
    };
    let digits = || whole.iter().chain(fraction);
    if digits().next().is_none() || !digits().all(u8::is_ascii_digit) {
        return None;
    }
    // How many of the digits stand before the mantissa's point; more than there are means zeros.
    let kept = exponent.saturating_add(i64::try_from(whole.len()).ok()?).saturating_add(i64::from(scale));
    let digit = |b: &u8| i128::from(b - b'0');
    let mut mantissa = 0i128;
    for b in digits().take(usize::try_from(kept).unwrap_or(0)) {
        mantissa = mantissa.checked_mul(10)?.checked_add(digit(b))?;
    }
    let count = i64::try_from(whole.len() + fraction.len()).ok()?;
    let zeros = kept.saturating_sub(count);
    if zeros > 0 && mantissa != 0 {
        mantissa = mantissa.checked_mul(10i128.checked_pow(u32::try_from(zeros).ok()?)?)?;
    }
    let next = usize::try_from(kept).ok().and_then(|kept| digits().nth(kept));
    if next.is_some_and(|b| *b >= b'5') {
        mantissa = mantissa.checked_add(1)?;
    }
    (decimal_digits(mantissa) <= 38).then_some(if negative { -mantissa } else { mantissa })
}

/// `[+-]digits`, saturating: beyond any number of digits one exponent is as good as another.
fn parse_exponent(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value =
        digits.iter().fold(0i64, |value, b| value.saturating_mul(10).saturating_add(i64::from(b - b'0')));
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_in_every_spelling() {
        for (text, scale, expected) in [
            ("0", 0, Some(0)),
            ("-0.0", 2, Some(0)),
            ("+007", 0, Some(7)),
            (".5", 0, Some(1)),
            ("-.5", 0, Some(-1)),
            ("5.", 1, Some(50)),
            ("1.25e2", 0, Some(125)),
            ("1.25E+1", 0, Some(13)),
            ("-1.25e-1", 3, Some(-125)),
            ("4.9999999999999999999999999999999999999999999999", 0, Some(5)),
            ("0.49999999999999999999999999999999999999999999999", 0, Some(0)),
            ("0e999999999999999999999", 0, Some(0)),
            ("1e-999999999999999999999", 5, Some(0)),
            ("9e-1", 0, Some(1)),
            ("9e-2", 0, Some(0)),
            ("1e38", 0, None),
            ("99999999999999999999999999999999999999", 0, Some(10i128.pow(38) - 1)),
            ("99999999999999999999999999999999999999.5", 0, None),
            ("1e999999999999999999999", 0, None),
            ("", 0, None),
            (".", 0, None),
            ("-", 0, None),
            ("1e", 0, None),
            ("e5", 0, None),
            ("1 2", 0, None),
            ("--1", 0, None),
            ("1.2.3", 0, None),
            ("0x10", 0, None),
            ("1_000", 0, None),
            ("١", 0, None),
        ] {
            assert_eq!(parse_decimal(text, scale), expected, "{text}");
        }
    }

    #[test]
    fn integers_reach_both_ends() {
        assert_eq!(parse_integer("-9223372036854775808.4"), Some(i64::MIN));
        assert_eq!(parse_integer("9223372036854775807.5"), None);
        assert_eq!(parse_integer("922337203685477580.7e1"), Some(i64::MAX));
    }

    #[test]
    fn booleans_in_any_case() {
        for text in ["TRUE", "t", "1", "True"] {
            assert_eq!(parse_boolean(text), Some(true));
        }
        for text in ["fAlse", "F", "0"] {
            assert_eq!(parse_boolean(text), Some(false));
        }
        assert_eq!(parse_boolean("yes"), None);
    }

    proptest! {
        #[test]
        fn decimals_read_back(mantissa in any::<i64>(), scale in 0u8..=18) {
            let text = Value::decimal(i128::from(mantissa), scale).to_string();
            prop_assert_eq!(parse_decimal(&text, scale), Some(i128::from(mantissa)));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[-+]?[0-9]{0,40}[.]?[0-9]{0,40}(e[-+]?[0-9]{1,20})?", scale in 0u8..=38) {
            let _ = parse_decimal(&text, scale);
        }
    }
}
