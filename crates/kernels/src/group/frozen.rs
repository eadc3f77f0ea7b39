//! Groups that go to a temporary file.

use plimsoll_core::Result;

use super::entry::EntryKey;
use super::key_codec::KeyCodec;
use super::{GroupTable, Partitioner, pieces};
use crate::aggregate::INLINE;
use crate::spill::{Packed, RunWriter, Runs};

/// Groups that are encoded at once.
const TOGETHER: usize = 1024;
/// Groups of which what they need is loaded at once.
const TOUCHED: usize = 64;
/// Bytes of the values that all runs together should hold of a group within its states.
const INLINE_OF_ALL: usize = 128 << 10;
/// So few bytes of values never go apart.
const LEAST_APART: usize = 256;

impl GroupTable {
    /// Writes all groups as a further run of `runs`, which holds groups of tables of the same types.
    ///
    /// # Errors
    /// `Io` and `MemoryLimit` where they cannot be written.
    pub fn spill(self, runs: &mut Runs) -> Result<()> {
        let frozen = self.freeze()?;
        let all = frozen.all().collect();
        frozen.write(all, runs)
    }

    /// Bytes that [`GroupTable::freeze`] takes beside those of the table.
    pub fn freeze_size(&self) -> usize {
        self.aggregates.freeze_size()
    }

    /// Ends the updates, so that groups can be written.
    ///
    /// # Errors
    /// None that a table of ours gives.
    pub fn freeze(mut self) -> Result<FrozenTable> {
        self.keys.close();
        self.ids = Vec::new();
        self.aggregates.freeze();
        Ok(FrozenTable { codec: KeyCodec::new(&self.key_types)?, table: self })
    }
}

/// What is written of a group, used again for each.
#[derive(Default)]
struct Entry {
    key: EntryKey,
    payload: Vec<u8>,
}

/// A table whose groups are to be written.
pub struct FrozenTable {
    table: GroupTable,
    codec: KeyCodec,
}

impl FrozenTable {
    /// The groups of each of so many partitions; without keys there is only the first.
    ///
    /// # Errors
    /// None that a table of ours gives.
    pub fn partitions(&self, count: usize) -> Result<Vec<Vec<u32>>> {
        if self.table.key_types.is_empty() {
            return Ok(vec![self.all().collect()]);
        }
        let mut parts = vec![Vec::new(); count];
        let mut partitioner = Partitioner::new(count);
        for ids in pieces(self.table.groups(), self.table.keys.at_once(TOGETHER)) {
            let ids: Vec<u32> = ids.collect();
            let keys = self.table.keys.decode(&ids)?;
            let partitioned = partitioner.partition(&self.table.key_types, &keys, ids.len())?;
            for (number, part) in parts.iter_mut().enumerate() {
                let rows = &partitioned.rows()[partitioned.range(number)];
                part.extend(rows.iter().map(|row| ids[*row as usize]));
            }
        }
        Ok(parts)
    }

    /// Writes some groups as a further run of `runs`, which holds groups of tables of the same types.
    ///
    /// # Errors
    /// `Io` and `MemoryLimit` where they cannot be written.
    pub fn write(&self, ids: Vec<u32>, runs: &mut Runs) -> Result<()> {
        // What a group has within its states is in memory at once when runs are merged: the more runs, the less of each.
        let most = match self.table.appended {
            false => {
                let shares = (runs.len() + 1) * self.table.aggregates.holders().count().max(1);
                (INLINE_OF_ALL / shares).clamp(LEAST_APART, INLINE)
            }
            // Those of equal keys would have to be in one order. Most of these groups have one value of each family.
            true => usize::MAX,
        };
        self.write_apart(ids, most, runs)
    }

    /// As [`FrozenTable::write`]; where a group has values of more than `most` bytes, they are written apart from its states.
    pub(super) fn write_apart(&self, ids: Vec<u32>, most: usize, runs: &mut Runs) -> Result<()> {
        let mut writer = runs.writer();
        let mut entry = Entry::default();
        // Long keys are not held a second time: their hashes put them in order, and they are encoded again as they come.
        let together = self.table.keys.at_once(TOGETHER);
        if together < TOGETHER {
            for some in self.in_order_of_hashes(&ids, together)?.chunks(together) {
                let keys = self.codec.encode(&self.table.keys.decode(some)?, some.len())?;
                for (number, id) in some.iter().enumerate() {
                    let key = keys.of(number);
                    self.write_group(*id, EntryKey::hash(key), key, most, &mut entry, &mut writer)?;
                }
            }
            return writer.finish();
        }
        let keys = self.encode(&ids)?;
        for some in in_order(&keys).chunks(TOUCHED) {
            self.touch(some, &keys, &ids);
            for (hash, number) in some {
                let (encoded, id) = (keys.get(*number as usize), ids[*number as usize]);
                self.write_group(id, *hash, encoded, most, &mut entry, &mut writer)?;
            }
        }
        writer.finish()
    }

    fn write_group(
        &self,
        id: u32,
        hash: u64,
        encoded: &[u8],
        most: usize,
        Entry { key, payload }: &mut Entry,
        writer: &mut RunWriter<'_>,
    ) -> Result<()> {
        key.set_group(hash, encoded);
        payload.clear();
        payload.extend_from_slice(&self.table.first_positions[id as usize].to_le_bytes());
        self.table.aggregates.write(id, most, payload)?;
        writer.push(key.of_states(), payload)?;
        self.table.aggregates.each_value(id, most, |family, value, times| {
            let (times, one) = (times.to_le_bytes(), times == 1);
            writer.push(key.of_value(family, value)?, if one { &[] } else { &times })
        })
    }

    /// The ids in the order of their keys' hashes, `together` of which are encoded at once; where hashes are equal, the keys
    /// decide.
    fn in_order_of_hashes(&self, ids: &[u32], together: usize) -> Result<Vec<u32>> {
        let mut order = Vec::with_capacity(ids.len());
        for some in ids.chunks(together) {
            let keys = self.codec.encode(&self.table.keys.decode(some)?, some.len())?;
            order.extend(some.iter().enumerate().map(|(number, id)| (EntryKey::hash(keys.of(number)), *id)));
        }
        order.sort_unstable();
        for equal in order.chunk_by_mut(|left, right| left.0 == right.0).filter(|equal| equal.len() > 1) {
            let ids: Vec<u32> = equal.iter().map(|(_, id)| *id).collect();
            let keys = self.codec.encode(&self.table.keys.decode(&ids)?, ids.len())?;
            let mut numbers: Vec<usize> = (0..ids.len()).collect();
            numbers.sort_unstable_by(|left, right| keys.of(*left).cmp(keys.of(*right)));
            equal.iter_mut().zip(numbers).for_each(|(group, number)| group.1 = ids[number]);
        }
        Ok(order.into_iter().map(|(_, id)| id).collect())
    }

    /// Loads what some groups need, which lies anywhere, so that their cache misses overlap.
    fn touch(&self, some: &[(u64, u32)], keys: &Packed, ids: &[u32]) {
        let touched = some.iter().fold(0, |all, (_, number)| {
            let key = keys.get(*number as usize);
            let ends = key.first().zip(key.last()).map_or(0, |(first, last)| u64::from(first ^ last));
            all ^ ends ^ self.table.first_positions[ids[*number as usize] as usize]
        });
        std::hint::black_box(touched);
    }

    /// The keys of these groups as bytes.
    fn encode(&self, ids: &[u32]) -> Result<Packed> {
        let mut all = Packed::default();
        for some in ids.chunks(TOGETHER) {
            let keys = self.codec.encode(&self.table.keys.decode(some)?, some.len())?;
            (0..some.len()).for_each(|number| all.push(keys.of(number)));
            if all.len() == some.len() {
                all.reserve(ids.len() - all.len());
            }
        }
        Ok(all)
    }

    pub(super) fn all(&self) -> std::ops::Range<u32> {
        #[allow(clippy::cast_possible_truncation, reason = "there are no more groups than ids")]
        let groups = self.table.groups() as u32;
        0..groups
    }
}

/// The hash and the number of each key, in the order of the hashes; where these are equal, the keys decide.
#[allow(clippy::cast_possible_truncation, reason = "there are no more keys than ids")]
fn in_order(keys: &Packed) -> Vec<(u64, u32)> {
    let mut order: Vec<(u64, u32)> =
        keys.iter().zip(0..).map(|(key, number)| (EntryKey::hash(key), number)).collect();
    order.sort_unstable_by(|left, right| {
        let by_keys = || keys.get(left.1 as usize).cmp(keys.get(right.1 as usize));
        left.0.cmp(&right.0).then_with(by_keys)
    });
    order
}
