//! Exact numbers: fractions of big integers, how they round, and how they become values. Nothing here is fast.

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive, Zero};
use plimsoll_core::{DataType, Error, MAX_PRECISION, Result, Value};

/// Bits of a double's mantissa, and the exponents of its least bit.
const MANTISSA_BITS: i64 = 53;
const LEAST_EXPONENT: i64 = -1074;
const GREATEST_EXPONENT: i64 = 971;

/// `numerator` / `denominator`; the denominator is positive. Not reduced.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fraction {
    pub(crate) numerator: BigInt,
    pub(crate) denominator: BigInt,
}

impl Fraction {
    /// `numerator` / `denominator`, of which the second is not 0.
    pub(crate) fn new(numerator: BigInt, denominator: BigInt) -> Self {
        if denominator.is_negative() {
            return Fraction { numerator: -numerator, denominator: -denominator };
        }
        Fraction { numerator, denominator }
    }

    /// The exact value of an integer, a decimal or a finite double; `None` for anything else.
    pub(crate) fn of(value: &Value) -> Option<Self> {
        if let Some((mantissa, scale)) = value.as_exact() {
            return Some(Fraction { numerator: mantissa.into(), denominator: power_of_ten(scale.into()) });
        }
        match value {
            Value::Float64(number) => Fraction::of_float(*number),
            _ => None,
        }
    }

    /// The exact value of a double, `None` where it is not finite.
    pub(crate) fn of_float(number: f64) -> Option<Self> {
        if !number.is_finite() {
            return None;
        }
        // A double is its mantissa times a power of two, which its bits say; see IEEE 754, 3.4.
        let bits = number.to_bits();
        let stored = (bits & ((1 << 52) - 1)).cast_signed();
        let biased = (bits >> 52 & 0x7FF).cast_signed();
        let mantissa = if biased == 0 { stored } else { stored | 1 << 52 };
        let exponent = LEAST_EXPONENT + biased.max(1) - 1;
        let mantissa = BigInt::from(if number < 0.0 { -mantissa } else { mantissa });
        Some(Fraction {
            numerator: mantissa << exponent.max(0),
            denominator: BigInt::one() << (-exponent).max(0),
        })
    }

    /// The nearest double, ties to the even one; past the greatest it is infinite.
    pub(crate) fn to_f64(&self) -> f64 {
        let (numerator, denominator) = (self.numerator.abs(), &self.denominator);
        if numerator.is_zero() {
            return 0.0;
        }
        // The exponent of the mantissa's least bit, if the quotient has 53 bits before it: right, or one too great.
        let guess = bits(&numerator) - bits(denominator) - MANTISSA_BITS + 1;
        let exact = |exponent: i64| Fraction {
            numerator: &numerator << (-exponent).max(0),
            denominator: denominator << exponent.max(0),
        };
        let full = BigInt::one() << MANTISSA_BITS;
        let mut exponent = guess.max(LEAST_EXPONENT);
        if exponent > LEAST_EXPONENT && exact(exponent).floor() < BigInt::one() << (MANTISSA_BITS - 1) {
            exponent -= 1;
        }
        let mut mantissa = exact(exponent).round_half_even();
        if mantissa == full {
            mantissa >>= 1;
            exponent += 1;
        }
        let magnitude = match mantissa.to_u64() {
            Some(mantissa) if exponent <= GREATEST_EXPONENT => compose(mantissa, exponent),
            _ => f64::INFINITY,
        };
        if self.numerator.is_negative() { -magnitude } else { magnitude }
    }

    /// The greatest integer that is not above.
    pub(crate) fn floor(&self) -> BigInt {
        self.numerator.div_floor(&self.denominator)
    }

    /// The least integer that is not below.
    pub(crate) fn ceil(&self) -> BigInt {
        self.numerator.div_ceil(&self.denominator)
    }

    /// The nearest integer, the one farther from zero in the middle.
    pub(crate) fn round_half_away(&self) -> BigInt {
        let doubled = self.numerator.abs() * 2 + &self.denominator;
        let magnitude: BigInt = doubled / (&self.denominator * 2);
        if self.numerator.is_negative() { -magnitude } else { magnitude }
    }

    /// The nearest integer, the even one in the middle.
    pub(crate) fn round_half_even(&self) -> BigInt {
        let floor = self.floor();
        let twice_rest = (&self.numerator - &floor * &self.denominator) * 2;
        let up = twice_rest > self.denominator || (twice_rest == self.denominator && floor.is_odd());
        if up { floor + 1 } else { floor }
    }
}

fn bits(number: &BigInt) -> i64 {
    number.bits().to_i64().unwrap_or(i64::MAX)
}

/// `mantissa` * 2^`exponent`, which is a double: a mantissa of less than 53 bits has the least exponent.
fn compose(mantissa: u64, exponent: i64) -> f64 {
    let implicit = 1 << (MANTISSA_BITS - 1);
    if mantissa < implicit {
        return f64::from_bits(mantissa);
    }
    let biased = (exponent - LEAST_EXPONENT + 1).cast_unsigned();
    f64::from_bits(biased << 52 | (mantissa - implicit))
}

/// 10^`exponent`.
pub(crate) fn power_of_ten(exponent: u32) -> BigInt {
    BigInt::from(10).pow(exponent)
}

/// A double as a value: no -0.0, one NaN.
pub(crate) fn float(number: f64) -> Value {
    let one_nan = if number.is_nan() { f64::NAN } else { number };
    Value::Float64(if one_nan == 0.0 { 0.0 } else { one_nan })
}

/// `mantissa` / 10^`scale` as a decimal of at most `precision` digits; `None` where it has more.
pub(crate) fn decimal(mantissa: &BigInt, precision: u8, scale: u8) -> Option<Value> {
    if mantissa.abs() >= power_of_ten(precision.into()) {
        return None;
    }
    mantissa.to_i128().map(|mantissa| Value::decimal(mantissa, scale))
}

/// An exact result as a value of `data_type`, an integer or a decimal whose mantissa is `mantissa`.
///
/// # Errors
/// `Value`, naming `what`, past 64 bits or 38 digits.
pub(crate) fn exact_value(
    mantissa: &BigInt,
    data_type: DataType,
    what: impl Fn() -> String,
) -> Result<Value> {
    let value = match data_type {
        DataType::Decimal { scale, .. } => decimal(mantissa, MAX_PRECISION, scale),
        _ => mantissa.to_i64().map(Value::Int64),
    };
    value.ok_or_else(|| {
        let range = if data_type == DataType::Int64 { "64 bits" } else { "38 digits" };
        Error::value(format!("{} does not fit {range}", what()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fraction(numerator: i64, denominator: i64) -> Fraction {
        Fraction::new(numerator.into(), denominator.into())
    }

    #[test]
    fn rounding() {
        for (numerator, away, even) in
            [(5, 3, 2), (-5, -3, -2), (7, 4, 4), (-7, -4, -4), (4, 2, 2), (1, 1, 0)]
        {
            assert_eq!(fraction(numerator, 2).round_half_away(), away.into(), "{numerator}/2");
            assert_eq!(fraction(numerator, 2).round_half_even(), even.into(), "{numerator}/2");
        }
        assert_eq!((fraction(-7, 2).floor(), fraction(-7, 2).ceil()), ((-4).into(), (-3).into()));
        assert_eq!(fraction(1, -2), fraction(-1, 2));
    }

    #[test]
    fn doubles_at_the_edges() {
        let least = Fraction::new(BigInt::one(), BigInt::one() << 1074u32);
        assert_eq!(least.to_f64(), f64::from_bits(1));
        let half_of_it = Fraction::new(BigInt::one(), BigInt::one() << 1075u32);
        assert_eq!(half_of_it.to_f64(), 0.0, "a tie goes to the even one");
        let more_than_half = Fraction::new(BigInt::from(3), BigInt::one() << 1076u32);
        assert_eq!(more_than_half.to_f64(), f64::from_bits(1));
        let above_normal = Fraction::new((BigInt::one() << 53u32) - 1, BigInt::one() << 1075u32);
        assert_eq!(above_normal.to_f64(), f64::MIN_POSITIVE, "rounds up into the normal numbers");
        let beyond = Fraction::new((BigInt::one() << 1024u32) - 1, BigInt::one());
        assert_eq!(beyond.to_f64(), f64::INFINITY);
        assert_eq!(Fraction::of_float(f64::MAX).unwrap().to_f64(), f64::MAX);
        assert_eq!(fraction(-1, 3).to_f64(), -1.0 / 3.0);
    }

    proptest! {
        #[test]
        fn doubles_come_back(bits in any::<u64>()) {
            let number = f64::from_bits(bits);
            if let Some(fraction) = Fraction::of_float(number) {
                prop_assert_eq!(fraction.to_f64(), number);
            }
        }

        /// The hardware's division of two integers that are doubles is correctly rounded.
        #[test]
        fn quotients_round_once(a in -(1i64 << 53)..1 << 53, b in 1i64..1 << 53) {
            #[allow(clippy::cast_precision_loss)]
            let expected = a as f64 / b as f64;
            prop_assert_eq!(fraction(a, b).to_f64(), expected);
        }

        /// The standard library reads decimal text to the nearest double.
        #[test]
        fn decimals_round_as_their_text(mantissa in any::<i128>(), scale in 0u8..=38) {
            let value = Value::decimal(mantissa, scale);
            let expected: f64 = value.to_string().parse().unwrap();
            prop_assert_eq!(Fraction::of(&value).unwrap().to_f64(), expected);
        }

        /// So it does around the least doubles.
        #[test]
        fn tiny_numbers_round_as_their_text(mantissa in any::<u64>(), exponent in 290u32..345) {
            let expected: f64 = format!("{mantissa}e-{exponent}").parse().unwrap();
            prop_assert_eq!(Fraction::new(mantissa.into(), power_of_ten(exponent)).to_f64(), expected);
        }
    }
}
