//! How figures grow with the number of records: a straight line through the points of each strategy.

use crate::{Fit, Strategy, SweepPoint};

/// A line through each strategy's points, by least squares; none where a strategy has fewer than two sizes.
#[must_use]
pub(crate) fn fits(points: &[SweepPoint]) -> Vec<Fit> {
    Strategy::ALL.into_iter().filter_map(|strategy| fit(points, strategy)).collect()
}

#[allow(clippy::cast_precision_loss, reason = "counts and bytes stay far below 2^53")]
fn fit(points: &[SweepPoint], strategy: Strategy) -> Option<Fit> {
    let own = points.iter().filter(|point| point.strategy == strategy);
    let own: Vec<(f64, f64)> =
        own.map(|point| (point.records as f64, point.peak_heap_bytes as f64)).collect();
    let count = own.len() as f64;
    let (mean_x, mean_y) =
        (own.iter().map(|p| p.0).sum::<f64>() / count, own.iter().map(|p| p.1).sum::<f64>() / count);
    let spread: f64 = own.iter().map(|p| (p.0 - mean_x).powi(2)).sum();
    if own.len() < 2 || spread == 0.0 {
        return None;
    }
    let slope = own.iter().map(|p| (p.0 - mean_x) * (p.1 - mean_y)).sum::<f64>() / spread;
    Some(Fit { strategy, bytes_a_record: slope, fixed_bytes: mean_y - slope * mean_x })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(strategy: Strategy, records: u64, peak_heap_bytes: u64) -> SweepPoint {
        SweepPoint { strategy, records, peak_heap_bytes, peak_resident_bytes: None, seconds: 0.0 }
    }

    #[test]
    fn a_line_is_found() {
        let points: Vec<SweepPoint> = [1000, 10_000, 100_000]
            .into_iter()
            .flat_map(|n| [point(Strategy::Rows, n, 500 + 80 * n), point(Strategy::Stream, n, 7000)])
            .chain([point(Strategy::Compact, 5, 5)])
            .collect();
        let [rows, stream] = fits(&points).try_into().unwrap();
        assert_eq!(rows.strategy, Strategy::Rows);
        assert!(
            (rows.bytes_a_record - 80.0).abs() < 1e-6 && (rows.fixed_bytes - 500.0).abs() < 1e-3,
            "{rows:?}"
        );
        assert!(
            stream.bytes_a_record.abs() < 1e-9 && (stream.fixed_bytes - 7000.0).abs() < 1e-6,
            "{stream:?}"
        );
    }
}
