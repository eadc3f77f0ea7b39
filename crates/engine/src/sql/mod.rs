//! SQL text to a [`Query`].

use plimsoll_core::{CsvOptions, Query, Result};

/// Reads one SELECT statement. `defaults` are the options of the files it names, before those of `read_csv`.
///
/// # Errors
/// `Sql` with the place, and what to write instead, for text that is not SQL and for SQL that is outside of what
/// Plimsoll answers.
pub fn parse(sql: &str, defaults: &CsvOptions) -> Result<Query> {
    let _ = (sql, defaults);
    unimplemented!()
}
