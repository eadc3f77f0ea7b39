//! Keys as byte strings: a hash index over an arena.

use std::ops::Range;

use super::hash::Hasher;
use super::index::HashIndex;

/// How many bytes of a key are looked at in one word; as many zeros stand behind the arena.
const HEAD: usize = 16;

/// Byte strings with dense ids in the order of their arrival. Short strings cost no call and no loop.
#[derive(Debug)]
pub(super) struct ByteKeys {
    hasher: Hasher,
    index: HashIndex,
    /// All strings, one behind the other, and [`HEAD`] zeros.
    arena: Vec<u8>,
    /// Where the string of each id begins, and where the last one ends.
    bounds: Vec<usize>,
    /// Hashes of the rows that are being looked up.
    hashes: Vec<u32>,
}

/// A string that is looked up.
#[derive(Clone, Copy)]
struct Key<'a> {
    bytes: &'a [u8],
    head: u128,
}

impl ByteKeys {
    /// No strings.
    pub(super) fn new() -> Self {
        let (hasher, index) = (Hasher::new(), HashIndex::new());
        ByteKeys { hasher, index, arena: vec![0; HEAD], bounds: vec![0], hashes: Vec::new() }
    }

    /// How many strings.
    pub(super) fn len(&self) -> usize {
        self.bounds.len() - 1
    }

    /// Heap bytes held, by capacity.
    pub(super) fn size(&self) -> usize {
        self.index.size()
            + self.arena.capacity()
            + self.bounds.capacity() * size_of::<usize>()
            + self.hashes.capacity() * size_of::<u32>()
    }

    /// The string of an id.
    pub(super) fn get(&self, id: u32) -> &[u8] {
        &self.arena[self.bounds[id as usize]..self.bounds[id as usize + 1]]
    }

    /// All strings, one behind the other; [`ByteKeys::ranges`] says where each is.
    pub(super) fn arena(&self) -> &[u8] {
        &self.arena
    }

    /// Where in the arena the string of each id is.
    pub(super) fn ranges(&self) -> impl Iterator<Item = Range<usize>> + Clone {
        self.bounds.windows(2).map(|pair| pair[0]..pair[1])
    }

    /// Adds the ids of the strings at these `ranges` of `values` to `ids`; new ones get the next ids.
    pub(super) fn look_up(
        &mut self,
        values: &[u8],
        ranges: impl Iterator<Item = Range<usize>> + Clone,
        ids: &mut Vec<u32>,
    ) {
        // Hashes first: the loads of the second loop then do not wait for multiplications.
        let hasher = self.hasher;
        let mut hashes = std::mem::take(&mut self.hashes);
        hashes.clear();
        hashes.extend(ranges.clone().map(|range| {
            let key = Key::new(values, range);
            hasher.bytes(key.head, key.bytes)
        }));
        let found =
            hashes.iter().zip(ranges).map(|(hash, range)| self.intern(Key::new(values, range), *hash));
        ids.extend(found);
        self.hashes = hashes;
    }

    /// The id of one string.
    pub(super) fn look_up_one(&mut self, values: &[u8], range: Range<usize>) -> u32 {
        let key = Key::new(values, range);
        let hash = self.hasher.bytes(key.head, key.bytes);
        self.intern(key, hash)
    }

    /// A new id without a string, which no look-up finds.
    pub(super) fn push_nameless(&mut self) -> u32 {
        self.push(&[])
    }

    #[inline]
    fn intern(&mut self, key: Key<'_>, hash: u32) -> u32 {
        match self.index.find(hash, |id| self.equals(id, key)) {
            Ok(id) => id,
            Err(slot) => self.insert(slot, hash, key),
        }
    }

    #[inline]
    fn equals(&self, id: u32, key: Key<'_>) -> bool {
        let (start, end) = (self.bounds[id as usize], self.bounds[id as usize + 1]);
        let length = key.bytes.len();
        end - start == length
            && head(&self.arena, start, length) == key.head
            && (length <= HEAD || self.arena[start + HEAD..end] == key.bytes[HEAD..])
    }

    #[cold]
    fn insert(&mut self, slot: usize, hash: u32, key: Key<'_>) -> u32 {
        let id = self.push(key.bytes);
        self.index.insert(slot, hash, id);
        id
    }

    #[allow(clippy::cast_possible_truncation, reason = "the table refuses more groups than ids")]
    fn push(&mut self, bytes: &[u8]) -> u32 {
        let id = self.len() as u32;
        self.arena.truncate(self.arena.len() - HEAD);
        self.arena.extend_from_slice(bytes);
        self.bounds.push(self.arena.len());
        self.arena.extend_from_slice(&[0; HEAD]);
        id
    }
}

impl<'a> Key<'a> {
    #[inline]
    fn new(values: &'a [u8], range: Range<usize>) -> Self {
        let head = head(values, range.start, range.len());
        Key { bytes: &values[range], head }
    }
}

/// The first bytes of the string at `start`, zeros behind a short one.
#[inline]
fn head(values: &[u8], start: usize, length: usize) -> u128 {
    match values.get(start..start + HEAD).and_then(|window| window.first_chunk()) {
        Some(window) => u128::from_le_bytes(*window) & MASKS[length.min(HEAD)],
        None => head_at_the_end(&values[start..start + length]),
    }
}

/// Which bits the first `n` bytes of a head are.
const MASKS: [u128; HEAD + 1] = {
    let mut masks = [u128::MAX; HEAD + 1];
    let mut length = 0;
    while length < HEAD {
        masks[length] = (1 << (8 * length)) - 1;
        length += 1;
    }
    masks
};

/// A string too near to the end of its buffer to be loaded at once.
#[cold]
fn head_at_the_end(bytes: &[u8]) -> u128 {
    let mut window = [0; HEAD];
    let length = bytes.len().min(HEAD);
    window[..length].copy_from_slice(&bytes[..length]);
    u128::from_le_bytes(window)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    fn look_up(keys: &mut ByteKeys, strings: &[Vec<u8>]) -> Vec<u32> {
        let values = strings.concat();
        let mut end = 0;
        let ranges: Vec<Range<usize>> = strings
            .iter()
            .map(|string| {
                end += string.len();
                end - string.len()..end
            })
            .collect();
        let mut ids = Vec::new();
        keys.look_up(&values, ranges.iter().cloned(), &mut ids);
        let singly: Vec<u32> = ranges.into_iter().map(|range| keys.look_up_one(&values, range)).collect();
        assert_eq!(ids, singly);
        ids
    }

    #[test]
    fn zeros_and_lengths_differ() {
        let strings: Vec<Vec<u8>> = (0..40).map(|length| vec![0; length]).collect();
        let mut keys = ByteKeys::new();
        assert_eq!(look_up(&mut keys, &strings), (0..40).collect::<Vec<_>>());
        assert_eq!(keys.push_nameless(), 40);
        assert_eq!(look_up(&mut keys, &[vec![], vec![1]]), [0, 41]);
        assert!((0..40).all(|id| keys.get(id).len() == id as usize));
    }

    proptest! {
        #[test]
        fn as_a_map_does(strings in prop::collection::vec(prop::collection::vec(0u8..3, 0..20), 0..300)) {
            let mut keys = ByteKeys::new();
            let mut map: HashMap<Vec<u8>, u32> = HashMap::new();
            for (string, id) in strings.iter().zip(look_up(&mut keys, &strings)) {
                let next = map.len() as u32;
                prop_assert_eq!(*map.entry(string.clone()).or_insert(next), id);
                prop_assert_eq!(keys.get(id), string.as_slice());
            }
            prop_assert_eq!(keys.len(), map.len());
        }
    }
}
