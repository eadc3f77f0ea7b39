//! Aggregate states: one value (sum, minimum, set, …) for each group, in columns.
//!
//! Aggregates that need the same of a column share one state (`family`): min, avg and max of x are one pass over x.
//! One file for each kind of state. Most keep one small value for each group: those of integers and decimals are
//! `summary`, texts are `texts`, the others are written as a `per_group::Fold`; those that hold many values (quantiles, distinct values)
//! keep them in a flat store beside the ids of their groups. Columns of fixed width are read through `read`, so that no
//! kind is written once for each type.

mod aggregates;
mod correlation;
mod count;
mod distinct;
mod family;
mod float_sum;
mod frozen;
mod hash;
mod key;
mod moments;
mod order;
mod passing;
mod per_group;
mod quantile;
mod rank;
mod read;
mod samples;
mod summary;
mod text_set;
mod texts;
mod values;
mod variance;

#[cfg(test)]
mod tests;

use std::any::Any;

use arrow::array::ArrayRef;
use plimsoll_core::{AggregateFunction, DataType, Error, Result, TypedAggregate};

pub use aggregates::{Aggregates, INLINE};
pub use values::{Values, Visit};

pub use crate::exact::carries::NOWHERE;

/// The states of one family of aggregates for all groups of a table. Group ids are dense, from 0.
pub trait AggregateState: Send + Sync {
    /// Makes room for `groups` groups; the new ones have seen no value.
    fn resize(&mut self, groups: usize);

    /// Takes row `i` of each argument into group `groups[i]`. `position` is that of row 0 (see `Block::position`).
    /// NULLs are left out as the functions say. `count(*)` alone has no argument.
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

    /// Takes the states of `other`, which was made for the same (typed) family: its group `i` goes into group
    /// `mapping[i]`. Merging in any order gives the same result.
    ///
    /// # Errors
    /// As [`AggregateState::update`].
    fn merge(&mut self, mut other: Box<dyn AggregateState>, mapping: &[u32]) -> Result<()> {
        self.take_part(other.as_mut(), mapping)
    }

    /// As [`AggregateState::merge`] for a part of the groups: those that are mapped to [`NOWHERE`] are left to others, and
    /// `other` is of use for nothing else.
    ///
    /// # Errors
    /// As [`AggregateState::update`].
    fn take_part(&mut self, other: &mut dyn AggregateState, mapping: &[u32]) -> Result<()>;

    /// Goes on with wider arguments: `wider` is the first aggregate of the family, whose exact arguments have become
    /// decimals of greater scales. What was seen keeps its value.
    ///
    /// # Errors
    /// `Value` where a value has no room at the new scale.
    fn widen(&mut self, wider: &TypedAggregate) -> Result<()>;

    /// Ends the updates: from now on, results can be asked for.
    ///
    /// # Errors
    /// `Value` where a sum does not fit 38 digits.
    fn close(&mut self) -> Result<()>;

    /// The results of these groups, an array for each aggregate of the family.
    ///
    /// # Errors
    /// `Value` for texts of 2 GiB or more in all.
    fn results(&self, groups: &[u32]) -> Result<Vec<ArrayRef>>;

    /// Ends the updates: from now on, states can be written.
    fn freeze(&mut self) {}

    /// Bytes that [`AggregateState::freeze`] takes beside those of the state.
    fn freeze_size(&self) -> usize {
        0
    }

    /// Adds the state of a group to `bytes`, for [`AggregateState::read`].
    ///
    /// # Errors
    /// None that a state of ours gives.
    fn write(&self, group: u32, bytes: &mut Vec<u8>) -> Result<()>;

    /// Makes the state of `group`, which has seen nothing, one that was written. `bytes` goes on behind it.
    ///
    /// # Errors
    /// `Value` for bytes that no state was written as.
    fn read(&mut self, group: u32, bytes: &mut &[u8]) -> Result<()>;

    /// This state where its groups hold values one by one.
    fn values(&self) -> Option<&dyn Values> {
        None
    }

    /// As [`AggregateState::values`].
    fn values_mut(&mut self) -> Option<&mut dyn Values> {
        None
    }

    /// Heap bytes held, by capacity.
    fn size(&self) -> usize;

    /// Bytes of one text for each group that a state copies when this one is merged into it.
    fn copied_texts(&self) -> usize {
        0
    }

    /// Bytes that it may take beside those that it has while it takes `rows` rows of as many new groups, in which the texts
    /// of its arguments have `texts` bytes.
    fn growth(&self, rows: usize, texts: usize) -> usize;

    /// For `merge`: the state as what it is.
    fn into_any(self: Box<Self>) -> Box<dyn Any>;

    /// For `take_part`: the state as what it is.
    fn as_any_mut(&mut self) -> &mut dyn Any;
}

/// Whether the states of a function hold values one by one, so that those of one group can be more than memory holds.
#[must_use]
pub fn holds_values(function: AggregateFunction) -> bool {
    use AggregateFunction as A;
    matches!(function, A::CountDistinct | A::QuantileCont(_) | A::QuantileDisc(_))
}

/// A state for aggregates that [`family::families`] has put together, with no group yet.
fn state(family: &[&TypedAggregate]) -> Box<dyn AggregateState> {
    use AggregateFunction as A;
    let Some(lead) = family.first() else { return Box::new(count::Counts::new(false)) };
    let functions: Vec<A> = family.iter().map(|aggregate| aggregate.function).collect();
    let argument = argument_type(lead);
    let (is_text, is_float) = (argument == DataType::Utf8, argument == DataType::Float64);
    match lead.function {
        A::CountStar => Box::new(count::Counts::new(false)),
        A::Count => Box::new(count::Counts::new(true)),
        A::CountDistinct if is_text => Box::new(distinct::DistinctTexts::default()),
        A::CountDistinct => Box::new(distinct::DistinctKeys::new(argument)),
        A::Sum | A::Avg if is_float => per_group::boxed(float_sum::FloatSums::new(functions)),
        A::Min | A::Max if is_text => texts::boxed(texts::Extremes::new(lead)),
        A::Sum | A::Avg | A::Min | A::Max => summary::boxed(argument, functions),
        A::VarPop | A::VarSamp | A::StddevPop | A::StddevSamp if is_float => {
            per_group::boxed(variance::VarianceOfFloats::new(&functions))
        }
        A::VarPop | A::VarSamp | A::StddevPop | A::StddevSamp => {
            per_group::boxed(variance::VarianceOfIntegers::new(argument, &functions))
        }
        A::Corr if is_float => per_group::boxed(correlation::CorrelationOfFloats::default()),
        A::Corr => per_group::boxed(correlation::CorrelationOfIntegers::new(lead)),
        A::QuantileCont(_) | A::QuantileDisc(_) => Box::new(quantile::Quantiles::new(argument, &functions)),
        A::First | A::Last | A::AnyValue if is_text => texts::boxed(texts::Ordered::new(lead)),
        A::First | A::Last | A::AnyValue => per_group::boxed(order::Ordered::new(lead)),
    }
}

/// The type of the first argument; that of NULL where there is none.
fn argument_type(aggregate: &TypedAggregate) -> DataType {
    aggregate.arguments.first().map_or(DataType::Null, |argument| argument.data_type)
}

/// `other` as the state that it must be to be merged.
fn same_state<S: 'static>(other: Box<dyn AggregateState>) -> Result<Box<S>> {
    other.into_any().downcast().map_err(|_| different())
}

/// `other` as the state that it must be to give a part.
fn same_kind<S: 'static>(other: &mut dyn AggregateState) -> Result<&mut S> {
    other.as_any_mut().downcast_mut().ok_or_else(different)
}

fn different() -> Error {
    Error::plan("states of different aggregates cannot be merged", "")
}
