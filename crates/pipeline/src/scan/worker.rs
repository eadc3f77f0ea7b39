//! One worker of a CSV scan: locates fields, applies WHERE, parses what is left.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use arrow::array::{ArrayRef, BooleanArray};
use arrow::compute::filter;
use plimsoll_core::{
    CellClass, DataType, Error, Field, Location, OnError, Profile, Reject, RejectCounts, RejectKind, Result,
    Schema, text_cell,
};
use plimsoll_csv::{ColumnType, Misfit as CellMisfit, Parsed, Reader, Scan, Span};
use plimsoll_kernels::arrays::plain;
use plimsoll_kernels::{Block, Condition};

use super::form::Form;
use super::{CsvScan, Misfit, ScanColumn, rejects};
use crate::Ticketed;
use crate::blame::blame;
use crate::filter::bind_condition;
use crate::plumbing::{Bound, Memory, thread};

/// One worker's end of a [`CsvScan`], as blocks.
#[derive(Debug)]
#[must_use = "pipelines are lazy: nothing happens before the first pull"]
pub struct ScanWorker {
    base: TicketedScan,
}

impl ScanWorker {
    pub(super) fn new(scan: Arc<CsvScan>) -> Self {
        ScanWorker { base: TicketedScan::new(scan) }
    }
}

impl Iterator for ScanWorker {
    type Item = Result<Block>;

    fn next(&mut self) -> Option<Result<Block>> {
        loop {
            match self.base.next()? {
                Ok(Ticketed { block: Some(block), .. }) => return Some(Ok(block)),
                Ok(_) => {}
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

/// One worker's end of a [`CsvScan`], as blocks with the numbers of the stretches of the file they come from. Each number
/// begins with an item without a block, so that an error that follows is known to belong to it.
#[derive(Debug)]
#[must_use = "pipelines are lazy: nothing happens before the first pull"]
pub struct TicketedScan {
    scan: Arc<CsvScan>,
    reader: Reader,
    /// The block of the file that is being read.
    ticket: Option<u64>,
    /// Types of the wanted columns, as this worker has them.
    types: Vec<ColumnType>,
    /// Digits before the point of the largest numbers of the wanted columns that all workers know of.
    int_digits: Vec<u32>,
    filter: Bound<Condition>,
    filter_schema: Arc<Schema>,
    output_schema: Arc<Schema>,
    /// How many records were found, and the next of them to give.
    rows: usize,
    next: usize,
    /// What was skipped and repaired in this block of the file.
    rejects: Vec<Reject>,
    counts: RejectCounts,
    /// Cells of one column in the rows that passed WHERE.
    passed: Vec<Span>,
    memory: Memory,
    /// Bytes that are reserved for the columns of a block.
    columns: usize,
    given: Given,
    ended: bool,
}

/// Which records the rows of the last block are.
#[derive(Debug, Default)]
struct Given {
    position: u64,
    /// The first record that was looked at.
    first: usize,
    /// Which of the records from there on passed WHERE, where not all.
    selected: Option<BooleanArray>,
}

/// Why some records cannot be given as one block.
enum Halt {
    /// The record of this number cannot be taken; those before it can.
    Before(usize),
    /// The first record cannot be taken.
    Failed(Error),
    /// So many records are skipped; those that are left may be taken.
    Skipped(usize),
}

/// Bytes of a field with its delimiter, below which hardly any file is on average.
const LEAST_FIELD: usize = 2;

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Halt::Failed(error)
    }
}

/// The rows that passed WHERE.
struct Passed {
    /// Which, where not all.
    selected: Option<BooleanArray>,
    /// The typed columns of WHERE, unfiltered.
    columns: Vec<ArrayRef>,
    rows: usize,
}

impl TicketedScan {
    pub(super) fn new(scan: Arc<CsvScan>) -> Self {
        let profiles = scan.types.profiles();
        let types = scan.wanted.iter().map(|column| scan.file.column_type(*column, &profiles)).collect();
        let int_digits = vec![0; scan.wanted.len()];
        let reader = Reader::new(Arc::clone(&scan.scan));
        let number = scan.workers.fetch_add(1, Ordering::Relaxed) + 1;
        let consumer = scan.consumer.as_ref().map(|operator| thread(operator, number));
        let memory = Memory::new(consumer.as_ref());
        let mut worker = TicketedScan {
            scan,
            reader,
            ticket: None,
            types,
            int_digits,
            filter: Bound::new(),
            filter_schema: Arc::default(),
            output_schema: Arc::default(),
            rows: 0,
            next: 0,
            rejects: Vec::new(),
            counts: RejectCounts::default(),
            passed: Vec::new(),
            memory,
            columns: 0,
            given: Given::default(),
            ended: false,
        };
        worker.make_schemas();
        worker
    }

    fn make_schemas(&mut self) {
        let scan = &self.scan;
        let names = scan.file.schema();
        let field = |column: usize, as_text: bool| {
            let data_type = match scan.wanted.binary_search(&column) {
                Ok(place) if !as_text => self.types[place].data_type,
                _ => DataType::Utf8,
            };
            Field::new(&names.fields[column].name, data_type)
        };
        let filter = scan.filter_columns.iter().map(|column| field(*column, false)).collect();
        let outputs = scan.spec.outputs.iter().map(|output| field(output.column, output.as_text)).collect();
        self.filter_schema = Arc::new(Schema::new(filter));
        self.output_schema = Arc::new(Schema::new(outputs));
    }

    fn pull(&mut self) -> Result<Option<Ticketed>> {
        let Some(ticket) = self.ticket else {
            if self.columns == 0 {
                self.columns = self.usual_columns()?;
            }
            self.hold_reader()?;
            self.ticket = self.reader.next_block()?;
            self.hold_reader()?;
            return Ok(self.ticket.map(|ticket| Ticketed { ticket, last: false, block: None }));
        };
        loop {
            if self.next == self.rows {
                self.rows = self.reader.next_records(self.scan.spec.rows)?;
                self.next = 0;
                self.note_bad_records()?;
            }
            if self.rows == 0 {
                if !self.reader.block_ended() {
                    continue;
                }
                self.submit_rejects(ticket, None)?;
                self.ticket = None;
                self.scan.types.finish(ticket);
                return Ok(Some(Ticketed { ticket, last: true, block: None }));
            }
            // Rows before one that fails are given first: whoever has enough of them never hears of it.
            let mut rows = self.next..self.rows;
            let block = loop {
                match self.block(rows.clone(), ticket) {
                    Ok(block) => break block,
                    Err(Halt::Before(row)) => rows.end = row,
                    Err(Halt::Skipped(skipped)) => {
                        rows.end -= skipped;
                        if rows.is_empty() {
                            break None;
                        }
                    }
                    Err(Halt::Failed(error)) => return Err(error),
                }
            };
            self.next = rows.end;
            if block.is_some() {
                return Ok(Some(Ticketed { ticket, last: false, block }));
            }
        }
    }

    /// Reserves the reader's buffers. A record longer than a block makes them grow.
    fn hold_reader(&mut self) -> Result<()> {
        let others = self.reader.heap_bytes().saturating_sub(self.reader.reserved_bytes());
        let buffers = Scan::reader_bytes(self.scan.spec.block_size).max(others);
        let passed = self.passed.capacity() * size_of::<Span>();
        self.memory.hold(buffers + passed + self.columns + rejects::bytes(&self.rejects))
    }

    /// Takes note of records that the reader has skipped or repaired.
    fn note_bad_records(&mut self) -> Result<()> {
        self.reader.count_bad(&mut self.counts);
        let shared = &self.scan.rejects;
        if shared.wants_all() {
            self.rejects.extend(self.reader.bad_records(shared.wants_raw()));
            if !self.rejects.is_empty() {
                self.hold_reader()?;
            }
        }
        Ok(())
    }

    /// Hands on what was skipped and repaired in the block of the file that ends here, or fails with `error`.
    fn submit_rejects(&mut self, ticket: u64, error: Option<&Error>) -> Result<()> {
        let shared = &self.scan.rejects;
        let counts = std::mem::take(&mut self.counts);
        if counts.total() > 0 {
            shared.count(&counts);
        }
        if shared.wants_all() {
            let mut rejects = std::mem::take(&mut self.rejects);
            // What stands behind an error was found by looking ahead.
            if let Some(byte) = error.map(|error| rejects::byte_of(error).unwrap_or(0)) {
                rejects.retain(|reject| reject.location.byte < byte);
            }
            if shared.submit(ticket, rejects)? {
                self.scan.scan.stop_after(ticket);
            }
        }
        Ok(())
    }

    /// Reserves the columns of a block, too. What they took at most stays reserved, as the next blocks are much the same.
    fn hold_columns(&mut self, bytes: usize) -> Result<()> {
        self.columns = self.columns.max(bytes);
        self.hold_reader()
    }

    /// About what the columns of a block take at most: all that may be had must be had before others have it.
    fn usual_columns(&self) -> Result<usize> {
        let (scan, spec) = (&self.scan, &self.scan.spec);
        let rows = spec.rows.min(spec.block_size / (LEAST_FIELD * scan.file.schema().fields.len()).max(1));
        let (mut bytes, mut texts) = (0, 0);
        for (column, form) in self.filtered().chain(self.given()) {
            let data_type = self.types[scan.place(column)?].data_type;
            bytes += rows * form.value_bytes(data_type);
            if form.has_texts(data_type) {
                texts = spec.block_size;
            }
        }
        Ok(bytes + texts)
    }

    /// The columns of WHERE, and how they are parsed.
    fn filtered(&self) -> impl Iterator<Item = (usize, Form)> {
        self.scan.filter_columns.iter().map(|column| (*column, self.scan.filter_form))
    }

    /// The columns that are given, and how.
    fn given(&self) -> impl Iterator<Item = (usize, Form)> {
        self.scan.spec.outputs.iter().map(|output| (output.column, self.form(*output)))
    }

    fn form(&self, output: ScanColumn) -> Form {
        if output.as_text { Form::FileText } else { self.scan.output_form }
    }

    /// Bytes of columns of so many of these records. The texts of a usual block are reserved from the beginning and do not count.
    fn bytes_of(
        &self,
        columns: impl Iterator<Item = (usize, Form)>,
        records: &Range<usize>,
        rows: usize,
    ) -> Result<usize> {
        let is_long = self.reader.heap_bytes() > 2 * Scan::reader_bytes(self.scan.spec.block_size);
        let mut bytes = 0;
        for (column, form) in columns {
            let place = self.scan.place(column)?;
            let data_type = self.types[place].data_type;
            bytes += rows * form.value_bytes(data_type);
            if is_long && form.has_texts(data_type) {
                let texts = &self.reader.spans(place)[records.clone()];
                bytes += texts.iter().map(|span| span.length as usize).sum::<usize>();
            }
        }
        Ok(bytes)
    }

    /// The block of what passes WHERE in some of the records that were found; `None` where nothing does.
    fn block(&mut self, rows: Range<usize>, ticket: u64) -> Result<Option<Block>, Halt> {
        let filtered = self.bytes_of(self.filtered(), &rows, rows.len())?;
        self.hold_columns(filtered)?;
        let passed = self.apply_filter(rows.clone(), ticket)?;
        if passed.rows == 0 {
            return Ok(None);
        }
        let given = self.bytes_of(self.given(), &rows, passed.rows)?;
        self.hold_columns(filtered + given)?;
        let mut columns = Vec::with_capacity(self.scan.spec.outputs.len());
        for at in 0..self.scan.spec.outputs.len() {
            let output = self.scan.spec.outputs[at];
            let filtered = self.scan.filter_columns.iter().position(|column| *column == output.column);
            let column = match (filtered, &passed.selected) {
                (Some(at), None) if !output.as_text => Arc::clone(&passed.columns[at]),
                (Some(at), Some(selected)) if !output.as_text => {
                    filter(&passed.columns[at], selected).map_err(|error| Error::value(error.to_string()))?
                }
                (_, selected) => {
                    let place = self.scan.place(output.column)?;
                    let form = self.form(output);
                    self.parse(place, rows.clone(), selected.as_ref(), form, ticket)?
                }
            };
            let data_type = self.output_schema.fields[at].data_type;
            columns.push(if self.scan.output_form == Form::Encoded {
                column
            } else {
                plain(&column, data_type)?
            });
        }
        let position = self.reader.position() + rows.start as u64;
        self.given = Given { position, first: rows.start, selected: passed.selected };
        Ok(Some(Block { position, schema: Arc::clone(&self.output_schema), columns, rows: passed.rows }))
    }

    /// Where the row at `position` of the block that was given last stands in the file: its cell in `column` of the block,
    /// else its record.
    pub fn place(&self, position: u64, column: Option<usize>) -> Option<Location> {
        let row = usize::try_from(position.checked_sub(self.given.position)?).ok()?;
        let row = match &self.given.selected {
            Some(selected) => selected.values().set_indices().nth(row)?,
            None => row,
        };
        let column = column.map(|column| self.scan.spec.outputs[column].column);
        self.place_record(self.given.first + row, column)
    }

    /// Where a record that was found stands: its cell in a column of the file, else the record.
    fn place_record(&self, row: usize, column: Option<usize>) -> Option<Location> {
        match column {
            Some(column) => Some(self.reader.locate(row, self.scan.place(column).ok()?)),
            None => Some(self.reader.locate_record(row)),
        }
    }

    fn apply_filter(&mut self, rows: Range<usize>, ticket: u64) -> Result<Passed, Halt> {
        let mut columns = Vec::with_capacity(self.scan.filter_columns.len());
        for at in 0..self.scan.filter_columns.len() {
            let place = self.scan.place(self.scan.filter_columns[at])?;
            columns.push(self.parse(place, rows.clone(), None, self.scan.filter_form, ticket)?);
        }
        let Some(condition) = &self.scan.filter else {
            return Ok(Passed { selected: None, columns, rows: rows.len() });
        };
        let schema = Arc::clone(&self.filter_schema);
        let position = self.reader.position() + rows.start as u64;
        let block = Block { position, schema, columns, rows: rows.len() };
        let bound = self.filter.for_schema(&block.schema, |types| bind_condition(condition, types))?;
        let selected = match bound.select(&block) {
            Ok(selected) => selected,
            // Halving finds the rows before the one that fails.
            Err(_) if rows.len() > 1 => return Err(Halt::Before(rows.start + rows.len() / 2)),
            Err(error) => {
                let whole = bound.whole().clone();
                let place = |_, column: Option<usize>| {
                    self.place_record(rows.start, column.map(|column| self.scan.filter_columns[column]))
                };
                return Err(Halt::Failed(blame(error, &[&whole], &block, &place)));
            }
        };
        let passed = selected.true_count();
        let selected = (passed < block.rows).then_some(selected);
        Ok(Passed { selected, columns: block.columns, rows: passed })
    }

    /// The cells of wanted column number `place` in the selected ones of these records, widening its type as they need.
    fn parse(
        &mut self,
        place: usize,
        rows: Range<usize>,
        selected: Option<&BooleanArray>,
        form: Form,
        ticket: u64,
    ) -> Result<ArrayRef, Halt> {
        if form == Form::FileText {
            self.check_file_text(place, rows.clone(), selected, ticket)?;
        }
        self.select(place, rows.clone(), selected);
        let lent = (form == Form::Encoded).then(|| self.reader.lend());
        loop {
            let spans = self.selected(place, &rows, selected);
            let column_type =
                if form == Form::FileText { ColumnType::declared(DataType::Utf8) } else { self.types[place] };
            let parsed = match &lent {
                Some(lent) if column_type.data_type == DataType::Utf8 => {
                    self.reader.text_views(spans, lent).map(Parsed::from)
                }
                _ => self.reader.cells(spans).parse(column_type),
            };
            let misfit = match parsed {
                Err(misfit) => misfit,
                Ok(parsed) if self.has_room(place, parsed.int_digits) => {
                    self.scan.cut_fractions.fetch_add(parsed.cut_fractions, Ordering::Relaxed);
                    return Ok(parsed.array);
                }
                Ok(_) => {
                    let known = self.scan.types.profiles()[self.scan.wanted[place]];
                    self.without_room(&known, self.selected(place, &rows, selected))
                }
            };
            // Only now it matters which record the cell belongs to.
            let row = rows.start + row_of(selected, misfit.row);
            if self.passes_over(place, &misfit) {
                self.pass_over(place, column_type, row, rows.clone(), selected)?;
                self.select(place, rows.clone(), selected);
                continue;
            }
            if let Some(bad) = self.bad_beside(place, row) {
                self.pass_over(bad, self.types[bad], row, rows.clone(), selected)?;
            }
            if self.widens(place, &misfit, ticket) {
                continue;
            }
            return Err(self.halt_at(place, row, rows.start, &misfit, ticket));
        }
    }

    /// Where the cells of a column in the selected ones of these records lie, once they were selected.
    fn selected(&self, place: usize, rows: &Range<usize>, selected: Option<&BooleanArray>) -> &[Span] {
        if selected.is_some() { &self.passed } else { &self.reader.spans(place)[rows.clone()] }
    }

    /// Holds cells that are given as they stand in the file against the type of their column: the user's, and where bad
    /// cells are passed over that of the head sample, so that the format of the result does not decide which are bad.
    fn check_file_text(
        &mut self,
        place: usize,
        rows: Range<usize>,
        selected: Option<&BooleanArray>,
        ticket: u64,
    ) -> Result<(), Halt> {
        let column_type = self.types[place];
        let fails = self.reader.dialect().tolerance.on_error == OnError::Fail;
        if column_type.data_type == DataType::Utf8 || (fails && !column_type.declared) {
            return Ok(());
        }
        self.select(place, rows.clone(), selected);
        let spans = self.selected(place, &rows, selected);
        let Some(misfit) = self.first_misfit(place, column_type, spans) else { return Ok(()) };
        let row = rows.start + row_of(selected, misfit.row);
        if fails {
            return Err(self.halt_at(place, row, rows.start, &misfit, ticket));
        }
        self.pass_over(place, column_type, row, rows, selected)
    }

    /// Ends before the record of a cell that its column's type does not take, or fails where it is the first.
    fn halt_at(&self, place: usize, row: usize, first: usize, misfit: &CellMisfit, ticket: u64) -> Halt {
        if row > first { Halt::Before(row) } else { Halt::Failed(self.refuse(place, row, misfit, ticket)) }
    }

    /// Whether a cell is one of those that the scan passes over.
    fn passes_over(&self, place: usize, misfit: &CellMisfit) -> bool {
        self.reader.dialect().tolerance.on_error != OnError::Fail && self.is_bad(place, misfit)
    }

    /// Whether a cell that its column's type does not take is bad. Of a type that was inferred it is where the head sample
    /// and the cell together would be text, so that it does not depend on other cells.
    fn is_bad(&self, place: usize, misfit: &CellMisfit) -> bool {
        let Some(class) = misfit.class.filter(|_| !self.types[place].declared) else { return true };
        let mut profile = self.sampled(place);
        let sampled = profile.data_type();
        profile.observe(class);
        profile.data_type() == DataType::Utf8 && !matches!(sampled, DataType::Utf8 | DataType::Null)
    }

    /// What the head sample says of a column.
    fn sampled(&self, place: usize) -> Profile {
        let mut profile = self.scan.file.sampled()[self.scan.wanted[place]];
        profile.settle();
        profile
    }

    /// The first of these cells that the type does not take, or that is too large beside those of the head sample.
    fn first_misfit(&self, place: usize, column_type: ColumnType, cells: &[Span]) -> Option<CellMisfit> {
        match self.reader.cells(cells).parse(column_type) {
            Err(misfit) => Some(misfit),
            // Only exact numbers have to be exact together.
            Ok(_) if column_type.declared || column_type.data_type.exact_scale().is_none() => None,
            Ok(parsed) => {
                let sampled = self.sampled(place);
                let has_room = sampled.is_exact_with(parsed.int_digits);
                (!has_room).then(|| self.without_room(&sampled, cells))
            }
        }
    }

    /// A column that has a bad cell in the record of a cell in column `place`, so that the record is skipped: what is not taken
    /// has no say in the types.
    fn bad_beside(&self, place: usize, row: usize) -> Option<usize> {
        if self.reader.dialect().tolerance.on_error != OnError::Skip {
            return None;
        }
        // Those of WHERE are looked at on their own: only what passes is given.
        let filters = |column: &usize| self.scan.filter_columns.contains(column);
        let is_filter = filters(&self.scan.wanted[place]);
        let columns = self.filtered().chain(self.given()).map(|(column, _)| column);
        let beside = columns.filter(|column| filters(column) == is_filter);
        let is_bad = |other: &usize| {
            let cell = &self.reader.spans(*other)[row..=row];
            let misfit = self.first_misfit(*other, self.types[*other], cell);
            misfit.is_some_and(|misfit| self.is_bad(*other, &misfit))
        };
        let places = beside.filter_map(|column| self.scan.place(column).ok());
        places.filter(|other| *other != place).find(is_bad)
    }

    /// Makes bad cells NULL, or skips their records, of the selected ones from record `from` on.
    fn pass_over(
        &mut self,
        place: usize,
        column_type: ColumnType,
        from: usize,
        rows: Range<usize>,
        selected: Option<&BooleanArray>,
    ) -> Result<(), Halt> {
        let skips = self.reader.dialect().tolerance.on_error == OnError::Skip;
        let mut skipped = Vec::new();
        for row in from..rows.end {
            if selected.is_some_and(|selected| !selected.value(row - rows.start)) {
                continue;
            }
            let cell = &self.reader.spans(place)[row..=row];
            let misfit = match self.first_misfit(place, column_type, cell) {
                Some(misfit) if self.is_bad(place, &misfit) => misfit,
                _ => continue,
            };
            let kind = if misfit.class.is_some() { RejectKind::CellType } else { RejectKind::NotUtf8 };
            self.counts.count(kind, skips);
            if self.scan.rejects.wants_all() {
                let error = self.misfit_error(place, row, &misfit);
                let with_raw = self.scan.rejects.wants_raw();
                self.rejects.push(self.reader.bad_cell(row, place, error, kind, skips, with_raw));
            }
            if skips {
                skipped.push(row);
            } else {
                self.reader.clear(row, place);
            }
        }
        self.hold_reader()?;
        if skipped.is_empty() {
            return Ok(());
        }
        self.reader.skip(&skipped);
        self.rows -= skipped.len();
        Err(Halt::Skipped(skipped.len()))
    }

    /// Puts together the cells of the selected ones of these records.
    fn select(&mut self, place: usize, rows: Range<usize>, selected: Option<&BooleanArray>) {
        if let Some(selected) = selected {
            let spans = &self.reader.spans(place)[rows];
            self.passed.clear();
            self.passed.extend(selected.values().set_indices().map(|row| spans[row]));
        }
    }

    /// Whether the column's type has become one that takes the cell.
    fn widens(&mut self, place: usize, misfit: &CellMisfit, ticket: u64) -> bool {
        let (Some(class), false) = (misfit.class, self.types[place].declared) else { return false };
        let column = self.scan.wanted[place];
        let current = self.types[place].data_type;
        let takes = |wider| self.query_takes(column, current, wider);
        let wider = self.scan.types.widen(column, class, current, ticket, takes);
        let Some(wider) = wider.as_ref().map(ColumnType::inferred) else { return false };
        self.types[place] = wider;
        if wider.data_type != current {
            self.make_schemas();
        }
        true
    }

    /// Whether the query can go on where the type of a column becomes a wider one.
    fn query_takes(&self, column: usize, current: DataType, wider: DataType) -> bool {
        let spec = &self.scan.spec;
        let mut aggregates = spec.aggregated.iter().filter(|(read, _)| *read == column);
        let takes = |(_, exact): &(usize, bool)| *exact && wider.exact_scale().is_some();
        let holds = current != DataType::Null || aggregates.all(takes);
        !spec.fixed.contains(&column) && holds && self.filter_takes(column, wider)
    }

    /// Whether WHERE means something where the column has this type.
    fn filter_takes(&self, column: usize, data_type: DataType) -> bool {
        let place = self.scan.filter_columns.iter().position(|read| *read == column);
        let (Some(condition), Some(place)) = (&self.scan.filter, place) else { return true };
        let mut types: Vec<DataType> =
            self.filter_schema.fields.iter().map(|field| field.data_type).collect();
        types[place] = data_type;
        bind_condition(condition, &types).is_ok()
    }

    /// The error that ends the scan for a cell that the column's type does not take.
    fn refuse(&self, place: usize, row: usize, misfit: &CellMisfit, ticket: u64) -> Error {
        if let Some(class) = misfit.class.filter(|_| !self.types[place].declared) {
            let (column, location) = (self.scan.wanted[place], self.reader.locate(row, place));
            self.scan.types.refuse(Misfit { ticket, column, class, location });
        }
        self.misfit_error(place, row, misfit)
    }

    /// The error for a cell that the column's type does not take.
    fn misfit_error(&self, place: usize, row: usize, misfit: &CellMisfit) -> Error {
        if misfit.class.is_none() {
            return self.reader.not_utf8(row, place);
        }
        let ColumnType { data_type, declared, .. } = self.types[place];
        let location = self.reader.locate(row, place);
        let (why, hint) = if declared {
            let flags = location.value.as_deref();
            let flags = flags.and_then(|cell| text_cell::flags(cell, Some(data_type)));
            let flags = flags.map_or(String::new(), |flags| flags + "; or ");
            (
                "as the column's type is given",
                format!(
                    "{flags}mend the value, give the column another type with --types, or pass over such cells with --on-error null"
                ),
            )
        } else if self.scan.file.length().is_none() {
            // A stream cannot be looked at first.
            ("as the records before it are", "give the column's type with --types".to_owned())
        } else {
            (
                "as the records before it are",
                "give the column's type with --types, or look at the whole file first with --infer full"
                    .to_owned(),
            )
        };
        Error::data(location, format!("the value is not a {data_type}, {why}"), hint)
    }

    /// Takes note of numbers with this many digits before their points. Whether the column's type has room for them: what
    /// one worker's block holds may be too large for the digits behind the point that another's has.
    fn has_room(&mut self, place: usize, int_digits: u32) -> bool {
        if self.types[place].declared || int_digits <= self.int_digits[place] {
            return true;
        }
        let has_room = self.scan.types.have_room(self.scan.wanted[place], int_digits);
        if has_room {
            self.int_digits[place] = int_digits;
        }
        has_room
    }

    /// The first of these numbers that there is no room for beside those that are known.
    fn without_room(&self, known: &Profile, spans: &[Span]) -> CellMisfit {
        let is_too_large = |class: &CellClass| match class {
            CellClass::Number { int_digits, .. } => !known.is_exact_with(*int_digits),
            _ => false,
        };
        let cells = self.reader.cells(spans);
        let mut classes = cells.classes().enumerate();
        let first = classes.find(|(_, class)| is_too_large(class));
        first
            .map_or(CellMisfit { row: 0, class: None }, |(row, class)| CellMisfit { row, class: Some(class) })
    }
}

/// The record of number `index` of the selected ones.
fn row_of(selected: Option<&BooleanArray>, index: usize) -> usize {
    match selected {
        Some(selected) => selected.values().set_indices().nth(index).unwrap_or(0),
        None => index,
    }
}

impl Iterator for TicketedScan {
    type Item = Result<Ticketed>;

    fn next(&mut self) -> Option<Result<Ticketed>> {
        if self.ended {
            return None;
        }
        let pulled = self.pull();
        self.ended = !matches!(pulled, Ok(Some(_)));
        if let (Err(error), Some(ticket)) = (&pulled, self.ticket) {
            // The error that is given is the one that matters.
            let _ = self.submit_rejects(ticket, Some(error));
            // Blocks behind this one are not wanted any more.
            self.scan.scan.stop_after(ticket);
            self.scan.types.abandon(ticket);
        }
        pulled.transpose()
    }
}

impl Drop for TicketedScan {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            self.scan.types.abandon(ticket);
        }
    }
}
