//! The text of an input from its beginning on, read in order for a look at its head. What was passed over is not held, not by
//! a stream either. It knows no record.

use std::time::{Duration, Instant};

use encoding_rs::ISO_2022_JP;
use plimsoll_core::{Location, Result};

use super::decoder::Decoder;
use super::{HEAD_PATIENCE, Input};
use crate::incomplete::breaks;
use crate::lead::{Passed, Passer, Spot};

/// Bytes that are read at once while lines are passed over.
const WINDOW: usize = 64 << 10;

/// How far a look at the head has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Looked {
    /// Whether the head is the whole input.
    pub(crate) ended: bool,
    /// Whether no more bytes of a stream have come for a while.
    pub(crate) paused: bool,
}

/// An input whose text is read in order.
#[derive(Debug)]
pub(crate) struct Front {
    input: Input,
    decoder: Option<Decoder>,
    /// Offset in the text of the next byte to read.
    at: u64,
    /// Whether nothing stands behind it.
    ended: bool,
}

impl Front {
    /// The front of `input`, at its beginning.
    pub(crate) fn new(input: Input) -> Self {
        let decoder = input.encoding.map(|encoding| Decoder::new(encoding, input.anchor.raw));
        Front { input, decoder, at: 0, ended: false }
    }

    /// What is read.
    pub(crate) fn input(&self) -> &Input {
        &self.input
    }

    /// The input, for scans.
    pub(crate) fn into_input(self) -> Input {
        self.input
    }

    /// Makes `head`, which begins at `origin`, `wanted` bytes, or all where there are fewer. Of a stream it may become less, but
    /// more than before: what comes within a short while. A stream keeps them for the scan.
    ///
    /// # Errors
    /// `Io`; `Data` for bytes that the encoding does not have.
    pub(crate) fn fill(&mut self, head: &mut Vec<u8>, wanted: usize, origin: Spot) -> Result<Looked> {
        let begin = head.len();
        // No more room than a file has bytes.
        let left =
            self.input.length().filter(|_| self.decoder.is_none()).map(|length| length - self.at.min(length));
        let left = usize::try_from(left.unwrap_or(u64::MAX)).unwrap_or(usize::MAX);
        let room = wanted.saturating_sub(begin).min(left);
        head.reserve_exact(room);
        head.resize(begin + room, 0);
        let mut paused = false;
        let mut at = begin;
        let mut deadline = None;
        while at < head.len() && !self.ended {
            let from = self.decoder.as_ref().map_or(self.at, Decoder::position);
            if let Some(deadline) = deadline
                && !self.input.comes_until(from, deadline)
            {
                paused = true;
                break;
            }
            let read = self.read(&mut head[at..]);
            at += *read.as_ref().unwrap_or(&0);
            if at > begin {
                deadline.get_or_insert_with(|| Instant::now() + HEAD_PATIENCE);
            }
            read?;
        }
        head.truncate(at);
        self.check_encoding(origin.lines, head)?;
        let ended = self.ended || self.input.has_ended(usize::try_from(self.at).unwrap_or(usize::MAX));
        Ok(Looked { ended, paused })
    }

    /// Whether lines can be passed over: not where the text of a stream can be decoded only from its beginning.
    pub(crate) fn can_pass(&self) -> bool {
        self.input.length().is_some() || self.input.encoding != Some(ISO_2022_JP)
    }

    /// Passes over what `passer` passes of `head`, where it stands, and of what follows, up to byte `most` of the text. `head`
    /// becomes what was read behind it. Whether the passer has come to a line that matters.
    ///
    /// # Errors
    /// `Io`; `Data` for bytes that the encoding does not have.
    pub(crate) fn pass(&mut self, head: &mut Vec<u8>, passer: &mut Passer<'_>, most: u64) -> Result<bool> {
        loop {
            let Passed { bytes, done } = passer.pass(head, self.ended);
            head.drain(..bytes);
            // Bytes that do not tell what they are for so long are something else.
            if done || head.len() >= WINDOW {
                return Ok(true);
            }
            self.input.forget(passer.at().byte)?;
            if self.ended || passer.at().byte >= most {
                return Ok(false);
            }
            let begin = head.len();
            head.resize(begin + WINDOW, 0);
            let read = self.read(&mut head[begin..]);
            head.truncate(begin + *read.as_ref().unwrap_or(&0));
            read?;
            self.check_encoding(passer.at().lines, head)?;
        }
    }

    /// Goes to byte `text` of the text of a file.
    ///
    /// # Errors
    /// `Io`.
    pub(crate) fn seek(&mut self, text: u64) -> Result<()> {
        self.ended = false;
        if self.decoder.is_none() {
            self.at = text;
            return Ok(());
        }
        self.decoder = self.input.encoding.map(|encoding| Decoder::new(encoding, self.input.anchor.raw));
        self.at = self.input.anchor.text;
        let mut passed = vec![0; WINDOW];
        while self.at < text && !self.ended {
            let left = usize::try_from(text - self.at).unwrap_or(WINDOW);
            self.read(&mut passed[..left.min(WINDOW)])?;
        }
        Ok(())
    }

    /// The next bytes of the text: some, or 0 at its end.
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        let Front { input, decoder, at, .. } = self;
        let read = match decoder {
            None => input.read_some(*at, into, Duration::ZERO)?,
            Some(decoder) => decoder.read(into, |from, into| input.read_some(from, into, Duration::ZERO))?,
        };
        self.at += read as u64;
        self.ended = read == 0;
        Ok(read)
    }

    /// Refuses bytes behind the text that the encoding does not have. `read` are the last of it, behind so many lines.
    fn check_encoding(&self, lines: u64, read: &[u8]) -> Result<()> {
        if !self.decoder.as_ref().is_some_and(|decoder| decoder.is_broken() && decoder.is_done()) {
            return Ok(());
        }
        let location = Location {
            file: self.input.path.display().to_string(),
            line: lines + breaks(read) + 1,
            byte: self.at,
            ..Location::default()
        };
        Err(self.input.in_file(self.input.malformed(location)))
    }
}
