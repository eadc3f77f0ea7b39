//! Aggregate states: one value (sum, minimum, set, …) for each group, in columns.
//!
//! One file for each family. Most keep one small value for each group and are written as a `per_group::Fold`; those
//! that hold many values (quantiles, distinct values) keep them in one flat store beside the ids of their groups.
//! Values of fixed width go through one representation, the ordered integer keys of `key`, so that no family is
//! written once for each type.

mod correlation;
mod count;
mod distinct;
mod extremes;
mod hash;
mod key;
mod kind;
mod moments;
mod order;
mod per_group;
mod quantile;
mod samples;
mod sum;
mod text_set;
mod variance;

#[cfg(test)]
mod tests;

use std::any::Any;

use arrow::array::ArrayRef;
use plimsoll_core::{AggregateFunction, DataType, Error, Result, TypedAggregate};

use kind::{Keys, Texts};

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

    /// As [`AggregateState::update`], but row `i` has the position `positions[i]`. States to which positions are nothing
    /// have no need of it.
    ///
    /// # Errors
    /// As [`AggregateState::update`].
    fn update_at(&mut self, groups: &[u32], arguments: &[ArrayRef], positions: &[u64]) -> Result<()> {
        let _ = positions;
        self.update(groups, arguments, 0)
    }

    /// Takes the states of `other`, which was made for the same (typed) aggregate: its group `i` goes into group
    /// `mapping[i]`. Merging in any order gives the same result.
    ///
    /// # Errors
    /// As [`AggregateState::update`].
    fn merge(&mut self, other: Box<dyn AggregateState>, mapping: &[u32]) -> Result<()>;

    /// Hands its groups out: group `i` goes to `places[i]` among `parts`, states of the same aggregate that have room for it.
    ///
    /// # Errors
    /// As [`AggregateState::update`].
    fn scatter(self: Box<Self>, parts: &mut [Box<dyn AggregateState>], places: &[Place]) -> Result<()>;

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

    /// For `scatter`: the state as what it is.
    fn as_any_mut(&mut self) -> &mut dyn Any;
}

/// Where a group goes when a table is taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The number of the part.
    pub part: u32,
    /// The group's id there.
    pub group: u32,
}

/// A state for `aggregate`, with no group yet.
pub fn aggregate_state(aggregate: &TypedAggregate) -> Box<dyn AggregateState> {
    use AggregateFunction as A;
    let argument = argument_type(aggregate);
    let (is_text, is_float) = (argument == DataType::Utf8, argument == DataType::Float64);
    match aggregate.function {
        A::CountStar => per_group::boxed(count::CountRows),
        A::Count => per_group::boxed(count::CountValues),
        A::CountDistinct if is_text => Box::new(distinct::DistinctTexts::default()),
        A::CountDistinct => Box::new(distinct::DistinctKeys::new(argument)),
        A::Sum | A::Avg if is_float => per_group::boxed(sum::SumFloats::new(aggregate)),
        A::Sum | A::Avg => per_group::boxed(sum::SumIntegers::new(aggregate)),
        A::Min | A::Max if is_text => per_group::boxed(extremes::Extremes::<Texts>::new(aggregate)),
        A::Min | A::Max => per_group::boxed(extremes::Extremes::<Keys>::new(aggregate)),
        A::VarPop | A::VarSamp | A::StddevPop | A::StddevSamp if is_float => {
            per_group::boxed(variance::VarianceOfFloats::new(aggregate))
        }
        A::VarPop | A::VarSamp | A::StddevPop | A::StddevSamp => {
            per_group::boxed(variance::VarianceOfIntegers::new(aggregate))
        }
        A::Corr if is_float => per_group::boxed(correlation::CorrelationOfFloats::default()),
        A::Corr => per_group::boxed(correlation::CorrelationOfIntegers::new(aggregate)),
        A::QuantileCont(_) | A::QuantileDisc(_) => Box::new(quantile::Quantiles::new(aggregate)),
        A::First | A::Last | A::AnyValue if is_text => {
            per_group::boxed(order::Ordered::<Texts>::new(aggregate))
        }
        A::First | A::Last | A::AnyValue => per_group::boxed(order::Ordered::<Keys>::new(aggregate)),
    }
}

/// The type of the first argument; that of NULL where there is none.
fn argument_type(aggregate: &TypedAggregate) -> DataType {
    aggregate.arguments.first().map_or(DataType::Null, |argument| argument.data_type)
}

/// `other` as the state that it must be to be merged.
fn same_state<S: 'static>(other: Box<dyn AggregateState>) -> Result<Box<S>> {
    other
        .into_any()
        .downcast()
        .map_err(|_| Error::plan("states of different aggregates cannot be merged", ""))
}

/// `parts` as the states that they must be to be given something.
fn same_states<S: 'static>(parts: &mut [Box<dyn AggregateState>]) -> Result<Vec<&mut S>> {
    let states = parts.iter_mut().map(|part| part.as_any_mut().downcast_mut());
    let states: Option<Vec<&mut S>> = states.collect();
    states.ok_or_else(|| Error::plan("states of different aggregates cannot be merged", ""))
}
