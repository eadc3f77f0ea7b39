//! An opened CSV file: its dialect, the names of its columns, and what the head sample says of their types.

use std::sync::Arc;

use plimsoll_core::{CsvOptions, DataType, Field, Location, Profile, Result, Schema};
use plimsoll_memory::Consumer;

use crate::Dialect;
use crate::column::ColumnType;
use crate::input::Input;
use crate::look::look;
use crate::sniff::Choice;

/// A CSV file (or stream) that is open and whose head was looked at.
#[derive(Debug)]
pub struct CsvFile {
    pub(crate) input: Arc<Input>,
    pub(crate) dialect: Arc<Dialect>,
    /// As the query names it.
    pub(crate) name: Arc<str>,
    pub(crate) columns: Arc<[String]>,
    /// Offset of the first byte behind the header.
    pub(crate) data_start: u64,
    /// Line breaks before that.
    pub(crate) lines_before: u64,
    /// Blank lines among the data before that, which a stream has let go of.
    pub(crate) blank_lines: u64,
    pub(crate) declared: Vec<Option<DataType>>,
    pub(crate) profiles: Vec<Profile>,
    /// For each column the first cell that made it text.
    pub(crate) text_cells: Vec<Option<Location>>,
    /// The given options with every setting of the dialect resolved.
    pub(crate) options: CsvOptions,
    pub(crate) choices: Vec<Choice>,
}

impl CsvFile {
    /// Opens `path` and looks at its head, whatever that takes.
    ///
    /// # Errors
    /// As [`CsvFile::open_within`], but for `MemoryLimit`.
    pub fn open(path: &str, options: &CsvOptions) -> Result<Self> {
        CsvFile::open_within(path, options, None)
    }

    /// Opens `path` and looks at its head. What lines before the table take does not depend on how many they are; what more of
    /// the head takes than usual is reserved from `consumer` meanwhile. Where there is no room for a sample whose records are
    /// very long, it has less.
    ///
    /// # Errors
    /// `Io`; `File` for a compressed file; `Plan` for options that contradict each other; `UnknownColumn` for a type of a
    /// column that is not there; `Data` for an empty file without given names and for a header that cannot be read;
    /// `MemoryLimit` for a first record that there is no room for.
    pub fn open_within(path: &str, options: &CsvOptions, consumer: Option<&Consumer>) -> Result<Self> {
        look(path, options, consumer)
    }

    /// Names and types of the columns as the head sample and the user have them.
    pub fn schema(&self) -> Schema {
        let types = (0..self.columns.len()).map(|index| self.column_type(index, &self.profiles).data_type);
        Schema::new(
            self.columns.iter().zip(types).map(|(name, data_type)| Field::new(name, data_type)).collect(),
        )
    }

    /// The type of column `index` where its cells have these `profiles`.
    pub fn column_type(&self, index: usize, profiles: &[Profile]) -> ColumnType {
        match self.declared[index] {
            Some(data_type) => ColumnType::declared(data_type),
            None => ColumnType::inferred(&profiles[index]),
        }
    }

    /// What the cells of each column are in the head sample.
    pub fn sampled(&self) -> &[Profile] {
        &self.profiles
    }

    /// The same, settled: what a scan begins with.
    pub fn settled(&self) -> Vec<Profile> {
        let mut profiles = self.profiles.clone();
        profiles.iter_mut().for_each(Profile::settle);
        profiles
    }

    /// The first cell of the head sample that makes column `index` text.
    /// `None` where no cell does, or the user says that it is text.
    pub fn text_cell(&self, index: usize) -> Option<&Location> {
        self.text_cells[index].as_ref().filter(|_| self.declared[index].is_none())
    }

    /// The dialect that the file is read with.
    pub fn dialect(&self) -> &Dialect {
        &self.dialect
    }

    /// The options that the file was opened with, every setting of the dialect resolved: whoever reads the file with them
    /// reads the same records and names.
    pub fn options(&self) -> &CsvOptions {
        &self.options
    }

    /// The settings of the dialect and the evidence for each.
    pub fn choices(&self) -> &[Choice] {
        &self.choices
    }

    /// The length in bytes; `None` for a stream, which can be read only once.
    pub fn length(&self) -> Option<u64> {
        self.input.length()
    }

    /// Whether another pass over it can begin: always but for a stream of which more was read than is kept.
    pub fn can_be_read_again(&self) -> bool {
        self.input.can_be_read_again()
    }

    /// The name of its encoding, as the Encoding Standard has it: `UTF-8`, `windows-1252`. Offsets count bytes of its text in
    /// UTF-8, those of errors bytes of the file.
    pub fn encoding(&self) -> &'static str {
        self.input.encoding()
    }

    /// Offset of the first byte behind the header.
    pub fn data_start(&self) -> u64 {
        self.data_start
    }

    /// The file as the query names it.
    pub fn name(&self) -> &str {
        &self.name
    }
}
