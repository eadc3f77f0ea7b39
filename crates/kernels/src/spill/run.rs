//! Sorted runs: entries in compressed frames, those of one writer after another behind each other in one file.

use std::ops::Range;
use std::sync::Arc;

use lz4_flex::block::{compress_into, decompress_into, get_maximum_output_size};
use plimsoll_core::Result;
use xxhash_rust::xxh3::xxh3_64;

use super::entry::{put, take};
use super::file::SpillFile;
use super::{Merge, Space};

/// Length, compressed length and checksum of a frame.
const HEADER: usize = 16;

/// Runs of one holder. Their files are gone with the last of their users.
#[derive(Debug)]
pub struct Runs {
    /// Where runs are written.
    file: Arc<SpillFile>,
    space: Space,
    runs: Vec<Run>,
    /// How often the entries were merged to longer runs.
    passes: u64,
    /// Bytes of the largest frame: entries may be larger than what fills one.
    largest: usize,
}

/// Where the frames of a run lie.
#[derive(Debug)]
struct Run {
    file: Arc<SpillFile>,
    bytes: Range<u64>,
}

/// Writes one run.
#[derive(Debug)]
#[must_use = "a run is one of the runs once it is finished"]
pub struct RunWriter<'a> {
    runs: &'a mut Runs,
    start: u64,
    frame: Vec<u8>,
    /// The key that was put last into the frame.
    last: Vec<u8>,
    compressed: Vec<u8>,
}

/// Reads one run.
#[derive(Debug)]
pub(super) struct RunReader {
    file: Arc<SpillFile>,
    /// The frames that were not read yet.
    rest: Range<u64>,
    frame: Vec<u8>,
    at: usize,
    key: Vec<u8>,
    payload: Range<usize>,
    compressed: Vec<u8>,
}

impl Runs {
    /// None yet, in a new file of `space`.
    ///
    /// # Errors
    /// `Io` where there can be no file.
    pub fn new(space: &Space) -> Result<Self> {
        Ok(Runs {
            file: Arc::new(space.file()?),
            space: space.clone(),
            runs: Vec::new(),
            passes: 0,
            largest: 0,
        })
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.runs.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Takes the runs of others, which come behind those that there are: several threads write at once where each has runs
    /// of its own.
    pub fn append(&mut self, others: Runs) {
        self.runs.extend(others.runs);
        self.passes = self.passes.max(others.passes);
        self.largest = self.largest.max(others.largest);
    }

    /// Bytes that a reader of one of the runs holds: the largest frame, the same compressed, and a key of it.
    #[must_use]
    pub fn reader_bytes(&self) -> usize {
        self.space.reader_bytes().max(3 * self.largest)
    }

    /// A writer of a further run.
    pub fn writer(&mut self) -> RunWriter<'_> {
        let start = self.file.length();
        RunWriter { runs: self, start, frame: Vec::new(), last: Vec::new(), compressed: Vec::new() }
    }

    /// The entries of all runs in order; of equal keys those of earlier runs first. At most `fan_in` runs (two at the
    /// least) are read at once: where there are more, some are merged to longer ones before.
    ///
    /// # Errors
    /// `Io`, and `MemoryLimit` where the space has not enough.
    pub fn merge(mut self, fan_in: usize) -> Result<Merge> {
        let fan_in = fan_in.max(2);
        while self.runs.len() > fan_in {
            self = self.fewer(fan_in)?;
        }
        if !self.runs.is_empty() {
            self.space.merged(self.passes + 1);
        }
        Merge::new(readers(&self.runs))
    }

    /// Merges runs of which there are very many: with little memory there can be thousands, of a few entries each, and the list
    /// of them is what has no room.
    fn keep_few(&mut self) -> Result<()> {
        const MANY: usize = if cfg!(test) { 64 } else { 1024 };
        /// Runs, and bytes of their readers, that are merged at once.
        const AT_ONCE: usize = 16;
        const READERS: usize = 512 << 10;
        if self.runs.len() < MANY {
            return Ok(());
        }
        let fan_in = (READERS / self.reader_bytes()).clamp(2, AT_ONCE);
        let all = Runs {
            runs: std::mem::take(&mut self.runs),
            file: Arc::clone(&self.file),
            space: self.space.clone(),
            ..*self
        };
        *self = all.fewer(fan_in)?;
        Ok(())
    }

    /// Merges as many runs at a time as may be, but no more than there need be.
    fn fewer(self, fan_in: usize) -> Result<Self> {
        let mut fewer = Runs { passes: self.passes + 1, ..Runs::new(&self.space)? };
        for runs in self.runs.chunks(fan_in) {
            let mut merge = Merge::new(readers(runs))?;
            let mut writer = fewer.writer();
            while merge.advance()? {
                writer.push(merge.key(), merge.payload())?;
            }
            writer.finish()?;
        }
        Ok(fewer)
    }
}

fn readers(runs: &[Run]) -> Vec<RunReader> {
    runs.iter().map(|run| RunReader::new(Arc::clone(&run.file), run.bytes.clone())).collect()
}

impl RunWriter<'_> {
    /// Adds an entry, whose key is not less than the one before.
    ///
    /// # Errors
    /// `Io`, and `MemoryLimit` where the space has not enough.
    pub fn push(&mut self, key: &[u8], payload: &[u8]) -> Result<()> {
        debug_assert!(self.last.as_slice() <= key || self.frame.is_empty(), "runs are sorted");
        put(&mut self.frame, &self.last, key, payload);
        self.last.clear();
        if self.frame.len() < self.runs.space.frame() {
            self.last.extend_from_slice(key);
            return Ok(());
        }
        self.flush()
    }

    /// Ends the run.
    ///
    /// # Errors
    /// As [`RunWriter::push`].
    pub fn finish(mut self) -> Result<()> {
        self.flush()?;
        let end = self.runs.file.length();
        if end > self.start {
            let file = Arc::clone(&self.runs.file);
            self.runs.runs.push(Run { file, bytes: self.start..end });
        }
        self.runs.keep_few()
    }

    fn flush(&mut self) -> Result<()> {
        if self.frame.is_empty() {
            return Ok(());
        }
        self.runs.largest = self.runs.largest.max(self.frame.len());
        let file = &self.runs.file;
        self.compressed.resize(HEADER + get_maximum_output_size(self.frame.len()), 0);
        let length =
            compress_into(&self.frame, &mut self.compressed[HEADER..]).map_err(|_| file.damaged())?;
        let lengths = [self.frame.len(), length].map(u32::try_from);
        let [Ok(whole), Ok(short)] = lengths else { return Err(file.damaged()) };
        let check = xxh3_64(&self.compressed[HEADER..HEADER + length]);
        self.compressed[..4].copy_from_slice(&whole.to_le_bytes());
        self.compressed[4..8].copy_from_slice(&short.to_le_bytes());
        self.compressed[8..HEADER].copy_from_slice(&check.to_le_bytes());
        file.append(&self.compressed[..HEADER + length])?;
        self.frame.clear();
        self.last.clear();
        Ok(())
    }
}

impl RunReader {
    fn new(file: Arc<SpillFile>, rest: Range<u64>) -> Self {
        let (frame, key, compressed) = (Vec::new(), Vec::new(), Vec::new());
        RunReader { file, rest, frame, at: 0, key, payload: 0..0, compressed }
    }

    /// Goes to the next entry, the first one at first; `false` after the last.
    pub(super) fn advance(&mut self) -> Result<bool> {
        if self.at == self.frame.len() && !self.read_frame()? {
            return Ok(false);
        }
        let payload = take(&self.frame, &mut self.at, &mut self.key);
        self.payload = payload.ok_or_else(|| self.file.damaged())?;
        Ok(true)
    }

    /// The key of the entry.
    pub(super) fn key(&self) -> &[u8] {
        &self.key
    }

    /// The payload of the entry.
    pub(super) fn payload(&self) -> &[u8] {
        &self.frame[self.payload.clone()]
    }

    fn read_frame(&mut self) -> Result<bool> {
        if self.rest.is_empty() {
            return Ok(false);
        }
        let mut header = [0; HEADER];
        self.file.read(&mut header, self.rest.start)?;
        // The lower 32 bits are the length, then come those of the compressed one, then the checksum.
        let header = u128::from_le_bytes(header);
        #[allow(clippy::cast_possible_truncation, reason = "takes the header apart")]
        let (length, compressed, check) =
            (header as u32 as usize, (header >> 32) as u32 as usize, (header >> 64) as u64);
        if compressed as u64 > self.rest.end - self.rest.start {
            return Err(self.file.damaged());
        }
        set_length(&mut self.compressed, compressed);
        self.file.read(&mut self.compressed, self.rest.start + HEADER as u64)?;
        self.rest.start += (HEADER + compressed) as u64;
        if xxh3_64(&self.compressed) != check {
            return Err(self.file.damaged());
        }
        set_length(&mut self.frame, length);
        match decompress_into(&self.compressed, &mut self.frame) {
            Ok(decompressed) if decompressed == length && length > 0 => {}
            _ => return Err(self.file.damaged()),
        }
        self.at = 0;
        self.key.clear();
        Ok(true)
    }
}

/// Makes a buffer so long. A vector that doubles would hold twice what is reserved for a reader.
fn set_length(buffer: &mut Vec<u8>, length: usize) {
    buffer.reserve_exact(length.saturating_sub(buffer.len()));
    buffer.resize(length, 0);
}
