//! A worker's block: bytes, the tail of the block before it in front of them, and the index of both.

use std::sync::atomic::Ordering;

use arrow::buffer::Buffer;
use plimsoll_core::{Error, Result};

use crate::Dialect;
use crate::incomplete::{breaks, check_length, malformed, unclosed};
use crate::index::{Content, Marked, Marks, Unmarked, mark_by_machine, mark_by_parity};
use crate::input::Chunk;
use crate::machine::{self, Place, State};
use crate::room::Room;
use crate::split::{Boundary, MustPublish, Splitter};
use crate::structure::{self, Loops};

/// Bytes behind the data that may be read (not used) by word-wide loads.
pub(crate) const PADDING: usize = 64;

/// Room for the tail before a block: enough for most records.
const HEADROOM: usize = 4096;

/// A worker's block: the bytes, the tail of its predecessor before them, and their index.
#[derive(Debug)]
pub(crate) struct Block {
    /// The bytes while they are not lent.
    bytes: Vec<u8>,
    /// The bytes while others may hold them too.
    lent: Option<Buffer>,
    pub(crate) marks: Marks,
    /// What is among the bytes of the region (and perhaps among others).
    pub(crate) content: Content,
    pub(crate) loops: Loops,
    head: usize,
    /// What is wrong behind the last record of the region.
    pub(crate) fault: Option<Error>,
    /// What is reserved for records that are longer than a block.
    room: Room,
}

/// The records that a worker owns, as a part of its block.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Region {
    pub(crate) ticket: u64,
    /// First byte of the first record.
    pub(crate) start: usize,
    /// Behind the terminator of the last record; `start` where the block completes no record.
    pub(crate) limit: usize,
    /// Offset in the input of the block's byte 0 of `bytes` (it can lie before the input).
    base: i64,
    /// Line breaks before `start`.
    pub(crate) lines: u64,
    /// Records before `start`.
    pub(crate) records: u64,
}

impl Region {
    /// The records that begin from `start` up to `limit` in a block that holds the head of the input.
    pub(crate) fn of_head(start: usize, limit: usize, lines: u64) -> Self {
        Region { ticket: 0, start, limit, base: 0, lines, records: 0 }
    }

    /// The same region behind so many records of the input.
    pub(crate) fn behind_records(self, records: u64) -> Self {
        Region { records, ..self }
    }

    /// The same region of a block whose first byte has this offset in the input.
    pub(crate) fn at(self, offset: u64) -> Self {
        Region { base: offset.cast_signed(), ..self }
    }

    /// Offset in the input of byte `at` of the block's bytes.
    pub(crate) fn offset(&self, at: usize) -> u64 {
        u64::try_from(self.base + at as i64).unwrap_or(0)
    }
}

impl Block {
    pub(crate) fn new() -> Self {
        Block {
            bytes: Vec::new(),
            lent: None,
            marks: Marks::default(),
            content: Content::default(),
            loops: structure::fastest(),
            head: HEADROOM,
            fault: None,
            room: Room::default(),
        }
    }

    /// Heap bytes of a worker's block at this block size.
    pub(crate) fn heap_bytes(block: usize) -> usize {
        let words = (HEADROOM + block) / 64 + 2;
        HEADROOM + block + PADDING + words * 2 * size_of::<u64>()
    }

    /// Heap bytes held, by capacity.
    pub(crate) fn capacity(&self) -> usize {
        let words = self.marks.fields.capacity() + self.marks.ends.capacity();
        let lent = self.lent.as_ref().map_or(0, Buffer::capacity);
        self.bytes.capacity() + lent + words * size_of::<u64>()
    }

    /// Heap bytes of these that the block has reserved itself.
    pub(crate) fn reserved(&self) -> usize {
        self.room.held()
    }

    /// The bytes of the block.
    #[inline]
    pub(crate) fn bytes(&self) -> &[u8] {
        self.lent.as_deref().unwrap_or(&self.bytes)
    }

    /// The bytes of the block for others to hold. The next block is read into the same memory, unless someone still holds
    /// it then.
    pub(crate) fn lend(&mut self) -> Buffer {
        let bytes = &mut self.bytes;
        self.lent.get_or_insert_with(|| Buffer::from_vec(std::mem::take(bytes))).clone()
    }

    fn reserve(&mut self, block: usize) {
        if let Some(lent) = self.lent.take() {
            self.bytes = lent.into_vec().unwrap_or_default();
        }
        self.bytes.resize(self.head + block + PADDING, 0);
        // One word more than the data: a record that ends with the input ends at the byte behind it.
        self.marks.resize((self.head + block) / 64 + 2);
    }

    /// Reads the next block and indexes it. `None` behind the last.
    ///
    /// # Errors
    /// `Io`, and `Data` for a field that is too long. A quote that is never closed is left in `fault`, since the records
    /// before it come first.
    pub(crate) fn next(&mut self, splitter: &Splitter) -> Result<Option<Region>> {
        self.reserve(splitter.block);
        let into = &mut self.bytes[self.head..self.head + splitter.block];
        let chunk = match splitter.pass.read(into) {
            Ok(Some(chunk)) if !splitter.stopped_before(chunk.ticket) => chunk,
            Ok(None) => return Ok(None),
            // Whoever stopped the scan has had its turn, so that only blocks that are not wanted wait for this one.
            Ok(Some(_)) => {
                splitter.end();
                return Ok(None);
            }
            Err(error) => {
                splitter.end();
                return Err(error);
            }
        };
        splitter.bytes_read.fetch_add(chunk.read, Ordering::Relaxed);
        let must_publish = MustPublish { splitter, ticket: Some(chunk.ticket) };
        let guess = self.guess(chunk, &splitter.dialect);

        let Some(boundary) = splitter.wait(chunk.ticket) else {
            return Ok(None);
        };
        let (region, boundary) = self.take_turn(splitter, chunk, boundary, guess)?;
        must_publish.publish(boundary);
        Ok(Some(region))
    }

    /// Marks the block as if it began in the middle of a field outside quotes: what most blocks do, and what gives the same
    /// marks where a field or a record begins with it.
    fn guess(&mut self, chunk: Chunk, dialect: &Dialect) -> Option<(Marked, Place)> {
        let Block { bytes, marks, head, loops, .. } = self;
        let mut place = Place::at(State::Unquoted);
        let block = unmarked(bytes, *head, chunk.length);
        let marked = mark_by_parity(block, &mut place, dialect, loops.index, marks)?;
        // Of these bytes the first means something else where it begins a field or a record.
        let telling = matches!(bytes[*head], b'\n' | b'\r') || Some(bytes[*head]) == dialect.quote;
        (chunk.length > 0 && !telling).then_some((marked, place))
    }

    /// Marks the block by quote parity from `place`, which becomes where it ends. `None` where a quote stands where the
    /// rules do not allow one.
    fn mark_lawful(
        &mut self,
        chunk: Chunk,
        place: &mut Place,
        guess: Option<(Marked, Place)>,
        dialect: &Dialect,
    ) -> Option<Marked> {
        let outside = matches!(place.state, State::Unquoted | State::FieldStart | State::RecordStart);
        if let (Some((marked, behind)), true) = (guess, outside && !place.after_cr) {
            *place = behind;
            return Some(marked);
        }
        let Block { bytes, marks, head, loops, .. } = self;
        mark_by_parity(unmarked(bytes, *head, chunk.length), place, dialect, loops.index, marks)
    }

    /// Marks the bytes from `from` up to the end of the block, which is `length` bytes behind the head, by the machine.
    fn mark_any(
        &mut self,
        from: usize,
        length: usize,
        ended: bool,
        place: &mut Place,
        dialect: &Dialect,
    ) -> Marked {
        let Block { bytes, marks, head, .. } = self;
        if from == *head {
            return mark_by_machine(unmarked(bytes, from, length), ended, place, dialect, marks);
        }
        marks.clear(from / 64, *head / 64 + length.div_ceil(64));
        machine::index(&bytes[from..*head + length], from, ended, place, dialect, marks)
    }

    /// Indexes the block from `boundary`, and says what the next block has to know; `None` where there is no next.
    fn take_turn(
        &mut self,
        splitter: &Splitter,
        chunk: Chunk,
        mut boundary: Boundary,
        guess: Option<(Marked, Place)>,
    ) -> Result<(Region, Option<Boundary>)> {
        let dialect = &splitter.dialect;
        let tail = boundary.tail.len();
        let resynchronises = dialect.tolerance.resynchronises();
        let (head, end) = (self.head, self.head + chunk.length);
        // The line feed of a CRLF whose halves lie in two blocks belongs to neither record.
        let split_crlf = boundary.place.after_cr
            && boundary.place.state == State::RecordStart
            && self.bytes[head..end].first() == Some(&b'\n');
        let begin = head + usize::from(split_crlf);
        let words = chunk.length.div_ceil(64);
        let behind = head / 64 + words;
        self.marks.clear(behind, (behind + 1).min(self.marks.ends.len()));
        let place = boundary.place;
        let lawful = self.mark_lawful(chunk, &mut boundary.place, guess, dialect).filter(|_| {
            // Where quotes may be text, a field could be too long for its quotes, or end with the input.
            let may_be_text =
                tail + chunk.length > dialect.max_field || chunk.last && boundary.place.is_open();
            !(resynchronises && may_be_text)
        });
        // Whether an open quote of the tail opens a field is told by bytes of this block: both are marked together.
        let joins = lawful.is_none() && resynchronises && place.is_open();
        let moved = if joins { self.make_room(tail, end, splitter)? } else { 0 };
        let (head, begin, end) = (head + moved, begin + moved, end + moved);
        let first = if joins { head - tail } else { head };
        let Marked { mut tally, content } = lawful.unwrap_or_else(|| {
            boundary.place = if joins { Place::default() } else { place };
            if joins {
                self.bytes[first..head].copy_from_slice(&boundary.tail);
            }
            self.mark_any(first, chunk.length, chunk.last, &mut boundary.place, dialect)
        });
        self.content = content;

        // What the encoding does not have stops the scan before anything can be said of the record in which it stands.
        let is_open = matches!(boundary.place.state, State::Quoted | State::Escaped);
        let unterminated = chunk.last && is_open && !chunk.broken;
        if chunk.last && !is_open && !chunk.broken && boundary.place.state != State::RecordStart {
            self.marks.mark_end(end);
            tally.ends += 1;
            tally.comments += u64::from(boundary.place.state == State::Comment);
        }

        let base = chunk.offset as i64 - head as i64;
        let Some(last_end) = self.marks.last_end(first / 64, end / 64 + 1) else {
            let start = self.head;
            let region = Region {
                ticket: chunk.ticket,
                start,
                limit: start,
                base,
                lines: boundary.lines,
                records: boundary.records,
            };
            boundary.extend(&self.bytes[begin..end], splitter.consumer.as_ref())?;
            check_length(splitter, &boundary, chunk)?;
            self.fault = last_fault(splitter, &boundary, chunk, unterminated);
            let next = (!chunk.last).then_some(boundary);
            return Ok((region, next));
        };
        let completes =
            self.bytes[last_end] == b'\r' && last_end + 1 < end && self.bytes[last_end + 1] == b'\n';
        let limit = (last_end + 1 + usize::from(completes)).min(end);

        let blanks = if splitter.columns == 1 { 0 } else { tally.blanks };
        let next_tail = &self.bytes[limit..end];
        let tail_lines = if joins { 0 } else { breaks(&boundary.tail) };
        let next = Boundary {
            place: boundary.place,
            lines: boundary.lines + tail_lines + tally.lines - breaks(next_tail),
            records: boundary.records + tally.ends - blanks - tally.comments,
            tail: next_tail.to_vec(),
            room: Room::default(),
        };
        self.fault = last_fault(splitter, &next, chunk, unterminated);
        splitter.blank_lines.fetch_add(blanks, Ordering::Relaxed);
        splitter.records.fetch_add(next.records - boundary.records, Ordering::Relaxed);

        let region = if tail == 0 || joins {
            Region {
                ticket: chunk.ticket,
                start: if joins { first } else { begin },
                limit,
                base,
                lines: boundary.lines,
                records: boundary.records,
            }
        } else {
            let moved = self.prepend(&boundary.tail, end, splitter)?;
            Region {
                ticket: chunk.ticket,
                start: self.head - tail,
                limit: limit + moved,
                base: base - moved as i64,
                lines: boundary.lines,
                records: boundary.records,
            }
        };
        Ok((region, (!chunk.last).then_some(next)))
    }

    /// Puts the tail before the block's bytes and marks its delimiters; says by how much the block moved for that.
    ///
    /// # Errors
    /// `MemoryLimit`.
    fn prepend(&mut self, tail: &[u8], end: usize, splitter: &Splitter) -> Result<usize> {
        let dialect = &*splitter.dialect;
        let moved = self.make_room(tail.len(), end, splitter)?;
        let start = self.head - tail.len();
        self.bytes[start..self.head].copy_from_slice(tail);
        let content = self.mark_tail(start, dialect).unwrap_or_else(|| {
            self.marks.clear(start / 64, self.head / 64);
            machine::index(tail, start, false, &mut Place::default(), dialect, &mut self.marks).content
        });
        self.content = self.content.or(content);
        Ok(moved)
    }

    /// Marks the tail that begins at `start` by quote parity, as if there were line feeds before it up to a whole word; what
    /// they mark is cleared. `None` where parity does not decide.
    fn mark_tail(&mut self, start: usize, dialect: &Dialect) -> Option<Content> {
        // Which quotes are text is not for parity to say.
        if dialect.tolerance.resynchronises() {
            return None;
        }
        let Block { bytes, marks, head, loops, .. } = self;
        let first = start - start % 64;
        bytes[first..start].fill(b'\n');
        let tail = unmarked(bytes, first, *head - first);
        let marked = mark_by_parity(tail, &mut Place::default(), dialect, loops.index, marks)?;
        let before = u64::MAX << (start % 64);
        marks.fields[first / 64] &= before;
        marks.ends[first / 64] &= before;
        Some(marked.content)
    }

    /// Makes room for a tail before the block's bytes, which end at `end`; says by how much the block moved for that.
    ///
    /// # Errors
    /// `MemoryLimit`.
    fn make_room(&mut self, tail: usize, end: usize, splitter: &Splitter) -> Result<usize> {
        let moved = if tail <= self.head { 0 } else { tail.next_multiple_of(64) - self.head };
        if moved > 0 {
            let old = self.head;
            // Bytes and marks, of 16 bytes for 64.
            self.room.hold((old + moved) / 4 * 5, splitter.consumer.as_ref())?;
            self.head += moved;
            let (words, moved_words) = (self.marks.ends.len(), moved / 64);
            self.bytes.reserve_exact(moved);
            self.bytes.resize(self.bytes.len() + moved, 0);
            self.bytes.copy_within(old..end, self.head);
            self.marks.resize(words + moved_words);
            self.marks.fields.copy_within(old / 64..words, self.head / 64);
            self.marks.ends.copy_within(old / 64..words, self.head / 64);
        }
        Ok(moved)
    }

    /// A block that holds the head of an input, indexed from `begin`. Where the head is `ended` (the whole input), a last
    /// record without a terminator is marked too.
    pub(crate) fn of_head(bytes: &[u8], begin: usize, dialect: &Dialect, ended: bool) -> Self {
        Block::of_bytes(bytes, begin, &mut Place::default(), dialect, ended)
    }

    /// The same of bytes from anywhere in an input: `place` is where the byte at `begin` stands in its record, and becomes
    /// where the last one does.
    pub(crate) fn of_bytes(
        bytes: &[u8],
        begin: usize,
        place: &mut Place,
        dialect: &Dialect,
        ended: bool,
    ) -> Self {
        let mut block = Block { head: 0, ..Block::new() };
        block.reserve(bytes.len());
        block.bytes[..bytes.len()].copy_from_slice(bytes);
        let before = *place;
        let Block { bytes: own, marks, loops, .. } = &mut block;
        let rest = unmarked(own, begin, bytes.len() - begin);
        let lawful = begin.is_multiple_of(64) && !dialect.tolerance.resynchronises();
        let by_parity = if lawful { mark_by_parity(rest, place, dialect, loops.index, marks) } else { None };
        let marked = by_parity.unwrap_or_else(|| {
            *place = before;
            marks.clear(0, marks.ends.len());
            machine::index(&bytes[begin..], begin, ended, place, dialect, marks)
        });
        block.content = marked.content;
        if ended && !matches!(place.state, State::RecordStart | State::Quoted | State::Escaped) {
            block.marks.mark_end(bytes.len());
        }
        block
    }

    /// The first delimiter or record end at or behind `from`, and whether it ends a record. There must be one.
    pub(crate) fn next_mark(&self, from: usize) -> (usize, bool) {
        let mut word = from / 64;
        let mut mask = u64::MAX << (from % 64);
        loop {
            let marks = self.marks.fields[word] & mask;
            if marks != 0 {
                let bit = marks.trailing_zeros() as usize;
                return (word * 64 + bit, self.marks.ends[word] >> bit & 1 == 1);
            }
            word += 1;
            mask = u64::MAX;
        }
    }

    /// Gives back the room that one very long record took.
    pub(crate) fn shrink(&mut self) {
        const KEPT: usize = 1 << 20;
        if self.head > KEPT {
            *self = Block::new();
        }
    }
}

/// What is wrong behind the last record of the input, if anything is.
fn last_fault(splitter: &Splitter, boundary: &Boundary, chunk: Chunk, unterminated: bool) -> Option<Error> {
    match () {
        () if chunk.broken => Some(malformed(splitter, boundary, chunk)),
        () if unterminated => Some(unclosed(splitter, boundary, chunk)),
        () => None,
    }
}

/// The bytes of a block from `head` on, to be marked.
fn unmarked(bytes: &[u8], head: usize, length: usize) -> Unmarked<'_> {
    Unmarked { padded: &bytes[head..head + length.next_multiple_of(64)], length, offset: head }
}
