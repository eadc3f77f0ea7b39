//! Forms in which other programs read traces: pprof's profile, folded stacks and a flame graph. Pure functions from
//! [`Traces`](crate::trace::Traces) to bytes: nothing here reads, writes or fails, and equal traces give equal bytes.

mod flame;
mod folded;
mod label;
mod pprof;
mod profile;
mod stacks;

pub use flame::flame_graph;
pub use folded::folded;
pub use pprof::pprof;
