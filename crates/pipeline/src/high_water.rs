//! How far memory has been used up, so that the holes which growing leaves are given back in time.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use plimsoll_memory::process::give_back;

/// So many times free pages are given back while memory is used up: each time takes up to a few milliseconds.
const MARKS: u64 = 16;

/// The most of a budget that was ever in use when someone looked.
pub(crate) struct HighWater {
    step: u64,
    /// The least that was left when free pages were last given back.
    least: AtomicU64,
}

impl HighWater {
    /// None is used yet of so many bytes.
    pub(crate) fn new(available: u64) -> Self {
        HighWater { step: available / MARKS, least: AtomicU64::new(available) }
    }

    /// Gives free pages back where a step less is left than ever before. Tables that grow together leave holes which none of
    /// them fills, since what is large comes from the system. Later, whoever writes a table gives back what it leaves.
    pub(crate) fn note(&self, available: u64) {
        let least = self.least.load(Relaxed);
        let is_new = available < least.saturating_sub(self.step);
        if is_new && self.least.compare_exchange(least, available, Relaxed, Relaxed).is_ok() {
            give_back();
        }
    }
}
