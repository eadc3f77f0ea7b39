//! A set of (group, text) pairs: every text once, in one arena, found by open addressing.

use std::hash::{BuildHasher, Hasher};

use plimsoll_core::{Error, Result};

use super::hash::Seed;
use crate::growth::{bytes_for, reserve};

/// Pairs in the order they came. Takes the bytes of the text, 16 for the pair, and 5 to 11 for the table.
#[derive(Default)]
pub(super) struct TextSet {
    bytes: Vec<u8>,
    pairs: Vec<Pair>,
    /// Index of a pair, plus 1; 0 is free. Its length is a power of two, at most three quarters of it taken.
    table: Vec<u32>,
    seed: Seed,
}

/// Its text begins where that of the pair before ends.
struct Pair {
    group: u32,
    hash: u32,
    end: usize,
}

impl TextSet {
    /// Adds a pair, unless it is there.
    pub(super) fn insert(&mut self, group: u32, text: &[u8]) -> Result<()> {
        if self.pairs.len() * 4 >= self.table.len() * 3 {
            self.grow();
        }
        let mut hasher = self.seed.build_hasher();
        hasher.write_u32(group);
        hasher.write(text);
        let hash = hasher.finish() as u32;
        let mask = self.table.len() - 1;
        let mut place = hash as usize & mask;
        while let Some(index) = (self.table[place] as usize).checked_sub(1) {
            let pair = &self.pairs[index];
            if pair.hash == hash && pair.group == group && self.text(index) == text {
                return Ok(());
            }
            place = (place + 1) & mask;
        }
        let number = u32::try_from(self.pairs.len() + 1)
            .map_err(|_| Error::value("count(distinct) takes fewer than 2^32 different texts"))?;
        self.table[place] = number;
        reserve(&mut self.pairs, 1);
        reserve(&mut self.bytes, text.len());
        self.bytes.extend_from_slice(text);
        self.pairs.push(Pair { group, hash, end: self.bytes.len() });
        Ok(())
    }

    /// All pairs.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &[u8])> {
        self.pairs.iter().enumerate().map(|(index, pair)| (pair.group, self.text(index)))
    }

    /// The groups of all pairs.
    pub(super) fn groups(&self) -> impl Iterator<Item = u32> {
        self.pairs.iter().map(|pair| pair.group)
    }

    /// The numbers of all pairs by group. None can be added any more.
    pub(super) fn by_group(&mut self) -> Vec<u32> {
        self.table = Vec::new();
        let mut numbers: Vec<u32> = (0..self.pairs.len() as u32).collect();
        numbers.sort_unstable_by_key(|number| self.pairs[*number as usize].group);
        numbers
    }

    /// The pair of a number.
    pub(super) fn pair(&self, number: u32) -> (u32, &[u8]) {
        (self.pairs[number as usize].group, self.text(number as usize))
    }

    /// Heap bytes held.
    pub(super) fn size(&self) -> usize {
        self.bytes.capacity()
            + self.pairs.capacity() * size_of::<Pair>()
            + self.table.capacity() * size_of::<u32>()
    }

    /// How many texts.
    pub(super) fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Bytes that it takes beside those that it has while it makes room for `more` texts of the usual length, or of
    /// so many `bytes` where these are more.
    pub(super) fn growth(&self, more: usize, bytes: usize) -> usize {
        let length = self.bytes.len().checked_div(self.pairs.len()).unwrap_or(0);
        let table = match (self.pairs.len() + more) * 4 >= self.table.len() * 3 {
            true => ((self.pairs.len() + more) * 4 / 3 + 1).next_power_of_two() * size_of::<u32>(),
            false => 0,
        };
        table + bytes_for(&self.pairs, more) + bytes_for(&self.bytes, bytes.max(more * length))
    }

    fn text(&self, index: usize) -> &[u8] {
        let start = index.checked_sub(1).map_or(0, |before| self.pairs[before].end);
        &self.bytes[start..self.pairs[index].end]
    }

    fn grow(&mut self) {
        self.table = vec![0; (self.table.len() * 2).max(16)];
        let mask = self.table.len() - 1;
        for (index, pair) in self.pairs.iter().enumerate() {
            let mut place = pair.hash as usize & mask;
            while self.table[place] != 0 {
                place = (place + 1) & mask;
            }
            self.table[place] = index as u32 + 1;
        }
    }
}
