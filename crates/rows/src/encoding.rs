//! The text of a file that is not UTF-8: all of it at once.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use plimsoll_core::{CsvOptions, Error, ErrorKind, Location, Result};

/// The bytes of a file as UTF-8; those that are UTF-8 already (or claim to be) as they are.
///
/// # Errors
/// `Plan` for an encoding that does not exist; `Data` for bytes that it does not have.
pub(crate) fn decoded<'a>(bytes: &'a [u8], options: &CsvOptions, file: &str) -> Result<Cow<'a, [u8]>> {
    let (encoding, mark) = found(bytes, options)?;
    if encoding == UTF_8 {
        return Ok(Cow::Borrowed(bytes));
    }
    let bytes = &bytes[mark..];
    let text = match encoding {
        encoding if encoding == UTF_16LE => utf16(bytes, u16::from_le_bytes),
        encoding if encoding == UTF_16BE => utf16(bytes, u16::from_be_bytes),
        _ => encoding.decode_without_bom_handling_and_without_replacement(bytes).map(Cow::into_owned),
    };
    let location = Location { file: file.to_owned(), line: 1, ..Location::default() };
    let text =
        text.ok_or_else(|| Error::data(location, format!("the file is no {}", encoding.name()), ""))?;
    Ok(Cow::Owned(text.into_bytes()))
}

/// An error at a byte of the text of `bytes`, with the offset that this byte's character has in the file.
pub(crate) fn in_file(error: Error, bytes: &[u8], options: &CsvOptions) -> Error {
    let Ok((encoding, mark)) = found(bytes, options) else { return error };
    if encoding == UTF_8 {
        return error;
    }
    match error.into_kind() {
        ErrorKind::Data { location, message, hint } => {
            let text = decoded(bytes, options, &location.file).unwrap_or_default();
            let before = usize::try_from(location.byte).unwrap_or(usize::MAX).min(text.len());
            let before = &text[..before];
            let before = std::str::from_utf8(before).unwrap_or_else(|error| {
                std::str::from_utf8(&before[..error.valid_up_to()]).unwrap_or_default()
            });
            let length = match encoding {
                encoding if encoding == UTF_16LE || encoding == UTF_16BE => 2 * before.encode_utf16().count(),
                _ => encoding.encode(before).0.len(),
            };
            Error::data(Location { byte: (mark + length) as u64, ..*location }, message, hint)
        }
        kind => kind.into(),
    }
}

/// The encoding of a file, and the length of the mark before its text; that of UTF-8 is text.
fn found(bytes: &[u8], options: &CsvOptions) -> Result<(&'static Encoding, usize)> {
    let given = match options.encoding.as_deref() {
        None => None,
        Some(label) => Some(Encoding::for_label(label.as_bytes()).ok_or_else(|| {
            Error::plan(format!("no encoding is called '{label}'"), "write a label such as windows-1252")
        })?),
    };
    let is_utf16 = given.is_none_or(|given| given == UTF_16LE || given == UTF_16BE);
    Ok(match bytes {
        [0xff, 0xfe, ..] if is_utf16 => (UTF_16LE, 2),
        [0xfe, 0xff, ..] if is_utf16 => (UTF_16BE, 2),
        _ => (given.or_else(|| by_zeros(bytes)).unwrap_or(UTF_8), 0),
    })
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let text =
        char::decode_utf16(pairs.iter().map(|pair| unit(*pair))).collect::<Result<String, _>>().ok()?;
    rest.is_empty().then_some(text)
}

/// Text in UTF-16 has zeros in at least an eighth of its first pairs of bytes, nearly all of them on the same side.
fn by_zeros(bytes: &[u8]) -> Option<&'static Encoding> {
    let pairs: Vec<&[u8]> = bytes[..bytes.len().min(4096)].chunks_exact(2).collect();
    let zeros = |side: usize| pairs.iter().filter(|pair| pair[side] == 0).count();
    let tells = |side: usize| {
        let (here, there) = (zeros(side), zeros(1 - side));
        here >= 2 && here * 8 >= pairs.len() && here >= there * 4
    };
    if tells(1) {
        return Some(UTF_16LE);
    }
    tells(0).then_some(UTF_16BE)
}
