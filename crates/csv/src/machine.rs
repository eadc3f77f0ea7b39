//! The state machine that reads one byte at a time: the meaning of the format, the fallback of the structural scan
//! where quoting rules are broken, and the scan's oracle.

use crate::Dialect;
use crate::index::{Content, Marked, Marks, Tally};

/// Where in a record the next byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum State {
    /// First byte of a record.
    #[default]
    RecordStart,
    /// First byte of a field that is not the record's first.
    FieldStart,
    /// Inside an unquoted field, or behind the closing quote and more.
    Unquoted,
    /// Inside quotes.
    Quoted,
    /// Behind a quote that either closes the field or is the first of a doubled one.
    QuoteInQuoted,
    /// Behind an escape inside quotes.
    Escaped,
    /// In a comment line.
    Comment,
}

/// The machine's whole memory between two bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// Where in a record.
    pub state: State,
    /// Whether the byte before was a carriage return, so that a line feed would belong to it.
    pub after_cr: bool,
}

/// What a byte turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token {
    /// Part of a field or of a comment, or the line feed of a CRLF.
    Text,
    /// The end of a field that is not the record's last.
    Delimiter,
    /// The first (or only) byte of a record's terminator.
    End,
}

impl Place {
    /// Takes one byte.
    pub fn step(&mut self, byte: u8, dialect: &Dialect) -> Token {
        let completes_crlf = byte == b'\n' && self.after_cr;
        self.after_cr = byte == b'\r';
        let is_break = matches!(byte, b'\n' | b'\r');
        let (state, token) = match self.state {
            State::RecordStart if completes_crlf => (State::RecordStart, Token::Text),
            State::RecordStart if Some(byte) == dialect.comment => (State::Comment, Token::Text),
            State::Comment if !is_break => (State::Comment, Token::Text),
            State::Comment => (State::RecordStart, Token::End),
            State::RecordStart | State::FieldStart if Some(byte) == dialect.quote => {
                (State::Quoted, Token::Text)
            }
            State::Quoted if Some(byte) == dialect.quote => (State::QuoteInQuoted, Token::Text),
            State::Quoted if Some(byte) == dialect.escape => (State::Escaped, Token::Text),
            State::Quoted | State::Escaped => (State::Quoted, Token::Text),
            State::QuoteInQuoted if Some(byte) == dialect.quote => (State::Quoted, Token::Text),
            _ if byte == dialect.delimiter => (State::FieldStart, Token::Delimiter),
            _ if is_break => (State::RecordStart, Token::End),
            _ => (State::Unquoted, Token::Text),
        };
        self.state = state;
        token
    }
}

/// Marks the ends of fields and records of `bytes`, whose first byte has bit `offset` of the marks, and counts.
pub(crate) fn index(
    bytes: &[u8],
    offset: usize,
    place: &mut Place,
    dialect: &Dialect,
    marks: &mut Marks,
) -> Marked {
    let mut tally = Tally::default();
    let mut content = Content::default();
    for (at, &byte) in bytes.iter().enumerate() {
        let before = *place;
        let token = place.step(byte, dialect);
        tally.lines += u64::from(byte == b'\r' || (byte == b'\n' && !before.after_cr));
        content.quotes |= Some(byte) == dialect.quote;
        content.carriage_returns |= byte == b'\r';
        content.high |= byte >= 128;
        let (word, bit) = ((offset + at) / 64, 1u64 << ((offset + at) % 64));
        match token {
            Token::Text => {}
            Token::Delimiter => marks.fields[word] |= bit,
            Token::End => {
                marks.fields[word] |= bit;
                marks.ends[word] |= bit;
                tally.ends += 1;
                tally.blanks += u64::from(before.state == State::RecordStart);
                tally.comments += u64::from(before.state == State::Comment);
            }
        }
    }
    Marked { tally, content }
}
