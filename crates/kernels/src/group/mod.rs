//! The group table: from key values to dense group ids, and the aggregate states by id.
//!
//! Keys come in four forms, one file each: `text_keys` (one text), `word_keys` (one value of 64 bits), `lane_keys`
//! (several values of few bytes) and `row_keys` (anything else, encoded). All hand out ids from 0 in the order in which keys arrive.

mod byte_keys;
mod column;
mod direct;
mod entry;
mod frozen;
mod groups;
mod hash;
mod index;
mod key_codec;
mod keys;
mod lane_keys;
mod partition;
mod row_keys;
mod spilled;
mod split;
mod text_keys;
mod widen;
mod word_keys;

#[cfg(test)]
mod spill_tests;
#[cfg(test)]
mod tests;

use std::ops::Range;

use arrow::array::ArrayRef;
use plimsoll_core::{DataType, Error, Result, TypedAggregate};

pub use frozen::FrozenTable;
pub use groups::{ClosedTable, Groups, Picked};
pub use partition::{PARTITIONS, Partitioned, Partitioner};
pub use spilled::{Spilled, SpilledGroups};
pub use widen::widen;

use crate::aggregate::Aggregates;
use crate::growth;
use keys::{Keys, Mode};

/// The most groups of one table: every id fits 32 bits, and an index slot with such an id is never taken for a free one.
const MAX_GROUPS: usize = u32::MAX as usize - 1;

/// Groups and their aggregate states. One table belongs to one thread; tables are merged at the end.
pub struct GroupTable {
    key_types: Vec<DataType>,
    keys: Keys,
    aggregates: Aggregates,
    /// The position of the first record of each group.
    first_positions: Vec<u64>,
    /// Behind all positions that were seen.
    next_position: u64,
    /// Group ids of the rows of the current block.
    ids: Vec<u32>,
    /// Whether several groups may have the same key.
    appended: bool,
}

impl GroupTable {
    /// A table without groups, but for the single one where there are no keys.
    pub fn new(key_types: &[DataType], aggregates: &[TypedAggregate]) -> Self {
        Self::with_shared_arguments(key_types, aggregates, &(0..aggregates.len()).collect::<Vec<_>>())
    }

    /// The same, where `arguments[a]` is the same number for aggregates with the same expressions as arguments: see
    /// [`Aggregates::new`].
    pub fn with_shared_arguments(
        key_types: &[DataType],
        aggregates: &[TypedAggregate],
        arguments: &[usize],
    ) -> Self {
        let keys = Keys::new(key_types);
        let mut aggregates = Aggregates::new(aggregates, arguments);
        let first_positions = vec![0; if key_types.is_empty() { 1 } else { 0 }];
        aggregates.resize(first_positions.len());
        let (key_types, next_position, ids) = (key_types.to_vec(), 0, Vec::new());
        GroupTable { key_types, keys, aggregates, first_positions, next_position, ids, appended: false }
    }

    /// Takes `rows` rows: `keys[k]` and `arguments[a][i]` are columns of that length; `position` is that of row 0, and
    /// greater than all positions before.
    ///
    /// # Errors
    /// Those of the aggregate states; `Value` for more groups than 32 bits can number; `Plan` for columns that are not
    /// of the table's types.
    pub fn update(
        &mut self,
        keys: &[ArrayRef],
        arguments: &[Vec<ArrayRef>],
        rows: usize,
        position: u64,
    ) -> Result<()> {
        self.look_up(keys, rows, Mode::Find)?;
        self.number_new(position..);
        self.next_position = self.next_position.max(position + rows as u64);
        self.aggregates.resize(self.first_positions.len());
        self.aggregates.update(&self.ids, arguments, position)
    }

    /// As [`GroupTable::update`] for rows with these positions, which may lie before others that were seen.
    ///
    /// # Errors
    /// As [`GroupTable::update`].
    pub fn update_at(
        &mut self,
        keys: &[ArrayRef],
        arguments: &[Vec<ArrayRef>],
        positions: &[u64],
    ) -> Result<()> {
        self.take_at(keys, arguments, positions, Mode::Find)
    }

    /// As [`GroupTable::update_at`], but without looking for the groups that there are: each row becomes one of its own. It
    /// is only known when the table is [spilled](GroupTable::spill) which of them are the same, and nothing else may be
    /// done with the table than further updates and merging.
    ///
    /// # Errors
    /// As [`GroupTable::update`].
    pub fn append_at(
        &mut self,
        keys: &[ArrayRef],
        arguments: &[Vec<ArrayRef>],
        positions: &[u64],
    ) -> Result<()> {
        self.appended = true;
        self.take_at(keys, arguments, positions, Mode::Append)
    }

    fn take_at(
        &mut self,
        keys: &[ArrayRef],
        arguments: &[Vec<ArrayRef>],
        positions: &[u64],
        mode: Mode,
    ) -> Result<()> {
        self.look_up(keys, positions.len(), mode)?;
        self.number_new(positions.iter().copied());
        if positions.first().is_some_and(|first| *first < self.next_position) {
            for (id, position) in self.ids.iter().zip(positions) {
                let first = &mut self.first_positions[*id as usize];
                *first = (*first).min(*position);
            }
        }
        self.next_position = self.next_position.max(positions.last().map_or(0, |last| last + 1));
        self.aggregates.resize(self.first_positions.len());
        self.aggregates.update_at(&self.ids, arguments, positions)
    }

    /// Takes all groups of `other`, which has the same types.
    ///
    /// # Errors
    /// As [`GroupTable::update`].
    pub fn merge(&mut self, other: GroupTable) -> Result<()> {
        check_room(self.groups(), other.groups())?;
        if self.key_types != other.key_types || self.aggregates.len() != other.aggregates.len() {
            return Err(Error::plan("tables of different types cannot be merged", ""));
        }
        self.next_position = self.next_position.max(other.next_position);
        let held = (self.held(), other.held());
        let mapping = self.keys.absorb(other.keys, &self.key_types, held)?;
        self.appended |= other.appended;
        let new = self.keys.len() - self.first_positions.len();
        growth::reserve(&mut self.first_positions, new);
        self.first_positions.resize(self.keys.len(), u64::MAX);
        for (id, position) in mapping.iter().zip(other.first_positions) {
            let first = &mut self.first_positions[*id as usize];
            *first = position.min(*first);
        }
        self.aggregates.resize(self.first_positions.len());
        self.aggregates.merge(other.aggregates, &mapping)
    }

    /// Bytes of this table that [`GroupTable::merge`] takes over without copying them.
    pub fn handed_over(&self) -> usize {
        self.aggregates.handed_over()
    }

    /// Bytes that values and texts of `other` may take beside those that this table has while [`GroupTable::merge`] copies them.
    pub fn growth_of_sets(&self, other: &GroupTable) -> usize {
        self.aggregates.growth_of_sets(&other.aggregates)
    }

    /// Goes on with wider types: keys and arguments that were integers or decimals are decimals of greater scales,
    /// keys of which nothing but NULL was seen are anything.
    ///
    /// # Errors
    /// `Value` where a value has no room at the new scale, `Plan` for any other change of a key's type.
    pub fn widen(&mut self, key_types: &[DataType], aggregates: &[TypedAggregate]) -> Result<()> {
        if self.key_types != key_types {
            self.keys = self.keys.widened(key_types, self.held())?;
            self.key_types = key_types.to_vec();
        }
        self.aggregates.widen(aggregates)
    }

    /// The same, but it takes less memory for each group, and finding them takes longer.
    #[must_use]
    pub fn dense(mut self) -> Self {
        self.keys.make_dense();
        self
    }

    /// How many groups.
    pub fn groups(&self) -> usize {
        self.first_positions.len()
    }

    /// Heap bytes held, by capacity.
    pub fn size(&self) -> usize {
        self.keys.size()
            + self.aggregates.size()
            + self.first_positions.capacity() * size_of::<u64>()
            + self.ids.capacity() * size_of::<u32>()
    }

    /// Heap bytes beside [`GroupTable::size`] that it has without a group, about: those of the states themselves, of which
    /// there are as many as aggregates.
    pub fn fixed_size(&self) -> usize {
        self.aggregates.fixed_size() + self.key_types.capacity() * 2 * size_of::<DataType>()
    }

    /// Bytes that the table may take beside those that it has while it takes `rows` rows with these arguments, were each a
    /// new group with new values: those of what it grows into, and while that is filled those of what it grows out of.
    pub fn growth(&self, rows: usize, arguments: &[Vec<ArrayRef>]) -> usize {
        self.keys.growth(rows)
            + self.aggregates.growth(rows, arguments)
            + growth::bytes_for(&self.first_positions, rows)
            + growth::bytes_for(&self.ids, rows.saturating_sub(self.ids.len()))
    }

    /// Keys, then aggregates, one row a group, in the order of each group's first record.
    ///
    /// # Errors
    /// Those of the aggregate states; `Value` where the texts of a key have 2 GiB or more in all.
    pub fn finish(self) -> Result<Vec<ArrayRef>> {
        let groups = self.into_groups()?;
        groups.next_columns(groups.remaining())
    }

    /// As [`GroupTable::finish`], but for many groups: keys and results become arrays a piece at a time.
    ///
    /// # Errors
    /// Those of the aggregate states.
    pub fn into_groups(self) -> Result<Groups> {
        Ok(Groups::new(vec![self.close()?]))
    }

    /// Ends the updates: what is left can be given out, and holds less.
    ///
    /// # Errors
    /// Those of the aggregate states.
    pub fn close(mut self) -> Result<ClosedTable> {
        debug_assert!(!self.appended, "equal keys only meet when they are spilled");
        self.keys.close();
        self.ids = Vec::new();
        self.aggregates.close()?;
        Ok(ClosedTable::new(self.keys, self.aggregates, self.first_positions))
    }

    /// How its keys came: all were looked up, or some were not.
    fn held(&self) -> Mode {
        if self.appended { Mode::Append } else { Mode::Find }
    }

    /// Writes the id of each row to `ids`.
    fn look_up(&mut self, keys: &[ArrayRef], rows: usize, mode: Mode) -> Result<()> {
        check_room(self.groups(), rows)?;
        self.ids.clear();
        let held = self.held();
        self.keys.look_up(&self.key_types, keys, rows, (mode, held), &mut self.ids)
    }

    /// Notes the positions of new groups. Their ids were given in the order of the rows, each to the row that is its first.
    fn number_new(&mut self, positions: impl Iterator<Item = u64>) {
        let mut known = self.first_positions.len();
        if self.keys.len() > known {
            growth::reserve(&mut self.first_positions, self.keys.len() - known);
            for (position, id) in positions.zip(&self.ids) {
                if *id as usize == known {
                    self.first_positions.push(position);
                    known += 1;
                }
            }
        }
    }
}

/// The ids of so many groups in pieces of at most `most`.
#[allow(clippy::cast_possible_truncation, reason = "there are no more groups than ids")]
fn pieces(groups: usize, most: usize) -> impl Iterator<Item = Range<u32>> {
    (0..groups).step_by(most).map(move |start| start as u32..groups.min(start + most) as u32)
}

fn check_room(groups: usize, more: usize) -> Result<()> {
    match groups.checked_add(more) {
        Some(sum) if sum <= MAX_GROUPS => Ok(()),
        _ => Err(Error::value("a group table cannot hold more than 4,294,967,294 groups")),
    }
}
