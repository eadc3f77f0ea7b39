//! Values by group, in chains of blocks within one vector.
//!
//! A group's values fill blocks of 4, 8, 16, 32 and then 64 slots each, the first of which leads to the block before. So a
//! value costs little more than itself in groups of any size, no value knows its group, and none is moved before the end.
//! While there is one group, it has all slots to itself and there are no blocks.

use crate::growth::{bytes_for, grow, reserve};

/// A width in which values are kept. Its slots also hold the number of a block.
pub(super) trait Width: Copy + Ord + Default + Into<i128> + Send + Sync {
    /// A value known to fit.
    fn of(value: i128) -> Self;

    /// The lowest 32 bits.
    fn low(self) -> u32;
}

/// The values of all groups.
#[derive(Default)]
pub(super) struct Chains<T> {
    chains: Vec<Chain>,
    slots: Vec<T>,
}

/// One group's last block.
#[derive(Clone, Copy, Default)]
struct Chain {
    /// The number of its first slot, in units of the least block.
    block: u32,
    /// Slots that are in use.
    used: u16,
    /// How many it has; 0 where the group has no block.
    size: u16,
}

/// Slots of the first and of a full-sized block.
const LEAST: u16 = 4;
const FULL: u16 = 64;
/// In a link: the block it leads to is full-sized though this one is too.
const FULL_BEFORE: u32 = 1 << 31;
/// Units that links can number, which is 8.6 billion slots.
const UNITS: usize = FULL_BEFORE as usize;

/// There is no room for another block.
#[derive(Debug)]
pub(super) struct NoRoom;

impl<T: Width> Chains<T> {
    /// Makes room for `groups` groups.
    pub(super) fn resize(&mut self, groups: usize) -> Result<(), NoRoom> {
        if groups <= self.chains.len() {
            return Ok(());
        }
        let lone = self.chains.len() == 1 && !self.slots.is_empty();
        grow(&mut self.chains, groups, Chain::default);
        if lone && groups > 1 {
            let values = std::mem::take(&mut self.slots);
            self.push_all(values.into_iter().map(|value| (0, value)))?;
        }
        Ok(())
    }

    /// Whether there is one group, which takes values by [`Chains::extend_lone`].
    pub(super) fn is_lone(&self) -> bool {
        self.chains.len() <= 1
    }

    /// Takes values into the only group.
    pub(super) fn extend_lone(&mut self, values: impl Iterator<Item = T>) {
        let more = values.size_hint().0;
        reserve(&mut self.slots, more);
        self.slots.extend(values);
    }

    /// Takes values, each into one of several groups.
    #[inline]
    pub(super) fn push_all(&mut self, rows: impl Iterator<Item = (u32, T)>) -> Result<(), NoRoom> {
        // On the stack, so that its address and length stay in registers.
        let mut slots = std::mem::take(&mut self.slots);
        let (chains, mut room) = (self.chains.as_mut_slice(), Ok(()));
        for (group, value) in rows {
            let chain = &mut chains[group as usize];
            if chain.used == chain.size {
                (slots, room) = add_block(slots, chain);
                if room.is_err() {
                    break;
                }
            }
            slots[chain.block as usize * LEAST as usize + usize::from(chain.used)] = value;
            chain.used += 1;
        }
        self.slots = slots;
        room
    }

    /// Adds the values of a group to `values`.
    pub(super) fn gather(&self, group: usize, values: &mut Vec<T>) {
        if self.is_lone() {
            if group == 0 {
                values.extend_from_slice(&self.slots);
            }
            return;
        }
        self.blocks(group).for_each(|block| values.extend_from_slice(&self.slots[block]));
    }

    /// How many values a group has.
    pub(super) fn count(&self, group: usize) -> usize {
        match self.is_lone() {
            true if group == 0 => self.slots.len(),
            true => 0,
            false => self.blocks(group).map(|block| block.len()).sum(),
        }
    }

    /// Changes every value, as long as `change` succeeds.
    pub(super) fn try_change<E>(&mut self, mut change: impl FnMut(&mut T) -> Result<(), E>) -> Result<(), E> {
        if self.is_lone() {
            return self.slots.iter_mut().try_for_each(change);
        }
        for group in 0..self.chains.len() {
            let blocks: Vec<_> = self.blocks(group).collect();
            for block in blocks {
                self.slots[block].iter_mut().try_for_each(&mut change)?;
            }
        }
        Ok(())
    }

    /// Whether `holds` of every value.
    pub(super) fn all(&self, holds: impl Fn(&T) -> bool) -> bool {
        if self.is_lone() {
            return self.slots.iter().all(holds);
        }
        let mut blocks = (0..self.chains.len()).flat_map(|group| self.blocks(group));
        blocks.all(|block| self.slots[block].iter().all(&holds))
    }

    /// The same in a width that holds all values: links only need 32 bits.
    pub(super) fn widened<U: Width>(self) -> Chains<U> {
        Chains { chains: self.chains, slots: self.slots.into_iter().map(|slot| U::of(slot.into())).collect() }
    }

    /// The same where group `i` is group `mapping[i]` of `groups`.
    pub(super) fn renumbered(mut self, mapping: &[u32], groups: usize) -> Result<Self, NoRoom> {
        if groups > 1 {
            self.resize(2)?;
            let mut chains = vec![Chain::default(); groups];
            self.chains.iter().zip(mapping).for_each(|(chain, group)| chains[*group as usize] = *chain);
            self.chains = chains;
        }
        Ok(self)
    }

    /// Bytes that it takes beside those that it has while it takes `more` values, of as many new groups.
    pub(super) fn growth(&self, more: usize) -> usize {
        let slots = match self.is_lone() {
            true => more,
            // Of the blocks that are begun half is filled, more or less.
            false => 2 * more,
        };
        bytes_for(&self.chains, more) + bytes_for(&self.slots, slots)
    }

    /// Heap bytes held.
    pub(super) fn size(&self) -> usize {
        self.chains.capacity() * size_of::<Chain>() + self.slots.capacity() * size_of::<T>()
    }

    /// Where the values of a group stand, the last block first.
    fn blocks(&self, group: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
        let mut next = self.chains.get(group).copied().unwrap_or_default();
        std::iter::from_fn(move || {
            if next.size == 0 {
                return None;
            }
            let start = next.block as usize * usize::from(LEAST);
            let values = start + 1..start + usize::from(next.used);
            let link = self.slots[start].low();
            let size = match next.size {
                LEAST => 0,
                FULL if link & FULL_BEFORE != 0 => FULL,
                size => size / 2,
            };
            next = Chain { block: link & !FULL_BEFORE, used: size, size };
            Some(values)
        })
    }
}

/// A new block after the one that is full.
#[cold]
#[inline(never)]
fn add_block<T: Width>(mut slots: Vec<T>, chain: &mut Chain) -> (Vec<T>, Result<(), NoRoom>) {
    let size = if chain.size == 0 { LEAST } else { (chain.size * 2).min(FULL) };
    let block = slots.len() / usize::from(LEAST);
    if block >= UNITS {
        return (slots, Err(NoRoom));
    }
    reserve(&mut slots, usize::from(size));
    slots.resize(slots.len() + usize::from(size), T::default());
    let link = if chain.size == FULL { chain.block | FULL_BEFORE } else { chain.block };
    slots[block * usize::from(LEAST)] = T::of(link.into());
    #[allow(clippy::cast_possible_truncation, reason = "checked above")]
    let block = block as u32;
    *chain = Chain { block, used: 1, size };
    (slots, Ok(()))
}

impl Width for i32 {
    #[inline(always)]
    fn of(value: i128) -> Self {
        value as i32
    }

    fn low(self) -> u32 {
        self as u32
    }
}

impl Width for i64 {
    #[inline(always)]
    fn of(value: i128) -> Self {
        value as i64
    }

    fn low(self) -> u32 {
        self as u32
    }
}

impl Width for i128 {
    #[inline(always)]
    fn of(value: i128) -> Self {
        value
    }

    fn low(self) -> u32 {
        self as u32
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sorted<T: Width>(chains: &Chains<T>, group: usize) -> Vec<i128> {
        let mut values = Vec::new();
        chains.gather(group, &mut values);
        let mut values: Vec<i128> = values.into_iter().map(Into::into).collect();
        values.sort_unstable();
        values
    }

    proptest! {
        #[test]
        fn groups_keep_their_values(
            rows in prop::collection::vec((0..3u32, any::<i32>()), 0..700), lone in 0..10usize,
        ) {
            let mut chains = Chains::<i32>::default();
            chains.resize(1).unwrap();
            chains.extend_lone((0..lone).map(|value| value as i32));
            chains.resize(3).unwrap();
            chains.push_all(rows.iter().copied()).unwrap();
            let mut expected: Vec<Vec<i128>> = vec![(0..lone as i128).collect(), vec![], vec![]];
            rows.iter().for_each(|(group, value)| expected[*group as usize].push((*value).into()));
            expected.iter_mut().for_each(|values| values.sort_unstable());
            for (group, expected) in expected.iter().enumerate() {
                prop_assert_eq!(&sorted(&chains, group), expected);
            }
            let least = expected.iter().flatten().min().copied().unwrap_or(0);
            prop_assert!(chains.all(|value| i128::from(*value) >= least), "links are no values");
            prop_assert_eq!(chains.all(|value| i128::from(*value) > least), expected.concat().is_empty());
            let mut wide = chains.widened::<i128>().renumbered(&[4, 0, 2], 5).unwrap();
            wide.try_change(|value| { *value *= 3; Ok::<_, ()>(()) }).unwrap();
            for (from, to) in [(0, 4), (1, 0), (2, 2)] {
                let tripled: Vec<i128> = expected[from].iter().map(|value| value * 3).collect();
                prop_assert_eq!(sorted(&wide, to), tripled);
            }
            prop_assert!(sorted(&wide, 3).is_empty());
        }
    }
}
