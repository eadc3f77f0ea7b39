//! The groups of a table that has seen all its rows, given out a piece at a time.

use arrow::array::{ArrayRef, UInt32Array};
use arrow::compute::take;
use plimsoll_core::{Error, Result};

use super::keys::Keys;

/// All groups in the order of their first records: keys, then aggregates.
#[derive(Debug)]
pub struct Groups {
    keys: Keys,
    aggregates: Vec<ArrayRef>,
    /// Group ids by first record.
    order: Vec<u32>,
    given: usize,
}

impl Groups {
    pub(super) fn new(keys: Keys, aggregates: Vec<ArrayRef>, first_positions: &[u64]) -> Self {
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
    /// `Value` where the texts of one key have 2 GiB or more in all.
    pub fn next_columns(&mut self, rows: usize) -> Result<Vec<ArrayRef>> {
        let ids = &self.order[self.given..self.given + rows.min(self.remaining())];
        self.given += ids.len();
        let mut columns = self.keys.decode(ids)?;
        let indices = UInt32Array::from(ids.to_vec());
        for aggregate in &self.aggregates {
            columns.push(take(aggregate, &indices, None).map_err(|error| Error::value(error.to_string()))?);
        }
        Ok(columns)
    }
}
