//! Constants as arrays.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array,
    IntervalMonthDayNanoArray, NullArray, StringArray, Time64MicrosecondArray, TimestampMicrosecondArray,
};
use plimsoll_core::{DataType, Value};

use crate::arrays::{arrow_type, native_interval};

/// The `values`, each of `data_type` or NULL, as an array.
pub(super) fn array(values: &[&Value], data_type: DataType) -> ArrayRef {
    macro_rules! collect {
        ($array:ty, $pattern:pat => $value:expr) => {{
            let present = values.iter().map(|value| match value {
                $pattern => Some($value),
                _ => None,
            });
            Arc::new(present.collect::<$array>())
        }};
    }
    match data_type {
        DataType::Null => Arc::new(NullArray::new(values.len())),
        DataType::Boolean => collect!(BooleanArray, Value::Boolean(value) => *value),
        DataType::Int64 => collect!(Int64Array, Value::Int64(value) => *value),
        DataType::Float64 => collect!(Float64Array, Value::Float64(value) => canonical(*value)),
        DataType::Date => collect!(Date32Array, Value::Date(days) => *days),
        DataType::Timestamp => collect!(TimestampMicrosecondArray, Value::Timestamp(micros) => *micros),
        DataType::Time => collect!(Time64MicrosecondArray, Value::Time(micros) => *micros),
        DataType::Interval => {
            collect!(IntervalMonthDayNanoArray, Value::Interval(interval) => native_interval(*interval))
        }
        DataType::Utf8 => collect!(StringArray, Value::Utf8(text) => &**text),
        DataType::Decimal { .. } => {
            let mantissas = values.iter().map(|value| value.as_exact().map(|(mantissa, _)| mantissa));
            Arc::new(mantissas.collect::<Decimal128Array>().with_data_type(arrow_type(data_type)))
        }
    }
}

/// A double as columns hold it: no -0.0, one NaN.
pub(super) fn canonical(value: f64) -> f64 {
    // -0.0 + 0.0 is 0.0.
    if value.is_nan() { f64::NAN } else { value + 0.0 }
}
