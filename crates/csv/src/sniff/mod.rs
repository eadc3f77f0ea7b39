//! Finds the dialect of a file in its head: a pure function from bytes to settings, each with its evidence. What is given
//! is never changed. Never reads, never fails, and never hides a ragged record: a delimiter that splits most records is
//! taken, and the scan stops at the record that it does not split like the others.

mod cell;
mod choice;
mod comment;
mod delimiter;
mod evidence;
mod header;
mod layout;
mod lines;
mod quote;
mod score;
mod search;
mod split;
#[cfg(test)]
mod tests;

use plimsoll_core::{CsvOptions, Delimiter};

pub use self::choice::Choice;
use self::comment::Top;
use self::evidence::Evidence;
pub(crate) use self::evidence::ROW_NAMES;
use self::header::{Verdict, judge};
use self::layout::Rules;
pub(crate) use self::layout::Short;
pub(crate) use self::lines::behind_mark;
use self::lines::{lines, named_delimiter};
use self::search::{Candidate, Text};

/// The dialect of a head.
#[derive(Debug)]
pub(crate) struct Sniffed {
    /// The given options with every setting of the dialect resolved.
    pub(crate) options: CsvOptions,
    /// The settings, in the order in which they apply.
    pub(crate) choices: Vec<Choice>,
    /// How the header is one name short, where it is.
    pub(crate) short: Option<Short>,
}

/// Resolves what `given` leaves open. `bytes` are the first of the file, all where it has `ended`.
pub(crate) fn sniff(bytes: &[u8], ended: bool, given: &CsvOptions) -> Sniffed {
    let mut begin = behind_mark(bytes);
    let mut separator = None;
    match given.skip_rows {
        Some(rows) => begin = behind_rows(bytes, begin, rows, ended),
        None => {
            let first = lines(bytes, begin, ended).next();
            if let Some(line) = first
                && let Some(named) = named_delimiter(&bytes[line.start..line.end])
            {
                separator = Some(Delimiter::from(named));
                begin = line.next;
            }
        }
    }
    let rules = Rules { titles: given.skip_rows.is_none(), header: given.header };
    let text = Text { bytes, begin, ended, rules, given };
    let named = given.delimiter.as_ref().or(separator.as_ref());
    let mut evidence = Evidence { separator: separator.is_some(), ..Evidence::default() };

    let top = if given.comment.is_none() && rules.titles { Top::of(bytes, begin, ended) } else { None };
    let (candidate, verdict) = match top.and_then(|top| behind_comments(text, named, &top, &mut evidence)) {
        Some(found) => found,
        None => {
            let candidate = with_comments_inside(text, named);
            let verdict = judge(&candidate.records, candidate.layout.start, candidate.layout.width);
            (candidate, verdict)
        }
    };
    let verdict = match given.columns.as_deref() {
        Some(columns) if evidence::repeats(&candidate, columns) => {
            Verdict { names: true, certain: true, why: "it repeats the given names".to_owned() }
        }
        _ => verdict,
    };
    let start = candidate.records.all.get(candidate.layout.start).map(|record| record.start);
    if rules.titles {
        let before = if candidate.layout.start > 0 {
            start.unwrap_or(begin)
        } else {
            evidence.behind_comments.unwrap_or(begin)
        };
        evidence.skipped = lines(&bytes[..before], behind_mark(bytes), true).count();
        evidence.titles = candidate.layout.start;
    }
    let options = CsvOptions {
        delimiter: Some(candidate.syntax.delimiter.clone()),
        quote: Some(candidate.syntax.quote),
        escape: Some(candidate.syntax.escape),
        header: Some(given.header.unwrap_or(verdict.names)),
        comment: Some(candidate.syntax.comment.clone().filter(|text| !text.is_empty())),
        skip_rows: Some(given.skip_rows.unwrap_or(evidence.skipped as u64)),
        ..given.clone()
    };
    let short = candidate.layout.short.filter(|_| options.has_header() && given.columns.is_none());
    let choices = evidence.choices(&candidate, &verdict, &options, given, short);
    Sniffed { options, choices, short }
}

/// Where the text behind `rows` physical lines begins.
fn behind_rows(bytes: &[u8], begin: usize, rows: u64, ended: bool) -> usize {
    if rows == 0 {
        return begin;
    }
    let last = usize::try_from(rows - 1).unwrap_or(usize::MAX);
    lines(bytes, begin, ended).nth(last).map_or(bytes.len(), |line| line.next)
}

/// The best dialect behind comment lines at the top, and what the first record is: the last of these lines may be the
/// header. `None` where they are records.
fn behind_comments<'a>(
    text: Text<'a>,
    named: Option<&Delimiter>,
    top: &Top,
    evidence: &mut Evidence,
) -> Option<(Candidate<'a>, Verdict)> {
    let body = with_comments_inside(Text { begin: top.body, ..text }, named);
    let (syntax, width) = (&body.syntax, body.layout.width);
    if top.holds_records(text.bytes, syntax, width) {
        return None;
    }
    let verdict = judge(&body.records, body.layout.start, width);
    let header = top.header(text.bytes, syntax, width).filter(|(_, word)| {
        let data = !verdict.names && verdict.certain;
        body.layout.start == 0 && text.given.header != Some(false) && (data || (*word && !verdict.certain))
    });
    evidence.comments = top.lines.len();
    evidence.marker = top.marker;
    let Some((line, _)) = header else {
        evidence.behind_comments = Some(top.body);
        return Some((body, verdict));
    };
    // A comment that begins as the header does would hide it.
    let titles = Rules { titles: false, ..text.rules };
    let table = Text { begin: line.start, rules: titles, ..text }.search(Some(&syntax.delimiter), None);
    let verdict = judge(&table.records, table.layout.start, table.layout.width);
    evidence.comments -= 1;
    evidence.behind_comments = Some(line.start);
    let why = format!("the last line with {} before the records has their fields", top.marker);
    Some((
        table,
        Verdict { names: true, certain: true, why: if verdict.certain { verdict.why } else { why } },
    ))
}

/// The best dialect, comments among the records left out where there are some.
fn with_comments_inside<'a>(text: Text<'a>, named: Option<&Delimiter>) -> Candidate<'a> {
    if let Some(given) = &text.given.comment {
        return text.search(named, given.as_deref());
    }
    if text.given.comment.is_none() && comment::may_be_inside(&text.bytes[text.begin.min(text.bytes.len())..])
    {
        let candidate = text.search(named, Some("#"));
        let plain = split::Syntax { comment: None, ..candidate.syntax.clone() };
        let without = split::Records::split(text.bytes, text.begin, text.ended, &plain);
        if candidate.layout.splits_most() && comment::are_comments(&without, candidate.layout.width) {
            return candidate;
        }
    }
    text.search(named, None)
}
