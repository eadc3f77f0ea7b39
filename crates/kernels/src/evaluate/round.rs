//! round, floor and ceil: exact for integers and decimals.

use arrow::array::Float64Array;
use arrow::datatypes::{Decimal128Type, Float64Type, Int64Type};
use num_integer::Integer;
use plimsoll_core::{DataType, Function, Result, Value};

use super::arithmetic::{beyond_digits, beyond_integers, in_digits, scale_of};
use super::cast::divide_half_away;
use super::literal::canonical;
use super::operand::{Operand, try_map};
use crate::arrays::arrow_type;

/// `number` with at most `digits` (a constant) behind the point, half away from zero.
pub(super) fn round(number: &Operand, digits: &Operand, data_type: DataType) -> Result<Operand> {
    let digits = i32::try_from(digits.primitive::<Int64Type>().value(0)).unwrap_or(i32::MAX);
    match data_type {
        DataType::Decimal { .. } => round_decimals(number, digits, data_type),
        DataType::Int64 if digits >= 0 => Ok(number.clone()),
        DataType::Int64 => {
            let unit = 10i128.checked_pow(digits.unsigned_abs());
            let rounded = |x| i64::try_from(to_multiple(i128::from(x), unit)).ok();
            let error = |x| beyond_integers(&format!("round({x}, {digits})"));
            let result = try_map::<Int64Type, Int64Type>(number.primitive(), false, rounded, error)?;
            Ok(number.with(result))
        }
        _ => {
            let rounded: Float64Array =
                number.primitive::<Float64Type>().unary(|x| canonical(round_float(x, digits)));
            Ok(number.with(rounded))
        }
    }
}

/// The multiple of `unit` that is nearest; without a unit (one beyond all numbers) that is 0.
fn to_multiple(value: i128, unit: Option<i128>) -> i128 {
    unit.map_or(0, |unit| divide_half_away(value, unit) * unit)
}

fn round_decimals(number: &Operand, digits: i32, data_type: DataType) -> Result<Operand> {
    let scale = scale_of(number);
    let cut = i32::from(scale).saturating_sub(digits);
    if cut <= 0 {
        return Ok(number.clone());
    }
    let unit = 10i128.checked_pow(cut.unsigned_abs());
    // Places before the point come back as zeros.
    let zeros = 10i128.checked_pow(digits.min(0).unsigned_abs());
    let rounded = |x| match (unit, zeros) {
        (Some(unit), Some(zeros)) => in_digits(divide_half_away(x, unit).checked_mul(zeros)?),
        _ => Some(0),
    };
    let error = |x| beyond_digits(&format!("round({}, {digits})", Value::decimal(x, scale)), 0);
    let wide = number.widened();
    let result = try_map::<Decimal128Type, Decimal128Type>(wide.primitive(), false, rounded, error)?;
    Ok(number.with(result.with_data_type(arrow_type(data_type))))
}

/// The double nearest to `x` rounded at a power of ten; `x` itself where the power is beyond the doubles.
fn round_float(x: f64, digits: i32) -> f64 {
    let power = 10f64.powi(digits.saturating_abs());
    let rounded = if digits >= 0 { (x * power).round() / power } else { (x / power).round() * power };
    if rounded.is_finite() { rounded } else { x }
}

/// `floor` and `ceil`.
pub(super) fn whole(function: Function, number: &Operand, data_type: DataType) -> Result<Operand> {
    let floor = function == Function::Floor;
    Ok(match data_type {
        DataType::Decimal { .. } => {
            let unit = 10i128.pow(u32::from(scale_of(number)));
            let wide = number.widened();
            let mantissas = wide.primitive::<Decimal128Type>();
            let result = mantissas.unary::<_, Decimal128Type>(|mantissa| match floor {
                true => Integer::div_floor(&mantissa, &unit),
                false => Integer::div_ceil(&mantissa, &unit),
            });
            number.with(result.with_data_type(arrow_type(data_type)))
        }
        DataType::Float64 => {
            let round = if floor { f64::floor } else { f64::ceil };
            let result: Float64Array = number.primitive::<Float64Type>().unary(|x| canonical(round(x)));
            number.with(result)
        }
        _ => number.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use plimsoll_core::{Expr, Function as F};

    fn round(number: Expr, digits: i64) -> Expr {
        call(F::Round, vec![number, integer(digits)])
    }

    #[test]
    fn decimals_round_exactly() {
        let block = block(vec![narrow(&[Some(12_345), Some(-12_355), None, Some(4)], 2)]);
        assert_eq!(shown(&round(field(0), 1), &block), ["123.5", "-123.6", "NULL", "0.0"]);
        assert_eq!(shown(&round(field(0), 0), &block), ["123", "-124", "NULL", "0"]);
        assert_eq!(shown(&round(field(0), -1), &block), ["120", "-120", "NULL", "0"]);
        assert_eq!(shown(&round(field(0), 5), &block), ["123.45", "-123.55", "NULL", "0.04"]);
        assert_eq!(shown(&round(field(0), -400), &block), ["0", "0", "NULL", "0"]);
        assert_eq!(shown(&call(F::Floor, vec![field(0)]), &block), ["123", "-124", "NULL", "0"]);
        assert_eq!(shown(&call(F::Ceil, vec![field(0)]), &block), ["124", "-123", "NULL", "1"]);
    }

    #[test]
    fn results_past_the_range() {
        let most = 10i128.pow(38) - 1;
        let block = block(vec![wide(&[Some(most)], 0), integers(&[Some(i64::MAX)])]);
        assert!(refused(&round(field(0), -1), &block).contains("out of the range of DECIMAL(38,0)"));
        assert_eq!(
            refused(&round(field(1), -1), &block),
            "round(9223372036854775807, -1) is out of the range of BIGINT"
        );
        assert_eq!(shown(&round(field(1), -18), &block), ["9000000000000000000"]);
        assert!(run(&round(field(1), -19), &block).is_err());
        assert_eq!(shown(&round(field(1), -20), &block), ["0"]);
        assert_eq!(shown(&round(field(1), 3), &block), ["9223372036854775807"]);
    }

    #[test]
    fn doubles() {
        for (value, digits, expected) in [
            (2.5, 0, "3.0"),
            (-0.3, 0, "0.0"),
            (1.005, 2, "1.0"),
            (1234.5, -2, "1200.0"),
            (1e300, 300, "1e300"),
            (f64::NAN, 1, "NaN"),
            (f64::INFINITY, 1, "inf"),
        ] {
            assert_eq!(constant(&round(float(value), digits)), expected);
        }
        assert_eq!(constant(&call(F::Ceil, vec![float(-0.5)])), "0.0");
        assert_eq!(constant(&call(F::Floor, vec![float(-0.5)])), "-1.0");
    }
}
