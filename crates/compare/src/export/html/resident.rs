//! Resident memory over time, a chart for each strategy, all with the same memory axis.

use maud::{Markup, html};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::axis::Axis;
use super::chart::{About, Area, Axes, Drawn, axes, line, svg, text};
use super::palette::{ANONYMOUS, AXIS, FILE};
use crate::export::quantity::duration;
use crate::units::memory_bytes;
use crate::{Moment, Phase, Report, Resident};

/// Points of a curve: more are not seen, and a page of many strategies stays small.
const POINTS: usize = 300;
/// Pixels that the name of a phase needs for each of its letters.
const LETTER: i32 = 7;

/// A figure for each strategy with samples; one alone is no course of time.
pub(super) fn charts(report: &Report) -> Vec<Markup> {
    let measured = report.strategies.iter().filter_map(|of| Some((of.strategy, of.measured()?)));
    let sampled: Vec<_> = measured
        .map(|(strategy, measured)| (strategy, thinned(&measured.resident)))
        .filter(|(_, moments)| moments.len() > 1)
        .collect();
    let most = sampled.iter().flat_map(|(_, moments)| moments).map(total).fold(0.0, f64::max);
    let figure = |(strategy, moments): &(crate::Strategy, Vec<Moment>)| {
        let about = About {
            id: format!("resident-{strategy}"),
            title: format!("Resident memory of {strategy} over time"),
            description: description(moments),
        };
        html! {
            figure {
                figcaption { (strategy) }
                (svg(&about, (380, 230), |area| draw(area, moments, most)))
            }
        }
    };
    sampled.iter().map(figure).collect()
}

/// Samples with a time, in its order; of many, the greatest of each stretch, so that no peak is lost.
fn thinned(moments: &[Moment]) -> Vec<Moment> {
    let mut moments: Vec<Moment> =
        moments.iter().filter(|one| one.seconds.is_finite() && one.seconds >= 0.0).copied().collect();
    moments.sort_by(|one, other| one.seconds.total_cmp(&other.seconds));
    let stretch = moments.len().div_ceil(POINTS).max(1);
    let greatest =
        |some: &[Moment]| some.iter().copied().max_by(|one, other| total(one).total_cmp(&total(other)));
    moments.chunks(stretch).filter_map(greatest).collect()
}

fn total(moment: &Moment) -> f64 {
    let (anonymous, file) = parts(moment);
    anonymous + file
}

#[allow(clippy::cast_precision_loss, reason = "places of points")]
fn parts(moment: &Moment) -> (f64, f64) {
    let Resident { anonymous_bytes, file_bytes } = moment.resident;
    (anonymous_bytes as f64, file_bytes as f64)
}

fn description(moments: &[Moment]) -> String {
    let most = |of: fn(&Moment) -> u64| memory_bytes(moments.iter().map(of).max().unwrap_or_default());
    format!(
        "{} of samples: at most {} anonymous and {} of files.",
        duration(moments.last().map_or(0.0, |last| last.seconds)),
        most(|moment| moment.resident.anonymous_bytes),
        most(|moment| moment.resident.file_bytes)
    )
}

fn draw(area: &Area<'_>, moments: &[Moment], most: f64) -> Drawn {
    let end = moments.last().map_or(0.0, |last| last.seconds);
    let axis = Axes { x: Axis::seconds(end), y: Axis::bytes(most), across: "seconds", up: "", right: 14 };
    let top_value = axis.y.to;
    let mut chart = axes(area, &axis)?;
    // Stacked: both parts are of the same moment, so their sum is what was resident.
    let all = moments.iter().map(|moment| (moment.seconds, total(moment)));
    let anonymous = moments.iter().map(|moment| (moment.seconds, parts(moment).0));
    chart.draw_series(AreaSeries::new(all, 0.0, FILE.light).border_style(line(ANONYMOUS, 1)))?;
    chart.draw_series(AreaSeries::new(anonymous, 0.0, ANONYMOUS.light))?;

    let phases = phases(moments);
    let ends = phases.iter().skip(1).map(|phase| phase.0).chain([end]);
    for ((from, phase), to) in phases.iter().zip(ends) {
        let [(left, top), (right, _)] = [*from, to].map(|at| chart.backend_coord(&(at, top_value)));
        if *from > 0.0 {
            let (_, bottom) = chart.backend_coord(&(*from, 0.0));
            area.draw(&PathElement::new(vec![(left, top), (left, bottom)], line(AXIS, 1)))?;
        }
        let name = name(*phase);
        if i32::try_from(name.len()).is_ok_and(|letters| right - left > letters * LETTER) {
            area.draw_text(name, &text(HPos::Center, VPos::Bottom), ((left + right) / 2, top - 2))?;
        }
    }
    Ok(())
}

/// The phases, with the times at which they begin.
fn phases(moments: &[Moment]) -> Vec<(f64, Phase)> {
    let mut phases: Vec<(f64, Phase)> = Vec::new();
    for moment in moments {
        if phases.last().is_none_or(|(_, last)| *last != moment.phase) {
            phases.push((moment.seconds, moment.phase));
        }
    }
    phases
}

const fn name(phase: Phase) -> &'static str {
    match phase {
        Phase::Load => "load",
        Phase::Query => "query",
        Phase::SecondQuery => "again",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_keeps_the_peak_and_the_order() {
        let moment = |at: u32| Moment {
            seconds: f64::from(at),
            phase: if at < 9000 { Phase::Load } else { Phase::Query },
            resident: Resident { anonymous_bytes: if at == 4321 { 1 << 40 } else { 1 << 20 }, file_bytes: 7 },
        };
        let mut moments: Vec<Moment> = (0..10_000).rev().map(moment).collect();
        moments.push(Moment { seconds: f64::NAN, ..moment(0) });
        let thinned = thinned(&moments);
        assert!(thinned.len() <= POINTS);
        assert!(thinned.is_sorted_by(|one, other| one.seconds < other.seconds));
        assert_eq!(thinned.iter().map(|one| one.resident.anonymous_bytes).max(), Some(1 << 40));
        assert_eq!(
            phases(&thinned).iter().map(|phase| phase.1).collect::<Vec<_>>(),
            [Phase::Load, Phase::Query]
        );
    }
}
