//! Which of some sorted values a quantile is, and what lies between two of them.

use num_bigint::BigInt;

use crate::exact::{Dyadic, exact_ratio, scaled_ratio_to_f64};

/// q = `numerator` / 2^`bits`, from 0 to 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quantile {
    numerator: u64,
    pub(super) bits: u32,
}

/// The point `low + (high - low) * rest / 2^bits`.
pub(super) struct Between<T> {
    pub(super) low: T,
    pub(super) high: T,
    pub(super) rest: u128,
    pub(super) bits: u32,
}

impl Quantile {
    pub(super) fn new(quantile: f64) -> Self {
        let exact = Dyadic::from(if quantile > 0.0 { quantile.min(1.0) } else { 0.0 });
        let numerator = u64::try_from(exact.mantissa()).unwrap_or(0);
        let spare = numerator.trailing_zeros().min(52);
        let bits = u32::try_from(-exact.exponent()).unwrap_or(0) - spare;
        Quantile { numerator: numerator >> spare, bits }
    }

    /// Whole part of `q * count`, and what is left of it in units of 2^-bits.
    pub(super) fn position(self, count: usize) -> (usize, u128) {
        let scaled = u128::from(self.numerator) * count as u128;
        match scaled.checked_shr(self.bits) {
            Some(whole) => (whole as usize, scaled - (whole << self.bits)),
            None => (0, scaled),
        }
    }

    /// The index `max(ceil(q * n), 1) - 1`.
    pub(super) fn rank(self, count: usize) -> usize {
        let (whole, rest) = self.position(count);
        if rest > 0 { whole } else { whole.saturating_sub(1) }
    }

    /// The value at that index of the sorted values.
    pub(super) fn discrete<T: Copy + Ord>(self, values: &mut [T]) -> Option<T> {
        let index = self.rank(values.len());
        (!values.is_empty()).then(|| *values.select_nth_unstable(index).1)
    }

    /// The sorted values on both sides of `q * (n - 1)`.
    pub(super) fn neighbours<T: Copy + Ord>(self, values: &mut [T]) -> Option<Between<T>> {
        let (index, rest) = self.position(values.len().checked_sub(1)?);
        let (_, low, above) = values.select_nth_unstable(index);
        let low = *low;
        let high = if rest == 0 { low } else { above.iter().min().copied().unwrap_or(low) };
        Some(Between { low, high, rest, bits: self.bits })
    }
}

pub(super) fn interpolate_exact(low: i128, high: i128, rest: u128, bits: u32, unit: u128) -> f64 {
    if low == high {
        return exact_ratio(low, unit);
    }
    let short = || {
        let step = high.checked_sub(low)?.checked_mul(i128::try_from(rest).ok()?)?;
        let one = 1i128.checked_shl(bits).filter(|one| *one > 0)?;
        let divisor = unit.checked_mul(one as u128)?;
        Some(exact_ratio(low.checked_mul(one)?.checked_add(step)?, divisor))
    };
    short().unwrap_or_else(|| {
        let (low, high) = (BigInt::from(low), BigInt::from(high));
        let step = (high - &low) * rest;
        scaled_ratio_to_f64(&((low << bits) + step), &unit.into(), -i64::from(bits))
    })
}

pub(super) fn interpolate_floats(low: f64, high: f64, rest: u128, bits: u32) -> f64 {
    if low.to_bits() == high.to_bits() {
        return low;
    }
    let fraction = Dyadic::from((rest, -i64::from(bits)));
    if low.is_finite() && high.is_finite() {
        let (low, high) = (Dyadic::from(low), Dyadic::from(high));
        return (&low + &(&(&high - &low) * &fraction)).over(&1.into());
    }
    let between = low + (high - low) * fraction.over(&1.into());
    if between.is_nan() { f64::NAN } else { between }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_the_exact_fractions_of_their_doubles() {
        for (quantile, count, expected) in [
            (0.0, 10, (0, 0)),
            (1.0, 10, (10, 0)),
            (0.5, 9, (4, 1)),
            (0.75, 5, (3, 3)),
            (f64::from_bits(1), 3, (0, 3)),
            (f64::NAN, 3, (0, 0)),
            (7.0, 3, (3, 0)),
        ] {
            assert_eq!(Quantile::new(quantile).position(count), expected, "{quantile}");
        }
        // 0.1 is a little more than a tenth, so that the tenth of ten values is already passed.
        assert_eq!(Quantile::new(0.1).discrete(&mut [3, 1, 2, 4, 5, 6, 7, 8, 9, 10]), Some(2));
        assert_eq!(Quantile::new(0.5).discrete(&mut [2, 1]), Some(1));
        assert_eq!(Quantile::new(0.0).discrete(&mut [2, 1]), Some(1));
        assert_eq!(Quantile::new(1.0).discrete::<i64>(&mut []), None);
    }

    #[test]
    fn infinite_neighbours() {
        let inf = f64::INFINITY;
        assert_eq!(interpolate_floats(inf, inf, 1, 1), inf);
        assert!(interpolate_floats(f64::NAN, f64::NAN, 1, 1).is_nan());
        assert_eq!(interpolate_floats(3.0, inf, 1, 1), inf);
        assert!(interpolate_floats(-inf, inf, 1, 1).is_nan());
        assert!(interpolate_floats(3.0, f64::NAN, 1, 1).is_nan());
        assert_eq!(interpolate_floats(-f64::MAX, f64::MAX, 1, 1), 0.0, "the difference does not overflow");
    }

    #[test]
    fn wide_mantissas() {
        let most = 10i128.pow(38) - 1;
        assert_eq!(interpolate_exact(-most, most, 1, 1, 1), 0.0);
        assert_eq!(interpolate_exact(most - 1, most, 1, 1, 10u128.pow(38)), 1.0);
        assert_eq!(interpolate_exact(1, 2, 1, 1000, 1), 1.0);
    }
}
