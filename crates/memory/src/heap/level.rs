//! The process's live bytes and blocks, and their peaks: what threads publish of their own counts, in steps.

use std::sync::atomic::{AtomicI64, Ordering, Ordering::Relaxed, fence};

use super::slot::slots;

/// Bytes that a thread may hold back on either side of what it has published last; 0 in the exact mode. Others may
/// publish for it (`settle`) anywhere within, so that what is published and what is are at most twice this apart.
const STEP: i64 = 32 * 1024;

static PUBLISH_AT: AtomicI64 = AtomicI64::new(STEP);

/// Live bytes and blocks as published.
pub(super) static LIVE: Level = Level::new();
pub(super) static LIVE_BLOCKS: Level = Level::new();

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

/// How many bytes a thread may hold back.
pub(super) fn step() -> i64 {
    PUBLISH_AT.load(Relaxed)
}

/// Switches the exact mode, for threads from their next allocation or free on.
pub(super) fn set_exact(on: bool) {
    PUBLISH_AT.store(if on { 0 } else { STEP }, Relaxed);
    fence(Ordering::SeqCst);
    slots().for_each(super::slot::Slot::step_changed);
}

/// By a slot's thread: `published` becomes `level`, and the process's level was as high as the slot's `top` makes it.
pub(super) fn publish(published: &AtomicI64, whole: &Level, level: i64, top: i64) {
    let before = published.swap(level, Ordering::AcqRel);
    let whole_before = whole.now.fetch_add(level.wrapping_sub(before), Relaxed);
    // In the exact mode every level is published when it is reached; a higher one is from before that mode.
    let top = if step() == 0 { level } else { top };
    whole.raise(whole_before.wrapping_add(top.wrapping_sub(before)));
}

/// By any thread: `published` becomes the slot's level, unless its thread publishes meanwhile.
pub(super) fn settle(published: &AtomicI64, whole: &Level, level: &AtomicI64) {
    let before = published.load(Ordering::Acquire);
    let level = level.load(Relaxed);
    if level != before && published.compare_exchange(before, level, Ordering::AcqRel, Relaxed).is_ok() {
        let change = level.wrapping_sub(before);
        whole.raise(whole.now.fetch_add(change, Relaxed).wrapping_add(change));
    }
}
