//! `+ - * / // %`, unary minus and abs, but for the quotient of exact numbers (see [`divide`](super::divide)).

use arrow::array::{Array, ArrowPrimitiveType, PrimitiveArray};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::datatypes::{DataType as ArrowType, Decimal64Type, Decimal128Type, Float64Type, Int64Type};
use plimsoll_core::{ArithmeticOp, DataType, Error, Result, Value};

use super::literal::canonical;
use super::operand::{Operand, combine, joint_len, joint_nulls, try_combine, try_map};
use super::temporal;
use crate::arrays::arrow_type;

/// The least number that no decimal's mantissa reaches.
pub(super) const MANTISSA_LIMIT: u128 = 10u128.pow(38);

/// `left op right`, both of the types that `data_type` asks for.
pub(super) fn arithmetic(
    op: ArithmeticOp,
    left: &Operand,
    right: &Operand,
    data_type: DataType,
) -> Result<Operand> {
    match data_type {
        DataType::Int64 => integers(op, left, right),
        DataType::Decimal { scale, .. } => {
            let (left_scale, right_scale) = (scale_of(left), scale_of(right));
            let shown = move |x: i128, y: i128| {
                let (x, y) = (Value::decimal(x, left_scale), Value::decimal(y, right_scale));
                beyond_digits(&format!("{x} {} {y}", op.symbol()), scale)
            };
            let narrow = |operand: &Operand| matches!(operand.array().data_type(), ArrowType::Decimal64(..));
            let result = match (narrow(left), narrow(right)) {
                (true, true) => decimals::<Decimal64Type, Decimal64Type>(op, left, right, shown),
                (true, false) => decimals::<Decimal64Type, Decimal128Type>(op, left, right, shown),
                (false, true) => decimals::<Decimal128Type, Decimal64Type>(op, left, right, shown),
                (false, false) => decimals::<Decimal128Type, Decimal128Type>(op, left, right, shown),
            };
            Ok(Operand::of(&[left, right], result?.with_data_type(arrow_type(data_type))))
        }
        _ => Ok(floats(op, left, right)),
    }
}

fn integers(op: ArithmeticOp, left: &Operand, right: &Operand) -> Result<Operand> {
    let error = |x: i64, y: i64| beyond_integers(&format!("{x} {} {y}", op.symbol()));
    type I = Int64Type;
    let result = match op {
        ArithmeticOp::Add => try_combine::<I, I, I>(left, right, i64::checked_add, error)?,
        ArithmeticOp::Subtract => try_combine::<I, I, I>(left, right, i64::checked_sub, error)?,
        ArithmeticOp::Multiply => try_combine::<I, I, I>(left, right, i64::checked_mul, error)?,
        ArithmeticOp::IntegerDivide => {
            let quotient = |x: i64, y: i64| if y == 0 { Some(0) } else { x.checked_div(y) };
            let result = try_combine::<I, I, I>(left, right, quotient, error)?;
            null_where_zero::<I, I>(result, left, right)
        }
        ArithmeticOp::Divide | ArithmeticOp::Remainder => {
            let remainder = |x: i64, y: i64| if y == 0 { 0 } else { x.wrapping_rem(y) };
            let result = combine::<I, I, I>(left, right, remainder);
            null_where_zero::<I, I>(result, left, right)
        }
    };
    Ok(Operand::of(&[left, right], result))
}

fn decimals<A, B>(
    op: ArithmeticOp,
    left: &Operand,
    right: &Operand,
    error: impl Fn(i128, i128) -> Error,
) -> Result<PrimitiveArray<Decimal128Type>>
where
    A: ArrowPrimitiveType<Native: Into<i128>>,
    B: ArrowPrimitiveType<Native: Into<i128> + Default + PartialEq>,
{
    let error = |x: A::Native, y: B::Native| error(x.into(), y.into());
    match op {
        ArithmeticOp::Add => {
            try_combine::<A, B, _>(left, right, |x, y| in_digits(x.into().checked_add(y.into())?), error)
        }
        ArithmeticOp::Subtract => {
            try_combine::<A, B, _>(left, right, |x, y| in_digits(x.into().checked_sub(y.into())?), error)
        }
        ArithmeticOp::Multiply => {
            try_combine::<A, B, _>(left, right, |x, y| product(x.into(), y.into()), error)
        }
        ArithmeticOp::Divide | ArithmeticOp::IntegerDivide | ArithmeticOp::Remainder => {
            let remainder = |x: i128, y: i128| if y == 0 { 0 } else { x.wrapping_rem(y) };
            let result = combine::<A, B, _>(left, right, |x, y| remainder(x.into(), y.into()));
            Ok(null_where_zero::<B, _>(result, left, right))
        }
    }
}

/// A mantissa, if it has at most 38 digits.
pub(super) fn in_digits(mantissa: i128) -> Option<i128> {
    (mantissa.unsigned_abs() < MANTISSA_LIMIT).then_some(mantissa)
}

fn product(x: i128, y: i128) -> Option<i128> {
    match (i64::try_from(x), i64::try_from(y)) {
        // 2^63 * 2^63 has 38 digits: no check, and a multiplication of one machine word each.
        (Ok(x), Ok(y)) => Some(i128::from(x) * i128::from(y)),
        _ => in_digits(x.checked_mul(y)?),
    }
}

fn floats(op: ArithmeticOp, left: &Operand, right: &Operand) -> Operand {
    type F = Float64Type;
    let result = match op {
        ArithmeticOp::Add => combine::<F, F, F>(left, right, |x, y| canonical(x + y)),
        ArithmeticOp::Subtract => combine::<F, F, F>(left, right, |x, y| canonical(x - y)),
        ArithmeticOp::Multiply => combine::<F, F, F>(left, right, |x, y| canonical(x * y)),
        ArithmeticOp::Divide | ArithmeticOp::IntegerDivide => {
            let result = combine::<F, F, F>(left, right, |x, y| canonical(x / y));
            null_where_zero::<F, F>(result, left, right)
        }
        ArithmeticOp::Remainder => {
            let result = combine::<F, F, F>(left, right, |x, y| canonical(x % y));
            null_where_zero::<F, F>(result, left, right)
        }
    };
    Operand::of(&[left, right], result)
}

/// `result` of `left` and `divisor`, with NULL where the divisor is 0.
pub(super) fn null_where_zero<B, O>(
    result: PrimitiveArray<O>,
    left: &Operand,
    divisor: &Operand,
) -> PrimitiveArray<O>
where
    B: ArrowPrimitiveType<Native: Default + PartialEq>,
    O: ArrowPrimitiveType,
{
    let (zero, divisors) = (B::Native::default(), divisor.primitive::<B>().values());
    if !divisors.contains(&zero) {
        return result;
    }
    let operands = [left, divisor];
    let not_zero =
        BooleanBuffer::collect_bool(joint_len(&operands), |row| divisors[divisor.index(row)] != zero);
    let nulls = NullBuffer::union(joint_nulls(&operands).as_ref(), Some(&NullBuffer::new(not_zero)));
    let (data_type, values, _) = result.into_parts();
    PrimitiveArray::<O>::new(values, nulls).with_data_type(data_type)
}

/// Unary minus.
pub(super) fn negate(input: &Operand, data_type: DataType) -> Result<Operand> {
    if data_type == DataType::Interval {
        return temporal::negate(input);
    }
    signed(input, data_type, i64::checked_neg, i128::wrapping_neg, |x| 0.0 - x, "-")
}

/// The distance from 0.
pub(super) fn abs(input: &Operand, data_type: DataType) -> Result<Operand> {
    signed(input, data_type, i64::checked_abs, i128::wrapping_abs, f64::abs, "abs")
}

/// One of three functions, after the type of `input`.
fn signed(
    input: &Operand,
    data_type: DataType,
    integer: impl Fn(i64) -> Option<i64>,
    mantissa: impl Fn(i128) -> i128,
    float: impl Fn(f64) -> f64,
    name: &str,
) -> Result<Operand> {
    Ok(match data_type {
        DataType::Int64 => {
            let error = |x| beyond_integers(&format!("{name}({x})"));
            input.with(try_map::<Int64Type, Int64Type>(input.primitive(), false, integer, error)?)
        }
        DataType::Decimal { .. } => {
            let wide = input.widened();
            let result = wide.primitive::<Decimal128Type>().unary::<_, Decimal128Type>(mantissa);
            input.with(result.with_data_type(arrow_type(data_type)))
        }
        _ => {
            let result: PrimitiveArray<Float64Type> =
                input.primitive::<Float64Type>().unary(|x| canonical(float(x)));
            input.with(result)
        }
    })
}

/// Digits behind the point of a decimal operand.
pub(super) fn scale_of(operand: &Operand) -> u8 {
    match operand.array().data_type() {
        ArrowType::Decimal64(_, scale) | ArrowType::Decimal128(_, scale) => u8::try_from(*scale).unwrap_or(0),
        _ => 0,
    }
}

/// That `what` is no 64-bit integer.
pub(super) fn beyond_integers(what: &str) -> Error {
    Error::value(format!("{what} is out of the range of {}", DataType::Int64))
}

/// That `what` is no decimal of 38 digits.
pub(super) fn beyond_digits(what: &str, scale: u8) -> Error {
    Error::value(format!("{what} is out of the range of {}", DataType::decimal(scale)))
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use plimsoll_core::ArithmeticOp::{Add, Divide, IntegerDivide, Multiply, Remainder, Subtract};
    use plimsoll_core::{Expr, Function};

    #[test]
    fn integers_at_both_ends() {
        let sum = |left, op, right| arithmetic(integer(left), op, integer(right));
        assert_eq!(
            refused(&sum(i64::MAX, Add, 1), &nothing()),
            "9223372036854775807 + 1 is out of the range of BIGINT"
        );
        assert_eq!(constant(&sum(i64::MIN, Add, i64::MAX)), "-1");
        assert!(run(&sum(i64::MIN, Subtract, 1), &nothing()).is_err());
        assert!(run(&sum(i64::MIN, Multiply, -1), &nothing()).is_err());
        assert_eq!(constant(&sum(-7, IntegerDivide, 2)), "-3");
        assert_eq!(constant(&sum(7, IntegerDivide, 0)), "NULL");
        assert_eq!(constant(&sum(i64::MAX, IntegerDivide, 2)), (i64::MAX / 2).to_string());
        assert!(refused(&sum(i64::MIN, IntegerDivide, -1), &nothing()).contains("// -1"));
        assert_eq!(constant(&sum(i64::MIN, Remainder, -1)), "0");
        assert_eq!(constant(&sum(-7, Remainder, 3)), "-1");
        assert_eq!(constant(&sum(7, Remainder, 0)), "NULL");
        assert_eq!(constant(&sum(7, Divide, 0)), "NULL");
        let block = block(vec![integers(&[Some(i64::MIN)])]);
        assert!(refused(&Expr::Negate(Box::new(field(0))), &block).starts_with("-(-9223372036854775808)"));
        assert!(
            refused(&call(Function::Abs, vec![field(0)]), &block).starts_with("abs(-9223372036854775808)")
        );
    }

    #[test]
    fn what_lies_under_a_null_does_not_fail() {
        let hidden = arrow::array::Int64Array::new(
            vec![i64::MAX, 1].into(),
            Some(arrow::buffer::NullBuffer::from(vec![false, true])),
        );
        let block = block(vec![(std::sync::Arc::new(hidden), plimsoll_core::DataType::Int64)]);
        assert_eq!(shown(&arithmetic(field(0), Add, integer(1)), &block), ["NULL", "2"]);
    }

    #[test]
    fn decimals_end_at_38_digits() {
        let most = 10i128.pow(38) - 1;
        let block = block(vec![wide(&[Some(most)], 0), wide(&[Some(-most)], 0)]);
        assert_eq!(
            refused(&arithmetic(field(0), Add, decimal(1, 0)), &block),
            "99999999999999999999999999999999999999 + 1 is out of the range of DECIMAL(38,0)"
        );
        assert_eq!(shown(&arithmetic(field(0), Add, field(1)), &block), ["0"]);
        assert!(run(&arithmetic(field(1), Subtract, field(0)), &block).is_err());
        assert!(run(&arithmetic(field(0), Multiply, integer(2)), &block).is_err());
        assert_eq!(shown(&arithmetic(field(0), Remainder, integer(10)), &block), ["9"]);
        assert_eq!(shown(&arithmetic(field(0), Divide, field(1)), &block), ["-1.0"]);
        assert_eq!(shown(&Expr::Negate(Box::new(field(1))), &block), [most.to_string()]);
    }

    #[test]
    fn narrow_products_are_wide() {
        let most = 10i64.pow(18) - 1;
        let block = block(vec![narrow(&[Some(most), None], 1), narrow(&[Some(most), Some(1)], 2)]);
        let product = (i128::from(most) * i128::from(most)).to_string();
        let (whole, fraction) = product.split_at(product.len() - 3);
        assert_eq!(
            shown(&arithmetic(field(0), Multiply, field(1)), &block),
            [format!("{whole}.{fraction}"), "NULL".into()]
        );
    }

    #[test]
    fn doubles_have_one_zero_and_one_nan() {
        let block = block(vec![floats(&[Some(0.0), Some(f64::INFINITY), Some(-1e308), None])]);
        let bits = |expr: &Expr| {
            use arrow::array::AsArray;
            let values = run(expr, &block).unwrap();
            let values = values.as_primitive::<arrow::datatypes::Float64Type>().clone();
            values.iter().map(|value| value.map(f64::to_bits)).collect::<Vec<_>>()
        };
        let nan = Some(f64::NAN.to_bits());
        assert_eq!(bits(&Expr::Negate(Box::new(field(0))))[0], Some(0));
        assert_eq!(bits(&arithmetic(field(0), Multiply, float(-1.0)))[0], Some(0));
        assert_eq!(bits(&arithmetic(field(0), Subtract, field(0)))[1], nan);
        assert_eq!(bits(&arithmetic(field(0), Multiply, float(10.0)))[2], Some(f64::NEG_INFINITY.to_bits()));
        assert_eq!(bits(&arithmetic(field(0), Divide, float(0.0))), [None; 4]);
        assert_eq!(bits(&arithmetic(field(0), Remainder, float(2.0)))[1], nan);
        assert_eq!(bits(&arithmetic(field(0), Divide, float(-2.0)))[0], Some(0));
    }
}
