//! A query as it was written, by SQL or by the builder: names are not resolved yet, types not known.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{DataType, Expr};

/// One SELECT over one file.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// The input.
    pub from: Table,
    /// What to give for each row or group; an empty list stands for `*`.
    pub select: Vec<SelectItem>,
    /// Whether equal output rows count once.
    pub distinct: bool,
    /// WHERE.
    pub filter: Option<Expr>,
    /// GROUP BY; an integer literal is a position in the SELECT list, from 1.
    pub group_by: Vec<Expr>,
    /// HAVING.
    pub having: Option<Expr>,
    /// ORDER BY.
    pub order_by: Vec<OrderBy>,
    /// The most rows to give.
    pub limit: Option<u64>,
    /// Rows to leave out before the first that is given.
    pub offset: u64,
}

impl Query {
    /// `SELECT * FROM from`.
    pub fn new(from: Table) -> Self {
        Query {
            from,
            select: Vec::new(),
            distinct: false,
            filter: None,
            group_by: Vec::new(),
            having: None,
            order_by: Vec::new(),
            limit: None,
            offset: 0,
        }
    }
}

/// One entry of a SELECT list.
#[derive(Debug, Clone, PartialEq)]
pub enum SelectItem {
    /// `*`: all columns in file order.
    Wildcard,
    /// An expression and its name; without one, its SQL text is its name.
    Expr {
        /// The expression.
        expr: Expr,
        /// The name after AS.
        alias: Option<String>,
    },
}

/// One ORDER BY key.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderBy {
    /// The key: an integer literal is a position in the SELECT list, from 1; a bare name is an output's name first,
    /// then a column's.
    pub expr: Expr,
    /// DESC.
    pub descending: bool,
    /// NULLS FIRST; NULLs come last, as in DuckDB, where nothing is written.
    pub nulls_first: bool,
}

/// An input file and how to read it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// The path as written; `-` and `/dev/stdin` are standard input.
    pub path: String,
    /// How to read it.
    pub options: CsvOptions,
}

/// How many cells decide a column's type before the scan begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Infer {
    /// The head sample: all records that begin in the first [`CsvOptions::SAMPLE_BYTES`] of data and, but for the first one, end
    /// in the first [`CsvOptions::SAMPLE_REACH`].
    #[default]
    Sample,
    /// Every record, in a pass of its own.
    Full,
}

/// What separates fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Delimiter {
    /// These bytes: one or more of ASCII, no line break among them.
    Text(Vec<u8>),
    /// Any run of spaces and tabs; those at both ends of a record separate nothing.
    Blanks,
}

impl From<u8> for Delimiter {
    fn from(byte: u8) -> Self {
        Delimiter::Text(vec![byte])
    }
}

impl fmt::Display for Delimiter {
    /// `';'`, `'\t'`, `blanks`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Delimiter::Text(bytes) => write!(f, "'{}'", bytes.escape_ascii()),
            Delimiter::Blanks => f.write_str("blanks"),
        }
    }
}

impl Delimiter {
    /// Reads what a user writes: one or more ASCII characters, `tab` or `\t` for a tab, `blanks` for any run of blanks.
    ///
    /// # Errors
    /// What to write instead.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        match text {
            "" => Err("a delimiter cannot be empty"),
            _ if text.contains(['\n', '\r']) => Err("a line break ends records and cannot separate fields"),
            _ if !text.is_ascii() => Err("a delimiter is of ASCII characters"),
            "\\t" => Ok(b'\t'.into()),
            _ if text.eq_ignore_ascii_case("tab") => Ok(b'\t'.into()),
            _ if text.eq_ignore_ascii_case("blanks") => Ok(Delimiter::Blanks),
            _ => Ok(Delimiter::Text(text.into())),
        }
    }

    /// The byte, where it is one.
    pub fn byte(&self) -> Option<u8> {
        match self {
            Delimiter::Text(bytes) => bytes.first().copied().filter(|_| bytes.len() == 1),
            Delimiter::Blanks => None,
        }
    }
}

/// What a record with too many or too few fields does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Ragged {
    /// It is an error.
    #[default]
    Fail,
    /// Missing fields are NULL; fields past the last column are dropped.
    Pad,
    /// The record is skipped.
    Skip,
}

/// What a quote does where RFC 4180 does not allow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Quotes {
    /// Text behind a closing quote and a quote that is never closed are errors.
    #[default]
    Strict,
    /// Text behind a closing quote belongs to the field; a quote that is never closed is text.
    Lenient,
}

/// What a record that breaks a rule, or a cell that its column's type does not take, does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum OnError {
    /// It is an error.
    #[default]
    Fail,
    /// The record is skipped.
    Skip,
    /// The cell is NULL; a record that breaks a rule is skipped.
    Null,
}

/// The dialect and types of a CSV file, as far as the user gives them. `None` finds the setting in the head of the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CsvOptions {
    /// The label of the file's encoding as the WHATWG's Encoding Standard has it (`utf-16le`, `windows-1252`).
    pub encoding: Option<String>,
    /// What separates fields.
    pub delimiter: Option<Delimiter>,
    /// The byte around fields that contain delimiters, newlines or quotes; `Some(None)` reads quotes as text.
    pub quote: Option<Option<u8>>,
    /// The byte that makes the next one text; `Some(None)`: only a doubled quote is one.
    pub escape: Option<Option<u8>>,
    /// Whether the first record names the columns.
    pub header: Option<bool>,
    /// Names (and types where given) for the columns, in order, instead of the header's; without a header and without
    /// this they are `column0`, `column1`, …, with as many digits as the last needs.
    pub columns: Option<Vec<(String, Option<DataType>)>>,
    /// Unquoted texts that are NULL, besides the empty one.
    pub nulls: Vec<String>,
    /// A record that begins with this text is a comment up to the end of its physical line; `Some(None)`: none is.
    pub comment: Option<Option<String>>,
    /// Physical lines to skip before the header.
    pub skip_rows: Option<u64>,
    /// Types that the user gives for columns by name, or with [`CsvOptions::EVERY_COLUMN`] for all that are not named; a cell
    /// that does not fit is an error.
    pub types: Vec<(String, DataType)>,
    /// How types are inferred.
    pub infer: Infer,
    /// The most bytes one field may have, quotes included.
    pub max_field: u64,
    /// The byte before the fraction of a number.
    pub decimal: u8,
    /// The byte between groups of three digits of a number.
    pub thousands: Option<u8>,
    /// How dates are written, in strftime's notation.
    pub date_format: Option<String>,
    /// How timestamps are written, in strftime's notation.
    pub timestamp_format: Option<String>,
    /// What a record with too many or too few fields does.
    pub ragged: Ragged,
    /// What a quote does where it is not allowed.
    pub quotes: Quotes,
    /// What a bad record or cell does.
    pub on_error: OnError,
    /// The most records that may be skipped or repaired before the run fails.
    pub max_errors: Option<u64>,
}

impl CsvOptions {
    /// Bytes of data, from the first record after the header, whose records make the head sample. The first record
    /// always belongs to it.
    pub const SAMPLE_BYTES: usize = 256 << 10;

    /// Bytes of data that the head sample looks at, however long its records are: every memory limit has room for them.
    pub const SAMPLE_REACH: usize = 512 << 10;
    /// Stands for every column among the given types, unless one has this name.
    pub const EVERY_COLUMN: &str = "*";
    /// The most bytes of one field unless the user says otherwise: 16 MiB.
    pub const MAX_FIELD: u64 = 16 << 20;

    /// The byte between fields, where it is given and one byte.
    pub fn delimiter_byte(&self) -> Option<u8> {
        self.delimiter.as_ref().and_then(Delimiter::byte)
    }

    /// The byte around fields: `"` where nothing is given.
    pub fn quote_byte(&self) -> Option<u8> {
        self.quote.unwrap_or(Some(b'"'))
    }

    /// The escape that is given.
    pub fn escape_byte(&self) -> Option<u8> {
        self.escape.flatten()
    }

    /// What comments begin with, where it is given.
    pub fn comment_text(&self) -> Option<&str> {
        self.comment.as_ref()?.as_deref().filter(|text| !text.is_empty())
    }

    /// Whether the first record names the columns: yes, where nothing is given.
    pub fn has_header(&self) -> bool {
        self.header.unwrap_or(true)
    }
}

impl Default for CsvOptions {
    fn default() -> Self {
        CsvOptions {
            encoding: None,
            delimiter: None,
            quote: None,
            escape: None,
            header: None,
            columns: None,
            nulls: Vec::new(),
            comment: None,
            skip_rows: None,
            types: Vec::new(),
            infer: Infer::Sample,
            max_field: Self::MAX_FIELD,
            decimal: b'.',
            thousands: None,
            date_format: None,
            timestamp_format: None,
            ragged: Ragged::Fail,
            quotes: Quotes::Strict,
            on_error: OnError::Fail,
            max_errors: None,
        }
    }
}
