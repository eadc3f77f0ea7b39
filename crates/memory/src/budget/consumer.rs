//! A named consumer of a budget: a place in the tree of query, operator and thread.

use std::fmt;
use std::sync::Arc;

use super::pool::{Node, Pool};
use super::reservation::refusal;
use super::{Budget, LimitExceeded, Reservation};

/// Whoever holds memory of a [`Budget`](super::Budget), under a name that says what kind of thing it is ("group"). Clones are the
/// same consumer. What consumers below it hold counts here too.
#[derive(Clone)]
pub struct Consumer {
    pub(super) pool: Arc<Pool>,
    pub(super) node: Arc<Node>,
}

impl Consumer {
    /// The consumer of this name below this one. The same name gives the same consumer.
    #[must_use]
    pub fn child(&self, name: &str) -> Consumer {
        Consumer { pool: Arc::clone(&self.pool), node: self.pool.node(Some(&self.node), name) }
    }

    /// An empty reservation.
    pub fn reservation(&self) -> Reservation {
        Reservation::empty(self.clone())
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.node.name
    }

    /// The names from the top down to this one: "query / group / thread 1".
    #[must_use]
    pub fn path(&self) -> String {
        self.node.path()
    }

    /// Bytes reserved now, here and below.
    #[must_use]
    pub fn used(&self) -> u64 {
        self.node.share.gauge().used()
    }

    /// The most bytes ever reserved at once, here and below.
    #[must_use]
    pub fn peak(&self) -> u64 {
        self.node.share.gauge().peak()
    }

    /// Bytes that can still be reserved of the whole budget; `u64::MAX` where there is no limit.
    #[must_use]
    pub fn available(&self) -> u64 {
        Budget { pool: Arc::clone(&self.pool) }.available()
    }

    /// Whether the process is within the limit, for whoever allocates what cannot be told before and ends where it is not. Under
    /// a budget that is not that of a process ([`Budget::of_process`](super::Budget::of_process)) it always is.
    ///
    /// # Errors
    /// [`LimitExceeded`], with 0 bytes asked for.
    pub fn check(&self) -> Result<(), LimitExceeded> {
        self.pool.check().map_err(|refused| refusal(self, 0, refused))
    }

    /// Says that the holder can put its memory elsewhere when asked: it polls [`Consumer::spill_requested`], gives memory back,
    /// and then calls [`Consumer::spilled`]. The request goes to this consumer alone, not to those above or below it;
    /// what those below it hold counts as its own, so mark one on each path.
    #[must_use]
    pub fn spillable(self) -> Consumer {
        self.pool.total.set_spillable(&self.node.share, true);
        self
    }

    /// Whether this consumer is asked to spill. One relaxed load, to be polled once a block.
    #[must_use]
    pub fn spill_requested(&self) -> bool {
        self.node.share.is_asked()
    }

    /// Answers a request, once the memory has been given back; without one it does nothing. Where the budget is still
    /// above its soft limit, the consumers that are the largest by now are asked: this one again if it is among them. A
    /// consumer that holds nothing any more has answered by that alone.
    pub fn spilled(&self) {
        self.pool.answered(&self.node);
    }
}

impl fmt::Debug for Consumer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut f = f.debug_struct("Consumer");
        f.field("path", &self.path()).field("used", &self.used()).field("peak", &self.peak()).finish()
    }
}
