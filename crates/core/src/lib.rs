//! The contracts that every crate shares: types, values, expressions, queries and errors.
//!
//! This crate opens no file, evaluates no expression and knows nothing of Arrow. It says what a query *means*:
//! which names it uses ([`resolve()`]), which types its expressions have ([`typed`]), and which type a CSV column has
//! given the cells that were seen ([`infer`]). How a query is run is other crates' business.

pub mod constants;
mod data_type;
mod date_part;
pub mod error;
pub mod expr;
pub mod expr_ops;
mod expr_text;
pub mod infer;
pub mod number;
mod quantile;
pub mod query;
mod reject;
pub mod resolve;
pub mod schema;
pub mod separators;
pub mod text_cell;
pub mod typed;
pub mod value;
mod visible;

pub use constants::{ConstantSet, Constants};
pub use data_type::{DataType, MAX_PRECISION};
pub use date_part::DatePart;
pub use error::{Error, ErrorKind, Location, Result};
pub use expr::{AggregateFunction, ArithmeticOp, CompareOp, Expr, Function};
pub use infer::{CellClass, Notation, Profile};
pub use number::Number;
pub use quantile::Quantile;
pub use query::{CsvOptions, Delimiter, Infer, OnError, OrderBy, Query, Quotes, Ragged, SelectItem, Table};
pub use reject::{Reject, RejectCounts, RejectKind};
pub use resolve::{Resolved, SortKey, resolve};
pub use schema::{Field, Schema};
pub use typed::{Typed, TypedAggregate, TypedKind};
pub use value::Value;
pub use visible::{is_visible, visible};
