//! The bytes of a file, mapped or read piece by piece.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::ops::Range;
use std::os::unix::fs::FileExt;

use arrow::buffer::{Buffer, MutableBuffer};

use super::map::map;

/// How a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Through a map: nothing is copied.
    Mapped,
    /// Each piece into memory of its own.
    Read,
}

/// An open file.
#[derive(Debug)]
pub(super) enum Input {
    Mapped(Buffer),
    Read { file: File, length: u64 },
}

impl Input {
    pub(super) fn new(file: File, access: Access) -> io::Result<Self> {
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(io::Error::from(ErrorKind::IsADirectory));
        }
        match access {
            Access::Mapped => map(&file).map(Input::Mapped),
            Access::Read => Ok(Input::Read { file, length: metadata.len() }),
        }
    }

    pub(super) fn length(&self) -> u64 {
        match self {
            Input::Mapped(bytes) => bytes.len() as u64,
            Input::Read { length, .. } => *length,
        }
    }

    /// Some of the bytes. A range beyond the end is an error.
    pub(super) fn bytes(&self, range: Range<u64>) -> io::Result<Buffer> {
        let beyond = || io::Error::from(ErrorKind::UnexpectedEof);
        if range.start > range.end || range.end > self.length() {
            return Err(beyond());
        }
        let place = |offset: u64| usize::try_from(offset).map_err(|_| beyond());
        let length = place(range.end - range.start)?;
        match self {
            Input::Mapped(bytes) => Ok(bytes.slice_with_length(place(range.start)?, length)),
            Input::Read { file, .. } => {
                let mut bytes = MutableBuffer::try_from_len_zeroed(length)
                    .map_err(|error| io::Error::new(ErrorKind::OutOfMemory, error.to_string()))?;
                file.read_exact_at(&mut bytes, range.start)?;
                Ok(bytes.into())
            }
        }
    }
}
