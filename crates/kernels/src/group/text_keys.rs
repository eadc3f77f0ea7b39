//! Keys of one text column.

use arrow::array::{Array, ArrayRef, AsArray};
use plimsoll_core::{DataType, Result};

use super::byte_keys::ByteKeys;
use super::column::{misfit, text_array};

/// Text values with dense ids.
#[derive(Debug)]
pub(super) struct TextKeys {
    keys: ByteKeys,
    null: Option<u32>,
}

impl TextKeys {
    pub(super) fn new() -> Self {
        TextKeys { keys: ByteKeys::new(), null: None }
    }

    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    pub(super) fn size(&self) -> usize {
        self.keys.size()
    }

    /// Adds the id of every row to `ids`.
    pub(super) fn look_up(&mut self, column: &ArrayRef, ids: &mut Vec<u32>) -> Result<()> {
        let text = column.as_string_opt::<i32>().ok_or_else(|| misfit(column, DataType::Utf8))?;
        let values = text.value_data();
        #[allow(clippy::cast_sign_loss, reason = "Arrow's offsets are never negative")]
        let ranges = text.value_offsets().windows(2).map(|pair| pair[0] as usize..pair[1] as usize);
        match text.nulls().filter(|nulls| nulls.null_count() > 0) {
            None => self.keys.look_up(values, ranges, ids),
            Some(nulls) => ids.extend(nulls.iter().zip(ranges).map(|(valid, range)| match valid {
                true => self.keys.look_up_one(values, range),
                false => *self.null.get_or_insert_with(|| self.keys.push_nameless()),
            })),
        }
        Ok(())
    }

    /// Takes all keys of `other`; gives the id here of each id there.
    pub(super) fn absorb(&mut self, other: &TextKeys) -> Vec<u32> {
        let mut mapping = Vec::with_capacity(other.len());
        #[allow(clippy::cast_possible_truncation, reason = "there are no more keys than ids")]
        for id in 0..other.len() as u32 {
            mapping.push(match other.null == Some(id) {
                true => *self.null.get_or_insert_with(|| self.keys.push_nameless()),
                false => self.keys.look_up_other(&other.keys, id),
            });
        }
        mapping
    }

    /// The keys with these ids.
    pub(super) fn decode(&self, ids: &[u32]) -> Result<Vec<ArrayRef>> {
        let texts = ids.iter().map(|id| (self.null != Some(*id)).then(|| self.keys.get(*id)));
        Ok(vec![text_array(texts)?])
    }
}
