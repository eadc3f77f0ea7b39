//! Records that are not complete at the end of a block: where they stand, how long they are, what is wrong with them.

use plimsoll_core::{Error, Location, OnError, Quotes, Result};

use crate::bad::{Fault, misquoted};
use crate::input::Chunk;
use crate::machine::{Place, State, Token};
use crate::split::{Boundary, Splitter};
use crate::{Dialect, MAX_RECORD};

/// The error for an input that ends inside quotes.
pub(crate) fn unclosed(splitter: &Splitter, boundary: &Boundary, chunk: Chunk) -> Error {
    if let Some(error) = first_fault(splitter, boundary, chunk) {
        return error;
    }
    let (field_start, _) = fields(&boundary.tail, &splitter.dialect);
    never_closed(location(splitter, boundary, chunk, field_start))
}

/// The error for bytes behind the text that the encoding does not have.
pub(crate) fn malformed(splitter: &Splitter, boundary: &Boundary, chunk: Chunk) -> Error {
    splitter.pass.input.malformed(location(splitter, boundary, chunk, boundary.tail.len()))
}

/// The error for the first field of an incomplete record that is too long or has text behind its closing quote.
fn first_fault(splitter: &Splitter, boundary: &Boundary, chunk: Chunk) -> Option<Error> {
    let (dialect, tail) = (&splitter.dialect, &boundary.tail);
    let mut place = Place::default();
    let mut start = dialect.first_field(tail, 0);
    for at in 0..=tail.len() {
        let ends = match tail.get(at) {
            Some(_) => place.step_at(tail, at, false, dialect).0 == Token::Delimiter,
            None => false,
        };
        if !ends && at < tail.len() {
            continue;
        }
        // What may be the beginning of a delimiter does not count yet.
        let end = dialect.field_end(tail, start, at, !ends) - usize::from(place.delimiter);
        if end - start > dialect.max_field {
            return Some(too_long(location(splitter, boundary, chunk, start), dialect.max_field));
        }
        let strict = dialect.tolerance.quotes == Quotes::Strict;
        if ends
            && strict
            && let Some(Fault::Behind(start)) = misquoted(&tail[start..end], start, dialect)
        {
            return Some(text_behind(location(splitter, boundary, chunk, start)));
        }
        start = dialect.next_field(at);
    }
    None
}

/// The error for a field that goes on behind its closing quote.
pub(crate) fn text_behind(location: Location) -> Error {
    Error::data(
        location,
        "text stands behind the closing quote",
        "double the quotes inside the field, or take the text as part of it with --quotes lenient",
    )
}

/// The error for a quote that opens a field and is not closed before the end.
pub(crate) fn never_closed(location: Location) -> Error {
    Error::data(
        location,
        "a quote is opened here and never closed",
        "close the quote, read it as text with --quotes lenient, or all quotes with --quote none",
    )
}

/// Physical line breaks in `bytes`.
pub(crate) fn breaks(bytes: &[u8]) -> u64 {
    let mut after_cr = false;
    let mut count = 0;
    for &byte in bytes {
        count += u64::from(byte == b'\r' || (byte == b'\n' && !after_cr));
        after_cr = byte == b'\r';
    }
    count
}

/// Where the last field of an incomplete record begins, and the length of its longest field. A comment has none.
pub(crate) fn fields(tail: &[u8], dialect: &Dialect) -> (usize, usize) {
    let mut place = Place::default();
    let (mut start, mut longest) = (dialect.first_field(tail, 0), 0);
    for at in 0..tail.len() {
        if place.step_at(tail, at, false, dialect).0 == Token::Delimiter {
            longest = longest.max(dialect.field_end(tail, start, at, false) - start);
            start = dialect.next_field(at);
        }
    }
    if place.state == State::Comment {
        return (0, 0);
    }
    // What may be the beginning of a delimiter does not count yet.
    let end = dialect.field_end(tail, start, tail.len(), true) - usize::from(place.delimiter);
    (start, longest.max(end - start))
}

/// Where byte `at` of the incomplete record at the end of a chunk stands.
fn location(splitter: &Splitter, boundary: &Boundary, chunk: Chunk, at: usize) -> Location {
    let end = chunk.offset + chunk.length as u64;
    let mut place = Place::default();
    let mut delimits =
        |at: &usize| place.step_at(&boundary.tail, *at, false, &splitter.dialect).0 == Token::Delimiter;
    let column = (0..at).filter(|at| delimits(at)).count();
    Location {
        file: splitter.file.to_string(),
        line: boundary.lines + 1 + breaks(&boundary.tail[..at]),
        record: boundary.records + 1,
        byte: end - (boundary.tail.len() - at) as u64,
        column: splitter.names.get(column).cloned(),
        value: None,
    }
}

/// Refuses an incomplete record that has a field longer than allowed, or is too long itself. Where too long fields are
/// passed over, that is for whoever has the whole record.
pub(crate) fn check_length(splitter: &Splitter, boundary: &Boundary, chunk: Chunk) -> Result<()> {
    let tail = boundary.tail.len();
    if tail > MAX_RECORD {
        return Err(too_long(location(splitter, boundary, chunk, 0), MAX_RECORD));
    }
    if tail <= splitter.dialect.max_field || splitter.dialect.tolerance.on_error != OnError::Fail {
        return Ok(());
    }
    let (_, longest) = fields(&boundary.tail, &splitter.dialect);
    if longest <= splitter.dialect.max_field {
        return Ok(());
    }
    first_fault(splitter, boundary, chunk).map_or(Ok(()), Err)
}

/// The error for a field of more than `max_field` bytes.
pub(crate) fn too_long(location: Location, max_field: usize) -> Error {
    Error::data(
        location,
        format!("a field is longer than {max_field} bytes"),
        "look for a quote that is not closed, or allow longer fields with --max-field",
    )
}
