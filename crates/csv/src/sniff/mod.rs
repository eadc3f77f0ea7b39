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
use self::lines::lines;
pub(crate) use self::lines::{behind_mark, first_separator};
use self::search::{Candidate, Text};
use crate::lead::Lead;

pub(crate) use self::comment::marker_throughout;

/// The dialect of a head.
#[derive(Debug)]
pub(crate) struct Sniffed {
    /// The given options with every setting of the dialect resolved.
    pub(crate) options: CsvOptions,
    /// The settings, in the order in which they apply.
    pub(crate) choices: Vec<Choice>,
    /// How the header is one name short, where it is.
    pub(crate) short: Option<Short>,
    /// Whether most of the records that were looked at have several fields.
    pub(crate) splits: bool,
}

/// Resolves what `given` leaves open. `bytes` are the first of the file behind its `lead`, all where it has `ended`.
pub(crate) fn sniff(bytes: &[u8], ended: bool, given: &CsvOptions, lead: &Lead) -> Sniffed {
    let mut begin = if lead.is_passed() { 0 } else { behind_mark(bytes) };
    let mut separator = lead.separator.clone();
    match given.skip_rows {
        Some(rows) => begin = behind_rows(bytes, begin, rows.saturating_sub(lead.origin.lines), ended),
        None if lead.is_passed() => {}
        None => {
            if let Some((named, next)) = first_separator(bytes, begin, ended) {
                separator = Some(named);
                begin = next;
            }
        }
    }
    let rules = Rules { titles: given.skip_rows.is_none(), header: given.header };
    let text = Text { bytes, begin, ended, rules, given };
    let named = given.delimiter.as_ref().or(separator.as_ref());
    let mut evidence = Evidence { separator: separator.is_some(), ..Evidence::default() };

    let top = match &lead.top {
        _ if given.comment.is_some() || !rules.titles => None,
        Some(known) => Top::behind(known, bytes, begin, ended),
        None => Top::of(bytes, begin, ended),
    };
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
        let titles = (candidate.layout.start > 0).then(|| start.unwrap_or(begin));
        // What was passed over is skipped where more is; else it belongs to the data.
        let (before, passed) = match titles.or(evidence.behind_comments) {
            Some(before) => (before, lead.origin.lines),
            None => (begin, if lead.is_passed() { lead.start.lines } else { 0 }),
        };
        let mark = if lead.is_passed() { 0 } else { behind_mark(bytes) };
        let passed = usize::try_from(passed).unwrap_or(usize::MAX);
        evidence.skipped = passed + lines(&bytes[..before], mark, true).count();
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
    Sniffed { options, choices, short, splits: candidate.layout.splits_most() }
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
    evidence.comments = top.before + top.lines.len();
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
