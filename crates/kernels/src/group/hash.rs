//! The hash of keys: 128-bit products folded to 64 bits, of which the upper half is kept.
//!
//! The seed differs from process to process, so that no input can be written to collide; no result depends on it.

use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;

use super::byte_keys::Key;

const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

static SEED: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(MULTIPLIER));

/// Hashes words and byte strings to 32 bits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hasher {
    seed: u64,
    /// What the other factor begins with.
    other: u64,
}

impl Hasher {
    /// The hasher of this process.
    pub(super) fn new() -> Self {
        Hasher::with_seed(*SEED)
    }

    fn with_seed(seed: u64) -> Self {
        Hasher { seed, other: seed.rotate_left(32) ^ MULTIPLIER }
    }

    /// The hash of a word.
    #[inline]
    pub(super) fn word(self, word: u64) -> u32 {
        upper(fold(word ^ self.seed, MULTIPLIER))
    }

    /// The hash of a short string as a view, with its length.
    #[inline(always)]
    pub(super) fn short(self, view: u128) -> u32 {
        last(self.pair(self.seed, view))
    }

    /// The hash of a string of 12 bytes or more.
    #[inline]
    pub(super) fn long(self, bytes: &[u8]) -> u32 {
        last(self.mix_long(self.seed, bytes))
    }

    #[inline]
    fn mix_long(self, hash: u64, bytes: &[u8]) -> u64 {
        let mut hash = hash ^ bytes.len() as u64;
        for chunk in bytes.as_chunks::<16>().0 {
            hash = self.pair(hash, u128::from_le_bytes(*chunk));
        }
        // The last bytes, some of them for the second time.
        match (bytes.last_chunk::<16>(), bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
            (Some(last), ..) => self.pair(hash, u128::from_le_bytes(*last)),
            (_, Some(first), Some(last)) => {
                let (first, last) = (u64::from_le_bytes(*first), u64::from_le_bytes(*last));
                self.pair(hash, u128::from(first) | u128::from(last) << 64)
            }
            _ => hash,
        }
    }

    /// Where a hash of several values begins.
    pub(super) fn seed(self) -> u64 {
        self.seed
    }

    /// A hash with a further value.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "a multiplication")]
    pub(super) fn mix(self, hash: u64, value: u128) -> u64 {
        self.pair(hash, value)
    }

    /// A hash with a further string.
    #[inline]
    pub(super) fn mix_key(self, hash: u64, key: Key<'_>) -> u64 {
        match key {
            Key::Short(view) => self.pair(hash, view),
            Key::Long(bytes) => self.mix_long(hash, bytes),
        }
    }

    /// The hash of some words.
    #[inline(always)]
    pub(super) fn words<const N: usize>(self, words: &[u64; N]) -> u32 {
        let mut hash = self.seed;
        for pair in words.chunks(2) {
            let second = pair.get(1).copied().unwrap_or_default();
            hash = self.pair(hash, u128::from(pair[0]) | u128::from(second) << 64);
        }
        last(hash)
    }

    #[inline(always)]
    #[allow(clippy::cast_possible_truncation, reason = "takes the two words apart")]
    fn pair(self, hash: u64, pair: u128) -> u64 {
        fold(pair as u64 ^ hash, (pair >> 64) as u64 ^ self.other)
    }
}

#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "folds the product's halves")]
fn fold(left: u64, right: u64) -> u64 {
    let product = u128::from(left) * u128::from(right);
    product as u64 ^ (product >> 64) as u64
}

#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "32 bits are left")]
fn upper(hash: u64) -> u32 {
    (hash >> 32) as u32
}

/// The hash of several words, which a product alone would leave in a lattice: where two of them come close, so do many
/// others.
#[inline(always)]
fn last(hash: u64) -> u32 {
    upper(hash.wrapping_mul(MULTIPLIER))
}

/// Five bits of a hash of several words that [`last`] leaves, for the same reason; those above them are none.
#[inline(always)]
#[allow(clippy::inline_always, reason = "a multiplication")]
pub(super) fn spread(hash: u64) -> u64 {
    hash.wrapping_mul(MULTIPLIER) >> 27 & 31
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{HashMap, HashSet};

    #[test]
    fn close_keys_spread() {
        for seed in 0..40u64 {
            spread(Hasher::with_seed(fold(seed ^ MULTIPLIER, !MULTIPLIER)));
        }
    }

    fn spread(hasher: Hasher) {
        let words: HashSet<u32> = (0..100_000).map(|word| hasher.word(word) >> 12).collect();
        // 100,000 balls into 2^20 bins fill 95,360 of them on average.
        assert!(words.len() > 94_000, "{}", words.len());
        let texts: HashSet<u32> = (0..100_000)
            .map(|number: u128| {
                let text = format!("k{number}");
                let mut view = [0; 16];
                view[0] = text.len() as u8;
                view[4..4 + text.len()].copy_from_slice(text.as_bytes());
                hasher.short(u128::from_le_bytes(view)) >> 12
            })
            .collect();
        assert!(texts.len() > 94_000, "{}", texts.len());
        let pairs: HashSet<u32> =
            (0..100_000).map(|number| hasher.words(&[number / 300, number % 300]) >> 12).collect();
        assert!(pairs.len() > 94_000, "{}", pairs.len());
    }

    /// A file written to collide in one process is any file in the next.
    #[test]
    fn what_collides_under_one_seed_spreads_under_others() {
        let seeded = |seed: u64| Hasher::with_seed(fold(seed ^ MULTIPLIER, !MULTIPLIER));
        let text = |number: u64| format!("a key of some length {number}").into_bytes();
        let place = |hash: u32| hash >> 20;
        for seed in 0..8 {
            let (known, of_pair) =
                (seeded(seed), |hasher: Hasher, number| hasher.words(&[number / 300, number]));
            let kinds: [&dyn Fn(Hasher, u64) -> u32; 3] =
                [&|hasher, number| hasher.word(number), &of_pair, &|hasher, number| {
                    hasher.long(&text(number))
                }];
            for hash in kinds {
                let collide: Vec<u64> =
                    (0..400_000).filter(|number| place(hash(known, *number)) == 7).collect();
                assert!(collide.len() > 50, "{}", collide.len());
                for other in (100..140).map(seeded) {
                    let mut places: HashMap<u32, usize> = HashMap::new();
                    collide
                        .iter()
                        .for_each(|number| *places.entry(place(hash(other, *number))).or_default() += 1);
                    // A multiplication is not as even as chance, but no place has many of them.
                    let most = places.into_values().max().unwrap();
                    assert!(most * 4 < collide.len(), "{most} of {}", collide.len());
                }
            }
        }
    }

    #[test]
    fn every_byte_counts() {
        let hasher = Hasher::new();
        for length in 12..70 {
            let text = vec![7; length];
            for at in 0..length {
                let mut other = text.clone();
                other[at] = 8;
                assert_ne!(hasher.long(&text), hasher.long(&other), "{length} {at}");
            }
            assert_ne!(hasher.long(&text), hasher.long(&[text.as_slice(), &[0]].concat()));
        }
        let lanes = [7; 5];
        for at in 0..5 {
            let mut other = lanes;
            other[at] = 8;
            assert_ne!(hasher.words(&lanes), hasher.words(&other), "{at}");
        }
    }
}
