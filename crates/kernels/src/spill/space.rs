//! The directory that temporary files lie in, and how large they may become together.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use plimsoll_core::{Error, ErrorKind, Result};

use super::file::SpillFile;

/// Where temporary files may lie, and their size. Clones share the counts.
#[derive(Debug, Clone)]
pub struct Space {
    shared: Arc<Shared>,
    counts: Arc<Counts>,
}

/// What was done with the files of a space and of those below it.
#[derive(Debug, Default)]
struct Counts {
    /// Bytes written in all.
    written: AtomicU64,
    /// See [`Space::passes`].
    passes: AtomicU64,
    parent: Option<Arc<Counts>>,
}

#[derive(Debug)]
struct Shared {
    directory: PathBuf,
    limit: Option<u64>,
    /// Bytes of the files that there are.
    used: AtomicU64,
    /// The write that fails, counted down; see [`Space::failing`].
    fails: AtomicU64,
    failure: io::ErrorKind,
}

impl Space {
    /// Files in `directory`, of at most `limit` bytes together. Nothing is created yet.
    #[must_use]
    pub fn new(directory: impl Into<PathBuf>, limit: Option<u64>) -> Self {
        let (directory, used) = (directory.into(), AtomicU64::new(0));
        let (fails, failure) = (AtomicU64::new(0), io::ErrorKind::Other);
        let shared = Arc::new(Shared { directory, limit, used, fails, failure });
        Space { shared, counts: Arc::default() }
    }

    /// The same, but the write of number `write`, counted from 1, fails. For tests of what a program does when a disk is
    /// full or broken: run it with 1, 2, 3 and so on until it succeeds.
    #[must_use]
    pub fn failing(self, write: u64, failure: io::ErrorKind) -> Self {
        let Shared { directory, limit, .. } = &*self.shared;
        let (directory, limit, used, fails) =
            (directory.clone(), *limit, AtomicU64::new(0), AtomicU64::new(write));
        let shared = Arc::new(Shared { directory, limit, used, fails, failure });
        Space { shared, counts: Arc::default() }
    }

    /// The same space, with counts of its own for one of its users: what is counted there is counted here, too.
    #[must_use]
    pub fn child(&self) -> Self {
        let counts = Counts { parent: Some(Arc::clone(&self.counts)), ..Counts::default() };
        Space { shared: Arc::clone(&self.shared), counts: Arc::new(counts) }
    }

    /// The directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.shared.directory
    }

    /// Bytes written so far, what was deleted since included.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.counts.written.load(Relaxed)
    }

    /// How often what was written has been read and merged at most: 0 where no runs were merged, 1 where all were at
    /// once, and one more for each time that runs were merged to longer ones before.
    #[must_use]
    pub fn passes(&self) -> u64 {
        self.counts.passes.load(Relaxed)
    }

    /// Runs were merged after so many passes, this one included.
    pub(super) fn merged(&self, passes: u64) {
        self.counts().for_each(|counts| _ = counts.passes.fetch_max(passes, Relaxed));
    }

    /// Its own counts and those above.
    fn counts(&self) -> impl Iterator<Item = &Counts> {
        std::iter::successors(Some(&*self.counts), |counts| counts.parent.as_deref())
    }

    /// A new file that has no name: whatever ends the process, nothing is left behind.
    pub(super) fn file(&self) -> Result<SpillFile> {
        let file = tempfile::tempfile_in(&self.shared.directory).map_err(|error| self.failed(error))?;
        Ok(SpillFile::new(file, self.clone()))
    }

    /// Counts bytes that are about to be written.
    pub(super) fn take(&self, bytes: u64) -> Result<()> {
        let Shared { limit, used, fails, failure, .. } = &*self.shared;
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
        self.counts().for_each(|counts| _ = counts.written.fetch_add(bytes, Relaxed));
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
