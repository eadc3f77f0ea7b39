//! How far the values of a whole column reach beyond those of a sample. Knows no types.

/// How many of the greatest values tell how the tail goes on.
const TAIL: usize = 100;

/// By how much of its way from the median an estimate may be off, but not by more than it goes beyond what is known.
const DOUBT: f64 = 0.1;

/// From where to where the values of a whole column are likely to reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reach {
    /// The least and the greatest value that are likely.
    pub(super) likely: (i128, i128),
    /// What the estimate may be short of that, and
    pub(super) least: (i128, i128),
    /// beyond.
    pub(super) most: (i128, i128),
}

/// The reach of `total` values of which `sample` are known; `None` without any.
///
/// Each tail, beyond the median, is taken for one of the generalised Pareto distributions, which all tails tend to. Which one,
/// from those that end at a bound to those that fall as a power, the outermost known values say by the moment estimator
/// (Dekkers, Einmahl and de Haan, *A Moment Estimator for the Index of an Extreme-Value Distribution*, Annals of Statistics
/// 17, 1989), and what is expected is its mean greatest value among so many. For uniform, normal and exponential values
/// that is right in the mean, and off by a tenth in a usual sample; for those whose logarithm is normal by a half. Equal values at the end are a bound, and so are
/// those of a column that ascends, whose ends are in the sample.
pub(super) fn extremes(mut sample: Vec<i128>, total: f64) -> Option<Reach> {
    sample.sort_unstable();
    let (low, high) = (*sample.first()?, *sample.last()?);
    let median = sample[sample.len() / 2];
    let up = beyond(sample.iter().rev().map(|value| value.abs_diff(median)), sample.len(), total);
    let down = beyond(sample.iter().map(|value| value.abs_diff(median)), sample.len(), total);
    let reach = |doubt: f64| {
        let far = |tail: Tail| tail.reach + doubt * (tail.reach - tail.known).min(DOUBT * tail.reach);
        (low.min(outward(median, -far(down))), high.max(outward(median, far(up))))
    };
    Some(Reach { likely: reach(0.0), least: reach(-1.0), most: reach(1.0) })
}

fn outward(median: i128, far: f64) -> i128 {
    #[allow(clippy::cast_possible_truncation, reason = "a greater one saturates")]
    let far = far as i128;
    median.saturating_add(far)
}

/// How far out from the median the values of one side are: those that are known, and all of them.
#[derive(Debug, Clone, Copy)]
struct Tail {
    known: f64,
    reach: f64,
}

/// A tail, given how far out its values are, the outermost first.
fn beyond(from_the_end: impl Iterator<Item = u128>, known: usize, total: f64) -> Tail {
    /// The exponential of Euler's constant: what the logarithm of a number of values is short of their mean maximum.
    const MEAN: f64 = 1.781_072_417_990_198;
    let tail: Vec<f64> = from_the_end.take(TAIL.min(known / 10) + 1).map(|far| far as f64).collect();
    let outermost = tail.first().copied().unwrap_or(0.0);
    let bound = Tail { known: outermost, reach: outermost };
    let Some((threshold, above)) =
        tail.split_last().filter(|(last, above)| **last > 0.0 && !above.is_empty())
    else {
        return bound;
    };
    let count = above.len() as f64;
    let moment = |power: i32| above.iter().map(|far| (far / threshold).ln().powi(power)).sum::<f64>() / count;
    let (first, second) = (moment(1), moment(2));
    let spread = 1.0 - first * first / second;
    // Without a spread there is only a bound.
    if !spread.is_finite() || spread <= 0.0 {
        return bound;
    }
    // A mean exists below 1 only.
    let index = (first + 1.0 - 0.5 / spread).min(0.9);
    let scale = threshold * first * (1.0 - index.min(0.0));
    let passes = count * total / known as f64 * MEAN;
    let reach = if index.abs() < 1e-6 { passes.ln() } else { (passes.powf(index) - 1.0) / index };
    Tail { reach: (threshold + scale * reach).max(outermost), ..bound }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scrambled(at: u64) -> f64 {
        super::super::distinct::hash((at, "scrambled")) as f64 / u64::MAX as f64
    }

    fn widened(value: impl Fn(u64) -> i128) -> ((i128, i128), (i128, i128)) {
        let all: Vec<i128> = (0..1_000_000).map(value).collect();
        let known: Vec<i128> = all.iter().copied().step_by(100).collect();
        let (low, high) = (all.iter().min(), all.iter().max());
        (extremes(known, 1e6).unwrap().likely, (*low.unwrap(), *high.unwrap()))
    }

    #[track_caller]
    fn near(found: ((i128, i128), (i128, i128)), share: f64) {
        let ((low, high), real) = found;
        let error = |found: i128, real: i128| (found as f64 / real as f64 - 1.0).abs();
        assert!(error(low, real.0) < share && error(high, real.1) < share, "{found:?}");
    }

    #[test]
    fn normal_values() {
        let normal = |at| {
            let radius = (-2.0 * scrambled(2 * at).max(1e-12).ln()).sqrt();
            (radius * (std::f64::consts::TAU * scrambled(2 * at + 1)).cos() * 1e6) as i128
        };
        near(widened(normal), 0.3);
    }

    #[test]
    fn bounded_values() {
        near(widened(|at| ((scrambled(at) - 0.5) * 1e6) as i128), 0.01);
        let few = widened(|at| (scrambled(at) * 127.999) as i128);
        assert_eq!(few.0, few.1);
        // Ascending: the ends are known.
        let known: Vec<i128> = (0..=20).flat_map(|window| window * 50_000..window * 50_000 + 500).collect();
        let (low, high) = extremes(known, 1e6).unwrap().likely;
        assert!(low.abs() < 1000 && (high - 1_000_499).abs() < 1000, "{low} {high}");
    }

    #[test]
    fn few_values() {
        let likely = |sample, total| extremes(sample, total).map(|reach| reach.likely);
        assert_eq!(likely(Vec::new(), 5.0), None);
        assert_eq!(likely(vec![3], 500.0), Some((3, 3)));
        assert_eq!(likely(vec![3, 9], 2.0), Some((3, 9)));
        assert!(likely(vec![i128::MAX / 2; 100].into_iter().chain([i128::MAX]).collect(), 1e9).is_some());
    }
}
