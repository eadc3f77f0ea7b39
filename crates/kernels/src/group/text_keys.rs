//! Keys of one text column.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{AnyDictionaryArray, Array, ArrayRef, AsArray, StringArray, StringViewArray};
use arrow::buffer::{Buffer, NullBuffer};
use plimsoll_core::{DataType, Result};

use super::byte_keys::{ByteKeys, Key, SHORT, Strings};
use super::column::{TextColumn, misfit};
use super::keys::Mode;

/// Text values with dense ids.
#[derive(Debug)]
pub(super) struct TextKeys {
    keys: ByteKeys,
    null: Option<u32>,
    codes: Option<Codes>,
}

/// What is known of the dictionary that came last: the blocks of a chunk have the same one.
#[derive(Debug)]
struct Codes {
    values: ArrayRef,
    /// By code; [`UNKNOWN`] for one that was not seen yet.
    ids: Vec<u32>,
}

/// No id.
const UNKNOWN: u32 = u32::MAX;

impl TextKeys {
    pub(super) fn new() -> Self {
        TextKeys { keys: ByteKeys::new(), null: None, codes: None }
    }

    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    pub(super) fn size(&self) -> usize {
        let codes = self.codes.as_ref().map_or(0, |codes| codes.ids.capacity() * size_of::<u32>());
        self.keys.size() + codes
    }

    /// Bytes of the index.
    pub(super) fn index_size(&self) -> usize {
        self.keys.index_size()
    }

    /// See [`ByteKeys::make_dense`].
    pub(super) fn make_dense(&mut self) {
        self.keys.make_dense();
    }

    /// Bytes that it takes beside those that it has while it makes room for `more` keys.
    pub(super) fn growth(&self, more: usize) -> usize {
        self.keys.growth(more)
    }

    /// Lets go of what only look-ups need.
    pub(super) fn close(&mut self) {
        self.keys.close();
        self.codes = None;
    }

    /// Adds the id of every row to `ids`.
    pub(super) fn look_up(&mut self, column: &ArrayRef, mode: Mode, ids: &mut Vec<u32>) -> Result<()> {
        if let Some(dictionary) = column.as_any_dictionary_opt() {
            return self.look_up_codes(dictionary, ids);
        }
        match (column.as_string_view_opt(), column.as_string_opt::<i32>()) {
            (Some(views), _) => {
                self.look_up_strings(&Views::new(views), views.len(), views.nulls(), mode, ids)
            }
            (_, Some(texts)) => {
                self.look_up_strings(&Texts::new(texts), texts.len(), texts.nulls(), mode, ids)
            }
            _ => return Err(misfit(column, DataType::Utf8)),
        }
        Ok(())
    }

    /// Looks each text up once, however many rows have its code.
    fn look_up_codes(&mut self, dictionary: &dyn AnyDictionaryArray, ids: &mut Vec<u32>) -> Result<()> {
        let values = dictionary.values();
        let texts = values.as_string_opt::<i32>().ok_or_else(|| misfit(values, DataType::Utf8))?;
        let mut codes = match self.codes.take() {
            Some(codes) if Arc::ptr_eq(&codes.values, values) => codes,
            _ => Codes { values: Arc::clone(values), ids: vec![UNKNOWN; values.len()] },
        };
        // Also those of values that are NULL.
        let nulls = dictionary.logical_nulls().filter(|nulls| nulls.null_count() > 0);
        let rows = if texts.is_empty() { vec![0; dictionary.len()] } else { dictionary.normalized_keys() };
        let texts = Texts::new(texts);
        ids.extend(rows.into_iter().enumerate().map(|(row, code)| {
            if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
                return *self.null.get_or_insert_with(|| self.keys.push_nameless());
            }
            match codes.ids[code] {
                UNKNOWN => {
                    codes.ids[code] = self.keys.look_up_one(texts.key(code));
                    codes.ids[code]
                }
                id => id,
            }
        }));
        self.codes = Some(codes);
        Ok(())
    }

    fn look_up_strings(
        &mut self,
        strings: &impl Strings,
        rows: usize,
        nulls: Option<&NullBuffer>,
        mode: Mode,
        ids: &mut Vec<u32>,
    ) {
        match nulls.filter(|nulls| nulls.null_count() > 0) {
            None if mode == Mode::Append => self.keys.append(strings, rows, ids),
            None => self.keys.look_up(strings, rows, ids),
            Some(nulls) => ids.extend(nulls.iter().enumerate().map(|(row, valid)| match valid {
                true => self.keys.look_up_one(strings.key(row)),
                false => *self.null.get_or_insert_with(|| self.keys.push_nameless()),
            })),
        }
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
        let mut texts = TextColumn::with_capacity(ids.len());
        for id in ids {
            match self.null == Some(*id) {
                true => texts.push_null(),
                false => texts.push_with(|bytes| self.keys.append_to(*id, bytes))?,
            }
        }
        Ok(vec![texts.finish()?])
    }
}

/// The strings of a `StringArray`.
pub(super) struct Texts<'a> {
    offsets: &'a [i32],
    values: &'a [u8],
}

impl<'a> Texts<'a> {
    pub(super) fn new(texts: &'a StringArray) -> Self {
        Texts { offsets: texts.value_offsets(), values: texts.value_data() }
    }
}

impl Strings for Texts<'_> {
    #[inline(always)]
    #[allow(clippy::cast_sign_loss, reason = "Arrow's offsets are never negative")]
    fn key(&self, row: usize) -> Key<'_> {
        let (start, end) = (self.offsets[row] as usize, self.offsets[row + 1] as usize);
        Key::at(self.values, start, end - start)
    }
}

/// The strings of a `StringViewArray`.
pub(super) struct Views<'a> {
    views: &'a [u128],
    buffers: &'a [Buffer],
}

impl<'a> Views<'a> {
    /// The views of the strings.
    pub(super) fn as_slice(&self) -> &'a [u128] {
        self.views
    }

    pub(super) fn new(texts: &'a StringViewArray) -> Self {
        Views { views: texts.views(), buffers: texts.data_buffers() }
    }
}

impl Views<'_> {
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "a call for each row would cost more than the look-up")]
    #[allow(clippy::cast_possible_truncation, reason = "takes a view apart")]
    fn of(&self, view: u128) -> Key<'_> {
        let length = view as u32 as usize;
        if length <= SHORT {
            return Key::Short(view);
        }
        let (buffer, start) = ((view >> 64) as u32 as usize, (view >> 96) as usize);
        Key::at(&self.buffers[buffer], start, length)
    }
}

impl Strings for Views<'_> {
    #[inline(always)]
    fn key(&self, row: usize) -> Key<'_> {
        self.of(self.views[row])
    }

    #[inline(always)]
    fn keys(&self, rows: Range<usize>) -> impl Iterator<Item = Key<'_>> {
        self.views[rows].iter().map(|view| self.of(*view))
    }
}
