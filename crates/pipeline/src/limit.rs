//! LIMIT and OFFSET: some rows from the front are left out, and at most so many given.

use plimsoll_core::Result;
use plimsoll_kernels::Block;

use crate::plumbing::settle;

/// Leaves out the first `offset` rows of `base` and gives at most `limit` of the others. It never pulls once it has
/// given the last of them.
#[derive(Debug)]
#[must_use = "pipelines are lazy: nothing happens before the first pull"]
pub struct Limit<I> {
    base: I,
    offset: u64,
    limit: u64,
    ended: bool,
}

impl<I> Limit<I> {
    /// Over `base`; `None` is no limit.
    pub fn new(base: I, offset: u64, limit: Option<u64>) -> Self {
        Limit { base, offset, limit: limit.unwrap_or(u64::MAX), ended: false }
    }
}

impl<I: Iterator<Item = Result<Block>>> Iterator for Limit<I> {
    type Item = Result<Block>;

    fn next(&mut self) -> Option<Result<Block>> {
        settle(self, |adapter| &mut adapter.ended, Self::pull)
    }
}

impl<I: Iterator<Item = Result<Block>>> Limit<I> {
    fn pull(&mut self) -> Result<Option<Block>> {
        while self.limit > 0 {
            let Some(block) = self.base.next().transpose()? else { return Ok(None) };
            let skipped = at_most(self.offset, block.rows);
            let rows = at_most(self.limit, block.rows - skipped);
            self.offset -= skipped as u64;
            self.limit -= rows as u64;
            if rows > 0 {
                return Ok(Some(cut(block, skipped, rows)));
            }
        }
        Ok(None)
    }
}

fn at_most(wanted: u64, rows: usize) -> usize {
    usize::try_from(wanted).map_or(rows, |wanted| wanted.min(rows))
}

/// `rows` rows of a block, from row `first` on, without copying.
fn cut(block: Block, first: usize, rows: usize) -> Block {
    let columns = block.columns.iter().map(|column| column.slice(first, rows)).collect();
    Block { position: block.position + first as u64, columns, rows, ..block }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{blocks, integers_of};

    #[test]
    fn every_offset_and_limit() {
        let all: Vec<i64> = (0..10).collect();
        for offset in 0..12 {
            for limit in (0..12).map(Some).chain([None]) {
                let base = blocks(&[&[0, 1, 2], &[], &[3], &[4, 5, 6, 7, 8, 9]]);
                let wanted: Vec<i64> =
                    all.iter().copied().skip(offset).take(limit.unwrap_or(usize::MAX)).collect();
                let limited = Limit::new(base, offset as u64, limit.map(|limit| limit as u64));
                let given: Vec<Block> = limited.collect::<Result<_>>().unwrap();
                assert!(given.iter().all(|block| block.position >= offset as u64));
                assert_eq!(integers_of(&given, 0), wanted, "{offset} {limit:?}");
            }
        }
    }
}
