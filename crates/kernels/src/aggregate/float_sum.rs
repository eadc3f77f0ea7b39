//! `sum(x)`, `avg(x)` and `count(x)` of doubles: exact sums, rounded where they become results.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array, Int64Array};
use arrow::datatypes::Float64Type;
use plimsoll_core::{AggregateFunction, Result};
use serde::{Deserialize, Serialize};

use super::key::visit_rows;
use super::per_group::Fold;
use crate::exact::FloatSum;

/// Some of the three.
pub(super) struct FloatSums {
    functions: Vec<AggregateFunction>,
    heap: usize,
}

#[derive(Default, Serialize, Deserialize)]
pub(super) struct FloatTotal {
    sum: FloatSum,
    count: u64,
}

impl FloatSums {
    pub(super) fn new(functions: Vec<AggregateFunction>) -> Self {
        FloatSums { functions, heap: 0 }
    }
}

impl Fold for FloatSums {
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

    fn merge(&mut self, _: usize, total: &mut FloatTotal, other: FloatTotal) -> Result<()> {
        total.count += other.count;
        self.heap = self.heap.saturating_add_signed(total.sum.merge(other.sum));
        Ok(())
    }

    fn results<'a>(
        &self,
        totals: impl Iterator<Item = (usize, &'a FloatTotal)> + Clone,
    ) -> Result<Vec<ArrayRef>> {
        let totals = totals.map(|(_, total)| total);
        let over = |divisor: fn(&FloatTotal) -> u64| -> ArrayRef {
            let result = |total: &FloatTotal| (total.count > 0).then(|| total.sum.over(divisor(total)));
            Arc::new(totals.clone().map(result).collect::<Float64Array>())
        };
        let result = |function: &AggregateFunction| match function {
            AggregateFunction::Count => {
                Arc::new(totals.clone().map(|total| total.count as i64).collect::<Int64Array>())
            }
            AggregateFunction::Avg => over(|total| total.count),
            _ => over(|_| 1),
        };
        Ok(self.functions.iter().map(result).collect())
    }

    fn took(&mut self, state: &FloatTotal) {
        self.heap += state.sum.heap();
    }

    fn heap(&self) -> usize {
        self.heap
    }
}
