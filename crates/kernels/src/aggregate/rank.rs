//! Which of some sorted values a quantile is, and what lies between two of them.

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::ToPrimitive;
use plimsoll_core::Quantile;

use crate::exact::{Dyadic, exact_ratio, ratio_to_f64};

/// q = `numerator` / `denominator`, reduced, from 0 to 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rank {
    numerator: u128,
    denominator: u128,
}

/// The point `low + (high - low) * rest / parts`.
pub(super) struct Between<T> {
    pub(super) low: T,
    pub(super) high: T,
    pub(super) rest: u128,
    pub(super) parts: u128,
}

impl From<Quantile> for Rank {
    fn from(quantile: Quantile) -> Self {
        let (numerator, denominator) = quantile.fraction();
        let divisor = numerator.gcd(&denominator);
        Rank { numerator: numerator / divisor, denominator: denominator / divisor }
    }
}

impl Rank {
    /// What a step between two values is cut into.
    pub(super) fn parts(self) -> u128 {
        self.denominator
    }

    /// Whole part of `q * count`, and what is left of it in units of 1 / [`parts`](Self::parts).
    pub(super) fn position(self, count: usize) -> (usize, u128) {
        let (whole, rest) = match self.numerator.checked_mul(count as u128) {
            Some(scaled) => scaled.div_rem(&self.denominator),
            None => {
                let scaled = BigInt::from(self.numerator) * count;
                let (whole, rest) = scaled.div_rem(&self.denominator.into());
                // Neither is more than a factor: the numerator is at most the denominator.
                (whole.to_u128().unwrap_or(0), rest.to_u128().unwrap_or(0))
            }
        };
        (whole as usize, rest)
    }

    /// The index `max(ceil(q * n), 1) - 1`.
    pub(super) fn discrete_of(self, count: usize) -> usize {
        let (whole, rest) = self.position(count);
        if rest > 0 { whole } else { whole.saturating_sub(1) }
    }

    /// The value at that index of the sorted values.
    pub(super) fn discrete<T: Copy + Ord>(self, values: &mut [T]) -> Option<T> {
        let index = self.discrete_of(values.len());
        (!values.is_empty()).then(|| *values.select_nth_unstable(index).1)
    }

    /// The sorted values on both sides of `q * (n - 1)`.
    pub(super) fn neighbours<T: Copy + Ord>(self, values: &mut [T]) -> Option<Between<T>> {
        let (index, rest) = self.position(values.len().checked_sub(1)?);
        let (_, low, above) = values.select_nth_unstable(index);
        let low = *low;
        let high = if rest == 0 { low } else { above.iter().min().copied().unwrap_or(low) };
        Some(Between { low, high, rest, parts: self.denominator })
    }
}

pub(super) fn interpolate_exact(low: i128, high: i128, rest: u128, parts: u128, unit: u128) -> f64 {
    if low == high {
        return exact_ratio(low, unit);
    }
    let short = || {
        let step = high.checked_sub(low)?.checked_mul(i128::try_from(rest).ok()?)?;
        let whole = low.checked_mul(i128::try_from(parts).ok()?)?;
        Some(exact_ratio(whole.checked_add(step)?, unit.checked_mul(parts)?))
    };
    short().unwrap_or_else(|| {
        let (low, high) = (BigInt::from(low), BigInt::from(high));
        let step = (high - &low) * rest;
        ratio_to_f64(&(low * parts + step), &(BigInt::from(unit) * parts))
    })
}

pub(super) fn interpolate_floats(low: f64, high: f64, rest: u128, parts: u128) -> f64 {
    if low.to_bits() == high.to_bits() {
        return low;
    }
    if low.is_finite() && high.is_finite() {
        let (low, high) = (Dyadic::from(low), Dyadic::from(high));
        let whole = &low * &Dyadic::from((parts, 0));
        return (&whole + &(&(&high - &low) * &Dyadic::from((rest, 0)))).over(&parts.into());
    }
    let between = low + (high - low) * ratio_to_f64(&rest.into(), &parts.into());
    if between.is_nan() { f64::NAN } else { between }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rank(q: &str) -> Rank {
        Quantile::parse(q).unwrap().into()
    }

    #[test]
    fn positions_are_those_of_the_decimal_written() {
        for (quantile, count, expected) in [
            ("0", 10, (0, 0)),
            ("1", 10, (10, 0)),
            ("0.5", 9, (4, 1)),
            ("0.75", 5, (3, 3)),
            ("0.1", 10, (1, 0)),
            ("0.00000025", 4_000_000, (1, 0)),
            ("0.99999999999999999999999999999999999999", usize::MAX, {
                // n * (1 - 10^-38) is n less a bit.
                (usize::MAX - 1, 10u128.pow(38) - usize::MAX as u128)
            }),
        ] {
            assert_eq!(rank(quantile).position(count), expected, "{quantile}");
        }
        assert_eq!(rank("0.1").discrete(&mut [3, 1, 2, 4, 5, 6, 7, 8, 9, 10]), Some(1));
        assert_eq!(rank("0.5").discrete(&mut [2, 1]), Some(1));
        assert_eq!(rank("0").discrete(&mut [2, 1]), Some(1));
        assert_eq!(rank("1").discrete::<i64>(&mut []), None);
    }

    /// 2,400 pairs of a q of two digits and a count, in plain integers.
    #[test]
    fn discrete_ranks_round_up_exactly() {
        for hundredths in 1..=100usize {
            let rank = rank(&format!("{}.{:02}", hundredths / 100, hundredths % 100));
            for count in 1..=24 {
                assert_eq!(rank.discrete_of(count), (hundredths * count).div_ceil(100) - 1);
            }
        }
    }

    #[test]
    fn infinite_neighbours() {
        let inf = f64::INFINITY;
        assert_eq!(interpolate_floats(inf, inf, 1, 2), inf);
        assert!(interpolate_floats(f64::NAN, f64::NAN, 1, 2).is_nan());
        assert_eq!(interpolate_floats(3.0, inf, 1, 2), inf);
        assert!(interpolate_floats(-inf, inf, 1, 2).is_nan());
        assert!(interpolate_floats(3.0, f64::NAN, 1, 2).is_nan());
        assert_eq!(interpolate_floats(-f64::MAX, f64::MAX, 1, 2), 0.0, "the difference does not overflow");
    }

    #[test]
    fn wide_mantissas() {
        let most = 10i128.pow(38) - 1;
        assert_eq!(interpolate_exact(-most, most, 1, 2, 1), 0.0);
        assert_eq!(interpolate_exact(most - 1, most, 1, 2, 10u128.pow(38)), 1.0);
        assert_eq!(interpolate_exact(1, 2, 1, 10u128.pow(38), 1), 1.0);
        assert_eq!(interpolate_exact(0, 24, 1, 10, 1), 2.4);
    }
}
