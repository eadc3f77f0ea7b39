//! What happens to values once they are Arrow arrays: expressions, groups, aggregates and exact sums.
//!
//! This crate reads no file and starts no thread. It is the only evaluator of expressions over Arrow arrays; the other
//! evaluator, the oracle in `plimsoll-rows`, knows nothing of Arrow.

pub mod aggregate;
pub mod arrays;
pub mod block;
pub mod evaluate;
pub mod exact;
pub mod group;
mod growth;

pub use aggregate::{AggregateState, Aggregates};
pub use block::{Block, Source};
pub use evaluate::{Condition, evaluate, evaluate_argument, evaluate_key};
pub use group::GroupTable;
