//! What memory does not hold: sorted runs in temporary files, and their merge.
//!
//! An entry is a key, by whose bytes runs are sorted, and a payload. [`Runs`] are the runs of one holder, in one file of a
//! [`Space`]; [`Merge`] gives the entries of all of them in order. This module knows neither rows nor groups.

mod entry;
mod fault;
mod file;
mod merge;
mod packed;
mod room;
mod run;
mod space;

pub use fault::Fault;
pub use merge::{Merge, head};
pub use packed::Packed;
pub use run::{RunWriter, Runs};
pub use space::Space;
