//! The common shape of most aggregates: one value for each group, in a flat vector.

use std::any::Any;
use std::mem::take;

use arrow::array::ArrayRef;
use plimsoll_core::{Result, TypedAggregate};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::frozen::{get, put};
use super::{AggregateState, NOWHERE, same_kind};
use crate::growth::{bytes_for, grow};

/// What a family does with the state of one group; [`boxed`] makes an [`AggregateState`] of it.
pub(super) trait Fold: Send + Sync + 'static {
    /// The state of one group; its default has seen no value.
    type State: Default + Send + Sync + Serialize + DeserializeOwned;

    /// See [`AggregateState::update`].
    fn update(
        &mut self,
        states: &mut [Self::State],
        groups: &[u32],
        arguments: &[ArrayRef],
        position: u64,
    ) -> Result<()>;

    /// See [`AggregateState::update_at`].
    fn update_at(
        &mut self,
        states: &mut [Self::State],
        groups: &[u32],
        arguments: &[ArrayRef],
        _positions: &[u64],
    ) -> Result<()> {
        self.update(states, groups, arguments, 0)
    }

    /// Takes what `other` has seen into `state`, which is that of `group`.
    fn merge(&mut self, group: usize, state: &mut Self::State, other: Self::State) -> Result<()>;

    /// Takes what `other` holds beyond its states; see [`AggregateState::take_part`].
    ///
    /// # Errors
    /// `Value` where an exact sum leaves its range.
    fn merge_beyond(&mut self, _other: &Self, _mapping: &[u32]) -> Result<()> {
        Ok(())
    }

    /// See [`AggregateState::widen`]. Functions that do not look at scales have nothing to do.
    fn widen(&mut self, _states: &mut [Self::State], _wider: &TypedAggregate) -> Result<()> {
        Ok(())
    }

    /// See [`AggregateState::results`]; these are the groups asked for and their states.
    fn results<'a>(
        &self,
        states: impl Iterator<Item = (usize, &'a Self::State)> + Clone,
    ) -> Result<Vec<ArrayRef>>;

    /// Counts the heap bytes of a state that was read.
    fn took(&mut self, _state: &Self::State) {}

    /// Adds what is held of a group beyond its state; see [`AggregateState::write`].
    fn write_beyond(&self, _group: usize, _bytes: &mut Vec<u8>) -> Result<()> {
        Ok(())
    }

    /// Takes what [`Fold::write_beyond`] has added.
    fn read_beyond(&mut self, _group: usize, _bytes: &mut &[u8]) -> Result<()> {
        Ok(())
    }

    /// Heap bytes that the states hold beyond themselves.
    fn heap(&self) -> usize {
        0
    }
}

/// The states of no group yet.
pub(super) fn boxed<F: Fold>(fold: F) -> Box<dyn AggregateState> {
    Box::new(PerGroup { fold, states: Vec::new() })
}

struct PerGroup<F: Fold> {
    fold: F,
    states: Vec<F::State>,
}

impl<F: Fold> AggregateState for PerGroup<F> {
    fn resize(&mut self, groups: usize) {
        grow(&mut self.states, groups, F::State::default);
    }

    fn update(&mut self, groups: &[u32], arguments: &[ArrayRef], position: u64) -> Result<()> {
        self.fold.update(&mut self.states, groups, arguments, position)
    }

    fn update_at(&mut self, groups: &[u32], arguments: &[ArrayRef], positions: &[u64]) -> Result<()> {
        self.fold.update_at(&mut self.states, groups, arguments, positions)
    }

    fn take_part(&mut self, other: &mut dyn AggregateState, mapping: &[u32]) -> Result<()> {
        let other = same_kind::<Self>(other)?;
        for (state, group) in other.states.iter_mut().zip(mapping).filter(|(_, group)| **group != NOWHERE) {
            let group = *group as usize;
            self.fold.merge(group, &mut self.states[group], take(state))?;
        }
        self.fold.merge_beyond(&other.fold, mapping)
    }

    fn widen(&mut self, wider: &TypedAggregate) -> Result<()> {
        self.fold.widen(&mut self.states, wider)
    }

    fn close(&mut self) -> Result<()> {
        Ok(())
    }

    fn results(&self, groups: &[u32]) -> Result<Vec<ArrayRef>> {
        self.fold.results(groups.iter().map(|group| (*group as usize, &self.states[*group as usize])))
    }

    fn write(&self, group: u32, bytes: &mut Vec<u8>) -> Result<()> {
        put(&self.states[group as usize], bytes)?;
        self.fold.write_beyond(group as usize, bytes)
    }

    fn read(&mut self, group: u32, bytes: &mut &[u8]) -> Result<()> {
        let state = get(bytes)?;
        self.fold.took(&state);
        self.states[group as usize] = state;
        self.fold.read_beyond(group as usize, bytes)
    }

    fn size(&self) -> usize {
        self.states.capacity() * size_of::<F::State>() + self.fold.heap()
    }

    fn growth(&self, rows: usize, _: usize) -> usize {
        bytes_for(&self.states, rows)
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
