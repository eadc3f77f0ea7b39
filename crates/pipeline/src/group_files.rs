//! The groups of one partition that are in a temporary file. Written beside the table of the partition, which others go on
//! with meanwhile.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use plimsoll_core::Result;
use plimsoll_kernels::GroupTable;
use plimsoll_kernels::group::FrozenTable;
use plimsoll_kernels::spill::{Runs, Space};
use plimsoll_memory::process::give_back;

/// Runs of groups, once there are any. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Files {
    runs: Arc<Mutex<Option<Runs>>>,
}

impl Files {
    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.lock().is_none()
    }

    /// Adds the groups of a table of the partition's types.
    pub(crate) fn add(&self, table: GroupTable, space: &Space) -> Result<()> {
        if table.groups() == 0 {
            return Ok(());
        }
        table.spill(runs(&mut self.lock(), space)?)?;
        give_back();
        Ok(())
    }

    /// Adds some groups of a table of the partition's types.
    pub(crate) fn add_some(&self, table: &FrozenTable, ids: Vec<u32>, space: &Space) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        table.write(ids, runs(&mut self.lock(), space)?)?;
        give_back();
        Ok(())
    }

    /// The runs; there is none any more.
    pub(crate) fn take(&self) -> Option<Runs> {
        self.lock().take()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Runs>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The runs, which there are from now on.
fn runs<'a>(files: &'a mut Option<Runs>, space: &Space) -> Result<&'a mut Runs> {
    let runs = match files.take() {
        Some(runs) => runs,
        None => Runs::new(space)?,
    };
    Ok(files.insert(runs))
}
