//! One error type for every library crate: what went wrong, where, and what to do about it.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::visible;

/// A result, with the project's error unless another is named.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a query could not be planned or run. Boxed, so that a `Result` stays one word wide.
#[derive(Debug)]
pub struct Error(Box<ErrorKind>);

/// A place in an input file. Counts start at 1, the byte offset at 0.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Location {
    /// The file as the query names it.
    pub file: String,
    /// The physical line on which the record begins, newlines inside quotes counted.
    pub line: u64,
    /// The record, not counting the header, blank lines and comments.
    pub record: u64,
    /// Offset of the field (or of the record, where no field is meant) from the start of the file.
    pub byte: u64,
    /// The column's name, where one is meant.
    pub column: Option<String>,
    /// The cell's text, shortened to [`Location::VALUE_CHARS`] characters.
    pub value: Option<String>,
}

impl Location {
    /// How many characters of a cell an error shows.
    pub const VALUE_CHARS: usize = 60;

    /// This location with the cell's text, shortened and made printable.
    #[must_use]
    pub fn with_value(mut self, bytes: &[u8]) -> Self {
        let shown = &bytes[..bytes.len().min(Self::VALUE_CHARS * 4)];
        let text = String::from_utf8_lossy(shown);
        let mut value: String = text.chars().take(Self::VALUE_CHARS).flat_map(char::escape_debug).collect();
        if shown.len() < bytes.len() || text.chars().count() > Self::VALUE_CHARS {
            value.push('…');
        }
        self.value = Some(value);
        self
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: line {}, record {}, byte {}", visible(&self.file), self.line, self.record, self.byte)?;
        if let Some(column) = &self.column {
            write!(f, ", column {}", visible(column))?;
        }
        if let Some(value) = &self.value {
            write!(f, ", value '{value}'")?;
        }
        Ok(())
    }
}

/// The kinds of failure. The command line maps each to an exit code.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A file could not be opened, read or written.
    #[error("{}: {source}{}", shown(path), hint_suffix(hint))]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
        /// What to do, or empty.
        hint: String,
    },
    /// The SQL text could not be read; `sql`, `line` and `column` (both from 1) point at the place.
    #[error("{message}{}{}", caret(sql, *line, *column), hint_suffix(hint))]
    Sql {
        /// What is wrong.
        message: String,
        /// The whole statement.
        sql: String,
        /// Line of the place in `sql`, from 1; 0 where no place is known.
        line: u64,
        /// Column of the place in `sql`, in characters from 1.
        column: u64,
        /// What to write instead, or empty.
        hint: String,
    },
    /// A query that reads well but means nothing: a wrong type, a wrong position, an aggregate in WHERE.
    #[error("{message}{}", hint_suffix(hint))]
    Plan {
        /// What is wrong.
        message: String,
        /// What to write instead, or empty.
        hint: String,
    },
    /// Operands whose types do not go together.
    #[error("{message}{}", hint_suffix(hint))]
    Type {
        /// What is wrong.
        message: String,
        /// What to write instead, or empty.
        hint: String,
        /// The input column that is text where a number or a date was wanted, if one is: whoever knows which cell made
        /// it text can say so.
        field: Option<usize>,
    },
    /// A column that the input does not have.
    #[error("no column is called {}{}", visible(name), nearest_suffix(nearest, available))]
    UnknownColumn {
        /// The name the query uses.
        name: String,
        /// The most similar existing names, best first; may be empty.
        nearest: Vec<String>,
        /// All existing names.
        available: Vec<String>,
    },
    /// Input that breaks the rules of CSV or of a column's type.
    #[error("{location}: {message}{}", hint_suffix(hint))]
    Data {
        /// Where.
        location: Box<Location>,
        /// What is wrong.
        message: String,
        /// What to do, or empty.
        hint: String,
    },
    /// A file of another format than CSV that is not what it says it is: cut short, damaged, of types that are not taken.
    #[error("{}: {message}{}", shown(path), hint_suffix(hint))]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
        /// What to do, or empty.
        hint: String,
    },
    /// A value that no result can hold: an integer overflow, a decimal past 38 digits, a failing CAST.
    #[error("{message}{}", hint_suffix(hint))]
    Value {
        /// What is wrong, with the operands.
        message: String,
        /// What to do, or empty.
        hint: String,
    },
    /// The memory limit cannot hold the query.
    #[error("{message}{}", hint_suffix(hint))]
    MemoryLimit {
        /// What asked for how much, and what was left.
        message: String,
        /// What to do, or empty.
        hint: String,
    },
    /// The run was interrupted.
    #[error("interrupted")]
    Interrupted,
}

fn shown(path: &Path) -> String {
    visible(&path.to_string_lossy()).into_owned()
}

fn hint_suffix(hint: &str) -> String {
    if hint.is_empty() { String::new() } else { format!("\n  hint: {hint}") }
}

fn nearest_suffix(nearest: &[String], available: &[String]) -> String {
    if !nearest.is_empty() {
        let nearest: Vec<_> = nearest.iter().map(|name| visible(name)).collect();
        return format!("\n  hint: did you mean {}?", nearest.join(" or "));
    }
    let shown: Vec<_> = available.iter().take(12).map(|name| visible(name)).collect();
    let more = if available.len() > shown.len() { ", …" } else { "" };
    format!("\n  hint: the columns are {}{more}", shown.join(", "))
}

/// The line of `sql` that holds the place, and a caret under it.
fn caret(sql: &str, line: u64, column: u64) -> String {
    let Some(text) = line.checked_sub(1).and_then(|index| sql.lines().nth(usize::try_from(index).ok()?))
    else {
        return String::new();
    };
    let before = usize::try_from(column.saturating_sub(1)).unwrap_or(0);
    let pad: String = text.chars().take(before).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
    let missing = before.saturating_sub(text.chars().count());
    format!("\n  {text}\n  {pad}{}^", " ".repeat(missing))
}

impl Error {
    /// The kind of failure.
    pub fn kind(&self) -> &ErrorKind {
        &self.0
    }

    /// The kind of failure, owned.
    pub fn into_kind(self) -> ErrorKind {
        *self.0
    }

    /// A failed system call on `path`.
    pub fn io(path: impl Into<PathBuf>, source: std::io::Error) -> Self {
        ErrorKind::Io { path: path.into(), source, hint: String::new() }.into()
    }

    /// A file that is not what it says it is, and what to do about it.
    pub fn file(path: impl Into<PathBuf>, message: impl Into<String>, hint: impl Into<String>) -> Self {
        ErrorKind::File { path: path.into(), message: message.into(), hint: hint.into() }.into()
    }

    /// A query that means nothing, and what to write instead.
    pub fn plan(message: impl Into<String>, hint: impl Into<String>) -> Self {
        ErrorKind::Plan { message: message.into(), hint: hint.into() }.into()
    }

    /// A value that no result can hold.
    pub fn value(message: impl Into<String>) -> Self {
        ErrorKind::Value { message: message.into(), hint: String::new() }.into()
    }

    /// Bad input at `location`.
    pub fn data(location: Location, message: impl Into<String>, hint: impl Into<String>) -> Self {
        ErrorKind::Data { location: Box::new(location), message: message.into(), hint: hint.into() }.into()
    }

    /// A column that does not exist; finds the nearest of the names that do.
    pub fn unknown_column<'a>(name: &str, available: impl Iterator<Item = &'a str>) -> Self {
        let available: Vec<String> = available.map(str::to_owned).collect();
        let lower = name.to_lowercase();
        let mut scored: Vec<(f64, &String)> = available
            .iter()
            .map(|candidate| (strsim::jaro_winkler(&lower, &candidate.to_lowercase()), candidate))
            .filter(|(score, _)| *score >= 0.75)
            .collect();
        scored.sort_by(|a, b| b.0.total_cmp(&a.0));
        let nearest = scored.into_iter().take(3).map(|(_, candidate)| candidate.clone()).collect();
        ErrorKind::UnknownColumn { name: name.to_owned(), nearest, available }.into()
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Error(Box::new(kind))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caret_points_at_the_place() {
        let error: Error = ErrorKind::Sql {
            message: "expected an expression".into(),
            sql: "SELECT a\nFRM t".into(),
            line: 2,
            column: 3,
            hint: "write FROM".into(),
        }
        .into();
        assert_eq!(error.to_string(), "expected an expression\n  FRM t\n    ^\n  hint: write FROM");
    }

    #[test]
    fn unknown_column_names_the_nearest() {
        let error = Error::unknown_column("staton", ["station", "t"].into_iter());
        assert_eq!(error.to_string(), "no column is called staton\n  hint: did you mean station?");
    }

    #[test]
    fn what_cannot_be_seen_in_names_is_shown() {
        let error = Error::unknown_column("name", ["name\u{200b}", "\u{feff}id"].into_iter());
        assert_eq!(error.to_string(), "no column is called name\n  hint: did you mean name\\u{200b}?");
        let location =
            Location { file: "a\n.csv".into(), column: Some("\u{feff}id".into()), ..Location::default() };
        assert_eq!(location.to_string(), "a\\n.csv: line 0, record 0, byte 0, column \\u{feff}id");
        let error = Error::io("a\u{1b}[1m", std::io::ErrorKind::NotFound.into());
        assert!(error.to_string().starts_with("a\\u{1b}[1m: "), "{error}");
    }

    #[test]
    fn long_values_are_cut() {
        let location = Location::default().with_value(&[b'x'; 1000]);
        assert_eq!(location.value.map(|v| v.chars().count()), Some(61));
    }
}
