//! The structural masks with AVX2, 32 bytes at a time.
#![allow(unsafe_code, reason = "vector intrinsics; the portable twin is the oracle of the tests")]

use std::arch::x86_64::{
    __m256i, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_set1_epi8,
};

use super::{Classify, Masks, Needles};

/// The function, where the processor has AVX2.
pub(crate) fn detect() -> Option<Classify> {
    std::arch::is_x86_feature_detected!("avx2").then_some(classify as Classify)
}

fn classify(bytes: &[u8], needles: Needles, out: &mut [Masks]) {
    // SAFETY: the only way to this function is `detect`, which hands it out only where the processor has AVX2.
    unsafe { classify_avx2(bytes, needles, out) }
}

#[target_feature(enable = "avx2")]
fn classify_avx2(bytes: &[u8], needles: Needles, out: &mut [Masks]) {
    let splat = |byte: u8| _mm256_set1_epi8(byte.cast_signed());
    let delimiter = splat(needles.delimiter);
    let line_feed = splat(b'\n');
    let carriage_return = splat(b'\r');
    // Without a quote the mask is cut to nothing, which keeps the loop free of a branch.
    let quote = splat(needles.quote.unwrap_or(0));
    let quoting = if needles.quote.is_some() { u64::MAX } else { 0 };
    for (chunk, masks) in bytes.chunks_exact(64).zip(out) {
        let (low, high) = chunk.split_at(32);
        // SAFETY: both halves are 32 bytes long, and the load needs no alignment.
        let (low, high) = unsafe {
            (
                _mm256_loadu_si256(low.as_ptr().cast::<__m256i>()),
                _mm256_loadu_si256(high.as_ptr().cast::<__m256i>()),
            )
        };
        let equal = |wanted: __m256i| {
            let low = _mm256_movemask_epi8(_mm256_cmpeq_epi8(low, wanted)).cast_unsigned();
            let high = _mm256_movemask_epi8(_mm256_cmpeq_epi8(high, wanted)).cast_unsigned();
            u64::from(low) | u64::from(high) << 32
        };
        *masks = Masks {
            delimiters: equal(delimiter),
            line_feeds: equal(line_feed),
            carriage_returns: equal(carriage_return),
            quotes: equal(quote) & quoting,
        };
    }
}
