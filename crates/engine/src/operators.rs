//! What each operator of a query does and costs: counted while blocks pass, put together when it is asked for.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use plimsoll_core::Result;
use plimsoll_kernels::Block;
use plimsoll_kernels::spill::Space;
use plimsoll_memory::{Budget, Consumer, Tag, TaggedBytes};
use plimsoll_pipeline::Ticketed;

use crate::operator::{self, Operator};
use crate::plan::Plan;

/// What one operator of a query did and cost.
///
/// Time and allocated bytes are those of the operator's [`Tag`] in the process: of all queries that run at the time. The
/// program says that it wants them before it runs the query, with [`memory::time_tags`](crate::memory::time_tags) and, for the
/// bytes, a session of [`memory`](crate::memory)'s `trace` (`trace::start(0, Mode::Exact)` is the cheapest).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OperatorFootprint {
    /// Its name, as in [`Footprint::consumers`](crate::Footprint::consumers) behind `query / `, and in traces.
    pub name: &'static str,
    /// Rows taken: of the scan records read, of all others rows that the operator below gave. Of the last scan, where it was
    /// begun anew.
    pub rows_in: u64,
    /// Rows given, counted as `rows_in`.
    pub rows: u64,
    /// Processor time of all threads in the operator itself, without those that it pulls from; `None` where tags are not
    /// timed.
    pub time: Option<Duration>,
    /// Bytes reserved now.
    pub reserved: u64,
    /// The most bytes that were reserved at once.
    pub reserved_peak: u64,
    /// Bytes that the allocator gave for it and that live, now and at most; `None` where allocations are not traced.
    pub allocated: Option<TaggedBytes>,
    /// Bytes written to temporary files.
    pub spilled: u64,
    /// How often what was spilled has been read and merged: 0 where nothing was, 1 where all runs were merged at once, and
    /// one more for each time that runs were merged to longer ones before.
    pub passes: u64,
}

impl OperatorFootprint {
    /// The peak of what was reserved by the peak of what was allocated; `None` where the latter is not known, or nothing.
    /// 1 is an operator that asks for all that it takes, and takes all that it asks for.
    #[must_use]
    pub fn reserved_by_allocated(&self) -> Option<f64> {
        let allocated = self.allocated.map(|bytes| bytes.peak).filter(|peak| *peak > 0)?;
        Some(self.reserved_peak as f64 / allocated as f64)
    }
}

/// The operators that a query may have.
#[derive(Debug)]
pub(crate) struct Operators {
    pub(crate) scan: Counts,
    pub(crate) group: Counts,
    pub(crate) having: Counts,
    pub(crate) project: Counts,
    pub(crate) distinct: Counts,
    pub(crate) sort: Counts,
    pub(crate) limit: Counts,
    pub(crate) result: Counts,
}

/// What is counted of one operator.
#[derive(Debug)]
pub(crate) struct Counts {
    operator: &'static Operator,
    /// Whether the query has it.
    used: bool,
    rows: Arc<AtomicU64>,
    space: Space,
}

impl Operators {
    /// Those of `plan`, whose temporary files lie in `space`.
    pub(crate) fn of(plan: &Plan, space: &Space) -> Self {
        let resolved = &plan.resolved;
        let counts = |operator, used| Counts { operator, used, rows: Arc::default(), space: space.child() };
        Operators {
            scan: counts(&operator::SCAN, true),
            group: counts(&operator::GROUP, plan.grouping.is_some()),
            having: counts(&operator::HAVING, resolved.having.is_some()),
            project: counts(&operator::PROJECT, true),
            distinct: counts(&operator::DISTINCT, resolved.distinct),
            sort: counts(&operator::SORT, !resolved.order_by.is_empty()),
            limit: counts(&operator::LIMIT, resolved.limit.is_some() || resolved.offset > 0),
            result: counts(&operator::RESULT, true),
        }
    }

    /// Those that the query has, in the order in which rows go through them.
    fn used(&self) -> impl Iterator<Item = &Counts> {
        let Operators { scan, group, having, project, distinct, sort, limit, result } = self;
        [scan, group, having, project, distinct, sort, limit, result].into_iter().filter(|counts| counts.used)
    }

    /// A scan begins: rows count from here on.
    pub(crate) fn begin(&self) {
        self.used().for_each(|counts| counts.rows.store(0, Relaxed));
    }

    /// What each has done so far, of `rows_read` records.
    pub(crate) fn footprints(&self, rows_read: u64, budget: &Budget) -> Vec<OperatorFootprint> {
        let (holders, tagged) = (budget.consumers(), plimsoll_memory::tagged());
        let mut rows_in = rows_read;
        let footprint = |counts: &Counts| {
            let name = counts.operator.tag().name();
            let path = counts.operator.path();
            let holder = holders.iter().find(|holder| holder.path == path);
            let tagged = tagged.iter().find(|tagged| tagged.name == name);
            let rows = counts.rows();
            OperatorFootprint {
                name,
                rows_in: std::mem::replace(&mut rows_in, rows),
                rows,
                time: tagged.and_then(|tagged| tagged.processor),
                reserved: holder.map_or(0, |holder| holder.used),
                reserved_peak: holder.map_or(0, |holder| holder.peak),
                allocated: tagged.and_then(|tagged| tagged.bytes),
                spilled: counts.space.written(),
                passes: counts.space.passes(),
            }
        };
        self.used().map(footprint).collect()
    }
}

impl Counts {
    pub(crate) fn consumer(&self, budget: &Budget) -> Consumer {
        self.operator.consumer(budget)
    }

    pub(crate) fn tag(&self) -> &'static Tag {
        self.operator.tag()
    }

    /// Where its temporary files lie.
    pub(crate) fn space(&self) -> Space {
        self.space.clone()
    }

    /// Rows given.
    pub(crate) fn rows(&self) -> u64 {
        self.rows.load(Relaxed)
    }

    /// Rows were given.
    pub(crate) fn gave(&self, rows: usize) {
        self.rows.fetch_add(rows as u64, Relaxed);
    }

    /// Counts the rows of blocks that pass.
    pub(crate) fn blocks(&self) -> impl FnMut(&Result<Block>) + Send + use<> {
        let count = Arc::clone(&self.rows);
        move |block| {
            let rows = block.as_ref().map_or(0, |block| block.rows);
            count.fetch_add(rows as u64, Relaxed);
        }
    }

    /// As [`Counts::blocks`], of a worker's items.
    pub(crate) fn tickets(&self) -> impl FnMut(&Result<Ticketed>) + Send + use<> {
        let count = Arc::clone(&self.rows);
        move |item| {
            if let Ok(Ticketed { block: Some(block), .. }) = item {
                count.fetch_add(block.rows as u64, Relaxed);
            }
        }
    }
}
