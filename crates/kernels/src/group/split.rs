//! A table taken apart by partition.

use arrow::array::ArrayRef;
use plimsoll_core::{Result, TypedAggregate};

use super::{GroupTable, PARTITIONS, Partitioner};
use crate::Block;
use crate::aggregate::Place;

impl GroupTable {
    /// Its groups as [`PARTITIONS`] tables; `aggregates` are those that it is for now. The keys are looked up again, a
    /// block of them at a time.
    ///
    /// # Errors
    /// As [`GroupTable::update`].
    pub fn split(self, aggregates: &[TypedAggregate]) -> Result<Vec<GroupTable>> {
        let mut parts: Vec<_> =
            (0..PARTITIONS).map(|_| GroupTable::new(&self.key_types, aggregates)).collect();
        let mut places = vec![Place { part: 0, group: 0 }; self.groups()];
        let mut partitioner = Partitioner::new();
        let mut positions = Vec::new();
        for start in (0..self.groups()).step_by(Block::ROWS) {
            let behind = self.groups().min(start + Block::ROWS);
            #[allow(clippy::cast_possible_truncation, reason = "there are no more groups than ids")]
            let ids: Vec<u32> = (start as u32..behind as u32).collect();
            let keys = self.keys.decode(&ids)?;
            let partitioned = partitioner.partition(&self.key_types, &keys, ids.len())?;
            let keys = keys.iter().map(|key| partitioned.arrange(key)).collect::<Result<Vec<_>>>()?;
            for (number, part) in (0..).zip(&mut parts) {
                let range = partitioned.range(number as usize);
                let rows = &partitioned.rows()[range.clone()];
                let keys: Vec<ArrayRef> =
                    keys.iter().map(|key| key.slice(range.start, range.len())).collect();
                positions.clear();
                positions.extend(rows.iter().map(|row| self.first_positions[start + *row as usize]));
                part.look_up(&keys, rows.len())?;
                part.number_new(positions.iter().copied());
                for (row, id) in rows.iter().zip(&part.ids) {
                    places[start + *row as usize] = Place { part: number, group: *id };
                }
            }
        }
        let GroupTable { states, keys, first_positions, next_position, .. } = self;
        drop((keys, first_positions));
        let mut columns: Vec<Vec<_>> = states.iter().map(|_| Vec::with_capacity(PARTITIONS)).collect();
        for part in &mut parts {
            part.next_position = next_position;
            let groups = part.groups();
            for (column, mut state) in columns.iter_mut().zip(part.states.drain(..)) {
                state.resize(groups);
                column.push(state);
            }
        }
        for (state, mut column) in states.into_iter().zip(columns) {
            state.scatter(&mut column, &places)?;
            parts.iter_mut().zip(column).for_each(|(part, state)| part.states.push(state));
        }
        Ok(parts)
    }
}
