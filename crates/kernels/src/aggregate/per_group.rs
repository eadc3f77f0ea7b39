//! The common shape of most aggregates: one value for each group, in a flat vector.

use std::any::Any;
use std::mem::take;

use arrow::array::ArrayRef;
use plimsoll_core::{Result, TypedAggregate};

use super::{AggregateState, Place, same_state, same_states};

/// What an aggregate does with the state of one group; [`boxed`] makes an [`AggregateState`] of it.
pub(super) trait Fold: Send + 'static {
    /// The state of one group; its default has seen no value.
    type State: Default + Send;

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

    /// Takes what `other` has seen into `state`.
    fn merge(&mut self, state: &mut Self::State, other: Self::State) -> Result<()>;

    /// See [`AggregateState::widen`]. Functions that do not look at scales have nothing to do.
    fn widen(&mut self, _states: &mut [Self::State], _wider: &TypedAggregate) -> Result<()> {
        Ok(())
    }

    /// See [`AggregateState::finish`].
    fn finish(&mut self, states: Vec<Self::State>) -> Result<ArrayRef>;

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
        if groups > self.states.len() {
            self.states.resize_with(groups, F::State::default);
        }
    }

    fn update(&mut self, groups: &[u32], arguments: &[ArrayRef], position: u64) -> Result<()> {
        self.fold.update(&mut self.states, groups, arguments, position)
    }

    fn update_at(&mut self, groups: &[u32], arguments: &[ArrayRef], positions: &[u64]) -> Result<()> {
        self.fold.update_at(&mut self.states, groups, arguments, positions)
    }

    fn scatter(self: Box<Self>, parts: &mut [Box<dyn AggregateState>], places: &[Place]) -> Result<()> {
        let mut parts = same_states::<Self>(parts)?;
        for (state, place) in self.states.into_iter().zip(places) {
            let part = &mut parts[place.part as usize];
            part.fold.merge(&mut part.states[place.group as usize], state)?;
        }
        Ok(())
    }

    fn merge(&mut self, other: Box<dyn AggregateState>, mapping: &[u32]) -> Result<()> {
        for (state, group) in same_state::<Self>(other)?.states.into_iter().zip(mapping) {
            self.fold.merge(&mut self.states[*group as usize], state)?;
        }
        Ok(())
    }

    fn widen(&mut self, wider: &TypedAggregate) -> Result<()> {
        self.fold.widen(&mut self.states, wider)
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        self.fold.finish(take(&mut self.states))
    }

    fn size(&self) -> usize {
        self.states.capacity() * size_of::<F::State>() + self.fold.heap()
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
