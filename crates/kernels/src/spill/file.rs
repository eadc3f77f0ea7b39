//! One temporary file: bytes are added at its end and read anywhere.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use plimsoll_core::Result;

use super::Space;

/// A file without a name, which is gone with the last of its users.
#[derive(Debug)]
pub(super) struct SpillFile {
    file: File,
    length: AtomicU64,
    space: Space,
}

impl SpillFile {
    pub(super) fn new(file: File, space: Space) -> Self {
        SpillFile { file, length: AtomicU64::new(0), space }
    }

    /// Its bytes.
    pub(super) fn length(&self) -> u64 {
        self.length.load(Relaxed)
    }

    /// Adds bytes. One thread at a time: runs are written one after the other.
    ///
    /// # Errors
    /// `Io`, and `MemoryLimit` where the space has not enough.
    pub(super) fn append(&self, bytes: &[u8]) -> Result<()> {
        let size = bytes.len() as u64;
        self.space.take(size, &self.file)?;
        let at = self.length.fetch_add(size, Relaxed);
        let written = match self.space.planned().write(bytes.len()) {
            None => self.file.write_all_at(bytes, at),
            Some((half, error)) => self.file.write_all_at(&bytes[..half], at).and(Err(error)),
        };
        written.map_err(|error| self.space.failed(error))
    }

    /// Fills `bytes` with those from `at` on.
    ///
    /// # Errors
    /// `Io`.
    pub(super) fn read(&self, bytes: &mut [u8], at: u64) -> Result<()> {
        let read = match self.space.planned().read() {
            None => self.file.read_exact_at(bytes, at),
            Some(error) => Err(error),
        };
        read.map_err(|error| self.space.failed(error))
    }

    /// What bytes that cannot be what was written are.
    pub(super) fn damaged(&self) -> plimsoll_core::Error {
        self.space.failed(io::Error::new(io::ErrorKind::InvalidData, "a temporary file is damaged"))
    }
}

impl Drop for SpillFile {
    fn drop(&mut self) {
        self.space.give_back(self.length());
    }
}
