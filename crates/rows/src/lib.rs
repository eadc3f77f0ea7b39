//! The eager strategy and the oracle: every record as boxed values, evaluated one value at a time.
//!
//! Slow and plain on purpose. Nothing here is shared with the fast path but the contracts of `plimsoll-core`: this
//! crate has its own CSV machine, its own parsers of cells, its own evaluator and its own exact sums, so that an
//! agreement of both means something. It never streams, spills or bounds its memory.
//!
//! A run goes through these modules, in this order:
//! 1. `encoding`: a file to UTF-8; `machine`: bytes to records, one byte at a time ([`records`]);
//! 2. `read`: the dialect, the header, the names, which records are the head sample;
//! 3. `typing`: which type each column has and which records WHERE selects (`cell` turns text into values);
//!    or `held`, where the rows of values are there already;
//! 4. `run` and `group`: the stages of the query over rows of values (`evaluate`, `cast`, `functions`, `aggregate`,
//!    `exact`).

mod aggregate;
mod blame;
mod calendar;
mod cast;
mod cell;
mod date_form;
mod encoding;
mod evaluate;
mod exact;
mod functions;
mod group;
mod held;
mod machine;
mod order;
mod predict;
mod read;
mod run;
mod temporal;
#[cfg(test)]
mod tests;
mod time_format;
mod typing;

pub use held::Held;
pub use machine::{Cell, Record};
pub use predict::{predicted_bytes_beside, predicted_column_bytes};
pub use read::records;
pub use run::{Rows, run, run_bytes};
