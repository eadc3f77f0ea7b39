//! The structural masks with plain 64-bit arithmetic, eight bytes at a time.

use super::{Bits, Lanes, Masks, Needles};

const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;

/// Eight bytes in a word.
pub(crate) struct Words;

impl Lanes for Words {
    #[inline(always)]
    fn masks(chunk: &[u8; 64], needles: Needles) -> Masks {
        Masks {
            delimiters: equal(chunk, needles.delimiter),
            line_feeds: equal(chunk, b'\n'),
            carriage_returns: equal(chunk, b'\r'),
            quotes: needles.quote.map_or(0, |quote| equal(chunk, quote)),
            high: chunk.as_chunks::<8>().0.iter().fold(0, |any, eight| any | u64::from_le_bytes(*eight))
                & !LOW,
        }
    }
}

impl Bits for Words {
    #[inline(always)]
    fn select(mut word: u64, number: u32) -> u32 {
        for _ in 0..number {
            word &= word - 1;
        }
        word.trailing_zeros()
    }

    #[inline(always)]
    fn deposit(mut bits: u64, mut word: u64) -> u64 {
        let mut deposited = 0;
        while word != 0 {
            deposited |= (bits & 1) << word.trailing_zeros();
            bits >>= 1;
            word &= word - 1;
        }
        deposited
    }
}

/// Bit `i` says whether byte `i` of the 64 is `wanted`.
#[inline(always)]
fn equal(chunk: &[u8; 64], wanted: u8) -> u64 {
    let pattern = u64::from_ne_bytes([wanted; 8]);
    gather(chunk, |eight| {
        let difference = eight ^ pattern;
        // The high bit of each byte is set exactly where the byte is zero (no carry crosses bytes).
        !(((difference & LOW) + LOW) | difference | LOW)
    })
}

/// The high bits of what `flag` makes of each eight bytes.
#[inline(always)]
fn gather(chunk: &[u8; 64], flag: impl Fn(u64) -> u64) -> u64 {
    let mut mask = 0;
    for (group, eight) in chunk.as_chunks::<8>().0.iter().enumerate() {
        // Gathers the eight high bits into the top byte.
        let bits = (flag(u64::from_le_bytes(*eight)) >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        mask |= bits << (group * 8);
    }
    mask
}
