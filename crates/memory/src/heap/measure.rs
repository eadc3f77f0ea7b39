//! What a piece of work allocates, for tests that assert a limit and for programs that report one.

use std::sync::atomic::Ordering::Relaxed;

use super::slot::{Counts, Slot};

/// What the calling thread allocated during a piece of work. Other threads' allocations are not in it, so tests that run
/// side by side do not disturb each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Measured {
    /// Allocations.
    pub allocations: u64,
    /// Frees.
    pub frees: u64,
    /// Bytes of all allocations.
    pub total_bytes: u64,
    /// The most bytes that were live at once, above what was live before. Exact.
    pub peak_bytes: u64,
    /// Live bytes afterwards less those before: what the work's result holds, or what it leaks.
    pub live_bytes: i64,
}

/// Runs `work` and tells what it allocated; all zero where [`Counting`](crate::Counting) is not the global allocator.
/// Measured pieces may lie in each other.
///
/// ```
/// # #[global_allocator]
/// # static ALLOCATOR: plimsoll_memory::Counting = plimsoll_memory::Counting::system();
/// let (sum, cost) = plimsoll_memory::measure(|| (0..1_000_000_u64).map(|n| n * n).sum::<u64>());
/// assert_eq!(cost.allocations, 0, "a lazy sum holds nothing");
/// # assert!(sum > 0);
/// ```
pub fn measure<T>(work: impl FnOnce() -> T) -> (T, Measured) {
    let scope = Scope::enter();
    let result = work();
    let measured = scope.read();
    (result, measured)
}

/// The slot's counts when the work began. Dropped, by a panic too, it gives the outer scope its peak back.
struct Scope {
    slot: &'static Slot,
    before: Counts,
    outer_highest: i64,
}

impl Scope {
    fn enter() -> Self {
        let slot = Slot::mine();
        slot.publish();
        let before = slot.counts();
        Scope { slot, before, outer_highest: slot.highest.swap(before.live_bytes, Relaxed) }
    }

    fn read(&self) -> Measured {
        self.slot.publish();
        let (before, now) = (self.before, self.slot.counts());
        let above = self.slot.highest.load(Relaxed).wrapping_sub(before.live_bytes);
        let allocations = now.allocations - before.allocations;
        Measured {
            allocations,
            frees: allocations.wrapping_sub((now.live_blocks - before.live_blocks).cast_unsigned()),
            total_bytes: now.total_bytes - before.total_bytes,
            peak_bytes: u64::try_from(above).unwrap_or(0),
            live_bytes: now.live_bytes - before.live_bytes,
        }
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        self.slot.publish();
        self.slot.highest.fetch_max(self.outer_highest, Relaxed);
    }
}
