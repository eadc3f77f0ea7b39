//! A thread's own counters. Each thread that allocates holds one slot alone, so that counting is a handful of plain loads
//! and stores without a bus lock; the fields are atomics only so that others may read them.
//!
//! A slot that a thread leaves keeps its counts and goes to the next thread that needs one, so the sums over all slots
//! are exact at all times. The process's live bytes and their peak are kept in steps: a slot publishes its change once
//! that passes [`STEP`] (`level`). What was highest in between is published with it, which makes the peak of one thread
//! exact.
#![allow(unsafe_code, reason = "slots come from the system's allocator: the global one cannot serve itself")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ptr;
use std::sync::atomic::{AtomicI64, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, fence};
use std::sync::atomic::{Ordering, Ordering::Relaxed};

use super::level::{self, LIVE, LIVE_BLOCKS};

static FIRST: Slot = Slot::new(1);
/// The head of the list of all slots; `FIRST` is its last.
static SLOTS: AtomicPtr<Slot> = AtomicPtr::new(ptr::addr_of!(FIRST).cast_mut());
static THREADS: AtomicU64 = AtomicU64::new(1);

thread_local! {
    /// The thread's slot. Constant and without a destructor, so that reading it never allocates and works while the
    /// thread ends.
    static MINE: Cell<*const Slot> = const { Cell::new(ptr::null()) };
}

/// One thread's counters. What every call touches comes first and fills one cache line.
#[repr(C, align(128))]
pub(crate) struct Slot {
    pub(super) allocations: AtomicU64,
    pub(super) allocated_bytes: AtomicU64,
    /// Live bytes: below zero where the slot's threads free what others have allocated.
    pub(super) bytes: AtomicI64,
    /// Live blocks.
    pub(super) blocks: AtomicI64,
    /// The most blocks since the last publication.
    blocks_top: AtomicI64,
    /// Above this, the bytes are the highest since the last publication.
    above: AtomicI64,
    /// Below this, the bytes are published.
    below: AtomicI64,
    /// Bytes up to the next sample of the tracer.
    pub(crate) until_sample: AtomicI64,

    /// The most bytes since the last publication.
    top: AtomicI64,
    /// Above this, the bytes are published.
    publish_above: AtomicI64,
    /// What of the bytes and blocks is in the process's levels.
    published: [AtomicI64; 2],
    /// The thread that holds the slot, from 1; 0 where it is free.
    pub(super) owner: AtomicU64,
    /// The counts at the moment when the thread got the slot.
    pub(super) before: [AtomicU64; 4],
    /// The most live bytes that the slot had since its thread got it, up to the last publication.
    pub(super) highest: AtomicI64,
    next: AtomicPtr<Slot>,
    /// What tracing keeps for the thread.
    pub(crate) tracing: ThreadTracing,
}

/// What a slot has counted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counts {
    pub(super) allocations: u64,
    pub(super) total_bytes: u64,
    pub(super) live_bytes: i64,
    pub(super) live_blocks: i64,
}

/// State of the tracer for one thread; written by that thread alone, except for `busy`'s readers.
#[cfg_attr(
    not(feature = "traces"),
    allow(dead_code, reason = "kept so that a slot is the same without the tracer")
)]
pub(crate) struct ThreadTracing {
    /// Nested scopes in which the thread's allocations are not traced.
    pub(crate) quiet: AtomicU32,
    /// Whether the thread is inside the tracer, for who stops it.
    pub(crate) busy: AtomicU32,
    /// The block that the thread allocated last, while it is live and the thread has not allocated another one.
    pub(crate) last_block: AtomicUsize,
    /// State of the random numbers; 0 before the first.
    pub(crate) random: AtomicU64,
    /// The sampled session that the random numbers and the distance to the next sample belong to; 0 for none.
    pub(crate) session: AtomicU32,
    /// Where the thread's stack ends (its highest address); 0 before that was asked, 1 where it is not known.
    pub(crate) stack_end: AtomicUsize,
}

impl Slot {
    const fn new(owner: u64) -> Self {
        Slot {
            allocations: AtomicU64::new(0),
            allocated_bytes: AtomicU64::new(0),
            bytes: AtomicI64::new(0),
            blocks: AtomicI64::new(0),
            blocks_top: AtomicI64::new(0),
            above: AtomicI64::new(0),
            below: AtomicI64::new(0),
            until_sample: AtomicI64::new(0),
            top: AtomicI64::new(0),
            publish_above: AtomicI64::new(0),
            published: [const { AtomicI64::new(0) }; 2],
            owner: AtomicU64::new(owner),
            before: [const { AtomicU64::new(0) }; 4],
            highest: AtomicI64::new(0),
            next: AtomicPtr::new(ptr::null_mut()),
            tracing: ThreadTracing {
                quiet: AtomicU32::new(0),
                busy: AtomicU32::new(0),
                last_block: AtomicUsize::new(0),
                random: AtomicU64::new(0),
                session: AtomicU32::new(0),
                stack_end: AtomicUsize::new(0),
            },
        }
    }

    /// The calling thread's slot.
    #[inline]
    pub(crate) fn mine() -> &'static Slot {
        let mine = MINE.get();
        if mine.is_null() {
            return claim();
        }
        // SAFETY: `MINE` is null or points to a slot, and slots are never freed.
        unsafe { &*mine }
    }

    /// A number of the thread that holds the slot, from 1.
    #[cfg(feature = "traces")]
    pub(crate) fn thread(&self) -> u64 {
        self.owner.load(Relaxed)
    }

    #[inline(always)]
    pub(super) fn allocated(&self, size: usize) {
        add(&self.allocations, 1);
        add(&self.allocated_bytes, size as u64);
        let blocks = change(&self.blocks, 1);
        if blocks > self.blocks_top.load(Relaxed) {
            self.blocks_top.store(blocks, Relaxed);
        }
        let bytes = change(&self.bytes, size as i64);
        if bytes > self.above.load(Relaxed) {
            self.rose(bytes);
        }
    }

    #[inline(always)]
    pub(super) fn freed(&self, size: usize) {
        change(&self.blocks, -1);
        let bytes = change(&self.bytes, -(size as i64));
        if bytes < self.below.load(Relaxed) {
            self.publish();
        }
    }

    /// A free of the old size and an allocation of the new one, at one moment.
    #[inline(always)]
    pub(super) fn reallocated(&self, old: usize, new: usize) {
        add(&self.allocations, 1);
        add(&self.allocated_bytes, new as u64);
        let bytes = change(&self.bytes, new as i64 - old as i64);
        if bytes > self.above.load(Relaxed) {
            self.rose(bytes);
        } else if bytes < self.below.load(Relaxed) {
            self.publish();
        }
    }

    #[inline(always)]
    fn rose(&self, bytes: i64) {
        if bytes > self.publish_above.load(Relaxed) {
            return self.publish();
        }
        self.top.store(bytes, Relaxed);
        self.above.store(bytes, Relaxed);
    }

    /// What it has counted. While its thread allocates, the figures may be one allocation apart.
    pub(super) fn counts(&self) -> Counts {
        Counts {
            allocations: self.allocations.load(Relaxed),
            total_bytes: self.allocated_bytes.load(Relaxed),
            live_bytes: self.bytes.load(Relaxed),
            live_blocks: self.blocks.load(Relaxed),
        }
    }

    /// What it had counted when its thread got it.
    pub(super) fn counts_before(&self) -> Counts {
        let [allocations, total_bytes, live_bytes, live_blocks] =
            [0, 1, 2, 3].map(|at| self.before[at].load(Relaxed));
        Counts {
            allocations,
            total_bytes,
            live_bytes: live_bytes.cast_signed(),
            live_blocks: live_blocks.cast_signed(),
        }
    }

    /// Publishes everything that the calling thread, whose slot this is, has not published yet.
    #[cold]
    #[inline(never)]
    pub(super) fn publish(&self) {
        let (bytes, blocks) = (self.bytes.load(Relaxed), self.blocks.load(Relaxed));
        let (top, blocks_top) =
            (self.top.load(Relaxed).max(bytes), self.blocks_top.load(Relaxed).max(blocks));
        self.highest.store(top.max(self.highest.load(Relaxed)), Relaxed);
        level::publish(&self.published[0], &LIVE, bytes, top);
        level::publish(&self.published[1], &LIVE_BLOCKS, blocks, blocks_top);
        self.blocks_top.store(blocks, Relaxed);
        self.top.store(bytes, Relaxed);
        self.above.store(bytes, Relaxed);
        loop {
            let step = level::step();
            self.publish_above.store(bytes + step, Relaxed);
            self.below.store(bytes - step, Relaxed);
            // Either this thread sees a new step, or who has set it overwrites what was stored here.
            fence(Ordering::SeqCst);
            if level::step() == step {
                break;
            }
        }
    }

    /// Has the slot's thread publish at its next allocation or free, as the step has changed. By any thread, behind a
    /// sequentially consistent fence.
    pub(super) fn step_changed(&self) {
        self.publish_above.store(i64::MIN, Relaxed);
        self.above.store(i64::MIN, Relaxed);
        self.below.store(i64::MAX, Relaxed);
    }

    /// Publishes what another thread's slot holds back, without its highest. Its thread goes on from what it has published
    /// itself, so that what it holds back stays within the step on either side, however often others do this.
    pub(super) fn settle(&self) {
        level::settle(&self.published[0], &LIVE, &self.bytes);
        level::settle(&self.published[1], &LIVE_BLOCKS, &self.blocks);
    }

    /// Makes the slot the calling thread's.
    fn begin(&self) {
        let Counts { allocations, total_bytes, live_bytes, live_blocks } = self.counts();
        let counts = [allocations, total_bytes, live_bytes.cast_unsigned(), live_blocks.cast_unsigned()];
        for (before, count) in self.before.iter().zip(counts) {
            before.store(count, Relaxed);
        }
        self.highest.store(live_bytes, Relaxed);
        self.tracing.stack_end.store(0, Relaxed);
        self.tracing.quiet.store(0, Relaxed);
        self.tracing.session.store(0, Relaxed);
        self.tracing.last_block.store(0, Relaxed);
    }
}

/// All slots, free ones too: their counts are part of every sum.
pub(crate) fn slots() -> impl Iterator<Item = &'static Slot> {
    let mut at = SLOTS.load(Ordering::Acquire);
    std::iter::from_fn(move || {
        // SAFETY: the list ends with a null pointer, and slots are never freed.
        let slot = unsafe { at.as_ref() }?;
        at = slot.next.load(Relaxed);
        Some(slot)
    })
}

/// Gives the calling thread a slot: one that an ended thread has left, else a new one.
#[cold]
#[inline(never)]
fn claim() -> &'static Slot {
    // The first thread that allocates finds `FIRST` already its own.
    let thread = THREADS.fetch_add(1, Relaxed);
    let taken = |slot: &Slot| slot.owner.compare_exchange(0, thread, Ordering::Acquire, Relaxed).is_ok();
    let slot =
        if thread == 1 { &FIRST } else { slots().find(|slot| taken(slot)).unwrap_or_else(|| grow(thread)) };
    slot.begin();
    MINE.set(slot);
    #[cfg(unix)]
    super::thread_end::arm(slot);
    slot
}

/// Takes the slot from the calling thread. Where it allocates once more, it gets a slot anew.
#[cfg(unix)]
pub(super) fn leave(slot: &Slot) {
    slot.publish();
    MINE.set(ptr::null());
    slot.owner.store(0, Ordering::Release);
}

/// A new slot in the list, held by `thread`.
fn grow(thread: u64) -> &'static Slot {
    // SAFETY: the layout has a size.
    let memory = unsafe { System.alloc(Layout::new::<Slot>()) }.cast::<Slot>();
    if memory.is_null() {
        // Where not even this is to be had, the thread shares the first slot: counts may then lose each other, and the
        // program is about to end anyway.
        return &FIRST;
    }
    // SAFETY: the memory was given for a slot, and nobody else has it.
    unsafe { memory.write(Slot::new(thread)) };
    // SAFETY: as above; slots are never freed.
    let slot = unsafe { &*memory };
    let mut head = SLOTS.load(Relaxed);
    loop {
        slot.next.store(head, Relaxed);
        match SLOTS.compare_exchange_weak(head, memory, Ordering::Release, Relaxed) {
            Ok(_) => return slot,
            Err(other) => head = other,
        }
    }
}

/// Adds to a counter that only this thread writes: no bus lock is needed.
#[inline(always)]
fn add(counter: &AtomicU64, value: u64) {
    counter.store(counter.load(Relaxed).wrapping_add(value), Relaxed);
}

/// The same of a level. Gives the new value.
#[inline(always)]
fn change(level: &AtomicI64, by: i64) -> i64 {
    let sum = level.load(Relaxed).wrapping_add(by);
    level.store(sum, Relaxed);
    sum
}
