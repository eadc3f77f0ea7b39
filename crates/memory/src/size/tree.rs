//! B-trees. The standard library hides their nodes, but not where the keys lie: a node holds its keys in one array, so
//! the addresses of the keys in order tell the nodes apart, exactly, whatever was inserted and removed.
//!
//! In order, the keys of a leaf come one after the other in memory; then comes one key of a node above, which is
//! somewhere else; then the next leaf. The keys between the leaves are, in order, those of the tree without its leaves:
//! the same rule holds for them, up to the root. A key that follows a shorter node cannot lie right behind its last key,
//! as the rest of that node's array is there. Node layout: `library/alloc/src/collections/btree/node.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::mem::MaybeUninit;
use std::ptr::NonNull;

use super::{DeepSize, Visitor};

/// The most elements of a node.
const NODE_ELEMENTS: usize = 11;

/// The fields of the standard library's leaf; the compiler lays both out alike.
#[allow(dead_code, reason = "only its size is wanted")]
struct Leaf<K, V> {
    parent: Option<NonNull<()>>,
    parent_index: MaybeUninit<u16>,
    length: u16,
    keys: [MaybeUninit<K>; NODE_ELEMENTS],
    values: [MaybeUninit<V>; NODE_ELEMENTS],
}

/// A node above the leaves.
#[allow(dead_code, reason = "only its size is wanted")]
#[repr(C)]
struct Internal<K, V> {
    leaf: Leaf<K, V>,
    edges: [Option<NonNull<()>>; NODE_ELEMENTS + 1],
}

/// The nodes of one level, as far as its keys were seen.
#[derive(Debug, Default)]
struct Level {
    nodes: usize,
    /// Keys of the last node that were seen; none where it is complete.
    open: usize,
    /// Where the next key of that node lies.
    next: usize,
}

/// Counts nodes from the addresses of all elements in order.
#[derive(Debug, Default)]
struct Nodes {
    /// From the leaves up.
    levels: Vec<Level>,
}

impl Nodes {
    fn push(&mut self, address: usize, stride: usize) {
        for level in &mut self.levels {
            if level.open == 0 {
                level.nodes += 1;
            } else if level.open == NODE_ELEMENTS || address != level.next {
                // The node is complete, and this key parts it from the next one: it belongs to the level above.
                level.open = 0;
                continue;
            }
            level.open += 1;
            level.next = address + stride;
            return;
        }
        self.levels.push(Level { nodes: 1, open: 1, next: address + stride });
    }

    /// How many leaves there are, and how many nodes above them.
    fn count(&self) -> (usize, usize) {
        let nodes = || self.levels.iter().map(|level| level.nodes);
        (nodes().take(1).sum(), nodes().skip(1).sum())
    }
}

/// Counts the blocks of a tree, given the addresses of its keys in order and of its values in order.
fn visit_nodes<K, V>(
    visitor: &mut Visitor,
    keys: impl Iterator<Item = usize>,
    values: impl Iterator<Item = usize>,
) {
    let mut nodes = Nodes::default();
    // Keys without size have no addresses to tell them apart; their values lie in an array just the same. Where both have
    // no size there is one element at most, as all keys are equal.
    if size_of::<K>() > 0 {
        keys.for_each(|at| nodes.push(at, size_of::<K>()));
    } else {
        values.for_each(|at| nodes.push(at, size_of::<V>()));
    }
    let (leaves, internal) = nodes.count();
    let bytes = leaves * size_of::<Leaf<K, V>>() + internal * size_of::<Internal<K, V>>();
    visitor.blocks(leaves + internal, bytes, 0);
}

impl<K: DeepSize, V: DeepSize> DeepSize for BTreeMap<K, V> {
    fn visit_heap(&self, visitor: &mut Visitor) {
        let keys = self.keys().map(|key| std::ptr::from_ref(key).addr());
        let values = self.values().map(|value| std::ptr::from_ref(value).addr());
        visit_nodes::<K, V>(visitor, keys, values);
        if !K::is_flat() || !V::is_flat() {
            for (key, value) in self {
                key.visit_heap(visitor);
                value.visit_heap(visitor);
            }
        }
    }
}

impl<T: DeepSize> DeepSize for BTreeSet<T> {
    fn visit_heap(&self, visitor: &mut Visitor) {
        let elements = || self.iter().map(|element| std::ptr::from_ref(element).addr());
        visit_nodes::<T, ()>(visitor, elements(), elements());
        if !T::is_flat() {
            self.iter().for_each(|element| element.visit_heap(visitor));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Addresses of `keys` keys of 8 bytes in the node at `node`.
    fn keys(node: usize, keys: usize) -> Vec<usize> {
        (0..keys).map(|key| node + 8 * key).collect()
    }

    #[test]
    fn three_levels_are_told_apart() {
        // Two nodes below the root, with two and three leaves.
        let (root, left, right) = (9000, 8000, 7000);
        let order = [
            keys(1000, 5),
            vec![left],
            keys(2000, 11),
            vec![root],
            keys(3000, 6),
            vec![right],
            keys(100, 5),
            vec![right + 8],
            keys(4000, 7),
        ];
        let mut nodes = Nodes::default();
        order.concat().into_iter().for_each(|at| nodes.push(at, 8));
        assert_eq!(nodes.count(), (5, 3));
    }

    #[test]
    fn a_node_right_behind_a_full_one_is_another() {
        // The key that parts two leaves lies right behind the eleventh key of the first one.
        let mut nodes = Nodes::default();
        [keys(1000, 11), keys(1088, 1), keys(5000, 5)].concat().into_iter().for_each(|at| nodes.push(at, 8));
        assert_eq!(nodes.count(), (2, 1));
    }
}
