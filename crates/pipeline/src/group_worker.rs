//! One worker of [`Group`](crate::Group): a table of its own, filled from one base.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::array::ArrayRef;
use plimsoll_core::resolve::Grouping;
use plimsoll_core::{DataType, Error, Result, Schema};
use plimsoll_kernels::group::{FrozenTable, Groups};
use plimsoll_kernels::{Block, GroupTable};
use plimsoll_memory::{Consumer, process};

use crate::Ticketed;
use crate::blame::{Place, PlaceOf};
use crate::evaluation::Evaluation;
use crate::group_partitions::{Feeder, Partitions};
use crate::group_plan::Plan;
use crate::plumbing::{Bound, Memory, columns_bytes, same};
use crate::widening::Widest;

/// Drives one base into a table.
pub(crate) struct Worker<'a> {
    grouping: &'a Grouping,
    consumer: Option<Consumer>,
    /// The least ticket in which a worker failed. The others end once they are behind it: what lies before it may hold an
    /// earlier error.
    failed: &'a AtomicU64,
    widest: Widest,
    grouped: Option<Grouped>,
    /// Where the groups go when the table has more than [`Partitions::few`].
    partitions: &'a Partitions<'a>,
    /// What is put into the partitions, from then on.
    feeder: Option<Feeder>,
    /// The expressions, and the memory of what they give.
    plan: Bound<Arc<Plan>>,
    evaluation: Option<Evaluation>,
}

/// A table, and the expressions that feed it.
pub(crate) struct Grouped {
    plan: Arc<Plan>,
    table: GroupTable,
    memory: Memory,
    /// What the table has without groups.
    _fixed: Memory,
}

impl<'a> Worker<'a> {
    pub(crate) fn new(
        grouping: &'a Grouping,
        consumer: Option<Consumer>,
        workers: usize,
        failed: &'a AtomicU64,
        partitions: &'a Partitions<'a>,
    ) -> Self {
        let evaluation = consumer.as_ref().map(|consumer| Evaluation::new(consumer, workers));
        let (widest, grouped, feeder, plan) = (Widest::default(), None, None, Bound::new());
        Worker { grouping, consumer, failed, widest, grouped, partitions, feeder, evaluation, plan }
    }

    /// Takes all blocks of `base`.
    ///
    /// # Errors
    /// The first error and the ticket that it belongs to.
    pub(crate) fn drive<I: Iterator<Item = Result<T>>, T: Into<Ticketed>>(
        &mut self,
        base: &mut I,
        place: PlaceOf<I>,
    ) -> std::result::Result<(), (u64, Error)> {
        let _guard = EndsOthers(self.failed);
        let mut ticket = 0;
        while ticket <= self.failed.load(Ordering::Relaxed) {
            let taken = match base.next() {
                None => break,
                Some(Ok(item)) => {
                    let item = item.into();
                    ticket = item.ticket;
                    let place = |position, column| place(base, position, column);
                    item.block.map_or(Ok(()), |block| self.take(block, &place))
                }
                Some(Err(error)) => Err(error),
            };
            if let Err(error) = taken {
                self.failed.fetch_min(ticket, Ordering::Relaxed);
                return Err((ticket, error));
            }
        }
        Ok(())
    }

    /// The table; `None` where there was no block, or all went into the partitions.
    pub(crate) fn into_grouped(self) -> Option<Grouped> {
        self.grouped
    }

    fn take(&mut self, block: Block, place: Place<'_>) -> Result<()> {
        let mut rest = self.widest.bring(block)?;
        let bind = |_: &[DataType]| self.partitions.plan(&rest.schema);
        let plan = Arc::clone(self.plan.for_schema(&rest.schema, bind)?);
        let mut evaluation = self.evaluation.take();
        loop {
            let mut taken = |piece: Block| {
                self.take_piece(piece.clone(), &plan).map_err(|error| plan.blame(error, &piece, place))
            };
            let (rows, ()) = match &mut evaluation {
                Some(evaluation) => evaluation.of_some(&rest, |block| plan.evaluated_size(block), taken)?,
                None => (rest.rows, taken(rest.clone())?),
            };
            if rows == rest.rows {
                break;
            }
            rest = rest.slice(rows, rest.rows - rows);
        }
        self.evaluation = evaluation;
        Ok(())
    }

    /// Takes rows whose keys and arguments there is memory for.
    fn take_piece(&mut self, block: Block, plan: &Arc<Plan>) -> Result<()> {
        // A table that widens grows, so it does before there is a look at the room.
        if let Some(grouped) = &mut self.grouped {
            grouped.follow(self.grouping, &block.schema)?;
        }
        loop {
            if let Some(feeder) = &mut self.feeder {
                return self.partitions.take(block, feeder);
            }
            let (keys, arguments) = plan.evaluate(&block)?;
            self.partitions.note_block(columns_bytes(&keys, &arguments));
            if self.has_room(block.rows, &arguments) {
                let grouped = match &mut self.grouped {
                    Some(grouped) => grouped,
                    none => none.insert(Grouped::new(Arc::clone(plan), self.consumer.as_ref())),
                };
                grouped.take(&keys, &arguments, &block)?;
                break;
            }
            // Whoever takes the block evaluates it again: writing groups needs the room more.
            drop((keys, arguments));
            self.let_go()?;
        }
        match &self.grouped {
            Some(grouped) if grouped.groups() > self.partitions.few() => self.pour(),
            _ => Ok(()),
        }
    }

    /// Whether the table may grow by a block and still be let go of, and others find room for theirs.
    fn has_room(&mut self, rows: usize, arguments: &[Vec<ArrayRef>]) -> bool {
        let Some(grouped) = &mut self.grouped else { return true };
        let growth = grouped.table.growth(rows, arguments);
        !self.partitions.can_spill()
            || ((grouped.size() + growth) as u64 <= self.partitions.share
                && !self.partitions.is_tight(growth + grouped.size())
                && grouped.hold_growth(rows, arguments).is_ok())
    }

    /// Lets go of the groups, for which there is no room.
    fn let_go(&mut self) -> Result<()> {
        match self.grouped.take_if(|grouped| self.partitions.stay_apart(grouped)) {
            Some(huge) => self.partitions.pour_all(huge),
            None => self.pour(),
        }
    }

    /// Puts the groups into the partitions, where from now on all go.
    fn pour(&mut self) -> Result<()> {
        let Some(many) = self.grouped.take() else { return Ok(()) };
        let feeder = self.partitions.feeder(many.schema())?;
        self.partitions.pour(many, self.feeder.insert(feeder))?;
        process::forget_code_within(Memory::available(self.consumer.as_ref()));
        Ok(())
    }
}

/// Ends the other workers where this one panics.
struct EndsOthers<'a>(&'a AtomicU64);

impl Drop for EndsOthers<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.store(0, Ordering::Relaxed);
        }
    }
}

impl Grouped {
    /// A table that has seen no row.
    pub(crate) fn new(plan: Arc<Plan>, consumer: Option<&Consumer>) -> Self {
        let (table, memory) = (plan.table(), Memory::new(consumer));
        // Whoever puts rows in finds out whether there is room.
        let fixed = Memory::if_room(consumer, table.fixed_size());
        Grouped { table, plan, memory, _fixed: fixed }
    }

    /// The schema of the rows it takes.
    pub(crate) fn schema(&self) -> &Arc<Schema> {
        &self.plan.schema
    }

    /// Goes on with rows of a wider schema.
    pub(crate) fn follow(&mut self, grouping: &Grouping, schema: &Arc<Schema>) -> Result<()> {
        if same(&self.plan.schema, schema) {
            return Ok(());
        }
        let wider = self.plan.wider(grouping, schema)?;
        let (keys, aggregates) = (wider.key_types(), &wider.aggregates);
        if keys != self.plan.key_types() || *aggregates != self.plan.aggregates {
            self.table.widen(&keys, aggregates)?;
        }
        self.plan = Arc::new(wider);
        Ok(())
    }

    /// How many groups.
    pub(crate) fn groups(&self) -> usize {
        self.table.groups()
    }

    /// Reserves so many bytes beside the table, for copies.
    pub(crate) fn hold_beside(&mut self, bytes: usize) -> Result<()> {
        self.memory.hold(self.table.size() + bytes)
    }

    /// Heap bytes held.
    pub(crate) fn size(&self) -> usize {
        self.table.size()
    }

    /// Bytes that [`Grouped::split`] takes beside the table.
    pub(crate) fn split_size(&self, parts: usize) -> usize {
        self.table.split_size(parts, self.plan.dense()) + parts * self.table.fixed_size()
    }

    /// Takes the groups of another table of the same schema.
    pub(crate) fn merge(&mut self, mut other: Grouped) -> Result<()> {
        let copied = other.table.size() - other.table.handed_over();
        self.hold_beside(self.table.growth_of_sets(&other.table))?;
        self.table.merge(other.table)?;
        // What was handed over is on this account now.
        other.memory.hold(copied)?;
        self.memory.hold(self.table.size())
    }

    /// The groups by partition, of which there are so many, and the memory that they hold.
    pub(crate) fn split(self, parts: usize) -> Result<(Vec<GroupTable>, Memory)> {
        let mut parts = self.plan.part_tables(parts);
        self.table.split_into(&mut parts)?;
        Ok((parts, self.memory))
    }

    /// Bytes that [`Grouped::freeze`] takes beside the table.
    pub(crate) fn freeze_size(&self) -> usize {
        self.table.freeze_size()
    }

    /// The groups, to be written, and the memory that they hold.
    pub(crate) fn freeze(self) -> Result<(FrozenTable, Memory)> {
        Ok((self.table.freeze()?, self.memory))
    }

    /// The types of keys and aggregates.
    pub(crate) fn types(&self) -> Vec<DataType> {
        self.plan.types()
    }

    /// The groups, and the memory that they hold.
    pub(crate) fn into_groups(self) -> Result<(Groups, Memory)> {
        Ok((self.table.into_groups()?, self.memory))
    }

    /// Reserves what the table may grow by with so many rows of these arguments.
    fn hold_growth(&mut self, rows: usize, arguments: &[Vec<ArrayRef>]) -> Result<()> {
        self.memory.hold(self.table.size() + self.table.growth(rows, arguments))
    }

    /// Takes the keys and arguments of a block.
    fn take(&mut self, keys: &[ArrayRef], arguments: &[Vec<ArrayRef>], block: &Block) -> Result<()> {
        self.hold_growth(block.rows, arguments)?;
        self.table.update(keys, arguments, block.rows, block.position)?;
        self.memory.hold(self.table.size())
    }
}
