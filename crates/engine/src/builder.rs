//! The engine, the query builder, and what a run gives back.

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use plimsoll_core::{CsvOptions, Expr, Query, Result};

use crate::{Footprint, Progress};

/// Limits and threads that queries run under. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Engine {}

/// Makes an [`Engine`].
#[derive(Debug, Clone, Default)]
pub struct EngineBuilder {}

impl EngineBuilder {
    /// The most memory the process may use, in bytes.
    #[must_use]
    pub fn memory_limit(self, _bytes: u64) -> Self {
        self
    }
    /// Worker threads; the number of processors where nothing is said.
    #[must_use]
    pub fn threads(self, _threads: usize) -> Self {
        self
    }
    /// Bytes that a worker reads at a time.
    #[must_use]
    pub fn block_size(self, _bytes: usize) -> Self {
        self
    }
    /// The engine.
    ///
    /// # Errors
    /// `Plan` for a limit or a number of threads that no query can run under.
    pub fn build(self) -> Result<Engine> {
        Ok(Engine {})
    }
}

impl Engine {
    /// A builder with the default limits.
    pub fn builder() -> EngineBuilder {
        EngineBuilder::default()
    }
    /// The query that `sql` says.
    ///
    /// # Errors
    /// Those of [`crate::sql::parse`].
    pub fn sql(&self, sql: &str) -> Result<QueryBuilder> {
        self.sql_with(sql, &CsvOptions::default())
    }
    /// The query that `sql` says, over files read with these options where `read_csv` does not say otherwise.
    ///
    /// # Errors
    /// Those of [`crate::sql::parse`].
    pub fn sql_with(&self, sql: &str, defaults: &CsvOptions) -> Result<QueryBuilder> {
        let _ = crate::sql::parse(sql, defaults)?;
        unimplemented!()
    }
    /// `SELECT * FROM path`, to be narrowed by the builder's methods.
    pub fn csv(&self, _path: impl Into<String>) -> QueryBuilder {
        unimplemented!()
    }
    /// A query made elsewhere.
    pub fn query(&self, _query: Query) -> QueryBuilder {
        unimplemented!()
    }
}

/// A query that has not run.
#[derive(Debug, Clone)]
#[must_use = "a query does nothing before run() or stream()"]
pub struct QueryBuilder {}

impl QueryBuilder {
    /// Adds a condition.
    pub fn filter(self, _condition: Expr) -> Self {
        self
    }
    /// Gives bare columns of a query that streams as the text they have in the file, typed `Utf8` and not checked;
    /// their Arrow fields carry the type of the head sample as metadata `plimsoll.type` (a SQL type name).
    pub fn bare_text(self, _on: bool) -> Self {
        self
    }
    /// The plan, as a tree of one operator a line.
    ///
    /// # Errors
    /// As [`QueryBuilder::run`], before anything but the head sample is read.
    pub fn explain(&self) -> Result<String> {
        unimplemented!()
    }
    /// Runs the query to its end.
    ///
    /// # Errors
    /// Any.
    pub fn run(&self) -> Result<Outcome> {
        unimplemented!()
    }
    /// Runs the query and gives batches as they are ready.
    ///
    /// # Errors
    /// Any; the query is planned here, the rest comes with the batches.
    pub fn stream(&self) -> Result<Stream> {
        unimplemented!()
    }
}

/// A finished query.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Names and types of the result; decimals are `Decimal128`.
    pub schema: SchemaRef,
    /// The result.
    pub batches: Vec<RecordBatch>,
    /// What it cost.
    pub footprint: Footprint,
}

/// A running query: an iterator over its batches.
pub struct Stream {}

impl Stream {
    /// Names and types of the result; decimals are `Decimal128`.
    pub fn schema(&self) -> SchemaRef {
        unimplemented!()
    }
    /// How far it is.
    pub fn progress(&self) -> Progress {
        unimplemented!()
    }
    /// What the query has cost so far; after the last batch, what it cost.
    pub fn footprint(&self) -> Footprint {
        unimplemented!()
    }
}

impl Iterator for Stream {
    type Item = Result<RecordBatch>;
    fn next(&mut self) -> Option<Self::Item> {
        unimplemented!()
    }
}
