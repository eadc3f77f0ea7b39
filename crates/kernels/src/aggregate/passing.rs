//! Quantiles of values that pass by in order: how many there will be is known, so that each is picked where it passes.

use super::quantile::Measure;
use super::rank::Between;

/// A group whose values pass by.
#[derive(Debug, Default, Clone)]
pub(super) struct Passing {
    /// How many values there are.
    pub(super) count: usize,
    /// How many have passed.
    passed: usize,
    /// For each measure the values at its ranks.
    picks: Vec<Pick>,
}

/// The values that a measure wants: that at its rank, and the one behind it or again the same.
#[derive(Debug, Clone, Copy)]
struct Pick {
    ranks: [usize; 2],
    values: [Option<i128>; 2],
}

impl Passing {
    /// Takes the next value, which comes `times` times.
    pub(super) fn pass(&mut self, measures: &[Measure], value: i128, times: u64) {
        if self.picks.is_empty() {
            let ranks = measures.iter().map(|measure| measure.ranks(self.count));
            self.picks = ranks.map(|ranks| Pick { ranks, values: [None; 2] }).collect();
        }
        let passed = self.passed.saturating_add(usize::try_from(times).unwrap_or(usize::MAX));
        for Pick { ranks, values } in &mut self.picks {
            for (rank, picked) in ranks.iter().zip(values) {
                if (self.passed..passed).contains(rank) {
                    *picked = Some(value);
                }
            }
        }
        self.passed = passed;
    }

    /// What the measure of a number asks for, if there are values.
    pub(super) fn between(&self, number: usize, measure: &Measure) -> Option<Between<i128>> {
        let [low, high] = self.picks.get(number)?.values;
        measure.between(self.count, low?, high?)
    }
}
