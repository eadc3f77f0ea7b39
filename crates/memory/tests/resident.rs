//! The resident figures move as much as a program touches.
//!
//! One test in a program of its own: nothing else allocates meanwhile.
#![cfg(target_os = "linux")]

use std::time::{Duration, Instant};

use plimsoll_memory::process::{Resident, reset_peak_resident, resident, resident_exact};

const MIB: usize = 1 << 20;

/// Pages are at least this large; touching more often does no harm.
const PAGE: usize = 4096;

/// Fresh memory, a byte of each page written. The allocator maps blocks of this size, and unmaps them when freed.
fn touched(mib: usize) -> Vec<u8> {
    let mut block: Vec<u8> = Vec::with_capacity(mib * MIB);
    for page in block.spare_capacity_mut().chunks_mut(PAGE) {
        page[0].write(1);
    }
    block
}

fn timed(read: fn() -> Resident) -> (Resident, Duration) {
    let start = Instant::now();
    (read(), start.elapsed())
}

#[test]
fn touching_pages_moves_the_anonymous_figure() {
    // The readers' own buffers are there from now on.
    let _ = (resident(), resident_exact());
    for mib in [32, 128] {
        for (name, read) in [("running", resident as fn() -> Resident), ("exact", resident_exact)] {
            let before = read();
            let block = touched(mib);
            let (after, took) = timed(read);
            let moved = after.anonymous.unwrap().abs_diff(before.anonymous.unwrap());
            let off = moved.abs_diff((mib * MIB) as u64);
            println!("{mib} MiB, {name}: off by {off} bytes, read in {took:?}");
            assert!(off <= (mib * MIB / 50 + MIB) as u64, "{name}: {before:?} {after:?}");
            assert!(after.peak.unwrap() >= before.anonymous.unwrap() + (mib * MIB - MIB) as u64);
            drop(block);
            let freed = read().anonymous.unwrap();
            assert!(freed < before.anonymous.unwrap() + MIB as u64, "{name}: {freed} {before:?}");
        }
    }

    // The peak remembers the largest block, until it is told to forget.
    let peak = resident().peak.unwrap();
    assert!(peak > 128 * MIB as u64);
    match reset_peak_resident() {
        Ok(()) => assert!(resident().peak.unwrap() < peak - 64 * MIB as u64),
        Err(error) => println!("the peak cannot be reset here: {error}"),
    }
}
