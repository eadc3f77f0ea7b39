//! Which bytes of a block are delimiters, line feeds, carriage returns and quotes: 64 bytes to four 64-bit masks.
//!
//! One [`Lanes`] for each instruction set; [`fastest`] chooses once, at run time, among the loops that are compiled for each of
//! them. [`portable`] is the twin that the tests hold the others against. The idea of masks of 64 bytes
//! is that of simdjson (Langdale and Lemire, 2019).

#[cfg(target_arch = "x86_64")]
mod x86;

mod portable;

use crate::index::{Marked, index_by_parity};
use std::sync::LazyLock;

use crate::machine::Place;
use crate::parse::fast;
use crate::parse::lanes::Shape;
use crate::stride::{Stretch, Stride, Walked};
use crate::walk::Span;

/// The bytes that are looked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Needles {
    pub(crate) delimiter: u8,
    pub(crate) quote: Option<u8>,
}

/// The masks of 64 bytes; bit `i` is byte `i`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Masks {
    pub(crate) delimiters: u64,
    pub(crate) line_feeds: u64,
    pub(crate) carriage_returns: u64,
    pub(crate) quotes: u64,
    /// Not 0 where a byte is 128 or more.
    pub(crate) high: u64,
}

/// How one instruction set finds the masks.
pub(crate) trait Lanes {
    /// The masks of one chunk. Without a quote the mask of quotes is 0.
    fn masks(chunk: &[u8; 64], needles: Needles) -> Masks;
}

/// How one instruction set picks bits.
pub(crate) trait Bits {
    /// The position of the set bit of this number, from 0; there must be one.
    fn select(word: u64, number: u32) -> u32;

    /// The lowest bits of `bits`, one at the place of each set bit of `word`, in their order.
    fn deposit(bits: u64, word: u64) -> u64;
}

/// The loops over masks, compiled for one instruction set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Loops {
    /// [`index_by_parity`].
    pub(crate) index: Index,
    /// [`Stride::walk`].
    pub(crate) walk: Walk,
    /// [`Shape::read`].
    pub(crate) numbers: Numbers,
    /// [`largest`](crate::parse::fast::largest).
    pub(crate) largest: Largest,
}

pub(crate) type Index = fn(&[u8], usize, Needles, &mut Place, &mut [u64], &mut [u64]) -> Option<Marked>;
pub(crate) type Walk = fn(&Stride, &[u64], &[u64], &[u8], Stretch, &mut [Vec<Span>]) -> Walked;

pub(crate) type Largest = fn(&[i64]) -> u64;

pub(crate) type Numbers = fn(Shape, &[u8], &[Span], &mut Vec<i64>, &mut Vec<usize>);

/// The fastest loops that this processor can run.
pub(crate) fn fastest() -> Loops {
    static FASTEST: LazyLock<Loops> = LazyLock::new(|| every().pop().unwrap_or(PORTABLE));
    *FASTEST
}

/// Every way that this processor can run, the fastest last.
pub(crate) fn every() -> Vec<Loops> {
    #[allow(unused_mut, reason = "other processors have one way")]
    let mut ways = vec![PORTABLE];
    #[cfg(target_arch = "x86_64")]
    ways.extend(x86::detect());
    ways
}

const PORTABLE: Loops = Loops {
    index: |padded, length, needles, place, fields, ends| {
        index_by_parity::<portable::Words>(padded, length, needles, place, fields, ends)
    },
    walk: |stride, fields, ends, bytes, stretch, spans| {
        stride.walk::<portable::Words>(fields, ends, bytes, stretch, spans)
    },
    numbers: |shape, bytes, spans, values, others| shape.read(bytes, spans, values, others),
    largest: fast::largest,
};

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one_by_one(chunk: &[u8; 64], needles: Needles) -> Masks {
        let mask = |wanted: &dyn Fn(u8) -> bool| {
            (0..64).filter(|i| wanted(chunk[*i])).fold(0u64, |mask, i| mask | 1 << i)
        };
        Masks {
            delimiters: mask(&|b| b == needles.delimiter),
            line_feeds: mask(&|b| b == b'\n'),
            carriage_returns: mask(&|b| b == b'\r'),
            quotes: mask(&|b| Some(b) == needles.quote),
            high: u64::from(chunk.iter().any(|b| *b >= 128)),
        }
    }

    proptest! {
        #[test]
        fn every_way_agrees_with_a_loop(
            chunk in prop::collection::vec(prop::sample::select(b"a,\"\n\r;\x00\xff\x2d\xac".to_vec()), 64),
            quote in prop::option::of(Just(b'"')),
        ) {
            let chunk: &[u8; 64] = chunk.as_slice().try_into().unwrap();
            let needles = Needles { delimiter: b',', quote };
            let expected = one_by_one(chunk, needles);
            let any_high = |masks: Masks| Masks { high: u64::from(masks.high != 0), ..masks };
            prop_assert_eq!(any_high(portable::Words::masks(chunk, needles)), expected);
            #[cfg(target_arch = "x86_64")]
            for masks in x86::every_masks() {
                prop_assert_eq!(any_high(masks(chunk, needles)), expected);
            }
        }
    }
}
