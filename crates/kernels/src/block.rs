//! The unit that flows through a pipeline, and the trait of everything that gives such units.

use std::sync::Arc;

use arrow::array::ArrayRef;
use plimsoll_core::{Result, Schema};

/// Some consecutive records of a source as typed columns, at most [`Block::ROWS`] of them.
#[derive(Debug, Clone)]
pub struct Block {
    /// Where the block stands in its source. Row `i` has the position `position + i`; positions grow in record order
    /// and are unique within a source, but not dense: dropping rows from a block keeps the order of the others.
    pub position: u64,
    /// Names and *logical* types of the columns. It can change from one block to the next while a source widens
    /// integers to decimals, or decimals to a greater scale; operators that hold state follow. Behind operators that bring
    /// several workers together a narrower type can come again after a wider one.
    pub schema: Arc<Schema>,
    /// The columns, each of `rows` values; see [`crate::arrays`] for which array holds which type.
    pub columns: Vec<ArrayRef>,
    /// How many rows.
    pub rows: usize,
}

impl Block {
    /// The most rows of one block: few enough that the columns of a query stay in the second-level cache.
    pub const ROWS: usize = 4096;

    /// `rows` rows from row `start` on, without copying; all of them without a new array.
    #[must_use]
    pub fn slice(&self, start: usize, rows: usize) -> Block {
        if rows == self.rows {
            return self.clone();
        }
        Block {
            position: self.position + start as u64,
            schema: Arc::clone(&self.schema),
            columns: self.columns.iter().map(|column| column.slice(start, rows)).collect(),
            rows,
        }
    }
}

/// Something that several workers pull blocks from at once. Nothing is read before the first pull.
pub trait Source: Send + Sync {
    /// One worker's end of the source. Each block goes to exactly one of the workers; each worker sees its blocks in
    /// the order of their positions. After `None` or an error it only gives `None`.
    fn worker(self: Arc<Self>) -> Box<dyn Iterator<Item = Result<Block>> + Send>;
}
