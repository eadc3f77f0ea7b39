//! Which allocations a sampled session keeps, and for how much each stands. Samples fall on bytes as a Poisson process:
//! the distance to the next is exponential with the interval as its mean, so that a block of `s` bytes is hit with the
//! probability `1 - exp(-s / interval)`, whatever came before it. Dividing by that probability makes the sums unbiased.
//! This is how tcmalloc, jemalloc and Go sample their heaps.

use std::sync::atomic::Ordering::Relaxed;

use crate::heap::Slot;

/// Sampled counts are kept in units of 1/1024: a sample of small blocks stands for a number of blocks with a fraction.
pub(super) const COUNT_UNIT: u64 = 1024;

/// Whether no sample falls into the next `size` bytes of a thread that has drawn its distance.
#[inline(always)]
pub(super) fn passes(slot: &Slot, size: usize) -> bool {
    let left = slot.until_sample.load(Relaxed).wrapping_sub(size as i64);
    slot.until_sample.store(left, Relaxed);
    left > 0
}

/// Whether a sample falls into the `size` bytes of an allocation that has not passed, or that is the thread's first one in
/// the session.
pub(super) fn hits(slot: &Slot, size: usize, session: u32, seed: u64, interval: u64) -> bool {
    if slot.tracing.session.load(Relaxed) != session {
        begin(slot, session, seed, interval);
        if passes(slot, size) {
            return false;
        }
    }
    // The process has no memory: behind a block it begins anew, wherever the block was hit.
    slot.until_sample.store(distance(slot, interval), Relaxed);
    true
}

/// Draws the distance to the first sample.
#[cold]
fn begin(slot: &Slot, session: u32, seed: u64, interval: u64) {
    let state = &slot.tracing;
    // Threads draw from different points of one generator's cycle.
    state.random.store(mix(seed ^ mix(slot.thread())) | 1, Relaxed);
    state.session.store(session, Relaxed);
    slot.until_sample.store(distance(slot, interval), Relaxed);
}

/// An exponential distance in bytes, at least 1.
#[cold]
fn distance(slot: &Slot, interval: u64) -> i64 {
    // xorshift64*: Marsaglia 2003, Vigna 2016.
    let mut random = slot.tracing.random.load(Relaxed);
    random ^= random >> 12;
    random ^= random << 25;
    random ^= random >> 27;
    slot.tracing.random.store(random, Relaxed);
    let bits = random.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11;
    // In (0, 1], so that the logarithm is finite.
    let uniform = (bits + 1) as f64 / (1_u64 << 53) as f64;
    let distance = -uniform.ln() * interval as f64;
    (distance.ceil() as i64).max(1)
}

/// What a sampled block of `size` bytes stands for: bytes, and blocks in units of [`COUNT_UNIT`]. A function of the size
/// alone, so that a free takes away exactly what its allocation had added.
pub(super) fn weight(size: usize, interval: u64) -> (u64, u64) {
    let hit = -f64::exp_m1(-(size as f64) / interval as f64);
    let bytes = size as f64 / hit;
    let count = COUNT_UNIT as f64 / hit;
    (bytes.round() as u64, count.round() as u64)
}

/// The finaliser of splitmix64 (Steele, Lea, Flood 2014).
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_sizes_over_probabilities() {
        // 1 - exp(-1) = 0.632120558828…
        assert_eq!(weight(1 << 20, 1 << 20), (1_658_823, 1620));
        // A block far larger than the interval is always hit and stands for itself.
        assert_eq!(weight(1 << 30, 1 << 10), (1 << 30, COUNT_UNIT));
        // Small blocks stand for about an interval of bytes.
        let (bytes, count) = weight(16, 1 << 19);
        assert_eq!((bytes, count), ((1 << 19) + 8, 32768 * COUNT_UNIT + COUNT_UNIT / 2));
    }
}
