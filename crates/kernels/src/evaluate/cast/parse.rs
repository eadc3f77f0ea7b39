//! Text to values: numbers, Booleans, dates, times and timestamps, without the white space around them.

use arrow::array::{
    Array, ArrowPrimitiveType, AsArray, BooleanBuilder, PrimitiveArray, PrimitiveBuilder, StringArray,
};
use arrow::datatypes::{
    Date32Type, Decimal128Type, Float64Type, Int64Type, Time64MicrosecondType, TimestampMicrosecondType,
};
use plimsoll_core::value::{
    MICROS_PER_DAY, decimal_digits, parse_boolean, parse_date, parse_time, read_timestamp,
};
use plimsoll_core::{DataType, Error, Number, Result, Value};

use super::super::literal::canonical;
use super::super::operand::Operand;
use super::unfit;
use crate::arrays::arrow_type;

/// Each text of `input` as `to`.
pub(super) fn text(input: &Operand, to: DataType, lenient: bool) -> Result<Operand> {
    let texts: &StringArray = input.array().as_string();
    Ok(match to {
        DataType::Boolean => {
            let mut values = BooleanBuilder::with_capacity(texts.len());
            for text in texts {
                values.append_option(checked(text, to, lenient, |text| parse_boolean(text.as_bytes()))?);
            }
            input.with(values.finish())
        }
        DataType::Int64 => input.with(primitives::<Int64Type>(texts, to, lenient, parse_integer)?),
        DataType::Float64 => input.with(primitives::<Float64Type>(texts, to, lenient, parse_float)?),
        DataType::Date => input.with(primitives::<Date32Type>(texts, to, lenient, |text| {
            let day = |micros: i64| i32::try_from(micros.div_euclid(MICROS_PER_DAY)).ok();
            parse_date(text.as_bytes())
                .or_else(|| read_timestamp(text.as_bytes()).and_then(|read| day(read.micros)))
        })?),
        DataType::Timestamp => {
            input.with(primitives::<TimestampMicrosecondType>(texts, to, lenient, |text| {
                let start = |days: i32| i64::from(days) * MICROS_PER_DAY;
                let read = || read_timestamp(text.as_bytes()).map(|read| read.micros);
                read().or_else(|| parse_date(text.as_bytes()).map(start))
            })?)
        }
        DataType::Time => input.with(primitives::<Time64MicrosecondType>(texts, to, lenient, |text| {
            parse_time(text.as_bytes())
        })?),
        DataType::Decimal { precision, scale } => {
            let values = primitives::<Decimal128Type>(texts, to, lenient, |text| {
                parse_decimal(text, scale).filter(|mantissa| decimal_digits(*mantissa) <= precision)
            })?;
            input.with(values.with_data_type(arrow_type(to)))
        }
        DataType::Null | DataType::Interval | DataType::Utf8 => {
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

fn parse_integer(text: &str) -> Option<i64> {
    text.parse().ok().or_else(|| i64::try_from(parse_decimal(text, 0)?).ok())
}

fn parse_float(text: &str) -> Option<f64> {
    text.parse().ok().map(canonical)
}

/// A mantissa of this scale, rounded half away from zero.
fn parse_decimal(text: &str, scale: u8) -> Option<i128> {
    Number::read(text.as_bytes())?.rounded(scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_reach_both_ends() {
        assert_eq!(parse_integer("-9223372036854775808.4"), Some(i64::MIN));
        assert_eq!(parse_integer("9223372036854775807.5"), None);
        assert_eq!(parse_integer("922337203685477580.7e1"), Some(i64::MAX));
    }

    #[test]
    fn booleans_in_any_case() {
        for text in ["TRUE", "t", "1", "True", "yes", "Y", "oN"] {
            assert_eq!(parse_boolean(text.as_bytes()), Some(true));
        }
        for text in ["fAlse", "F", "0", "no", "N", "OFF"] {
            assert_eq!(parse_boolean(text.as_bytes()), Some(false));
        }
        assert_eq!(parse_boolean(b"yep"), None);
    }
}
