//! Random files and random queries over their columns.

pub(crate) mod data;
pub(crate) mod expressions;
pub(crate) mod query;
