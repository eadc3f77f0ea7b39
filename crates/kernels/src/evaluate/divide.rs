//! The quotient of two exact numbers, rounded once to a double.

use std::ops::Neg;

use arrow::array::{ArrowPrimitiveType, PrimitiveArray};
use arrow::datatypes::{DataType as ArrowType, Decimal64Type, Decimal128Type, Float64Type, Int64Type};
use num_bigint::BigInt;
use plimsoll_core::Result;

use super::arithmetic::{null_where_zero, scale_of};
use super::operand::{Operand, combine};
use crate::exact::ratio_to_f64;

/// Integers up to this one are doubles.
pub(super) const EXACT_LIMIT: u128 = 1 << 53;

/// `left / right`, each an integer or a decimal of any scale; NULL where the divisor is 0.
pub(super) fn exact(left: &Operand, right: &Operand) -> Result<Operand> {
    let shift = Shift::between(scale_of(left), scale_of(right));
    let result = match left.array().data_type() {
        ArrowType::Int64 => by_divisor::<Int64Type>(left, right, &shift),
        ArrowType::Decimal64(..) => by_divisor::<Decimal64Type>(left, right, &shift),
        _ => by_divisor::<Decimal128Type>(left, right, &shift),
    };
    Ok(Operand::of(&[left, right], result))
}

fn by_divisor<A>(left: &Operand, right: &Operand, shift: &Shift) -> PrimitiveArray<Float64Type>
where
    A: ArrowPrimitiveType<Native: Into<i128>>,
{
    match right.array().data_type() {
        ArrowType::Int64 => quotients::<A, Int64Type>(left, right, shift),
        ArrowType::Decimal64(..) => quotients::<A, Decimal64Type>(left, right, shift),
        _ => quotients::<A, Decimal128Type>(left, right, shift),
    }
}

fn quotients<A, B>(left: &Operand, right: &Operand, shift: &Shift) -> PrimitiveArray<Float64Type>
where
    A: ArrowPrimitiveType<Native: Into<i128>>,
    B: ArrowPrimitiveType<Native: Into<i128> + Default + PartialEq>,
{
    let result = combine::<A, B, Float64Type>(left, right, |x, y| shift.quotient(x.into(), y.into()));
    null_where_zero::<B, _>(result, left, right)
}

/// The power of ten by which the scales of a quotient's sides differ, on the side that lacks it.
pub(super) struct Shift {
    left: i128,
    right: i128,
}

impl Shift {
    /// Between mantissas of these scales, both at most 38.
    pub(super) fn between(left: u8, right: u8) -> Self {
        let factor = |digits: u8| 10i128.pow(u32::from(digits));
        Shift { left: factor(right.saturating_sub(left)), right: factor(left.saturating_sub(right)) }
    }

    /// The double nearest to the quotient of two mantissas, ties to even; 0 for the divisor 0.
    pub(super) fn quotient(&self, x: i128, y: i128) -> f64 {
        if y == 0 {
            return 0.0;
        }
        if let (Some(x), Some(y)) = (x.checked_mul(self.left), y.checked_mul(self.right))
            && x.unsigned_abs() <= EXACT_LIMIT
            && y.unsigned_abs() <= EXACT_LIMIT
        {
            // Both sides are doubles, so that the division rounds once.
            return x as f64 / y as f64 + 0.0;
        }
        let (mut numerator, mut denominator) = (BigInt::from(x) * self.left, BigInt::from(y) * self.right);
        if y < 0 {
            (numerator, denominator) = (numerator.neg(), denominator.neg());
        }
        ratio_to_f64(&numerator, &denominator)
    }
}
