//! The quotes and escapes that are tried with a delimiter, and when another than the double quote is believed.

use plimsoll_core::{CsvOptions, Delimiter};

use super::layout::Layout;
use super::split::{Records, Syntax};

/// Bytes in which a quote must stand to be tried.
const PROBED: usize = 32 << 10;

/// The dialects to try with `delimiter`, the usual one first. What is given is not varied.
pub(super) fn variants(
    text: &[u8],
    delimiter: &Delimiter,
    comment: Option<&str>,
    given: &CsvOptions,
) -> Vec<Syntax> {
    let probe = &text[..text.len().min(PROBED)];
    let taken = |byte: u8| delimiter.byte() == Some(byte);
    let has_double = probe.contains(&b'"');
    let quotes = match given.quote {
        Some(quote) => vec![quote],
        None => {
            let single = probe.contains(&b'\'') && !taken(b'\'');
            let others = [single.then_some(Some(b'\'')), has_double.then_some(None)];
            let double = (!taken(b'"')).then_some(Some(b'"')).or(Some(None));
            double.into_iter().chain(others.into_iter().flatten()).collect()
        }
    };
    let mut variants = Vec::new();
    for quote in quotes {
        let escapes = match given.escape {
            Some(escape) => vec![escape],
            None => {
                let tried = quote.is_some_and(|quote| probe.windows(2).any(|pair| pair == [b'\\', quote]));
                let backslash = (tried && !taken(b'\\')).then_some(Some(b'\\'));
                std::iter::once(None).chain(backslash).collect()
            }
        };
        for escape in escapes {
            let (delimiter, comment) = (delimiter.clone(), comment.map(str::to_owned));
            variants.push(Syntax { delimiter, quote, escape, comment });
        }
    }
    // What MySQL and Hive write: no quotes, and a backslash before delimiters and line breaks in a field.
    let is_open = given.escape.is_none() && given.quote.flatten().is_none() && !taken(b'\\');
    let starts = match delimiter {
        Delimiter::Text(bytes) => bytes.first().copied(),
        Delimiter::Blanks => None,
    };
    let escapes = |pair: &[u8]| pair[0] == b'\\' && (pair[1] == b'\n' || Some(pair[1]) == starts);
    if is_open && probe.windows(2).any(escapes) {
        let (delimiter, comment) = (delimiter.clone(), comment.map(str::to_owned));
        variants.push(Syntax { delimiter, quote: None, escape: Some(b'\\'), comment });
    }
    variants
}

/// What the usual dialect says of a head.
#[derive(Debug, Clone, Copy)]
pub(super) struct Usual {
    /// Fields that stand in quotes.
    pub(super) closed: usize,
    /// Fields that break the rules.
    pub(super) faulty: usize,
    /// Whether every record is regular.
    pub(super) regular: bool,
}

/// Whether a dialect is worth a try, given what the usual one says.
pub(super) fn is_possible(syntax: &Syntax, usual: Usual) -> bool {
    match (syntax.quote, syntax.escape) {
        (Some(b'\''), _) => usual.closed == 0,
        (None, Some(_)) => usual.closed == 0 && !usual.regular,
        (None, None) => usual.closed == 0 && usual.faulty > 0,
        // An escape is one where the fields are broken without it.
        (Some(_), _) => usual.faulty > 0,
    }
}

/// Whether a possible one may be taken: single quotes where they close what they open, none where double quotes open fields
/// and close none of them, an escape where it mends fields, or every record where there are no quotes.
pub(super) fn is_credible(records: &Records<'_>, layout: &Layout, syntax: &Syntax, usual: Usual) -> bool {
    match (syntax.quote, syntax.escape) {
        (Some(b'\''), _) => {
            let (single, broken) = records.quoted();
            single >= 2 && broken == 0
        }
        (None, Some(_)) => layout.regular == layout.total && layout.width > 1,
        (None, None) => {
            let all = records.all.iter().flat_map(|record| records.cells(record));
            let quotes = all.map(|cell| records.text(cell)).filter(|text| text.first() == Some(&b'"'));
            let (mut open, mut closed_somewhere) = (0, false);
            for text in quotes {
                open += 1;
                closed_somewhere |= text[1..].contains(&b'"');
            }
            open >= 2 && !closed_somewhere
        }
        (Some(_), _) => records.quoted().1 < usual.faulty,
    }
}
