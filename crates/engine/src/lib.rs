//! Plimsoll's engine, for embedding: a lazy query over a CSV file, exact Arrow batches out, a footprint to log.
//!
//! A query comes from SQL ([`Engine::sql`]) or from the builder ([`Engine::csv`]); both make the same
//! [`Query`]. Nothing is read before [`QueryBuilder::run`] or [`QueryBuilder::stream`].

pub mod builder;
pub mod footprint;
pub mod sql;

pub use builder::{Engine, EngineBuilder, Outcome, QueryBuilder, Stream};
pub use footprint::{Footprint, Progress};
pub use plimsoll_core::{
    AggregateFunction, CsvOptions, DataType, Error, ErrorKind, Expr, Infer, Location, OrderBy, Query, Result,
    SelectItem, Table, Value,
};
