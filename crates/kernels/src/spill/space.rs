//! The directory that temporary files lie in, and how large they may become together.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use plimsoll_core::{Error, ErrorKind, Result};

use super::file::SpillFile;

/// Where temporary files may lie, and their size. Clones share the count.
#[derive(Debug, Clone)]
pub struct Space {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    directory: PathBuf,
    limit: Option<u64>,
    /// Bytes of the files that there are.
    used: AtomicU64,
    /// Bytes written in all.
    written: AtomicU64,
    /// The write that fails, counted down; see [`Space::failing`].
    fails: AtomicU64,
    failure: io::ErrorKind,
}

impl Space {
    /// Files in `directory`, of at most `limit` bytes together. Nothing is created yet.
    #[must_use]
    pub fn new(directory: impl Into<PathBuf>, limit: Option<u64>) -> Self {
        let (directory, used, written) = (directory.into(), AtomicU64::new(0), AtomicU64::new(0));
        let (fails, failure) = (AtomicU64::new(0), io::ErrorKind::Other);
        Space { shared: Arc::new(Shared { directory, limit, used, written, fails, failure }) }
    }

    /// The same, but the write of number `write`, counted from 1, fails. For tests of what a program does when a disk is
    /// full or broken: run it with 1, 2, 3 and so on until it succeeds.
    #[must_use]
    pub fn failing(self, write: u64, failure: io::ErrorKind) -> Self {
        let Shared { directory, limit, .. } = &*self.shared;
        let (directory, limit, used, written) =
            (directory.clone(), *limit, AtomicU64::new(0), AtomicU64::new(0));
        Space {
            shared: Arc::new(Shared {
                directory,
                limit,
                used,
                written,
                fails: AtomicU64::new(write),
                failure,
            }),
        }
    }

    /// The directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.shared.directory
    }

    /// Bytes written so far, what was deleted since included.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.shared.written.load(Relaxed)
    }

    /// A new file that has no name: whatever ends the process, nothing is left behind.
    pub(super) fn file(&self) -> Result<SpillFile> {
        let file = tempfile::tempfile_in(&self.shared.directory).map_err(|error| self.failed(error))?;
        Ok(SpillFile::new(file, self.clone()))
    }

    /// Counts bytes that are about to be written.
    pub(super) fn take(&self, bytes: u64) -> Result<()> {
        let Shared { limit, used, written, fails, failure, .. } = &*self.shared;
        let before = used.fetch_add(bytes, Relaxed);
        if let Some(limit) = *limit
            && before + bytes > limit
        {
            used.fetch_sub(bytes, Relaxed);
            return Err(ErrorKind::MemoryLimit {
                message: format!("the temporary files would take more than the {limit} bytes that they may"),
                hint: "raise the limit of the temporary files, or that of the memory".to_owned(),
            }
            .into());
        }
        written.fetch_add(bytes, Relaxed);
        if fails.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)) == Ok(1) {
            used.fetch_sub(bytes, Relaxed);
            return Err(self.failed(io::Error::from(*failure)));
        }
        Ok(())
    }

    /// Counts bytes that are gone.
    pub(super) fn give_back(&self, bytes: u64) {
        self.shared.used.fetch_sub(bytes, Relaxed);
    }

    /// What a failed call on a temporary file is to the user.
    pub(super) fn failed(&self, source: io::Error) -> Error {
        let hint = match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                "there is no room for temporary files: name another directory, or raise the memory limit"
            }
            _ => "temporary files are written here: name another directory, or raise the memory limit",
        };
        ErrorKind::Io { path: self.shared.directory.clone(), source, hint: hint.to_owned() }.into()
    }
}
