//! The keys of a group table, in the form that suits their types.

use arrow::array::ArrayRef;
use plimsoll_core::{DataType, Error, Result};

use super::lane_keys::LaneKeys;
use super::pieces;
use super::row_keys::RowKeys;
use super::text_keys::TextKeys;
use super::widen::widen;
use super::word_keys::WordKeys;
use crate::Block;
use crate::arrays::without_dictionary;

/// What is done with the keys of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Each is looked up: a key has one id.
    Find,
    /// Each row has an id of its own, whatever its key, which no look-up finds; but a single key column that is a dictionary
    /// or has NULLs is looked up nevertheless.
    Append,
}

/// Keys with dense ids in the order of their arrival.
#[derive(Debug)]
pub(super) enum Keys {
    /// No key: one group.
    Single,
    /// One text.
    Text(TextKeys),
    /// One value of 64 bits, or a decimal while all its mantissas have no more.
    Word(WordKeys),
    /// Several values of few bytes, while no number is NULL.
    Lanes(LaneKeys),
    /// Anything else.
    Rows(RowKeys),
}

impl Keys {
    /// No keys of these types yet.
    pub(super) fn new(types: &[DataType]) -> Self {
        match types {
            [] => Keys::Single,
            [DataType::Utf8] => Keys::Text(TextKeys::new()),
            [data_type] => Keys::Word(WordKeys::new(*data_type)),
            _ => LaneKeys::new(types).map_or_else(|| Keys::Rows(RowKeys::new(types)), Keys::Lanes),
        }
    }

    /// How many.
    pub(super) fn len(&self) -> usize {
        match self {
            Keys::Single => 1,
            Keys::Text(keys) => keys.len(),
            Keys::Word(keys) => keys.len(),
            Keys::Lanes(keys) => keys.len(),
            Keys::Rows(keys) => keys.len(),
        }
    }

    /// Heap bytes held, by capacity.
    pub(super) fn size(&self) -> usize {
        match self {
            Keys::Single => 0,
            Keys::Text(keys) => keys.size(),
            Keys::Word(keys) => keys.size(),
            Keys::Lanes(keys) => keys.size(),
            Keys::Rows(keys) => keys.size(),
        }
    }

    /// How many keys should be decoded at once, at most `most`: long ones and those of many columns are large.
    pub(super) fn at_once(&self, most: usize) -> usize {
        /// Bytes of the keys that are decoded at once, about.
        const DECODED: usize = 256 << 10;
        (DECODED / self.decoded_size()).clamp(1, most)
    }

    /// Bytes of a key while it is decoded, about: many small numbers take more than encoded.
    pub(super) fn decoded_size(&self) -> usize {
        /// A value that may be NULL, and the same in its array.
        const VALUE: usize = size_of::<Option<u64>>() + size_of::<u64>();
        let columns = match self {
            Keys::Rows(keys) => keys.columns(),
            _ => 1,
        };
        (self.size() / self.len().max(1)).max(columns * VALUE)
    }

    /// Bytes of those that only look-ups need.
    pub(super) fn index_size(&self) -> usize {
        match self {
            Keys::Single => 0,
            Keys::Text(keys) => keys.index_size(),
            Keys::Word(keys) => keys.index_size(),
            Keys::Lanes(keys) => keys.index_size(),
            Keys::Rows(keys) => keys.index_size(),
        }
    }

    /// From now on they take less memory, and finding them takes longer.
    pub(super) fn make_dense(&mut self) {
        match self {
            Keys::Single => {}
            Keys::Text(keys) => keys.make_dense(),
            Keys::Word(keys) => keys.make_dense(),
            Keys::Lanes(keys) => keys.make_dense(),
            Keys::Rows(keys) => keys.make_dense(),
        }
    }

    /// Bytes that they take beside those that they have while they make room for `more` keys.
    pub(super) fn growth(&self, more: usize) -> usize {
        match self {
            Keys::Single => 0,
            Keys::Text(keys) => keys.growth(more),
            Keys::Word(keys) => keys.growth(more),
            Keys::Lanes(keys) => keys.growth(more),
            Keys::Rows(keys) => keys.growth(more),
        }
    }

    /// Lets go of what only look-ups need. There must be none any more.
    pub(super) fn close(&mut self) {
        match self {
            Keys::Single => {}
            Keys::Text(keys) => keys.close(),
            Keys::Word(keys) => keys.close(),
            Keys::Lanes(keys) => keys.close(),
            Keys::Rows(keys) => keys.close(),
        }
    }

    /// Adds the id of every row to `ids`. The columns have the types that the keys were made for; `held` is how some of the
    /// keys came, where not all were looked up.
    pub(super) fn look_up(
        &mut self,
        types: &[DataType],
        columns: &[ArrayRef],
        rows: usize,
        (mode, held): (Mode, Mode),
        ids: &mut Vec<u32>,
    ) -> Result<()> {
        match (&mut *self, columns) {
            (Keys::Single, []) => ids.resize(ids.len() + rows, 0),
            (Keys::Text(keys), [column]) => keys.look_up(column, mode, ids)?,
            (Keys::Word(keys), [column]) => {
                if !keys.look_up(column, mode, ids)? {
                    self.become_rows(types, held)?;
                    return self.look_up(types, columns, rows, (mode, held), ids);
                }
            }
            (Keys::Lanes(keys), columns) if columns.len() == types.len() => {
                let columns = &without_dictionaries(columns)?;
                let before = ids.len();
                if !keys.look_up(columns, rows, mode, ids)? {
                    ids.truncate(before);
                    self.become_rows(types, held)?;
                    return self.look_up(types, columns, rows, (mode, held), ids);
                }
            }
            (Keys::Rows(keys), columns) if columns.len() == types.len() => {
                keys.look_up(&without_dictionaries(columns)?, rows, mode, ids)?;
            }
            _ => return Err(Error::plan("the columns of the keys are not those of the table", "")),
        }
        Ok(())
    }

    /// Takes all keys of `other`, made for the same types; gives the id here of each id there. `held` is how some of the keys
    /// came, here and there, where not all were looked up.
    pub(super) fn absorb(
        &mut self,
        mut other: Keys,
        types: &[DataType],
        held: (Mode, Mode),
    ) -> Result<Vec<u32>> {
        match (&mut *self, &mut other) {
            (Keys::Word(_) | Keys::Lanes(_), Keys::Rows(_)) => self.become_rows(types, held.0)?,
            (Keys::Rows(_), Keys::Word(_) | Keys::Lanes(_)) => other.become_rows(types, held.1)?,
            _ => {}
        }
        match (self, &other) {
            (Keys::Single, Keys::Single) => Ok(vec![0]),
            (Keys::Text(keys), Keys::Text(other)) => Ok(keys.absorb(other)),
            (Keys::Word(keys), Keys::Word(other)) => Ok(keys.absorb(other)),
            (Keys::Lanes(keys), Keys::Lanes(other)) => Ok(keys.absorb(other)),
            (Keys::Rows(keys), Keys::Rows(other)) => Ok(keys.absorb(other)),
            _ => Err(Error::plan("tables with keys of different types cannot be merged", "")),
        }
    }

    /// The same keys with the same ids at the wider `types`; `held` is as in [`Keys::look_up`].
    pub(super) fn widened(&self, types: &[DataType], held: Mode) -> Result<Keys> {
        self.moved_to(Keys::new(types), types, held)
    }

    /// The keys with these ids, as one array for each column.
    pub(super) fn decode(&self, ids: &[u32]) -> Result<Vec<ArrayRef>> {
        match self {
            Keys::Single => Ok(Vec::new()),
            Keys::Text(keys) => keys.decode(ids),
            Keys::Word(keys) => Ok(keys.decode(ids)),
            Keys::Lanes(keys) => keys.decode(ids),
            Keys::Rows(keys) => keys.decode(ids),
        }
    }

    fn become_rows(&mut self, types: &[DataType], mode: Mode) -> Result<()> {
        *self = self.moved_to(Keys::Rows(RowKeys::new(types)), types, mode)?;
        Ok(())
    }

    /// Puts all keys into `target`, which is empty. Values stay distinct, so that ids stay what they are.
    fn moved_to(&self, mut target: Keys, types: &[DataType], mode: Mode) -> Result<Keys> {
        let (mut batch, mut ids) = (Vec::new(), Vec::new());
        for piece in pieces(self.len(), self.at_once(Block::ROWS)) {
            batch.clear();
            batch.extend(piece);
            let columns = self.decode(&batch)?;
            let columns: Vec<ArrayRef> =
                columns.iter().zip(types).map(|(column, to)| widen(column, *to)).collect::<Result<_>>()?;
            ids.clear();
            target.look_up(types, &columns, batch.len(), (mode, mode), &mut ids)?;
            if ids != batch {
                return Err(Error::plan("keys that differ became equal at a wider type", ""));
            }
        }
        Ok(target)
    }
}

fn without_dictionaries(columns: &[ArrayRef]) -> Result<Vec<ArrayRef>> {
    columns.iter().map(without_dictionary).collect()
}
