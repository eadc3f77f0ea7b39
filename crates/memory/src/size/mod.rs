//! Shallow and deep sizes of values: how many bytes a value is, and how many it keeps alive. Nothing is allocated on
//! behalf of the value, changed in it or sampled: the sizes are worked out from lengths, capacities and addresses.
//!
//! [`shallow_size`] is the value itself, as Python's `sys.getsizeof`; [`deep_size`] adds every heap block that it owns or
//! shares, as pympler's `asizeof`. Bytes are those that the program asks its allocator for (`Layout::size`), so that
//! `deep_size(&value).total - shallow_size(&value)` is what a counting allocator sees when the value is made; what the
//! allocator rounds up or keeps for itself is not in it.
//!
//! ```
//! use plimsoll_memory::size::{deep_size, shallow_size};
//!
//! let names = vec![String::from("Bergen"), String::from("Oslo")];
//! assert_eq!(shallow_size(&names), 24);
//! let size = deep_size(&names);
//! assert_eq!((size.total, size.allocations), (24 + 2 * 24 + 6 + 4, 3));
//! ```
//!
//! What is exact and what is not:
//! - Exact to the byte: everything here but the two lines below, trees included (`tree` says how).
//! - A `HashMap` or `HashSet` from which many elements were removed may look smaller than it is: the standard library
//!   does not tell how large its table is, only how many more elements it would take (see `table`). A `BTreeMap` that was
//!   emptied by removals keeps one leaf that is not seen.
//! - Arrow hides the capacities of a few vectors of children; their lengths are taken (see the module `arrow`).
//!
//! Measuring recurses as deep as the value does: a list of a million boxes, each owning the next, overflows the stack,
//! just as dropping it does. Cycles of `Rc` and `Arc` end, since each block is entered once.
//!
//! Why not a crate: get-size2 0.11 and size-of 0.1.5 take a hash table for its capacity times the size of an element,
//! without the free buckets and the control bytes, and leave out the counters of an `Rc`; mem_dbg 0.4 has the tables'
//! formula, but guesses at trees (so do the other two) and follows `Rc` only on request. All three can count what is
//! shared once in any order, by a set of addresses, but mem_dbg and get-size2 return one sum, and only size-of tells
//! shared, spare and number of blocks apart. None knows Arrow's buffers, for which a set of addresses of the slices would
//! count one allocation many times.

#[cfg(feature = "arrow")]
pub mod arrow;
mod cell;
mod flat;
mod macros;
mod pointer;
mod sequence;
mod table;
mod tree;
mod visitor;

pub use visitor::{SharedBlock, Visitor};

/// What a value holds. All but `allocations` and `locked` are bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Size {
    /// The values themselves and every distinct heap block that can be reached from them, each once.
    pub total: u64,
    /// Of `total`: blocks with more than one owner (`Rc`, `Arc` and Arrow's buffers with a count above one), and all that
    /// is reached through such a block. Dropping the value alone frees none of it for sure.
    pub shared: u64,
    /// Of `total`: room for elements that are not there, which `shrink_to_fit` could give back.
    pub spare: u64,
    /// Distinct heap blocks.
    pub allocations: u64,
    /// Values that could not be read, since they were locked or mutably borrowed: what they own is missing from the other
    /// figures. Zero almost always.
    pub locked: u64,
}

/// A value that can tell which heap blocks it owns.
///
/// [`impl_deep_size!`](crate::impl_deep_size) implements it for structs and enums. By hand, a type whose memory is not
/// that of its fields reports each block to the visitor:
///
/// ```
/// use plimsoll_memory::size::{DeepSize, Visitor, deep_size};
///
/// struct Page(std::ptr::NonNull<[u8; 4096]>);
///
/// impl DeepSize for Page {
///     fn visit_heap(&self, visitor: &mut Visitor) {
///         visitor.block(4096, 0);
///     }
/// }
///
/// let mut memory = [0; 4096];
/// assert_eq!(deep_size(&Page((&mut memory).into())).total, 4096 + 8);
/// ```
pub trait DeepSize {
    /// Reports every heap block that the value owns or shares, and nothing of its own `size_of_val`.
    fn visit_heap(&self, visitor: &mut Visitor);

    /// Whether no value of this type ever owns heap memory, so that a collection need not look at its elements.
    #[must_use]
    fn is_flat() -> bool
    where
        Self: Sized,
    {
        false
    }
}

/// Bytes of the value itself, without what it points to.
///
/// ```
/// assert_eq!(plimsoll_memory::size::shallow_size(&vec![1_u8, 2, 3]), 24);
/// assert_eq!(plimsoll_memory::size::shallow_size("text"), 4);
/// ```
#[must_use]
pub fn shallow_size<T: ?Sized>(value: &T) -> u64 {
    size_of_val(value) as u64
}

/// What the value holds: itself and every heap block that can be reached from it, each once. For several values together
/// take a [`Visitor`].
#[must_use]
pub fn deep_size<T: DeepSize + ?Sized>(value: &T) -> Size {
    let mut visitor = Visitor::new();
    visitor.visit(value);
    visitor.size()
}
