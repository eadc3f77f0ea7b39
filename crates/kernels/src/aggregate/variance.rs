//! `var_pop`, `var_samp`, `stddev_pop` and `stddev_samp`: the exact variance rounded once, and its root.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array};
use arrow::buffer::NullBuffer;
use arrow::datatypes::Float64Type;
use plimsoll_core::{AggregateFunction, DataType, Result, TypedAggregate};

use super::argument_type;
use super::key::{visit_rows, widening};
use super::moments::{FloatMoments, IntegerMoments, MomentCarries, MomentWords, squares_overflow};
use super::per_group::Fold;
use super::read::{Reader, read};

/// Which of the four.
#[derive(Clone, Copy)]
struct Measure {
    sample: bool,
    root: bool,
}

impl Measure {
    fn all(functions: &[AggregateFunction]) -> Vec<Self> {
        use AggregateFunction as A;
        let measure = |function: &A| Measure {
            sample: matches!(function, A::VarSamp | A::StddevSamp),
            root: matches!(function, A::StddevPop | A::StddevSamp),
        };
        functions.iter().map(measure).collect()
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
    measures: Vec<Measure>,
    argument: DataType,
    carries: MomentCarries,
}

impl VarianceOfIntegers {
    pub(super) fn new(argument: DataType, functions: &[AggregateFunction]) -> Self {
        VarianceOfIntegers { measures: Measure::all(functions), argument, carries: MomentCarries::default() }
    }
}

impl Fold for VarianceOfIntegers {
    type State = MomentWords;

    fn update(
        &mut self,
        states: &mut [MomentWords],
        groups: &[u32],
        arguments: &[ArrayRef],
        _: u64,
    ) -> Result<()> {
        match read(arguments[0].as_ref(), Rows { states, carries: &mut self.carries, groups }) {
            true => Err(squares_overflow()),
            false => Ok(()),
        }
    }

    fn merge(&mut self, group: usize, state: &mut MomentWords, other: MomentWords) -> Result<()> {
        let other = MomentCarries::default().moments(0, &other);
        match self.carries.add(group, state, &other) {
            true => Err(squares_overflow()),
            false => Ok(()),
        }
    }

    fn merge_beyond(&mut self, other: &Self, mapping: &[u32]) -> Result<()> {
        match self.carries.merge(&other.carries, mapping) {
            true => Err(squares_overflow()),
            false => Ok(()),
        }
    }

    fn widen(&mut self, states: &mut [MomentWords], wider: &TypedAggregate) -> Result<()> {
        let factor = widening(self.argument, argument_type(wider))?;
        self.argument = argument_type(wider);
        self.carries.rescale(states, factor)
    }

    fn results<'a>(
        &self,
        states: impl Iterator<Item = (usize, &'a MomentWords)> + Clone,
    ) -> Result<Vec<ArrayRef>> {
        let unit = 10u128.pow(self.argument.exact_scale().unwrap_or(0).into());
        let results = |measure: &Measure| -> ArrayRef {
            let result = |(group, words)| {
                let moments = self.carries.moments(group, words);
                measure.of(moments.count(), |freedom| moments.variance(freedom, unit))
            };
            Arc::new(states.clone().map(result).collect::<Float64Array>())
        };
        Ok(self.measures.iter().map(results).collect())
    }

    fn write_beyond(&self, group: usize, bytes: &mut Vec<u8>) -> Result<()> {
        self.carries.write(group, bytes)
    }

    fn read_beyond(&mut self, group: usize, bytes: &mut &[u8]) -> Result<()> {
        self.carries.read(group, bytes)
    }

    fn heap(&self) -> usize {
        self.carries.heap()
    }
}

/// Where the rows of one column go. Gives whether the squares have left 256 bits.
struct Rows<'a> {
    states: &'a mut [MomentWords],
    carries: &'a mut MomentCarries,
    groups: &'a [u32],
}

impl Reader for Rows<'_> {
    type Output = bool;

    fn words<N: Copy + Into<i64>>(self, values: &[N], nulls: Option<&NullBuffer>) -> bool {
        let Rows { states, carries, groups } = self;
        let mut too_large = false;
        let mut one = |group: u32, value: N| {
            states[group as usize].add(value.into(), |overflow| too_large |= carries.carry(group, overflow));
        };
        match nulls {
            None => groups.iter().zip(values).for_each(|(group, value)| one(*group, *value)),
            Some(nulls) => nulls.valid_indices().for_each(|row| one(groups[row], values[row])),
        }
        too_large
    }

    fn wide(self, values: &[i128], nulls: Option<&NullBuffer>) -> bool {
        let mut too_large = false;
        for row in (0..values.len()).filter(|row| nulls.is_none_or(|nulls| nulls.is_valid(*row))) {
            let group = self.groups[row] as usize;
            let moments = IntegerMoments::of(values[row]);
            too_large |= self.carries.add(group, &mut self.states[group], &moments);
        }
        too_large
    }
}

/// Of doubles.
pub(super) struct VarianceOfFloats {
    measures: Vec<Measure>,
    heap: usize,
}

impl VarianceOfFloats {
    pub(super) fn new(functions: &[AggregateFunction]) -> Self {
        VarianceOfFloats { measures: Measure::all(functions), heap: 0 }
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

    fn merge(&mut self, _: usize, state: &mut FloatMoments, other: FloatMoments) -> Result<()> {
        self.heap = self.heap.saturating_add_signed(state.merge(other));
        Ok(())
    }

    fn results<'a>(
        &self,
        states: impl Iterator<Item = (usize, &'a FloatMoments)> + Clone,
    ) -> Result<Vec<ArrayRef>> {
        let results = |measure: &Measure| -> ArrayRef {
            let result =
                |(_, state): (_, &FloatMoments)| measure.of(state.count(), |freedom| state.variance(freedom));
            Arc::new(states.clone().map(result).collect::<Float64Array>())
        };
        Ok(self.measures.iter().map(results).collect())
    }

    fn took(&mut self, state: &FloatMoments) {
        self.heap += state.heap();
    }

    fn heap(&self) -> usize {
        self.heap
    }
}
