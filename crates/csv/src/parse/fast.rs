//! Integers and decimals of up to 18 digits, eight digits at a time, in the manner of the SWAR parsers that Lemire
//! ("Quickly parsing eight digits", 2018) and simdjson use. `None` means only "not by this way": the caller then asks
//! the exact grammar.

use crate::walk::Span;

/// Eight bytes from `at`, the first in the lowest place. The caller's buffer has room behind its data.
#[inline(always)]
pub(super) fn load(bytes: &[u8], at: usize) -> Option<u64> {
    let eight: &[u8; 8] = bytes.get(at..at + 8)?.try_into().ok()?;
    Some(u64::from_le_bytes(*eight))
}

/// The value of the first `count` (1 to 8) bytes of `word`, all of which must be digits.
#[inline(always)]
fn digits(word: u64, count: usize) -> Option<u64> {
    debug_assert!((1..=8).contains(&count));
    let unused = 64 - 8 * count as u32;
    // Missing digits become leading zeros; each byte is then 0 to 9, or something else.
    let values = (word << unused) ^ (0x3030_3030_3030_3030 << unused);
    (not_digits(values) == 0).then(|| eight_digits(values))
}

/// Not 0 where a byte of the eight is not 0 to 9.
#[inline(always)]
pub(super) fn not_digits(values: u64) -> u64 {
    (values.wrapping_add(0x0606_0606_0606_0606) | values) & 0xf0f0_f0f0_f0f0_f0f0
}

/// The number whose eight digits are `values`, the first in the lowest byte.
#[inline(always)]
pub(super) fn eight_digits(values: u64) -> u64 {
    let pairs = values.wrapping_mul(10 * 256 + 1) >> 8 & 0x00ff_00ff_00ff_00ff;
    let fours = pairs.wrapping_mul(100 * 65_536 + 1) >> 16 & 0x0000_ffff_0000_ffff;
    fours.wrapping_mul(10_000 * 4_294_967_296 + 1) >> 32
}

/// The value of `count` (1 to 18) digits from `at`.
#[inline(always)]
pub(super) fn long_digits(bytes: &[u8], at: usize, count: usize) -> Option<u64> {
    if count <= 8 {
        return digits(load(bytes, at)?, count);
    }
    let high = digits(load(bytes, at)?, 8)?;
    if count <= 16 {
        let low = digits(load(bytes, at + 8)?, count - 8)?;
        return Some(high * POWERS[count - 8] + low);
    }
    let middle = digits(load(bytes, at + 8)?, 8)?;
    let low = digits(load(bytes, at + 16)?, count - 16)?;
    Some((high * POWERS[8] + middle) * POWERS[count - 16] + low)
}

/// 10^0 to 10^18.
pub(super) const POWERS: [u64; 19] = {
    let mut powers = [1; 19];
    let mut at = 1;
    while at < 19 {
        powers[at] = powers[at - 1] * 10;
        at += 1;
    }
    powers
};

/// Where the digits begin and how many bytes they and their point have; the sign.
#[inline(always)]
fn unsigned(bytes: &[u8], span: Span) -> (usize, usize, bool) {
    let negative = span.length > 0 && bytes[span.start as usize] == b'-';
    let sign = usize::from(negative);
    (span.start as usize + sign, span.length as usize - sign, negative)
}

#[inline(always)]
fn signed(magnitude: u64, negative: bool) -> i64 {
    let value = magnitude.cast_signed();
    if negative { -value } else { value }
}

/// An integer of at most 18 digits.
#[inline(always)]
pub(crate) fn integer(bytes: &[u8], span: Span) -> Option<i64> {
    let (at, length, negative) = unsigned(bytes, span);
    if length == 0 || length > 18 || (length > 1 && bytes[at] == b'0') {
        return None;
    }
    Some(signed(long_digits(bytes, at, length)?, negative))
}

/// A decimal (or integer) as a mantissa at `scale`, where that has at most 18 digits.
#[inline(always)]
pub(crate) fn decimal(bytes: &[u8], span: Span, scale: usize) -> Option<i64> {
    let (at, length, negative) = unsigned(bytes, span);
    if length == 0 {
        return None;
    }
    let word = load(bytes, at)?;
    let point = point(word);
    let leading_zero = bytes[at] == b'0';
    if point >= length.min(8) {
        // No point, or one so far back that the general way finds it.
        let fits = length <= 8 && length + scale <= 18;
        if !fits || (leading_zero && length > 1) {
            return distant_decimal(bytes, at, length, scale).map(|value| signed(value, negative));
        }
        return Some(signed(digits(word, length)? * POWERS[scale], negative));
    }
    let behind = length - point - 1;
    if point == 0 || behind == 0 || behind > scale || point + scale > 18 || (leading_zero && point > 1) {
        return None;
    }
    let magnitude = if length <= 8 {
        // Both parts as one number: the point is squeezed out.
        let low = word & ((1 << (8 * point)) - 1);
        let high = word >> (8 * point) >> 8 << (8 * point);
        digits(low | high, length - 1)?
    } else {
        let whole = digits(word, point)?;
        whole * POWERS[behind] + long_digits(bytes, at + point + 1, behind)?
    };
    Some(signed(magnitude * POWERS[scale - behind], negative))
}

/// A decimal whose first eight bytes hold no point.
#[inline(never)]
fn distant_decimal(bytes: &[u8], at: usize, length: usize, scale: usize) -> Option<u64> {
    let text = bytes.get(at..at + length)?;
    let point = text.iter().position(|byte| *byte == b'.').unwrap_or(length);
    let behind = length.saturating_sub(point + 1);
    let lawful = point > 0 && (point == length || behind > 0) && (point == 1 || text[0] != b'0');
    if !lawful || behind > scale || point + scale > 18 {
        return None;
    }
    let whole = long_digits(bytes, at, point)? * POWERS[behind];
    let part = if behind == 0 { 0 } else { long_digits(bytes, at + point + 1, behind)? };
    Some((whole + part) * POWERS[scale - behind])
}

/// The greatest magnitude; that of the least integer is 2^63.
#[inline(always)]
pub(crate) fn largest(values: &[i64]) -> u64 {
    values.iter().fold(0, |largest, value| largest.max(value.unsigned_abs()))
}

/// Index of the first point among the eight bytes; 8 where there is none.
#[inline(always)]
pub(super) fn point(word: u64) -> usize {
    let difference = word ^ 0x2e2e_2e2e_2e2e_2e2e;
    let zero = difference.wrapping_sub(0x0101_0101_0101_0101) & !difference & 0x8080_8080_8080_8080;
    (zero.trailing_zeros() / 8) as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use plimsoll_core::{CellClass, Notation, Number};

    fn padded(text: &str) -> (Vec<u8>, Span) {
        let mut bytes = b"9.".to_vec();
        bytes.extend_from_slice(text.as_bytes());
        bytes.extend_from_slice(&[b'7'; 40]);
        (bytes, Span { start: 2, length: u32::try_from(text.len()).unwrap() })
    }

    /// Digits before and behind the point of a number in plain digits.
    fn plain_digits(number: &Number) -> Option<(u32, u32)> {
        match number.class() {
            CellClass::Number { int_digits, scale, notation: Notation::Digits | Notation::Point, .. } => {
                Some((int_digits, scale))
            }
            _ => None,
        }
    }

    fn check(text: &str, scale: u8) {
        let (bytes, span) = padded(text);
        let number = Number::read(text.as_bytes());
        let digits = number.as_ref().and_then(plain_digits);
        if let Some(found) = integer(&bytes, span) {
            assert_eq!(number.and_then(|n| n.as_i64()), Some(found), "{text}");
            assert_eq!(digits.map(|(_, scale)| scale), Some(0), "{text}");
        }
        if let Some(found) = decimal(&bytes, span, usize::from(scale)) {
            assert!(digits.is_some(), "{text}");
            assert_eq!(number.and_then(|n| n.at_scale(scale)), Some(i128::from(found)), "{text} at {scale}");
        }
        let is_usual = !text.starts_with(['+', '.']) && !text.starts_with("-.") && !text.ends_with('.');
        if let Some((int_digits, behind)) = digits.filter(|_| is_usual)
            && int_digits.max(1) + u32::from(scale) <= 18
            && behind <= u32::from(scale)
        {
            assert!(
                decimal(&bytes, span, usize::from(scale)).is_some(),
                "the fast way takes {text} at {scale}"
            );
        }
    }

    #[test]
    fn examples() {
        for text in [
            "0",
            "-0",
            "-0.0",
            "12.3",
            "-99.9",
            "123456789012345678",
            "12345678.5",
            "100000000.25",
            "1.",
            ".5",
        ] {
            for scale in [0, 1, 2, 6, 9] {
                check(text, scale);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]
        #[test]
        fn agrees_with_the_grammar(text in "-?[0-9]{0,20}(\\.[0-9]{0,12})?", scale in 0u8..18) {
            check(&text, scale);
        }

        #[test]
        fn agrees_on_near_numbers(text in "[-+.0-9e /:]{1,20}", scale in 0u8..18) {
            check(&text, scale);
        }
    }
}
