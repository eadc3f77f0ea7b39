//! Forms in which people and programs read a comparison. Pure functions from a [`Report`](crate::Report) to text: nothing
//! here measures, reads, writes or prints, and equal reports give equal text.
//!
//! Figures that are not known stand as `-`, `null` or nothing, never as 0. Text of the statement, of paths and of
//! messages is shown so that it cannot be taken for the form's own: see [`terminal()`], [`markdown()`] and [`html()`].

mod csv;
mod html;
mod json;
mod markdown;
mod quantity;
#[cfg(test)]
mod samples;
mod sentences;
mod table;
mod terminal;

pub use self::csv::csv;
pub use self::html::html;
pub use self::json::json;
pub use self::markdown::markdown;
pub use self::terminal::{TerminalStyle, terminal};
