//! Where bytes come from: a file, read at any offset and as often as wanted, or a stream, read once in order. What is not
//! UTF-8 is decoded on the way, so that nobody behind knows of encodings but for offsets in messages.

mod decoder;
mod encoding;
mod front;
mod pass;
mod stream;

use std::fs::File;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use encoding_rs::Encoding;
use plimsoll_core::{Error, ErrorKind, Location, Result};

use crate::content;
use decoder::{Anchor, Finder};
use stream::Stream;

pub(crate) use front::{Front, Looked};
pub(crate) use pass::{Chunk, Pass};

/// How long the look at the head of a stream waits for more, once some bytes are there.
const HEAD_PATIENCE: Duration = Duration::from_millis(200);

/// The same for a block of the scan.
const BLOCK_PATIENCE: Duration = Duration::from_millis(20);

/// The most bytes that a file has by its size where the system makes them up.
const PAGE: usize = 4096;

/// An opened input.
#[derive(Debug)]
pub(crate) struct Input {
    path: PathBuf,
    bytes: Bytes,
    /// What its bytes are decoded from, if they are not UTF-8.
    encoding: Option<&'static Encoding>,
    /// From where on text is decoded: behind a byte order mark, or behind what a stream has let go of.
    anchor: Anchor,
    /// Where the last message's place in the text was found.
    finder: Mutex<Option<Finder>>,
}

#[derive(Debug)]
enum Bytes {
    File { file: File, length: u64 },
    Stream(Mutex<Stream>),
}

impl Input {
    /// Opens `path`; `-` is standard input. `label` names its encoding; without one it is UTF-16 where a mark or the zeros
    /// of its first bytes say so, else UTF-8.
    ///
    /// # Errors
    /// `Io`, also for a directory; `Plan` for an encoding that is not known.
    pub(crate) fn open(path: &str, label: Option<&str>) -> Result<Self> {
        let given = label.map(encoding::named).transpose()?;
        let name = path;
        let path = Path::new(if path == "-" { "/dev/stdin" } else { path });
        let failed = |source| Error::io(path, source);
        let file = File::open(path).map_err(|source| content::not_opened(path, source))?;
        let metadata = file.metadata().map_err(failed)?;
        if metadata.is_dir() {
            return Err(ErrorKind::Io {
                path: path.to_owned(),
                source: std::io::ErrorKind::IsADirectory.into(),
                hint: "name one of the files in it".to_owned(),
            }
            .into());
        }
        let length = metadata.len();
        let bytes = if metadata.is_file() && !is_made_up(&file, length, metadata.blocks()) {
            Bytes::File { file, length }
        } else {
            Bytes::Stream(Mutex::new(Stream::new(file)))
        };
        let mut input = Input {
            path: path.to_owned(),
            bytes,
            encoding: None,
            anchor: Anchor::default(),
            finder: Mutex::default(),
        };
        let first = input.first_bytes()?;
        if let Some(error) = content::refuse(&first, name) {
            return Err(error);
        }
        let found = encoding::find(given, &first)?;
        input.encoding = found.encoding;
        input.anchor.raw = found.mark;
        Ok(input)
    }

    /// The length in bytes; `None` for a stream.
    pub(crate) fn length(&self) -> Option<u64> {
        match &self.bytes {
            Bytes::File { length, .. } => Some(*length),
            Bytes::Stream(_) => None,
        }
    }

    /// The name of the encoding, as the Encoding Standard has it.
    pub(crate) fn encoding(&self) -> &'static str {
        self.encoding.unwrap_or(encoding_rs::UTF_8).name()
    }

    /// Whether another pass can begin: always for a file; for a stream as long as all that was read of it is kept.
    pub(crate) fn can_be_read_again(&self) -> bool {
        match &self.bytes {
            Bytes::File { .. } => true,
            Bytes::Stream(stream) => lock(stream).can_be_read_again(),
        }
    }

    /// Says that no text before the character that holds byte `text` is wanted any more. A file keeps it all the same.
    ///
    /// # Errors
    /// `Io`.
    fn forget(&mut self, text: u64) -> Result<()> {
        let Bytes::Stream(stream) = &self.bytes else { return Ok(()) };
        let Some(encoding) = self.encoding else {
            lock(stream).forget(text);
            return Ok(());
        };
        let mut finder = Finder::new(encoding, self.anchor);
        finder.find(text, |from, into| self.read_some(from, into, Duration::ZERO))?;
        self.anchor = finder.anchor();
        lock(stream).forget(self.anchor.raw);
        *lock(&self.finder) = None;
        Ok(())
    }

    /// Fills `into` with the bytes of a file from `offset` on.
    ///
    /// # Errors
    /// `Io`, also where the file has fewer; `Plan` for a stream, and for text that is decoded.
    pub(crate) fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<()> {
        if self.length().is_none() {
            return Err(Error::plan(
                "a stream can be read only from its beginning",
                "save the stream to a file",
            ));
        }
        if self.encoding.is_some() {
            return Err(Error::plan(
                format!("a file of {} can be read only from its beginning", self.encoding()),
                "convert the file to UTF-8",
            ));
        }
        let read = self.read_some(offset, into, Duration::ZERO)?;
        if read < into.len() { Err(self.shrank()) } else { Ok(()) }
    }

    /// The error for bytes at `location` (in the text) that the encoding does not have.
    pub(crate) fn malformed(&self, location: Location) -> Error {
        Error::data(
            location,
            format!("the bytes here are no text in {}", self.encoding()),
            "mend the file, or name its encoding with --encoding",
        )
    }

    /// An error whose location counts bytes of the text, with that of the input. Where a stream cannot be read again, its
    /// text is all that can be counted.
    pub(crate) fn in_file(&self, error: Error) -> Error {
        if self.encoding.is_none() {
            return error;
        }
        match error.into_kind() {
            ErrorKind::Data { location, message, hint } => {
                Error::data(self.place_in_file(*location), message, hint)
            }
            kind => kind.into(),
        }
    }

    /// The same for a location.
    pub(crate) fn place_in_file(&self, location: Location) -> Location {
        let Some(encoding) = self.encoding.filter(|_| self.can_be_read_again()) else { return location };
        let mut finder = lock(&self.finder);
        let known = finder.take().filter(|finder| finder.is_before(location.byte));
        let mut found = known.unwrap_or_else(|| Finder::new(encoding, self.anchor));
        let source = |from: u64, into: &mut [u8]| self.read_some(from, into, Duration::ZERO);
        match found.find(location.byte, source) {
            Ok(byte) => {
                *finder = Some(found);
                Location { byte, ..location }
            }
            // Why the file cannot be read any more is not what the message is about.
            Err(_) => location,
        }
    }

    /// Reads bytes from `offset` on, as they are: of a file all that are wanted, or all that there are; of a stream what comes
    /// within `patience` behind the first. 0 at the end.
    fn read_some(&self, offset: u64, into: &mut [u8], patience: Duration) -> Result<usize> {
        match &self.bytes {
            Bytes::File { file, length } => {
                let left = usize::try_from(length.saturating_sub(offset)).unwrap_or(usize::MAX);
                let wanted = left.min(into.len());
                let mut at = 0;
                while at < wanted {
                    match file.read_at(&mut into[at..wanted], offset + at as u64) {
                        Ok(0) => return Err(self.shrank()),
                        Ok(count) => at += count,
                        Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                        Err(source) => return Err(Error::io(&self.path, source)),
                    }
                }
                Ok(at)
            }
            Bytes::Stream(stream) => {
                lock(stream).read_at(offset, into, patience).map_err(|source| Error::io(&self.path, source))
            }
        }
    }

    /// Whether bytes from `offset` on (or the end) are there before `deadline`.
    fn comes_until(&self, offset: u64, deadline: Instant) -> bool {
        match &self.bytes {
            Bytes::File { .. } => true,
            Bytes::Stream(stream) => lock(stream).comes_until(offset, deadline),
        }
    }

    /// Bytes of the beginning that tell an encoding.
    fn first_bytes(&self) -> Result<Vec<u8>> {
        let mut bytes = vec![0; encoding::TELLING];
        let mut at = 0;
        while at < encoding::ENOUGH {
            match self.read_some(at as u64, &mut bytes[at..], BLOCK_PATIENCE)? {
                0 => break,
                read => at += read,
            }
        }
        bytes.truncate(at);
        Ok(bytes)
    }

    /// Whether it is known that nothing stands behind the first `text` bytes.
    fn has_ended(&self, text: usize) -> bool {
        match &self.bytes {
            _ if self.encoding.is_some() => false,
            Bytes::File { length, .. } => text as u64 >= *length,
            Bytes::Stream(stream) => lock(stream).has_ended(text as u64),
        }
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

/// Whether the system makes up a file's bytes when they are read, as for those of /proc and /sys: then its size says nothing.
fn is_made_up(file: &File, length: u64, blocks: u64) -> bool {
    let mut bytes = [0; PAGE + 1];
    match usize::try_from(length) {
        Ok(length) if length <= PAGE && blocks == 0 => {
            !matches!(file.read_at(&mut bytes[..=length], 0), Ok(count) if count == length)
        }
        _ => false,
    }
}

/// The lock, also where another thread panicked while it held it: what it guards is replaced whole or not at all.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
