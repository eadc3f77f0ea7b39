//! A block of a small size, and its free at once: the least that an allocator ever does.

use std::hint::black_box;

/// From 16 to 256 bytes.
const SIZES: [usize; 8] = [16, 24, 32, 48, 64, 96, 128, 256];

pub(super) fn round(operations: usize) {
    for size in SIZES.iter().cycle().take(operations) {
        drop(black_box(Vec::<u8>::with_capacity(*size)));
    }
}
