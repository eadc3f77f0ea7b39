//! `count(distinct x)`: sets of (group, value) pairs.

use std::any::Any;
use std::collections::HashSet;
use std::mem::take;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array};
use plimsoll_core::{DataType, Result, TypedAggregate};

use super::frozen::{get, put};
use super::hash::Seed;
use super::key::{rescale, widening};
use super::read::visit_keys;
use super::text_set::TextSet;
use super::values::{Values, Visit, key_of, put_key};
use super::{AggregateState, NOWHERE, argument_type, same_kind};
use crate::growth::grow;

/// How many values each group has: what is left of a set once all is seen. Before, those that were passed.
#[derive(Default)]
struct Counts(Vec<i64>);

impl Counts {
    fn count(&mut self, groups: usize, all: impl Iterator<Item = u32>) {
        grow(&mut self.0, groups, || 0);
        all.for_each(|group| self.0[group as usize] += 1);
    }

    /// Takes those of other groups.
    fn take(&mut self, groups: usize, other: Counts, mapping: &[u32]) {
        if other.0.is_empty() {
            return;
        }
        grow(&mut self.0, groups, || 0);
        let counts = other.0.iter().zip(mapping).filter(|(_, group)| **group != NOWHERE);
        counts.for_each(|(count, group)| self.0[*group as usize] += count);
    }

    fn results(&self, groups: &[u32]) -> Vec<ArrayRef> {
        vec![Arc::new(groups.iter().map(|group| self.0[*group as usize]).collect::<Int64Array>())]
    }

    fn size(&self) -> usize {
        self.0.capacity() * size_of::<i64>()
    }
}

/// Of values of fixed width.
pub(super) struct DistinctKeys {
    argument: DataType,
    groups: usize,
    keys: KeySet,
    counts: Counts,
    frozen: FrozenKeys,
}

/// All pairs in order, once they are to be written.
#[derive(Default)]
struct FrozenKeys {
    words: Vec<(u32, i64)>,
    wide: Vec<(u32, i128)>,
}

impl FrozenKeys {
    fn new(keys: KeySet) -> Self {
        let KeySet { words, wide } = keys;
        let mut frozen = FrozenKeys { words: words.into_iter().collect(), wide: wide.into_iter().collect() };
        frozen.words.sort_unstable();
        frozen.wide.sort_unstable();
        frozen
    }

    fn count(&self, group: u32) -> usize {
        of_group(&self.words, group, |pair| pair.0).len() + of_group(&self.wide, group, |pair| pair.0).len()
    }

    /// The keys of a group in order: those that are no words lie on both sides of the others.
    fn of(&self, group: u32) -> impl Iterator<Item = i128> {
        let words = of_group(&self.words, group, |pair| pair.0).iter().map(|(_, key)| i128::from(*key));
        let wide = of_group(&self.wide, group, |pair| pair.0);
        let (below, above) = wide.split_at(wide.partition_point(|(_, key)| *key < 0));
        let key = |pair: &(u32, i128)| pair.1;
        below.iter().map(key).chain(words).chain(above.iter().map(key))
    }

    fn size(&self) -> usize {
        self.words.capacity() * size_of::<(u32, i64)>() + self.wide.capacity() * size_of::<(u32, i128)>()
    }
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

    fn len(&self) -> usize {
        self.words.len() + self.wide.len()
    }

    /// Bytes of the table that a set with `more` pairs grows into.
    fn growth(&self, more: usize) -> usize {
        let length = self.words.len() + more;
        match length > self.words.capacity() {
            true => table_bytes(length.max(2 * self.words.capacity()), size_of::<(u32, i64)>()),
            false => 0,
        }
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
        DistinctKeys {
            argument,
            groups: 0,
            keys: KeySet::default(),
            counts: Counts::default(),
            frozen: FrozenKeys::default(),
        }
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

    fn take_part(&mut self, other: &mut dyn AggregateState, mapping: &[u32]) -> Result<()> {
        let other = same_kind::<Self>(other)?;
        self.counts.take(self.groups, take(&mut other.counts), mapping);
        let pairs = other.keys.iter().map(|(group, key)| (mapping[group as usize], key));
        pairs.filter(|(group, _)| *group != NOWHERE).for_each(|(group, key)| self.keys.insert(group, key));
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

    fn close(&mut self) -> Result<()> {
        self.counts.count(self.groups, take(&mut self.keys).iter().map(|(group, _)| group));
        Ok(())
    }

    fn results(&self, groups: &[u32]) -> Result<Vec<ArrayRef>> {
        Ok(self.counts.results(groups))
    }

    fn freeze(&mut self) {
        self.frozen = FrozenKeys::new(take(&mut self.keys));
    }

    fn freeze_size(&self) -> usize {
        self.keys.words.len() * size_of::<(u32, i64)>() + self.keys.wide.len() * size_of::<(u32, i128)>()
    }

    fn write(&self, group: u32, bytes: &mut Vec<u8>) -> Result<()> {
        put(&self.frozen.count(group), bytes)?;
        self.frozen.of(group).try_for_each(|key| put(&key, bytes))
    }

    fn read(&mut self, group: u32, bytes: &mut &[u8]) -> Result<()> {
        for _ in 0..get::<usize>(bytes)? {
            self.keys.insert(group, get(bytes)?);
        }
        Ok(())
    }

    fn values(&self) -> Option<&dyn Values> {
        Some(self)
    }

    fn values_mut(&mut self) -> Option<&mut dyn Values> {
        Some(self)
    }

    fn size(&self) -> usize {
        self.keys.size() + self.counts.size() + self.frozen.size()
    }

    fn growth(&self, rows: usize, _: usize) -> usize {
        self.keys.growth(rows)
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

impl Values for DistinctKeys {
    fn inserted(&self) -> usize {
        self.keys.len()
    }

    fn bytes_of(&self, group: u32) -> usize {
        self.frozen.count(group) * size_of::<i64>()
    }

    fn write_rest(&self, _: u32, _: &mut Vec<u8>) -> Result<()> {
        Ok(())
    }

    fn read_rest(&mut self, _: u32, _: &mut &[u8]) -> Result<()> {
        Ok(())
    }

    fn each(&self, group: u32, visit: &mut Visit<'_>) -> Result<()> {
        let mut bytes = Vec::new();
        self.frozen.of(group).try_for_each(|key| {
            bytes.clear();
            put_key(key, &mut bytes);
            visit(&bytes, 1)
        })
    }

    fn add(&mut self, group: u32, value: &[u8], _: u64) -> Result<()> {
        self.keys.insert(group, key_of(value)?);
        Ok(())
    }

    fn pass(&mut self, group: u32, _: &[u8], _: u64) -> Result<()> {
        self.counts.count(self.groups, [group].into_iter());
        Ok(())
    }
}

/// Those of a group, of some that are in the order of their groups.
fn of_group<T>(sorted: &[T], group: u32, group_of: impl Fn(&T) -> u32) -> &[T] {
    let start = sorted.partition_point(|one| group_of(one) < group);
    let behind = sorted[start..].partition_point(|one| group_of(one) == group);
    &sorted[start..start + behind]
}

/// Of text.
#[derive(Default)]
pub(super) struct DistinctTexts {
    groups: usize,
    texts: TextSet,
    counts: Counts,
    /// The numbers of the texts by group, once they are to be written.
    frozen: Vec<u32>,
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

    fn take_part(&mut self, other: &mut dyn AggregateState, mapping: &[u32]) -> Result<()> {
        let other = same_kind::<Self>(other)?;
        self.counts.take(self.groups, take(&mut other.counts), mapping);
        let mut pairs = other.texts.iter().map(|(group, text)| (mapping[group as usize], text));
        pairs.try_for_each(|(group, text)| match group {
            NOWHERE => Ok(()),
            group => self.texts.insert(group, text),
        })
    }

    fn widen(&mut self, _: &TypedAggregate) -> Result<()> {
        Ok(())
    }

    fn close(&mut self) -> Result<()> {
        self.counts.count(self.groups, take(&mut self.texts).groups());
        Ok(())
    }

    fn results(&self, groups: &[u32]) -> Result<Vec<ArrayRef>> {
        Ok(self.counts.results(groups))
    }

    fn freeze(&mut self) {
        self.frozen = self.texts.by_group();
    }

    fn freeze_size(&self) -> usize {
        self.texts.len() * size_of::<u32>()
    }

    fn write(&self, group: u32, bytes: &mut Vec<u8>) -> Result<()> {
        let texts = of_group(&self.frozen, group, |number| self.texts.pair(*number).0);
        put(&texts.len(), bytes)?;
        texts.iter().try_for_each(|number| put(&self.texts.pair(*number).1, bytes))
    }

    fn read(&mut self, group: u32, bytes: &mut &[u8]) -> Result<()> {
        for _ in 0..get::<usize>(bytes)? {
            self.texts.insert(group, &get::<Vec<u8>>(bytes)?)?;
        }
        Ok(())
    }

    fn values(&self) -> Option<&dyn Values> {
        Some(self)
    }

    fn values_mut(&mut self) -> Option<&mut dyn Values> {
        Some(self)
    }

    fn size(&self) -> usize {
        self.texts.size() + self.counts.size() + self.frozen.capacity() * size_of::<u32>()
    }

    fn growth(&self, rows: usize, texts: usize) -> usize {
        self.texts.growth(rows, texts)
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

impl Values for DistinctTexts {
    fn inserted(&self) -> usize {
        self.texts.len()
    }

    fn bytes_of(&self, group: u32) -> usize {
        let texts = of_group(&self.frozen, group, |number| self.texts.pair(*number).0);
        texts.iter().map(|number| self.texts.pair(*number).1.len() + 1).sum()
    }

    fn write_rest(&self, _: u32, _: &mut Vec<u8>) -> Result<()> {
        Ok(())
    }

    fn read_rest(&mut self, _: u32, _: &mut &[u8]) -> Result<()> {
        Ok(())
    }

    fn each(&self, group: u32, visit: &mut Visit<'_>) -> Result<()> {
        let text = |number: u32| self.texts.pair(number).1;
        let mut numbers = of_group(&self.frozen, group, |number| self.texts.pair(*number).0).to_vec();
        numbers.sort_unstable_by_key(|number| text(*number));
        numbers.into_iter().try_for_each(|number| visit(text(number), 1))
    }

    fn add(&mut self, group: u32, value: &[u8], _: u64) -> Result<()> {
        self.texts.insert(group, value)
    }

    fn pass(&mut self, group: u32, _: &[u8], _: u64) -> Result<()> {
        self.counts.count(self.groups, [group].into_iter());
        Ok(())
    }
}
