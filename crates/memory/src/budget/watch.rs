//! The process that a budget bounds: what its heap has grown by, and what lies beside the heap.
//!
//! What is reserved is a promise. Memory that nobody has reserved, pages that the allocator keeps, code and stacks count just as
//! much for whoever looks at the process. So a growth must fit beside what is really there.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use crate::{heap, process};

/// Looks at the process lie at least so far apart...
const APART: Duration = Duration::from_millis(2);
/// ... and so many times as long as one took, with what was given back meanwhile.
const IDLE: u32 = 10;

/// So many bytes of the limit, and one of so many, are for what comes between two looks.
const MARGIN: u64 = 512 << 10;
const MARGINS: u64 = 32;

/// A process under a limit.
#[derive(Debug)]
pub(super) struct Watch {
    /// The most bytes that the process should have.
    limit: u64,
    /// What of them is taken for all that is not reserved.
    assumed: u64,
    /// Live bytes of the heap when it began.
    heap_before: u64,
    began: Instant,
    /// Nanoseconds from then on to the next look.
    next: AtomicU64,
    /// Bytes by which what lies beside the heap is more than was assumed, at the last look.
    excess: AtomicU64,
}

/// What is in use beside reservations.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Found {
    /// Bytes that the heap has grown by: those that are reserved and used, and those that nobody has reserved.
    pub(super) grown: u64,
    /// Bytes that count in any case.
    pub(super) excess: u64,
}

impl Watch {
    /// A process that may have `limit` bytes, of which `reserved` can be reserved. `None` where nothing counts the heap.
    pub(super) fn new(limit: u64, reserved: u64) -> Option<Self> {
        let limit = limit.saturating_sub(MARGIN + limit / MARGINS);
        let heap_before = heap::live();
        (heap_before > 0).then(|| Watch {
            limit,
            assumed: limit.saturating_sub(reserved),
            heap_before,
            began: Instant::now(),
            next: AtomicU64::new(0),
            excess: AtomicU64::new(0),
        })
    }

    /// What is found where `reserved` bytes are to be reserved. The process is looked at where that is due.
    pub(super) fn found(&self, reserved: u64) -> Found {
        let grown = heap::live().saturating_sub(self.heap_before);
        self.look(reserved);
        Found { grown, excess: self.excess.load(Relaxed) }
    }

    /// Notes what lies beside the heap. Only one thread at a time has something to note.
    fn look(&self, reserved: u64) {
        let now = self.began.elapsed();
        let next = self.next.load(Relaxed);
        if nanoseconds(now) < next || self.next.compare_exchange(next, u64::MAX, Relaxed, Relaxed).is_err() {
            return;
        }
        // Free pages of the heap may serve for what is reserved, so it is only looked at what is more where they do not.
        let found = || {
            let resident = process::resident_now()?;
            let grown = heap::live().saturating_sub(self.heap_before);
            let fits = resident + reserved.saturating_sub(grown) <= self.limit;
            Some(if fits { 0 } else { resident.saturating_sub(grown).saturating_sub(self.assumed) })
        };
        let mut excess = found().unwrap_or(0);
        if excess > 0 {
            process::trim();
            excess = found().unwrap_or(0);
            // Most of it comes back while the same work goes on, so that it counts.
            process::forget_code();
        }
        self.excess.store(excess, Relaxed);
        let took = self.began.elapsed().saturating_sub(now);
        self.next.store(nanoseconds(self.began.elapsed() + APART.max(took * IDLE)), Relaxed);
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
