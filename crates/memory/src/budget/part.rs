//! A budget that is a part of another: it has consumers and figures of its own, and reserves from the whole what they take.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Reservation;
use super::counter::Refused;
use super::pool::Pool;

/// What a part has of the whole.
#[derive(Debug)]
pub(super) struct Part {
    whole: Arc<Pool>,
    /// What it has for itself from the beginning to the end.
    own: u64,
    /// What its consumers may have in any case.
    least: u64,
    /// What is reserved of the whole: `own`, and what its consumers have, `least` where that is less. Locked while it changes.
    held: Mutex<Reservation>,
}

/// A part whose consumers change.
pub(super) struct Held<'a> {
    part: &'a Part,
    held: MutexGuard<'a, Reservation>,
}

impl Part {
    /// `held` has what the part has for itself and `least` bytes for its consumers.
    pub(super) fn new(held: Reservation, least: u64) -> Self {
        let whole = Arc::clone(&held.consumer().pool);
        whole.parts.fetch_add(1, Relaxed);
        Part { whole, own: held.size().saturating_sub(least), least, held: Mutex::new(held) }
    }

    pub(super) fn whole(&self) -> &Pool {
        &self.whole
    }

    /// What its consumers could have if there were no other part.
    pub(super) fn limit(&self) -> Option<u64> {
        self.whole.limit().map(|limit| limit.saturating_sub(self.own))
    }

    /// The most that its consumers may have: as much as the whole has for each part, but the least in any case.
    fn share(&self) -> u64 {
        let parts = self.whole.parts.load(Relaxed).max(1);
        let share = self.whole.limit().map_or(u64::MAX, |limit| (limit / parts).saturating_sub(self.own));
        share.max(self.least)
    }

    /// What its consumers, who have `used`, can still take.
    pub(super) fn available(&self, used: u64) -> u64 {
        let spare = self.least.saturating_sub(used);
        self.whole.available().saturating_add(spare).min(self.share().saturating_sub(used))
    }

    /// What others have of the whole.
    pub(super) fn beside(&self) -> u64 {
        let held = self.lock().held.size();
        self.whole.total.gauge().used().saturating_sub(held)
    }

    pub(super) fn lock(&self) -> Held<'_> {
        Held { part: self, held: self.held.lock().unwrap_or_else(PoisonError::into_inner) }
    }
}

impl Held<'_> {
    /// Reserves what is missing where consumers that have `used` bytes take `bytes` more.
    pub(super) fn grow(&mut self, used: u64, bytes: u64) -> Result<(), Refused> {
        let Part { whole, own, least, .. } = self.part;
        let full = || Refused::Full { used: whole.in_use() };
        let sum = used.checked_add(bytes).filter(|sum| *sum <= self.part.share()).ok_or_else(full)?;
        let missing = (own + sum.max(*least)).saturating_sub(self.held.size());
        self.held.try_grow(missing).map_err(|_| full())
    }

    /// Gives back what consumers that have `used` bytes do not need.
    pub(super) fn fit(&mut self, used: u64) {
        let Part { own, least, .. } = self.part;
        let excess = self.held.size().saturating_sub(own + used.max(*least));
        self.held.shrink(excess);
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        self.whole.parts.fetch_sub(1, Relaxed);
    }
}
