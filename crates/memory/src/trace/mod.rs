//! Traces of allocations by source line, the counterpart of Python's `tracemalloc`.
//!
//! [`start`] and [`stop`] frame a session; [`take_snapshot`] tells at any time what is live, what was live at the peak,
//! what was ever allocated and what was freed at once, for every stack and tag. A [`Snapshot`] reads as [`Traces`]: plain
//! data with statistics, differences, filters and files.
//!
//! An allocation takes this way: `recorder` has `capture` take the stack, finds its site in `sites` and enters the block
//! in the `shadow` table; a free finds the entry by the block's address. `symbols` turns addresses into lines when a
//! snapshot is read.

#[cfg(test)]
mod arbitrary;
mod capture;
mod difference;
mod dump;
mod error;
mod filter;
mod format;
mod glob;
mod key;
pub(crate) mod recorder;
mod region;
mod sample;
mod session;
mod shadow;
mod sites;
mod snapshot;
mod statistics;
mod symbols;
mod traces;

pub use difference::StatisticDiff;
pub use error::TraceError;
pub use filter::Filter;
pub use format::{format_size, report};
pub use key::{Key, Traceback};
pub(crate) use recorder::Quiet;
pub use session::{
    Options, TracedMemory, get_traced_memory, is_tracing, overhead, reset_peak, start, start_with, stop,
    take_snapshot, uses_frame_pointers,
};
pub use snapshot::Snapshot;
pub use statistics::{GroupBy, Measure, Statistic};
pub use symbols::set_source_root;
pub use traces::{Amount, Frame, Mode, Trace, Traces};
