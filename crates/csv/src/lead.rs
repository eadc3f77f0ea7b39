//! What stands before a table and says nothing of it: rows to be skipped, blank lines, comments. They are passed over as they
//! come, however many they are, so that nobody holds them. It reads nothing, and knows no record.

use plimsoll_core::{CsvOptions, Delimiter};

use crate::sniff::{behind_mark, first_separator};

/// The most bytes of lines behind the last comment line in which it may still be the header of the table behind it.
const HEADER_BYTES: u64 = 1 << 20;

/// The beginning of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Spot {
    /// Offset in the text.
    pub(crate) byte: u64,
    /// Line breaks before it.
    pub(crate) lines: u64,
}

/// What was passed over before the bytes that are looked at.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lead {
    /// Behind the rows to skip, or the line that names the delimiter: the blank lines and comments from here on belong to the
    /// data where there is no header.
    pub(crate) start: Spot,
    /// Where the bytes begin that are looked at.
    pub(crate) origin: Spot,
    /// Blank lines between both.
    pub(crate) blank_lines: u64,
    /// The delimiter that the first line names.
    pub(crate) separator: Option<Delimiter>,
    /// Comment lines that nobody named.
    pub(crate) top: Option<LeadTop>,
}

/// Comment lines that were found at the top.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LeadTop {
    /// What they begin with.
    pub(crate) marker: &'static str,
    /// How many were passed over.
    pub(crate) comments: u64,
    /// Whether they were all; else the last of them is looked at, which may be the header.
    pub(crate) at_body: bool,
}

impl Lead {
    /// What stands before lines that may be passed over in the first bytes of a file, and its length.
    pub(crate) fn of(bytes: &[u8], options: &CsvOptions) -> (Self, usize) {
        let mark = behind_mark(bytes);
        let separator = if options.skip_rows.is_none() { first_separator(bytes, mark, false) } else { None };
        let (begin, lines) = separator.as_ref().map_or((mark, 0), |(_, next)| (*next, 1));
        let start = Spot { byte: begin as u64, lines };
        let separator = separator.map(|(separator, _)| separator);
        (Lead { start, separator, ..Lead::default() }, begin)
    }

    /// Whether anything was passed over.
    pub(crate) fn is_passed(&self) -> bool {
        self.origin.byte > 0
    }

    /// The lead with what `passer` has passed over.
    pub(crate) fn behind(self, passer: &Passer<'_>) -> Self {
        Lead { start: passer.start, origin: passer.at, blank_lines: passer.blank_lines, ..self }
    }

    /// The lead with comments that begin with `marker`, which `passer` has passed over up to the table.
    pub(crate) fn behind_top(self, passer: &Passer<'_>, marker: &'static str) -> Self {
        let last = passer.last_comment.filter(|last| passer.at.byte - last.byte <= HEADER_BYTES);
        let comments = passer.comments - u64::from(last.is_some());
        let top = Some(LeadTop { marker, comments, at_body: last.is_none() });
        Lead { origin: last.unwrap_or(passer.at), top, ..self }
    }
}

/// Passes over lines, a window of bytes at a time.
#[derive(Debug)]
pub(crate) struct Passer<'a> {
    /// Lines that are still to be skipped, whatever they are.
    rows: u64,
    comment: Option<&'a [u8]>,
    /// Whether blanks separate fields, so that they may stand before a comment.
    by_blanks: bool,
    /// Whether the bytes at hand go on with a line that is passed over.
    inside: bool,
    /// Behind the rows to skip.
    start: Spot,
    at: Spot,
    blank_lines: u64,
    comments: u64,
    last_comment: Option<Spot>,
}

/// How far a passer has come in a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Passed {
    /// Bytes that were passed over. What is left of the window has to come again, with more behind it.
    pub(crate) bytes: usize,
    /// Whether a line begins there that matters.
    pub(crate) done: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Blank,
    Comment,
    Wanted,
    /// The bytes do not tell.
    Open,
}

impl<'a> Passer<'a> {
    /// A passer of the rows to skip, blank lines and the comments that `options` name, from `start` on.
    pub(crate) fn new(options: &'a CsvOptions, start: Spot) -> Self {
        let comment = options.comment_text().map(str::as_bytes);
        let by_blanks = options.delimiter == Some(Delimiter::Blanks);
        Passer::with(options.skip_rows.unwrap_or(0), comment, by_blanks, start)
    }

    /// A passer of blank lines and lines that begin with `marker`.
    pub(crate) fn of_top(marker: &'static str, start: Spot) -> Self {
        Passer::with(0, Some(marker.as_bytes()), false, start)
    }

    fn with(rows: u64, comment: Option<&'a [u8]>, by_blanks: bool, start: Spot) -> Self {
        Passer {
            rows,
            comment,
            by_blanks,
            inside: false,
            start,
            at: start,
            blank_lines: 0,
            comments: 0,
            last_comment: None,
        }
    }

    /// Where the next byte stands, and the line breaks before it.
    pub(crate) fn at(&self) -> Spot {
        self.at
    }

    /// Passes over what may be passed of `bytes`, which go on where it stands; the text ends with them where it has `ended`.
    pub(crate) fn pass(&mut self, bytes: &[u8], ended: bool) -> Passed {
        let mut taken = 0;
        let done = loop {
            let rest = &bytes[taken..];
            if self.inside {
                let length = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
                let length = length.unwrap_or(rest.len());
                let terminator = match rest[length..] {
                    [b'\r', b'\n', ..] => 2,
                    // Whether a line feed belongs to it is not known yet.
                    [b'\r'] if !ended => 0,
                    [_, ..] => 1,
                    [] => 0,
                };
                taken += length + terminator;
                self.at.byte += (length + terminator) as u64;
                if terminator == 0 {
                    break false;
                }
                self.end_line();
                continue;
            }
            if rest.is_empty() {
                break false;
            }
            match if self.rows > 0 { Line::Comment } else { self.line(rest, ended) } {
                Line::Wanted => break true,
                Line::Open => break false,
                Line::Blank => self.blank_lines += 1,
                Line::Comment if self.rows > 0 => {}
                Line::Comment => {
                    self.comments += 1;
                    self.last_comment = Some(self.at);
                }
            }
            self.inside = true;
        };
        Passed { bytes: taken, done }
    }

    fn end_line(&mut self) {
        self.inside = false;
        self.at.lines += 1;
        if self.rows > 0 {
            self.rows -= 1;
            self.start = self.at;
        }
    }

    /// What the line is that begins with these bytes.
    fn line(&self, rest: &[u8], ended: bool) -> Line {
        let blanks = if self.by_blanks {
            rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
        } else {
            0
        };
        let text = &rest[blanks..];
        match (text.first(), self.comment) {
            (Some(b'\n' | b'\r'), _) => Line::Blank,
            (None, _) if ended => Line::Blank,
            (None, _) => Line::Open,
            (_, Some(comment)) if text.starts_with(comment) => Line::Comment,
            (_, Some(comment)) if !ended && comment.starts_with(text) => Line::Open,
            _ => Line::Wanted,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The twin, which has all bytes: where the first line begins that matters, the line breaks before it, and the blank lines
    /// behind the skipped rows; `None` where no line does.
    fn held(bytes: &[u8], rows: u64, comment: Option<&str>, by_blanks: bool) -> Option<(usize, u64, u64)> {
        let (mut at, mut lines, mut blanks) = (0, 0, 0);
        while at < bytes.len() {
            let end =
                bytes[at..].iter().position(|byte| matches!(byte, b'\n' | b'\r')).map(|length| at + length);
            let line = String::from_utf8_lossy(&bytes[at..end.unwrap_or(bytes.len())]).into_owned();
            let line = if by_blanks { line.trim_start_matches([' ', '\t']) } else { &line };
            let is_comment = comment.is_some_and(|comment| line.starts_with(comment));
            if lines >= rows && !line.is_empty() && !is_comment {
                return Some((at, lines, blanks));
            }
            let end = end?;
            blanks += u64::from(lines >= rows && line.is_empty());
            at = end + if bytes[end..].starts_with(b"\r\n") { 2 } else { 1 };
            lines += 1;
        }
        None
    }

    /// The same by windows of `window` bytes.
    fn passed(
        bytes: &[u8],
        window: usize,
        options: &CsvOptions,
    ) -> (Option<(usize, u64, u64)>, Option<Spot>) {
        let mut passer = Passer::new(options, Spot::default());
        let (mut pending, mut read) = (Vec::new(), 0);
        loop {
            let Passed { bytes: taken, done } = passer.pass(&pending, read == bytes.len());
            pending.drain(..taken);
            assert_eq!(passer.at.byte as usize + pending.len(), read);
            if done {
                let at = (passer.at.byte as usize, passer.at.lines, passer.blank_lines);
                return (Some(at), passer.last_comment);
            }
            if read == bytes.len() {
                return (None, passer.last_comment);
            }
            let next = (read + window).min(bytes.len());
            pending.extend_from_slice(&bytes[read..next]);
            read = next;
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn windows_are_passed_as_the_whole_is(
            lines in prop::collection::vec("(|#|//|/|## a|# b, \"|//c| #d|\t|x)(\n|\r|\r\n)", 0..12),
            last in "(|#|/|x,y)",
            rows in 0_u64..5,
            comment in prop::sample::select(vec![None, Some("#"), Some("//"), Some("##")]),
            by_blanks in any::<bool>(),
        ) {
            let text = lines.concat() + &last;
            let options = CsvOptions {
                skip_rows: Some(rows),
                comment: comment.map(|comment| Some(comment.to_owned())),
                delimiter: by_blanks.then_some(Delimiter::Blanks),
                ..CsvOptions::default()
            };
            let expected = held(text.as_bytes(), rows, comment, by_blanks);
            for window in [1, 2, 3, 7, 1000] {
                prop_assert_eq!(passed(text.as_bytes(), window, &options).0, expected, "{} of {:?}", window, &text);
            }
        }
    }

    #[test]
    fn the_last_comment_is_known() {
        let options = CsvOptions { comment: Some(Some("#".to_owned())), ..CsvOptions::default() };
        for window in 1..10 {
            let (found, last) = passed(b"#a\r\n\r\n#b\r\n\na,b\n", window, &options);
            assert_eq!((found, last), (Some((11, 4, 2)), Some(Spot { byte: 6, lines: 2 })));
        }
    }
}
