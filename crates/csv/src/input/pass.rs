//! One pass over an input, from behind its header to its end, in blocks with numbers. Of a file each worker reads its own
//! blocks; a stream, and text that is decoded, is read by one worker after the other.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use plimsoll_core::Result;

use super::decoder::Decoder;
use super::{BLOCK_PATIENCE, Bytes, Input, lock};

/// One block that was read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chunk {
    /// The block's number.
    pub(crate) ticket: u64,
    /// Offset of its first byte from the start of the text.
    pub(crate) offset: u64,
    /// Bytes of text.
    pub(crate) length: usize,
    /// Bytes of the input that were read for it; those before the first block count to that.
    pub(crate) read: u64,
    /// Whether the text ends with it.
    pub(crate) last: bool,
    /// Whether bytes stand behind it that the encoding does not have; it is the last then.
    pub(crate) broken: bool,
}

/// A pass.
#[derive(Debug)]
pub(crate) struct Pass {
    pub(crate) input: Arc<Input>,
    /// Offset of block 0 in the text.
    start: u64,
    /// Bytes of a block.
    block: usize,
    /// The next block of a file.
    next: AtomicU64,
    in_order: Mutex<InOrder>,
}

/// Where one worker has stopped and the next goes on.
#[derive(Debug)]
struct InOrder {
    ticket: u64,
    /// Offset in the text.
    offset: u64,
    decoder: Option<Decoder>,
    /// Bytes of the input that were read.
    read: u64,
    ended: bool,
}

impl Pass {
    /// A pass over blocks of `block` bytes that begins at `start`.
    pub(crate) fn new(input: Arc<Input>, start: u64, block: usize) -> Self {
        let decoder = input.encoding.map(|encoding| Decoder::new(encoding, input.anchor.raw));
        let in_order = InOrder { ticket: 0, offset: start, decoder, read: 0, ended: false };
        Pass { input, start, block, next: AtomicU64::new(0), in_order: Mutex::new(in_order) }
    }

    /// Reads the next block; `None` behind the last. A block of a stream has what has come.
    ///
    /// # Errors
    /// `Io`.
    pub(crate) fn read(&self, into: &mut [u8]) -> Result<Option<Chunk>> {
        match &self.input.bytes {
            Bytes::File { length, .. } if self.input.encoding.is_none() => self.read_any(into, *length),
            _ => self.read_in_order(into),
        }
    }

    fn read_any(&self, into: &mut [u8], length: u64) -> Result<Option<Chunk>> {
        let ticket = self.next.fetch_add(1, Ordering::Relaxed);
        let offset = self.start.saturating_add(ticket.saturating_mul(self.block as u64));
        if offset >= length && ticket > 0 {
            return Ok(None);
        }
        let read = self.input.read_some(offset, into, BLOCK_PATIENCE)?;
        let end = offset + read as u64;
        let before = if ticket == 0 { self.start } else { 0 };
        Ok(Some(Chunk {
            ticket,
            offset,
            length: read,
            read: before + read as u64,
            last: end >= length,
            broken: false,
        }))
    }

    fn read_in_order(&self, into: &mut [u8]) -> Result<Option<Chunk>> {
        let mut place = lock(&self.in_order);
        if place.ended {
            return Ok(None);
        }
        if place.ticket == 0 {
            self.begin(&mut place)?;
        }
        let InOrder { ticket, offset, decoder, read, ended } = &mut *place;
        let source = |from: u64, into: &mut [u8]| self.input.read_some(from, into, BLOCK_PATIENCE);
        let (length, behind, broken) = match decoder {
            None => {
                let length = source(*offset, into)?;
                *ended = length == 0 || self.input.has_ended(usize_of(*offset) + length);
                (length, *offset + length as u64, false)
            }
            Some(decoder) => {
                let mut length = decoder.read(into, source)?;
                // A file has the rest of the block, too; for that of a stream nobody knows how long it takes.
                while self.input.length().is_some() && length < into.len() && !decoder.is_done() {
                    length += decoder.read(&mut into[length..], source)?;
                }
                *ended = decoder.is_done();
                (length, decoder.position(), decoder.is_done() && decoder.is_broken())
            }
        };
        let chunk = Chunk {
            ticket: *ticket,
            offset: *offset,
            length,
            read: behind.saturating_sub(*read),
            last: *ended,
            broken,
        };
        *ticket += 1;
        *offset += length as u64;
        *read = behind;
        Ok(Some(chunk))
    }

    /// Passes over the text before block 0.
    fn begin(&self, place: &mut InOrder) -> Result<()> {
        if let Bytes::Stream(stream) = &self.input.bytes {
            lock(stream).begin_scan();
        }
        let Some(decoder) = &mut place.decoder else { return Ok(()) };
        let mut left = usize_of(self.start - self.input.anchor.text.min(self.start));
        let mut passed = vec![0; left.min(64 << 10)];
        while left > 0 {
            let most = left.min(passed.len());
            let source = |from: u64, into: &mut [u8]| self.input.read_some(from, into, BLOCK_PATIENCE);
            match decoder.read(&mut passed[..most], source)? {
                0 => return Err(self.input.shrank()),
                read => left -= read,
            }
        }
        Ok(())
    }
}

fn usize_of(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}
