//! Physical lines of a head, and what a first line can say by itself. Knows nothing of records.

use plimsoll_core::Delimiter;

/// A physical line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line {
    /// Its first byte.
    pub(super) start: usize,
    /// Behind its last byte: where its line break begins.
    pub(super) end: usize,
    /// Behind its line break.
    pub(super) next: usize,
}

/// The lines of `bytes` from `begin` on, without a last one that is not complete unless the bytes are `ended`.
pub(super) fn lines(bytes: &[u8], begin: usize, ended: bool) -> impl Iterator<Item = Line> {
    let mut at = begin;
    std::iter::from_fn(move || {
        let rest = bytes.get(at..).filter(|rest| !rest.is_empty())?;
        let start = at;
        let Some(length) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) else {
            at = bytes.len();
            return ended.then_some(Line { start, end: at, next: at });
        };
        let crlf = rest[length] == b'\r' && rest.get(length + 1) == Some(&b'\n');
        at = start + length + 1 + usize::from(crlf);
        Some(Line { start, end: start + length, next: at })
    })
}

/// Where the text of a file begins: behind a byte order mark.
pub(crate) fn behind_mark(bytes: &[u8]) -> usize {
    if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 }
}

/// The delimiter that the first line from `begin` on names, and where the text behind that line begins.
pub(crate) fn first_separator(bytes: &[u8], begin: usize, ended: bool) -> Option<(Delimiter, usize)> {
    let line = lines(bytes, begin, ended).next()?;
    named_delimiter(&bytes[line.start..line.end]).map(|named| (Delimiter::from(named), line.next))
}

/// The delimiter that a line `sep=;` names, as spreadsheets write it before a table.
fn named_delimiter(line: &[u8]) -> Option<u8> {
    let line = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
    match line {
        [s, e, p, b'=', delimiter]
            if [*s, *e, *p].eq_ignore_ascii_case(b"sep") && delimiter.is_ascii() && *delimiter != b'"' =>
        {
            Some(*delimiter)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_all_kinds() {
        let found = |bytes: &[u8], ended| {
            lines(bytes, 0, ended).map(|line| (line.start, line.end, line.next)).collect::<Vec<_>>()
        };
        assert_eq!(found(b"a\nb\r\n\rc", true), [(0, 1, 2), (2, 3, 5), (5, 5, 6), (6, 7, 7)]);
        assert_eq!(found(b"a\nb", false), [(0, 1, 2)]);
        assert_eq!(found(b"", true), []);
    }

    #[test]
    fn delimiters_that_are_named() {
        for (line, delimiter) in [
            (&b"sep=;"[..], Some(b';')),
            (b"SEP=\t", Some(b'\t')),
            (b"\"sep=,\"", Some(b',')),
            (b"sep=", None),
            (b"sep=;;", None),
            (b"sep,a", None),
        ] {
            assert_eq!(named_delimiter(line), delimiter, "{}", line.escape_ascii());
        }
    }
}
