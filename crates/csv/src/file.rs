//! An opened CSV file: its dialect, the names of its columns, and what the head sample says of their types.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use plimsoll_core::{CsvOptions, DataType, Error, Field, Location, Profile, Quotes, Result, Schema};

use crate::Dialect;
use crate::bad::misquoted;
use crate::block::{Block, Region};
use crate::column::{Cells, ColumnType};
use crate::incomplete::{breaks, fields, never_closed, text_behind, too_long};
use crate::input::{Input, Looked};
use crate::reader::NOT_UTF8;
use crate::sniff::{Choice, ROW_NAMES, Short, Sniffed, behind_mark, sniff};
use crate::walk::{Cursor, Found, Walker, locate};

/// Bytes looked at first: the sample and room for the header and for the record that the sample ends in.
const HEAD_BYTES: usize = CsvOptions::SAMPLE_BYTES + (64 << 10);

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
    declared: Vec<Option<DataType>>,
    profiles: Vec<Profile>,
    /// For each column the first cell that made it text.
    text_cells: Vec<Option<Location>>,
    /// The given options with every setting of the dialect resolved.
    options: CsvOptions,
    choices: Vec<Choice>,
}

impl CsvFile {
    /// Opens `path` and looks at its head.
    ///
    /// # Errors
    /// `Io`; `File` for a compressed file; `Plan` for options that contradict each other; `UnknownColumn` for a type of a
    /// column that is not there; `Data` for an empty file without given names and for a header that cannot be read.
    pub fn open(path: &str, options: &CsvOptions) -> Result<Self> {
        let input = Input::open(path, options.encoding.as_deref())?;
        let mut head = Vec::new();
        let mut wanted = HEAD_BYTES;
        loop {
            let Looked { ended, paused } = input.head(&mut head, wanted)?;
            let enough = ended
                || head.len()
                    > usize::try_from(options.max_field).unwrap_or(usize::MAX).saturating_add(HEAD_BYTES);
            let Sniffed { options: mut resolved, choices, short } = sniff(&head, ended, options);
            let looked = Head { bytes: &head, ended, enough, paused, path, options: &resolved, short }.read();
            if let Some(findings) = looked.map_err(|error| input.in_file(error))? {
                if short.is_some() {
                    resolved.columns =
                        Some(findings.columns.iter().map(|name| (name.clone(), None)).collect());
                }
                let is_found = |name: &&str| *name != "UTF-8" || options.encoding.is_some();
                resolved.encoding = Some(input.encoding()).filter(is_found).map(str::to_owned);
                return Ok(findings.with(input, resolved, choices));
            }
            wanted = head.len().saturating_mul(2).max(HEAD_BYTES);
        }
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

    /// What the head sample says of each column.
    pub fn profiles(&self) -> &[Profile] {
        &self.profiles
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

/// The first bytes of a file.
struct Head<'a> {
    bytes: &'a [u8],
    /// Whether they are all.
    ended: bool,
    /// Whether no more are to be read whatever is missing.
    enough: bool,
    /// Whether no more have come for a while: then a record behind the header is enough.
    paused: bool,
    path: &'a str,
    /// With a resolved dialect.
    options: &'a CsvOptions,
    /// How the header is one name short, where it is.
    short: Option<Short>,
}

/// What the head says; all of a [`CsvFile`] but its input.
struct Findings {
    dialect: Dialect,
    name: Arc<str>,
    columns: Arc<[String]>,
    data_start: usize,
    lines_before: u64,
    declared: Vec<Option<DataType>>,
    profiles: Vec<Profile>,
    text_cells: Vec<Option<Location>>,
}

impl Findings {
    fn with(self, input: Input, options: CsvOptions, choices: Vec<Choice>) -> CsvFile {
        let in_file = |location: Option<Location>| location.map(|location| input.place_in_file(location));
        let text_cells = self.text_cells.into_iter().map(in_file).collect();
        CsvFile {
            input: Arc::new(input),
            dialect: Arc::new(self.dialect),
            name: self.name,
            columns: self.columns,
            data_start: self.data_start as u64,
            lines_before: self.lines_before,
            declared: self.declared,
            profiles: self.profiles,
            text_cells,
            options,
            choices,
        }
    }
}

impl Head<'_> {
    /// `None` where more bytes are needed.
    fn read(&self) -> Result<Option<Findings>> {
        let begin = self.behind_skipped_rows();
        let Some(begin) = begin else {
            return if self.ended { Err(self.empty(self.bytes.len())) } else { Ok(None) };
        };
        let dialect = Dialect::new(self.options, b',')?;
        let block = Block::of_head(self.bytes, begin, &dialect, self.ended);
        // Records that begin before this byte are complete.
        let known = block.marks.last_end(0, block.marks.ends.len()).map_or(begin, |end| end + 1);

        let first = self.first_record(&block, &dialect, begin, known);
        let (header, data_start) = match first {
            None if !self.enough => return Ok(None),
            None if self.bytes.len() > known => return Err(self.endless_header(&dialect, known)),
            None if self.options.has_header() => (None, self.bytes.len()),
            // In a file of one column the blank lines are records.
            None => (None, begin),
            Some((fields, behind)) if self.options.has_header() => (Some(fields), behind),
            Some((fields, _)) => (Some(fields), begin),
        };
        self.check_quotes(header.as_deref().unwrap_or_default(), &dialect)?;
        let columns = self.columns(header.as_deref(), &dialect, begin)?;
        let header = header.iter().flatten().filter(|_| self.options.has_header());
        if let Some(field) = header.into_iter().find(|field| field.len() > dialect.max_field) {
            return Err(too_long(self.location(field.start), dialect.max_field));
        }
        let sample_end = data_start.saturating_add(CsvOptions::SAMPLE_BYTES);
        if known < sample_end && !self.enough && !(self.paused && known > data_start) {
            return Ok(None);
        }
        let declared = self.declared(&columns)?;
        let lines_before = breaks(&self.bytes[..data_start]);
        let region = Region::of_head(data_start, sample_end.min(known).max(data_start), lines_before);
        let walker = dialect.walker((0..columns.len()).collect(), columns.len());
        let (profiles, text_cells) = self.sample(&block, &region, &walker, &dialect, &columns);
        Ok(Some(Findings {
            dialect,
            name: self.path.into(),
            columns: columns.into(),
            data_start,
            lines_before,
            declared,
            profiles,
            text_cells,
        }))
    }

    /// Refuses a header that has text behind a closing quote. Of data the scan reports it.
    fn check_quotes(&self, header: &[Range<usize>], dialect: &Dialect) -> Result<()> {
        if !self.options.has_header() || self.options.quotes == Quotes::Lenient {
            return Ok(());
        }
        let is_wrong =
            |field: &&Range<usize>| misquoted(&self.bytes[(*field).clone()], field.start, dialect).is_some();
        match header.iter().find(is_wrong) {
            Some(field) => Err(text_behind(self.location(field.start))),
            None => Ok(()),
        }
    }

    /// Where the header (or the data) begins: behind a byte order mark and the rows to skip.
    fn behind_skipped_rows(&self) -> Option<usize> {
        let mut at = behind_mark(self.bytes);
        for _ in 0..self.options.skip_rows.unwrap_or(0) {
            let rest = &self.bytes[at..];
            let length = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'))?;
            let crlf = rest[length] == b'\r' && rest.get(length + 1) == Some(&b'\n');
            at += length + 1 + usize::from(crlf);
        }
        Some(at)
    }

    /// Where the raw fields of the first record that is neither blank nor a comment stand, and where the one behind it
    /// begins.
    fn first_record(
        &self,
        block: &Block,
        dialect: &Dialect,
        begin: usize,
        known: usize,
    ) -> Option<(Vec<Range<usize>>, usize)> {
        let mut at = begin;
        while at < known.min(self.bytes.len()) {
            let mut fields = Vec::new();
            let first = dialect.first_field(self.bytes, at);
            let (mut start, mut behind) = (first, at);
            let is_comment = dialect.is_comment(&self.bytes[at..]);
            let end = loop {
                let (mark, is_end) = block.next_mark(behind);
                fields.push(start..dialect.field_end(self.bytes, start, mark, is_end));
                (start, behind) = (dialect.next_field(mark), mark + 1);
                if is_end {
                    break mark;
                }
            };
            let crlf = self.bytes.get(end) == Some(&b'\r') && self.bytes.get(end + 1) == Some(&b'\n');
            let behind = (end + 1 + usize::from(crlf)).min(self.bytes.len());
            if !is_comment && end > first {
                return Some((fields, behind));
            }
            at = behind;
        }
        None
    }

    fn columns(
        &self,
        first: Option<&[Range<usize>]>,
        dialect: &Dialect,
        begin: usize,
    ) -> Result<Vec<String>> {
        if let Some(given) = &self.options.columns {
            let fits = |first: &[Range<usize>]| {
                let named = usize::from(self.options.has_header());
                (first.len()..=first.len() + named).contains(&given.len())
            };
            if let Some(first) = first
                && !fits(first)
            {
                return Err(Error::data(
                    self.location(begin),
                    format!(
                        "{} column names are given, but the first record has {} fields",
                        given.len(),
                        first.len()
                    ),
                    "name every column; check the delimiter",
                ));
            }
            return Ok(given.iter().map(|(name, _)| name.clone()).collect());
        }
        let Some(first) = first else { return Err(self.empty(begin)) };
        if !self.options.has_header() {
            let width = (first.len() - 1).to_string().len();
            return Ok((0..first.len()).map(|index| format!("column{index:0width$}")).collect());
        }
        let mut texts = Vec::with_capacity(first.len() + 1);
        for field in first {
            let raw = &self.bytes[field.clone()];
            let mut text = Vec::new();
            dialect.decode(raw, &mut text);
            let name = String::from_utf8(text).map_err(|error| {
                let location = self.location(field.start).with_value(error.as_bytes());
                Error::data(location, "the column's name is not UTF-8", NOT_UTF8)
            })?;
            texts.push(name);
        }
        match self.short {
            Some(Short::RowNames) => texts.insert(0, ROW_NAMES.to_owned()),
            Some(Short::Trailing) => texts.push(String::new()),
            None => {}
        }
        Ok(distinct_names(texts))
    }

    /// The types that the user gives, by column.
    fn declared(&self, columns: &[String]) -> Result<Vec<Option<DataType>>> {
        let mut declared: Vec<Option<DataType>> = match &self.options.columns {
            Some(given) => given.iter().map(|(_, data_type)| *data_type).collect(),
            None => vec![None; columns.len()],
        };
        let schema = Schema::new(columns.iter().map(|name| Field::new(name, DataType::Null)).collect());
        let every = |name: &str| name == CsvOptions::EVERY_COLUMN && schema.index_of(name).is_err();
        for (_, data_type) in self.options.types.iter().filter(|(name, _)| every(name)) {
            declared.fill(Some(*data_type));
        }
        for (name, data_type) in self.options.types.iter().filter(|(name, _)| !every(name)) {
            declared[schema.index_of(name)?] = Some(*data_type);
        }
        Ok(declared)
    }

    /// What the records of `region` say of each column. A record that breaks the rules ends the sample: the scan
    /// reports it.
    fn sample(
        &self,
        block: &Block,
        region: &Region,
        walker: &Walker,
        dialect: &Dialect,
        columns: &[String],
    ) -> (Vec<Profile>, Vec<Option<Location>>) {
        const BATCH: usize = 1024;
        let mut profiles = vec![Profile::default(); columns.len()];
        let mut text_cells = vec![None; columns.len()];
        let mut cursor = Cursor::new(region);
        let mut spans = vec![Vec::new(); columns.len()];
        loop {
            spans.iter_mut().for_each(Vec::clear);
            let first_record = cursor.record(region);
            let mut found = Found::default();
            let walked = walker.walk(block, region, &mut cursor, BATCH, &mut spans, &mut found);
            for (index, spans) in spans.iter().enumerate() {
                let profile = &mut profiles[index];
                for (row, class) in (Cells { bytes: block.bytes(), spans, dialect }).classes().enumerate() {
                    let was_text = profile.data_type() == DataType::Utf8;
                    profile.observe(class);
                    if !was_text && profile.data_type() == DataType::Utf8 {
                        let skipped = found.gaps.partition_point(|gap| *gap <= row);
                        let record = first_record + (row + skipped) as u64;
                        let mut location = locate(block, region, spans[row], record, self.path, dialect);
                        location.column = Some(columns[index].clone());
                        text_cells[index] = Some(location);
                    }
                }
            }
            if walked.1.is_some() || cursor.at() >= region.limit {
                return (profiles, text_cells);
            }
        }
    }

    fn location(&self, at: usize) -> Location {
        let line = breaks(&self.bytes[..at]) + 1;
        Location { file: self.path.to_owned(), line, byte: at as u64, ..Location::default() }
    }

    fn empty(&self, at: usize) -> Error {
        Error::data(
            self.location(at),
            "the file has no header and no records",
            "name its columns with --columns a,b",
        )
    }

    /// The error for a first record that begins at or behind `known` and does not end in what was read.
    fn endless_header(&self, dialect: &Dialect, known: usize) -> Error {
        let (field_start, _) = fields(&self.bytes[known..], dialect);
        let location = self.location(known + field_start);
        if self.ended { never_closed(location) } else { too_long(location, dialect.max_field) }
    }
}

/// The header's texts as names: an empty one is `column` and its number, one that stands before gets the first suffix that
/// is free.
fn distinct_names(texts: Vec<String>) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(texts.len());
    let mut taken = HashSet::new();
    for (index, text) in texts.into_iter().enumerate() {
        let base = if text.is_empty() { format!("column{index}") } else { text };
        let mut name = base.clone();
        let mut copy = 0;
        while taken.contains(&name) {
            copy += 1;
            name = format!("{base}_{copy}");
        }
        taken.insert(name.clone());
        names.push(name);
    }
    names
}
