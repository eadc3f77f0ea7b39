//! A comparison as one HTML page that needs nothing else: no network, no script. Its parts are in the files beside it.
//!
//! `maud` writes it: its templates are checked when the program is built, and it escapes every text that is put in.

mod axis;
mod bars;
mod chart;
mod figures;
mod palette;
mod resident;
mod sweep;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::sentences::{EQUATION, agreement, notes, one_line, printable, subject};
use crate::Report;

/// Nothing is fetched and nothing runs, whatever text the report holds.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/// The report as a page: bars, all figures, the sweep and resident memory over time, in light or dark as the reader's
/// system is. Charts are inline SVG; every figure in them is in a table too.
///
/// Text of the statement, of names, paths and messages is escaped; what could act on a terminal or turn a line around is
/// shown as Rust would escape it.
#[must_use]
pub fn html(report: &Report) -> String {
    let name = format!("plimsoll compare: {}", one_line(&report.input.path));
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content=(concat!("plimsoll ", env!("CARGO_PKG_VERSION")));
                link rel="icon" href="data:,";
                title { (name) }
                style { (PreEscaped(palette::style_sheet())) (PreEscaped(include_str!("page.css"))) }
            }
            body {
                main {
                    (heading(report))
                    (bars::panels(report))
                    section {
                        h2 { "All figures" }
                        (figures::all(report))
                        @for note in notes(report) { p.note { (note) } }
                    }
                    (growth(report))
                    (over_time(report))
                    @if let Some(columns) = figures::columns(report) {
                        section { h2 { "Bytes by column" } (columns) }
                    }
                }
                footer {
                    p {
                        "Memory in powers of 1024, files in powers of 1000. Every strategy ran in a process of its own. "
                        "Written by plimsoll " (env!("CARGO_PKG_VERSION")) "."
                    }
                }
            }
        }
    };
    page.into_string() + "\n"
}

fn heading(report: &Report) -> Markup {
    let (agree, sentence) = agreement(report);
    let (class, sign) = match agree {
        Some(true) => ("agree", "✓"),
        Some(false) => ("differ", "✗"),
        None => ("nothing", "–"),
    };
    html! {
        header {
            h1 { "What it costs to hold the data" }
            p.subject { @for fact in subject(report) { span { (fact) } " " } }
            pre { code { (printable(report.sql.trim_end())) } }
            p #agreement class={ "verdict " (class) } { span aria-hidden="true" { (sign) } " " (sentence) }
        }
    }
}

fn growth(report: &Report) -> Markup {
    html! {
        @if let Some(sweep) = &report.sweep {
            section {
                h2 { "Peak heap by size of the file" }
                div.sweep {
                    figure { (sweep::chart(sweep)) }
                    div {
                        @if !sweep.fits.is_empty() {
                            p { (EQUATION) ", by least squares: the dashed lines." }
                            (figures::growth(sweep))
                        }
                    }
                }
                (figures::peaks(sweep))
            }
        }
    }
}

fn over_time(report: &Report) -> Markup {
    let charts = resident::charts(report);
    html! {
        @if !charts.is_empty() {
            section {
                h2 { "Resident memory over time" }
                p.legend {
                    span { span.swatch.anonymous {} "anonymous: only swapping could reclaim it" } " "
                    span { span.swatch.file {} "file: the kernel may drop it" }
                }
                p {
                    "The memory axis is the same in all charts; each has its own time axis. "
                    "Lines across stand where the first query begins, and the same again."
                 }
                div.charts { @for chart in charts { (chart) } }
            }
        }
    }
}

#[cfg(test)]
mod tests;
