//! Aggregate states: one value (sum, minimum, set, …) for each group, in columns.

use std::any::Any;

use arrow::array::ArrayRef;
use plimsoll_core::{Result, TypedAggregate};

/// The states of one aggregate for all groups of a table. Group ids are dense, from 0.
pub trait AggregateState: Send {
    /// Makes room for `groups` groups; the new ones have seen no value.
    fn resize(&mut self, groups: usize);

    /// Takes row `i` of each argument into group `groups[i]`. `position` is that of row 0 (see `Block::position`).
    /// NULLs are left out as the function says. `count(*)` has no argument.
    ///
    /// # Errors
    /// `Value` where an exact sum leaves its range.
    fn update(&mut self, groups: &[u32], arguments: &[ArrayRef], position: u64) -> Result<()>;

    /// Takes the states of `other`, which was made for the same (typed) aggregate: its group `i` goes into group
    /// `mapping[i]`. Merging in any order gives the same result.
    ///
    /// # Errors
    /// As [`AggregateState::update`].
    fn merge(&mut self, other: Box<dyn AggregateState>, mapping: &[u32]) -> Result<()>;

    /// Goes on as the state of `wider`: the same function, whose exact arguments have become decimals of greater
    /// scales. What was seen keeps its value.
    ///
    /// # Errors
    /// `Value` where a value has no room at the new scale.
    fn widen(&mut self, wider: &TypedAggregate) -> Result<()>;

    /// The result of every group, in the order of the ids.
    ///
    /// # Errors
    /// `Value` where a sum does not fit 38 digits.
    fn finish(&mut self) -> Result<ArrayRef>;

    /// Heap bytes held, by capacity.
    fn size(&self) -> usize;

    /// For `merge`: the state as what it is.
    fn into_any(self: Box<Self>) -> Box<dyn Any>;
}

/// A state for `aggregate`, with no group yet.
pub fn aggregate_state(aggregate: &TypedAggregate) -> Box<dyn AggregateState> {
    let _ = aggregate;
    unimplemented!()
}
