//! The dialect of those tried that explains a head best.

use plimsoll_core::{CsvOptions, Delimiter};

use super::layout::{Layout, Rules};
use super::quote::Usual;
use super::score::score;
use super::split::{Records, Syntax};
use super::{delimiter, quote};

/// Bytes that show most delimiters to be wrong, where they hold enough records.
const FEW_BYTES: usize = 8 << 10;
const FEW_RECORDS: usize = 100;

/// A dialect and what it makes of the head.
#[derive(Debug)]
pub(super) struct Candidate<'a> {
    pub(super) syntax: Syntax,
    pub(super) records: Records<'a>,
    pub(super) layout: Layout,
    pub(super) score: usize,
}

/// What is searched.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text<'a> {
    pub(super) bytes: &'a [u8],
    /// Where the records begin.
    pub(super) begin: usize,
    /// Whether the bytes are all of the file.
    pub(super) ended: bool,
    pub(super) rules: Rules,
    pub(super) given: &'a CsvOptions,
}

impl<'a> Text<'a> {
    /// The best dialect. `named` is a delimiter that the file itself or the user names; without one and without a delimiter
    /// that splits most records, it is the comma, and the file has one column.
    pub(super) fn search(&self, named: Option<&Delimiter>, comment: Option<&str>) -> Candidate<'a> {
        if let Some(named) = named {
            return self.best_with(named, comment);
        }
        let text = &self.bytes[self.begin.min(self.bytes.len())..];
        let splits = |candidate: &Candidate<'_>| candidate.layout.splits_most();
        let usual = self
            .free(delimiter::usual(text))
            .filter(|delimiter| self.splits_some(delimiter))
            .map(|delimiter| self.best_with(&delimiter, comment));
        let usual = first_best(usual.filter(splits));
        let usual = match usual {
            Some(best) if !delimiter::is_punctuation(&best.syntax.delimiter) => return best,
            usual => usual,
        };
        let rare = self.free(delimiter::rare(text)).map(|delimiter| self.best_with(&delimiter, comment));
        let credible = |candidate: &Candidate<'_>| {
            splits(candidate) && delimiter::is_credible(&candidate.records, &candidate.layout)
        };
        if let Some(best) = first_best(usual.into_iter().chain(rare.filter(credible))) {
            return best;
        }
        let mut column = self.best_with(&Delimiter::from(b','), comment);
        let total = column.records.all.len();
        let regular = column.records.all.iter().filter(|record| record.width() == 1).count();
        column.layout = Layout { start: 0, width: 1, regular, split: total - regular, total, short: None };
        column
    }

    /// The delimiters whose bytes have no other meaning that is given.
    fn free(&self, delimiters: Vec<Delimiter>) -> impl Iterator<Item = Delimiter> {
        let comment = self.given.comment_text().and_then(|text| text.bytes().next());
        let taken = [self.given.quote.flatten(), self.given.escape_byte(), comment];
        let is_free = move |delimiter: &Delimiter| match delimiter {
            Delimiter::Text(bytes) => bytes.iter().all(|byte| !taken.contains(&Some(*byte))),
            Delimiter::Blanks => [b' ', b'\t'].iter().all(|byte| !taken.contains(&Some(*byte))),
        };
        delimiters.into_iter().filter(is_free)
    }

    /// Whether it splits some of the first records: a quick look that rules out what only stands in texts.
    fn splits_some(&self, delimiter: &Delimiter) -> bool {
        let few = &self.bytes[..self.bytes.len().min(self.begin.saturating_add(FEW_BYTES))];
        let quote = self.given.quote.unwrap_or(Some(b'"'));
        let syntax = Syntax { delimiter: delimiter.clone(), quote, escape: None, comment: None };
        let ended = self.ended && few.len() == self.bytes.len();
        let records = Records::split(few, self.begin, ended, &syntax).all;
        let split = records.iter().filter(|record| record.width() > 1).count();
        records.len() < FEW_RECORDS || split * 4 > records.len()
    }

    /// The best quotes and escape with `delimiter`.
    fn best_with(&self, delimiter: &Delimiter, comment: Option<&str>) -> Candidate<'a> {
        let text = &self.bytes[self.begin.min(self.bytes.len())..];
        let mut variants = quote::variants(text, delimiter, comment, self.given).into_iter();
        let plain = || Syntax { delimiter: delimiter.clone(), quote: None, escape: None, comment: None };
        let mut best = self.candidate(variants.next().unwrap_or_else(plain));
        let (closed, faulty) = best.records.quoted();
        let usual = Usual { closed, faulty, regular: best.layout.regular == best.layout.total };
        for syntax in variants.filter(|syntax| quote::is_possible(syntax, usual)) {
            let candidate = self.candidate(syntax);
            if quote::is_credible(&candidate.records, &candidate.layout, &candidate.syntax, usual)
                && candidate.score > best.score
            {
                best = candidate;
            }
        }
        best
    }

    fn candidate(&self, syntax: Syntax) -> Candidate<'a> {
        let records = Records::split(self.bytes, self.begin, self.ended, &syntax);
        let layout = Layout::of(&records, self.rules);
        let score = score(&records, &layout, &syntax);
        Candidate { syntax, records, layout, score }
    }
}

/// Of equally good ones the first.
fn first_best<'a>(candidates: impl Iterator<Item = Candidate<'a>>) -> Option<Candidate<'a>> {
    candidates.reduce(|best, next| if next.score > best.score { next } else { best })
}
