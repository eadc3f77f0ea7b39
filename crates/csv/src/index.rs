//! The index of a block: where its fields and records end, given where in a record it begins.
//!
//! Quote parity tells inside from outside as long as every quote opens at the start of a field and closes at its end.
//! That is checked, not believed: where a block breaks the rule, [`machine`] reads it byte by
//! byte, as it does for escapes, comments and delimiters of several bytes. Both ways give the same marks.

use crate::Dialect;
use crate::machine::{self, Place, State};
use crate::structure::{Index, Lanes, Masks, Needles};

/// Ends of fields and records outside quotes, one bit a byte, 64 to a word.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Marks {
    /// Bytes that end a field: delimiters and record ends.
    pub(crate) fields: Vec<u64>,
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

/// Which kinds of bytes are among those of a block, so that whoever reads them need not look for what is not there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Content {
    /// Quotes, or escapes.
    pub(crate) quotes: bool,
    pub(crate) carriage_returns: bool,
    /// Bytes of 128 and more.
    pub(crate) high: bool,
    /// Text behind a closing quote, or a quote that opens a field but is text.
    pub(crate) misquoted: bool,
}

/// What came of marking a block.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Marked {
    pub(crate) tally: Tally,
    pub(crate) content: Content,
}

impl Content {
    /// What either has.
    pub(crate) fn or(self, other: Content) -> Content {
        Content {
            quotes: self.quotes | other.quotes,
            carriage_returns: self.carriage_returns | other.carriage_returns,
            high: self.high | other.high,
            misquoted: self.misquoted | other.misquoted,
        }
    }
}

impl Marks {
    /// Makes room for `words` words.
    pub(crate) fn resize(&mut self, words: usize) {
        self.fields.resize(words, 0);
        self.ends.resize(words, 0);
    }

    /// Clears the words from `from` up to (not including) `to`.
    pub(crate) fn clear(&mut self, from: usize, to: usize) {
        self.fields[from..to].fill(0);
        self.ends[from..to].fill(0);
    }

    /// The position of the last record end in the words from `from` up to `to`.
    pub(crate) fn last_end(&self, from: usize, to: usize) -> Option<usize> {
        let word = (from..to).rev().find(|word| self.ends[*word] != 0)?;
        Some(word * 64 + 63 - self.ends[word].leading_zeros() as usize)
    }

    /// Where records end, from a byte on.
    pub(crate) fn ends_from(&self, from: usize) -> impl Iterator<Item = usize> {
        let words = self.ends.iter().enumerate().skip(from / 64);
        let ends = words.flat_map(|(word, bits)| {
            (0..64).filter(move |bit| bits >> bit & 1 == 1).map(move |bit| word * 64 + bit)
        });
        ends.skip_while(move |end| *end < from)
    }

    /// Marks the end of a record (and of its last field).
    pub(crate) fn mark_end(&mut self, at: usize) {
        self.fields[at / 64] |= 1 << (at % 64);
        self.ends[at / 64] |= 1 << (at % 64);
    }
}

/// The bytes of a block that is to be marked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unmarked<'a> {
    /// The block's `length` bytes, and more up to a multiple of 64.
    pub(crate) padded: &'a [u8],
    pub(crate) length: usize,
    /// The bit of its first byte in the marks, a multiple of 64.
    pub(crate) offset: usize,
}

/// Marks a block by quote parity. `place` is where the block begins, and becomes where it ends; the words of the block are
/// written whole. `None` where parity does not decide, or a quote stands where the rules do not allow one.
pub(crate) fn mark_by_parity(
    block: Unmarked<'_>,
    place: &mut Place,
    dialect: &Dialect,
    index: Index,
    marks: &mut Marks,
) -> Option<Marked> {
    let delimiter = dialect.delimiter.byte().filter(|_| dialect.parity_decides())?;
    let words = block.offset / 64..block.offset / 64 + block.padded.len() / 64;
    let needles = Needles { delimiter, quote: dialect.quote };
    let (fields, ends) = (&mut marks.fields[words.clone()], &mut marks.ends[words]);
    index(block.padded, block.length, needles, place, fields, ends)
}

/// Marks a block by the machine, byte by byte; `ended` says whether the input ends with it.
pub(crate) fn mark_by_machine(
    block: Unmarked<'_>,
    ended: bool,
    place: &mut Place,
    dialect: &Dialect,
    marks: &mut Marks,
) -> Marked {
    marks.clear(block.offset / 64, block.offset / 64 + block.padded.len() / 64);
    machine::index(&block.padded[..block.length], block.offset, ended, place, dialect, marks)
}

/// Marks the first `length` of the `padded` bytes, a word of `fields` and `ends` for each 64. `place` is where they begin,
/// and becomes where they end. `None` where a quote stands where the rules do not allow one.
#[inline(always)]
pub(crate) fn index_by_parity<L: Lanes>(
    padded: &[u8],
    length: usize,
    needles: Needles,
    place: &mut Place,
    fields: &mut [u64],
    ends: &mut [u64],
) -> Option<Marked> {
    let Some(last_byte) = length.checked_sub(1) else { return Some(Marked::default()) };
    let (chunks, _) = padded.as_chunks::<64>();
    let last = last_byte / 64;
    let mut carry = Carry::new(*place);
    let mut tally = Tally::default();
    let (mut quotes, mut carriage_returns, mut high) = (0, 0, 0);
    let out = fields.iter_mut().zip(ends.iter_mut());
    for (chunk, (fields, ends)) in chunks[..last].iter().zip(out) {
        let masks = L::masks(chunk, needles);
        quotes |= masks.quotes;
        carriage_returns |= masks.carriage_returns;
        high |= masks.high;
        let special = masks.quotes | masks.carriage_returns | carry.after_cr | carry.closed | carry.inside;
        if special == 0 {
            // Neither quotes nor carriage returns, outside quotes and not behind a carriage return: what `word` would give,
            // for less.
            let Masks { delimiters, line_feeds, .. } = masks;
            (*fields, *ends) = (delimiters | line_feeds, line_feeds);
            let count = u64::from(line_feeds.count_ones());
            tally.lines += count;
            tally.ends += count;
            tally.blanks += u64::from((line_feeds & (line_feeds << 1 | carry.record_start)).count_ones());
            carry.may_open = *fields >> 63;
            carry.record_start = line_feeds >> 63;
        } else {
            let word = carry.word(&masks, u64::MAX)?;
            (*fields, *ends) = (word.delimiters | word.ends, word.ends);
            tally.add(&word);
        }
    }
    let known = u64::MAX >> (63 - last_byte % 64);
    let masks = L::masks(chunks.get(last)?, needles).only(known);
    let word = carry.word(&masks, known)?;
    (*fields.get_mut(last)?, *ends.get_mut(last)?) = (word.delimiters | word.ends, word.ends);
    tally.add(&word);
    *place = word.place_after(last_byte % 64);
    let content = Content {
        quotes: quotes | masks.quotes != 0,
        carriage_returns: carriage_returns | masks.carriage_returns != 0,
        high: high | masks.high != 0,
        misquoted: false,
    };
    Some(Marked { tally, content })
}

impl Tally {
    #[inline(always)]
    fn add(&mut self, word: &Word) {
        self.lines += u64::from(word.lines.count_ones());
        self.ends += u64::from(word.ends.count_ones());
        self.blanks += u64::from((word.ends & word.starts).count_ones());
    }
}

impl Masks {
    /// Those of the `known` bytes.
    #[inline(always)]
    fn only(self, known: u64) -> Masks {
        Masks {
            delimiters: self.delimiters & known,
            line_feeds: self.line_feeds & known,
            carriage_returns: self.carriage_returns & known,
            quotes: self.quotes & known,
            high: self.high,
        }
    }
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

    /// Judges one word, of which only the `known` bits are bytes of the block; no others are set in its masks.
    #[inline(always)]
    fn word(&mut self, masks: &Masks, known: u64) -> Option<Word> {
        let Masks { quotes, carriage_returns, line_feeds, .. } = *masks;
        let crlf = line_feeds & (carriage_returns << 1 | self.after_cr);
        let inside = if quotes == 0 { self.inside } else { prefix_xor(quotes) ^ self.inside };
        let delimiters = masks.delimiters & !inside;
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
    #[inline(always)]
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
        Place { after_cr: has(self.carriage_returns), ..Place::at(state) }
    }
}

/// Bit i of the result is the parity of bits 0 to i.
#[inline(always)]
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
    use crate::structure::{Loops, every};

    fn marks_of(
        blocks: &[&[u8]],
        dialect: &Dialect,
        loops: Option<Loops>,
    ) -> (Vec<Marks>, Vec<Place>, Vec<Marked>) {
        let mut place = Place::default();
        let (mut all, mut places, mut marked) = (Vec::new(), Vec::new(), Vec::new());
        for block in blocks {
            let words = block.len().div_ceil(64);
            let mut padded = block.to_vec();
            padded.resize(words * 64, b'"');
            let unmarked = Unmarked { padded: &padded, length: block.len(), offset: 0 };
            let mut marks = Marks::default();
            marks.resize(words);
            let begin = place;
            let by_parity = loops
                .and_then(|loops| mark_by_parity(unmarked, &mut place, dialect, loops.index, &mut marks));
            marked.push(by_parity.unwrap_or_else(|| {
                place = begin;
                mark_by_machine(unmarked, false, &mut place, dialect, &mut marks)
            }));
            all.push(marks);
            places.push(place);
        }
        (all, places, marked)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn parity_agrees_with_the_machine(
            bytes in prop::collection::vec(prop::sample::select(b"aa,,\"\"\n\n\r\xe9".to_vec()), 0..400),
            cuts in prop::collection::vec(0usize..400, 0..4),
        ) {
            let dialect = Dialect::new(&CsvOptions::default(), b',').unwrap();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).chain([0, bytes.len()]).collect();
            cuts.sort_unstable();
            let blocks: Vec<&[u8]> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
            let expected = marks_of(&blocks, &dialect, None);
            for loops in every() {
                prop_assert_eq!(&marks_of(&blocks, &dialect, Some(loops)), &expected);
            }
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
            let dialect = Dialect::new(&CsvOptions::default(), b',').unwrap();
            let unmarked = Unmarked { padded: &padded, length: text.len(), offset: 0 };
            let mut marks = Marks::default();
            marks.resize(words);
            for loops in every() {
                let done = mark_by_parity(unmarked, &mut Place::default(), &dialect, loops.index, &mut marks);
                prop_assert!(done.is_some());
            }
        }
    }
}
