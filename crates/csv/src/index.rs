//! The index of a block: where its fields and records end, given where in a record it begins.
//!
//! Quote parity tells inside from outside as long as every quote opens at the start of a field and closes at its end.
//! That is checked, not believed: where a block breaks the rule, [`machine`] reads it byte by
//! byte. Both ways give the same marks.

use crate::Dialect;
use crate::machine::{self, Place, State};
use crate::structure::Masks;

/// Delimiters and record ends outside quotes, one bit a byte, 64 to a word.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Marks {
    /// Bytes that end a field which is not the record's last.
    pub(crate) delimiters: Vec<u64>,
    /// First bytes of record terminators (the CR of a CRLF).
    pub(crate) ends: Vec<u64>,
}

/// What a block holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Physical line breaks, inside quotes too; a CRLF counts once, where its CR stands.
    pub(crate) lines: u64,
    /// Record ends.
    pub(crate) ends: u64,
    /// Record ends that follow another directly.
    pub(crate) blanks: u64,
    /// Record ends of comment lines.
    pub(crate) comments: u64,
}

impl Marks {
    /// Makes room for `words` words.
    pub(crate) fn resize(&mut self, words: usize) {
        self.delimiters.resize(words, 0);
        self.ends.resize(words, 0);
    }

    /// Clears the words from `from` up to (not including) `to`.
    pub(crate) fn clear(&mut self, from: usize, to: usize) {
        self.delimiters[from..to].fill(0);
        self.ends[from..to].fill(0);
    }

    /// The position of the last record end in the words from `from` up to `to`.
    pub(crate) fn last_end(&self, from: usize, to: usize) -> Option<usize> {
        let word = (from..to).rev().find(|word| self.ends[*word] != 0)?;
        Some(word * 64 + 63 - self.ends[word].leading_zeros() as usize)
    }
}

/// Marks and counts a block of `bytes` whose masks are `raw` and whose first byte has bit `offset` (a multiple of 64)
/// of the marks. `place` is where the block begins, and becomes where it ends.
pub(crate) fn index(
    bytes: &[u8],
    raw: &[Masks],
    offset: usize,
    place: &mut Place,
    dialect: &Dialect,
    marks: &mut Marks,
) -> Tally {
    let begin = *place;
    if dialect.parity_decides()
        && let Some(tally) = index_by_parity(bytes, raw, offset, place, marks)
    {
        return tally;
    }
    *place = begin;
    marks.clear(offset / 64, offset / 64 + bytes.len().div_ceil(64));
    machine::index(bytes, offset, place, dialect, marks)
}

/// `None` where a quote stands where the rules do not allow one.
fn index_by_parity(
    bytes: &[u8],
    raw: &[Masks],
    offset: usize,
    place: &mut Place,
    marks: &mut Marks,
) -> Option<Tally> {
    let Some(last_byte) = bytes.len().checked_sub(1) else { return Some(Tally::default()) };
    let mut carry = Carry::new(*place);
    let mut tally = Tally::default();
    let mut last_word = Word::default();
    let first = offset / 64;
    for (at, masks) in raw.iter().enumerate() {
        let known = if at == last_byte / 64 { u64::MAX >> (63 - last_byte % 64) } else { u64::MAX };
        let word = carry.word(masks, known)?;
        marks.delimiters[first + at] = word.delimiters;
        marks.ends[first + at] = word.ends;
        tally.lines += u64::from(word.lines.count_ones());
        tally.ends += u64::from(word.ends.count_ones());
        tally.blanks += u64::from((word.ends & word.starts).count_ones());
        last_word = word;
    }
    *place = last_word.place_after(last_byte % 64);
    Some(tally)
}

/// What one word of masks has to know of the bytes before it; each is 0 or 1, but `inside`, which is all zeros or ones.
struct Carry {
    /// Inside quotes.
    inside: u64,
    /// A quote may open here: at the start of a field, or as the second of a doubled one.
    may_open: u64,
    /// The byte before closed a quote.
    closed: u64,
    /// The byte before was a carriage return.
    after_cr: u64,
    /// A record starts here.
    record_start: u64,
}

/// What became of one word of masks; bit `i` is byte `i`.
#[derive(Default)]
struct Word {
    /// Delimiters outside quotes.
    delimiters: u64,
    /// First bytes of record terminators.
    ends: u64,
    /// First bytes of records.
    starts: u64,
    /// First bytes of line breaks, inside quotes too.
    lines: u64,
    /// Every byte of a line break outside quotes.
    breaks: u64,
    /// Closing quotes, and the first of doubled ones.
    closing: u64,
    /// Inside quotes behind this byte.
    inside: u64,
    /// Carriage returns, inside quotes too.
    carriage_returns: u64,
}

impl Carry {
    fn new(place: Place) -> Self {
        Carry {
            inside: if place.state == State::Quoted { u64::MAX } else { 0 },
            may_open: u64::from(matches!(
                place.state,
                State::RecordStart | State::FieldStart | State::QuoteInQuoted
            )),
            closed: u64::from(place.state == State::QuoteInQuoted),
            after_cr: u64::from(place.after_cr),
            record_start: u64::from(place.state == State::RecordStart),
        }
    }

    /// Judges one word, of which only the `known` bits are bytes of the block.
    fn word(&mut self, masks: &Masks, known: u64) -> Option<Word> {
        let quotes = masks.quotes & known;
        let carriage_returns = masks.carriage_returns & known;
        let line_feeds = masks.line_feeds & known;
        let crlf = line_feeds & (carriage_returns << 1 | self.after_cr);
        let inside = if quotes == 0 { self.inside } else { prefix_xor(quotes) ^ self.inside };
        let delimiters = masks.delimiters & known & !inside;
        let breaks = (line_feeds | carriage_returns) & !inside;
        let closing = quotes & !inside;
        let field_starts = delimiters | breaks | closing;
        let misplaced = quotes & inside & !(field_starts << 1 | self.may_open);
        let unfinished = (closing << 1 | self.closed) & !(delimiters | breaks | quotes) & known;
        if misplaced | unfinished != 0 {
            return None;
        }
        let word = Word {
            delimiters,
            ends: breaks & !crlf,
            starts: (breaks << 1 | self.record_start) & !crlf,
            lines: (line_feeds | carriage_returns) & !crlf,
            breaks,
            closing,
            inside,
            carriage_returns,
        };
        self.inside = (inside.cast_signed() >> 63).cast_unsigned();
        self.may_open = field_starts >> 63;
        self.closed = closing >> 63;
        self.after_cr = carriage_returns >> 63;
        self.record_start = breaks >> 63;
        Some(word)
    }
}

impl Word {
    /// Where the machine is behind byte `bit`.
    fn place_after(&self, bit: usize) -> Place {
        let has = |mask: u64| mask >> bit & 1 == 1;
        let state = if has(self.inside) {
            State::Quoted
        } else if has(self.closing) {
            State::QuoteInQuoted
        } else if has(self.delimiters) {
            State::FieldStart
        } else if has(self.breaks) {
            State::RecordStart
        } else {
            State::Unquoted
        };
        Place { state, after_cr: has(self.carriage_returns) }
    }
}

/// Bit i of the result is the parity of bits 0 to i.
fn prefix_xor(mut bits: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        bits ^= bits << shift;
    }
    bits
}

#[cfg(test)]
mod tests {
    use plimsoll_core::CsvOptions;
    use proptest::prelude::*;

    use super::*;
    use crate::structure::{Needles, fastest};

    fn marks_of(
        blocks: &[&[u8]],
        dialect: &Dialect,
        by_machine: bool,
    ) -> (Vec<Marks>, Vec<Place>, Vec<Tally>) {
        let mut place = Place::default();
        let (mut all, mut places, mut tallies) = (Vec::new(), Vec::new(), Vec::new());
        for block in blocks {
            let words = block.len().div_ceil(64);
            let mut padded = block.to_vec();
            padded.resize(words * 64, b'"');
            let mut raw = vec![Masks::default(); words];
            fastest()(&padded, Needles { delimiter: dialect.delimiter, quote: dialect.quote }, &mut raw);
            let mut marks = Marks::default();
            marks.resize(words);
            tallies.push(if by_machine {
                machine::index(block, 0, &mut place, dialect, &mut marks)
            } else {
                index(block, &raw, 0, &mut place, dialect, &mut marks)
            });
            all.push(marks);
            places.push(place);
        }
        (all, places, tallies)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn parity_agrees_with_the_machine(
            bytes in prop::collection::vec(prop::sample::select(b"aa,,\"\"\n\n\r".to_vec()), 0..400),
            cuts in prop::collection::vec(0usize..400, 0..4),
        ) {
            let dialect = Dialect::new(&CsvOptions::default(), b',').unwrap();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).chain([0, bytes.len()]).collect();
            cuts.sort_unstable();
            let blocks: Vec<&[u8]> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
            prop_assert_eq!(marks_of(&blocks, &dialect, false), marks_of(&blocks, &dialect, true));
        }

        #[test]
        fn lawful_quotes_never_need_the_machine(
            fields in prop::collection::vec(prop::sample::select(vec!["a", "", "\"\"", "\"x,\n\"", "\"\"\"q\"\"\""]), 1..80),
            enders in prop::collection::vec(prop::sample::select(vec![",", "\n", "\r\n", "\r"]), 80),
        ) {
            let text: String = fields.iter().zip(&enders).flat_map(|(field, ender)| [*field, *ender]).collect();
            let words = text.len().div_ceil(64);
            let mut padded = text.clone().into_bytes();
            padded.resize(words * 64, 0);
            let mut raw = vec![Masks::default(); words];
            fastest()(&padded, Needles { delimiter: b',', quote: Some(b'"') }, &mut raw);
            let mut marks = Marks::default();
            marks.resize(words);
            let done = index_by_parity(text.as_bytes(), &raw, 0, &mut Place::default(), &mut marks);
            prop_assert!(done.is_some());
        }
    }
}
