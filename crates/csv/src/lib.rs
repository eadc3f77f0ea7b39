//! CSV: bytes to records to typed Arrow columns, split and scanned in parallel, exactly.
//!
//! A [`CsvFile`] is an opened input whose dialect, names and head sample are known. A [`Scan`] is one pass over it;
//! each worker pulls blocks of records from its own [`Reader`], and turns the cells it wants into arrays with
//! [`Cells::parse`]. This crate evaluates nothing and knows nothing of queries.

mod bad;
mod block;
mod column;
mod content;
mod dialect;
mod file;
mod head;
mod incomplete;
mod index;
mod input;
mod lead;
mod look;
pub mod machine;
mod parse;
mod reader;
mod resync;
mod room;
mod sniff;
mod split;
mod stride;
mod structure;
mod tolerance;
mod views;
mod walk;
mod window;

pub use column::{Cells, ColumnType, Misfit, Parsed};
pub use dialect::{Dialect, MAX_RECORD};
pub use file::CsvFile;
pub use parse::localized::NumberFormat;
pub use parse::moments::TimeFormats;
pub use reader::{Reader, Scan};
pub use sniff::Choice;
pub use tolerance::Tolerance;
pub use walk::Span;
pub use window::Window;
