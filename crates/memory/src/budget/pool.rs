//! What the handles of one budget share: the total, and the tree of consumers.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Holder;
use super::counter::{Refused, Share, Total};

/// Consumers further down count with the one at this level in errors: the threads of an operator are one name.
const NAMED_LEVELS: usize = 2;

/// How many consumers an error names.
const NAMED: usize = 5;

/// One budget's figures.
#[derive(Debug)]
pub(super) struct Pool {
    pub(super) total: Total,
    /// All consumers, each behind the one above it and before that one's next. Locked when a consumer is made, when
    /// figures are reported and when a request to spill goes out, never when a reservation merely changes.
    nodes: Mutex<Vec<Arc<Node>>>,
}

/// A consumer's place in the tree.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) name: String,
    pub(super) share: Share,
    parent: Option<Arc<Node>>,
}

impl Node {
    /// This one and those above it, up to the top.
    fn chain(&self) -> impl Iterator<Item = &Node> {
        std::iter::successors(Some(self), |node| node.parent.as_deref())
    }

    pub(super) fn path(&self) -> String {
        let mut names: Vec<&str> = self.chain().map(|node| node.name.as_str()).collect();
        names.reverse();
        names.join(" / ")
    }

    fn level(&self) -> usize {
        self.chain().count()
    }

    fn is_at_or_above(&self, other: &Node) -> bool {
        other.chain().any(|above| std::ptr::eq(above, self))
    }

    fn holder(&self) -> Holder {
        Holder { path: self.path(), used: self.share.gauge().used(), peak: self.share.gauge().peak() }
    }
}

fn shares<'a>(nodes: impl Iterator<Item = &'a Node>) -> impl Iterator<Item = &'a Share> {
    nodes.map(|node| &node.share)
}

impl Pool {
    pub(super) fn new(limit: Option<u64>) -> Self {
        Pool { total: Total::new(limit.unwrap_or(u64::MAX)), nodes: Mutex::default() }
    }

    /// The limit; the total has the largest number for none.
    pub(super) fn limit(&self) -> Option<u64> {
        Some(self.total.limit()).filter(|limit| *limit < u64::MAX)
    }

    fn nodes(&self) -> MutexGuard<'_, Vec<Arc<Node>>> {
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The consumer of this name below `parent`; made where there is none.
    pub(super) fn node(&self, parent: Option<&Arc<Node>>, name: &str) -> Arc<Node> {
        let mut nodes = self.nodes();
        let is_child = |node: &Node| match (&node.parent, parent) {
            (Some(above), Some(parent)) => Arc::ptr_eq(above, parent),
            (above, parent) => above.is_none() && parent.is_none(),
        };
        if let Some(known) = nodes.iter().find(|node| node.name == name && is_child(node)) {
            return Arc::clone(known);
        }
        let node =
            Arc::new(Node { name: name.to_owned(), share: Share::new(), parent: parent.map(Arc::clone) });
        let last = parent.and_then(|parent| nodes.iter().rposition(|node| parent.is_at_or_above(node)));
        let place = last.map_or(nodes.len(), |last| last + 1);
        nodes.insert(place, Arc::clone(&node));
        node
    }

    /// Takes `bytes` for a consumer and all above it.
    pub(super) fn take(&self, node: &Node, bytes: u64) -> Result<(), Refused> {
        if self.total.grow(shares(node.chain()), bytes)? {
            self.ask();
        }
        Ok(())
    }

    /// Gives `bytes` of a consumer back.
    pub(super) fn give_back(&self, node: &Node, bytes: u64) {
        if self.total.shrink(shares(node.chain()), bytes) {
            self.ask();
        }
    }

    /// Moves `bytes` from one consumer to another. The total does not change, nor does what lies above both.
    pub(super) fn transfer(&self, from: &Node, to: &Node, bytes: u64) {
        let leaving = from.chain().take_while(|node| !node.is_at_or_above(to));
        let entering = to.chain().take_while(|node| !node.is_at_or_above(from));
        if self.total.transfer(shares(leaving), shares(entering), bytes) {
            self.ask();
        }
    }

    /// A consumer has answered a request, or there was none.
    pub(super) fn answered(&self, node: &Node) {
        if self.total.answer(&node.share) {
            self.ask();
        }
    }

    /// Asks consumers to spill where that is due.
    #[cold]
    fn ask(&self) {
        if self.total.wants_spill() {
            let nodes = self.nodes();
            self.total.ask(shares(nodes.iter().map(|node| &**node)));
        }
    }

    /// All consumers, each behind the one above it.
    pub(super) fn holders(&self) -> Vec<Holder> {
        self.nodes().iter().map(|node| node.holder()).collect()
    }

    /// The largest of the consumers at the named levels, the largest first, names breaking ties. One that has others
    /// below it counts with what only it holds, but for the last level, which counts with all below.
    pub(super) fn largest(&self) -> Vec<Holder> {
        let nodes = self.nodes();
        let own = |node: &Arc<Node>| {
            let children =
                nodes.iter().filter(|child| child.parent.as_ref().is_some_and(|p| Arc::ptr_eq(p, node)));
            let below: u64 = children.map(|child| child.share.gauge().used()).sum();
            node.share.gauge().used().saturating_sub(below)
        };
        let named = nodes.iter().filter_map(|node| match node.level() {
            level if level < NAMED_LEVELS => Some(Holder { used: own(node), ..node.holder() }),
            NAMED_LEVELS => Some(node.holder()),
            _ => None,
        });
        let mut holding: Vec<Holder> = named.filter(|holder| holder.used > 0).collect();
        holding.sort_by(|a, b| b.used.cmp(&a.used).then_with(|| a.path.cmp(&b.path)));
        holding.truncate(NAMED);
        holding
    }
}
