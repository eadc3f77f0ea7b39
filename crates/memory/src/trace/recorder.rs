//! What happens to an allocation while a session runs: its stack is taken, its site found, and the block entered in the
//! side table; when it is freed, by whatever thread, the entry leads back to the site. It takes no lock and allocates
//! nothing from the traced allocator.

use std::sync::atomic::{
    AtomicI64, AtomicU32, AtomicU64, AtomicUsize, Ordering, Ordering::Relaxed, compiler_fence,
};

use super::capture::{self, MOST_FRAMES};
use super::sites::{self, SITE_BITS, Site, SiteNumber};
use super::{sample, shadow};
use crate::heap::{self, Slot};

const OFF: u32 = 0;
/// With the session's number above it.
const EXACT: u32 = 1;
const SAMPLED: u32 = 2;
const MODE_BITS: u32 = 2;

/// [`OFF`], or the running session.
static STATE: AtomicU32 = AtomicU32::new(OFF);
static FRAMES: AtomicUsize = AtomicUsize::new(0);
static INTERVAL: AtomicU64 = AtomicU64::new(0);
static SEED: AtomicU64 = AtomicU64::new(0);
/// Counts sessions; entries of the side table carry its low bits, so that none outlives its session.
static SESSION: AtomicU32 = AtomicU32::new(0);

/// Traced live bytes and their peak.
static LIVE: AtomicI64 = AtomicI64::new(0);
static PEAK: AtomicI64 = AtomicI64::new(0);
/// Even while the live bytes are at their peak, odd from the first decrease on. A site keeps what it had at the peak when it
/// changes for the first time in an odd epoch; until then what is live is what was live at the peak. So a new peak
/// costs nothing, however many sites there are.
static PEAK_EPOCH: AtomicU64 = AtomicU64::new(0);

/// What the recorder is told when a session starts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    pub(super) frames: usize,
    /// `None` traces every allocation.
    pub(super) interval: Option<u64>,
    pub(super) seed: u64,
}

/// A session and its mode, as an allocation sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Running(u32);

/// The session that runs.
#[inline(always)]
pub(crate) fn running() -> Option<Running> {
    let state = STATE.load(Relaxed);
    (state != OFF).then_some(Running(state))
}

/// Starts a session. The caller holds the lock of the session.
pub(super) fn start(settings: Settings) {
    sites::reset();
    heap::forget_bytes();
    LIVE.store(0, Relaxed);
    PEAK.store(0, Relaxed);
    PEAK_EPOCH.store(0, Relaxed);
    let session = SESSION.fetch_add(1, Relaxed).wrapping_add(1);
    let inside = if settings.frames == 0 { 0 } else { capture::inside() };
    FRAMES.store((settings.frames + inside).min(MOST_FRAMES), Relaxed);
    INTERVAL.store(settings.interval.unwrap_or(0), Relaxed);
    SEED.store(settings.seed, Relaxed);
    let mode = if settings.interval.is_some() { SAMPLED } else { EXACT };
    STATE.store(session << MODE_BITS | mode, Ordering::SeqCst);
}

/// Stops it: when this returns, no thread is recording any more.
pub(super) fn stop() {
    STATE.store(OFF, Ordering::SeqCst);
    // Whoever is inside has said so before it looked at the state once more. What a processor has stored is seen by the
    // others within far less time than this, and a thread that begins later sees the new state.
    std::thread::sleep(std::time::Duration::from_micros(50));
    for slot in heap::slots() {
        while slot.tracing.busy.load(Ordering::Acquire) != 0 && !std::ptr::eq(slot, Slot::mine()) {
            std::thread::yield_now();
        }
    }
}

/// Forgets what the session has entered.
pub(super) fn clear() {
    shadow::clear();
    sites::reset();
}

/// Bytes traced as live, and the most that ever were since the start or the last [`reset_peak`].
pub(super) fn traced() -> (u64, u64) {
    let live = LIVE.load(Relaxed);
    (live.max(0).unsigned_abs(), PEAK.load(Relaxed).max(live).max(0).unsigned_abs())
}

pub(super) fn reset_peak() {
    PEAK.store(LIVE.load(Relaxed), Relaxed);
    // To the next even epoch: what was kept does not count any more.
    let _ = PEAK_EPOCH.fetch_update(Relaxed, Relaxed, |epoch| Some((epoch | 1) + 1));
}

/// What a site had live at the peak.
pub(super) fn at_peak(site: &Site) -> (u64, u64) {
    let epoch = PEAK_EPOCH.load(Relaxed);
    let kept = epoch % 2 == 1 && site.peak_epoch.load(Relaxed) == epoch;
    if kept { site.at_peak.get() } else { site.live() }
}

/// A scope in which the thread's allocations are not traced. Frees still are.
pub(crate) struct Quiet(&'static Slot);

impl Quiet {
    pub(crate) fn enter() -> Self {
        let slot = Slot::mine();
        slot.tracing.quiet.store(slot.tracing.quiet.load(Relaxed) + 1, Relaxed);
        slot.tracing.last_block.store(0, Relaxed);
        Quiet(slot)
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        let quiet = &self.0.tracing.quiet;
        quiet.store(quiet.load(Relaxed).saturating_sub(1), Relaxed);
    }
}

/// Says for a scope that the thread is inside the recorder.
struct Busy<'a>(&'a Slot);

impl<'a> Busy<'a> {
    /// `None` where the session has ended meanwhile: who ends it waits for those that are inside, not for those that are
    /// on the way.
    #[inline]
    fn enter(slot: &'a Slot, running: Running) -> Option<Self> {
        slot.tracing.busy.store(1, Relaxed);
        // The processor may swap the two all the same; `stop` waits longer than that lasts.
        compiler_fence(Ordering::SeqCst);
        let busy = Busy(slot);
        (STATE.load(Relaxed) == running.0).then_some(busy)
    }
}

impl Drop for Busy<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.tracing.busy.store(0, Ordering::Release);
    }
}

/// A block was allocated.
#[inline(always)]
pub(crate) fn allocated(slot: &'static Slot, running: Running, address: usize, size: usize) {
    if slot.tracing.session.load(Relaxed) == running.0 && sample::passes(slot, size) {
        slot.tracing.last_block.store(0, Relaxed);
    } else {
        record(slot, running, address, size);
    }
}

/// Takes the stack and enters the block, of a sampled session where it is hit.
#[inline(never)]
fn record(slot: &'static Slot, running: Running, address: usize, size: usize) {
    /// Stacks up to this depth are taken in a small buffer: clearing a large one would cost more than the walk.
    const FEW: usize = 16;
    let state = &slot.tracing;
    if state.busy.load(Relaxed) != 0 {
        return;
    }
    let Some(_busy) = Busy::enter(slot, running) else { return };
    if running.0 & SAMPLED != 0
        && !sample::hits(slot, size, running.0, SEED.load(Relaxed), INTERVAL.load(Relaxed))
    {
        state.last_block.store(0, Relaxed);
        return;
    }
    if state.quiet.load(Relaxed) != 0 {
        return;
    }
    let limit = FRAMES.load(Relaxed);
    let number = if limit <= FEW {
        let mut stack = [0; FEW];
        let depth = capture::stack(slot, &mut stack[..limit]);
        sites::find(&stack[..depth], heap::current())
    } else {
        let mut stack = [0; MOST_FRAMES];
        let depth = capture::stack(slot, &mut stack[..limit.min(MOST_FRAMES)]);
        sites::find(&stack[..depth], heap::current())
    };
    state.last_block.store(address, Relaxed);
    enter(number, address, size);
}

/// Enters a block of a site.
#[inline]
fn enter(number: SiteNumber, address: usize, size: usize) {
    if !shadow::put(address, entry(number)) {
        return;
    }
    let site = sites::site(number);
    let weight = weight(size);
    let now = LIVE.fetch_add(weight.0.cast_signed(), Relaxed).wrapping_add(weight.0.cast_signed());
    let epoch = PEAK_EPOCH.load(Relaxed);
    if now > PEAK.load(Relaxed) {
        PEAK.fetch_max(now, Relaxed);
        if epoch % 2 == 1 {
            let _ = PEAK_EPOCH.compare_exchange(epoch, epoch + 1, Relaxed, Relaxed);
        }
    } else if epoch % 2 == 1 {
        site.keep(epoch);
    }
    site.total.add(weight);
    heap::grew(site.tag(), weight.0);
}

/// Takes the block out of the side table before it is freed: what [`freed`] and [`moved`] need to know of it.
#[inline]
pub(crate) fn taken(address: usize) -> u32 {
    shadow::take(address)
}

/// A block is about to be freed.
#[inline(always)]
pub(crate) fn freed(slot: &'static Slot, running: Running, address: usize, size: usize) {
    let taken = taken(address);
    if taken != 0 {
        leave(slot, running, taken, size, address);
    }
}

/// A block was reallocated from `old` to `new` (address and size), or was not: then the new address is 0. It counts as a
/// free and an allocation, but growing in place is no temporary allocation.
#[inline]
pub(crate) fn moved(
    slot: &'static Slot,
    running: Running,
    taken: u32,
    old: (usize, usize),
    new: (usize, usize),
) {
    if new.0 == 0 {
        if taken != 0 {
            shadow::put(old.0, taken);
        }
        return;
    }
    if taken != 0 {
        leave(slot, running, taken, old.1, 0);
    }
    allocated(slot, running, new.0, new.1);
}

/// A block is put down to the calling thread's tag, whoever has allocated it; not in a session that tells stacks apart, in
/// which a block stays with the line that it comes from.
pub(crate) fn adopted(slot: &'static Slot, running: Running, address: usize, size: usize) {
    if running.0 & SAMPLED != 0 || FRAMES.load(Relaxed) != 0 {
        return;
    }
    let taken = taken(address);
    if taken == 0 {
        return;
    }
    if sites::site(taken & ((1 << SITE_BITS) - 1)).tag() == heap::current() {
        shadow::put(address, taken);
        return;
    }
    leave(slot, running, taken, size, 0);
    allocated(slot, running, address, size);
}

/// Takes a block's bytes from its site. It was a temporary one where it is the block that the thread allocated last.
#[inline(never)]
fn leave(slot: &'static Slot, running: Running, taken: u32, size: usize, address: usize) {
    let Some(_busy) = Busy::enter(slot, running) else { return };
    let number = taken & ((1 << SITE_BITS) - 1);
    if taken != entry(number) {
        // Of an earlier session.
        return;
    }
    let site = sites::site(number);
    let weight = weight(size);
    let mut epoch = PEAK_EPOCH.load(Relaxed);
    if epoch.is_multiple_of(2) {
        // The first decrease after a peak.
        epoch = match PEAK_EPOCH.compare_exchange(epoch, epoch + 1, Relaxed, Relaxed) {
            Ok(epoch) => epoch + 1,
            Err(other) => other,
        };
    }
    if epoch % 2 == 1 {
        site.keep(epoch);
    }
    LIVE.fetch_sub(weight.0.cast_signed(), Relaxed);
    site.freed.add(weight);
    heap::shrank(site.tag(), weight.0);
    if address != 0 && slot.tracing.last_block.load(Relaxed) == address {
        slot.tracing.last_block.store(0, Relaxed);
        site.temporary.add(weight);
    }
}

/// A site's number with the session's low bits above it: never 0.
#[inline]
fn entry(number: SiteNumber) -> u32 {
    number | SESSION.load(Relaxed) << SITE_BITS
}

/// What a block of `size` bytes counts.
#[inline]
fn weight(size: usize) -> (u64, u64) {
    match INTERVAL.load(Relaxed) {
        0 => (size as u64, 1),
        interval => sample::weight(size, interval),
    }
}
