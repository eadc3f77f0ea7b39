//! The two kinds of values that states keep for a group: keys of fixed width, and text.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringBuilder};
use plimsoll_core::{DataType, Error, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::key::{from_keys, rescale};
use super::read::visit_keys;

/// How values are read from arrays, kept, compared and written to a result.
pub(super) trait Kind: Send + Sync + 'static {
    /// A value as an array lends it.
    type Value<'a>: Copy;
    /// A kept value or none.
    type Slot: Default + Send + Sync + Serialize + DeserializeOwned + 'static;

    /// Calls `visit` with every row, NULLs included.
    fn visit<'a>(array: &'a dyn Array, visit: impl FnMut(usize, Option<Self::Value<'a>>));
    /// What is kept.
    fn get(slot: &Self::Slot) -> Option<Self::Value<'_>>;
    /// Keeps a value, or none.
    fn set(slot: &mut Self::Slot, value: Option<Self::Value<'_>>);
    /// Multiplies a mantissa; see [`rescale`].
    fn rescale(slot: &mut Self::Slot, factor: i128) -> Result<()>;
    /// Heap bytes held.
    fn heap(slot: &Self::Slot) -> usize;
    /// What is kept, as an array of `data_type`.
    fn finish<'a>(
        slots: impl Iterator<Item = &'a Self::Slot> + Clone,
        data_type: DataType,
    ) -> Result<ArrayRef>;
}

/// Values of fixed width; see [`super::key`].
pub(super) enum Keys {}

/// A key or none, in the 16 bytes of the key.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) struct KeySlot(i128);

impl KeySlot {
    /// No key: mantissas have 38 digits at most, all other keys 64 bits.
    const NONE: i128 = i128::MIN;
}

impl Default for KeySlot {
    fn default() -> Self {
        KeySlot(Self::NONE)
    }
}

impl Kind for Keys {
    type Value<'a> = i128;
    type Slot = KeySlot;

    #[inline]
    fn visit<'a>(array: &'a dyn Array, visit: impl FnMut(usize, Option<Self::Value<'a>>)) {
        visit_keys(array, visit);
    }

    #[inline]
    fn get(slot: &KeySlot) -> Option<i128> {
        (slot.0 != KeySlot::NONE).then_some(slot.0)
    }

    #[inline]
    fn set(slot: &mut KeySlot, value: Option<i128>) {
        slot.0 = value.unwrap_or(KeySlot::NONE);
    }

    fn rescale(slot: &mut KeySlot, factor: i128) -> Result<()> {
        if let Some(mantissa) = Self::get(slot) {
            slot.0 = rescale(mantissa, factor)?;
        }
        Ok(())
    }

    fn heap(_: &KeySlot) -> usize {
        0
    }

    fn finish<'a>(slots: impl Iterator<Item = &'a KeySlot> + Clone, data_type: DataType) -> Result<ArrayRef> {
        Ok(from_keys(slots.map(Self::get), data_type))
    }
}

/// Text, compared by bytes.
pub(super) enum Texts {}

impl Kind for Texts {
    type Value<'a> = &'a str;
    type Slot = Option<String>;

    fn visit<'a>(array: &'a dyn Array, mut visit: impl FnMut(usize, Option<Self::Value<'a>>)) {
        array.as_string::<i32>().iter().enumerate().for_each(|(row, text)| visit(row, text));
    }

    fn get(slot: &Option<String>) -> Option<&str> {
        slot.as_deref()
    }

    fn set(slot: &mut Option<String>, value: Option<&str>) {
        match value {
            None => *slot = None,
            // Keeps the room of the text that was there.
            Some(text) => {
                let kept = slot.get_or_insert_default();
                kept.clear();
                kept.push_str(text);
            }
        }
    }

    fn rescale(_: &mut Option<String>, _: i128) -> Result<()> {
        Ok(())
    }

    fn heap(slot: &Option<String>) -> usize {
        slot.as_ref().map_or(0, String::capacity)
    }

    fn finish<'a>(slots: impl Iterator<Item = &'a Option<String>> + Clone, _: DataType) -> Result<ArrayRef> {
        let (rows, bytes) = slots
            .clone()
            .fold((0, 0), |(rows, bytes), text| (rows + 1, bytes + Self::get(text).map_or(0, str::len)));
        if i32::try_from(bytes).is_err() {
            return Err(Error::value("the texts of one result column exceed 2 GiB"));
        }
        let mut texts = StringBuilder::with_capacity(rows, bytes);
        slots.for_each(|text| texts.append_option(Self::get(text)));
        Ok(Arc::new(texts.finish()))
    }
}
