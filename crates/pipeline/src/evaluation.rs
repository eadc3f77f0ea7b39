//! The memory of columns that expressions give, of which a block may have too many rows to be evaluated at once.

use plimsoll_core::Result;
use plimsoll_kernels::Block;
use plimsoll_memory::Consumer;

use crate::plumbing::Memory;

/// One byte of so many that are available is for the columns of all workers.
const SHARE: u64 = 4;
/// As much is evaluated without asking, as others may have all there is for a moment.
const LEAST: u64 = 64 << 10;

/// What a worker holds for the columns that it evaluates. As blocks are much the same, it keeps the most that one took.
#[derive(Debug)]
pub(crate) struct Evaluation {
    memory: Memory,
    /// Rows of the last piece of a block that was too large; the most there is before.
    piece: usize,
    /// The most that it should hold, so that others find some.
    share: u64,
}

impl Evaluation {
    /// Nothing yet, on the account of `consumer`; there are so many workers.
    pub(crate) fn new(consumer: &Consumer, workers: usize) -> Self {
        let share = Memory::available(Some(consumer)) / (SHARE * workers.max(1) as u64);
        Evaluation { memory: Memory::new(Some(consumer)), piece: usize::MAX, share }
    }

    /// How many rows of a block, from the front, there is memory for: `size` tells the bytes that a block takes.
    ///
    /// # Errors
    /// `MemoryLimit` where there is none for one row.
    pub(crate) fn rows(&mut self, block: &Block, size: impl Fn(&Block) -> usize) -> Result<usize> {
        // Not all over again with each block.
        let mut rows = block.rows.min(self.piece.saturating_mul(2));
        loop {
            let bytes = size(&block.slice(0, rows));
            if bytes as u64 <= self.memory.held().max(LEAST) {
                break;
            }
            if bytes as u64 <= self.share || rows <= 1 {
                match self.memory.hold(bytes) {
                    Ok(()) => break,
                    Err(error) if rows <= 1 => return Err(error),
                    Err(_) => {}
                }
            }
            rows /= 2;
        }
        self.piece = if rows < block.rows { rows } else { self.piece.max(rows) };
        Ok(rows)
    }
}
