//! Where there are many groups: tables that all workers share, one a partition, so that no group is held twice.
//!
//! A worker that has more groups than [`Partitions::few`] pours them in and from then on puts the rows of each block where
//! they belong. What is left in the tables of workers with few groups is poured in at the end, by all of them at once.

use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};

use arrow::array::ArrayRef;
use plimsoll_core::resolve::Grouping;
use plimsoll_core::{Error, Result, Schema};
use plimsoll_kernels::group::{ClosedTable, PARTITIONS, Partitioner};
use plimsoll_kernels::{Block, GroupTable};
use plimsoll_memory::Consumer;

use crate::group_plan::Plan;
use crate::group_worker::Grouped;
use crate::plumbing::{Memory, same};
use crate::widening::{bring, join};

/// The most groups of a worker that are not worth partitions: with their states they fit the third-level cache.
pub(crate) const FEW: usize = 1 << 17;

/// The tables, once there are any.
pub(crate) struct Partitions<'a> {
    grouping: &'a Grouping,
    consumer: Option<Consumer>,
    few: usize,
    shared: RwLock<Option<Shared>>,
}

struct Shared {
    plan: Plan,
    tables: Vec<Mutex<Part>>,
    /// Some tables could not follow a schema that others have followed. Whoever found out has the error; what the others
    /// bring is not wanted any more.
    broken: bool,
}

/// The groups of one partition.
pub(crate) struct Part {
    table: GroupTable,
    memory: Memory,
}

/// What a worker needs to put blocks into the partitions.
pub(crate) struct Feeder {
    partitioner: Partitioner,
    positions: Vec<u64>,
    /// Where the worker begins, so that not all wait for the same partition.
    first: usize,
}

impl Feeder {
    pub(crate) fn new() -> Self {
        Feeder { partitioner: Partitioner::new(), positions: Vec::new(), first: 0 }
    }

    /// The partitions in an order that is another one for each block.
    fn tour(&mut self, position: u64) -> impl Iterator<Item = usize> + use<> {
        self.first = (self.first + 1 + usize::try_from(position % 7).unwrap_or(0)) % PARTITIONS;
        let first = self.first;
        (0..PARTITIONS).map(move |number| (first + number) % PARTITIONS)
    }
}

impl<'a> Partitions<'a> {
    /// No tables yet; they will be on the account of a consumer below `operator`.
    pub(crate) fn new(grouping: &'a Grouping, operator: Option<&Consumer>, few: usize) -> Self {
        let consumer = operator.cloned();
        Partitions { grouping, consumer, few, shared: RwLock::new(None) }
    }

    /// How many groups a worker may have for itself.
    pub(crate) fn few(&self) -> usize {
        self.few
    }

    /// Takes the groups of a worker.
    pub(crate) fn pour(&self, mut groups: Grouped, feeder: &mut Feeder) -> Result<()> {
        let shared = self.for_schema(groups.schema())?;
        let Some(shared) = shared.as_ref().filter(|shared| !shared.broken) else { return Ok(()) };
        groups.follow(self.grouping, &shared.plan.schema)?;
        let (parts, mut memory) = groups.split()?;
        let mut sizes: usize = parts.iter().map(GroupTable::size).sum();
        memory.hold(sizes)?;
        let mut parts: Vec<Option<GroupTable>> = parts.into_iter().map(Some).collect();
        for number in feeder.tour(0) {
            if let Some(part) = parts[number].take() {
                let size = part.size();
                shared.tables[number].lock().unwrap_or_else(PoisonError::into_inner).merge(part)?;
                sizes -= size;
                memory.hold(sizes)?;
            }
        }
        Ok(())
    }

    /// Takes a block.
    pub(crate) fn take(&self, block: Block, feeder: &mut Feeder) -> Result<()> {
        let shared = self.for_schema(&block.schema)?;
        let Some(shared) = shared.as_ref().filter(|shared| !shared.broken) else { return Ok(()) };
        let plan = &shared.plan;
        let block = bring(block, &plan.schema)?;
        let (keys, arguments) = plan.evaluate(&block)?;
        let rows = feeder.partitioner.partition(&plan.key_types(), &keys, block.rows)?;
        let arrange = |columns: &[ArrayRef]| {
            columns.iter().map(|column| rows.arrange(column)).collect::<Result<Vec<_>>>()
        };
        let keys = arrange(&keys)?;
        let arguments = arguments.iter().map(|columns| arrange(columns)).collect::<Result<Vec<_>>>()?;
        feeder.positions.clear();
        feeder.positions.extend(rows.rows().iter().map(|row| block.position + u64::from(*row)));
        for number in feeder.tour(block.position) {
            let range = rows.range(number);
            let slices = |columns: &[ArrayRef]| -> Vec<ArrayRef> {
                columns.iter().map(|column| column.slice(range.start, range.len())).collect()
            };
            let (keys, positions) = (slices(&keys), &feeder.positions[range.clone()]);
            let arguments: Vec<_> = arguments.iter().map(|columns| slices(columns)).collect();
            let mut part = shared.tables[number].lock().unwrap_or_else(PoisonError::into_inner);
            part.table.update_at(&keys, &arguments, positions)?;
            part.hold()?;
        }
        Ok(())
    }

    /// Whether nothing was put in.
    pub(crate) fn is_empty(&self) -> bool {
        self.shared.read().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    /// The expressions and the tables.
    pub(crate) fn into_parts(self) -> Result<(Plan, Vec<Part>)> {
        let shared = self.shared.into_inner().unwrap_or_else(PoisonError::into_inner);
        let Shared { plan, tables, .. } = shared.ok_or_else(|| Error::plan("there are no partitions", ""))?;
        let parts = tables.into_iter().map(|part| part.into_inner().unwrap_or_else(PoisonError::into_inner));
        Ok((plan, parts.collect()))
    }

    /// The tables at a schema that takes rows of `schema`.
    fn for_schema(&self, schema: &Arc<Schema>) -> Result<RwLockReadGuard<'_, Option<Shared>>> {
        loop {
            let shared = self.shared.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(now) = shared.as_ref()
                && (now.broken
                    || same(&now.plan.schema, schema)
                    || same(&join(&now.plan.schema, schema)?, &now.plan.schema))
            {
                return Ok(shared);
            }
            drop(shared);
            let mut shared = self.shared.write().unwrap_or_else(PoisonError::into_inner);
            match shared.as_mut() {
                Some(shared) => {
                    let wider = join(&shared.plan.schema, schema)?;
                    if !shared.broken {
                        shared.follow(self.grouping, &wider).inspect_err(|_| shared.broken = true)?;
                    }
                }
                None => *shared = Some(Shared::new(self.grouping, schema, self.consumer.as_ref())?),
            }
        }
    }
}

impl Shared {
    fn new(grouping: &Grouping, schema: &Arc<Schema>, consumer: Option<&Consumer>) -> Result<Self> {
        let plan = Plan::new(grouping, schema)?;
        let part = |_| Mutex::new(Part { table: plan.table(), memory: Memory::new(consumer) });
        Ok(Shared { tables: (0..PARTITIONS).map(part).collect(), plan, broken: false })
    }

    /// Goes on with rows of a wider schema. Keys of a wider type belong to other partitions.
    fn follow(&mut self, grouping: &Grouping, schema: &Arc<Schema>) -> Result<()> {
        let wider = Plan::new(grouping, schema)?;
        let (keys, aggregates) = (wider.key_types(), &wider.aggregates);
        let moved = keys != self.plan.key_types();
        if moved || *aggregates != self.plan.aggregates {
            for part in &mut self.tables {
                let part = part.get_mut().unwrap_or_else(PoisonError::into_inner);
                part.table.widen(&keys, aggregates)?;
                part.hold()?;
            }
        }
        if moved {
            let tables = self.tables.iter_mut().map(|part| {
                let part = part.get_mut().unwrap_or_else(PoisonError::into_inner);
                std::mem::replace(&mut part.table, wider.table())
            });
            for table in tables.collect::<Vec<_>>() {
                let mut parts: Vec<_> = (0..PARTITIONS).map(|_| wider.table()).collect();
                table.split_into(&mut parts)?;
                for (part, target) in parts.into_iter().zip(&mut self.tables) {
                    target.get_mut().unwrap_or_else(PoisonError::into_inner).merge(part)?;
                }
            }
        }
        self.plan = wider;
        Ok(())
    }
}

impl Part {
    /// Ends the updates.
    pub(crate) fn close(self) -> Result<(ClosedTable, Memory)> {
        let Part { table, mut memory } = self;
        let closed = table.close()?;
        memory.hold(closed.size())?;
        Ok((closed, memory))
    }

    fn merge(&mut self, other: GroupTable) -> Result<()> {
        self.table.merge(other)?;
        self.hold()
    }

    fn hold(&mut self) -> Result<()> {
        self.memory.hold(self.table.size())
    }
}
