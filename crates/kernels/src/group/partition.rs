//! Partitions: which of several tables the groups of a row belong to, by the hash of its keys. Never looks at a table.
//!
//! Every worker says the same of the same key, in whichever array it comes.

use arrow::array::{Array, ArrayRef, AsArray, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::{Decimal64Type, Decimal128Type};
use plimsoll_core::{DataType, Error, Result};

use super::byte_keys::Strings;
use super::column::{misfit, primitive, words};
use super::hash::{Hasher, spread};
use super::text_keys::{Texts, Views};
use crate::arrays::without_dictionary;

/// How many partitions there are at most. A block has enough rows for each to be worth a visit, and one of them is a small part
/// of all.
pub const PARTITIONS: usize = 32;

/// Instead of a value: two words that are no text and no mantissa.
const NULL: u128 = u128::MAX - 1;

/// Puts rows into the order of their partitions; keeps its buffers from block to block.
#[derive(Debug)]
pub struct Partitioner {
    count: usize,
    hasher: Hasher,
    hashes: Vec<u64>,
}

/// The rows of a block by partition, within one in their order.
#[derive(Debug)]
pub struct Partitioned {
    rows: UInt32Array,
    /// Where the rows of each partition begin, and behind those of the last the number of rows.
    starts: [usize; PARTITIONS + 1],
}

impl Partitioner {
    /// For so many partitions, a power of two and at most [`PARTITIONS`].
    pub fn new(count: usize) -> Self {
        debug_assert!(count.is_power_of_two() && count <= PARTITIONS);
        Partitioner { count, hasher: Hasher::new(), hashes: Vec::new() }
    }

    /// The rows of key columns of these types.
    ///
    /// # Errors
    /// `Plan` for columns that are not of these types.
    pub fn partition(&mut self, types: &[DataType], keys: &[ArrayRef], rows: usize) -> Result<Partitioned> {
        self.hashes.clear();
        self.hashes.resize(rows, self.hasher.seed());
        for (column, data_type) in keys.iter().zip(types) {
            self.mix_column(&without_dictionary(column)?, *data_type)?;
        }
        let mut starts = [0; PARTITIONS + 1];
        let partition_of = |hash: u64| partition_of(hash) % self.count;
        self.hashes.iter().for_each(|hash| starts[partition_of(*hash) + 1] += 1);
        for partition in 0..PARTITIONS {
            starts[partition + 1] += starts[partition];
        }
        let mut next = starts;
        let mut order = vec![0; rows];
        for (row, hash) in (0..).zip(&self.hashes) {
            let place = &mut next[partition_of(*hash)];
            order[*place] = row;
            *place += 1;
        }
        Ok(Partitioned { rows: order.into(), starts })
    }

    fn mix_column(&mut self, column: &ArrayRef, data_type: DataType) -> Result<()> {
        if let Some(views) = column.as_string_view_opt() {
            let views_of = Views::new(views);
            self.mix(column, |hasher, hash, row| hasher.mix_key(hash, views_of.key(row)));
        } else if let Some(texts) = column.as_string_opt::<i32>() {
            let texts_of = Texts::new(texts);
            self.mix(column, |hasher, hash, row| hasher.mix_key(hash, texts_of.key(row)));
        } else if let Some(mantissas) = column.as_primitive_opt::<Decimal64Type>() {
            let values = mantissas.values();
            self.mix(column, |hasher, hash, row| hasher.mix(hash, i128::from(values[row]).cast_unsigned()));
        } else if let DataType::Decimal { .. } = data_type {
            let values = primitive::<Decimal128Type>(column, data_type)?.values();
            self.mix(column, |hasher, hash, row| hasher.mix(hash, values[row].cast_unsigned()));
        } else {
            let words = words(column, data_type)?.ok_or_else(|| misfit(column, data_type))?;
            self.mix(column, |hasher, hash, row| hasher.mix(hash, words[row].into()));
        }
        Ok(())
    }

    fn mix(&mut self, column: &ArrayRef, mix: impl Fn(Hasher, u64, usize) -> u64) {
        let (nulls, hasher) = (column.logical_nulls().filter(|nulls| nulls.null_count() > 0), self.hasher);
        match nulls {
            None => self.hashes.iter_mut().zip(0..).for_each(|(hash, row)| *hash = mix(hasher, *hash, row)),
            Some(nulls) => self.hashes.iter_mut().zip(0..).for_each(|(hash, row)| {
                *hash = if nulls.is_null(row) { hasher.mix(*hash, NULL) } else { mix(hasher, *hash, row) };
            }),
        }
    }
}

impl Partitioned {
    /// The rows of a column by partition.
    ///
    /// # Errors
    /// `Value` where its texts have 2 GiB or more.
    pub fn arrange(&self, column: &ArrayRef) -> Result<ArrayRef> {
        take(column, &self.rows, None).map_err(|error| Error::value(error.to_string()))
    }

    /// The numbers that the rows had, by partition.
    pub fn rows(&self) -> &[u32] {
        self.rows.values()
    }

    /// Which of the arranged rows are those of a partition.
    pub fn range(&self, partition: usize) -> std::ops::Range<usize> {
        self.starts[partition]..self.starts[partition + 1]
    }
}

/// Bits below those that places in the hash index come from.
#[inline]
#[allow(clippy::cast_possible_truncation, reason = "some bits are wanted")]
fn partition_of(hash: u64) -> usize {
    spread(hash) as usize % PARTITIONS
}
