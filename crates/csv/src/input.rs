//! Where bytes come from: a file, read at any offset and as often as wanted, or a stream, read once in order.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use plimsoll_core::{Error, ErrorKind, Result};

/// An opened input.
#[derive(Debug)]
pub(crate) struct Input {
    path: PathBuf,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    File { file: File, length: u64 },
    Stream(Mutex<Stream>),
}

/// A stream and the bytes of its beginning that were looked at before the scan.
#[derive(Debug)]
struct Stream {
    reader: File,
    head: Vec<u8>,
    /// Bytes of the head (then of the stream) given to the scan.
    given: u64,
    ended: bool,
}

/// One block that was read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chunk {
    /// The block's number.
    pub(crate) ticket: u64,
    /// Offset of its first byte from the start of the input.
    pub(crate) offset: u64,
    /// Bytes read.
    pub(crate) length: usize,
    /// Whether the input ends with it.
    pub(crate) last: bool,
}

impl Input {
    /// Opens `path`; `-` is standard input.
    ///
    /// # Errors
    /// `Io`, also for a directory.
    pub(crate) fn open(path: &str) -> Result<Self> {
        let path = Path::new(if path == "-" { "/dev/stdin" } else { path });
        let failed = |source| Error::io(path, source);
        let file = File::open(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if metadata.is_dir() {
            return Err(ErrorKind::Io {
                path: path.to_owned(),
                source: std::io::ErrorKind::IsADirectory.into(),
                hint: "name one of the files in it".to_owned(),
            }
            .into());
        }
        let kind = if metadata.is_file() {
            Kind::File { file, length: metadata.len() }
        } else {
            Kind::Stream(Mutex::new(Stream { reader: file, head: Vec::new(), given: 0, ended: false }))
        };
        Ok(Input { path: path.to_owned(), kind })
    }

    /// The length in bytes; `None` for a stream.
    pub(crate) fn length(&self) -> Option<u64> {
        match &self.kind {
            Kind::File { length, .. } => Some(*length),
            Kind::Stream(_) => None,
        }
    }

    /// Makes `head` the first `wanted` bytes of the input, or all where there are fewer; says whether those are all.
    /// A stream keeps them for the scan.
    pub(crate) fn head(&self, head: &mut Vec<u8>, wanted: usize) -> Result<bool> {
        match &self.kind {
            Kind::File { file, length } => {
                let begin = head.len();
                let all = usize::try_from(*length).unwrap_or(usize::MAX);
                head.resize(wanted.min(all).max(begin), 0);
                let read =
                    self.fill(&mut head[begin..], |into, at| file.read_at(into, (begin + at) as u64))?;
                if begin + read < head.len() {
                    return Err(self.shrank());
                }
                Ok(head.len() == all)
            }
            Kind::Stream(stream) => {
                let mut stream = lock(stream);
                let Stream { reader, head: kept, ended, .. } = &mut *stream;
                let begin = kept.len();
                if wanted > begin && !*ended {
                    kept.resize(wanted, 0);
                    let read = self.fill(&mut kept[begin..], |into, _| reader.read(into));
                    kept.truncate(begin + *read.as_ref().unwrap_or(&0));
                    *ended = read? < wanted - begin;
                }
                head.clear();
                head.extend_from_slice(&kept[..kept.len().min(wanted)]);
                Ok(*ended)
            }
        }
    }

    /// Reads the block after those that were given before. `start` is the offset of block 0; `next` the next ticket of
    /// a file. `None` behind the last block.
    pub(crate) fn read(
        &self,
        start: u64,
        into: &mut [u8],
        next: &std::sync::atomic::AtomicU64,
    ) -> Result<Option<Chunk>> {
        match &self.kind {
            Kind::File { file, length } => {
                let ticket = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                let offset = start.saturating_add(ticket.saturating_mul(into.len() as u64));
                if offset >= *length && ticket > 0 {
                    return Ok(None);
                }
                let wanted =
                    usize::try_from(length.saturating_sub(offset)).unwrap_or(usize::MAX).min(into.len());
                let read =
                    self.fill(&mut into[..wanted], |into, at| file.read_at(into, offset + at as u64))?;
                if read < wanted {
                    return Err(self.shrank());
                }
                Ok(Some(Chunk { ticket, offset, length: read, last: offset + read as u64 >= *length }))
            }
            Kind::Stream(stream) => {
                let mut stream = lock(stream);
                let ticket = next.load(std::sync::atomic::Ordering::Relaxed);
                if ticket == 0 {
                    stream.given = start;
                } else if stream.ended && stream.given >= stream.head.len() as u64 {
                    return Ok(None);
                }
                next.store(ticket + 1, std::sync::atomic::Ordering::Relaxed);
                let offset = stream.given;
                let Stream { reader, head, ended, .. } = &mut *stream;
                let kept = head.get(usize::try_from(offset).unwrap_or(usize::MAX)..).unwrap_or_default();
                let copied = kept.len().min(into.len());
                into[..copied].copy_from_slice(&kept[..copied]);
                let mut length = copied;
                if length < into.len() && !*ended {
                    length += self.fill(&mut into[copied..], |into, _| reader.read(into))?;
                    *ended = length < into.len();
                }
                stream.given += length as u64;
                let last = stream.ended && stream.given >= stream.head.len() as u64;
                Ok(Some(Chunk { ticket, offset, length, last }))
            }
        }
    }

    /// Fills `into` with the bytes of a file from `offset` on.
    ///
    /// # Errors
    /// `Io`, also where the file has fewer; `Plan` for a stream.
    pub(crate) fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<()> {
        let Kind::File { file, .. } = &self.kind else {
            return Err(Error::plan(
                "a stream can be read only from its beginning",
                "save the stream to a file",
            ));
        };
        let read = self.fill(into, |into, at| file.read_at(into, offset + at as u64))?;
        if read < into.len() { Err(self.shrank()) } else { Ok(()) }
    }

    /// Reads until `into` is full or the input ends.
    fn fill(
        &self,
        into: &mut [u8],
        mut read: impl FnMut(&mut [u8], usize) -> std::io::Result<usize>,
    ) -> Result<usize> {
        let mut at = 0;
        while at < into.len() {
            match read(&mut into[at..], at) {
                Ok(0) => break,
                Ok(count) => at += count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(source) => return Err(Error::io(&self.path, source)),
            }
        }
        Ok(at)
    }

    fn shrank(&self) -> Error {
        ErrorKind::Io {
            path: self.path.clone(),
            source: std::io::Error::new(
                std::io::ErrorKind::UnexpectedEof,
                "the file became shorter while it was read",
            ),
            hint: "run the query again when nothing writes to the file".to_owned(),
        }
        .into()
    }
}

/// The lock, also where another thread panicked while it held it: what it guards is replaced whole or not at all.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
