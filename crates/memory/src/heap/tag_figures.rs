//! What is done under each tag: bytes live and at peak while allocations are traced, processor time while that is asked
//! for.

use std::cell::Cell;
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use super::tag;

/// Tags that figures are kept of; later ones have none.
const MOST: usize = 64;

static FIGURES: [Figures; MOST] = [const { Figures::new() }; MOST];

/// Counts the times that timing was asked for; 0 while it is not.
static TIMING: AtomicU32 = AtomicU32::new(0);
static TIMINGS: AtomicU32 = AtomicU32::new(0);

thread_local! {
    /// The thread's processor time in nanoseconds that is put down to a tag already, and the timing that it is of.
    static CHARGED: Cell<(u32, u64)> = const { Cell::new((0, 0)) };
}

/// Each on a cache line of its own: threads work under different tags at the same time.
#[repr(align(128))]
struct Figures {
    live: AtomicI64,
    peak: AtomicI64,
    nanoseconds: AtomicU64,
}

impl Figures {
    const fn new() -> Self {
        Figures { live: AtomicI64::new(0), peak: AtomicI64::new(0), nanoseconds: AtomicU64::new(0) }
    }
}

/// What was done under one [`Tag`](crate::Tag), by all threads of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tagged {
    /// The tag's name.
    pub name: &'static str,
    /// Bytes allocated under the tag and not yet freed, by whomever, and the most that ever were since tracing began; `None`
    /// where allocations are not traced. Estimates in a sampled session.
    pub bytes: Option<TaggedBytes>,
    /// Processor time of threads while they had the tag, since [`time_tags`] began; `None` where that was not asked for.
    pub processor: Option<Duration>,
}

/// Bytes of one tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TaggedBytes {
    /// Live now.
    pub live: u64,
    /// The most that were live at once.
    pub peak: u64,
}

/// Resident bytes that tracing takes beside the heap; `None` where allocations are not traced.
#[must_use]
pub fn tracing() -> Option<u64> {
    is_traced().then(|| {
        #[cfg(feature = "traces")]
        return crate::trace::overhead();
        #[cfg(not(feature = "traces"))]
        return 0;
    })
}

/// How many of `bytes`, in which a heap and what traces it have to lie, belong to the latter: 0 where allocations are not
/// traced. An estimate for programs that hold large blocks; where all blocks have a few bytes, tracing takes a third.
#[must_use]
pub fn tracing_share(bytes: u64) -> u64 {
    /// The tables that there are for any heap.
    const LEAST: u64 = 4 << 20;
    if is_traced() { (LEAST + bytes / 4).min(bytes) } else { 0 }
}

/// The calling thread's tag takes over a block of `size` bytes that another may have allocated: who holds it pays. The block
/// must be live, and `address` its first byte; of anything else nothing is known, and nothing happens. In a trace with
/// stacks or of a sample blocks stay where they come from.
pub fn adopt(address: usize, size: usize) {
    #[cfg(feature = "traces")]
    if let Some(running) = crate::trace::recorder::running() {
        crate::trace::recorder::adopted(super::Slot::mine(), running, address, size);
    }
    #[cfg(not(feature = "traces"))]
    let _ = (address, size);
}

/// Whether allocations are traced.
#[must_use]
pub fn is_traced() -> bool {
    #[cfg(feature = "traces")]
    return crate::trace::is_tracing();
    #[cfg(not(feature = "traces"))]
    return false;
}

/// The figures of all tags that were ever entered, but for those beyond the first 63.
#[must_use]
pub fn tagged() -> Vec<Tagged> {
    // The list is not what the program allocates.
    #[cfg(feature = "traces")]
    let _quiet = crate::trace::Quiet::enter();
    let traced = is_traced();
    if TIMING.load(Relaxed) != 0 {
        // What the calling thread has used up to now counts.
        charge(tag::current());
    }
    let bytes = |level: i64| u64::try_from(level).unwrap_or(0);
    let named = tag::names().into_iter().zip(&FIGURES).skip(1);
    named
        .map(|(name, figures)| Tagged {
            name,
            bytes: traced.then(|| TaggedBytes {
                live: bytes(figures.live.load(Relaxed)),
                peak: bytes(figures.peak.load(Relaxed)),
            }),
            processor: (TIMING.load(Relaxed) != 0)
                .then(|| Duration::from_nanos(figures.nanoseconds.load(Relaxed))),
        })
        .collect()
}

/// Whether the processor time under each tag is measured, anew from here on. A thread reads its clock whenever its tag
/// changes, which is a call of the system: some hundred nanoseconds. Off in the beginning, and without effect where the
/// system has no such clock.
pub fn time_tags(on: bool) {
    TIMING.store(0, Relaxed);
    if on && thread_nanoseconds().is_some() {
        FIGURES.iter().for_each(|figures| figures.nanoseconds.store(0, Relaxed));
        // 0 means off, also after as many timings as there are numbers.
        TIMING.store(TIMINGS.fetch_add(1, Relaxed).wrapping_add(1).max(1), Relaxed);
    }
}

/// The thread leaves the tag of this number.
#[inline]
pub(super) fn leave(number: u32) {
    if TIMING.load(Relaxed) != 0 {
        charge(number);
    }
}

/// Puts what the thread has used since its last change of tags down to the tag of this number.
#[cold]
fn charge(number: u32) {
    let timing = TIMING.load(Relaxed);
    let Some(now) = thread_nanoseconds() else { return };
    let (of, before) = CHARGED.replace((timing, now));
    if let Some(figures) = FIGURES.get(number as usize)
        && of == timing
        && number != 0
    {
        figures.nanoseconds.fetch_add(now.saturating_sub(before), Relaxed);
    }
}

/// Processor time of the calling thread.
fn thread_nanoseconds() -> Option<u64> {
    #[cfg(unix)]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        let (seconds, nanos) = (u64::try_from(time.tv_sec).ok()?, u64::try_from(time.tv_nsec).ok()?);
        Some(seconds.wrapping_mul(1_000_000_000).wrapping_add(nanos))
    }
    #[cfg(not(unix))]
    {
        None
    }
}

/// Traced bytes of the tag of this number were allocated.
#[cfg(feature = "traces")]
#[inline]
pub(crate) fn grew(number: u32, bytes: u64) {
    let Some(figures) = FIGURES.get(number as usize) else { return };
    let live = figures.live.fetch_add(bytes.cast_signed(), Relaxed).wrapping_add(bytes.cast_signed());
    if live > figures.peak.load(Relaxed) {
        figures.peak.fetch_max(live, Relaxed);
    }
}

/// Traced bytes of the tag of this number were freed.
#[cfg(feature = "traces")]
#[inline]
pub(crate) fn shrank(number: u32, bytes: u64) {
    if let Some(figures) = FIGURES.get(number as usize) {
        figures.live.fetch_sub(bytes.cast_signed(), Relaxed);
    }
}

/// Nothing is live. Nobody may be tracing at the time.
#[cfg(feature = "traces")]
pub(crate) fn forget_bytes() {
    for figures in &FIGURES {
        figures.live.store(0, Relaxed);
        figures.peak.store(0, Relaxed);
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::Tag;

    static OUTER: Tag = Tag::new("timed, outer");
    static INNER: Tag = Tag::new("timed, inner");

    fn work(time: Duration) {
        let clock = || Duration::from_nanos(thread_nanoseconds().unwrap_or_default());
        let start = clock();
        while clock() - start < time {
            std::hint::spin_loop();
        }
    }

    fn time_of(tag: &Tag) -> Option<Duration> {
        tagged().into_iter().find(|tagged| tagged.name == tag.name()).and_then(|tagged| tagged.processor)
    }

    #[test]
    fn each_tag_has_the_time_that_is_no_other_tags() {
        let [few, more] = [5, 20].map(Duration::from_millis);
        assert_eq!(time_of(&OUTER), None);
        time_tags(true);
        {
            let _outer = OUTER.enter();
            work(few);
            let inherited = Tag::inherited();
            {
                let _inner = INNER.enter();
                work(more);
                std::thread::sleep(more);
            }
            std::thread::spawn(move || {
                let _outer = inherited.enter();
                work(few);
            })
            .join()
            .unwrap();
            assert!(time_of(&OUTER).unwrap() >= 2 * few, "what runs counts up to now");
        }
        work(more);
        let (outer, inner) = (time_of(&OUTER).unwrap(), time_of(&INNER).unwrap());
        assert!(outer >= 2 * few && outer < more, "{outer:?}");
        assert!(inner >= more && inner < 2 * more, "{inner:?}: waiting is no processor time");
        time_tags(false);
        assert_eq!(time_of(&OUTER), None);
        time_tags(true);
        assert_eq!(time_of(&OUTER), Some(Duration::ZERO));
        time_tags(false);
    }
}
