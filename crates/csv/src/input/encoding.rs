//! Which encoding an input has: the one that is named, or UTF-16 where its first bytes say so. It decodes nothing.

use encoding_rs::{Encoding, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE};
use plimsoll_core::{Error, Result};

/// The most bytes that are looked at.
pub(super) const TELLING: usize = 4096;

/// Bytes without which nothing can be told: those of the longest mark.
pub(super) const ENOUGH: usize = 4;

/// An encoding, and how long the byte order mark is that stands before its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    /// `None` for UTF-8.
    pub(super) encoding: Option<&'static Encoding>,
    /// 0 for UTF-8, whose mark is text to be passed over.
    pub(super) mark: u64,
}

/// The encoding that `label` names.
///
/// # Errors
/// `Plan` where there is none.
pub(super) fn named(label: &str) -> Result<&'static Encoding> {
    let encoding = Encoding::for_label_no_replacement(label.as_bytes());
    // Python and others write it with a second hyphen.
    let encoding = encoding.or_else(|| Encoding::for_label(label.replacen("latin-", "latin", 1).as_bytes()));
    encoding.filter(|encoding| *encoding != REPLACEMENT).ok_or_else(|| {
        Error::plan(
            format!("no encoding is called '{label}'"),
            "write a label of the Encoding Standard, such as utf-8, utf-16le, windows-1252, shift_jis or gb18030",
        )
    })
}

/// The encoding of what begins with `bytes`. A mark of UTF-16 also says which of both a `given` UTF-16 is.
///
/// # Errors
/// `Plan` for UTF-32.
pub(super) fn find(given: Option<&'static Encoding>, bytes: &[u8]) -> Result<Found> {
    let is_utf16 = |encoding: &'static Encoding| encoding == UTF_16LE || encoding == UTF_16BE;
    let by_mark = match bytes {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] if given.is_none() => {
            return Err(Error::plan(
                "the file is in UTF-32, which is not supported",
                "convert it: iconv -f utf-32 -t utf-8",
            ));
        }
        [0xff, 0xfe, ..] => Some(UTF_16LE),
        [0xfe, 0xff, ..] => Some(UTF_16BE),
        _ => None,
    };
    match (given, by_mark) {
        (None, Some(encoding)) => Ok(Found { encoding: Some(encoding), mark: 2 }),
        (Some(given), Some(encoding)) if is_utf16(given) => Ok(Found { encoding: Some(encoding), mark: 2 }),
        (Some(given), _) if given == UTF_8 => Ok(Found { encoding: None, mark: 0 }),
        (Some(given), _) => Ok(Found { encoding: Some(given), mark: 0 }),
        (None, None) => Ok(Found { encoding: by_zeros(bytes), mark: 0 }),
    }
}

/// UTF-16 without a mark: text with delimiters and line breaks has a zero in at least one of eight of its pairs, on the
/// same side of nearly all of these. UTF-8 has none.
fn by_zeros(bytes: &[u8]) -> Option<&'static Encoding> {
    let (pairs, _) = bytes.as_chunks::<2>();
    let first = pairs.iter().filter(|pair| pair[0] == 0).count();
    let second = pairs.iter().filter(|pair| pair[1] == 0).count();
    let tells = |zeros: usize, others: usize| zeros >= 2 && zeros * 8 >= pairs.len() && zeros >= others * 4;
    match () {
        () if tells(second, first) => Some(UTF_16LE),
        () if tells(first, second) => Some(UTF_16BE),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(given: Option<&str>, bytes: &[u8]) -> (&'static str, u64) {
        let found = find(given.map(|label| named(label).unwrap()), bytes).unwrap();
        (found.encoding.unwrap_or(UTF_8).name(), found.mark)
    }

    #[test]
    fn marks_and_zeros_tell() {
        for (bytes, expected) in [
            (&b"\xff\xfea\0"[..], ("UTF-16LE", 2)),
            (b"\xfe\xff\0a", ("UTF-16BE", 2)),
            (b"a\0,\0b\0\n\0", ("UTF-16LE", 0)),
            (b"\0a\0,\0b\0\n", ("UTF-16BE", 0)),
            // 一,一
            (b"\x00\x4e,\0\x01\x4e\n\0\x02\x4e,\0\x03\x4e\n\0", ("UTF-16LE", 0)),
            (b"\xef\xbb\xbfa,b\n", ("UTF-8", 0)),
            (b"a,b\n1,\0\n", ("UTF-8", 0)),
            (b"", ("UTF-8", 0)),
        ] {
            assert_eq!(found(None, bytes), expected, "{bytes:?}");
        }
        assert!(find(None, b"\xff\xfe\0\0a\0\0\0").unwrap_err().to_string().contains("UTF-32"));
    }

    #[test]
    fn labels() {
        assert_eq!(found(Some("utf-16"), b"\xfe\xff\0a"), ("UTF-16BE", 2));
        assert_eq!(found(Some("utf-16be"), b"\0a"), ("UTF-16BE", 0));
        assert_eq!(found(Some("cp1252"), b"\xff\xfea\0"), ("windows-1252", 0));
        assert_eq!(found(Some("latin-1"), b"a"), ("windows-1252", 0));
        assert_eq!(found(Some("UTF8"), b"a\0a\0"), ("UTF-8", 0));
        for wrong in ["utf-7", "", "hz-gb-2312", "latin"] {
            assert!(named(wrong).is_err(), "{wrong}");
        }
    }
}
