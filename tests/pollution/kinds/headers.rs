//! Headers: none, of two lines, again and again, with names that are missing, the same, or strange.

use super::{line, places, records, with_record};
use crate::sources::Source;
use crate::table::{ANY, PLAIN, Quoting, Style, Table, joined};
use crate::variant::Variant;

pub(super) fn variants(source: &Source) -> Vec<Variant> {
    let width = source.table.names.len();
    let mut all =
        vec![none(source), again_at_once(source), units(source), two_levels(source), padded(source)];
    all.extend((0..width).map(|column| without_name(source, column)));
    all.extend((1..width).map(|column| same_name(source, column)));
    all.extend(places(source).map(|row| again(source, row + 1)));
    all.extend([quoted(source), broken_name(source), numbers(source), upper(source), only(source)]);
    all
}

fn none(source: &Source) -> Variant {
    let bytes = joined(&records(source)[1..], "\n");
    let width = source.table.names.len();
    Variant::new("no header", source, "", bytes)
        .instead(source.table.named((0..width).map(|column| format!("column{column}"))))
        .told(|options| options.header = Some(false))
}

/// The header stands twice.
fn again_at_once(source: &Source) -> Variant {
    let mut records = records(source);
    records.insert(1, records[0].clone());
    Variant::new("the header twice", source, "", joined(&records, "\n")).or_as_written().or_error([2])
}

/// As files have it that were put together.
fn again(source: &Source, index: usize) -> Variant {
    let mut records = records(source);
    records.insert(index, records[0].clone());
    let at = line(source, index);
    Variant::new("the header again below", source, &format!("record {index}"), joined(&records, "\n"))
        .or_as_written()
        .or_error([at])
}

/// A line of units below the names.
fn units(source: &Source) -> Variant {
    let mut records = records(source);
    let units: Vec<String> = (0..source.table.names.len()).map(|column| format!("[u{column}]")).collect();
    records.insert(1, units.join(","));
    Variant::new("a line of units below the header", source, "", joined(&records, "\n"))
        .or_as_written()
        .or_error([2])
}

/// A line of groups above the names.
fn two_levels(source: &Source) -> Variant {
    let mut records = records(source);
    let groups: Vec<&str> =
        (0..source.table.names.len()).map(|column| if column % 2 == 0 { "group" } else { "" }).collect();
    records.insert(0, groups.join(","));
    let bytes = joined(&records, "\n");
    // Groups as names, and the names as the first record.
    let mut rows = source.table.rows.clone();
    rows.insert(0, source.table.names.clone());
    let literal = Table { names: vec![ANY.to_owned(); source.table.names.len()], rows };
    Variant::new("a line of groups above the header", source, "", bytes).or(literal).or_error([1, 2])
}

fn padded(source: &Source) -> Variant {
    let names = source.table.names.iter().map(|name| format!(" {name} "));
    let named = source.table.named(names.clone());
    let bytes = with_record(source, 0, names.collect::<Vec<_>>().join(","));
    Variant::new("names with blanks around", source, "", bytes).or(named)
}

fn without_name(source: &Source, column: usize) -> Variant {
    let mut names = source.table.names.clone();
    names[column].clear();
    let bytes = with_record(source, 0, names.join(","));
    names[column] = format!("column{column}");
    let table = source.table.named(names);
    Variant::new("a name missing", source, &format!("name {column}"), bytes).instead(table)
}

fn same_name(source: &Source, column: usize) -> Variant {
    let mut names = source.table.names.clone();
    names[column] = names[0].clone();
    let bytes = with_record(source, 0, names.join(","));
    names[column].push_str("_1");
    let table = source.table.named(names);
    Variant::new("a name twice", source, &format!("name {column}"), bytes).instead(table)
}

fn quoted(source: &Source) -> Variant {
    let style = Style { quoting: Quoting::All, ..PLAIN };
    let bytes = with_record(source, 0, style.record(&source.table.names));
    Variant::new("names quoted", source, "", bytes)
}

fn broken_name(source: &Source) -> Variant {
    let mut names = source.table.names.clone();
    names[1].push_str("\nof it");
    let bytes = with_record(source, 0, PLAIN.record(&names));
    Variant::new("a line break in a name", source, "", bytes).instead(source.table.named(names))
}

/// Years as names, behind one that is text.
fn numbers(source: &Source) -> Variant {
    let names = source.table.names.iter().enumerate().map(|(column, name)| match column {
        0 => name.clone(),
        _ => (2018 + column).to_string(),
    });
    let names: Vec<String> = names.collect();
    let bytes = with_record(source, 0, names.join(","));
    let variant = Variant::new("numbers as names", source, "", bytes).instead(source.table.named(names));
    if source.ids {
        variant
    } else {
        // No column of numbers has a text above it.
        let mut rows = source.table.rows.clone();
        rows.insert(0, variant.repaired.names.clone());
        let literal = Table { names: vec![ANY.to_owned(); source.table.names.len()], rows };
        variant.or(literal).unknowable("numbers above numbers may be a record")
    }
}

fn upper(source: &Source) -> Variant {
    let names: Vec<String> = source.table.names.iter().map(|name| name.to_uppercase()).collect();
    let bytes = with_record(source, 0, names.join(","));
    Variant::new("names in capitals", source, "", bytes).instead(source.table.named(names))
}

/// A header and nothing below.
fn only(source: &Source) -> Variant {
    let bytes = joined(&records(source)[..1], "\n");
    let table = Table { names: source.table.names.clone(), rows: Vec::new() };
    Variant::new("a header and no record", source, "", bytes).instead(table)
}
