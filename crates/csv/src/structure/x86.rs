//! The structural masks with AVX2 (32 bytes at a time) and AVX-512 (64), and the loops over them compiled for
//! processors that have these instructions.
#![allow(unsafe_code, reason = "vector intrinsics; the portable twin is the oracle of the tests")]

use std::arch::x86_64::{
    __m256i, __m512i, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_or_si256,
    _mm256_set1_epi8, _mm512_cmpeq_epi8_mask, _mm512_loadu_si512, _mm512_movepi8_mask, _mm512_set1_epi8,
    _pdep_u64,
};

use super::{Bits, Lanes, Loops, Masks, Needles};
use crate::index::{Marked, index_by_parity};
use crate::machine::Place;
use crate::parse::fast;
use crate::parse::lanes::Shape;
use crate::stride::{Stretch, Stride, Walked};
use crate::walk::Span;

/// The loops that this processor can run, the fastest last.
pub(super) fn detect() -> impl Iterator<Item = Loops> {
    let avx2 = has_avx2().then_some(Loops {
        index: index_with_avx2,
        walk: walk_with_bits,
        numbers: numbers_with_avx2,
        largest: largest_with_avx2,
    });
    let avx512 = has_avx512().then_some(Loops {
        index: index_with_avx512,
        walk: walk_with_bits,
        numbers: numbers_with_avx512,
        largest: largest_with_avx512,
    });
    avx2.into_iter().chain(avx512)
}

fn has_avx2() -> bool {
    is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("lzcnt")
        && is_x86_feature_detected!("popcnt")
}

fn has_avx512() -> bool {
    has_avx2()
        && is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl")
}

/// A function that compiles its body for processors with these features.
macro_rules! compiled_for {
    ($features:literal, $name:ident($($argument:ident: $of:ty),*) -> $result:ty, $body:expr) => {
        fn $name($($argument: $of),*) -> $result {
            #[target_feature(enable = $features)]
            fn compiled($($argument: $of),*) -> $result {
                $body
            }
            // SAFETY: the only way to this function is `detect`, which hands it out only where the processor has these
            // features.
            unsafe { compiled($($argument),*) }
        }
    };
}

compiled_for!(
    "avx2,bmi1,bmi2,lzcnt,popcnt",
    index_with_avx2(padded: &[u8], length: usize, needles: Needles, place: &mut Place, fields: &mut [u64], ends: &mut [u64]) -> Option<Marked>,
    index_by_parity::<Avx2>(padded, length, needles, place, fields, ends)
);
compiled_for!(
    "avx512f,avx512bw,avx2,bmi1,bmi2,lzcnt,popcnt",
    index_with_avx512(padded: &[u8], length: usize, needles: Needles, place: &mut Place, fields: &mut [u64], ends: &mut [u64]) -> Option<Marked>,
    index_by_parity::<Avx512>(padded, length, needles, place, fields, ends)
);
compiled_for!(
    "bmi1,bmi2,lzcnt,popcnt",
    walk_with_bits(stride: &Stride, fields: &[u64], ends: &[u64], bytes: &[u8], stretch: Stretch, spans: &mut [Vec<Span>]) -> Walked,
    stride.walk::<Pdep>(fields, ends, bytes, stretch, spans)
);
compiled_for!(
    "avx2,bmi1,bmi2,lzcnt,popcnt",
    numbers_with_avx2(shape: Shape, bytes: &[u8], spans: &[Span], values: &mut Vec<i64>, others: &mut Vec<usize>) -> (),
    shape.read(bytes, spans, values, others)
);
compiled_for!(
    "avx512f,avx512bw,avx512dq,avx512vl,avx2,bmi1,bmi2,lzcnt,popcnt",
    numbers_with_avx512(shape: Shape, bytes: &[u8], spans: &[Span], values: &mut Vec<i64>, others: &mut Vec<usize>) -> (),
    shape.read(bytes, spans, values, others)
);

compiled_for!(
    "avx2,bmi1,bmi2,lzcnt,popcnt",
    largest_with_avx2(values: &[i64]) -> u64,
    fast::largest(values)
);
compiled_for!(
    "avx512f,avx512bw,avx512dq,avx512vl,avx2,bmi1,bmi2,lzcnt,popcnt",
    largest_with_avx512(values: &[i64]) -> u64,
    fast::largest(values)
);

/// The bit of a number by depositing a bit of that number into the word (BMI2).
struct Pdep;

impl Bits for Pdep {
    #[inline(always)]
    fn select(word: u64, number: u32) -> u32 {
        // SAFETY: only functions that are compiled for processors with BMI2 come here.
        unsafe { _pdep_u64(1 << number, word) }.trailing_zeros()
    }

    #[inline(always)]
    fn deposit(bits: u64, word: u64) -> u64 {
        // SAFETY: only functions that are compiled for processors with BMI2 come here.
        unsafe { _pdep_u64(bits, word) }
    }
}

struct Avx2;

impl Lanes for Avx2 {
    #[inline(always)]
    fn masks(chunk: &[u8; 64], needles: Needles) -> Masks {
        // SAFETY: both loads are of 32 of the 64 bytes and need no alignment; only functions that are compiled for
        // processors with AVX2 come here.
        unsafe {
            let low = _mm256_loadu_si256(chunk.as_ptr().cast::<__m256i>());
            let high = _mm256_loadu_si256(chunk.as_ptr().add(32).cast::<__m256i>());
            let mask = |low, high| {
                let (low, high) = (_mm256_movemask_epi8(low), _mm256_movemask_epi8(high));
                u64::from(low.cast_unsigned()) | u64::from(high.cast_unsigned()) << 32
            };
            let equal = |byte: u8| {
                let wanted = _mm256_set1_epi8(byte.cast_signed());
                mask(_mm256_cmpeq_epi8(low, wanted), _mm256_cmpeq_epi8(high, wanted))
            };
            Masks {
                delimiters: equal(needles.delimiter),
                line_feeds: equal(b'\n'),
                carriage_returns: equal(b'\r'),
                quotes: needles.quote.map_or(0, equal),
                high: u64::from(_mm256_movemask_epi8(_mm256_or_si256(low, high)).cast_unsigned()),
            }
        }
    }
}

struct Avx512;

impl Lanes for Avx512 {
    #[inline(always)]
    fn masks(chunk: &[u8; 64], needles: Needles) -> Masks {
        // SAFETY: the load is of all 64 bytes and needs no alignment; only functions that are compiled for processors with
        // AVX-512 F and BW come here.
        unsafe {
            let bytes = _mm512_loadu_si512(chunk.as_ptr().cast::<__m512i>());
            let equal = |byte: u8| _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(byte.cast_signed()));
            Masks {
                delimiters: equal(needles.delimiter),
                line_feeds: equal(b'\n'),
                carriage_returns: equal(b'\r'),
                quotes: needles.quote.map_or(0, equal),
                high: _mm512_movepi8_mask(bytes),
            }
        }
    }
}

/// Every way to find masks that this processor can run.
#[cfg(test)]
pub(super) fn every_masks() -> Vec<fn(&[u8; 64], Needles) -> Masks> {
    #[target_feature(enable = "avx2")]
    fn avx2(chunk: &[u8; 64], needles: Needles) -> Masks {
        Avx2::masks(chunk, needles)
    }
    #[target_feature(enable = "avx512f,avx512bw")]
    fn avx512(chunk: &[u8; 64], needles: Needles) -> Masks {
        Avx512::masks(chunk, needles)
    }
    let mut ways: Vec<fn(&[u8; 64], Needles) -> Masks> = Vec::new();
    if has_avx2() {
        // SAFETY: the processor has AVX2.
        ways.push(|chunk, needles| unsafe { avx2(chunk, needles) });
    }
    if has_avx512() {
        // SAFETY: the processor has AVX-512 F and BW.
        ways.push(|chunk, needles| unsafe { avx512(chunk, needles) });
    }
    ways
}
