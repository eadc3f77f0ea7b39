//! The exact sum of doubles and of products of two doubles, rounded once.
//!
//! Most sums stay in a window of 128 bits; the others grow into a superaccumulator: an integer in 64-bit words wide
//! enough for every bit that was added (Kulisch's long accumulator; Neal, "Fast exact summation using small and large
//! superaccumulators", 2015), here with only the words that the sum needs.

use num_bigint::BigInt;
use serde::{Deserialize, Serialize};

use super::dyadic::decode;
use super::limbs::Limbs;
use super::{Dyadic, scaled_ratio};

/// An exact sum. Starts without heap memory. Its value depends neither on the order of the addends nor on how they
/// were split into sums that were merged.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FloatSum(Repr);

#[derive(Debug, Clone, Serialize, Deserialize)]
enum Repr {
    /// `mantissa` * 2^`exponent`.
    Window { mantissa: i128, exponent: i32 },
    /// What no window holds.
    Limbs(Limbs),
    /// An infinity or NaN, from which no finite addend leads away.
    NonFinite(f64),
}

const _: () = assert!(size_of::<FloatSum>() <= 32);

/// The exponent that [`decode`] finds in what is no finite double.
const NON_FINITE: i32 = 972;

/// Addends whose last bit is at most so far above the window's are added by a multiplication of words.
const NEAR: i32 = 62;

impl Default for FloatSum {
    fn default() -> Self {
        FloatSum(Repr::Window { mantissa: 0, exponent: 0 })
    }
}

impl FloatSum {
    /// Adds a double. Gives the change of the heap bytes held.
    #[inline]
    pub fn add(&mut self, value: f64) -> isize {
        let (mantissa, exponent) = decode(value);
        if let Repr::Window { mantissa: sum, exponent: base } = &mut self.0
            && exponent < NON_FINITE
            && let Some(shift @ 0..=NEAR) = exponent.checked_sub(*base)
        {
            // A product of two words costs less than a shift of two, and has no more bits than the window.
            let (total, overflow) = sum.overflowing_add(i128::from(mantissa) * i128::from(1i64 << shift));
            if !overflow {
                *sum = total;
                return 0;
            }
        }
        self.add_far(value)
    }

    /// Adds the product of two doubles, exactly; it is NaN where one of them is not finite. Gives the change of the
    /// heap bytes held.
    #[inline]
    pub fn add_product(&mut self, left: f64, right: f64) -> isize {
        if !(left.is_finite() && right.is_finite()) {
            return self.add_non_finite(f64::NAN);
        }
        let ((left, shift), (right, more)) = (shortest(left), shortest(right));
        self.add_scaled(i128::from(left) * i128::from(right), bits(left) + bits(right), shift + more)
    }

    /// Adds all that `other` has summed. Gives the change of the heap bytes held.
    pub fn merge(&mut self, other: FloatSum) -> isize {
        match (&mut self.0, other.0) {
            (own, Repr::Window { mantissa, exponent }) => own.grow(mantissa, exponent),
            (_, Repr::NonFinite(value)) => self.add_non_finite(value),
            (Repr::NonFinite(_), Repr::Limbs(_)) => 0,
            (own, Repr::Limbs(mut limbs)) => {
                let before = own.heap();
                match own {
                    Repr::Limbs(own) => limbs.merge(own),
                    Repr::Window { mantissa, exponent } => limbs.add(*mantissa, *exponent),
                    Repr::NonFinite(_) => {}
                }
                *own = Repr::Limbs(limbs);
                change(before, own.heap())
            }
        }
    }

    /// The sum divided by `divisor`, as the nearest double; an infinity or NaN as it is.
    pub fn over(&self, divisor: u64) -> f64 {
        match &self.0 {
            Repr::Window { mantissa, exponent } => {
                scaled_ratio(*mantissa, divisor.into(), i64::from(*exponent))
            }
            Repr::Limbs(limbs) => limbs.exact().over(&BigInt::from(divisor)),
            Repr::NonFinite(value) => *value,
        }
    }

    /// The double nearest to the sum.
    pub fn to_f64(&self) -> f64 {
        self.over(1)
    }

    /// The sum itself, where it is finite.
    pub fn exact(&self) -> Option<Dyadic> {
        match &self.0 {
            Repr::Window { mantissa, exponent } => Some(Dyadic::from((*mantissa, i64::from(*exponent)))),
            Repr::Limbs(limbs) => Some(limbs.exact()),
            Repr::NonFinite(_) => None,
        }
    }

    /// Heap bytes held.
    pub fn heap(&self) -> usize {
        self.0.heap()
    }

    /// Adds `mantissa` * 2^`exponent`, where `mantissa` has at most `bits` bits besides its sign.
    #[inline]
    fn add_scaled(&mut self, mantissa: i128, bits: i32, exponent: i32) -> isize {
        if let Repr::Window { mantissa: sum, exponent: base } = &mut self.0
            && (0..=127 - bits).contains(&(exponent - *base))
            && let Some(total) = sum.checked_add(mantissa << (exponent - *base))
        {
            *sum = total;
            return 0;
        }
        self.0.grow(mantissa, exponent)
    }

    /// Adds a double that is not near to the window, or does not fit it.
    #[inline(never)]
    fn add_far(&mut self, value: f64) -> isize {
        if value == 0.0 {
            return 0;
        }
        if !value.is_finite() {
            return self.add_non_finite(value);
        }
        let (mantissa, exponent) = decode(value);
        self.add_scaled(mantissa.into(), 53, exponent)
    }

    #[cold]
    fn add_non_finite(&mut self, value: f64) -> isize {
        let before = self.heap();
        self.0 = match self.0 {
            Repr::NonFinite(own) if own != value => Repr::NonFinite(f64::NAN),
            _ => Repr::NonFinite(value),
        };
        change(before, 0)
    }
}

impl Repr {
    fn heap(&self) -> usize {
        match self {
            Repr::Limbs(limbs) => limbs.heap(),
            Repr::Window { .. } | Repr::NonFinite(_) => 0,
        }
    }

    /// Adds what the window does not take where it stands.
    fn grow(&mut self, mantissa: i128, exponent: i32) -> isize {
        if mantissa == 0 {
            return 0;
        }
        let before = self.heap();
        match self {
            Repr::Window { mantissa: sum, exponent: base } => {
                *self = match window(&[(*sum, *base), (mantissa, exponent)]) {
                    Some((mantissa, exponent)) => Repr::Window { mantissa, exponent },
                    None => {
                        let mut limbs = Limbs::default();
                        limbs.add(*sum, *base);
                        limbs.add(mantissa, exponent);
                        Repr::Limbs(limbs)
                    }
                };
            }
            Repr::Limbs(limbs) => limbs.add(mantissa, exponent),
            Repr::NonFinite(_) => {}
        }
        change(before, self.heap())
    }
}

/// A double's odd significand, and its exponent: products of short numbers stay short.
#[inline]
fn shortest(value: f64) -> (i64, i32) {
    let (significand, exponent) = decode(value);
    let zeros = significand.trailing_zeros() & 63;
    (significand >> zeros, exponent + zeros as i32)
}

/// How many bits an integer has besides its sign.
#[inline]
fn bits(integer: i64) -> i32 {
    64 - integer.unsigned_abs().leading_zeros() as i32
}

/// The sum of two numbers, in the middle of the window that gives them most room; `None` where none does.
fn window(addends: &[(i128, i32); 2]) -> Option<(i128, i32)> {
    let stripped = addends.map(|(mantissa, exponent)| match mantissa.trailing_zeros() {
        128 => None,
        zeros => Some((mantissa >> zeros, exponent + zeros as i32)),
    });
    let Some(base) = stripped.iter().flatten().map(|(_, exponent)| *exponent).min() else {
        return Some((0, 0));
    };
    let mut sum = 0i128;
    for (mantissa, exponent) in stripped.into_iter().flatten() {
        sum = sum.checked_add(shifted(mantissa, exponent - base)?)?;
    }
    let room = sum.unsigned_abs().leading_zeros().saturating_sub(1).min(126) / 2;
    Some((sum << room, base - room as i32))
}

/// `mantissa` * 2^`by`, where that is an integer of 128 bits.
#[inline]
fn shifted(mantissa: i128, by: i32) -> Option<i128> {
    if !(0..127).contains(&by) {
        return None;
    }
    let shifted = mantissa << by;
    (shifted >> by == mantissa).then_some(shifted)
}

fn change(before: usize, after: usize) -> isize {
    after as isize - before as isize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hostile() -> impl Strategy<Value = f64> {
        let bits = any::<u64>().prop_map(f64::from_bits).prop_filter("finite", |value| value.is_finite());
        let short = (any::<i32>(), -3i32..6).prop_map(|(m, e)| f64::from(m) / 10f64.powi(e));
        prop_oneof![
            bits,
            short,
            prop::num::f64::SUBNORMAL,
            Just(0.0),
            Just(f64::MAX),
            Just(f64::MIN),
            Just(1e308),
            Just(-1e308),
            Just(f64::MIN_POSITIVE),
            Just(f64::from_bits(1)),
            (0..100u8).prop_map(f64::from),
        ]
    }

    fn sum_of(values: &[f64]) -> FloatSum {
        let mut sum = FloatSum::default();
        let heap: isize = values.iter().map(|value| sum.add(*value)).sum();
        assert_eq!(heap, sum.heap() as isize);
        sum
    }

    fn same(left: &Dyadic, right: &Dyadic) -> bool {
        (left - right).is_zero()
    }

    #[test]
    fn cancellation_leaves_the_small_one() {
        assert_eq!(sum_of(&[1e308, 1.0, -1e308]).to_f64(), 1.0);
        assert_eq!(sum_of(&[1e308, 1e308, -1e308, f64::from_bits(1), -1e308]).to_f64(), f64::from_bits(1));
        assert_eq!(sum_of(&[0.1; 10]).to_f64(), 1.0);
        assert_eq!(sum_of(&[f64::MAX, f64::MAX]).to_f64(), f64::INFINITY);
        assert_eq!(sum_of(&[f64::MAX, f64::MAX]).over(2), f64::MAX);
        assert_eq!(sum_of(&[-f64::from_bits(1)]).over(2).to_bits(), 0, "never -0.0");
        assert_eq!(sum_of(&[]).to_f64(), 0.0);
    }

    #[test]
    fn non_finite_values_absorb() {
        let inf = f64::INFINITY;
        assert_eq!(sum_of(&[1.0, inf, -1e308, inf]).to_f64(), inf);
        assert_eq!(sum_of(&[-inf, 1e308, 1e-308]).to_f64(), -inf);
        assert!(sum_of(&[inf, 1.0, -inf]).to_f64().is_nan());
        assert!(sum_of(&[f64::NAN, inf, 1.0]).to_f64().is_nan());
        let mut merged = sum_of(&[1e300, 1e-300]);
        assert!(merged.heap() > 0);
        merged.merge(sum_of(&[inf]));
        merged.merge(sum_of(&[1e300, 1e-300]));
        assert_eq!((merged.to_f64(), merged.heap()), (inf, 0));
        assert!(merged.exact().is_none());
    }

    #[test]
    fn plain_columns_stay_in_the_window() {
        let mut sum = FloatSum::default();
        for tenth in 0..1_000_000 {
            assert_eq!(sum.add(f64::from(tenth) / 10.0), 0);
        }
        assert_eq!(sum.heap(), 0);
    }

    proptest! {
        #[test]
        fn exact_in_any_order_and_split(
            (values, shuffled) in prop::collection::vec(hostile(), 0..40)
                .prop_flat_map(|values| (Just(values.clone()), Just(values).prop_shuffle())),
            cut: prop::sample::Index,
        ) {
            let expected = values.iter().fold(Dyadic::from(0.0), |sum, value| &sum + &Dyadic::from(*value));
            let (left, right) = shuffled.split_at(cut.index(shuffled.len() + 1));
            let mut merged = sum_of(left);
            let before = merged.heap() as isize;
            let change = merged.merge(sum_of(right));
            prop_assert_eq!(merged.heap() as isize, before + change);
            for sum in [sum_of(&values), sum_of(&shuffled), merged] {
                prop_assert!(same(&sum.exact().unwrap(), &expected));
                prop_assert_eq!(sum.to_f64().to_bits(), expected.over(&1.into()).to_bits());
                prop_assert_eq!(sum.over(7).to_bits(), expected.over(&7.into()).to_bits());
            }
        }

        #[test]
        fn products_are_exact(pairs in prop::collection::vec((hostile(), hostile()), 0..20)) {
            let mut sum = FloatSum::default();
            let mut expected = Dyadic::from(0.0);
            for (left, right) in pairs {
                sum.add_product(left, right);
                expected = &expected + &(&Dyadic::from(left) * &Dyadic::from(right));
            }
            prop_assert!(same(&sum.exact().unwrap(), &expected));
        }
    }
}
