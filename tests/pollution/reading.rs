//! A plain reader of RFC 4180 with a given dialect: what the bytes of a polluted file say, or where they break a rule.

use crate::table::Table;

/// What the bytes say, or the lines that an error may name.
pub(crate) type Reading = Result<Table, Vec<u64>>;

struct Reader<'a> {
    text: &'a str,
    delimiter: &'a str,
    quote: Option<char>,
    at: usize,
    line: u64,
}

/// Reads `bytes`: each record has as many fields as the first, which has the names. A quote opens a field only as its
/// first character, and nothing may stand behind a closing one. Empty lines are passed over.
pub(crate) fn read(bytes: &[u8], delimiter: &str, quote: Option<char>) -> Reading {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
        vec![line as u64 + 1]
    })?;
    let mut reader = Reader { text, delimiter, quote, at: 0, line: 1 };
    let mut records: Vec<Vec<String>> = Vec::new();
    while reader.at < text.len() {
        if reader.end() {
            continue;
        }
        let first_line = reader.line;
        let record = reader.record()?;
        if records.first().is_some_and(|names| names.len() != record.len()) {
            // A record that follows a header of another length may be the one to blame, or the header is.
            let from = if records.len() == 1 { 1 } else { first_line };
            return Err((from..=reader.last_line(first_line)).collect());
        }
        records.push(record);
    }
    let names = if records.is_empty() { Vec::new() } else { records.remove(0) };
    Ok(Table { names, rows: records })
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    /// Steps over the end of a record; whether one stood there.
    fn end(&mut self) -> bool {
        let length = match self.rest().as_bytes() {
            [b'\r', b'\n', ..] => 2,
            [b'\r' | b'\n', ..] => 1,
            _ => 0,
        };
        self.at += length;
        self.line += u64::from(length > 0);
        length > 0
    }

    /// The last line of a record that began on `first` and has just been read.
    fn last_line(&self, first: u64) -> u64 {
        first.max(self.line - u64::from(self.text[..self.at].ends_with(['\n', '\r'])))
    }

    fn record(&mut self) -> Result<Vec<String>, Vec<u64>> {
        let first_line = self.line;
        let mut fields = Vec::new();
        loop {
            fields.push(self.field(first_line)?);
            if self.rest().starts_with(self.delimiter) {
                self.at += self.delimiter.len();
            } else {
                self.end();
                return Ok(fields);
            }
        }
    }

    fn field(&mut self, record_line: u64) -> Result<String, Vec<u64>> {
        let Some(quote) = self.quote.filter(|quote| self.rest().starts_with(*quote)) else {
            let rest = self.rest();
            let ends = [rest.find(self.delimiter), rest.find(['\n', '\r'])];
            let length = ends.into_iter().flatten().min().unwrap_or(rest.len());
            let text = rest[..length].to_owned();
            self.at += length;
            return Ok(text);
        };
        let opened = self.line;
        self.at += 1;
        let mut text = String::new();
        loop {
            let Some(next) = self.rest().chars().next() else {
                return Err((record_line..=opened).collect());
            };
            if next == quote && self.rest()[1..].starts_with(quote) {
                text.push(quote);
                self.at += 2;
            } else if next == quote {
                self.at += 1;
                break;
            } else {
                self.line += u64::from(next == '\n');
                text.push(next);
                self.at += next.len_utf8();
            }
        }
        let rest = self.rest();
        if rest.is_empty() || rest.starts_with(self.delimiter) || rest.starts_with(['\n', '\r']) {
            Ok(text)
        } else {
            Err((record_line..=self.line).collect())
        }
    }
}
