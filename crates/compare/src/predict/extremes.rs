//! How far the values of a whole column reach beyond those of a sample. Knows no types.

/// How many of the greatest values tell how the tail goes on.
const TAIL: usize = 50;

/// The least and the greatest of `total` values of which `sample` are known. `None` without any.
///
/// Above a high threshold the tails of most distributions are nearly exponential, so the greatest of all values lies
/// about `mean * (ln(m) + 0.577)` above it, where `mean` is how far the known ones among the `m` values above it pass it
/// (Weissman, *Estimation of Parameters and Large Quantiles Based on the k Largest Observations*, JASA 73, 1978). Values
/// that end at a bound are reached too far by little, since their tail is short; those of a tail that falls as a power
/// not far enough. Equal values at the end are a bound.
pub(super) fn extremes(mut sample: Vec<i128>, total: f64) -> Option<(i128, i128)> {
    sample.sort_unstable();
    let (low, high) = (*sample.first()?, *sample.last()?);
    let up = beyond(sample.iter().rev().copied(), sample.len(), total);
    let down = beyond(sample.iter().copied(), sample.len(), total);
    Some((low.saturating_sub(down), high.saturating_add(up)))
}

/// How far the tail goes on behind its first value, which is the outermost.
fn beyond(from_the_end: impl Iterator<Item = i128>, known: usize, total: f64) -> i128 {
    const EULER: f64 = 0.577_215_664_901_532_9;
    let tail: Vec<i128> = from_the_end.take(TAIL.min(known / 10) + 1).collect();
    let (Some(outermost), Some((threshold, above))) = (tail.first(), tail.split_last()) else { return 0 };
    if above.is_empty() {
        return 0;
    }
    let far = |value: &i128| value.abs_diff(*threshold) as f64;
    let mean = above.iter().map(far).sum::<f64>() / above.len() as f64;
    let all_above = above.len() as f64 * total / known as f64;
    #[allow(clippy::cast_possible_truncation, reason = "a greater one saturates")]
    let reach = (mean * (all_above.ln() + EULER) - far(outermost)).max(0.0).ceil() as i128;
    reach
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
        (extremes(known, 1e6).unwrap(), (*low.unwrap(), *high.unwrap()))
    }

    #[test]
    fn normal_values() {
        let normal = |at| {
            let radius = (-2.0 * scrambled(2 * at).max(1e-12).ln()).sqrt();
            (radius * (std::f64::consts::TAU * scrambled(2 * at + 1)).cos() * 1e6) as i128
        };
        let ((low, high), real) = widened(normal);
        assert!((low - real.0).abs() < 600_000 && (high - real.1).abs() < 600_000, "{low} {high} {real:?}");
    }

    #[test]
    fn bounded_values() {
        let ((low, high), real) = widened(|at| (scrambled(at) * 1e6) as i128);
        assert!(low <= real.0 && low > -20_000 && high >= real.1 && high < 1_020_000, "{low} {high}");
        let ((low, high), real) = widened(|at| (scrambled(at) * 127.999) as i128);
        assert_eq!((low, high), real);
        assert_eq!(widened(|_| -7).0, (-7, -7));
    }

    #[test]
    fn few_values() {
        assert_eq!(extremes(Vec::new(), 5.0), None);
        assert_eq!(extremes(vec![3], 500.0), Some((3, 3)));
        assert_eq!(extremes(vec![3, 9], 2.0), Some((3, 9)));
        assert!(extremes(vec![i128::MAX / 2; 100].into_iter().chain([i128::MAX]).collect(), 1e9).is_some());
    }
}
