//! Comment lines before a table, and among its records.

use super::lines::{Line, lines};
use super::split::{Records, Syntax};
use crate::lead::LeadTop;

/// What comment lines begin with.
const MARKERS: [&str; 4] = ["#", "%", "//", "!"];

/// The lines before a table that begin with one marker.
#[derive(Debug)]
pub(super) struct Top {
    pub(super) marker: &'static str,
    /// Such lines that were passed over before the bytes.
    pub(super) before: usize,
    /// Blank lines among them left out.
    pub(super) lines: Vec<Line>,
    /// Where the text behind them begins.
    pub(super) body: usize,
}

impl Top {
    /// The lines from `begin` on that begin with a marker; `None` where there are none, or nothing is behind them.
    pub(super) fn of(bytes: &[u8], begin: usize, ended: bool) -> Option<Self> {
        let marker = first_marker(bytes, begin, ended)?;
        let mut top = Top { marker, before: 0, lines: Vec::new(), body: begin };
        for line in lines(bytes, begin, ended) {
            let text = &bytes[line.start..line.end];
            if text.starts_with(marker.as_bytes()) {
                top.lines.push(line);
                top.body = line.next;
            } else if !text.is_empty() {
                return Some(top);
            }
        }
        None
    }

    /// The same where comments that begin with a marker were passed over before the bytes.
    pub(super) fn behind(known: &LeadTop, bytes: &[u8], begin: usize, ended: bool) -> Option<Self> {
        let before = usize::try_from(known.comments).unwrap_or(usize::MAX);
        let here = if known.at_body {
            Some(Top { marker: known.marker, before, lines: Vec::new(), body: begin })
        } else {
            Top::of(bytes, begin, ended)
        };
        here.map(|top| Top { before, ..top })
    }

    /// Whether some of these lines are records: more than one of them, or one that is not the last, goes on with a word or a
    /// number and has as many fields as the table.
    pub(super) fn holds_records(&self, bytes: &[u8], syntax: &Syntax, width: usize) -> bool {
        self.lines.iter().rev().skip(1).any(|line| self.is_like_record(bytes, *line, syntax, width))
    }

    /// The last line, where it has as many fields as the table; and whether the marker belongs to a word, as in `#CHROM`.
    pub(super) fn header(&self, bytes: &[u8], syntax: &Syntax, width: usize) -> Option<(Line, bool)> {
        let last = *self.lines.last()?;
        let fits = width > 1 && fields(bytes, last, syntax) == width;
        fits.then(|| (last, self.is_like_record(bytes, last, syntax, width)))
    }

    fn is_like_record(&self, bytes: &[u8], line: Line, syntax: &Syntax, width: usize) -> bool {
        let behind = bytes.get(line.start + self.marker.len());
        behind.is_some_and(|byte| begins_word(*byte)) && width > 1 && fields(bytes, line, syntax) == width
    }
}

/// The marker with which the first line begins that is not blank.
fn first_marker(bytes: &[u8], begin: usize, ended: bool) -> Option<&'static str> {
    let first = lines(bytes, begin, ended).find(|line| line.end > line.start)?;
    MARKERS.into_iter().find(|marker| bytes[first.start..].starts_with(marker.as_bytes()))
}

/// The marker with which every complete line from `begin` on begins that is not blank. Where they are like records, it must
/// belong to no word or number, as in `#1,2`.
pub(crate) fn marker_throughout(bytes: &[u8], begin: usize, are_records: bool) -> Option<&'static str> {
    let marker = first_marker(bytes, begin, false)?;
    let is_marked = |line: Line| match bytes[line.start..line.end].strip_prefix(marker.as_bytes()) {
        Some([next, ..]) => !are_records || !begins_word(*next),
        Some([]) => true,
        None => line.start == line.end,
    };
    lines(bytes, begin, false).all(is_marked).then_some(marker)
}

/// Whether a comment that goes on with this byte may be a record.
fn begins_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'"'
}

/// Fields of one line.
fn fields(bytes: &[u8], line: Line, syntax: &Syntax) -> usize {
    let records = Records::split(&bytes[..line.end], line.start, true, syntax);
    records.all.first().map_or(0, super::split::Record::width)
}

/// Whether a line behind the first begins with `#`.
pub(super) fn may_be_inside(bytes: &[u8]) -> bool {
    let probe = &bytes[..bytes.len().min(64 << 10)];
    probe.windows(2).any(|pair| matches!(pair, [b'\n' | b'\r', b'#']))
}

/// Whether records that begin with `#` are comments: none of them has as many fields as the table.
pub(super) fn are_comments(without: &Records<'_>, width: usize) -> bool {
    let marked = |record: &&super::split::Record| without.rest(record).first() == Some(&b'#');
    width > 1 && without.all.iter().filter(marked).all(|record| record.width() != width)
}
