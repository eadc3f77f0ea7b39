//! `sum(x)` and `avg(x)`: exact sums, rounded where they become doubles.

use std::sync::Arc;

use arrow::array::{ArrayRef, ArrowPrimitiveType, AsArray, Decimal128Array, Float64Array, PrimitiveArray};
use arrow::datatypes::{DataType as ArrowType, Decimal64Type, Decimal128Type, Float64Type, Int64Type};
use plimsoll_core::{
    AggregateFunction, DataType, Error, MAX_PRECISION, Result, TypedAggregate, value::decimal_digits,
};

use super::argument_type;
use super::key::{visit_rows, widening};
use super::per_group::Fold;
use crate::arrays::arrow_type;
use crate::exact::{FloatSum, IntegerSum};

/// Of integers and decimals.
pub(super) struct SumIntegers {
    mean: bool,
    argument: DataType,
}

impl SumIntegers {
    pub(super) fn new(aggregate: &TypedAggregate) -> Self {
        SumIntegers { mean: aggregate.function == AggregateFunction::Avg, argument: argument_type(aggregate) }
    }
}

impl Fold for SumIntegers {
    type State = IntegerSum;

    fn update(
        &mut self,
        sums: &mut [IntegerSum],
        groups: &[u32],
        arguments: &[ArrayRef],
        _: u64,
    ) -> Result<()> {
        let array = &arguments[0];
        match array.data_type() {
            ArrowType::Decimal64(..) => add(sums, groups, array.as_primitive::<Decimal64Type>()),
            ArrowType::Decimal128(..) => add(sums, groups, array.as_primitive::<Decimal128Type>()),
            _ => add(sums, groups, array.as_primitive::<Int64Type>()),
        }
        Ok(())
    }

    fn merge(&mut self, sum: &mut IntegerSum, other: IntegerSum) -> Result<()> {
        sum.merge(&other);
        Ok(())
    }

    fn widen(&mut self, sums: &mut [IntegerSum], wider: &TypedAggregate) -> Result<()> {
        let factor = widening(self.argument, argument_type(wider))?;
        self.argument = argument_type(wider);
        sums.iter_mut().try_for_each(|sum| sum.scaled(factor).map(|scaled| *sum = scaled))
    }

    fn finish(&mut self, sums: Vec<IntegerSum>) -> Result<ArrayRef> {
        let scale = self.argument.exact_scale().unwrap_or(0);
        if self.mean {
            let unit = 10u128.pow(scale.into());
            let mean = |sum: &IntegerSum| (sum.count() > 0).then(|| sum.mean(unit));
            return Ok(Arc::new(sums.iter().map(mean).collect::<Float64Array>()));
        }
        let total = |sum: &IntegerSum| match sum.to_i128() {
            _ if sum.count() == 0 => Ok(None),
            Some(total) if decimal_digits(total) <= MAX_PRECISION => Ok(Some(total)),
            _ => Err(Error::value(format!("sum is beyond DECIMAL({MAX_PRECISION},{scale})"))),
        };
        let totals = sums.iter().map(total).collect::<Result<Decimal128Array>>()?;
        Ok(Arc::new(totals.with_data_type(arrow_type(DataType::decimal(scale)))))
    }
}

fn add<T: ArrowPrimitiveType>(sums: &mut [IntegerSum], groups: &[u32], array: &PrimitiveArray<T>)
where
    T::Native: Into<i128>,
{
    if let [sum] = sums {
        let mut total = *sum;
        visit_rows(array, |_, value| {
            if let Some(value) = value {
                total.add(value.into());
            }
        });
        *sum = total;
        return;
    }
    visit_rows(array, |row, value| {
        if let Some(value) = value {
            sums[groups[row] as usize].add(value.into());
        }
    });
}

/// Of doubles.
pub(super) struct SumFloats {
    mean: bool,
    heap: usize,
}

#[derive(Default)]
pub(super) struct FloatTotal {
    sum: FloatSum,
    count: u64,
}

impl SumFloats {
    pub(super) fn new(aggregate: &TypedAggregate) -> Self {
        SumFloats { mean: aggregate.function == AggregateFunction::Avg, heap: 0 }
    }
}

impl Fold for SumFloats {
    type State = FloatTotal;

    fn update(
        &mut self,
        totals: &mut [FloatTotal],
        groups: &[u32],
        arguments: &[ArrayRef],
        _: u64,
    ) -> Result<()> {
        let mut grown = 0;
        let single = totals.len() == 1;
        visit_rows(arguments[0].as_primitive::<Float64Type>(), |row, value| {
            if let Some(value) = value {
                let total = &mut totals[if single { 0 } else { groups[row] as usize }];
                total.count += 1;
                grown += total.sum.add(value);
            }
        });
        self.heap = self.heap.saturating_add_signed(grown);
        Ok(())
    }

    fn merge(&mut self, total: &mut FloatTotal, other: FloatTotal) -> Result<()> {
        total.count += other.count;
        self.heap = self.heap.saturating_add_signed(total.sum.merge(other.sum));
        Ok(())
    }

    fn finish(&mut self, totals: Vec<FloatTotal>) -> Result<ArrayRef> {
        self.heap = 0;
        let result = |total: &FloatTotal| {
            (total.count > 0).then(|| total.sum.over(if self.mean { total.count } else { 1 }))
        };
        Ok(Arc::new(totals.iter().map(result).collect::<Float64Array>()))
    }

    fn heap(&self) -> usize {
        self.heap
    }
}
