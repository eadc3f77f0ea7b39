//! From an exact ratio to the nearest double: ties to even, subnormals and overflow included. Never gives -0.0.

use num_bigint::{BigInt, BigUint, Sign};
use num_integer::Integer;
use num_traits::{ToPrimitive, Zero};

/// Integers up to here are doubles, and IEEE division of two doubles rounds correctly.
const EXACT: u128 = 1 << 53;
/// Bits of a double's significand.
const SIGNIFICAND: i64 = 53;
/// Exponent of the last bit of a subnormal double.
const LEAST: i64 = -1074;
/// The most bits of a divisor that leave a 128-bit dividend, shifted to its left end, a quotient of at least 56 bits.
const SHORT_DIVISOR: u32 = 72;

/// `numerator` / `denominator` as the nearest double; NaN where the denominator is 0.
pub fn exact_ratio(numerator: i128, denominator: u128) -> f64 {
    if numerator.unsigned_abs() <= EXACT && (1..=EXACT).contains(&denominator) {
        let quotient = numerator as f64 / denominator as f64;
        return if quotient == 0.0 { 0.0 } else { quotient };
    }
    scaled_ratio(numerator, denominator, 0)
}

/// `numerator` / `denominator` * 2^`exponent` as the nearest double; NaN where the denominator is 0.
pub fn scaled_ratio(numerator: i128, denominator: u128, exponent: i64) -> f64 {
    let magnitude = numerator.unsigned_abs();
    if magnitude == 0 || denominator == 0 || 128 - denominator.leading_zeros() > SHORT_DIVISOR {
        return scaled_ratio_to_f64(&numerator.into(), &denominator.into(), exponent);
    }
    let shift = magnitude.leading_zeros();
    let (quotient, remainder) = (magnitude << shift).div_rem(&denominator);
    round(numerator < 0, quotient, exponent - i64::from(shift), remainder != 0)
}

/// `numerator` / `denominator` as the nearest double; NaN where the denominator is 0.
pub fn ratio_to_f64(numerator: &BigInt, denominator: &BigInt) -> f64 {
    scaled_ratio_to_f64(numerator, denominator, 0)
}

/// `numerator` / `denominator` * 2^`exponent` as the nearest double; NaN where the denominator is 0.
pub fn scaled_ratio_to_f64(numerator: &BigInt, denominator: &BigInt, exponent: i64) -> f64 {
    if denominator.is_zero() {
        return f64::NAN;
    }
    let negative = (numerator.sign() == Sign::Minus) != (denominator.sign() == Sign::Minus);
    let (dividend, divisor) = (numerator.magnitude(), denominator.magnitude());
    // The quotient gets 66 or 67 bits: those of a double, one to round by, and some to spare.
    let shift = 66 + bits(divisor) - bits(dividend);
    let (quotient, remainder) = if shift >= 0 {
        (dividend << shift.unsigned_abs()).div_rem(divisor)
    } else {
        dividend.div_rem(&(divisor << shift.unsigned_abs()))
    };
    round(negative, quotient.to_u128().unwrap_or(u128::MAX), exponent - shift, !remainder.is_zero())
}

fn bits(magnitude: &BigUint) -> i64 {
    i64::try_from(magnitude.bits()).unwrap_or(i64::MAX)
}

/// The double nearest to `magnitude` * 2^`exponent`; `more` says that the true magnitude is greater by less than 1,
/// and wants a magnitude of at least 54 bits.
fn round(negative: bool, magnitude: u128, exponent: i64, more: bool) -> f64 {
    let bits = 128 - i64::from(magnitude.leading_zeros());
    // Exponent of the last bit that the double has.
    let last = (exponent + bits - SIGNIFICAND).max(LEAST);
    let Ok(biased) = u64::try_from(last - LEAST) else { return 0.0 };
    let kept = match u32::try_from(last - exponent) {
        Err(_) => magnitude << (exponent - last),
        Ok(dropped) => drop_bits(magnitude, dropped, more),
    };
    if magnitude == 0 || kept == 0 {
        return 0.0;
    }
    // The hidden bit of `kept` adds 1 to the exponent's field, and so does a carry out of its 53 bits.
    let field = if biased >= 2046 { f64::INFINITY.to_bits() } else { (biased << 52) + kept as u64 };
    f64::from_bits(field | u64::from(negative) << 63)
}

/// `magnitude` / 2^`dropped` as the nearest integer, ties to even.
fn drop_bits(magnitude: u128, dropped: u32, more: bool) -> u128 {
    if dropped == 0 {
        return magnitude;
    }
    let Some(half) = 1u128.checked_shl(dropped - 1) else { return 0 };
    let kept = magnitude.checked_shr(dropped).unwrap_or(0);
    let rest = magnitude & (half | (half - 1));
    kept + u128::from(rest > half || rest == half && (more || kept & 1 == 1))
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use num_traits::Signed;
    use proptest::prelude::*;

    use super::*;
    use crate::exact::Dyadic;

    /// Whether `rounded` is the double nearest to the ratio, by comparing it with both midpoints around it.
    fn assert_nearest(rounded: f64, numerator: &BigInt, denominator: &BigInt) {
        assert!(rounded.to_bits() != (-0.0f64).to_bits(), "never -0.0");
        let exact = numerator.abs();
        let even = rounded.to_bits() & 1 == 0;
        let double = |bits: u64| match f64::from_bits(bits) {
            value if value.is_finite() => Dyadic::from(value),
            _ => Dyadic::new(BigInt::from(1), 1024),
        };
        let bits = rounded.abs().to_bits();
        let compare = |other: u64| {
            // Twice the ratio against the sum of two neighbours.
            let midpoint = &double(bits) + &double(other);
            let (mantissa, exponent) = (midpoint.mantissa(), midpoint.exponent());
            let ratio: BigInt = (&exact * 2) << exponent.min(0).unsigned_abs();
            ratio.cmp(&((mantissa * denominator) << exponent.max(0).unsigned_abs()))
        };
        if rounded.is_finite() {
            let above = compare(bits + 1);
            assert!(above == Ordering::Less || above == Ordering::Equal && even, "{rounded:e} is too small");
        }
        if bits > 0 {
            let below = compare(bits - 1);
            assert!(
                below == Ordering::Greater || below == Ordering::Equal && even,
                "{rounded:e} is too large"
            );
            assert_eq!(rounded < 0.0, numerator.is_negative());
        }
    }

    #[test]
    fn ties_go_to_even() {
        let whole = 1i128 << 53;
        assert_eq!(exact_ratio(whole + 1, 1), whole as f64);
        assert_eq!(exact_ratio(whole + 3, 1), (whole + 4) as f64);
        assert_eq!(exact_ratio(2 * whole + 3, 2), (whole + 2) as f64);
        assert_eq!(exact_ratio(-3 * whole - 3, 3), -whole as f64);
    }

    #[test]
    fn ends_of_the_range() {
        let one = BigInt::from(1);
        let power = |exponent: u32| BigInt::from(1) << exponent;
        assert_eq!(ratio_to_f64(&one, &power(1074)), f64::from_bits(1));
        assert_eq!(ratio_to_f64(&one, &power(1075)).to_bits(), 0);
        assert_eq!(ratio_to_f64(&-&one, &power(1076)).to_bits(), 0);
        assert_eq!(ratio_to_f64(&-BigInt::from(3), &power(1076)), -f64::from_bits(1));
        assert_eq!(ratio_to_f64(&power(1024), &one), f64::INFINITY);
        let edge: BigInt = power(1024) - power(970);
        assert_eq!(ratio_to_f64(&edge, &one), f64::INFINITY, "half way to 2^1024 is even there");
        assert_eq!(ratio_to_f64(&(&edge - 1), &one), f64::MAX);
        assert_eq!(ratio_to_f64(&-power(2000), &one), f64::NEG_INFINITY);
        assert!(ratio_to_f64(&one, &BigInt::from(0)).is_nan());
        assert_eq!(exact_ratio(0, 7).to_bits(), 0);
        assert_eq!(scaled_ratio(-1, 3, -5000).to_bits(), 0);
        assert_eq!(scaled_ratio(1, u128::MAX, 5000), f64::INFINITY);
    }

    proptest! {
        #[test]
        fn nearest(
            numerator: i128, denominator in 1u128.., numerator_bits in 0u32..128, denominator_bits in 0u32..128,
            exponent in -1300i64..1100,
        ) {
            let numerator = numerator >> (127 - numerator_bits.min(127));
            let denominator = (denominator >> (127 - denominator_bits.min(127))).max(1);
            let (n, d) = (BigInt::from(numerator), BigInt::from(denominator));
            assert_nearest(exact_ratio(numerator, denominator), &n, &d);
            prop_assert_eq!(exact_ratio(numerator, denominator), ratio_to_f64(&n, &d));
            let (up, down) = (exponent.max(0).unsigned_abs(), exponent.min(0).unsigned_abs());
            let scaled = scaled_ratio(numerator, denominator, exponent);
            assert_nearest(scaled, &(&n << up), &(&d << down));
            prop_assert_eq!(scaled, ratio_to_f64(&(n << up), &(d << down)));
        }

        #[test]
        fn midpoints(significand in 1u64 << 53..1 << 54, exponent in -1200i64..1000, nudge in -1i32..=1) {
            // A 54-bit odd integer is a tie; a nudge far below decides it.
            let numerator = (BigInt::from(significand | 1) << 200u32) + nudge;
            let (up, down) = (exponent.max(0).unsigned_abs(), exponent.min(0).unsigned_abs() + 200);
            let (n, d) = (numerator << up, BigInt::from(1) << down);
            assert_nearest(ratio_to_f64(&n, &d), &n, &d);
        }
    }
}
