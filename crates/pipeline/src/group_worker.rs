//! One worker of [`Group`](crate::Group): a table of its own, filled from one base.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::array::ArrayRef;
use plimsoll_core::resolve::Grouping;
use plimsoll_core::typed::{bind, bind_aggregate};
use plimsoll_core::{DataType, Error, Result, Schema, Typed, TypedAggregate};
use plimsoll_kernels::group::Groups;
use plimsoll_kernels::{Block, GroupTable, evaluate, evaluate_encoded};
use plimsoll_memory::Consumer;

use crate::Ticketed;
use crate::plumbing::{Memory, same};
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
}

/// A table, and the expressions that feed it.
pub(crate) struct Grouped {
    plan: Plan,
    table: GroupTable,
    memory: Memory,
}

/// The expressions of a grouping, bound to a schema.
struct Plan {
    schema: Arc<Schema>,
    keys: Vec<Typed>,
    aggregates: Vec<TypedAggregate>,
    /// By aggregate: the first that has the same arguments.
    arguments: Vec<usize>,
}

impl<'a> Worker<'a> {
    pub(crate) fn new(grouping: &'a Grouping, consumer: Option<Consumer>, failed: &'a AtomicU64) -> Self {
        Worker { grouping, consumer, failed, widest: Widest::default(), grouped: None }
    }

    /// Takes all blocks of `base`.
    ///
    /// # Errors
    /// The first error and the ticket that it belongs to.
    pub(crate) fn drive(
        &mut self,
        base: &mut impl Iterator<Item = Result<impl Into<Ticketed>>>,
    ) -> std::result::Result<(), (u64, Error)> {
        let mut ticket = 0;
        while ticket <= self.failed.load(Ordering::Relaxed) {
            let taken = match base.next() {
                None => break,
                Some(Ok(item)) => {
                    let item = item.into();
                    ticket = item.ticket;
                    item.block.map_or(Ok(()), |block| self.take(block))
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

    /// The table; `None` where there was no block.
    pub(crate) fn into_grouped(self) -> Option<Grouped> {
        self.grouped
    }

    fn take(&mut self, block: Block) -> Result<()> {
        let block = self.widest.bring(block)?;
        let grouped = match &mut self.grouped {
            Some(grouped) => {
                grouped.follow(self.grouping, &block.schema)?;
                grouped
            }
            none => none.insert(Grouped::new(self.grouping, &block.schema, self.consumer.as_ref())?),
        };
        grouped.take(&block)
    }
}

impl Grouped {
    /// A table that has seen no row.
    pub(crate) fn new(
        grouping: &Grouping,
        schema: &Arc<Schema>,
        consumer: Option<&Consumer>,
    ) -> Result<Self> {
        let plan = Plan::new(grouping, schema)?;
        let table = GroupTable::with_shared_arguments(&plan.key_types(), &plan.aggregates, &plan.arguments);
        Ok(Grouped { plan, table, memory: Memory::new(consumer) })
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
        let wider = Plan::new(grouping, schema)?;
        let (keys, aggregates) = (wider.key_types(), &wider.aggregates);
        if keys != self.plan.key_types() || *aggregates != self.plan.aggregates {
            self.table.widen(&keys, aggregates)?;
        }
        self.plan = wider;
        Ok(())
    }

    /// Takes the groups of another table of the same schema.
    pub(crate) fn merge(&mut self, other: Grouped) -> Result<()> {
        self.table.merge(other.table)?;
        self.memory.hold(self.table.size())
    }

    /// The types of keys and aggregates.
    pub(crate) fn types(&self) -> Vec<DataType> {
        let aggregates = self.plan.aggregates.iter().map(|aggregate| aggregate.data_type);
        self.plan.key_types().into_iter().chain(aggregates).collect()
    }

    /// The groups, and the memory that they hold.
    pub(crate) fn into_groups(self) -> Result<(Groups, Memory)> {
        Ok((self.table.into_groups()?, self.memory))
    }

    fn take(&mut self, block: &Block) -> Result<()> {
        let columns =
            |all: &[Typed]| all.iter().map(|typed| evaluate(typed, block)).collect::<Result<Vec<_>>>();
        let keys = self.plan.keys.iter().map(|key| evaluate_encoded(key, block));
        let keys = keys.collect::<Result<Vec<_>>>()?;
        let mut arguments: Vec<Vec<ArrayRef>> = Vec::with_capacity(self.plan.aggregates.len());
        for (number, (aggregate, first)) in self.plan.aggregates.iter().zip(&self.plan.arguments).enumerate()
        {
            arguments.push(match *first < number {
                true => arguments[*first].clone(),
                false => columns(&aggregate.arguments)?,
            });
        }
        self.table.update(&keys, &arguments, block.rows, block.position)?;
        self.memory.hold(self.table.size())
    }
}

impl Plan {
    fn new(grouping: &Grouping, schema: &Arc<Schema>) -> Result<Self> {
        let types = schema.types();
        let keys = grouping.keys.iter().map(|key| bind(key, &types)).collect::<Result<_>>()?;
        let aggregates = grouping.aggregates.iter();
        let aggregates = aggregates.map(|(function, arguments)| bind_aggregate(*function, arguments, &types));
        let aggregates: Vec<TypedAggregate> = aggregates.collect::<Result<_>>()?;
        let same = |number: usize| {
            let first = (0..number).find(|first| {
                grouping.aggregates[*first].1 == grouping.aggregates[number].1
                    && aggregates[*first].arguments == aggregates[number].arguments
            });
            first.unwrap_or(number)
        };
        let arguments = (0..aggregates.len()).map(same).collect();
        Ok(Plan { schema: Arc::clone(schema), keys, aggregates, arguments })
    }

    fn key_types(&self) -> Vec<DataType> {
        self.keys.iter().map(|key| key.data_type).collect()
    }
}
