//! What the handles of one budget share: the total, and the tree of consumers.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Holder;
use super::counter::{Refused, Share, Total};
use super::part::Part;
use super::watch::{Found, Watch};

/// Consumers further down count with the one at this level in errors: the threads of an operator are one name.
const NAMED_LEVELS: usize = 2;

/// Growths of fewer bytes are held against reservations alone: whoever saves memory needs some.
const SMALL: u64 = 16 << 10;

/// How many consumers an error names.
const NAMED: usize = 5;

/// One budget's figures.
#[derive(Debug)]
pub(super) struct Pool {
    pub(super) total: Total,
    /// All consumers, each behind the one above it and before that one's next. Locked when a consumer is made, when
    /// figures are reported and when a request to spill goes out, never when a reservation merely changes.
    nodes: Mutex<Vec<Arc<Node>>>,
    /// The larger budget that this one is a part of.
    part: Option<Part>,
    /// How many parts there are of this one.
    pub(super) parts: AtomicU64,
    /// The process that it bounds.
    watch: Option<Watch>,
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
    pub(super) fn new(limit: Option<u64>, part: Option<Part>, watch: Option<Watch>) -> Self {
        Pool {
            total: Total::new(limit.unwrap_or(u64::MAX)),
            nodes: Mutex::default(),
            part,
            parts: AtomicU64::new(0),
            watch,
        }
    }

    /// The limit, for a part that of the whole; the total has the largest number for none.
    pub(super) fn limit(&self) -> Option<u64> {
        match &self.part {
            Some(part) => part.limit(),
            None => Some(self.total.limit()).filter(|limit| *limit < u64::MAX),
        }
    }

    /// What can still be taken.
    pub(super) fn available(&self) -> u64 {
        let used = self.total.gauge().used();
        match &self.part {
            Some(part) => part.available(used),
            None => self.limit().map_or(u64::MAX, |limit| limit.saturating_sub(self.in_use())),
        }
    }

    /// What is in use: what is reserved, or more where a process has more.
    pub(super) fn in_use(&self) -> u64 {
        let Found { grown, excess } = self.found(0);
        self.total.gauge().used().max(grown) + excess
    }

    /// Looks at the process where that is due.
    pub(super) fn look(&self) {
        match &self.part {
            Some(part) => part.whole().look(),
            None => {
                let _ = self.found(0);
            }
        }
    }

    /// Whether the process is within the limit, whatever was reserved.
    pub(super) fn check(&self) -> Result<(), Refused> {
        match &self.part {
            Some(part) => part.whole().check(),
            None => {
                let Found { grown, excess } = self.found(0);
                let used = grown + excess;
                if used > self.total.limit() { Err(Refused::Full { used }) } else { Ok(()) }
            }
        }
    }

    /// What is in use beside reservations, where `bytes` more are to be reserved.
    fn found(&self, bytes: u64) -> Found {
        let Some(watch) = &self.watch else { return Found::default() };
        watch.found(self.total.gauge().used().saturating_add(bytes))
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
        let mut held = self.part.as_ref().map(Part::lock);
        if let Some(held) = &mut held {
            held.grow(self.total.gauge().used(), bytes)?;
        }
        let Found { grown, excess } = if bytes < SMALL { Found::default() } else { self.found(bytes) };
        if self.total.grow(shares(node.chain()), bytes, (grown, excess))? {
            self.ask();
        }
        Ok(())
    }

    /// Gives `bytes` of a consumer back.
    pub(super) fn give_back(&self, node: &Node, bytes: u64) {
        let mut held = self.part.as_ref().map(Part::lock);
        if self.total.shrink(shares(node.chain()), bytes) {
            self.ask();
        }
        if let Some(held) = &mut held {
            held.fit(self.total.gauge().used());
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
        drop(nodes);
        holding.extend(self.others());
        holding.sort_by(|a, b| b.used.cmp(&a.used).then_with(|| a.path.cmp(&b.path)));
        holding.truncate(NAMED);
        holding
    }

    /// What is in use beside all consumers: other parts of the whole, and memory that nobody has reserved.
    fn others(&self) -> impl Iterator<Item = Holder> {
        let holder = |path: &str, used| Holder { path: path.to_owned(), used, peak: used };
        let (beside, unreserved) = match &self.part {
            Some(part) => (part.beside(), part.whole().unreserved()),
            None => (0, self.unreserved()),
        };
        [holder("other queries", beside), holder("not reserved", unreserved)]
            .into_iter()
            .filter(|holder| holder.used > 0)
    }

    fn unreserved(&self) -> u64 {
        self.in_use().saturating_sub(self.total.gauge().used())
    }
}
