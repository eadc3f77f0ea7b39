//! The rows of a [`Sort`](crate::Sort) that memory did not hold: sorted runs in a temporary file, and their merge.

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::datatypes::DataType as ArrowType;
use arrow_row::{RowConverter, SortField};
use plimsoll_core::{DataType, Result, Schema, SortKey};
use plimsoll_kernels::Block;
use plimsoll_kernels::arrays::arrow_type;
use plimsoll_kernels::group::widen;
use plimsoll_kernels::spill::{Merge, Packed, Runs, Space};
use plimsoll_memory::process::give_back;

use crate::plumbing::{Memory, READERS};
use crate::sort_rows::{Held, failed};

/// Bytes of rows that become a run of their own: to sort and to gather more of them at once misses the caches more often.
const RUN_BYTES: usize = 32 << 20;
/// But no less than such a part of what was held, so that all runs can be merged at once.
const RUNS_AT_ONCE: usize = 8;
/// Rows that are encoded at once.
const TOGETHER: usize = 512;
/// Bytes of rows from which on a block is given.
const BLOCK_BYTES: usize = 256 << 10;
/// Bytes of rows that were widened from which on they become a run.
const WIDENED_BYTES: usize = 4 * BLOCK_BYTES;

/// Runs of rows. An entry's key is that of [`Held::key`], its payload the row's columns and its position.
#[derive(Debug)]
pub(crate) struct SortRuns {
    space: Space,
    limit: usize,
    /// Runs of rows of the same types, which widen from one to the next.
    runs: Vec<(Vec<DataType>, Runs)>,
}

/// The rows of all runs in order.
#[derive(Debug)]
pub(crate) struct Merged {
    merge: Merge,
    rows: RowCodec,
    schema: Arc<Schema>,
    given: usize,
    limit: usize,
    _memory: Memory,
}

impl SortRuns {
    /// None yet; of each only the first `limit` rows are wanted.
    pub(crate) fn new(space: Space, limit: usize) -> Self {
        SortRuns { space, limit, runs: Vec::new() }
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Makes the rows held runs; none is held then.
    pub(crate) fn spill(&mut self, held: &mut Held) -> Result<()> {
        let Some(types) = held.types().filter(|_| held.rows() > 0).map(<[DataType]>::to_vec) else {
            return Ok(());
        };
        let codec = RowCodec::new(&types)?;
        if self.runs.last().is_none_or(|(last, _)| *last != types) {
            self.runs.push((types.clone(), Runs::new(&self.space)?));
        }
        let Some((_, runs)) = self.runs.last_mut() else { return Ok(()) };
        let bytes = RUN_BYTES.max(held.size() / RUNS_AT_ONCE);
        while held.rows() > 0 {
            let part = held.take_some(bytes);
            let mut writer = runs.writer();
            for places in part.order(self.limit).chunks(TOGETHER) {
                let rows = part.gather(places, types.len() + 1)?;
                let rows = codec.converter.convert_columns(&rows).map_err(failed)?;
                for (place, row) in places.iter().zip(&rows) {
                    writer.push(part.key(*place), row.data())?;
                }
            }
            writer.finish()?;
            drop(part);
            give_back();
        }
        Ok(())
    }

    /// The rows of all runs as rows of `schema`, sorted by these keys.
    pub(crate) fn merge(
        mut self,
        schema: Arc<Schema>,
        keys: &[SortKey],
        mut memory: Memory,
    ) -> Result<Merged> {
        let types = schema.types();
        // Rows that are narrower are spilled anew, as wider ones.
        let narrower = self.runs.iter().take_while(|(of, _)| *of != types).count();
        for (of, runs) in self.runs.drain(..narrower).collect::<Vec<_>>() {
            self.widen(&of, runs, &types, keys)?;
        }
        let reader = self.space.reader_bytes();
        let fan_in = memory.hold_readers(2 * BLOCK_BYTES, reader, READERS / reader)?;
        let runs = match self.runs.pop() {
            Some((_, runs)) => runs,
            None => Runs::new(&self.space)?,
        };
        let (merge, rows) = (runs.merge(fan_in)?, RowCodec::new(&types)?);
        Ok(Merged { merge, rows, schema, given: 0, limit: self.limit, _memory: memory })
    }

    /// Brings the rows of runs to wider types, and makes runs of them again.
    fn widen(&mut self, of: &[DataType], runs: Runs, types: &[DataType], keys: &[SortKey]) -> Result<()> {
        let codec = RowCodec::new(of)?;
        let mut merge = runs.merge(2)?;
        let mut held = Held::new(keys);
        loop {
            let rows = payloads(&mut merge, Block::ROWS)?;
            if rows.is_empty() {
                return self.spill(&mut held);
            }
            let columns = codec.columns(&rows)?;
            let wider = columns.iter().zip(types).map(|(column, to)| widen(column, *to));
            let columns = wider.chain(columns.last().cloned().map(Ok)).collect::<Result<_>>()?;
            let piece = held.encoded(columns, types)?;
            held.push(piece);
            if held.size() > WIDENED_BYTES {
                self.spill(&mut held)?;
            }
        }
    }
}

impl Merged {
    /// The next rows.
    pub(crate) fn next(&mut self) -> Result<Option<Block>> {
        let wanted = Block::ROWS.min(self.limit - self.given);
        let payloads = payloads(&mut self.merge, wanted)?;
        let rows = payloads.len();
        if rows == 0 {
            return Ok(None);
        }
        let mut columns = self.rows.columns(&payloads)?;
        columns.truncate(self.schema.fields.len());
        let block = Block { position: self.given as u64, schema: Arc::clone(&self.schema), columns, rows };
        self.given += rows;
        Ok(Some(block))
    }
}

/// Rows of some columns, and a position behind them, as bytes.
#[derive(Debug)]
struct RowCodec {
    converter: RowConverter,
}

impl RowCodec {
    fn new(types: &[DataType]) -> Result<Self> {
        let fields = types.iter().map(|of| arrow_type(*of)).chain([ArrowType::UInt64]);
        let converter = RowConverter::new(fields.map(SortField::new).collect()).map_err(failed)?;
        Ok(RowCodec { converter })
    }

    fn columns(&self, rows: &Packed) -> Result<Vec<ArrayRef>> {
        let parser = self.converter.parser();
        self.converter.convert_rows(rows.iter().map(|row| parser.parse(row))).map_err(failed)
    }
}

/// The payloads of the next entries, at most so many.
fn payloads(merge: &mut Merge, most: usize) -> Result<Packed> {
    let mut payloads = Packed::default();
    while payloads.len() < most && payloads.bytes() < BLOCK_BYTES && merge.advance()? {
        payloads.push(merge.payload());
    }
    Ok(payloads)
}
