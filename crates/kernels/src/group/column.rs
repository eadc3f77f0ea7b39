//! Key columns as words and back.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray, Date32Array, Decimal128Array, Float64Array,
    Int64Array, NullArray, PrimitiveArray, StringArray, TimestampMicrosecondArray,
};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{
    DataType as ArrowType, Date32Type, Decimal64Type, Decimal128Type, Float64Type, Int64Type,
    TimestampMicrosecondType,
};
use plimsoll_core::{DataType, Error, Result};

use crate::arrays::arrow_type;

/// Whether the values of a column fit 64 bits each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Words {
    /// All do.
    Fit,
    /// A mantissa has more bits.
    TooWide,
}

/// Puts the values of `column` into `words`, anything for a NULL. `data_type` is any but text.
#[allow(clippy::cast_sign_loss, reason = "words are the bits of the values")]
pub(super) fn words(column: &ArrayRef, data_type: DataType, words: &mut Vec<u64>) -> Result<Words> {
    words.clear();
    match data_type {
        DataType::Null => words.resize(column.len(), 0),
        DataType::Boolean => {
            let flags = column.as_boolean_opt().ok_or_else(|| misfit(column, data_type))?;
            words.extend(flags.values().iter().map(u64::from));
        }
        DataType::Int64 => {
            words.extend(primitive::<Int64Type>(column, data_type)?.values().iter().map(|v| *v as u64));
        }
        DataType::Float64 => {
            words.extend(primitive::<Float64Type>(column, data_type)?.values().iter().map(|v| v.to_bits()));
        }
        DataType::Date => {
            let days = primitive::<Date32Type>(column, data_type)?;
            words.extend(days.values().iter().map(|v| i64::from(*v) as u64));
        }
        DataType::Timestamp => {
            let micros = primitive::<TimestampMicrosecondType>(column, data_type)?;
            words.extend(micros.values().iter().map(|v| *v as u64));
        }
        DataType::Decimal { .. } => return mantissa_words(column, data_type, words),
        DataType::Utf8 => return Err(misfit(column, data_type)),
    }
    Ok(Words::Fit)
}

#[allow(clippy::cast_sign_loss, reason = "words are the bits of the values")]
fn mantissa_words(column: &ArrayRef, data_type: DataType, words: &mut Vec<u64>) -> Result<Words> {
    if let Some(narrow) = column.as_primitive_opt::<Decimal64Type>() {
        words.extend(narrow.values().iter().map(|v| *v as u64));
        return Ok(Words::Fit);
    }
    let wide = primitive::<Decimal128Type>(column, data_type)?;
    for (row, mantissa) in wide.values().iter().enumerate() {
        match i64::try_from(*mantissa) {
            Ok(word) => words.push(word as u64),
            Err(_) if wide.is_null(row) => words.push(0),
            Err(_) => return Ok(Words::TooWide),
        }
    }
    Ok(Words::Fit)
}

/// An array of the logical type, from what [`words`] gave.
#[allow(
    clippy::cast_possible_wrap,
    clippy::cast_possible_truncation,
    reason = "words are the bits of the values"
)]
pub(super) fn word_array(words: impl Iterator<Item = Option<u64>>, data_type: DataType) -> ArrayRef {
    let integers = |words| Iterator::map(words, |word: Option<u64>| word.map(|word| word as i64));
    match data_type {
        DataType::Null | DataType::Utf8 => Arc::new(NullArray::new(words.count())),
        DataType::Boolean => Arc::new(words.map(|word| word.map(|word| word != 0)).collect::<BooleanArray>()),
        DataType::Int64 => Arc::new(integers(words).collect::<Int64Array>()),
        DataType::Float64 => Arc::new(words.map(|word| word.map(f64::from_bits)).collect::<Float64Array>()),
        DataType::Date => {
            Arc::new(integers(words).map(|word| word.map(|word| word as i32)).collect::<Date32Array>())
        }
        DataType::Timestamp => Arc::new(integers(words).collect::<TimestampMicrosecondArray>()),
        DataType::Decimal { .. } => {
            decimal_array(integers(words).map(|word| word.map(i128::from)), data_type)
        }
    }
}

/// An array of a decimal type.
pub(super) fn decimal_array(mantissas: impl Iterator<Item = Option<i128>>, data_type: DataType) -> ArrayRef {
    Arc::new(mantissas.collect::<Decimal128Array>().with_data_type(arrow_type(data_type)))
}

/// An array of texts, which must be UTF-8.
pub(super) fn text_array<'a>(texts: impl Iterator<Item = Option<&'a [u8]>> + Clone) -> Result<ArrayRef> {
    let bytes: usize = texts.clone().flatten().map(<[u8]>::len).sum();
    if i32::try_from(bytes).is_err() {
        return Err(Error::value(format!("{bytes} bytes of text in the keys of one block are too many")));
    }
    let mut values = Vec::with_capacity(bytes);
    let mut offsets = vec![0i32];
    let mut valid = Vec::new();
    for text in texts {
        values.extend_from_slice(text.unwrap_or_default());
        #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "the sum fits")]
        offsets.push(values.len() as i32);
        valid.push(text.is_some());
    }
    let nulls = Some(NullBuffer::from(valid)).filter(|nulls| nulls.null_count() > 0);
    let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
    let array = StringArray::try_new(offsets, Buffer::from_vec(values), nulls);
    Ok(Arc::new(array.map_err(|error| Error::value(error.to_string()))?))
}

/// `column` as an array of `T`.
pub(super) fn primitive<T: ArrowPrimitiveType>(
    column: &ArrayRef,
    data_type: DataType,
) -> Result<&PrimitiveArray<T>> {
    column.as_primitive_opt().ok_or_else(|| misfit(column, data_type))
}

/// A column that does not hold what its logical type says.
pub(super) fn misfit(column: &ArrayRef, data_type: DataType) -> Error {
    let found: &ArrowType = column.data_type();
    Error::plan(format!("a key of type {data_type} came as an array of {found}"), "")
}
