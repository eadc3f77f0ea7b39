//! The resolved dialect: which bytes do what. It reads nothing.

use plimsoll_core::{CsvOptions, Delimiter, Error, Result};

use crate::Tolerance;
use crate::parse::localized::NumberFormat;
use crate::parse::moments::TimeFormats;

/// How the bytes of a file split into records and fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialect {
    /// Between fields.
    pub delimiter: Delimiter,
    /// Around fields, or `None` where quotes are text.
    pub quote: Option<u8>,
    /// Makes the byte behind it text: a quote or itself inside quotes; outside of them a delimiter and a line break, too.
    /// `None` where only a doubled quote inside quotes is text.
    pub escape: Option<u8>,
    /// At the start of a record, makes its physical line a comment; not empty.
    pub comment: Option<Vec<u8>>,
    /// Unquoted texts that are NULL, besides the empty one.
    pub nulls: Vec<Vec<u8>>,
    /// How numbers are written.
    pub numbers: NumberFormat,
    /// How dates and timestamps are written, where the user says it.
    pub times: TimeFormats,
    /// The most bytes of one field, quotes included.
    pub max_field: usize,
    /// What becomes of records and cells that break the rules.
    pub tolerance: Tolerance,
}

/// No record may be longer: offsets of text columns are 32 bits wide.
pub const MAX_RECORD: usize = 1 << 30;

/// The most bytes of a delimiter.
const MAX_DELIMITER: usize = 64;

impl Dialect {
    /// The dialect that `options` describe, with `delimiter` where they leave it open.
    ///
    /// # Errors
    /// `Plan` where some text would have two meanings.
    pub fn new(options: &CsvOptions, delimiter: impl Into<Delimiter>) -> Result<Self> {
        let quote = options.quote_byte();
        let dialect = Dialect {
            delimiter: options.delimiter.clone().unwrap_or_else(|| delimiter.into()),
            quote,
            escape: options.escape_byte().filter(|escape| Some(*escape) != quote),
            comment: options.comment_text().map(|text| text.as_bytes().to_vec()),
            nulls: options.nulls.iter().map(|text| text.clone().into_bytes()).collect(),
            numbers: NumberFormat { decimal: options.decimal, thousands: options.thousands },
            times: TimeFormats::new(options)?,
            max_field: usize::try_from(options.max_field).unwrap_or(MAX_RECORD).min(MAX_RECORD),
            tolerance: Tolerance::new(options),
        };
        dialect.check()?;
        Ok(dialect)
    }

    /// Refuses texts that cannot have their meaning, or would have two.
    fn check(&self) -> Result<()> {
        let single = |byte: &Option<u8>| byte.map(|byte| vec![byte]);
        let delimiter = match &self.delimiter {
            Delimiter::Text(text) => text.clone(),
            Delimiter::Blanks => b" \t".to_vec(),
        };
        if delimiter.is_empty() || delimiter.len() > MAX_DELIMITER {
            return Err(Error::plan(
                format!("a delimiter has 1 to {MAX_DELIMITER} bytes, not {}", delimiter.len()),
                "choose another one",
            ));
        }
        let named = [
            ("delimiter", Some(delimiter)),
            ("quote", single(&self.quote)),
            ("escape", single(&self.escape)),
            ("comment", self.comment.clone()),
        ];
        for (index, (name, text)) in named.iter().enumerate() {
            let Some(text) = text else { continue };
            if let Some(byte) = text.iter().find(|byte| !byte.is_ascii())
                && *name != "comment"
            {
                return Err(Error::plan(
                    format!("the {name} must be of ASCII characters, without the byte {byte:#x}"),
                    "choose another one",
                ));
            }
            if text.iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
                return Err(Error::plan(
                    format!("the {name} cannot have a line break"),
                    "choose another one",
                ));
            }
            for (other, taken) in &named[..index] {
                if taken.as_ref().is_some_and(|taken| self.clash(taken, text)) {
                    let shown = text.escape_ascii();
                    return Err(Error::plan(
                        format!("the {name} '{shown}' cannot be told from the {other}"),
                        "choose another one of them",
                    ));
                }
            }
        }
        self.numbers.check()
    }

    /// Whether one text could be read in place of a later one, or together with a part of it.
    fn clash(&self, taken: &[u8], text: &[u8]) -> bool {
        let holds = |text: &[u8], part: &[u8]| text.windows(part.len()).any(|window| window == part);
        match (taken, text) {
            ([byte], text) => text.contains(byte),
            (taken, [byte]) => {
                // A comment may begin as a delimiter does, but not be its beginning.
                let is_quote = Some(*byte) == self.quote || Some(*byte) == self.escape;
                if is_quote || self.delimiter == Delimiter::Blanks {
                    taken.contains(byte)
                } else {
                    taken[0] == *byte
                }
            }
            _ if self.delimiter == Delimiter::Blanks => text.iter().any(|byte| taken.contains(byte)),
            (taken, text) => holds(text, taken) || taken.starts_with(text),
        }
    }

    /// Whether quote parity alone tells inside from outside: no escape, no comment, one byte between fields.
    pub(crate) fn parity_decides(&self) -> bool {
        self.escape.is_none() && self.comment.is_none() && self.delimiter.byte().is_some()
    }

    /// Whether blanks separate fields, and this is one.
    #[inline(always)]
    pub(crate) fn is_blank(&self, byte: u8) -> bool {
        matches!(byte, b' ' | b'\t') && self.delimiter == Delimiter::Blanks
    }

    /// Where the first field of the record begins that begins at `begin`.
    #[inline(always)]
    pub(crate) fn first_field(&self, bytes: &[u8], begin: usize) -> usize {
        match self.delimiter {
            Delimiter::Text(_) => begin,
            Delimiter::Blanks => {
                let field = bytes[begin..].iter().position(|byte| !self.is_blank(*byte));
                field.map_or(bytes.len(), |blanks| begin + blanks)
            }
        }
    }

    /// Where the field ends that begins at `start`, given the mark behind it and whether that ends the record.
    #[inline(always)]
    pub(crate) fn field_end(&self, bytes: &[u8], start: usize, mark: usize, ends_record: bool) -> usize {
        match &self.delimiter {
            Delimiter::Text(_) if ends_record => mark,
            Delimiter::Text(text) => mark + 1 - text.len(),
            Delimiter::Blanks => self.without_blanks(bytes, start, mark),
        }
    }

    /// Where the field behind a delimiter's mark begins: a text is marked at its last byte, blanks at the byte behind them,
    /// since only that tells that they separate something.
    #[inline(always)]
    pub(crate) fn next_field(&self, mark: usize) -> usize {
        match self.delimiter {
            Delimiter::Text(_) => mark + 1,
            Delimiter::Blanks => mark,
        }
    }

    /// Where the bytes from `start` up to `end` end without the blanks behind them; one that is escaped stays.
    fn without_blanks(&self, bytes: &[u8], start: usize, end: usize) -> usize {
        let field = &bytes[start..end];
        let length = field.iter().rposition(|byte| !self.is_blank(*byte)).map_or(0, |last| last + 1);
        let escapes = field[..length].iter().rev().take_while(|byte| Some(**byte) == self.escape).count();
        start + (length + escapes % 2).min(field.len())
    }

    /// Whether the record that begins with these bytes is a comment.
    #[inline(always)]
    pub(crate) fn is_comment(&self, record: &[u8]) -> bool {
        self.comment
            .as_ref()
            .is_some_and(|comment| record[self.first_field(record, 0)..].starts_with(comment))
    }

    /// Whether the raw bytes of a field begin with a quote.
    #[inline(always)]
    pub fn is_quoted(&self, raw: &[u8]) -> bool {
        raw.first().is_some_and(|first| Some(*first) == self.quote)
    }

    /// Whether the raw bytes of a field are not its text: they are quoted, or an escape is among them.
    #[inline(always)]
    pub fn is_encoded(&self, raw: &[u8]) -> bool {
        self.is_quoted(raw) || self.escape.is_some_and(|escape| raw.contains(&escape))
    }

    /// Appends the text of a field: its raw bytes without quotes and escapes.
    pub fn decode(&self, raw: &[u8], out: &mut Vec<u8>) {
        if self.is_quoted(raw) { self.unquote(raw, out) } else { self.unescape(raw, out) }
    }

    /// Appends the text of a field (or of its end) outside quotes. An escape before a line break, a quote, an escape, or
    /// what a delimiter begins with, is left out; any other is text.
    fn unescape(&self, mut raw: &[u8], out: &mut Vec<u8>) {
        let is_special = |byte: u8| {
            let separates = match &self.delimiter {
                Delimiter::Text(text) => text.first() == Some(&byte),
                Delimiter::Blanks => self.is_blank(byte),
            };
            separates
                || matches!(byte, b'\n' | b'\r')
                || Some(byte) == self.quote
                || Some(byte) == self.escape
        };
        while let Some(at) = raw.iter().position(|byte| Some(*byte) == self.escape) {
            let (text, behind) = raw.split_at(at);
            out.extend_from_slice(text);
            let taken = 1 + usize::from(behind.get(1).is_some_and(|next| is_special(*next)));
            out.push(behind[taken - 1]);
            raw = &behind[taken..];
        }
        out.extend_from_slice(raw);
    }

    /// Appends the text of a field whose raw bytes begin with a quote: without the quotes, doubled ones and escapes.
    /// Bytes after the closing quote are text, as the `csv` crate reads them. Where the quote is not closed it is text, and
    /// with it all of the field.
    fn unquote(&self, raw: &[u8], out: &mut Vec<u8>) {
        let Some(quote) = self.quote else { return out.extend_from_slice(raw) };
        let begin = out.len();
        let special = |byte: &u8| *byte == quote || Some(*byte) == self.escape;
        let mut rest = &raw[1..];
        while let Some(at) = rest.iter().position(special) {
            let (text, behind) = rest.split_at(at);
            out.extend_from_slice(text);
            let next = behind.get(1).copied();
            if behind[0] == quote && next != Some(quote) {
                // Mostly nothing stands behind it.
                return if next.is_some() {
                    self.unescape(&behind[1..], out)
                };
            }
            // A doubled quote, and what an escape stands before, mean themselves; any other escape is text.
            let escapes = behind[0] == quote || next == Some(quote) || next == self.escape;
            let taken = 1 + usize::from(escapes);
            out.push(behind[taken - 1]);
            rest = &behind[taken..];
        }
        out.truncate(begin);
        self.unescape(raw, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(raw: &str, options: &CsvOptions) -> String {
        let mut out = Vec::new();
        Dialect::new(options, b',').unwrap().decode(raw.as_bytes(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn unquotes_as_the_csv_crate_does() {
        let plain = CsvOptions::default();
        for (raw, text) in [
            ("\"\"", ""),
            ("\"a\"", "a"),
            ("\"a\"\"b\"", "a\"b"),
            ("\"\"\"\"", "\""),
            ("\"a\"b\"c", "ab\"c"),
            ("\"a\"\"b", "\"a\"\"b"),
        ] {
            assert_eq!(decoded(raw, &plain), text);
        }
        let escaped = CsvOptions { escape: Some(Some(b'\\')), ..CsvOptions::default() };
        assert_eq!(decoded(r#""a\"b\\c\d""#, &escaped), r#"a"b\c\d"#);
    }

    #[test]
    fn escapes_outside_quotes() {
        let escaped = CsvOptions { escape: Some(Some(b'\\')), ..CsvOptions::default() };
        for (raw, text) in [
            (r"c\\c", r"c\c"),
            (r"a\,b", "a,b"),
            ("a\\\r\nb", "a\r\nb"),
            (r#"\"a"#, "\"a"),
            (r"\N", r"\N"),
            (r"\\N", r"\N"),
            (r"\t\", r"\t\"),
            (r#""a"\,b"#, "a,b"),
        ] {
            assert_eq!(decoded(raw, &escaped), text, "{raw}");
        }
        let colons = CsvOptions { delimiter: Some(Delimiter::Text(b"::".to_vec())), ..escaped.clone() };
        assert_eq!(decoded(r"a\:\:b\,", &colons), r"a::b\,");
        let blanks = CsvOptions { delimiter: Some(Delimiter::Blanks), ..escaped };
        assert_eq!(decoded(r"a\ b", &blanks), "a b");
    }

    #[test]
    fn one_text_has_one_meaning() {
        let text = |text: &str| Some(Delimiter::Text(text.as_bytes().to_vec()));
        let comment = |text: &str| Some(Some(text.to_owned()));
        let plain = CsvOptions::default;
        for clash in [
            CsvOptions { delimiter: text("\""), ..plain() },
            CsvOptions { delimiter: text(",\""), ..plain() },
            CsvOptions { delimiter: text(""), ..plain() },
            CsvOptions { delimiter: text(",\n"), ..plain() },
            CsvOptions { delimiter: text("§"), ..plain() },
            CsvOptions { delimiter: Some(Delimiter::Blanks), quote: Some(Some(b' ')), ..plain() },
            CsvOptions { delimiter: Some(Delimiter::Blanks), comment: comment("# "), ..plain() },
            CsvOptions { comment: comment("\n"), ..plain() },
            CsvOptions { comment: comment("#,"), ..plain() },
            CsvOptions { comment: comment("#\""), ..plain() },
            CsvOptions { delimiter: text("##"), comment: comment("#"), ..plain() },
            CsvOptions { delimiter: text("::"), comment: comment("a::"), ..plain() },
            CsvOptions { escape: Some(Some(b',')), ..plain() },
            CsvOptions { quote: Some(Some(0xc3)), ..plain() },
        ] {
            assert!(Dialect::new(&clash, b',').is_err(), "{clash:?}");
        }
        for fine in [
            CsvOptions { delimiter: text(", "), comment: comment("##"), ..plain() },
            CsvOptions { delimiter: text("::"), comment: comment(":-"), ..plain() },
            CsvOptions { delimiter: text("a:"), comment: comment(":"), ..plain() },
            CsvOptions { comment: comment("§"), ..plain() },
        ] {
            assert!(Dialect::new(&fine, b',').is_ok(), "{fine:?}");
        }
    }
}
