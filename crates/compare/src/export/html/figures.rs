//! The tables of the page. Each figure is text for people around its exact value, `<data value="481300000">459 MiB</data>`.

use maud::{Markup, html};

use super::palette;
use super::sweep::mark;
use crate::export::quantity::Quantity;
use crate::export::sentences::{one_line, unmeasured};
use crate::export::table::{self, Row, Table};
use crate::units::memory_bytes;
use crate::{ColumnBytes, Report, Strategy, Sweep};

/// All figures of all strategies.
pub(super) fn all(report: &Report) -> Markup {
    let table = table::all(report);
    let times = table::time(report).columns.len();
    let memory = table.columns.len() - times;
    html! {
        (scrolled("All figures", html! {
            table #figures {
                thead {
                    tr {
                        td {}
                        th.group scope="colgroup" colspan=(memory) { "memory" }
                        th.group scope="colgroup" colspan=(times) { "time" }
                    }
                    (headings(&table))
                }
                tbody {
                    @for (row, of) in table.rows.iter().zip(&report.strategies) {
                        tr data-strategy=(row.strategy) {
                            (name(row.strategy, false))
                            @if let Some(why) = unmeasured(of) {
                                (cells(&row.cells[..1]))
                                td.why colspan=(table.columns.len() - 1) { (why) }
                            } @else {
                                (cells(&row.cells))
                            }
                        }
                    }
                }
            }
        }))
        details {
            summary { "What the figures mean" }
            dl {
                @for column in &table.columns { dt { (column.heading) } dd { (column.about) } }
                @for of in &report.strategies { dt { (of.strategy) } dd { "Holds " (of.strategy.holds()) "." } }
            }
        }
    }
}

/// The fits of a sweep, which are the legend of its chart.
pub(super) fn growth(sweep: &Sweep) -> Markup {
    let table = table::growth(sweep);
    plain("growth", "What grows with the records", &table, true)
}

/// The measured points of a sweep.
pub(super) fn peaks(sweep: &Sweep) -> Markup {
    plain("peaks", "Peak heap by size of the file", &table::peaks(sweep), false)
}

/// What each held column takes in each strategy that holds columns; nothing where none does.
pub(super) fn columns(report: &Report) -> Option<Markup> {
    let measured = report.strategies.iter().filter_map(|of| Some((of.strategy, &of.measured()?.columns)));
    let held: Vec<(Strategy, &Vec<ColumnBytes>)> =
        measured.filter(|(_, columns)| !columns.is_empty()).collect();
    let mut names: Vec<&str> = Vec::new();
    for column in held.iter().flat_map(|(_, columns)| columns.iter()) {
        if !names.contains(&column.name.as_str()) {
            names.push(&column.name);
        }
    }
    let found = |columns: &[ColumnBytes], name: &str| {
        let column = columns.iter().find(|column| column.name == name);
        html! {
            td {
                @if let Some(column) = column {
                    data value=(column.bytes) { (memory_bytes(column.bytes)) }
                    small { (one_line(&column.held_as)) }
                } @else { "-" }
            }
        }
    };
    let table = html! {
        table #columns {
            thead {
                tr { th scope="col" { "column" } @for (strategy, _) in &held { th scope="col" { (strategy) } } }
            }
            tbody {
                @for name in &names {
                    tr {
                        th scope="row" { (one_line(name)) }
                        @for (_, columns) in &held { (found(columns, name)) }
                    }
                }
            }
        }
    };
    (!names.is_empty()).then(|| scrolled("Bytes by column", table))
}

fn plain(id: &str, label: &str, table: &Table, marks: bool) -> Markup {
    let row = |Row { strategy, cells: figures }: &Row| {
        html! { tr data-strategy=(strategy) { (name(*strategy, marks)) (cells(figures)) } }
    };
    let drawn = html! {
        table id=(id) {
            thead { (headings(table)) }
            tbody { @for one in &table.rows { (row(one)) } }
        }
    };
    scrolled(label, drawn)
}

/// A table that is wider than the page scrolls by itself, with the keyboard too.
fn scrolled(label: &str, table: Markup) -> Markup {
    html! { div.scrolled role="region" aria-label=(label) tabindex="0" { (table) } }
}

fn headings(table: &Table) -> Markup {
    html! {
        tr {
            th scope="col" { "strategy" }
            @for column in &table.columns { th scope="col" title=(column.about) { (column.heading) } }
        }
    }
}

fn name(strategy: Strategy, marked: bool) -> Markup {
    let colour = format!("color:var(--{})", palette::of(strategy).name);
    html! {
        th scope="row" {
            @if marked { span.mark aria-hidden="true" style=(colour) { (mark(strategy)) } " " }
            (strategy)
        }
    }
}

fn cells(cells: &[Option<Quantity>]) -> Markup {
    html! {
        @for cell in cells {
            td {
                @match cell {
                    Some(quantity) => data value=(quantity.exact()) { (quantity.text()) },
                    None => span title="not known" { "-" },
                }
            }
        }
    }
}
