//! The groups of a table that has seen all its rows, given out a piece at a time.

use arrow::array::ArrayRef;
use plimsoll_core::Result;

use super::keys::Keys;
use crate::aggregate::Aggregates;

/// All groups in the order of their first records: keys, then aggregates.
#[derive(Debug)]
pub struct Groups {
    keys: Keys,
    aggregates: Aggregates,
    /// Group ids by first record.
    order: Vec<u32>,
    given: usize,
}

impl Groups {
    pub(super) fn new(keys: Keys, aggregates: Aggregates, first_positions: &[u64]) -> Self {
        #[allow(clippy::cast_possible_truncation, reason = "there are no more groups than ids")]
        let mut order: Vec<u32> = (0..first_positions.len() as u32).collect();
        order.sort_by_key(|id| first_positions[*id as usize]);
        Groups { keys, aggregates, order, given: 0 }
    }

    /// Groups that were not given out yet.
    pub fn remaining(&self) -> usize {
        self.order.len() - self.given
    }

    /// The next groups, `rows` of them or as many as are left: one array for each key, then one for each aggregate.
    ///
    /// # Errors
    /// `Value` where the texts of one column have 2 GiB or more in all.
    pub fn next_columns(&mut self, rows: usize) -> Result<Vec<ArrayRef>> {
        let ids = &self.order[self.given..self.given + rows.min(self.remaining())];
        self.given += ids.len();
        let mut columns = self.keys.decode(ids)?;
        columns.extend(self.aggregates.results(ids)?);
        Ok(columns)
    }
}
