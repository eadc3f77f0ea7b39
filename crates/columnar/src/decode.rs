//! A stretch of a column as the array that the kernels take where they do not take it as it is.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Float64Array, Int32Array, Time64MicrosecondArray, TimestampMicrosecondArray,
};
use arrow::compute::{cast, take};
use arrow::datatypes::{
    DataType as ArrowType, Decimal64Type, Decimal128Type, Float64Type, Int32Type, Time64MicrosecondType,
    TimeUnit, TimestampMicrosecondType,
};
use arrow::error::ArrowError;
use plimsoll_core::{DataType, Error, Result};
use plimsoll_kernels::arrays::{NARROW_DIGITS, is_narrow, plain, scale_of};

/// Microseconds of a second: a timestamp or a time in 32 bits counts seconds.
pub(crate) const SECOND: i64 = 1_000_000;

/// `array`, of a type that [`holds`](crate::physical::holds) values of `logical`, as [`plimsoll_kernels::arrays`] says.
/// Copies nothing where it is that already.
///
/// # Errors
/// `Value` where text does not fit into one array.
pub(crate) fn decode(array: &ArrayRef, logical: DataType) -> Result<ArrayRef> {
    Ok(match (logical, array.data_type()) {
        _ if is_narrow(array, logical) => plain(array, logical)?,
        (DataType::Decimal { scale, .. }, physical) => decimals(array, physical, scale_of(scale))?,
        (DataType::Float64, ArrowType::Float64) => canonical(array),
        (DataType::Float64, _) => canonical(&converted(array, &ArrowType::Float64)?),
        (DataType::Int64, _) => converted(array, &ArrowType::Int64)?,
        (DataType::Date, ArrowType::Date32) => Arc::clone(array),
        (DataType::Date, _) => {
            let days = converted(array, &ArrowType::Int32)?;
            let days: &Int32Array = days.as_primitive();
            Arc::new(days.reinterpret_cast::<arrow::datatypes::Date32Type>())
        }
        (DataType::Timestamp, ArrowType::Int32) => {
            let micros: TimestampMicrosecondArray = array
                .as_primitive::<Int32Type>()
                .unary::<_, TimestampMicrosecondType>(|seconds| i64::from(seconds) * SECOND);
            Arc::new(micros)
        }
        (DataType::Timestamp, _) => converted(array, &ArrowType::Timestamp(TimeUnit::Microsecond, None))?,
        (DataType::Time, ArrowType::Int32) => {
            let micros: Time64MicrosecondArray = array
                .as_primitive::<Int32Type>()
                .unary::<_, Time64MicrosecondType>(|seconds| i64::from(seconds) * SECOND);
            Arc::new(micros)
        }
        (DataType::Time, _) => converted(array, &ArrowType::Time64(TimeUnit::Microsecond))?,
        (DataType::Utf8, ArrowType::Dictionary(..)) => converted(&looked_up(array)?, &ArrowType::Utf8)?,
        (DataType::Utf8, _) => converted(array, &ArrowType::Utf8)?,
        (DataType::Null | DataType::Boolean | DataType::Interval, _) => Arc::clone(array),
    })
}

/// Bytes that [`decode`] takes for its result.
pub(crate) fn decoded_bytes(array: &ArrayRef, logical: DataType) -> u64 {
    let rows = array.len() as u64;
    match (logical, array.data_type()) {
        (_, ArrowType::Decimal64(..) | ArrowType::Decimal128(..) | ArrowType::Utf8) => 0,
        (DataType::Utf8, _) => rows * size_of::<i32>() as u64 + text_bytes(array),
        (
            _,
            ArrowType::Int64
            | ArrowType::Date32
            | ArrowType::Timestamp(TimeUnit::Microsecond, _)
            | ArrowType::Time64(TimeUnit::Microsecond),
        ) => 0,
        (DataType::Null | DataType::Boolean, _) => 0,
        _ => rows * size_of::<i64>() as u64,
    }
}

/// Bytes of the texts of a dictionary array, each as often as it comes.
fn text_bytes(array: &ArrayRef) -> u64 {
    let Some(dictionary) = array.as_any_dictionary_opt() else {
        return array.get_buffer_memory_size() as u64;
    };
    let Some(values) = dictionary.values().as_string_opt::<i32>() else {
        return dictionary.values().get_buffer_memory_size() as u64;
    };
    let offsets = values.value_offsets();
    let length = |key: usize| offsets.get(key + 1).map_or(0, |end| end - offsets[key]).cast_unsigned();
    if values.is_empty() {
        return 0;
    }
    dictionary.normalized_keys().into_iter().map(|key| u64::from(length(key))).sum()
}

/// The texts that the keys of a dictionary array stand for.
fn looked_up(array: &ArrayRef) -> Result<ArrayRef> {
    let Some(dictionary) = array.as_any_dictionary_opt() else { return Ok(Arc::clone(array)) };
    take(dictionary.values(), dictionary.keys(), None).map_err(too_large)
}

fn decimals(array: &ArrayRef, physical: &ArrowType, scale: i8) -> Result<ArrayRef> {
    Ok(match physical {
        ArrowType::Decimal64(..) if scale <= NARROW_DIGITS.cast_signed() => {
            let narrow = array.as_primitive::<Decimal64Type>().clone();
            Arc::new(narrow.with_data_type(ArrowType::Decimal64(NARROW_DIGITS, scale)))
        }
        _ => {
            let wide = array.as_primitive_opt::<Decimal128Type>().cloned();
            let wide = wide.ok_or_else(|| Error::value(format!("{physical} holds no decimals")))?;
            let digits = arrow::datatypes::DECIMAL128_MAX_PRECISION;
            Arc::new(wide.with_data_type(ArrowType::Decimal128(digits, scale)))
        }
    })
}

/// Doubles without -0.0 and with one NaN, as the kernels expect them. Files of others may have any.
fn canonical(array: &ArrayRef) -> ArrayRef {
    let values: &Float64Array = array.as_primitive();
    let of = |value: f64| if value.is_nan() { f64::NAN } else { value + 0.0 };
    if values.values().iter().all(|value| value.to_bits() == of(*value).to_bits()) {
        return Arc::clone(array);
    }
    Arc::new(values.unary::<_, Float64Type>(of))
}

fn converted(array: &ArrayRef, to: &ArrowType) -> Result<ArrayRef> {
    if array.data_type() == to { Ok(Arc::clone(array)) } else { cast(array, to).map_err(too_large) }
}

fn too_large(error: ArrowError) -> Error {
    Error::value(format!("a block of the store cannot be made: {error}"))
}
