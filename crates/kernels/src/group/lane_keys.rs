//! Keys of several columns whose values fit a few words, the *lanes* of a row: numbers that are not NULL take one, texts of
//! at most 12 bytes two.

use std::borrow::Cow;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::buffer::NullBuffer;
use plimsoll_core::{DataType, Result};

use super::byte_keys::{Key, SHORT, Strings};
use super::column::{TextColumn, misfit, word_array, words};
use super::growth::{bytes_for, reserve};
use super::hash::Hasher;
use super::index::{HashIndex, MANY, TOGETHER};
use super::keys::Mode;
use super::text_keys::{Texts, Views};

/// Lanes of a row at most: with more of them, byte strings take less memory.
const MOST: usize = 4;

/// Both lanes of a text that is NULL: more bytes than a text has here.
const NULL: u128 = u32::MAX as u128;

/// Rows with dense ids.
#[derive(Debug)]
pub(super) struct LaneKeys {
    types: Vec<DataType>,
    lanes: usize,
    hasher: Hasher,
    index: HashIndex,
    /// The lanes of each id, one row behind the other.
    keys: Vec<u64>,
    /// Lanes and hashes of the rows that are being looked up.
    rows: Vec<u64>,
    hashes: Vec<u32>,
}

/// A column of the rows that are being looked up.
enum Column<'a> {
    Words(Cow<'a, [u64]>),
    Views(Views<'a>, Option<NullBuffer>),
    Texts(Texts<'a>, Option<NullBuffer>),
}

impl LaneKeys {
    /// No keys; `None` where such rows have too many lanes.
    pub(super) fn new(types: &[DataType]) -> Option<Self> {
        let lanes = types.iter().map(|data_type| lanes_of(*data_type)).sum();
        (2..=MOST).contains(&lanes).then(|| LaneKeys {
            types: types.to_vec(),
            lanes,
            hasher: Hasher::new(),
            index: HashIndex::new(),
            keys: Vec::new(),
            rows: Vec::new(),
            hashes: Vec::new(),
        })
    }

    pub(super) fn len(&self) -> usize {
        self.keys.len() / self.lanes
    }

    pub(super) fn size(&self) -> usize {
        let words = self.keys.capacity() + self.rows.capacity();
        self.index.size() + words * size_of::<u64>() + self.hashes.capacity() * size_of::<u32>()
    }

    /// Bytes of the index.
    pub(super) fn index_size(&self) -> usize {
        self.index.size()
    }

    /// See [`HashIndex::make_dense`].
    pub(super) fn make_dense(&mut self) {
        self.index.make_dense();
    }

    /// Bytes that it takes beside those that it has while it makes room for `more` keys.
    pub(super) fn growth(&self, more: usize) -> usize {
        self.index.growth(more) + bytes_for(&self.keys, more * self.lanes)
    }

    /// Lets go of what only look-ups need. There must be none any more.
    pub(super) fn close(&mut self) {
        (self.index, self.rows, self.hashes) = (HashIndex::new(), Vec::new(), Vec::new());
    }

    /// Adds the id of every row to `ids`; whether all values fit the lanes: else the ids of some rows are missing.
    pub(super) fn look_up(
        &mut self,
        columns: &[ArrayRef],
        rows: usize,
        mode: Mode,
        ids: &mut Vec<u32>,
    ) -> Result<bool> {
        let mut sources = Vec::with_capacity(columns.len());
        for (column, data_type) in columns.iter().zip(&self.types) {
            match source(column, *data_type)? {
                Some(source) => sources.push(source),
                None => return Ok(false),
            }
        }
        ids.reserve(rows);
        Ok(match self.lanes {
            2 => self.look_up_lanes::<2>(&sources, rows, mode, ids),
            3 => self.look_up_lanes::<3>(&sources, rows, mode, ids),
            _ => self.look_up_lanes::<MOST>(&sources, rows, mode, ids),
        })
    }

    /// Takes all keys of `other`; gives the id here of each id there.
    pub(super) fn absorb(&mut self, other: &LaneKeys) -> Vec<u32> {
        match self.lanes {
            2 => self.absorb_lanes::<2>(other),
            3 => self.absorb_lanes::<3>(other),
            _ => self.absorb_lanes::<MOST>(other),
        }
    }

    /// The keys with these ids.
    pub(super) fn decode(&self, ids: &[u32]) -> Result<Vec<ArrayRef>> {
        let mut lane = 0;
        let mut columns = Vec::with_capacity(self.types.len());
        for data_type in &self.types {
            let of = |id: &u32| self.keys[*id as usize * self.lanes + lane];
            columns.push(match data_type {
                DataType::Utf8 => self.decode_text(lane, ids)?,
                _ => word_array(ids.iter().map(|id| Some(of(id))), *data_type),
            });
            lane += lanes_of(*data_type);
        }
        Ok(columns)
    }

    fn decode_text(&self, lane: usize, ids: &[u32]) -> Result<ArrayRef> {
        let mut texts = TextColumn::with_capacity(ids.len());
        for id in ids {
            let at = *id as usize * self.lanes + lane;
            match u128::from(self.keys[at]) | u128::from(self.keys[at + 1]) << 64 {
                NULL => texts.push_null(),
                view => texts.push_with(|bytes| {
                    let view = view.to_le_bytes();
                    bytes.extend_from_slice(&view[4..4 + usize::from(view[0]).min(SHORT)]);
                })?,
            }
        }
        texts.finish()
    }

    fn look_up_lanes<const N: usize>(
        &mut self,
        sources: &[Column<'_>],
        rows: usize,
        mode: Mode,
        ids: &mut Vec<u32>,
    ) -> bool {
        let known = self.keys.len();
        let (mut lanes, mut hashes) = (std::mem::take(&mut self.rows), std::mem::take(&mut self.hashes));
        lanes.resize(TOGETHER * N, 0);
        let mut fit = true;
        for start in (0..rows).step_by(TOGETHER) {
            let behind = rows.min(start + TOGETHER);
            let lanes = &mut lanes.as_chunks_mut::<N>().0[..behind - start];
            let mut lane = 0;
            for source in sources {
                fit = fit && source.fill(start, lane, lanes);
                lane += if let Column::Words(_) = source { 1 } else { 2 };
            }
            if !fit {
                // They are not found again.
                if mode == Mode::Append {
                    self.keys.truncate(known);
                }
                break;
            }
            if mode == Mode::Append {
                ids.extend(lanes.iter().map(|row| self.push(row)));
                continue;
            }
            if self.len() <= MANY {
                let hasher = self.hasher;
                ids.extend(lanes.iter().map(|row| self.intern(row, hasher.words(row))));
                continue;
            }
            hashes.clear();
            hashes.extend(lanes.iter().map(|row| self.hasher.words(row)));
            self.touch::<N>(&hashes);
            ids.extend(lanes.iter().zip(&hashes).map(|(row, hash)| self.intern(row, *hash)));
        }
        (self.rows, self.hashes) = (lanes, hashes);
        fit
    }

    fn absorb_lanes<const N: usize>(&mut self, other: &LaneKeys) -> Vec<u32> {
        let (keys, hasher) = (other.keys.as_chunks::<N>().0, self.hasher);
        keys.iter().map(|row| self.intern(row, hasher.words(row))).collect()
    }

    /// As [`ByteKeys`](super::byte_keys::ByteKeys) does it.
    fn touch<const N: usize>(&self, hashes: &[u32]) {
        let keys = self.keys.as_chunks::<N>().0;
        let key = |hash: &u32| keys[(self.index.first_candidate(*hash) as usize).min(keys.len() - 1)][0];
        std::hint::black_box(hashes.iter().fold(0, |all, hash| all ^ key(hash)));
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "a call for each row would cost more than the look-up")]
    fn intern<const N: usize>(&mut self, row: &[u64; N], hash: u32) -> u32 {
        let keys = self.keys.as_chunks::<N>().0;
        match self.index.find(hash, |id| keys.get(id as usize).is_some_and(|key| equal(key, row))) {
            Ok(id) => id,
            Err(slot) => self.insert(slot, hash, row),
        }
    }

    #[cold]
    #[inline(never)]
    fn insert<const N: usize>(&mut self, slot: usize, hash: u32, row: &[u64; N]) -> u32 {
        let id = self.push(row);
        let (keys, hasher) = (self.keys.as_chunks::<N>().0, self.hasher);
        self.index.insert(slot, hash, id, |id| hasher.words(&keys[id as usize]));
        id
    }

    #[allow(clippy::cast_possible_truncation, reason = "the table refuses more groups than ids")]
    fn push(&mut self, row: &[u64]) -> u32 {
        let id = self.len() as u32;
        reserve(&mut self.keys, row.len());
        self.keys.extend_from_slice(row);
        id
    }
}

impl Column<'_> {
    /// Writes the values of the rows from `start` on, beginning at a lane; whether all fit.
    fn fill<const N: usize>(&self, start: usize, lane: usize, lanes: &mut [[u64; N]]) -> bool {
        match lane {
            0 => self.fill_from::<0, N>(start, lanes),
            1 => self.fill_from::<1, N>(start, lanes),
            2 => self.fill_from::<2, N>(start, lanes),
            _ => self.fill_from::<3, N>(start, lanes),
        }
    }

    #[allow(clippy::cast_possible_truncation, reason = "takes a view apart")]
    fn fill_from<const LANE: usize, const N: usize>(&self, start: usize, lanes: &mut [[u64; N]]) -> bool {
        match self {
            Column::Words(words) => {
                for (row, word) in lanes.iter_mut().zip(&words[start..]) {
                    row[LANE % N] = *word;
                }
                true
            }
            Column::Views(views, None) => {
                let views = &views.as_slice()[start..start + lanes.len()];
                for (row, view) in lanes.iter_mut().zip(views) {
                    put::<LANE, N>(row, *view);
                }
                views.iter().fold(0, |most, view| most.max(*view as u32)) <= SHORT as u32
            }
            Column::Views(views, nulls) => fill_texts::<LANE, N>(views, nulls.as_ref(), start, lanes),
            Column::Texts(texts, nulls) => fill_texts::<LANE, N>(texts, nulls.as_ref(), start, lanes),
        }
    }
}

#[inline]
fn fill_texts<const LANE: usize, const N: usize>(
    texts: &impl Strings,
    nulls: Option<&NullBuffer>,
    start: usize,
    lanes: &mut [[u64; N]],
) -> bool {
    let mut fit = true;
    for (row, number) in lanes.iter_mut().zip(start..) {
        let view = match nulls {
            Some(nulls) if nulls.is_null(number) => Some(NULL),
            _ => match texts.key(number) {
                Key::Short(view) => Some(view),
                Key::Long(_) => None,
            },
        };
        fit &= view.is_some();
        put::<LANE, N>(row, view.unwrap_or_default());
    }
    fit
}

/// Writes a view into two lanes; a text never begins in the last one.
#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "takes a view apart")]
#[allow(clippy::inline_always, reason = "two stores")]
fn put<const LANE: usize, const N: usize>(row: &mut [u64; N], view: u128) {
    row[LANE % N] = view as u64;
    row[(LANE + 1) % N] = (view >> 64) as u64;
}

/// A column as it fills lanes; `None` where it has numbers that do not fit one.
fn source(column: &ArrayRef, data_type: DataType) -> Result<Option<Column<'_>>> {
    let nulls = column.logical_nulls().filter(|nulls| nulls.null_count() > 0);
    Ok(match data_type {
        DataType::Utf8 => match (column.as_string_view_opt(), column.as_string_opt::<i32>()) {
            (Some(views), _) => Some(Column::Views(Views::new(views), nulls)),
            (_, Some(texts)) => Some(Column::Texts(Texts::new(texts), nulls)),
            _ => return Err(misfit(column, data_type)),
        },
        _ => words(column, data_type)?.filter(|_| nulls.is_none()).map(Column::Words),
    })
}

fn lanes_of(data_type: DataType) -> usize {
    if data_type == DataType::Utf8 { 2 } else { 1 }
}

/// Without a branch for each lane.
#[inline(always)]
#[allow(clippy::inline_always, reason = "a call for each row would cost more than the look-up")]
fn equal<const N: usize>(left: &[u64; N], right: &[u64; N]) -> bool {
    left.iter().zip(right).fold(0, |all, (left, right)| all | (left ^ right)) == 0
}
