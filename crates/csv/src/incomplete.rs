//! Records that are not complete at the end of a block: where they stand, how long they are, what is wrong with them.

use plimsoll_core::{Error, Location, Result};

use crate::input::Chunk;
use crate::machine::{Place, Token};
use crate::split::{Boundary, Splitter};
use crate::{Dialect, MAX_RECORD};

/// The error for an input that ends inside quotes.
pub(crate) fn unclosed(splitter: &Splitter, boundary: &Boundary, chunk: Chunk) -> Error {
    let (field_start, _) = fields(&boundary.tail, &splitter.dialect);
    never_closed(location(splitter, boundary, chunk, field_start))
}

/// The error for bytes behind the text that the encoding does not have.
pub(crate) fn malformed(splitter: &Splitter, boundary: &Boundary, chunk: Chunk) -> Error {
    splitter.pass.input.malformed(location(splitter, boundary, chunk, boundary.tail.len()))
}

/// The error for a quote that opens a field and is not closed before the end.
pub(crate) fn never_closed(location: Location) -> Error {
    Error::data(
        location,
        "a quote is opened here and never closed",
        "close the quote, or read quotes as text with --quote none",
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

/// Where the last field of an incomplete record begins, and the length of its longest field.
pub(crate) fn fields(tail: &[u8], dialect: &Dialect) -> (usize, usize) {
    let mut place = Place::default();
    let (mut start, mut longest) = (dialect.first_field(tail, 0), 0);
    for (at, &byte) in tail.iter().enumerate() {
        if place.step(byte, dialect) == Token::Delimiter {
            longest = longest.max(dialect.field_end(tail, start, at, false) - start);
            start = dialect.next_field(at);
        }
    }
    // What may be the beginning of a delimiter does not count yet.
    let end = dialect.field_end(tail, start, tail.len(), true) - usize::from(place.delimiter);
    (start, longest.max(end - start))
}

/// Where byte `at` of the incomplete record at the end of a chunk stands.
fn location(splitter: &Splitter, boundary: &Boundary, chunk: Chunk, at: usize) -> Location {
    let end = chunk.offset + chunk.length as u64;
    Location {
        file: splitter.file.to_string(),
        line: boundary.lines + 1 + breaks(&boundary.tail[..at]),
        record: boundary.records + 1,
        byte: end - (boundary.tail.len() - at) as u64,
        column: None,
        value: None,
    }
}

/// Refuses an incomplete record that has a field longer than allowed, or is too long itself.
pub(crate) fn check_length(splitter: &Splitter, boundary: &Boundary, chunk: Chunk) -> Result<()> {
    let tail = boundary.tail.len();
    let max_field = splitter.dialect.max_field;
    if tail <= max_field.min(MAX_RECORD) {
        return Ok(());
    }
    let (field_start, longest) = fields(&boundary.tail, &splitter.dialect);
    let is_comment = splitter.dialect.is_comment(&boundary.tail);
    if (longest <= max_field || is_comment) && tail <= MAX_RECORD {
        return Ok(());
    }
    Err(too_long(location(splitter, boundary, chunk, field_start), max_field))
}

/// The error for a field of more than `max_field` bytes.
pub(crate) fn too_long(location: Location, max_field: usize) -> Error {
    Error::data(
        location,
        format!("a field is longer than {max_field} bytes"),
        "look for a quote that is not closed, or allow longer fields with --max-field",
    )
}
