//! The values of a sample's arrays as the estimators take them: hashes and lengths, and integers. Estimates nothing.

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray};
use arrow::datatypes::{
    DataType as ArrowType, Date32Type, Decimal64Type, Decimal128Type, Float64Type, Int64Type,
    Time64MicrosecondType, TimestampMicrosecondType,
};

use super::distinct::hash;

/// A hash and the bytes of each value that is not NULL, in order. Of numbers the bytes are 0. Decimals of either width have the
/// same hash.
pub(super) fn hashes(array: &ArrayRef) -> Vec<(u64, usize)> {
    match array.data_type() {
        ArrowType::Boolean => array.as_boolean().iter().flatten().map(|value| (hash(value), 0)).collect(),
        ArrowType::Float64 => {
            let values = array.as_primitive::<Float64Type>().iter().flatten();
            values.map(|value| (hash(value.to_bits()), 0)).collect()
        }
        ArrowType::Utf8 => {
            array.as_string::<i32>().iter().flatten().map(|text| (hash(text), text.len())).collect()
        }
        _ => integers(array).into_iter().map(|value| (hash(value), 0)).collect(),
    }
}

/// Integers, mantissas, days or microseconds that are not NULL; none of other types.
pub(super) fn integers(array: &ArrayRef) -> Vec<i128> {
    match array.data_type() {
        ArrowType::Int64 => values::<Int64Type>(array),
        ArrowType::Decimal64(..) => values::<Decimal64Type>(array),
        ArrowType::Decimal128(..) => values::<Decimal128Type>(array),
        ArrowType::Date32 => values::<Date32Type>(array),
        ArrowType::Timestamp(..) => values::<TimestampMicrosecondType>(array),
        ArrowType::Time64(_) => values::<Time64MicrosecondType>(array),
        _ => Vec::new(),
    }
}

fn values<T: ArrowPrimitiveType>(array: &ArrayRef) -> Vec<i128>
where
    T::Native: Into<i128>,
{
    array.as_primitive::<T>().iter().flatten().map(Into::into).collect()
}
