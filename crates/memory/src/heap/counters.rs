//! The counters as figures: of the heap, and of each thread.

use std::sync::atomic::Ordering::Relaxed;

use super::slot::{LIVE, LIVE_BLOCKS, PUBLISH_AT, STEP, Slot, difference, slots};

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
    let mut heap = Heap::default();
    let mut freed_bytes = 0;
    for slot in slots() {
        // What was freed first: a block that is allocated and freed meanwhile does not make the difference negative.
        heap.frees += slot.frees.load(Relaxed);
        freed_bytes += slot.freed_bytes.load(Relaxed);
    }
    for slot in slots() {
        heap.allocations += slot.allocations.load(Relaxed);
        heap.total_bytes += slot.allocated_bytes.load(Relaxed);
    }
    heap.live_bytes = heap.total_bytes.saturating_sub(freed_bytes);
    heap.live_blocks = heap.allocations.saturating_sub(heap.frees);
    let peak = |level: &super::slot::Level, live: u64| {
        u64::try_from(level.peak.load(Relaxed)).unwrap_or(0).max(live)
    };
    heap.peak_bytes = peak(&LIVE, heap.live_bytes);
    heap.peak_blocks = peak(&LIVE_BLOCKS, heap.live_blocks);
    (heap.allocations > 0).then_some(heap)
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
    PUBLISH_AT.store(if on { 0 } else { STEP }, Relaxed);
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
        let since = |index: usize, now: u64| now.wrapping_sub(self.before[index].load(Relaxed));
        let allocations = since(0, self.allocations.load(Relaxed));
        let frees = since(1, self.frees.load(Relaxed));
        let total_bytes = since(2, self.allocated_bytes.load(Relaxed));
        let freed_bytes = since(3, self.freed_bytes.load(Relaxed));
        let live_before = difference(self.before[2].load(Relaxed), self.before[3].load(Relaxed));
        (thread > 0).then(|| ThreadHeap {
            thread,
            current: std::ptr::eq(self, Slot::mine()),
            live_bytes: difference(total_bytes, freed_bytes),
            live_blocks: difference(allocations, frees),
            peak_bytes: self.highest.load(Relaxed).wrapping_sub(live_before),
            total_bytes,
            allocations,
            frees,
        })
    }
}
