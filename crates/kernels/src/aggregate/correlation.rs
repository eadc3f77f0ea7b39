//! `corr(y, x)`: Pearson's coefficient as `sign(a) * sqrt(a^2 / b)`; a and b exact, the quotient rounded once.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{Float64Type, i256};
use num_bigint::Sign;
use plimsoll_core::{DataType, Result, TypedAggregate};
use serde::{Deserialize, Serialize};

use super::frozen::{get, put};
use super::key::widening;
use super::moments::{
    FloatMoments, IntegerMoments, MomentCarries, MomentWords, dyadic, product, spread, squares_overflow,
};
use super::per_group::Fold;
use super::read::{mantissas, words};
use crate::exact::carries::{join_double, split_double};
use crate::exact::{Carries, Dyadic, FloatSum};

/// The coefficient, given `a = n * sum(xy) - sum(x) * sum(y)` and the spreads of both sides.
fn coefficient(covariance: &Dyadic, left: &Dyadic, right: &Dyadic) -> Option<f64> {
    let spreads = left * right;
    if spreads.is_zero() {
        return None;
    }
    let magnitude = (covariance * covariance).ratio(&spreads).sqrt();
    let negative = covariance.mantissa().sign() == Sign::Minus && magnitude > 0.0;
    Some(if negative { -magnitude } else { magnitude })
}

/// Calls `visit` with the rows where both arguments have a value.
fn visit_pairs(arguments: &[ArrayRef], visit: impl FnMut(usize)) {
    match NullBuffer::union(arguments[0].nulls(), arguments[1].nulls()) {
        None => (0..arguments[0].len()).for_each(visit),
        Some(nulls) => nulls.valid_indices().for_each(visit),
    }
}

/// Over integers and decimals.
pub(super) struct CorrelationOfIntegers {
    arguments: [DataType; 2],
    left: MomentCarries,
    right: MomentCarries,
    products: Carries,
}

/// Lower words. Each side has its own scale: scales fall out of the quotient.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct PairWords {
    left: MomentWords,
    right: MomentWords,
    products: i128,
}

impl CorrelationOfIntegers {
    pub(super) fn new(aggregate: &TypedAggregate) -> Self {
        CorrelationOfIntegers {
            arguments: argument_types(aggregate),
            left: MomentCarries::default(),
            right: MomentCarries::default(),
            products: Carries::default(),
        }
    }

    /// Takes a pair of words. Whether squares have left 256 bits.
    #[inline(always)]
    fn add(&mut self, state: &mut PairWords, group: u32, left: i64, right: i64) -> bool {
        let mut too_large = false;
        state.left.add(left, |overflow| too_large |= self.left.carry(group, overflow));
        state.right.add(right, |overflow| too_large |= self.right.carry(group, overflow));
        let product = i128::from(left) * i128::from(right);
        let (products, overflow) = state.products.overflowing_add(product);
        state.products = products;
        if overflow {
            self.products.carry(group as usize, product < 0);
        }
        too_large
    }

    /// Adds to the sum of products of a group.
    fn add_products(&mut self, group: usize, products: &mut i128, more: i256) {
        let (upper, lower) = split_double(more);
        self.products.add(group, upper);
        let (sum, overflow) = products.overflowing_add(lower);
        *products = sum;
        if overflow {
            self.products.carry(group, lower < 0);
        }
    }

    /// Adds moments of both sides to those of a group.
    fn add_moments(
        &mut self,
        group: usize,
        state: &mut PairWords,
        left: &IntegerMoments,
        right: &IntegerMoments,
    ) -> bool {
        self.left.add(group, &mut state.left, left) | self.right.add(group, &mut state.right, right)
    }
}

fn argument_types(aggregate: &TypedAggregate) -> [DataType; 2] {
    [0, 1].map(|index| aggregate.arguments.get(index).map_or(DataType::Null, |argument| argument.data_type))
}

fn checked(too_large: bool) -> Result<()> {
    if too_large { Err(squares_overflow()) } else { Ok(()) }
}

impl Fold for CorrelationOfIntegers {
    type State = PairWords;

    fn update(
        &mut self,
        states: &mut [PairWords],
        groups: &[u32],
        arguments: &[ArrayRef],
        _: u64,
    ) -> Result<()> {
        let mut too_large = false;
        if let (Some(left), Some(right)) = (words(&arguments[0]), words(&arguments[1])) {
            match NullBuffer::union(arguments[0].nulls(), arguments[1].nulls()) {
                None => {
                    groups.iter().zip(left.iter().zip(right.iter())).for_each(|(group, (left, right))| {
                        too_large |= self.add(&mut states[*group as usize], *group, *left, *right);
                    })
                }
                Some(nulls) => nulls.valid_indices().for_each(|row| {
                    let state = &mut states[groups[row] as usize];
                    too_large |= self.add(state, groups[row], left[row], right[row]);
                }),
            }
            return checked(too_large);
        }
        let (left, right) = (mantissas(&arguments[0]), mantissas(&arguments[1]));
        visit_pairs(arguments, |row| {
            let (group, left, right) = (groups[row] as usize, left[row], right[row]);
            let state = &mut states[group];
            self.add_products(group, &mut state.products, product(left, right));
            let (left, right) = (IntegerMoments::of(left), IntegerMoments::of(right));
            too_large |= self.add_moments(group, state, &left, &right);
        });
        checked(too_large)
    }

    fn merge(&mut self, group: usize, state: &mut PairWords, other: PairWords) -> Result<()> {
        let none = MomentCarries::default();
        self.add_products(group, &mut state.products, i256::from_i128(other.products));
        let (left, right) = (none.moments(0, &other.left), none.moments(0, &other.right));
        checked(self.add_moments(group, state, &left, &right))
    }

    fn merge_beyond(&mut self, other: &Self, mapping: &[u32]) -> Result<()> {
        self.products.merge(&other.products, mapping);
        checked(self.left.merge(&other.left, mapping) | self.right.merge(&other.right, mapping))
    }

    fn widen(&mut self, states: &mut [PairWords], wider: &TypedAggregate) -> Result<()> {
        let arguments = argument_types(wider);
        let left = widening(self.arguments[0], arguments[0])?;
        let right = widening(self.arguments[1], arguments[1])?;
        self.arguments = arguments;
        self.left.rescale(states.iter_mut().map(|state| &mut state.left), left)?;
        self.right.rescale(states.iter_mut().map(|state| &mut state.right), right)?;
        let products = std::mem::take(&mut self.products);
        for (group, state) in states.iter_mut().enumerate() {
            let sum = join_double(products.get(group), std::mem::take(&mut state.products));
            let scaled = sum.checked_mul(product(left, right)).ok_or_else(squares_overflow)?;
            self.add_products(group, &mut state.products, scaled);
        }
        Ok(())
    }

    fn results<'a>(
        &self,
        states: impl Iterator<Item = (usize, &'a PairWords)> + Clone,
    ) -> Result<Vec<ArrayRef>> {
        let result = |(group, state): (usize, &PairWords)| {
            let left = self.left.moments(group, &state.left);
            let right = self.right.moments(group, &state.right);
            let products = dyadic(join_double(self.products.get(group), state.products));
            let covariance = spread(left.count(), &products, &left.sum(), &right.sum());
            coefficient(&covariance, &left.spread(), &right.spread())
        };
        Ok(vec![Arc::new(states.map(result).collect::<Float64Array>())])
    }

    fn write_beyond(&self, group: usize, bytes: &mut Vec<u8>) -> Result<()> {
        self.left.write(group, bytes)?;
        self.right.write(group, bytes)?;
        put(&self.products.get(group), bytes)
    }

    fn read_beyond(&mut self, group: usize, bytes: &mut &[u8]) -> Result<()> {
        self.left.read(group, bytes)?;
        self.right.read(group, bytes)?;
        self.products.add(group, get(bytes)?);
        Ok(())
    }

    fn heap(&self) -> usize {
        self.left.heap() + self.right.heap() + self.products.heap()
    }
}

/// Over doubles.
#[derive(Default)]
pub(super) struct CorrelationOfFloats {
    heap: usize,
}

#[derive(Default, Serialize, Deserialize)]
pub(super) struct FloatPairs {
    left: FloatMoments,
    right: FloatMoments,
    products: FloatSum,
}

impl FloatPairs {
    /// `Some(None)` where there is no coefficient, `None` where a value was not finite.
    fn coefficient(&self) -> Option<Option<f64>> {
        let products = self.products.exact()?;
        let covariance = spread(self.left.count(), &products, &self.left.sum()?, &self.right.sum()?);
        Some(coefficient(&covariance, &self.left.spread()?, &self.right.spread()?))
    }
}

impl Fold for CorrelationOfFloats {
    type State = FloatPairs;

    fn update(
        &mut self,
        states: &mut [FloatPairs],
        groups: &[u32],
        arguments: &[ArrayRef],
        _: u64,
    ) -> Result<()> {
        let left = arguments[0].as_primitive::<Float64Type>().values();
        let right = arguments[1].as_primitive::<Float64Type>().values();
        let mut grown = 0;
        visit_pairs(arguments, |row| {
            let state = &mut states[groups[row] as usize];
            grown += state.left.add(left[row]) + state.right.add(right[row]);
            grown += state.products.add_product(left[row], right[row]);
        });
        self.heap = self.heap.saturating_add_signed(grown);
        Ok(())
    }

    fn merge(&mut self, _: usize, state: &mut FloatPairs, other: FloatPairs) -> Result<()> {
        let grown = state.left.merge(other.left)
            + state.right.merge(other.right)
            + state.products.merge(other.products);
        self.heap = self.heap.saturating_add_signed(grown);
        Ok(())
    }

    fn results<'a>(
        &self,
        states: impl Iterator<Item = (usize, &'a FloatPairs)> + Clone,
    ) -> Result<Vec<ArrayRef>> {
        let result = |(_, state): (_, &FloatPairs)| state.coefficient().unwrap_or(Some(f64::NAN));
        Ok(vec![Arc::new(states.map(result).collect::<Float64Array>())])
    }

    fn took(&mut self, state: &FloatPairs) {
        self.heap += state.left.heap() + state.right.heap() + state.products.heap();
    }

    fn heap(&self) -> usize {
        self.heap
    }
}
