//! Records that break the rules: what is wrong with them, and what becomes of them. The walk along lawful records never
//! comes here.

use plimsoll_core::{Error, Location, OnError, Quotes, Ragged, RejectKind};

use crate::block::{Block, Region};
use crate::incomplete::{breaks, never_closed, text_behind, too_long};
use crate::walk::Span;
use crate::{Dialect, MAX_RECORD, Tolerance};

/// What is wrong with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It has so many fields, and not as many as the file has columns.
    Fields { found: usize, columns: usize },
    /// The field that begins there is too long.
    TooLong(usize),
    /// Text stands behind the closing quote of the field that begins there.
    Behind(usize),
    /// The quote that stands there opens a field and is never closed.
    Unclosed(usize),
}

/// A record that breaks the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bad {
    pub(crate) fault: Fault,
    /// Its first byte in the block.
    pub(crate) begin: usize,
    /// Where its terminator begins.
    pub(crate) end: usize,
    /// Its number, from 1.
    pub(crate) record: u64,
    /// Whether it is skipped; else it is repaired.
    pub(crate) skipped: bool,
}

/// What becomes of a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Fail,
    Skip,
    Repair,
}

/// What a record looks like.
pub(crate) struct Shape {
    /// Where its terminator begins.
    pub(crate) end: usize,
    fields: usize,
    misquoted: Option<Fault>,
    too_long: Option<usize>,
}

/// Looks at all of the record that begins at `begin`, and appends the spans of its wanted fields to `spans`; a field that
/// it lacks is empty and stands at its end.
pub(crate) fn shape(
    block: &Block,
    begin: usize,
    dialect: &Dialect,
    wanted: &[usize],
    spans: &mut [Vec<Span>],
) -> Shape {
    let mut shape = Shape { end: begin, fields: 0, misquoted: None, too_long: None };
    let bytes = block.bytes();
    let (mut start, mut taken) = (dialect.first_field(bytes, begin), 0);
    let mut from = begin;
    loop {
        let (at, is_end) = block.next_mark(from);
        let end = dialect.field_end(bytes, start, at, is_end);
        if wanted.get(taken) == Some(&shape.fields) {
            spans[taken].push(Span::between(start, end));
            taken += 1;
        }
        shape.fields += 1;
        if shape.too_long.is_none() && end - start > dialect.max_field {
            shape.too_long = Some(start);
        }
        if block.content.misquoted && shape.misquoted.is_none() {
            shape.misquoted = misquoted(&bytes[start..end], start, dialect);
        }
        (start, from) = (dialect.next_field(at), at + 1);
        if is_end {
            shape.end = at;
            break;
        }
    }
    if shape.end - begin > MAX_RECORD {
        shape.too_long = shape.too_long.or(Some(begin));
    }
    spans[taken..].iter_mut().for_each(|column| column.push(Span::between(shape.end, shape.end)));
    shape
}

/// What is wrong with the quotes of a field that begins at `start`.
pub(crate) fn misquoted(raw: &[u8], start: usize, dialect: &Dialect) -> Option<Fault> {
    let quote = dialect.quote.filter(|quote| raw.first() == Some(quote))?;
    let mut at = 1;
    while at < raw.len() {
        if raw[at] == quote && raw.get(at + 1) != Some(&quote) {
            return (at + 1 < raw.len()).then_some(Fault::Behind(start));
        }
        at += 1 + usize::from(raw[at] == quote || Some(raw[at]) == dialect.escape);
    }
    Some(Fault::Unclosed(start))
}

impl Shape {
    /// What is wrong with the record, in the order in which it is judged.
    pub(crate) fn faults(&self, columns: usize) -> impl Iterator<Item = Fault> {
        let ragged = (self.fields != columns).then_some(Fault::Fields { found: self.fields, columns });
        let mut of_fields = [self.too_long.map(Fault::TooLong), self.misquoted];
        of_fields.sort_by_key(|fault| fault.and_then(Fault::field));
        of_fields.into_iter().chain([ragged]).flatten()
    }
}

impl Fault {
    /// What becomes of it.
    pub(crate) fn verdict(self, tolerance: &Tolerance) -> Verdict {
        let otherwise = match tolerance.on_error {
            OnError::Fail => Verdict::Fail,
            OnError::Skip | OnError::Null => Verdict::Skip,
        };
        match self {
            Fault::Fields { .. } => match tolerance.ragged {
                Ragged::Fail => otherwise,
                Ragged::Pad => Verdict::Repair,
                Ragged::Skip => Verdict::Skip,
            },
            Fault::Behind(_) | Fault::Unclosed(_) if tolerance.quotes == Quotes::Lenient => Verdict::Repair,
            Fault::Behind(_) | Fault::Unclosed(_) | Fault::TooLong(_) => otherwise,
        }
    }

    /// Its kind.
    pub(crate) fn kind(self) -> RejectKind {
        match self {
            Fault::Fields { found, columns } if found < columns => RejectKind::TooFewFields,
            Fault::Fields { .. } => RejectKind::TooManyFields,
            Fault::TooLong(_) => RejectKind::FieldTooLong,
            Fault::Behind(_) | Fault::Unclosed(_) => RejectKind::Quotes,
        }
    }

    /// The field that is wrong, where one is.
    fn field(self) -> Option<usize> {
        match self {
            Fault::Fields { .. } => None,
            Fault::TooLong(start) | Fault::Behind(start) | Fault::Unclosed(start) => Some(start),
        }
    }
}

impl Bad {
    /// The error that it is. `line` is that on which the record begins; `names` are those of the file's columns.
    pub(crate) fn error(
        &self,
        block: &Block,
        region: &Region,
        line: u64,
        file: &str,
        dialect: &Dialect,
        names: &[String],
    ) -> Error {
        let start = self.fault.field().unwrap_or(self.begin);
        let column = self.fault.field().and_then(|start| names.get(self.column(block, start)).cloned());
        let location = Location {
            file: file.to_owned(),
            line: line + breaks(&block.bytes()[self.begin..start]),
            record: self.record,
            byte: region.offset(start),
            column,
            value: None,
        };
        match self.fault {
            Fault::Fields { found, columns } => {
                let plural = if found == 1 { "field" } else { "fields" };
                Error::data(
                    location,
                    format!("{found} {plural} where {columns} are expected"),
                    "check the delimiter and the quotes; --ragged pad fills and cuts such records, --ragged skip leaves them out",
                )
            }
            Fault::TooLong(_) => too_long(location, dialect.max_field),
            Fault::Unclosed(_) => never_closed(location),
            Fault::Behind(_) => text_behind(location),
        }
    }

    /// Index of the field that begins at `start`.
    fn column(&self, block: &Block, start: usize) -> usize {
        let (mut from, mut column) = (self.begin, 0);
        while from < start {
            let (at, _) = block.next_mark(from);
            column += usize::from(at <= start);
            from = at + 1;
        }
        column
    }
}
