//! A table taken apart by partition.

use arrow::array::ArrayRef;
use plimsoll_core::Result;

use super::index::HashIndex;
use super::keys::{Keys, Mode};
use super::{GroupTable, Partitioner, pieces};
use crate::Block;
use crate::aggregate::NOWHERE;

/// A part by its number, and an id there.
type Place = (u8, u32);

impl GroupTable {
    /// Bytes that [`GroupTable::split_into`] takes beside those of the table for so many parts, about: first for the keys a
    /// second time, then, when the table has let go of its own, for the states. `dense` says that parts are.
    pub fn split_size(&self, parts: usize, dense: bool) -> usize {
        let own = self.keys.size() + self.first_positions.capacity() * size_of::<u64>();
        let (groups, index) = (self.groups(), self.keys.index_size());
        let indexes = parts * HashIndex::size_for(groups / parts, dense);
        let keys = own - index + indexes;
        let states = (keys + self.aggregates.size()).saturating_sub(own);
        keys.max(states) + groups * (size_of::<Place>() + size_of::<u32>())
    }

    /// Its groups as tables by partition, which are empty `parts` of the same types. The keys are looked up again, a block
    /// of them at a time.
    ///
    /// # Errors
    /// As [`GroupTable::update`].
    pub fn split_into(mut self, parts: &mut [GroupTable]) -> Result<()> {
        let groups = self.groups();
        // The part that each group goes to, and its id there.
        let mut places: Vec<Place> = vec![(0, NOWHERE); groups];
        let mut partitioner = Partitioner::new(parts.len());
        let mut positions = Vec::new();
        for ids in pieces(groups, self.keys.at_once(Block::ROWS)) {
            let start = ids.start as usize;
            let ids: Vec<u32> = ids.collect();
            let keys = self.keys.decode(&ids)?;
            let partitioned = partitioner.partition(&self.key_types, &keys, ids.len())?;
            let keys = keys.iter().map(|key| partitioned.arrange(key)).collect::<Result<Vec<_>>>()?;
            for (number, part) in (0..).zip(parts.iter_mut()) {
                let range = partitioned.range(usize::from(number));
                let rows = &partitioned.rows()[range.clone()];
                let keys: Vec<ArrayRef> =
                    keys.iter().map(|key| key.slice(range.start, range.len())).collect();
                positions.clear();
                positions.extend(rows.iter().map(|row| self.first_positions[start + *row as usize]));
                part.look_up(&keys, rows.len(), Mode::Find)?;
                part.number_new(positions.iter().copied());
                for (row, id) in rows.iter().zip(&part.ids) {
                    places[start + *row as usize] = (number, *id);
                }
            }
        }
        (self.keys, self.first_positions) = (Keys::Single, Vec::new());
        let mut mapping = Vec::with_capacity(groups);
        for (number, part) in (0..).zip(parts.iter_mut()) {
            mapping.clear();
            mapping.extend(places.iter().map(|(part, id)| if *part == number { *id } else { NOWHERE }));
            part.next_position = self.next_position;
            part.aggregates.resize(part.first_positions.len());
            part.aggregates.take_part(&mut self.aggregates, &mapping)?;
        }
        Ok(())
    }
}
