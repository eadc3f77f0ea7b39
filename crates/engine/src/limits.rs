//! What a query may use, and what of it is left for its operators.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use plimsoll_core::{ErrorKind, Result};
use plimsoll_kernels::spill::Space;
use plimsoll_memory::{Budget, Bytes, process};

/// The least memory limit, in bytes: that of two threads.
pub const LEAST_MEMORY_LIMIT: u64 = 16 << 20;

/// What a further thread needs.
const THREAD_LIMIT: u64 = 2 << 20;
/// What the program has but for what operators reserve: its code and tables, the main thread.
const PROGRAM: u64 = 29 << 18;
/// What a thread has but for that: its stack and its allocator's arena.
const THREAD: u64 = 512 << 10;
/// What comes to a process that runs a query: code that was not used before.
const CODE: u64 = 4 << 20;
/// What operators of two threads should have at least.
const LEAST_LEFT: u64 = 4 << 20;
/// Of so many bytes, the allocator loses one between the blocks that it gives; above the least limit one more, since tables
/// that grow side by side have more blocks of a middling size.
const LOST: u64 = 32;

/// Of so many bytes of the limit, one is that of a frame of temporary files...
const FRAMES: u64 = 4096;
/// ... which is no smaller and no larger than that.
const FRAME: [usize; 2] = [4 << 10, 32 << 10];

/// What queries and loads that run at once have together.
pub(crate) type Whole = Arc<Mutex<Option<Budget>>>;

/// What a query may use.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    /// Bytes of the whole process.
    pub(crate) memory: Option<u64>,
    /// What queries reserve from; a part of what `memory` leaves where there is none.
    pub(crate) budget: Option<Budget>,
    /// What `memory` leaves, for all queries and loads that run.
    pub(crate) whole: Whole,
    /// Worker threads.
    pub(crate) threads: usize,
    /// Bytes that a worker reads at a time.
    pub(crate) block_size: usize,
    /// Where temporary files lie; the system's directory for them where nothing is said.
    pub(crate) temp_dir: Option<PathBuf>,
    /// The most bytes of temporary files that a query may have at once.
    pub(crate) max_temp: Option<u64>,
    /// What stands in for both, in tests.
    pub(crate) space: Option<Space>,
}

impl Limits {
    /// Worker threads that there is memory for.
    pub(crate) fn threads(&self) -> usize {
        match (&self.budget, self.memory) {
            (None, Some(limit)) => {
                let further = limit.saturating_sub(LEAST_MEMORY_LIMIT) / THREAD_LIMIT;
                self.threads.min(usize::try_from(2 + further).unwrap_or(usize::MAX))
            }
            _ => self.threads,
        }
    }

    /// What a query or a load on so many threads may reserve.
    ///
    /// # Errors
    /// `MemoryLimit` for less than [`LEAST_MEMORY_LIMIT`], or less than the process has already.
    pub(crate) fn budget_for(&self, threads: usize) -> Result<Budget> {
        match (&self.budget, self.memory) {
            (Some(budget), _) => Ok(budget.clone()),
            (None, Some(limit)) => self.part(limit, threads),
            (None, None) => Ok(Budget::unlimited()),
        }
    }

    /// What a limit leaves for all that runs; found anew where nothing does.
    fn whole(&self, limit: u64) -> Result<Budget> {
        let mut kept = self.whole.lock().unwrap_or_else(PoisonError::into_inner);
        let running = kept.take().filter(Budget::is_shared);
        let whole = running.map_or_else(|| budget_of(limit, self.threads()), Ok)?;
        Ok(kept.insert(whole).clone())
    }

    /// A part of that for one query or load.
    fn part(&self, limit: u64, threads: usize) -> Result<Budget> {
        let whole = self.whole(limit)?;
        let own = threads as u64 * THREAD;
        // The first one has what there is, if that is less.
        let least = match whole.used() {
            0 => LEAST_LEFT.min(whole.available().saturating_sub(own)),
            _ => LEAST_LEFT,
        };
        whole.part("queries", own, least).map_err(|exceeded| {
            let needed = Bytes(LEAST_LEFT + own);
            ErrorKind::MemoryLimit {
                message: format!("there is no room for one more query: {exceeded}"),
                hint: format!("each needs at least {needed}: run fewer at once, or raise the memory limit"),
            }
            .into()
        })
    }

    /// What looking at a file may reserve before it is known how many threads read it. A limit that is too small for any query
    /// is refused when one begins.
    pub(crate) fn budget_for_opening(&self) -> Budget {
        let budget = match (&self.budget, self.memory) {
            (None, Some(limit)) => self.whole(limit),
            _ => self.budget_for(self.threads()),
        };
        budget.or_else(|_| Budget::limited(LEAST_LEFT)).unwrap_or_else(|_| Budget::unlimited())
    }

    /// Where a query's temporary files may lie. None is made yet.
    pub(crate) fn space(&self) -> Space {
        let directory = || self.temp_dir.clone().unwrap_or_else(std::env::temp_dir);
        self.space.clone().unwrap_or_else(|| {
            let space = Space::new(directory(), self.max_temp);
            match self.memory.and_then(|limit| usize::try_from(limit / FRAMES).ok()) {
                Some(frame) => space.with_frames(frame.clamp(FRAME[0], FRAME[1])),
                None => space,
            }
        })
    }
}

/// What operators and threads may reserve of a process that may have `limit` bytes: all but a base that is the same for
/// every query, unless the process has more already.
fn budget_of(limit: u64, threads: usize) -> Result<Budget> {
    let now = process::resident().current.unwrap_or(0);
    let base = (PROGRAM + threads as u64 * THREAD).max(now + CODE);
    let needed = (base + LEAST_LEFT).max(LEAST_MEMORY_LIMIT);
    // Less what the allocator loses between the blocks that it gives, and what tracing takes beside them.
    let left = limit.saturating_sub(base);
    let left = left.saturating_sub((left + limit.saturating_sub(LEAST_MEMORY_LIMIT)) / LOST);
    let left = left - plimsoll_memory::tracing_share(left) + threads as u64 * THREAD;
    let budget = Budget::of_process(limit, left).ok().filter(|_| limit >= needed);
    budget.ok_or_else(|| {
        let mib = needed.div_ceil(1 << 20);
        ErrorKind::MemoryLimit {
            message: format!(
                "a memory limit of {limit} bytes is less than the {mib} MiB that any query needs"
            ),
            hint: format!("allow at least {mib} MiB: {} are the program's own", Bytes(base)),
        }
        .into()
    })
}
