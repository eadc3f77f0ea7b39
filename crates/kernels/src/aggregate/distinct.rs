//! `count(distinct x)`: sets of (group, value) pairs.

use std::any::Any;
use std::collections::HashSet;
use std::mem::take;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array};
use plimsoll_core::{DataType, Result, TypedAggregate};

use super::hash::Seed;
use super::key::{rescale, visit_keys, widening};
use super::text_set::TextSet;
use super::{AggregateState, Place, argument_type, same_state, same_states};

/// How often each of `count` groups occurs.
fn count_groups(count: usize, groups: impl Iterator<Item = u32>) -> ArrayRef {
    let mut counts = vec![0i64; count];
    groups.for_each(|group| counts[group as usize] += 1);
    Arc::new(Int64Array::from(counts))
}

/// Of values of fixed width.
pub(super) struct DistinctKeys {
    argument: DataType,
    groups: usize,
    keys: KeySet,
}

/// A key is in the set of its width.
#[derive(Default)]
struct KeySet {
    words: HashSet<(u32, i64), Seed>,
    wide: HashSet<(u32, i128), Seed>,
}

impl KeySet {
    #[inline]
    fn insert(&mut self, group: u32, key: i128) {
        match i64::try_from(key) {
            Ok(word) => self.words.insert((group, word)),
            Err(_) => self.wide.insert((group, key)),
        };
    }

    fn iter(&self) -> impl Iterator<Item = (u32, i128)> {
        let words = self.words.iter().map(|(group, word)| (*group, i128::from(*word)));
        words.chain(self.wide.iter().copied())
    }

    fn size(&self) -> usize {
        table_bytes(self.words.capacity(), size_of::<(u32, i64)>())
            + table_bytes(self.wide.capacity(), size_of::<(u32, i128)>())
    }
}

/// Bytes of a hash table of the standard library: one for each bucket beside the pair, seven of eight buckets usable.
fn table_bytes(capacity: usize, pair: usize) -> usize {
    if capacity == 0 { 0 } else { (capacity * 8 / 7).next_power_of_two() * (pair + 1) }
}

impl DistinctKeys {
    pub(super) fn new(argument: DataType) -> Self {
        DistinctKeys { argument, groups: 0, keys: KeySet::default() }
    }
}

impl AggregateState for DistinctKeys {
    fn resize(&mut self, groups: usize) {
        self.groups = self.groups.max(groups);
    }

    fn update(&mut self, groups: &[u32], arguments: &[ArrayRef], _: u64) -> Result<()> {
        visit_keys(arguments[0].as_ref(), |row, key| {
            if let Some(key) = key {
                self.keys.insert(groups[row], key);
            }
        });
        Ok(())
    }

    fn merge(&mut self, other: Box<dyn AggregateState>, mapping: &[u32]) -> Result<()> {
        let other = same_state::<Self>(other)?;
        other.keys.iter().for_each(|(group, key)| self.keys.insert(mapping[group as usize], key));
        Ok(())
    }

    fn scatter(self: Box<Self>, parts: &mut [Box<dyn AggregateState>], places: &[Place]) -> Result<()> {
        let mut parts = same_states::<Self>(parts)?;
        for (group, key) in self.keys.iter() {
            let place = places[group as usize];
            parts[place.part as usize].keys.insert(place.group, key);
        }
        Ok(())
    }

    fn widen(&mut self, wider: &TypedAggregate) -> Result<()> {
        let factor = widening(self.argument, argument_type(wider))?;
        self.argument = argument_type(wider);
        if factor > 1 {
            for (group, key) in take(&mut self.keys).iter() {
                self.keys.insert(group, rescale(key, factor)?);
            }
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        let keys = take(&mut self.keys);
        Ok(count_groups(take(&mut self.groups), keys.iter().map(|(group, _)| group)))
    }

    fn size(&self) -> usize {
        self.keys.size()
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

/// Of text.
#[derive(Default)]
pub(super) struct DistinctTexts {
    groups: usize,
    texts: TextSet,
}

impl AggregateState for DistinctTexts {
    fn resize(&mut self, groups: usize) {
        self.groups = self.groups.max(groups);
    }

    fn update(&mut self, groups: &[u32], arguments: &[ArrayRef], _: u64) -> Result<()> {
        let rows = groups.iter().zip(arguments[0].as_string::<i32>());
        for (group, text) in rows {
            if let Some(text) = text {
                self.texts.insert(*group, text.as_bytes())?;
            }
        }
        Ok(())
    }

    fn merge(&mut self, other: Box<dyn AggregateState>, mapping: &[u32]) -> Result<()> {
        let other = same_state::<Self>(other)?;
        other.texts.iter().try_for_each(|(group, text)| self.texts.insert(mapping[group as usize], text))
    }

    fn scatter(self: Box<Self>, parts: &mut [Box<dyn AggregateState>], places: &[Place]) -> Result<()> {
        let mut parts = same_states::<Self>(parts)?;
        self.texts.iter().try_for_each(|(group, text)| {
            let place = places[group as usize];
            parts[place.part as usize].texts.insert(place.group, text)
        })
    }

    fn widen(&mut self, _: &TypedAggregate) -> Result<()> {
        Ok(())
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        Ok(count_groups(take(&mut self.groups), take(&mut self.texts).groups()))
    }

    fn size(&self) -> usize {
        self.texts.size()
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
