//! What the sniffer finds beside what a head's label says. Settings count by what they do to the head's bytes.

use plimsoll_core::{CsvOptions, Delimiter};
use plimsoll_csv::CsvFile;

use crate::head::{Head, Label};

/// The settings in the order of [`compare`].
pub(crate) const SETTINGS: [&str; 7] =
    ["delimiter", "quote", "escape", "header", "first line", "comment", "columns"];

/// For each setting, what is wrong with it.
pub(crate) fn compare(head: &Head, path: &str) -> [Result<(), String>; SETTINGS.len()] {
    let file = match CsvFile::open(path, &CsvOptions::default()) {
        Ok(file) => file,
        Err(error) => return std::array::from_fn(|_| Err(error.to_string())),
    };
    let (label, options) = (&head.label, file.options());
    let text = text(&head.bytes);
    let comment = options.comment_text();
    let first = first_line(&text, options.skip_rows.unwrap_or(0), comment);
    let labelled = first_line(&text, label.skip, label.comment);
    // Behind the lines above the table a mark that begins no line changes nothing.
    let matters = |mark: &str| text.iter().skip(labelled).any(|line| line.starts_with(mark));
    let comment_right = match (comment, label.comment) {
        (found, wanted) if found == wanted => true,
        (found, wanted) => !found.is_some_and(matters) && !wanted.is_some_and(matters),
    };
    let columns = file.schema().fields.len();
    [
        right("delimiter", delimiter_right(options, label), &options.delimiter),
        right("quote", label.quote.is_none() || char_of(options.quote) == label.quote, &options.quote),
        right("escape", escape_right(options, head), &options.escape),
        right("header", options.has_header() == label.header, &options.header),
        right("first line", first == labelled, &(first, labelled)),
        right("comment", comment_right, &comment),
        right("columns", columns == label.columns, &(columns, label.columns)),
    ]
}

fn right(setting: &str, is_right: bool, found: &impl std::fmt::Debug) -> Result<(), String> {
    if is_right { Ok(()) } else { Err(format!("{setting}: {found:?}")) }
}

/// A delimiter of one column is nobody's concern; a blank behind delimiters is part of them or around cells.
fn delimiter_right(options: &CsvOptions, label: &Label) -> bool {
    match (&options.delimiter, label.delimiter) {
        _ if label.columns == 1 => true,
        (Some(Delimiter::Blanks), wanted) => wanted.is_none_or(|wanted| wanted == " "),
        (Some(Delimiter::Text(found)), Some(wanted)) => {
            found == wanted.as_bytes()
                || (wanted.len() > 1 && found == wanted.trim_end_matches(' ').as_bytes())
        }
        (Some(Delimiter::Text(_)) | None, _) => false,
    }
}

/// A quote that doubles itself is no escape; one that does not stand in the head changes nothing.
fn escape_right(options: &CsvOptions, head: &Head) -> bool {
    let is_escape =
        |escape: &char| Some(*escape) != char_of(options.quote) && head.bytes.contains(&(*escape as u8));
    char_of(options.escape).filter(is_escape) == head.label.escape
}

fn char_of(byte: Option<Option<u8>>) -> Option<char> {
    byte.flatten().map(char::from)
}

/// The lines of a head, whatever its encoding.
fn text(bytes: &[u8]) -> Vec<String> {
    let wide = bytes.starts_with(b"\xff\xfe") || bytes.get(1) == Some(&0);
    let text = match wide {
        true => {
            let units: Vec<u16> =
                bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
            String::from_utf16_lossy(&units)
        }
        false => String::from_utf8_lossy(bytes).into_owned(),
    };
    text.trim_start_matches('\u{feff}').replace("\r\n", "\n").split(['\n', '\r']).map(str::to_owned).collect()
}

/// The index of the line where the table begins.
fn first_line(lines: &[String], skip: u64, comment: Option<&str>) -> usize {
    let skip = usize::try_from(skip).unwrap_or(usize::MAX);
    let passed = |line: &String| line.is_empty() || comment.is_some_and(|mark| line.starts_with(mark));
    skip + lines.iter().skip(skip).take_while(|line| passed(line)).count()
}
