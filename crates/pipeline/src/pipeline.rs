//! The adapters as methods, in the order in which one writes them.

use std::sync::Arc;

use plimsoll_core::resolve::Grouping;
use plimsoll_core::{Expr, Result, Schema, SortKey};
use plimsoll_kernels::Block;
use plimsoll_memory::Tag;

use crate::{Distinct, Filter, Group, Limit, Project, Sort, Tagged};

/// Every iterator over blocks.
pub trait Pipeline: Iterator<Item = Result<Block>> + Sized {
    /// See [`Filter`].
    fn filter_rows(self, condition: Expr) -> Filter<Self> {
        Filter::new(self, condition)
    }

    /// See [`Project`].
    fn project(self, outputs: Vec<(String, Expr)>) -> Project<Self> {
        Project::new(self, outputs)
    }

    /// See [`Group`]; `input` is the schema before the first block.
    fn group(self, grouping: Grouping, input: Arc<Schema>) -> Group<Self> {
        Group::new(self, grouping, input)
    }

    /// See [`Distinct`]; `input` is the schema before the first block.
    fn distinct(self, input: Arc<Schema>) -> Distinct<Self> {
        Distinct::new(self, input)
    }

    /// See [`Sort`]; `limit` is how many rows are wanted from the front.
    fn sort(self, keys: Vec<SortKey>, limit: Option<u64>) -> Sort<Self> {
        Sort::new(self, keys, limit)
    }

    /// See [`Limit`].
    fn limit(self, offset: u64, limit: Option<u64>) -> Limit<Self> {
        Limit::new(self, offset, limit)
    }

    /// See [`Tagged`].
    fn tagged(self, tag: &'static Tag) -> Tagged<Self> {
        Tagged::new(self, tag)
    }
}

impl<I: Iterator<Item = Result<Block>>> Pipeline for I {}
