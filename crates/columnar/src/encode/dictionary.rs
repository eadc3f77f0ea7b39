//! Distinct texts with dense numbers in the order of their first appearance. Knows no column.

use arrow::array::{Array, StringArray};
use arrow::buffer::{Buffer, OffsetBuffer, ScalarBuffer};
use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashTable};
use plimsoll_core::{Error, Result};
use std::hash::BuildHasher;

use crate::hold::Hold;

/// Texts one behind the other, and a table of their numbers: five bytes a text and its free room, where a map of
/// strings would take forty.
#[derive(Debug, Default)]
pub(super) struct Texts {
    hasher: DefaultHashBuilder,
    table: HashTable<u32>,
    bytes: Vec<u8>,
    /// Where each text ends.
    ends: Vec<i32>,
    /// What all of that takes, as `hold` has it.
    reserved: u64,
}

impl Texts {
    /// How many.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Bytes of all texts.
    pub(super) fn text_bytes(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// The number of a text, a new one where it was not seen before.
    ///
    /// # Errors
    /// `MemoryLimit`; `Value` where the texts together are longer than an array's 2 GiB.
    pub(super) fn number(&mut self, text: &str, hold: &mut Hold) -> Result<u32> {
        self.make_room(text.len(), hold)?;
        let Texts { hasher, table, bytes, ends, .. } = self;
        let hash = |number: &u32| hasher.hash_one(text_at(bytes, ends, *number));
        let same = |number: &u32| text_at(bytes, ends, *number) == text.as_bytes();
        let found = table.entry(hasher.hash_one(text.as_bytes()), same, hash);
        match found {
            Entry::Occupied(known) => Ok(*known.get()),
            Entry::Vacant(free) => {
                let (Ok(number), Ok(end)) =
                    (u32::try_from(ends.len()), i32::try_from(bytes.len() + text.len()))
                else {
                    return Err(Error::value("the distinct texts of a column are longer than 2 GiB"));
                };
                free.insert(number);
                bytes.extend_from_slice(text.as_bytes());
                ends.push(end);
                Ok(number)
            }
        }
    }

    /// Whether the texts still fit one array once another of this length comes.
    pub(super) fn has_room(&self, length: usize) -> bool {
        i32::try_from(self.bytes.len() + length).is_ok()
    }

    /// The texts by number, without room to spare; what the table took is given back.
    pub(super) fn finish(self, hold: &mut Hold) -> Result<StringArray> {
        let Texts { table, bytes, ends, reserved, .. } = self;
        drop(table);
        let offsets: Vec<i32> = std::iter::once(0).chain(ends.iter().copied()).collect();
        drop(ends);
        let bytes = bytes.into_boxed_slice().into_vec();
        let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
        let texts = StringArray::try_new(offsets, Buffer::from_vec(bytes), None);
        let texts = texts.map_err(|error| Error::value(format!("a dictionary cannot be made: {error}")))?;
        let kept = texts.get_array_memory_size() as u64;
        hold.shrink(reserved);
        hold.grow(kept)?;
        Ok(texts)
    }

    /// Gives everything back.
    pub(super) fn give_up(self, hold: &mut Hold) {
        hold.shrink(self.reserved);
    }

    /// Makes room for one more text of this length. Where something grows, its old and its new place are there at once.
    fn make_room(&mut self, length: usize, hold: &mut Hold) -> Result<()> {
        let Texts { hasher, table, bytes, ends, reserved } = self;
        let grown =
            |used: usize, capacity: usize| if used > capacity { used.max(capacity * 2).max(64) } else { 0 };
        let new_bytes = grown(bytes.len() + length, bytes.capacity());
        let new_ends = grown(ends.len() + 1, ends.capacity());
        // A table doubles; the least has four buckets.
        let is_full = table.len() == table.capacity();
        let new_table = if is_full { table.allocation_size() * 2 + 64 } else { 0 };
        let new = new_bytes + new_ends * size_of::<i32>() + new_table;
        if new == 0 {
            return Ok(());
        }
        hold.grow(new as u64)?;
        *reserved += new as u64;
        bytes.reserve_exact(new_bytes.saturating_sub(bytes.len()));
        ends.reserve_exact(new_ends.saturating_sub(ends.len()));
        if is_full {
            table.reserve(1, |number| hasher.hash_one(text_at(bytes, ends, *number)));
        }
        let held = (bytes.capacity() + ends.capacity() * size_of::<i32>() + table.allocation_size()) as u64;
        hold.shrink(reserved.saturating_sub(held));
        *reserved = held;
        Ok(())
    }
}

fn text_at<'a>(bytes: &'a [u8], ends: &[i32], number: u32) -> &'a [u8] {
    let number = number as usize;
    let start = number.checked_sub(1).map_or(0, |before| ends[before].cast_unsigned() as usize);
    &bytes[start..ends[number].cast_unsigned() as usize]
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll_memory::Budget;

    #[test]
    fn numbers_follow_first_appearance() {
        let mut hold = Hold::new(&Budget::unlimited().consumer("test"));
        let mut texts = Texts::default();
        let numbers: Vec<u32> = ["b", "", "a", "b", "", "ü"]
            .into_iter()
            .map(|text| texts.number(text, &mut hold).unwrap())
            .collect();
        assert_eq!(numbers, [0, 1, 2, 0, 1, 3]);
        assert_eq!((texts.len(), texts.text_bytes()), (4, 4));
        let array = texts.finish(&mut hold).unwrap();
        assert_eq!(array.iter().flatten().collect::<Vec<_>>(), ["b", "", "a", "ü"]);
    }

    #[test]
    fn a_table_that_grows_is_reserved_first() {
        let budget = Budget::limited(16 << 10).unwrap();
        let mut hold = Hold::new(&budget.consumer("test"));
        let mut texts = Texts::default();
        let refused = (0..100_000).find_map(|at: u32| texts.number(&at.to_string(), &mut hold).err());
        assert!(refused.unwrap().to_string().contains("test"));
        assert!((100..3000).contains(&texts.len()), "{}", texts.len());
        texts.give_up(&mut hold);
        drop(hold);
        assert_eq!(budget.used(), 0);
    }
}
