//! Comment lines before a table, and among its records.

use super::lines::{Line, lines};
use super::split::{Records, Syntax};

/// What comment lines begin with.
const MARKERS: [&str; 4] = ["#", "%", "//", "!"];

/// The lines before a table that begin with one marker.
#[derive(Debug)]
pub(super) struct Top {
    pub(super) marker: &'static str,
    /// Blank lines among them left out.
    pub(super) lines: Vec<Line>,
    /// Where the text behind them begins.
    pub(super) body: usize,
}

impl Top {
    /// The lines from `begin` on that begin with a marker; `None` where there are none, or nothing is behind them.
    pub(super) fn of(bytes: &[u8], begin: usize, ended: bool) -> Option<Self> {
        let first = lines(bytes, begin, ended).find(|line| line.end > line.start)?;
        let marker =
            MARKERS.into_iter().find(|marker| bytes[first.start..].starts_with(marker.as_bytes()))?;
        let mut top = Top { marker, lines: Vec::new(), body: begin };
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
        let word = behind.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'"');
        word && width > 1 && fields(bytes, line, syntax) == width
    }
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
