//! States that keep one text for each group: what [`Rule`] says of it, and [`Arena`] holds.

mod arena;
mod extremes;
mod order;

#[cfg(test)]
mod tests;

use std::any::Any;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, StringArray};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer};
use plimsoll_core::{Error, Result, TypedAggregate};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(super) use extremes::Extremes;
pub(super) use order::Ordered;

use super::frozen::{get, put};
use super::{AggregateState, same_kind};
use crate::growth::{bytes_for, grow};
use arena::Arena;

/// Which text of a group is kept.
pub(super) trait Rule: Send + Sync + 'static {
    /// What is known of a record beside its text; its default is that of a group that has seen none.
    type Rank: Copy + Default + Send + Sync + Serialize + DeserializeOwned;

    /// That of the record at a position.
    fn rank(&self, position: u64) -> Self::Rank;

    /// Whether a text, or none, is to be kept in the place of another one.
    fn beats<'a>(
        &self,
        rank: Self::Rank,
        text: Option<&[u8]>,
        kept_rank: Self::Rank,
        kept: impl FnOnce() -> Option<&'a [u8]>,
    ) -> bool;
}

/// The states of no group yet.
pub(super) fn boxed<R: Rule>(rule: R) -> Box<dyn AggregateState> {
    Box::new(Texts { rule, ranks: Vec::new(), texts: Arena::default() })
}

struct Texts<R: Rule> {
    rule: R,
    ranks: Vec<R::Rank>,
    texts: Arena,
}

impl<R: Rule> Texts<R> {
    fn take_rows(
        &mut self,
        groups: &[u32],
        arguments: &[ArrayRef],
        position: impl Fn(usize) -> u64,
    ) -> Result<()> {
        let column = arguments[0].as_string::<i32>();
        self.texts.announce(groups.len(), crate::arrays::text_bytes(column));
        for (row, (group, text)) in groups.iter().zip(column).enumerate() {
            let (group, rank) = (*group as usize, self.rule.rank(position(row)));
            let text = text.map(str::as_bytes);
            if self.rule.beats(rank, text, self.ranks[group], || self.texts.get(group)) {
                self.ranks[group] = rank;
                self.texts.set(group, text);
            }
        }
        Ok(())
    }
}

impl<R: Rule> AggregateState for Texts<R> {
    fn resize(&mut self, groups: usize) {
        grow(&mut self.ranks, groups, R::Rank::default);
        self.texts.resize(groups);
    }

    fn update(&mut self, groups: &[u32], arguments: &[ArrayRef], position: u64) -> Result<()> {
        self.take_rows(groups, arguments, |row| position + row as u64)
    }

    fn update_at(&mut self, groups: &[u32], arguments: &[ArrayRef], positions: &[u64]) -> Result<()> {
        self.take_rows(groups, arguments, |row| positions[row])
    }

    fn take_part(&mut self, other: &mut dyn AggregateState, mapping: &[u32]) -> Result<()> {
        let other = same_kind::<Self>(other)?;
        let (rule, ranks) = (&self.rule, &mut self.ranks);
        self.texts.take(&mut other.texts, mapping, |from, to, text, kept| {
            let wanted = rule.beats(other.ranks[from], text, ranks[to], || kept);
            if wanted {
                ranks[to] = other.ranks[from];
            }
            wanted
        });
        Ok(())
    }

    fn widen(&mut self, _: &TypedAggregate) -> Result<()> {
        Ok(())
    }

    fn close(&mut self) -> Result<()> {
        Ok(())
    }

    fn results(&self, groups: &[u32]) -> Result<Vec<ArrayRef>> {
        let texts = || groups.iter().map(|group| self.texts.get(*group as usize));
        let too_many = |_| Error::value("the texts of one result column exceed 2 GiB");
        let bytes = texts().flatten().map(<[u8]>::len).sum();
        i32::try_from(bytes).map_err(too_many)?;
        let mut values = Vec::with_capacity(bytes);
        texts().flatten().for_each(|text| values.extend_from_slice(text));
        let ends = OffsetBuffer::from_lengths(texts().map(|text| text.map_or(0, <[u8]>::len)));
        let has_nulls = texts().any(|text| text.is_none());
        let nulls = has_nulls.then(|| texts().map(|text| text.is_some()).collect::<NullBuffer>());
        // Those from a temporary file are looked at again.
        let column = StringArray::try_new(ends, Buffer::from_vec(values), nulls);
        Ok(vec![Arc::new(column.map_err(|error| Error::value(error.to_string()))?)])
    }

    fn write(&self, group: u32, bytes: &mut Vec<u8>) -> Result<()> {
        let text = self.texts.get(group as usize);
        put(&(self.ranks[group as usize], text.map(<[u8]>::len)), bytes)?;
        bytes.extend_from_slice(text.unwrap_or_default());
        Ok(())
    }

    fn read(&mut self, group: u32, bytes: &mut &[u8]) -> Result<()> {
        let (rank, length): (R::Rank, Option<usize>) = get(bytes)?;
        self.ranks[group as usize] = rank;
        if let Some(length) = length {
            let damaged = || Error::value("a text in a temporary file is damaged");
            let (text, rest) = bytes.split_at_checked(length).ok_or_else(damaged)?;
            self.texts.announce(1, length);
            self.texts.set(group as usize, Some(text));
            *bytes = rest;
        }
        Ok(())
    }

    fn copied_texts(&self) -> usize {
        self.texts.copied()
    }

    fn size(&self) -> usize {
        self.ranks.capacity() * size_of::<R::Rank>() + self.texts.size()
    }

    fn growth(&self, rows: usize, texts: usize) -> usize {
        bytes_for(&self.ranks, rows) + self.texts.growth(rows, texts)
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
