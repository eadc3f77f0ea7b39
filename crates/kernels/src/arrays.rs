//! Which Arrow array holds which logical type.
//!
//! | logical | array |
//! |---|---|
//! | `Null` | `NullArray` |
//! | `Boolean` | `BooleanArray` |
//! | `Int64` | `Int64Array` |
//! | `Decimal { scale, .. }` | `Decimal64Array` (precision 18) or `Decimal128Array` (precision 38), both of the logical scale |
//! | `Float64` | `Float64Array`, never -0.0, NaN always the canonical one |
//! | `Date` | `Date32Array` |
//! | `Timestamp` | `TimestampMicrosecondArray` without a time zone |
//! | `Time` | `Time64MicrosecondArray` |
//! | `Interval` | `IntervalMonthDayNanoArray` of whole microseconds |
//! | `Utf8` | `StringArray` |
//!
//! The scan gives decimals as `Decimal64Array` while every mantissa of a block has at most 18 digits, else as
//! `Decimal128Array`, whatever the logical precision: whoever takes a decimal takes both. Results of expressions and
//! aggregates are always `Decimal128Array`.
//!
//! The columns of a block may also come *encoded*, as their source has them: text as a `StringViewArray` or as a
//! `DictionaryArray` of a `StringArray`, integers and mantissas as integers of 8, 16 or 32 bits or as a `Decimal32Array`.
//! [`plain`] makes the array of the table of it; [`evaluate`](crate::evaluate()) always gives plain arrays.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Decimal128Array, Int64Array, StringArray};
use arrow::compute::{cast, take};
use arrow::datatypes::{
    ArrowNativeType, DECIMAL128_MAX_PRECISION, DataType as ArrowType, Decimal32Type, Decimal64Type,
    Decimal128Type, Int8Type, Int16Type, Int32Type, IntervalMonthDayNano, IntervalUnit, TimeUnit,
};
use arrow::error::ArrowError;
use plimsoll_core::value::Interval;
use plimsoll_core::{DataType, Error, Result};

/// Digits of every mantissa that a `Decimal64Array` holds.
pub const NARROW_DIGITS: u8 = 18;

/// The type of an array of results: decimals are 128 bits wide.
pub fn arrow_type(data_type: DataType) -> ArrowType {
    match data_type {
        DataType::Null => ArrowType::Null,
        DataType::Boolean => ArrowType::Boolean,
        DataType::Int64 => ArrowType::Int64,
        DataType::Decimal { precision, scale } => ArrowType::Decimal128(precision, scale_of(scale)),
        DataType::Float64 => ArrowType::Float64,
        DataType::Date => ArrowType::Date32,
        DataType::Timestamp => ArrowType::Timestamp(TimeUnit::Microsecond, None),
        DataType::Time => ArrowType::Time64(TimeUnit::Microsecond),
        DataType::Interval => ArrowType::Interval(IntervalUnit::MonthDayNano),
        DataType::Utf8 => ArrowType::Utf8,
    }
}

/// An interval as Arrow holds it.
pub fn native_interval(interval: Interval) -> IntervalMonthDayNano {
    IntervalMonthDayNano::new(interval.months, interval.days, interval.micros * 1000)
}

/// An interval of an array.
pub fn interval(native: IntervalMonthDayNano) -> Interval {
    Interval { months: native.months, days: native.days, micros: native.nanoseconds / 1000 }
}

/// A scale as Arrow counts it.
pub fn scale_of(scale: u8) -> i8 {
    i8::try_from(scale).unwrap_or(i8::MAX)
}

/// An array of values of `data_type` as results have it: decimals are 128 bits wide and say the logical precision. Copies
/// only a narrow decimal.
pub fn result_array(array: &ArrayRef, data_type: DataType) -> ArrayRef {
    let array = wide(array);
    match (array.as_primitive_opt::<Decimal128Type>(), data_type) {
        (Some(decimals), DataType::Decimal { .. }) => {
            Arc::new(decimals.clone().with_data_type(arrow_type(data_type)))
        }
        _ => array,
    }
}

/// A column of `data_type` as the array that the table says; copies only an encoded one.
///
/// # Errors
/// `Value` where its texts have 2 GiB or more.
pub fn plain(array: &ArrayRef, data_type: DataType) -> Result<ArrayRef> {
    if let Some(dictionary) = array.as_any_dictionary_opt() {
        return plain(&take(dictionary.values(), dictionary.keys(), None).map_err(no_room)?, data_type);
    }
    Ok(match (array.as_string_view_opt(), is_narrow(array, data_type)) {
        (Some(views), _) => Arc::new(views.iter().collect::<StringArray>()),
        (_, true) => widened(array, data_type),
        _ => Arc::clone(array),
    })
}

/// Whether [`plain`] copies a column of `data_type`.
pub fn is_encoded(array: &ArrayRef, data_type: DataType) -> bool {
    array.as_any_dictionary_opt().is_some()
        || array.as_string_view_opt().is_some()
        || is_narrow(array, data_type)
}

/// Bytes of all texts of a column.
pub fn text_bytes(texts: &StringArray) -> usize {
    let ends = texts.value_offsets();
    (ends[ends.len() - 1] - ends[0]).as_usize()
}

/// Whether a column of integers or decimals is encoded in integers of fewer bits than the table says.
pub fn is_narrow(array: &ArrayRef, data_type: DataType) -> bool {
    let exact = matches!(data_type, DataType::Int64 | DataType::Decimal { .. });
    let narrow = matches!(
        array.data_type(),
        ArrowType::Int8 | ArrowType::Int16 | ArrowType::Int32 | ArrowType::Decimal32(..)
    );
    exact && narrow
}

fn widened(array: &ArrayRef, data_type: DataType) -> ArrayRef {
    let words: Int64Array = match array.data_type() {
        ArrowType::Int8 => array.as_primitive::<Int8Type>().unary(i64::from),
        ArrowType::Int16 => array.as_primitive::<Int16Type>().unary(i64::from),
        ArrowType::Int32 => array.as_primitive::<Int32Type>().unary(i64::from),
        _ => array.as_primitive::<Decimal32Type>().unary(i64::from),
    };
    match data_type {
        DataType::Decimal { scale, .. } => {
            let mantissas = words.reinterpret_cast::<Decimal64Type>();
            Arc::new(mantissas.with_data_type(ArrowType::Decimal64(NARROW_DIGITS, scale_of(scale))))
        }
        _ => Arc::new(words),
    }
}

/// A dictionary as views of its texts; any other column as it is.
///
/// # Errors
/// `Value` where the texts of a dictionary have 4 GiB or more.
pub fn without_dictionary(array: &ArrayRef) -> Result<ArrayRef> {
    let Some(dictionary) = array.as_any_dictionary_opt() else { return Ok(Arc::clone(array)) };
    let views = cast(dictionary.values(), &ArrowType::Utf8View).map_err(no_room)?;
    take(&views, dictionary.keys(), None).map_err(no_room)
}

#[allow(clippy::needless_pass_by_value, reason = "the signature that map_err takes")]
fn no_room(error: ArrowError) -> Error {
    Error::value(format!("the texts of a block have no room in one array: {error}"))
}

/// A decimal array of either width as 128 bits; any other array as it is. Copies only a narrow one.
pub fn wide(array: &ArrayRef) -> ArrayRef {
    let ArrowType::Decimal64(_, scale) = *array.data_type() else { return Arc::clone(array) };
    let narrow = array.as_primitive::<Decimal64Type>();
    let mantissas: Decimal128Array = narrow.unary::<_, Decimal128Type>(i128::from);
    Arc::new(mantissas.with_data_type(ArrowType::Decimal128(DECIMAL128_MAX_PRECISION, scale)))
}
