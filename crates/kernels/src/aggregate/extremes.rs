//! `min(x)` and `max(x)` of text.

use std::cmp::Ordering;

use arrow::array::ArrayRef;
use plimsoll_core::{AggregateFunction, DataType, Result, TypedAggregate};

use super::kind::{Kind, Texts};
use super::per_group::Fold;

/// The least or the greatest text of each group.
pub(super) struct TextExtremes {
    /// How a text compares with those that it beats.
    wanted: Ordering,
    heap: usize,
}

impl TextExtremes {
    pub(super) fn new(aggregate: &TypedAggregate) -> Self {
        let wanted = match aggregate.function {
            AggregateFunction::Max => Ordering::Greater,
            _ => Ordering::Less,
        };
        TextExtremes { wanted, heap: 0 }
    }

    /// Keeps `text` if it beats what is kept.
    #[inline]
    fn offer(&mut self, slot: &mut Option<String>, text: &str) {
        if Texts::get(slot).is_none_or(|kept| text.cmp(kept) == self.wanted) {
            self.heap -= Texts::heap(slot);
            Texts::set(slot, Some(text));
            self.heap += Texts::heap(slot);
        }
    }
}

impl Fold for TextExtremes {
    type State = Option<String>;

    fn update(
        &mut self,
        slots: &mut [Option<String>],
        groups: &[u32],
        arguments: &[ArrayRef],
        _: u64,
    ) -> Result<()> {
        let single = slots.len() == 1;
        Texts::visit(arguments[0].as_ref(), |row, text| {
            if let Some(text) = text {
                self.offer(&mut slots[if single { 0 } else { groups[row] as usize }], text);
            }
        });
        Ok(())
    }

    fn merge(&mut self, _: usize, slot: &mut Option<String>, other: Option<String>) -> Result<()> {
        if let Some(text) = &other {
            self.offer(slot, text);
        }
        Ok(())
    }

    fn results<'a>(
        &self,
        slots: impl Iterator<Item = (usize, &'a Option<String>)> + Clone,
    ) -> Result<Vec<ArrayRef>> {
        Ok(vec![Texts::finish(slots.map(|(_, slot)| slot), DataType::Utf8)?])
    }

    fn took(&mut self, state: &Option<String>) {
        self.heap += Texts::heap(state);
    }

    fn heap(&self) -> usize {
        self.heap
    }
}
