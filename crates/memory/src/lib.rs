//! The accounting layer: what the heap holds, what the process holds, and what it may hold.
//!
//! - [`Counting`] is a global allocator that counts; [`heap`] reads its figures.
//! - [`process`] asks the operating system: resident memory, processor time, how much memory there is.
//! - [`Budget`] and [`Reservation`] keep a promise: memory is reserved before it is allocated.
//! - [`Footprint`] holds the three against each other.
//!
//! This crate knows nothing of CSV, Arrow or queries, and imports no crate of the project.

mod budget;
#[cfg(feature = "traces")]
pub mod export;
mod footprint;
mod heap;
pub mod process;
pub mod size;
#[cfg(feature = "traces")]
pub mod trace;

pub use budget::{Budget, BudgetError, Consumer, Holder, LimitExceeded, Reservation, SoftLimit};
pub use footprint::{Footprint, Part};
pub use heap::{
    Counting, Heap, InheritedTag, Measured, Tag, TagGuard, ThreadHeap, exact_peak, heap, measure, reset_peak,
    threads,
};
