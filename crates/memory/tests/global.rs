//! The counting allocator as the program's own: what a real program allocates is seen, and seen to go.

use plimsoll_memory::{Counting, heap, reset_peak};

#[global_allocator]
static ALLOCATOR: Counting = Counting::system();

/// What the test harness itself may allocate meanwhile.
const NOISE: u64 = 1 << 20;

#[test]
fn live_peak_and_total_follow_a_block() {
    let size = 64_u64 << 20;
    let before = heap().unwrap();
    let mut block: Vec<u8> = Vec::with_capacity(usize::try_from(size).unwrap());
    std::hint::black_box(&mut block);
    let held = heap().unwrap();
    assert!(held.live_bytes.abs_diff(before.live_bytes + size) < NOISE, "{before:?} {held:?}");
    assert!(held.allocations > before.allocations && held.live_blocks > before.live_blocks);

    block.push(1);
    block.shrink_to_fit();
    let shrunk = heap().unwrap();
    assert!(shrunk.live_bytes.abs_diff(before.live_bytes) < NOISE, "{shrunk:?}");
    assert!(shrunk.peak_bytes >= held.live_bytes - NOISE);

    reset_peak();
    assert!(heap().unwrap().peak_bytes < before.live_bytes + NOISE);

    std::thread::scope(|scope| {
        scope.spawn(|| drop(std::hint::black_box(vec![0_u8; usize::try_from(size).unwrap()])));
    });
    let after = heap().unwrap();
    assert!(after.live_bytes.abs_diff(before.live_bytes) < NOISE, "{after:?}");
    assert!(after.peak_bytes >= before.live_bytes + size - NOISE, "{after:?}");
    assert!(after.total_bytes >= before.total_bytes + 2 * size);
}
