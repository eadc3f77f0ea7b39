//! All aggregates of a table, driven together: it puts them into families and their results back into order.

use std::fmt;

use arrow::array::{ArrayRef, AsArray};
use plimsoll_core::{Error, Result, TypedAggregate};

use super::family::families;
use super::frozen::{get, put};
use super::{AggregateState, Values, state};
use crate::arrays::text_bytes;

/// Values of a group that have more bytes are written apart from its state.
pub const INLINE: usize = 16 << 10;

/// The states of some aggregates. The methods are those of [`AggregateState`], with arguments and results by the
/// numbers of the aggregates.
pub struct Aggregates {
    count: usize,
    families: Vec<Family>,
}

/// Aggregates that share a state, by their numbers.
struct Family {
    members: Vec<usize>,
    state: Box<dyn AggregateState>,
}

impl Aggregates {
    /// States of no group yet. `arguments[a]` is the same number for aggregates with the same expressions as arguments:
    /// those can share a state. Equal types are not enough, for what is equal now can widen in different ways.
    pub fn new(aggregates: &[TypedAggregate], arguments: &[usize]) -> Self {
        let family = |members: Vec<usize>| {
            let state = state(&members.iter().map(|member| &aggregates[*member]).collect::<Vec<_>>());
            Family { members, state }
        };
        let families = families(aggregates, arguments).into_iter().map(family).collect();
        Aggregates { count: aggregates.len(), families }
    }

    /// How many aggregates.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// See [`AggregateState::resize`].
    pub fn resize(&mut self, groups: usize) {
        self.families.iter_mut().for_each(|family| family.state.resize(groups));
    }

    /// See [`AggregateState::update`]; `arguments[a]` are those of aggregate `a`.
    ///
    /// # Errors
    /// Those of the states.
    pub fn update(&mut self, groups: &[u32], arguments: &[Vec<ArrayRef>], position: u64) -> Result<()> {
        self.families
            .iter_mut()
            .try_for_each(|family| family.state.update(groups, &arguments[family.members[0]], position))
    }

    /// See [`AggregateState::update_at`].
    ///
    /// # Errors
    /// Those of the states.
    pub fn update_at(
        &mut self,
        groups: &[u32],
        arguments: &[Vec<ArrayRef>],
        positions: &[u64],
    ) -> Result<()> {
        self.families
            .iter_mut()
            .try_for_each(|family| family.state.update_at(groups, &arguments[family.members[0]], positions))
    }

    /// See [`AggregateState::take_part`].
    ///
    /// # Errors
    /// Those of the states.
    pub fn take_part(&mut self, other: &mut Aggregates, mapping: &[u32]) -> Result<()> {
        let mut pairs = self.families.iter_mut().zip(&mut other.families);
        pairs.try_for_each(|(family, other)| family.state.take_part(other.state.as_mut(), mapping))
    }

    /// See [`AggregateState::merge`].
    ///
    /// # Errors
    /// Those of the states; `Plan` where `other` has other aggregates.
    pub fn merge(&mut self, other: Aggregates, mapping: &[u32]) -> Result<()> {
        if self.count != other.count || self.families.len() != other.families.len() {
            return Err(Error::plan("states of different aggregates cannot be merged", ""));
        }
        let pairs = self.families.iter_mut().zip(other.families);
        pairs.into_iter().try_for_each(|(family, other)| family.state.merge(other.state, mapping))
    }

    /// Of [`Aggregates::size`], the bytes that [`Aggregates::merge`] takes over as they are.
    pub fn handed_over(&self) -> usize {
        let whole = |state: &dyn AggregateState| state.values().is_some_and(|values| values.inserted() == 0);
        let states = self.families.iter().map(|family| family.state.as_ref());
        states.filter(|state| whole(*state)).map(AggregateState::size).sum()
    }

    /// Bytes that sets and texts may take beside those that they have while [`Aggregates::merge`] puts those of `other` into
    /// them.
    pub fn growth_of_sets(&self, other: &Aggregates) -> usize {
        let copied = other.families.iter().map(|family| {
            let inserted = family.state.values().map_or(0, Values::inserted);
            (inserted, family.state.copied_texts())
        });
        let states = self.families.iter().map(|family| family.state.as_ref()).zip(copied);
        states
            .filter(|(_, copied)| *copied != (0, 0))
            .map(|(state, (more, texts))| state.growth(more, texts))
            .sum()
    }

    /// See [`AggregateState::widen`].
    ///
    /// # Errors
    /// Those of the states.
    pub fn widen(&mut self, wider: &[TypedAggregate]) -> Result<()> {
        self.families.iter_mut().try_for_each(|family| family.state.widen(&wider[family.members[0]]))
    }

    /// See [`AggregateState::close`].
    ///
    /// # Errors
    /// Those of the states.
    pub fn close(&mut self) -> Result<()> {
        self.families.iter_mut().try_for_each(|family| family.state.close())
    }

    /// See [`AggregateState::results`]; in the order of the aggregates.
    ///
    /// # Errors
    /// Those of the states.
    pub fn results(&self, groups: &[u32]) -> Result<Vec<ArrayRef>> {
        let mut numbered = Vec::with_capacity(self.count);
        for family in &self.families {
            let results = family.state.results(groups)?;
            debug_assert_eq!(results.len(), family.members.len());
            numbered.extend(family.members.iter().copied().zip(results));
        }
        numbered.sort_by_key(|(number, _)| *number);
        Ok(numbered.into_iter().map(|(_, results)| results).collect())
    }

    /// See [`AggregateState::freeze`].
    pub fn freeze(&mut self) {
        self.families.iter_mut().for_each(|family| family.state.freeze());
    }

    /// Adds the state of a group to `bytes`, for [`Aggregates::read`]. Where a family holds more than `most` bytes of the
    /// group's values, they are left to [`Aggregates::each_value`].
    ///
    /// # Errors
    /// Those of the states.
    pub fn write(&self, group: u32, most: usize, bytes: &mut Vec<u8>) -> Result<()> {
        self.families.iter().try_for_each(|family| match family.state.values() {
            None => family.state.write(group, bytes),
            Some(values) => {
                let apart = values.bytes_of(group) > most;
                put(&apart, bytes)?;
                if apart { values.write_rest(group, bytes) } else { values.write(group, bytes) }
            }
        })
    }

    /// Calls `visit` with the values that [`Aggregates::write`] has left out and the number of their family, family by
    /// family in order.
    ///
    /// # Errors
    /// Those of `visit`.
    pub fn each_value(
        &self,
        group: u32,
        most: usize,
        mut visit: impl FnMut(usize, &[u8], u64) -> Result<()>,
    ) -> Result<()> {
        self.holders().filter(|(_, values)| values.bytes_of(group) > most).try_for_each(|(number, values)| {
            values.each(group, &mut |value, times| visit(number, value, times))
        })
    }

    /// See [`AggregateState::read`]; values that were left out are still to come.
    ///
    /// # Errors
    /// Those of the states.
    pub fn read(&mut self, group: u32, bytes: &mut &[u8]) -> Result<()> {
        self.families.iter_mut().try_for_each(|family| match family.state.values_mut() {
            None => family.state.read(group, bytes),
            Some(values) => match get(bytes)? {
                true => values.read_rest(group, bytes),
                false => values.read(group, bytes),
            },
        })
    }

    /// See [`Values::add`].
    ///
    /// # Errors
    /// Those of the states; `Value` where the family holds no values.
    pub fn add_value(&mut self, group: u32, family: usize, value: &[u8], times: u64) -> Result<()> {
        self.holder(family)?.add(group, value, times)
    }

    /// See [`Values::pass`].
    ///
    /// # Errors
    /// Those of the states; `Value` where the family holds no values.
    pub fn pass_value(&mut self, group: u32, family: usize, value: &[u8], times: u64) -> Result<()> {
        self.holder(family)?.pass(group, value, times)
    }

    /// See [`Values::pass_none`].
    pub fn pass_none(&mut self) {
        let holders = self.families.iter_mut().filter_map(|family| family.state.values_mut());
        holders.for_each(Values::pass_none);
    }

    /// Takes what the only group of `other`, which is frozen, has seen into the only group here, which has seen nothing;
    /// but of values not one: all are still to be passed.
    ///
    /// # Errors
    /// Those of the states.
    pub fn take_rest(&mut self, other: &mut Aggregates) -> Result<()> {
        let mut bytes = Vec::new();
        for (family, other) in self.families.iter_mut().zip(&mut other.families) {
            match (family.state.values_mut(), other.state.values()) {
                (Some(values), Some(other)) => {
                    bytes.clear();
                    other.write_rest(0, &mut bytes)?;
                    values.read_rest(0, &mut bytes.as_slice())?;
                }
                _ => family.state.take_part(other.state.as_mut(), &[0])?,
            }
        }
        Ok(())
    }

    /// The families that hold values, by their numbers.
    pub fn holders(&self) -> impl Iterator<Item = (usize, &dyn Values)> {
        let numbered = self.families.iter().enumerate();
        numbered.filter_map(|(number, family)| Some((number, family.state.values()?)))
    }

    fn holder(&mut self, family: usize) -> Result<&mut dyn Values> {
        let state = self.families.get_mut(family).and_then(|family| family.state.values_mut());
        state.ok_or_else(|| Error::value("a value in a temporary file belongs to no state"))
    }

    /// See [`AggregateState::freeze_size`].
    pub fn freeze_size(&self) -> usize {
        self.families.iter().map(|family| family.state.freeze_size()).sum()
    }

    /// See [`AggregateState::growth`]; `arguments[a]` are those of aggregate `a`.
    pub fn growth(&self, rows: usize, arguments: &[Vec<ArrayRef>]) -> usize {
        let bytes_of = |column: &ArrayRef| column.as_string_opt::<i32>().map_or(0, text_bytes);
        let texts = |family: &Family| {
            family.members.first().map_or(0, |member| arguments[*member].iter().map(bytes_of).sum())
        };
        self.families.iter().map(|family| family.state.growth(rows, texts(family))).sum()
    }

    /// Bytes of a group's results, about: what the states have for it, but for those that hold values one by one.
    pub fn result_size(&self, groups: usize) -> usize {
        let bytes_of = |state: &dyn AggregateState| match state.values() {
            Some(_) => size_of::<u128>(),
            None => state.size() / groups.max(1),
        };
        self.families.iter().map(|family| bytes_of(family.state.as_ref())).sum()
    }

    /// Heap bytes of the states themselves, without those of groups, about.
    pub fn fixed_size(&self) -> usize {
        /// A block of the heap with what a state lists there: its functions, say.
        const BLOCK: usize = 32;
        let states = self.families.iter().map(|family| {
            let members = family.members.capacity() * size_of::<usize>();
            size_of_val(family.state.as_ref()) + members + 3 * BLOCK
        });
        self.families.capacity() * size_of::<Family>() + states.sum::<usize>()
    }

    /// Heap bytes held, by capacity.
    pub fn size(&self) -> usize {
        self.families.iter().map(|family| family.state.size()).sum()
    }
}

impl fmt::Debug for Aggregates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let families = self.families.iter().map(|family| &family.members);
        f.debug_list().entries(families).finish()
    }
}
