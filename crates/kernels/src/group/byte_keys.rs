//! Keys as byte strings: a hash index over entries of equal size, and an arena for what does not fit into them.

use super::hash::Hasher;
use super::index::HashIndex;

/// How many bytes of a key are looked at in one word, and fit into its entry.
const HEAD: usize = 16;

/// From how many keys on the index and the entries no longer fit the caches that are near, so that waiting for many
/// of them at once pays.
pub(super) const MANY: usize = 4096;

/// How many rows wait together.
pub(super) const TOGETHER: usize = 128;

/// Byte strings with dense ids in the order of their arrival. Short strings cost no call and no loop.
#[derive(Debug)]
pub(super) struct ByteKeys {
    hasher: Hasher,
    index: HashIndex,
    /// By id.
    entries: Vec<Entry>,
    /// The strings that are longer than [`HEAD`], one behind the other.
    arena: Vec<u8>,
    /// Hashes of the rows that are being looked up.
    hashes: Vec<u32>,
}

/// Where a string is.
#[derive(Debug, Clone, Copy)]
struct Entry {
    /// The string itself and zeros; for a long one its first 8 bytes, then its place in the arena.
    bytes: [u8; HEAD],
    length: usize,
}

/// A string that is looked up.
#[derive(Clone, Copy)]
pub(super) struct Key<'a> {
    length: usize,
    /// Its first bytes, zeros behind a short one.
    head: u128,
    /// The bytes of one that is longer than [`HEAD`].
    long: &'a [u8],
}

/// Some strings by row, none of them NULL.
pub(super) trait Strings {
    /// The string of a row.
    fn key(&self, row: usize) -> Key<'_>;
}

impl ByteKeys {
    /// No strings.
    pub(super) fn new() -> Self {
        let (hasher, index) = (Hasher::new(), HashIndex::new());
        ByteKeys { hasher, index, entries: Vec::new(), arena: Vec::new(), hashes: Vec::new() }
    }

    /// How many strings.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Heap bytes held, by capacity.
    pub(super) fn size(&self) -> usize {
        self.index.size()
            + self.entries.capacity() * size_of::<Entry>()
            + self.arena.capacity()
            + self.hashes.capacity() * size_of::<u32>()
    }

    /// The string of an id.
    pub(super) fn get(&self, id: u32) -> &[u8] {
        let entry = &self.entries[id as usize];
        if entry.length <= HEAD { &entry.bytes[..entry.length] } else { self.long(entry) }
    }

    /// Adds the ids of the first `rows` strings to `ids`; new ones get the next ids.
    pub(super) fn look_up(&mut self, strings: &impl Strings, rows: usize, ids: &mut Vec<u32>) {
        ids.reserve(rows);
        let mut next = 0;
        while next < rows && self.len() <= MANY {
            let behind = rows.min(next + TOGETHER);
            ids.extend((next..behind).map(|row| self.look_up_one(strings.key(row))));
            next = behind;
        }
        let hasher = self.hasher;
        let mut hashes = std::mem::take(&mut self.hashes);
        while next < rows {
            let together = next..rows.min(next + TOGETHER);
            hashes.clear();
            hashes.extend(together.clone().map(|row| strings.key(row).hash(hasher)));
            self.touch(&hashes);
            next = together.end;
            ids.extend(together.zip(&hashes).map(|(row, hash)| self.intern(strings.key(row), *hash)));
        }
        self.hashes = hashes;
    }

    /// The id of one string.
    #[inline(always)]
    pub(super) fn look_up_one(&mut self, key: Key<'_>) -> u32 {
        let hash = key.hash(self.hasher);
        self.intern(key, hash)
    }

    /// The id of the string that `other` has under `id`.
    pub(super) fn look_up_other(&mut self, other: &ByteKeys, id: u32) -> u32 {
        self.look_up_one(Key::new(other.get(id)))
    }

    /// A new id without a string, which no look-up finds.
    pub(super) fn push_nameless(&mut self) -> u32 {
        self.push(Key::new(&[]))
    }

    /// Loads what these hashes will most likely need. No load depends on what another row finds, so that the cache
    /// misses of many rows overlap.
    fn touch(&self, hashes: &[u32]) {
        let last = self.entries.len() - 1;
        let touched = hashes.iter().fold(0, |all, hash| {
            let entry = &self.entries[last.min(self.index.first_candidate(*hash) as usize)];
            // Of a short string this is no place, but then the entry is all there is.
            let first = self.arena.get(entry.place()).map_or(0, |byte| usize::from(*byte));
            all ^ entry.length ^ first
        });
        std::hint::black_box(touched);
    }

    #[inline(always)]
    fn intern(&mut self, key: Key<'_>, hash: u32) -> u32 {
        match self.index.find(hash, |id| self.equals(id, key)) {
            Ok(id) => id,
            Err(slot) => self.insert(slot, hash, key),
        }
    }

    #[inline(always)]
    fn equals(&self, id: u32, key: Key<'_>) -> bool {
        let entry = &self.entries[id as usize];
        entry.length == key.length
            && match entry.length {
                0..=HEAD => u128::from_le_bytes(entry.bytes) == key.head,
                _ => self.long(entry) == key.long,
            }
    }

    #[cold]
    fn insert(&mut self, slot: usize, hash: u32, key: Key<'_>) -> u32 {
        let id = self.push(key);
        self.index.insert(slot, hash, id);
        id
    }

    #[allow(clippy::cast_possible_truncation, reason = "the table refuses more groups than ids")]
    fn push(&mut self, key: Key<'_>) -> u32 {
        let mut bytes = key.head.to_le_bytes();
        if key.length > HEAD {
            bytes[8..].copy_from_slice(&(self.arena.len() as u64).to_le_bytes());
            self.arena.extend_from_slice(key.long);
        }
        self.entries.push(Entry { bytes, length: key.length });
        self.entries.len() as u32 - 1
    }

    #[inline]
    fn long(&self, entry: &Entry) -> &[u8] {
        &self.arena[entry.place()..entry.place() + entry.length]
    }
}

impl Entry {
    /// Where a long string begins in the arena.
    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "the place of a byte in memory")]
    fn place(&self) -> usize {
        (u128::from_le_bytes(self.bytes) >> 64) as usize
    }
}

impl<'a> Key<'a> {
    /// A string of its own.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Key::at(bytes, 0, bytes.len())
    }

    /// The `length` bytes from `start` on.
    #[inline(always)]
    pub(super) fn at(bytes: &'a [u8], start: usize, length: usize) -> Self {
        let head = match bytes.get(start..).and_then(|behind| behind.first_chunk()) {
            Some(window) => u128::from_le_bytes(*window) & MASKS[length.min(HEAD)],
            None => head_at_the_end(&bytes[start..start + length]),
        };
        let long = if length > HEAD { &bytes[start..start + length] } else { &[] };
        Key { length, head, long }
    }

    /// A string of at most [`HEAD`] bytes, zeros behind them.
    #[inline(always)]
    pub(super) fn short(head: u128, length: usize) -> Self {
        Key { length, head, long: &[] }
    }

    #[inline(always)]
    fn hash(&self, hasher: Hasher) -> u32 {
        hasher.bytes(self.head, self.length, self.long)
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

    impl Strings for Vec<Vec<u8>> {
        fn key(&self, row: usize) -> Key<'_> {
            Key::new(&self[row])
        }
    }

    fn look_up(keys: &mut ByteKeys, strings: &Vec<Vec<u8>>) -> Vec<u32> {
        let mut ids = Vec::new();
        keys.look_up(strings, strings.len(), &mut ids);
        let singly: Vec<u32> = strings.iter().map(|string| keys.look_up_one(Key::new(string))).collect();
        assert_eq!(ids, singly);
        let values = [strings.concat(), vec![7; 40]].concat();
        let mut end = 0;
        for (string, id) in strings.iter().zip(&ids) {
            assert_eq!(keys.look_up_one(Key::at(&values, end, string.len())), *id);
            end += string.len();
        }
        ids
    }

    #[test]
    fn zeros_and_lengths_differ() {
        let strings: Vec<Vec<u8>> = (0..40).map(|length| vec![0; length]).collect();
        let mut keys = ByteKeys::new();
        assert_eq!(look_up(&mut keys, &strings), (0..40).collect::<Vec<_>>());
        assert_eq!(keys.push_nameless(), 40);
        assert_eq!(look_up(&mut keys, &vec![vec![], vec![1]]), [0, 41]);
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
