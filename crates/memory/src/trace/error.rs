//! What can go wrong when allocations are traced.

use std::path::PathBuf;

/// Why tracing could not be started, stopped or read. Nothing that was traced is lost by an error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TraceError {
    /// [`start`](super::start) while allocations are already traced.
    #[error("allocations are already being traced; stop that first")]
    AlreadyStarted,
    /// [`stop`](super::stop) or a question while nothing is traced.
    #[error("allocations are not being traced; start that first")]
    NotStarted,
    /// The program's allocator does not count, so that there is nothing to trace.
    #[error("the program's allocator is not plimsoll_memory::Counting; make it the #[global_allocator]")]
    NotInstalled,
    /// More frames than can be kept.
    #[error("{asked} frames were asked for; at most {most} can be kept")]
    TooManyFrames {
        /// What was asked for.
        asked: usize,
        /// The most.
        most: usize,
    },
    /// The system has no address space left for the side table.
    #[error(
        "the system has no address space for the table of traces, which takes about 1 GiB of it (not of memory)"
    )]
    NoAddressSpace,
    /// A sampling interval of no byte.
    #[error("a sampling interval must have at least one byte")]
    NoInterval,
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file that is no snapshot, or not all of one.
    #[error("{}: not a whole snapshot file: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A snapshot file of another version.
    #[error("{}: a snapshot file of version {found}; this program reads version {known}; write it anew", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u64,
        /// The version that can be read.
        known: u64,
    },
}
