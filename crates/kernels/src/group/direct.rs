//! Ids by value, for words that lie close together: a table without hashes, as wide as the range of what was seen.

/// No id.
const NONE: u32 = u32::MAX;

/// Places of the first table. The first word comes into its middle.
const FIRST: usize = 64;

/// A table may have this many places in any case: with 4 bytes each they fit the second-level cache.
const FREE_PLACES: usize = 1 << 17;

/// Places for each key that a larger table may have: no more than a hash index and its keys would take.
const PLACES_A_KEY: usize = 4;

/// Ids by word. Words are numbers modulo 2^64, so that those of negative integers lie close to those of positive ones.
#[derive(Debug)]
pub(super) struct DirectTable {
    /// The word of place 0.
    least: u64,
    places: Vec<u32>,
}

impl DirectTable {
    /// A table without places.
    pub(super) fn new() -> Self {
        DirectTable { least: 0, places: Vec::new() }
    }

    /// The id of a word.
    #[inline(always)]
    pub(super) fn find(&self, word: u64) -> Option<u32> {
        let place = usize::try_from(word.wrapping_sub(self.least)).unwrap_or(usize::MAX);
        self.places.get(place).copied().filter(|id| *id != NONE)
    }

    /// Gives a word the id `id`, of which there are `keys` before it. Whether there is a place for it.
    pub(super) fn insert(&mut self, word: u64, id: u32, keys: usize) -> bool {
        if self.places.is_empty() {
            self.least = word.wrapping_sub(FIRST as u64 / 2);
            self.places = vec![NONE; FIRST];
        }
        let above = word.wrapping_sub(self.least);
        if above >= self.places.len() as u64 && !self.widen(above, keys) {
            return false;
        }
        #[allow(clippy::cast_possible_truncation, reason = "a place in memory")]
        let place = word.wrapping_sub(self.least) as usize;
        self.places[place] = id;
        true
    }

    /// Heap bytes held.
    pub(super) fn size(&self) -> usize {
        self.places.capacity() * size_of::<u32>()
    }

    /// Makes a place for the word that lies `above` the least one, in the direction where it is nearer. Each time the
    /// table doubles at least.
    fn widen(&mut self, above: u64, keys: usize) -> bool {
        let length = self.places.len() as u64;
        let below = above.wrapping_neg();
        let most = FREE_PLACES.max(keys.saturating_mul(PLACES_A_KEY)) as u64;
        let needed = if below < above { length.saturating_add(below) } else { above.saturating_add(1) };
        let wider = needed.checked_next_power_of_two().filter(|wider| *wider <= most);
        let Some(wider) = wider.and_then(|wider| usize::try_from(wider).ok()) else { return false };
        let mut places = vec![NONE; wider];
        let start = if below < above { wider - self.places.len() } else { 0 };
        places[start..start + self.places.len()].copy_from_slice(&self.places);
        self.least = self.least.wrapping_sub(start as u64);
        self.places = places;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn insert_all(table: &mut DirectTable, words: impl Iterator<Item = i64>) -> Vec<bool> {
        let ids = 0..;
        words.zip(ids).map(|(word, id)| table.insert(word.cast_unsigned(), id, id as usize)).collect()
    }

    #[test]
    fn grows_to_both_sides() {
        let words: Vec<i64> = (0..40_000).map(|n| if n % 2 == 0 { n } else { -n }).collect();
        let mut table = DirectTable::new();
        assert!(insert_all(&mut table, words.iter().copied()).into_iter().all(|fits| fits));
        for (word, id) in words.iter().zip(0..) {
            assert_eq!(table.find(word.cast_unsigned()), Some(id));
        }
        assert_eq!(table.find(40_000), None);
        assert!(table.size() <= FREE_PLACES * 4);
    }

    #[test]
    fn far_words_have_no_place() {
        let mut table = DirectTable::new();
        assert_eq!(insert_all(&mut table, [7, 1 << 40, i64::MIN, 9].into_iter()), [true, false, false, true]);
        let mut table = DirectTable::new();
        let ends = [i64::MAX, i64::MIN, i64::MAX - 5000];
        assert_eq!(insert_all(&mut table, ends.into_iter()), [true; 3]);
        let ids = ends.map(|word| table.find(word.cast_unsigned()));
        assert_eq!(ids, [Some(0), Some(1), Some(2)]);
    }

    #[test]
    fn a_dense_range_may_be_large() {
        let mut table = DirectTable::new();
        assert!(insert_all(&mut table, 0..1_000_000).into_iter().all(|fits| fits));
        assert_eq!(table.find(999_999), Some(999_999));
    }
}
