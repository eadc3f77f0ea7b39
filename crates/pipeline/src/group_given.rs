//! What [`Group`](crate::Group) gives: blocks of groups in their order, made by one thread or by several.

use std::sync::Arc;

use plimsoll_core::{Error, Result, Schema};
use plimsoll_kernels::Block;
use plimsoll_kernels::group::Groups;

use crate::Ticketed;
use crate::plumbing::Memory;

/// An iterator over blocks of groups, one a ticket. Those of [`Given::several`] share what is left.
#[derive(Debug)]
pub(crate) struct Given {
    shared: Arc<Shared>,
    /// What went wrong with the ticket that was begun.
    failed: Option<Error>,
}

#[derive(Debug)]
struct Shared {
    groups: Groups,
    /// The most groups of a block.
    rows: usize,
    schema: Arc<Schema>,
    _memory: Vec<Memory>,
}

impl Given {
    /// All of `groups` as blocks of this schema, of at most `rows` groups; `memory` is let go of with them.
    pub(crate) fn new(groups: Groups, rows: usize, schema: Arc<Schema>, memory: Vec<Memory>) -> Self {
        Given { shared: Arc::new(Shared { groups, rows, schema, _memory: memory }), failed: None }
    }

    /// As many iterators as that, each of which gives what the others do not.
    pub(crate) fn several(&self, count: usize) -> Vec<Self> {
        (0..count).map(|_| Given { shared: Arc::clone(&self.shared), failed: None }).collect()
    }
}

impl Iterator for Given {
    type Item = Result<Ticketed>;

    fn next(&mut self) -> Option<Result<Ticketed>> {
        if let Some(error) = self.failed.take() {
            return Some(Err(error));
        }
        let Shared { groups, rows, schema, .. } = &*self.shared;
        let picked = groups.pick(*rows);
        let (ticket, position, rows) = (picked.number, picked.position, picked.rows());
        if rows == 0 {
            return None;
        }
        let block = match groups.columns(&picked) {
            Ok(columns) => Some(Block { position, schema: Arc::clone(schema), columns, rows }),
            Err(error) => {
                self.failed = Some(error);
                None
            }
        };
        Some(Ok(Ticketed { ticket, last: block.is_some(), block }))
    }
}
