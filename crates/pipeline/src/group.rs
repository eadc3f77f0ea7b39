//! GROUP BY and aggregates: one row for each group, after all input.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use plimsoll_core::resolve::Grouping;
use plimsoll_core::{DataType, Error, Expr, Field, Result, Schema, SortKey};
use plimsoll_kernels::Block;
use plimsoll_kernels::group::Groups;
use plimsoll_kernels::spill::Space;
use plimsoll_memory::{Consumer, Tag, process};
use rayon::ThreadPool;

use crate::blame::{PlaceOf, nowhere};
use crate::given::{Output, at_once, workers};
use crate::group_given::HeldGroups;
use crate::group_part::Part;
use crate::group_partitions::{FEW, Partitions};
use crate::group_plan::Plan;
use crate::group_spilled::{LEAST_READING, READING, Spilled};
use crate::group_worker::{Grouped, Worker};
use crate::plumbing::{Memory, block_rows, settle, thread};
use crate::widening::join;
use crate::{Sort, Ticketed};

/// Reads its bases to their ends, then gives the groups in the order of their first records: the keys, then the
/// aggregates, named by their SQL text. Positions count the groups.
///
/// Where memory does not hold the groups, some go to temporary files. Then they come in no order, but for
/// [`Group::in_order`].
///
/// Of several bases each is driven by a thread of its own. They give blocks of increasing positions or, better, the
/// tickets that those come from: where more than one of them fails, the error of the least ticket counts, and an error of
/// the base itself belongs to the ticket that it has begun.
#[derive(Debug)]
#[must_use = "pipelines are lazy: nothing happens before the first pull"]
pub struct Group<I> {
    bases: Vec<I>,
    pool: Option<Arc<ThreadPool>>,
    grouping: Grouping,
    input: Arc<Schema>,
    consumer: Option<Consumer>,
    space: Option<Space>,
    /// Whether groups that were spilled are sorted.
    in_order: bool,
    /// How many groups a worker may have for itself; see [`Partitions`].
    few: usize,
    place: PlaceOf<I>,
    output: Option<Output>,
    ended: bool,
}

impl<I> Group<I> {
    /// Over one base, on the thread that pulls. `input` names the columns; its types count where there is no block.
    pub fn new(base: I, grouping: Grouping, input: Arc<Schema>) -> Self {
        Group::over(vec![base], None, grouping, input)
    }

    /// Over several bases on the threads of `pool`, which should have one for each: where fewer are free, some bases
    /// only begin after others have ended.
    pub fn parallel(bases: Vec<I>, pool: Arc<ThreadPool>, grouping: Grouping, input: Arc<Schema>) -> Self {
        Group::over(bases, Some(pool), grouping, input)
    }

    fn over(bases: Vec<I>, pool: Option<Arc<ThreadPool>>, grouping: Grouping, input: Arc<Schema>) -> Self {
        let (consumer, space, output) = (None, None, None);
        Group {
            bases,
            pool,
            grouping,
            input,
            consumer,
            space,
            in_order: false,
            few: FEW,
            place: nowhere,
            output,
            ended: false,
        }
    }

    /// Reserves the memory of the group tables for `consumer`, a consumer below it for each base until they are merged;
    /// where its budget has not enough, groups go to temporary files, or, without [`Group::with_space`], the error is
    /// `MemoryLimit`.
    pub fn with_consumer(mut self, consumer: Consumer) -> Self {
        self.consumer = Some(consumer);
        self
    }

    /// Where temporary files may lie.
    pub fn with_space(mut self, space: Space) -> Self {
        self.space = Some(space);
        self
    }

    /// Tells where rows stand that expressions fail for; see [`PlaceOf`].
    pub fn with_place(mut self, place: PlaceOf<I>) -> Self {
        self.place = place;
        self
    }

    /// The same, but groups come in the order of their first records also where some were spilled.
    pub fn in_order(mut self) -> Self {
        self.in_order = true;
        self
    }
}

impl<I: Iterator<Item = Result<T>> + Send, T: Into<Ticketed>> Iterator for Group<I> {
    type Item = Result<Block>;

    fn next(&mut self) -> Option<Result<Block>> {
        settle(self, |adapter| &mut adapter.ended, Self::pull)
    }
}

impl<I: Iterator<Item = Result<T>> + Send, T: Into<Ticketed>> Group<I> {
    fn pull(&mut self) -> Result<Option<Block>> {
        if self.output.is_none() {
            self.output = Some(self.read_all()?);
        }
        match &mut self.output {
            Some(blocks) => blocks.next().transpose(),
            None => Ok(None),
        }
    }

    fn read_all(&mut self) -> Result<Output> {
        let bases = std::mem::take(&mut self.bases);
        let workers = bases.len();
        let failed = AtomicU64::new(u64::MAX);
        let partitions =
            Partitions::new(&self.grouping, self.consumer.as_ref(), self.space.as_ref(), self.few, workers);
        let numbered = bases.into_iter().zip(1..);
        let mut tasks: Vec<_> = numbered
            .map(|(base, number)| {
                let consumer = self.consumer.as_ref().map(|operator| thread(operator, number));
                (Some(base), Worker::new(&self.grouping, consumer, workers, &failed, &partitions), None)
            })
            .collect();
        each(self.pool.as_deref(), &mut tasks, |(base, worker, outcome)| {
            // A base is dropped where its worker ends, so that others do not wait for blocks that it has not given.
            *outcome = base.take().map(|mut base| worker.drive(&mut base, self.place));
        });
        let mut first_error: Option<(u64, Error)> = None;
        let mut tables = Vec::new();
        for (_, worker, outcome) in tasks {
            match outcome {
                Some(Err((ticket, error)))
                    if first_error.as_ref().is_none_or(|(first, _)| ticket < *first) =>
                {
                    first_error = Some((ticket, error));
                }
                _ => tables.extend(worker.into_grouped()),
            }
        }
        if let Some((_, error)) = first_error {
            return Err(error);
        }
        self.finish(tables, partitions)
    }

    fn finish(&self, mut tables: Vec<Grouped>, partitions: Partitions<'_>) -> Result<Output> {
        tables.sort_by_key(Grouped::groups);
        let merged: usize = tables.iter().rev().skip(1).map(Grouped::groups).sum();
        let bytes: usize = tables.iter().map(Grouped::size).sum();
        if partitions.is_empty()
            && merged <= self.few
            && (tables.len() < 2 || !partitions.is_tight(2 * bytes))
        {
            return self.finish_few(tables);
        }
        let mut left: Vec<_> = tables.into_iter().map(|table| (Some(table), Ok(()))).collect();
        each(self.pool.as_deref(), &mut left, |(table, outcome)| {
            *outcome = table.take().map_or(Ok(()), |table| partitions.pour_all(table));
        });
        left.into_iter().try_for_each(|(_, outcome)| outcome)?;
        let (plan, parts) = partitions.into_parts()?;
        match &self.space {
            Some(space) if parts.iter().any(|part| !part.files.is_empty()) => {
                self.finish_spilled(plan, parts, space)
            }
            _ => self.finish_held(&plan, parts),
        }
    }

    /// All groups are in memory.
    fn finish_held(&self, plan: &Plan, parts: Vec<Part>) -> Result<Output> {
        let mut parts: Vec<_> = parts.into_iter().map(|part| (Some(part), None)).collect();
        each(self.pool.as_deref(), &mut parts, |(part, closed)| *closed = part.take().map(Part::close));
        let closed = parts.into_iter().filter_map(|(_, closed)| closed);
        let (tables, memory) = closed.collect::<Result<Vec<_>>>()?.into_iter().unzip();
        Ok(self.output(Groups::new(tables), plan.types(), memory))
    }

    /// Some groups were spilled. Partitions are read one after the other, for which there must be room: what is left of
    /// those that have runs goes to a run, too, and where that is not enough, what is left of others.
    fn finish_spilled(&self, plan: Arc<Plan>, parts: Vec<Part>, space: &Space) -> Result<Output> {
        process::forget_code_within(Memory::available(self.consumer.as_ref()));
        let mut parts: Vec<_> = parts.into_iter().map(|part| (part, Ok(()))).collect();
        let threads = self.pool.as_ref().map_or(1, |pool| pool.current_num_threads());
        let consumer = self.consumer.as_ref();
        let is_tight = || Memory::available(consumer) < threads as u64 * READING;
        each(self.pool.as_deref(), &mut parts, |(part, outcome)| {
            if !part.files.is_empty() || is_tight() {
                *outcome = part.spill(&plan, space);
            }
        });
        let parts = parts.into_iter().map(|(part, outcome)| outcome.map(|()| part));
        let parts = parts.collect::<Result<Vec<_>>>()?;
        let schema = self.schema(plan.types());
        // Fewer threads where there is no room for all.
        let room = Memory::available(consumer);
        let readers = (threads.min(parts.len()) as u64).min(room / LEAST_READING).max(1);
        // Half is left for states that are larger than usual, and for whoever takes the groups.
        let share = room / 2 / readers;
        let spilled = Spilled::new(parts, plan, &schema, space.clone(), self.in_order, share);
        let workers = (0..readers).map(|_| spilled.reader(consumer)).collect::<Result<_>>()?;
        let blocks = Output::by(workers, self.pool.as_ref());
        if !self.in_order {
            return Ok(blocks);
        }
        let by_position = SortKey { output: schema.fields.len(), descending: false, nulls_first: false };
        let mut sorted = Sort::new(blocks, vec![by_position], None).with_space(space.clone());
        if let Some(consumer) = &self.consumer {
            sorted = sorted.with_consumer(consumer.child("order"));
        }
        Ok(Output::new(sorted.map(move |block| {
            let mut block = block?;
            block.columns.truncate(schema.fields.len());
            block.schema = Arc::clone(&schema);
            Ok(block)
        })))
    }

    /// One worker's table takes the groups of the others.
    fn finish_few(&self, mut tables: Vec<Grouped>) -> Result<Output> {
        let schemas = tables.iter().map(|grouped| Ok(Arc::clone(grouped.schema())));
        let widest = schemas.reduce(|left: Result<_>, right| join(&left?, &right?)).transpose()?;
        let schema = widest.unwrap_or_else(|| Arc::clone(&self.input));
        let mut merged = match tables.pop() {
            Some(grouped) => grouped,
            None => Grouped::new(Plan::new(&self.grouping, &schema, false)?.into(), self.consumer.as_ref()),
        };
        merged.follow(&self.grouping, &schema)?;
        for mut other in tables {
            other.follow(&self.grouping, &schema)?;
            merged.merge(other)?;
        }
        let types = merged.types();
        let (groups, mut memory) = merged.into_groups()?;
        memory.move_to(self.consumer.as_ref())?;
        Ok(self.output(groups, types, vec![memory]))
    }

    fn output(&self, groups: Groups, types: Vec<DataType>, mut memory: Vec<Memory>) -> Output {
        let consumer = self.consumer.as_ref();
        let (row, all) = (groups.row_size(), groups.remaining());
        let workers = workers(all, self.pool.as_ref());
        let blocks = at_once(workers);
        let rows = block_rows(row * all, all, Memory::available(consumer) / blocks as u64);
        let mut output = Memory::new(consumer);
        // Blocks of the least rows are given in any case.
        let _ = output.hold(blocks * row * rows.min(all));
        memory.push(output);
        let groups = HeldGroups { groups, rows, schema: self.schema(types), _memory: memory };
        Output::of(groups, workers, self.pool.as_ref())
    }

    /// Names and types of what is given.
    fn schema(&self, types: Vec<DataType>) -> Arc<Schema> {
        let names = names(&self.grouping, &self.input);
        let fields = names.into_iter().zip(types).map(|(name, data_type)| Field::new(name, data_type));
        Arc::new(Schema::new(fields.collect()))
    }
}

/// Does `work` for each of `items`, on the pool's threads where there are several.
fn each<T: Send>(pool: Option<&ThreadPool>, items: &mut [T], work: impl Fn(&mut T) + Sync) {
    match pool {
        Some(pool) if items.len() > 1 => {
            let (tag, work) = (Tag::inherited(), &work);
            pool.scope(|scope| {
                for item in items {
                    scope.spawn(move |_| {
                        let _tag = tag.enter();
                        work(item);
                    });
                }
            });
        }
        _ => items.iter_mut().for_each(work),
    }
}

/// The SQL texts of keys and aggregates.
fn names(grouping: &Grouping, input: &Schema) -> Vec<String> {
    let aggregates = grouping
        .aggregates
        .iter()
        .map(|(function, arguments)| Expr::Aggregate { function: *function, arguments: arguments.clone() });
    let all = grouping.keys.iter().cloned().chain(aggregates);
    all.map(|mut expr| {
        name_fields(&mut expr, input);
        expr.to_string()
    })
    .collect()
}

fn name_fields(expr: &mut Expr, input: &Schema) {
    if let Expr::Field(index) = expr
        && let Some(field) = input.fields.get(*index)
    {
        *expr = Expr::Column(field.name.clone());
    }
    expr.children_mut().into_iter().for_each(|child| name_fields(child, input));
}

#[cfg(test)]
mod tests;
