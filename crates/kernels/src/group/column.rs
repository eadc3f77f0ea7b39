//! Key columns as words and back.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::NullBufferBuilder;
use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray, Date32Array, Decimal128Array, Float64Array,
    Int64Array, NullArray, PrimitiveArray, StringArray, Time64MicrosecondArray, TimestampMicrosecondArray,
};
use arrow::buffer::{Buffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{
    DataType as ArrowType, Date32Type, Decimal64Type, Decimal128Type, Float64Type, Int64Type,
    Time64MicrosecondType, TimestampMicrosecondType,
};
use plimsoll_core::{DataType, Error, Result};

use crate::arrays::arrow_type;

/// The values of `column` as words, anything for a NULL; `None` where a mantissa has more than 64 bits. `data_type` is
/// any but text. Copies only what is not 64 bits wide.
#[allow(clippy::cast_sign_loss, reason = "words are the bits of the values")]
pub(super) fn words(column: &ArrayRef, data_type: DataType) -> Result<Option<Cow<'_, [u64]>>> {
    let misfits = || misfit(column, data_type);
    Ok(Some(match data_type {
        DataType::Null => vec![0; column.len()].into(),
        DataType::Boolean => {
            let flags = column.as_boolean_opt().ok_or_else(misfits)?;
            flags.values().iter().map(u64::from).collect::<Vec<_>>().into()
        }
        DataType::Int64 => bits(primitive::<Int64Type>(column, data_type)?),
        DataType::Float64 => bits(primitive::<Float64Type>(column, data_type)?),
        DataType::Date => {
            let days = primitive::<Date32Type>(column, data_type)?;
            days.values().iter().map(|days| i64::from(*days) as u64).collect::<Vec<_>>().into()
        }
        DataType::Timestamp => bits(primitive::<TimestampMicrosecondType>(column, data_type)?),
        DataType::Time => bits(primitive::<Time64MicrosecondType>(column, data_type)?),
        DataType::Decimal { .. } => match column.as_primitive_opt::<Decimal64Type>() {
            Some(narrow) => bits(narrow),
            None => return Ok(narrowed(primitive(column, data_type)?).map(Cow::from)),
        },
        DataType::Interval | DataType::Utf8 => return Err(misfits()),
    }))
}

/// The values of an array, which are 64 bits wide.
fn bits<T: ArrowPrimitiveType>(array: &PrimitiveArray<T>) -> Cow<'_, [u64]> {
    array.values().inner().typed_data().into()
}

#[allow(clippy::cast_sign_loss, reason = "words are the bits of the values")]
fn narrowed(wide: &PrimitiveArray<Decimal128Type>) -> Option<Vec<u64>> {
    let word = |(row, mantissa): (usize, &i128)| match i64::try_from(*mantissa) {
        Ok(word) => Some(word as u64),
        Err(_) => wide.is_null(row).then_some(0),
    };
    wide.values().iter().enumerate().map(word).collect()
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
        DataType::Null | DataType::Interval | DataType::Utf8 => Arc::new(NullArray::new(words.count())),
        DataType::Boolean => Arc::new(words.map(|word| word.map(|word| word != 0)).collect::<BooleanArray>()),
        DataType::Int64 => Arc::new(integers(words).collect::<Int64Array>()),
        DataType::Float64 => Arc::new(words.map(|word| word.map(f64::from_bits)).collect::<Float64Array>()),
        DataType::Date => {
            Arc::new(integers(words).map(|word| word.map(|word| word as i32)).collect::<Date32Array>())
        }
        DataType::Timestamp => Arc::new(integers(words).collect::<TimestampMicrosecondArray>()),
        DataType::Time => Arc::new(integers(words).collect::<Time64MicrosecondArray>()),
        DataType::Decimal { .. } => {
            decimal_array(integers(words).map(|word| word.map(i128::from)), data_type)
        }
    }
}

/// An array of a decimal type.
pub(super) fn decimal_array(mantissas: impl Iterator<Item = Option<i128>>, data_type: DataType) -> ArrayRef {
    Arc::new(mantissas.collect::<Decimal128Array>().with_data_type(arrow_type(data_type)))
}

/// An array of texts in the making.
pub(super) struct TextColumn {
    values: Vec<u8>,
    offsets: Vec<i32>,
    valid: NullBufferBuilder,
}

impl TextColumn {
    pub(super) fn with_capacity(rows: usize) -> Self {
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        TextColumn { values: Vec::with_capacity(rows * 8), offsets, valid: NullBufferBuilder::new(rows) }
    }

    pub(super) fn push_null(&mut self) {
        self.offsets.extend_from_within(self.offsets.len() - 1..);
        self.valid.append_null();
    }

    /// Adds the text that `append` adds to the bytes it is given.
    ///
    /// # Errors
    /// `Value` where all texts have 2 GiB or more together.
    #[inline]
    pub(super) fn push_with(&mut self, append: impl FnOnce(&mut Vec<u8>)) -> Result<()> {
        append(&mut self.values);
        let bytes = self.values.len();
        let end = i32::try_from(bytes);
        let many = |_| Error::value(format!("{bytes} bytes of text in the keys of one block are too many"));
        self.offsets.push(end.map_err(many)?);
        self.valid.append_non_null();
        Ok(())
    }

    /// The array. Its texts must be UTF-8.
    pub(super) fn finish(mut self) -> Result<ArrayRef> {
        let offsets = OffsetBuffer::new(ScalarBuffer::from(self.offsets));
        let array = StringArray::try_new(offsets, Buffer::from_vec(self.values), self.valid.finish());
        Ok(Arc::new(array.map_err(|error| Error::value(error.to_string()))?))
    }
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
