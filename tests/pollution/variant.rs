//! One polluted file and what readings of it may give. Runs nothing.

use plimsoll_core::CsvOptions;

use crate::reading::{Reading, read};
use crate::sources::Source;
use crate::table::Table;

/// A source table with one thing wrong.
#[derive(Debug, Clone)]
pub(crate) struct Variant {
    /// What is wrong, the same for all places.
    pub(crate) kind: &'static str,
    /// The table and the place.
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    /// What a strict reading may give.
    pub(crate) strict: Strict,
    /// What a lenient reading should give.
    pub(crate) repaired: Table,
    /// Settings with which a strict reading gives the repaired table and nothing else.
    pub(crate) told: Option<CsvOptions>,
    /// Why the bytes do not tell the clean table.
    pub(crate) unknowable: Option<&'static str>,
}

/// What a strict reading may give: one of these tables, or one of these errors.
#[derive(Debug, Clone, Default)]
pub(crate) struct Strict {
    pub(crate) tables: Vec<Table>,
    /// The lines that an error may name.
    pub(crate) lines: Vec<u64>,
    /// Whether an error may name no line: one about the file as a whole.
    pub(crate) unplaced: bool,
}

impl Variant {
    /// A file from which a strict reading may give the clean table only.
    pub(crate) fn new(kind: &'static str, source: &Source, place: &str, bytes: Vec<u8>) -> Self {
        let name =
            if place.is_empty() { source.name.to_owned() } else { format!("{}, {place}", source.name) };
        let strict = Strict { tables: vec![source.table.clone()], ..Strict::default() };
        Variant { kind, name, bytes, strict, repaired: source.table.clone(), told: None, unknowable: None }
    }

    /// Lets a strict reading also give what the bytes say with commas and double quotes, or the error that they are.
    pub(crate) fn or_as_written(self) -> Self {
        let reading = read(&self.bytes, ",", Some('"'));
        self.or_reading(reading)
    }

    /// Lets a strict reading also give `reading`.
    pub(crate) fn or_reading(mut self, reading: Reading) -> Self {
        match reading {
            Ok(table) => self.strict.tables.push(table),
            Err(lines) => self.strict.lines.extend(lines),
        }
        self
    }

    /// Lets a strict reading also give `table`.
    pub(crate) fn or(mut self, table: Table) -> Self {
        self.strict.tables.push(table);
        self
    }

    /// Lets a strict reading also end with an error on one of `lines`.
    pub(crate) fn or_error(mut self, lines: impl IntoIterator<Item = u64>) -> Self {
        self.strict.lines.extend(lines);
        self
    }

    /// Lets a strict reading also end with an error about the file as a whole.
    pub(crate) fn or_refused(mut self) -> Self {
        self.strict.unplaced = true;
        self
    }

    /// What every reading should give instead of the source's table.
    pub(crate) fn instead(mut self, table: Table) -> Self {
        self.strict.tables[0] = table.clone();
        self.repaired = table;
        self
    }

    /// Settings with which a strict reading gives the repaired table and nothing else.
    pub(crate) fn told(mut self, change: impl FnOnce(&mut CsvOptions)) -> Self {
        let mut options = CsvOptions::default();
        change(&mut options);
        self.told = Some(options);
        self
    }

    /// Why the bytes do not tell the clean table.
    pub(crate) fn unknowable(mut self, reason: &'static str) -> Self {
        self.unknowable = Some(reason);
        self
    }
}
