//! The rows that [`Sort`](crate::Sort) gives, as blocks in their order.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use plimsoll_core::{Result, Schema};
use plimsoll_kernels::Block;
use plimsoll_kernels::spill::{Merge, Packed};

use crate::given::Parts;
use crate::plumbing::Memory;
use crate::sort_rows::{Held, Place};
use crate::sort_runs::RowCodec;

/// Rows in memory, and the order of their places.
pub(crate) struct HeldRows {
    pub(crate) held: Held,
    pub(crate) order: Vec<Place>,
    pub(crate) schema: Arc<Schema>,
    /// The most rows of a block.
    pub(crate) rows: usize,
    /// How many blocks were begun.
    pub(crate) begun: AtomicUsize,
    pub(crate) _memory: Memory,
}

/// Rows of runs that are being merged.
pub(crate) struct MergedRows {
    pub(crate) rows: RowCodec,
    pub(crate) schema: Arc<Schema>,
    pub(crate) merging: Mutex<Merging>,
    pub(crate) limit: usize,
    /// Bytes of the rows of a block, as they were written, from which on it is given.
    pub(crate) block_bytes: usize,
    pub(crate) _memory: Memory,
}

/// How far the runs were merged.
pub(crate) struct Merging {
    /// Nothing where it has failed.
    merge: Option<Merge>,
    blocks: u64,
    rows: usize,
}

impl Merging {
    /// Nothing was given yet.
    pub(crate) fn new(merge: Merge) -> Self {
        Merging { merge: Some(merge), blocks: 0, rows: 0 }
    }
}

impl Parts for HeldRows {
    /// How many rows lie before.
    type Part = usize;

    fn next(&self) -> Result<Option<(u64, usize)>> {
        let number = self.begun.fetch_add(1, Relaxed);
        let first = number * self.rows;
        Ok((first < self.order.len()).then_some((number as u64, first)))
    }

    fn block(&self, first: usize) -> Result<Block> {
        let places = &self.order[first..self.order.len().min(first + self.rows)];
        let columns = self.held.gather(places, self.schema.fields.len())?;
        let (position, schema) = (first as u64, Arc::clone(&self.schema));
        Ok(Block { position, schema, columns, rows: places.len() })
    }
}

impl Parts for MergedRows {
    /// How many rows lie before, and the next ones as they were written.
    type Part = (usize, Packed);

    fn next(&self) -> Result<Option<(u64, (usize, Packed))>> {
        let mut merging = self.merging.lock().unwrap_or_else(PoisonError::into_inner);
        // It stays ended where it fails.
        let Some(mut merge) = merging.merge.take() else { return Ok(None) };
        let (number, first) = (merging.blocks, merging.rows);
        let rows = payloads(&mut merge, Block::ROWS.min(self.limit - first), self.block_bytes)?;
        if rows.is_empty() {
            return Ok(None);
        }
        *merging = Merging { merge: Some(merge), blocks: number + 1, rows: first + rows.len() };
        Ok(Some((number, (first, rows))))
    }

    fn block(&self, (first, rows): (usize, Packed)) -> Result<Block> {
        let mut columns = self.rows.columns(&rows)?;
        columns.truncate(self.schema.fields.len());
        let (position, schema) = (first as u64, Arc::clone(&self.schema));
        Ok(Block { position, schema, columns, rows: rows.len() })
    }
}

/// The payloads of the next entries, at most so many, and no more once they have so many bytes.
pub(crate) fn payloads(merge: &mut Merge, most: usize, bytes: usize) -> Result<Packed> {
    let mut payloads = Packed::default();
    while payloads.len() < most && payloads.bytes() < bytes && merge.advance()? {
        payloads.push(merge.payload());
    }
    Ok(payloads)
}
