//! `first(x)`, `last(x)` and `any_value(x)`: by the positions of records, whatever order they come in. Of texts, only
//! [which record leads](Ranking).

use arrow::array::ArrayRef;
use plimsoll_core::{AggregateFunction, DataType, Result, TypedAggregate};
use serde::{Deserialize, Serialize};

use super::key::{from_keys, rescale, widening};
use super::per_group::Fold;
use super::read::visit_keys;

/// Which record of a group leads, by a rank that grows towards the wanted end; 0 before the first record.
pub(super) struct Ranking {
    last: bool,
    skips_nulls: bool,
}

impl Ranking {
    pub(super) fn new(aggregate: &TypedAggregate) -> Self {
        Ranking {
            last: aggregate.function == AggregateFunction::Last,
            skips_nulls: aggregate.function == AggregateFunction::AnyValue,
        }
    }

    /// The rank of the record at a position.
    #[inline]
    pub(super) fn rank(&self, position: u64) -> u64 {
        if self.last { position + 1 } else { u64::MAX - position }
    }

    /// Whether a record of this rank takes the place of the leading one.
    #[inline]
    pub(super) fn leads(&self, rank: u64, leading: u64, is_null: bool) -> bool {
        rank > leading && !(self.skips_nulls && is_null)
    }
}

/// The value of the foremost or hindmost record of each group, where it has a fixed width.
pub(super) struct Ordered {
    ranking: Ranking,
    data_type: DataType,
}

/// The record that leads.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Leader {
    rank: u64,
    slot: Slot,
}

/// A key or none, in the 16 bytes of the key; see [`super::key`].
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Slot(i128);

impl Slot {
    /// No key: mantissas have 38 digits at most, all other keys 64 bits.
    const NONE: i128 = i128::MIN;

    #[inline]
    fn get(self) -> Option<i128> {
        (self.0 != Slot::NONE).then_some(self.0)
    }
}

impl Default for Slot {
    fn default() -> Self {
        Slot(Self::NONE)
    }
}

impl Ordered {
    pub(super) fn new(aggregate: &TypedAggregate) -> Self {
        Ordered { ranking: Ranking::new(aggregate), data_type: aggregate.data_type }
    }

    #[inline]
    fn offer(&self, leader: &mut Leader, rank: u64, value: Option<i128>) {
        if self.ranking.leads(rank, leader.rank, value.is_none()) {
            *leader = Leader { rank, slot: Slot(value.unwrap_or(Slot::NONE)) };
        }
    }
}

impl Fold for Ordered {
    type State = Leader;

    fn update(
        &mut self,
        leaders: &mut [Leader],
        groups: &[u32],
        arguments: &[ArrayRef],
        position: u64,
    ) -> Result<()> {
        visit_keys(arguments[0].as_ref(), |row, value| {
            let rank = self.ranking.rank(position + row as u64);
            self.offer(&mut leaders[groups[row] as usize], rank, value);
        });
        Ok(())
    }

    fn update_at(
        &mut self,
        leaders: &mut [Leader],
        groups: &[u32],
        arguments: &[ArrayRef],
        positions: &[u64],
    ) -> Result<()> {
        visit_keys(arguments[0].as_ref(), |row, value| {
            let rank = self.ranking.rank(positions[row]);
            self.offer(&mut leaders[groups[row] as usize], rank, value);
        });
        Ok(())
    }

    fn merge(&mut self, _: usize, leader: &mut Leader, other: Leader) -> Result<()> {
        self.offer(leader, other.rank, other.slot.get());
        Ok(())
    }

    fn widen(&mut self, leaders: &mut [Leader], wider: &TypedAggregate) -> Result<()> {
        let factor = widening(self.data_type, wider.data_type)?;
        self.data_type = wider.data_type;
        leaders.iter_mut().try_for_each(|leader| {
            if let Some(mantissa) = leader.slot.get() {
                leader.slot = Slot(rescale(mantissa, factor)?);
            }
            Ok(())
        })
    }

    fn results<'a>(
        &self,
        leaders: impl Iterator<Item = (usize, &'a Leader)> + Clone,
    ) -> Result<Vec<ArrayRef>> {
        Ok(vec![from_keys(leaders.map(|(_, leader)| leader.slot.get()), self.data_type)])
    }
}
