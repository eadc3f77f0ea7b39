//! What [`Group`](crate::Group) gives where groups were spilled: those of one partition after the other.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{ArrayRef, Int64Array};
use plimsoll_core::{DataType, Error, Field, Result, Schema};
use plimsoll_kernels::Block;
use plimsoll_kernels::group::{Groups, SpilledGroups};
use plimsoll_kernels::spill::{Runs, Space};
use plimsoll_memory::Consumer;

use crate::Ticketed;
use crate::group_part::Part;
use crate::group_plan::Plan;
use crate::plumbing::{Memory, READERS, block_rows};

/// Bytes of the readers of the runs that are merged at once, at the least.
const LEAST_READERS: usize = 128 << 10;
/// Bytes of states from which on groups are given, at the least and at the most.
const STATES: [usize; 2] = [32 << 10, 256 << 10];
/// The most groups of a block.
const GROUPS: usize = 1024;
/// The blocks of one thread take so many times what their states do while they are made and until they are printed.
const BLOCKS: usize = 5;
/// Keys and states that are larger than usual are there as they were read, and as columns.
const COPIES: usize = 2;
/// Bytes that a thread must have to read a partition.
pub(crate) const LEAST_READING: u64 = (BLOCKS * STATES[0] + LEAST_READERS) as u64;
/// Bytes that a thread should have to read a partition.
pub(crate) const READING: u64 = (BLOCKS * STATES[1] + READERS) as u64;

/// Groups that were spilled, and those that were not.
pub(crate) struct Spilled(Arc<Shared>);

/// An iterator over blocks of groups, a ticket for each block. Several share what is left; a block has its ticket when it is
/// there, so that none waits for another.
pub(crate) struct Reader {
    shared: Arc<Shared>,
    giving: Option<Giving>,
    /// What reading takes: it is reserved from the beginning, so that whoever takes the groups cannot take it, too.
    memory: Memory,
}

struct Shared {
    parts: Mutex<Vec<(u64, Part)>>,
    plan: Arc<Plan>,
    schema: Arc<Schema>,
    space: Space,
    /// Whether a column behind the others has the position of each group's first record.
    positions: bool,
    /// Bytes that a reader has.
    share: usize,
    next_ticket: AtomicU64,
}

/// A partition that is being given.
struct Giving {
    number: u64,
    groups: Source,
    given: u64,
}

enum Source {
    Held {
        groups: Groups,
        /// The most groups of a block.
        rows: usize,
        _memory: Memory,
    },
    Runs(Box<SpilledGroups>),
}

impl Spilled {
    /// The groups of all `parts` as blocks of this schema, to which `positions` adds a column. Each reader has about `share`
    /// bytes.
    pub(crate) fn new(
        parts: Vec<Part>,
        plan: Arc<Plan>,
        schema: &Arc<Schema>,
        space: Space,
        positions: bool,
        share: u64,
    ) -> Self {
        let mut fields = schema.fields.clone();
        if positions {
            fields.push(Field::new("position", DataType::Int64));
        }
        let schema = Arc::new(Schema::new(fields));
        // The first one is taken first.
        let parts = Mutex::new((0..).zip(parts).collect::<Vec<_>>().into_iter().rev().collect());
        let share = usize::try_from(share.clamp(LEAST_READING, READING)).unwrap_or(usize::MAX);
        let next_ticket = AtomicU64::new(0);
        Spilled(Arc::new(Shared { parts, plan, schema, space, positions, share, next_ticket }))
    }

    /// A reader, which gives what the others do not.
    pub(crate) fn reader(&self, consumer: Option<&Consumer>) -> Result<Reader> {
        let mut memory = Memory::new(consumer);
        memory.hold(self.0.share)?;
        Ok(Reader { shared: Arc::clone(&self.0), giving: None, memory })
    }
}

impl Iterator for Reader {
    type Item = Result<Ticketed>;

    fn next(&mut self) -> Option<Result<Ticketed>> {
        self.pull().transpose()
    }
}

impl Reader {
    fn pull(&mut self) -> Result<Option<Ticketed>> {
        loop {
            let giving = match &mut self.giving {
                Some(giving) => giving,
                none => {
                    let part = self.shared.parts.lock().unwrap_or_else(PoisonError::into_inner).pop();
                    let Some((number, part)) = part else { return Ok(None) };
                    none.insert(self.shared.open(number, part)?)
                }
            };
            if let Some(block) = giving.next(&self.shared, &mut self.memory)? {
                let ticket = self.shared.next_ticket.fetch_add(1, Relaxed);
                return Ok(Some(Ticketed { ticket, last: true, block: Some(block) }));
            }
            self.giving = None;
        }
    }
}

impl Shared {
    /// Bytes of the states of a block.
    fn states(&self) -> usize {
        (self.share / (2 * BLOCKS)).clamp(STATES[0], STATES[1])
    }

    fn open(&self, number: u64, mut part: Part) -> Result<Giving> {
        if part.files.is_empty() && !self.positions {
            let (closed, memory) = part.close()?;
            let groups = Groups::new(vec![closed]);
            let rows = block_rows(groups.size(), groups.remaining(), (self.share / BLOCKS) as u64);
            let groups = Source::Held { groups, rows, _memory: memory };
            return Ok(Giving { number, groups, given: 0 });
        }
        part.spill(&self.plan, &self.space)?;
        let runs = match part.files.take() {
            Some(runs) => runs,
            None => Runs::new(&self.space)?,
        };
        let fan_in = self.share.saturating_sub(BLOCKS * self.states()) / runs.reader_bytes();
        let groups = Source::Runs(Box::new(self.plan.spilled(runs, fan_in)?));
        Ok(Giving { number, groups, given: 0 })
    }
}

impl Giving {
    fn next(&mut self, shared: &Shared, memory: &mut Memory) -> Result<Option<Block>> {
        let (columns, rows) = match &mut self.groups {
            Source::Held { groups, rows, .. } => {
                let picked = groups.pick(*rows);
                if picked.rows() == 0 {
                    return Ok(None);
                }
                (groups.columns(&picked)?, picked.rows())
            }
            Source::Runs(groups) => {
                // More than states of the usual size; it is given back with the next block.
                memory.hold(shared.share)?;
                let hold = |states: usize| memory.hold(shared.share + COPIES * states);
                let Some(groups) = groups.next(GROUPS, shared.states(), hold)? else { return Ok(None) };
                let mut columns = groups.columns;
                if shared.positions {
                    columns.push(positions(&groups.first_positions)?);
                }
                (columns, groups.first_positions.len())
            }
        };
        // Partitions lie apart; no partition has so many groups.
        let position = (self.number << 40) + self.given;
        self.given += rows as u64;
        Ok(Some(Block { position, schema: Arc::clone(&shared.schema), columns, rows }))
    }
}

fn positions(first: &[u64]) -> Result<ArrayRef> {
    let positions = first.iter().map(|position| i64::try_from(*position)).collect::<Result<Vec<_>, _>>();
    let positions = positions.map_err(|_| Error::value("a position has more than 63 bits"))?;
    Ok(Arc::new(Int64Array::from(positions)))
}
