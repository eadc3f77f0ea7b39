//! Keys as byte strings: a hash index over entries of 16 bytes, and an arena for the strings that do not fit into them.

use super::growth::{push, reserve};
use super::hash::Hasher;
use super::index::{HashIndex, MANY, TOGETHER};

/// The most bytes of a string that is whole in its entry, as in a view of Arrow.
pub(super) const SHORT: usize = 12;

/// Byte strings with dense ids in the order of their arrival. Short strings cost no call, no loop and no second place
/// in memory.
#[derive(Debug)]
pub(super) struct ByteKeys {
    hasher: Hasher,
    index: HashIndex,
    /// By id: what [`Key::view`] is for a short string; for a long one its place in the arena above its length.
    entries: Vec<u128>,
    /// The strings that are longer than [`SHORT`], one behind the other.
    arena: Vec<u8>,
    /// Hashes of the rows that are being looked up.
    hashes: Vec<u32>,
}

/// A string that is looked up.
#[derive(Clone, Copy)]
pub(super) struct Key<'a> {
    /// Its length in the lower 32 bits. Above them all bytes of a short one, zeros behind them: for the same string always
    /// the same word.
    view: u128,
    /// The bytes of one that is not short.
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
            + self.entries.capacity() * size_of::<u128>()
            + self.arena.capacity()
            + self.hashes.capacity() * size_of::<u32>()
    }

    /// Lets go of what only look-ups need. There must be none any more.
    pub(super) fn close(&mut self) {
        (self.index, self.hashes) = (HashIndex::new(), Vec::new());
    }

    /// Adds the string of an id to `bytes`.
    pub(super) fn append_to(&self, id: u32, bytes: &mut Vec<u8>) {
        let entry = self.entries[id as usize];
        match length(entry) {
            short @ ..=SHORT => bytes.extend_from_slice(&entry.to_le_bytes()[4..4 + short]),
            _ => bytes.extend_from_slice(self.long(entry)),
        }
    }

    /// Adds the ids of the first `rows` strings to `ids`; new ones get the next ids.
    #[inline]
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
        let entry = other.entries[id as usize];
        self.look_up_one(match length(entry) {
            ..=SHORT => Key { view: entry, long: &[] },
            _ => Key::new(other.long(entry)),
        })
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
            let entry = self.entries[last.min(self.index.first_candidate(*hash) as usize)];
            // Of a short string this is no place, but then the entry is all there is.
            let first = self.arena.get(place(entry)).map_or(0, |byte| usize::from(*byte));
            all ^ length(entry) ^ first
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
        let entry = self.entries[id as usize];
        match length(key.view) {
            ..=SHORT => entry == key.view,
            long => length(entry) == long && self.long(entry) == key.long,
        }
    }

    #[cold]
    #[inline(never)]
    fn insert(&mut self, slot: usize, hash: u32, key: Key<'_>) -> u32 {
        let id = self.push(key);
        self.index.insert(slot, hash, id);
        id
    }

    fn push(&mut self, key: Key<'_>) -> u32 {
        let place = (self.arena.len() as u128) << 64;
        let long = length(key.view) > SHORT;
        if long {
            reserve(&mut self.arena, key.long.len());
            self.arena.extend_from_slice(key.long);
        }
        push(&mut self.entries, if long { key.view | place } else { key.view })
    }

    #[inline]
    fn long(&self, entry: u128) -> &[u8] {
        &self.arena[place(entry)..place(entry) + length(entry)]
    }
}

/// The length that an entry or a view says.
#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "takes a view apart")]
fn length(entry: u128) -> usize {
    entry as u32 as usize
}

/// Where a long string begins in the arena.
#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "takes an entry apart")]
fn place(entry: u128) -> usize {
    (entry >> 64) as usize
}

impl<'a> Key<'a> {
    /// A string of its own.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Key::at(bytes, 0, bytes.len())
    }

    /// The `length` bytes from `start` on.
    #[inline(always)]
    pub(super) fn at(bytes: &'a [u8], start: usize, length: usize) -> Self {
        if length > SHORT {
            return Key { view: length as u128, long: &bytes[start..start + length] };
        }
        let head = match bytes.get(start..).and_then(|behind| behind.first_chunk()) {
            Some(window) => u128::from_le_bytes(*window) & MASKS[length],
            None => head_at_the_end(&bytes[start..start + length]),
        };
        Key { view: head << 32 | length as u128, long: &[] }
    }

    /// The string of a view of Arrow whose length is [`SHORT`] at most.
    #[inline(always)]
    pub(super) fn short(view: u128) -> Self {
        Key { view, long: &[] }
    }

    /// How many bytes.
    #[inline(always)]
    pub(super) fn len(&self) -> usize {
        length(self.view)
    }

    /// The bytes of a string that is not short.
    pub(super) fn long(&self) -> &'a [u8] {
        self.long
    }

    /// The string as a view, if it is short.
    #[inline(always)]
    pub(super) fn view(&self) -> Option<u128> {
        (length(self.view) <= SHORT).then_some(self.view)
    }

    #[inline(always)]
    fn hash(&self, hasher: Hasher) -> u32 {
        match length(self.view) {
            ..=SHORT => hasher.short(self.view),
            _ => hasher.long(self.long),
        }
    }
}

/// Which bits the first `n` bytes of a string are.
const MASKS: [u128; SHORT + 1] = {
    let mut masks = [0; SHORT + 1];
    let mut length = 0;
    while length <= SHORT {
        masks[length] = (1 << (8 * length)) - 1;
        length += 1;
    }
    masks
};

/// A short string too near to the end of its buffer to be loaded at once.
#[cold]
fn head_at_the_end(bytes: &[u8]) -> u128 {
    let mut window = [0; 16];
    window[..bytes.len()].copy_from_slice(bytes);
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

    fn string(keys: &ByteKeys, id: u32) -> Vec<u8> {
        let mut bytes = Vec::new();
        keys.append_to(id, &mut bytes);
        bytes
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
        assert!((0..40).all(|id| string(&keys, id).len() == id as usize));
    }

    proptest! {
        #[test]
        fn as_a_map_does(strings in prop::collection::vec(prop::collection::vec(0u8..3, 0..20), 0..300)) {
            let mut keys = ByteKeys::new();
            let mut map: HashMap<Vec<u8>, u32> = HashMap::new();
            for (text, id) in strings.iter().zip(look_up(&mut keys, &strings)) {
                let next = map.len() as u32;
                prop_assert_eq!(*map.entry(text.clone()).or_insert(next), id);
                prop_assert_eq!(&string(&keys, id), text);
            }
            prop_assert_eq!(keys.len(), map.len());
        }
    }
}
