//! The counting of a budget: one total under a limit, and a share of it for each consumer. Nothing here allocates on the
//! way of a growth, locks, or knows names.
//!
//! Compiled twice: over the standard library's atomics, and in tests over loom's (`modelled.rs`).
//!
//! Orders of memory: giving back releases and taking acquires, at the total. So whoever takes what another has given
//! back sees that one's share already smaller, and no share, nor the sum of all, is ever above what the limit allows.
//! An answered request is found again by two read-modify-writes that meet at one atomic (`pending` or `asked`): whichever
//! comes second sees what the other did before.

use super::sync::{
    AtomicBool, AtomicU64,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

/// Bytes in use, and the most that ever were.
#[derive(Debug)]
pub(super) struct Gauge {
    used: AtomicU64,
    peak: AtomicU64,
}

impl Gauge {
    fn new() -> Self {
        Gauge { used: AtomicU64::new(0), peak: AtomicU64::new(0) }
    }

    pub(super) fn used(&self) -> u64 {
        self.used.load(Acquire)
    }

    pub(super) fn peak(&self) -> u64 {
        self.peak.load(Relaxed)
    }

    fn raise(&self, used: u64) {
        // A load first: the peak's cache line is then shared by all threads while it stands still.
        if used > self.peak.load(Relaxed) {
            self.peak.fetch_max(used, Relaxed);
        }
    }
}

/// Why a growth was not granted; `used` is what was in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// The limit does not hold it.
    Full { used: u64 },
    /// The total was told to refuse this growth: see [`Total::refuse`].
    Told { used: u64, growth: u64 },
}

/// All that is reserved of one budget.
#[derive(Debug)]
pub(super) struct Total {
    /// `u64::MAX` where there is none.
    limit: u64,
    gauge: Gauge,
    /// Beyond this, consumers are asked to spill; `u64::MAX` where there is none.
    soft: AtomicU64,
    /// How many consumers can spill.
    spillable: AtomicU64,
    /// How many are asked and have not answered.
    pending: AtomicU64,
    /// The number of the growth to refuse, from 1; 0 for none.
    refuse: AtomicU64,
    /// Growths since `refuse` was set, counted only while it is.
    growths: AtomicU64,
}

impl Total {
    pub(super) fn new(limit: u64) -> Self {
        Total {
            limit,
            gauge: Gauge::new(),
            soft: AtomicU64::new(u64::MAX),
            spillable: AtomicU64::new(0),
            pending: AtomicU64::new(0),
            refuse: AtomicU64::new(0),
            growths: AtomicU64::new(0),
        }
    }

    pub(super) fn limit(&self) -> u64 {
        self.limit
    }

    pub(super) fn gauge(&self) -> &Gauge {
        &self.gauge
    }

    pub(super) fn soft(&self) -> u64 {
        self.soft.load(Relaxed)
    }

    pub(super) fn set_soft(&self, bytes: u64) {
        self.soft.store(bytes, Relaxed);
    }

    /// The growth of this number, counted from now on, is refused.
    pub(super) fn refuse(&self, growth: u64) {
        self.growths.store(0, Relaxed);
        self.refuse.store(growth, Relaxed);
    }

    /// Takes `bytes` for the shares of `chain`: a consumer's and those above it. Before that `least` bytes are in use at least,
    /// and `beside` more in any case. Whether that passed the soft limit; the caller then looks whether somebody has to be asked.
    pub(super) fn grow<'a>(
        &self,
        chain: impl Iterator<Item = &'a Share>,
        bytes: u64,
        (least, beside): (u64, u64),
    ) -> Result<bool, Refused> {
        let above_soft = self.take(bytes, least, beside)?;
        chain.for_each(|share| share.add(bytes));
        Ok(above_soft)
    }

    /// Gives `bytes` of the shares of `chain` back. Whether that answered a request; the caller then looks whether others
    /// have to be asked.
    pub(super) fn shrink<'a>(&self, chain: impl Iterator<Item = &'a Share>, bytes: u64) -> bool {
        // The shares first: their sum may be below the total, never above it.
        let answered = self.leave(chain, bytes);
        self.gauge.used.fetch_sub(bytes, Release);
        answered
    }

    /// Moves `bytes` from some shares to others; the total does not change. Whether that answered a request.
    pub(super) fn transfer<'a>(
        &self,
        leaving: impl Iterator<Item = &'a Share>,
        entering: impl Iterator<Item = &'a Share>,
        bytes: u64,
    ) -> bool {
        let answered = self.leave(leaving, bytes);
        entering.for_each(|share| share.add(bytes));
        answered
    }

    /// A share that is empty can spill nothing: a request to it ends here.
    fn leave<'a>(&self, shares: impl Iterator<Item = &'a Share>, bytes: u64) -> bool {
        shares.fold(false, |answered, share| {
            let empty = share.remove(bytes) == 0;
            answered | (empty && share.spillable.load(Relaxed) && self.answer(share))
        })
    }

    fn take(&self, bytes: u64, least: u64, beside: u64) -> Result<bool, Refused> {
        let refuse = self.refuse.load(Relaxed);
        if refuse != 0 && self.growths.fetch_add(1, Relaxed) + 1 == refuse {
            return Err(Refused::Told { used: self.gauge.used(), growth: refuse });
        }
        let fits = |used: u64| {
            let sum = used.max(least).checked_add(beside)?.checked_add(bytes)?;
            (sum <= self.limit).then_some(used + bytes)
        };
        let before = self.gauge.used.fetch_update(AcqRel, Relaxed, fits);
        let before = before.map_err(|used| Refused::Full { used: used.max(least) + beside })?;
        let used = before + bytes;
        self.gauge.raise(used);
        Ok(used > self.soft())
    }

    /// Whether somebody has to be asked to spill: more is in use than the soft limit allows, there is somebody who can,
    /// and no request waits for its answer.
    pub(super) fn wants_spill(&self) -> bool {
        // Not a load: see the orders of memory above.
        self.gauge.used() > self.soft()
            && self.spillable.load(Relaxed) > 0
            && self.pending.fetch_add(0, AcqRel) == 0
    }

    /// Asks the largest of `shares` that can spill, as many as make up for what is above the soft limit. One at a time:
    /// the caller holds a lock.
    pub(super) fn ask<'a>(&self, shares: impl Iterator<Item = &'a Share>) {
        if !self.wants_spill() {
            return;
        }
        let mut excess = self.gauge.used().saturating_sub(self.soft());
        let holding = shares.filter(|share| share.spillable.load(Relaxed));
        let mut holding: Vec<(u64, &Share)> = holding.map(|share| (share.gauge.used(), share)).collect();
        holding.sort_by_key(|(held, _)| std::cmp::Reverse(*held));
        for (held, share) in holding {
            if excess == 0 || held == 0 {
                break;
            }
            self.pending.fetch_add(1, AcqRel);
            if share.asked.swap(true, AcqRel) {
                self.pending.fetch_sub(1, AcqRel);
            }
            // It may have given all back meanwhile, too early to see the request.
            if share.gauge.used() == 0 {
                self.answer(share);
            } else {
                excess = excess.saturating_sub(held);
            }
        }
    }

    /// Takes the request to `share` back; whether there was one. The caller then looks whether others have to be asked.
    pub(super) fn answer(&self, share: &Share) -> bool {
        let was_asked = share.asked.swap(false, AcqRel);
        if was_asked {
            self.pending.fetch_sub(1, AcqRel);
        }
        was_asked
    }

    /// Says whether `share` can spill.
    pub(super) fn set_spillable(&self, share: &Share, can: bool) {
        if share.spillable.swap(can, Relaxed) != can {
            if can {
                self.spillable.fetch_add(1, Relaxed)
            } else {
                self.spillable.fetch_sub(1, Relaxed)
            };
        }
    }

    #[cfg(test)]
    #[allow(dead_code, reason = "read by the models alone, which compile this file a second time")]
    pub(super) fn pending(&self) -> u64 {
        self.pending.load(Acquire)
    }
}

/// What one consumer has of the total, those below it included.
#[derive(Debug)]
pub(super) struct Share {
    gauge: Gauge,
    spillable: AtomicBool,
    asked: AtomicBool,
}

impl Share {
    pub(super) fn new() -> Self {
        Share { gauge: Gauge::new(), spillable: AtomicBool::new(false), asked: AtomicBool::new(false) }
    }

    pub(super) fn gauge(&self) -> &Gauge {
        &self.gauge
    }

    pub(super) fn is_asked(&self) -> bool {
        self.asked.load(Relaxed)
    }

    fn add(&self, bytes: u64) {
        let used = self.gauge.used.fetch_add(bytes, AcqRel) + bytes;
        self.gauge.raise(used);
    }

    /// What is left.
    fn remove(&self, bytes: u64) -> u64 {
        self.gauge.used.fetch_sub(bytes, AcqRel) - bytes
    }
}
