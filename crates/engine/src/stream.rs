//! A running query: the operators put together, begun anew where a column's type turns out wider, and its batches.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use plimsoll_core::{
    CsvOptions, DataType, Error, ErrorKind, Infer, Location, OnError, Profile, Resolved, Result, Schema,
};
use plimsoll_kernels::Block;
use plimsoll_kernels::spill::Space;
use plimsoll_memory::{Budget, Consumer, process};
use plimsoll_pipeline::scan::{SharedSink, infer_full};
use plimsoll_pipeline::{Group, Ordered, Pipeline, Place, Project};
use rayon::ThreadPool;

use crate::applied::Applied;
use crate::batch::Batches;
use crate::footprint::{Footprint, Meter, Progress};
use crate::operator;
use crate::operators::Operators;
use crate::plan::{Plan, thread_pool};
use crate::source::{Counts, Pass, Source, Worker};

/// The longest file that is read twice for the types of rows that are given out while it is read.
const FORESEEN_BYTES: u64 = 64 << 20;

type Blocks = Box<dyn Iterator<Item = Result<Block>> + Send>;

/// A running query: an iterator over its batches. After an error or the end it only gives `None`; dropping it stops the
/// query.
pub struct Stream {
    plan: Plan,
    meter: Meter,
    budget: Budget,
    space: Space,
    pool: Arc<ThreadPool>,
    progress: Progress,
    batches: Batches,
    /// The pipeline, once it was pulled.
    running: Option<Running>,
    given: u64,
    /// Whether what was given can be taken back.
    collects: bool,
    operators: Operators,
    restarts: u64,
    /// Cells behind the head sample that made their columns text.
    text_cells: Vec<(usize, Location)>,
    /// Takes what scans skip and repair.
    rejects: Option<SharedSink>,
    /// Records, blank lines and rejects of the last scan, once it is over.
    ended: Option<Counts>,
}

struct Running {
    pass: Pass,
    blocks: Blocks,
}

impl Stream {
    pub(crate) fn new(meter: Meter, mut plan: Plan, rejects: Option<SharedSink>) -> Result<Self> {
        let threads = useful_threads(&plan);
        let budget = plan.limits.budget_for(threads)?;
        plan.fit(&budget, threads);
        let progress = Progress::default();
        progress.bytes_read.store(plan.inferred_bytes, Ordering::Relaxed);
        progress.bytes_total.store(plan.source.bytes(&plan.scan).unwrap_or(0), Ordering::Relaxed);
        let batches = Batches::new(&plan.result_schema()?, &plan.text_types);
        let space = plan.limits.space();
        Ok(Stream {
            meter,
            budget,
            operators: Operators::of(&plan, &space),
            space,
            pool: Arc::new(thread_pool(threads)?),
            progress,
            batches,
            running: None,
            given: 0,
            collects: false,
            restarts: 0,
            text_cells: Vec::new(),
            rejects,
            ended: None,
            plan,
        })
    }

    /// Names and types of the result; decimals are `Decimal128`. They are final from the first batch on (or the end,
    /// where there is none); before, they are what the head sample says.
    pub fn schema(&self) -> SchemaRef {
        self.batches.schema()
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        self.progress.clone()
    }

    /// The plan that runs, as [`QueryBuilder::explain`](crate::QueryBuilder::explain) tells it; its types are those that the
    /// scan has come to.
    pub fn explain(&self) -> String {
        self.plan.explain()
    }

    /// What the query has cost so far; after the last batch, what it cost.
    pub fn footprint(&self) -> Footprint {
        let scanned = self.running.as_ref().map(|running| running.pass.counts());
        let Counts { records: rows_read, blank_lines, cut_fractions, rejects } =
            self.ended.or(scanned).unwrap_or_default();
        Footprint {
            rows_read,
            rows_given: self.given,
            bytes_read: self.progress.bytes_read.load(Ordering::Relaxed),
            threads: self.pool.current_num_threads(),
            groups: self.plan.grouping.is_some().then(|| self.operators.group.rows()),
            restarts: self.restarts,
            blank_lines,
            cut_fractions,
            rejects,
            bytes_spilled: self.space.written(),
            ordered_as_text: self.plan.ordered_as_text(&self.text_cells),
            dialect: self.plan.source.choices().to_vec(),
            operators: self.operators.footprints(rows_read, &self.budget),
            ..self.meter.read(&self.budget)
        }
    }

    /// All batches. What a scan that begins anew has given before does not count.
    pub(crate) fn collect_all(&mut self) -> Result<Vec<RecordBatch>> {
        self.collects = true;
        let mut held = operator::RESULT.consumer(&self.budget).reservation();
        let mut batches: Vec<RecordBatch> = Vec::new();
        let mut restarts = 0;
        while let Some(batch) = self.pull()? {
            if self.restarts > restarts {
                restarts = self.restarts;
                batches.clear();
                held.shrink(held.size());
            }
            held.try_grow(batch.get_array_memory_size() as u64).map_err(|exceeded| {
                let hint = "take the batches one by one with stream(), or raise the memory limit".to_owned();
                Error::from(ErrorKind::MemoryLimit { message: exceeded.to_string(), hint })
            })?;
            batches.push(batch);
        }
        if self.restarts > restarts {
            batches.clear();
        }
        Ok(batches)
    }

    /// The next batch, and whether the scan has begun anew since the one before it, which then does not count, nor those
    /// before that.
    pub(crate) fn next_of_scan(&mut self) -> Result<Option<(bool, RecordBatch)>> {
        self.collects = true;
        let restarts = self.restarts;
        let batch = self.pull()?;
        Ok(batch.map(|batch| (self.restarts > restarts, batch)))
    }

    /// Names and types of the result, as far as they are known.
    pub(crate) fn result_schema(&self) -> Result<Schema> {
        self.plan.result_schema()
    }

    /// Who reserves for what takes the batches.
    pub(crate) fn consumer(&self, name: &str) -> Consumer {
        self.budget.consumer(name)
    }

    fn pull(&mut self) -> Result<Option<RecordBatch>> {
        if self.ended.is_some() {
            return Ok(None);
        }
        loop {
            let mut running = match self.running.take() {
                Some(running) => running,
                None => {
                    self.foresee()?;
                    self.start()?
                }
            };
            self.budget.look();
            // Where the pull panics, it has ended.
            self.end(&running);
            match running.blocks.next() {
                Some(Ok(block)) => {
                    // Rows that stream carry the place that they have in the file; others come when all of it is read.
                    let before = if self.plan.resolved.streams() { block.position } else { u64::MAX };
                    if let Some(error) = running.pass.excess(before) {
                        return Err(error);
                    }
                    self.ended = None;
                    self.running = Some(running);
                    self.given += block.rows as u64;
                    self.operators.result.gave(block.rows);
                    let _tag = operator::RESULT.tag().enter();
                    return self.batches.make(block).map(Some);
                }
                None => {
                    self.end(&running);
                    // What stands behind the last row of a LIMIT was found by looking ahead.
                    let resolved = &self.plan.resolved;
                    let limited =
                        resolved.streams() && resolved.limit.is_some_and(|limit| self.given >= limit);
                    if let Some(error) = running.pass.excess(u64::MAX).filter(|_| !limited) {
                        return Err(error);
                    }
                    if self.given == 0 {
                        // No block has told the types that the scan came to.
                        if let (Pass::Csv(scan), Source::Csv { profiles, .. }) =
                            (&running.pass, &mut self.plan.source)
                        {
                            *profiles = scan.profiles();
                        }
                        self.batches = Batches::new(&self.plan.result_schema()?, &self.plan.text_types);
                    }
                    return Ok(None);
                }
                Some(Err(error)) => {
                    self.end(&running);
                    self.widen(&running.pass, running.pass.first_error(error))?;
                    self.ended = None;
                }
            }
        }
    }

    /// Rows that are given out while the file is read keep their types, so those are found first, in a pass over a file that is
    /// not too long for it. It stands for nothing else: what is wrong with the file, the scan reports. Where WHERE or LIMIT
    /// leaves records out, these have no say, and types are those of the head sample.
    fn foresee(&mut self) -> Result<()> {
        let plan = &self.plan;
        let Source::Csv { file, profiles } = &plan.source else { return Ok(()) };
        let resolved = &plan.resolved;
        let gives_all = resolved.streams() && resolved.filter.is_none() && resolved.limit.is_none();
        let options = file.options();
        let may_fail = options.on_error == OnError::Fail && options.infer == Infer::Sample;
        let sample = file.data_start() + CsvOptions::SAMPLE_BYTES as u64;
        let is_worth_it = file.length().is_some_and(|length| (sample + 1..=FORESEEN_BYTES).contains(&length));
        if self.restarts > 0 || self.collects || !gives_all || !may_fail || !is_worth_it {
            return Ok(());
        }
        let mut columns = plan.fixed_columns();
        columns.retain(|column| !file.column_type(*column, profiles).declared);
        columns.sort_unstable();
        columns.dedup();
        if columns.is_empty() {
            return Ok(());
        }
        let known = profiles.clone();
        let bytes = Arc::clone(&self.progress.bytes_read);
        let consumer = Some(self.operators.scan.consumer(&self.budget));
        let Ok(found) =
            infer_full(file, known.clone(), &columns, plan.limits.block_size, &self.pool, bytes, consumer)
        else {
            return Ok(());
        };
        self.plan.set_profiles(found);
        if self.plan.check(None).is_err() {
            self.plan.set_profiles(known);
        }
        self.batches = Batches::new(&self.plan.result_schema()?, &self.plan.text_types);
        Ok(())
    }

    fn end(&mut self, running: &Running) {
        self.ended = Some(running.pass.counts());
    }

    /// Prepares a new scan where `error` is about a cell that a wider type takes, and the file can be read again.
    fn widen(&mut self, pass: &Pass, error: Error) -> Result<()> {
        let (Pass::Csv(scan), Source::Csv { file, profiles }) = (pass, &self.plan.source) else {
            return Err(error);
        };
        let Some(misfit) = scan.misfit() else { return Err(error) };
        let is_about_it =
            matches!(error.kind(), ErrorKind::Data { location, .. } if **location == misfit.location);
        let may_restart = self.given == 0 || self.collects;
        if !is_about_it || !may_restart || !file.can_be_read_again() {
            return Err(error);
        }
        let seen = scan.profiles();
        let filter_columns = scan.filter_columns();
        // With other types WHERE may select other rows: what was seen of the other columns does not count any more.
        let where_changes = filter_columns.contains(&misfit.column);
        let keeps = |column: usize| !where_changes || filter_columns.contains(&column);
        let sampled = file.settled();
        let merged = |column: usize, counts: bool| -> Profile {
            let known = if keeps(column) { profiles } else { &sampled };
            let mut profile = known[column];
            if counts {
                profile.merge(&seen[column]);
            }
            if column == misfit.column {
                profile.observe(misfit.class);
            }
            profile
        };
        let all: Vec<Profile> = (0..seen.len()).map(|column| merged(column, keeps(column))).collect();
        let alone: Vec<Profile> = (0..seen.len()).map(|column| merged(column, false)).collect();
        // What goes wrong with the misfit alone is its cell's fault. What only goes wrong with other cells that turned out
        // wider is left to the next scan, which finds the first of them.
        self.plan.set_profiles(alone.clone());
        self.plan.check(Some((misfit.column, &misfit.location)))?;
        self.plan.set_profiles(all);
        // Workers see cells behind the record that gives the last row of a LIMIT; those have no say in its types.
        let looks_ahead = self.plan.resolved.streams() && self.plan.resolved.limit.is_some();
        if looks_ahead || self.plan.check(None).is_err() {
            self.plan.set_profiles(alone);
        }
        if self.plan.source.schema().fields[misfit.column].data_type == DataType::Utf8 {
            self.text_cells.push((misfit.column, misfit.location));
        }
        self.batches = Batches::new(&self.plan.result_schema()?, &self.plan.text_types);
        self.restarts += 1;
        self.given = 0;
        Ok(())
    }

    /// Puts the operators together. Nothing is read before the first pull.
    fn start(&self) -> Result<Running> {
        // What has planned the query would count as the program's to the end.
        process::forget_code_within(self.budget.available());
        let (plan, operators) = (&self.plan, &self.operators);
        operators.begin();
        let bytes_read = Arc::clone(&self.progress.bytes_read);
        let (consumer, rejects) = (operators.scan.consumer(&self.budget), self.rejects.clone());
        let pass = plan.source.pass(&plan.scan, consumer, bytes_read, rejects)?;
        let (resolved, threads) = (&plan.resolved, self.pool.current_num_threads());
        let workers = (0..threads).map(|_| pass.worker(operators.scan.tickets()));
        let projecting = operators.project.consumer(&self.budget);
        let visible: Vec<usize> = (0..resolved.visible).collect();

        let rows: Blocks = match &plan.grouping {
            Some(grouping) => {
                let input = Arc::new(plan.scan_schema());
                let groups =
                    Group::parallel(workers.collect(), Arc::clone(&self.pool), grouping.clone(), input)
                        .with_consumer(operators.group.consumer(&self.budget))
                        .with_space(operators.group.space())
                        .with_place(Worker::place);
                // ORDER BY settles its ties itself.
                let groups = if resolved.order_by.is_empty() { groups.in_order() } else { groups };
                let groups = groups.tagged(operators.group.tag()).inspect(operators.group.blocks());
                let groups: Blocks = match &resolved.having {
                    Some(having) => Box::new(
                        groups
                            .filter_rows(having.clone())
                            .tagged(operators.having.tag())
                            .inspect(operators.having.blocks()),
                    ),
                    None => Box::new(groups),
                };
                let outputs = groups.project(plan.outputs.clone()).with_consumer(&projecting, 1);
                Box::new(outputs.tagged(operators.project.tag()))
            }
            None => {
                let workers = workers.map(|base| {
                    let none = std::iter::empty::<Result<Block>>();
                    let project = Project::new(none, plan.outputs.clone());
                    let mut project = project.with_consumer(&projecting, threads);
                    let apply = move |block: &Block, place: Place<'_>| {
                        project.apply(block, place).map(|given| (given.rows, given))
                    };
                    Applied::new(base, apply).with_place(Worker::place)
                });
                Box::new(
                    Ordered::new(workers.collect(), Arc::clone(&self.pool)).tagged(operators.project.tag()),
                )
            }
        };
        let rows: Blocks = Box::new(rows.inspect(operators.project.blocks()));
        let rows = if resolved.distinct { self.distinct(rows)? } else { rows };
        let rows = self.sorted(rows, resolved);
        let rows: Blocks = match (resolved.offset, resolved.limit) {
            (0, None) => rows,
            (offset, limit) => Box::new(
                rows.limit(offset, limit).tagged(operators.limit.tag()).inspect(operators.limit.blocks()),
            ),
        };
        let blocks = Box::new(rows.map(move |block| block.map(|block| keep(block, &visible))));
        Ok(Running { pass, blocks })
    }

    fn distinct(&self, rows: Blocks) -> Result<Blocks> {
        let input = Arc::new(self.plan.result_schema()?);
        let counts = &self.operators.distinct;
        let distinct = rows.distinct(input).with_consumer(counts.consumer(&self.budget));
        Ok(Box::new(distinct.with_space(counts.space()).tagged(counts.tag()).inspect(counts.blocks())))
    }

    fn sorted(&self, rows: Blocks, resolved: &Resolved) -> Blocks {
        if resolved.order_by.is_empty() {
            return rows;
        }
        let wanted = resolved.limit.map(|limit| limit.saturating_add(resolved.offset));
        let counts = &self.operators.sort;
        let sort = rows.sort(resolved.order_by.clone(), wanted).with_pool(Arc::clone(&self.pool));
        let sort = sort.with_consumer(counts.consumer(&self.budget)).with_space(counts.space());
        Box::new(sort.tagged(counts.tag()).inspect(counts.blocks()))
    }
}

impl Iterator for Stream {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        self.pull().transpose()
    }
}

/// The columns of `block` that the result shows.
fn keep(mut block: Block, visible: &[usize]) -> Block {
    block.columns.truncate(visible.len());
    block
}

/// No more workers than there are blocks to read.
fn useful_threads(plan: &Plan) -> usize {
    plan.limits
        .threads()
        .min(usize::try_from(plan.source.most_workers(&plan.scan)).unwrap_or(usize::MAX))
        .max(1)
}
