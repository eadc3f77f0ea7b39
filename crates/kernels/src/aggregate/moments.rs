//! Counts, exact sums and exact sums of squares: what variances and correlations are made of.

use arrow::datatypes::i256;
use num_bigint::BigInt;
use plimsoll_core::{Error, Result};
use serde::{Deserialize, Serialize};

use super::frozen::{get, put};
use crate::exact::{Carries, Dyadic, FloatSum, IntegerSum, exact_ratio};

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

/// The lower words of [`IntegerMoments`] (see [`Carries`]): what a value of 64 bits changes.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(super) struct MomentWords {
    /// Without sign: squares only add up.
    squares: u128,
    sum: i64,
    count: u64,
}

const _: () = assert!(size_of::<MomentWords>() == 32);

/// The upper words of moments, by group.
#[derive(Debug, Default)]
pub(super) struct MomentCarries {
    sums: Carries,
    squares: Carries,
}

/// Which word of moments has overflowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Overflow {
    /// The sum's; downwards where the value was negative.
    Sum { negative: bool },
    /// That of the squares.
    Squares,
}

impl MomentWords {
    /// Takes a mantissa of 64 bits. Calls `carry` where a word overflows: [`MomentCarries::carry`] wants to know.
    #[inline(always)]
    pub(super) fn add(&mut self, value: i64, mut carry: impl FnMut(Overflow)) {
        self.count += 1;
        let (sum, overflow) = self.sum.overflowing_add(value);
        self.sum = sum;
        if overflow {
            carry(Overflow::Sum { negative: value < 0 });
        }
        let square = (i128::from(value) * i128::from(value)) as u128;
        let (squares, overflow) = self.squares.overflowing_add(square);
        self.squares = squares;
        if overflow {
            carry(Overflow::Squares);
        }
    }
}

impl MomentCarries {
    /// Follows a word that has overflowed. Whether the squares have left 256 bits.
    #[cold]
    #[inline(never)]
    pub(super) fn carry(&mut self, group: u32, overflow: Overflow) -> bool {
        match overflow {
            Overflow::Sum { negative } => {
                self.sums.carry(group as usize, negative);
                false
            }
            Overflow::Squares => self.squares.carry(group as usize, false),
        }
    }

    /// Adds moments to those of `group`, which has these words. Whether the squares have left 256 bits.
    pub(super) fn add(&mut self, group: usize, words: &mut MomentWords, moments: &IntegerMoments) -> bool {
        let (upper, lower) = moments.sum.to_words();
        self.sums.add(group, upper);
        let (sum, overflow) = words.sum.overflowing_add(lower);
        if overflow {
            self.sums.carry(group, lower < 0);
        }
        let (lower, upper) = moments.squares.to_parts();
        let (squares, carry) = words.squares.overflowing_add(lower);
        *words = MomentWords { squares, sum, count: words.count + moments.count() };
        match upper.checked_add(carry.into()) {
            Some(upper) => self.squares.add(group, upper),
            None => true,
        }
    }

    /// Takes all of `other`, whose group `i` is group `mapping[i]`. Whether squares have left 256 bits.
    pub(super) fn merge(&mut self, other: &MomentCarries, mapping: &[u32]) -> bool {
        self.sums.merge(&other.sums, mapping);
        self.squares.merge(&other.squares, mapping)
    }

    /// Multiplies the mantissas of all groups, which have these words, by `factor`.
    ///
    /// # Errors
    /// `Value` where moments have no room for it.
    pub(super) fn rescale<'a>(
        &mut self,
        words: impl IntoIterator<Item = &'a mut MomentWords>,
        factor: i128,
    ) -> Result<()> {
        let before = std::mem::take(self);
        for (group, words) in words.into_iter().enumerate() {
            let scaled = before.moments(group, words).scaled(factor)?;
            *words = MomentWords::default();
            self.add(group, words, &scaled);
        }
        Ok(())
    }

    /// The moments of `group`, which has these words.
    pub(super) fn moments(&self, group: usize, words: &MomentWords) -> IntegerMoments {
        IntegerMoments {
            sum: IntegerSum::of_words(self.sums.get(group), words.sum, words.count),
            squares: i256::from_parts(words.squares, self.squares.get(group)),
        }
    }

    /// Adds the upper words of a group to `bytes`.
    pub(super) fn write(&self, group: usize, bytes: &mut Vec<u8>) -> Result<()> {
        put(&(self.sums.get(group), self.squares.get(group)), bytes)
    }

    /// Takes the upper words of a group that has none.
    pub(super) fn read(&mut self, group: usize, bytes: &mut &[u8]) -> Result<()> {
        let (sum, squares) = get(bytes)?;
        self.sums.add(group, sum);
        self.squares.add(group, squares);
        Ok(())
    }

    /// Heap bytes held.
    pub(super) fn heap(&self) -> usize {
        self.sums.heap() + self.squares.heap()
    }
}

/// Of mantissas.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct IntegerMoments {
    sum: IntegerSum,
    squares: i256,
}

impl IntegerMoments {
    /// Of one mantissa.
    pub(super) fn of(value: i128) -> Self {
        let mut sum = IntegerSum::default();
        sum.add(value);
        IntegerMoments { sum, squares: product(value, value) }
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
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
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

    /// Heap bytes held.
    pub(super) fn heap(&self) -> usize {
        self.sum.heap() + self.squares.heap()
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
