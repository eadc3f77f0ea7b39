//! What a run cost: rows, bytes, time and memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use plimsoll_memory::process;

/// What a run read, gave and cost. Figures of the process are `None` where the system does not tell them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Footprint {
    /// Records read (not the header, blank lines and comments).
    pub rows_read: u64,
    /// Rows given.
    pub rows_given: u64,
    /// Bytes of input read, of restarted scans too.
    pub bytes_read: u64,
    /// From the start of the query to its end.
    pub wall: Duration,
    /// Processor time of the process during the query, all threads together.
    pub cpu: Option<Duration>,
    /// Worker threads.
    pub threads: usize,
    /// Peak resident memory of the process since its start, in bytes.
    pub peak_resident: Option<u64>,
    /// Anonymous part of the process's resident memory (what is not backed by a file) at the end of the query, in bytes.
    pub anonymous: Option<u64>,
    /// Most bytes live on the heap since the query began, where the program's allocator counts.
    pub peak_heap: Option<u64>,
    /// Allocations since the query began, where the program's allocator counts.
    pub allocations: Option<u64>,
    /// Most bytes reserved in the query's budget.
    pub peak_reserved: u64,
    /// Groups, where the query groups.
    pub groups: Option<u64>,
    /// Scans begun anew because a column's type was wider than thought.
    pub restarts: u64,
    /// Blank lines passed over.
    pub blank_lines: u64,
}

/// How far a running query is; shared with whoever draws a bar.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    /// Bytes read of the current scan.
    pub bytes_read: Arc<AtomicU64>,
    /// Bytes of the input, 0 where they are not known.
    pub bytes_total: Arc<AtomicU64>,
}

impl Progress {
    /// Bytes read and bytes in all.
    pub fn get(&self) -> (u64, u64) {
        (self.bytes_read.load(Ordering::Relaxed), self.bytes_total.load(Ordering::Relaxed))
    }
}

/// Reads clocks and counters at the start of a query, and tells later what has come since.
#[derive(Debug)]
pub(crate) struct Meter {
    start: Instant,
    cpu: Option<Duration>,
    allocations: u64,
}

impl Meter {
    pub(crate) fn start() -> Self {
        plimsoll_memory::reset_peak();
        let allocations = plimsoll_memory::heap().map_or(0, |heap| heap.allocations);
        Meter { start: Instant::now(), cpu: process::processor_time(), allocations }
    }

    /// The figures of clock, processor and memory; all others are left empty.
    pub(crate) fn read(&self) -> Footprint {
        let heap = plimsoll_memory::heap();
        let resident = process::resident();
        let cpu = process::processor_time().zip(self.cpu).map(|(now, before)| now.saturating_sub(before));
        Footprint {
            wall: self.start.elapsed(),
            cpu,
            peak_resident: resident.peak,
            anonymous: resident.anonymous,
            peak_heap: heap.map(|heap| heap.peak_bytes),
            allocations: heap.map(|heap| heap.allocations - self.allocations),
            ..Footprint::default()
        }
    }
}
