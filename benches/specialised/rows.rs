//! From bytes to names and temperatures. Believes every byte.
#![allow(unsafe_code, reason = "a function for instructions that not every processor has is unsafe to call")]

use crate::table::Table;

/// Parts of a block that are read side by side, so that the processor does not wait for the end of a row to begin the next.
const LANES: usize = 2;

/// By the number of bytes of a name: the bits of these bytes.
const MASKS: [[u64; 2]; 17] = {
    let mut masks = [[u64::MAX; 2]; 17];
    let mut length = 0;
    while length < 16 {
        masks[length] = halves(((1_u128 << (8 * length)) - 1).to_le_bytes());
        length += 1;
    }
    masks
};

/// Where the line after the next line feed begins.
pub(crate) fn next_line(buffer: &[u8], from: usize) -> usize {
    buffer[from..].iter().position(|byte| *byte == b'\n').map_or(buffer.len(), |at| from + at + 1)
}

/// Adds the rows that begin in `from..end`. Behind the last of them the buffer has 32 bytes more, of anything.
pub(crate) fn add(buffer: &[u8], from: usize, end: usize, table: &mut Table) {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
    {
        // SAFETY: the processor has what `vectorised` enables.
        return unsafe { vectorised(buffer, from, end, table) };
    }
    rows(buffer, from, end, table, semicolons);
}

/// `rows` in the instructions of later processors.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2")]
fn vectorised(buffer: &[u8], from: usize, end: usize, table: &mut Table) {
    use std::arch::x86_64::{_mm_cmpeq_epi8, _mm_movemask_epi8, _mm_set_epi64x, _mm_set1_epi8};
    rows(buffer, from, end, table, |bytes| {
        let [low, high] = halves(bytes).map(u64::cast_signed);
        let equal = _mm_cmpeq_epi8(_mm_set_epi64x(high, low), _mm_set1_epi8(b';'.cast_signed()));
        _mm_movemask_epi8(equal).cast_unsigned()
    });
}

/// Which of the bytes are semicolons, a bit each.
fn semicolons(bytes: [u8; 16]) -> u32 {
    bytes.iter().rev().fold(0, |mask, byte| mask << 1 | u32::from(*byte == b';'))
}

#[inline(always)]
fn rows(
    buffer: &[u8],
    from: usize,
    end: usize,
    table: &mut Table,
    semicolons: impl Fn([u8; 16]) -> u32 + Copy,
) {
    let cut = |lane: usize| match lane {
        0 => from,
        LANES => end,
        _ => next_line(buffer, from + end.saturating_sub(from) * lane / LANES).min(end),
    };
    let mut at: [usize; LANES] = std::array::from_fn(cut);
    let ends: [usize; LANES] = std::array::from_fn(|lane| cut(lane + 1));
    while at.iter().zip(ends).all(|(at, end)| *at < end) {
        for at in &mut at {
            *at += row(&buffer[*at..], table, semicolons);
        }
    }
    for (mut at, end) in at.into_iter().zip(ends) {
        while at < end {
            at += row(&buffer[at..], table, semicolons);
        }
    }
}

/// Adds the first row of `rest` and gives its length.
#[inline(always)]
fn row(rest: &[u8], table: &mut Table, semicolons: impl Fn([u8; 16]) -> u32) -> usize {
    let head = *rest.first_chunk().unwrap_or(&[b';'; 16]);
    let length = match semicolons(head) {
        0 => rest.iter().position(|byte| *byte == b';').unwrap_or(0),
        mask => mask.trailing_zeros() as usize,
    };
    let value = rest[length + 1..].first_chunk().unwrap_or(&[0; 8]);
    let (tenths, width) = temperature(u64::from_le_bytes(*value));
    let ([low, high], masks) = (halves(head), MASKS[length.min(16)]);
    table.add([low & masks[0], high & masks[1]], &rest[..length], tenths);
    length + 1 + width
}

const fn halves(bytes: [u8; 16]) -> [u64; 2] {
    let bytes = u128::from_le_bytes(bytes);
    [bytes as u64, (bytes >> 64) as u64]
}

/// Tenths, and bytes up to the next line, of `-?d?d.d` and a line feed in the lowest bytes. Without a branch: the point is the
/// first of the second to fourth bytes whose bit 4 is not set, the digits are shifted to fixed places, and one multiplication adds
/// them up (after Quan Anh Mai's parser for the challenge).
#[inline(always)]
fn temperature(bytes: u64) -> (i16, usize) {
    let point = (!bytes & 0x1010_1000).trailing_zeros();
    let sign = (!bytes << 59).cast_signed() >> 63;
    let unsigned = bytes & !(sign.cast_unsigned() & 0xff);
    let digits = (unsigned << (28_u32.wrapping_sub(point) % 64)) & 0x000f_000f_0f00;
    let tenths = ((digits.wrapping_mul(0x640a_0001) >> 32) & 0x3ff).cast_signed();
    (((tenths ^ sign) - sign) as i16, (point / 8 + 3) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names of all lengths, each twice, in every way that the processor has.
    #[test]
    fn rows_of_all_lengths() {
        let name = |length: usize| "é".repeat(length / 2) + &"x".repeat(length % 2);
        let row = |length| format!("{};-{}.5\n", name(length), length % 100);
        let text: String = (1..=100).chain(1..=100).map(row).collect();
        let end = text.len();
        let buffer = [text.as_bytes(), &[b'7'; 32]].concat();
        let (mut fast, mut plain) = (Table::new(), Table::new());
        add(&buffer, 0, end, &mut fast);
        rows(&buffer, 0, end, &mut plain, semicolons);
        for table in [fast, plain] {
            let mut found: Vec<_> =
                table.stations().map(|(name, station)| (name.len(), station.mean())).collect();
            found.sort_by_key(|(length, _)| *length);
            let wanted: Vec<_> =
                (1..=100).map(|length| (length, -f64::from(length as u8 % 100) - 0.5)).collect();
            assert_eq!(found, wanted);
        }
    }

    #[test]
    fn every_temperature() {
        for tenths in -999..=999_i16 {
            let text = format!("{:.1}\nxxxxxxx", f64::from(tenths) / 10.0);
            let bytes = u64::from_le_bytes(text.as_bytes()[..8].try_into().unwrap());
            assert_eq!(temperature(bytes), (tenths, text.find('\n').unwrap() + 1), "{text}");
        }
    }
}
