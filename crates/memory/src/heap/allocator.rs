//! A global allocator that counts what passes through it and, where that is asked for, traces it. It never locks,
//! allocates or panics.
#![allow(
    unsafe_code,
    reason = "GlobalAlloc is an unsafe trait; every method only forwards to the inner allocator"
)]

use std::alloc::{GlobalAlloc, Layout, System};

use super::slot::Slot;
#[cfg(feature = "traces")]
use crate::trace::recorder;

/// An allocator that forwards to `A` and counts. Sizes are those that the program asks for; what `A` adds for its own
/// needs is not seen. All instances of a program share one set of counters.
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

impl<A> Counting<A> {
    /// Counts what goes to `inner`.
    pub const fn new(inner: A) -> Self {
        Counting { inner }
    }
}

/// Counts a block that was given.
#[inline(always)]
fn given(block: *mut u8, size: usize) {
    if block.is_null() {
        return;
    }
    let slot = Slot::mine();
    slot.allocated(size);
    #[cfg(feature = "traces")]
    if let Some(running) = recorder::running() {
        recorder::allocated(slot, running, block.addr(), size);
    }
}

// SAFETY: every method hands its arguments unchanged to the inner allocator and returns what that returns, so the
// inner allocator's promises are ours. Counting and tracing only read the block's address; they touch atomics, a
// thread-local constant and memory of their own, cannot unwind and do not call this allocator.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Counting<A> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise on `layout` is passed on.
        let block = unsafe { self.inner.alloc(layout) };
        given(block, layout.size());
        block
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise on `layout` is passed on.
        let block = unsafe { self.inner.alloc_zeroed(layout) };
        given(block, layout.size());
        block
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // Before the block is given back: afterwards its address may be another thread's block.
        let slot = Slot::mine();
        #[cfg(feature = "traces")]
        if let Some(running) = recorder::running() {
            recorder::freed(slot, running, block.addr(), layout.size());
        }
        slot.freed(layout.size());
        // SAFETY: the caller says that `block` came from this allocator with `layout`, so it came from the inner one.
        unsafe { self.inner.dealloc(block, layout) };
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        #[cfg(feature = "traces")]
        let traced = recorder::running().map(|running| (running, recorder::taken(block.addr())));
        // SAFETY: as for `dealloc`; the caller's promise on `new_size` is passed on.
        let new_block = unsafe { self.inner.realloc(block, layout, new_size) };
        #[cfg(feature = "traces")]
        if let Some((running, taken)) = traced {
            recorder::moved(
                Slot::mine(),
                running,
                taken,
                (block.addr(), layout.size()),
                (new_block.addr(), new_size),
            );
        }
        if !new_block.is_null() {
            Slot::mine().reallocated(layout.size(), new_size);
        }
        new_block
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        // SAFETY: the layout's size is not zero.
        assert!(unsafe { allocator.alloc(layout) }.is_null());
        // SAFETY: the layout's size is not zero.
        assert!(unsafe { allocator.alloc_zeroed(layout) }.is_null());
        // This test program's own allocator does not count, and no other test goes through a counting one.
        assert_eq!(crate::heap(), None);
    }
}
