//! What an input is that is not one file of text: a format by its first bytes, several files or an address by its name.
//! Unpacks nothing.

use std::io::ErrorKind as IoKind;
use std::path::Path;

use plimsoll_core::Error;

/// A format, the bytes that begin it, and what prints its content as text.
const FORMATS: [(&str, &[u8], &str); 7] = [
    ("gzip", b"\x1f\x8b", "zcat"),
    ("xz", b"\xfd7zXZ\0", "xzcat"),
    ("zstd", b"\x28\xb5\x2f\xfd", "zstdcat"),
    ("lz4", b"\x04\x22\x4d\x18", "lz4cat"),
    ("zip", b"PK\x03\x04", "unzip -p"),
    ("zip", b"PK\x05\x06", "unzip -p"),
    ("bzip2", b"BZh", "bzcat"),
];

/// How a bzip2 file goes on behind `BZh` and a digit, which text could begin with: with a block, or with its end.
const BZIP2_BLOCKS: [&[u8]; 2] = [b"\x31\x41\x59\x26\x53\x59", b"\x17\x72\x45\x38\x50\x90"];

/// The error for an input that begins as a compressed or a Parquet file; `None` for one that may be text. `path` is `-` or
/// a device for what comes through a pipe.
pub(crate) fn refuse(head: &[u8], path: &str) -> Option<Error> {
    let piped = path == "-" || path.starts_with("/dev/");
    // A text could begin with these letters, but not with a byte of a binary header behind them.
    if head.starts_with(b"PAR1") && head.get(4).is_some_and(|byte| *byte < b'\t')
        || head.starts_with(b"PAR1\x15")
    {
        let hint = "write it as CSV with the program that has made it";
        return Some(Error::file(path, "the file is Parquet, which is not supported", hint));
    }
    let bzip2 =
        |head: &[u8]| head.get(4..).is_some_and(|rest| BZIP2_BLOCKS.iter().any(|b| rest.starts_with(b)));
    let begins = |(name, magic, _): &&(&str, &[u8], &str)| {
        head.starts_with(magic) && (*name != "bzip2" || bzip2(head))
    };
    let (name, _, command) = FORMATS.iter().find(begins)?;
    let hint = match piped {
        true => format!("unpack it on the way: … | {command} | plimsoll query \"SELECT … FROM '-'\""),
        false => format!("write {command} {} | plimsoll query \"SELECT … FROM '-'\"", quoted(path)),
    };
    let what = if *name == "zip" { "a zip archive" } else { name };
    Some(Error::file(path, format!("the file is {what}, which is not supported"), hint))
}

/// The error for a path that could not be opened.
pub(crate) fn not_opened(path: &Path, source: std::io::Error) -> Error {
    let name = path.to_string_lossy();
    if source.kind() != IoKind::NotFound {
        return Error::io(path, source);
    }
    let scheme = name.split_once("://").map(|(scheme, _)| scheme);
    if scheme
        .is_some_and(|scheme| !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()))
    {
        let hint = format!("write curl -sL {} | plimsoll query \"SELECT … FROM '-'\"", quoted(&name));
        return Error::file(path, "addresses are not supported", hint);
    }
    if name.contains(['*', '?', '[']) {
        let hint = format!(
            "name one file, or write awk 'FNR > 1 || NR == 1' {name} | plimsoll query \"SELECT … FROM '-'\" for files with \
             the same header"
        );
        return Error::file(path, "several files are not supported, and no file has this name", hint);
    }
    Error::io(path, source)
}

/// A word of a shell's command.
fn quoted(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./".contains(&byte);
    match !word.is_empty() && word.bytes().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_by_their_first_bytes() {
        for (head, message) in [
            (
                &b"\x1f\x8b\x08\0"[..],
                "f.gz: the file is gzip, which is not supported\n  hint: write zcat f.gz | plimsoll",
            ),
            (b"\xfd7zXZ\0\0", "the file is xz"),
            (b"\x28\xb5\x2f\xfd ", "the file is zstd"),
            (b"\x04\x22\x4d\x18", "the file is lz4"),
            (b"BZh91AY&SY", "the file is bzip2"),
            (b"PK\x03\x04\x14", "the file is a zip archive"),
            (b"PAR1\x15\x04", "the file is Parquet"),
        ] {
            let error = refuse(head, "f.gz").map(|error| error.to_string()).unwrap_or_default();
            assert!(error.contains(message), "{error}");
        }
        let texts: [&[u8]; 6] = [b"", b"a,b\n", b"PAR1,b\n", b"PAR1\n1\n", b"BZh9,b\n", b"PK,b\n"];
        for text in texts {
            assert!(refuse(text, "f").is_none(), "{}", String::from_utf8_lossy(text));
        }
        let piped = refuse(b"\x1f\x8b", "-").map(|error| error.to_string()).unwrap_or_default();
        assert!(piped.contains("… | zcat | plimsoll query"), "{piped}");
        let odd = refuse(b"\x1f\x8b", "it's.gz").map(|error| error.to_string()).unwrap_or_default();
        assert!(odd.contains(r"zcat 'it'\''s.gz' |"), "{odd}");
    }

    #[test]
    fn names_that_are_no_file() {
        let of = |name: &str| not_opened(Path::new(name), IoKind::NotFound.into()).to_string();
        assert!(of("g*.csv").contains("several files are not supported"));
        assert!(of("https://example.com/a.csv").contains("addresses are not supported"));
        assert!(of("none.csv").starts_with("none.csv: "));
        assert!(!of("none.csv").contains("supported"));
    }
}
