//! Bytes: encodings, marks, NUL bytes, invalid sequences, very long fields, files that are cut.

use super::{fields, line, places, records, with_record};
use crate::sources::Source;
use crate::table::{PLAIN, joined};
use crate::variant::Variant;

const MARK: &str = "\u{feff}";

pub(super) fn variants(source: &Source) -> Vec<Variant> {
    let mut all = vec![
        utf_16(source, true, true),
        utf_16(source, true, false),
        utf_16(source, false, true),
        utf_16(source, false, false),
        single_bytes(source, "latin1"),
        single_bytes(source, "windows-1252"),
        marked(source, 1),
        marked(source, 2),
        cut_in_character(source),
    ];
    for row in places(source) {
        all.push(mark_inside(source, row + 1));
        all.push(invalid(source, row + 1));
        all.extend(
            [("a NUL byte", '\0'), ("a control byte", '\u{1}'), ("a no-break space", '\u{a0}')]
                .map(|(kind, text)| inserted(source, row + 1, kind, text)),
        );
        all.push(long(source, row + 1));
    }
    all.extend((1..source.table.names.len()).map(|column| cut(source, column)));
    all.push(nul_bytes_at_end(source));
    all
}

fn text(source: &Source) -> String {
    String::from_utf8(PLAIN.file(&source.table)).expect("the sources are text")
}

fn utf_16(source: &Source, little: bool, mark: bool) -> Variant {
    let text = format!("{}{}", if mark { MARK } else { "" }, text(source));
    let unit = |unit: u16| if little { unit.to_le_bytes() } else { unit.to_be_bytes() };
    let bytes = text.encode_utf16().flat_map(unit).collect();
    let label = if little { "utf-16le" } else { "utf-16be" };
    let place = if mark { label.to_owned() } else { format!("{label} without a mark") };
    Variant::new("UTF-16", source, &place, bytes)
        .or_error([1])
        .or_refused()
        .told(|options| options.encoding = Some(label.to_owned()))
}

/// One byte a character: `€` and `Ž` have one in Windows-1252 only.
fn single_bytes(source: &Source, label: &str) -> Variant {
    let windows = label == "windows-1252";
    let table = match windows {
        true => source.table.with_texts(|text| text.replace('ü', "Ž").replace('é', "€")),
        false => source.table.clone(),
    };
    let byte = |character: char| match character {
        '€' => 0x80,
        'Ž' => 0x8e,
        character => u8::try_from(u32::from(character)).expect("a character of the encoding"),
    };
    let written = String::from_utf8(PLAIN.file(&table)).expect("the sources are text");
    let first = written.lines().position(|line| !line.is_ascii());
    let bytes: Vec<u8> = written.chars().map(byte).collect();
    let variant = Variant::new("one byte a character", source, label, bytes).instead(table);
    match first {
        // A record of several lines is named by its first, or the one before.
        Some(first) => variant
            .or_error([first as u64 + 1, first as u64])
            .told(|options| options.encoding = Some(label.to_owned())),
        None => variant,
    }
}

fn marked(source: &Source, times: usize) -> Variant {
    let mut bytes = MARK.repeat(times).into_bytes();
    bytes.extend(PLAIN.file(&source.table));
    let variant = Variant::new("a byte order mark", source, &format!("{times} times"), bytes);
    if times == 1 {
        return variant;
    }
    let mut names = source.table.names.clone();
    names[0].insert_str(0, MARK);
    variant.or(source.table.named(names)).or_error([1])
}

/// As in files that were put together.
fn mark_inside(source: &Source, index: usize) -> Variant {
    let mut fields = fields(source, index);
    fields[0].insert_str(0, MARK);
    let bytes = with_record(source, index, fields.join(","));
    let at = line(source, index);
    Variant::new("a byte order mark before a record", source, &format!("record {index}"), bytes)
        .or_as_written()
        .or_error([at])
}

/// A character in the middle of a text.
fn inserted(source: &Source, index: usize, kind: &'static str, character: char) -> Variant {
    let mut table = source.table.clone();
    let cell = &mut table.rows[index - 1][source.texts];
    let middle = cell.char_indices().nth(cell.chars().count() / 2).map_or(0, |(byte, _)| byte);
    cell.insert(middle, character);
    let bytes = PLAIN.file(&table);
    let variant = Variant::new(kind, source, &format!("record {index}"), bytes).instead(table);
    if character == '\0' { variant.or_error([line(source, index)]) } else { variant }
}

fn invalid(source: &Source, index: usize) -> Variant {
    let mut fields = fields(source, index);
    fields[source.texts] = "x\u{1}y".to_owned();
    let mut bytes = with_record(source, index, fields.join(","));
    for byte in &mut bytes {
        *byte = if *byte == 1 { 0xff } else { *byte };
    }
    let mut table = source.table.clone();
    table.rows[index - 1][source.texts] = "x\u{fffd}y".to_owned();
    let at = line(source, index);
    let mut variant = Variant::new("a byte that is no UTF-8", source, &format!("record {index}"), bytes);
    variant.repaired = table;
    variant.strict.tables.clear();
    variant.or_error([at])
}

/// A field longer than the head that is looked at first.
fn long(source: &Source, index: usize) -> Variant {
    let mut table = source.table.clone();
    table.rows[index - 1][source.texts] = "long text ".repeat(40_000);
    Variant::new("a very long field", source, &format!("record {index}"), PLAIN.file(&table)).instead(table)
}

/// The file ends in the middle of its last record.
fn cut(source: &Source, column: usize) -> Variant {
    let index = source.table.rows.len();
    let fields = &fields(source, index)[..column];
    let bytes = joined(&[&records(source)[..index], &[fields.join(",")]].concat(), "\n");
    let mut repaired = source.table.clone();
    repaired.rows[index - 1].iter_mut().skip(column).for_each(String::clear);
    let mut variant =
        Variant::new("cut in the last record", source, &format!("before field {column}"), bytes)
            .or_as_written();
    variant.repaired = repaired;
    variant.strict.tables.clear();
    variant
}

fn cut_in_character(source: &Source) -> Variant {
    let mut table = source.table.clone();
    let width = table.names.len();
    let last = table.rows.len() - 1;
    table.rows[last][width - 1] = "fü".to_owned();
    let mut bytes = PLAIN.file(&table);
    bytes.truncate(bytes.len() - 2);
    table.rows[last][width - 1] = "f\u{fffd}".to_owned();
    let at = line(source, last + 1);
    let mut variant = Variant::new("cut in a character", source, "", bytes).or_error([at]);
    variant.strict.tables.clear();
    variant.repaired = table;
    variant
}

/// What is left in a file whose end was never written.
fn nul_bytes_at_end(source: &Source) -> Variant {
    let mut bytes = PLAIN.file(&source.table);
    bytes.extend([0; 64]);
    let end = line(source, source.table.rows.len() + 1);
    Variant::new("NUL bytes at the end", source, "", bytes).or_error([end])
}
