//! A global allocator that counts what passes through it; it never locks, allocates or panics.
//!
//! The counters lie in shards of two cache lines each. A thread keeps the shard it is first given, so two threads do
//! not write the same line until there are more threads than shards. Sums over the shards are exact. The peak is
//! kept in steps: a shard publishes its change of the live bytes once that reaches [`STEP`], so a peak between two
//! readings may be off by up to [`STEP`] for each shard in use; an allocation of [`STEP`] or more is never missed.
#![allow(
    unsafe_code,
    reason = "GlobalAlloc is an unsafe trait; every method only forwards to the inner allocator"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering::Relaxed};

/// The bytes by which a shard may differ from what it has published.
const STEP: u64 = 64 * 1024;

/// Threads beyond this number share a shard, which costs speed and nothing else.
const SHARDS: usize = 32;

static COUNTERS: Counters = Counters::new();
static NEXT_SHARD: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// The thread's shard; `SHARDS` until one is given. Constant and without a destructor, so that reading it never
    /// allocates and works while the thread ends.
    static SHARD: Cell<usize> = const { Cell::new(SHARDS) };
}

/// An allocator that forwards to `A` and counts. Sizes are those that the program asks for; what `A` adds for its own
/// needs is not seen.
///
/// ```
/// #[global_allocator]
/// static ALLOCATOR: plimsoll_memory::Counting = plimsoll_memory::Counting::system();
///
/// let block = vec![0_u8; 1 << 20];
/// assert!(plimsoll_memory::heap().is_some_and(|heap| heap.live_bytes >= block.len() as u64));
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Counting<A = System> {
    inner: A,
}

impl Counting<System> {
    /// Counts what goes to the system's allocator.
    #[must_use]
    pub const fn system() -> Self {
        Counting { inner: System }
    }
}

impl<A: GlobalAlloc> Counting<A> {
    /// Counts what goes to `inner`.
    pub const fn new(inner: A) -> Self {
        Counting { inner }
    }
}

/// What the heap holds and has held. A reallocation counts as a free of the old block and an allocation of the new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Heap {
    /// Bytes allocated and not yet freed.
    pub live_bytes: u64,
    /// Blocks allocated and not yet freed.
    pub live_blocks: u64,
    /// The most live bytes since the start or the last [`reset_peak`], within the allocator's steps of 64 KiB a thread.
    pub peak_bytes: u64,
    /// Bytes of all allocations since the start.
    pub total_bytes: u64,
    /// All allocations since the start.
    pub allocations: u64,
}

/// The heap's figures; `None` where [`Counting`] is not the program's global allocator. While other threads allocate
/// the figures belong to slightly different moments.
#[must_use]
pub fn heap() -> Option<Heap> {
    let heap = COUNTERS.read();
    (heap.allocations > 0).then_some(heap)
}

/// Forgets the peak: it is the live bytes of now.
pub fn reset_peak() {
    COUNTERS.reset_peak();
}

// SAFETY: every method hands its arguments unchanged to the inner allocator and returns what that returns, so the
// inner allocator's promises are ours. Counting touches only atomics and a thread-local constant: it cannot unwind and
// does not allocate.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Counting<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise on `layout` is passed on.
        let block = unsafe { self.inner.alloc(layout) };
        if !block.is_null() {
            COUNTERS.allocated(layout.size());
        }
        block
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise on `layout` is passed on.
        let block = unsafe { self.inner.alloc_zeroed(layout) };
        if !block.is_null() {
            COUNTERS.allocated(layout.size());
        }
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller says that `block` came from this allocator with `layout`, so it came from the inner one.
        unsafe { self.inner.dealloc(block, layout) };
        COUNTERS.freed(layout.size());
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: as for `dealloc`; the caller's promise on `new_size` is passed on.
        let new_block = unsafe { self.inner.realloc(block, layout, new_size) };
        if !new_block.is_null() {
            COUNTERS.reallocated(layout.size(), new_size);
        }
        new_block
    }
}

/// The figures of one allocator. All orderings are relaxed: no memory is handed over by a counter.
struct Counters {
    shards: [Shard; SHARDS],
    /// Live bytes as published by the shards.
    published: AtomicI64,
    peak: AtomicI64,
}

/// 128 bytes: processors fetch cache lines in pairs.
#[repr(align(128))]
struct Shard {
    allocations: AtomicU64,
    frees: AtomicU64,
    total_bytes: AtomicU64,
    /// Change of the live bytes that is not yet published; below zero where the shard's threads free what others
    /// have allocated.
    unpublished: AtomicI64,
}

impl Counters {
    const fn new() -> Self {
        Counters {
            shards: [const { Shard::new() }; SHARDS],
            published: AtomicI64::new(0),
            peak: AtomicI64::new(0),
        }
    }

    fn allocated(&self, size: usize) {
        let shard = self.shard();
        shard.allocations.fetch_add(1, Relaxed);
        shard.total_bytes.fetch_add(size as u64, Relaxed);
        self.change(shard, signed(size));
    }

    fn freed(&self, size: usize) {
        let shard = self.shard();
        shard.frees.fetch_add(1, Relaxed);
        self.change(shard, -signed(size));
    }

    fn reallocated(&self, old: usize, new: usize) {
        let shard = self.shard();
        shard.allocations.fetch_add(1, Relaxed);
        shard.frees.fetch_add(1, Relaxed);
        shard.total_bytes.fetch_add(new as u64, Relaxed);
        self.change(shard, signed(new) - signed(old));
    }

    fn change(&self, shard: &Shard, bytes: i64) {
        let unpublished = shard.unpublished.fetch_add(bytes, Relaxed).wrapping_add(bytes);
        if unpublished.unsigned_abs() >= STEP {
            let taken = shard.unpublished.swap(0, Relaxed);
            let published = self.published.fetch_add(taken, Relaxed).wrapping_add(taken);
            // A load first: the peak's cache line is then shared by all threads while it stands still.
            if published > self.peak.load(Relaxed) {
                self.peak.fetch_max(published, Relaxed);
            }
        }
    }

    fn shard(&self) -> &Shard {
        let index = SHARD.try_with(|given| {
            if given.get() == SHARDS {
                given.set(NEXT_SHARD.fetch_add(1, Relaxed) % SHARDS);
            }
            given.get()
        });
        // The mask is for the compiler: an index that cannot panic.
        &self.shards[index.unwrap_or(0) & (SHARDS - 1)]
    }

    fn live(&self) -> i64 {
        let unpublished: i64 = self.shards.iter().map(|shard| shard.unpublished.load(Relaxed)).sum();
        // Below zero only while another thread is between its two steps of publishing.
        (self.published.load(Relaxed) + unpublished).max(0)
    }

    fn read(&self) -> Heap {
        let total = |counter: fn(&Shard) -> &AtomicU64| -> u64 {
            self.shards.iter().map(|shard| counter(shard).load(Relaxed)).sum()
        };
        // Frees before allocations, so that no block is seen freed and not allocated.
        let frees = total(|shard| &shard.frees);
        let allocations = total(|shard| &shard.allocations);
        let live = self.live();
        let peak = self.peak.fetch_max(live, Relaxed).max(live);
        Heap {
            live_bytes: live.unsigned_abs(),
            live_blocks: allocations.saturating_sub(frees),
            peak_bytes: peak.unsigned_abs(),
            total_bytes: total(|shard| &shard.total_bytes),
            allocations,
        }
    }

    fn reset_peak(&self) {
        self.peak.store(self.live(), Relaxed);
    }
}

impl Shard {
    const fn new() -> Self {
        Shard {
            allocations: AtomicU64::new(0),
            frees: AtomicU64::new(0),
            total_bytes: AtomicU64::new(0),
            unpublished: AtomicI64::new(0),
        }
    }
}

const _: () = assert!(SHARDS.is_power_of_two());

/// A `Layout`'s size never passes `isize::MAX`.
#[allow(clippy::cast_possible_wrap, reason = "a Layout's size never passes isize::MAX")]
const fn signed(size: usize) -> i64 {
    size as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_is_live_and_what_was() {
        let counters = Counters::new();
        counters.allocated(100);
        counters.allocated(50);
        counters.reallocated(50, 80);
        counters.freed(100);
        let heap = counters.read();
        assert_eq!(
            heap,
            Heap { live_bytes: 80, live_blocks: 1, peak_bytes: 80, total_bytes: 230, allocations: 3 }
        );
    }

    #[test]
    fn a_large_block_is_never_missed_in_the_peak() {
        let counters = Counters::new();
        counters.allocated(1 << 30);
        counters.freed(1 << 30);
        assert_eq!(counters.read().live_bytes, 0);
        assert_eq!(counters.read().peak_bytes, 1 << 30);
        counters.reset_peak();
        assert_eq!(counters.read().peak_bytes, 0);
    }

    #[test]
    fn the_peak_is_within_a_step_for_each_thread() {
        let counters = Counters::new();
        let threads = 4;
        let barrier = std::sync::Barrier::new(threads);
        let each = 1_000_000_u64;
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    (0..each / 100).for_each(|_| counters.allocated(100));
                    barrier.wait();
                    (0..each / 100).for_each(|_| counters.freed(100));
                });
            }
        });
        let heap = counters.read();
        assert_eq!((heap.live_bytes, heap.live_blocks), (0, 0));
        assert_eq!(heap.total_bytes, each * threads as u64);
        assert!(heap.peak_bytes.abs_diff(heap.total_bytes) <= STEP * threads as u64, "{heap:?}");
    }

    #[test]
    fn frees_may_come_from_another_thread() {
        let counters = Counters::new();
        std::thread::scope(|scope| {
            scope.spawn(|| (0..10_000).for_each(|_| counters.allocated(64)));
        });
        (0..10_000).for_each(|_| counters.freed(64));
        assert_eq!((counters.read().live_bytes, counters.read().live_blocks), (0, 0));
    }

    /// Gives no memory, as an allocator at its end does.
    struct Exhausted;

    // SAFETY: it never gives a block, which the trait allows.
    unsafe impl GlobalAlloc for Exhausted {
        unsafe fn alloc(&self, _: Layout) -> *mut u8 {
            std::ptr::null_mut()
        }

        unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
    }

    #[test]
    fn a_refusal_is_passed_on_and_not_counted() {
        let allocator = Counting::new(Exhausted);
        let layout = Layout::new::<[u8; 1 << 20]>();
        // This test program's own allocator does not count, and no other test goes through `COUNTERS`.
        let before = COUNTERS.read();
        // SAFETY: the layout's size is not zero.
        assert!(unsafe { allocator.alloc(layout) }.is_null());
        // SAFETY: the layout's size is not zero.
        assert!(unsafe { allocator.alloc_zeroed(layout) }.is_null());
        assert_eq!(COUNTERS.read(), before);
        assert_eq!(heap(), None);
    }
}
