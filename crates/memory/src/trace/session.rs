//! Starting and stopping, and what can be asked in between.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::capture::{self, MOST_FRAMES};
use super::recorder::{self, Quiet};
use super::snapshot::{self, Snapshot};
use super::traces::{Amount, Mode};
use super::{TraceError, sites};
use crate::heap::{self, Slot};

/// The running session.
static SESSION: Mutex<Option<Session>> = Mutex::new(None);

#[derive(Debug, Clone, Copy)]
struct Session {
    options: Options,
    /// What had been allocated before.
    before: Amount,
}

/// How to trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Most frames to keep of a stack, from 0 to 112, counted in calls: inlined functions come on top. With 0 only tags
    /// are told apart, which is the cheapest.
    pub frames: usize,
    /// Every allocation, or a sample.
    pub mode: Mode,
    /// Where a sampled session's random numbers begin.
    pub seed: u64,
    /// Whether stacks may be walked by frame pointers, where the self test at the start finds them kept. Without it the
    /// unwinder is used: slower, and right for code that was compiled without them.
    pub frame_pointers: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options { frames: 16, mode: Mode::Exact, seed: 0x5eed, frame_pointers: true }
    }
}

/// Traced bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TracedMemory {
    /// Live now.
    pub current: u64,
    /// The most since tracing began or the last [`reset_peak`].
    pub peak: u64,
}

/// Traces from now on: allocations of all threads, each with at most `frames` frames of its stack.
///
/// # Errors
/// [`TraceError`] where a session runs, where [`Counting`](crate::Counting) is not the program's allocator, or where the
/// figures make no sense. A running session goes on.
pub fn start(frames: usize, mode: Mode) -> Result<(), TraceError> {
    start_with(Options { frames, mode, ..Options::default() })
}

/// As [`start`], with all options.
///
/// # Errors
/// As [`start`].
pub fn start_with(options: Options) -> Result<(), TraceError> {
    let most = MOST_FRAMES - 16;
    if options.frames > most {
        return Err(TraceError::TooManyFrames { asked: options.frames, most });
    }
    let interval = match options.mode {
        Mode::Exact => None,
        Mode::Sampled { interval: 0 } => return Err(TraceError::NoInterval),
        Mode::Sampled { interval } => Some(interval),
    };
    let _quiet = Quiet::enter();
    let mut session = lock();
    if session.is_some() {
        return Err(TraceError::AlreadyStarted);
    }
    if !installed() {
        return Err(TraceError::NotInstalled);
    }
    if !sites::prepare() {
        return Err(TraceError::NoAddressSpace);
    }
    capture::choose(Slot::mine(), options.frame_pointers);
    *session = Some(Session { options, before: allocated() });
    recorder::start(recorder::Settings { frames: options.frames, interval, seed: options.seed });
    Ok(())
}

/// Ends the session. Gives its last snapshot: what is live in it was allocated since the start and not freed.
///
/// # Errors
/// [`TraceError::NotStarted`].
pub fn stop() -> Result<Snapshot, TraceError> {
    let _quiet = Quiet::enter();
    let mut running = lock();
    let session = running.take().ok_or(TraceError::NotStarted)?;
    recorder::stop();
    let last = session.snapshot();
    recorder::clear();
    Ok(last)
}

/// What was traced up to now.
///
/// # Errors
/// [`TraceError::NotStarted`].
pub fn take_snapshot() -> Result<Snapshot, TraceError> {
    let _quiet = Quiet::enter();
    lock().map(|session| session.snapshot()).ok_or(TraceError::NotStarted)
}

/// Whether a session runs.
#[must_use]
pub fn is_tracing() -> bool {
    recorder::running().is_some()
}

/// Live bytes that were traced, and their peak; estimates in a sampled session, 0 where nothing is traced.
#[must_use]
pub fn get_traced_memory() -> TracedMemory {
    let (current, peak) = if is_tracing() { recorder::traced() } else { (0, 0) };
    TracedMemory { current, peak }
}

/// Forgets the peak of the traced bytes and what was live at it: it is now.
pub fn reset_peak() {
    recorder::reset_peak();
}

/// Resident bytes that tracing itself uses, outside of the heap that it traces.
#[must_use]
pub fn overhead() -> u64 {
    snapshot::overhead()
}

/// Whether stacks of the running session are walked by frame pointers.
#[must_use]
pub fn uses_frame_pointers() -> bool {
    capture::uses_frame_pointers()
}

fn lock() -> MutexGuard<'static, Option<Session>> {
    SESSION.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether an allocation is counted.
fn installed() -> bool {
    let (_, cost) = crate::measure(|| drop(std::hint::black_box(Box::new(1_u8))));
    cost.allocations > 0
}

/// Everything ever allocated.
fn allocated() -> Amount {
    let heap = heap::heap().unwrap_or_default();
    Amount { bytes: heap.total_bytes, count: heap.allocations }
}

impl Session {
    fn snapshot(&self) -> Snapshot {
        let now = allocated();
        let counted = Amount { bytes: now.bytes - self.before.bytes, count: now.count - self.before.count };
        Snapshot::take(self.options.mode, self.options.frames, counted)
    }
}
