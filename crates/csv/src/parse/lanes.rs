//! Integers and decimals of the usual shape, eight cells at a time: the same steps on every cell, without a branch, so that
//! the compiler does them with the vector instructions of whatever processor it compiles for.
//!
//! Each cell is loaded so that its last byte is in the highest place; digits become a number by pairs, fours and eights, as
//! Lemire ("Quickly parsing eight digits", 2018) and simdjson do it. Cells that do not fit are named, not read.

use crate::parse::fast::not_digits;
use crate::walk::Span;

/// Cells of one step.
const LANES: usize = 8;

const ZEROS: u64 = 0x3030_3030_3030_3030;

/// The numbers that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Integers of at most 8 bytes, the sign among them.
    Integer,
    /// Decimals of at most 16 bytes, the sign among them, with a digit before the point and this many (1 to 6) behind it.
    Decimal(u32),
}

/// Cells of one step: the last 8 bytes of each, and the 8 before them.
struct Chunk {
    low: [u64; LANES],
    high: [u64; LANES],
    lengths: [u64; LANES],
}

/// What the steps for one cell give.
#[derive(Clone, Copy)]
struct Read {
    value: i64,
    /// 0 where the value is that of the cell.
    fault: u64,
}

impl Shape {
    /// That of a column of decimals; `None` for scales that leave no room in eight bytes.
    pub(crate) fn of_scale(scale: u8) -> Option<Self> {
        (1..=6).contains(&scale).then(|| Shape::Decimal(u32::from(scale)))
    }

    /// Adds the numbers of all cells to `values`, anything for one that has not the shape, whose row is added to `others`. A
    /// decimal is its mantissa.
    #[inline(always)]
    pub(crate) fn read(self, bytes: &[u8], spans: &[Span], values: &mut Vec<i64>, others: &mut Vec<usize>) {
        match self {
            Shape::Integer => read(
                bytes,
                spans,
                values,
                others,
                |chunk, lane| integer(chunk.low[lane], chunk.lengths[lane]),
                |chunk, lane| integer(chunk.low[lane], chunk.lengths[lane]),
            ),
            Shape::Decimal(scale) => {
                let point = 56 - 8 * scale;
                read(
                    bytes,
                    spans,
                    values,
                    others,
                    move |chunk, lane| short_decimal(chunk.low[lane], chunk.lengths[lane], point),
                    move |chunk, lane| decimal(chunk.low[lane], chunk.high[lane], chunk.lengths[lane], point),
                );
            }
        }
    }
}

/// Reads all cells, with `short` where all of a chunk have at most 8 bytes, else with `long`.
#[inline(always)]
fn read(
    bytes: &[u8],
    spans: &[Span],
    values: &mut Vec<i64>,
    others: &mut Vec<usize>,
    short: impl Fn(&Chunk, usize) -> Read,
    long: impl Fn(&Chunk, usize) -> Read,
) {
    values.reserve(spans.len());
    let (chunks, rest) = spans.as_chunks::<LANES>();
    for (number, spans) in chunks.iter().enumerate() {
        let (read, faults) = read_chunk(bytes, spans, &short, &long);
        values.extend_from_slice(&read);
        note_others(&faults, number * LANES, others);
    }
    let mut last = [Span::default(); LANES];
    last[..rest.len()].copy_from_slice(rest);
    let (read, faults) = read_chunk(bytes, &last, &short, &long);
    values.extend_from_slice(&read[..rest.len()]);
    note_others(&faults[..rest.len()], chunks.len() * LANES, others);
}

/// The numbers of eight cells, and their faults.
#[inline(always)]
fn read_chunk(
    bytes: &[u8],
    spans: &[Span; LANES],
    short: &impl Fn(&Chunk, usize) -> Read,
    long: &impl Fn(&Chunk, usize) -> Read,
) -> ([i64; LANES], [u64; LANES]) {
    let mut chunk = Chunk { low: [0; LANES], high: [0; LANES], lengths: [0; LANES] };
    let mut any_length = 0;
    for (lane, span) in spans.iter().enumerate() {
        any_length |= span.length.wrapping_sub(1);
        chunk.load(lane, bytes, *span);
    }
    let (mut read, mut faults) = ([0; LANES], [0; LANES]);
    if any_length < 8 {
        for lane in 0..LANES {
            (read[lane], faults[lane]) = short(&chunk, lane).parts();
        }
    } else {
        for lane in 0..LANES {
            (read[lane], faults[lane]) = long(&chunk, lane).parts();
        }
    }
    (read, faults)
}

/// Adds the rows that have a fault; the first has the number `before`.
#[inline(always)]
fn note_others(faults: &[u64], before: usize, others: &mut Vec<usize>) {
    if faults.iter().fold(0, |any, fault| any | fault) != 0 {
        others.extend(
            faults.iter().enumerate().filter(|(_, fault)| **fault != 0).map(|(lane, _)| before + lane),
        );
    }
}

impl Read {
    #[inline(always)]
    fn parts(self) -> (i64, u64) {
        (self.value, self.fault)
    }
}

impl Chunk {
    /// Loads the 16 bytes that end with the cell. A cell too near to the beginning of the block is left empty, which no
    /// number is.
    #[inline(always)]
    fn load(&mut self, lane: usize, bytes: &[u8], span: Span) {
        let end = span.start as usize + span.length as usize;
        let window: Option<&[u8; 16]> = bytes.get(end.wrapping_sub(16)..end).and_then(|w| w.first_chunk());
        if let Some(window) = window {
            let [low, high] =
                [8, 0].map(|at| window[at..].first_chunk().map_or(0, |w| u64::from_le_bytes(*w)));
            (self.low[lane], self.high[lane]) = (low, high);
            self.lengths[lane] = u64::from(span.length);
        }
    }
}

/// An integer whose cell has this length and ends with `low`.
#[inline(always)]
fn integer(low: u64, length: u64) -> Read {
    // Of lengths that are none of 1 to 8 anything comes out, and a fault.
    let before = 64u64.wrapping_sub(length.wrapping_mul(8));
    let negative = u64::from(low.wrapping_shr(before as u32) & 0xff == u64::from(b'-'));
    let digits = length.wrapping_sub(negative);
    let unused = before.wrapping_add(negative.wrapping_mul(8)) as u32;
    let values = (low ^ ZEROS) & u64::MAX.wrapping_shl(unused);
    let leading_zero = u64::from(values.wrapping_shr(unused) & 0xff == 0) & u64::from(digits > 1);
    let length_fault = u64::from(length.wrapping_sub(1) > 7) | u64::from(digits == 0);
    Read {
        value: signed(eight_digits(values), negative),
        fault: not_digits(values) | leading_zero | length_fault,
    }
}

/// The mantissa of a decimal whose cell has this length, at most 8, and ends with `low`; its point is at bit `point` of it.
#[inline(always)]
fn short_decimal(low: u64, length: u64, point: u32) -> Read {
    let before = 64u64.wrapping_sub(length.wrapping_mul(8));
    let negative = u64::from(low.wrapping_shr(before as u32) & 0xff == u64::from(b'-'));
    let digits = length.wrapping_sub(negative);
    let unused = before.wrapping_add(negative.wrapping_mul(8)) as u32;
    let text = (low ^ ZEROS) & u64::MAX.wrapping_shl(unused);
    let behind = u64::from(64 - point) / 8;
    let leading_zero = u64::from(text.wrapping_shr(unused) & 0xff == 0) & u64::from(digits > behind + 1);
    let length_fault = u64::from(length.wrapping_sub(1) > 7) | u64::from(digits <= behind);
    let (values, point_fault) = squeezed(text, point);
    Read {
        value: signed(eight_digits(values), negative),
        fault: not_digits(values) | point_fault | leading_zero | length_fault,
    }
}

/// Eight bytes without the point at bit `point`: what was before it moves up by a byte. Not 0 where there is no point.
#[inline(always)]
fn squeezed(text: u64, point: u32) -> (u64, u64) {
    let fraction = u64::MAX << (point + 8);
    let whole = !(u64::MAX << point);
    (text & fraction | (text & whole) << 8, (text >> point & 0xff) ^ u64::from(b'.' ^ b'0'))
}

/// The mantissa of a decimal whose cell has this length and ends with `high` and `low`; its point is at bit `point` of `low`.
#[inline(always)]
fn decimal(low: u64, high: u64, length: u64, point: u32) -> Read {
    // Of lengths that are none of 1 to 16 anything comes out, and a fault.
    let is_long = u64::from(length > 8);
    let long_mask = is_long.wrapping_neg();
    let first_word = low & !long_mask | high & long_mask;
    let before = (64u64.wrapping_sub(length.wrapping_mul(8))) & 63;
    let negative = u64::from(first_word.wrapping_shr(before as u32) & 0xff == u64::from(b'-'));
    let digits = length.wrapping_sub(negative);
    // The bytes of the number in both words, without the sign.
    let low_bytes = digits & !long_mask | 8 & long_mask;
    let low_bytes = low_bytes.min(8);
    let high_bytes = digits.wrapping_sub(8) & u64::from(digits > 8).wrapping_neg();
    let low_mask = u64::MAX.wrapping_shl(64u64.wrapping_sub(low_bytes.wrapping_mul(8)) as u32);
    let high_mask = (u64::MAX.wrapping_shl(64u64.wrapping_sub(high_bytes.wrapping_mul(8)) as u32))
        & u64::from(high_bytes > 0).wrapping_neg();
    let low = (low ^ ZEROS) & low_mask;
    let high = (high ^ ZEROS) & high_mask;

    let (values, point_fault) = squeezed(low, point);
    // The first digit: the lowest byte of the number.
    let behind = u64::from(64 - point) / 8;
    let first = high.wrapping_shr(64u64.wrapping_sub(high_bytes.wrapping_mul(8)) as u32)
        & u64::from(high_bytes > 0).wrapping_neg()
        | low.wrapping_shr(64u64.wrapping_sub(low_bytes.wrapping_mul(8)) as u32)
            & u64::from(high_bytes == 0).wrapping_neg();
    let leading_zero = u64::from(first & 0xff == 0) & u64::from(digits > behind + 1);
    let length_fault = u64::from(length > 16) | u64::from(digits <= behind) | u64::from(digits > 16);
    Read {
        value: signed(
            eight_digits(high).wrapping_mul(10_000_000).wrapping_add(eight_digits(values)),
            negative,
        ),
        fault: not_digits(values) | not_digits(high) | point_fault | leading_zero | length_fault,
    }
}

/// The number whose eight digits are `values`, the first in the lowest byte. By shifts and additions, since few processors
/// multiply words of 64 bits in lanes.
#[inline(always)]
fn eight_digits(values: u64) -> u64 {
    let tens = (values << 3).wrapping_add(values << 1);
    let pairs = tens.wrapping_add(values >> 8) & 0x00ff_00ff_00ff_00ff;
    let hundreds = (pairs << 6).wrapping_add(pairs << 5).wrapping_add(pairs << 2);
    let fours = hundreds.wrapping_add(pairs >> 16) & 0x0000_ffff_0000_ffff;
    (fours & 0xffff_ffff) * 10_000 + (fours >> 32)
}

#[inline(always)]
fn signed(magnitude: u64, negative: u64) -> i64 {
    (magnitude ^ negative.wrapping_neg()).wrapping_add(negative).cast_signed()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::structure::every;
    use plimsoll_core::{CellClass, Notation, Number};

    /// Digits behind the point of a number without exponent.
    fn plain_scale(number: &Number) -> Option<u32> {
        match number.class() {
            CellClass::Number { scale, notation: Notation::Digits | Notation::Point, .. } => Some(scale),
            _ => None,
        }
    }

    /// Every way agrees with the grammar on every cell, and takes all that has the shape.
    fn check(cells: &[String], shape: Shape) -> Result<(), TestCaseError> {
        let mut bytes = vec![b'7'; 40];
        let mut spans = Vec::new();
        for cell in cells {
            spans.push(Span::between(bytes.len(), bytes.len() + cell.len()));
            bytes.extend_from_slice(cell.as_bytes());
            bytes.push(b',');
        }
        for loops in every() {
            let (mut values, mut others) = (Vec::new(), Vec::new());
            (loops.numbers)(shape, &bytes, &spans, &mut values, &mut others);
            prop_assert!(others.is_sorted());
            for (row, cell) in cells.iter().enumerate() {
                let number = Number::read(cell.as_bytes());
                let (scale, most) = match shape {
                    Shape::Integer => (0, 8),
                    Shape::Decimal(scale) => (scale, 16),
                };
                let has_shape = |number: &Number| {
                    let signs = cell.starts_with('+') || cell.trim_start_matches('-').starts_with('.');
                    let usual = !signs && !cell.ends_with('.') && cell.len() <= most;
                    usual && plain_scale(number) == Some(scale)
                };
                let expected =
                    number.filter(has_shape).and_then(|n| n.at_scale(u8::try_from(scale).unwrap()));
                let found = (!others.contains(&row)).then(|| i128::from(values[row]));
                prop_assert_eq!(found, expected, "{} as {:?}", cell, shape);
            }
        }
        Ok(())
    }

    #[test]
    fn the_first_cell_of_a_block_is_left_to_others() {
        for loops in every() {
            let (mut values, mut others) = (Vec::new(), Vec::new());
            let spans = [Span { start: 0, length: 1 }, Span { start: 18, length: 1 }];
            (loops.numbers)(Shape::Integer, b"1,                2,", &spans, &mut values, &mut others);
            assert_eq!((others, values[1]), (vec![0], 2));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3000))]
        #[test]
        fn integers(cells in prop::collection::vec("-?[0-9]{0,10}|[-+.0-9e/:]{0,9}", 0..20)) {
            check(&cells, Shape::Integer)?;
        }

        #[test]
        fn decimals(cells in prop::collection::vec("-?[0-9]{0,11}(\\.[0-9]{0,8})?|[-+.0-9e/:]{0,18}", 0..20), scale in 1u32..7) {
            check(&cells, Shape::Decimal(scale))?;
        }

        #[test]
        fn decimals_of_the_shape(cells in prop::collection::vec("-?[0-9]{1,9}\\.[0-9]{1,3}", 0..20), scale in 1u32..4) {
            check(&cells, Shape::Decimal(scale))?;
        }
    }
}
