//! The groups of tables that have seen all their rows, given out a piece at a time.

use arrow::array::{Array, ArrayRef};
use arrow::compute::interleave;
use plimsoll_core::{Error, Result};

use super::keys::Keys;
use crate::aggregate::Aggregates;

/// A table that has seen all its rows.
#[derive(Debug)]
pub struct ClosedTable {
    keys: Keys,
    aggregates: Aggregates,
    /// The position of the first record of each group.
    first_positions: Vec<u64>,
    /// Group ids by first record.
    order: Vec<u32>,
    /// How many of them lie before the groups that are still to be given.
    given: usize,
}

/// All groups of some tables that have none in common, in the order of their first records: keys, then aggregates.
#[derive(Debug)]
pub struct Groups {
    tables: Vec<ClosedTable>,
    /// The next groups in their order.
    next: Vec<Next>,
    remaining: usize,
}

/// Some groups in their order.
#[derive(Debug)]
pub struct Picked(Vec<Next>);

/// A group that is to be given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Next {
    position: u64,
    table: usize,
    id: u32,
}

impl ClosedTable {
    pub(super) fn new(keys: Keys, aggregates: Aggregates, first_positions: Vec<u64>) -> Self {
        #[allow(clippy::cast_possible_truncation, reason = "there are no more groups than ids")]
        let mut order: Vec<u32> = (0..first_positions.len() as u32).collect();
        // In a table that saw its rows in order, they are sorted; else there are long runs.
        order.sort_by_key(|id| first_positions[*id as usize]);
        ClosedTable { keys, aggregates, first_positions, order, given: 0 }
    }

    /// Heap bytes held, by capacity.
    pub fn size(&self) -> usize {
        self.keys.size()
            + self.aggregates.size()
            + self.first_positions.capacity() * size_of::<u64>()
            + self.order.capacity() * size_of::<u32>()
    }

    /// The position of the group that lies `ahead` groups ahead.
    fn position(&self, ahead: usize) -> Option<u64> {
        self.order.get(self.given + ahead).map(|id| self.first_positions[*id as usize])
    }
}

impl Picked {
    /// How many.
    pub fn rows(&self) -> usize {
        self.0.len()
    }
}

impl Groups {
    /// The groups of all `tables`.
    pub fn new(tables: Vec<ClosedTable>) -> Self {
        let remaining = tables.iter().map(|table| table.order.len()).sum();
        Groups { tables, next: Vec::new(), remaining }
    }

    /// Groups that were not picked yet.
    pub fn remaining(&self) -> usize {
        self.remaining
    }

    /// Heap bytes held, by capacity.
    pub fn size(&self) -> usize {
        let tables = self.tables.iter().map(ClosedTable::size).sum::<usize>();
        tables + self.next.capacity() * size_of::<Next>()
    }

    /// The next groups, `rows` of them or as many as are left: one array for each key, then one for each aggregate.
    ///
    /// # Errors
    /// As [`Groups::columns`].
    pub fn next_columns(&mut self, rows: usize) -> Result<Vec<ArrayRef>> {
        let picked = self.pick(rows);
        self.columns(&picked)
    }

    /// The next groups, `rows` of them or as many as are left: those that are given out now.
    pub fn pick(&mut self, rows: usize) -> Picked {
        let rows = rows.min(self.remaining);
        while self.next.len() < rows {
            self.merge_some(rows);
        }
        let behind = self.next.split_off(rows);
        self.remaining -= rows;
        Picked(std::mem::replace(&mut self.next, behind))
    }

    /// One array for each key, then one for each aggregate, of groups that were picked.
    ///
    /// # Errors
    /// `Value` where the texts of one key have 2 GiB or more in all.
    pub fn columns(&self, groups: &Picked) -> Result<Vec<ArrayRef>> {
        let groups = &groups.0;
        let mut ids = vec![Vec::new(); self.tables.len()];
        let mut places = Vec::with_capacity(groups.len());
        for group in groups {
            let ids: &mut Vec<u32> = &mut ids[group.table];
            places.push((group.table, ids.len()));
            ids.push(group.id);
        }
        let columns = self.tables.iter().zip(&ids).map(|(table, ids)| {
            let mut columns = table.keys.decode(ids)?;
            columns.extend(table.aggregates.results(ids)?);
            Ok(columns)
        });
        let mut columns = columns.collect::<Result<Vec<_>>>()?;
        match columns.len() {
            1 => Ok(columns.remove(0)),
            _ => interleaved(&columns, &places),
        }
    }

    /// Puts further groups of all tables in order: those before the position that some table reaches when all give their
    /// share of `rows`.
    fn merge_some(&mut self, rows: usize) {
        let share = rows.div_ceil(self.tables.len().max(1));
        let bound = self.tables.iter().filter_map(|table| table.position(share)).min();
        let start = self.next.len();
        for (number, table) in self.tables.iter_mut().enumerate() {
            while let Some(position) =
                table.position(0).filter(|position| bound.is_none_or(|end| *position < end))
            {
                self.next.push(Next { position, table: number, id: table.order[table.given] });
                table.given += 1;
            }
        }
        self.next[start..].sort_unstable();
    }
}

/// The values at (table, row) of each column of `tables`, which have the same columns.
fn interleaved(tables: &[Vec<ArrayRef>], places: &[(usize, usize)]) -> Result<Vec<ArrayRef>> {
    let columns = tables.first().map_or(0, Vec::len);
    let column = |number: usize| {
        let arrays: Vec<&dyn Array> = tables.iter().map(|table| table[number].as_ref()).collect();
        interleave(&arrays, places).map_err(|error| Error::value(error.to_string()))
    };
    (0..columns).map(column).collect()
}
