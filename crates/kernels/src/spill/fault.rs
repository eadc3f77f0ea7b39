//! Failures on demand, for tests of what a program does when a disk is full or broken.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use rustix::io::Errno;

/// What goes wrong with a temporary file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A write finds no room (ENOSPC).
    Full,
    /// Half of a write's bytes find room, the others none.
    HalfWritten,
    /// A write fails (EIO).
    NotWritten,
    /// A read fails (EIO).
    NotRead,
}

/// One fault at one of the calls that it can happen to.
#[derive(Debug)]
pub(super) struct Planned {
    fault: Fault,
    /// Calls up to the one that fails, this one counted; 0 once it has failed, and where none is to fail.
    left: AtomicU64,
}

impl Planned {
    /// `call` counts from 1; 0 is none.
    pub(super) fn new(fault: Fault, call: u64) -> Self {
        Planned { fault, left: AtomicU64::new(call) }
    }

    /// A write of so many bytes: how many of them are written before it fails, and how it does.
    pub(super) fn write(&self, bytes: usize) -> Option<(usize, io::Error)> {
        let written = if self.fault == Fault::HalfWritten { bytes / 2 } else { 0 };
        (self.fault != Fault::NotRead).then(|| self.call()).flatten().map(|error| (written, error))
    }

    /// How a read fails.
    pub(super) fn read(&self) -> Option<io::Error> {
        (self.fault == Fault::NotRead).then(|| self.call()).flatten()
    }

    fn call(&self) -> Option<io::Error> {
        let before = self.left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1));
        (before == Ok(1)).then(|| match self.fault {
            Fault::Full | Fault::HalfWritten => Errno::NOSPC.into(),
            Fault::NotWritten | Fault::NotRead => Errno::IO.into(),
        })
    }
}
