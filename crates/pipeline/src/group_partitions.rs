//! Where there are many groups: tables that all workers share, one a partition, so that no group is held twice.
//!
//! A worker that has more groups than [`Partitions::few`] pours them in and from then on puts the rows of each block where
//! they belong. What is left in the tables of workers with few groups is poured in at the end, by all of them at once.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, TryLockError};

use arrow::array::ArrayRef;
use plimsoll_core::resolve::Grouping;
use plimsoll_core::{DataType, Error, Result, Schema};
use plimsoll_kernels::aggregate::holds_values;
use plimsoll_kernels::group::Partitioner;
use plimsoll_kernels::spill::Space;
use plimsoll_kernels::{Block, GroupTable};
use plimsoll_memory::Consumer;

use crate::group_part::Part;
use crate::group_plan::Plan;
use crate::group_shared::Shared;
use crate::group_worker::Grouped;
use crate::high_water::HighWater;
use crate::plumbing::{Bound, Memory, columns_bytes, same};
use crate::widening::{bring, join};

/// The most groups of a worker that are not worth partitions: with their states they fit the third-level cache.
pub(crate) const FEW: usize = 1 << 17;

/// The tables, once there are any.
pub(crate) struct Partitions<'a> {
    grouping: &'a Grouping,
    consumer: Option<Consumer>,
    /// Where groups go that memory does not hold; without it they are an error.
    space: Option<Space>,
    few: usize,
    /// Bytes that could be had in the beginning.
    room: u64,
    /// Bytes that a worker's own table may have, so that all find room.
    pub(crate) share: u64,
    workers: usize,
    /// Bytes of the keys and arguments of the largest block.
    block_bytes: AtomicUsize,
    /// See [`Plan::new`].
    dense: bool,
    /// Held by all who write the table of a partition; by one alone where there is no room for its copies.
    writing: RwLock<()>,
    /// The expressions that workers have in common.
    bound: Mutex<Bound<Arc<Plan>>>,
    shared: RwLock<Option<Shared>>,
    high_water: HighWater,
}

/// With less memory than this, tables are dense. With more, those that memory does not hold are so large that their indexes
/// are about as dense anyway.
const LITTLE: u64 = 64 << 20;
/// Bytes of a row whose partition is looked for: its hash, its number, its position.
const ROW_BYTES: usize = 20;
/// Bytes that should be left beside a table that is let go of and its copies, at the least: for frames and the columns of a
/// block...
const HEADROOM: u64 = 128 << 10;
/// ... and for so many blocks like the largest for each worker that reads on, and one more. Long texts are blocks of many MiB.
const BESIDE: usize = 2;
/// From so many bytes a group on, groups are for the most part values.
const HUGE: usize = 1024;
/// Of a table that is written partition by partition, the numbers of its groups and the keys of one partition are copied:
/// about one byte for so many of it.
const COPIED: usize = 8;
/// Tables of which fewer bytes are copied are written in a few milliseconds.
const SOON_WRITTEN: usize = 384 << 10;
/// Tables of fewer bytes are not worth a run.
const LEAST_RUN: usize = 16 << 10;

/// What a worker needs to put blocks into the partitions.
pub(crate) struct Feeder {
    partitioner: Partitioner,
    positions: Vec<u64>,
    /// That of the columns of a block in the order of the partitions.
    memory: Memory,
    /// Where the worker begins, so that not all wait for the same partition.
    first: usize,
}

impl Feeder {
    fn new(partitions: usize, consumer: Option<&Consumer>) -> Self {
        let (partitioner, memory) = (Partitioner::new(partitions), Memory::new(consumer));
        Feeder { partitioner, positions: Vec::new(), memory, first: 0 }
    }

    /// The partitions in an order that is another one for each block.
    fn tour(&mut self, position: u64, count: usize) -> impl Iterator<Item = usize> + use<> {
        self.first = (self.first + 1 + usize::try_from(position % 7).unwrap_or(0)) % count;
        let first = self.first;
        (0..count).map(move |number| (first + number) % count)
    }
}

impl<'a> Partitions<'a> {
    /// No tables yet; they will be on the account of a consumer below `operator`.
    pub(crate) fn new(
        grouping: &'a Grouping,
        operator: Option<&Consumer>,
        space: Option<&Space>,
        few: usize,
        workers: usize,
    ) -> Self {
        // One group is only worth a file where it holds values one by one.
        let mut functions = grouping.aggregates.iter().map(|(function, _)| *function);
        let grows = !grouping.keys.is_empty() || functions.any(holds_values);
        let space = space.filter(|_| grows).cloned();
        let consumer = operator.cloned();
        let available = Memory::available(operator);
        let (dense, high_water) = (available < LITTLE, HighWater::new(available));
        let (writing, bound, shared) = (RwLock::new(()), Mutex::new(Bound::new()), RwLock::new(None));
        let (room, block_bytes) = (available, AtomicUsize::new(0));
        let share = room / 4 * 3 / workers.max(1) as u64;
        Partitions {
            grouping,
            consumer,
            space,
            few,
            room,
            share,
            workers,
            block_bytes,
            dense,
            writing,
            bound,
            shared,
            high_water,
        }
    }

    /// Whether there is hardly room for so many bytes, which it takes to let go of a table or to copy it. Never where groups
    /// cannot be spilled.
    pub(crate) fn is_tight(&self, bytes: usize) -> bool {
        let blocks = BESIDE * (self.workers + 1) * self.block_bytes.load(Relaxed);
        let beside = (blocks as u64).min(self.room / 2).max(HEADROOM);
        self.space.is_some() && Memory::available(self.consumer.as_ref()) < bytes as u64 + beside
    }

    /// Notes the bytes of a block's keys and arguments.
    pub(crate) fn note_block(&self, bytes: usize) {
        self.block_bytes.fetch_max(bytes, Relaxed);
    }

    /// Whether so many bytes can be reserved and others still find some.
    fn can_spare(&self, bytes: usize) -> bool {
        Memory::available(self.consumer.as_ref()) >= bytes as u64 + HEADROOM / 4
    }

    /// Whether groups can go where memory does not count.
    pub(crate) fn can_spill(&self) -> bool {
        self.space.is_some()
    }

    /// Whether a worker that has spilled these groups should go on with a table of its own: no two tables hold the same
    /// then but keys and sums, which are little beside the values.
    pub(crate) fn stay_apart(&self, groups: &Grouped) -> bool {
        self.grouping.keys.is_empty() || groups.size() / groups.groups().max(1) > HUGE
    }

    /// The expressions over columns of this schema.
    pub(crate) fn plan(&self, schema: &Arc<Schema>) -> Result<Arc<Plan>> {
        let mut bound = self.bound.lock().unwrap_or_else(PoisonError::into_inner);
        let bind = |_: &[DataType]| Plan::new(self.grouping, schema, self.dense).map(Arc::new);
        bound.for_schema(schema, bind).cloned()
    }

    /// How many groups a worker may have for itself.
    pub(crate) fn few(&self) -> usize {
        self.few
    }

    /// What a worker needs from the time on that it puts blocks in.
    pub(crate) fn feeder(&self, schema: &Arc<Schema>) -> Result<Feeder> {
        let shared = self.for_schema(schema)?;
        Ok(Feeder::new(shared.as_ref().map_or(1, Shared::count), self.consumer.as_ref()))
    }

    /// Takes the groups of a worker that puts no blocks in.
    pub(crate) fn pour_all(&self, groups: Grouped) -> Result<()> {
        let mut feeder = self.feeder(groups.schema())?;
        self.pour(groups, &mut feeder)
    }

    /// Takes the groups of a worker.
    pub(crate) fn pour(&self, mut groups: Grouped, feeder: &mut Feeder) -> Result<()> {
        let shared = self.for_schema(groups.schema())?;
        let Some(shared) = shared.as_ref().filter(|shared| !shared.broken) else { return Ok(()) };
        groups.follow(self.grouping, &shared.plan.schema)?;
        match &self.space {
            // For a moment there are both the table and its parts.
            Some(space)
                if self.grouping.keys.is_empty()
                    || self.is_tight(2 * groups.size())
                    || groups.hold_beside(groups.split_size(shared.count())).is_err() =>
            {
                self.pour_out(groups, feeder, shared, space)
            }
            _ => self.pour_over(groups, feeder, shared),
        }
    }

    /// Takes the groups into the tables.
    fn pour_over(&self, groups: Grouped, feeder: &mut Feeder, shared: &Shared) -> Result<()> {
        let (parts, mut memory) = groups.split(shared.count())?;
        let mut sizes: usize = parts.iter().map(GroupTable::size).sum();
        // Many small tables can be much larger than one.
        let held = memory.hold(sizes);
        let refused = self.space.as_ref().filter(|_| held.is_err());
        if refused.is_none() {
            held?;
        }
        let mut parts: Vec<Option<GroupTable>> = parts.into_iter().map(Some).collect();
        for number in feeder.tour(0, shared.count()) {
            if let Some(table) = parts[number].take() {
                if let Some(space) = refused {
                    shared.files(number).add(table, space)?;
                    continue;
                }
                let size = table.size();
                self.relieve(shared)?;
                let mut part = self.room_for(shared, || {
                    let mut part = shared.part(number);
                    part.hold_copies(&table)?;
                    Ok(part)
                })?;
                part.table.merge(table)?;
                self.hold(shared, number, &mut part)?;
                sizes -= size;
                memory.hold(sizes)?;
            }
        }
        Ok(())
    }

    /// Spills the groups, for whose copies there is no room.
    fn pour_out(
        &self,
        mut groups: Grouped,
        feeder: &mut Feeder,
        shared: &Shared,
        space: &Space,
    ) -> Result<()> {
        let copied = groups.size() / COPIED + groups.freeze_size();
        // As when a partition is spilled.
        if self.can_spare(copied) {
            let _ = groups.hold_beside(copied);
        }
        let (frozen, memory) = groups.freeze()?;
        let mut parts = frozen.partitions(shared.count())?;
        for number in feeder.tour(0, parts.len()) {
            shared.files(number).add_some(&frozen, std::mem::take(&mut parts[number]), space)?;
        }
        drop(memory);
        Ok(())
    }

    /// Spills the largest tables until there is room to go on.
    fn relieve(&self, shared: &Shared) -> Result<()> {
        self.high_water.note(Memory::available(self.consumer.as_ref()));
        while self.is_tight(self.copies(shared.largest().0)) && self.spill_largest(shared)? {}
        Ok(())
    }

    /// The copies for which there should be room where the largest table has so many bytes: those of two, so that nobody has
    /// to wait for another one who writes, unless that is soon done.
    fn copies(&self, largest: usize) -> usize {
        let someone_writes = || matches!(self.writing.try_write(), Err(TryLockError::WouldBlock));
        match self.copied(largest) {
            short if short < SOON_WRITTEN && someone_writes() => short,
            copied => 2 * copied,
        }
    }

    /// About what a table of so many bytes has copied when it is written: its keys as they are written, and their order.
    fn copied(&self, size: usize) -> usize {
        match self.grouping.keys.len() {
            ..2 => size,
            _ => size + size / 2,
        }
    }

    /// Spills the largest table; whether there is one that is worth it.
    fn spill_largest(&self, shared: &Shared) -> Result<bool> {
        let (size, number) = shared.largest();
        let Some(space) = self.space.as_ref().filter(|_| size >= LEAST_RUN) else { return Ok(false) };
        let mut part = shared.part(number);
        let files = part.files.clone();
        let (table, mut memory) = part.let_go(&shared.plan);
        shared.note_size(number, &part);
        // Others may go on with the new table while the old one is written.
        drop(part);
        let copied = self.copied(table.size());
        let mut with_others = Some(self.writing.read().unwrap_or_else(PoisonError::into_inner));
        let mut alone = None;
        // If there is no room for the copies, there will be none without writing; but then those of one table must do.
        if !self.can_spare(copied) {
            with_others = None;
            alone = Some(self.writing.write().unwrap_or_else(PoisonError::into_inner));
        }
        // What others need now is left to them.
        if self.can_spare(copied) {
            let _ = memory.hold(table.size() + copied);
        }
        files.add(table, space)?;
        drop((memory, with_others, alone));
        Ok(true)
    }

    /// What `hold` gives once it finds room, for which tables are spilled where need be.
    fn room_for<T>(&self, shared: &Shared, mut hold: impl FnMut() -> Result<T>) -> Result<T> {
        loop {
            match hold() {
                Err(error) if !self.spill_largest(shared)? => return Err(error),
                Err(_) => {}
                held => return held,
            }
        }
    }

    /// Takes a block.
    pub(crate) fn take(&self, block: Block, feeder: &mut Feeder) -> Result<()> {
        let shared = self.for_schema(&block.schema)?;
        let Some(shared) = shared.as_ref().filter(|shared| !shared.broken) else { return Ok(()) };
        self.relieve(shared)?;
        let plan = &shared.plan;
        let block = bring(block, &plan.schema)?;
        let (keys, arguments) = plan.evaluate(&block)?;
        let columns = columns_bytes(&keys, &arguments);
        self.note_block(columns);
        let arranged = columns + block.rows * ROW_BYTES;
        // Where others have all there is for a moment, the columns of one block are arranged nevertheless.
        let _ = self.room_for(shared, || feeder.memory.hold(arranged));
        let rows = feeder.partitioner.partition(&plan.key_types(), &keys, block.rows)?;
        let arrange = |columns: &[ArrayRef]| {
            columns.iter().map(|column| rows.arrange(column)).collect::<Result<Vec<_>>>()
        };
        let keys = arrange(&keys)?;
        let arguments = arguments.iter().map(|columns| arrange(columns)).collect::<Result<Vec<_>>>()?;
        feeder.positions.clear();
        feeder.positions.extend(rows.rows().iter().map(|row| block.position + u64::from(*row)));
        // Those of one partition, in vectors that serve for all of them: a visit is short.
        let mut part_keys = Vec::with_capacity(keys.len());
        let mut part_arguments = vec![Vec::new(); arguments.len()];
        for number in feeder.tour(block.position, shared.count()) {
            let range = rows.range(number);
            let slices = |columns: &[ArrayRef], slices: &mut Vec<ArrayRef>| {
                slices.clear();
                slices.extend(columns.iter().map(|column| column.slice(range.start, range.len())));
            };
            slices(&keys, &mut part_keys);
            arguments.iter().zip(&mut part_arguments).for_each(|(columns, part)| slices(columns, part));
            let positions = &feeder.positions[range.clone()];
            let mut part = self.room_for(shared, || {
                let mut part = shared.part(number);
                part.hold_growth(positions.len(), &part_arguments)?;
                Ok(part)
            })?;
            part.take(&part_keys, &part_arguments, positions)?;
            self.hold(shared, number, &mut part)?;
        }
        Ok(())
    }

    /// Reserves what the partition of this number holds now, or spills it.
    fn hold(&self, shared: &Shared, number: usize, part: &mut Part) -> Result<()> {
        part.hold_or_spill(&shared.plan, self.space.as_ref())?;
        shared.note_size(number, part);
        Ok(())
    }

    /// Whether nothing was put in.
    pub(crate) fn is_empty(&self) -> bool {
        self.shared.read().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    /// The expressions and the tables.
    pub(crate) fn into_parts(self) -> Result<(Arc<Plan>, Vec<Part>)> {
        let shared = self.shared.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(shared.ok_or_else(|| Error::plan("there are no partitions", ""))?.into_parts())
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
                        let followed = shared.follow(self.grouping, &wider, self.space.as_ref());
                        followed.inspect_err(|_| shared.broken = true)?;
                    }
                }
                None => *shared = Some(Shared::new(self.plan(schema)?, self.room, self.consumer.as_ref())),
            }
        }
    }
}
