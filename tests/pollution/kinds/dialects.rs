//! Whole files in another dialect: delimiters, escapes.

use crate::reading::read;
use crate::sources::Source;
use crate::table::{PLAIN, Quoting, Style};
use crate::variant::Variant;

pub(super) fn variants(source: &Source) -> Vec<Variant> {
    let mut all = Vec::new();
    for delimiter in [";", "\t", "|", ":", "^", "~", "\u{1}", "::", "||"] {
        all.push(delimited(source, delimiter, Quoting::Needed));
    }
    for delimiter in [";", "\t", "|"] {
        all.push(delimited(source, delimiter, Quoting::All));
        let ends = Style { delimiter, end: "\r\n", ..PLAIN };
        all.push(Variant::new(
            "other delimiters, CRLF",
            source,
            &format!("{delimiter:?}"),
            ends.file(&source.table),
        ));
    }
    all.extend([backslash_in_quotes(source, Quoting::Needed), backslash_in_quotes(source, Quoting::All)]);
    all.extend([",", "\t"].map(|delimiter| backslash_without_quotes(source, delimiter)));
    all.push(blanks(source));
    all
}

/// Settings with the delimiter `text`.
fn delimiter(text: &str) -> Option<plimsoll_core::Delimiter> {
    Some(plimsoll_core::Delimiter::Text(text.as_bytes().to_vec()))
}

fn delimited(source: &Source, text: &str, quoting: Quoting) -> Variant {
    let style = Style { delimiter: text, quoting, ..PLAIN };
    let place = format!("{text:?}{}", if quoting == Quoting::All { ", all quoted" } else { "" });
    let kind = match text {
        ";" | "\t" | "|" => "other delimiters",
        _ if text.len() > 1 => "delimiters of several bytes",
        _ => "rare delimiters",
    };
    let variant = Variant::new(kind, source, &place, style.file(&source.table));
    match text {
        ";" | "\t" | "|" => variant,
        // Found or refused, but never one column of everything.
        _ => {
            let lines = 1..=variant.bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
            let variant = variant.or_error(lines).or_refused();
            variant.told(|options| options.delimiter = delimiter(text))
        }
    }
}

/// Backslashes before quotes and before themselves.
fn backslash_in_quotes(source: &Source, quoting: Quoting) -> Variant {
    let style = Style { quoting, escape: Some('\\'), ..PLAIN };
    let table = source.table.with_column(source.texts, |text| format!("{text} \"\\\""));
    Variant::new("backslashes in quotes", source, &format!("{quoting:?}"), style.file(&table))
        .instead(table)
        .or_error(read(&style.file(&source.table), ",", Some('"')).err().unwrap_or(vec![2]))
        .or_error([2])
        .told(|options| options.escape = Some(Some(b'\\')))
}

/// Backslashes before delimiters, line breaks and themselves, and no quotes: what MySQL writes.
fn backslash_without_quotes(source: &Source, text: &str) -> Variant {
    let style = Style { quoting: Quoting::Never, escape: Some('\\'), delimiter: text, ..PLAIN };
    let bytes = style.file(&source.table);
    let escaped = bytes
        .windows(2)
        .position(|pair| pair[0] == b'\\' && (pair[1] == b'\n' || text.as_bytes().contains(&pair[1])));
    let variant =
        Variant::new("backslashes without quotes", source, &format!("{text:?}"), bytes).told(|options| {
            options.quote = Some(None);
            options.escape = Some(Some(b'\\'));
            options.delimiter = delimiter(text);
        });
    match escaped {
        Some(at) => {
            let line = variant.bytes[..at].iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
            variant.or_error([line, line + 1])
        }
        None => variant,
    }
}

/// One blank between fields.
fn blanks(source: &Source) -> Variant {
    let style = Style { delimiter: " ", ..PLAIN };
    let lines = 1..=4;
    Variant::new("rare delimiters", source, "a blank", style.file(&source.table))
        .or_error(lines)
        .or_refused()
        .told(|options| options.delimiter = delimiter(" "))
}
