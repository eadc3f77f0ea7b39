//! The tables that all workers share, one a partition, at the types that they have come to. Knows no limit: whoever puts
//! groups in makes room.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use plimsoll_core::resolve::Grouping;
use plimsoll_core::{Result, Schema};
use plimsoll_kernels::group::PARTITIONS;
use plimsoll_kernels::spill::Space;
use plimsoll_memory::Consumer;

use crate::group_files::Files;
use crate::group_part::Part;
use crate::group_plan::Plan;

/// Tables without groups have at most one of so many bytes. Where they would have more, as tables of hundreds of
/// aggregates do, there are fewer partitions.
const OF_EMPTY_TABLES: u64 = 8;
/// Bytes of the states of groups that are written anew together.
const TOGETHER: usize = 128 << 10;

/// The tables and the expressions that feed them.
pub(crate) struct Shared {
    pub(crate) plan: Arc<Plan>,
    tables: Vec<Mutex<Part>>,
    /// Bytes of each table.
    sizes: Vec<AtomicUsize>,
    /// Some tables could not follow a schema that others have followed. Whoever found out has the error; what the others
    /// bring is not wanted any more.
    pub(crate) broken: bool,
}

impl Shared {
    /// No group yet; the tables are on the account of `consumer`, where there were `room` bytes in the beginning.
    pub(crate) fn new(plan: Arc<Plan>, room: u64, consumer: Option<&Consumer>) -> Self {
        let table = plan.part_table().fixed_size() as u64;
        let share = room / OF_EMPTY_TABLES;
        let mut parts = if plan.key_types().is_empty() { 1 } else { PARTITIONS };
        while parts > 1 && table * parts as u64 > share {
            parts /= 2;
        }
        let part = |_| Mutex::new(Part::new(&plan, consumer));
        let sizes = (0..parts).map(|_| AtomicUsize::new(0)).collect();
        Shared { tables: (0..parts).map(part).collect(), sizes, plan, broken: false }
    }

    /// How many partitions.
    pub(crate) fn count(&self) -> usize {
        self.tables.len()
    }

    /// The size and the number of the largest table.
    pub(crate) fn largest(&self) -> (usize, usize) {
        let sizes = self.sizes.iter().enumerate().map(|(number, size)| (size.load(Relaxed), number));
        sizes.max().unwrap_or_default()
    }

    /// Notes what the partition of this number holds now.
    pub(crate) fn note_size(&self, number: usize, part: &Part) {
        self.sizes[number].store(part.table.size(), Relaxed);
    }

    /// What the partition of this number has written.
    pub(crate) fn files(&self, number: usize) -> Files {
        self.part(number).files.clone()
    }

    /// The partition of this number.
    pub(crate) fn part(&self, number: usize) -> MutexGuard<'_, Part> {
        self.tables[number].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Goes on with rows of a wider schema. Keys of a wider type belong to other partitions.
    pub(crate) fn follow(
        &mut self,
        grouping: &Grouping,
        schema: &Arc<Schema>,
        space: Option<&Space>,
    ) -> Result<()> {
        let wider = self.plan.wider(grouping, schema)?;
        let (keys, aggregates) = (wider.key_types(), &wider.aggregates);
        let moved = keys != self.plan.key_types();
        if moved || *aggregates != self.plan.aggregates {
            if let Some(space) = space {
                self.spill_unless_wide(space)?;
                self.widen_runs(&wider, moved, space)?;
            }
            for part in &mut self.tables {
                let part = part.get_mut().unwrap_or_else(PoisonError::into_inner);
                part.widen(&keys, aggregates)?;
            }
        }
        if moved {
            let tables = self.tables.iter_mut().map(|part| {
                let part = part.get_mut().unwrap_or_else(PoisonError::into_inner);
                std::mem::replace(&mut part.table, wider.part_table())
            });
            for table in tables.collect::<Vec<_>>() {
                let mut parts = wider.part_tables(self.tables.len());
                table.split_into(&mut parts)?;
                for (table, part) in parts.into_iter().zip(&mut self.tables) {
                    let part = part.get_mut().unwrap_or_else(PoisonError::into_inner);
                    part.table.merge(table)?;
                    part.hold_or_spill(&wider, space)?;
                }
            }
        }
        self.plan = Arc::new(wider);
        Ok(())
    }

    /// The expressions and the tables.
    pub(crate) fn into_parts(self) -> (Arc<Plan>, Vec<Part>) {
        let parts = self.tables.into_iter();
        let parts = parts.map(|part| part.into_inner().unwrap_or_else(PoisonError::into_inner));
        (self.plan, parts.collect())
    }

    /// Spills all tables, unless nothing was spilled yet and there is room for wider copies.
    fn spill_unless_wide(&mut self, space: &Space) -> Result<()> {
        let plan = &self.plan;
        let mut parts: Vec<&mut Part> = self
            .tables
            .iter_mut()
            .map(|part| part.get_mut().unwrap_or_else(PoisonError::into_inner))
            .collect();
        let sizes: usize = parts.iter().map(|part| part.table.size()).sum();
        let room = parts.first().map_or(0, |part| part.memory.room());
        if room < 3 * sizes as u64 || parts.iter().any(|part| !part.files.is_empty()) {
            parts.iter_mut().try_for_each(|part| part.spill(plan, space))?;
        }
        Ok(())
    }

    /// Writes what was spilled anew, as groups of the wider types, which belong to other partitions where keys have
    /// `moved`.
    fn widen_runs(&mut self, wider: &Plan, moved: bool, space: &Space) -> Result<()> {
        let runs = (0..self.tables.len()).map(|number| self.files(number).take());
        for (number, runs) in runs.collect::<Vec<_>>().into_iter().enumerate() {
            let Some(runs) = runs else { continue };
            let mut groups = self.plan.spilled(runs, 2)?;
            while let Some(mut table) = groups.next_table(usize::MAX, TOGETHER)? {
                table.widen(&wider.key_types(), &wider.aggregates)?;
                let parts = match moved {
                    false => vec![(number, table)],
                    true => {
                        let mut parts = wider.part_tables(self.tables.len());
                        table.split_into(&mut parts)?;
                        parts.into_iter().enumerate().collect()
                    }
                };
                for (number, table) in parts.into_iter().filter(|(_, table)| table.groups() > 0) {
                    self.files(number).add(table, space)?;
                }
            }
        }
        Ok(())
    }
}
