//! ORDER BY: all rows in order, or the first of them.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use plimsoll_core::{Result, Schema, SortKey};
use plimsoll_kernels::Block;
use plimsoll_kernels::spill::Space;
use plimsoll_memory::Consumer;
use rayon::ThreadPool;

use crate::given::{Output, at_once, workers};
use crate::plumbing::{Memory, block_rows, same, settle};
use crate::sort_given::HeldRows;
use crate::sort_rows::Held;
use crate::sort_runs::SortRuns;
use crate::widening::Widest;

/// For each thread that reads on, and for who waits for them, there should be room for so many blocks like the last one: those
/// that are read, wait and are evaluated. Long texts are blocks of many MiB.
const BESIDE: usize = 4;
/// Fewer rows than these are not worth cutting.
const MIN_CUT: usize = 65_536;

/// Reads `base` to its end, then gives its rows in the order of the keys. Rows that tie keep the order of their
/// positions. With a limit only that many rows are kept. Positions count the rows given.
///
/// Where memory does not hold the rows, those that it holds are sorted and go to a temporary file as a run; at the end
/// all runs are merged.
#[derive(Debug)]
#[must_use = "pipelines are lazy: nothing happens before the first pull"]
pub struct Sort<I> {
    base: I,
    keys: Vec<SortKey>,
    limit: usize,
    pool: Option<Arc<ThreadPool>>,
    consumer: Option<Consumer>,
    space: Option<Space>,
    output: Option<Output>,
    ended: bool,
}

impl<I> Sort<I> {
    /// Over `base`, by columns of it; `limit` is how many rows are wanted from the front.
    pub fn new(base: I, keys: Vec<SortKey>, limit: Option<u64>) -> Self {
        let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
        Sort { base, keys, limit, pool: None, consumer: None, space: None, output: None, ended: false }
    }

    /// Has the threads of `pool` sort rows and make blocks once `base` has ended, which may use them before. Until then the
    /// thread that pulls writes runs, and with it so many others that they are as many.
    pub fn with_pool(mut self, pool: Arc<ThreadPool>) -> Self {
        self.pool = Some(pool);
        self
    }

    /// Reserves the memory of the rows held for `consumer`; where its budget has not enough, rows go to temporary files,
    /// or, without [`Sort::with_space`], the error is `MemoryLimit`.
    pub fn with_consumer(mut self, consumer: Consumer) -> Self {
        self.consumer = Some(consumer);
        self
    }

    /// Where temporary files may lie.
    pub fn with_space(mut self, space: Space) -> Self {
        self.space = Some(space);
        self
    }
}

impl<I: Iterator<Item = Result<Block>>> Iterator for Sort<I> {
    type Item = Result<Block>;

    fn next(&mut self) -> Option<Result<Block>> {
        settle(self, |adapter| &mut adapter.ended, Self::pull)
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
            Some(blocks) => blocks.next().transpose(),
            None => Ok(None),
        }
    }

    /// All rows in order; `None` where there is none.
    fn read_all(&mut self) -> Result<Option<Output>> {
        let mut memory = Memory::new(self.consumer.as_ref());
        let threads = self.pool.as_ref().map_or(1, |pool| pool.current_num_threads());
        let mut runs = self.space.clone().map(|space| SortRuns::new(space, self.limit));
        let can_spill = runs.is_some();
        let mut widest = Widest::default();
        let mut schema: Option<Arc<Schema>> = None;
        let mut held = Held::new(&self.keys);
        for block in self.base.by_ref() {
            let block = widest.bring(block?)?;
            if schema.as_ref().is_some_and(|last| !same(last, &block.schema)) {
                held.widen(&block.schema.types())?;
            }
            schema = Some(Arc::clone(&block.schema));
            let piece = held.piece(&block)?;
            let beside = BESIDE * (threads + 1) * piece.size();
            let leaves_little = |memory: &Memory| {
                let (room, size) = (memory.room(), held.size() as u64);
                let is_worth_it = size >= (beside as u64).min(room.saturating_add(size) / 8);
                can_spill && is_worth_it && room < (piece.size() + beside) as u64
            };
            if leaves_little(&memory) || memory.hold(held.size_with(&piece)).is_err() {
                make_room(&mut held, &mut memory, runs.as_mut().map(|runs| (runs, threads)), self.limit)?;
                memory.hold(held.size_with(&piece))?;
            }
            held.push(piece);
            if held.rows() > self.limit.saturating_mul(2).max(MIN_CUT) {
                held.cut(self.limit)?;
            }
        }
        let Some(schema) = schema else { return Ok(None) };
        let pool = self.pool.as_ref();
        if let Some(mut runs) = runs.filter(|runs| !runs.is_empty()) {
            runs.spill(&mut held, threads)?;
            let (rows, workers) = runs.merge(schema, &self.keys, threads, memory)?;
            return Ok(Some(Output::of(rows, workers, pool)));
        }
        let workers = workers(held.rows().min(self.limit), pool);
        let (blocks, bytes, all) = (at_once(workers), held.columns_size(), held.rows());
        let rows = block_rows(bytes, all, memory.room() / blocks as u64);
        // Blocks of the least rows are given in any case.
        let _ = memory.hold(held.size() + blocks * (bytes / all.max(1)) * rows.min(all));
        let order = held.order(self.limit, pool.map(AsRef::as_ref));
        let begun = AtomicUsize::new(0);
        let rows = HeldRows { held, order, schema, rows, begun, _memory: memory };
        Ok(Some(Output::of(rows, workers, pool)))
    }
}

/// Lets go of rows that are not wanted, or else of all, which so many threads write to runs.
fn make_room(
    held: &mut Held,
    memory: &mut Memory,
    runs: Option<(&mut SortRuns, usize)>,
    limit: usize,
) -> Result<()> {
    if held.rows() / 2 > limit {
        held.cut(limit)?;
    } else if let Some((runs, threads)) = runs {
        runs.spill(held, threads)?;
    }
    memory.hold(held.size())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{block, blocks, integers, integers_of, mantissas_of, pool, schema, tenths};
    use arrow::array::{Array, ArrayRef, StringArray};
    use arrow::compute::concat;
    use plimsoll_core::{DataType, ErrorKind};
    use plimsoll_kernels::spill::Fault;
    use plimsoll_memory::Budget;
    use proptest::prelude::*;

    /// On so many threads of a pool, or without one.
    fn on<I>(sort: Sort<I>, threads: Option<usize>) -> Sort<I> {
        match threads {
            Some(threads) => sort.with_pool(pool(threads)),
            None => sort,
        }
    }

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
            threads in prop::option::of(1..4usize),
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
            let sort = on(sort, threads);
            let given: Vec<Block> = sort.collect::<Result<_>>().unwrap();
            rows.sort_by_key(|row| -row.0);
            rows.truncate(limit.unwrap_or(usize::MAX));
            prop_assert_eq!(integers_of(&given, 1), rows.iter().map(|row| row.1).collect::<Vec<_>>());
        }
    }

    #[test]
    fn many_rows_are_given_by_all_threads() {
        for rows in [3 * Block::ROWS as i64, 10 * Block::ROWS as i64 + 7] {
            let value = |row: i64| Some(row * 7919 % 10_007);
            let all: Vec<Option<i64>> = (0..rows).map(value).collect();
            let base = all.chunks(1000).zip((0..).step_by(1000));
            let base = base
                .map(|(values, position)| Ok(block(position, &[DataType::Int64], vec![integers(values)])));
            let sort = Sort::new(base, vec![by(0, false, false)], None).with_pool(pool(2));
            let given: Vec<Block> = sort.collect::<Result<_>>().unwrap();
            let mut expected: Vec<i64> = all.iter().flatten().copied().collect();
            expected.sort_unstable();
            assert_eq!(integers_of(&given, 0), expected);
            let mut next = 0;
            for block in given {
                assert_eq!(block.position, next);
                next += block.rows as u64;
            }
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

    /// Blocks of numbers, texts of some length and NULLs, the first column of which widens after some of them.
    fn mixed(blocks: u64, rows: u64, wide_from: u64) -> impl Iterator<Item = Result<Block>> {
        (0..blocks).map(move |number| {
            let value = |row: u64| ((number * rows + row) * 7919 % 10_007) as i64;
            let texts: StringArray =
                (0..rows).map(|row| (row % 5 > 0).then(|| "x".repeat((value(row) % 90) as usize))).collect();
            let (of, numbers): (_, ArrayRef) = if number < wide_from {
                (DataType::Int64, integers(&(0..rows).map(|row| Some(value(row))).collect::<Vec<_>>()))
            } else {
                (DataType::decimal(1), tenths(&(0..rows).map(|row| value(row) * 10).collect::<Vec<_>>()))
            };
            Ok(block(number * rows, &[of, DataType::Utf8], vec![numbers, Arc::new(texts)]))
        })
    }

    #[test]
    fn runs_in_files_change_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let cases = [(None, 40), (None, 17), (Some(30_000), 40), (Some(9_000), 17)];
        for ((limit, wide_from), threads) in
            cases.into_iter().flat_map(|case| [(case, None), (case, Some(3))])
        {
            let keys = vec![by(1, true, false), by(0, false, true)];
            let expected: Vec<Block> =
                Sort::new(mixed(40, 1000, wide_from), keys.clone(), limit).collect::<Result<_>>().unwrap();
            let space = Space::new(directory.path(), None);
            let budget = Budget::limited(900_000).unwrap();
            let sort = on(Sort::new(mixed(40, 1000, wide_from), keys, limit), threads);
            let sort = sort.with_consumer(budget.consumer("sort")).with_space(space.clone());
            let given: Vec<Block> = sort.collect::<Result<_>>().unwrap();
            assert!(space.written() > 0);
            let columns = |blocks: &[Block], column: usize| {
                let pieces: Vec<&dyn Array> =
                    blocks.iter().map(|block| block.columns[column].as_ref()).collect();
                concat(&pieces).unwrap()
            };
            for column in 0..2 {
                assert_eq!(&columns(&given, column), &columns(&expected, column), "{limit:?} {wide_from}");
            }
            assert_eq!((budget.used(), directory.path().read_dir().unwrap().count()), (0, 0));
        }
    }

    #[test]
    fn a_file_that_cannot_be_written_ends_it() {
        let directory = tempfile::tempdir().unwrap();
        let mut outcomes = [0; 2];
        for write in 1.. {
            let space = Space::new(directory.path(), None).failing(Fault::Full, write);
            let budget = Budget::limited(900_000).unwrap();
            let sort = Sort::new(mixed(20, 1000, 9), vec![by(0, false, false)], None);
            let sort = on(sort, (write % 2 == 0).then_some(3));
            let sort = sort.with_consumer(budget.consumer("sort")).with_space(space);
            let outcome: Result<Vec<Block>> = sort.collect();
            outcomes[usize::from(outcome.is_ok())] += 1;
            match outcome {
                Ok(_) => break,
                Err(error) => assert!(matches!(error.kind(), ErrorKind::Io { .. }), "{error}"),
            }
            assert_eq!(budget.used(), 0);
        }
        assert!(outcomes[0] > 10 && outcomes[1] == 1, "{outcomes:?}");
    }
}
