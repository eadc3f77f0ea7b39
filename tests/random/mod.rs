//! Random files and random queries over their columns.

pub mod data;
pub mod expressions;
pub mod query;
