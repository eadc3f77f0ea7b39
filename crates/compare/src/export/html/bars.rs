//! Bars by strategy, of HTML: each begins at 0 and has its figure beside it as text.

use maud::{Markup, html};

use super::palette::of;
use crate::export::quantity::duration;
use crate::export::sentences::unmeasured;
use crate::units::memory_bytes;
use crate::{Measured, Report, StrategyReport};

/// What a panel of bars shows.
struct Panel<'a> {
    title: &'a str,
    /// Names of the two parts of each bar.
    parts: [&'a str; 2],
    /// Where the first part and the whole of a bar end.
    ends: fn(&Measured) -> (f64, f64),
    text: fn(&Measured) -> String,
    /// What stands where there is no bar.
    missing: fn(&StrategyReport) -> Option<String>,
}

/// The heap and the time of each strategy.
pub(super) fn panels(report: &Report) -> Markup {
    let heap = Panel {
        title: "Peak heap",
        parts: ["held after the load", "only at the peak"],
        ends: |of| (float(of.live_heap_bytes), float(of.peak_heap_bytes)),
        text: |of| memory_bytes(of.peak_heap_bytes),
        missing: unmeasured,
    };
    let time = Panel {
        title: "Load and first query",
        parts: ["load", "first query"],
        ends: |of| (of.load_seconds, of.load_seconds + of.query_seconds),
        text: |of| duration(of.load_seconds + of.query_seconds),
        missing: |_| Some("not measured".to_owned()),
    };
    html! { div.panels { (panel(report, &heap)) (panel(report, &time)) } }
}

fn panel(report: &Report, panel: &Panel<'_>) -> Markup {
    let measured = report.strategies.iter().filter_map(|of| of.measured());
    let longest = measured.map(|measured| (panel.ends)(measured).1).fold(0.0, f64::max);
    html! {
        section {
            h2 { (panel.title) }
            p.legend {
                span { span.swatch {} (panel.parts[0]) } " "
                span { span.swatch.second {} (panel.parts[1]) }
            }
            ul.bars {
                @for strategy in &report.strategies {
                    li style=(format!("--ink:var(--{})", of(strategy.strategy).name)) {
                        span.name { (strategy.strategy) }
                        @if let Some(measured) = strategy.measured() {
                            (bar((panel.ends)(measured), longest))
                            span.figure { ((panel.text)(measured)) }
                        } @else if let Some(why) = (panel.missing)(strategy) {
                            span.why { (why) }
                        }
                    }
                }
            }
        }
    }
}

fn bar((part, whole): (f64, f64), longest: f64) -> Markup {
    let [first, all] = [part.min(whole), whole].map(|end| percent(end / longest));
    html! {
        span.track aria-hidden="true" {
            span.part style=(format!("width:{first:.2}%")) {}
            span.part.second style=(format!("width:{:.2}%", all - first)) {}
        }
    }
}

/// Nothing where the share is not a number.
fn percent(share: f64) -> f64 {
    if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) * 100.0 }
}

#[allow(clippy::cast_precision_loss, reason = "the length of a bar")]
fn float(bytes: u64) -> f64 {
    bytes as f64
}
