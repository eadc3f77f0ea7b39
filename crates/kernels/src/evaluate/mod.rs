//! Expressions over blocks.

use arrow::array::{ArrayRef, BooleanArray};
use plimsoll_core::{Result, Typed};

use crate::Block;

/// The values of `expr` for each row of `block`.
///
/// # Errors
/// `Value` for an overflow, a failing CAST, a square root below 0 or a logarithm at or below 0, in the first row that
/// has one.
pub fn evaluate(expr: &Typed, block: &Block) -> Result<ArrayRef> {
    let _ = (expr, block);
    unimplemented!()
}

/// Which rows of `block` a condition selects: those where it is true, neither false nor NULL. The result has no NULL.
///
/// # Errors
/// As [`evaluate`].
pub fn select(condition: &Typed, block: &Block) -> Result<BooleanArray> {
    let _ = (condition, block);
    unimplemented!()
}
