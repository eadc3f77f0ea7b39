//! Quotes that are stray, lost, doubled, of another kind, or everywhere.

use super::{fields, line, places, with_record};
use crate::reading::read;
use crate::sources::Source;
use crate::table::{PLAIN, Quoting, Style};
use crate::variant::Variant;

pub(super) fn variants(source: &Source) -> Vec<Variant> {
    let mut all = Vec::new();
    for row in places(source) {
        for column in 0..source.table.names.len() {
            all.extend(stray(source, row + 1, column));
            all.extend(lost(source, row + 1, column));
            all.push(doubled(source, row + 1, column));
        }
    }
    for column in 0..source.table.names.len() {
        all.push(stray_in_name(source, column));
    }
    all.extend([everywhere(source), apostrophes(source), apostrophes_where_needed(source)]);
    all.extend([none(source), typographic(source), behind_spaces(source), one_apostrophe(source)]);
    all
}

/// The variant of a file in which quotes are text as likely as they are quotes: the source has none.
fn or_text(source: &Source, variant: Variant) -> Variant {
    if PLAIN.file(&source.table).contains(&b'"') {
        return variant;
    }
    match read(&variant.bytes, ",", None) {
        Ok(table) => variant.or(table),
        Err(_) => variant,
    }
}

/// A quote at the begin, in the middle and at the end of a field.
fn stray(source: &Source, index: usize, column: usize) -> Vec<Variant> {
    let written = fields(source, index);
    let length = written[column].chars().count();
    let mut places = vec![0, length / 2, length];
    places.dedup();
    let variants = places.into_iter().map(|at| {
        let mut fields = written.clone();
        let byte = fields[column].char_indices().nth(at).map_or(fields[column].len(), |(byte, _)| byte);
        fields[column].insert(byte, '"');
        let bytes = with_record(source, index, fields.join(","));
        let place = format!("record {index}, field {column}, character {at}");
        let kind = match at {
            0 => "stray quote before a field",
            at if at == length => "stray quote behind a field",
            _ => "stray quote in a field",
        };
        let variant = Variant::new(kind, source, &place, bytes).or_as_written();
        or_text(source, variant)
    });
    variants.collect()
}

/// A quoted field without its opening or its closing quote.
fn lost(source: &Source, index: usize, column: usize) -> Vec<Variant> {
    let written = fields(source, index);
    if !written[column].starts_with('"') {
        return Vec::new();
    }
    let opening = written[column][1..].to_owned();
    let closing = written[column][..written[column].len() - 1].to_owned();
    let variants = [("opening quote lost", opening), ("closing quote lost", closing)].map(|(kind, field)| {
        let mut fields = written.clone();
        fields[column] = field;
        let bytes = with_record(source, index, fields.join(","));
        let place = format!("record {index}, field {column}");
        Variant::new(kind, source, &place, bytes).or_as_written()
    });
    variants.into()
}

fn doubled(source: &Source, index: usize, column: usize) -> Variant {
    let mut fields = fields(source, index);
    let text = fields[column].trim_matches('"').to_owned();
    fields[column] = format!("\"\"{text}\"\"");
    let bytes = with_record(source, index, fields.join(","));
    let place = format!("record {index}, field {column}");
    let variant = Variant::new("quotes doubled around a field", source, &place, bytes).or_as_written();
    or_text(source, variant)
}

fn stray_in_name(source: &Source, column: usize) -> Variant {
    let mut names = source.table.names.clone();
    names[column].insert(0, '"');
    let bytes = with_record(source, 0, names.join(","));
    let variant = Variant::new("stray quote before a name", source, &format!("name {column}"), bytes);
    or_text(source, variant.or_as_written())
}

fn everywhere(source: &Source) -> Variant {
    let style = Style { quoting: Quoting::All, ..PLAIN };
    Variant::new("every field quoted", source, "", style.file(&source.table))
}

fn apostrophes(source: &Source) -> Variant {
    let style = Style { quoting: Quoting::All, quote: '\'', ..PLAIN };
    let bytes = style.file(&source.table);
    let lines = read(&bytes, ",", Some('"')).err().unwrap_or_default();
    Variant::new("apostrophes around every field", source, "", bytes)
        .or_error(lines)
        .told(|options| options.quote = Some(Some(b'\'')))
}

/// The source has no apostrophes outside of this.
fn apostrophes_where_needed(source: &Source) -> Variant {
    let style = Style { quote: '\'', ..PLAIN };
    let bytes = style.file(&source.table);
    Variant::new("apostrophes where needed", source, "", bytes)
        .or_as_written()
        .told(|options| options.quote = Some(Some(b'\'')))
}

/// Nothing is quoted whatever it holds.
fn none(source: &Source) -> Variant {
    let style = Style { quoting: Quoting::Never, ..PLAIN };
    let variant = Variant::new("nothing quoted", source, "", style.file(&source.table)).or_as_written();
    let clean = PLAIN.file(&source.table) == variant.bytes;
    if clean { variant } else { variant.unknowable("a delimiter without quotes is a delimiter") }
}

fn typographic(source: &Source) -> Variant {
    let column = source.texts;
    let table = source.table.with_column(column, |text| format!("\u{201c}{text}\u{201d}"));
    let style = Style { quoting: Quoting::Needed, ..PLAIN };
    Variant::new("typographic quotes", source, "", style.file(&table)).or(table)
}

fn behind_spaces(source: &Source) -> Variant {
    let style = Style { quoting: Quoting::All, delimiter: ", ", ..PLAIN };
    Variant::new("a space before each quote", source, "", style.file(&source.table)).or_error([1, 2])
}

/// An apostrophe in one text, as in a name: no quote at all.
fn one_apostrophe(source: &Source) -> Variant {
    let row = source.table.rows.len() / 2;
    let mut table = source.table.clone();
    table.rows[row][source.texts].insert(1, '\'');
    let place = format!("line {}", line(source, row + 1));
    Variant::new("an apostrophe in a text", source, &place, PLAIN.file(&table)).instead(table)
}
