//! What stands around the table: titles, notes, comments, totals, other tables, blank lines.

use super::{line, places, records};
use crate::sources::Source;
use crate::table::{ANY, Table, joined};
use crate::variant::Variant;

/// Lines above a header, as reports and instruments write them.
const PREAMBLES: [(&str, &[&str]); 8] = [
    ("a title", &["Report of the year 2024"]),
    ("a title and an empty line", &["Report of the year 2024", ""]),
    ("a title and trailing delimiters", &["Report of the year 2024,,,"]),
    ("three keys", &["Account: DE12 3456", "Owner: A. Müller", "Period: 2024"]),
    ("three keys and an empty line", &["Account: DE12 3456", "Owner: A. Müller", "Period: 2024", ""]),
    ("keys as fields", &["Account,DE12 3456", "Currency,EUR", ""]),
    ("a sentence with commas", &["This file, which was made by hand, has a table."]),
    ("a title in quotes", &["\"Report, with a comma\"", ""]),
];

/// Lines below the last record.
const FOOTERS: [(&str, &[&str]); 6] = [
    ("a count", &["(24 rows affected)"]),
    ("an empty line and a count", &["", "24 rows"]),
    ("a source", &["Source: an office, 2024"]),
    ("two notes", &["* estimated", "** provisional"]),
    ("an end", &["END"]),
    ("a rule", &["--------"]),
];

pub(super) fn variants(source: &Source) -> Vec<Variant> {
    let mut all = Vec::new();
    all.extend(PREAMBLES.iter().map(|(name, lines)| preamble(source, name, lines)));
    all.extend(FOOTERS.iter().map(|(name, lines)| footer(source, name, lines)));
    all.extend([sep(source, "sep=,"), sep(source, "\"sep=,\"")]);
    all.extend(["#", "//", "%", "##"].map(|mark| comments_above(source, mark)));
    for row in places(source) {
        all.extend(["# a comment", "#1,2,3"].map(|text| comment_below(source, row + 1, text)));
        all.extend(["", "  ", "\t"].map(|text| blank(source, row + 1, text)));
        all.push(delimiters_only(source, row + 1));
    }
    all.extend([blank(source, 0, ""), blank(source, 0, "  "), blanks_at_end(source)]);
    all.extend([total(source), total_of_two(source)]);
    all.extend([(1, false), (1, true), (2, true)].map(|(wider, gap)| another_table(source, wider, gap)));
    all.push(same_table(source, true));
    all
}

/// The file with `lines` before record `index` (0 is the header).
fn with_lines(source: &Source, index: usize, lines: &[&str]) -> Vec<u8> {
    let mut records = records(source);
    records.splice(index..index, lines.iter().map(|line| (*line).to_owned()));
    joined(&records, "\n")
}

fn preamble(source: &Source, name: &str, lines: &[&str]) -> Variant {
    let skipped = lines.len() as u64;
    let variant = Variant::new("lines above the header", source, name, with_lines(source, 0, lines))
        .or_error(1..=skipped + 2)
        .told(|options| options.skip_rows = Some(skipped));
    let width = source.table.names.len();
    let fields = 1 + lines[0].matches(',').count();
    if lines.len() > 1 || !(width - 1..=width).contains(&fields) {
        return variant;
    }
    // The line as names, and the names as the first record.
    let mut rows = source.table.rows.clone();
    rows.insert(0, source.table.names.clone());
    variant
        .or(Table { names: vec![ANY.to_owned(); width], rows })
        .unknowable("a line of as many fields as the records may be the header, and one of a field less R's")
}

fn footer(source: &Source, name: &str, lines: &[&str]) -> Variant {
    let end = source.table.rows.len() + 1;
    let first = line(source, end);
    Variant::new("lines below the last record", source, name, with_lines(source, end, lines))
        .or_error(first..first + lines.len() as u64)
}

fn sep(source: &Source, text: &str) -> Variant {
    Variant::new("a line that names the delimiter", source, text, with_lines(source, 0, &[text]))
        .or_error([1, 2])
        .told(|options| options.skip_rows = Some(1))
}

fn comments_above(source: &Source, mark: &str) -> Variant {
    let (one, two) = (format!("{mark} made by a program"), format!("{mark} a, b, and c"));
    Variant::new("comments above the header", source, mark, with_lines(source, 0, &[&one, &two]))
        .or_error(1..=4)
        .told(|options| options.comment = Some(Some(mark.to_owned())))
}

fn comment_below(source: &Source, index: usize, text: &str) -> Variant {
    let at = line(source, index);
    let place = format!("{text} before record {index}");
    Variant::new("a comment between records", source, &place, with_lines(source, index, &[text]))
        .or_as_written()
        .or_error([at])
        .told(|options| options.comment = Some(Some("#".to_owned())))
}

fn blank(source: &Source, index: usize, text: &str) -> Variant {
    let bytes = with_lines(source, index, &[text]);
    let kind = if text.is_empty() { "an empty line" } else { "a line of blanks" };
    let variant = Variant::new(kind, source, &format!("{text:?} before record {index}"), bytes);
    let at = line(source, index);
    if text.is_empty() { variant } else { variant.or_error([at, at + u64::from(index == 0)]) }
}

fn delimiters_only(source: &Source, index: usize) -> Variant {
    let text = ",".repeat(source.table.names.len() - 1);
    let at = line(source, index);
    let place = format!("before record {index}");
    Variant::new("a line of delimiters", source, &place, with_lines(source, index, &[&text]))
        .or_as_written()
        .or_error([at])
}

fn blanks_at_end(source: &Source) -> Variant {
    let end = source.table.rows.len() + 1;
    Variant::new("empty lines at the end", source, "", with_lines(source, end, &["", "", ""]))
}

/// A record that sums the others up.
fn total(source: &Source) -> Variant {
    let end = source.table.rows.len() + 1;
    let mut cells = vec![String::new(); source.table.names.len()];
    cells[0] = "Total".to_owned();
    Variant::new("a total below", source, "", with_lines(source, end, &[&cells.join(",")]))
        .or_as_written()
        .or_error([line(source, end)])
        .unknowable("a total with all its fields is a record like any other")
}

/// The same with fewer fields.
fn total_of_two(source: &Source) -> Variant {
    let end = source.table.rows.len() + 1;
    Variant::new("a short total below", source, "", with_lines(source, end, &["Total,24"]))
        .or_error([line(source, end)])
}

/// Another table below, with more columns.
fn another_table(source: &Source, wider: usize, gap: bool) -> Variant {
    let width = source.table.names.len() + wider;
    let names: Vec<String> = (0..width).map(|column| format!("other{column}")).collect();
    let cells: Vec<String> = (0..width).map(|column| column.to_string()).collect();
    let (names, cells) = (names.join(","), cells.join(","));
    let mut lines = vec![names.as_str(), &cells, &cells];
    if gap {
        lines.insert(0, "");
    }
    let end = source.table.rows.len() + 1;
    let at = line(source, end) + u64::from(gap);
    let place = format!("{wider} columns more, {}", if gap { "behind an empty line" } else { "at once" });
    Variant::new("another table below", source, &place, with_lines(source, end, &lines)).or_error([at])
}

/// The same table once more, as two files put together have it.
fn same_table(source: &Source, gap: bool) -> Variant {
    let records = records(source);
    let mut all = records.clone();
    all.extend(gap.then(String::new));
    all.extend(records);
    let at = line(source, source.table.rows.len() + 1) + u64::from(gap);
    Variant::new("the same table again below", source, "", joined(&all, "\n"))
        .or_as_written()
        .or_error([at])
        .unknowable("a header between records may be a record")
}
