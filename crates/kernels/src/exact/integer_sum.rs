//! The exact sum of any number of 128-bit integers, and how many there were.

use arrow::datatypes::i256;
use num_bigint::BigInt;
use plimsoll_core::{Error, Result};

use super::round::{exact_ratio, ratio_to_f64};

/// A sum of integers or of decimal mantissas. It has 192 bits, so fewer than 2^64 addends cannot overflow it: adding
/// needs no check, and no order of adding fails where another does not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct IntegerSum {
    low: u128,
    high: i64,
    count: u64,
}

const _: () = assert!(size_of::<IntegerSum>() == 32);

impl IntegerSum {
    /// The sum of `count` integers as two words: `upper * 2^64 + lower`.
    pub fn of_words(upper: i128, lower: i64, count: u64) -> Self {
        let (low, carry) = ((upper as u128) << 64).overflowing_add(i128::from(lower) as u128);
        let high = (upper >> 64) as i64 + i64::from(carry) + (lower >> 63);
        IntegerSum { low, high, count }
    }

    /// The sum as two words, as [`IntegerSum::of_words`] takes them.
    pub fn to_words(&self) -> (i128, i64) {
        let lower = self.low as i64;
        let upper = i128::from(self.high) << 64 | (self.low >> 64) as i128;
        (upper + i128::from(lower < 0), lower)
    }

    /// Adds one integer.
    #[inline]
    pub fn add(&mut self, value: i128) {
        let (low, carry) = self.low.overflowing_add(value as u128);
        self.low = low;
        self.high += i64::from(carry) + (value >> 127) as i64;
        self.count += 1;
    }

    /// Adds all that `other` has summed.
    pub fn merge(&mut self, other: &IntegerSum) {
        let (low, carry) = self.low.overflowing_add(other.low);
        self.low = low;
        self.high += i64::from(carry) + other.high;
        self.count += other.count;
    }

    /// How many integers were added.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The sum, where 128 bits hold it.
    pub fn to_i128(&self) -> Option<i128> {
        let low = self.low as i128;
        (i128::from(self.high) == low >> 127).then_some(low)
    }

    /// The sum.
    pub fn to_bigint(&self) -> BigInt {
        (BigInt::from(self.high) << 128u32) + self.low
    }

    /// The sum divided by the count and by `unit`, as the nearest double; NaN over nothing.
    pub fn mean(&self, unit: u128) -> f64 {
        match (self.to_i128(), u128::from(self.count).checked_mul(unit)) {
            (Some(sum), Some(divisor)) => exact_ratio(sum, divisor),
            _ => ratio_to_f64(&self.to_bigint(), &(BigInt::from(self.count) * unit)),
        }
    }

    /// The sum of the same integers, each multiplied by `factor`.
    ///
    /// # Errors
    /// `Value` where 192 bits do not hold it.
    pub fn scaled(&self, factor: i128) -> Result<Self> {
        let sum = i256::from_parts(self.low, i128::from(self.high));
        let scaled = sum.checked_mul(i256::from_i128(factor)).map(i256::to_parts);
        let parts = scaled.and_then(|(low, high)| Some((low, i64::try_from(high).ok()?)));
        let Some((low, high)) = parts else {
            return Err(Error::value("a sum has no room for more digits behind the point"));
        };
        Ok(IntegerSum { low, high, count: self.count })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn passes_128_bits_and_comes_back() {
        let mut sum = IntegerSum::default();
        for value in [i128::MAX, i128::MAX, i128::MIN, i128::MIN] {
            sum.add(value);
        }
        assert_eq!((sum.to_i128(), sum.count()), (Some(-2), 4));
        sum.add(i128::MIN);
        assert_eq!(sum.to_i128(), None);
        assert_eq!(sum.to_bigint(), BigInt::from(i128::MIN) - 2);
        assert!(IntegerSum::default().mean(1).is_nan());
    }

    proptest! {
        #[test]
        fn agrees_with_big_integers(
            left in prop::collection::vec(any::<i128>(), 0..20),
            right in prop::collection::vec(any::<i128>(), 1..20),
            factor in 0i128..1_000_000,
        ) {
            let sum_of = |values: &[i128]| {
                let mut sum = IntegerSum::default();
                values.iter().for_each(|value| sum.add(*value));
                sum
            };
            let mut sum = sum_of(&left);
            sum.merge(&sum_of(&right));
            let expected: BigInt = left.iter().chain(&right).map(|value| BigInt::from(*value)).sum();
            prop_assert_eq!(sum.to_bigint(), expected.clone());
            prop_assert_eq!(sum.to_i128(), i128::try_from(&expected).ok());
            prop_assert_eq!(sum.scaled(factor).unwrap().to_bigint(), &expected * factor);
            let (upper, lower) = sum.to_words();
            prop_assert_eq!(IntegerSum::of_words(upper, lower, sum.count()), sum);
            let divisor = BigInt::from(left.len() + right.len()) * 1000;
            prop_assert_eq!(sum.mean(1000), ratio_to_f64(&expected, &divisor));
        }
    }
}
