//! Numbers to numbers.

use arrow::array::{Array, Decimal64Array};
use arrow::datatypes::{DataType as ArrowType, Decimal64Type};
use num_bigint::BigUint;
use num_traits::{ToPrimitive, Zero};
use plimsoll_core::value::decimal_digits;

use super::super::divide::Shift;
use super::super::operand::Operand;
use crate::arrays::{NARROW_DIGITS, scale_of};

/// `mantissa` / 10^`from` at the scale `to`, digits cut off rounded half away from zero; `None` past `precision`
/// digits.
pub(super) fn rescale(mantissa: i128, from: u8, precision: u8, to: u8) -> Option<i128> {
    let scaled = match to.checked_sub(from) {
        Some(more) => mantissa.checked_mul(10i128.checked_pow(u32::from(more))?)?,
        None => divide_half_away(mantissa, 10i128.checked_pow(u32::from(from - to))?),
    };
    (decimal_digits(scaled) <= precision).then_some(scaled)
}

/// The integer nearest to `dividend / divisor`, ties away from zero, for an even divisor above 0.
pub(in super::super) fn divide_half_away(dividend: i128, divisor: i128) -> i128 {
    let (quotient, rest) = (dividend / divisor, dividend % divisor);
    quotient + if rest.abs() >= divisor / 2 { dividend.signum() } else { 0 }
}

/// A decimal at a scale that is no smaller, still narrow; `None` where the array or a result is not.
pub(super) fn rescale_narrow(input: &Operand, from: u8, precision: u8, to: u8) -> Option<Operand> {
    if !matches!(input.array().data_type(), ArrowType::Decimal64(..)) || precision < NARROW_DIGITS {
        return None;
    }
    let more = u32::from(to.checked_sub(from)?);
    if more == 0 {
        return Some(input.clone());
    }
    let factor = 10i64.checked_pow(more)?;
    let limit = 10i64.pow(u32::from(NARROW_DIGITS)) / factor;
    let mantissas = input.primitive::<Decimal64Type>();
    // What lies under a NULL counts too: at worst the result is wide.
    if !mantissas.values().iter().all(|mantissa| -limit < *mantissa && *mantissa < limit) {
        return None;
    }
    let scaled: Decimal64Array = mantissas.unary(|mantissa| mantissa * factor);
    Some(input.with(scaled.with_data_type(ArrowType::Decimal64(NARROW_DIGITS, scale_of(to)))))
}

/// The double nearest to a mantissa of this scale.
pub(super) fn decimal_to_float(scale: u8) -> impl Fn(i128) -> f64 {
    // 10^22 is the greatest power of ten that is a double, and within the limit of a division that rounds once.
    let unit = (scale <= 22).then(|| 10u128.pow(u32::from(scale)) as f64);
    let shift = Shift::between(scale, 0);
    move |mantissa| match unit {
        Some(unit) if mantissa.unsigned_abs() <= 1 << 53 => mantissa as f64 / unit + 0.0,
        _ => shift.quotient(mantissa, 1),
    }
}

/// Rounded half to even.
pub(super) fn float_to_integer(value: f64) -> Option<i64> {
    const END: f64 = 9_223_372_036_854_775_808.0;
    let rounded = value.round_ties_even();
    #[allow(clippy::cast_possible_truncation, reason = "a whole number in range")]
    (-END..END).contains(&rounded).then_some(rounded as i64)
}

/// The exact value of a double rounded half to even at `scale`; `None` past `precision` digits.
pub(super) fn float_to_decimal(value: f64, precision: u8, scale: u8) -> Option<i128> {
    // What is not below 2^127 is above every mantissa.
    if value.is_nan() || value.abs() >= 2f64.powi(127) {
        return None;
    }
    let bits = value.to_bits();
    let (field, fraction) = (bits >> 52 & 0x7ff, bits & ((1 << 52) - 1));
    let significand = if field == 0 { fraction } else { fraction | 1 << 52 };
    let exponent = i32::try_from(field.max(1)).ok()? - 1075;
    let unit = 10u128.pow(u32::from(scale));
    let magnitude = match u32::try_from(exponent) {
        Ok(up) => (u128::from(significand) << up).checked_mul(unit)?,
        Err(_) => match u128::from(significand).checked_mul(unit) {
            Some(product) => halve(product, exponent.unsigned_abs()),
            None => halve_big(BigUint::from(significand) * unit, exponent.unsigned_abs())?,
        },
    };
    let magnitude = i128::try_from(magnitude).ok()?;
    (decimal_digits(magnitude) <= precision).then_some(if value < 0.0 { -magnitude } else { magnitude })
}

/// `product` / 2^`by`, half to even; `by` is above 0.
fn halve(product: u128, by: u32) -> u128 {
    let Some(half) = 1u128.checked_shl(by - 1) else { return 0 };
    let kept = product.checked_shr(by).unwrap_or(0);
    let dropped = product & (half | (half - 1));
    kept + u128::from(dropped > half || (dropped == half && kept & 1 == 1))
}

/// As [`halve`].
fn halve_big(product: BigUint, by: u32) -> Option<u128> {
    let kept = &product >> by;
    let dropped = &product - (&kept << by);
    let half = BigUint::from(1u8) << (by - 1);
    let up = dropped > half || (dropped == half && !(&kept & BigUint::from(1u8)).is_zero());
    (kept + u8::from(up)).to_u128()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn doubles_round_as_their_exact_text(bits in any::<u64>(), scale in 0u8..=38) {
            let value = f64::from_bits(bits);
            let text = format!("{:.*}", usize::from(scale), value.abs());
            let digits = text.replace('.', "");
            let expected = digits.parse::<u128>().ok().and_then(|magnitude| i128::try_from(magnitude).ok());
            let expected = expected.filter(|magnitude| decimal_digits(*magnitude) <= 38);
            let result = float_to_decimal(value, 38, scale);
            prop_assert_eq!(result.map(i128::abs), expected);
        }

        #[test]
        fn ordinary_doubles_round_as_their_exact_text(units in -1_000_000i64..1_000_000, scale in 0u8..=38) {
            let value = units as f64 / 64.0;
            let text = format!("{:.*}", usize::from(scale), value).replace('.', "");
            let expected = text.parse().ok().filter(|mantissa| decimal_digits(*mantissa) <= 38);
            prop_assert_eq!(float_to_decimal(value, 38, scale), expected);
        }

        #[test]
        fn decimals_become_the_nearest_double(mantissa in any::<i128>(), scale in 0u8..=38) {
            let text = format!("{mantissa}e-{scale}");
            prop_assert_eq!(decimal_to_float(scale)(mantissa), text.parse::<f64>().unwrap());
        }

        #[test]
        fn small_decimals_become_the_nearest_double(mantissa in any::<i32>(), scale in 0u8..=38) {
            let text = format!("{mantissa}e-{scale}");
            prop_assert_eq!(decimal_to_float(scale)(i128::from(mantissa)), text.parse::<f64>().unwrap());
        }

        #[test]
        fn scales_there_and_back(mantissa in any::<i64>(), more in 0u8..=18) {
            let wide = rescale(i128::from(mantissa), 2, 38, 2 + more).unwrap();
            prop_assert_eq!(rescale(wide, 2 + more, 38, 2), Some(i128::from(mantissa)));
        }
    }

    #[test]
    fn halves_go_away_from_zero() {
        assert_eq!(rescale(25, 1, 38, 0), Some(3));
        assert_eq!(rescale(-25, 1, 38, 0), Some(-3));
        assert_eq!(rescale(24, 1, 38, 0), Some(2));
        assert_eq!(rescale(9_99, 2, 2, 1), None);
        assert_eq!(rescale(i128::MAX, 0, 38, 38), None);
        assert_eq!(rescale(1, 38, 1, 0), Some(0));
    }

    #[test]
    fn doubles_to_integers() {
        assert_eq!(float_to_integer(2.5), Some(2));
        assert_eq!(float_to_integer(-3.5), Some(-4));
        assert_eq!(float_to_integer(-9_223_372_036_854_775_808.0), Some(i64::MIN));
        for unfit in [9_223_372_036_854_775_808.0, f64::NAN, f64::INFINITY, -1e19] {
            assert_eq!(float_to_integer(unfit), None);
        }
    }
}
