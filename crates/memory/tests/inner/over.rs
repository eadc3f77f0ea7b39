//! What holds over any inner allocator: the tests of both programs.

use plimsoll_memory::trace::{Amount, Mode, start, stop, take_snapshot};
use plimsoll_memory::{heap, process};

use crate::common::{Block, Random};

/// A random script, whose counts are known.
pub(crate) fn its_calls_are_counted() {
    let mut random = Random(7);
    let mut held: Vec<Block> = Vec::with_capacity(500);
    let before = heap().unwrap();
    let (mut allocations, mut frees, mut bytes) = (0, 0, 0);
    for _ in 0..100_000 {
        let choice = random.below(10);
        if held.is_empty() || (choice < 5 && held.len() < held.capacity()) {
            let size = random.size();
            let block = if choice == 0 { Block::zeroed(size) } else { Block::new(size) };
            (allocations, bytes) = (allocations + 1, bytes + block.size());
            held.push(block);
            continue;
        }
        let index = random.below(held.len() as u64) as usize;
        let block = held.swap_remove(index);
        frees += 1;
        if choice < 7 {
            let block = block.resize(random.size());
            (allocations, bytes) = (allocations + 1, bytes + block.size());
            held.push(block);
        }
    }
    let after = heap().unwrap();
    assert_eq!(after.allocations - before.allocations, allocations);
    assert_eq!((after.frees - before.frees, after.total_bytes - before.total_bytes), (frees, bytes));
    let live: u64 = held.iter().map(Block::size).sum();
    assert_eq!(after.live_bytes - before.live_bytes, live);
    assert_eq!(after.live_blocks - before.live_blocks, held.len() as u64);
    // Blocks of this thread, freed by another one.
    held.drain(..).for_each(drop);
    let start = heap().unwrap();
    let blocks: Vec<Block> = (1..1000).map(Block::new).collect();
    std::thread::spawn(move || drop(blocks)).join().unwrap();
    let end = heap().unwrap();
    assert_eq!((end.live_bytes, end.live_blocks), (start.live_bytes, start.live_blocks));
}

/// Small and large blocks, aligned ones, and such as grow: the table of traced blocks finds each again.
pub(crate) fn traces_know_its_blocks() {
    let mut held: Vec<Block> = Vec::with_capacity(2000);
    start(4, Mode::Exact).unwrap();
    for size in (1..1000).chain((1..100).map(|times| times << 16)) {
        held.push(Block::new(size));
    }
    let sum =
        |blocks: &[Block]| Amount { bytes: blocks.iter().map(Block::size).sum(), count: blocks.len() as u64 };
    assert_eq!(take_snapshot().unwrap().live(), sum(&held));
    // In place: the list of blocks does not allocate.
    for at in 0..held.len() {
        let block = held.swap_remove(at);
        held.push(block.resize(1 + at * 97));
    }
    assert_eq!(take_snapshot().unwrap().live(), sum(&held));
    held.clear();
    assert_eq!(stop().unwrap().live(), Amount::default());
}

/// Pages that nobody has touched cost nothing.
pub(crate) fn zeroed_memory_stays_lazy() {
    let before = process::resident().current.unwrap();
    let block = Block::zeroed(512 << 20);
    let after = process::resident().current.unwrap();
    assert!(after < before + (8 << 20), "{before} bytes, then {after}");
    // SAFETY: the block has 512 MiB.
    assert_eq!(unsafe { block.address.add(300 << 20).read() }, 0);
}
