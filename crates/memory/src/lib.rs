//! The accounting layer: what the heap holds, what the process holds, and what it may hold.
//!
//! - [`Counting`] is a global allocator that counts; [`heap`] reads its figures.
//! - [`process`] asks the operating system: resident memory, processor time, how much memory there is.
//! - [`Budget`] and [`Reservation`] keep a promise: memory is reserved before it is allocated.
//!
//! This crate knows nothing of CSV, Arrow or queries, and imports no crate of the project.

mod budget;
mod counting;
pub mod process;

pub use budget::{Budget, LimitExceeded, Reservation};
pub use counting::{Counting, Heap, heap, reset_peak};
