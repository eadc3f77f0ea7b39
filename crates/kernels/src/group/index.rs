//! The hash index: from the hash of a key to its group id, by open addressing with linear probing.

/// From how many keys on the index and the keys no longer fit the caches that are near, so that waiting for many of them
/// at once pays.
pub(super) const MANY: usize = 1 << 15;

/// How many rows wait together.
pub(super) const TOGETHER: usize = 128;

/// No id: the slot is free.
const FREE: u64 = u64::MAX;

/// So many slots fit the first-level cache.
const FEW_SLOTS: usize = 1 << 12;

/// So many slots fit the second-level cache, with their keys.
const SOME_SLOTS: usize = 1 << 14;

/// Slots of a new index.
const FIRST_SLOTS: usize = 32;

/// Group ids by hash. It knows no keys: whoever asks compares them.
///
/// A slot holds the 32-bit hash and the 32-bit id. The upper bits of the hash are the slot's place, so that growing
/// needs neither the keys nor their hashes again.
#[derive(Debug)]
pub(super) struct HashIndex {
    slots: Vec<u64>,
    used: usize,
    shift: u32,
    /// Whether few slots count for more than finding an id at once.
    dense: bool,
}

impl HashIndex {
    /// An index without ids.
    pub(super) fn new() -> Self {
        HashIndex { slots: vec![FREE; FIRST_SLOTS], used: 0, shift: shift_of(FIRST_SLOTS), dense: false }
    }

    /// From now on, few slots count for more than finding an id at once.
    pub(super) fn make_dense(&mut self) {
        self.dense = true;
    }

    /// The id with this hash for which `equal` holds, else the free slot where it belongs. `equal` may be asked about an id
    /// that was never inserted.
    #[inline(always)]
    #[allow(clippy::cast_possible_truncation, reason = "takes a slot apart")]
    #[allow(clippy::inline_always, reason = "a call for each row would cost more than the look-up")]
    pub(super) fn find(&self, hash: u32, equal: impl Fn(u32) -> bool) -> Result<u32, usize> {
        let place = (hash >> self.shift) as usize;
        let slot = self.slots[place];
        if (slot >> 32) as u32 == hash && equal(slot as u32) {
            return Ok(slot as u32);
        }
        self.find_behind(hash, place, equal)
    }

    /// As [`HashIndex::find`], where the id is not in the first slot.
    #[inline(never)]
    #[allow(clippy::cast_possible_truncation, reason = "takes a slot apart")]
    fn find_behind(&self, hash: u32, mut place: usize, equal: impl Fn(u32) -> bool) -> Result<u32, usize> {
        let mask = self.slots.len() - 1;
        loop {
            let slot = self.slots[place];
            if slot == FREE {
                return Err(place);
            }
            if (slot >> 32) as u32 == hash && equal(slot as u32) {
                return Ok(slot as u32);
            }
            place = (place + 1) & mask;
        }
    }

    /// The id that [`HashIndex::find`] looks at first; no id at all where the slot is free.
    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "takes a slot apart")]
    pub(super) fn first_candidate(&self, hash: u32) -> u32 {
        self.slots[(hash >> self.shift) as usize] as u32
    }

    /// Puts an id into the free slot that [`HashIndex::find`] gave for its hash. At most 5/8 of the slots are in use, of
    /// few an eighth or a quarter: then the first one is almost always right. Of a dense index it is 7/8.
    pub(super) fn insert(&mut self, slot: usize, hash: u32, id: u32) {
        self.slots[slot] = u64::from(hash) << 32 | u64::from(id);
        self.used += 1;
        if self.is_full(self.slots.len(), self.used) {
            self.grow();
        }
    }

    /// Bytes that the index takes beside those that it has while it makes room for `more` ids.
    pub(super) fn growth(&self, more: usize) -> usize {
        let mut slots = self.slots.len();
        while self.is_full(slots, self.used + more) {
            slots *= 2;
        }
        if slots > self.slots.len() { slots * size_of::<u64>() } else { 0 }
    }

    /// Heap bytes held.
    pub(super) fn size(&self) -> usize {
        self.slots.capacity() * size_of::<u64>()
    }

    /// Whether so many slots are too few for that many ids.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "asked for each new key")]
    fn is_full(&self, slots: usize, used: usize) -> bool {
        let eighths = match slots {
            _ if self.dense => 7,
            few if few <= FEW_SLOTS => 1,
            some if some <= SOME_SLOTS => 2,
            _ => 5,
        };
        used * 8 > slots * eighths
    }

    #[cold]
    fn grow(&mut self) {
        let slots = self.slots.len() * 2;
        let old = std::mem::replace(&mut self.slots, vec![FREE; slots]);
        self.shift = shift_of(slots);
        for slot in old.into_iter().filter(|slot| *slot != FREE) {
            let mut place = (slot >> 32 >> self.shift) as usize;
            while self.slots[place & (slots - 1)] != FREE {
                place += 1;
            }
            self.slots[place & (slots - 1)] = slot;
        }
    }
}

/// How far a hash is shifted so that its upper bits number `slots` (a power of two) slots.
fn shift_of(slots: usize) -> u32 {
    u32::BITS.saturating_sub(slots.ilog2())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn insert(index: &mut HashIndex, hash: u32, id: u32) {
        let slot = index.find(hash, |other| other == id).unwrap_err();
        index.insert(slot, hash, id);
    }

    #[test]
    fn equal_hashes_stay_apart() {
        for hash in [0, 1, 1 << 31, u32::MAX] {
            let mut index = HashIndex::new();
            (0..1000).for_each(|id| insert(&mut index, hash, id));
            for id in 0..1000 {
                assert_eq!(index.find(hash, |other| other == id), Ok(id));
            }
            assert!(index.find(hash, |_| false).is_err());
        }
    }

    #[test]
    fn growing_keeps_all() {
        let mut index = HashIndex::new();
        let hash = |id: u32| id.wrapping_mul(0x9e37_79b1);
        (0..50_000).for_each(|id| insert(&mut index, hash(id), id));
        assert!((0..50_000).all(|id| index.find(hash(id), |other| other == id) == Ok(id)));
        assert_eq!(index.size(), (1 << 17) * 8);
    }
}
