//! The hash index: from the hash of a key to its group id, by open addressing with linear probing.

/// From how many keys on the index and the keys no longer fit the caches that are near, so that waiting for many of them
/// at once pays.
pub(super) const MANY: usize = 1 << 15;

/// How many rows wait together.
pub(super) const TOGETHER: usize = 128;

/// So many slots fit the first-level cache.
const FEW_SLOTS: usize = 1 << 12;

/// So many slots fit the second-level cache, with their keys.
const SOME_SLOTS: usize = 1 << 14;

/// Slots of a new index.
const FIRST_SLOTS: usize = 32;

/// Group ids by hash. It knows no keys: whoever asks compares them.
///
/// A wide index has at most 5/8 of its slots in use, of few an eighth or a quarter: then the first one is almost always right.
/// Where few bytes count for more than that, the index is dense: its slots are half as large, and up to 7/8 of them in use.
#[derive(Debug)]
pub(super) struct HashIndex {
    /// No slots where the index is dense. So a look-up pays nothing for there being two kinds: that a place is outside
    /// of the slots is asked anyway.
    wide: Slots<u64>,
    dense: Option<Slots<u32>>,
    /// One more than the greatest id.
    behind: usize,
}

/// A power of two of slots; the upper bits of a hash are the place where it is looked for.
#[derive(Debug)]
pub(super) struct Slots<S> {
    slots: Vec<S>,
    /// The other bits.
    shift: u32,
}

/// An id, and what can be told of its hash.
pub(super) trait Slot: Copy + PartialEq {
    /// No id. Where it is taken for a slot with one, that id was never given.
    const FREE: Self;

    /// With this hash, in an index with this shift.
    fn new(hash: u32, id: u32, shift: u32) -> Self;

    /// The id.
    fn id(self, shift: u32) -> u32;

    /// Whether the hash may be this one, as far as it can be told.
    fn is_of(self, hash: u32, shift: u32) -> bool;
}

/// The hash above the id: a larger index needs neither the keys nor their hashes again.
impl Slot for u64 {
    const FREE: Self = u64::MAX;

    #[inline(always)]
    fn new(hash: u32, id: u32, _: u32) -> Self {
        u64::from(hash) << 32 | u64::from(id)
    }

    #[inline(always)]
    #[allow(clippy::cast_possible_truncation, reason = "takes a slot apart")]
    fn id(self, _: u32) -> u32 {
        self as u32
    }

    #[inline(always)]
    #[allow(clippy::cast_possible_truncation, reason = "takes a slot apart")]
    fn is_of(self, hash: u32, _: u32) -> bool {
        (self >> 32) as u32 == hash
    }
}

/// The lower bits of the hash, which are not those of its place, above an id that is less than the number of slots. This is
/// the quotienting of Knuth (The Art of Computer Programming, volume 3, 6.4, exercise 13), but that a hash is not
/// recovered: a larger index asks for it.
impl Slot for u32 {
    const FREE: Self = u32::MAX;

    #[inline(always)]
    #[allow(clippy::cast_possible_truncation, reason = "the upper bits are told by the place")]
    fn new(hash: u32, id: u32, shift: u32) -> Self {
        (u64::from(hash) << (u32::BITS - shift)) as u32 | id
    }

    #[inline(always)]
    #[allow(clippy::cast_possible_truncation, reason = "takes a slot apart")]
    fn id(self, shift: u32) -> u32 {
        self & (u64::from(u32::MAX) >> shift) as u32
    }

    #[inline(always)]
    fn is_of(self, hash: u32, shift: u32) -> bool {
        u64::from(self ^ Self::new(hash, 0, shift)) >> (u32::BITS - shift) == 0
    }
}

impl HashIndex {
    /// An index without ids.
    pub(super) fn new() -> Self {
        HashIndex { wide: Slots::of(FIRST_SLOTS, std::iter::empty()), dense: None, behind: 0 }
    }

    /// From now on, few bytes count for more than finding an id at once.
    pub(super) fn make_dense(&mut self) {
        if self.dense.is_none() {
            self.dense = Some(Slots::of(FIRST_SLOTS, std::iter::empty()));
            self.dense = Some(Slots::of(self.slots_for(self.behind), self.wide.hashes()));
            self.wide = Slots { slots: Vec::new(), shift: 0 };
        }
    }

    /// The id with this hash for which `equal` holds, else the free slot where it belongs. `equal` may be asked about an id
    /// that was never inserted.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "a call for each row would cost more than the look-up")]
    pub(super) fn find(&self, hash: u32, equal: impl Fn(u32) -> bool) -> Result<u32, usize> {
        if let Some(slot) = self.wide.slots.get(self.wide.place(hash))
            && slot.is_of(hash, 0)
            && equal(slot.id(0))
        {
            return Ok(slot.id(0));
        }
        self.find_behind(hash, equal)
    }

    /// As [`HashIndex::find`], where the id is not in the first slot of a wide index.
    #[inline(never)]
    fn find_behind(&self, hash: u32, equal: impl Fn(u32) -> bool) -> Result<u32, usize> {
        match &self.dense {
            None => self.wide.find(hash, equal),
            Some(dense) => dense.find(hash, equal),
        }
    }

    /// The id that [`HashIndex::find`] looks at first; no id at all where the slot is free.
    #[inline]
    pub(super) fn first_candidate(&self, hash: u32) -> u32 {
        match &self.dense {
            None => self.wide.first(hash),
            Some(dense) => dense.first(hash),
        }
    }

    /// Puts an id into the free slot that [`HashIndex::find`] gave for its hash. No id before was greater; `hash_of` gives
    /// the hashes of those that were inserted.
    #[inline]
    pub(super) fn insert(&mut self, slot: usize, hash: u32, id: u32, hash_of: impl Fn(u32) -> u32) {
        self.behind = id as usize + 1;
        if is_full(self.slots(), self.behind, self.dense.is_some()) {
            self.grow(hash_of);
            return match &mut self.dense {
                None => self.wide.add(hash, id),
                Some(dense) => dense.add(hash, id),
            };
        }
        match &mut self.dense {
            None => self.wide.put(slot, hash, id),
            Some(dense) => dense.put(slot, hash, id),
        }
    }

    /// Bytes that it takes beside those that it has while it makes room for `more` ids.
    pub(super) fn growth(&self, more: usize) -> usize {
        let (slots, wanted) = (self.slots(), self.slots_for(self.behind + more));
        if wanted > slots { wanted * (self.size() / slots) } else { 0 }
    }

    /// Heap bytes held.
    pub(super) fn size(&self) -> usize {
        self.dense.as_ref().map_or(self.wide.size(), Slots::size)
    }

    /// Heap bytes of an index of so many ids.
    pub(super) fn size_for(ids: usize, dense: bool) -> usize {
        let slot = if dense { size_of::<u32>() } else { size_of::<u64>() };
        slots_for(FIRST_SLOTS, ids, dense) * slot
    }

    fn slots(&self) -> usize {
        self.dense.as_ref().map_or(self.wide.slots.len(), |dense| dense.slots.len())
    }

    /// How many slots it should have for ids that are less than `ids`.
    fn slots_for(&self, ids: usize) -> usize {
        slots_for(self.slots(), ids, self.dense.is_some())
    }

    #[cold]
    fn grow(&mut self, hash_of: impl Fn(u32) -> u32) {
        let slots = self.slots_for(self.behind);
        match &mut self.dense {
            None => self.wide = Slots::of(slots, self.wide.hashes()),
            Some(dense) => *dense = Slots::of(slots, dense.ids().map(|id| (hash_of(id), id))),
        }
    }
}

/// Slots for ids that are less than `ids`, at least so many as there are.
fn slots_for(mut slots: usize, ids: usize, dense: bool) -> usize {
    while is_full(slots, ids, dense) {
        slots *= 2;
    }
    slots
}

/// Whether so many slots are too few for ids that are less than `ids`.
#[inline]
fn is_full(slots: usize, ids: usize, dense: bool) -> bool {
    let eighths = match slots {
        _ if dense => 7,
        few if few <= FEW_SLOTS => 1,
        some if some <= SOME_SLOTS => 2,
        _ => 5,
    };
    ids * 8 > slots * eighths
}

impl<S: Slot> Slots<S> {
    /// So many slots with these hashes and ids.
    fn of(slots: usize, filled: impl Iterator<Item = (u32, u32)>) -> Self {
        let mut all = Slots { slots: vec![S::FREE; slots], shift: u32::BITS.saturating_sub(slots.ilog2()) };
        filled.for_each(|(hash, id)| all.add(hash, id));
        all
    }

    /// Puts an id where it belongs.
    fn add(&mut self, hash: u32, id: u32) {
        let mask = self.slots.len() - 1;
        let mut place = self.place(hash);
        while self.slots[place] != S::FREE {
            place = (place + 1) & mask;
        }
        self.put(place, hash, id);
    }

    /// Puts an id into a free slot.
    fn put(&mut self, slot: usize, hash: u32, id: u32) {
        self.slots[slot] = S::new(hash, id, self.shift);
    }

    /// Where a hash is looked for first.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "asked for each row")]
    fn place(&self, hash: u32) -> usize {
        (hash >> self.shift) as usize
    }

    /// The id in the place of a hash, were there one.
    #[inline]
    fn first(&self, hash: u32) -> u32 {
        self.slots[self.place(hash)].id(self.shift)
    }

    /// See [`HashIndex::find`].
    #[inline]
    fn find(&self, hash: u32, equal: impl Fn(u32) -> bool) -> Result<u32, usize> {
        let mut place = self.place(hash);
        let mask = self.slots.len() - 1;
        loop {
            let slot = self.slots[place];
            if slot == S::FREE {
                return Err(place);
            }
            if slot.is_of(hash, self.shift) && equal(slot.id(self.shift)) {
                return Ok(slot.id(self.shift));
            }
            place = (place + 1) & mask;
        }
    }

    /// Heap bytes held.
    fn size(&self) -> usize {
        self.slots.capacity() * size_of::<S>()
    }

    /// The id that was inserted in each slot that is not free.
    fn ids(&self) -> impl Iterator<Item = u32> {
        self.slots.iter().filter(|slot| **slot != S::FREE).map(|slot| slot.id(self.shift))
    }
}

impl Slots<u64> {
    /// The hash and the id of each slot that is not free.
    #[allow(clippy::cast_possible_truncation, reason = "takes a slot apart")]
    fn hashes(&self) -> impl Iterator<Item = (u32, u32)> {
        self.slots.iter().filter(|slot| **slot != u64::FREE).map(|slot| ((slot >> 32) as u32, *slot as u32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One of each kind.
    fn kinds() -> [HashIndex; 2] {
        let mut dense = HashIndex::new();
        dense.make_dense();
        [HashIndex::new(), dense]
    }

    fn insert(index: &mut HashIndex, id: u32, hash_of: fn(u32) -> u32) {
        let slot = index.find(hash_of(id), |other| other == id).unwrap_err();
        index.insert(slot, hash_of(id), id, hash_of);
    }

    fn has(index: &HashIndex, ids: impl IntoIterator<Item = u32>, hash_of: fn(u32) -> u32) {
        for id in ids {
            assert_eq!(index.find(hash_of(id), |other| other == id), Ok(id));
        }
    }

    #[test]
    fn equal_hashes_stay_apart() {
        for hash_of in [|_| 0, |_| 1, |_| 1 << 31, |_| u32::MAX] as [fn(u32) -> u32; 4] {
            for mut index in kinds() {
                (0..1000).for_each(|id| insert(&mut index, id, hash_of));
                has(&index, 0..1000, hash_of);
                assert!(index.find(hash_of(0), |_| false).is_err());
            }
        }
    }

    #[test]
    fn growing_keeps_all() {
        let hash_of = |id: u32| id.wrapping_mul(0x9e37_79b1);
        for (mut index, bytes) in kinds().into_iter().zip([(1 << 17) * 8, (1 << 16) * 4]) {
            let mut expected = index.size();
            for id in 0..50_000 {
                expected += match index.growth(1) {
                    0 => 0,
                    grown => grown - index.size(),
                };
                insert(&mut index, id, hash_of);
                assert_eq!(index.size(), expected);
            }
            has(&index, 0..50_000, hash_of);
            assert_eq!(index.size(), bytes);
        }
    }

    #[test]
    fn ids_between_may_be_missing() {
        let hash_of = |id: u32| id.wrapping_mul(0x9e37_79b1);
        for mut index in kinds() {
            let ids = [3, 31, 1000, 70_000, 70_001];
            ids.iter().for_each(|id| insert(&mut index, *id, hash_of));
            has(&index, ids, hash_of);
        }
    }

    #[test]
    fn what_was_wide_becomes_dense() {
        let hash_of = |id: u32| id.wrapping_mul(0x9e37_79b1);
        let mut index = HashIndex::new();
        (0..1000).for_each(|id| insert(&mut index, id, hash_of));
        index.make_dense();
        has(&index, 0..1000, hash_of);
        assert_eq!(index.size(), (1 << 11) * 4);
    }
}
