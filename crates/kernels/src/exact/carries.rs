//! The upper words of many sums, beside states that keep only the lower word of each.
//!
//! A sum is `upper * 2^bits + lower`, where `lower` is a signed word of `bits` bits: 64 for sums of integers, 128 for
//! sums of their products. Adding to the lower word costs an addition and a branch that is hardly ever taken; the
//! upper words take no memory before the first of them is needed.

use arrow::datatypes::i256;

/// In a mapping from sums to sums: to none.
pub const NOWHERE: u32 = u32::MAX;

/// The upper words, by the number of the sum; 0 where none was carried.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Carries {
    upper: Vec<i128>,
}

impl Carries {
    /// Follows a lower word that has overflowed, downwards where the addend was negative. Whether the upper word has
    /// overflowed too; sums of fewer than 2^64 words never do.
    #[cold]
    pub fn carry(&mut self, sum: usize, negative: bool) -> bool {
        self.add(sum, if negative { -1 } else { 1 })
    }

    /// Adds to an upper word. Whether it has overflowed.
    pub fn add(&mut self, sum: usize, upper: i128) -> bool {
        if upper == 0 {
            return false;
        }
        if self.upper.len() <= sum {
            self.upper.resize(sum + 1, 0);
        }
        let (total, overflow) = self.upper[sum].overflowing_add(upper);
        self.upper[sum] = total;
        overflow
    }

    /// Adds those of `other`, whose sum `i` is sum `mapping[i]` here. Whether an upper word has overflowed.
    pub fn merge(&mut self, other: &Carries, mapping: &[u32]) -> bool {
        let sums = other.upper.iter().zip(mapping).filter(|(_, sum)| **sum != NOWHERE);
        let overflows = sums.map(|(upper, sum)| self.add(*sum as usize, *upper));
        overflows.fold(false, |any, overflow| any | overflow)
    }

    /// The upper word of a sum.
    pub fn get(&self, sum: usize) -> i128 {
        self.upper.get(sum).copied().unwrap_or(0)
    }

    /// Whether every sum is its lower word.
    pub fn is_empty(&self) -> bool {
        self.upper.is_empty()
    }

    /// Heap bytes held.
    pub fn heap(&self) -> usize {
        self.upper.capacity() * size_of::<i128>()
    }
}

/// The upper and the lower word of 64 bits of an integer.
#[inline]
pub fn split_wide(value: i128) -> (i128, i64) {
    let lower = value as i64;
    ((value >> 64) + i128::from(lower < 0), lower)
}

/// The upper and the lower word of 128 bits of an integer.
#[inline]
pub fn split_double(value: i256) -> (i128, i128) {
    let (lower, upper) = value.to_parts();
    let lower = lower as i128;
    (upper.wrapping_add(i128::from(lower < 0)), lower)
}

/// The integer of two words, as [`split_double`] has split it.
#[inline]
pub fn join_double(upper: i128, lower: i128) -> i256 {
    i256::from_parts(lower as u128, upper.wrapping_sub(i128::from(lower < 0)))
}

#[cfg(test)]
mod tests {
    use num_bigint::BigInt;
    use proptest::prelude::*;

    use super::*;

    fn edges() -> impl Strategy<Value = i64> {
        prop_oneof![any::<i64>(), Just(i64::MIN), Just(i64::MAX), -3i64..3]
    }

    proptest! {
        #[test]
        fn sums_of_words_and_wide_integers(
            words in prop::collection::vec(edges(), 0..40),
            wide in prop::collection::vec(any::<i128>(), 0..10),
        ) {
            let (mut carries, mut lower) = (Carries::default(), 0i64);
            let mut add = |upper: i128, addend: i64| {
                carries.add(3, upper);
                let (sum, overflow) = lower.overflowing_add(addend);
                lower = sum;
                if overflow {
                    carries.carry(3, addend < 0);
                }
            };
            words.iter().for_each(|word| add(0, *word));
            wide.iter().for_each(|value| {
                let (upper, lower) = split_wide(*value);
                add(upper, lower);
            });
            let expected: BigInt =
                words.iter().map(|word| BigInt::from(*word)).chain(wide.iter().map(|value| BigInt::from(*value))).sum();
            prop_assert_eq!((BigInt::from(carries.get(3)) << 64u32) + lower, expected);
            prop_assert_eq!((carries.get(2), carries.get(4)), (0, 0));
        }

        #[test]
        fn words_of_256_bits(low: u128, high: i128) {
            let value = i256::from_parts(low, high);
            let (upper, lower) = split_double(value);
            prop_assert_eq!(join_double(upper, lower), value);
        }
    }
}
