//! All values of all groups, for aggregates that need every value: kept in the narrowest width that holds them.

mod chains;

use arrow::array::ArrayRef;
use arrow::buffer::NullBuffer;
use plimsoll_core::{Error, Result};

use super::key::rescale;
use super::read::{Reader, read};
use chains::{Chains, NoRoom, Width};

/// Keys by group. Those of states that were merged stay where they are: only their groups get other numbers.
pub(super) struct Samples {
    groups: usize,
    parts: Parts,
}

/// In one width; the first part takes what comes.
enum Parts {
    Narrow(Vec<Chains<i32>>),
    Words(Vec<Chains<i64>>),
    Wide(Vec<Chains<i128>>),
}

/// Does the same with parts of any width.
macro_rules! with_parts {
    ($parts:expr, $bound:ident => $body:expr) => {
        match $parts {
            Parts::Narrow($bound) => $body,
            Parts::Words($bound) => $body,
            Parts::Wide($bound) => $body,
        }
    };
}

impl Default for Samples {
    fn default() -> Self {
        Samples { groups: 0, parts: Parts::Narrow(vec![Chains::default()]) }
    }
}

impl Samples {
    /// Makes room for `groups` groups.
    pub(super) fn resize(&mut self, groups: usize) {
        self.groups = self.groups.max(groups);
    }

    /// Takes the values of `array` that are not NULL.
    ///
    /// # Errors
    /// `Value` for more values than can be kept.
    pub(super) fn extend(&mut self, groups: &[u32], array: &ArrayRef) -> Result<()> {
        read(array.as_ref(), Extend { samples: self, groups })
    }

    /// Takes the samples of `other`; its group `i` is group `mapping[i]`.
    ///
    /// # Errors
    /// `Value` for more values than can be kept.
    pub(super) fn append(&mut self, mut other: Samples, mapping: &[u32]) -> Result<()> {
        let width = self.parts.bytes().max(other.parts.bytes());
        self.parts.widen_to(width);
        other.parts.widen_to(width);
        let groups = self.groups;
        match (&mut self.parts, other.parts) {
            (Parts::Narrow(own), Parts::Narrow(other)) => merge(own, other, mapping, groups),
            (Parts::Words(own), Parts::Words(other)) => merge(own, other, mapping, groups),
            (Parts::Wide(own), Parts::Wide(other)) => merge(own, other, mapping, groups),
            _ => Ok(()),
        }
        .map_err(too_many)
    }

    /// Takes the samples of groups `from` of `other` into the groups `to`.
    ///
    /// # Errors
    /// `Value` for more values than can be kept.
    pub(super) fn copy(&mut self, other: &Samples, from: &[u32], to: &[u32]) -> Result<()> {
        self.parts.widen_to(other.parts.bytes());
        let groups = self.groups;
        with_parts!(&mut self.parts, parts => {
            parts[0].resize(groups).map_err(too_many)?;
            let mut copies = Copies { chains: &mut parts[0], to: to.iter(), outcome: Ok(()) };
            other.each_group(from, &mut copies);
            copies.outcome.map_err(too_many)
        })
    }

    /// Multiplies every mantissa by `factor`.
    ///
    /// # Errors
    /// `Value` where one has no room in 38 digits.
    pub(super) fn rescale(&mut self, factor: i128) -> Result<()> {
        if factor == 1 {
            return Ok(());
        }
        let scaled = |value: i128| value.checked_mul(factor);
        let fits = |bytes: usize, value: i128| match (bytes, scaled(value)) {
            (_, None) => false,
            (4, Some(value)) => i32::try_from(value).is_ok(),
            (8, Some(value)) => i64::try_from(value).is_ok(),
            _ => true,
        };
        while self.parts.bytes() < 16 {
            let bytes = self.parts.bytes();
            if with_parts!(&self.parts, parts => all(parts, |value| fits(bytes, value))) {
                break;
            }
            self.parts.widen_to(bytes * 2);
        }
        with_parts!(&mut self.parts, parts => change(parts, |value| rescale(value, factor)))
    }

    /// Calls `visit` with the values of each of these groups in turn, in any order, as a slice that it may change.
    pub(super) fn each_group<V: Visitor>(&self, groups: &[u32], visitor: &mut V) {
        with_parts!(&self.parts, parts => {
            let mut values = Vec::new();
            for group in groups {
                values.clear();
                parts.iter().for_each(|part| part.gather(*group as usize, &mut values));
                visitor.visit(&mut values);
            }
        });
    }

    /// How many values a group has.
    pub(super) fn count(&self, group: u32) -> usize {
        with_parts!(&self.parts, parts => parts.iter().map(|part| part.count(group as usize)).sum())
    }

    /// Bytes of the values of a group.
    pub(super) fn bytes_of(&self, group: u32) -> usize {
        self.count(group) * self.parts.bytes()
    }

    /// All values of a group.
    pub(super) fn values(&self, group: u32) -> Vec<i128> {
        let mut collected = Collected::default();
        self.each_group(&[group], &mut collected);
        collected.0
    }

    /// Takes values into a group.
    ///
    /// # Errors
    /// `Value` for more values than can be kept.
    pub(super) fn push(&mut self, group: u32, values: &[i128]) -> Result<()> {
        self.parts.widen_to(values.iter().map(|value| bytes_of(*value)).max().unwrap_or(0));
        let groups = self.groups;
        with_parts!(&mut self.parts, parts => push(&mut parts[0], groups, group, values)).map_err(too_many)
    }

    /// Bytes that they take beside those that they have while they take `more` values.
    pub(super) fn growth(&self, more: usize) -> usize {
        with_parts!(&self.parts, parts => parts[0].growth(more))
    }

    /// Heap bytes held.
    pub(super) fn size(&self) -> usize {
        with_parts!(&self.parts, parts => parts.iter().map(Chains::size).sum())
    }
}

/// What is done with the values of a group, whatever their width.
pub(super) trait Visitor {
    /// Takes the values of the next group.
    fn visit<T: Copy + Ord + Into<i128>>(&mut self, values: &mut [T]);
}

impl Parts {
    /// Of a value.
    fn bytes(&self) -> usize {
        match self {
            Parts::Narrow(_) => size_of::<i32>(),
            Parts::Words(_) => size_of::<i64>(),
            Parts::Wide(_) => size_of::<i128>(),
        }
    }

    /// Makes values at least so many bytes wide.
    fn widen_to(&mut self, bytes: usize) {
        if bytes <= self.bytes() {
            return;
        }
        let parts = std::mem::replace(self, Parts::Narrow(Vec::new()));
        *self = with_parts!(parts, parts => match bytes {
            8 => Parts::Words(parts.into_iter().map(Chains::widened).collect()),
            _ => Parts::Wide(parts.into_iter().map(Chains::widened).collect()),
        });
    }
}

/// Copies groups that are visited to other groups.
struct Copies<'a, T> {
    chains: &'a mut Chains<T>,
    to: std::slice::Iter<'a, u32>,
    outcome: Result<(), NoRoom>,
}

impl<T: Width> Visitor for Copies<'_, T> {
    fn visit<V: Copy + Ord + Into<i128>>(&mut self, values: &mut [V]) {
        let Some(group) = self.to.next() else { return };
        let values = values.iter().map(|value| T::of((*value).into()));
        if self.chains.is_lone() {
            self.chains.extend_lone(values);
        } else if self.outcome.is_ok() {
            self.outcome = self.chains.push_all(values.map(|value| (*group, value)));
        }
    }
}

/// Takes a column into the first part.
struct Extend<'a> {
    samples: &'a mut Samples,
    groups: &'a [u32],
}

impl Reader for Extend<'_> {
    type Output = Result<()>;

    fn words<N: Copy + Into<i64>>(self, values: &[N], nulls: Option<&NullBuffer>) -> Result<()> {
        let beyond = |all: i64, value: &N| {
            let value = (*value).into();
            all | (value ^ i64::from(value as i32))
        };
        if self.samples.parts.bytes() < 8 && values.iter().fold(0, beyond) != 0 {
            self.samples.parts.widen_to(8);
        }
        self.take(values, nulls, |value| i128::from(value.into()))
    }

    fn wide(self, values: &[i128], nulls: Option<&NullBuffer>) -> Result<()> {
        let bytes = values.iter().map(|value| bytes_of(*value));
        self.samples.parts.widen_to(bytes.max().unwrap_or(0));
        self.take(values, nulls, |value| value)
    }
}

impl Extend<'_> {
    fn take<N: Copy>(
        self,
        values: &[N],
        nulls: Option<&NullBuffer>,
        key: impl Fn(N) -> i128 + Copy,
    ) -> Result<()> {
        let (count, groups) = (self.samples.groups, self.groups);
        with_parts!(&mut self.samples.parts, parts => extend(&mut parts[0], count, groups, values, nulls, key))
            .map_err(too_many)
    }
}

fn extend<T: Width, N: Copy>(
    chains: &mut Chains<T>,
    count: usize,
    groups: &[u32],
    values: &[N],
    nulls: Option<&NullBuffer>,
    key: impl Fn(N) -> i128 + Copy,
) -> Result<(), NoRoom> {
    chains.resize(count)?;
    let value = |value: N| T::of(key(value));
    match (chains.is_lone(), nulls) {
        (true, None) => chains.extend_lone(values.iter().map(|v| value(*v))),
        (true, Some(nulls)) => chains.extend_lone(nulls.valid_indices().map(|row| value(values[row]))),
        (false, None) => {
            chains.push_all(groups.iter().zip(values).map(|(group, v)| (*group, value(*v))))?;
        }
        (false, Some(nulls)) => {
            chains.push_all(nulls.valid_indices().map(|row| (groups[row], value(values[row]))))?;
        }
    }
    Ok(())
}

/// The least width that holds a value.
fn bytes_of(value: i128) -> usize {
    match value {
        value if i32::try_from(value).is_ok() => 4,
        value if i64::try_from(value).is_ok() => 8,
        _ => 16,
    }
}

fn push<T: Width>(chains: &mut Chains<T>, groups: usize, group: u32, values: &[i128]) -> Result<(), NoRoom> {
    chains.resize(groups)?;
    let values = values.iter().map(|value| T::of(*value));
    match chains.is_lone() {
        true => chains.extend_lone(values),
        false => chains.push_all(values.map(|value| (group, value)))?,
    }
    Ok(())
}

/// The values of groups that are visited.
#[derive(Default)]
struct Collected(Vec<i128>);

impl Visitor for Collected {
    fn visit<T: Copy + Ord + Into<i128>>(&mut self, values: &mut [T]) {
        self.0.extend(values.iter().map(|value| (*value).into()));
    }
}

fn merge<T: Width>(
    own: &mut Vec<Chains<T>>,
    other: Vec<Chains<T>>,
    mapping: &[u32],
    groups: usize,
) -> Result<(), NoRoom> {
    for part in other {
        own.push(part.renumbered(mapping, groups)?);
    }
    Ok(())
}

fn all<T: Width>(parts: &[Chains<T>], holds: impl Fn(i128) -> bool) -> bool {
    parts.iter().all(|part| part.all(|value| holds((*value).into())))
}

fn change<T: Width>(parts: &mut [Chains<T>], mut change: impl FnMut(i128) -> Result<i128>) -> Result<()> {
    let mut one = |value: &mut T| change((*value).into()).map(|changed| *value = T::of(changed));
    parts.iter_mut().try_for_each(|part| part.try_change(&mut one))
}

fn too_many(_: NoRoom) -> Error {
    Error::value("a quantile cannot be taken of so many values: there is room for 8 billion in one state")
}
