//! ORDER BY: all rows in order, or the first of them.

use std::sync::Arc;

use plimsoll_core::{Result, Schema, SortKey};
use plimsoll_kernels::Block;
use plimsoll_memory::Consumer;

use crate::plumbing::{Memory, settle};
use crate::sort_rows::Held;
use crate::widening::Widest;

/// Fewer rows than these are not worth cutting.
const MIN_CUT: usize = 65_536;

/// Reads `base` to its end, then gives its rows in the order of the keys. Rows that tie keep the order of their
/// positions. With a limit only that many rows are kept. Positions count the rows given.
#[derive(Debug)]
#[must_use = "pipelines are lazy: nothing happens before the first pull"]
pub struct Sort<I> {
    base: I,
    keys: Vec<SortKey>,
    limit: usize,
    consumer: Option<Consumer>,
    output: Option<Output>,
    ended: bool,
}

/// What is given once all input has been read.
#[derive(Debug)]
struct Output {
    held: Held,
    schema: Arc<Schema>,
    order: Vec<(u32, u32)>,
    given: usize,
    _memory: Memory,
}

impl<I> Sort<I> {
    /// Over `base`, by columns of it; `limit` is how many rows are wanted from the front.
    pub fn new(base: I, keys: Vec<SortKey>, limit: Option<u64>) -> Self {
        let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
        Sort { base, keys, limit, consumer: None, output: None, ended: false }
    }

    /// Reserves the memory of the rows held for `consumer`; `MemoryLimit` where its budget has not enough.
    pub fn with_consumer(mut self, consumer: Consumer) -> Self {
        self.consumer = Some(consumer);
        self
    }
}

impl<I: Iterator<Item = Result<Block>>> Iterator for Sort<I> {
    type Item = Result<Block>;

    fn next(&mut self) -> Option<Result<Block>> {
        if self.ended {
            return None;
        }
        let pulled = self.pull();
        settle(&mut self.ended, pulled)
    }
}

impl<I: Iterator<Item = Result<Block>>> Sort<I> {
    fn pull(&mut self) -> Result<Option<Block>> {
        if self.limit == 0 {
            return Ok(None);
        }
        if self.output.is_none() {
            self.output = self.read_all()?;
        }
        match &mut self.output {
            Some(output) => output.next(),
            None => Ok(None),
        }
    }

    /// All rows in order; `None` where there is none.
    fn read_all(&mut self) -> Result<Option<Output>> {
        let mut memory = Memory::new(self.consumer.as_ref());
        let mut widest = Widest::default();
        let mut schema: Option<Arc<Schema>> = None;
        let mut held = Held::default();
        for block in self.base.by_ref() {
            let block = widest.bring(block?)?;
            let types = block.schema.types();
            if schema.as_ref().is_some_and(|last| !Arc::ptr_eq(last, &block.schema)) {
                held.widen(&types)?;
            }
            schema = Some(Arc::clone(&block.schema));
            held.push(&block);
            memory.hold(held.size())?;
            if held.rows() > self.limit.saturating_mul(2).max(MIN_CUT) {
                let order = held.order(&self.keys, &types, self.limit, &mut memory)?;
                held.keep(&order)?;
            }
        }
        let Some(schema) = schema else { return Ok(None) };
        let order = held.order(&self.keys, &schema.types(), self.limit, &mut memory)?;
        memory.hold(held.size() + order.capacity() * size_of::<(u32, u32)>())?;
        Ok(Some(Output { held, schema, order, given: 0, _memory: memory }))
    }
}

impl Output {
    fn next(&mut self) -> Result<Option<Block>> {
        let rows = (self.order.len() - self.given).min(Block::ROWS);
        if rows == 0 {
            return Ok(None);
        }
        let mut columns = self.held.gather(&self.order[self.given..self.given + rows])?;
        columns.truncate(self.schema.fields.len());
        let block = Block { position: self.given as u64, schema: Arc::clone(&self.schema), columns, rows };
        self.given += rows;
        Ok(Some(block))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{block, blocks, integers, integers_of, mantissas_of, schema, tenths};
    use plimsoll_core::{DataType, ErrorKind};
    use plimsoll_memory::Budget;
    use proptest::prelude::*;

    fn by(output: usize, descending: bool, nulls_first: bool) -> SortKey {
        SortKey { output, descending, nulls_first }
    }

    #[test]
    fn nulls_go_where_the_key_says() {
        for (key, expected) in [
            (by(0, false, false), [Some(1), Some(2), None]),
            (by(0, true, false), [Some(2), Some(1), None]),
            (by(0, false, true), [None, Some(1), Some(2)]),
            (by(0, true, true), [None, Some(2), Some(1)]),
        ] {
            let base = block(0, &[DataType::Int64], vec![integers(&[Some(2), None, Some(1)])]);
            let given = Sort::new([Ok(base)].into_iter(), vec![key], None).next().unwrap().unwrap();
            assert_eq!(&given.columns[0], &integers(&expected));
        }
    }

    #[test]
    fn types_that_widen_meet_at_the_last() {
        let narrow =
            |position, value| Ok(block(position, &[DataType::Int64], vec![integers(&[Some(value)])]));
        let wider = Ok(block(1, &[DataType::decimal(1)], vec![tenths(&[15, -20])]));
        let base = [narrow(0, 2), wider, narrow(3, 1)].into_iter();
        let given: Vec<Block> =
            Sort::new(base, vec![by(0, false, false)], None).collect::<Result<_>>().unwrap();
        assert_eq!(mantissas_of(&given, 0), [Some(-20), Some(10), Some(15), Some(20)]);
        assert_eq!(given[0].schema, schema(&[DataType::decimal(1)]));
    }

    #[test]
    fn a_budget_ends_it() {
        let budget = Budget::limited(100).unwrap();
        let sort = Sort::new(blocks(&[&[1, 2, 3]]), vec![by(0, false, false)], None);
        let mut sort = sort.with_consumer(budget.consumer("sort"));
        let refused = sort.next().unwrap().unwrap_err();
        assert!(matches!(refused.kind(), ErrorKind::MemoryLimit { .. }), "{refused}");
        assert!(sort.next().is_none());
        assert_eq!(budget.used(), 0);
    }

    proptest! {
        /// Blocks in any order, many ties: as a stable sort of the rows in the order of their positions. With a limit,
        /// small pieces are cut away on the way.
        #[test]
        fn as_a_stable_sort_does(
            keys in prop::collection::vec(0..5i64, 1..60),
            piece in 1..7usize,
            reversed: bool,
            limit in prop::option::of(0..70usize),
        ) {
            let mut rows: Vec<(i64, i64)> = keys.iter().copied().zip(0..).collect();
            let mut base: Vec<_> = rows
                .chunks(piece)
                .map(|rows| {
                    let column = |of: fn(&(i64, i64)) -> i64| {
                        integers(&rows.iter().map(|row| Some(of(row))).collect::<Vec<_>>())
                    };
                    let columns = vec![column(|row| row.0), column(|row| row.1)];
                    Ok(block(rows[0].1 as u64, &[DataType::Int64; 2], columns))
                })
                .collect();
            if reversed {
                base.reverse();
            }
            let sort = Sort::new(base.into_iter(), vec![by(0, true, false)], limit.map(|limit| limit as u64));
            let given: Vec<Block> = sort.collect::<Result<_>>().unwrap();
            rows.sort_by_key(|row| -row.0);
            rows.truncate(limit.unwrap_or(usize::MAX));
            prop_assert_eq!(integers_of(&given, 1), rows.iter().map(|row| row.1).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_limit_bounds_what_is_held() {
        let budget = Budget::unlimited();
        let mut all = Vec::new();
        let base = (0..200u64).map(|number| {
            let values: Vec<Option<i64>> =
                (0..4096).map(|row| Some((row * 7919 + number as i64) % 10_007)).collect();
            all.extend(values.iter().flatten().copied());
            Ok(block(number * 4096, &[DataType::Int64], vec![integers(&values)]))
        });
        let sort = Sort::new(base, vec![by(0, false, false)], Some(10));
        let sort = sort.with_consumer(budget.consumer("sort"));
        let given: Vec<Block> = sort.collect::<Result<_>>().unwrap();
        all.sort_unstable();
        assert_eq!(integers_of(&given, 0), all[..10]);
        // Some 70,000 rows of 16 bytes, while they are sorted another 30 or so; all 819,200 would be 13 MB at the least.
        assert!(budget.peak() < 5_000_000, "{}", budget.peak());
    }
}
