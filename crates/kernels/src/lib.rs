//! What happens to values once they are Arrow arrays: expressions, groups, aggregates and exact sums.
//!
//! This crate starts no thread, and reads no file but the temporary ones that it has written (`spill`). It is the only evaluator of expressions over Arrow arrays; the other
//! evaluator, the oracle in `plimsoll-rows`, knows nothing of Arrow.

pub mod aggregate;
pub mod arrays;
pub mod block;
pub mod evaluate;
pub mod exact;
pub mod group;
mod growth;
pub mod spill;

pub use aggregate::{AggregateState, Aggregates};
pub use block::{Block, Source};
pub use evaluate::{
    Condition, EvaluatedSize, evaluate, evaluate_argument, evaluate_key, evaluated_argument_size,
    evaluated_key_size, evaluated_size, evaluated_within,
};
pub use group::GroupTable;
