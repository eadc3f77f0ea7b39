//! Walks the records of a block and notes where the wanted fields lie.

use plimsoll_core::Location;

use crate::Dialect;
use crate::bad::{Bad, Verdict, shape};
use crate::block::{Block, Region};
use crate::incomplete::breaks;
use crate::index::Marks;
use crate::stride::{Stretch, Stride};

/// Where a field lies in its block's bytes, quotes included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// Bytes.
    pub length: u32,
}

impl Span {
    /// The bytes from `start` up to (not including) `end`.
    #[inline(always)]
    #[allow(clippy::cast_possible_truncation, reason = "records are at most 1 GiB long")]
    pub(crate) fn between(start: usize, end: usize) -> Self {
        Span { start: start as u32, length: (end - start) as u32 }
    }

    /// The field's raw bytes.
    #[inline]
    pub fn of(self, bytes: &[u8]) -> &[u8] {
        &bytes[self.start as usize..self.start as usize + self.length as usize]
    }
}

/// A place in a region: the next record that was not walked.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cursor {
    at: usize,
    /// Records walked.
    records: u64,
}

/// Which fields are wanted, and what a lawful record looks like.
#[derive(Debug)]
pub(crate) struct Walker {
    /// Indexes of the wanted fields, ascending.
    pub(crate) wanted: Vec<usize>,
    /// Fields of each record.
    pub(crate) columns: usize,
    dialect: Dialect,
    stride: Stride,
}

/// What a walk found beside records as they should be.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Records that were skipped or repaired, in order.
    pub(crate) bad: Vec<Bad>,
    /// For each skipped record, how many records were noted before it; ascending.
    pub(crate) gaps: Vec<usize>,
}

impl Cursor {
    pub(crate) fn new(region: &Region) -> Self {
        Cursor { at: region.start, records: 0 }
    }

    /// The index in the block's bytes of the next record.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// Number of the next record, from 1.
    pub(crate) fn record(&self, region: &Region) -> u64 {
        region.records + self.records + 1
    }
}

impl Walker {
    /// Walks up to `most` records and puts the spans of their wanted fields into `spans`, a vector for each. Gives the
    /// number of records, and what is wrong with the record behind them where that is not passed over. Bad records that are
    /// passed over are noted in `found`; at most `most` of them, so that there may be no record before the end of the region.
    pub(crate) fn walk(
        &self,
        block: &Block,
        region: &Region,
        cursor: &mut Cursor,
        most: usize,
        spans: &mut [Vec<Span>],
        found: &mut Found,
    ) -> (usize, Option<Bad>) {
        // Stretches in which a quote may be misplaced are not strode along: no mark tells of it.
        if !block.content.misquoted {
            let walked = self.stride_along(block, region, cursor, most, spans);
            if walked > 0 {
                return (walked, None);
            }
        }
        spans.iter_mut().for_each(Vec::clear);
        let mut count = 0;
        while count < most && cursor.at < region.limit && found.bad.len() < most {
            let begin = cursor.at;
            // A comment is walked as a record of no wanted field.
            if self.dialect.is_comment(&block.bytes()[begin..region.limit]) {
                cursor.at = self.behind(block, region, next_end(block, begin));
                continue;
            }
            let walked = self.record(block, begin, spans);
            let lawful =
                walked.filter(|end| end - begin <= self.dialect.max_field && !block.content.misquoted);
            let (end, kept) = match lawful {
                Some(end) => (end, end > self.dialect.first_field(block.bytes(), begin) || self.columns == 1),
                None => {
                    spans.iter_mut().for_each(|column| column.truncate(count));
                    match self.judge(block, region, cursor, count, spans, found) {
                        Ok(judged) => judged,
                        Err(bad) => {
                            spans.iter_mut().for_each(|column| column.truncate(count));
                            return (count, Some(bad));
                        }
                    }
                }
            };
            cursor.at = self.behind(block, region, end);
            if kept {
                cursor.records += 1;
                count += 1;
            }
        }
        (count, None)
    }

    /// Takes the record at the cursor, which may break the rules: notes the spans of its wanted fields, and what is wrong
    /// with it. Gives where its terminator begins and whether it is kept.
    ///
    /// # Errors
    /// What is wrong, where that is not passed over.
    #[cold]
    fn judge(
        &self,
        block: &Block,
        region: &Region,
        cursor: &mut Cursor,
        count: usize,
        spans: &mut [Vec<Span>],
        found: &mut Found,
    ) -> Result<(usize, bool), Bad> {
        let begin = cursor.at;
        let shape = shape(block, begin, &self.dialect, &self.wanted, spans);
        let end = shape.end;
        if end == self.dialect.first_field(block.bytes(), begin) && self.columns != 1 {
            spans.iter_mut().for_each(|column| column.truncate(count));
            return Ok((end, false));
        }
        let record = cursor.record(region);
        let tolerance = &self.dialect.tolerance;
        for fault in shape.faults(self.columns) {
            let bad = |skipped| Bad { fault, begin, end, record, skipped };
            match fault.verdict(tolerance) {
                Verdict::Fail => return Err(bad(true)),
                Verdict::Repair => found.bad.push(bad(false)),
                Verdict::Skip => {
                    spans.iter_mut().for_each(|column| column.truncate(count));
                    // A record that is skipped is not repaired, too.
                    while found.bad.last().is_some_and(|last| last.record == record) {
                        found.bad.pop();
                    }
                    found.bad.push(bad(true));
                    found.gaps.push(count);
                    cursor.records += 1;
                    return Ok((end, false));
                }
            }
        }
        Ok((end, true))
    }

    /// Walks records the fast way, where all of them are lawful and none can be a comment or too long.
    fn stride_along(
        &self,
        block: &Block,
        region: &Region,
        cursor: &mut Cursor,
        most: usize,
        spans: &mut [Vec<Span>],
    ) -> usize {
        let bytes = region.limit.saturating_sub(cursor.at);
        let Dialect { comment, delimiter, max_field, .. } = &self.dialect;
        if comment.is_some() || delimiter.byte().is_none() || bytes > *max_field {
            return 0;
        }
        let carriage_returns = block.content.carriage_returns;
        // A field has a byte behind it, but the last one of the input.
        let most = most.min(bytes / self.columns.max(1) + 1);
        let stretch = Stretch { begin: cursor.at, limit: region.limit, most, carriage_returns };
        spans.iter_mut().for_each(|spans| spans.resize(most, Span::default()));
        let Marks { fields, ends } = &block.marks;
        let walked = (block.loops.walk)(&self.stride, fields, ends, block.bytes(), stretch, spans);
        spans.iter_mut().for_each(|spans| spans.truncate(walked.records));
        // What ends with the input has no terminator to pass.
        cursor.at = walked.at.min(region.limit);
        cursor.records += walked.records as u64;
        walked.records
    }

    /// Notes the wanted fields of the record that begins at `begin`; gives where its terminator begins, `None` where it has
    /// another number of fields. A blank line (which ends where it begins) has no fields, but the one of a one-column file.
    #[inline]
    fn record(&self, block: &Block, begin: usize, spans: &mut [Vec<Span>]) -> Option<usize> {
        let (fields, ends, bytes) = (&block.marks.fields, &block.marks.ends, block.bytes());
        let mut word = begin / 64;
        let mut mask = u64::MAX << (begin % 64);
        let first = self.dialect.first_field(bytes, begin);
        let mut start = first;
        let mut column = 0;
        let mut taken = 0;
        while taken < self.wanted.len() {
            let mut marks = fields[word] & mask;
            while marks == 0 {
                word += 1;
                marks = fields[word];
            }
            let bit = marks.trailing_zeros() as usize;
            let at = word * 64 + bit;
            let is_end = ends[word] >> bit & 1 == 1;
            if is_end && at == first && self.columns != 1 {
                return Some(at);
            }
            if column == self.wanted[taken] {
                spans[taken].push(Span::between(start, self.dialect.field_end(bytes, start, at, is_end)));
                taken += 1;
            }
            column += 1;
            if is_end {
                return (column == self.columns).then_some(at);
            }
            start = self.dialect.next_field(at);
            // Two shifts, since one by 64 is not defined.
            mask = u64::MAX << bit << 1;
        }
        // The rest is only counted.
        loop {
            let end_marks = ends[word] & mask;
            if end_marks != 0 {
                let bit = end_marks.trailing_zeros() as usize;
                let at = word * 64 + bit;
                if at == first && self.columns != 1 {
                    return Some(at);
                }
                let before = mask & !(u64::MAX << bit);
                column += (fields[word] & before).count_ones() as usize + 1;
                return (column == self.columns).then_some(at);
            }
            column += (fields[word] & mask).count_ones() as usize;
            word += 1;
            mask = u64::MAX;
        }
    }

    /// Where the record behind the terminator at `end` begins.
    #[inline]
    fn behind(&self, block: &Block, region: &Region, end: usize) -> usize {
        let crlf = block.bytes()[end] == b'\r' && end + 1 < region.limit && block.bytes()[end + 1] == b'\n';
        (end + 1 + usize::from(crlf)).min(region.limit.max(end))
    }
}

/// The first record end at or behind `begin`.
pub(crate) fn next_end(block: &Block, begin: usize) -> usize {
    let mut word = begin / 64;
    let mut mask = u64::MAX << (begin % 64);
    while block.marks.ends[word] & mask == 0 {
        word += 1;
        mask = u64::MAX;
    }
    word * 64 + (block.marks.ends[word] & mask).trailing_zeros() as usize
}

/// Where the record that holds byte `at` begins.
pub(crate) fn record_start(block: &Block, region: &Region, at: usize) -> usize {
    (region.start..at)
        .rev()
        .find(|before| block.marks.ends[before / 64] >> (before % 64) & 1 == 1)
        .map_or(region.start, |end| {
            end + 1 + usize::from(block.bytes()[end] == b'\r' && block.bytes()[end + 1] == b'\n')
        })
}

/// Where `span` of record number `record` stands in the input, and its text without the quotes around it.
pub(crate) fn locate(
    block: &Block,
    region: &Region,
    span: Span,
    record: u64,
    file: &str,
    dialect: &Dialect,
) -> Location {
    let start = record_start(block, region, span.start as usize);
    Location {
        file: file.to_owned(),
        line: region.lines + 1 + breaks(&block.bytes()[region.start..start]),
        record,
        byte: region.offset(span.start as usize),
        column: None,
        value: None,
    }
    .with_value(&text_of(block, span, dialect))
}

/// The text of a field without the quotes around it.
pub(crate) fn text_of(block: &Block, span: Span, dialect: &Dialect) -> Vec<u8> {
    let mut text = Vec::new();
    dialect.decode(span.of(block.bytes()), &mut text);
    text
}

impl Dialect {
    /// A walker over records of `columns` fields that notes the `wanted` ones (ascending).
    pub(crate) fn walker(&self, wanted: Vec<usize>, columns: usize) -> Walker {
        let stride = Stride::new(&wanted, columns);
        Walker { wanted, columns, dialect: self.clone(), stride }
    }
}
