//! The counters as figures: of the heap, and of each thread.

use std::sync::atomic::Ordering::Relaxed;

use super::level::{self, LIVE, LIVE_BLOCKS, Level};
use super::slot::{Counts, Slot, slots};

/// What the heap holds and has held. A reallocation counts as a free of the old block and an allocation of the new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Heap {
    /// Bytes allocated and not yet freed.
    pub live_bytes: u64,
    /// Blocks allocated and not yet freed.
    pub live_blocks: u64,
    /// The most live bytes since the start or the last [`reset_peak`]. Exact while one thread allocates and in the exact
    /// mode ([`exact_peak`]), else within 64 KiB for each thread.
    pub peak_bytes: u64,
    /// The most live blocks since then, which belong to a moment of their own. Exact where `peak_bytes` is, else it may
    /// miss as many blocks as lie in 64 KiB for each thread.
    pub peak_blocks: u64,
    /// Bytes of all allocations since the start.
    pub total_bytes: u64,
    /// All allocations since the start.
    pub allocations: u64,
    /// All frees since the start.
    pub frees: u64,
}

/// What one thread has allocated and freed since it began to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ThreadHeap {
    /// Numbers threads from 1, in the order of their first allocations.
    pub thread: u64,
    /// Whether it is the calling thread.
    pub current: bool,
    /// Bytes allocated less bytes freed; below zero where the thread frees what others have allocated.
    pub live_bytes: i64,
    /// Blocks allocated less blocks freed.
    pub live_blocks: i64,
    /// The most live bytes: exact for the calling thread, else as last published.
    pub peak_bytes: i64,
    /// Bytes of all its allocations.
    pub total_bytes: u64,
    /// All its allocations.
    pub allocations: u64,
    /// All its frees.
    pub frees: u64,
}

/// The heap's figures; `None` where [`Counting`](crate::Counting) is not the program's global allocator. While other
/// threads allocate the figures belong to slightly different moments.
#[must_use]
pub fn heap() -> Option<Heap> {
    settle();
    let mut sum = Counts { allocations: 0, total_bytes: 0, live_bytes: 0, live_blocks: 0 };
    for counts in slots().map(Slot::counts) {
        sum.allocations += counts.allocations;
        sum.total_bytes += counts.total_bytes;
        sum.live_bytes = sum.live_bytes.wrapping_add(counts.live_bytes);
        sum.live_blocks = sum.live_blocks.wrapping_add(counts.live_blocks);
    }
    // A block that is allocated by one thread and freed by another while they are read may be missing from the sums.
    let live = |level: i64| u64::try_from(level).unwrap_or(0);
    let peak = |level: &Level, now: u64| live(level.peak.load(Relaxed)).max(now);
    let mut heap = Heap {
        live_bytes: live(sum.live_bytes),
        live_blocks: live(sum.live_blocks),
        total_bytes: sum.total_bytes,
        allocations: sum.allocations,
        frees: sum.allocations.saturating_sub(live(sum.live_blocks)),
        ..Heap::default()
    };
    heap.peak_bytes = peak(&LIVE, heap.live_bytes);
    heap.peak_blocks = peak(&LIVE_BLOCKS, heap.live_blocks);
    (heap.allocations > 0).then_some(heap)
}

/// Live bytes as published: within 64 KiB for each thread, for one load. 0 where nothing counts.
pub(crate) fn live() -> u64 {
    u64::try_from(LIVE.now.load(Relaxed)).unwrap_or(0)
}

/// Forgets the peaks: they are what is live now.
pub fn reset_peak() {
    settle();
    for level in [&LIVE, &LIVE_BLOCKS] {
        level.peak.store(level.now.load(Relaxed), Relaxed);
    }
}

/// Whether every change of the live bytes is published at once, which makes the peak exact for any number of threads and
/// costs a few nanoseconds for each allocation. Off in the beginning.
pub fn exact_peak(on: bool) {
    level::set_exact(on);
    settle();
}

/// The threads that allocate and have not ended, by their numbers.
#[must_use]
pub fn threads() -> Vec<ThreadHeap> {
    // The list grows where it must before the figures are read, so that they do not change while they are copied.
    let mut threads = Vec::with_capacity(slots().count());
    Slot::mine().publish();
    threads.extend(slots().filter_map(|slot| slot.thread_heap()).take(threads.capacity()));
    threads.sort_unstable_by_key(|thread| thread.thread);
    threads
}

/// Publishes what all threads hold back.
fn settle() {
    let mine = Slot::mine();
    mine.publish();
    slots().filter(|slot| !std::ptr::eq(*slot, mine)).for_each(Slot::settle);
}

impl Slot {
    /// The figures of the thread that holds the slot.
    pub(super) fn thread_heap(&'static self) -> Option<ThreadHeap> {
        let thread = self.owner.load(Relaxed);
        let (before, now) = (self.counts_before(), self.counts());
        let allocations = now.allocations.wrapping_sub(before.allocations);
        let live_blocks = now.live_blocks.wrapping_sub(before.live_blocks);
        (thread > 0).then(|| ThreadHeap {
            thread,
            current: std::ptr::eq(self, Slot::mine()),
            live_bytes: now.live_bytes.wrapping_sub(before.live_bytes),
            live_blocks,
            peak_bytes: self.highest.load(Relaxed).wrapping_sub(before.live_bytes),
            total_bytes: now.total_bytes.wrapping_sub(before.total_bytes),
            allocations,
            frees: allocations.wrapping_sub(live_blocks.cast_unsigned()),
        })
    }
}
