//! Delimiters that are missing, too many, or others.

use super::{fields, places, records, with_record};
use crate::sources::Source;
use crate::table::{ANY, Table, joined};
use crate::variant::Variant;

pub(super) fn variants(source: &Source) -> Vec<Variant> {
    let width = source.table.names.len();
    let mut all = Vec::new();
    for row in places(source) {
        for place in 1..width {
            all.push(missing(source, row + 1, place));
            all.push(other(source, row + 1, place));
        }
        all.extend((0..=width).map(|place| extra(source, row + 1, place)));
    }
    all.extend((1..width).map(|place| missing_in_header(source, place)));
    all.extend((0..=width).map(|place| extra_in_header(source, place)));
    all.extend([trailing(source, true), trailing(source, false), leading(source)]);
    all
}

fn missing(source: &Source, index: usize, place: usize) -> Variant {
    let mut fields = fields(source, index);
    let right = fields.remove(place);
    fields[place - 1].push_str(&right);
    let bytes = with_record(source, index, fields.join(","));
    let place = format!("record {index}, before field {place}");
    Variant::new("delimiter missing", source, &place, bytes).or_as_written()
}

fn other(source: &Source, index: usize, place: usize) -> Variant {
    let mut fields = fields(source, index);
    let right = fields.remove(place);
    fields[place - 1].push(';');
    fields[place - 1].push_str(&right);
    let bytes = with_record(source, index, fields.join(","));
    let place = format!("record {index}, before field {place}");
    Variant::new("delimiter of another kind", source, &place, bytes).or_as_written()
}

fn extra(source: &Source, index: usize, place: usize) -> Variant {
    let mut fields = fields(source, index);
    fields.insert(place, String::new());
    let bytes = with_record(source, index, fields.join(","));
    let place = format!("record {index}, before field {place}");
    Variant::new("delimiter too many", source, &place, bytes).or_as_written()
}

fn missing_in_header(source: &Source, place: usize) -> Variant {
    let mut names = source.table.names.clone();
    let right = names.remove(place);
    names[place - 1].push_str(&right);
    let bytes = with_record(source, 0, names.join(","));
    let mut row_names = vec![ANY.to_owned()];
    row_names.extend(names);
    Variant::new("delimiter missing in the header", source, &format!("before name {place}"), bytes)
        .or_as_written()
        .or(source.table.named(row_names))
        .unknowable("a header one name short is also what R writes above row names")
}

fn extra_in_header(source: &Source, place: usize) -> Variant {
    let mut names = source.table.names.clone();
    names.insert(place, String::new());
    let bytes = with_record(source, 0, names.join(","));
    Variant::new("delimiter too many in the header", source, &format!("before name {place}"), bytes)
        .or_as_written()
}

fn trailing(source: &Source, header: bool) -> Variant {
    let mut records = records(source);
    for (index, record) in records.iter_mut().enumerate() {
        record.push_str(if index > 0 || header { "," } else { "" });
    }
    let bytes = joined(&records, "\n");
    let place = if header { "header too" } else { "records only" };
    // One more column, of which nothing is known, is what the bytes say.
    let mut wider = source.table.clone();
    wider.names.push(ANY.to_owned());
    wider.rows.iter_mut().for_each(|row| row.push(String::new()));
    Variant::new("trailing delimiters", source, place, bytes).or(wider).or_error([1, 2])
}

/// What pandas writes: an index without a name.
fn leading(source: &Source) -> Variant {
    let mut names = vec![ANY.to_owned()];
    names.extend(source.table.names.iter().cloned());
    let rows = source.table.rows.iter().enumerate().map(|(index, row)| {
        let mut cells = vec![index.to_string()];
        cells.extend(row.iter().cloned());
        cells
    });
    let table = Table { names, rows: rows.collect() };
    let records = records(source);
    let numbered = records.iter().enumerate().map(|(index, record)| match index {
        0 => format!(",{record}"),
        _ => format!("{},{record}", index - 1),
    });
    let bytes = joined(&numbered.collect::<Vec<_>>(), "\n");
    Variant::new("an index without a name", source, "", bytes).instead(table)
}
