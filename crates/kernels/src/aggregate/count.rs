//! `count(*)` and `count(x)` where no sum counts for them.

use std::any::Any;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Int64Array};
use plimsoll_core::{Result, TypedAggregate};

use super::frozen::{get, put};
use super::{AggregateState, NOWHERE, same_kind};
use crate::growth::{bytes_for, grow};

/// Rows between two moves of counts from 32 bits to where there are 64. Few in tests, so that they see it happen.
pub(super) const ROWS_COUNTED: u64 = if cfg!(test) { 16 } else { u32::MAX as u64 };

/// Rows, all of them or those where the argument is not NULL. A count has four bytes; what was counted before they could
/// overflow lies beside it.
pub(super) struct Counts {
    skips_nulls: bool,
    counts: Vec<u32>,
    counted: Vec<u64>,
    /// At least the greatest of `counts`.
    rows: u64,
}

impl Counts {
    /// Of no group yet.
    pub(super) fn new(skips_nulls: bool) -> Self {
        Counts { skips_nulls, counts: Vec::new(), counted: Vec::new(), rows: 0 }
    }

    /// Makes sure that `counts` can take so many rows more.
    fn count_on(&mut self, rows: u64) {
        if self.rows + rows > ROWS_COUNTED {
            self.counted.resize(self.counts.len(), 0);
            for (counted, count) in self.counted.iter_mut().zip(&mut self.counts) {
                *counted += u64::from(std::mem::take(count));
            }
            self.rows = 0;
        }
        self.rows += rows;
    }

    fn count(&self, group: usize) -> u64 {
        u64::from(self.counts[group]) + self.counted.get(group).copied().unwrap_or(0)
    }

    fn count_rows(&mut self, groups: &[u32]) {
        if let [count] = self.counts.as_mut_slice() {
            *count += groups.len() as u32;
            return;
        }
        let (fours, rest) = groups.as_chunks::<4>();
        let counts = self.counts.as_mut_slice();
        let mut one = |group: u32| counts[group as usize] = counts[group as usize].wrapping_add(1);
        for four in fours {
            one(four[0]);
            one(four[1]);
            one(four[2]);
            one(four[3]);
        }
        rest.iter().for_each(|group| one(*group));
    }
}

impl AggregateState for Counts {
    fn resize(&mut self, groups: usize) {
        grow(&mut self.counts, groups, u32::default);
    }

    fn update(&mut self, groups: &[u32], arguments: &[ArrayRef], _: u64) -> Result<()> {
        self.count_on(groups.len() as u64);
        // Logical, because every row of a `NullArray` is NULL without a buffer that says so.
        let nulls = arguments.first().filter(|_| self.skips_nulls).and_then(|column| column.logical_nulls());
        match nulls.filter(|nulls| nulls.null_count() > 0) {
            None => self.count_rows(groups),
            Some(nulls) => nulls.valid_indices().for_each(|row| self.counts[groups[row] as usize] += 1),
        }
        Ok(())
    }

    fn take_part(&mut self, other: &mut dyn AggregateState, mapping: &[u32]) -> Result<()> {
        let other = same_kind::<Self>(other)?;
        self.count_on(other.rows);
        for (count, group) in other.counts.iter().zip(mapping).filter(|(_, group)| **group != NOWHERE) {
            self.counts[*group as usize] += count;
        }
        if !other.counted.is_empty() {
            self.counted.resize(self.counts.len(), 0);
            let counted = other.counted.iter().zip(mapping).filter(|(_, group)| **group != NOWHERE);
            counted.for_each(|(counted, group)| self.counted[*group as usize] += counted);
        }
        Ok(())
    }

    fn widen(&mut self, _: &TypedAggregate) -> Result<()> {
        Ok(())
    }

    fn close(&mut self) -> Result<()> {
        Ok(())
    }

    fn results(&self, groups: &[u32]) -> Result<Vec<ArrayRef>> {
        let counts = groups.iter().map(|group| self.count(*group as usize) as i64);
        Ok(vec![Arc::new(counts.collect::<Int64Array>())])
    }

    fn write(&self, group: u32, bytes: &mut Vec<u8>) -> Result<()> {
        put(&self.count(group as usize), bytes)
    }

    fn read(&mut self, group: u32, bytes: &mut &[u8]) -> Result<()> {
        let count: u64 = get(bytes)?;
        match u32::try_from(count) {
            Ok(count) => {
                self.counts[group as usize] = count;
                self.rows = self.rows.max(count.into());
            }
            Err(_) => {
                self.counted.resize(self.counts.len(), 0);
                self.counted[group as usize] = count;
            }
        }
        Ok(())
    }

    fn size(&self) -> usize {
        self.counts.capacity() * size_of::<u32>() + self.counted.capacity() * size_of::<u64>()
    }

    fn growth(&self, rows: usize, _: usize) -> usize {
        bytes_for(&self.counts, rows)
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
