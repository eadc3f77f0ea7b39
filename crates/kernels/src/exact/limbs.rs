//! An integer of any size times a power of two, as 64-bit words that are added to in place.

use std::iter::repeat_n;

use num_bigint::BigInt;
use serde::{Deserialize, Serialize};

use super::Dyadic;

/// The sum of `words[i]` * 2^(64 * (`base` + i)), in two's complement: the top word carries the sign, and its two top
/// bits are equal, so that one more addend of the same length cannot overflow. Only the words between the least and
/// the greatest bit seen exist.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Limbs {
    words: Box<[u64]>,
    base: i32,
}

impl Limbs {
    /// Heap bytes held.
    pub(super) fn heap(&self) -> usize {
        size_of_val(&*self.words)
    }

    /// Adds `mantissa` * 2^`exponent`.
    pub(super) fn add(&mut self, mantissa: i128, exponent: i32) {
        // A mantissa shifted by less than a word has at most 191 bits; three words keep the invariant.
        let shift = exponent.rem_euclid(64);
        let low = (mantissa << shift) as u128;
        let high = if shift == 0 { mantissa >> 127 } else { mantissa >> (128 - shift) };
        self.add_words(exponent.div_euclid(64), &[low as u64, (low >> 64) as u64, high as u64]);
    }

    /// Adds another sum.
    pub(super) fn merge(&mut self, other: &Limbs) {
        self.add_words(other.base, &other.words);
    }

    /// The sum.
    pub(super) fn exact(&self) -> Dyadic {
        let bytes: Vec<u8> = self.words.iter().flat_map(|word| word.to_le_bytes()).collect();
        Dyadic::new(BigInt::from_signed_bytes_le(&bytes), i64::from(self.base) * 64)
    }

    /// Adds a number in two's complement whose first word stands at `base`.
    #[inline]
    fn add_words(&mut self, base: i32, addend: &[u64]) {
        self.cover(base, addend.len());
        let start = usize::try_from(base - self.base).unwrap_or(0);
        let extension = sign(addend);
        let mut carry = false;
        let mut add = |word: &mut u64, added: u64| {
            let (sum, first) = word.overflowing_add(added);
            let (sum, second) = sum.overflowing_add(u64::from(carry));
            *word = sum;
            carry = first | second;
            carry
        };
        let (beside, above) = self.words[start..].split_at_mut(addend.len());
        let mut carried = false;
        for (word, added) in beside.iter_mut().zip(addend) {
            carried = add(word, *added);
        }
        for word in above {
            // All ones and a carry change nothing, nor do zeros without one.
            if carried == (extension != 0) {
                return;
            }
            carried = add(word, extension);
        }
        if self.words.last().is_some_and(|top| (top ^ (top << 1)) >> 63 == 1) {
            self.extend(0, 1);
        }
    }

    /// Makes words exist from `base` on for `length` words.
    #[inline]
    fn cover(&mut self, base: i32, length: usize) {
        if self.words.is_empty() {
            self.base = base;
        }
        let below = usize::try_from(self.base - base).unwrap_or(0);
        let end = usize::try_from(base - self.base).unwrap_or(0) + length;
        let above = end.saturating_sub(self.words.len() + below);
        if below + above > 0 {
            self.extend(below, above);
            self.base = self.base.min(base);
        }
    }

    /// Puts words below and above that change nothing.
    #[cold]
    fn extend(&mut self, below: usize, above: usize) {
        let extension = sign(&self.words);
        let kept = self.words.iter().copied();
        self.words =
            repeat_n(0, below).chain(kept).chain(repeat_n(extension, above)).collect::<Vec<_>>().into();
    }
}

/// The word that goes on a number in two's complement above its top word.
fn sign(words: &[u64]) -> u64 {
    words.last().map_or(0, |top| ((*top as i64) >> 63) as u64)
}
