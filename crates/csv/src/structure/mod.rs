//! Which bytes of a block are delimiters, line feeds, carriage returns and quotes: 64 bytes to four 64-bit masks.
//!
//! One function for each instruction set behind one signature, chosen once at run time; [`portable`] is the twin that
//! the tests hold the others against. The idea of masks of 64 bytes is that of simdjson (Langdale and Lemire, 2019).

#[cfg(target_arch = "x86_64")]
mod avx2;
mod portable;

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
}

/// Fills `out[i]` with the masks of bytes `64 * i ..` of `bytes`, which is exactly 64 times as long.
pub(crate) type Classify = fn(bytes: &[u8], needles: Needles, out: &mut [Masks]);

/// The fastest way that this processor knows.
pub(crate) fn fastest() -> Classify {
    #[cfg(target_arch = "x86_64")]
    if let Some(classify) = avx2::detect() {
        return classify;
    }
    portable::classify
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_way_agrees_with_a_loop(
            words in 0usize..5,
            seed in prop::collection::vec(prop::sample::select(b"a,\"\n\r;\x00\xff\x2d\xac".to_vec()), 320),
            quote in prop::option::of(Just(b'"')),
        ) {
            let bytes = &seed[..words * 64];
            let needles = Needles { delimiter: b',', quote };
            let expected: Vec<Masks> = bytes.chunks(64).map(|chunk| {
                let mask = |wanted: &dyn Fn(u8) -> bool| {
                    (0..64).filter(|i| wanted(chunk[*i])).fold(0u64, |mask, i| mask | 1 << i)
                };
                Masks {
                    delimiters: mask(&|b| b == b','),
                    line_feeds: mask(&|b| b == b'\n'),
                    carriage_returns: mask(&|b| b == b'\r'),
                    quotes: mask(&|b| Some(b) == quote),
                }
            }).collect();
            for classify in [portable::classify as Classify, fastest()] {
                let mut out = vec![Masks::default(); words];
                classify(bytes, needles, &mut out);
                prop_assert_eq!(&out, &expected);
            }
        }
    }
}
