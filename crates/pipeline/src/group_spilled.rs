//! What [`Group`](crate::Group) gives where groups were spilled: those of one partition after the other.

use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{ArrayRef, Int64Array};
use plimsoll_core::{DataType, Error, Field, Result, Schema};
use plimsoll_kernels::Block;
use plimsoll_kernels::group::{Groups, SpilledGroups};
use plimsoll_kernels::spill::{READER_BYTES, Runs, Space};
use plimsoll_memory::Consumer;

use crate::Ticketed;
use crate::group_partitions::Part;
use crate::group_plan::Plan;
use crate::plumbing::Memory;

/// The most runs of a partition that are merged at once.
const FAN_IN: usize = 64;
/// Bytes of states from which on groups are given, at the least and at the most.
const STATES: [usize; 2] = [32 << 10, 256 << 10];
/// The most groups of a block.
const GROUPS: usize = 1024;
/// The blocks of one thread take so many times what their states do while they are made and until they are printed.
const BLOCKS: usize = 5;
/// Bytes that a thread must have to read a partition.
pub(crate) const LEAST_READING: u64 = (BLOCKS * STATES[0] + 2 * READER_BYTES) as u64;
/// Bytes that a thread should have to read a partition.
pub(crate) const READING: u64 = (BLOCKS * STATES[1] + FAN_IN * READER_BYTES) as u64;

/// Groups that were spilled, and those that were not.
pub(crate) struct Spilled(Arc<Shared>);

/// An iterator over blocks of groups, a ticket for each partition. Several share what is left.
pub(crate) struct Reader {
    shared: Arc<Shared>,
    state: State,
    /// What reading takes: it is reserved from the beginning, so that whoever takes the groups cannot take it, too.
    memory: Memory,
}

struct Shared {
    parts: Mutex<Vec<(u64, Part)>>,
    plan: Plan,
    schema: Arc<Schema>,
    space: Space,
    /// Whether a column behind the others has the position of each group's first record.
    positions: bool,
    /// Bytes that a reader has.
    share: usize,
}

enum State {
    /// Nothing is begun.
    Idle,
    /// The ticket was announced.
    Begun(u64, Box<Part>),
    Giving(Giving),
}

struct Giving {
    ticket: u64,
    groups: Source,
    given: u64,
}

enum Source {
    Held(Groups, Memory),
    Runs(Box<SpilledGroups>),
}

impl Spilled {
    /// The groups of all `parts` as blocks of this schema, to which `positions` adds a column. Each reader has about `share`
    /// bytes.
    pub(crate) fn new(
        parts: Vec<Part>,
        plan: Plan,
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
        Spilled(Arc::new(Shared { parts, plan, schema, space, positions, share }))
    }

    /// A reader, which gives what the others do not.
    pub(crate) fn reader(&self, consumer: Option<&Consumer>) -> Result<Reader> {
        let mut memory = Memory::new(consumer);
        memory.hold(self.0.share)?;
        Ok(Reader { shared: Arc::clone(&self.0), state: State::Idle, memory })
    }
}

impl Iterator for Reader {
    type Item = Result<Ticketed>;

    fn next(&mut self) -> Option<Result<Ticketed>> {
        loop {
            match std::mem::replace(&mut self.state, State::Idle) {
                State::Idle => {
                    let (ticket, part) =
                        self.shared.parts.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
                    self.state = State::Begun(ticket, Box::new(part));
                    return Some(Ok(Ticketed { ticket, last: false, block: None }));
                }
                State::Begun(ticket, part) => match self.shared.open(ticket, *part) {
                    Ok(giving) => self.state = State::Giving(giving),
                    Err(error) => return Some(Err(error)),
                },
                State::Giving(mut giving) => {
                    let ticket = giving.ticket;
                    let block = match giving.next(&self.shared, &mut self.memory) {
                        Ok(block) => block,
                        Err(error) => return Some(Err(error)),
                    };
                    let last = block.is_none();
                    if !last {
                        self.state = State::Giving(giving);
                    }
                    return Some(Ok(Ticketed { ticket, last, block }));
                }
            }
        }
    }
}

impl Shared {
    /// Bytes of the states of a block.
    fn states(&self) -> usize {
        (self.share / (2 * BLOCKS)).clamp(STATES[0], STATES[1])
    }

    fn open(&self, ticket: u64, mut part: Part) -> Result<Giving> {
        if part.runs.is_none() && !self.positions {
            let (closed, memory) = part.close()?;
            let groups = Source::Held(Groups::new(vec![closed]), memory);
            return Ok(Giving { ticket, groups, given: 0 });
        }
        part.spill(&self.plan, &self.space)?;
        let runs = match part.runs {
            Some(runs) => runs,
            None => Runs::new(&self.space)?,
        };
        let fan_in = self.share.saturating_sub(BLOCKS * self.states()) / READER_BYTES;
        let groups = Source::Runs(Box::new(self.plan.spilled(runs, fan_in)?));
        Ok(Giving { ticket, groups, given: 0 })
    }
}

impl Giving {
    fn next(&mut self, shared: &Shared, memory: &mut Memory) -> Result<Option<Block>> {
        let (columns, rows) = match &mut self.groups {
            Source::Held(groups, _memory) => {
                let picked = groups.pick(Block::ROWS);
                if picked.rows() == 0 {
                    return Ok(None);
                }
                (groups.columns(&picked)?, picked.rows())
            }
            Source::Runs(groups) => {
                // More than states of the usual size; it is given back with the next block.
                memory.hold(shared.share)?;
                let hold = |states: usize| memory.hold(shared.share + states);
                let Some(groups) = groups.next(GROUPS, shared.states(), hold)? else { return Ok(None) };
                let mut columns = groups.columns;
                if shared.positions {
                    columns.push(positions(&groups.first_positions)?);
                }
                (columns, groups.first_positions.len())
            }
        };
        // Partitions lie apart; no partition has so many groups.
        let position = (self.ticket << 40) + self.given;
        self.given += rows as u64;
        Ok(Some(Block { position, schema: Arc::clone(&shared.schema), columns, rows }))
    }
}

fn positions(first: &[u64]) -> Result<ArrayRef> {
    let positions = first.iter().map(|position| i64::try_from(*position)).collect::<Result<Vec<_>, _>>();
    let positions = positions.map_err(|_| Error::value("a position has more than 63 bits"))?;
    Ok(Arc::new(Int64Array::from(positions)))
}
