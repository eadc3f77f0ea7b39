//! Cells of text as views of the block's bytes: nothing is copied but what has doubled quotes or escapes.
//!
//! A view is Arrow's: the length, and the text itself up to 12 bytes, or its first 4 and where it lies.
#![allow(
    unsafe_code,
    reason = "Arrow checks every view again; the checked constructor is the oracle of the tests"
)]

use std::sync::Arc;

use arrow::array::{ArrayRef, StringViewArray};
use arrow::buffer::{Buffer, ScalarBuffer};
use simdutf8::basic::from_utf8;

use crate::column::{Cells, Misfit, null_buffer};
use crate::index::Content;
use crate::walk::Span;

/// The most bytes of a text that lies in its view.
const INLINE: usize = 12;

/// The cells as a `StringViewArray` over `buffer`, which holds the bytes of `cells`.
///
/// # Errors
/// The first cell that is not UTF-8.
pub(crate) fn text_views(cells: &Cells<'_>, buffer: &Buffer, content: Content) -> Result<ArrayRef, Misfit> {
    if content.high {
        check_utf8(cells)?;
    }
    let mut views = Views { cells, views: Vec::with_capacity(cells.spans.len()), unquoted: Vec::new() };
    let nulls = if content.quotes { views.with_quotes() } else { views.without_quotes() };
    let Views { views, unquoted, .. } = views;
    let buffers: Arc<[Buffer]> = if unquoted.is_empty() {
        Arc::new([buffer.clone()])
    } else {
        Arc::new([buffer.clone(), Buffer::from_vec(unquoted)])
    };
    let nulls = null_buffer(&nulls, views.len());
    // SAFETY: each view was made by `view` of a span of `buffer` (number 0) or of a range of `unquoted` (number 1), so that it
    // has its length, the right first bytes and a place in its buffer. The texts are UTF-8: all cells are where the block has
    // no byte above 127, else each was checked, and what `decode` leaves out of a text are whole ASCII characters.
    Ok(Arc::new(unsafe { StringViewArray::new_unchecked(ScalarBuffer::from(views), buffers, nulls) }))
}

struct Views<'a> {
    cells: &'a Cells<'a>,
    views: Vec<u128>,
    /// Texts that had doubled quotes or escapes, one behind the other.
    unquoted: Vec<u8>,
}

impl Views<'_> {
    /// Makes the views; gives the rows that are NULL.
    fn without_quotes(&mut self) -> Vec<usize> {
        let Cells { bytes, spans, dialect } = *self.cells;
        self.views.extend(spans.iter().map(|span| view(bytes, *span, 0)));
        let nulls = |is_null: &dyn Fn(&Span) -> bool| {
            spans.iter().enumerate().filter(|(_, span)| is_null(span)).map(|(row, _)| row).collect()
        };
        if !dialect.nulls.is_empty() {
            return nulls(&|span| self.cells.is_null_text(span.of(bytes)));
        }
        // Mostly there is none, which is told without a branch for each.
        match spans.iter().map(|span| span.length).min() {
            Some(0) => nulls(&|span| span.length == 0),
            _ => Vec::new(),
        }
    }

    /// The same where cells may be quoted.
    fn with_quotes(&mut self) -> Vec<usize> {
        let mut nulls = Vec::new();
        let Cells { bytes, spans, dialect } = *self.cells;
        for (row, span) in spans.iter().enumerate() {
            let raw = span.of(bytes);
            let plain = if self.cells.is_quoted(raw) {
                self.plainly_quoted(*span, raw)
            } else if self.cells.is_null_text(raw) {
                nulls.push(row);
                Some(*span)
            } else {
                (!dialect.is_encoded(raw)).then_some(*span)
            };
            let view = match plain {
                Some(plain) => view(bytes, plain, 0),
                None => {
                    let start = self.unquoted.len();
                    dialect.decode(raw, &mut self.unquoted);
                    view(&self.unquoted, Span::between(start, self.unquoted.len()), 1)
                }
            };
            self.views.push(view);
        }
        nulls
    }

    /// The text between two quotes, where nothing in it means anything else.
    fn plainly_quoted(&self, span: Span, raw: &[u8]) -> Option<Span> {
        let dialect = self.cells.dialect;
        let quote = dialect.quote?;
        let (last, text) = raw.get(1..)?.split_last()?;
        let inner = Span { start: span.start + 1, length: span.length - 2 };
        let plain = match text.len() {
            ..=16 => {
                let head = head(self.cells.bytes, inner);
                !holds(head, inner, quote) && dialect.escape.is_none_or(|escape| !holds(head, inner, escape))
            }
            _ => !text.iter().any(|byte| *byte == quote || Some(*byte) == dialect.escape),
        };
        (*last == quote && plain).then_some(inner)
    }
}

/// Checks that every cell is UTF-8: all at once where little else lies between them.
fn check_utf8(cells: &Cells<'_>) -> Result<(), Misfit> {
    /// Bytes from the first cell to the last for each byte of the cells.
    const SPARSE: usize = 4;
    let Cells { bytes, spans, .. } = *cells;
    let all = spans.first().map_or(0, |span| span.start as usize)
        ..spans.last().map_or(0, |span| span.start as usize + span.length as usize);
    let own: usize = spans.iter().map(|span| span.length as usize).sum();
    // What lies between the cells begins and ends with ASCII, so that no character reaches into a cell.
    if all.len() < own * SPARSE && bytes.get(all).is_some_and(|all| from_utf8(all).is_ok()) {
        return Ok(());
    }
    if gathered_are_utf8(bytes, spans) {
        return Ok(());
    }
    match spans.iter().position(|span| from_utf8(span.of(bytes)).is_err()) {
        Some(row) => Err(Misfit { row, class: None }),
        None => Ok(()),
    }
}

/// Whether the cells are UTF-8, told from copies of those that are not ASCII: one call for many short cells.
fn gathered_are_utf8(bytes: &[u8], spans: &[Span]) -> bool {
    const TOGETHER: usize = 4096;
    let mut gathered = Vec::with_capacity(2 * TOGETHER);
    for span in spans {
        if span.length < 16 {
            let own = head(bytes, *span) & FIRST[span.length as usize];
            if own & HIGH_BITS != 0 {
                // With the zeros behind it, so that no character reaches from one cell into the next.
                gathered.extend_from_slice(&own.to_le_bytes());
            }
        } else {
            gathered.extend_from_slice(span.of(bytes));
            gathered.push(0);
        }
        if gathered.len() > TOGETHER {
            if from_utf8(&gathered).is_err() {
                return false;
            }
            gathered.clear();
        }
    }
    from_utf8(&gathered).is_ok()
}

/// Whether a byte is among those of a text of at most 16 bytes, of which `head` is the [`head`].
#[inline(always)]
fn holds(head: u128, text: Span, byte: u8) -> bool {
    // A byte is zero where it is the one looked for; those behind the text are not.
    let differences = head ^ (u128::from(byte) * LOW_BITS) | !FIRST[text.length as usize];
    differences.wrapping_sub(LOW_BITS) & !differences & HIGH_BITS != 0
}

/// The lowest bit of each byte.
const LOW_BITS: u128 = u128::MAX / 0xff;
/// The highest bit of each byte.
const HIGH_BITS: u128 = LOW_BITS << 7;

/// The first 16 bytes of a text, and what stands behind a shorter one.
#[inline(always)]
fn head(bytes: &[u8], span: Span) -> u128 {
    let (start, length) = (span.start as usize, span.length as usize);
    match bytes.get(start..start + 16).and_then(|window| window.first_chunk()) {
        Some(window) => u128::from_le_bytes(*window),
        None => head_at_the_end(&bytes[start..start + length]),
    }
}

/// The view of a text in the buffer of this number. Without a branch: which texts are long is hard to foresee.
#[inline(always)]
fn view(bytes: &[u8], span: Span, buffer: u32) -> u128 {
    let length = span.length as usize;
    let place = u128::from(span.start) << 96 | u128::from(buffer) << 64;
    let place = if length > INLINE { place } else { 0 };
    (head(bytes, span) & MASKS[length.min(INLINE + 1)]) << 32 | place | u128::from(span.length)
}

/// The first bytes of a text too near to the end of its buffer to be loaded at once.
#[cold]
fn head_at_the_end(text: &[u8]) -> u128 {
    let mut window = [0; 16];
    let length = text.len().min(16);
    window[..length].copy_from_slice(&text[..length]);
    u128::from_le_bytes(window)
}

/// Which bits the first `n` bytes of a text are.
const FIRST: [u128; 17] = {
    let mut first = [u128::MAX; 17];
    let mut length = 0;
    while length < 16 {
        first[length] = (1 << (8 * length)) - 1;
        length += 1;
    }
    first
};

/// Which bits of its first bytes the view of a text of `n` bytes has: all, or the first 4 bytes of a longer one.
const MASKS: [u128; INLINE + 2] = {
    let mut masks = [FIRST[4]; INLINE + 2];
    let mut length = 0;
    while length <= INLINE {
        masks[length] = FIRST[length];
        length += 1;
    }
    masks
};

#[cfg(test)]
mod tests {
    use arrow::array::{Array, AsArray};
    use plimsoll_core::{CsvOptions, DataType};
    use proptest::prelude::*;

    use super::*;
    use crate::column::ColumnType;
    use crate::dialect::Dialect;

    proptest! {
        #[test]
        fn views_say_what_copies_say(
            cells in prop::collection::vec("(\"([a,é東]|\"\"|NA){0,12}\"[a\"]?|[ab,é東]{0,20}|NA)", 0..40),
            named in any::<bool>(),
            between in prop::sample::select(vec![0usize, 100]),
            spoiled in prop::option::of(any::<prop::sample::Index>()),
        ) {
            let mut bytes = Vec::new();
            let mut spans = Vec::new();
            for cell in &cells {
                spans.push(Span::between(bytes.len(), bytes.len() + cell.len()));
                bytes.extend_from_slice(cell.as_bytes());
                bytes.push(b',');
                bytes.extend(std::iter::repeat_n(b'-', between));
            }
            if let Some(at) = spoiled && !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = 0xc3;
            }
            let nulls = if named { vec!["NA".to_owned()] } else { Vec::new() };
            let dialect = Dialect::new(&CsvOptions { nulls, ..CsvOptions::default() }, b';').unwrap();
            let text = ColumnType::declared(DataType::Utf8);
            let cells = Cells { bytes: &bytes, spans: &spans, dialect: &dialect };
            let expected = cells.parse(text).map(|parsed| parsed.array);
            let buffer = Buffer::from_slice_ref(&bytes);
            let content = Content { quotes: true, carriage_returns: false, high: true, misquoted: true };
            let views = text_views(&Cells { bytes: &buffer, ..cells }, &buffer, content);
            match (views, expected) {
                (Ok(views), Ok(expected)) => {
                    let views = views.as_string_view();
                    let checked = StringViewArray::try_new(
                        views.views().clone(), Arc::clone(views.data_buffers()), views.nulls().cloned());
                    prop_assert!(checked.is_ok());
                    prop_assert!(views.iter().eq(expected.as_string::<i32>().iter()));
                }
                (views, expected) => prop_assert_eq!(views.err(), expected.err()),
            }
        }
    }
}
