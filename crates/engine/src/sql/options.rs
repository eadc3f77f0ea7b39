//! The named options of `read_csv`.

use plimsoll_core::{CsvOptions, DataType, Delimiter, Error, Infer, OnError, Quotes, Ragged, Result};
use sqlparser::ast::{Expr as Ast, Ident, Value};

use super::source::Source;
use super::{literal, refuse};

/// Every option with its other names.
const NAMES: [&[&str]; 21] = [
    &["encoding"],
    &["delimiter", "delim", "sep"],
    &["quote"],
    &["escape"],
    &["header"],
    &["columns"],
    &["names"],
    &["types"],
    &["nullstr", "null"],
    &["comment"],
    &["skip"],
    &["infer"],
    &["max_field"],
    &["ragged"],
    &["quotes"],
    &["on_error"],
    &["max_errors"],
    &["decimal_separator", "decimal"],
    &["thousands_separator", "thousands"],
    &["dateformat", "date_format"],
    &["timestampformat", "timestamp_format"],
];

/// The options as they are read, one after the other, over those of the command line.
pub(super) struct Options<'a> {
    source: &'a Source<'a>,
    /// As far as they are read.
    pub(super) options: CsvOptions,
    seen: Vec<&'static str>,
}

impl<'a> Options<'a> {
    pub(super) fn new(source: &'a Source<'a>, defaults: CsvOptions) -> Self {
        Options { source, options: defaults, seen: Vec::new() }
    }

    /// Sets the option `name`.
    pub(super) fn set(&mut self, name: &Ident, value: &Ast) -> Result<()> {
        let option = self.find(name)?;
        let field = Field { source: self.source, name, value };
        let options = &mut self.options;
        match option {
            "encoding" => {
                let label = text(value).ok_or_else(|| field.wrong("a label, such as 'windows-1252'"))?;
                options.encoding = Some(label.to_owned());
            }
            "delimiter" => {
                let parsed =
                    Delimiter::parse(text(value).ok_or_else(|| field.wrong("a text in single quotes"))?);
                options.delimiter = Some(parsed.map_err(|message| field.error(message, ""))?);
            }
            "quote" => options.quote = Some(field.byte()?),
            "escape" => options.escape = Some(field.byte()?),
            "comment" => options.comment = Some(field.comment()?),
            "header" => options.header = Some(field.flag()?),
            "columns" => {
                let typed = |(name, data_type)| (name, Some(data_type));
                options.columns = Some(field.types()?.into_iter().map(typed).collect());
            }
            "names" => options.columns = Some(field.texts()?.into_iter().map(|name| (name, None)).collect()),
            "types" => options.types = field.types()?,
            "nullstr" => options.nulls = field.texts()?,
            "skip" => options.skip_rows = Some(field.count()?),
            "max_field" => {
                let bytes = field.count()?;
                options.max_field =
                    if bytes > 0 { bytes } else { return Err(field.wrong("a number of bytes")) };
            }
            "ragged" => {
                options.ragged =
                    field.choice(&[("fail", Ragged::Fail), ("pad", Ragged::Pad), ("skip", Ragged::Skip)])?;
            }
            "quotes" => {
                options.quotes = field.choice(&[("strict", Quotes::Strict), ("lenient", Quotes::Lenient)])?;
            }
            "on_error" => {
                options.on_error = field.choice(&[
                    ("fail", OnError::Fail),
                    ("skip", OnError::Skip),
                    ("null", OnError::Null),
                ])?;
            }
            "max_errors" => options.max_errors = Some(field.count()?),
            "decimal_separator" => {
                options.decimal = field.byte()?.ok_or_else(|| field.wrong(ONE_CHARACTER))?;
            }
            "thousands_separator" => options.thousands = field.byte()?,
            "dateformat" => options.date_format = Some(field.format()?),
            "timestampformat" => options.timestamp_format = Some(field.format()?),
            _ => options.infer = field.choice(&[("sample", Infer::Sample), ("full", Infer::Full)])?,
        }
        Ok(())
    }

    /// The first name of the option called `name`.
    fn find(&mut self, name: &Ident) -> Result<&'static str> {
        let lower = name.value.to_lowercase();
        let place = name.span.start;
        let Some(names) = NAMES.iter().find(|names| names.contains(&lower.as_str())) else {
            let known = NAMES.iter().flat_map(|names| names.iter().copied());
            let hint = match (lower.as_str(), refuse::nearest(&lower, known)) {
                ("sample_size", _) => "write infer='full' to look at every record".to_owned(),
                ("ignore_errors", _) => "write on_error='skip'".to_owned(),
                ("null_padding", _) => "write ragged='pad'".to_owned(),
                ("strict_mode", _) => "write quotes='lenient'".to_owned(),
                ("all_varchar", _) => "write types={'*': 'VARCHAR'}".to_owned(),
                (_, Some(nearest)) => format!("did you mean {nearest}?"),
                (_, None) => format!("the options are {}", NAMES.map(|names| names[0]).join(", ")),
            };
            return Err(self.source.error(place, format!("read_csv has no option {}", name.value), hint));
        };
        let option = names[0];
        // Both name the columns.
        let slot = if option == "names" { "columns" } else { option };
        if self.seen.contains(&slot) {
            let message = format!("{} is given twice", name.value);
            let hint = if slot == "columns" { "columns and names exclude each other" } else { "" };
            return Err(self.source.error(place, message, hint));
        }
        self.seen.push(slot);
        Ok(option)
    }
}

const ONE_CHARACTER: &str = "one ASCII character in single quotes";

/// An option's name and value, and the ways to read the value.
struct Field<'a> {
    source: &'a Source<'a>,
    name: &'a Ident,
    value: &'a Ast,
}

impl Field<'_> {
    fn error(&self, message: impl Into<String>, hint: impl Into<String>) -> Error {
        self.source.error(self.name.span.start, message, hint)
    }

    fn wrong(&self, wanted: &str) -> Error {
        self.error(format!("{} takes {wanted}", self.name.value), "")
    }

    /// One byte, or none for the empty text; `'\t'` is the tab.
    fn byte(&self) -> Result<Option<u8>> {
        match text(self.value).map(str::as_bytes) {
            Some([]) => Ok(None),
            Some(br"\t") => Ok(Some(b'\t')),
            Some([byte]) if byte.is_ascii() && !matches!(byte, b'\n' | b'\r') => Ok(Some(*byte)),
            _ => Err(self.wrong(ONE_CHARACTER)),
        }
    }

    /// What comments begin with, or none for the empty text; `'\t'` is the tab.
    fn comment(&self) -> Result<Option<String>> {
        match text(self.value) {
            Some("") => Ok(None),
            Some(r"\t") => Ok(Some("\t".to_owned())),
            Some(text) if !text.contains(['\n', '\r']) => Ok(Some(text.to_owned())),
            _ => Err(self.wrong("a text in single quotes, without a line break")),
        }
    }

    /// A format in strftime's notation.
    fn format(&self) -> Result<String> {
        match text(self.value) {
            Some(format) if !format.is_empty() => Ok(format.to_owned()),
            _ => Err(self.wrong("a format such as '%d/%m/%Y'")),
        }
    }

    fn flag(&self) -> Result<bool> {
        match constant(self.value) {
            Some(Value::Boolean(value)) => Ok(*value),
            Some(Value::Number(digit, false)) if digit == "0" || digit == "1" => Ok(digit == "1"),
            _ => Err(self.wrong("true or false")),
        }
    }

    fn count(&self) -> Result<u64> {
        match constant(self.value) {
            Some(Value::Number(digits, false)) => digits.replace('_', "").parse().ok(),
            _ => None,
        }
        .ok_or_else(|| self.wrong("a whole number"))
    }

    /// One of several words.
    fn choice<T: Copy>(&self, choices: &[(&str, T)]) -> Result<T> {
        let given = text(self.value).map(str::to_lowercase);
        let found = choices.iter().find(|(word, _)| given.as_deref() == Some(*word));
        found.map(|(_, choice)| *choice).ok_or_else(|| {
            let words: Vec<String> = choices.iter().map(|(word, _)| format!("'{word}'")).collect();
            self.wrong(&words.join(" or "))
        })
    }

    /// A text or a list of texts.
    fn texts(&self) -> Result<Vec<String>> {
        let all = match self.value {
            Ast::Array(array) => array.elem.iter().map(text).collect(),
            value => text(value).map(|text| vec![text]),
        };
        let all: Option<Vec<&str>> = all;
        let owned = |texts: Vec<&str>| texts.into_iter().map(str::to_owned).collect();
        all.map(owned).ok_or_else(|| self.wrong("a list of texts: ['a', 'b']"))
    }

    /// Names and types: `{'a': 'BIGINT'}`.
    fn types(&self) -> Result<Vec<(String, DataType)>> {
        let pairs: Option<Vec<(&str, &str)>> = match self.value {
            Ast::Dictionary(fields) => {
                fields.iter().map(|field| Some((field.key.value.as_str(), text(&field.value)?))).collect()
            }
            Ast::Map(map) => {
                map.entries.iter().map(|entry| Some((text(&entry.key)?, text(&entry.value)?))).collect()
            }
            _ => None,
        };
        let pairs = pairs.ok_or_else(|| self.wrong("names and types: {'a': 'BIGINT', 'b': 'VARCHAR'}"))?;
        let typed = |(name, data_type): (&str, &str)| match DataType::parse(data_type) {
            Some(data_type) => Ok((name.to_owned(), data_type)),
            None => {
                let place = self.source.quoted(data_type);
                Err(self.source.error(place, format!("type {data_type} is not supported"), literal::TYPES))
            }
        };
        pairs.into_iter().map(typed).collect()
    }
}

fn constant(value: &Ast) -> Option<&Value> {
    match value {
        Ast::Value(value) => Some(&value.value),
        _ => None,
    }
}

fn text(value: &Ast) -> Option<&str> {
    match constant(value)? {
        Value::SingleQuotedString(text) | Value::EscapedStringLiteral(text) => Some(text),
        _ => None,
    }
}
