//! Keys of one column whose values fit 64 bits.

use arrow::array::{Array, ArrayRef};
use plimsoll_core::{DataType, Result};

use super::column::{word_array, words};
use super::direct::DirectTable;
use super::growth::{bytes_for, push};
use super::hash::Hasher;
use super::index::{HashIndex, MANY, TOGETHER};
use super::keys::Mode;

/// Words with dense ids.
#[derive(Debug)]
pub(super) struct WordKeys {
    data_type: DataType,
    hasher: Hasher,
    finder: Finder,
    /// The word of each id; 0 for the id of NULL.
    keys: Vec<u64>,
    null: Option<u32>,
    /// Whether an index of hashes is to be dense.
    dense: bool,
    /// Hashes of the rows that are being looked up.
    hashes: Vec<u32>,
}

/// From a word to its id.
#[derive(Debug)]
enum Finder {
    /// While the words lie close together.
    Direct(DirectTable),
    Hashed(HashIndex),
}

impl WordKeys {
    /// No keys; `data_type` is any but text.
    pub(super) fn new(data_type: DataType) -> Self {
        let (hasher, finder) = (Hasher::new(), Finder::Direct(DirectTable::new()));
        WordKeys { data_type, hasher, finder, keys: Vec::new(), null: None, dense: false, hashes: Vec::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    pub(super) fn size(&self) -> usize {
        self.index_size()
            + self.keys.capacity() * size_of::<u64>()
            + self.hashes.capacity() * size_of::<u32>()
    }

    /// Bytes of the index.
    pub(super) fn index_size(&self) -> usize {
        match &self.finder {
            Finder::Direct(table) => table.size(),
            Finder::Hashed(index) => index.size(),
        }
    }

    /// See [`HashIndex::make_dense`]. A direct table has room for words that never come, so there is none any more.
    pub(super) fn make_dense(&mut self) {
        self.dense = true;
        match &mut self.finder {
            Finder::Direct(_) => self.leave_direct(),
            Finder::Hashed(index) => index.make_dense(),
        }
    }

    /// Bytes that it takes beside those that it has while it makes room for `more` keys. Whether a direct table becomes wider
    /// is only known of the words.
    pub(super) fn growth(&self, more: usize) -> usize {
        let finder = match &self.finder {
            Finder::Direct(_) => 0,
            Finder::Hashed(index) => index.growth(more),
        };
        finder + bytes_for(&self.keys, more)
    }

    /// Lets go of what only look-ups need. There must be none any more.
    pub(super) fn close(&mut self) {
        (self.finder, self.hashes) = (Finder::Direct(DirectTable::new()), Vec::new());
    }

    /// Adds the id of every row to `ids`; whether all mantissas fit 64 bits: else there is no id.
    pub(super) fn look_up(&mut self, column: &ArrayRef, mode: Mode, ids: &mut Vec<u32>) -> Result<bool> {
        let Some(words) = words(column, self.data_type)? else { return Ok(false) };
        match column.logical_nulls().filter(|nulls| nulls.null_count() > 0) {
            None if mode == Mode::Append => ids.extend(words.iter().map(|word| push(&mut self.keys, *word))),
            None => self.look_up_words(&words, ids),
            Some(nulls) => ids.extend(words.iter().zip(&nulls).map(|(word, valid)| match valid {
                true => self.intern(*word),
                false => self.null(),
            })),
        }
        Ok(true)
    }

    /// Takes all keys of `other`; gives the id here of each id there.
    pub(super) fn absorb(&mut self, other: &WordKeys) -> Vec<u32> {
        let mut mapping = Vec::with_capacity(other.len());
        for (id, word) in (0..).zip(&other.keys) {
            mapping.push(match other.null == Some(id) {
                true => self.null(),
                false => self.intern(*word),
            });
        }
        mapping
    }

    /// The keys with these ids.
    pub(super) fn decode(&self, ids: &[u32]) -> Vec<ArrayRef> {
        let words = ids.iter().map(|id| (self.null != Some(*id)).then(|| self.keys[*id as usize]));
        vec![word_array(words, self.data_type)]
    }

    fn null(&mut self) -> u32 {
        match self.null {
            Some(id) => id,
            None => *self.null.insert(push(&mut self.keys, 0)),
        }
    }

    fn look_up_words(&mut self, words: &[u64], ids: &mut Vec<u32>) {
        let mut hashes = std::mem::take(&mut self.hashes);
        for words in words.chunks(TOGETHER) {
            if matches!(self.finder, Finder::Direct(_)) {
                ids.extend(words.iter().map(|word| match &self.finder {
                    Finder::Direct(table) => table.find(*word).unwrap_or_else(|| self.insert(*word)),
                    Finder::Hashed(_) => self.intern(*word),
                }));
                continue;
            }
            let hasher = self.hasher;
            hashes.clear();
            hashes.extend(words.iter().map(|word| hasher.word(*word)));
            if self.len() > MANY {
                self.touch(&hashes);
            }
            ids.extend(words.iter().zip(&hashes).map(|(word, hash)| self.intern_hashed(*word, *hash)));
        }
        self.hashes = hashes;
    }

    /// As [`ByteKeys`](super::byte_keys::ByteKeys) does it.
    fn touch(&self, hashes: &[u32]) {
        let Finder::Hashed(index) = &self.finder else { return };
        let last = self.keys.len() - 1;
        let key = |hash: &u32| self.keys[last.min(index.first_candidate(*hash) as usize)];
        std::hint::black_box(hashes.iter().fold(0, |all, hash| all ^ key(hash)));
    }

    #[inline]
    fn intern(&mut self, word: u64) -> u32 {
        match &self.finder {
            Finder::Direct(table) => table.find(word).unwrap_or_else(|| self.insert(word)),
            Finder::Hashed(_) => self.intern_hashed(word, self.hasher.word(word)),
        }
    }

    #[inline]
    fn intern_hashed(&mut self, word: u64, hash: u32) -> u32 {
        if let Finder::Hashed(index) = &mut self.finder {
            match index.find(hash, |id| self.keys.get(id as usize) == Some(&word)) {
                Ok(id) => return id,
                Err(slot) => insert_hashed(index, &mut self.keys, self.hasher, slot, (hash, word)),
            }
        }
        self.keys.len() as u32 - 1
    }

    /// Gives a new word an id.
    #[cold]
    #[inline(never)]
    fn insert(&mut self, word: u64) -> u32 {
        let keys = self.keys.len();
        if let Finder::Direct(table) = &mut self.finder {
            #[allow(clippy::cast_possible_truncation, reason = "the table refuses more groups than ids")]
            if table.insert(word, keys as u32, keys) {
                return push(&mut self.keys, word);
            }
            self.leave_direct();
        }
        self.intern(word)
    }

    /// Words come that lie far apart: from now on they are hashed.
    fn leave_direct(&mut self) {
        let mut index = HashIndex::new();
        if self.dense {
            index.make_dense();
        }
        for (id, word) in (0..).zip(&self.keys) {
            let hash = self.hasher.word(*word);
            if self.null != Some(id)
                && let Err(slot) = index.find(hash, |_| false)
            {
                index.insert(slot, hash, id, |id| self.hasher.word(self.keys[id as usize]));
            }
        }
        self.finder = Finder::Hashed(index);
    }
}

/// Gives a new word with this hash an id, for which the index has a free slot.
#[cold]
#[inline(never)]
fn insert_hashed(
    index: &mut HashIndex,
    keys: &mut Vec<u64>,
    hasher: Hasher,
    slot: usize,
    (hash, word): (u32, u64),
) {
    let id = push(keys, word);
    index.insert(slot, hash, id, |id| hasher.word(keys[id as usize]));
}
