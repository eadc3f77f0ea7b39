//! The hash of keys: 128-bit products folded to 64 bits, of which the upper half is kept.
//!
//! The seed differs from process to process, so that no input can be written to collide; no result depends on it.

use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;

const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

static SEED: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(MULTIPLIER));

/// Hashes words and byte strings to 32 bits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hasher {
    seed: u64,
}

impl Hasher {
    /// The hasher of this process.
    pub(super) fn new() -> Self {
        Hasher { seed: *SEED }
    }

    /// The hash of a word.
    #[inline]
    pub(super) fn word(self, word: u64) -> u32 {
        upper(fold(word ^ self.seed, MULTIPLIER))
    }

    /// The hash of a byte string of this length whose first 16 bytes, zeros behind a shorter one, are `head`; all bytes of a
    /// longer one are `long`.
    #[inline]
    pub(super) fn bytes(self, head: u128, length: usize, long: &[u8]) -> u32 {
        let mut hash = self.pair(self.seed ^ length as u64, head);
        if length > 16 {
            hash = self.long(hash, long);
        }
        upper(hash)
    }

    fn long(self, mut hash: u64, bytes: &[u8]) -> u64 {
        for chunk in bytes.as_chunks::<16>().0.iter().skip(1) {
            hash = self.pair(hash, u128::from_le_bytes(*chunk));
        }
        // The last 16 bytes, some of them for the second time.
        bytes.last_chunk().map_or(hash, |last| self.pair(hash, u128::from_le_bytes(*last)))
    }

    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "takes the two words apart")]
    fn pair(self, hash: u64, pair: u128) -> u64 {
        fold(pair as u64 ^ hash, (pair >> 64) as u64 ^ self.seed.rotate_left(32) ^ MULTIPLIER)
    }
}

#[inline]
#[allow(clippy::cast_possible_truncation, reason = "folds the product's halves")]
fn fold(left: u64, right: u64) -> u64 {
    let product = u128::from(left) * u128::from(right);
    product as u64 ^ (product >> 64) as u64
}

#[inline]
#[allow(clippy::cast_possible_truncation, reason = "32 bits are left")]
fn upper(hash: u64) -> u32 {
    (hash >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn close_keys_spread() {
        let hasher = Hasher::new();
        let words: HashSet<u32> = (0..100_000).map(|word| hasher.word(word) >> 12).collect();
        // 100,000 balls into 2^20 bins fill 95,360 of them on average.
        assert!(words.len() > 94_000, "{}", words.len());
        let texts: HashSet<u32> = (0..100_000)
            .map(|number: u128| {
                let text = format!("key {number}");
                let mut head = [0; 16];
                head[..text.len()].copy_from_slice(text.as_bytes());
                hasher.bytes(u128::from_le_bytes(head), text.len(), &[]) >> 12
            })
            .collect();
        assert!(texts.len() > 94_000, "{}", texts.len());
    }

    #[test]
    fn every_byte_counts() {
        let hasher = Hasher::new();
        for length in 17..70 {
            let text = vec![7; length];
            let hash = |text: &[u8]| {
                hasher.bytes(u128::from_le_bytes(*text.first_chunk().unwrap()), text.len(), text)
            };
            for at in 0..length {
                let mut other = text.clone();
                other[at] = 8;
                assert_ne!(hash(&text), hash(&other), "{length} {at}");
            }
            assert_ne!(hash(&text), hash(&[text.as_slice(), &[0]].concat()));
        }
    }
}
