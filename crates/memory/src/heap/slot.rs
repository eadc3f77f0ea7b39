//! A thread's own counters. Each thread that allocates holds one slot alone, so that counting is a handful of plain loads
//! and stores without a bus lock; the fields are atomics only so that others may read them.
//!
//! A slot that a thread leaves keeps its counts and goes to the next thread that needs one, so the sums over all slots
//! are exact at all times. The process's live bytes and their peak are kept in steps: a slot publishes its change once
//! that passes [`STEP`]. What was highest in between is published with it, which makes the peak of one thread exact.
#![allow(unsafe_code, reason = "slots come from the system's allocator: the global one cannot serve itself")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ptr;
use std::sync::atomic::{AtomicI64, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize};
use std::sync::atomic::{Ordering, Ordering::Relaxed};

/// The bytes by which a thread's live bytes may differ from what it has published; 0 in the exact mode.
pub(super) const STEP: i64 = 64 * 1024;

pub(super) static PUBLISH_AT: AtomicI64 = AtomicI64::new(STEP);
/// Live bytes and blocks as published.
pub(super) static LIVE: Level = Level::new();
pub(super) static LIVE_BLOCKS: Level = Level::new();

static FIRST: Slot = Slot::new(1);
/// The head of the list of all slots; `FIRST` is its last.
static SLOTS: AtomicPtr<Slot> = AtomicPtr::new(ptr::addr_of!(FIRST).cast_mut());
static THREADS: AtomicU64 = AtomicU64::new(1);

thread_local! {
    /// The thread's slot. Constant and without a destructor, so that reading it never allocates and works while the
    /// thread ends.
    static MINE: Cell<*const Slot> = const { Cell::new(ptr::null()) };
}

/// A figure and its peak.
pub(super) struct Level {
    pub(super) now: AtomicI64,
    pub(super) peak: AtomicI64,
}

impl Level {
    const fn new() -> Self {
        Level { now: AtomicI64::new(0), peak: AtomicI64::new(0) }
    }

    fn raise(&self, to: i64) {
        // A load first: the peak's cache line is then shared by all threads while it stands still.
        if to > self.peak.load(Relaxed) {
            self.peak.fetch_max(to, Relaxed);
        }
    }
}

/// One thread's counters. What every call touches comes first and fills one cache line.
#[repr(C, align(128))]
pub(crate) struct Slot {
    pub(super) allocations: AtomicU64,
    pub(super) frees: AtomicU64,
    pub(super) allocated_bytes: AtomicU64,
    pub(super) freed_bytes: AtomicU64,
    /// Of this slot's live bytes and blocks, which fall below zero where its threads free what others have allocated.
    pub(super) bytes: Published,
    pub(super) blocks: Published,

    /// The thread that holds the slot, from 1; 0 where it is free.
    pub(super) owner: AtomicU64,
    /// Counts at the moment when the thread got the slot: allocations, frees, allocated and freed bytes.
    pub(super) before: [AtomicU64; 4],
    /// The most live bytes that the slot had since its thread got it, up to the last publication.
    pub(super) highest: AtomicI64,
    next: AtomicPtr<Slot>,
    /// What tracing keeps for the thread.
    pub(crate) tracing: ThreadTracing,
}

/// A level that is published in steps.
pub(super) struct Published {
    /// What of it is in the process's level.
    published: AtomicI64,
    /// The highest since the last publication.
    top: AtomicI64,
}

/// State of the tracer for one thread; written by that thread alone, except for `busy`'s readers.
pub(crate) struct ThreadTracing {
    /// Nested scopes in which the thread's allocations are not traced.
    pub(crate) quiet: AtomicU32,
    /// Whether the thread is inside the tracer, for who stops it.
    pub(crate) busy: AtomicU32,
    /// The block that the thread allocated last, while it is live and the thread has not allocated another one.
    pub(crate) last_block: AtomicUsize,
    /// Bytes up to the next sample.
    pub(crate) until_sample: AtomicI64,
    /// State of the random numbers; 0 before the first.
    pub(crate) random: AtomicU64,
    /// The session that the two above belong to.
    pub(crate) session: AtomicU32,
    /// Where the thread's stack ends (its highest address); 0 before that was asked, 1 where it is not known.
    pub(crate) stack_end: AtomicUsize,
}

impl Slot {
    const fn new(owner: u64) -> Self {
        const ZERO: AtomicU64 = AtomicU64::new(0);
        Slot {
            allocations: ZERO,
            frees: ZERO,
            allocated_bytes: ZERO,
            freed_bytes: ZERO,
            bytes: Published::new(),
            blocks: Published::new(),
            owner: AtomicU64::new(owner),
            before: [ZERO; 4],
            highest: AtomicI64::new(0),
            next: AtomicPtr::new(ptr::null_mut()),
            tracing: ThreadTracing {
                quiet: AtomicU32::new(0),
                busy: AtomicU32::new(0),
                last_block: AtomicUsize::new(0),
                until_sample: AtomicI64::new(0),
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

    #[inline]
    pub(super) fn allocated(&self, size: usize) {
        let allocations = add(&self.allocations, 1);
        let allocated = add(&self.allocated_bytes, size as u64);
        let bytes = difference(allocated, self.freed_bytes.load(Relaxed));
        let blocks = difference(allocations, self.frees.load(Relaxed));
        self.bytes.reached(bytes);
        self.blocks.reached(blocks);
        if bytes.wrapping_sub(self.bytes.published.load(Relaxed)) > PUBLISH_AT.load(Relaxed) {
            self.publish();
        }
    }

    #[inline]
    pub(super) fn freed(&self, size: usize) {
        add(&self.frees, 1);
        let freed = add(&self.freed_bytes, size as u64);
        let bytes = difference(self.allocated_bytes.load(Relaxed), freed);
        if self.bytes.published.load(Relaxed).wrapping_sub(bytes) > PUBLISH_AT.load(Relaxed) {
            self.publish();
        }
    }

    /// A free of the old size and an allocation of the new one, at one moment.
    #[inline]
    pub(super) fn reallocated(&self, old: usize, new: usize) {
        add(&self.frees, 1);
        add(&self.freed_bytes, old as u64);
        add(&self.allocations, 1);
        let allocated = add(&self.allocated_bytes, new as u64);
        let bytes = difference(allocated, self.freed_bytes.load(Relaxed));
        self.bytes.reached(bytes);
        let unpublished = bytes.wrapping_sub(self.bytes.published.load(Relaxed));
        if unpublished.wrapping_abs() > PUBLISH_AT.load(Relaxed) {
            self.publish();
        }
    }

    /// The slot's live bytes.
    pub(super) fn live_bytes(&self) -> i64 {
        difference(self.allocated_bytes.load(Relaxed), self.freed_bytes.load(Relaxed))
    }

    /// The slot's live blocks.
    pub(super) fn live_blocks(&self) -> i64 {
        difference(self.allocations.load(Relaxed), self.frees.load(Relaxed))
    }

    /// Publishes everything that the calling thread, whose slot this is, has not published yet.
    #[cold]
    #[inline(never)]
    pub(super) fn publish(&self) {
        let highest = self.bytes.top.load(Relaxed).max(self.highest.load(Relaxed));
        self.highest.store(highest, Relaxed);
        self.bytes.publish(self.live_bytes(), &LIVE);
        self.blocks.publish(self.live_blocks(), &LIVE_BLOCKS);
    }

    /// Publishes what another thread's slot holds back, without its highest.
    pub(super) fn settle(&self) {
        self.bytes.settle(self.live_bytes(), &LIVE);
        self.blocks.settle(self.live_blocks(), &LIVE_BLOCKS);
    }

    fn counts(&self) -> [u64; 4] {
        [&self.allocations, &self.frees, &self.allocated_bytes, &self.freed_bytes]
            .map(|count| count.load(Relaxed))
    }

    /// Makes the slot the calling thread's.
    fn begin(&self) {
        for (before, count) in self.before.iter().zip(self.counts()) {
            before.store(count, Relaxed);
        }
        self.highest.store(self.live_bytes(), Relaxed);
        self.tracing.stack_end.store(0, Relaxed);
        self.tracing.quiet.store(0, Relaxed);
        self.tracing.session.store(0, Relaxed);
        self.tracing.last_block.store(0, Relaxed);
    }
}

impl Published {
    const fn new() -> Self {
        Published { published: AtomicI64::new(0), top: AtomicI64::new(0) }
    }

    #[inline]
    fn reached(&self, level: i64) {
        if level > self.top.load(Relaxed) {
            self.top.store(level, Relaxed);
        }
    }

    /// By the slot's thread: the process's level was as high as the slot's highest makes it.
    fn publish(&self, level: i64, whole: &Level) {
        let top = self.top.load(Relaxed);
        let before = self.published.swap(level, Relaxed);
        let change = level.wrapping_sub(before);
        let whole_before = whole.now.fetch_add(change, Relaxed);
        whole.raise(whole_before.wrapping_add(top.max(level).wrapping_sub(before)));
        self.top.store(level, Relaxed);
    }

    /// By any thread.
    fn settle(&self, level: i64, whole: &Level) {
        let before = self.published.swap(level, Relaxed);
        let change = level.wrapping_sub(before);
        if change != 0 {
            let now = whole.now.fetch_add(change, Relaxed).wrapping_add(change);
            whole.raise(now);
        }
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
    at_thread_end::arm(slot);
    slot
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

/// Adds to a counter that only this thread writes: no bus lock is needed. Gives the new value.
#[inline]
fn add(counter: &AtomicU64, value: u64) -> u64 {
    let sum = counter.load(Relaxed).wrapping_add(value);
    counter.store(sum, Relaxed);
    sum
}

/// What is left of counts that only grow. Both stay far below 2^63.
#[inline]
pub(super) fn difference(given: u64, returned: u64) -> i64 {
    given.wrapping_sub(returned).cast_signed()
}

/// Frees a thread's slot when the thread ends. A destructor of a Rust thread-local may not be used: registering it can
/// allocate, which the standard library forbids to a global allocator. POSIX keys can do it.
#[cfg(unix)]
mod at_thread_end {
    use std::ffi::c_void;
    use std::ptr;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::{MINE, Slot};

    /// The key and 1; 0 before it was made.
    static KEY: AtomicU64 = AtomicU64::new(0);

    pub(super) fn arm(slot: &'static Slot) {
        let Some(key) = key() else { return };
        // SAFETY: the key was made by `pthread_key_create`. A failure leaves the slot to this thread forever.
        unsafe { libc::pthread_setspecific(key, ptr::from_ref(slot).cast()) };
    }

    fn key() -> Option<libc::pthread_key_t> {
        let made = |value: u64| libc::pthread_key_t::try_from(value - 1).ok();
        let known = KEY.load(Ordering::Acquire);
        if known > 0 {
            return made(known);
        }
        let mut key: libc::pthread_key_t = 0;
        // SAFETY: `key` is writable, and `leave` keeps to what such a destructor may do.
        if unsafe { libc::pthread_key_create(&raw mut key, Some(leave)) } != 0 {
            return None;
        }
        match KEY.compare_exchange(0, u64::from(key) + 1, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => Some(key),
            Err(other) => {
                // SAFETY: the key was made above, and nobody has seen it.
                unsafe { libc::pthread_key_delete(key) };
                made(other)
            }
        }
    }

    /// The system calls it at the end of a thread with what `arm` has set. If a later destructor allocates, the thread
    /// gets a slot anew.
    unsafe extern "C" fn leave(slot: *mut c_void) {
        // SAFETY: `arm` has set a slot, and slots are never freed.
        let slot = unsafe { &*slot.cast::<Slot>() };
        slot.publish();
        MINE.set(ptr::null());
        slot.owner.store(0, Ordering::Release);
    }
}

/// Without an end that can be seen, a slot stays with its thread's number.
#[cfg(not(unix))]
mod at_thread_end {
    pub(super) fn arm(_: &'static super::Slot) {}
}
