//! A source panics in the middle of a pipeline: the panic comes out on the thread that pulls, and what the operators held
//! is given back.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use libtest_mimic::Trial;
use plimsoll::memory::Budget;
use plimsoll::{AggregateFunction, CsvOptions, Expr, Result, Schema};
use plimsoll_core::SortKey;
use plimsoll_core::resolve::Grouping;
use plimsoll_csv::CsvFile;
use plimsoll_kernels::Block;
use plimsoll_kernels::spill::Space;
use plimsoll_pipeline::scan::{CsvScan, ScanColumn, ScanSpec};
use plimsoll_pipeline::{Distinct, Group, Ordered, Sort, Ticketed};
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::matrix::{assert_nothing_left, large};
use crate::trial;

type Blocks = Box<dyn Iterator<Item = Result<Block>>>;

/// What an operator is made of: sources, their schema, memory and temporary files.
struct Parts {
    bases: Vec<Panicking>,
    pool: Arc<ThreadPool>,
    schema: Arc<Schema>,
    budget: Budget,
    space: Space,
}

/// An operator over all that the others give.
type Operator = fn(Parts) -> Blocks;

const OPERATORS: [(&str, Operator); 4] = [
    ("group", |parts| {
        let aggregates = vec![(AggregateFunction::Min, vec![Expr::Field(1)])];
        let grouping = Grouping { keys: vec![Expr::Field(0)], aggregates };
        let group = Group::parallel(parts.bases, parts.pool, grouping, parts.schema);
        Box::new(group.with_consumer(parts.budget.consumer("group")).with_space(parts.space))
    }),
    ("distinct", |parts| {
        let blocks = |base: Panicking| base.filter_map(|item| item.map(|item| item.block).transpose());
        let bases = parts.bases.into_iter().map(blocks).collect();
        let distinct = Distinct::parallel(bases, parts.pool, parts.schema);
        Box::new(distinct.with_consumer(parts.budget.consumer("distinct")).with_space(parts.space))
    }),
    ("ordered", |parts| Box::new(Ordered::new(parts.bases, parts.pool))),
    ("sort", |parts| {
        let keys = vec![SortKey { output: 1, descending: false, nulls_first: false }];
        let sort = Sort::new(Ordered::new(parts.bases, parts.pool), keys, None);
        Box::new(sort.with_consumer(parts.budget.consumer("sort")).with_space(parts.space))
    }),
];

pub(crate) fn trials() -> Vec<Trial> {
    let cases = OPERATORS.iter().flat_map(|operator| [(operator, 1), (operator, 3)]);
    let trials = cases.map(|((name, operator), threads)| {
        trial(format!("panics::{name}::{threads}"), move || quietly(|| panics(*operator, threads)))
    });
    trials
        .chain([trial("panics::beside a source without an end".to_owned(), || {
            quietly(beside_an_endless_one)
        })])
        .collect()
}

/// The panics are expected; what they print is not wanted.
fn quietly(test: impl FnOnce()) {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let outcome = catch_unwind(AssertUnwindSafe(test));
    std::panic::set_hook(hook);
    outcome.unwrap_or_else(|panic| resume_unwind(panic));
}

fn panics(operator: Operator, threads: usize) {
    let directory = tempfile::tempdir().unwrap();
    let mut ended = false;
    // Early, late (when some has been spilled), and never.
    for pull in [1, 2, 40, 400, u64::MAX] {
        let place = format!("pull {pull}");
        // Tight while it reads, so that there are files, too.
        let tight = Budget::limited(if threads == 1 { 4 << 20 } else { 8 << 20 }).unwrap();
        let budget = if pull == u64::MAX { Budget::unlimited() } else { tight };
        let space = Space::new(directory.path(), None);
        let mut blocks = operator(parts(threads, &budget, space.clone(), pull));
        let rows = catch_unwind(AssertUnwindSafe(|| {
            blocks.by_ref().map(|block| block.expect("no error").rows).sum::<usize>()
        }));
        match rows {
            Ok(rows) => {
                assert!(rows > 0 && pull == u64::MAX, "{place}: the panic is lost");
                ended = true;
            }
            Err(panic) => assert_eq!(panic.downcast_ref(), Some(&"the source panicked"), "{place}"),
        }
        assert!(blocks.next().is_none(), "{place}");
        drop(blocks);
        assert_nothing_left(&budget, directory.path(), &place);
    }
    assert!(ended);
}

/// Who waits for the others waits for what ends.
fn beside_an_endless_one() {
    let budget = Budget::unlimited();
    for (name, operator) in [("group", OPERATORS[0].1), ("ordered", OPERATORS[2].1)] {
        let block = parts(1, &budget, Space::new("nowhere", None), 0)
            .bases
            .remove(0)
            .find_map(|item| item.unwrap().block);
        let mut parts = parts(2, &budget, Space::new("nowhere", None), 3);
        let item = move |ticket| Ok(Ticketed { ticket, last: true, block: block.clone() });
        let base = Box::new((1_u64 << 32..).map(item));
        parts.bases[1] = Panicking { base, pulls: Arc::default(), panics_at: 0 };
        let mut blocks = operator(parts);
        let panic = catch_unwind(AssertUnwindSafe(|| blocks.by_ref().count())).unwrap_err();
        assert_eq!(panic.downcast_ref(), Some(&"the source panicked"), "{name}");
        drop(blocks);
        assert_nothing_left(&budget, Path::new("nowhere"), name);
    }
}

/// One source a thread, over the large table, one of which panics at this pull of all of them.
fn parts(threads: usize, budget: &Budget, space: Space, panics_at: u64) -> Parts {
    let file = Arc::new(CsvFile::open(&large().display().to_string(), &CsvOptions::default()).unwrap());
    let schema = Arc::new(file.schema());
    let outputs = (0..2).map(|column| ScanColumn { column, as_text: false }).collect();
    let spec = ScanSpec { outputs, block_size: 16 << 10, ..ScanSpec::default() };
    let profiles = file.settled();
    let scan = Arc::new(CsvScan::new(file, spec, profiles, Arc::default()));
    let pulls = Arc::new(AtomicU64::new(0));
    let base =
        || Panicking { base: Box::new(Arc::clone(&scan).ticketed()), pulls: Arc::clone(&pulls), panics_at };
    let bases = (0..threads).map(|_| base()).collect();
    // Without a panic handler one that nobody has caught would abort the process.
    let pool = Arc::new(ThreadPoolBuilder::new().num_threads(threads).build().unwrap());
    Parts { bases, pool, schema, budget: budget.clone(), space }
}

/// A source that panics.
struct Panicking {
    base: Box<dyn Iterator<Item = Result<Ticketed>> + Send>,
    /// Those of all sources.
    pulls: Arc<AtomicU64>,
    panics_at: u64,
}

impl Iterator for Panicking {
    type Item = Result<Ticketed>;

    fn next(&mut self) -> Option<Result<Ticketed>> {
        let pull = self.pulls.fetch_add(1, Ordering::Relaxed) + 1;
        assert!(pull != self.panics_at, "the source panicked");
        self.base.next()
    }
}
