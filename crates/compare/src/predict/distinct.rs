//! How many distinct values a whole column has, from windows of it. Sees hashes, not values.
//!
//! Records of a window are neighbours, and neighbours are often alike. So a value counts once in a window however often it
//! comes there (COLLAPSE: Chaudhuri, Das and Srivastava, *Effective Use of Block-Level Sampling in Statistics Estimation*,
//! SIGMOD 2004), and what is sampled are pairs of a value and a window. From how many windows each value is in, the number of
//! those that are in none is worked out in two ways, of which the larger counts, since both tend to fall short:
//! - the second-order jackknife for a finite population, D_uj2a (Haas and Stokes, *Estimating the Number of Classes in a
//!   Finite Population*, JASA 93, 1998), which is exact for values that are in equally many windows: in all of them, as few
//!   keys are, or in one, as keys are by which the file is sorted;
//! - from those that are in one and in two windows, how many are in none (Chao, *Estimating the Population Size for
//!   Capture-Recapture Data with Unequal Catchability*, Biometrics 43, 1987) and how many of them the rest of the file has
//!   (Shen, Chao and Lin, *Predicting the Number of New Species in Further Taxonomic Sampling*, Ecology 84, 2003), which is
//!   exact for draws from equally likely values, and holds where some values are frequent and many come once.
//!
//! Runs that are longer than a window but shorter than the way to the next one look like values of one window each. They
//! are bounded otherwise: each value comes somewhere for the first time, so there are at most as many values as rows that
//! nothing in the rows before them equals. Two things are not seen. A value whose rows lie further apart than a window
//! and nearer than two windows are is taken for several. And of values whose frequencies fall as a power of their rank
//! (Zipf), those that come once or twice in the file are underestimated, by half and more.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

/// From how many windows on a value is frequent, and left out of the estimate.
const FREQUENT: u32 = 50;

/// What the windows show of a column's values.
#[derive(Debug, Default)]
pub(super) struct Windows {
    values: HashMap<u64, Value, BuildHasherDefault<DefaultHasher>>,
    windows: u32,
    /// Values behind the first quarters of windows, and of these those that were not in their window before.
    late: u64,
    late_arrivals: u64,
}

#[derive(Debug, Clone, Copy)]
struct Value {
    /// In how many windows it is, and the number of the last.
    windows: u32,
    last: u32,
    bytes: u64,
}

/// What is estimated of a whole column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Distinct {
    pub(super) count: f64,
    /// The count less and more its standard error, as far as there is room.
    pub(super) least: f64,
    pub(super) most: f64,
    /// Mean bytes of a distinct value.
    pub(super) mean_bytes: f64,
    /// The share of values that nothing near before them equals.
    pub(super) arrivals: f64,
}

/// A hash that is the same in every run.
pub(super) fn hash(value: impl std::hash::Hash) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(value)
}

impl Windows {
    /// Takes the values of the next window, in order: a hash and a length of each, without NULLs.
    pub(super) fn observe(&mut self, values: &[(u64, usize)]) {
        self.windows += 1;
        let window = self.windows;
        for (at, (hash, bytes)) in values.iter().enumerate() {
            let known = Value { windows: 0, last: 0, bytes: *bytes as u64 };
            let value = self.values.entry(*hash).or_insert(known);
            let arrives = value.last != window;
            if arrives {
                (value.windows, value.last) = (value.windows + 1, window);
            }
            if at >= values.len() / 4 {
                self.late += 1;
                self.late_arrivals += u64::from(arrives);
            }
        }
    }

    /// Of a column of `values` values (NULLs apart), of which the share `share` was seen.
    pub(super) fn estimate(&self, values: f64, share: f64) -> Distinct {
        let seen = self.values.len() as f64;
        let bytes: u64 = self.values.values().map(|value| value.bytes).sum();
        let mean_bytes = if seen > 0.0 { bytes as f64 / seen } else { 0.0 };
        if share >= 1.0 {
            return Distinct { count: seen, least: seen, most: seen, mean_bytes, arrivals: 1.0 };
        }
        let arrivals = if self.late > 0 { self.late_arrivals as f64 / self.late as f64 } else { 1.0 };
        let bound = (values * arrivals).max(seen);
        let count = self.jackknife(share).max(self.extrapolated(share)).clamp(seen, bound);
        // What was not seen is reckoned from how many values came again, or else from the arrivals.
        let pairs: u64 = self.values.values().map(|value| u64::from(value.windows)).sum();
        let again = pairs as f64 - seen;
        let by_arrivals = count > 0.9 * bound;
        let evidence = if by_arrivals { self.late_arrivals as f64 } else { again };
        let error = (count - seen) / (evidence + 1.0).sqrt();
        // Few arrivals leave it open how many there are in all: one more could have been seen, and chance has its part.
        let late = self.late_arrivals as f64;
        let farthest = values * ((late + late.sqrt() + 1.0) / self.late.max(1) as f64).min(1.0);
        let most = if by_arrivals { farthest } else { (count + error).min(bound) };
        let (least, most) = ((count - error).max(seen), most.max(count));
        Distinct { count, least, most, mean_bytes, arrivals }
    }

    /// Those that were seen, and of those that were not as many as the rest of the file is likely to have.
    fn extrapolated(&self, share: f64) -> f64 {
        let in_windows =
            |windows| self.values.values().filter(|value| value.windows == windows).count() as f64;
        let (once, twice) = (in_windows(1), in_windows(2));
        // How many times as much is not seen as is.
        let rest = (1.0 - share) / share;
        let new = if twice > 0.0 {
            once * once / (2.0 * twice) * -(-2.0 * twice / once.max(1.0) * rest).exp_m1()
        } else {
            once * rest
        };
        self.values.len() as f64 + new
    }

    /// D_uj2a of pairs of values and windows.
    fn jackknife(&self, share: f64) -> f64 {
        let frequent = self.values.values().filter(|value| value.windows > FREQUENT).count() as f64;
        let mut frequencies = [0.0; FREQUENT as usize + 1];
        self.values
            .values()
            .filter(|value| value.windows <= FREQUENT)
            .for_each(|value| frequencies[value.windows as usize] += 1.0);
        let seen: f64 = frequencies.iter().sum();
        let pairs: f64 = frequencies.iter().enumerate().map(|(times, count)| times as f64 * count).sum();
        if pairs == 0.0 {
            return frequent;
        }
        let unseen = frequencies[1] * (1.0 - share) / pairs;
        let first = seen / (1.0 - unseen);
        let all_pairs = pairs / share;
        let squares = |(times, count): (usize, &f64)| (times * times.saturating_sub(1)) as f64 * count;
        let squares: f64 = frequencies.iter().enumerate().map(squares).sum();
        // The squared coefficient of variation of how many windows of the file a value is in.
        let variation = (first / (pairs * pairs) * squares + first / all_pairs - 1.0).max(0.0);
        let correction = frequencies[1] * (1.0 - share) * (1.0 - share).ln() * variation / share;
        frequent + (seen - correction) / (1.0 - unseen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: u64 = 1_000_000;
    /// One in a hundred.
    const WINDOW: u64 = 500;
    const STRIDE: u64 = 50_000;

    fn estimate(value: impl Fn(u64) -> u64) -> Distinct {
        let mut windows = Windows::default();
        for stretch in (0..ROWS).step_by(STRIDE as usize) {
            let start = stretch + hash((stretch, "window")) % (STRIDE - WINDOW);
            let rows: Vec<_> = (start..start + WINDOW).map(|row| (hash(value(row)), 8)).collect();
            windows.observe(&rows);
        }
        windows.estimate(ROWS as f64, WINDOW as f64 / STRIDE as f64)
    }

    #[track_caller]
    fn near(estimate: Distinct, expected: f64, share: f64) {
        let error = estimate.count / expected - 1.0;
        assert!(error.abs() <= share, "{estimate:?} where there are {expected}");
    }

    /// The value of a row, at random.
    fn random(row: u64) -> u64 {
        hash((row, "row"))
    }

    #[test]
    fn few_values_are_all_seen() {
        near(estimate(|row| random(row) % 413), 413.0, 0.001);
        near(estimate(|_| 7), 1.0, 0.0);
    }

    #[test]
    fn values_in_no_order() {
        near(estimate(|row| row), 1e6, 0.001);
        near(estimate(|row| random(row) % 10_000), 10_000.0, 0.05);
        // A million draws of half a million values leave some out.
        near(estimate(|row| random(row) % 500_000), 432_000.0, 0.25);
    }

    #[test]
    fn values_by_which_the_file_is_sorted() {
        near(estimate(|row| row / 2), 500_000.0, 0.01);
        near(estimate(|row| row / 100), 10_000.0, 0.05);
        // Runs of several windows.
        near(estimate(|row| row / 2500), 400.0, 0.6);
        assert!((estimate(|row| row / 2).arrivals - 0.5).abs() < 0.01);
    }

    #[test]
    fn sorted_parts_one_behind_the_other() {
        // Few windows meet the same values.
        near(estimate(|row| row % 25_000 / 5), 5000.0, 0.4);
    }

    #[test]
    fn skewed_values() {
        // Zipf's law: the frequency of a value falls with its rank.
        let ranks = |row| {
            let uniform = random(row) as f64 / u64::MAX as f64;
            (100_000_f64.powf(uniform)) as u64
        };
        let expected = (0..ROWS).map(ranks).collect::<std::collections::HashSet<_>>().len();
        // Most values come once or twice in the file: what the sample has seen of them is too little for any estimator.
        near(estimate(ranks), expected as f64, 0.65);
    }
}
