//! What the head of a file says in a dialect: the names of its columns, where its data begin, and a sample of its records. It
//! reads nothing.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use plimsoll_core::{CsvOptions, DataType, Error, Field, Location, Profile, Quotes, Result, Schema};

use crate::bad::misquoted;
use crate::block::{Block, Region};
use crate::column::Cells;
use crate::incomplete::{breaks, fields, never_closed, text_behind, too_long};
use crate::input::Input;
use crate::lead::{Lead, Spot};
use crate::reader::NOT_UTF8;
use crate::room::HeadRoom;
use crate::sniff::{Choice, ROW_NAMES, Short, behind_mark};
use crate::walk::{Cursor, Found, Walker, locate};
use crate::{CsvFile, Dialect};

/// The first bytes of a file.
pub(crate) struct Head<'a> {
    pub(crate) bytes: &'a [u8],
    /// Whether they are all.
    pub(crate) ended: bool,
    /// Whether no more are to be read whatever is missing.
    pub(crate) enough: bool,
    /// Whether there is no room for more: then what is known has to do.
    pub(crate) full: bool,
    /// Whether no more have come for a while: then a record behind the header is enough.
    pub(crate) paused: bool,
    pub(crate) path: &'a str,
    /// With a resolved dialect.
    pub(crate) options: &'a CsvOptions,
    /// How the header is one name short, where it is.
    pub(crate) short: Option<Short>,
    /// What was passed over before the bytes.
    pub(crate) lead: &'a Lead,
    /// Whether that cannot be read again.
    pub(crate) is_stream: bool,
}

/// What the head says; all of a [`CsvFile`] but its input.
pub(crate) struct Findings {
    dialect: Dialect,
    name: Arc<str>,
    pub(crate) columns: Arc<[String]>,
    data: Spot,
    blank_lines: u64,
    declared: Vec<Option<DataType>>,
    profiles: Vec<Profile>,
    text_cells: Vec<Option<Location>>,
}

impl Findings {
    /// The file, of which `input` is read.
    pub(crate) fn with(self, input: Input, options: CsvOptions, choices: Vec<Choice>) -> CsvFile {
        let in_file = |location: Option<Location>| location.map(|location| input.place_in_file(location));
        let text_cells = self.text_cells.into_iter().map(in_file).collect();
        CsvFile {
            input: Arc::new(input),
            dialect: Arc::new(self.dialect),
            name: self.name,
            columns: self.columns,
            data_start: self.data.byte,
            lines_before: self.data.lines,
            blank_lines: self.blank_lines,
            declared: self.declared,
            profiles: self.profiles,
            text_cells,
            options,
            choices,
        }
    }
}

impl Head<'_> {
    /// `None` where more bytes are needed. What long names take is reserved from `room`.
    ///
    /// # Errors
    /// Those of [`CsvFile::open_within`] but for `Io` and `File`.
    pub(crate) fn read(&self, room: &mut HeadRoom) -> Result<Option<Findings>> {
        let Some(begin) = self.behind_skipped_rows() else {
            let end = self.spot(self.bytes.len());
            return if self.ended { Err(self.empty(end)) } else { Ok(None) };
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
        room.hold_names(header.iter().flatten().map(ExactSizeIterator::len).sum())?;
        let columns = self.columns(header.as_deref(), &dialect, begin)?;
        let header = header.iter().flatten().filter(|_| self.options.has_header());
        if let Some(field) = header.into_iter().find(|field| field.len() > dialect.max_field) {
            return Err(too_long(self.location(field.start), dialect.max_field));
        }
        let sample_end = data_start.saturating_add(CsvOptions::SAMPLE_BYTES);
        let reach = data_start.saturating_add(CsvOptions::SAMPLE_REACH);
        // Where records are long, the first one is enough, and there is no sample without it.
        let first = || self.first_record(&block, &dialect, data_start, known).map(|(_, behind)| behind);
        let first = if self.full || self.bytes.len() > reach { first() } else { None };
        let is_begun = known > data_start && self.paused || first.is_some();
        if known < sample_end && !(self.enough || is_begun) {
            return Ok(None);
        }
        let declared = self.declared(&columns)?;
        // Without a header the blank lines that were passed over belong to the data.
        let blank_lines = match self.is_at_start() && !self.options.has_header() {
            true => self.lead.blank_lines,
            false => 0,
        };
        let (data, blank_lines, blank_records) = match (blank_lines, columns.len()) {
            (_, 1) if self.is_stream && blank_lines > 0 => return Err(self.lost_records()),
            _ if self.is_stream => (self.spot(data_start), blank_lines, 0),
            (_, width) => {
                let data = if self.options.has_header() { self.spot(data_start) } else { self.begin(begin) };
                (data, 0, if width == 1 { blank_lines } else { 0 })
            }
        };
        let lines = self.spot(data_start).lines;
        let within = match first {
            Some(first) if self.bytes.len() > reach => self.end_within(&block, data_start, reach).max(first),
            _ => known,
        };
        let region = Region::of_head(data_start, sample_end.min(known).min(within).max(data_start), lines)
            .at(self.lead.origin.byte)
            .behind_records(blank_records);
        let walker = dialect.walker((0..columns.len()).collect(), columns.len());
        let (profiles, text_cells) = self.sample(&block, &region, &walker, &dialect, &columns);
        Ok(Some(Findings {
            dialect,
            name: self.path.into(),
            columns: columns.into(),
            data,
            blank_lines,
            declared,
            profiles,
            text_cells,
        }))
    }

    /// Behind the last line that ends within `reach`.
    fn end_within(&self, block: &Block, data_start: usize, reach: usize) -> usize {
        let is_crlf = |at: usize| self.bytes[at] == b'\r' && self.bytes.get(at + 1) == Some(&b'\n');
        let ends = block.marks.ends_from(data_start).map(|at| at + 1 + usize::from(is_crlf(at)));
        ends.take_while(|end| *end <= reach).last().unwrap_or(data_start)
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

    /// Whether the header (or the data) begins with the lines that were passed over.
    fn is_at_start(&self) -> bool {
        let rows = self.options.skip_rows.unwrap_or(0);
        self.lead.is_passed() && rows <= self.lead.start.lines
    }

    /// Where the header (or the data) begins: behind a byte order mark and the rows to skip.
    fn behind_skipped_rows(&self) -> Option<usize> {
        if self.is_at_start() {
            return Some(0);
        }
        let (mut at, passed) = match self.lead.is_passed() {
            true => (0, self.lead.origin.lines),
            false => (behind_mark(self.bytes), 0),
        };
        for _ in passed..self.options.skip_rows.unwrap_or(0) {
            let rest = &self.bytes[at..];
            let length = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'))?;
            let crlf = rest[length] == b'\r' && rest.get(length + 1) == Some(&b'\n');
            at += length + 1 + usize::from(crlf);
        }
        Some(at)
    }

    /// Where byte `at` stands in the text.
    fn spot(&self, at: usize) -> Spot {
        let Spot { byte, lines } = self.lead.origin;
        Spot { byte: byte + at as u64, lines: lines + breaks(&self.bytes[..at]) }
    }

    /// The same for the beginning of the header or the data, before the lines that were passed over.
    fn begin(&self, begin: usize) -> Spot {
        if self.is_at_start() { self.lead.start } else { self.spot(begin) }
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
                    self.location_of(self.begin(begin)),
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
        let Some(first) = first else { return Err(self.empty(self.begin(begin))) };
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
        self.location_of(self.spot(at))
    }

    fn location_of(&self, spot: Spot) -> Location {
        let Spot { byte, lines } = spot;
        Location { file: self.path.to_owned(), line: lines + 1, byte, ..Location::default() }
    }

    fn empty(&self, at: Spot) -> Error {
        Error::data(
            self.location_of(at),
            "the file has no header and no records",
            "name its columns with --columns a,b",
        )
    }

    /// The error for blank lines that are records, and that a stream has let go of before that was known.
    fn lost_records(&self) -> Error {
        let blank_lines = self.lead.blank_lines;
        Error::plan(
            format!(
                "{} begins with {blank_lines} blank lines, which are records of its one column, and a stream is not kept for so long",
                self.path
            ),
            "save the stream to a file, or skip the lines with --skip-rows",
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
