//! Records from anywhere in a file, for samples of it. Nothing before a window is read, so where its records begin is
//! inferred, and checked by their number of fields.

use std::sync::Arc;

use plimsoll_core::{Error, Location, Result};

use crate::block::{Block, Region};
use crate::incomplete::{breaks, fields, never_closed};
use crate::machine::{Place, State};
use crate::walk::{Cursor, Found};
use crate::{Cells, CsvFile, Dialect, Span};

/// The records that begin in a stretch of a file.
#[derive(Debug)]
pub struct Window {
    block: Block,
    dialect: Arc<Dialect>,
    /// For each column of the file its cells.
    spans: Vec<Vec<Span>>,
    records: usize,
    record_bytes: u64,
}

impl CsvFile {
    /// The records that begin in the `length` bytes from offset `start`, but not before the data. Whether the first byte
    /// stands inside quotes is not known: of both readings the one is taken whose records all have as many fields as the
    /// file has columns; where both have, the one with fewer quotes in places where the rules do not allow them. A record
    /// that breaks the rules ends the window, as does one that goes on for more than a quarter of `length` behind it.
    ///
    /// # Errors
    /// `Io`; `Plan` for a stream; `Data` for a record that breaks the rules in a window that begins with the data, where
    /// nothing is inferred.
    pub fn window(&self, start: u64, length: usize) -> Result<Window> {
        let is_first = start <= self.data_start;
        let start = start.max(self.data_start);
        let total = self.length().unwrap_or(0).max(start);
        // The byte before tells whether a record begins with the first one.
        let from = if is_first { start } else { start - 1 };
        let end = start.saturating_add(length as u64).min(total);
        let behind = end.saturating_add(length as u64 / 4).min(total);
        let size = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
        let mut bytes = vec![0; size(behind - from)];
        self.input.read_at(from, &mut bytes)?;

        let stretch =
            Stretch { file: self, bytes: &bytes, from, limit: size(end - from), ended: behind == total };
        let mut reading = if is_first {
            stretch.read(State::RecordStart)
        } else {
            // At the start of a field, since the first byte may be a quote that opens one, or the second of a doubled one.
            let outside = stretch.read(State::FieldStart);
            let has_quotes = self.dialect.quote.is_some_and(|quote| bytes.contains(&quote));
            if has_quotes { outside.or_better(stretch.read(State::Quoted)) } else { outside }
        };
        match reading.fault.take() {
            Some(fault) if is_first => Err(fault),
            _ => Ok(Window {
                block: reading.block,
                dialect: Arc::clone(&self.dialect),
                spans: reading.spans,
                records: reading.records,
                record_bytes: reading.record_bytes,
            }),
        }
    }
}

impl Window {
    /// How many records.
    pub fn records(&self) -> usize {
        self.records
    }

    /// Bytes from the beginning of the first record to the end of the last, with comments and blank lines between them.
    pub fn record_bytes(&self) -> u64 {
        self.record_bytes
    }

    /// The cells of a column of the file, one a record.
    pub fn cells(&self, column: usize) -> Cells<'_> {
        Cells { bytes: self.block.bytes(), spans: &self.spans[column], dialect: &self.dialect }
    }
}

/// The bytes of a window and of what may belong to its last record.
struct Stretch<'a> {
    file: &'a CsvFile,
    bytes: &'a [u8],
    /// Offset of the first byte.
    from: u64,
    /// Behind the last byte in which a record may begin.
    limit: usize,
    /// Whether the input ends with it.
    ended: bool,
}

/// What the bytes are where the first stands at some place in a record.
struct Reading {
    block: Block,
    spans: Vec<Vec<Span>>,
    records: usize,
    record_bytes: u64,
    fault: Option<Error>,
    /// Quotes that the rules do not allow where they stand.
    misplaced: usize,
}

impl Stretch<'_> {
    fn read(&self, state: State) -> Reading {
        let CsvFile { dialect, columns, name, lines_before, .. } = self.file;
        let begins_record = state == State::RecordStart;
        let mut place = Place::at(state);
        let block = Block::of_bytes(self.bytes, 0, &mut place, dialect, self.ended);
        let words = block.marks.ends.len();
        let known = block.marks.last_end(0, words).map_or(0, |end| end + 1);
        let start = if begins_record { 0 } else { self.first_record(&block, known) };
        let limit = self.limit.min(known).max(start);
        let region = Region::of_head(start, limit, *lines_before).at(self.from);
        let mut spans = vec![Vec::new(); columns.len()];
        let walker = dialect.walker((0..columns.len()).collect(), columns.len());
        let mut cursor = Cursor::new(&region);
        let mut found = Found::default();
        let (records, bad) = walker.walk(&block, &region, &mut cursor, usize::MAX, &mut spans, &mut found);
        let fault = bad.map(|bad| {
            let line = lines_before + 1 + breaks(&block.bytes()[start..bad.begin]);
            bad.error(&block, &region, line, name, dialect, columns)
        });
        let open = begins_record && self.ended && matches!(place.state, State::Quoted | State::Escaped);
        let unclosed = || {
            let (field, _) = fields(&self.bytes[cursor.at()..], dialect);
            let at = cursor.at() + field;
            let (line, record) = (lines_before + 1 + breaks(&self.bytes[..at]), cursor.record(&region));
            let byte = self.from + at as u64;
            never_closed(Location { file: name.to_string(), line, record, byte, ..Location::default() })
        };
        let fault = fault.or_else(|| open.then(unclosed));
        let record_bytes = (cursor.at() - start) as u64;
        Reading { block, spans, records, record_bytes, fault, misplaced: self.misplaced(state) }
    }

    /// Behind the first record end; where there is none, behind all that is known.
    fn first_record(&self, block: &Block, known: usize) -> usize {
        if known == 0 {
            return 0;
        }
        let mut at = 0;
        loop {
            let (mark, is_end) = block.next_mark(at);
            at = mark + 1;
            if is_end {
                let crlf = self.bytes.get(mark) == Some(&b'\r') && self.bytes.get(at) == Some(&b'\n');
                return at + usize::from(crlf);
            }
        }
    }

    fn misplaced(&self, state: State) -> usize {
        let dialect = &self.file.dialect;
        let mut place = Place::at(state);
        let mut misplaced = 0;
        for byte in self.bytes {
            let before = place.state;
            place.step(*byte, dialect);
            let opens_late = before == State::Unquoted && Some(*byte) == dialect.quote;
            let closes_early = before == State::QuoteInQuoted && place.state == State::Unquoted;
            misplaced += usize::from(opens_late || closes_early);
        }
        misplaced
    }
}

impl Reading {
    /// The more likely of two readings.
    fn or_better(self, other: Reading) -> Reading {
        let rank = |reading: &Reading| {
            let lawful = reading.records > 0 && reading.fault.is_none();
            (lawful, std::cmp::Reverse(reading.misplaced), reading.records)
        };
        if rank(&other) > rank(&self) { other } else { self }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::io::Write as _;

    use plimsoll_core::CsvOptions;

    use super::*;

    fn opened(text: &str, options: &CsvOptions) -> (CsvFile, tempfile::NamedTempFile) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        (CsvFile::open(&file.path().to_string_lossy(), options).unwrap(), file)
    }

    /// The first cells of the records that begin in each stretch of `length` bytes.
    fn first_cells(file: &CsvFile, length: usize) -> Vec<String> {
        let mut cells = Vec::new();
        let mut at = file.data_start();
        while at < file.length().unwrap() {
            let window = file.window(at, length).unwrap();
            let spans = window.cells(0).spans;
            assert_eq!(spans.len(), window.records());
            cells.extend(
                spans.iter().map(|span| String::from_utf8_lossy(span.of(window.block.bytes())).into_owned()),
            );
            at += length as u64;
        }
        cells
    }

    #[test]
    fn stretches_share_the_records_among_them() {
        for end in ["\n", "\r\n"] {
            let mut text = format!("id,note,n{end}");
            let mut expected = Vec::new();
            for id in 0..300 {
                let note = match id % 4 {
                    0 => format!("\"one{end}two, three{end}\""),
                    1 => "plain".to_owned(),
                    2 => "\"\"".to_owned(),
                    _ => format!("\"he said \"\"{end}\"\"\""),
                };
                write!(text, "{id},{note},{}{end}", id * 7).unwrap();
                expected.push(id.to_string());
            }
            let (file, _kept) = opened(&text, &CsvOptions::default());
            // A window must be long enough to tell both readings apart.
            for length in [120, 200, 333, 1000, 100_000] {
                assert_eq!(first_cells(&file, length), expected, "{length}");
            }
        }
    }

    #[test]
    fn lines_of_one_column_are_told_by_their_quotes() {
        let text: String = (0..200).map(|id| format!("\"{id}\nx\"\n")).collect();
        let (file, _kept) = opened(&format!("a\n{text}"), &CsvOptions::default());
        let expected: Vec<String> = (0..200).map(|id| format!("\"{id}\nx\"")).collect();
        assert_eq!(first_cells(&file, 64), expected);
    }

    #[test]
    fn only_the_first_window_has_faults() {
        let (file, _kept) = opened("a,b\n1,2\n3\n4,5\n", &CsvOptions::default());
        let error = file.window(0, 100).unwrap_err();
        assert!(error.to_string().contains("line 3, record 2, byte 8: 1 field where 2"), "{error}");
        let (file, _kept) = opened("a,b\n1,2\n3,\"4\n", &CsvOptions::default());
        let error = file.window(0, 100).unwrap_err().to_string();
        assert!(error.contains("line 3, record 2, byte 10: a quote"), "{error}");
        assert_eq!(file.window(6, 100).unwrap().records(), 0);
    }

    #[test]
    fn bytes_of_the_records_are_counted() {
        let (file, _kept) = opened("a,b\n11,2\n3,4\n55,66", &CsvOptions::default());
        let all = file.window(0, 100).unwrap();
        assert_eq!((all.records(), all.record_bytes()), (3, 14));
        let some = file.window(5, 1).unwrap();
        assert_eq!((some.records(), some.record_bytes()), (0, 0));
        assert_eq!(file.window(9, 8).unwrap().records(), 2);
    }
}
