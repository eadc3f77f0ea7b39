//! Summaries of a column in bounded memory. Each gives the same for the same values in the same order, and says whether it
//! is exact.

use std::collections::{BTreeMap, BTreeSet};

/// The number of distinct values, from the smallest of their hashes: exact while there are fewer values than hashes kept.
/// The estimate is that of Bar-Yossef et al., "Counting distinct elements in a data stream" (2002): its standard error is
/// one divided by the root of the hashes kept.
#[derive(Debug)]
pub(super) struct Distinct {
    kept: usize,
    hashes: BTreeSet<u64>,
    full: bool,
}

impl Distinct {
    pub(super) fn new(kept: usize) -> Self {
        Distinct { kept, hashes: BTreeSet::new(), full: false }
    }

    pub(super) fn add(&mut self, hash: u64) {
        if self.full && self.hashes.last().is_some_and(|last| hash >= *last) {
            return;
        }
        self.hashes.insert(hash);
        if self.hashes.len() > self.kept {
            self.hashes.pop_last();
            self.full = true;
        }
    }

    /// How many, and whether that is exact.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an estimate, below 2^64")]
    pub(super) fn count(&self) -> (u64, bool) {
        let kept = self.hashes.len();
        match self.hashes.last() {
            Some(last) if self.full => {
                let share = *last as f64 / u64::MAX as f64;
                (((kept - 1) as f64 / share).round() as u64, false)
            }
            _ => (kept as u64, true),
        }
    }
}

/// Values drawn evenly from a column, all of them while there are no more than it holds (Vitter's algorithm R, with a fixed
/// seed).
#[derive(Debug)]
pub(super) struct Sample {
    held: usize,
    seen: u64,
    random: u64,
    values: Vec<i128>,
}

impl Sample {
    pub(super) fn new(held: usize) -> Self {
        Sample { held, seen: 0, random: 0, values: Vec::new() }
    }

    pub(super) fn add(&mut self, value: i128) {
        self.seen += 1;
        if self.values.len() < self.held {
            self.values.push(value);
            return;
        }
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let drawn = (u128::from(mix(self.random)) * u128::from(self.seen)) >> 64;
        if let Some(slot) = usize::try_from(drawn).ok().and_then(|at| self.values.get_mut(at)) {
            *slot = value;
        }
    }

    /// The values below and at which a quarter, a half and three quarters of all lie, and whether they are exact.
    pub(super) fn quartiles(&self) -> Option<([i128; 3], bool)> {
        let mut sorted = self.values.clone();
        sorted.sort_unstable();
        let at = |quarters: usize| sorted.get((sorted.len() * quarters).div_ceil(4).max(1) - 1).copied();
        let quartiles = [at(1)?, at(2)?, at(3)?];
        Some((quartiles, self.seen == self.values.len() as u64))
    }
}

/// The most frequent values: the counters of Misra and Gries, "Finding repeated elements" (1982).
#[derive(Debug)]
pub(super) struct Top<T> {
    counters: usize,
    counts: BTreeMap<u64, (u64, u64, T)>,
    /// How far a count may be too low.
    taken: u64,
    seen: u64,
}

impl<T: Clone> Top<T> {
    pub(super) fn new(counters: usize) -> Self {
        Top { counters, counts: BTreeMap::new(), taken: 0, seen: 0 }
    }

    /// Takes a value by its hash; `shown` makes what is shown of it.
    pub(super) fn add(&mut self, hash: u64, shown: impl FnOnce() -> T) {
        self.seen += 1;
        if let Some((count, ..)) = self.counts.get_mut(&hash) {
            *count += 1;
        } else if self.counts.len() < self.counters {
            self.counts.insert(hash, (1, self.seen, shown()));
        } else {
            self.taken += 1;
            self.counts.retain(|_, (count, ..)| {
                *count -= 1;
                *count > 0
            });
        }
    }

    /// Up to `most` values and how often they stand there at least, the most frequent first, of equally frequent ones that
    /// which came first; and whether the counts are exact. Values that may be no more frequent than others are left out.
    pub(super) fn most_frequent(&self, most: usize) -> (Vec<(T, u64)>, bool) {
        let floor = self.taken.max(u64::from(self.counts.len() > most));
        let mut counts: Vec<_> = self.counts.values().filter(|(count, ..)| *count > floor).collect();
        counts.sort_by_key(|(count, first, _)| (std::cmp::Reverse(*count), *first));
        let top = counts.into_iter().take(most).map(|(count, _, shown)| (shown.clone(), *count));
        (top.collect(), self.taken == 0)
    }
}

/// Spreads the bits of a number: the last step of Steele, Lea and Flood's SplitMix (2014).
pub(super) fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// A hash of a text that is the same in every process.
pub(super) fn hash_text(text: &[u8]) -> u64 {
    let mut hash = mix(text.len() as u64 ^ 0x9e37_79b9_7f4a_7c15);
    for chunk in text.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        hash = mix(hash.rotate_left(5) ^ u64::from_le_bytes(word)).wrapping_add(0x9e37_79b9_7f4a_7c15);
    }
    mix(hash)
}

/// A hash of a number.
#[allow(clippy::cast_possible_truncation, reason = "both halves are taken")]
pub(super) fn hash_number(value: i128) -> u64 {
    mix(mix(value as u64 ^ 0x9e37_79b9_7f4a_7c15) ^ (value >> 64) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_distinct_values() {
        let mut distinct = Distinct::new(1024);
        (0..1024).chain(0..500).for_each(|value| distinct.add(hash_number(value)));
        assert_eq!(distinct.count(), (1024, true));
        (0..100_000).for_each(|value| distinct.add(hash_number(value)));
        let (count, exact) = distinct.count();
        assert!(!exact && count.abs_diff(100_000) < 10_000, "{count}");
    }

    #[test]
    fn quartiles_of_all_and_of_a_sample() {
        let mut sample = Sample::new(1000);
        assert_eq!(sample.quartiles(), None);
        (1..=8).for_each(|value| sample.add(value));
        assert_eq!(sample.quartiles(), Some(([2, 4, 6], true)));
        (9..=100_000).for_each(|value| sample.add(value));
        let (quartiles, exact) = sample.quartiles().unwrap();
        assert!(!exact && quartiles[1].abs_diff(50_000) < 10_000, "{quartiles:?}");
    }

    #[test]
    fn frequent_values() {
        let mut top = Top::new(4);
        for value in [3, 1, 3, 2, 1, 3] {
            top.add(hash_number(value), || value);
        }
        assert_eq!(top.most_frequent(2), (vec![(3, 3), (1, 2)], true));
        (0..1000).for_each(|value| top.add(hash_number(value), || value));
        let (top, exact) = top.most_frequent(3);
        assert!(!exact && top.is_empty(), "{top:?}");
    }
}
