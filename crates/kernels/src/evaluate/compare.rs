//! `= <> < <= > >=`, greatest and least.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Decimal64Array, PrimitiveArray, StringViewArray, new_null_array,
};
use arrow::compute::kernels::cmp;
use arrow::compute::{is_null, kernels::zip::zip, or_kleene};
use arrow::datatypes::{DataType as ArrowType, Decimal64Type, Decimal128Type, DecimalType, Int64Type};
use plimsoll_core::{CompareOp, DataType, Function, Result, Typed, TypedKind, Value};

use super::operand::{Operand, joint_len};
use super::{kernel_error, temporal};
use crate::Block;
use crate::arrays::arrow_type;

/// Both of the same type; NULL where one is NULL.
pub(super) fn compare(op: CompareOp, left: &Operand, right: &Operand) -> Result<Operand> {
    Ok(Operand::of(&[left, right], compared(op, left, right)?))
}

/// A text column that is encoded as views against a constant, without making the column plain: most texts differ in the bytes
/// that lie in the view. `None` where the operands are others.
pub(super) fn views(op: CompareOp, left: &Typed, right: &Typed, block: &Block) -> Option<Result<Operand>> {
    let column = |expr: &Typed| match expr.kind {
        TypedKind::Field(index) => {
            block.columns[index].as_string_view_opt().map(|_| Arc::clone(&block.columns[index]))
        }
        _ => None,
    };
    let constant = |expr: &Typed| match &expr.kind {
        TypedKind::Literal(Value::Utf8(text)) => {
            let text: ArrayRef = Arc::new(StringViewArray::from_iter_values([text]));
            Some(text)
        }
        _ => None,
    };
    let operands = match (column(left), column(right)) {
        (Some(column), None) => (Operand::column(column), Operand::constant(constant(right)?)),
        (None, Some(column)) => (Operand::constant(constant(left)?), Operand::column(column)),
        _ => return None,
    };
    Some(compare(op, &operands.0, &operands.1))
}

fn compared(op: CompareOp, left: &Operand, right: &Operand) -> Result<BooleanArray> {
    match left.array().data_type() {
        ArrowType::Null => Ok(BooleanArray::new_null(joint_len(&[left, right]))),
        ArrowType::Decimal64(..) | ArrowType::Decimal128(..) => {
            let (left, right) = same_width(left, right);
            kernel(op, &left, &right)
        }
        ArrowType::Interval(_) => kernel(op, &temporal::order_keys(left), &temporal::order_keys(right)),
        _ => kernel(op, left, right),
    }
}

fn kernel(op: CompareOp, left: &Operand, right: &Operand) -> Result<BooleanArray> {
    match op {
        CompareOp::Equal => cmp::eq(left, right),
        CompareOp::NotEqual => cmp::neq(left, right),
        CompareOp::Less => cmp::lt(left, right),
        CompareOp::LessOrEqual => cmp::lt_eq(left, right),
        CompareOp::Greater => cmp::gt(left, right),
        CompareOp::GreaterOrEqual => cmp::gt_eq(left, right),
    }
    .map_err(kernel_error)
}

/// Two decimal operands of one scale as arrays of one type: integers where both mantissas are narrow, or one is and
/// the other is a constant that has room in 64 bits.
pub(super) fn same_width(left: &Operand, right: &Operand) -> (Operand, Operand) {
    match (integers(left), integers(right)) {
        (Some(left), Some(right)) => (left, right),
        _ => (mantissas(left), mantissas(right)),
    }
}

/// The mantissas of a narrow operand, or of a constant, as integers, if they fit.
fn integers(operand: &Operand) -> Option<Operand> {
    match operand.array().data_type() {
        ArrowType::Decimal64(..) => {
            let narrow: &Decimal64Array = operand.primitive::<Decimal64Type>();
            Some(operand.with(narrow.reinterpret_cast::<Int64Type>()))
        }
        _ if operand.is_constant() => {
            let wide = operand.primitive::<Decimal128Type>();
            let mantissa = wide.is_valid(0).then(|| i64::try_from(wide.value(0))).transpose().ok()?;
            Some(operand.with(PrimitiveArray::<Int64Type>::from_iter([mantissa])))
        }
        _ => None,
    }
}

/// A decimal operand with 128-bit mantissas, whatever its precision and scale say.
fn mantissas(operand: &Operand) -> Operand {
    let wide = operand.widened();
    let plain = ArrowType::Decimal128(Decimal128Type::MAX_PRECISION, 0);
    wide.with(wide.primitive::<Decimal128Type>().clone().with_data_type(plain))
}

/// The greatest or the least of the arguments that are not NULL.
pub(super) fn extreme(function: Function, arguments: &[Operand], data_type: DataType) -> Result<Operand> {
    let op = if function == Function::Greatest { CompareOp::Greater } else { CompareOp::Less };
    let typed = |argument: &Operand| {
        let array = argument.typed_array(data_type);
        if argument.is_constant() { Operand::constant(array) } else { Operand::column(array) }
    };
    let mut arguments = arguments.iter().map(typed);
    let first =
        arguments.next().unwrap_or_else(|| Operand::constant(new_null_array(&arrow_type(data_type), 1)));
    match data_type {
        DataType::Null => Ok(first),
        _ => arguments.try_fold(first, |best, next| better(op, &best, &next)),
    }
}

fn better(op: CompareOp, best: &Operand, next: &Operand) -> Result<Operand> {
    let beaten = compared(op, next, best)?;
    let missing = is_null(best.array()).map_err(kernel_error)?;
    let missing = match missing.len().cmp(&beaten.len()) {
        Ordering::Equal => missing,
        _ => BooleanArray::from(vec![missing.value(0); beaten.len()]),
    };
    let take_next = or_kleene(&missing, &beaten).map_err(kernel_error)?;
    let chosen: ArrayRef = zip(&take_next, next, best).map_err(kernel_error)?;
    let constant = best.is_constant() && next.is_constant();
    Ok(if constant { Operand::constant(chosen) } else { Operand::column(chosen) })
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use plimsoll_core::{CompareOp, Expr, Function, Value};

    #[test]
    fn every_type_has_its_order() {
        use CompareOp::{Equal, Greater, Less};
        let holds = |left: Expr, op, right: Expr| constant(&compare(left, op, right));
        assert_eq!(holds(float(f64::NAN), Equal, float(f64::NAN)), "true");
        assert_eq!(holds(float(f64::NAN), Greater, float(f64::INFINITY)), "true");
        assert_eq!(holds(float(-0.0), Equal, float(0.0)), "true");
        assert_eq!(holds(text("Z"), Less, text("a")), "true");
        assert_eq!(holds(text("é"), Greater, text("z")), "true");
        assert_eq!(holds(text(""), Less, text("a")), "true");
        assert_eq!(
            holds(Expr::Literal(Value::Boolean(false)), Less, Expr::Literal(Value::Boolean(true))),
            "true"
        );
        assert_eq!(holds(null(), Equal, null()), "NULL");
        assert_eq!(holds(integer(1), Equal, null()), "NULL");
        assert_eq!(holds(decimal(10, 1), Equal, integer(1)), "true");
    }

    #[test]
    fn constants_beyond_64_bits() {
        let block = block(vec![narrow(&[Some(1), None], 1)]);
        let beyond = compare(field(0), CompareOp::Less, decimal(10i128.pow(30), 1));
        assert_eq!(shown(&beyond, &block), ["true", "NULL"]);
    }

    #[test]
    fn extremes_leave_nulls_out() {
        let block = block(vec![
            narrow(&[Some(10), None, None, Some(-5)], 1),
            wide(&[Some(20), Some(3), None, Some(-4)], 1),
        ]);
        let greatest = |arguments| shown(&call(Function::Greatest, arguments), &block);
        assert_eq!(greatest(vec![field(0), field(1)]), ["2.0", "0.3", "NULL", "-0.4"]);
        assert_eq!(greatest(vec![integer(0), field(0), null()]), ["1.0", "0.0", "0.0", "0.0"]);
        assert_eq!(greatest(vec![null(), null()]), ["NULL"; 4]);
        let least = call(Function::Least, vec![field(1), field(0), field(1)]);
        assert_eq!(shown(&least, &block), ["1.0", "0.3", "NULL", "-0.5"]);
        let words = call(Function::Least, vec![text("b"), text("B"), null()]);
        assert_eq!(constant(&words), "B");
    }
}
