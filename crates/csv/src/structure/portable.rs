//! The structural masks with plain 64-bit arithmetic, eight bytes at a time.

use super::{Masks, Needles};

/// See [`super::Classify`].
pub(crate) fn classify(bytes: &[u8], needles: Needles, out: &mut [Masks]) {
    for (chunk, masks) in bytes.chunks_exact(64).zip(out) {
        *masks = Masks {
            delimiters: equal(chunk, needles.delimiter),
            line_feeds: equal(chunk, b'\n'),
            carriage_returns: equal(chunk, b'\r'),
            quotes: needles.quote.map_or(0, |quote| equal(chunk, quote)),
        };
    }
}

/// Bit `i` says whether byte `i` of the 64 is `wanted`.
fn equal(chunk: &[u8], wanted: u8) -> u64 {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let pattern = u64::from_ne_bytes([wanted; 8]);
    let mut mask = 0;
    for (group, eight) in chunk.chunks_exact(8).enumerate() {
        let Ok(eight) = <[u8; 8]>::try_from(eight) else { continue };
        let difference = u64::from_le_bytes(eight) ^ pattern;
        // The high bit of each byte is set exactly where the byte is zero (no carry crosses bytes).
        let zeros = !(((difference & LOW) + LOW) | difference | LOW);
        // Gathers the eight high bits into the top byte.
        let bits = (zeros >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        mask |= bits << (group * 8);
    }
    mask
}
