//! The judge: an allocator that counts the bytes and blocks of each thread, and the comparison with it.
#![allow(
    unsafe_code,
    reason = "GlobalAlloc is an unsafe trait; every method only forwards to the system's allocator"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use plimsoll_memory::size::{DeepSize, Size, deep_size, shallow_size};

thread_local! {
    static BYTES: Cell<i64> = const { Cell::new(0) };
    static BLOCKS: Cell<i64> = const { Cell::new(0) };
}

struct ByThread;

#[global_allocator]
static ALLOCATOR: ByThread = ByThread;

fn count(bytes: usize, sign: i64) {
    BYTES.set(BYTES.get() + sign * i64::try_from(bytes).unwrap_or(0));
    BLOCKS.set(BLOCKS.get() + sign);
}

// SAFETY: every method hands its arguments unchanged to the system's allocator and returns what that returns. Counting
// touches only thread-local constants without a destructor: it does not allocate or unwind.
unsafe impl GlobalAlloc for ByThread {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 1);
        // SAFETY: the caller's promise on `layout` is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        count(layout.size(), -1);
        // SAFETY: the caller says that `block` came from this allocator with `layout`, so it came from the system's.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count(layout.size(), -1);
        count(new_size, 1);
        // SAFETY: as for `dealloc`; the caller's promise on `new_size` is passed on.
        unsafe { System.realloc(block, layout, new_size) }
    }
}

/// Bytes and blocks of the heap that this thread took and did not give back while `make` ran, with what it made.
pub(crate) fn held<T>(make: impl FnOnce() -> T) -> (T, u64, u64) {
    let (bytes, blocks) = (BYTES.get(), BLOCKS.get());
    let value = make();
    let (bytes, blocks) = (BYTES.get() - bytes, BLOCKS.get() - blocks);
    (value, u64::try_from(bytes).expect("more taken"), u64::try_from(blocks).expect("more taken"))
}

/// Makes a value, and asserts that its deep size is its shallow size and what the allocator gave for it.
#[track_caller]
pub(crate) fn exact<T: DeepSize>(what: &str, make: impl FnOnce() -> T) -> (T, Size) {
    let (value, bytes, blocks) = held(make);
    let size = deep_size(&value);
    assert_eq!(size.total - shallow_size(&value), bytes, "bytes of {what}");
    assert_eq!(size.allocations, blocks, "blocks of {what}");
    assert_eq!(size.locked, 0, "{what}");
    assert!(size.spare + shallow_size(&value) <= size.total && size.shared <= size.total, "{what}: {size:?}");
    (value, size)
}

#[test]
fn the_judge_counts() {
    let (value, bytes, blocks) = held(|| (vec![0_u64; 10], Box::new(1_u8), String::with_capacity(5)));
    assert_eq!((bytes, blocks), (86, 3));
    drop(value);
    let (_, bytes, blocks) = held(|| drop(vec![1_u8; 3]));
    assert_eq!((bytes, blocks), (0, 0));
}
