//! `count(*)` and `count(x)`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Int64Array};
use plimsoll_core::Result;

use super::per_group::Fold;

/// `count(*)`: rows.
pub(super) struct CountRows;

impl Fold for CountRows {
    type State = i64;

    fn update(&mut self, counts: &mut [i64], groups: &[u32], _: &[ArrayRef], _: u64) -> Result<()> {
        count_rows(counts, groups);
        Ok(())
    }

    fn merge(&mut self, count: &mut i64, other: i64) -> Result<()> {
        *count += other;
        Ok(())
    }

    fn finish(&mut self, counts: Vec<i64>) -> Result<ArrayRef> {
        Ok(Arc::new(Int64Array::from(counts)))
    }
}

/// `count(x)`: rows where x is not NULL.
pub(super) struct CountValues;

impl Fold for CountValues {
    type State = i64;

    fn update(&mut self, counts: &mut [i64], groups: &[u32], arguments: &[ArrayRef], _: u64) -> Result<()> {
        // Logical, because every row of a `NullArray` is NULL without a buffer that says so.
        match arguments[0].logical_nulls().filter(|nulls| nulls.null_count() > 0) {
            None => count_rows(counts, groups),
            Some(nulls) => match counts {
                [count] => *count += (nulls.len() - nulls.null_count()) as i64,
                _ => nulls.valid_indices().for_each(|row| counts[groups[row] as usize] += 1),
            },
        }
        Ok(())
    }

    fn merge(&mut self, count: &mut i64, other: i64) -> Result<()> {
        CountRows.merge(count, other)
    }

    fn finish(&mut self, counts: Vec<i64>) -> Result<ArrayRef> {
        CountRows.finish(counts)
    }
}

fn count_rows(counts: &mut [i64], groups: &[u32]) {
    match counts {
        [count] => *count += groups.len() as i64,
        _ => groups.iter().for_each(|group| counts[*group as usize] += 1),
    }
}
