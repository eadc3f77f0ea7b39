//! A setting of the dialect as it was resolved: what people and programs are told of it.

use plimsoll_core::Delimiter;

/// One setting of a file's dialect, and why it is what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// `skip_rows`, `comment`, `delimiter`, `quote`, `escape`, `header` or `columns`.
    pub name: &'static str,
    /// The value as its flag takes it: `;`, `tab`, `none`, `yes`; a control byte as an escape.
    pub value: String,
    /// The evidence, or that it was given.
    pub why: String,
    /// Whether it is what files without any sign of another are read with.
    pub default: bool,
    /// Whether the user gave it.
    pub given: bool,
    /// The flag that overrides it.
    pub flag: &'static str,
}

impl Choice {
    /// Whether it was found and is not the default: what people are told without asking.
    #[must_use]
    pub fn is_unusual(&self) -> bool {
        !self.default && !self.given
    }

    /// In a few words: `delimiter ';'`, `no header`.
    #[must_use]
    pub fn short(&self) -> String {
        match (self.name, self.value.as_str()) {
            ("header", "no") => "no header".to_owned(),
            ("header", _) => "header".to_owned(),
            ("skip_rows", "1") => "1 line skipped".to_owned(),
            ("skip_rows", lines) => format!("{lines} lines skipped"),
            ("columns", name) => format!("column {name}"),
            (name, "none") => format!("{name} none"),
            (name, "tab") => format!("{name} tab"),
            (name, "blanks") => format!("{name} blanks"),
            (name, value) => format!("{name} '{value}'"),
        }
    }
}

/// A delimiter as `--delimiter` takes it, a control byte as an escape.
pub(super) fn delimiter(delimiter: &Delimiter) -> String {
    match delimiter {
        Delimiter::Blanks => "blanks".to_owned(),
        Delimiter::Text(bytes) if bytes == b"\t" => "tab".to_owned(),
        Delimiter::Text(bytes) if bytes.iter().any(u8::is_ascii_control) => bytes.escape_ascii().to_string(),
        Delimiter::Text(bytes) => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// A byte, or that there is none, as the flags take it.
pub(super) fn byte(byte: Option<u8>) -> String {
    byte.map_or_else(|| "none".to_owned(), |byte| delimiter(&byte.into()))
}

/// A number with its thousands apart.
pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 record`, `2,000 records`.
pub(super) fn counted(number: usize, noun: &str) -> String {
    format!("{} {noun}{}", grouped(number), if number == 1 { "" } else { "s" })
}
