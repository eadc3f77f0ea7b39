//! Groups that go to a temporary file, and come back with those of the same key merged.
//!
//! An entry's key is the hash of the group's key and behind it the key itself, as arrow-row encodes it; so runs and their
//! merge go by hash, which eight bytes tell. Its payload is the position of the group's first record and its states.

use arrow::array::ArrayRef;
use plimsoll_core::{DataType, Error, Result, TypedAggregate};
use xxhash_rust::xxh3::xxh3_64;

use super::key_codec::{Encoded, KeyCodec};
use super::{GroupTable, PARTITIONS, Partitioner};
use crate::aggregate::Aggregates;
use crate::spill::{Merge, Packed, Runs};

/// Groups that are encoded at once.
const TOGETHER: usize = 1024;
/// Bytes of the hash before a key.
const HASH: usize = 8;

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

/// A table whose groups are to be written.
pub struct FrozenTable {
    table: GroupTable,
    codec: KeyCodec,
}

impl FrozenTable {
    /// The groups of each of the [`PARTITIONS`].
    ///
    /// # Errors
    /// None that a table of ours gives.
    pub fn partitions(&self) -> Result<Vec<Vec<u32>>> {
        let mut parts = vec![Vec::new(); PARTITIONS];
        let mut partitioner = Partitioner::new();
        let all: Vec<u32> = self.all().collect();
        for ids in all.chunks(TOGETHER) {
            let keys = self.table.keys.decode(ids)?;
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
        let order = self.by_hash(ids)?;
        let mut writer = runs.writer();
        let (mut key, mut payload) = (Vec::new(), Vec::new());
        let mut rest = order.as_slice();
        while !rest.is_empty() {
            // Groups of the same hash stay together, since then their keys decide.
            let mut behind = rest.len().min(TOGETHER);
            while behind < rest.len() && rest[behind].0 == rest[behind - 1].0 {
                behind += 1;
            }
            let (groups, others) = rest.split_at(behind);
            rest = others;
            let ids: Vec<u32> = groups.iter().map(|(_, id)| *id).collect();
            let keys = self.encode(&ids)?;
            let mut numbers: Vec<usize> = (0..ids.len()).collect();
            numbers.sort_by(|left, right| {
                groups[*left].0.cmp(&groups[*right].0).then_with(|| keys.of(*left).cmp(keys.of(*right)))
            });
            for number in numbers {
                let (hash, id) = groups[number];
                key.clear();
                key.extend_from_slice(&hash.to_be_bytes());
                key.extend_from_slice(keys.of(number));
                payload.clear();
                payload.extend_from_slice(&self.table.first_positions[id as usize].to_le_bytes());
                self.table.aggregates.write(id, &mut payload)?;
                writer.push(&key, &payload)?;
            }
        }
        writer.finish()
    }

    fn all(&self) -> std::ops::Range<u32> {
        #[allow(clippy::cast_possible_truncation, reason = "there are no more groups than ids")]
        let groups = self.table.groups() as u32;
        0..groups
    }

    /// The hash and the id of these groups, in the order of the hashes.
    fn by_hash(&self, ids: Vec<u32>) -> Result<Vec<(u64, u32)>> {
        let mut order = Vec::with_capacity(ids.len());
        for ids in ids.chunks(TOGETHER) {
            let keys = self.encode(ids)?;
            order.extend(ids.iter().enumerate().map(|(number, id)| (xxh3_64(keys.of(number)), *id)));
        }
        order.sort_unstable();
        Ok(order)
    }

    fn encode(&self, ids: &[u32]) -> Result<Encoded> {
        self.codec.encode(&self.table.keys.decode(ids)?, ids.len())
    }
}

/// All groups of some runs, those of the same key as one.
#[derive(Debug)]
pub struct SpilledGroups {
    merge: Merge,
    codec: KeyCodec,
    aggregates: Vec<TypedAggregate>,
    arguments: Vec<usize>,
    /// Whether the merge stands at an entry that was not taken yet.
    waits: bool,
}

/// Some groups.
#[derive(Debug)]
pub struct Spilled {
    /// One array for each key, then one for each aggregate.
    pub columns: Vec<ArrayRef>,
    /// The position of the first record of each group.
    pub first_positions: Vec<u64>,
}

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
        Ok(SpilledGroups { merge, codec, aggregates, arguments, waits: false })
    }

    /// The next groups: at most so many, and no more than have states of about so many bytes. `None` after the last. One
    /// group alone may have more; `hold` is told how much it comes to, and may refuse it.
    ///
    /// # Errors
    /// `Io`, and those of the states and of `hold`.
    pub fn next(
        &mut self,
        groups: usize,
        bytes: usize,
        hold: impl FnMut(usize) -> Result<()>,
    ) -> Result<Option<Spilled>> {
        let merged = self.merge_next(groups, bytes, hold)?;
        let Some((keys, first_positions, mut states)) = merged else { return Ok(None) };
        states.close()?;
        let mut columns = self.codec.decode(&keys)?;
        #[allow(clippy::cast_possible_truncation, reason = "a block has few groups")]
        columns.extend(states.results(&(0..keys.len() as u32).collect::<Vec<_>>())?);
        Ok(Some(Spilled { columns, first_positions }))
    }

    /// As [`SpilledGroups::next`], but as a table that goes on.
    ///
    /// # Errors
    /// As [`SpilledGroups::next`].
    pub fn next_table(&mut self, groups: usize, bytes: usize) -> Result<Option<GroupTable>> {
        let merged = self.merge_next(groups, bytes, |_| Ok(()))?;
        let Some((keys, first_positions, states)) = merged else { return Ok(None) };
        let mut table =
            GroupTable::with_shared_arguments(&self.codec.types, &self.aggregates, &self.arguments);
        table.look_up(&self.codec.decode(&keys)?, keys.len())?;
        debug_assert!(table.keys.len() == keys.len(), "keys of runs that are merged differ");
        table.next_position = first_positions.iter().max().map_or(0, |last| last + 1);
        (table.first_positions, table.aggregates) = (first_positions, states);
        Ok(Some(table))
    }

    fn merge_next(
        &mut self,
        groups: usize,
        bytes: usize,
        mut hold: impl FnMut(usize) -> Result<()>,
    ) -> Result<Option<(Packed, Vec<u64>, Aggregates)>> {
        /// Bytes of a state from which on it is looked at alone.
        const LARGE: usize = 16 << 10;
        /// States between two looks at their size.
        const LOOKS: usize = 32;
        let mut keys = Packed::default();
        let mut first_positions: Vec<u64> = Vec::new();
        let mut states = self.states();
        // The group of each state.
        let mut mapping: Vec<u32> = Vec::new();
        while self.waits || self.merge.advance()? {
            self.waits = true;
            let (hashed, payload) = (self.merge.key(), self.merge.payload());
            let key = hashed.get(HASH..).ok_or_else(damaged)?;
            let (position, mut payload) = payload.split_first_chunk().ok_or_else(damaged)?;
            let position = u64::from_le_bytes(*position);
            if keys.last() == Some(key) {
                if let Some(first) = first_positions.last_mut() {
                    *first = position.min(*first);
                }
            } else {
                let full = mapping.len().is_multiple_of(LOOKS) && states.size() + keys.bytes() > bytes;
                if keys.len() == groups || (full && !mapping.is_empty()) {
                    break;
                }
                keys.push(key);
                first_positions.push(position);
            }
            #[allow(clippy::cast_possible_truncation, reason = "a block has few groups")]
            let (state, group) = (mapping.len() as u32, keys.len() as u32 - 1);
            if payload.len() > LARGE {
                hold(states.size() + 2 * payload.len())?;
            }
            mapping.push(group);
            states.resize(mapping.len());
            states.read(state, &mut payload)?;
            self.waits = false;
        }
        if mapping.is_empty() {
            return Ok(None);
        }
        if mapping.len() > keys.len() {
            let mut parts = std::mem::replace(&mut states, self.states());
            states.resize(keys.len());
            states.take_part(&mut parts, &mapping)?;
        }
        Ok(Some((keys, first_positions, states)))
    }

    fn states(&self) -> Aggregates {
        Aggregates::new(&self.aggregates, &self.arguments)
    }
}

fn damaged() -> Error {
    Error::value("a group in a temporary file is damaged")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Array, Int64Array, StringArray, UInt32Array};
    use arrow::compute::{concat, take};
    use plimsoll_core::typed::bind_aggregate;
    use plimsoll_core::{AggregateFunction as A, Expr};
    use proptest::prelude::*;

    use super::*;
    use crate::spill::Space;

    /// Everything that states do with numbers and texts.
    fn aggregates() -> Vec<TypedAggregate> {
        let functions = [
            (A::CountStar, None),
            (A::Sum, Some(0)),
            (A::Max, Some(1)),
            (A::First, Some(1)),
            (A::CountDistinct, Some(0)),
            (A::CountDistinct, Some(1)),
            (A::QuantileCont(0.5), Some(0)),
            (A::StddevPop, Some(0)),
        ];
        let bound = functions.map(|(function, field)| {
            let arguments: Vec<Expr> = field.into_iter().map(Expr::Field).collect();
            bind_aggregate(function, &arguments, &[DataType::Int64, DataType::Utf8]).unwrap()
        });
        bound.to_vec()
    }

    proptest! {
        #[test]
        fn as_if_they_had_stayed(
            rows in prop::collection::vec((prop::option::of(-3i64..3), prop::option::of("[ab]{0,2}|c{20}")), 0..200),
            used in prop::sample::select(vec![vec![], vec![0usize], vec![1], vec![0, 1]]),
            blocks in 1usize..30,
            kept in 1usize..5,
            fan_in in 2usize..5,
            groups in 1usize..9,
            bytes in prop::sample::select(vec![0usize, 1 << 20]),
        ) {
            let directory = tempfile::tempdir().unwrap();
            let mut runs = Runs::new(&Space::new(directory.path(), None)).unwrap();
            let types: Vec<DataType> = used.iter().map(|key| [DataType::Int64, DataType::Utf8][*key]).collect();
            let aggregates = aggregates();
            let table = || GroupTable::new(&types, &aggregates);
            let (mut whole, mut part) = (table(), table());
            for (number, block) in rows.chunks(blocks).enumerate() {
                let numbers: ArrayRef = Arc::new(block.iter().map(|row| row.0).collect::<Int64Array>());
                let texts: ArrayRef = Arc::new(block.iter().map(|row| row.1.clone()).collect::<StringArray>());
                let columns = [numbers, texts];
                let keys: Vec<ArrayRef> = used.iter().map(|key| Arc::clone(&columns[*key])).collect();
                let arguments: Vec<Vec<ArrayRef>> = [None, Some(0), Some(1), Some(1), Some(0), Some(1), Some(0), Some(0)]
                    .map(|field| field.into_iter().map(|field: usize| Arc::clone(&columns[field])).collect())
                    .to_vec();
                let position = (number * blocks) as u64;
                whole.update(&keys, &arguments, block.len(), position).unwrap();
                part.update(&keys, &arguments, block.len(), position).unwrap();
                if number % kept == 0 {
                    std::mem::replace(&mut part, table()).spill(&mut runs).unwrap();
                }
            }
            part.spill(&mut runs).unwrap();
            let arguments: Vec<usize> = (0..aggregates.len()).collect();
            let mut spilled = SpilledGroups::new(runs, &types, &aggregates, &arguments, fan_in).unwrap();
            let (mut pieces, mut positions) = (Vec::new(), Vec::new());
            while let Some(piece) = spilled.next(groups, bytes, |_| Ok(())).unwrap() {
                prop_assert!(piece.first_positions.len() <= groups);
                positions.extend(piece.first_positions);
                pieces.push(piece.columns);
            }
            let expected = whole.finish().unwrap();
            let mut order: Vec<u32> = (0..positions.len() as u32).collect();
            order.sort_by_key(|group| positions[*group as usize]);
            let order = UInt32Array::from(order);
            prop_assert!(pieces.is_empty() == expected[0].is_empty());
            for (column, expected) in expected.iter().enumerate().filter(|_| !pieces.is_empty()) {
                let pieces: Vec<&dyn Array> = pieces.iter().map(|piece| piece[column].as_ref()).collect();
                prop_assert_eq!(&take(&concat(&pieces).unwrap(), &order, None).unwrap(), expected);
            }
        }
    }
}
