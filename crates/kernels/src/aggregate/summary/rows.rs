//! The loops of a summary: the rows of a column into slots.

use arrow::buffer::NullBuffer;

use super::beyond::Beyond;
use super::slot::{Extent, Slot, Total};
use crate::aggregate::read::Reader;
use crate::exact::carries::split_wide;

/// Where the rows of one column go.
pub(super) struct Rows<'a, S> {
    pub(super) slots: &'a mut [S],
    pub(super) beyond: &'a mut Beyond,
    /// The group of each row.
    pub(super) groups: &'a [u32],
    /// Whether rows with NULL are counted.
    pub(super) counts_nulls: bool,
    /// See [`Slot::add`].
    pub(super) settled: bool,
}

impl<S: Slot> Reader for Rows<'_, S> {
    type Output = ();

    fn words<N: Copy + Into<i64>>(mut self, values: &[N], nulls: Option<&NullBuffer>) {
        let Rows { slots, beyond, groups, settled, .. } = &mut self;
        match nulls {
            None if slots.len() == 1 => {
                let (extent, sum) = summary_of::<S, N>(values);
                take_part(&mut slots[0], beyond, 0, extent, sum, values.len() as u32);
            }
            None if S::EXTENT && !*settled => {
                each::<false, S, N>(slots, groups, values, |group, negative| {
                    beyond.carries.carry(group as usize, negative);
                })
            }
            None => each::<true, S, N>(slots, groups, values, |group, negative| {
                beyond.carries.carry(group as usize, negative);
            }),
            Some(nulls) => {
                for row in nulls.valid_indices() {
                    let (group, value) = (groups[row] as usize, values[row].into());
                    if slots[group].add::<true>(value) {
                        beyond.carries.carry(group, value < 0);
                    }
                }
                self.count_nulls(nulls);
            }
        }
    }

    fn wide(mut self, values: &[i128], nulls: Option<&NullBuffer>) {
        match nulls {
            None => (0..values.len()).for_each(|row| self.add_wide(row, values[row])),
            Some(nulls) => {
                nulls.valid_indices().for_each(|row| self.add_wide(row, values[row]));
                self.count_nulls(nulls);
            }
        }
    }
}

impl<S: Slot> Rows<'_, S> {
    #[inline]
    fn add_wide(&mut self, row: usize, value: i128) {
        let group = self.groups[row] as usize;
        match i64::try_from(value) {
            Ok(value) => {
                if self.slots[group].add::<true>(value) {
                    self.beyond.carries.carry(group, value < 0);
                }
            }
            Err(_) => {
                if S::EXTENT {
                    self.beyond.stretch(group, value);
                }
                take_part(&mut self.slots[group], self.beyond, group, Extent::default(), value, 1);
            }
        }
    }

    fn count_nulls(&mut self, nulls: &NullBuffer) {
        if self.counts_nulls {
            let rows = (0..nulls.len()).filter(|row| nulls.is_null(*row));
            rows.for_each(|row| self.beyond.add_null(self.groups[row] as usize));
        }
    }
}

/// Takes `count` values with this extent and sum into a slot.
pub(super) fn take_part<S: Slot>(
    slot: &mut S,
    beyond: &mut Beyond,
    group: usize,
    extent: Extent,
    sum: i128,
    count: u32,
) {
    let (mut own, mut total): (Extent, Total) = slot.parts();
    own.merge(extent);
    if S::TOTAL {
        let (upper, lower) = split_wide(sum);
        beyond.carries.add(group, upper);
        if total.add(lower, count) {
            beyond.carries.carry(group, lower < 0);
        }
    }
    *slot = S::of(own, total);
}

/// Adds every value to the slot of its group; calls `overflowed` with the group and the sign of a value that made a sum
/// overflow. Four rows a turn: the loop's own instructions count at this size.
#[inline(never)]
fn each<const SETTLED: bool, S: Slot, N: Copy + Into<i64>>(
    slots: &mut [S],
    groups: &[u32],
    values: &[N],
    mut overflowed: impl FnMut(u32, bool),
) {
    let mut one = |group: u32, value: N| {
        let value = value.into();
        if slots[group as usize].add::<SETTLED>(value) {
            overflowed(group, value < 0);
        }
    };
    let ((groups, last_groups), (values, last_values)) = (groups.as_chunks::<4>(), values.as_chunks::<4>());
    for (groups, values) in groups.iter().zip(values) {
        one(groups[0], values[0]);
        one(groups[1], values[1]);
        one(groups[2], values[2]);
        one(groups[3], values[3]);
    }
    last_groups.iter().zip(last_values).for_each(|(group, value)| one(*group, *value));
}

/// Extent and sum of a column, as far as `S` keeps them. Sums the halves of the words apart, which neither overflow nor
/// wait for each other's carry.
#[inline(never)]
fn summary_of<S: Slot, N: Copy + Into<i64>>(values: &[N]) -> (Extent, i128) {
    let (mut extent, mut sum) = (Extent::default(), 0);
    if S::EXTENT {
        for value in values {
            let value = (*value).into();
            extent.merge(Extent { least: value, greatest: value });
        }
    }
    if S::TOTAL {
        for values in values.chunks(1 << 20) {
            let (mut upper, mut lower) = (0i64, 0u64);
            for value in values {
                let value: i64 = (*value).into();
                upper += value >> 32;
                lower += u64::from(value as u32);
            }
            sum += (i128::from(upper) << 32) + i128::from(lower);
        }
    }
    (extent, sum)
}
