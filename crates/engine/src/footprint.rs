//! What a run cost: rows, bytes, time and memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use plimsoll_core::RejectCounts;
use plimsoll_csv::Choice;
use plimsoll_memory::{Budget, Holder, process};

use crate::OperatorFootprint;
use crate::text_order::TextOrder;

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
    /// Where the process's memory is: what the query reserved, what the heap holds, what is resident. Peaks of the heap
    /// and of what is reserved are since the query began, that of the resident memory since the process did.
    pub memory: plimsoll_memory::Footprint,
    /// What the query, its operators and their threads reserved, in bytes; each behind the one above it.
    pub consumers: Vec<Holder>,
    /// What each operator did and cost, in the order in which rows go through them.
    pub operators: Vec<OperatorFootprint>,
    /// Resident bytes that tracing has taken beside the heap, where the program traces its allocations.
    pub tracing: Option<u64>,
    /// Allocations since the query began, where the program's allocator counts.
    pub allocations: Option<u64>,
    /// Groups, where the query groups.
    pub groups: Option<u64>,
    /// Scans begun anew because a column's type was wider than thought.
    pub restarts: u64,
    /// Blank lines passed over.
    pub blank_lines: u64,
    /// Times read whose fractions have digits behind the microsecond, which were cut off.
    pub cut_fractions: u64,
    /// Records skipped and repaired, by what was wrong with them, in what was read.
    pub rejects: RejectCounts,
    /// Bytes written to temporary files, what memory did not hold.
    pub bytes_spilled: u64,
    /// Columns that the query puts in order as text though they look like numbers or times.
    pub ordered_as_text: Vec<TextOrder>,
    /// The settings of the file's dialect; none where the query reads what is held.
    pub dialect: Vec<Choice>,
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
    pub(crate) fn read(&self, budget: &Budget) -> Footprint {
        let memory = plimsoll_memory::Footprint::now(Some(budget));
        let heap = plimsoll_memory::heap();
        let cpu = process::processor_time().zip(self.cpu).map(|(now, before)| now.saturating_sub(before));
        Footprint {
            wall: self.start.elapsed(),
            cpu,
            memory,
            consumers: budget.consumers(),
            tracing: plimsoll_memory::tracing(),
            allocations: heap.map(|heap| heap.allocations - self.allocations),
            ..Footprint::default()
        }
    }
}
