//! The memory of columns that expressions give, of which a block may have too many rows to be evaluated at once.

use plimsoll_core::{ErrorKind, Result};
use plimsoll_kernels::{Block, evaluated_within};
use plimsoll_memory::{Bytes, Consumer};

use crate::plumbing::Memory;

/// One byte of so many that are available is for the columns of all workers.
const SHARE: u64 = 4;
/// As much is evaluated without asking, as others may have all there is for a moment.
const LEAST: u64 = 64 << 10;
/// Where what could come at most leaves room for fewer rows than these, so many are tried.
const FEW: usize = 64;
/// Of what is held for rows that are tried, all that is made has one of so many bytes: what grows may have twice its bytes.
const MADE: u64 = 2;

/// What a worker holds for the columns that it evaluates. As blocks are much the same, it keeps the most that one took.
#[derive(Debug)]
pub(crate) struct Evaluation {
    memory: Memory,
    /// Rows of the last piece of a block that was too large; the most there is before.
    piece: usize,
    /// Rows to try next, once there is no room for what they could come to at most.
    next: Option<usize>,
    /// The most that it should hold, so that others find some.
    share: u64,
}

/// How much of a block is evaluated.
#[derive(Debug, Clone, Copy)]
enum Piece {
    /// So many rows, for which there is room whatever they come to.
    Fits(usize),
    /// So many rows, unless they come to more than there is room for.
    Tried(usize),
}

impl Evaluation {
    /// Nothing yet, on the account of `consumer`; there are so many workers.
    pub(crate) fn new(consumer: &Consumer, workers: usize) -> Self {
        let share = Memory::available(Some(consumer)) / (SHARE * workers.max(1) as u64);
        Evaluation { memory: Memory::new(Some(consumer)), piece: usize::MAX, next: None, share }
    }

    /// What `evaluate` makes of as many rows of a block, from the front, as there is memory for, and how many these are: `size`
    /// tells the bytes that a block takes at most.
    ///
    /// # Errors
    /// Those of `evaluate`; `MemoryLimit` where there is no room for one row.
    pub(crate) fn of_some<T>(
        &mut self,
        block: &Block,
        size: impl Fn(&Block) -> usize,
        mut evaluate: impl FnMut(Block) -> Result<T>,
    ) -> Result<(usize, T)> {
        loop {
            match self.piece(block, &size) {
                Piece::Fits(rows) => return Ok((rows, evaluate(block.slice(0, rows))?)),
                Piece::Tried(rows) => {
                    let made = self.memory.held().max(LEAST) / MADE;
                    let made = usize::try_from(made).unwrap_or(usize::MAX);
                    if let Some(given) = evaluated_within(made, || evaluate(block.slice(0, rows)))? {
                        self.next = Some(rows.saturating_mul(2));
                        return Ok((rows, given));
                    }
                    self.next = Some((rows / 2).max(1));
                    if rows == 1 {
                        self.hold_more(made)?;
                    }
                }
            }
        }
    }

    fn piece(&mut self, block: &Block, size: impl Fn(&Block) -> usize) -> Piece {
        let least = block.rows.min(FEW);
        // Not all over again with each block.
        let mut rows = block.rows.min(self.piece.saturating_mul(2));
        while self.next.is_none() && rows >= least {
            let bytes = size(&block.slice(0, rows)) as u64;
            let is_held = bytes <= self.memory.held().max(LEAST);
            if is_held || (bytes <= self.share && self.memory.hold(bytes as usize).is_ok()) {
                self.piece = if rows < block.rows { rows } else { self.piece.max(rows) };
                return Piece::Fits(rows);
            }
            if rows == 1 {
                break;
            }
            rows /= 2;
        }
        let wanted = self.share.min(self.memory.room() / 2);
        if self.memory.held() < wanted {
            let _ = self.memory.hold(usize::try_from(wanted).unwrap_or(usize::MAX));
        }
        Piece::Tried(block.rows.min(self.next.unwrap_or(FEW)).max(1))
    }

    /// Holds more, where one row takes more than `made` bytes.
    fn hold_more(&mut self, made: usize) -> Result<()> {
        let held = self.memory.held().max(LEAST);
        let all = held + self.memory.room() / 4 * 3;
        let more = (2 * held).min(all);
        if more > held / 8 * 9 && self.memory.hold(usize::try_from(more).unwrap_or(usize::MAX)).is_ok() {
            return Ok(());
        }
        let made = Bytes(made as u64);
        Err(ErrorKind::MemoryLimit {
            message: format!("the expressions of one row take more than {made}, for which there is no room"),
            hint: "raise the memory limit, or use fewer threads".to_owned(),
        }
        .into())
    }
}
