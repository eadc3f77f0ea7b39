//! The query builder: the same [`Query`] that SQL makes, written as methods.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use plimsoll_core::{CsvOptions, Expr, OrderBy, Query, Result, SelectItem};
use plimsoll_csv::CsvFile;
use plimsoll_pipeline::scan::SharedSink;

use crate::footprint::Meter;
use crate::limits::Limits;
use crate::operator;
use crate::plan::Plan;
use crate::source::Source;
use crate::{Dataset, Footprint, Inferred, Stream};

/// A query that has not run.
#[derive(Debug, Clone)]
#[must_use = "a query does nothing before run() or stream()"]
pub struct QueryBuilder {
    limits: Limits,
    query: Query,
    bare_text: bool,
    /// What to read instead of the file that the query names.
    source: Option<Source>,
    rejects: Option<SharedSink>,
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

impl QueryBuilder {
    pub(crate) fn new(limits: Limits, query: Query) -> Self {
        QueryBuilder { limits, query, bare_text: false, source: None, rejects: None }
    }

    /// Reads columns that are held, in place of the file that the query names.
    pub fn over(mut self, dataset: &Dataset) -> Self {
        self.source = Some(dataset.source());
        self
    }

    /// Reads the file with the types that a pass over all of it has told, and not those of its head.
    ///
    /// # Errors
    /// Those of opening the file.
    pub fn with_types(mut self, inferred: &Inferred) -> Result<Self> {
        let file = Arc::new(CsvFile::open_within(
            &inferred.table.path,
            &inferred.table.options,
            Some(&operator::SCAN.consumer(&self.limits.budget_for_opening())),
        )?);
        self.source = Some(Source::Csv { file, profiles: inferred.profiles.clone() });
        Ok(self)
    }

    /// How the file is read.
    pub fn options(mut self, options: CsvOptions) -> Self {
        self.query.from.options = options;
        self
    }

    /// Hands every record that is skipped or repaired to `sink`, in the order of the file.
    pub fn rejects(mut self, sink: SharedSink) -> Self {
        self.rejects = Some(sink);
        self
    }

    /// Adds a condition: rows for which all are true pass.
    pub fn filter(mut self, condition: Expr) -> Self {
        self.query.filter = Some(and(self.query.filter, condition));
        self
    }

    /// Adds columns to the result; without any, all columns of the file are given.
    pub fn select<T: Into<SelectItem>>(mut self, items: impl IntoIterator<Item = T>) -> Self {
        self.query.select.extend(items.into_iter().map(Into::into));
        self
    }

    /// Groups by these keys, and adds them to the result.
    pub fn group_by(mut self, keys: impl IntoIterator<Item = Expr>) -> Self {
        for key in keys {
            self.query.select.push(key.clone().into());
            self.query.group_by.push(key);
        }
        self
    }

    /// Adds aggregates to the result.
    pub fn aggregate<T: Into<SelectItem>>(self, aggregates: impl IntoIterator<Item = T>) -> Self {
        self.select(aggregates)
    }

    /// Adds a condition on groups.
    pub fn having(mut self, condition: Expr) -> Self {
        self.query.having = Some(and(self.query.having, condition));
        self
    }

    /// Gives equal rows once.
    pub fn distinct(mut self) -> Self {
        self.query.distinct = true;
        self
    }

    /// Adds sort keys.
    pub fn order_by<T: Into<OrderBy>>(mut self, keys: impl IntoIterator<Item = T>) -> Self {
        self.query.order_by.extend(keys.into_iter().map(Into::into));
        self
    }

    /// The most rows to give.
    pub fn limit(mut self, rows: u64) -> Self {
        self.query.limit = Some(rows);
        self
    }

    /// Rows to leave out before the first that is given.
    pub fn offset(mut self, rows: u64) -> Self {
        self.query.offset = rows;
        self
    }

    /// Gives bare columns of a query that streams as the text they have in the file, typed `Utf8`; only a
    /// type that the user gives is checked. Their Arrow fields carry the type of the head sample as metadata `plimsoll.type` (a SQL type name).
    pub fn bare_text(mut self, on: bool) -> Self {
        self.bare_text = on;
        self
    }

    /// The query as it stands.
    pub fn query(&self) -> &Query {
        &self.query
    }

    /// The plan, as a tree of one operator a line, the last that runs on top.
    ///
    /// # Errors
    /// As [`QueryBuilder::run`], before anything but the head sample is read.
    pub fn explain(&self) -> Result<String> {
        Ok(self.plan()?.explain())
    }

    /// Runs the query to its end.
    ///
    /// # Errors
    /// Any.
    pub fn run(&self) -> Result<Outcome> {
        let mut stream = self.stream()?;
        let batches = stream.collect_all()?;
        Ok(Outcome { schema: stream.schema(), batches, footprint: stream.footprint() })
    }

    /// Runs the query and gives batches as they are ready. It is planned here; the file is scanned from the first pull
    /// on.
    ///
    /// # Errors
    /// Any.
    pub fn stream(&self) -> Result<Stream> {
        let meter = Meter::start();
        let _tag = operator::PLAN.tag().enter();
        Stream::new(meter, self.plan()?, self.rejects.clone())
    }

    fn plan(&self) -> Result<Plan> {
        Plan::new(&self.query, self.limits.clone(), self.bare_text, self.source.clone())
    }
}

fn and(before: Option<Expr>, condition: Expr) -> Expr {
    match before {
        Some(before) => before.and(condition),
        None => condition,
    }
}
