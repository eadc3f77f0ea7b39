//! Plimsoll's engine, for embedding: a lazy query over a CSV file, exact Arrow batches out, a footprint to log.
//!
//! A query comes from SQL ([`Engine::sql`]) or from the builder ([`Engine::csv`]); both make the same
//! [`Query`]. Nothing is read before [`QueryBuilder::run`] or [`QueryBuilder::stream`].

mod applied;
mod batch;
mod builder;
mod dataset;
mod describe;
mod engine;
mod explain;
pub mod expr;
mod footprint;
mod limits;
mod operator;
mod operators;
mod plan;
mod source;
pub mod sql;
mod stream;
mod text_order;

pub use batch::TYPE_KEY;
pub use builder::{Outcome, QueryBuilder};
pub use dataset::{Dataset, Inferred};
pub use describe::{ColumnSummary, Description};
pub use engine::{Engine, EngineBuilder};
pub use footprint::{Footprint, Progress};
pub use limits::LEAST_MEMORY_LIMIT;
pub use operators::OperatorFootprint;
pub use plimsoll_columnar::{ColumnReport, Form};
pub use plimsoll_core::{
    AggregateFunction, CsvOptions, DataType, Delimiter, Error, ErrorKind, Expr, Infer, Location, OnError,
    OrderBy, Profile, Query, Quotes, Ragged, Reject, RejectCounts, RejectKind, Result, Schema, SelectItem,
    Table, Value,
};
pub use plimsoll_csv::Choice;
/// The accounting layer, for programs that count, trace or limit what they allocate themselves.
pub use plimsoll_memory as memory;
pub use plimsoll_pipeline::scan::{RejectSink, SharedSink};
pub use stream::Stream;
pub use text_order::TextOrder;
