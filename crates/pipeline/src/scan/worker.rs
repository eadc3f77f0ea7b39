//! One worker of a CSV scan: locates fields, applies WHERE, parses what is left.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray};
use arrow::compute::filter;
use plimsoll_core::{DataType, Error, Field, Profile, Result, Schema, Typed};
use plimsoll_csv::{ColumnType, Reader, Scan, Span};
use plimsoll_kernels::{Block, select};

use super::{CsvScan, Misfit};
use crate::Ticketed;
use crate::filter::bind_condition;
use crate::plumbing::{Bound, Memory};

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
    filter: Bound<Typed>,
    filter_schema: Arc<Schema>,
    output_schema: Arc<Schema>,
    /// Cells of one column in the rows that passed WHERE.
    passed: Vec<Span>,
    memory: Memory,
    ended: bool,
}

/// The rows of a batch that passed WHERE.
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
        let reader = Reader::new(Arc::clone(&scan.scan));
        let memory = Memory::new(scan.budget.as_ref(), "scan");
        let mut worker = TicketedScan {
            scan,
            reader,
            ticket: None,
            types,
            filter: Bound::new(),
            filter_schema: Arc::default(),
            output_schema: Arc::default(),
            passed: Vec::new(),
            memory,
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
            let buffers = Scan::reader_bytes(self.scan.spec.block_size).max(self.reader.heap_bytes());
            self.memory.hold(buffers)?;
            self.ticket = self.reader.next_block()?;
            self.memory.hold(buffers.max(self.reader.heap_bytes()))?;
            return Ok(self.ticket.map(|ticket| Ticketed { ticket, last: false, block: None }));
        };
        loop {
            let rows = self.reader.next_records(self.scan.spec.rows)?;
            if rows == 0 {
                self.ticket = None;
                return Ok(Some(Ticketed { ticket, last: true, block: None }));
            }
            let passed = self.apply_filter(rows, ticket)?;
            if passed.rows > 0 {
                let block = Some(self.block(&passed, ticket)?);
                return Ok(Some(Ticketed { ticket, last: false, block }));
            }
        }
    }

    fn apply_filter(&mut self, rows: usize, ticket: u64) -> Result<Passed> {
        if self.scan.filter.is_none() {
            return Ok(Passed { selected: None, columns: Vec::new(), rows });
        }
        let mut columns = Vec::with_capacity(self.scan.filter_columns.len());
        for at in 0..self.scan.filter_columns.len() {
            let place = self.scan.place(self.scan.filter_columns[at])?;
            columns.push(self.parse(place, None, false, ticket)?);
        }
        let block = Block {
            position: self.reader.position(),
            schema: Arc::clone(&self.filter_schema),
            columns,
            rows,
        };
        let scan = &self.scan;
        let Some(condition) = &scan.filter else {
            return Ok(Passed { selected: None, columns: block.columns, rows });
        };
        let bound = self.filter.for_schema(&block.schema, |types| bind_condition(condition, types))?;
        let selected = select(bound, &block)?;
        let passed = selected.true_count();
        let selected = (passed < rows).then_some(selected);
        Ok(Passed { selected, columns: block.columns, rows: passed })
    }

    fn block(&mut self, passed: &Passed, ticket: u64) -> Result<Block> {
        let mut columns = Vec::with_capacity(self.scan.spec.outputs.len());
        for at in 0..self.scan.spec.outputs.len() {
            let output = self.scan.spec.outputs[at];
            let filtered = self.scan.filter_columns.iter().position(|column| *column == output.column);
            let column = match (filtered, &passed.selected) {
                (Some(at), None) if !output.as_text => Arc::clone(&passed.columns[at]),
                (Some(at), Some(selected)) if !output.as_text => filter(&passed.columns[at], selected)
                    .map_err(|error| Error::value(error.to_string()))?,
                _ => self.parse(self.scan.place(output.column)?, passed.selected.as_ref(), output.as_text, ticket)?,
            };
            columns.push(column);
        }
        let schema = Arc::clone(&self.output_schema);
        Ok(Block { position: self.reader.position(), schema, columns, rows: passed.rows })
    }

    /// The cells of wanted column number `place` in the selected rows, widening its type as they need.
    fn parse(
        &mut self,
        place: usize,
        selected: Option<&BooleanArray>,
        as_text: bool,
        ticket: u64,
    ) -> Result<ArrayRef> {
        if let Some(selected) = selected {
            let spans = self.reader.spans(place);
            self.passed.clear();
            self.passed.extend(selected.values().set_indices().map(|row| spans[row]));
        }
        loop {
            let spans = if selected.is_some() { &self.passed } else { self.reader.spans(place) };
            let column_type =
                if as_text { ColumnType { data_type: DataType::Utf8, declared: true } } else { self.types[place] };
            let misfit = match self.reader.cells(spans).parse(column_type) {
                Ok(parsed) => {
                    self.note_wide(place, &parsed.wide);
                    return Ok(parsed.array);
                }
                Err(misfit) => misfit,
            };
            // Only now it matters which record of the file the cell belongs to.
            let row = match selected {
                Some(selected) => selected.values().set_indices().nth(misfit.row).unwrap_or(0),
                None => misfit.row,
            };
            let Some(class) = misfit.class else { return Err(self.stop(ticket, self.reader.not_utf8(row, place))) };
            let mut seen = Profile::default();
            seen.observe(class);
            self.widen(place, row, &seen, ticket)?;
        }
    }

    fn widen(&mut self, place: usize, row: usize, seen: &Profile, ticket: u64) -> Result<()> {
        let column = self.scan.wanted[place];
        let current = self.types[place];
        let location = self.reader.locate(row, place);
        if current.declared {
            let message = format!("the value is not a {}, as --types says", current.data_type);
            let hint = "mend the value, or give the column another type";
            return Err(self.stop(ticket, Error::data(location, message, hint)));
        }
        let wider = self.scan.types.widen(column, seen, current.data_type);
        match wider {
            Some(wider) if !self.scan.spec.fixed.contains(&column) => {
                self.types[place].data_type = wider;
                self.make_schemas();
                Ok(())
            }
            _ => {
                self.scan.types.refuse(Misfit { ticket, column, location: location.clone() });
                let message = format!("the value is not a {}, as the records before it are", current.data_type);
                let hint = "give the column's type with --types, or look at the whole file first with --infer full";
                Err(self.stop(ticket, Error::data(location, message, hint)))
            }
        }
    }

    /// Cells that needed 128 bits count towards the digits that later widening must leave room for.
    fn note_wide(&mut self, place: usize, wide: &Profile) {
        if *wide != Profile::default() && !self.types[place].declared {
            self.scan.types.widen(self.scan.wanted[place], wide, self.types[place].data_type);
        }
    }

    /// Blocks behind this one are not wanted any more.
    fn stop(&self, ticket: u64, error: Error) -> Error {
        self.scan.scan.stop_after(ticket);
        error
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
        if pulled.is_err()
            && let Some(ticket) = self.ticket
        {
            self.scan.scan.stop_after(ticket);
        }
        pulled.transpose()
    }
}
