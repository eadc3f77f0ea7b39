//! Deep sizes against the allocator: what a value is said to hold is what it took from the allocator, to the byte.
//!
//! The judge is not the crate's own counting allocator but the small one of `oracle`, which counts for each thread by
//! itself, so that tests may run side by side.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation in a test is the message")]
#![allow(clippy::type_complexity, reason = "nested types are what is tested")]
mod arrow;
mod nested;
mod oracle;
mod shared;
mod standard;
