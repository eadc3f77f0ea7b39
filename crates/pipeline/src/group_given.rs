//! The groups that [`Group`](crate::Group) gives, as blocks in their order.

use std::sync::Arc;

use plimsoll_core::{Result, Schema};
use plimsoll_kernels::Block;
use plimsoll_kernels::group::{Groups, Picked};

use crate::given::Parts;
use crate::plumbing::Memory;

/// All groups, in memory.
pub(crate) struct HeldGroups {
    pub(crate) groups: Groups,
    /// The most groups of a block.
    pub(crate) rows: usize,
    pub(crate) schema: Arc<Schema>,
    /// That of the groups and of the blocks, let go of with them.
    pub(crate) _memory: Vec<Memory>,
}

impl Parts for HeldGroups {
    type Part = Picked;

    fn next(&self) -> Result<Option<(u64, Picked)>> {
        let picked = self.groups.pick(self.rows);
        Ok((picked.rows() > 0).then_some((picked.number, picked)))
    }

    fn block(&self, picked: Picked) -> Result<Block> {
        let (columns, rows) = (self.groups.columns(&picked)?, picked.rows());
        Ok(Block { position: picked.position, schema: Arc::clone(&self.schema), columns, rows })
    }
}
