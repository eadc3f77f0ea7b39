//! The state machine that reads one byte at a time: the meaning of the format, the fallback of the structural scan
//! where quoting rules are broken or more than one byte separates fields, and the scan's oracle.

use plimsoll_core::Delimiter;

use crate::Dialect;
use crate::index::{Content, Marked, Marks, Tally};
use crate::resync::opens_text;

/// Where in a record the next byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum State {
    /// First byte of a record, or behind blanks before its first field where blanks separate fields.
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
    /// Behind an escape outside quotes.
    EscapedOutside,
    /// Behind blanks that follow a field, where blanks separate fields.
    Blank,
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
    /// How many bytes of a delimiter the bytes before are.
    pub delimiter: u8,
    /// How many bytes of a comment's beginning the record has so far; 0 where it has any other.
    pub comment: u8,
}

/// What a byte turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token {
    /// Part of a field or of a comment, or the line feed of a CRLF.
    Text,
    /// The end of a field that is not the record's last: the last byte of a delimiter; where blanks separate fields, the
    /// first byte behind them.
    Delimiter,
    /// The first (or only) byte of a record's terminator.
    End,
}

impl Place {
    /// A place of this state, behind no part of anything.
    pub fn at(state: State) -> Self {
        Place { state, ..Place::default() }
    }

    /// Whether it depends on bytes that follow what the quote before it means.
    pub(crate) fn is_open(self) -> bool {
        // A part of a delimiter may stand behind a quote that closes only with the whole of it.
        matches!(self.state, State::Quoted | State::QuoteInQuoted | State::Escaped) || self.delimiter > 0
    }

    /// Takes one byte.
    pub fn step(&mut self, byte: u8, dialect: &Dialect) -> Token {
        let completes_crlf = byte == b'\n' && self.after_cr;
        self.after_cr = byte == b'\r';
        let is_break = matches!(byte, b'\n' | b'\r');
        let is_quote = Some(byte) == dialect.quote;
        let is_escape = Some(byte) == dialect.escape;
        let begins_comment = dialect.comment.as_ref().is_some_and(|comment| self.begins(comment, byte));
        let delimiter = std::mem::take(&mut self.delimiter);
        let (state, token) = match self.state {
            // Outside quotes a carriage return is text only where it was escaped.
            State::RecordStart | State::Unquoted if completes_crlf => (self.state, Token::Text),
            State::Comment if !is_break => (State::Comment, Token::Text),
            State::Quoted if is_quote => (State::QuoteInQuoted, Token::Text),
            State::Quoted if is_escape => (State::Escaped, Token::Text),
            State::Quoted | State::Escaped => (State::Quoted, Token::Text),
            State::QuoteInQuoted if is_quote => (State::Quoted, Token::Text),
            State::EscapedOutside => (State::Unquoted, Token::Text),
            _ if is_break => (State::RecordStart, Token::End),
            _ if begins_comment => (State::Comment, Token::Text),
            State::RecordStart if dialect.is_blank(byte) => (State::RecordStart, Token::Text),
            _ if dialect.is_blank(byte) => (State::Blank, Token::Text),
            before => {
                let delimiter = delimiter_bytes(delimiter, byte, dialect);
                if delimiter == Some(0) {
                    self.state = State::FieldStart;
                    return Token::Delimiter;
                }
                self.delimiter = delimiter.unwrap_or(0);
                let is_start = matches!(before, State::RecordStart | State::FieldStart | State::Blank);
                let state = match () {
                    () if is_quote && is_start => State::Quoted,
                    () if is_escape => State::EscapedOutside,
                    () => State::Unquoted,
                };
                (state, if before == State::Blank { Token::Delimiter } else { Token::Text })
            }
        };
        self.state = state;
        token
    }

    /// Whether the record begins with `comment` and this byte completes it.
    fn begins(&mut self, comment: &[u8], byte: u8) -> bool {
        let known = if self.state == State::RecordStart { 0 } else { usize::from(self.comment) };
        let goes_on = (known > 0 || self.state == State::RecordStart) && comment.get(known) == Some(&byte);
        let known = if goes_on { known + 1 } else { 0 };
        self.comment = u8::try_from(known).unwrap_or(0);
        known == comment.len()
    }
}

/// How many bytes of a delimiter are there with this byte, of which `known` stand before it: none, some, or all of them, which
/// is 0.
#[inline(always)]
fn delimiter_bytes(known: u8, byte: u8, dialect: &Dialect) -> Option<u8> {
    let Delimiter::Text(text) = &dialect.delimiter else { return None };
    if let [only] = text[..] {
        return (only == byte).then_some(0);
    }
    let known = usize::from(known);
    // The most that end here: what is known may end with a shorter beginning of a delimiter.
    let ends_here = |length: &usize| text[length - 1] == byte && text[..known].ends_with(&text[..length - 1]);
    let length = (1..=known + 1).rev().find(ends_here)?;
    u8::try_from(if length == text.len() { 0 } else { length }).ok()
}

impl Place {
    /// Takes byte `at` of `bytes`; says too whether a quote may stand where it must not: one that begins a field but is
    /// text, or one that closes a field with text (or a part of a delimiter) behind it. `ended` says whether the input ends with the bytes.
    pub(crate) fn step_at(
        &mut self,
        bytes: &[u8],
        at: usize,
        ended: bool,
        dialect: &Dialect,
    ) -> (Token, bool) {
        let before = self.state;
        let token = self.step(bytes[at], dialect);
        let begins_field = matches!(before, State::RecordStart | State::FieldStart | State::Blank);
        let is_text = begins_field && self.state == State::Quoted && opens_text(&bytes[at..], ended, dialect);
        if is_text {
            self.state = State::Unquoted;
        }
        let goes_on = matches!(self.state, State::Unquoted | State::EscapedOutside);
        (token, is_text || (before == State::QuoteInQuoted && goes_on))
    }
}

/// Marks the ends of fields and records of `bytes`, whose first byte has bit `offset` of the marks, and counts. `ended` says
/// whether the input ends with them.
pub(crate) fn index(
    bytes: &[u8],
    offset: usize,
    ended: bool,
    place: &mut Place,
    dialect: &Dialect,
    marks: &mut Marks,
) -> Marked {
    let mut tally = Tally::default();
    let mut content = Content::default();
    for (at, &byte) in bytes.iter().enumerate() {
        let before = *place;
        let (token, misquoted) = place.step_at(bytes, at, ended, dialect);
        content.misquoted |= misquoted;
        tally.lines += u64::from(byte == b'\r' || (byte == b'\n' && !before.after_cr));
        content.quotes |= Some(byte) == dialect.quote || Some(byte) == dialect.escape;
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
