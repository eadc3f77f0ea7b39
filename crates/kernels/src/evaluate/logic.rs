//! NOT, AND, OR, IS NULL: three-valued logic.

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use arrow::buffer::BooleanBuffer;
use arrow::compute;
use plimsoll_core::{Result, Typed};

use super::lazy::{condition_on, false_bits, true_bits};
use super::operand::Operand;
use super::{kernel_error, operand};
use crate::Block;

/// NOT.
pub(super) fn not(input: &Operand) -> Result<Operand> {
    Ok(input.with(compute::not(input.array().as_boolean()).map_err(kernel_error)?))
}

/// IS NULL, IS NOT NULL.
pub(super) fn is_null(input: &Operand, negated: bool) -> Result<Operand> {
    let test = if negated { compute::is_not_null } else { compute::is_null };
    Ok(input.with(test(input.array()).map_err(kernel_error)?))
}

/// AND: the right side only where the left is not false.
pub(super) fn and(left: &Typed, right: &Typed, block: &Block) -> Result<Operand> {
    connect(left, right, block, false_bits, compute::and_kleene)
}

/// OR: the right side only where the left is not true.
pub(super) fn or(left: &Typed, right: &Typed, block: &Block) -> Result<Operand> {
    connect(left, right, block, true_bits, compute::or_kleene)
}

/// `decided` are the rows whose result is the left side whatever the right one is.
fn connect(
    left: &Typed,
    right: &Typed,
    block: &Block,
    decided: impl Fn(&BooleanArray) -> BooleanBuffer,
    kleene: impl Fn(&BooleanArray, &BooleanArray) -> std::result::Result<BooleanArray, arrow::error::ArrowError>,
) -> Result<Operand> {
    let first = operand(left, block)?;
    let values = first.array().as_boolean();
    let open = !&decided(values);
    if open.count_set_bits() == 0 {
        return Ok(first);
    }
    if !first.is_constant() {
        let second = condition_on(right, block, &open)?;
        return Ok(first.with(kleene(values, &second).map_err(kernel_error)?));
    }
    // A constant that leaves the result open: it is that of the right side, or the left is NULL.
    let second = operand(right, block)?;
    let values = match values.is_null(0) {
        false => return Ok(second),
        true => BooleanArray::new_null(second.array().len()),
    };
    let second_values: &ArrayRef = second.array();
    Ok(second.with(kleene(&values, second_values.as_boolean()).map_err(kernel_error)?))
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use plimsoll_core::{CompareOp, Expr};

    const ALL: [Option<bool>; 9] =
        [Some(false), Some(false), Some(false), None, None, None, Some(true), Some(true), Some(true)];
    const EACH: [Option<bool>; 9] =
        [Some(false), None, Some(true), Some(false), None, Some(true), Some(false), None, Some(true)];

    fn and(left: Expr, right: Expr) -> Expr {
        Expr::And(Box::new(left), Box::new(right))
    }

    fn or(left: Expr, right: Expr) -> Expr {
        Expr::Or(Box::new(left), Box::new(right))
    }

    #[test]
    fn truth_tables() {
        let block = block(vec![booleans(&ALL), booleans(&EACH)]);
        let (f, n, t) = ("false", "NULL", "true");
        assert_eq!(shown(&and(field(0), field(1)), &block), [f, f, f, f, n, n, f, n, t]);
        assert_eq!(shown(&or(field(0), field(1)), &block), [f, n, t, n, n, t, t, t, t]);
        assert_eq!(shown(&Expr::Not(Box::new(field(1))), &block), [t, n, f, t, n, f, t, n, f]);
        assert_eq!(shown(&and(null(), field(1)), &block), [f, n, n, f, n, n, f, n, n]);
        assert_eq!(shown(&or(field(1), null()), &block), [n, n, t, n, n, t, n, n, t]);
        let is_null = Expr::IsNull { expr: Box::new(field(1)), negated: false };
        assert_eq!(shown(&is_null, &block), [f, t, f, f, t, f, f, t, f]);
    }

    #[test]
    fn the_right_side_is_not_evaluated_where_the_left_decides() {
        let fails = || compare(failing(), CompareOp::Equal, integer(1));
        let decided = block(vec![booleans(&[Some(false), Some(false)]), booleans(&[Some(true), Some(true)])]);
        assert_eq!(shown(&and(field(0), fails()), &decided), ["false", "false"]);
        assert_eq!(shown(&or(field(1), fails()), &decided), ["true", "true"]);
        for (values, expr) in
            [([Some(false), None], and(field(0), fails())), ([Some(true), None], or(field(0), fails()))]
        {
            assert!(refused(&expr, &block(vec![booleans(&values)])).contains("no number"));
        }
        assert!(refused(&and(null(), fails()), &nothing()).contains("no number"));
    }

    #[test]
    fn guards_keep_conversions_from_failing() {
        let block = block(vec![texts(&[Some("x"), Some("12"), None, Some("y"), Some("7"), Some("z")])]);
        let is_number = Expr::IsNull {
            expr: Box::new(converted(field(0), plimsoll_core::DataType::Int64, true)),
            negated: true,
        };
        let number = converted(field(0), plimsoll_core::DataType::Int64, false);
        let guarded = and(is_number, compare(number, CompareOp::Greater, integer(9)));
        assert_eq!(shown(&guarded, &block), ["false", "true", "false", "false", "false", "false"]);
    }
}
