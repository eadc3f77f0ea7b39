//! `sum`, `avg`, `min`, `max` and counts of one column of integers or decimals, in one state; `min` and `max` of other
//! values of fixed width.
//!
//! A group has a slot of 64-bit words (12 to 32 bytes), which one pass over the column brings up to date. What words do
//! not hold lies in [`beyond`]: the upper words of sums, mantissas of more than 64 bits, counts of more than 32. So the
//! results are exact, and columns of usual numbers never pay for those that are not.

mod beyond;
mod rows;
mod slot;

use std::any::Any;
use std::sync::Arc;

use arrow::array::{ArrayRef, Decimal128Array, Float64Array, Int64Array};
use arrow::buffer::NullBuffer;
use plimsoll_core::{AggregateFunction as A, DataType, Error, MAX_PRECISION, Result, TypedAggregate};

use super::count::ROWS_COUNTED;
use super::frozen::{get, put};
use super::key::{from_keys, rescale, widening};
use super::read::read;
use super::{AggregateState, NOWHERE, argument_type, same_kind};
use crate::arrays::arrow_type;
use crate::exact::IntegerSum;
use crate::growth::{bytes_for, grow};
use beyond::Beyond;
use rows::{Rows, take_part};
use slot::{Extent, Full, Slot, Total};

/// The least integer with more digits than a result has.
const BEYOND_DIGITS: u128 = 10u128.pow(MAX_PRECISION as u32);

/// The state of these functions of one argument, with no group yet.
pub(super) fn boxed(argument: DataType, functions: Vec<A>) -> Box<dyn AggregateState> {
    let extent = functions.iter().any(|function| matches!(function, A::Min | A::Max));
    let total = functions.iter().any(|function| !matches!(function, A::Min | A::Max));
    match (extent, total) {
        (true, true) => Box::new(Summary::<Full>::new(argument, functions)),
        (true, false) => Box::new(Summary::<Extent>::new(argument, functions)),
        _ => Box::new(Summary::<Total>::new(argument, functions)),
    }
}

struct Summary<S> {
    argument: DataType,
    functions: Vec<A>,
    slots: Vec<S>,
    beyond: Beyond,
    /// At least the greatest count of a slot.
    counted: u64,
    /// Rows that were taken in all.
    rows: u64,
}

/// What is written of a group: its ends, the words of its sum, how many values and NULLs it has seen.
type Written = (Option<(i128, i128)>, (i128, i64), u64, u64);

/// From this many rows a group on, extremes are [settled](Slot::add): of values in no order, one in so many changes the
/// least, and a branch that is not foreseen costs about as much as so many moves without a branch.
const SETTLED_ROWS: u64 = 32;

impl<S: Slot> Summary<S> {
    fn new(argument: DataType, functions: Vec<A>) -> Self {
        Summary { argument, functions, slots: Vec::new(), beyond: Beyond::default(), counted: 0, rows: 0 }
    }

    /// Makes sure that the slots can count so many rows more.
    fn count_on(&mut self, rows: u64) {
        if S::TOTAL && self.counted + rows > ROWS_COUNTED {
            for (group, slot) in self.slots.iter_mut().enumerate() {
                let (extent, mut total) = slot.parts();
                if total.count > 0 {
                    self.beyond.add_counted(group, total.count.into());
                    total.count = 0;
                    *slot = S::of(extent, total);
                }
            }
            self.counted = 0;
        }
        self.counted += rows;
    }

    fn sum(&self, group: usize) -> IntegerSum {
        let (_, total) = self.slots[group].parts();
        let count = u64::from(total.count) + self.beyond.counted(group);
        IntegerSum::of_words(self.beyond.carries.get(group), total.sum, count)
    }

    /// The least and the greatest value.
    fn extent(&self, group: usize) -> Option<(i128, i128)> {
        let words = self.slots[group].parts().0.seen();
        let words = words.map(|(least, greatest)| (i128::from(least), i128::from(greatest)));
        match (words, self.beyond.outliers(group)) {
            (Some(words), Some(outliers)) => Some((words.0.min(outliers.0), words.1.max(outliers.1))),
            (words, outliers) => words.or(outliers),
        }
    }

    fn scale(&self) -> u8 {
        self.argument.exact_scale().unwrap_or(0)
    }

    /// A sum as a result has it; NULL over nothing.
    fn total(&self, group: usize) -> Result<Option<i128>> {
        let sum = self.sum(group);
        match sum.to_i128() {
            _ if sum.count() == 0 => Ok(None),
            Some(total) if total.unsigned_abs() < BEYOND_DIGITS => Ok(Some(total)),
            _ => Err(Error::value(format!("sum is beyond DECIMAL({MAX_PRECISION},{})", self.scale()))),
        }
    }

    /// Sums as an array. There can be millions, hardly ever with a NULL or of more than a word.
    fn totals(&self, groups: &[u32]) -> Result<ArrayRef> {
        let mut totals = Vec::with_capacity(groups.len());
        let mut valid = Vec::with_capacity(groups.len());
        for group in groups {
            let group = *group as usize;
            let (_, words) = self.slots[group].parts();
            let total = match self.beyond.carries.is_empty() && words.count > 0 {
                true => Some(words.sum.into()),
                false => self.total(group)?,
            };
            totals.push(total.unwrap_or(0));
            valid.push(total.is_some());
        }
        let nulls = (!valid.iter().all(|valid| *valid)).then(|| NullBuffer::from(valid));
        let totals = Decimal128Array::new(totals.into(), nulls);
        Ok(Arc::new(totals.with_data_type(arrow_type(DataType::decimal(self.scale())))))
    }

    fn result(&self, function: A, groups: &[u32]) -> Result<ArrayRef> {
        let numbers = groups.iter().map(|group| *group as usize);
        Ok(match function {
            A::Min => {
                from_keys(numbers.map(|group| self.extent(group).map(|(least, _)| least)), self.argument)
            }
            A::Max => from_keys(
                numbers.map(|group| self.extent(group).map(|(_, greatest)| greatest)),
                self.argument,
            ),
            A::Sum => self.totals(groups)?,
            A::Avg => {
                let unit = 10u128.pow(self.scale().into());
                let mean = |sum: IntegerSum| (sum.count() > 0).then(|| sum.mean(unit));
                Arc::new(numbers.map(|group| mean(self.sum(group))).collect::<Float64Array>())
            }
            A::CountStar => {
                let rows = numbers.map(|group| self.sum(group).count() + self.beyond.nulls(group));
                Arc::new(rows.map(|rows| rows as i64).collect::<Int64Array>())
            }
            _ => Arc::new(numbers.map(|group| self.sum(group).count() as i64).collect::<Int64Array>()),
        })
    }
}

impl<S: Slot> AggregateState for Summary<S> {
    fn resize(&mut self, groups: usize) {
        grow(&mut self.slots, groups, S::default);
    }

    fn update(&mut self, groups: &[u32], arguments: &[ArrayRef], _: u64) -> Result<()> {
        self.count_on(groups.len() as u64);
        let settled = self.rows >= self.slots.len() as u64 * SETTLED_ROWS;
        self.rows += groups.len() as u64;
        let counts_nulls = self.functions.contains(&A::CountStar);
        let rows = Rows { slots: &mut self.slots, beyond: &mut self.beyond, groups, counts_nulls, settled };
        read(arguments[0].as_ref(), rows);
        Ok(())
    }

    fn take_part(&mut self, other: &mut dyn AggregateState, mapping: &[u32]) -> Result<()> {
        let other = same_kind::<Self>(other)?;
        self.count_on(other.counted);
        let groups = other.slots.iter().zip(mapping).enumerate();
        for (from, (slot, group)) in groups.filter(|(_, (_, group))| **group != NOWHERE) {
            let (group, (extent, total)) = (*group as usize, slot.parts());
            take_part(&mut self.slots[group], &mut self.beyond, group, extent, total.sum.into(), total.count);
            self.beyond.merge(group, &other.beyond, from);
        }
        Ok(())
    }

    fn widen(&mut self, wider: &TypedAggregate) -> Result<()> {
        let factor = widening(self.argument, argument_type(wider))?;
        self.argument = argument_type(wider);
        if factor == 1 {
            return Ok(());
        }
        self.beyond.rescale(factor)?;
        for group in 0..self.slots.len() {
            let (mut extent, mut total) = self.slots[group].parts();
            if let Some((least, greatest)) = extent.seen() {
                let (least, greatest) = (rescale(least.into(), factor)?, rescale(greatest.into(), factor)?);
                extent = match (i64::try_from(least), i64::try_from(greatest)) {
                    (Ok(least), Ok(greatest)) => Extent { least, greatest },
                    _ => {
                        self.beyond.stretch(group, least);
                        self.beyond.stretch(group, greatest);
                        Extent::default()
                    }
                };
            }
            if S::TOTAL {
                let before = self.beyond.carries.get(group);
                let (upper, lower) = IntegerSum::of_words(before, total.sum, 0).scaled(factor)?.to_words();
                self.beyond.carries.add(group, upper - before);
                total.sum = lower;
            }
            self.slots[group] = S::of(extent, total);
        }
        Ok(())
    }

    fn close(&mut self) -> Result<()> {
        // A sum of one word fits.
        if self.functions.contains(&A::Sum) && !self.beyond.carries.is_empty() {
            (0..self.slots.len()).try_for_each(|group| self.total(group).map(drop))?;
        }
        Ok(())
    }

    fn results(&self, groups: &[u32]) -> Result<Vec<ArrayRef>> {
        self.functions.iter().map(|function| self.result(*function, groups)).collect()
    }

    fn write(&self, group: u32, bytes: &mut Vec<u8>) -> Result<()> {
        let group = group as usize;
        let sum = self.sum(group);
        put(&(self.extent(group), sum.to_words(), sum.count(), self.beyond.nulls(group)), bytes)
    }

    fn read(&mut self, group: u32, bytes: &mut &[u8]) -> Result<()> {
        let group = group as usize;
        let (ends, (upper, sum), counted, nulls): Written = get(bytes)?;
        let mut extent = Extent::default();
        if let Some((least, greatest)) = ends {
            match (i64::try_from(least), i64::try_from(greatest)) {
                (Ok(least), Ok(greatest)) => extent = Extent { least, greatest },
                _ => {
                    self.beyond.stretch(group, least);
                    self.beyond.stretch(group, greatest);
                }
            }
        }
        self.beyond.carries.add(group, upper);
        self.beyond.add_nulls(group, nulls);
        let count = u32::try_from(counted).ok().filter(|_| counted <= ROWS_COUNTED);
        match count {
            Some(_) => self.counted = self.counted.max(counted),
            None => self.beyond.add_counted(group, counted),
        }
        self.slots[group] = S::of(extent, Total { sum, count: count.unwrap_or(0) });
        Ok(())
    }

    fn size(&self) -> usize {
        self.slots.capacity() * size_of::<S>() + self.beyond.heap()
    }

    fn growth(&self, rows: usize, _: usize) -> usize {
        bytes_for(&self.slots, rows)
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
