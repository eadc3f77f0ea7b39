//! `var_pop`, `var_samp`, `stddev_pop` and `stddev_samp`: the exact variance rounded once, and its root.

use std::sync::Arc;

use arrow::array::{ArrayRef, ArrowPrimitiveType, AsArray, Float64Array, PrimitiveArray};
use arrow::datatypes::{DataType as ArrowType, Decimal64Type, Decimal128Type, Float64Type, Int64Type};
use plimsoll_core::{AggregateFunction, DataType, Result, TypedAggregate};

use super::argument_type;
use super::key::{visit_rows, widening};
use super::moments::{FloatMoments, IntegerMoments, squares_overflow};
use super::per_group::Fold;

/// Which of the four.
#[derive(Clone, Copy)]
struct Measure {
    sample: bool,
    root: bool,
}

impl Measure {
    fn new(aggregate: &TypedAggregate) -> Self {
        use AggregateFunction as A;
        Measure {
            sample: matches!(aggregate.function, A::VarSamp | A::StddevSamp),
            root: matches!(aggregate.function, A::StddevPop | A::StddevSamp),
        }
    }

    /// The result over `count` values, given the variance for a number of degrees of freedom; `None` where there is
    /// no such number.
    fn of(self, count: u64, variance: impl FnOnce(u64) -> f64) -> Option<f64> {
        let freedom = count.checked_sub(u64::from(self.sample)).filter(|freedom| *freedom > 0)?;
        let variance = variance(freedom);
        Some(if self.root { variance.sqrt() } else { variance })
    }
}

/// Of integers and decimals.
pub(super) struct VarianceOfIntegers {
    measure: Measure,
    argument: DataType,
}

impl VarianceOfIntegers {
    pub(super) fn new(aggregate: &TypedAggregate) -> Self {
        VarianceOfIntegers { measure: Measure::new(aggregate), argument: argument_type(aggregate) }
    }
}

impl Fold for VarianceOfIntegers {
    type State = IntegerMoments;

    fn update(
        &mut self,
        states: &mut [IntegerMoments],
        groups: &[u32],
        arguments: &[ArrayRef],
        _: u64,
    ) -> Result<()> {
        let array = &arguments[0];
        match array.data_type() {
            ArrowType::Decimal64(..) => add(states, groups, array.as_primitive::<Decimal64Type>()),
            ArrowType::Decimal128(..) => add(states, groups, array.as_primitive::<Decimal128Type>()),
            _ => add(states, groups, array.as_primitive::<Int64Type>()),
        }
    }

    fn merge(&mut self, state: &mut IntegerMoments, other: IntegerMoments) -> Result<()> {
        state.merge(&other)
    }

    fn widen(&mut self, states: &mut [IntegerMoments], wider: &TypedAggregate) -> Result<()> {
        let factor = widening(self.argument, argument_type(wider))?;
        self.argument = argument_type(wider);
        states.iter_mut().try_for_each(|state| state.scaled(factor).map(|scaled| *state = scaled))
    }

    fn finish(&mut self, states: Vec<IntegerMoments>) -> Result<ArrayRef> {
        let unit = 10u128.pow(self.argument.exact_scale().unwrap_or(0).into());
        let result =
            |state: &IntegerMoments| self.measure.of(state.count(), |freedom| state.variance(freedom, unit));
        Ok(Arc::new(states.iter().map(result).collect::<Float64Array>()))
    }
}

fn add<T: ArrowPrimitiveType>(
    states: &mut [IntegerMoments],
    groups: &[u32],
    array: &PrimitiveArray<T>,
) -> Result<()>
where
    T::Native: Into<i128>,
{
    let mut overflow = false;
    visit_rows(array, |row, value| {
        if let Some(value) = value {
            overflow |= states[groups[row] as usize].add(value.into());
        }
    });
    if overflow { Err(squares_overflow()) } else { Ok(()) }
}

/// Of doubles.
pub(super) struct VarianceOfFloats {
    measure: Measure,
    heap: usize,
}

impl VarianceOfFloats {
    pub(super) fn new(aggregate: &TypedAggregate) -> Self {
        VarianceOfFloats { measure: Measure::new(aggregate), heap: 0 }
    }
}

impl Fold for VarianceOfFloats {
    type State = FloatMoments;

    fn update(
        &mut self,
        states: &mut [FloatMoments],
        groups: &[u32],
        arguments: &[ArrayRef],
        _: u64,
    ) -> Result<()> {
        let mut grown = 0;
        visit_rows(arguments[0].as_primitive::<Float64Type>(), |row, value| {
            if let Some(value) = value {
                grown += states[groups[row] as usize].add(value);
            }
        });
        self.heap = self.heap.saturating_add_signed(grown);
        Ok(())
    }

    fn merge(&mut self, state: &mut FloatMoments, other: FloatMoments) -> Result<()> {
        self.heap = self.heap.saturating_add_signed(state.merge(other));
        Ok(())
    }

    fn finish(&mut self, states: Vec<FloatMoments>) -> Result<ArrayRef> {
        self.heap = 0;
        let result = |state: &FloatMoments| self.measure.of(state.count(), |freedom| state.variance(freedom));
        Ok(Arc::new(states.iter().map(result).collect::<Float64Array>()))
    }

    fn heap(&self) -> usize {
        self.heap
    }
}
