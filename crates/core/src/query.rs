//! A query as it was written, by SQL or by the builder: names are not resolved yet, types not known.

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
    /// The head sample: all records that begin in the first [`CsvOptions::SAMPLE_BYTES`] of data.
    #[default]
    Sample,
    /// Every record, in a pass of its own.
    Full,
}

/// The dialect and types of a CSV file, as far as the user gives them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CsvOptions {
    /// The byte between fields; `None` finds it: of `,` `;` tab `|`, the one that splits every sampled record into the
    /// same number of fields, two at least, and most of them; `,` where none does.
    pub delimiter: Option<u8>,
    /// The byte around fields that contain delimiters, newlines or quotes; `None` reads quotes as text.
    pub quote: Option<u8>,
    /// The byte before a quote (or itself) inside quotes that makes it text; `None` is the quote itself, doubled.
    pub escape: Option<u8>,
    /// Whether the first record names the columns.
    pub header: bool,
    /// Names (and types where given) for the columns, in order, instead of the header's; without a header and without
    /// this they are `column0`, `column1`, …, with as many digits as the last needs.
    pub columns: Option<Vec<(String, Option<DataType>)>>,
    /// Unquoted texts that are NULL, besides the empty one.
    pub nulls: Vec<String>,
    /// A record that begins with this byte is a comment up to the end of its physical line.
    pub comment: Option<u8>,
    /// Physical lines to pass over before the header.
    pub skip_rows: u64,
    /// Types that the user gives for columns by name; a cell that does not fit is an error.
    pub types: Vec<(String, DataType)>,
    /// How types are inferred.
    pub infer: Infer,
    /// The most bytes one field may have, quotes included.
    pub max_field: u64,
}

impl CsvOptions {
    /// Bytes of data, from the first record after the header, whose records make the head sample. The first record
    /// always belongs to it.
    pub const SAMPLE_BYTES: usize = 256 << 10;
    /// The most bytes of one field unless the user says otherwise: 16 MiB.
    pub const MAX_FIELD: u64 = 16 << 20;
}

impl Default for CsvOptions {
    fn default() -> Self {
        CsvOptions {
            delimiter: None,
            quote: Some(b'"'),
            escape: None,
            header: true,
            columns: None,
            nulls: Vec::new(),
            comment: None,
            skip_rows: 0,
            types: Vec::new(),
            infer: Infer::Sample,
            max_field: Self::MAX_FIELD,
        }
    }
}
