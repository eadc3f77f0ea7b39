//! The directory that temporary files lie in, and how large they may become together.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use plimsoll_core::{Error, ErrorKind, Result};

use super::fault::{Fault, Planned};
use super::file::SpillFile;
use super::room::{self, Room};

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
    /// See [`Space::with_frames`].
    frame: usize,
    /// Bytes of the files that there are.
    used: AtomicU64,
    room: Room,
    /// What is to go wrong; see [`Space::failing`].
    planned: Planned,
}

/// Bytes of a frame where nothing else is said.
const FRAME: usize = 32 << 10;
/// What a reader holds beside its frames, with entries of the usual size.
const BESIDE_FRAMES: usize = 1 << 10;

impl Space {
    /// Files in `directory`, of at most `limit` bytes together. Nothing is created yet.
    #[must_use]
    pub fn new(directory: impl Into<PathBuf>, limit: Option<u64>) -> Self {
        Self::with_parts(directory.into(), limit, FRAME, Planned::new(Fault::Full, 0))
    }

    /// The same, but runs are compressed and written in frames of about so many bytes: whoever merges many runs in little
    /// memory needs small ones.
    #[must_use]
    pub fn with_frames(self, bytes: usize) -> Self {
        let Shared { directory, limit, .. } = &*self.shared;
        Self::with_parts(directory.clone(), *limit, bytes, Planned::new(Fault::Full, 0))
    }

    /// The same, but with this fault at call number `call`, counted from 1, of those that it can happen to. For tests of
    /// what a program does when a disk is full or broken: run it with 1, 2, 3 and so on until it succeeds.
    #[must_use]
    pub fn failing(self, fault: Fault, call: u64) -> Self {
        let Shared { directory, limit, frame, .. } = &*self.shared;
        Self::with_parts(directory.clone(), *limit, *frame, Planned::new(fault, call))
    }

    fn with_parts(directory: PathBuf, limit: Option<u64>, frame: usize, planned: Planned) -> Self {
        let (used, room) = (AtomicU64::new(0), Room::default());
        let shared = Arc::new(Shared { directory, limit, frame, used, room, planned });
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

    /// Whether the directory lies in memory (tmpfs, ramfs), so that what is written there is not spared; known on Linux.
    #[must_use]
    pub fn is_in_memory(&self) -> bool {
        room::is_in_memory(&self.shared.directory)
    }

    /// Bytes that a reader of one run holds, but for an entry that alone is larger: a frame with the entry that has filled
    /// it, the same compressed, and the key at hand.
    #[must_use]
    pub fn reader_bytes(&self) -> usize {
        2 * self.shared.frame + BESIDE_FRAMES
    }

    /// Bytes of a frame from which on it is written.
    pub(super) fn frame(&self) -> usize {
        self.shared.frame
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

    /// Counts bytes that are about to be written to `file`.
    pub(super) fn take(&self, bytes: u64, file: &File) -> Result<()> {
        let Shared { limit, used, room, .. } = &*self.shared;
        let before = used.fetch_add(bytes, Relaxed);
        let taken = match *limit {
            Some(limit) if before + bytes > limit => Err(ErrorKind::MemoryLimit {
                message: format!("the temporary files would take more than the {limit} bytes that they may"),
                hint: "raise the limit of the temporary files, or that of the memory".to_owned(),
            }
            .into()),
            _ => room.take(bytes, || room::free(file)).map_err(|free| {
                let message = format!("no space left: {bytes} bytes are to be written, {free} are free");
                self.failed(io::Error::new(io::ErrorKind::StorageFull, message))
            }),
        };
        match taken {
            Ok(()) => self.counts().for_each(|counts| _ = counts.written.fetch_add(bytes, Relaxed)),
            Err(_) => _ = used.fetch_sub(bytes, Relaxed),
        }
        taken
    }

    /// What is to go wrong.
    pub(super) fn planned(&self) -> &Planned {
        &self.shared.planned
    }

    /// Counts bytes that are gone.
    pub(super) fn give_back(&self, bytes: u64) {
        self.shared.used.fetch_sub(bytes, Relaxed);
    }

    /// What a failed call on a temporary file is to the user.
    pub(super) fn failed(&self, source: io::Error) -> Error {
        let hint = match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                "there is no room for temporary files: make some, name another directory with --temp-dir, or raise the \
                 memory limit"
            }
            _ => {
                "temporary files are written here: name another directory with --temp-dir, or raise the memory limit"
            }
        };
        ErrorKind::Io { path: self.shared.directory.clone(), source, hint: hint.to_owned() }.into()
    }
}
