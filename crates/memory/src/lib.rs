//! The accounting layer: what the heap holds, what the process holds, and what it may hold.
//!
//! - [`Counting`] is a global allocator that counts; [`heap()`] reads its figures, [`measure`] those of one piece of work.
//!   All that is said of the heap needs it: declare it as in its example.
//! - [`Tag`] says for whom a scope works; [`tagged`] tells what was done for each: bytes, and processor time ([`time_tags`]).
//! - `trace` (feature `traces`, on by default) puts allocations down to source lines and [`Tag`]s, with snapshots,
//!   differences and files; `export` writes them as pprof's profile, folded stacks and a flame graph.
//! - [`size`] tells how large a value is: itself, and all that it keeps alive. With the feature `arrow` of Arrow's arrays too.
//! - [`process`] asks the operating system: resident memory, processor time, how much memory there is.
//! - [`Budget`] and [`Reservation`] keep a promise: memory is reserved before it is allocated.
//! - [`Footprint`] holds heap, budget and resident memory against each other.
//!
//! This crate knows nothing of CSV or queries, of Arrow only how large things are, and imports no crate of the project.

mod budget;
#[cfg(feature = "traces")]
pub mod export;
mod footprint;
mod heap;
pub mod process;
pub mod size;
#[cfg(feature = "traces")]
pub mod trace;

pub use budget::{Budget, BudgetError, Bytes, Consumer, Holder, LimitExceeded, Reservation, SoftLimit};
pub use footprint::{Footprint, Part};
pub use heap::{
    Counting, Heap, InheritedTag, Measured, Stepped, Tag, TagGuard, Tagged, TaggedBytes, ThreadHeap, adopt,
    exact_peak, heap, is_traced, measure, reset_peak, tagged, threads, time_tags, tracing, tracing_share,
};
