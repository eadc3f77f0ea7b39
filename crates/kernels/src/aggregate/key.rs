//! Values of fixed width as integers that order and compare as the values do.
//!
//! | type | key |
//! |---|---|
//! | `Boolean` | 0 or 1 |
//! | `Int64`, `Date`, `Timestamp`, `Time` | the integer |
//! | `Decimal` | the mantissa |
//! | `Float64` | the bits, those below the sign flipped where it is set, as a signed integer: NaN is the greatest |
//!
//! Every key but a decimal's fits 64 bits. Text has no key, and no aggregate keeps intervals.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, BooleanArray, Date32Array, Decimal128Array, Float64Array,
    Int64Array, PrimitiveArray, Time64MicrosecondArray, TimestampMicrosecondArray, new_null_array,
};
use plimsoll_core::{DataType, Error, MAX_PRECISION, Result, value::decimal_digits};

use crate::arrays::arrow_type;

/// Calls `visit` with every row of a primitive array, NULLs included.
#[inline]
pub(super) fn visit_rows<T: ArrowPrimitiveType>(
    array: &PrimitiveArray<T>,
    mut visit: impl FnMut(usize, Option<T::Native>),
) {
    let rows = array.values().iter().enumerate();
    match array.nulls().filter(|nulls| nulls.null_count() > 0) {
        None => rows.for_each(|(row, value)| visit(row, Some(*value))),
        Some(nulls) => rows.for_each(|(row, value)| visit(row, nulls.is_valid(row).then_some(*value))),
    }
}

/// The array of a type whose values have these keys.
pub(super) fn from_keys(keys: impl Iterator<Item = Option<i128>>, data_type: DataType) -> ArrayRef {
    let words = |keys| Iterator::map(keys, |key: Option<i128>| key.map(|key| key as i64));
    match data_type {
        DataType::Null | DataType::Interval | DataType::Utf8 => {
            new_null_array(&arrow_type(data_type), keys.count())
        }
        DataType::Boolean => Arc::new(keys.map(|key| key.map(|key| key != 0)).collect::<BooleanArray>()),
        DataType::Int64 => Arc::new(words(keys).collect::<Int64Array>()),
        DataType::Decimal { .. } => {
            Arc::new(keys.collect::<Decimal128Array>().with_data_type(arrow_type(data_type)))
        }
        DataType::Float64 => Arc::new(words(keys).map(|key| key.map(float_of_key)).collect::<Float64Array>()),
        DataType::Date => Arc::new(keys.map(|key| key.map(|key| key as i32)).collect::<Date32Array>()),
        DataType::Timestamp => Arc::new(words(keys).collect::<TimestampMicrosecondArray>()),
        DataType::Time => Arc::new(words(keys).collect::<Time64MicrosecondArray>()),
    }
}

/// A double's bits in the order of the doubles. Its own inverse, but for the types.
#[inline]
fn ordered_bits(bits: i64) -> i64 {
    bits ^ ((bits >> 63) as u64 >> 1) as i64
}

/// The key of a double.
#[inline]
pub(super) fn float_key(value: f64) -> i64 {
    ordered_bits(value.to_bits() as i64)
}

/// The double that has this key.
pub(super) fn float_of_key(key: i64) -> f64 {
    f64::from_bits(ordered_bits(key) as u64)
}

/// What mantissas are multiplied by where values of one type become another: 1 but for exact numbers that gain digits
/// behind the point.
pub(super) fn widening(from: DataType, to: DataType) -> Result<i128> {
    let (Some(before), Some(after)) = (from.exact_scale(), to.exact_scale()) else { return Ok(1) };
    match after.checked_sub(before) {
        Some(more) => Ok(10i128.pow(more.into())),
        None => Err(Error::plan(format!("{from} cannot widen to {to}"), "")),
    }
}

/// A mantissa with more digits behind the point.
pub(super) fn rescale(mantissa: i128, factor: i128) -> Result<i128> {
    let scaled = mantissa.checked_mul(factor).filter(|scaled| decimal_digits(*scaled) <= MAX_PRECISION);
    scaled.ok_or_else(|| {
        Error::value("a value has no room in 38 digits once its column has more digits behind the point")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn float_keys_order_as_doubles_with_nan_greatest() {
        let ordered = [f64::NEG_INFINITY, f64::MIN, -1.0, -5e-324, 0.0, 5e-324, 1.0, f64::INFINITY, f64::NAN];
        assert!(ordered.is_sorted_by_key(|value| float_key(*value)));
        for value in ordered {
            assert_eq!(float_of_key(float_key(value)).to_bits(), value.to_bits());
        }
    }

    #[test]
    fn mantissas_stay_within_38_digits() {
        assert_eq!(rescale(-12, 100).unwrap(), -1200);
        assert!(rescale(10i128.pow(37), 10).is_err());
        assert!(rescale(i128::MAX / 2, 1000).is_err());
        assert!(widening(DataType::decimal(3), DataType::decimal(2)).is_err());
        assert_eq!(widening(DataType::Int64, DataType::decimal(2)).unwrap(), 100);
    }
}
