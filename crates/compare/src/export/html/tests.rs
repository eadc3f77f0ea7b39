//! Tests of the page: exact text, XML's rules for its charts and tables, nothing to fetch or to run.

use roxmltree::{Document, Node};

use super::html;
use crate::export::samples;
use crate::{Report, Strategy};

#[test]
fn pages() {
    for (name, report) in samples::all() {
        let page = html(&report).replace(env!("CARGO_PKG_VERSION"), "VERSION");
        insta::assert_snapshot!(format!("{name}.html"), page);
    }
}

/// The elements of this name, each a document of its own.
fn elements<'a>(page: &'a str, name: &str) -> Vec<Document<'a>> {
    let (open, close) = (format!("<{name} "), format!("</{name}>"));
    let end = |from: usize| from + page[from..].find(&close).expect("a closing tag") + close.len();
    let element =
        |(from, _)| Document::parse(&page[from..end(from)]).unwrap_or_else(|error| panic!("{name}: {error}"));
    page.match_indices(&open).map(element).collect()
}

fn named<'a, 'b>(document: &'a Document<'b>, name: &str) -> Vec<Node<'a, 'b>> {
    document.descendants().filter(|node| node.has_tag_name(name)).collect()
}

#[test]
fn charts_have_names_for_those_who_do_not_see_them() {
    for (name, report) in samples::all() {
        for svg in elements(&html(&report), "svg") {
            let root = svg.root_element();
            assert_eq!(root.attribute("role"), Some("img"), "{name}");
            let names: Vec<&str> = root.attribute("aria-labelledby").unwrap().split(' ').collect();
            let found: Vec<Node<'_, '_>> = ["title", "desc"].map(|name| named(&svg, name)[0]).into();
            assert_eq!(found.iter().map(|node| node.attribute("id").unwrap()).collect::<Vec<_>>(), names);
            assert!(found.iter().all(|node| node.text().is_some_and(|text| !text.is_empty())), "{name}");
        }
    }
    let charts = |report: &Report| elements(&html(report), "svg").len();
    assert_eq!(charts(&samples::handmade()), 6, "a sweep and five strategies");
    assert_eq!(charts(&samples::troubled()), 3, "three that were measured");
    assert_eq!(charts(&samples::nothing()), 0, "neither samples nor points on logarithmic axes");
}

#[test]
fn tables_have_headings_with_scopes() {
    for (name, report) in samples::all() {
        for table in elements(&html(&report), "table") {
            let headings = named(&table, "th");
            assert!(headings.iter().all(|heading| heading.attribute("scope").is_some()), "{name}");
            for row in
                named(&table, "tr").iter().filter(|row| row.parent_element().unwrap().has_tag_name("tbody"))
            {
                let first = row.first_element_child().unwrap();
                assert_eq!(first.attribute("scope"), Some("row"), "{name}");
            }
        }
    }
}

/// Each figure stands in the table with all its digits.
#[test]
fn exact_values_are_in_the_table() {
    let report = samples::handmade();
    let page = html(&report);
    let tables = elements(&page, "table");
    let figures =
        tables.iter().find(|table| table.root_element().attribute("id") == Some("figures")).unwrap();
    let rows: Vec<_> =
        figures.descendants().filter(|node| node.attribute("data-strategy").is_some()).collect();
    assert_eq!(rows.len(), Strategy::ALL.len());
    for (row, of) in rows.iter().zip(&report.strategies) {
        let measured = of.measured().unwrap();
        let values: Vec<&str> = row.descendants().filter_map(|node| node.attribute("value")).collect();
        let expected = [
            of.predicted_bytes.unwrap().to_string(),
            measured.deep_bytes.to_string(),
            measured.live_heap_bytes.to_string(),
            measured.peak_heap_bytes.to_string(),
            measured.peak_resident_bytes.unwrap().to_string(),
            measured.peak_anonymous_bytes.unwrap().to_string(),
            measured.peak_file_bytes.unwrap().to_string(),
            measured.bytes_a_record().unwrap().to_string(),
            measured.load_seconds.to_string(),
            measured.query_seconds.to_string(),
            measured.second_query_seconds.to_string(),
        ];
        assert_eq!(values, expected, "{}", of.strategy);
    }
}

#[test]
fn nothing_is_fetched_and_nothing_runs() {
    for (name, report) in samples::all() {
        let page = html(&report);
        for foreign in ["<script", "http:", "https:", "src=", "url(", "@import", "javascript:"] {
            assert!(!page.contains(foreign), "{name}: {foreign}");
        }
        assert!(!page.chars().any(|one| one.is_control() && one != '\n' && one != '\t'), "{name}");
        assert!(!page.contains('\u{202e}'), "{name}");
    }
}

/// Bars begin at 0 and are as long as their figures, the greatest of a panel as long as the track.
#[test]
fn bars_are_as_long_as_their_figures() {
    let mut report = samples::small();
    report.strategies[0] = report.strategies[1].clone();
    if let crate::Outcome::Measured(measured) = &mut report.strategies[0].outcome {
        (measured.live_heap_bytes, measured.peak_heap_bytes) = (8192, 16_384);
        (measured.load_seconds, measured.query_seconds) = (0.0, 0.0295);
    }
    let page = html(&report);
    let widths: Vec<&str> =
        page.split("style=\"width:").skip(1).map(|rest| rest.split('%').next().unwrap()).collect();
    // Peak heap: 8 and 8 KiB of 64, 12 and 52 KiB of 64. Time: 0 and 29.5 ms of 29.5, 12.5 and 2.25 ms of 29.5.
    assert_eq!(widths, ["12.50", "12.50", "18.75", "81.25", "0.00", "100.00", "42.37", "7.63"]);
}
