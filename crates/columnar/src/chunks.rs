//! Blocks put together to chunks: the unit in which columns are built and held. Each is exactly as large as its values.

use arrow::array::{Array, ArrayRef, MutableArrayData, make_array};
use arrow::compute::concat;
use arrow::datatypes::DataType as ArrowType;
use arrow::error::ArrowError;
use plimsoll_core::{Error, Result, Schema};
use plimsoll_kernels::Block;
use plimsoll_kernels::arrays::wide;
use plimsoll_memory::size::Visitor;

use crate::hold::Hold;

/// Rows of a chunk: enough that what a chunk costs beside its values is little, few enough that one more chunk does not
/// count beside the column.
pub(crate) const CHUNK_ROWS: usize = 64 << 10;

/// A chunk ends before it has its rows where those of all columns take this many bytes: wide rows and long texts would
/// make it large.
pub(crate) const CHUNK_BYTES: u64 = 16 << 20;

/// Room for what an array takes beside its values: its structure, and its buffers' handles and rounding.
const BESIDE: u64 = 1024;

/// The rows of one chunk.
#[derive(Debug)]
pub(crate) struct Chunk {
    /// For each column its pieces.
    columns: Vec<Pieces>,
    rows: usize,
    /// Knows the buffers of all pieces: several may be parts of one.
    held: Visitor,
}

/// A column's arrays of the blocks that a chunk is made of, which are reserved until they become one.
#[derive(Debug, Default)]
pub(crate) struct Pieces {
    arrays: Vec<ArrayRef>,
    /// What they take that those before them did not.
    reserved: u64,
    /// Bytes of their values.
    values: u64,
}

impl Chunk {
    /// No rows of so many columns.
    fn empty(columns: usize) -> Self {
        Chunk { columns: (0..columns).map(|_| Pieces::default()).collect(), rows: 0, held: Visitor::new() }
    }

    /// The rows of another chunk's arrays.
    pub(crate) fn of(arrays: Vec<ArrayRef>, rows: usize, hold: &mut Hold) -> Result<Self> {
        let mut chunk = Chunk::empty(arrays.len());
        chunk.push(arrays, rows, hold)?;
        Ok(chunk)
    }

    /// Takes rows, which fit.
    fn push(&mut self, arrays: Vec<ArrayRef>, rows: usize, hold: &mut Hold) -> Result<()> {
        for (pieces, array) in self.columns.iter_mut().zip(arrays) {
            let before = self.held.size().total;
            self.held.visit(&array);
            let bytes = self.held.size().total - before;
            hold.grow(bytes)?;
            pieces.reserved += bytes;
            pieces.values += array.to_data().get_slice_memory_size().map_or(bytes, |values| values as u64);
            pieces.arrays.push(array);
        }
        self.rows += rows;
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.rows == CHUNK_ROWS || self.columns.iter().map(|pieces| pieces.values).sum::<u64>() >= CHUNK_BYTES
    }

    /// The columns, and how many rows they have.
    pub(crate) fn into_columns(self) -> (Vec<Pieces>, usize) {
        (self.columns, self.rows)
    }
}

impl Pieces {
    /// One array that shares nothing and has no room to spare, reserved in place of the pieces.
    pub(crate) fn join(mut self, hold: &mut Hold) -> Result<ArrayRef> {
        let is_wide = |array: &ArrayRef| matches!(array.data_type(), ArrowType::Decimal128(..));
        let mixed = self.arrays.iter().any(is_wide) && !self.arrays.iter().all(is_wide);
        let widened = if mixed { self.values * 2 } else { 0 };
        hold.grow(widened)?;
        if mixed {
            self.arrays.iter_mut().for_each(|array| *array = wide(array));
        }
        let arrays = std::mem::take(&mut self.arrays);
        let joined = hold.array(self.values + widened + BESIDE, || {
            let joined = joined(&arrays).map_err(|error| {
                Error::value(format!("the values of a column cannot be put together: {error}"))
            })?;
            Ok(trim(joined))
        });
        drop(arrays);
        hold.shrink(self.reserved + widened);
        joined
    }
}

fn joined(arrays: &[ArrayRef]) -> Result<ArrayRef, ArrowError> {
    if let [one] = arrays {
        // Joining one array gives that array, with all that it is a part of.
        return copied(one);
    }
    let arrays: Vec<&dyn Array> = arrays.iter().map(|array| array.as_ref() as &dyn Array).collect();
    concat(&arrays)
}

/// The array's values in buffers of their own.
pub(crate) fn copied(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let data = array.to_data();
    let mut copy = MutableArrayData::new(vec![&data], false, data.len());
    copy.try_extend(0, 0, data.len())?;
    Ok(make_array(copy.freeze()))
}

/// The array without room to spare, and without null bits where nothing is NULL.
pub(crate) fn trim(mut array: ArrayRef) -> ArrayRef {
    if array.nulls().is_some_and(|nulls| nulls.null_count() == 0)
        && let Ok(data) = array.to_data().into_builder().nulls(None).build()
    {
        array = make_array(data);
    }
    array.shrink_to_fit();
    array
}

/// Puts rows together to chunks and hands them to `sink`; `first` are rows that stand before those of the blocks.
///
/// # Errors
/// What a block or `sink` fails with, `MemoryLimit` where the blocks of one chunk do not fit, and `Plan` for blocks of
/// other columns than `schema`.
pub(crate) fn for_each_chunk(
    first: Option<Chunk>,
    blocks: impl Iterator<Item = Result<Block>>,
    schema: &Schema,
    hold: &mut Hold,
    mut sink: impl FnMut(Chunk, &mut Hold) -> Result<()>,
) -> Result<()> {
    let empty = || Chunk::empty(schema.fields.len());
    let mut chunk = first.unwrap_or_else(empty);
    for block in blocks {
        let block = block?;
        check(&block, schema)?;
        let mut next = 0;
        while next < block.rows {
            let rows = (block.rows - next).min(CHUNK_ROWS - chunk.rows);
            let part = if rows == block.rows { block.clone() } else { block.slice(next, rows) };
            chunk.push(part.columns, rows, hold)?;
            next += rows;
            if chunk.is_full() {
                sink(std::mem::replace(&mut chunk, empty()), hold)?;
            }
        }
    }
    if chunk.rows > 0 { sink(chunk, hold) } else { Ok(()) }
}

fn check(block: &Block, schema: &Schema) -> Result<()> {
    if *block.schema == *schema && block.columns.len() == schema.fields.len() {
        return Ok(());
    }
    let differs = block.schema.fields.iter().zip(&schema.fields).find(|(block, own)| block != own);
    let message = match differs {
        Some((block, own)) => format!(
            "column {} {} of a block stands where the store has {} {}",
            block.name, block.data_type, own.name, own.data_type
        ),
        None => format!(
            "a block of {} columns does not go into a store of {}",
            block.columns.len(),
            schema.fields.len()
        ),
    };
    Err(Error::plan(message, "give the same columns with the same types, in the same order"))
}
