//! Exact numbers of the form integer * 2^exponent: what doubles, their sums and products are.

use std::ops::{Add, Mul, Sub};

use num_bigint::BigInt;
use num_traits::Zero;

use super::round::scaled_ratio_to_f64;

/// `mantissa` * 2^`exponent`, of any size.
#[derive(Debug, Clone)]
pub struct Dyadic {
    mantissa: BigInt,
    exponent: i64,
}

impl Dyadic {
    /// `mantissa` * 2^`exponent`.
    pub fn new(mantissa: BigInt, exponent: i64) -> Self {
        Dyadic { mantissa, exponent }
    }

    /// The integer.
    pub fn mantissa(&self) -> &BigInt {
        &self.mantissa
    }

    /// The power of two it is multiplied by.
    pub fn exponent(&self) -> i64 {
        self.exponent
    }

    /// Whether it is 0.
    pub fn is_zero(&self) -> bool {
        self.mantissa.is_zero()
    }

    /// The double nearest to this number divided by `divisor`.
    pub fn over(&self, divisor: &BigInt) -> f64 {
        scaled_ratio_to_f64(&self.mantissa, divisor, self.exponent)
    }

    /// The double nearest to the quotient of both.
    pub fn ratio(&self, divisor: &Dyadic) -> f64 {
        scaled_ratio_to_f64(&self.mantissa, &divisor.mantissa, self.exponent - divisor.exponent)
    }

    /// Both mantissas at the lower of the exponents.
    fn aligned(&self, other: &Dyadic) -> (BigInt, BigInt, i64) {
        let exponent = self.exponent.min(other.exponent);
        let at = |number: &Dyadic| &number.mantissa << (number.exponent - exponent).unsigned_abs();
        (at(self), at(other), exponent)
    }
}

impl<T: Into<BigInt>> From<(T, i64)> for Dyadic {
    fn from((mantissa, exponent): (T, i64)) -> Self {
        Dyadic::new(mantissa.into(), exponent)
    }
}

impl From<f64> for Dyadic {
    /// A finite double; the mantissa of any other means nothing.
    fn from(value: f64) -> Self {
        let (mantissa, exponent) = decode(value);
        Dyadic::new(mantissa.into(), exponent.into())
    }
}

impl Add for &Dyadic {
    type Output = Dyadic;

    fn add(self, other: &Dyadic) -> Dyadic {
        let (left, right, exponent) = self.aligned(other);
        Dyadic::new(left + right, exponent)
    }
}

impl Sub for &Dyadic {
    type Output = Dyadic;

    fn sub(self, other: &Dyadic) -> Dyadic {
        let (left, right, exponent) = self.aligned(other);
        Dyadic::new(left - right, exponent)
    }
}

impl Mul for &Dyadic {
    type Output = Dyadic;

    fn mul(self, other: &Dyadic) -> Dyadic {
        Dyadic::new(&self.mantissa * &other.mantissa, self.exponent + other.exponent)
    }
}

/// Significand, with its sign, and exponent of a finite double: `value = significand * 2^exponent`.
#[inline]
pub(crate) fn decode(value: f64) -> (i64, i32) {
    let bits = value.to_bits();
    let fraction = (bits & ((1 << 52) - 1)) as i64;
    let (significand, exponent) = match (bits >> 52 & 0x7ff) as i32 {
        0 => (fraction, -1074),
        biased => (fraction | 1 << 52, biased - 1075),
    };
    (if value.is_sign_negative() { -significand } else { significand }, exponent)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn doubles_survive(value in prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO) {
            prop_assert_eq!(Dyadic::from(value).over(&1.into()), value);
        }

        #[test]
        fn arithmetic_is_that_of_integers(a: i32, b: i32, e in -40i64..40, f in -40i64..40) {
            let integer = |m: i32, e: i64| BigInt::from(m) << (e + 40).unsigned_abs();
            let (x, y) = (Dyadic::from((a, e)), Dyadic::from((b, f)));
            let (i, j) = (integer(a, e), integer(b, f));
            let same = |number: &Dyadic, integer: &BigInt, offset: i64| {
                (number - &Dyadic::new(integer.clone(), -offset)).is_zero()
            };
            prop_assert!(same(&(&x + &y), &(&i + &j), 40));
            prop_assert!(same(&(&x - &y), &(&i - &j), 40));
            prop_assert!(same(&(&x * &y), &(&i * &j), 80));
            if b != 0 {
                prop_assert_eq!(x.ratio(&y), super::super::ratio_to_f64(&i, &j));
            }
        }
    }
}
