//! SQL text to a [`Query`].
//!
//! The text is read by the `sqlparser` crate under DuckDB's grammar, then each node of its tree is either translated or
//! refused by name with what to write instead. Names are not resolved here: columns are not known yet.

mod dialect;
mod expression;
mod function;
mod literal;
mod long_lists;
mod options;
mod place;
mod refuse;
mod rewrite;
mod select;
mod source;
mod table;
mod temporal;

use plimsoll_core::{CsvOptions, Query, Result};
use sqlparser::ast::Statement;

use source::Source;

/// Reads one SELECT statement. `defaults` are the options of the files it names, before those of `read_csv`.
///
/// # Errors
/// `Sql` with the place, and what to write instead, for text that is not SQL and for SQL that is outside of what
/// Plimsoll answers.
///
/// ```
/// use plimsoll::CsvOptions;
///
/// let query = plimsoll::sql::parse("SELECT a FROM 'f.csv' WHERE b > 1.5", &CsvOptions::default())?;
/// assert_eq!(query.from.path, "f.csv");
/// assert_eq!(query.filter.map(|condition| condition.to_string()), Some("b > 1.5".to_owned()));
/// # Ok::<(), plimsoll::Error>(())
/// ```
pub fn parse(sql: &str, defaults: &CsvOptions) -> Result<Query> {
    let source = Source::new(sql)?;
    match source.parse()?.as_slice() {
        [Statement::Query(query)] => {
            let query = select::query(&source, query, defaults)?;
            source.check_lists()?;
            Ok(query)
        }
        [_] => Err(refuse::statement(&source)),
        [] => Err(refuse::nothing(&source)),
        _ => Err(refuse::several(&source)),
    }
}

#[cfg(test)]
mod tests;
