//! Counts, exact sums and exact sums of squares: what variances and correlations are made of.

use arrow::datatypes::i256;
use num_bigint::BigInt;
use plimsoll_core::{Error, Result};

use crate::exact::{Dyadic, FloatSum, IntegerSum, exact_ratio};

/// The product of two mantissas of at most 38 digits, which 256 bits always hold.
#[inline]
pub(super) fn product(x: i128, y: i128) -> i256 {
    match (i64::try_from(x), i64::try_from(y)) {
        (Ok(x), Ok(y)) => i256::from_i128(i128::from(x) * i128::from(y)),
        _ => i256::from_i128(x).wrapping_mul(i256::from_i128(y)),
    }
}

/// An exact sum of products as a number to compute with.
pub(super) fn dyadic(sum: i256) -> Dyadic {
    Dyadic::new(BigInt::from_signed_bytes_le(&sum.to_le_bytes()), 0)
}

/// `n * sum(x^2) - sum(x)^2`, and its likes: `n` squares the variance. 0 where x does not vary.
pub(super) fn spread(count: u64, products: &Dyadic, left: &Dyadic, right: &Dyadic) -> Dyadic {
    &(&Dyadic::from((count, 0)) * products) - &(left * right)
}

/// What stops a sum of squares. Squares only add up, so whether it does is no matter of order; and a sum of products
/// |xy| <= (x^2 + y^2) / 2 cannot overflow where neither sum of squares does.
pub(super) fn squares_overflow() -> Error {
    Error::value("the squares of the values sum up beyond 256 bits")
}

/// Of mantissas.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct IntegerMoments {
    sum: IntegerSum,
    squares: i256,
}

impl IntegerMoments {
    /// Takes one mantissa; whether the sum of squares has overflowed.
    #[inline]
    pub(super) fn add(&mut self, value: i128) -> bool {
        self.sum.add(value);
        let (squares, overflow) = self.squares.overflowing_add(product(value, value));
        self.squares = squares;
        overflow
    }

    pub(super) fn merge(&mut self, other: &IntegerMoments) -> Result<()> {
        self.sum.merge(&other.sum);
        self.squares = self.squares.checked_add(other.squares).ok_or_else(squares_overflow)?;
        Ok(())
    }

    /// Those of the same mantissas, each multiplied by `factor`.
    pub(super) fn scaled(&self, factor: i128) -> Result<Self> {
        let squares = self.squares.checked_mul(product(factor, factor)).ok_or_else(squares_overflow)?;
        Ok(IntegerMoments { sum: self.sum.scaled(factor)?, squares })
    }

    pub(super) fn count(&self) -> u64 {
        self.sum.count()
    }

    /// The sum.
    pub(super) fn sum(&self) -> Dyadic {
        Dyadic::new(self.sum.to_bigint(), 0)
    }

    /// See [`spread`].
    pub(super) fn spread(&self) -> Dyadic {
        let sum = self.sum();
        spread(self.count(), &dyadic(self.squares), &sum, &sum)
    }

    /// The spread over `count * freedom * unit^2`, rounded once.
    pub(super) fn variance(&self, freedom: u64, unit: u128) -> f64 {
        self.short_variance(freedom, unit).unwrap_or_else(|| {
            let unit = BigInt::from(unit);
            self.spread().over(&(BigInt::from(self.count()) * freedom * &unit * &unit))
        })
    }

    /// The same, where all of it fits 128 bits.
    fn short_variance(&self, freedom: u64, unit: u128) -> Option<f64> {
        let (sum, squares) = (self.sum.to_i128()?, self.squares.to_i128()?);
        let spread = squares.checked_mul(self.count().into())?.checked_sub(sum.checked_mul(sum)?)?;
        let divisor = u128::from(self.count()).checked_mul(freedom.into())?;
        Some(exact_ratio(spread, divisor.checked_mul(unit)?.checked_mul(unit)?))
    }
}

/// Of doubles.
#[derive(Debug, Clone, Default)]
pub(super) struct FloatMoments {
    count: u64,
    sum: FloatSum,
    squares: FloatSum,
}

impl FloatMoments {
    /// Takes one double. Gives the change of the heap bytes held.
    #[inline]
    pub(super) fn add(&mut self, value: f64) -> isize {
        self.count += 1;
        self.sum.add(value) + self.squares.add_product(value, value)
    }

    /// Gives the change of the heap bytes held.
    pub(super) fn merge(&mut self, other: FloatMoments) -> isize {
        self.count += other.count;
        self.sum.merge(other.sum) + self.squares.merge(other.squares)
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// The sum; `None` where a value was not finite.
    pub(super) fn sum(&self) -> Option<Dyadic> {
        self.sum.exact()
    }

    /// See [`spread`]; `None` where a value was not finite.
    pub(super) fn spread(&self) -> Option<Dyadic> {
        let sum = self.sum()?;
        Some(spread(self.count, &self.squares.exact()?, &sum, &sum))
    }

    /// The spread over `count * freedom`, rounded once; NaN where a value was not finite.
    pub(super) fn variance(&self, freedom: u64) -> f64 {
        self.spread().map_or(f64::NAN, |spread| spread.over(&(BigInt::from(self.count) * freedom)))
    }
}
