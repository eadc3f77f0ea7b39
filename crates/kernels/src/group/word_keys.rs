//! Keys of one column whose values fit 64 bits.

use arrow::array::{Array, ArrayRef};
use plimsoll_core::{DataType, Result};

use super::byte_keys::{MANY, TOGETHER};
use super::column::{Words, word_array, words};
use super::hash::Hasher;
use super::index::HashIndex;

/// Words with dense ids.
#[derive(Debug)]
pub(super) struct WordKeys {
    data_type: DataType,
    hasher: Hasher,
    index: HashIndex,
    /// The word of each id; 0 for the id of NULL.
    keys: Vec<u64>,
    null: Option<u32>,
    /// Words and hashes of the rows that are being looked up.
    words: Vec<u64>,
    hashes: Vec<u32>,
}

impl WordKeys {
    /// No keys; `data_type` is any but text.
    pub(super) fn new(data_type: DataType) -> Self {
        WordKeys {
            data_type,
            hasher: Hasher::new(),
            index: HashIndex::new(),
            keys: Vec::new(),
            null: None,
            words: Vec::new(),
            hashes: Vec::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    pub(super) fn size(&self) -> usize {
        let words = self.keys.capacity() + self.words.capacity();
        self.index.size() + words * size_of::<u64>() + self.hashes.capacity() * size_of::<u32>()
    }

    /// Adds the id of every row to `ids`; `TooWide`, and no id, where a mantissa does not fit 64 bits.
    pub(super) fn look_up(&mut self, column: &ArrayRef, ids: &mut Vec<u32>) -> Result<Words> {
        let mut row_words = std::mem::take(&mut self.words);
        let mut hashes = std::mem::take(&mut self.hashes);
        let fit = words(column, self.data_type, &mut row_words)?;
        if fit == Words::Fit {
            let hasher = self.hasher;
            hashes.clear();
            hashes.extend(row_words.iter().map(|word| hasher.word(*word)));
            let mut rows = row_words.iter().zip(&hashes);
            match column.logical_nulls().filter(|nulls| nulls.null_count() > 0) {
                None => {
                    for hashes in hashes.chunks(TOGETHER) {
                        if self.len() > MANY {
                            self.touch(hashes);
                        }
                        let rows = rows.by_ref().take(hashes.len());
                        ids.extend(rows.map(|(word, hash)| self.intern(*word, *hash)));
                    }
                }
                Some(nulls) => ids.extend(rows.zip(&nulls).map(|((word, hash), valid)| match valid {
                    true => self.intern(*word, *hash),
                    false => self.null(),
                })),
            }
        }
        (self.words, self.hashes) = (row_words, hashes);
        Ok(fit)
    }

    /// Takes all keys of `other`; gives the id here of each id there.
    pub(super) fn absorb(&mut self, other: &WordKeys) -> Vec<u32> {
        let mut mapping = Vec::with_capacity(other.len());
        for (id, word) in (0..).zip(&other.keys) {
            mapping.push(match other.null == Some(id) {
                true => self.null(),
                false => self.intern(*word, self.hasher.word(*word)),
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

    /// As [`ByteKeys`](super::byte_keys::ByteKeys) does it.
    fn touch(&self, hashes: &[u32]) {
        let last = self.keys.len() - 1;
        let key = |hash: &u32| self.keys[last.min(self.index.first_candidate(*hash) as usize)];
        std::hint::black_box(hashes.iter().fold(0, |all, hash| all ^ key(hash)));
    }

    #[inline]
    fn intern(&mut self, word: u64, hash: u32) -> u32 {
        match self.index.find(hash, |id| self.keys[id as usize] == word) {
            Ok(id) => id,
            Err(slot) => self.insert(slot, hash, word),
        }
    }

    #[cold]
    fn insert(&mut self, slot: usize, hash: u32, word: u64) -> u32 {
        let id = push(&mut self.keys, word);
        self.index.insert(slot, hash, id);
        id
    }
}

#[allow(clippy::cast_possible_truncation, reason = "the table refuses more groups than ids")]
fn push(keys: &mut Vec<u64>, word: u64) -> u32 {
    keys.push(word);
    keys.len() as u32 - 1
}
