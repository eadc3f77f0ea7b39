//! `min(x)` and `max(x)`.

use std::cmp::Ordering;
use std::marker::PhantomData;

use arrow::array::ArrayRef;
use plimsoll_core::{AggregateFunction, DataType, Result, TypedAggregate};

use super::key::widening;
use super::kind::Kind;
use super::per_group::Fold;

/// The least or the greatest value of each group.
pub(super) struct Extremes<K> {
    /// How a value compares with those that it beats.
    wanted: Ordering,
    data_type: DataType,
    heap: usize,
    kind: PhantomData<K>,
}

impl<K: Kind> Extremes<K> {
    pub(super) fn new(aggregate: &TypedAggregate) -> Self {
        let wanted = match aggregate.function {
            AggregateFunction::Max => Ordering::Greater,
            _ => Ordering::Less,
        };
        Extremes { wanted, data_type: aggregate.data_type, heap: 0, kind: PhantomData }
    }

    /// Keeps `value` if it beats what is kept.
    #[inline]
    fn offer(&mut self, slot: &mut K::Slot, value: K::Value<'_>) {
        if K::get(slot).is_none_or(|kept| K::compare(value, kept) == self.wanted) {
            self.heap -= K::heap(slot);
            K::set(slot, Some(value));
            self.heap += K::heap(slot);
        }
    }
}

impl<K: Kind> Fold for Extremes<K> {
    type State = K::Slot;

    fn update(
        &mut self,
        slots: &mut [K::Slot],
        groups: &[u32],
        arguments: &[ArrayRef],
        _: u64,
    ) -> Result<()> {
        let array = arguments[0].as_ref();
        if let [slot] = slots {
            let mut best = None;
            K::visit(array, |_, value| {
                if let Some(value) = value
                    && best.is_none_or(|best| K::compare(value, best) == self.wanted)
                {
                    best = Some(value);
                }
            });
            if let Some(value) = best {
                self.offer(slot, value);
            }
            return Ok(());
        }
        K::visit(array, |row, value| {
            if let Some(value) = value {
                self.offer(&mut slots[groups[row] as usize], value);
            }
        });
        Ok(())
    }

    fn merge(&mut self, slot: &mut K::Slot, other: K::Slot) -> Result<()> {
        if let Some(value) = K::get(&other) {
            self.offer(slot, value);
        }
        Ok(())
    }

    fn widen(&mut self, slots: &mut [K::Slot], wider: &TypedAggregate) -> Result<()> {
        let factor = widening(self.data_type, wider.data_type)?;
        self.data_type = wider.data_type;
        slots.iter_mut().try_for_each(|slot| K::rescale(slot, factor))
    }

    fn finish(&mut self, slots: Vec<K::Slot>) -> Result<ArrayRef> {
        self.heap = 0;
        K::finish(slots, self.data_type)
    }

    fn heap(&self) -> usize {
        self.heap
    }
}
