//! `corr(y, x)`: Pearson's coefficient as `sign(a) * sqrt(a^2 / b)`; a and b exact, the quotient rounded once.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Decimal128Array, Float64Array};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType as ArrowType, Decimal128Type, Float64Type, Int64Type, i256};
use num_bigint::Sign;
use plimsoll_core::{DataType, Result, TypedAggregate};

use super::key::widening;
use super::moments::{FloatMoments, IntegerMoments, dyadic, product, spread, squares_overflow};
use super::per_group::Fold;
use crate::arrays::wide;
use crate::exact::{Dyadic, FloatSum};

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
}

/// Each side has its own scale: scales fall out of the quotient.
#[derive(Default)]
pub(super) struct IntegerPairs {
    left: IntegerMoments,
    right: IntegerMoments,
    products: i256,
}

impl CorrelationOfIntegers {
    pub(super) fn new(aggregate: &TypedAggregate) -> Self {
        CorrelationOfIntegers { arguments: argument_types(aggregate) }
    }
}

fn argument_types(aggregate: &TypedAggregate) -> [DataType; 2] {
    [0, 1].map(|index| aggregate.arguments.get(index).map_or(DataType::Null, |argument| argument.data_type))
}

/// An array of exact numbers as mantissas of 128 bits.
fn mantissas(array: &ArrayRef) -> Decimal128Array {
    match array.data_type() {
        ArrowType::Int64 => array.as_primitive::<Int64Type>().unary(i128::from),
        _ => wide(array).as_primitive::<Decimal128Type>().clone(),
    }
}

impl Fold for CorrelationOfIntegers {
    type State = IntegerPairs;

    fn update(
        &mut self,
        states: &mut [IntegerPairs],
        groups: &[u32],
        arguments: &[ArrayRef],
        _: u64,
    ) -> Result<()> {
        let (left, right) = (mantissas(&arguments[0]), mantissas(&arguments[1]));
        let (left, right) = (left.values(), right.values());
        let mut overflow = false;
        visit_pairs(arguments, |row| {
            let state = &mut states[groups[row] as usize];
            overflow |= state.left.add(left[row]);
            overflow |= state.right.add(right[row]);
            state.products = state.products.wrapping_add(product(left[row], right[row]));
        });
        if overflow { Err(squares_overflow()) } else { Ok(()) }
    }

    fn merge(&mut self, state: &mut IntegerPairs, other: IntegerPairs) -> Result<()> {
        state.products = state.products.wrapping_add(other.products);
        state.left.merge(&other.left)?;
        state.right.merge(&other.right)
    }

    fn widen(&mut self, states: &mut [IntegerPairs], wider: &TypedAggregate) -> Result<()> {
        let arguments = argument_types(wider);
        let left = widening(self.arguments[0], arguments[0])?;
        let right = widening(self.arguments[1], arguments[1])?;
        self.arguments = arguments;
        for state in states {
            state.left = state.left.scaled(left)?;
            state.right = state.right.scaled(right)?;
            let scaled = state.products.checked_mul(product(left, right));
            state.products = scaled.ok_or_else(squares_overflow)?;
        }
        Ok(())
    }

    fn finish(&mut self, states: Vec<IntegerPairs>) -> Result<ArrayRef> {
        let result = |state: &IntegerPairs| {
            let (left, right) = (&state.left, &state.right);
            let covariance = spread(left.count(), &dyadic(state.products), &left.sum(), &right.sum());
            coefficient(&covariance, &left.spread(), &right.spread())
        };
        Ok(Arc::new(states.iter().map(result).collect::<Float64Array>()))
    }
}

/// Over doubles.
#[derive(Default)]
pub(super) struct CorrelationOfFloats {
    heap: usize,
}

#[derive(Default)]
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

    fn merge(&mut self, state: &mut FloatPairs, other: FloatPairs) -> Result<()> {
        let grown = state.left.merge(other.left)
            + state.right.merge(other.right)
            + state.products.merge(other.products);
        self.heap = self.heap.saturating_add_signed(grown);
        Ok(())
    }

    fn finish(&mut self, states: Vec<FloatPairs>) -> Result<ArrayRef> {
        self.heap = 0;
        let result = |state: &FloatPairs| state.coefficient().unwrap_or(Some(f64::NAN));
        Ok(Arc::new(states.iter().map(result).collect::<Float64Array>()))
    }

    fn heap(&self) -> usize {
        self.heap
    }
}
