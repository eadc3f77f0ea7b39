//! One pass over a file: what its workers share, and each worker's end.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::array::ArrayRef;
use arrow::buffer::Buffer;
use plimsoll_core::{Error, ErrorKind, Location, Reject, RejectCounts, RejectKind, Result};
use plimsoll_memory::Consumer;

use crate::bad::Bad;
use crate::block::{Block, Region};
use crate::incomplete::breaks;
use crate::split::Splitter;
use crate::views::text_views;
use crate::walk::{self, Cursor, Found, Walker};
use crate::{Cells, CsvFile, Dialect, Misfit, Span};

/// What to do about text that is not UTF-8.
pub(crate) const NOT_UTF8: &str = "name the file's encoding: --encoding windows-1252 for most files of Western programs, else shift_jis, gb18030, …";

/// One pass over a file, shared by its workers. Nothing is read before a reader's first pull.
#[derive(Debug)]
pub struct Scan {
    splitter: Splitter,
    wanted: Vec<usize>,
}

impl Scan {
    /// A pass that gives the fields of the `wanted` columns (indexes into the file's, ascending), reading `block_size`
    /// bytes at a time. `bytes_read` is counted up.
    pub fn new(file: &CsvFile, wanted: Vec<usize>, block_size: usize, bytes_read: Arc<AtomicU64>) -> Self {
        let splitter = Splitter::new(file, block_size, bytes_read);
        Scan { splitter, wanted }
    }

    /// The same pass; what records that are longer than a block take is reserved from `consumer` before it is taken.
    #[must_use]
    pub fn with_consumer(mut self, consumer: Option<Consumer>) -> Self {
        self.splitter.consumer = consumer;
        self
    }

    /// Heap bytes that one reader of this block size holds.
    pub fn reader_bytes(block_size: usize) -> usize {
        Block::heap_bytes(block_size)
    }

    /// Says that no block behind `ticket` is wanted. Blocks before it are still given.
    pub fn stop_after(&self, ticket: u64) {
        self.splitter.stop_after(ticket);
    }

    /// Blank lines passed over so far.
    pub fn blank_lines(&self) -> u64 {
        self.splitter.blank_lines.load(Ordering::Relaxed)
    }

    /// Records found so far.
    pub fn records(&self) -> u64 {
        self.splitter.records.load(Ordering::Relaxed)
    }
}

/// One worker's end of a [`Scan`].
#[derive(Debug)]
pub struct Reader {
    scan: Arc<Scan>,
    walker: Walker,
    block: Block,
    region: Option<Region>,
    cursor: Cursor,
    spans: Vec<Vec<Span>>,
    /// Number of the batch's first record.
    first_record: u64,
    position: u64,
    /// Records that were passed over or repaired since the last call.
    found: Found,
    /// A place in the block, and the line breaks before it from the region's beginning.
    line: Cell<(usize, u64)>,
    /// What is wrong behind the records that were found.
    fault: Option<Error>,
    ended: bool,
}

impl Reader {
    /// A reader of `scan`.
    pub fn new(scan: Arc<Scan>) -> Self {
        let walker = scan.splitter.dialect.walker(scan.wanted.clone(), scan.splitter.columns);
        Reader {
            spans: vec![Vec::new(); scan.wanted.len()],
            scan,
            walker,
            block: Block::new(),
            region: None,
            cursor: Cursor::default(),
            first_record: 0,
            position: 0,
            found: Found::default(),
            line: Cell::default(),
            fault: None,
            ended: false,
        }
    }

    /// Takes the next block of the file; gives its number, or `None` at the end. Each number from 0 is given to exactly
    /// one reader, ascending for each.
    ///
    /// # Errors
    /// `Io`, and `Data` where the block breaks the rules of the format; `MemoryLimit` for a record that is too long. The scan then gives no later block.
    pub fn next_block(&mut self) -> Result<Option<u64>> {
        if self.ended {
            return Ok(None);
        }
        self.region = None;
        self.block.shrink();
        let splitter = &self.scan.splitter;
        let next = self.block.next(splitter).map_err(|error| splitter.pass.input.in_file(error));
        self.ended = !matches!(next, Ok(Some(_)));
        let Some(region) = next? else { return Ok(None) };
        self.cursor = Cursor::new(&region);
        self.line.set((region.start, 0));
        self.region = Some(region);
        Ok(Some(region.ticket))
    }

    /// Finds the next records of the block, at most `most`; gives how many. There may be none before the end of the block,
    /// which [`Reader::block_ended`] tells, where bad records are passed over.
    ///
    /// # Errors
    /// `Data` for a record that breaks the rules and is not passed over.
    pub fn next_records(&mut self, most: usize) -> Result<usize> {
        let Some(region) = self.region else { return Ok(0) };
        self.first_record = self.cursor.record(&region);
        self.position = region.offset(self.cursor.at());
        self.found.bad.clear();
        self.found.gaps.clear();
        if let Some(fault) = self.fault.take() {
            return Err(self.scan.splitter.pass.input.in_file(fault));
        }
        let Reader { walker, block, cursor, spans, found, .. } = self;
        let (count, bad) = walker.walk(block, &region, cursor, most, spans, found);
        let bad = bad.map(|bad| self.error(&region, &bad));
        // The records before the fault are given first.
        let passed = count > 0 || !self.found.bad.is_empty();
        self.fault = bad.or_else(|| if passed { None } else { self.block.fault.take() });
        if self.fault.is_some() {
            self.scan.splitter.stop_after(region.ticket);
        }
        match self.fault.take_if(|_| !passed) {
            Some(fault) => Err(self.scan.splitter.pass.input.in_file(fault)),
            None => Ok(count),
        }
    }

    /// Whether all records of the block were given.
    pub fn block_ended(&self) -> bool {
        let Some(region) = &self.region else { return true };
        self.cursor.at() >= region.limit && self.fault.is_none() && self.block.fault.is_none()
    }

    /// Counts the bad records that [`Reader::next_records`] has passed over or repaired.
    pub fn count_bad(&self, counts: &mut RejectCounts) {
        self.found.bad.iter().for_each(|bad| counts.count(bad.fault.kind(), bad.skipped));
    }

    /// The bad records that [`Reader::next_records`] has passed over or repaired, with their bytes where they are wanted.
    pub fn bad_records(&mut self, with_raw: bool) -> Vec<Reject> {
        let Some(region) = self.region else { return Vec::new() };
        let bad = std::mem::take(&mut self.found.bad);
        let rejects = bad.iter().map(|bad| {
            let raw = if with_raw { self.block.bytes()[bad.begin..bad.end].to_vec() } else { Vec::new() };
            let error = self.scan.splitter.pass.input.in_file(self.error(&region, bad));
            reject(error, bad.fault.kind(), bad.skipped, raw)
        });
        rejects.collect()
    }

    /// The error that a bad record is.
    fn error(&self, region: &Region, bad: &Bad) -> Error {
        let line = self.line_of(region, bad.begin);
        let splitter = &self.scan.splitter;
        bad.error(&self.block, region, line, &splitter.file, &splitter.dialect, &splitter.names)
    }

    /// The line on which the record that begins at `begin` does.
    fn line_of(&self, region: &Region, begin: usize) -> u64 {
        let (from, before) = if begin < self.line.get().0 { (region.start, 0) } else { self.line.get() };
        let lines = before + breaks(&self.block.bytes()[from..begin]);
        self.line.set((begin, lines));
        region.lines + 1 + lines
    }

    /// A number for the first of the records that [`Reader::next_records`] found: its byte offset in the input (or that
    /// of a blank or comment line before it). Adding the index of a record keeps the numbers of all records of the file
    /// ascending and distinct, since every record has at least one byte.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Where the fields of wanted column number `index` lie, one span a record.
    pub fn spans(&self, index: usize) -> &[Span] {
        &self.spans[index]
    }

    /// The cells at these spans of the current block.
    pub fn cells<'a>(&'a self, spans: &'a [Span]) -> Cells<'a> {
        Cells { bytes: self.block.bytes(), spans, dialect: &self.scan.splitter.dialect }
    }

    /// The bytes of the current block, for views of its cells. The next block is read into the same memory, unless someone
    /// still holds it then.
    pub fn lend(&mut self) -> Buffer {
        self.block.lend()
    }

    /// The cells at these spans as an array of text views of the current block's bytes, `lent` by [`Reader::lend`].
    ///
    /// # Errors
    /// The first cell that is not UTF-8.
    pub fn text_views(&self, spans: &[Span], lent: &Buffer) -> std::result::Result<ArrayRef, Misfit> {
        let cells = Cells { bytes: lent, spans, dialect: self.dialect() };
        text_views(&cells, lent, self.block.content)
    }

    /// Bytes of [`Reader::heap_bytes`] that it has reserved itself, for a long record.
    pub fn reserved_bytes(&self) -> usize {
        self.block.reserved()
    }

    /// Heap bytes held, by capacity.
    pub fn heap_bytes(&self) -> usize {
        let spans: usize = self.spans.iter().map(Vec::capacity).sum();
        self.block.capacity() + spans * size_of::<Span>()
    }

    /// The dialect.
    pub fn dialect(&self) -> &Dialect {
        &self.scan.splitter.dialect
    }

    /// Where the cell of record `row` (of the records found) in wanted column number `index` stands.
    pub fn locate(&self, row: usize, index: usize) -> Location {
        let Some(region) = &self.region else { return Location::default() };
        let skipped = self.found.gaps.partition_point(|gap| *gap <= row);
        let record = self.first_record + (row + skipped) as u64;
        let splitter = &self.scan.splitter;
        let span = self.spans[index][row];
        let start = walk::record_start(&self.block, region, span.start as usize);
        let location = Location {
            file: splitter.file.to_string(),
            line: self.line_of(region, start),
            record,
            byte: region.offset(span.start as usize),
            column: self.scan.splitter.names.get(self.scan.wanted[index]).cloned(),
            value: None,
        };
        let location = location.with_value(&walk::text_of(&self.block, span, &splitter.dialect));
        splitter.pass.input.place_in_file(location)
    }

    /// Where record `row` (of the records found) stands; there must be a wanted column.
    pub fn locate_record(&self, row: usize) -> Location {
        let Some(region) = &self.region else { return Location::default() };
        let start = walk::record_start(&self.block, region, self.spans[0][row].start as usize);
        let location = Location { column: None, value: None, ..self.locate(row, 0) };
        // The cell's place is one of the file already.
        let record = Location { byte: region.offset(start), ..location.clone() };
        Location { byte: self.scan.splitter.pass.input.place_in_file(record).byte, ..location }
    }

    /// Makes the cell of record `row` in wanted column number `index` NULL.
    pub fn clear(&mut self, row: usize, index: usize) {
        self.spans[index][row].length = 0;
    }

    /// Takes records out of those that were found; `rows` ascend.
    pub fn skip(&mut self, rows: &[usize]) {
        for spans in &mut self.spans {
            let mut skipped = rows.iter().copied().peekable();
            let mut row = 0;
            spans.retain(|_| {
                row += 1;
                skipped.next_if_eq(&(row - 1)).is_none()
            });
        }
        let before = |row: usize| rows.partition_point(|skipped| *skipped < row);
        self.found.gaps.iter_mut().for_each(|gap| *gap -= before(*gap));
        self.found.gaps.extend(rows.iter().enumerate().map(|(index, row)| row - index));
        self.found.gaps.sort_unstable();
    }

    /// A bad cell of record `row` in wanted column number `index`, with the bytes of its record where they are wanted.
    pub fn bad_cell(
        &self,
        row: usize,
        index: usize,
        error: Error,
        kind: RejectKind,
        skipped: bool,
        with_raw: bool,
    ) -> Reject {
        let raw = self.region.as_ref().filter(|_| with_raw).map(|region| {
            let at = self.spans[index][row].start as usize;
            let begin = walk::record_start(&self.block, region, at);
            self.block.bytes()[begin..walk::next_end(&self.block, at)].to_vec()
        });
        reject(error, kind, skipped, raw.unwrap_or_default())
    }

    /// The error for text that is not UTF-8 in that cell.
    pub fn not_utf8(&self, row: usize, index: usize) -> Error {
        Error::data(self.locate(row, index), "the text is not UTF-8", NOT_UTF8)
    }
}

/// A data error as a reject.
fn reject(error: Error, kind: RejectKind, skipped: bool, raw: Vec<u8>) -> Reject {
    let (location, message) = match error.into_kind() {
        ErrorKind::Data { location, message, .. } => (*location, message),
        other => (Location::default(), other.to_string()),
    };
    Reject { location, kind, skipped, message, raw }
}
