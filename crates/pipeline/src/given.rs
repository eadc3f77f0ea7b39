//! What operators give that have read all their input: blocks in order, made by one thread or by several.

use std::fmt;
use std::sync::Arc;

use plimsoll_core::{Error, Result};
use plimsoll_kernels::Block;
use rayon::ThreadPool;

use crate::lanes::AHEAD;
use crate::{Ordered, Ticketed};

/// What blocks are made of, a part for each.
pub(crate) trait Parts: Send + Sync + 'static {
    /// What one block is made of.
    type Part;

    /// The next part and its number, from 0; `None` after the last and after an error. One thread at a time should need it:
    /// what takes long belongs into [`Parts::block`].
    fn next(&self) -> Result<Option<(u64, Self::Part)>>;

    /// The block of a part.
    fn block(&self, part: Self::Part) -> Result<Block>;
}

/// What is given once all input has been read.
pub(crate) struct Output(Box<dyn Iterator<Item = Result<Block>> + Send>);

impl Output {
    /// Blocks that come in their order anyway.
    pub(crate) fn new(blocks: impl Iterator<Item = Result<Block>> + Send + 'static) -> Self {
        Output(Box::new(blocks))
    }

    /// The blocks of all `parts`, made by so many threads of the pool; by who pulls where that is one.
    pub(crate) fn of(parts: impl Parts, workers: usize, pool: Option<&Arc<ThreadPool>>) -> Self {
        let parts = Arc::new(parts);
        let made = (0..workers).map(|_| Worker { parts: Arc::clone(&parts), failed: None });
        Output::by(made.collect(), pool.filter(|_| workers > 1))
    }

    /// What `workers` give, driven by the pool; without one by who pulls, for whom one of them must do.
    pub(crate) fn by<W>(workers: Vec<W>, pool: Option<&Arc<ThreadPool>>) -> Self
    where
        W: Iterator<Item = Result<Ticketed>> + Send + 'static,
    {
        match pool {
            Some(pool) => Output::new(Ordered::new(workers, Arc::clone(pool))),
            None => {
                let items = workers.into_iter().take(1).flatten();
                Output::new(items.filter_map(|item| item.map(|item| item.block).transpose()))
            }
        }
    }
}

impl Iterator for Output {
    type Item = Result<Block>;

    fn next(&mut self) -> Option<Result<Block>> {
        self.0.next()
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Output")
    }
}

/// Threads that should make blocks of so many rows.
pub(crate) fn workers(rows: usize, pool: Option<&Arc<ThreadPool>>) -> usize {
    match pool {
        Some(pool) if rows > Block::ROWS => pool.current_num_threads(),
        // One block is made at once.
        _ => 1,
    }
}

/// Blocks that there are at a time where so many threads make them: of each some wait, one is being made, and one is with
/// who takes them.
pub(crate) fn at_once(workers: usize) -> usize {
    workers * (AHEAD + 1) + 1
}

/// Makes blocks, one a ticket; several share the parts.
struct Worker<P> {
    parts: Arc<P>,
    /// What went wrong with the ticket that was begun.
    failed: Option<Error>,
}

impl<P: Parts> Iterator for Worker<P> {
    type Item = Result<Ticketed>;

    fn next(&mut self) -> Option<Result<Ticketed>> {
        if let Some(error) = self.failed.take() {
            return Some(Err(error));
        }
        let (ticket, part) = match self.parts.next().transpose()? {
            Ok(next) => next,
            Err(error) => return Some(Err(error)),
        };
        let block = self.parts.block(part).map_err(|error| self.failed = Some(error)).ok();
        Some(Ok(Ticketed { ticket, last: block.is_some(), block }))
    }
}
