//! What the heap holds: the allocator that counts, its counters for each thread, and the tags that say for whom a thread
//! allocates.

mod allocator;
mod counters;
mod level;
mod measure;
mod slot;
mod stepped;
mod tag;
mod tag_figures;
#[cfg(unix)]
mod thread_end;

pub use allocator::Counting;
pub(crate) use counters::live;
pub use counters::{Heap, ThreadHeap, exact_peak, heap, reset_peak, threads};
pub use measure::{Measured, measure};
#[cfg(feature = "traces")]
pub(crate) use slot::{Slot, slots};
pub use stepped::Stepped;
pub use tag::{InheritedTag, Tag, TagGuard};
#[cfg(feature = "traces")]
pub(crate) use tag::{current, names};
pub use tag_figures::{Tagged, TaggedBytes, adopt, is_traced, tagged, time_tags, tracing, tracing_share};
#[cfg(feature = "traces")]
pub(crate) use tag_figures::{forget_bytes, grew, shrank};
