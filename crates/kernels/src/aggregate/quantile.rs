//! `quantile_cont(x, q)`, with it `median(x)`, and `quantile_disc(x, q)`.
//!
//! q is the decimal that was written, so the position q * (n - 1) is an exact fraction, and so is what lies between two
//! neighbours that are exact numbers or finite doubles: it is rounded once.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array};
use plimsoll_core::{AggregateFunction, DataType, Quantile, Result, TypedAggregate};

use super::frozen::{get, put};
use super::key::{float_of_key, from_keys, widening};
use super::passing::Passing;
use super::rank::{Between, Rank, interpolate_exact, interpolate_floats};
use super::samples::{Samples, Visitor};
use super::values::{Values, Visit, key_of, put_key};
use super::{AggregateState, NOWHERE, argument_type, same_kind, same_state};

/// Every value of every group, until the end.
pub(super) struct Quantiles {
    measures: Vec<Measure>,
    argument: DataType,
    samples: Samples,
    /// Groups whose values pass by instead of being kept.
    passing: BTreeMap<u32, Passing>,
}

/// One of the quantiles that are asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measure {
    interpolates: bool,
    rank: Rank,
}

impl Measure {
    /// The ranks of the values that it wants of `count` sorted ones.
    pub(super) fn ranks(&self, count: usize) -> [usize; 2] {
        match self.interpolates {
            true => {
                let (index, rest) = self.rank.position(count.saturating_sub(1));
                [index, index + usize::from(rest > 0)]
            }
            false => [self.rank.discrete_of(count); 2],
        }
    }

    /// What lies between the values at its ranks.
    pub(super) fn between<T>(&self, count: usize, low: T, high: T) -> Option<Between<T>> {
        let (_, rest) = self.rank.position(count.checked_sub(1)?);
        Some(Between { low, high, rest, parts: self.rank.parts() })
    }
}

impl Quantiles {
    pub(super) fn new(argument: DataType, functions: &[AggregateFunction]) -> Self {
        let measure = |function: &AggregateFunction| match function {
            AggregateFunction::QuantileDisc(quantile) => (false, *quantile),
            AggregateFunction::QuantileCont(quantile) => (true, *quantile),
            _ => (true, Quantile::MEDIAN),
        };
        let measures = functions.iter().map(measure);
        let measures = measures
            .map(|(interpolates, quantile)| Measure { interpolates, rank: Rank::from(quantile) })
            .collect();
        Quantiles { measures, argument, samples: Samples::default(), passing: BTreeMap::new() }
    }

    /// Takes groups of another state whose values pass by.
    fn take_passing(&mut self, other: BTreeMap<u32, Passing>, mapping: &[u32]) {
        for (group, passing) in other {
            match mapping[group as usize] {
                NOWHERE => {}
                // Of one that is there already nothing has passed yet, nor of this one.
                group => {
                    let known = self.passing.insert(group, passing);
                    let more = known.map_or(0, |known| known.count);
                    self.passing.entry(group).or_default().count += more;
                }
            }
        }
    }
}

/// Results by group, for each measure.
struct Results<'a> {
    measures: &'a [Measure],
    argument: DataType,
    interpolated: Vec<Vec<Option<f64>>>,
    keys: Vec<Vec<Option<i128>>>,
}

impl Visitor for Results<'_> {
    fn visit<T: Copy + Ord + Into<i128>>(&mut self, values: &mut [T]) {
        let columns = self.interpolated.iter_mut().zip(&mut self.keys);
        for (Measure { interpolates, rank }, (interpolated, keys)) in self.measures.iter().zip(columns) {
            match interpolates {
                true => {
                    let between = rank.neighbours(values);
                    interpolated.push(between.map(|between| interpolate(self.argument, between)));
                }
                false => keys.push(rank.discrete(values).map(Into::into)),
            }
        }
    }
}

impl Results<'_> {
    /// Takes a group whose values have passed by.
    fn take_passed(&mut self, passing: &Passing) {
        let columns = self.interpolated.iter_mut().zip(&mut self.keys);
        for (number, (measure, (interpolated, keys))) in self.measures.iter().zip(columns).enumerate() {
            let between = passing.between(number, measure);
            match measure.interpolates {
                true => interpolated.push(between.map(|between| interpolate(self.argument, between))),
                false => keys.push(between.map(|between| between.low)),
            }
        }
    }
}

fn interpolate<T: Into<i128>>(argument: DataType, between: Between<T>) -> f64 {
    let Between { low, high, rest, parts } = between;
    let (low, high) = (low.into(), high.into());
    match argument {
        DataType::Float64 => {
            interpolate_floats(float_of_key(low as i64), float_of_key(high as i64), rest, parts)
        }
        exact => {
            interpolate_exact(low, high, rest, parts, 10u128.pow(exact.exact_scale().unwrap_or(0).into()))
        }
    }
}

impl AggregateState for Quantiles {
    fn resize(&mut self, groups: usize) {
        self.samples.resize(groups);
    }

    fn update(&mut self, groups: &[u32], arguments: &[ArrayRef], _: u64) -> Result<()> {
        self.samples.extend(groups, &arguments[0])
    }

    fn merge(&mut self, other: Box<dyn AggregateState>, mapping: &[u32]) -> Result<()> {
        let other = same_state::<Self>(other)?;
        self.take_passing(other.passing, mapping);
        self.samples.append(other.samples, mapping)
    }

    fn take_part(&mut self, other: &mut dyn AggregateState, mapping: &[u32]) -> Result<()> {
        let groups = (0..).zip(mapping).filter(|(_, to)| **to != NOWHERE);
        let (from, to): (Vec<u32>, Vec<u32>) = groups.unzip();
        let other = same_kind::<Self>(other)?;
        self.take_passing(other.passing.clone(), mapping);
        self.samples.copy(&other.samples, &from, &to)
    }

    fn widen(&mut self, wider: &TypedAggregate) -> Result<()> {
        let factor = widening(self.argument, argument_type(wider))?;
        self.argument = argument_type(wider);
        self.samples.rescale(factor)
    }

    fn close(&mut self) -> Result<()> {
        Ok(())
    }

    fn results(&self, groups: &[u32]) -> Result<Vec<ArrayRef>> {
        let count = self.measures.len();
        let (interpolated, keys) = (vec![Vec::new(); count], vec![Vec::new(); count]);
        let mut results = Results { measures: &self.measures, argument: self.argument, interpolated, keys };
        let passes = |group: &u32| self.passing.contains_key(group);
        for groups in groups.chunk_by(|left, right| !passes(left) && !passes(right)) {
            match groups.first().and_then(|group| self.passing.get(group)) {
                Some(passing) => results.take_passed(passing),
                None => self.samples.each_group(groups, &mut results),
            }
        }
        let columns = results.interpolated.into_iter().zip(results.keys);
        let array = |(measure, (interpolated, keys)): (&Measure, (_, Vec<_>))| match measure.interpolates {
            true => Arc::new(Float64Array::from(interpolated)) as ArrayRef,
            false => from_keys(keys.into_iter(), self.argument),
        };
        Ok(self.measures.iter().zip(columns).map(array).collect())
    }

    fn write(&self, group: u32, bytes: &mut Vec<u8>) -> Result<()> {
        put(&self.samples.values(group), bytes)
    }

    fn read(&mut self, group: u32, bytes: &mut &[u8]) -> Result<()> {
        self.samples.push(group, &get::<Vec<i128>>(bytes)?)
    }

    fn values(&self) -> Option<&dyn Values> {
        Some(self)
    }

    fn values_mut(&mut self) -> Option<&mut dyn Values> {
        Some(self)
    }

    fn size(&self) -> usize {
        self.samples.size()
    }

    fn growth(&self, rows: usize, _: usize) -> usize {
        self.samples.growth(rows)
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

impl Values for Quantiles {
    fn inserted(&self) -> usize {
        0
    }

    fn bytes_of(&self, group: u32) -> usize {
        self.samples.bytes_of(group)
    }

    fn write_rest(&self, group: u32, bytes: &mut Vec<u8>) -> Result<()> {
        let passing = self.passing.get(&group).map_or(0, |passing| passing.count);
        put(&(passing + self.samples.count(group)), bytes)
    }

    fn read_rest(&mut self, group: u32, bytes: &mut &[u8]) -> Result<()> {
        self.passing.entry(group).or_default().count += get::<usize>(bytes)?;
        Ok(())
    }

    fn each(&self, group: u32, visit: &mut Visit<'_>) -> Result<()> {
        let mut runs = SortedRuns { visit, outcome: Ok(()) };
        self.samples.each_group(&[group], &mut runs);
        runs.outcome
    }

    fn add(&mut self, group: u32, value: &[u8], times: u64) -> Result<()> {
        let key = key_of(value)?;
        (0..times).try_for_each(|_| self.samples.push(group, &[key]))
    }

    fn pass(&mut self, group: u32, value: &[u8], times: u64) -> Result<()> {
        self.passing.entry(group).or_default().pass(&self.measures, key_of(value)?, times);
        Ok(())
    }

    fn pass_none(&mut self) {
        self.passing.clear();
    }
}

/// Tells the values of a group in order, equal ones together.
struct SortedRuns<'a, 'b> {
    visit: &'a mut Visit<'b>,
    outcome: Result<()>,
}

impl Visitor for SortedRuns<'_, '_> {
    fn visit<T: Copy + Ord + Into<i128>>(&mut self, values: &mut [T]) {
        values.sort_unstable();
        let mut bytes = Vec::new();
        self.outcome = values.chunk_by(|left, right| left == right).try_for_each(|equal| {
            bytes.clear();
            put_key(equal[0].into(), &mut bytes);
            (self.visit)(&bytes, equal.len() as u64)
        });
    }
}
