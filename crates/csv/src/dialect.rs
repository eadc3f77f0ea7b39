//! The resolved dialect: which byte does what.

use plimsoll_core::{CsvOptions, Error, Result};

use crate::parse::localized::NumberFormat;

/// How the bytes of a file split into records and fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialect {
    /// Between fields.
    pub delimiter: u8,
    /// Around fields, or `None` where quotes are text.
    pub quote: Option<u8>,
    /// Inside quotes, makes a quote (or itself) text; `None` where only a doubled quote does.
    pub escape: Option<u8>,
    /// At the start of a record, makes its physical line a comment.
    pub comment: Option<u8>,
    /// Unquoted texts that are NULL, besides the empty one.
    pub nulls: Vec<Vec<u8>>,
    /// How numbers are written.
    pub numbers: NumberFormat,
    /// The most bytes of one field, quotes included.
    pub max_field: usize,
}

/// No record may be longer: offsets of text columns are 32 bits wide.
pub const MAX_RECORD: usize = 1 << 30;

impl Dialect {
    /// The dialect that `options` describe, with `delimiter` where they leave it open.
    ///
    /// # Errors
    /// `Plan` where one byte would have two meanings.
    pub fn new(options: &CsvOptions, delimiter: u8) -> Result<Self> {
        let delimiter = options.delimiter_byte().unwrap_or(delimiter);
        let quote = options.quote_byte();
        let escape = options.escape_byte().filter(|escape| Some(*escape) != quote);
        let comment = options.comment_text().and_then(|text| text.bytes().next());
        let named =
            [("delimiter", Some(delimiter)), ("quote", quote), ("escape", escape), ("comment", comment)];
        for (index, (name, byte)) in named.iter().enumerate() {
            let Some(byte) = byte else { continue };
            if !byte.is_ascii() {
                return Err(Error::plan(
                    format!("the {name} must be an ASCII character, not the byte {byte:#x}"),
                    "choose another one; convert the file where it is not UTF-8",
                ));
            }
            if matches!(byte, b'\n' | b'\r') {
                return Err(Error::plan(format!("the {name} cannot be a line break"), "choose another byte"));
            }
            if let Some((other, _)) = named[..index].iter().find(|(_, taken)| *taken == Some(*byte)) {
                let shown = char::from(*byte).escape_default();
                return Err(Error::plan(
                    format!("the {name} cannot be the {other} too: '{shown}'"),
                    "choose another byte for one of them",
                ));
            }
        }
        Ok(Dialect {
            delimiter,
            quote,
            escape,
            comment,
            nulls: options.nulls.iter().map(|text| text.clone().into_bytes()).collect(),
            numbers: NumberFormat { decimal: options.decimal, thousands: options.thousands },
            max_field: usize::try_from(options.max_field).unwrap_or(MAX_RECORD).min(MAX_RECORD),
        })
    }

    /// Whether quote parity alone tells inside from outside: no escape, no comment.
    pub(crate) fn parity_decides(&self) -> bool {
        self.escape.is_none() && self.comment.is_none()
    }

    /// Appends the text of a field whose raw bytes begin with a quote: without the quotes, doubled ones and escapes.
    /// Bytes after the closing quote are text, as the `csv` crate reads them.
    pub fn unquote(&self, raw: &[u8], out: &mut Vec<u8>) {
        let Some(quote) = self.quote else { return out.extend_from_slice(raw) };
        let special = |byte: &u8| *byte == quote || Some(*byte) == self.escape;
        let mut rest = &raw[1..];
        while let Some(at) = rest.iter().position(special) {
            let (text, behind) = rest.split_at(at);
            out.extend_from_slice(text);
            let next = behind.get(1).copied();
            if behind[0] == quote && next != Some(quote) {
                return out.extend_from_slice(&behind[1..]);
            }
            // A doubled quote, and what an escape stands before, mean themselves; any other escape is text.
            let escapes = behind[0] == quote || next == Some(quote) || next == self.escape;
            let taken = 1 + usize::from(escapes);
            out.push(behind[taken - 1]);
            rest = &behind[taken..];
        }
        out.extend_from_slice(rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unquoted(raw: &str, options: &CsvOptions) -> String {
        let mut out = Vec::new();
        Dialect::new(options, b',').unwrap().unquote(raw.as_bytes(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn unquotes_as_the_csv_crate_does() {
        let plain = CsvOptions::default();
        for (raw, text) in
            [("\"\"", ""), ("\"a\"", "a"), ("\"a\"\"b\"", "a\"b"), ("\"\"\"\"", "\""), ("\"a\"b\"c", "ab\"c")]
        {
            assert_eq!(unquoted(raw, &plain), text);
        }
        let escaped = CsvOptions { escape: Some(Some(b'\\')), ..CsvOptions::default() };
        assert_eq!(unquoted(r#""a\"b\\c\d""#, &escaped), r#"a"b\c\d"#);
    }

    #[test]
    fn one_byte_has_one_meaning() {
        let clash = CsvOptions { delimiter: Some(b'"'.into()), ..CsvOptions::default() };
        assert!(Dialect::new(&clash, b',').is_err());
        let break_ = CsvOptions { comment: Some(Some("\n".into())), ..CsvOptions::default() };
        assert!(Dialect::new(&break_, b',').is_err());
        let half = CsvOptions { quote: Some(Some(0xc3)), ..CsvOptions::default() };
        assert!(Dialect::new(&half, b',').is_err());
    }
}
