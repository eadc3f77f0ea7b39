//! Keys as byte strings: a hash index over entries of 16 bytes, and an arena for the strings that do not fit into them.

use std::ops::Range;

use super::growth::{bytes_for, push, reserve};
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
    /// By id: the view of a short string; for a long one its place in the arena above its length.
    entries: Vec<u128>,
    /// The strings that are longer than [`SHORT`], one behind the other.
    arena: Vec<u8>,
    /// Hashes of the rows that are being looked up.
    hashes: Vec<u32>,
}

/// A string that is looked up.
#[derive(Debug, Clone, Copy)]
pub(super) enum Key<'a> {
    /// At most [`SHORT`] bytes, as a view of Arrow: the length in the lower 32 bits, the bytes above them, then zeros. For the
    /// same string it is always the same word.
    Short(u128),
    /// More bytes.
    Long(&'a [u8]),
}

/// Some strings by row, none of them NULL.
pub(super) trait Strings {
    /// The string of a row.
    fn key(&self, row: usize) -> Key<'_>;

    /// The strings of some rows.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "a call for each row would cost more than the look-up")]
    fn keys(&self, rows: Range<usize>) -> impl Iterator<Item = Key<'_>> {
        rows.map(|row| self.key(row))
    }
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

    /// Bytes of the index.
    pub(super) fn index_size(&self) -> usize {
        self.index.size()
    }

    /// See [`HashIndex::make_dense`].
    pub(super) fn make_dense(&mut self) {
        self.index.make_dense();
    }

    /// Bytes that it takes beside those that it has while it makes room for `more` strings of the usual length.
    pub(super) fn growth(&self, more: usize) -> usize {
        let long = self.arena.len().checked_div(self.entries.len()).unwrap_or(0);
        self.index.growth(more) + bytes_for(&self.entries, more) + bytes_for(&self.arena, more * long)
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
            _ => bytes.extend_from_slice(long(entry, &self.arena)),
        }
    }

    /// Adds the ids of the first `rows` strings to `ids`; new ones get the next ids.
    #[inline]
    pub(super) fn look_up(&mut self, strings: &impl Strings, rows: usize, ids: &mut Vec<u32>) {
        ids.reserve(rows);
        let mut next = 0;
        while next < rows && self.len() <= MANY {
            let behind = rows.min(next + TOGETHER);
            ids.extend(strings.keys(next..behind).map(|key| self.look_up_one(key)));
            next = behind;
        }
        let hasher = self.hasher;
        let mut hashes = std::mem::take(&mut self.hashes);
        while next < rows {
            let together = next..rows.min(next + TOGETHER);
            hashes.clear();
            hashes.extend(strings.keys(together.clone()).map(|key| key.hash(hasher)));
            self.touch(&hashes);
            next = together.end;
            ids.extend(strings.keys(together).zip(&hashes).map(|(key, hash)| self.intern(key, *hash)));
        }
        self.hashes = hashes;
    }

    /// The id of one string.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "a call for each row would cost more than the look-up")]
    pub(super) fn look_up_one(&mut self, key: Key<'_>) -> u32 {
        match key {
            Key::Short(view) => self.intern_short(view, self.hasher.short(view)),
            Key::Long(bytes) => self.look_up_long(bytes),
        }
    }

    /// The id of the string that `other` has under `id`.
    pub(super) fn look_up_other(&mut self, other: &ByteKeys, id: u32) -> u32 {
        self.look_up_one(key(other.entries[id as usize], &other.arena))
    }

    /// A new id without a string, which no look-up finds.
    pub(super) fn push_nameless(&mut self) -> u32 {
        self.push(Key::Short(0))
    }

    /// Gives each of the first `rows` strings an id of its own, which no look-up finds, and adds it to `ids`.
    pub(super) fn append(&mut self, strings: &impl Strings, rows: usize, ids: &mut Vec<u32>) {
        ids.extend(strings.keys(0..rows).map(|key| self.push(key)));
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

    #[inline]
    fn intern(&mut self, key: Key<'_>, hash: u32) -> u32 {
        match key {
            Key::Short(view) => self.intern_short(view, hash),
            Key::Long(bytes) => self.intern_long(bytes, hash),
        }
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "a call for each row would cost more than the look-up")]
    fn intern_short(&mut self, view: u128, hash: u32) -> u32 {
        let found = self.index.find(hash, |id| self.entries.get(id as usize) == Some(&view));
        found.unwrap_or_else(|slot| self.insert(slot, hash, Key::Short(view)))
    }

    #[inline(never)]
    fn look_up_long(&mut self, bytes: &[u8]) -> u32 {
        self.intern_long(bytes, self.hasher.long(bytes))
    }

    #[inline]
    fn intern_long(&mut self, bytes: &[u8], hash: u32) -> u32 {
        let equal =
            |entry: &u128| length(*entry) == bytes.len() && same_long(long(*entry, &self.arena), bytes);
        let found = self.index.find(hash, |id| self.entries.get(id as usize).is_some_and(equal));
        found.unwrap_or_else(|slot| self.insert(slot, hash, Key::Long(bytes)))
    }

    #[cold]
    #[inline(never)]
    fn insert(&mut self, slot: usize, hash: u32, key: Key<'_>) -> u32 {
        let id = self.push(key);
        let ByteKeys { index, entries, arena, hasher, .. } = self;
        index.insert(slot, hash, id, |id| self::key(entries[id as usize], arena).hash(*hasher));
        id
    }

    fn push(&mut self, key: Key<'_>) -> u32 {
        let entry = match key {
            Key::Short(view) => view,
            Key::Long(bytes) => {
                let place = self.arena.len();
                reserve(&mut self.arena, bytes.len());
                self.arena.extend_from_slice(bytes);
                bytes.len() as u128 | (place as u128) << 64
            }
        };
        push(&mut self.entries, entry)
    }
}

/// The string of an entry.
fn key(entry: u128, arena: &[u8]) -> Key<'_> {
    match length(entry) {
        ..=SHORT => Key::Short(entry),
        _ => Key::Long(long(entry, arena)),
    }
}

/// The string of an entry that is a place in the arena.
#[inline]
fn long(entry: u128, arena: &[u8]) -> &[u8] {
    &arena[place(entry)..place(entry) + length(entry)]
}

/// Whether two strings of the same length, longer than [`SHORT`], are equal: 16 bytes at a time, the last ones twice where
/// need be. A call of `memcmp` would take longer than the comparison.
#[inline(always)]
#[allow(clippy::inline_always, reason = "a call for each row would cost more than the look-up")]
fn same_long(left: &[u8], right: &[u8]) -> bool {
    let chunks = left.as_chunks::<16>().0.iter().zip(right.as_chunks::<16>().0);
    let mut differ =
        chunks.fold(0, |all, (left, right)| all | (u128::from_ne_bytes(*left) ^ u128::from_ne_bytes(*right)));
    if let (Some(left), Some(right)) = (left.last_chunk(), right.last_chunk()) {
        differ |= u128::from_ne_bytes(*left) ^ u128::from_ne_bytes(*right);
    } else {
        let word = |bytes: Option<&[u8; 8]>| bytes.map_or(0, |bytes| u64::from_ne_bytes(*bytes));
        let first = word(left.first_chunk()) ^ word(right.first_chunk());
        differ |= u128::from(first | (word(left.last_chunk()) ^ word(right.last_chunk())));
    }
    differ == 0
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
    /// The `length` bytes from `start` on.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "a call for each row would cost more than the look-up")]
    pub(super) fn at(bytes: &'a [u8], start: usize, length: usize) -> Self {
        if length > SHORT {
            return Key::Long(&bytes[start..start + length]);
        }
        let head = match bytes.get(start..).and_then(|behind| behind.first_chunk()) {
            Some(window) => u128::from_le_bytes(*window) & MASKS[length],
            None => head_at_the_end(&bytes[start..start + length]),
        };
        Key::Short(head << 32 | length as u128)
    }

    /// How many bytes.
    #[inline]
    pub(super) fn len(&self) -> usize {
        match self {
            Key::Short(view) => length(*view),
            Key::Long(bytes) => bytes.len(),
        }
    }

    #[inline]
    fn hash(&self, hasher: Hasher) -> u32 {
        match self {
            Key::Short(view) => hasher.short(*view),
            Key::Long(bytes) => hasher.long(bytes),
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
            Key::at(&self[row], 0, self[row].len())
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
        let singly: Vec<u32> =
            strings.iter().map(|string| keys.look_up_one(Key::at(string, 0, string.len()))).collect();
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
