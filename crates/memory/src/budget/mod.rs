//! A memory limit shared by all operators of a run: memory is reserved here before it is allocated, and given back when
//! the reservation is dropped. It allocates nothing on behalf of anyone and frees nothing: it only keeps count.
//!
//! - [`Budget`] is the limit. Its consumers form a tree: a query, its operators, their threads.
//! - [`Consumer`] is a name in the tree, with the bytes that it and those below it hold and held at most.
//! - [`Reservation`] is what one holder has; who holds the memory pays for it.
//!
//! Above a soft limit, which is no error, consumers that can spill are asked to: see [`Consumer::spillable`].

mod bytes;
mod consumer;
mod counter;
mod error;
mod part;
mod pool;
mod reservation;
mod sync;
mod watch;

#[cfg(test)]
mod modelled;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use bytes::Bytes;
pub use consumer::Consumer;
pub use error::{BudgetError, LimitExceeded};
use part::Part;
use pool::Pool;
pub use reservation::Reservation;
use watch::Watch;

/// A limit in bytes and what is reserved of it. Clones share the same account. The sum of all reservations never
/// passes the limit, not even for a moment, whatever the number of threads.
///
/// ```
/// use plimsoll_memory::Budget;
///
/// let budget = Budget::limited(1 << 20)?;
/// let group = budget.consumer("query").child("group");
/// let mut table = group.child("thread 1").reservation();
/// table.try_grow(600_000)?;
/// assert_eq!((group.used(), budget.available()), (600_000, (1 << 20) - 600_000));
///
/// let refused = group.child("thread 2").reservation().try_grow(600_000).unwrap_err();
/// assert_eq!(refused.top[0].path, "query / group");
/// drop(table);
/// assert_eq!((group.used(), group.peak()), (0, 600_000));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Budget {
    pool: Arc<Pool>,
}

/// Where consumers are asked to spill.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SoftLimit {
    /// This many bytes.
    Bytes(u64),
    /// This share of the limit, above 0 and at most 1.
    Share(f64),
}

/// What one consumer holds, in bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The names from the top down: "query / group / thread 1".
    pub path: String,
    /// Bytes reserved now, by it and by those below it.
    #[serde(rename = "used_bytes")]
    pub used: u64,
    /// The most bytes ever reserved at once, by it and by those below it.
    #[serde(rename = "peak_bytes")]
    pub peak: u64,
}

impl Budget {
    /// A budget that only counts.
    #[must_use]
    pub fn unlimited() -> Self {
        Budget { pool: Arc::new(Pool::new(None, None, None)) }
    }

    /// A budget of `limit` bytes.
    ///
    /// # Errors
    /// [`BudgetError::ZeroLimit`] for 0.
    pub fn limited(limit: u64) -> Result<Self, BudgetError> {
        if limit == 0 {
            return Err(BudgetError::ZeroLimit);
        }
        Ok(Budget { pool: Arc::new(Pool::new(Some(limit), None, None)) })
    }

    /// A budget of its own that reserves from this one, under `name`, what its consumers take. Until it is dropped it has
    /// `own` bytes that none of them gets, and `least` that they can have in any case; with several parts it has no more than
    /// each other part may have. Its limit is that of the whole less `own`.
    ///
    /// # Errors
    /// [`LimitExceeded`] where `own` and `least` are not left.
    pub fn part(&self, name: &str, own: u64, least: u64) -> Result<Budget, LimitExceeded> {
        let mut held = self.reservation(name);
        held.try_grow(own.saturating_add(least))?;
        Ok(Budget { pool: Arc::new(Pool::new(None, Some(Part::new(held, least)), None)) })
    }

    /// A budget of `bytes` of a process that may have `limit` bytes in all, the rest being for what nobody reserves. A growth
    /// must fit beside what is reserved, and beside what the process has: what its heap grows by from now on, as far as
    /// [`Counting`](crate::Counting) counts it, and where what lies beside the heap is more than that rest, beside this, too.
    /// The process is looked at every few milliseconds; where almost nothing is left, free pages of the heap and pages of code
    /// are given back to the system.
    ///
    /// # Errors
    /// [`BudgetError::ZeroLimit`] for 0 bytes.
    pub fn of_process(limit: u64, bytes: u64) -> Result<Self, BudgetError> {
        if bytes == 0 {
            return Err(BudgetError::ZeroLimit);
        }
        Ok(Budget { pool: Arc::new(Pool::new(Some(bytes), None, Watch::new(limit, bytes))) })
    }

    /// The same budget with a soft limit, from now on and for all its clones. A growth that passes it is granted, and the
    /// largest consumers that can spill are asked to ([`Consumer::spill_requested`]): as many as together hold what is
    /// above it. While one of them has not answered, no other is asked.
    ///
    /// # Errors
    /// [`BudgetError::SoftLimit`] for one that is not above 0 and at most the limit, [`BudgetError::ShareOfNothing`] for a
    /// share where there is no limit.
    pub fn with_soft_limit(self, soft: SoftLimit) -> Result<Self, BudgetError> {
        let limit = self.limit();
        let bytes = match (soft, limit) {
            (SoftLimit::Bytes(bytes), _) => bytes,
            (SoftLimit::Share(share), Some(limit)) if share > 0.0 && share <= 1.0 => share_of(limit, share),
            (SoftLimit::Share(_), Some(_)) => return Err(BudgetError::SoftLimit),
            (SoftLimit::Share(_), None) => return Err(BudgetError::ShareOfNothing),
        };
        if bytes == 0 || limit.is_some_and(|limit| bytes > limit) {
            return Err(BudgetError::SoftLimit);
        }
        self.pool.total.set_soft(bytes);
        Ok(self)
    }

    /// The same budget, told to refuse one growth, from now on and for all its clones: the one of number `growth`,
    /// counted from 1 and from now. All others follow the limit. A growth is a [`Reservation::try_grow`] of more than 0
    /// bytes, or a resize to more. For tests of what a program does when memory runs out: run it with 1, 2, 3 and so on
    /// until it succeeds, and every place that reserves has been refused once. 0 takes it back.
    #[must_use]
    pub fn refusing(self, growth: u64) -> Self {
        self.pool.total.refuse(growth);
        self
    }

    /// The limit in bytes; `None` where there is none.
    #[must_use]
    pub fn limit(&self) -> Option<u64> {
        self.pool.limit()
    }

    /// The soft limit in bytes; `None` where there is none.
    #[must_use]
    pub fn soft_limit(&self) -> Option<u64> {
        Some(self.pool.total.soft()).filter(|soft| *soft < u64::MAX)
    }

    /// Bytes reserved now.
    #[must_use]
    pub fn used(&self) -> u64 {
        self.pool.total.gauge().used()
    }

    /// The most bytes ever reserved at once.
    #[must_use]
    pub fn peak(&self) -> u64 {
        self.pool.total.gauge().peak()
    }

    /// Bytes that could be reserved now; `u64::MAX` without a limit.
    #[must_use]
    pub fn available(&self) -> u64 {
        self.pool.available()
    }

    /// Looks at the process, where the budget is that of one and that is due: what nobody needs is given back to the system
    /// where little is left. For whoever works on without reserving anything.
    pub fn look(&self) {
        self.pool.look();
    }

    /// Whether there are clones, consumers, reservations or parts of it beside this one.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        Arc::strong_count(&self.pool) > 1
    }

    /// The consumer of this name at the top of the tree. The same name gives the same consumer; the budget keeps every
    /// name it has heard, so names say what kind of thing holds memory, not which one.
    #[must_use]
    pub fn consumer(&self, name: &str) -> Consumer {
        Consumer { pool: Arc::clone(&self.pool), node: self.pool.node(None, name) }
    }

    /// An empty reservation for the consumer of this name at the top of the tree.
    pub fn reservation(&self, name: &str) -> Reservation {
        self.consumer(name).reservation()
    }

    /// All consumers that there ever were, each behind the one above it. Read one by one: while others reserve, the
    /// figures belong to slightly different moments.
    #[must_use]
    pub fn consumers(&self) -> Vec<Holder> {
        self.pool.holders()
    }
}

/// `share`, from 0 to 1, of `limit`.
#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share is a rough figure, and the result lies between 0 and the limit"
)]
fn share_of(limit: u64, share: f64) -> u64 {
    ((limit as f64 * share) as u64).min(limit)
}
