//! The quotes and escapes that are tried with a delimiter, and when another than the double quote is believed.

use plimsoll_core::{CsvOptions, Delimiter};

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
    variants
}

/// Whether a dialect is worth a try, given what the usual one says: `closed` fields stand in quotes, `faulty` ones break the
/// rules.
pub(super) fn is_possible(syntax: &Syntax, (closed, faulty): (usize, usize)) -> bool {
    match syntax.quote {
        Some(b'\'') => closed == 0,
        None => closed == 0 && faulty > 0,
        // An escape is one where the fields are broken without it.
        Some(_) => faulty > 0,
    }
}

/// Whether a possible one may be taken: single quotes where they close what they open, none where double quotes open fields
/// and close none of them, an escape where it mends fields.
pub(super) fn is_credible(records: &Records<'_>, syntax: &Syntax, (_, faulty): (usize, usize)) -> bool {
    match syntax.quote {
        Some(b'\'') => {
            let (single, broken) = records.quoted();
            single >= 2 && broken == 0
        }
        None => {
            let all = records.all.iter().flat_map(|record| records.cells(record));
            let quotes = all.map(|cell| records.text(cell)).filter(|text| text.first() == Some(&b'"'));
            let (mut open, mut closed_somewhere) = (0, false);
            for text in quotes {
                open += 1;
                closed_somewhere |= text[1..].contains(&b'"');
            }
            open >= 2 && !closed_somewhere
        }
        Some(_) => records.quoted().1 < faulty,
    }
}
