//! Which type each column has and which records WHERE selects.
//!
//! A column's type is the join of its cells in the head sample and of those that the query as written reads: columns
//! of WHERE on every record, others where WHERE passes. What one cell alone does not tell, the head sample decides. A
//! query that streams under a LIMIT reads no further than the record that gives its last row. What is wrong counts under
//! the final types only, and the first in file order.

use std::borrow::Cow;
use std::collections::BTreeSet;

use plimsoll_core::{
    CsvOptions, DataType, Error, ErrorKind, Infer, Location, OnError, Profile, Resolved, Result, Typed,
    Value, typed,
};

use crate::blame::blame;
use crate::cell;
use crate::evaluate::is_true;
use crate::machine::Cell;
use crate::read::Table;

/// The records that WHERE selects, as the later stages of a query see them.
pub(crate) trait Selected {
    /// The types of all columns.
    fn types(&self) -> Vec<DataType>;

    /// Indexes of the records, ascending.
    fn passing(&self) -> &[usize];

    /// The values of every column that the query uses; others may be NULL.
    ///
    /// # Errors
    /// `Data` for a cell that does not fit its column's type, or is text that is not UTF-8.
    fn used_row(&self, record: usize) -> Result<Cow<'_, [Value]>>;

    /// The cell's own text.
    ///
    /// # Errors
    /// `Data` where it is not UTF-8.
    fn text(&self, record: usize, column: usize) -> Result<Value>;

    /// Where a record stands in the file, or its cell in a column; `None` where there is no file.
    fn place(&self, record: usize, column: Option<usize>) -> Option<Location>;

    /// Whether there is memory to go on: what a query holds beside its records is not reserved, but looked at.
    ///
    /// # Errors
    /// `MemoryLimit`.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// What the query ends with once the records that were selected are done with.
    ///
    /// # Errors
    /// `Data` or `Value`: why the records behind them could not be read.
    fn end(&mut self) -> Result<()>;

    /// Says of an error that blames a text column which cell made it text. `column` tells which column of the input
    /// the blamed one is.
    fn name_cell(&self, error: Error, column: &dyn Fn(usize) -> Option<usize>) -> Error;
}

/// What the query reads of a table.
pub(crate) struct Reading<'a> {
    table: Table,
    options: &'a CsvOptions,
    resolved: &'a Resolved,
    /// The columns of WHERE, ascending.
    filtered: Vec<usize>,
    /// The other columns whose values the query uses, ascending.
    others: Vec<usize>,
    /// The other columns that the query reads: those, and the ones that it only gives as their own text.
    given: Vec<usize>,
    profiles: Vec<Profile>,
    /// What the sample says of each column.
    sampled: Vec<Profile>,
    /// Records and columns of cells that are NULL since they are bad.
    cleared: BTreeSet<(usize, usize)>,
    /// Records that are skipped since they have a bad cell.
    skipped: BTreeSet<usize>,
    /// Indexes of the records that WHERE selects.
    passing: Vec<usize>,
    /// Why the records behind the last that was read are not: the error that the whole query ends with.
    pending: Option<Error>,
}

impl<'a> Reading<'a> {
    /// Reads `table` for `resolved`, which uses the values of the columns `used`.
    ///
    /// # Errors
    /// `Type`, `Plan` or `Data` where WHERE does not go together with the types of its columns, and `Data` for a broken
    /// record where all are looked at first.
    pub(crate) fn new(
        mut table: Table,
        options: &'a CsvOptions,
        resolved: &'a Resolved,
        used: &[usize],
    ) -> Result<Self> {
        // A pass over the whole file meets what is wrong with it before anything else.
        if options.infer == Infer::Full
            && let Some(fault) = table.fault.take()
        {
            return Err(fault);
        }
        let filtered = resolved.filter_fields();
        let unfiltered = |fields: &[usize]| -> Vec<usize> {
            fields.iter().copied().filter(|field| !filtered.contains(field)).collect()
        };
        let (others, given) = (unfiltered(used), unfiltered(&resolved.input_fields()));
        let sampled = match options.infer {
            Infer::Sample => table.sample,
            Infer::Full => table.records.len(),
        };
        let mut profiles = vec![Profile::default(); table.names.len()];
        for record in &table.records[..sampled] {
            for (profile, cell) in profiles.iter_mut().zip(&record.fields) {
                profile.observe(cell::classify(cell, options));
            }
        }
        if options.infer == Infer::Sample {
            profiles.iter_mut().for_each(Profile::settle);
        }
        let mut reading = Reading {
            table,
            options,
            resolved,
            filtered,
            others,
            given,
            sampled: profiles.clone(),
            cleared: BTreeSet::new(),
            skipped: BTreeSet::new(),
            profiles,
            passing: Vec::new(),
            pending: None,
        };
        reading.pass_over();
        while reading.widen_filtered() {}
        reading.select()?;
        Ok(reading)
    }

    /// Whether a cell is bad: the type that the user gives does not take it, or the sample and the cell together would be text
    /// where the sample is not, or it is text that is not UTF-8.
    fn is_bad(&self, record: usize, column: usize) -> bool {
        let cell = &self.table.records[record].fields[column];
        let options = self.options;
        if let Some(declared) = self.table.declared[column] {
            return cell::value(cell, options, declared, None).is_err();
        }
        let mut profile = self.sampled[column];
        let sampled = profile.data_type();
        profile.observe(cell::classify(cell, options));
        match sampled {
            DataType::Utf8 | DataType::Null => cell::text(cell, options).is_err(),
            _ => profile.data_type() == DataType::Utf8,
        }
    }

    /// Finds the cells that are NULL since they are bad, or the records that are skipped for a bad cell in a column of WHERE.
    fn pass_over(&mut self) {
        for record in 0..self.table.records.len() {
            let bad = |column: &usize| self.is_bad(record, *column);
            match self.options.on_error {
                OnError::Fail => {}
                OnError::Null => {
                    let columns: Vec<usize> = (0..self.table.names.len()).filter(bad).collect();
                    self.cleared.extend(columns.into_iter().map(|column| (record, column)));
                }
                OnError::Skip => {
                    if self.filtered.iter().any(bad) {
                        self.skipped.insert(record);
                    }
                }
            }
        }
    }

    /// The cell, or an empty one in place of a bad one.
    fn cell(&self, record: usize, column: usize) -> Cow<'_, Cell> {
        let cell = &self.table.records[record].fields[column];
        if self.cleared.contains(&(record, column)) {
            return Cow::Owned(Cell { bytes: Vec::new(), quoted: false, byte: cell.byte });
        }
        Cow::Borrowed(cell)
    }

    fn type_of(&self, column: usize) -> DataType {
        self.table.declared[column].unwrap_or_else(|| self.profiles[column].data_type())
    }

    fn observe(&mut self, record: usize, column: usize) {
        let class = cell::classify(&self.cell(record, column), self.options);
        self.profiles[column].observe(class);
    }

    /// Lets the columns of WHERE take the cells of every record that is read. Whether a type changed, and with it,
    /// perhaps, which records those are.
    fn widen_filtered(&mut self) -> bool {
        let before = self.types();
        let limited = self.resolved.most_records() < usize::MAX;
        let filter = if limited { self.bound_filter().ok().flatten() } else { None };
        let mut given = 0;
        for record in 0..self.table.records.len() {
            if given >= self.resolved.most_records() {
                break;
            }
            if self.skipped.contains(&record) {
                continue;
            }
            for column in self.filtered.clone() {
                self.observe(record, column);
            }
            if limited {
                if self.types() != before {
                    return true;
                }
                // A filter that fails here may not under the final types: it selects nothing for now.
                let row = self.row(record, &self.filtered);
                let passes = row.and_then(|row| match &filter {
                    Some(filter) => is_true(filter, &row),
                    None => Ok(self.resolved.filter.is_none()),
                });
                given += usize::from(passes.unwrap_or(false));
            }
        }
        false
    }

    fn bound_filter(&self) -> Result<Option<Typed>> {
        let bound = |filter| typed::bind_condition(filter, &self.types(), "WHERE");
        self.resolved.filter.as_ref().map(bound).transpose()
    }

    /// Finds the records that pass, and lets the other columns take their cells.
    fn select(&mut self) -> Result<()> {
        let filter = self.bound_filter().map_err(|error| self.name_cell(error, &Some))?;
        for record in 0..self.table.records.len() {
            if self.passing.len() >= self.resolved.most_records() {
                return Ok(());
            }
            if self.skipped.contains(&record) {
                continue;
            }
            let passes = self.row(record, &self.filtered).and_then(|row| match &filter {
                Some(filter) => is_true(filter, &row)
                    .map_err(|error| blame(error, filter, &row, &|column| self.place(record, column))),
                None => Ok(true),
            });
            let fits = passes.and_then(|passes| {
                if passes && self.options.on_error == OnError::Skip {
                    return Ok(!self.given.iter().any(|column| self.is_bad(record, *column)));
                }
                if passes {
                    self.check_declared(record)?;
                }
                Ok(passes)
            });
            match fits {
                Ok(true) => {
                    for column in self.others.clone() {
                        self.observe(record, column);
                    }
                    self.passing.push(record);
                }
                Ok(false) => {}
                Err(error) => {
                    self.pending = Some(error);
                    return Ok(());
                }
            }
        }
        if self.passing.len() < self.resolved.most_records() {
            self.pending = self.table.fault.take();
        }
        Ok(())
    }

    fn check_declared(&self, record: usize) -> Result<()> {
        let mut declared = self.given.iter().copied().filter(|column| self.table.declared[*column].is_some());
        declared.try_for_each(|column| self.value(record, column).map(drop))
    }

    fn row(&self, record: usize, columns: &[usize]) -> Result<Vec<Value>> {
        let mut row = vec![Value::Null; self.table.names.len()];
        for column in columns {
            row[*column] = self.value(record, *column)?;
        }
        Ok(row)
    }

    fn value(&self, record: usize, column: usize) -> Result<Value> {
        let data_type = self.type_of(column);
        let cell = self.cell(record, column);
        let hint = match self.table.declared[column] {
            Some(_) => "give the column another type, or let it be inferred",
            None => "",
        };
        let profile = self.table.declared[column].is_none().then_some(&self.profiles[column]);
        cell::value(&cell, self.options, data_type, profile)
            .map_err(|message| self.table.cell_error(record, column, &message, hint))
    }

    /// The record whose cell makes the column text for good; `None` where the user says that it is.
    fn first_text(&self, column: usize) -> Option<usize> {
        if self.table.declared[column].is_some() {
            return None;
        }
        let sampled = if self.options.infer == Infer::Full { usize::MAX } else { self.table.sample };
        let mut profile = Profile::default();
        (0..self.table.records.len())
            .filter(|record| {
                *record < sampled
                    || self.filtered.contains(&column)
                    || self.passing.binary_search(record).is_ok()
            })
            .fold((None, false), |(culprit, was_text), record| {
                // The sample is taken before any cell is found to be bad.
                let cell = match record < sampled {
                    true => Cow::Borrowed(&self.table.records[record].fields[column]),
                    false => self.cell(record, column),
                };
                profile.observe(cell::classify(&cell, self.options));
                if record + 1 == sampled {
                    profile.settle();
                }
                match (was_text, profile.data_type() == DataType::Utf8) {
                    (false, true) => (Some(record), true),
                    (true, true) => (culprit, true),
                    (_, false) => (None, false),
                }
            })
            .0
    }
}

impl Selected for Reading<'_> {
    fn types(&self) -> Vec<DataType> {
        (0..self.profiles.len()).map(|column| self.type_of(column)).collect()
    }

    fn passing(&self) -> &[usize] {
        &self.passing
    }

    /// NULL stands in columns that are not used.
    fn used_row(&self, record: usize) -> Result<Cow<'_, [Value]>> {
        let used: Vec<usize> = self.filtered.iter().chain(&self.others).copied().collect();
        self.row(record, &used).map(Cow::Owned)
    }

    fn text(&self, record: usize, column: usize) -> Result<Value> {
        cell::text(&self.cell(record, column), self.options)
            .map_err(|message| self.table.cell_error(record, column, &message, ""))
    }

    fn place(&self, record: usize, column: Option<usize>) -> Option<Location> {
        Some(self.table.place(record, column))
    }

    fn end(&mut self) -> Result<()> {
        self.pending.take().map_or(Ok(()), Err)
    }

    fn name_cell(&self, error: Error, column: &dyn Fn(usize) -> Option<usize>) -> Error {
        let ErrorKind::Type { message, hint, field: Some(field) } = error.kind() else { return error };
        let Some((record, column)) =
            column(*field).and_then(|column| Some((self.first_text(column)?, column)))
        else {
            return error;
        };
        self.table.cell_error(record, column, message, hint)
    }
}
