//! The sweep of a comparison as a chart: the peak of the heap over the records, both logarithmic.

use maud::{Markup, html};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::axis::Axis;
use super::chart::{About, Area, Axes, Drawn, Plot, axes, coloured, line, svg};
use super::palette;
use crate::export::table::swept;
use crate::units::{grouped, memory_bytes};
use crate::{Strategy, Sweep};

/// Pixels that the names to the right of the lines need.
const NAMES: u32 = 82;
/// Pixels between two names.
const APART: i32 = 15;

/// A line of measured points.
struct Curve {
    strategy: Strategy,
    points: Vec<(f64, f64)>,
}

/// The chart, and a word on points that a logarithmic axis does not have.
pub(super) fn chart(sweep: &Sweep) -> Markup {
    let curves = curves(sweep);
    let drawn: usize = curves.iter().map(|curve| curve.points.len()).sum();
    let left_out = sweep.points.len() - drawn;
    html! {
        @if drawn > 0 { (svg(&about(sweep), (520, 340), |area| draw(area, sweep, &curves))) }
        @if left_out > 0 {
            p.missing {
                (grouped(left_out as u64)) " of " (grouped(sweep.points.len() as u64))
                " points are not drawn: a logarithmic axis has no zero."
            }
        }
    }
}

/// The mark of a strategy's points, as a character for the legend.
pub(super) const fn mark(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::Rows => "■",
        Strategy::Stream => "●",
        Strategy::Columnar => "▲",
        Strategy::Compact => "✕",
        Strategy::Mapped => "○",
    }
}

fn about(sweep: &Sweep) -> About {
    let sentence = |strategy: Strategy| {
        let points: Vec<_> = sweep.points.iter().filter(|point| point.strategy == strategy).collect();
        let least = points.iter().min_by_key(|point| point.records)?;
        let most = points.iter().max_by_key(|point| point.records)?;
        Some(format!(
            "{strategy}: from {} at {} records to {} at {}.",
            memory_bytes(least.peak_heap_bytes),
            grouped(least.records),
            memory_bytes(most.peak_heap_bytes),
            grouped(most.records)
        ))
    };
    About {
        id: "sweep".to_owned(),
        title: "Peak heap over records, both on logarithmic axes".to_owned(),
        description: swept(sweep).into_iter().filter_map(sentence).collect::<Vec<_>>().join(" "),
    }
}

#[allow(clippy::cast_precision_loss, reason = "places of points")]
fn curves(sweep: &Sweep) -> Vec<Curve> {
    let curve = |strategy| {
        let of = sweep.points.iter().filter(|point| point.strategy == strategy);
        let shown = of.filter(|point| point.records > 0 && point.peak_heap_bytes > 0);
        let mut points: Vec<_> =
            shown.map(|point| (point.records as f64, point.peak_heap_bytes as f64)).collect();
        points.sort_by(|one, other| one.0.total_cmp(&other.0));
        Curve { strategy, points }
    };
    swept(sweep).into_iter().map(curve).filter(|curve| !curve.points.is_empty()).collect()
}

fn draw(area: &Area<'_>, sweep: &Sweep, curves: &[Curve]) -> Drawn {
    let points = || curves.iter().flat_map(|curve| &curve.points);
    let (least_x, most_x) = ends(points().map(|point| point.0));
    let (least_y, most_y) = ends(points().map(|point| point.1));
    let x = Axis::log_counts(least_x, most_x);
    let y = Axis::log_bytes(least_y, most_y);
    let (from, to) = (y.from, y.to);
    let labelled = Axes { x, y, across: "records (log scale)", up: "peak heap (log scale)", right: NAMES };
    let mut chart = axes(area, &labelled)?;
    let mut names = Vec::new();
    for Curve { strategy, points } in curves {
        let ink = palette::of(*strategy);
        if let Some(fit) = sweep.fits.iter().find(|fit| fit.strategy == *strategy) {
            let (first, last) = ends(points.iter().map(|point| point.0));
            let places = (0..=48).map(|step| first * (last / first).powf(f64::from(step) / 48.0));
            let fitted = places.map(|records| (records, fit.fixed_bytes + fit.bytes_a_record * records));
            let inside = fitted.filter(|(_, bytes)| (from..=to).contains(bytes));
            chart.draw_series(DashedLineSeries::new(inside, 3, 4, line(ink, 1)))?;
        }
        chart.draw_series(LineSeries::new(points.iter().copied(), line(ink, 2)))?;
        draw_marks(&mut chart, *strategy, points)?;
        if let Some(last) = points.last() {
            names.push((chart.backend_coord(last), *strategy));
        }
    }
    for ((across, height), strategy) in apart(names) {
        let style = coloured(palette::of(strategy), HPos::Left, VPos::Center);
        area.draw_text(strategy.name(), &style, (across + 12, height))?;
    }
    Ok(())
}

/// What stands at the points; the same as [`mark`].
fn draw_marks(chart: &mut Plot<'_>, strategy: Strategy, points: &[(f64, f64)]) -> Drawn {
    let ink = palette::of(strategy);
    let (full, drawn) = (ink.light.filled(), line(ink, 2));
    let points = points.iter().copied();
    match strategy {
        Strategy::Rows => {
            let square = |at| EmptyElement::at(at) + Rectangle::new([(-4, -4), (4, 4)], full);
            chart.draw_series(points.map(square))?;
        }
        Strategy::Stream => _ = chart.draw_series(points.map(|at| Circle::new(at, 4, full)))?,
        Strategy::Columnar => _ = chart.draw_series(points.map(|at| TriangleMarker::new(at, 6, full)))?,
        Strategy::Compact => _ = chart.draw_series(points.map(|at| Cross::new(at, 4, drawn)))?,
        Strategy::Mapped => _ = chart.draw_series(points.map(|at| Circle::new(at, 5, drawn)))?,
    }
    Ok(())
}

/// Least and greatest.
fn ends(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    (values.clone().fold(f64::INFINITY, f64::min), values.fold(0.0, f64::max))
}

/// The places in the order of their heights, moved down so far that no name covers another.
fn apart(mut names: Vec<((i32, i32), Strategy)>) -> Vec<((i32, i32), Strategy)> {
    names.sort_by_key(|((_, height), _)| *height);
    for at in 1..names.len() {
        names[at].0.1 = names[at].0.1.max(names[at - 1].0.1 + APART);
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_apart() {
        let names =
            vec![((9, 200), Strategy::Stream), ((9, 50), Strategy::Rows), ((7, 198), Strategy::Mapped)];
        let expected =
            vec![((9, 50), Strategy::Rows), ((7, 198), Strategy::Mapped), ((9, 213), Strategy::Stream)];
        assert_eq!(apart(names), expected);
    }
}
