//! The fast walk: records that all have as many fields as they should are found by counting marks, without a look at what
//! each mark ends. Whether they did is checked at their end; where not, [`Walker`](crate::walk::Walker) walks them.

use std::iter::Zip;
use std::slice::{Iter, IterMut};

use crate::structure::Bits;
use crate::walk::Span;

/// How many marks lie between the wanted fields of a record.
#[derive(Debug)]
pub(crate) struct Stride {
    /// For each wanted field, the marks to pass over before its own.
    skips: Vec<u32>,
    /// The marks behind that of the last wanted field, up to the record's end.
    behind: u32,
    /// Where no field is wanted of few: which of the next 64 marks end records, by how many of a record were passed.
    lawful: Vec<u64>,
}

/// What a walk found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Walked {
    /// Records, each with its spans.
    pub(crate) records: usize,
    /// Where the next record begins.
    pub(crate) at: usize,
}

/// The records to walk.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stretch {
    /// First byte of the first record.
    pub(crate) begin: usize,
    /// Behind the last record.
    pub(crate) limit: usize,
    /// The most records.
    pub(crate) most: usize,
    /// Whether a terminator may be a CRLF.
    pub(crate) carriage_returns: bool,
}

/// The marks from one on.
struct Cursor<'a> {
    /// The words behind the current one: field ends and record ends.
    behind: Zip<Iter<'a, u64>, Iter<'a, u64>>,
    /// The position of the current word's first bit.
    base: usize,
    /// Marks of the current word that were not passed.
    rest: u64,
    /// Record ends of the current word.
    ends: u64,
}

/// A mark that was passed.
#[derive(Clone, Copy)]
struct Mark {
    at: usize,
    ends_record: bool,
}

impl Stride {
    /// For the `wanted` fields (ascending) of records of `columns` fields.
    pub(crate) fn new(wanted: &[usize], columns: usize) -> Self {
        let mut next = 0;
        let mut skips = Vec::with_capacity(wanted.len());
        for field in wanted {
            skips.push(u32::try_from(field - next).unwrap_or(u32::MAX));
            next = field + 1;
        }
        let behind = u32::try_from(columns.saturating_sub(next)).unwrap_or(u32::MAX);
        let ends_from = |passed: usize| {
            let ends = (0..64).filter(|mark| (passed + mark + 1).is_multiple_of(columns));
            ends.fold(0, |all, mark| all | 1 << mark)
        };
        let counted = if wanted.is_empty() && columns <= 64 { columns } else { 0 };
        Stride { skips, behind, lawful: (0..counted).map(ends_from).collect() }
    }

    /// Walks records and writes the spans of their wanted fields to `spans`, each vector of which has room for the most
    /// records. No record, or some of those before it, where one of them does not have the right number of fields.
    #[inline(always)]
    pub(crate) fn walk<S: Bits>(
        &self,
        fields: &[u64],
        ends: &[u64],
        bytes: &[u8],
        stretch: Stretch,
        spans: &mut [Vec<Span>],
    ) -> Walked {
        let nothing = Walked { records: 0, at: stretch.begin };
        // All fields of records with plain ends: no step has to be asked for.
        let dense = self.behind == 0 && self.skips.iter().all(|skip| *skip == 0) && !stretch.carriage_returns;
        let walked = match (spans, self.skips.as_slice()) {
            ([a, b], [x, y]) if dense => {
                self.walk_some::<S, 2, true>(fields, ends, bytes, stretch, [a, b], [*x, *y])
            }
            ([], []) => self
                .count_records::<S>(fields, ends, bytes, stretch)
                .or_else(|| self.walk_some::<S, 0, false>(fields, ends, bytes, stretch, [], [])),
            ([a], [x]) => self.walk_some::<S, _, false>(fields, ends, bytes, stretch, [a], [*x]),
            ([a, b], [x, y]) => self.walk_some::<S, _, false>(fields, ends, bytes, stretch, [a, b], [*x, *y]),
            ([a, b, c], [x, y, z]) => {
                self.walk_some::<S, _, false>(fields, ends, bytes, stretch, [a, b, c], [*x, *y, *z])
            }
            ([a, b, c, d], [w, x, y, z]) => {
                self.walk_some::<S, _, false>(fields, ends, bytes, stretch, [a, b, c, d], [*w, *x, *y, *z])
            }
            (spans, _) => self.walk_many::<S>(fields, ends, bytes, stretch, spans),
        };
        // Every record ended at an end. Were there others in between, some record had too few fields, and its successor's
        // were taken for its own.
        let walked = walked.unwrap_or(nothing);
        if count(ends, stretch.begin, walked.at) == walked.records { walked } else { nothing }
    }

    /// As `walk` where no field is wanted: a word of marks at a time. The ends among them must be those that the number of
    /// fields tells. `None` where the first record is not done with the last whole word, or has another number of fields.
    #[inline(always)]
    fn count_records<S: Bits>(
        &self,
        fields: &[u64],
        ends: &[u64],
        bytes: &[u8],
        stretch: Stretch,
    ) -> Option<Walked> {
        let Stretch { begin, limit, most, carriage_returns } = stretch;
        if self.lawful.is_empty() || begin >= limit || most == 0 {
            return None;
        }
        let columns = self.behind as usize;
        let words = begin / 64..(limit - 1) / 64 + 1;
        let last = words.len() - 1;
        let marks = fields.get(words.clone())?.iter().zip(ends.get(words)?);
        let mut open = u64::MAX << (begin % 64);
        let (mut records, mut passed, mut end) = (0, 0, None);
        for (word, (fields, ends)) in marks.enumerate() {
            if word == last {
                open &= u64::MAX >> (63 - (limit - 1) % 64);
            }
            let (mut fields, mut ends) = (fields & open, ends & open);
            let mut ended = ends.count_ones() as usize;
            if records + ended >= most {
                ended = most - records;
                let bit = S::select(ends, u32::try_from(ended).ok()?.checked_sub(1)?);
                open = u64::MAX >> (63 - bit);
                (fields, ends) = (fields & open, ends & open);
            }
            if S::deposit(*self.lawful.get(passed)?, fields) != ends {
                break;
            }
            passed = passed + fields.count_ones() as usize - columns * ended;
            records += ended;
            if ended > 0 {
                end = Some((begin / 64 + word) * 64 + 63 - ends.leading_zeros() as usize);
            }
            if records == most {
                break;
            }
            open = u64::MAX;
        }
        let end = end?;
        let crlf = carriage_returns && bytes[end] == b'\r' && end + 1 < limit && bytes[end + 1] == b'\n';
        Some(Walked { records, at: end + 1 + usize::from(crlf) })
    }

    /// As `walk` for a number of fields that the compiler knows.
    #[inline(always)]
    fn walk_some<S: Bits, const N: usize, const DENSE: bool>(
        &self,
        fields: &[u64],
        ends: &[u64],
        bytes: &[u8],
        stretch: Stretch,
        spans: [&mut Vec<Span>; N],
        skips: [u32; N],
    ) -> Option<Walked> {
        let mut spans = spans.map(|spans| spans.iter_mut());
        let mut cursor = Cursor::new(fields, ends, stretch.begin)?;
        let mut start = stretch.begin;
        let mut records = 0;
        while records < stretch.most && start < stretch.limit {
            let spans = spans.iter_mut().zip(skips);
            start = self.record::<S, DENSE>(&mut cursor, start, bytes, stretch, spans)?;
            records += 1;
        }
        Some(Walked { records, at: start })
    }

    /// As `walk` for any number of fields.
    #[inline(always)]
    fn walk_many<S: Bits>(
        &self,
        fields: &[u64],
        ends: &[u64],
        bytes: &[u8],
        stretch: Stretch,
        spans: &mut [Vec<Span>],
    ) -> Option<Walked> {
        let mut spans: Vec<_> = spans.iter_mut().map(|spans| spans.iter_mut()).collect();
        let mut cursor = Cursor::new(fields, ends, stretch.begin)?;
        let mut start = stretch.begin;
        let mut records = 0;
        while records < stretch.most && start < stretch.limit {
            let spans = spans.iter_mut().zip(self.skips.iter().copied());
            start = self.record::<S, false>(&mut cursor, start, bytes, stretch, spans)?;
            records += 1;
        }
        Some(Walked { records, at: start })
    }

    /// Notes the spans of the record that begins at `start`; gives where the next one does. `None` where the mark that
    /// should end it does not.
    #[inline(always)]
    fn record<'s, 'v: 's, S: Bits, const DENSE: bool>(
        &self,
        cursor: &mut Cursor<'_>,
        mut start: usize,
        bytes: &[u8],
        stretch: Stretch,
        spans: impl Iterator<Item = (&'s mut IterMut<'v, Span>, u32)>,
    ) -> Option<usize> {
        let mut mark = Mark { at: start, ends_record: false };
        for (spans, skip) in spans {
            if !DENSE && skip > 0 {
                start = cursor.skip::<S>(skip - 1)?.at + 1;
            }
            mark = cursor.next()?;
            *spans.next()? = Span::between(start, mark.at);
            start = mark.at + 1;
        }
        if !DENSE && self.behind > 0 {
            mark = cursor.skip::<S>(self.behind - 1)?;
        }
        if !mark.ends_record {
            return None;
        }
        let next = mark.at + 1;
        if DENSE || !stretch.carriage_returns {
            return Some(next);
        }
        let crlf = bytes[mark.at] == b'\r' && next < stretch.limit && bytes[next] == b'\n';
        Some(next + usize::from(crlf))
    }
}

/// How many bits from `begin` up to (not including) `end` are set.
#[inline(always)]
fn count(words: &[u64], begin: usize, end: usize) -> usize {
    if begin >= end {
        return 0;
    }
    let (first, last) = (begin / 64, (end - 1) / 64);
    let from_begin = u64::MAX << (begin % 64);
    let to_end = u64::MAX >> (63 - (end - 1) % 64);
    if first == last {
        return (words[first] & from_begin & to_end).count_ones() as usize;
    }
    let between: u32 = words[first + 1..last].iter().map(|word| word.count_ones()).sum();
    ((words[first] & from_begin).count_ones() + between + (words[last] & to_end).count_ones()) as usize
}

impl<'a> Cursor<'a> {
    #[inline(always)]
    fn new(fields: &'a [u64], ends: &'a [u64], begin: usize) -> Option<Self> {
        let word = begin / 64;
        let mut behind = fields.get(word..)?.iter().zip(ends.get(word..)?);
        let (fields, ends) = behind.next()?;
        Some(Cursor { behind, base: word * 64, rest: fields & u64::MAX << (begin % 64), ends: *ends })
    }

    /// The next mark.
    #[inline(always)]
    fn next(&mut self) -> Option<Mark> {
        while self.rest == 0 {
            self.next_word()?;
        }
        let bit = self.rest.trailing_zeros() as usize;
        self.rest &= self.rest - 1;
        Some(Mark { at: self.base + bit, ends_record: self.ends >> bit & 1 == 1 })
    }

    #[inline(always)]
    fn next_word(&mut self) -> Option<()> {
        let (fields, ends) = self.behind.next()?;
        self.base += 64;
        (self.rest, self.ends) = (*fields, *ends);
        Some(())
    }

    /// The mark behind the next `count` ones.
    #[inline(always)]
    fn skip<S: Bits>(&mut self, mut count: u32) -> Option<Mark> {
        loop {
            let here = self.rest.count_ones();
            if count < here {
                break;
            }
            count -= here;
            self.next_word()?;
        }
        let bit = S::select(self.rest, count) as usize;
        // Two shifts, since one by 64 is not defined.
        self.rest &= u64::MAX << bit << 1;
        Some(Mark { at: self.base + bit, ends_record: self.ends >> bit & 1 == 1 })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::structure::every;

    /// Marks of a text without quotes.
    fn marks(text: &[u8]) -> (Vec<u64>, Vec<u64>) {
        let mut fields = vec![0; text.len() / 64 + 1];
        let mut ends = fields.clone();
        for (at, byte) in text.iter().enumerate() {
            let is_end = *byte == b'\r' || (*byte == b'\n' && (at == 0 || text[at - 1] != b'\r'));
            ends[at / 64] |= u64::from(is_end) << (at % 64);
            fields[at / 64] |= u64::from(is_end || *byte == b',') << (at % 64);
        }
        (fields, ends)
    }

    proptest! {
        #[test]
        fn finds_what_splitting_finds(
            columns in 1usize..9,
            picked in prop::collection::vec(any::<bool>(), 9),
            lengths in prop::collection::vec(0usize..40, 0..200),
            crlf in any::<bool>(),
            broken in prop::option::of((0usize..30, 0usize..9)),
            most in 1usize..40,
        ) {
            let wanted: Vec<usize> = (0..columns).filter(|field| picked[*field]).collect();
            let mut records: Vec<Vec<usize>> = lengths.chunks_exact(columns).map(<[usize]>::to_vec).collect();
            if let Some((record, fields)) = broken
                && record < records.len()
            {
                records[record] = vec![1; fields.max(1)];
            }
            let mut text = Vec::new();
            let mut expected: Vec<Vec<Span>> = vec![Vec::new(); wanted.len()];
            let mut begins = Vec::new();
            for record in &records {
                begins.push(text.len());
                for (field, length) in record.iter().enumerate() {
                    if let Some(place) = wanted.iter().position(|wanted| *wanted == field) {
                        expected[place].push(Span::between(text.len(), text.len() + length));
                    }
                    text.extend(std::iter::repeat_n(b'x', *length));
                    text.push(b',');
                }
                text.pop();
                text.extend_from_slice(if crlf { b"\r\n" } else { b"\n" });
            }
            let (fields, ends) = marks(&text);
            let stretch = Stretch { begin: 0, limit: text.len(), most, carriage_returns: crlf };
            let taken = records.len().min(most);
            let unlawful = records[..taken].iter().position(|record| record.len() != columns);
            let begin_of = |record: usize| begins.get(record).copied().unwrap_or(text.len());
            for loops in every() {
                let mut spans = vec![vec![Span::default(); most]; wanted.len()];
                let walked = (loops.walk)(&Stride::new(&wanted, columns), &fields, &ends, &text, stretch, &mut spans);
                if unlawful.is_none() || walked.records > 0 {
                    prop_assert!(walked.records == taken || (wanted.is_empty() && walked.records <= unlawful.unwrap()));
                    prop_assert_eq!(walked.at, begin_of(walked.records));
                    for (spans, expected) in spans.iter().zip(&expected) {
                        prop_assert_eq!(&spans[..walked.records], &expected[..walked.records]);
                    }
                } else {
                    prop_assert_eq!(walked, Walked { records: 0, at: 0 });
                }
            }
        }
    }
}
