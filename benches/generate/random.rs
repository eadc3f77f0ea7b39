//! The generator of random numbers: xoshiro256++ 1.0 by Blackman and Vigna, its state filled by their SplitMix64. Both
//! are defined bit by bit, so a seed means the same numbers everywhere.

/// One step of SplitMix64 on a counter: a bijection on 64 bits that scatters neighbours.
pub(crate) const fn mix(counter: u64) -> u64 {
    let mut z = counter.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A stream of random numbers.
pub(crate) struct Random {
    state: [u64; 4],
}

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        let step = |n: u64| mix(seed.wrapping_add(n.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        Random { state: [step(0), step(1), step(2), step(3)] }
    }

    /// 64 random bits.
    #[inline]
    pub(crate) fn next(&mut self) -> u64 {
        let [a, b, c, d] = self.state;
        let result = a.wrapping_add(d).rotate_left(23).wrapping_add(a);
        let (c, d) = (c ^ a, d ^ b);
        self.state = [a ^ d, b ^ c, c ^ (b << 17), d.rotate_left(45)];
        result
    }

    /// A double from 0 up to (not including) 1: 53 random bits behind the binary point.
    #[inline]
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A number below `bound`; 0 for a bound of 0. Lemire's multiplication without the rejection step: the bias is
    /// below `bound` / 2^64.
    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "the upper half of a 128-bit product")]
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    /// An index below `length`.
    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "below `length`, which is a usize")]
    pub(crate) fn index(&mut self, length: usize) -> usize {
        self.below(length as u64) as usize
    }

    /// A bell-shaped number with mean 0 and the given standard deviation: the sum of four uniform 16-bit numbers, which
    /// stays within 3.47 deviations.
    #[inline]
    pub(crate) fn bell(&mut self, deviation: i64) -> i64 {
        let bits = self.next();
        let sum = (bits & 0xffff) + (bits >> 16 & 0xffff) + (bits >> 32 & 0xffff) + (bits >> 48);
        // Mean and deviation of the sum: 4 * 65535 / 2, and 65536 * sqrt(4 / 12).
        (sum.cast_signed() - 131_070) * deviation / 37_837
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_the_published_sequence() {
        // The reference implementation's first outputs for the state 1, 2, 3, 4.
        let mut random = Random { state: [1, 2, 3, 4] };
        let first = [random.next(), random.next(), random.next()];
        assert_eq!(first, [41_943_041, 58_720_359, 3_588_806_011_781_223]);
        assert_eq!(mix(0), 0xe220_a839_7b1d_cdaf);
    }

    #[test]
    fn numbers_keep_their_bounds_and_shape() {
        let mut random = Random::new(3);
        let (mut sum, mut squares) = (0, 0);
        for _ in 0..100_000 {
            assert!(random.below(7) < 7);
            let bell = random.bell(1000);
            assert!(bell.abs() <= 3_470);
            sum += bell;
            squares += bell * bell;
        }
        assert!((sum / 100_000).abs() < 20);
        assert!((squares / 100_000 - 1_000_000).abs() < 30_000);
        assert_eq!(random.below(0), 0);
    }
}
