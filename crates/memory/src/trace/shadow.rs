//! Which site a live block belongs to: a table in the shape of the address space, with one entry for every eight bytes
//! of address. A block's entry is found by shifting its address, is written by whoever holds the block and by nobody
//! else, and needs neither a search nor a lock. Only pages of the table whose blocks are traced cost memory: at most half
//! a byte for each byte of heap, and far less where blocks are large.
//!
//! Shadow memory of this kind is what valgrind's tools and AddressSanitizer use; the blocks must lie at least eight bytes
//! apart, as those of every general-purpose allocator do.
#![allow(unsafe_code, reason = "the table is reserved address space, reached through pointers")]

use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering, Ordering::Relaxed};

use super::region;

/// Address bits that programs use on all 64-bit systems that we know of, with 48-bit addresses on ARM.
const ADDRESS_BITS: u32 = 48;
/// One leaf covers 256 MiB of address.
const LEAF_BITS: u32 = 28;
/// One entry for eight bytes.
const GRANULE_BITS: u32 = 3;
const LEAVES: usize = 1 << (ADDRESS_BITS - LEAF_BITS);
const ENTRIES: usize = 1 << (LEAF_BITS - GRANULE_BITS);
const LEAF_BYTES: usize = ENTRIES * size_of::<AtomicU32>();

static DIRECTORY: [AtomicPtr<AtomicU32>; LEAVES] = [const { AtomicPtr::new(ptr::null_mut()) }; LEAVES];
/// The lowest and one past the highest leaf ever made: what there is to clear.
static FROM: AtomicU32 = AtomicU32::new(u32::MAX);
static TO: AtomicU32 = AtomicU32::new(0);

/// Enters `value` for the block at `address`. Gives false where the table has no room.
#[inline]
pub(super) fn put(address: usize, value: u32) -> bool {
    let Some(entry) = entry(address).or_else(|| grow(address)) else { return false };
    entry.store(value, Relaxed);
    true
}

/// Takes the block's entry out: 0 where it has none.
#[inline]
pub(super) fn take(address: usize) -> u32 {
    let Some(entry) = entry(address) else { return 0 };
    let value = entry.load(Relaxed);
    if value != 0 {
        entry.store(0, Relaxed);
    }
    value
}

#[inline]
fn entry(address: usize) -> Option<&'static AtomicU32> {
    let leaf = DIRECTORY.get(address >> LEAF_BITS)?.load(Ordering::Acquire);
    // SAFETY: a leaf is null or has `ENTRIES` entries and is never freed; the index is below that.
    (!leaf.is_null()).then(|| unsafe { &*leaf.add((address >> GRANULE_BITS) & (ENTRIES - 1)) })
}

#[cold]
fn grow(address: usize) -> Option<&'static AtomicU32> {
    let index = address >> LEAF_BITS;
    let place = DIRECTORY.get(index)?;
    // If two threads do so at once, the second one's leaf is left: untouched address space that costs nothing.
    let leaf = region::reserve(LEAF_BYTES)?.cast::<AtomicU32>();
    let _ = place.compare_exchange(ptr::null_mut(), leaf.as_ptr(), Ordering::AcqRel, Ordering::Acquire);
    let index = u32::try_from(index).ok()?;
    FROM.fetch_min(index, Relaxed);
    TO.fetch_max(index + 1, Relaxed);
    entry(address)
}

fn leaves() -> impl Iterator<Item = NonNull<u8>> {
    let range = FROM.load(Relaxed) as usize..TO.load(Relaxed) as usize;
    let made = DIRECTORY.get(range).unwrap_or_default();
    made.iter().filter_map(|leaf| NonNull::new(leaf.load(Ordering::Acquire).cast()))
}

/// Empties the table. Nobody may be entering blocks at the time.
pub(super) fn clear() {
    for leaf in leaves() {
        // SAFETY: leaves come from `reserve` with this size and hold atomics.
        unsafe { region::clear(leaf, LEAF_BYTES) };
    }
}

/// Resident bytes of the table.
pub(super) fn resident() -> u64 {
    leaves().map(|leaf| region::resident(leaf, LEAF_BYTES)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_taken_once() {
        // Addresses that no allocator gives: far above the heap and below the stack.
        let base = 0x1234_5000_0000;
        assert_eq!(take(base), 0);
        assert!(put(base, 7) && put(base + 8, 9) && put(base + (1 << LEAF_BITS), 11));
        assert_eq!((take(base + 8), take(base), take(base)), (9, 7, 0));
        assert_eq!(take(base + (1 << LEAF_BITS)), 11);
        assert!(!put(1 << ADDRESS_BITS, 1), "beyond the address space");
        assert_eq!(take(usize::MAX), 0);
        assert!(resident() > 0);
    }
}
