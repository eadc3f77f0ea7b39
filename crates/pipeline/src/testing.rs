//! Bases for the tests: blocks out of literals, and a probe that counts how often it is pulled.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow::array::{ArrayRef, AsArray, Decimal64Array, Int64Array};
use arrow::datatypes::{DataType as ArrowType, Decimal128Type, Int64Type};
use plimsoll_core::{DataType, Error, Field, Result, Schema};
use plimsoll_kernels::Block;
use rayon::{ThreadPool, ThreadPoolBuilder};

/// A pool of this many threads.
pub(crate) fn pool(threads: usize) -> Arc<ThreadPool> {
    Arc::new(ThreadPoolBuilder::new().num_threads(threads).build().unwrap())
}

/// Columns called a, b, c, … of these types.
pub(crate) fn schema(types: &[DataType]) -> Arc<Schema> {
    let fields = ('a'..).zip(types).map(|(name, data_type)| Field::new(name, *data_type));
    Arc::new(Schema::new(fields.collect()))
}

/// A block of columns called a, b, c, ….
pub(crate) fn block(position: u64, types: &[DataType], columns: Vec<ArrayRef>) -> Block {
    let rows = columns.first().map_or(0, |column| column.len());
    Block { position, schema: schema(types), columns, rows }
}

/// Blocks of one integer column; positions count the values.
pub(crate) fn blocks(values: &[&[i64]]) -> std::vec::IntoIter<Result<Block>> {
    let mut position = 0;
    let blocks: Vec<_> = values
        .iter()
        .map(|values| {
            position += values.len() as u64;
            let column: ArrayRef = Arc::new(Int64Array::from(values.to_vec()));
            Ok(block(position - values.len() as u64, &[DataType::Int64], vec![column]))
        })
        .collect();
    blocks.into_iter()
}

/// A decimal column of scale 1, of narrow mantissas.
pub(crate) fn tenths(mantissas: &[i64]) -> ArrayRef {
    let array = Decimal64Array::from(mantissas.to_vec());
    Arc::new(array.with_data_type(ArrowType::Decimal64(18, 1)))
}

/// A column of integers.
pub(crate) fn integers(values: &[Option<i64>]) -> ArrayRef {
    Arc::new(Int64Array::from(values.to_vec()))
}

/// All mantissas of a decimal column of results.
pub(crate) fn mantissas_of(blocks: &[Block], column: usize) -> Vec<Option<i128>> {
    let arrays = blocks.iter().map(|block| block.columns[column].as_primitive::<Decimal128Type>());
    arrays.flat_map(|array| array.iter().collect::<Vec<_>>()).collect()
}

/// All values of an integer column.
pub(crate) fn integers_of(blocks: &[Block], column: usize) -> Vec<i64> {
    let arrays = blocks.iter().map(|block| block.columns[column].as_primitive::<Int64Type>());
    arrays.flat_map(|array| array.values().to_vec()).collect()
}

/// Gives 10 blocks of 3 rows, but an error (or a panic) instead of block `fails_at`; pulled after its end it goes on, as a bad base may.
pub(crate) struct Probe {
    pub(crate) pulls: Arc<AtomicUsize>,
    pub(crate) fails_at: Option<usize>,
    pub(crate) panics: bool,
}

impl Probe {
    pub(crate) const BLOCKS: usize = 10;
}

impl Iterator for Probe {
    type Item = Result<Block>;

    fn next(&mut self) -> Option<Result<Block>> {
        let number = self.pulls.fetch_add(1, Ordering::SeqCst);
        if self.fails_at == Some(number) {
            assert!(!self.panics, "the probe panicked");
            return Some(Err(Error::value("the probe failed")));
        }
        if number == Self::BLOCKS {
            return None;
        }
        let first = number as i64 * 3;
        let column: ArrayRef = Arc::new(Int64Array::from(vec![first, first + 1, first + 2]));
        Some(Ok(block(first as u64, &[DataType::Int64], vec![column])))
    }
}
