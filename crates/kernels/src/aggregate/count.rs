//! `count(*)` and `count(x)` where no sum counts for them.

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

    fn merge(&mut self, _: usize, count: &mut i64, other: i64) -> Result<()> {
        *count += other;
        Ok(())
    }

    fn results<'a>(&self, counts: impl Iterator<Item = (usize, &'a i64)> + Clone) -> Result<Vec<ArrayRef>> {
        Ok(vec![Arc::new(counts.map(|(_, count)| *count).collect::<Int64Array>())])
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

    fn merge(&mut self, _: usize, count: &mut i64, other: i64) -> Result<()> {
        CountRows.merge(0, count, other)
    }

    fn results<'a>(&self, counts: impl Iterator<Item = (usize, &'a i64)> + Clone) -> Result<Vec<ArrayRef>> {
        CountRows.results(counts)
    }
}

fn count_rows(counts: &mut [i64], groups: &[u32]) {
    match counts {
        [count] => *count += groups.len() as i64,
        _ => {
            let (fours, rest) = groups.as_chunks::<4>();
            fours.iter().flatten().chain(rest).for_each(|group| counts[*group as usize] += 1);
        }
    }
}
