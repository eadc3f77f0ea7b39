//! A stream: bytes that come once, in order, when they come. What came first is kept while it is little, so that a pass can
//! begin anew. It never waits for more than what is needed.

use std::fs::File;
use std::io::{self, Read};
use std::time::{Duration, Instant};

use plimsoll_core::CsvOptions;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// Bytes of the beginning that are kept while the scan goes on, where its head was less than a sample: so many that the scan
/// has looked at the records of a sample when it has read these.
const KEPT: u64 = 4 << 20;

/// A stream and the bytes of its beginning.
#[derive(Debug)]
pub(super) struct Stream {
    reader: File,
    /// The first bytes but those that were let go of: all that were read, or none any more.
    kept: Vec<u8>,
    /// Bytes before those.
    forgotten: u64,
    /// Bytes read.
    read: u64,
    ended: bool,
    /// So many bytes of the beginning are kept.
    keep: u64,
}

impl Stream {
    pub(super) fn new(reader: File) -> Self {
        Stream { reader, kept: Vec::new(), forgotten: 0, read: 0, ended: false, keep: u64::MAX }
    }

    /// Bytes from `offset` on: those that were kept, or those that come next. Waits for the first, and up to `patience` for
    /// more; 0 at the end.
    ///
    /// # Errors
    /// Those of reading, and for an `offset` that has passed by.
    pub(super) fn read_at(&mut self, offset: u64, into: &mut [u8], patience: Duration) -> io::Result<usize> {
        let kept = offset.checked_sub(self.forgotten).and_then(|at| usize::try_from(at).ok());
        let kept = kept.and_then(|at| self.kept.get(at..)).unwrap_or_default();
        let copied = kept.len().min(into.len());
        if copied > 0 {
            into[..copied].copy_from_slice(&kept[..copied]);
            return Ok(copied);
        }
        if offset != self.read {
            return Err(io::Error::other("a stream cannot be read twice"));
        }
        let mut at = 0;
        let mut deadline = None;
        while at < into.len() && !self.ended {
            if let Some(deadline) = deadline
                && !self.is_ready_until(deadline)
            {
                break;
            }
            match self.reader.read(&mut into[at..]) {
                Ok(0) => self.ended = true,
                Ok(count) => at += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            deadline.get_or_insert_with(|| Instant::now() + patience);
        }
        if self.can_be_read_again() && self.read < self.keep {
            self.kept.extend_from_slice(&into[..at]);
        } else if at > 0 {
            self.kept = Vec::new();
        }
        self.read += at as u64;
        Ok(at)
    }

    /// Whether bytes from `offset` on (or the end) are there before `deadline`.
    pub(super) fn comes_until(&self, offset: u64, deadline: Instant) -> bool {
        offset < self.read || self.ended || self.is_ready_until(deadline)
    }

    /// Whether the system has more before `deadline`.
    fn is_ready_until(&self, deadline: Instant) -> bool {
        let left = deadline.saturating_duration_since(Instant::now());
        let left = Timespec { tv_sec: 0, tv_nsec: i64::from(left.subsec_nanos()) };
        let mut wanted = [PollFd::new(&self.reader, PollFlags::IN)];
        matches!(poll(&mut wanted, Some(&left)), Ok(1..))
    }

    /// Lets go of what is kept before `offset`: no pass begins there.
    pub(super) fn forget(&mut self, offset: u64) {
        if self.can_be_read_again() {
            let passed = usize::try_from(offset.saturating_sub(self.forgotten)).unwrap_or(usize::MAX);
            let passed = passed.min(self.kept.len());
            self.kept.drain(..passed);
            self.forgotten += passed as u64;
        }
    }

    /// Says that the scan begins. What comes from now on is kept only where little came before, so that types were found in
    /// less than a sample.
    pub(super) fn begin_scan(&mut self) {
        self.keep = if self.read < CsvOptions::SAMPLE_BYTES as u64 { KEPT } else { 0 };
    }

    /// Whether all bytes that were read are kept, but for those that no pass begins with.
    pub(super) fn can_be_read_again(&self) -> bool {
        self.forgotten + self.kept.len() as u64 == self.read
    }

    /// Whether no bytes come from `offset` on, as far as is known without waiting.
    pub(super) fn has_ended(&self, offset: u64) -> bool {
        self.ended && offset >= self.read
    }
}
