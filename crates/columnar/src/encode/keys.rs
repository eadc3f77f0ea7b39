//! Keys of dictionaries: unsigned integers of one, two or four bytes.

use std::sync::Arc;

use arrow::array::{ArrayRef, ArrowPrimitiveType, AsArray, DictionaryArray, PrimitiveArray, StringArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{ArrowDictionaryKeyType, DataType as ArrowType, UInt8Type, UInt16Type, UInt32Type};
use arrow::error::ArrowError;
use num_traits::AsPrimitive;

/// How wide the keys of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Width {
    One,
    Two,
    Four,
}

/// Calls a function generic over the key's type.
macro_rules! with_type {
    ($width:expr, $function:ident($($argument:expr),*)) => {
        match $width {
            Width::One => $function::<UInt8Type>($($argument),*),
            Width::Two => $function::<UInt16Type>($($argument),*),
            Width::Four => $function::<UInt32Type>($($argument),*),
        }
    };
}

impl Width {
    /// The narrowest for this many texts.
    pub(crate) fn for_texts(texts: usize) -> Self {
        match texts {
            0..=0x100 => Width::One,
            0x101..=0x1_0000 => Width::Two,
            _ => Width::Four,
        }
    }

    /// The width of this type; `None` for one that the store does not choose itself.
    pub(super) fn of(key: &ArrowType) -> Option<Self> {
        [Width::One, Width::Two, Width::Four].into_iter().find(|width| width.key_type() == *key)
    }

    pub(crate) fn bytes(self) -> u64 {
        match self {
            Width::One => 1,
            Width::Two => 2,
            Width::Four => 4,
        }
    }

    pub(crate) fn key_type(self) -> ArrowType {
        match self {
            Width::One => ArrowType::UInt8,
            Width::Two => ArrowType::UInt16,
            Width::Four => ArrowType::UInt32,
        }
    }

    /// Keys of these numbers, which fit.
    pub(super) fn keys(self, numbers: &[u32], nulls: Option<NullBuffer>) -> ArrayRef {
        with_type!(self, keys(numbers, nulls))
    }

    /// The keys of a dictionary array of this width.
    pub(super) fn keys_of(self, array: &ArrayRef) -> ArrayRef {
        with_type!(self, keys_of(array))
    }

    /// The dictionary array of keys of this width.
    pub(super) fn with_dictionary(self, keys: &ArrayRef, texts: &ArrayRef) -> Result<ArrayRef, ArrowError> {
        with_type!(self, with_dictionary(keys, texts))
    }

    /// Bytes of the texts that keys of this width stand for, each as often as it comes.
    pub(super) fn text_bytes(self, keys: &ArrayRef, texts: &StringArray) -> u64 {
        with_type!(self, text_bytes(keys, texts))
    }
}

fn keys<K: ArrowPrimitiveType>(numbers: &[u32], nulls: Option<NullBuffer>) -> ArrayRef
where
    u32: AsPrimitive<K::Native>,
    K::Native: Copy + 'static,
{
    let values: Vec<K::Native> = numbers.iter().map(|number| number.as_()).collect();
    Arc::new(PrimitiveArray::<K>::new(values.into(), nulls))
}

fn keys_of<K: ArrowDictionaryKeyType>(array: &ArrayRef) -> ArrayRef {
    match array.as_dictionary_opt::<K>() {
        Some(dictionary) => Arc::new(dictionary.keys().clone()),
        None => Arc::clone(array),
    }
}

fn with_dictionary<K: ArrowDictionaryKeyType>(
    keys: &ArrayRef,
    texts: &ArrayRef,
) -> Result<ArrayRef, ArrowError> {
    let keys = keys.as_primitive::<K>().clone();
    Ok(Arc::new(DictionaryArray::try_new(keys, Arc::clone(texts))?))
}

fn text_bytes<K: ArrowPrimitiveType>(keys: &ArrayRef, texts: &StringArray) -> u64
where
    K::Native: AsPrimitive<usize>,
{
    let length = |key: K::Native| u64::from(texts.value_length(key.as_()).cast_unsigned());
    keys.as_primitive::<K>().iter().flatten().map(length).sum()
}
