//! The exact parallel split: blocks are read and classified at once, but each learns from the one before it where in a
//! record it begins, on which line and in which record, before it gives anything out.
//!
//! A worker takes the next ticket with its block, finds the structural bytes, waits for its turn, indexes the block
//! from the published place, publishes the place behind it together with the bytes of the record that is not complete
//! yet (the *tail*), and owns every record that ends in its block. So each byte is read once, streams split like files,
//! and an error in one block is known not to follow from a wrong guess about an earlier one.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use plimsoll_core::{Error, Location, Result};

use crate::index::{self, Marks};
use crate::input::{Chunk, Input, lock};
use crate::machine::{self, Place, State, Token};
use crate::structure::{self, Classify, Masks, Needles};
use crate::{CsvFile, Dialect, MAX_RECORD};

/// Bytes behind the data that may be read (not used) by word-wide loads.
pub(crate) const PADDING: usize = 64;

/// Room for the tail before a block: enough for most records.
const HEADROOM: usize = 4096;

/// What all workers of one scan share.
#[derive(Debug)]
pub(crate) struct Splitter {
    pub(crate) input: Arc<Input>,
    pub(crate) dialect: Arc<Dialect>,
    /// The file as the query names it, for messages.
    pub(crate) file: Arc<str>,
    /// Fields of each record.
    pub(crate) columns: usize,
    /// Offset of block 0.
    start: u64,
    block: usize,
    next: AtomicU64,
    /// Blocks behind this one are not wanted any more.
    stop_after: AtomicU64,
    turn: Mutex<Turn>,
    turned: Condvar,
    pub(crate) bytes_read: Arc<AtomicU64>,
    pub(crate) blank_lines: AtomicU64,
    pub(crate) records: AtomicU64,
}

#[derive(Debug)]
struct Turn {
    /// Whose turn it is.
    ticket: u64,
    /// Absent while the worker whose turn it is works with it, and for good where it failed.
    boundary: Option<Boundary>,
    /// No block will have its turn any more.
    over: bool,
}

/// What a block has to know of all that came before.
#[derive(Debug, Default)]
pub(crate) struct Boundary {
    place: Place,
    /// Line breaks before the tail.
    lines: u64,
    /// Records before the tail.
    records: u64,
    /// The bytes of the record that is not complete.
    tail: Vec<u8>,
}

/// A worker's block: the bytes, the tail of its predecessor before them, and their index.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) bytes: Vec<u8>,
    pub(crate) marks: Marks,
    raw: Vec<Masks>,
    head: usize,
    /// What is wrong behind the last record of the region.
    pub(crate) fault: Option<Error>,
}

/// The records that a worker owns, as a part of its block.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Region {
    pub(crate) ticket: u64,
    /// First byte of the first record.
    pub(crate) start: usize,
    /// Behind the terminator of the last record; `start` where the block completes no record.
    pub(crate) limit: usize,
    /// Offset in the input of the block's byte 0 of `bytes` (it can lie before the input).
    base: i64,
    /// Line breaks before `start`.
    pub(crate) lines: u64,
    /// Records before `start`.
    pub(crate) records: u64,
}

impl Region {
    /// The records that begin from `start` up to `limit` in a block that holds the head of the input.
    pub(crate) fn of_head(start: usize, limit: usize, lines: u64) -> Self {
        Region { ticket: 0, start, limit, base: 0, lines, records: 0 }
    }

    /// Offset in the input of byte `at` of the block's bytes.
    pub(crate) fn offset(&self, at: usize) -> u64 {
        u64::try_from(self.base + at as i64).unwrap_or(0)
    }
}

impl Splitter {
    pub(crate) fn new(file: &CsvFile, block: usize, bytes_read: Arc<AtomicU64>) -> Self {
        let boundary = Boundary { lines: file.lines_before, ..Boundary::default() };
        Splitter {
            input: Arc::clone(&file.input),
            dialect: Arc::clone(&file.dialect),
            file: Arc::clone(&file.name),
            columns: file.columns.len(),
            start: file.data_start,
            block: block.max(1),
            next: AtomicU64::new(0),
            stop_after: AtomicU64::new(u64::MAX),
            turn: Mutex::new(Turn { ticket: 0, boundary: Some(boundary), over: false }),
            turned: Condvar::new(),
            bytes_read,
            blank_lines: AtomicU64::new(0),
            records: AtomicU64::new(0),
        }
    }

    /// Says that blocks behind `ticket` are not wanted: something went wrong in it.
    pub(crate) fn stop_after(&self, ticket: u64) {
        self.stop_after.fetch_min(ticket, Ordering::Relaxed);
    }

    fn stopped_before(&self, ticket: u64) -> bool {
        ticket > self.stop_after.load(Ordering::Relaxed)
    }

    /// Waits until all blocks before `ticket` have published; `None` where that will never be.
    fn wait(&self, ticket: u64) -> Option<Boundary> {
        let mut turn = lock(&self.turn);
        loop {
            if turn.over {
                return None;
            }
            if turn.ticket == ticket
                && let Some(boundary) = turn.boundary.take()
            {
                return Some(boundary);
            }
            turn = self.turned.wait(turn).unwrap_or_else(std::sync::PoisonError::into_inner);
        }
    }

    fn publish(&self, ticket: u64, boundary: Option<Boundary>) {
        let mut turn = lock(&self.turn);
        turn.over |= boundary.is_none();
        turn.ticket = ticket + 1;
        turn.boundary = boundary;
        drop(turn);
        self.turned.notify_all();
    }
}

/// Ends the scan for all where a worker leaves without publishing: by an error or a panic.
struct MustPublish<'a> {
    splitter: &'a Splitter,
    ticket: Option<u64>,
}

impl MustPublish<'_> {
    fn publish(mut self, boundary: Option<Boundary>) {
        if let Some(ticket) = self.ticket.take() {
            self.splitter.publish(ticket, boundary);
        }
    }
}

impl Drop for MustPublish<'_> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            self.splitter.stop_after(ticket);
            self.splitter.publish(ticket, None);
        }
    }
}

impl Block {
    pub(crate) fn new() -> Self {
        Block { bytes: Vec::new(), marks: Marks::default(), raw: Vec::new(), head: HEADROOM, fault: None }
    }

    /// Heap bytes of a worker's block at this block size.
    pub(crate) fn heap_bytes(block: usize) -> usize {
        let words = (HEADROOM + block) / 64 + 2;
        HEADROOM + block + PADDING + words * (2 * size_of::<u64>() + size_of::<Masks>())
    }

    /// Heap bytes held, by capacity.
    pub(crate) fn capacity(&self) -> usize {
        let words = self.marks.delimiters.capacity() + self.marks.ends.capacity();
        self.bytes.capacity() + words * size_of::<u64>() + self.raw.capacity() * size_of::<Masks>()
    }

    fn reserve(&mut self, block: usize) {
        self.bytes.resize(self.head + block + PADDING, 0);
        // One word more than the data: a record that ends with the input ends at the byte behind it.
        self.marks.resize((self.head + block) / 64 + 2);
        self.raw.resize(block.div_ceil(64), Masks::default());
    }

    /// Reads the next block and indexes it. `None` behind the last.
    ///
    /// # Errors
    /// `Io`, and `Data` for a field that is too long. A quote that is never closed is left in `fault`, since the records
    /// before it come first.
    pub(crate) fn next(&mut self, splitter: &Splitter, classify: Classify) -> Result<Option<Region>> {
        self.reserve(splitter.block);
        let into = &mut self.bytes[self.head..self.head + splitter.block];
        let read = splitter.input.read(splitter.start, into, &splitter.next);
        let chunk = match read {
            Ok(Some(chunk)) if !splitter.stopped_before(chunk.ticket) => chunk,
            Ok(None) => return Ok(None),
            // Whoever stopped the scan has had its turn, so that only blocks that are not wanted wait for this one.
            Ok(Some(_)) => {
                splitter.end();
                return Ok(None);
            }
            Err(error) => {
                splitter.end();
                return Err(error);
            }
        };
        // What stands before the data was read too, by whoever looked at the head.
        let before = if chunk.offset == splitter.start { splitter.start } else { 0 };
        splitter.bytes_read.fetch_add(before + chunk.length as u64, Ordering::Relaxed);
        let must_publish = MustPublish { splitter, ticket: Some(chunk.ticket) };
        let words = chunk.length.div_ceil(64);
        let needles = Needles { delimiter: splitter.dialect.delimiter, quote: splitter.dialect.quote };
        classify(&self.bytes[self.head..self.head + words * 64], needles, &mut self.raw[..words]);

        let Some(boundary) = splitter.wait(chunk.ticket) else {
            return Ok(None);
        };
        let (region, boundary) = self.take_turn(splitter, chunk, boundary)?;
        must_publish.publish(boundary);
        Ok(Some(region))
    }

    /// Indexes the block from `boundary`, and says what the next block has to know; `None` where there is no next.
    fn take_turn(
        &mut self,
        splitter: &Splitter,
        chunk: Chunk,
        mut boundary: Boundary,
    ) -> Result<(Region, Option<Boundary>)> {
        let dialect = &splitter.dialect;
        let (head, end) = (self.head, self.head + chunk.length);
        // The line feed of a CRLF whose halves lie in two blocks belongs to neither record.
        let split_crlf = boundary.place.after_cr
            && boundary.place.state == State::RecordStart
            && self.bytes[head..end].first() == Some(&b'\n');
        let begin = head + usize::from(split_crlf);
        let words = chunk.length.div_ceil(64);
        self.marks.clear(head / 64, (head / 64 + words + 1).min(self.marks.ends.len()));
        let raw = &self.raw[..words];
        let mut tally =
            index::index(&self.bytes[head..end], raw, head, &mut boundary.place, dialect, &mut self.marks);

        let unterminated = chunk.last && matches!(boundary.place.state, State::Quoted | State::Escaped);
        if chunk.last && !unterminated && boundary.place.state != State::RecordStart {
            self.marks.ends[end / 64] |= 1 << (end % 64);
            tally.ends += 1;
            tally.comments += u64::from(boundary.place.state == State::Comment);
        }

        let Some(last_end) = self.marks.last_end(head / 64, end / 64 + 1) else {
            let start = self.head;
            let region = Region {
                ticket: chunk.ticket,
                start,
                limit: start,
                base: chunk.offset as i64 - head as i64,
                lines: boundary.lines,
                records: boundary.records,
            };
            boundary.tail.extend_from_slice(&self.bytes[begin..end]);
            check_length(splitter, &boundary, chunk)?;
            self.fault = unterminated.then(|| unclosed(splitter, &boundary, chunk));
            let next = (!chunk.last).then_some(boundary);
            return Ok((region, next));
        };
        let completes =
            self.bytes[last_end] == b'\r' && last_end + 1 < end && self.bytes[last_end + 1] == b'\n';
        let limit = (last_end + 1 + usize::from(completes)).min(end);

        let blanks = if splitter.columns == 1 { 0 } else { tally.blanks };
        let next_tail = &self.bytes[limit..end];
        let next = Boundary {
            place: boundary.place,
            lines: boundary.lines + breaks(&boundary.tail) + tally.lines - breaks(next_tail),
            records: boundary.records + tally.ends - blanks - tally.comments,
            tail: next_tail.to_vec(),
        };
        self.fault = unterminated.then(|| unclosed(splitter, &next, chunk));
        splitter.blank_lines.fetch_add(blanks, Ordering::Relaxed);
        splitter.records.fetch_add(next.records - boundary.records, Ordering::Relaxed);

        let tail = boundary.tail.len();
        let base = chunk.offset as i64 - self.head as i64;
        let region = if tail == 0 {
            Region {
                ticket: chunk.ticket,
                start: begin,
                limit,
                base,
                lines: boundary.lines,
                records: boundary.records,
            }
        } else {
            let moved = self.prepend(&boundary.tail, end, dialect);
            Region {
                ticket: chunk.ticket,
                start: self.head - tail,
                limit: limit + moved,
                base: base - moved as i64,
                lines: boundary.lines,
                records: boundary.records,
            }
        };
        Ok((region, (!chunk.last).then_some(next)))
    }

    /// Puts the tail before the block's bytes and marks its delimiters; says by how much the block moved for that.
    fn prepend(&mut self, tail: &[u8], end: usize, dialect: &Dialect) -> usize {
        let moved = if tail.len() <= self.head { 0 } else { tail.len().next_multiple_of(64) - self.head };
        if moved > 0 {
            let old = self.head;
            self.head += moved;
            let (words, moved_words) = (self.marks.ends.len(), moved / 64);
            self.bytes.resize(self.bytes.len() + moved, 0);
            self.bytes.copy_within(old..end, self.head);
            self.marks.resize(words + moved_words);
            self.marks.delimiters.copy_within(old / 64..words, self.head / 64);
            self.marks.ends.copy_within(old / 64..words, self.head / 64);
        }
        let start = self.head - tail.len();
        self.bytes[start..self.head].copy_from_slice(tail);
        self.marks.clear(start / 64, self.head / 64);
        machine::index(tail, start, &mut Place::default(), dialect, &mut self.marks);
        moved
    }

    /// A block that holds the head of an input, indexed from `begin`. Where the head is `ended` (the whole input), a last
    /// record without a terminator is marked too.
    pub(crate) fn of_head(bytes: &[u8], begin: usize, dialect: &Dialect, ended: bool) -> Self {
        let mut block = Block { head: 0, ..Block::new() };
        block.reserve(bytes.len());
        block.bytes[..bytes.len()].copy_from_slice(bytes);
        let mut place = Place::default();
        machine::index(&bytes[begin..], begin, &mut place, dialect, &mut block.marks);
        if ended && !matches!(place.state, State::RecordStart | State::Quoted | State::Escaped) {
            block.marks.ends[bytes.len() / 64] |= 1 << (bytes.len() % 64);
        }
        block
    }

    /// The first delimiter or record end at or behind `from`, and whether it ends a record. There must be one.
    pub(crate) fn next_mark(&self, from: usize) -> (usize, bool) {
        let mut word = from / 64;
        let mut mask = u64::MAX << (from % 64);
        loop {
            let marks = (self.marks.delimiters[word] | self.marks.ends[word]) & mask;
            if marks != 0 {
                let bit = marks.trailing_zeros() as usize;
                return (word * 64 + bit, self.marks.ends[word] >> bit & 1 == 1);
            }
            word += 1;
            mask = u64::MAX;
        }
    }

    /// Gives back the room that one very long record took.
    pub(crate) fn shrink(&mut self) {
        const KEPT: usize = 1 << 20;
        if self.head > KEPT {
            *self = Block::new();
        }
    }
}

/// The error for an input that ends inside quotes.
fn unclosed(splitter: &Splitter, boundary: &Boundary, chunk: Chunk) -> Error {
    let (field_start, _) = fields(&boundary.tail, &splitter.dialect);
    never_closed(location(splitter, boundary, chunk, field_start))
}

/// The error for a quote that opens a field and is not closed before the end.
pub(crate) fn never_closed(location: Location) -> Error {
    Error::data(
        location,
        "a quote is opened here and never closed",
        "close the quote, or read quotes as text with --quote none",
    )
}

impl Splitter {
    /// A block was not read or is not wanted: no later one can have its turn.
    fn end(&self) {
        let mut turn = lock(&self.turn);
        turn.over = true;
        drop(turn);
        self.turned.notify_all();
    }
}

/// Physical line breaks in `bytes`.
pub(crate) fn breaks(bytes: &[u8]) -> u64 {
    let mut after_cr = false;
    let mut count = 0;
    for &byte in bytes {
        count += u64::from(byte == b'\r' || (byte == b'\n' && !after_cr));
        after_cr = byte == b'\r';
    }
    count
}

/// Where the last field of an incomplete record begins, and the length of its longest field.
pub(crate) fn fields(tail: &[u8], dialect: &Dialect) -> (usize, usize) {
    let mut place = Place::default();
    let (mut start, mut longest) = (0, 0);
    for (at, &byte) in tail.iter().enumerate() {
        if place.step(byte, dialect) == Token::Delimiter {
            longest = longest.max(at - start);
            start = at + 1;
        }
    }
    (start, longest.max(tail.len() - start))
}

/// Where byte `at` of the incomplete record at the end of a chunk stands.
fn location(splitter: &Splitter, boundary: &Boundary, chunk: Chunk, at: usize) -> Location {
    let end = chunk.offset + chunk.length as u64;
    Location {
        file: splitter.file.to_string(),
        line: boundary.lines + 1 + breaks(&boundary.tail[..at]),
        record: boundary.records + 1,
        byte: end - (boundary.tail.len() - at) as u64,
        column: None,
        value: None,
    }
}

/// Refuses an incomplete record that has a field longer than allowed, or is too long itself.
fn check_length(splitter: &Splitter, boundary: &Boundary, chunk: Chunk) -> Result<()> {
    let tail = boundary.tail.len();
    let max_field = splitter.dialect.max_field;
    if tail <= max_field.min(MAX_RECORD) {
        return Ok(());
    }
    let (field_start, longest) = fields(&boundary.tail, &splitter.dialect);
    if longest <= max_field && tail <= MAX_RECORD {
        return Ok(());
    }
    Err(too_long(location(splitter, boundary, chunk, field_start), max_field))
}

/// The error for a field of more than `max_field` bytes.
pub(crate) fn too_long(location: Location, max_field: usize) -> Error {
    Error::data(
        location,
        format!("a field is longer than {max_field} bytes"),
        "look for a quote that is not closed, or allow longer fields with --max-field",
    )
}

/// The way this processor finds structural bytes.
pub(crate) fn classify() -> Classify {
    structure::fastest()
}
