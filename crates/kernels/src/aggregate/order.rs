//! `first(x)`, `last(x)` and `any_value(x)`: by the positions of records, whatever order they come in.

use std::marker::PhantomData;

use arrow::array::ArrayRef;
use plimsoll_core::{AggregateFunction, DataType, Result, TypedAggregate};
use serde::{Deserialize, Serialize};

use super::key::widening;
use super::kind::Kind;
use super::per_group::Fold;

/// The value of the foremost or hindmost record of each group.
pub(super) struct Ordered<K> {
    last: bool,
    skips_nulls: bool,
    data_type: DataType,
    heap: usize,
    kind: PhantomData<K>,
}

/// The record that leads, by a rank that grows towards the wanted end; 0 before the first record.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Leader<S> {
    rank: u64,
    slot: S,
}

impl<K: Kind> Ordered<K> {
    pub(super) fn new(aggregate: &TypedAggregate) -> Self {
        Ordered {
            last: aggregate.function == AggregateFunction::Last,
            skips_nulls: aggregate.function == AggregateFunction::AnyValue,
            data_type: aggregate.data_type,
            heap: 0,
            kind: PhantomData,
        }
    }

    #[inline]
    fn rank(&self, position: u64) -> u64 {
        if self.last { position + 1 } else { u64::MAX - position }
    }

    #[inline]
    fn offer(&mut self, leader: &mut Leader<K::Slot>, rank: u64, value: Option<K::Value<'_>>) {
        if rank > leader.rank && !(self.skips_nulls && value.is_none()) {
            leader.rank = rank;
            self.heap -= K::heap(&leader.slot);
            K::set(&mut leader.slot, value);
            self.heap += K::heap(&leader.slot);
        }
    }
}

impl<K: Kind> Fold for Ordered<K> {
    type State = Leader<K::Slot>;

    fn update(
        &mut self,
        leaders: &mut [Leader<K::Slot>],
        groups: &[u32],
        arguments: &[ArrayRef],
        position: u64,
    ) -> Result<()> {
        K::visit(arguments[0].as_ref(), |row, value| {
            let rank = self.rank(position + row as u64);
            self.offer(&mut leaders[groups[row] as usize], rank, value);
        });
        Ok(())
    }

    fn update_at(
        &mut self,
        leaders: &mut [Leader<K::Slot>],
        groups: &[u32],
        arguments: &[ArrayRef],
        positions: &[u64],
    ) -> Result<()> {
        K::visit(arguments[0].as_ref(), |row, value| {
            let rank = self.rank(positions[row]);
            self.offer(&mut leaders[groups[row] as usize], rank, value);
        });
        Ok(())
    }

    fn merge(&mut self, _: usize, leader: &mut Leader<K::Slot>, other: Leader<K::Slot>) -> Result<()> {
        self.offer(leader, other.rank, K::get(&other.slot));
        Ok(())
    }

    fn widen(&mut self, leaders: &mut [Leader<K::Slot>], wider: &TypedAggregate) -> Result<()> {
        let factor = widening(self.data_type, wider.data_type)?;
        self.data_type = wider.data_type;
        leaders.iter_mut().try_for_each(|leader| K::rescale(&mut leader.slot, factor))
    }

    fn results<'a>(
        &self,
        leaders: impl Iterator<Item = (usize, &'a Leader<K::Slot>)> + Clone,
    ) -> Result<Vec<ArrayRef>> {
        Ok(vec![K::finish(leaders.map(|(_, leader)| &leader.slot), self.data_type)?])
    }

    fn took(&mut self, state: &Leader<K::Slot>) {
        self.heap += K::heap(&state.slot);
    }

    fn heap(&self) -> usize {
        self.heap
    }
}
