//! The strategy that holds every record: a file as a vector of rows of boxed values, loaded once and queried as often as one
//! likes. Types are given and final; nothing is inferred here.

use std::borrow::Cow;

use plimsoll_core::{
    DataType, Error, ErrorKind, Location, OnError, Profile, Query, Resolved, Result, Schema, Table, Value,
    resolve, typed,
};
use plimsoll_memory::{Consumer, LimitExceeded, Reservation};

use crate::cell;
use crate::encoding::decoded;
use crate::evaluate::is_true;
use crate::machine::{Machine, Record};
use crate::read::{judge, located, ragged};
use crate::run::{Rows, finished};
use crate::typing::Selected;

/// A file's records as boxed values.
#[derive(Debug)]
pub struct Held {
    schema: Schema,
    rows: Vec<Vec<Value>>,
    /// Of the rows.
    memory: Reservation,
}

plimsoll_memory::impl_deep_size!(struct Held { schema, rows, memory: _ });

impl Held {
    /// Loads all columns of a file, whose delimiter `table` must say. `schema` has one field a column, of the type that every
    /// cell of it takes; `profiles` say how the cells of columns are written whose types were inferred. What is held is reserved for `consumer`, and so is the file while it is read.
    ///
    /// # Errors
    /// `Io`; `Plan` without a delimiter; `Data` for a broken record, and for a cell that its type does not take;
    /// `MemoryLimit` where the budget does not hold it.
    pub fn load(table: &Table, schema: Schema, profiles: &[Profile], consumer: &Consumer) -> Result<Held> {
        let path = table.path.as_str();
        let length = std::fs::metadata(path).map_err(|source| Error::io(path, source))?.len();
        let mut file = consumer.reservation();
        file.try_grow(length).map_err(exceeded)?;
        let bytes = std::fs::read(path).map_err(|source| Error::io(path, source))?;
        let mut loading =
            Loading { table, schema: &schema, profiles, rows: Vec::new(), memory: consumer.reservation() };
        if table.options.encoding.as_deref().is_some_and(|name| name != "UTF-8") {
            // What it is decoded to; three bytes for one at most.
            file.try_grow(length.saturating_mul(3)).map_err(exceeded)?;
        }
        loading.read(&decoded(&bytes, &table.options, path)?)?;
        let Loading { mut rows, memory, .. } = loading;
        rows.shrink_to_fit();
        Ok(Held { schema, rows, memory })
    }

    /// Records held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Names and types of the columns.
    #[must_use]
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Runs a query over what is held, whatever file it names.
    ///
    /// # Errors
    /// `Plan`, `Type` and `UnknownColumn` for a query that means nothing, `Value` for what no result can hold; `MemoryLimit`
    /// where the budget is that of a process, which has more.
    pub fn run(&self, query: &Query) -> Result<Rows> {
        let resolved = resolve(query, &self.schema)?;
        let mut selection = Selection::new(self, &resolved)?;
        finished(&resolved, &mut selection, |_| None)
    }
}

fn exceeded(exceeded: LimitExceeded) -> Error {
    let hint = "raise the memory limit, or hold the data another way".to_owned();
    ErrorKind::MemoryLimit { message: exceeded.to_string(), hint }.into()
}

/// A file that is being loaded.
struct Loading<'a> {
    table: &'a Table,
    schema: &'a Schema,
    profiles: &'a [Profile],
    rows: Vec<Vec<Value>>,
    memory: Reservation,
}

impl Loading<'_> {
    fn read(&mut self, bytes: &[u8]) -> Result<()> {
        let options = &self.table.options;
        let delimiter = options.delimiter.clone().ok_or_else(|| {
            Error::plan("the delimiter of a file that is to be held is not known", "say which it is")
        })?;
        let names: Vec<String> = self.schema.fields.iter().map(|field| field.name.clone()).collect();
        let width = names.len();
        let mut header = options.has_header();
        let mut number = 0;
        for record in Machine::new(bytes, options, delimiter) {
            let mut record =
                record.map_err(|fault| located(fault, &self.table.path, Some(number), &names))?;
            match record.fields.len() {
                // An empty line is a record of a file of one column, behind its header.
                0 if width != 1 || header => {}
                found if header && found != width => return Err(ragged(&record, 0, width, &self.table.path)),
                _ if header => header = false,
                0 => {
                    number += 1;
                    self.push(vec![Value::Null])?;
                }
                _ => {
                    number += 1;
                    if judge(&mut record, number, &names, options, &self.table.path)?
                        && let Some(row) = self.row(&record, number)?
                    {
                        self.push(row)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The values of a record; `None` where it is skipped for a bad cell.
    fn row(&self, record: &Record, number: usize) -> Result<Option<Vec<Value>>> {
        let options = &self.table.options;
        // Collecting into a result would not know how many there are, and keep room for more.
        let mut row = Vec::with_capacity(record.fields.len());
        for (index, (cell, field)) in record.fields.iter().zip(&self.schema.fields).enumerate() {
            let is_inferred = |profile: &&Profile| profile.data_type() == field.data_type;
            let profile = self.profiles.get(index).filter(is_inferred);
            let message = match (cell::value(cell, options, field.data_type, profile), options.on_error) {
                (Ok(value), _) => {
                    row.push(value);
                    continue;
                }
                (Err(_), OnError::Null) => {
                    row.push(Value::Null);
                    continue;
                }
                (Err(_), OnError::Skip) => return Ok(None),
                (Err(message), OnError::Fail) => message,
            };
            let location = Location {
                file: self.table.path.clone(),
                line: record.line,
                record: number as u64,
                byte: cell.byte,
                column: Some(field.name.clone()),
                value: None,
            };
            let location = location.with_value(&cell.bytes);
            return Err(Error::data(location, message, "give the column another type"));
        }
        Ok(Some(row))
    }

    /// Reserves what a row takes before it is kept, and what the vector of rows grows by before it grows.
    fn push(&mut self, row: Vec<Value>) -> Result<()> {
        let text = |value: &Value| if let Value::Utf8(text) = value { text.len() } else { 0 };
        let mut bytes = row.capacity() * size_of::<Value>() + row.iter().map(text).sum::<usize>();
        if self.rows.len() == self.rows.capacity() {
            let more = self.rows.capacity().max(1024);
            bytes += more * size_of::<Vec<Value>>();
            self.memory.try_grow(bytes as u64).map_err(exceeded)?;
            self.rows.reserve_exact(more);
        } else {
            self.memory.try_grow(bytes as u64).map_err(exceeded)?;
        }
        self.rows.push(row);
        Ok(())
    }
}

/// The held records that WHERE selects.
struct Selection<'a> {
    held: &'a Held,
    passing: Vec<usize>,
    /// Why a record behind them could not be judged.
    pending: Option<Error>,
}

impl<'a> Selection<'a> {
    fn new(held: &'a Held, resolved: &Resolved) -> Result<Self> {
        let mut selection = Selection { held, passing: Vec::new(), pending: None };
        let types = selection.types();
        let filter = resolved.filter.as_ref().map(|filter| typed::bind_condition(filter, &types, "WHERE"));
        let filter = filter.transpose()?;
        for (index, row) in held.rows.iter().enumerate() {
            if selection.passing.len() >= resolved.most_records() {
                break;
            }
            match filter.as_ref().map_or(Ok(true), |filter| is_true(filter, row)) {
                Ok(true) => selection.passing.push(index),
                Ok(false) => {}
                Err(error) => {
                    selection.pending = Some(error);
                    break;
                }
            }
        }
        Ok(selection)
    }
}

impl Selected for Selection<'_> {
    fn types(&self) -> Vec<DataType> {
        self.held.schema.fields.iter().map(|field| field.data_type).collect()
    }

    fn passing(&self) -> &[usize] {
        &self.passing
    }

    fn used_row(&self, record: usize) -> Result<Cow<'_, [Value]>> {
        self.check()?;
        Ok(Cow::Borrowed(&self.held.rows[record]))
    }

    /// Of a held value there is no text but its own, and nobody asks for it.
    fn text(&self, record: usize, column: usize) -> Result<Value> {
        Ok(self.held.rows[record][column].clone())
    }

    /// Values that are held stand nowhere.
    fn place(&self, _: usize, _: Option<usize>) -> Option<Location> {
        None
    }

    fn check(&self) -> Result<()> {
        self.held.memory.consumer().check().map_err(exceeded)
    }

    fn end(&mut self) -> Result<()> {
        self.pending.take().map_or(Ok(()), Err)
    }

    fn name_cell(&self, error: Error, _: &dyn Fn(usize) -> Option<usize>) -> Error {
        error
    }
}
