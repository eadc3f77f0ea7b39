//! Lazy operators over any source, one adapter a file.
//!
//! A pipeline is an iterator over `Result<Block>`. An adapter holds the pipeline it pulls from in the field `base`,
//! reads nothing before the first `next()`, and after its end or an error only gives `None`. Adapters hold resolved
//! expressions and bind them against the schema of the blocks: a source may widen a column's type between two blocks,
//! and they follow. This crate plans nothing and prints nothing.

mod blame;
mod distinct;
mod evaluation;
mod filter;
mod given;
mod group;
mod group_files;
mod group_given;
mod group_part;
mod group_partitions;
mod group_plan;
mod group_shared;
mod group_spilled;
mod group_worker;
mod high_water;
mod lanes;
mod limit;
mod ordered;
mod pipeline;
mod plumbing;
mod pre_aggregation;
mod project;
pub mod scan;
mod sort;
mod sort_given;
mod sort_rows;
mod sort_runs;
mod tagged;
mod widening;

#[cfg(test)]
mod laws;
#[cfg(test)]
mod testing;

pub use blame::{Place, PlaceOf, nowhere};
pub use distinct::Distinct;
pub use filter::Filter;
pub use group::Group;
pub use limit::Limit;
pub use ordered::{Ordered, Ticketed};
pub use pipeline::Pipeline;
pub use project::Project;
pub use sort::Sort;
pub use tagged::Tagged;
