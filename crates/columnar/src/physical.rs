//! Which Arrow types a column of a file may have, and which logical type each stands for.

use arrow::datatypes::{DECIMAL128_MAX_PRECISION, DataType as ArrowType, TimeUnit};
use plimsoll_core::DataType;

/// The logical type of a column that says no more than its Arrow type; `None` where the store does not take it.
pub(crate) fn logical_of(physical: &ArrowType) -> Option<DataType> {
    use ArrowType as A;
    Some(match physical {
        A::Null => DataType::Null,
        A::Boolean => DataType::Boolean,
        A::Int8 | A::Int16 | A::Int32 | A::Int64 | A::UInt8 | A::UInt16 | A::UInt32 => DataType::Int64,
        A::Float32 | A::Float64 => DataType::Float64,
        A::Decimal32(precision, scale) | A::Decimal64(precision, scale) | A::Decimal128(precision, scale) => {
            let scale = u8::try_from(*scale).ok().filter(|scale| scale <= precision)?;
            DataType::Decimal { precision: *precision, scale }
        }
        A::Date32 => DataType::Date,
        A::Timestamp(TimeUnit::Second | TimeUnit::Millisecond | TimeUnit::Microsecond, None) => {
            DataType::Timestamp
        }
        A::Time32(_) | A::Time64(TimeUnit::Microsecond) => DataType::Time,
        A::Utf8 | A::LargeUtf8 | A::Utf8View => DataType::Utf8,
        A::Dictionary(_, values) if logical_of(values) == Some(DataType::Utf8) && !is_nested(values) => {
            DataType::Utf8
        }
        _ => return None,
    })
}

/// Whether a column that says that it is `logical` can be of this Arrow type.
pub(crate) fn holds(logical: DataType, physical: &ArrowType) -> bool {
    use ArrowType as A;
    match (logical, physical) {
        (DataType::Decimal { scale, .. }, A::Decimal32(digits, have) | A::Decimal64(digits, have)) => {
            i16::from(*have) == i16::from(scale) && have.cast_unsigned() <= *digits
        }
        (DataType::Decimal { scale, .. }, A::Decimal128(digits, have)) => {
            i16::from(*have) == i16::from(scale) && *digits <= DECIMAL128_MAX_PRECISION
        }
        (DataType::Decimal { .. } | DataType::Date, A::Int8 | A::Int16) => true,
        (DataType::Timestamp | DataType::Time, A::Int32) => true,
        _ => logical_of(physical) == Some(logical),
    }
}

fn is_nested(values: &ArrowType) -> bool {
    matches!(values, ArrowType::Dictionary(..))
}
