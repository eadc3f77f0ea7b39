//! The groups of tables that have seen all their rows, given out a piece at a time, by several threads if they like.

use std::sync::{Mutex, PoisonError};

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
}

/// All groups of some tables that have none in common, in the order of their first records: keys, then aggregates.
///
/// Picking is cheap and goes one after the other; the columns of what was picked are made without a lock.
#[derive(Debug)]
pub struct Groups {
    tables: Vec<ClosedTable>,
    order: Mutex<Order>,
}

/// How far the groups were picked.
#[derive(Debug)]
struct Order {
    /// How many groups of each table lie before those that are still to be put in order.
    given: Vec<usize>,
    /// The next groups in their order.
    next: Vec<Next>,
    remaining: usize,
    picks: u64,
    position: u64,
}

/// Some groups in their order.
#[derive(Debug)]
pub struct Picked {
    /// Which pick it was, from 0.
    pub number: u64,
    /// How many groups lie before.
    pub position: u64,
    groups: Vec<Next>,
}

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
        ClosedTable { keys, aggregates, first_positions, order }
    }

    /// Heap bytes held, by capacity.
    pub fn size(&self) -> usize {
        self.keys.size()
            + self.aggregates.size()
            + self.first_positions.capacity() * size_of::<u64>()
            + self.order.capacity() * size_of::<u32>()
    }

    /// Bytes of a row of its columns, about.
    fn row_size(&self) -> usize {
        let groups = self.order.len();
        self.keys.decoded_size() + self.aggregates.result_size(groups)
    }

    /// The position of the group at this place in the order.
    fn position(&self, place: usize) -> Option<u64> {
        self.order.get(place).map(|id| self.first_positions[*id as usize])
    }
}

impl Picked {
    /// How many.
    pub fn rows(&self) -> usize {
        self.groups.len()
    }
}

impl Groups {
    /// The groups of all `tables`.
    pub fn new(tables: Vec<ClosedTable>) -> Self {
        let remaining = tables.iter().map(|table| table.order.len()).sum();
        let (given, next) = (vec![0; tables.len()], Vec::new());
        Groups { order: Mutex::new(Order { given, next, remaining, picks: 0, position: 0 }), tables }
    }

    /// Heap bytes held, by capacity.
    pub fn size(&self) -> usize {
        self.tables.iter().map(ClosedTable::size).sum()
    }

    /// Bytes of a row of their columns, about.
    pub fn row_size(&self) -> usize {
        self.tables.iter().map(ClosedTable::row_size).max().unwrap_or(0)
    }

    /// Groups that were not picked yet.
    pub fn remaining(&self) -> usize {
        self.order.lock().unwrap_or_else(PoisonError::into_inner).remaining
    }

    /// The next groups, `rows` of them or as many as are left: one array for each key, then one for each aggregate.
    ///
    /// # Errors
    /// As [`Groups::columns`].
    pub fn next_columns(&self, rows: usize) -> Result<Vec<ArrayRef>> {
        self.columns(&self.pick(rows))
    }

    /// The next groups, `rows` of them or as many as are left: those that are given out now.
    pub fn pick(&self, rows: usize) -> Picked {
        self.order.lock().unwrap_or_else(PoisonError::into_inner).pick(&self.tables, rows)
    }

    /// One array for each key, then one for each aggregate, of groups that were picked.
    ///
    /// # Errors
    /// `Value` where the texts of one key have 2 GiB or more in all.
    pub fn columns(&self, picked: &Picked) -> Result<Vec<ArrayRef>> {
        let mut ids = vec![Vec::new(); self.tables.len()];
        let mut places = Vec::with_capacity(picked.rows());
        for group in &picked.groups {
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
}

impl Order {
    fn pick(&mut self, tables: &[ClosedTable], rows: usize) -> Picked {
        let rows = rows.min(self.remaining);
        while self.next.len() < rows {
            self.merge_some(tables, rows);
        }
        let behind = self.next.split_off(rows);
        let groups = std::mem::replace(&mut self.next, behind);
        let picked = Picked { number: self.picks, position: self.position, groups };
        self.remaining -= rows;
        self.picks += 1;
        self.position += rows as u64;
        picked
    }

    /// Puts further groups of all tables in order: those before the position that some table reaches when all give their
    /// share of `rows`.
    fn merge_some(&mut self, tables: &[ClosedTable], rows: usize) {
        let share = rows.div_ceil(tables.len().max(1));
        let reached =
            tables.iter().zip(&self.given).filter_map(|(table, given)| table.position(given + share));
        let bound = reached.min();
        let start = self.next.len();
        for (number, (table, given)) in tables.iter().zip(&mut self.given).enumerate() {
            while let Some(position) =
                table.position(*given).filter(|position| bound.is_none_or(|end| *position < end))
            {
                self.next.push(Next { position, table: number, id: table.order[*given] });
                *given += 1;
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
