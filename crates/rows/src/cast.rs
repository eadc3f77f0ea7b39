//! CAST: one value as another type. Which pairs exist, and how each rounds, is said by `plimsoll_core::typed::castable`.

use num_bigint::BigInt;
use num_traits::{ToPrimitive, Zero};
use plimsoll_core::{DataType, Value};

use crate::calendar::{self, DAY};
use crate::exact::{self, Fraction, power_of_ten};

/// The most decimal places of any number whose size matters: far past what a decimal or an integer holds, and short
/// enough to be written out.
const PLACES: i64 = 100;

/// `value` as `to`; `None` where it does not fit.
pub(crate) fn cast(value: &Value, to: DataType) -> Option<Value> {
    match (value, to) {
        (Value::Null, _) => Some(Value::Null),
        (_, DataType::Utf8) => Some(Value::Utf8(value.to_string().into())),
        (Value::Utf8(text), _) => from_text(text.trim_ascii(), to),
        (Value::Boolean(_), DataType::Boolean) | (Value::Date(_), DataType::Date) => Some(value.clone()),
        (Value::Boolean(truth), _) => from_number(&Value::Int64((*truth).into()), to),
        (Value::Timestamp(_), DataType::Timestamp) | (Value::Time(_), DataType::Time) => Some(value.clone()),
        (Value::Interval(_), DataType::Interval) => Some(value.clone()),
        (Value::Timestamp(micros), DataType::Time) => Some(Value::Time(micros.rem_euclid(DAY))),
        (Value::Date(days), DataType::Timestamp) => i64::from(*days).checked_mul(DAY).map(Value::Timestamp),
        (Value::Timestamp(micros), DataType::Date) => {
            i32::try_from(micros.div_euclid(DAY)).ok().map(Value::Date)
        }
        _ => from_number(value, to),
    }
}

fn from_number(value: &Value, to: DataType) -> Option<Value> {
    let from_float = matches!(value, Value::Float64(_));
    let fraction = Fraction::of(value);
    match to {
        DataType::Float64 if from_float => Some(value.clone()),
        DataType::Float64 => Some(exact::float(fraction?.to_f64())),
        // A double that is not finite is not 0 either.
        DataType::Boolean => {
            Some(Value::Boolean(fraction.is_none_or(|fraction| !fraction.numerator.is_zero())))
        }
        _ if from_float => round(fraction?, to, Fraction::round_half_even),
        _ => round(fraction?, to, Fraction::round_half_away),
    }
}

/// The number as an integer or a decimal.
fn round(number: Fraction, to: DataType, nearest: impl Fn(&Fraction) -> BigInt) -> Option<Value> {
    match to {
        DataType::Int64 => nearest(&number).to_i64().map(Value::Int64),
        DataType::Decimal { precision, scale } => {
            let scaled = Fraction::new(number.numerator * power_of_ten(scale.into()), number.denominator);
            exact::decimal(&nearest(&scaled), precision, scale)
        }
        _ => None,
    }
}

fn from_text(text: &str, to: DataType) -> Option<Value> {
    match to {
        DataType::Boolean => match text.to_ascii_lowercase().as_str() {
            "true" | "t" | "1" | "yes" | "y" | "on" => Some(Value::Boolean(true)),
            "false" | "f" | "0" | "no" | "n" | "off" => Some(Value::Boolean(false)),
            _ => None,
        },
        // The standard library takes the same texts, and the names of what is not finite, in any case.
        DataType::Float64 => text.parse().ok().map(exact::float),
        DataType::Int64 | DataType::Decimal { .. } => round(number(text)?, to, Fraction::round_half_away),
        DataType::Date => {
            let day = || from_text(text, DataType::Timestamp).and_then(|value| cast(&value, to));
            calendar::date(text).map(Value::Date).or_else(day)
        }
        DataType::Timestamp => {
            let midnight = || calendar::date(text).map(|days| i64::from(days) * DAY);
            calendar::zoned_timestamp(text).or_else(midnight).map(Value::Timestamp)
        }
        DataType::Time => calendar::time(text).map(Value::Time),
        DataType::Null | DataType::Interval | DataType::Utf8 => None,
    }
}

/// A number with an optional sign, leading zeros, a point and an exponent. One that is beyond any type or next to zero
/// is given as another such number, so that `1e999999999` needs no memory.
fn number(text: &str) -> Option<Fraction> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, self::exponent(exponent)?),
        None => (text, 0),
    };
    let unsigned = mantissa.strip_prefix(['+', '-']).unwrap_or(mantissa);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let significant = digits.trim_start_matches('0');
    let length = |text: &str| i64::try_from(text.len()).unwrap_or(i64::MAX);
    let shift = exponent.saturating_sub(length(fraction));
    let places = shift.saturating_add(length(significant));
    let magnitude: Fraction = if significant.is_empty() || places < -PLACES {
        Fraction::new(BigInt::zero(), 1.into())
    } else if places > PLACES {
        Fraction::new(power_of_ten(u32::try_from(PLACES).ok()?), 1.into())
    } else {
        let up = power_of_ten(u32::try_from(shift.max(0)).ok()?);
        let down = power_of_ten(u32::try_from((-shift).max(0)).ok()?);
        Fraction::new(significant.parse::<BigInt>().ok()? * up, down)
    };
    let negative = mantissa.starts_with('-');
    Some(if negative { Fraction::new(-magnitude.numerator, magnitude.denominator) } else { magnitude })
}

/// Digits with an optional sign; cut where they pass any number that matters.
fn exponent(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let magnitude = digits.parse().unwrap_or(i64::MAX / 2);
    Some(if text.starts_with('-') { -magnitude } else { magnitude })
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn places(precision: u8, scale: u8) -> DataType {
        DataType::Decimal { precision, scale }
    }

    fn text(text: &str) -> Value {
        Value::Utf8(text.into())
    }

    #[test]
    fn text_to_numbers() {
        let integer = |value: &str| cast(&text(value), DataType::Int64).map(|value| value.to_string());
        for (from, to) in [
            (" 007 ", "7"),
            ("+5", "5"),
            ("2.5", "3"),
            ("-2.5", "-3"),
            ("-2.4999", "-2"),
            (".5", "1"),
            ("5.", "5"),
            ("1.25e2", "125"),
            ("1e-999999999999999999999", "0"),
            ("0e999999999999999999999", "0"),
            ("-9223372036854775808.4", "-9223372036854775808"),
        ] {
            assert_eq!(integer(from).as_deref(), Some(to), "{from}");
        }
        for wrong in
            ["", ".", "-", "1 2", "1e", "e5", "1e5.0", "nan", "9223372036854775807.5", "1e999999999", "--1"]
        {
            assert_eq!(integer(wrong), None, "{wrong}");
        }
        assert_eq!(cast(&text("1.005"), places(4, 2)), Some(Value::decimal(101, 2)));
        assert_eq!(cast(&text("99.995"), places(4, 2)), None);
        assert_eq!(cast(&text(" -0.0 "), DataType::Float64).unwrap().to_string(), "0.0");
        assert_eq!(cast(&text("-INF"), DataType::Float64), Some(Value::Float64(f64::NEG_INFINITY)));
    }

    #[test]
    fn text_to_the_rest() {
        assert_eq!(cast(&text("T"), DataType::Boolean), Some(Value::Boolean(true)));
        assert_eq!(cast(&text("yes"), DataType::Boolean), Some(Value::Boolean(true)));
        assert_eq!(cast(&text("oN"), DataType::Boolean), Some(Value::Boolean(true)));
        assert_eq!(cast(&text("Off"), DataType::Boolean), Some(Value::Boolean(false)));
        assert_eq!(cast(&text("yep"), DataType::Boolean), None);
        assert_eq!(cast(&text(" 1970-01-02"), DataType::Date), Some(Value::Date(1)));
        assert_eq!(cast(&text("1969-12-31 23:00:00"), DataType::Date), Some(Value::Date(-1)));
        assert_eq!(cast(&text("1970-1-1"), DataType::Date), None);
        assert_eq!(cast(&text("1970-01-02"), DataType::Timestamp), Some(Value::Timestamp(DAY)));
        assert_eq!(
            cast(&text("1970-01-01T00:00:01"), DataType::Timestamp),
            Some(Value::Timestamp(1_000_000))
        );
    }

    #[test]
    fn numbers() {
        assert_eq!(cast(&Value::Float64(2.5), DataType::Int64), Some(Value::Int64(2)), "half to even");
        assert_eq!(cast(&Value::Float64(-3.5), DataType::Int64), Some(Value::Int64(-4)));
        assert_eq!(cast(&Value::decimal(25, 1), DataType::Int64), Some(Value::Int64(3)), "half away");
        assert_eq!(cast(&Value::Float64(9.3e18), DataType::Int64), None);
        assert_eq!(cast(&Value::Float64(f64::NAN), DataType::Int64), None);
        assert_eq!(cast(&Value::Float64(0.15), places(2, 1)), Some(Value::decimal(1, 1)), "0.15 is below it");
        assert_eq!(cast(&Value::decimal(995, 2), places(2, 1)), None);
        assert_eq!(cast(&Value::decimal(994, 2), places(2, 1)), Some(Value::decimal(99, 1)));
        assert_eq!(cast(&Value::Int64(1), places(1, 1)), None);
        assert_eq!(cast(&Value::Boolean(true), DataType::Float64), Some(Value::Float64(1.0)));
        assert_eq!(cast(&Value::Float64(f64::NAN), DataType::Boolean), Some(Value::Boolean(true)));
        assert_eq!(cast(&Value::decimal(0, 3), DataType::Boolean), Some(Value::Boolean(false)));
        let wide = Value::Int64((1 << 53) + 1);
        assert_eq!(cast(&wide, DataType::Float64), Some(Value::Float64(9_007_199_254_740_992.0)));
    }

    #[test]
    fn days_and_text() {
        assert_eq!(cast(&Value::Timestamp(-1), DataType::Date), Some(Value::Date(-1)));
        assert_eq!(cast(&Value::Date(-1), DataType::Timestamp), Some(Value::Timestamp(-DAY)));
        assert_eq!(cast(&Value::decimal(-5, 2), DataType::Utf8), Some(text("-0.05")));
        assert_eq!(cast(&Value::Null, DataType::Utf8), Some(Value::Null));
    }
}
