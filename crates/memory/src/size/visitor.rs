//! The walk over one or several values: adds up blocks, and remembers those that may be met again. It never looks into
//! memory: what it counts is what implementations of `DeepSize` report.

use std::collections::HashMap;

use super::{DeepSize, Size};

/// Adds up the sizes of several roots. A block that they share counts once, whichever of them comes first.
///
/// ```
/// use std::sync::Arc;
///
/// let text: Arc<[u8]> = vec![0_u8; 1000].into();
/// let (one, other) = (vec![Arc::clone(&text)], vec![text]);
/// let mut visitor = plimsoll_memory::size::Visitor::new();
/// visitor.visit(&one);
/// visitor.visit(&other);
/// // Two vectors of one pointer of two words each, and one block with two counters.
/// assert_eq!(visitor.size().total, 2 * (24 + 16) + 16 + 1000);
/// assert_eq!(visitor.size().shared, 16 + 1000);
/// ```
#[derive(Debug, Default)]
pub struct Visitor {
    size: Size,
    /// Blocks that other owners may lead to again, by their address. Those with one owner by their type (boxes, vectors,
    /// tables) are not here: a million boxes cost nothing.
    met: HashMap<usize, Met>,
    /// Handles met so far, by bytes and owners of the block that they share but do not let identify.
    #[cfg(feature = "arrow")]
    nameless: HashMap<(usize, usize), usize>,
    /// Whether the walk is below a block with several owners.
    below_shared: bool,
}

/// A heap block that may have several owners, or several blocks that always go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SharedBlock {
    /// What tells it from all others: an address within it that all its owners agree on.
    pub address: usize,
    /// Bytes.
    pub bytes: usize,
    /// Of these, bytes behind the end of what this owner can see.
    pub spare: usize,
    /// How many allocations it is; zero for a block that is not on the heap.
    pub allocations: usize,
    /// How many owners keep its contents alive; `None` where that cannot be known: then it is taken as shared once it was
    /// met twice.
    pub owners: Option<usize>,
}

/// What is remembered of a block.
#[derive(Debug, Clone, Copy)]
struct Met {
    bytes: u64,
    spare: u64,
    shared: bool,
    /// Whether its contents were visited; a weak pointer counts a block without entering it.
    entered: bool,
}

impl Visitor {
    /// Nothing is counted yet.
    #[must_use]
    pub fn new() -> Self {
        Visitor::default()
    }

    /// Adds a root: the value itself and what it owns. A root that was added before is counted again, but for the shared
    /// blocks that it leads to.
    pub fn visit<T: DeepSize + ?Sized>(&mut self, root: &T) {
        self.size.total += size_of_val(root) as u64;
        root.visit_heap(self);
    }

    /// What was counted so far.
    #[must_use]
    pub fn size(&self) -> Size {
        self.size
    }

    /// Counts a heap block of one owner: its bytes, and how many of them hold no element. A block of no bytes is none.
    pub fn block(&mut self, bytes: usize, spare: usize) {
        self.blocks(usize::from(bytes > 0), bytes, spare);
    }

    /// Counts `count` heap blocks of one owner that have `bytes` and `spare` bytes together.
    pub fn blocks(&mut self, count: usize, bytes: usize, spare: usize) {
        self.size.allocations += count as u64;
        self.size.total += bytes as u64;
        self.size.spare += spare as u64;
        if self.below_shared {
            self.size.shared += bytes as u64;
        }
    }

    /// Counts a block that may have several owners unless it was counted before, and visits its contents unless they were
    /// visited before.
    pub fn shared_block(&mut self, block: SharedBlock, contents: impl FnOnce(&mut Visitor)) {
        let met = self.meet(block);
        if met.entered {
            return;
        }
        self.met.insert(block.address, Met { entered: true, ..met });
        let above = std::mem::replace(&mut self.below_shared, met.shared);
        contents(self);
        self.below_shared = above;
    }

    /// Counts a block that is held without its contents, as weak pointers do.
    pub fn held_block(&mut self, block: SharedBlock) {
        self.meet(block);
    }

    /// Notes a value that is locked, so that what it owns cannot be visited.
    pub fn locked(&mut self) {
        self.size.locked += 1;
    }

    /// Counts one handle of a block of `bytes` that has `owners` and no address to know it by. Where all owners are
    /// visited, as many blocks are counted as there are; else at least as many as there must be.
    #[cfg(feature = "arrow")]
    pub(crate) fn nameless_block(&mut self, bytes: usize, owners: usize) {
        let handles = self.nameless.entry((bytes, owners)).or_default();
        let is_new = handles.is_multiple_of(owners.max(1));
        *handles += 1;
        if is_new {
            let above = self.below_shared;
            self.below_shared |= owners > 1;
            self.block(bytes, 0);
            self.below_shared = above;
        }
    }

    /// Counts the block if it is new; else corrects what this owner knows better.
    fn meet(&mut self, block: SharedBlock) -> Met {
        let (bytes, spare) = (block.bytes as u64, block.spare as u64);
        let shared = self.below_shared || block.owners.is_some_and(|owners| owners > 1);
        let Some(met) = self.met.get_mut(&block.address) else {
            self.size.allocations += block.allocations as u64;
            self.size.total += bytes;
            self.size.spare += spare;
            if shared {
                self.size.shared += bytes;
            }
            let met = Met { bytes, spare, shared, entered: false };
            self.met.insert(block.address, met);
            return met;
        };
        if !met.shared && (shared || block.owners.is_none()) {
            met.shared = true;
            self.size.shared += met.bytes;
        }
        if spare < met.spare {
            self.size.spare -= met.spare - spare;
            met.spare = spare;
        }
        *met
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(address: usize, owners: Option<usize>) -> SharedBlock {
        SharedBlock { address, bytes: 100, spare: 30, allocations: 2, owners }
    }

    #[test]
    fn a_shared_block_counts_once_and_is_entered_once() {
        let mut visitor = Visitor::new();
        visitor.held_block(block(8, Some(1)));
        let mut entered = 0;
        for _ in 0..3 {
            visitor.shared_block(block(8, Some(1)), |visitor| {
                entered += 1;
                visitor.block(5, 1);
            });
        }
        assert_eq!(entered, 1);
        assert_eq!(visitor.size(), Size { total: 105, spare: 31, allocations: 3, ..Size::default() });
    }

    #[test]
    fn what_lies_below_a_shared_block_is_shared() {
        let mut visitor = Visitor::new();
        visitor.shared_block(block(8, Some(2)), |visitor| visitor.block(5, 0));
        visitor.block(7, 0);
        assert_eq!((visitor.size().total, visitor.size().shared), (112, 105));
    }

    #[test]
    fn an_unknown_number_of_owners_is_shared_when_met_twice() {
        let mut visitor = Visitor::new();
        visitor.held_block(block(8, None));
        assert_eq!(visitor.size().shared, 0);
        for _ in 0..3 {
            visitor.held_block(block(8, None));
        }
        assert_eq!((visitor.size().total, visitor.size().shared), (100, 100));
    }

    #[test]
    fn the_spare_bytes_are_those_behind_the_farthest_end() {
        for ends in [[30, 10, 20], [10, 20, 30]] {
            let mut visitor = Visitor::new();
            for spare in ends {
                visitor.held_block(SharedBlock { spare, ..block(8, Some(3)) });
            }
            assert_eq!(visitor.size().spare, 10);
        }
    }

    #[test]
    fn locked_values_are_noted() {
        let mut visitor = Visitor::new();
        visitor.locked();
        assert_eq!(visitor.size(), Size { locked: 1, ..Size::default() });
    }
}
