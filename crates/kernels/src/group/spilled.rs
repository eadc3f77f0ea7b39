//! Groups that come back from temporary files, those of the same key merged.

use arrow::array::ArrayRef;
use plimsoll_core::{DataType, Error, Result, TypedAggregate};

use super::GroupTable;
use super::entry::Entry;
use super::key_codec::KeyCodec;
use super::keys::Mode;
use crate::aggregate::{Aggregates, INLINE, NOWHERE};
use crate::spill::{Merge, Packed, Runs, head};

/// All groups of some runs, those of the same key as one.
#[derive(Debug)]
pub struct SpilledGroups {
    merge: Merge,
    codec: KeyCodec,
    aggregates: Vec<TypedAggregate>,
    arguments: Vec<usize>,
    /// Whether the merge stands at an entry that was not taken yet.
    waits: bool,
    /// The group of which values are still to come, where a table was given before it had all: its key, and the position of
    /// its first record.
    unfinished: Option<(Vec<u8>, u64)>,
}

/// Some groups.
#[derive(Debug)]
pub struct Spilled {
    /// One array for each key, then one for each aggregate.
    pub columns: Vec<ArrayRef>,
    /// The position of the first record of each group.
    pub first_positions: Vec<u64>,
}

/// Groups as they are read: a group has a state for each run that it comes from.
struct Batch {
    keys: Packed,
    first_positions: Vec<u64>,
    states: Aggregates,
    /// The group of each state.
    groups: Vec<u32>,
}

/// Bytes of a state, or states, from which on it is looked at how much they come to.
const LARGE: usize = INLINE / 2;
/// States between two looks at their size.
const LOOKS: usize = 32;

impl SpilledGroups {
    /// Those of `runs`, which tables of these types have [spilled](GroupTable::spill); `arguments` are those of
    /// [`Aggregates::new`]. At most `fan_in` runs are read at once.
    ///
    /// # Errors
    /// `Io`.
    pub fn new(
        runs: Runs,
        key_types: &[DataType],
        aggregates: &[TypedAggregate],
        arguments: &[usize],
        fan_in: usize,
    ) -> Result<Self> {
        let (codec, merge) = (KeyCodec::new(key_types)?, runs.merge(fan_in)?);
        let (aggregates, arguments) = (aggregates.to_vec(), arguments.to_vec());
        Ok(SpilledGroups { merge, codec, aggregates, arguments, waits: false, unfinished: None })
    }

    /// The next groups: at most so many, and no more than have states of about so many bytes. `None` after the last. One
    /// group alone may have more; `hold` is told how much it comes to, and may refuse it. Values that were written apart
    /// from the states are not held: they pass by in order.
    ///
    /// # Errors
    /// `Io`, and those of the states and of `hold`.
    pub fn next(
        &mut self,
        groups: usize,
        bytes: usize,
        mut hold: impl FnMut(usize) -> Result<()>,
    ) -> Result<Option<Spilled>> {
        let Some(mut batch) = self.read(groups, bytes, &mut hold)? else { return Ok(None) };
        let passed = match self.waits_at_value(&batch)? {
            true => Some(self.pass_values(&mut batch)?),
            false => None,
        };
        let mut states = self.merged(&mut batch)?;
        if let Some(mut passed) = passed {
            #[allow(clippy::cast_possible_truncation, reason = "a block has few groups")]
            states.take_part(&mut passed, &[batch.keys.len() as u32 - 1])?;
        }
        states.close()?;
        let mut columns = self.codec.decode(&batch.keys)?;
        #[allow(clippy::cast_possible_truncation, reason = "a block has few groups")]
        columns.extend(states.results(&(0..batch.keys.len() as u32).collect::<Vec<_>>())?);
        Ok(Some(Spilled { columns, first_positions: batch.first_positions }))
    }

    /// As [`SpilledGroups::next`], but as a table that goes on, with all values that belong to it. A group whose values are
    /// more than `bytes` comes in several tables, which together are the group.
    ///
    /// # Errors
    /// As [`SpilledGroups::next`].
    pub fn next_table(&mut self, groups: usize, bytes: usize) -> Result<Option<GroupTable>> {
        let begun = self.unfinished.take().map(|(key, position)| {
            let mut batch = Batch::new(self.states());
            batch.begin(&key, position);
            batch.add_state();
            batch
        });
        let batch = match begun {
            Some(batch) => Some(batch),
            None => self.read(groups, bytes, &mut |_| Ok(()))?,
        };
        let Some(mut batch) = batch else { return Ok(None) };
        self.add_values(&mut batch, bytes)?;
        let mut states = self.merged(&mut batch)?;
        states.pass_none();
        let Batch { keys, first_positions, .. } = batch;
        let mut table =
            GroupTable::with_shared_arguments(&self.codec.types, &self.aggregates, &self.arguments);
        table.look_up(&self.codec.decode(&keys)?, keys.len(), Mode::Find)?;
        debug_assert!(table.keys.len() == keys.len(), "keys of runs that are merged differ");
        table.next_position = first_positions.iter().max().map_or(0, |last| last + 1);
        (table.first_positions, table.aggregates) = (first_positions, states);
        Ok(Some(table))
    }

    /// Reads the states of the next groups, up to the first one with values apart from them, which then are next.
    fn read(
        &mut self,
        groups: usize,
        bytes: usize,
        hold: &mut impl FnMut(usize) -> Result<()>,
    ) -> Result<Option<Batch>> {
        let mut batch = Batch::new(self.states());
        // As it was when it was looked at last; and from which size on the states of a group become one.
        let (mut size, mut most) = (0, bytes);
        while self.waits || self.merge.advance()? {
            self.waits = true;
            let key = match self.entry(&batch)? {
                Entry::States(key) => key,
                // Before any group there can be no value.
                Entry::Value(..) if batch.keys.is_empty() => return Err(damaged()),
                Entry::Value(..) => break,
            };
            let (position, mut payload) = self.merge.payload().split_first_chunk().ok_or_else(damaged)?;
            let position = u64::from_le_bytes(*position);
            let taken = payload.len() + key.len();
            if batch.groups.len().is_multiple_of(LOOKS) || taken > LARGE {
                size = batch.size();
            }
            match batch.keys.last() == Some(key) {
                true => {
                    batch.merge_position(position);
                    if size > most {
                        self.unite(&mut batch)?;
                        size = batch.size();
                        most = bytes.max(2 * size);
                    }
                }
                false if batch.keys.len() == groups || (size > bytes && !batch.groups.is_empty()) => break,
                false => batch.begin(key, position),
            }
            // Groups of the usual size have their room.
            if size + 2 * taken > 2 * bytes {
                hold(size + 2 * taken)?;
            }
            let state = batch.add_state();
            batch.states.read(state, &mut payload)?;
            self.waits = false;
        }
        Ok((!batch.groups.is_empty()).then_some(batch))
    }

    /// What the entry at which the merge stands is to the groups read before it.
    fn entry<'a>(&'a self, batch: &Batch) -> Result<Entry<'a>> {
        Entry::of(self.merge.key(), !self.codec.types.is_empty(), batch.keys.last()).ok_or_else(damaged)
    }

    /// Takes the last group of a batch, whose values come next: they pass by in order, those within its states among them.
    /// Gives the group, which the batch does not have any more.
    fn pass_values(&mut self, batch: &mut Batch) -> Result<Aggregates> {
        let mut within = self.states();
        within.resize(1);
        let last = batch.let_go_of_last();
        within.take_part(&mut batch.states, &last)?;
        within.freeze();
        let mut group = self.states();
        group.resize(1);
        group.take_rest(&mut within)?;
        for (family, holder) in within.holders() {
            let (mut values, mut times) = (Packed::default(), Vec::new());
            holder.each(0, &mut |value, often| {
                values.push(value);
                times.push(often);
                Ok(())
            })?;
            let mut inside = values.iter().zip(times).peekable();
            let mut equal = Equal::default();
            loop {
                self.waits = self.waits || self.merge.advance()?;
                let apart = if self.waits { self.value_of(batch, family)? } else { None };
                let is_apart = match (apart, inside.peek()) {
                    (Some((value, _)), Some((other, _))) => value <= *other,
                    (apart, _) => apart.is_some(),
                };
                let Some((value, times)) = (if is_apart { apart } else { inside.next() }) else { break };
                equal.add(value, times, |value, times| group.pass_value(0, family, value, times))?;
                self.waits &= !is_apart;
            }
            equal.end(|value, times| group.pass_value(0, family, value, times))?;
        }
        Ok(group)
    }

    /// Adds the values that come next to the last group of a batch, but those beyond `bytes` are left to the next one.
    fn add_values(&mut self, batch: &mut Batch, bytes: usize) -> Result<()> {
        let Some(state) = batch.last_state() else { return Ok(()) };
        let mut added = 0;
        while self.waits || self.merge.advance()? {
            self.waits = true;
            let Entry::Value(family, value) = self.entry(batch)? else { return Ok(()) };
            if added > bytes {
                let key = batch.keys.last().map(<[u8]>::to_vec);
                self.unfinished = key.zip(batch.first_positions.last().copied());
                return Ok(());
            }
            let times = times_of(self.merge.payload())?;
            added += value.len() * usize::try_from(times).unwrap_or(usize::MAX);
            batch.states.add_value(state, family, value, times)?;
            self.waits = false;
        }
        Ok(())
    }

    /// Whether the merge has come to a value of the last group.
    fn waits_at_value(&mut self, batch: &Batch) -> Result<bool> {
        self.waits = self.waits || self.merge.advance()?;
        Ok(self.waits && matches!(self.entry(batch)?, Entry::Value(..)))
    }

    /// The value of this family that the merge has come to, if it has, and how often it comes.
    fn value_of<'a>(&'a self, batch: &Batch, family: usize) -> Result<Option<(&'a [u8], u64)>> {
        match self.entry(batch)? {
            Entry::Value(of, value) if of == family => Ok(Some((value, times_of(self.merge.payload())?))),
            _ => Ok(None),
        }
    }

    /// Leaves one state of each group of a batch.
    fn unite(&self, batch: &mut Batch) -> Result<()> {
        batch.states = self.merged(batch)?;
        batch.groups.clear();
        #[allow(clippy::cast_possible_truncation, reason = "a batch has few groups")]
        batch.groups.extend(0..batch.keys.len() as u32);
        Ok(())
    }

    /// The states of the groups of a batch, one for each.
    fn merged(&self, batch: &mut Batch) -> Result<Aggregates> {
        let mut states = self.states();
        if batch.groups.len() == batch.keys.len() && !batch.groups.contains(&NOWHERE) {
            std::mem::swap(&mut states, &mut batch.states);
            return Ok(states);
        }
        states.resize(batch.keys.len());
        states.take_part(&mut batch.states, &batch.groups)?;
        Ok(states)
    }

    fn states(&self) -> Aggregates {
        Aggregates::new(&self.aggregates, &self.arguments)
    }
}

#[allow(clippy::cast_possible_truncation, reason = "a batch has few groups and states")]
impl Batch {
    fn new(states: Aggregates) -> Self {
        Batch { keys: Packed::default(), first_positions: Vec::new(), states, groups: Vec::new() }
    }

    /// Bytes of the keys and the states.
    fn size(&self) -> usize {
        self.states.size() + self.keys.bytes()
    }

    /// Goes on to a group.
    fn begin(&mut self, key: &[u8], position: u64) {
        self.keys.push(key);
        self.first_positions.push(position);
    }

    /// That the group also has a record at this position.
    fn merge_position(&mut self, position: u64) {
        if let Some(first) = self.first_positions.last_mut() {
            *first = position.min(*first);
        }
    }

    /// A further state of the last group; gives its number.
    fn add_state(&mut self) -> u32 {
        self.groups.push(self.keys.len() as u32 - 1);
        self.states.resize(self.groups.len());
        self.groups.len() as u32 - 1
    }

    fn last_state(&self) -> Option<u32> {
        self.groups.len().checked_sub(1).map(|last| last as u32)
    }

    /// Gives the states of the last group away: they become those of group 0 where this is taken as a mapping.
    fn let_go_of_last(&mut self) -> Vec<u32> {
        let last = self.keys.len() as u32 - 1;
        let given = self.groups.iter().map(|group| if *group == last { 0 } else { NOWHERE }).collect();
        self.groups.iter_mut().filter(|group| **group == last).for_each(|group| *group = NOWHERE);
        given
    }
}

/// Puts equal values that come one after the other together.
#[derive(Default)]
struct Equal {
    head: u64,
    value: Vec<u8>,
    times: u64,
}

impl Equal {
    /// Takes a value; one that differs from those before is told to `pass`, and all that were equal with it.
    fn add(&mut self, value: &[u8], times: u64, pass: impl FnMut(&[u8], u64) -> Result<()>) -> Result<()> {
        // Mostly the first bytes tell.
        let head = head(value);
        if self.times > 0 && (self.head != head || self.value != value) {
            self.end(pass)?;
        }
        if self.times == 0 {
            self.head = head;
            self.value.clear();
            self.value.extend_from_slice(value);
        }
        self.times += times;
        Ok(())
    }

    /// Tells what was not told yet.
    fn end(&mut self, mut pass: impl FnMut(&[u8], u64) -> Result<()>) -> Result<()> {
        match std::mem::take(&mut self.times) {
            0 => Ok(()),
            times => pass(&self.value, times),
        }
    }
}

/// How often a value comes, by the payload of its entry.
fn times_of(payload: &[u8]) -> Result<u64> {
    match payload {
        [] => Ok(1),
        times => times.try_into().map(u64::from_le_bytes).map_err(|_| damaged()),
    }
}

fn damaged() -> Error {
    Error::value("a group in a temporary file is damaged")
}
