//! Ends of records: of other kinds, mixed, missing, too many.

use super::{fields, line, places, records, with_record};
use crate::sources::Source;
use crate::table::{PLAIN, joined};
use crate::variant::Variant;

pub(super) fn variants(source: &Source) -> Vec<Variant> {
    let mut all = Vec::new();
    for (kind, end) in [("ends are CR", "\r"), ("ends are CRLF", "\r\n"), ("ends are LF LF", "\n\n")] {
        all.push(Variant::new(kind, source, "", joined(&records(source), end)));
    }
    all.push(Variant::new("ends are CR CR LF", source, "", joined(&records(source), "\r\r\n")));
    all.extend(
        [("\n", "\r\n"), ("\r\n", "\n"), ("\n", "\r"), ("\r", "\r\n")].map(|ends| mixed(source, ends)),
    );
    all.extend(["\n", "\r\n", "\r"].map(|end| without_last(source, end)));
    for row in places(source) {
        all.extend(["\r", "\r\n"].map(|end| one_other(source, row + 1, end)));
        all.extend(lost(source, row + 1));
        all.extend((1..source.table.names.len()).map(|column| broken(source, row + 1, column)));
        all.push(in_text(source, row + 1));
    }
    all.extend([lost(source, 0), Some(end_of_file_mark(source))].into_iter().flatten());
    all
}

fn mixed(source: &Source, (even, odd): (&str, &str)) -> Variant {
    let records = records(source);
    let text = records
        .iter()
        .enumerate()
        .map(|(index, record)| format!("{record}{}", if index % 2 == 0 { even } else { odd }));
    let place = format!("{even:?} and {odd:?}");
    Variant::new("ends are mixed", source, &place, text.collect::<String>().into_bytes())
}

fn without_last(source: &Source, end: &str) -> Variant {
    let mut bytes = joined(&records(source), end);
    bytes.truncate(bytes.len() - end.len());
    Variant::new("last end missing", source, &format!("{end:?}"), bytes)
}

fn one_other(source: &Source, index: usize, end: &str) -> Variant {
    let records = records(source);
    let text = records
        .iter()
        .enumerate()
        .map(|(at, record)| format!("{record}{}", if at == index { end } else { "\n" }));
    let place = format!("record {index}, {end:?}");
    Variant::new("one end of another kind", source, &place, text.collect::<String>().into_bytes())
}

/// Two records on one line; the last has none behind it.
fn lost(source: &Source, index: usize) -> Option<Variant> {
    let mut records = records(source);
    if index + 1 >= records.len() {
        return None;
    }
    let next = records.remove(index + 1);
    records[index].push_str(&next);
    let bytes = joined(&records, "\n");
    Some(Variant::new("an end lost", source, &format!("record {index}"), bytes).or_as_written())
}

/// An end in place of a delimiter.
fn broken(source: &Source, index: usize, column: usize) -> Variant {
    let fields = fields(source, index);
    let (left, right) = fields.split_at(column);
    let bytes = with_record(source, index, format!("{}\n{}", left.join(","), right.join(",")));
    let place = format!("record {index}, before field {column}");
    let from = line(source, index);
    let to = from + left.join(",").matches('\n').count() as u64;
    Variant::new("a record on two lines", source, &place, bytes).or_error(from..=to + 1)
}

/// An end in the middle of a text that is not quoted.
fn in_text(source: &Source, index: usize) -> Variant {
    let mut fields = fields(source, index);
    let text = fields[source.texts].trim_matches('"').replace(['"', '\n'], " ");
    let middle = text.char_indices().nth(text.chars().count() / 2).map_or(0, |(byte, _)| byte);
    fields[source.texts] = format!("{}\n{}", &text[..middle], &text[middle..]);
    let bytes = with_record(source, index, fields.join(","));
    let from = line(source, index);
    let place = format!("record {index}");
    Variant::new("an end in a text without quotes", source, &place, bytes).or_error(from..=from + 1)
}

/// The end of a file as DOS marked it.
fn end_of_file_mark(source: &Source) -> Variant {
    let mut bytes = PLAIN.file(&source.table);
    bytes.push(0x1a);
    let last = line(source, source.table.rows.len())
        + records(source).last().map_or(0, |record| record.matches('\n').count() as u64);
    Variant::new("a mark of the file's end (0x1A)", source, "", bytes).or_error([last + 1])
}
