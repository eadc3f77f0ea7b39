//! Bytes to records the plain way, for a dialect that is being tried: no index, no errors, a bounded number of records.

use plimsoll_core::Delimiter;

/// Bytes of a head in which sampled records begin.
const SAMPLED_BYTES: usize = 64 << 10;

/// The most records that are sampled.
const SAMPLED_RECORDS: usize = 2000;

/// What a dialect says of how bytes split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Syntax {
    pub(super) delimiter: Delimiter,
    pub(super) quote: Option<u8>,
    pub(super) escape: Option<u8>,
    pub(super) comment: Option<String>,
}

/// A field, without its quotes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cell {
    start: usize,
    end: usize,
    pub(super) quoted: bool,
}

/// A record that is no blank line and no comment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record {
    /// Its first byte.
    pub(super) start: usize,
    /// Whether there is text behind a closing quote.
    pub(super) faulty: bool,
    /// Whether a blank line stands before it.
    pub(super) behind_blank: bool,
    first_cell: usize,
    cells: usize,
}

impl Record {
    /// Fields.
    pub(super) fn width(&self) -> usize {
        self.cells
    }
}

/// The complete records of a head, as one dialect splits it.
#[derive(Debug)]
pub(super) struct Records<'a> {
    bytes: &'a [u8],
    cells: Vec<Cell>,
    pub(super) all: Vec<Record>,
    /// Whether a quote is open where the head ends.
    pub(super) open: bool,
    /// Lines that are comments by this dialect.
    pub(super) comments: usize,
}

impl<'a> Records<'a> {
    /// The fields of a record.
    pub(super) fn cells(&self, record: &Record) -> &[Cell] {
        &self.cells[record.first_cell..record.first_cell + record.cells]
    }

    /// The raw text of a field, without its quotes.
    pub(super) fn text(&self, cell: &Cell) -> &'a [u8] {
        &self.bytes[cell.start..cell.end]
    }

    /// The text from the first byte of a record on.
    pub(super) fn rest(&self, record: &Record) -> &'a [u8] {
        &self.bytes[record.start..]
    }

    /// Fields that begin with a quote and end with one, and fields that begin with one and go on behind the next.
    pub(super) fn quoted(&self) -> (usize, usize) {
        let faulty = self.all.iter().filter(|record| record.faulty).count() + usize::from(self.open);
        let quoted = self.cells.iter().filter(|cell| cell.quoted).count();
        (quoted.saturating_sub(faulty), faulty)
    }

    /// The records that begin from `begin` on.
    pub(super) fn split(bytes: &'a [u8], begin: usize, ended: bool, syntax: &Syntax) -> Self {
        let mut records = Records { bytes, cells: Vec::new(), all: Vec::new(), open: false, comments: 0 };
        let mut splitter = Splitter { bytes, at: begin, syntax };
        let limit = begin.saturating_add(SAMPLED_BYTES).min(bytes.len());
        let mut behind_blank = false;
        while splitter.at < limit && records.all.len() < SAMPLED_RECORDS {
            let (start, first_cell) = (splitter.at, records.cells.len());
            if splitter.at_comment() {
                records.comments += 1;
                splitter.skip_line();
                continue;
            }
            if splitter.take_break() {
                behind_blank = true;
                continue;
            }
            let (mut faulty, mut complete) = (false, ended);
            loop {
                let field = splitter.field();
                records.cells.push(field.cell);
                faulty |= field.faulty;
                records.open |= field.open;
                match field.end {
                    End::Delimiter => {}
                    End::Break => complete = true,
                    End::Bytes => {}
                }
                if field.end != End::Delimiter {
                    break;
                }
            }
            if !complete || records.open {
                records.cells.truncate(first_cell);
                break;
            }
            let cells = records.cells.len() - first_cell;
            records.all.push(Record { start, faulty, behind_blank, first_cell, cells });
            behind_blank = false;
        }
        records
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Delimiter,
    Break,
    /// The bytes end.
    Bytes,
}

struct Field {
    cell: Cell,
    faulty: bool,
    open: bool,
    end: End,
}

struct Splitter<'a> {
    bytes: &'a [u8],
    at: usize,
    syntax: &'a Syntax,
}

impl Splitter<'_> {
    fn at_comment(&self) -> bool {
        let comment = self.syntax.comment.as_deref().filter(|text| !text.is_empty());
        comment.is_some_and(|text| self.bytes[self.at..].starts_with(text.as_bytes()))
    }

    /// Steps over a line break; whether there was one.
    fn take_break(&mut self) -> bool {
        let length = match self.bytes.get(self.at..) {
            Some([b'\r', b'\n', ..]) => 2,
            Some([b'\r' | b'\n', ..]) => 1,
            _ => 0,
        };
        self.at += length;
        length > 0
    }

    fn skip_line(&mut self) {
        while self.at < self.bytes.len() && !self.take_break() {
            self.at += 1;
        }
    }

    /// Bytes of the delimiter at the current place; 0 where there is none.
    fn delimiter(&self) -> usize {
        let rest = &self.bytes[self.at..];
        match &self.syntax.delimiter {
            Delimiter::Text(text) if rest.starts_with(text) => text.len(),
            Delimiter::Text(_) => 0,
            Delimiter::Blanks => rest.iter().take_while(|byte| is_blank(**byte)).count(),
        }
    }

    /// The next field, and what ends it.
    fn field(&mut self) -> Field {
        if self.syntax.delimiter == Delimiter::Blanks {
            self.at += self.delimiter();
        }
        let start = self.at;
        let quoted = self.syntax.quote.is_some() && self.bytes.get(start).copied() == self.syntax.quote;
        if !quoted {
            let end = self.unquoted();
            let cell = Cell { start, end: self.at, quoted };
            return self.behind(Field { cell, faulty: false, open: false, end });
        }
        self.at += 1;
        let closed = self.quoted();
        let cell = Cell { start: start + 1, end: self.at, quoted };
        if !closed {
            return Field { cell, faulty: true, open: true, end: End::Bytes };
        }
        self.at += 1;
        let behind = self.at;
        let end = self.unquoted();
        let faulty = self.at > behind;
        self.behind(Field { cell, faulty, open: false, end })
    }

    /// Steps over what ends a field. Blanks before a line break end the record.
    fn behind(&mut self, mut field: Field) -> Field {
        match field.end {
            End::Delimiter => self.at += self.delimiter(),
            _ => {
                self.take_break();
                return field;
            }
        }
        if self.syntax.delimiter == Delimiter::Blanks {
            if self.at == self.bytes.len() {
                field.end = End::Bytes;
            } else if self.take_break() {
                field.end = End::Break;
            }
        }
        field
    }

    /// Goes to where a field outside quotes ends.
    fn unquoted(&mut self) -> End {
        let first = match &self.syntax.delimiter {
            Delimiter::Text(text) => text.first().copied(),
            Delimiter::Blanks => None,
        };
        while let Some(&byte) = self.bytes.get(self.at) {
            if matches!(byte, b'\n' | b'\r') {
                return End::Break;
            }
            let may_delimit = first.map_or_else(|| is_blank(byte), |first| first == byte);
            if may_delimit && self.delimiter() > 0 {
                return End::Delimiter;
            }
            let next = self.bytes.get(self.at + 1);
            let escaped = |next: &u8| {
                matches!(next, b'\n' | b'\r') || [first, self.syntax.escape].contains(&Some(*next))
            };
            self.at += 1 + usize::from(Some(byte) == self.syntax.escape && next.is_some_and(escaped));
        }
        End::Bytes
    }

    /// Goes to the closing quote; whether there is one.
    fn quoted(&mut self) -> bool {
        let Syntax { quote, escape, .. } = *self.syntax;
        while let Some(&byte) = self.bytes.get(self.at) {
            let next = self.bytes.get(self.at + 1).copied();
            let escapes = Some(byte) == escape && next.is_some() && (next == quote || next == escape);
            if escapes || (Some(byte) == quote && next == quote) {
                self.at += 2;
            } else if Some(byte) == quote {
                return true;
            } else {
                self.at += 1;
            }
        }
        self.at = self.bytes.len();
        false
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(bytes: &str, delimiter: Delimiter, escape: Option<u8>) -> Vec<String> {
        let syntax = Syntax { delimiter, quote: Some(b'"'), escape, comment: Some("#".into()) };
        let records = Records::split(bytes.as_bytes(), 0, true, &syntax);
        let text = |cell: &Cell| String::from_utf8(records.text(cell).to_vec()).unwrap();
        records
            .all
            .iter()
            .map(|record| records.cells(record).iter().map(text).collect::<Vec<_>>().join("|"))
            .collect()
    }

    #[test]
    fn splits() {
        assert_eq!(shown("a,b\r\n#c\n\n\"1,\n2\",\"3\"\n,", b','.into(), None), ["a|b", "1,\n2|3", "|"]);
        assert_eq!(shown("a::b:c\n1::2", Delimiter::Text(b"::".to_vec()), None), ["a|b:c", "1|2"]);
        assert_eq!(shown(" a  b \n\"c d\"\te", Delimiter::Blanks, None), ["a|b", "c d|e"]);
        assert_eq!(shown("\"a\\\"b\",c", b','.into(), Some(b'\\')), ["a\\\"b|c"]);
    }

    #[test]
    fn faults() {
        let syntax = Syntax { delimiter: b','.into(), quote: Some(b'"'), escape: None, comment: None };
        let records = |bytes: &'static str| Records::split(bytes.as_bytes(), 0, true, &syntax);
        let found = records("\"a\"b,\"c\"\nd,\"e\n");
        assert!(found.all[0].faulty && found.open);
        assert_eq!(found.all.len(), 1);
        assert_eq!(Records::split(b"a,b\nc,", 0, false, &syntax).all.len(), 1);
    }
}
