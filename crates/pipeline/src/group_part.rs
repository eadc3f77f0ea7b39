//! One partition of the groups: its table, the memory that it holds, and what of it was written.

use arrow::array::ArrayRef;
use plimsoll_core::{DataType, Result, TypedAggregate};
use plimsoll_kernels::GroupTable;
use plimsoll_kernels::group::ClosedTable;
use plimsoll_kernels::spill::Space;
use plimsoll_memory::Consumer;

use crate::group_files::Files;
use crate::group_plan::Plan;
use crate::plumbing::Memory;
use crate::pre_aggregation::PreAggregation;

/// The groups of one partition: those of the table, and those that it has spilled, of the same types.
pub(crate) struct Part {
    pub(crate) table: GroupTable,
    pub(crate) memory: Memory,
    /// What a table has without groups.
    _fixed: Memory,
    pub(crate) files: Files,
    pre_aggregation: PreAggregation,
}

impl Part {
    /// No group yet; the table is on the account of `consumer`.
    pub(crate) fn new(plan: &Plan, consumer: Option<&Consumer>) -> Self {
        let (table, memory) = (plan.part_table(), Memory::new(consumer));
        // There must be tables to make room.
        let fixed = Memory::if_room(consumer, table.fixed_size());
        let (files, pre_aggregation) = (Files::default(), PreAggregation::default());
        Part { table, memory, _fixed: fixed, files, pre_aggregation }
    }

    /// Takes rows with these positions.
    pub(crate) fn take(
        &mut self,
        keys: &[ArrayRef],
        arguments: &[Vec<ArrayRef>],
        positions: &[u64],
    ) -> Result<()> {
        let before = self.table.groups();
        match self.pre_aggregation.pays() {
            true => self.table.update_at(keys, arguments, positions)?,
            false => self.table.append_at(keys, arguments, positions)?,
        }
        self.pre_aggregation.note(positions.len(), self.table.groups() - before);
        Ok(())
    }

    /// Goes on with rows of wider types. What was spilled may be written anew and elsewhere, so that what it told does not
    /// count any more: rows are looked up until this part has spilled again.
    pub(crate) fn widen(&mut self, keys: &[DataType], aggregates: &[TypedAggregate]) -> Result<()> {
        self.pre_aggregation = PreAggregation::default();
        self.table.widen(keys, aggregates)?;
        self.hold()
    }

    /// Ends the updates.
    pub(crate) fn close(self) -> Result<(ClosedTable, Memory)> {
        let Part { table, mut memory, .. } = self;
        let closed = table.close()?;
        memory.hold(closed.size())?;
        Ok((closed, memory))
    }

    /// Spills what the table holds.
    pub(crate) fn spill(&mut self, plan: &Plan, space: &Space) -> Result<()> {
        let (table, memory) = self.let_go(plan);
        self.files.add(table, space)?;
        drop(memory);
        self.hold()
    }

    /// Gives the table and the memory that it holds away; there is a new one then.
    pub(crate) fn let_go(&mut self, plan: &Plan) -> (GroupTable, Memory) {
        self.pre_aggregation.next_table();
        (std::mem::replace(&mut self.table, plan.part_table()), self.memory.take())
    }

    /// Reserves what the table holds now, or spills it.
    pub(crate) fn hold_or_spill(&mut self, plan: &Plan, space: Option<&Space>) -> Result<()> {
        match (self.hold(), space) {
            (Err(_), Some(space)) => self.spill(plan, space),
            (held, _) => held,
        }
    }

    pub(crate) fn hold(&mut self) -> Result<()> {
        self.memory.hold(self.table.size())
    }

    /// Reserves what the table may grow by with so many rows of these arguments.
    pub(crate) fn hold_growth(&mut self, rows: usize, arguments: &[Vec<ArrayRef>]) -> Result<()> {
        self.memory.hold(self.table.size() + self.table.growth(rows, arguments))
    }

    /// Reserves what texts and values of another table take when this one takes its groups.
    pub(crate) fn hold_copies(&mut self, other: &GroupTable) -> Result<()> {
        self.memory.hold(self.table.size() + self.table.growth_of_sets(other))
    }
}
