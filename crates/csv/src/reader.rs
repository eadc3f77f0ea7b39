//! One pass over a file: what its workers share, and each worker's end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::array::ArrayRef;
use arrow::buffer::Buffer;
use plimsoll_core::{Error, Location, Result};

use crate::block::{Block, Region};
use crate::split::Splitter;
use crate::views::text_views;
use crate::walk::{self, Cursor, Walker};
use crate::{Cells, CsvFile, Dialect, Misfit, Span};

/// What to do about text that is not UTF-8.
pub(crate) const NOT_UTF8: &str = "name the file's encoding: --encoding windows-1252 for most files of Western programs, else shift_jis, gb18030, …";

/// One pass over a file, shared by its workers. Nothing is read before a reader's first pull.
#[derive(Debug)]
pub struct Scan {
    splitter: Splitter,
    names: Arc<[String]>,
    wanted: Vec<usize>,
}

impl Scan {
    /// A pass that gives the fields of the `wanted` columns (indexes into the file's, ascending), reading `block_size`
    /// bytes at a time. `bytes_read` is counted up.
    pub fn new(file: &CsvFile, wanted: Vec<usize>, block_size: usize, bytes_read: Arc<AtomicU64>) -> Self {
        let splitter = Splitter::new(file, block_size, bytes_read);
        Scan { splitter, names: Arc::clone(&file.columns), wanted }
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
            fault: None,
            ended: false,
        }
    }

    /// Takes the next block of the file; gives its number, or `None` at the end. Each number from 0 is given to exactly
    /// one reader, ascending for each.
    ///
    /// # Errors
    /// `Io`, and `Data` where the block breaks the rules of the format. The scan then gives no later block.
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
        self.region = Some(region);
        Ok(Some(region.ticket))
    }

    /// Finds the next records of the block, at most `most`; gives how many, 0 at its end.
    ///
    /// # Errors
    /// `Data` for a record with another number of fields, or a field that is too long.
    pub fn next_records(&mut self, most: usize) -> Result<usize> {
        let Some(region) = &self.region else { return Ok(0) };
        self.first_record = self.cursor.record(region);
        self.position = region.offset(self.cursor.at());
        let splitter = &self.scan.splitter;
        if let Some(fault) = self.fault.take() {
            return Err(splitter.pass.input.in_file(fault));
        }
        let (count, fault) =
            self.walker.walk(&self.block, region, &mut self.cursor, most, &mut self.spans, &splitter.file);
        // The records before the fault are given first.
        self.fault = fault.or_else(|| if count == 0 { self.block.fault.take() } else { None });
        if self.fault.is_some() {
            splitter.stop_after(region.ticket);
        }
        match self.fault.take_if(|_| count == 0) {
            Some(fault) => Err(splitter.pass.input.in_file(fault)),
            None => Ok(count),
        }
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
        let record = self.first_record + row as u64;
        let splitter = &self.scan.splitter;
        let span = self.spans[index][row];
        let mut location = walk::locate(&self.block, region, span, record, &splitter.file, &splitter.dialect);
        location.column = self.scan.names.get(self.scan.wanted[index]).cloned();
        splitter.pass.input.place_in_file(location)
    }

    /// Where record `row` (of the records found) stands; there must be a wanted column.
    pub fn locate_record(&self, row: usize) -> Location {
        let Some(region) = &self.region else { return Location::default() };
        let (splitter, record) = (&self.scan.splitter, self.first_record + row as u64);
        let span = self.spans[0][row];
        let start = walk::record_start(&self.block, region, span.start as usize);
        let cell = walk::locate(&self.block, region, span, record, &splitter.file, &splitter.dialect);
        let location = Location { byte: region.offset(start), column: None, value: None, ..cell };
        splitter.pass.input.place_in_file(location)
    }

    /// The error for text that is not UTF-8 in that cell.
    pub fn not_utf8(&self, row: usize, index: usize) -> Error {
        Error::data(self.locate(row, index), "the text is not UTF-8", NOT_UTF8)
    }
}
