//! The counting allocator against models, with the allocator in place: nothing but the test allocates.
#![allow(unsafe_code, reason = "the tests call the allocator itself")]
#![allow(clippy::unwrap_used, reason = "a failed expectation in a test is the message")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::RefCell;
use std::sync::{Barrier, Mutex};

use plimsoll_memory::{Counting, Heap, Measured, exact_peak, heap, measure, process, reset_peak, threads};

mod common;
use common::{Block, Random};

#[global_allocator]
static ALLOCATOR: Counting = Counting::system();

tests!(
    random_scripts_of_several_threads,
    the_peak_of_one_thread_is_exact,
    the_peak_of_several_threads,
    reading_while_a_thread_shrinks_does_not_raise_the_peak,
    a_million_blocks_freed_by_another_thread,
    a_new_peak_after_a_reset,
    zeroed_memory_stays_lazy,
    calls_are_forwarded_as_they_are,
    measured_work,
    threads_are_told_apart,
    ended_threads_leave_their_counts,
);

fn now() -> Heap {
    heap().unwrap()
}

/// What a model expects of the counters.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Model {
    live_bytes: i64,
    live_blocks: i64,
    peak_bytes: i64,
    peak_blocks: i64,
    total_bytes: u64,
    allocations: u64,
    frees: u64,
}

impl Model {
    fn allocate(&mut self, size: u64) {
        self.allocations += 1;
        self.total_bytes += size;
        self.live_bytes += size.cast_signed();
        self.live_blocks += 1;
        self.note();
    }

    fn free(&mut self, size: u64) {
        self.frees += 1;
        self.live_bytes -= size.cast_signed();
        self.live_blocks -= 1;
    }

    fn resize(&mut self, old: u64, new: u64) {
        self.free(old);
        self.allocate(new);
    }

    fn note(&mut self) {
        self.peak_bytes = self.peak_bytes.max(self.live_bytes);
        self.peak_blocks = self.peak_blocks.max(self.live_blocks);
    }

    fn join(&mut self, other: &Model) {
        self.live_bytes += other.live_bytes;
        self.live_blocks += other.live_blocks;
        self.total_bytes += other.total_bytes;
        self.allocations += other.allocations;
        self.frees += other.frees;
    }

    /// What the counters say since `before`, the peaks above what was live then.
    fn seen(before: &Heap, after: &Heap) -> Model {
        let less = |after: u64, before: u64| after.cast_signed() - before.cast_signed();
        Model {
            live_bytes: less(after.live_bytes, before.live_bytes),
            live_blocks: less(after.live_blocks, before.live_blocks),
            peak_bytes: less(after.peak_bytes, before.live_bytes),
            peak_blocks: less(after.peak_blocks, before.live_blocks),
            total_bytes: after.total_bytes - before.total_bytes,
            allocations: after.allocations - before.allocations,
            frees: after.frees - before.frees,
        }
    }
}

/// One step of a random script over `held`, which never grows beyond its capacity.
fn step(random: &mut Random, held: &mut Vec<Block>, model: &mut Model) {
    let choice = random.below(10);
    if held.is_empty() || (choice < 4 && held.len() < held.capacity()) {
        let size = random.size();
        let block = if choice == 0 { Block::zeroed(size) } else { Block::new(size) };
        model.allocate(block.size());
        held.push(block);
        return;
    }
    let index = random.below(held.len() as u64) as usize;
    let block = held.swap_remove(index);
    if choice < 6 {
        let new = random.size();
        model.resize(block.size(), new as u64);
        held.push(block.resize(new));
    } else {
        model.free(block.size());
        drop(block);
    }
}

/// Four threads allocate, grow, free, and hand blocks over, and between two barriers nothing else happens.
fn random_scripts_of_several_threads() {
    const THREADS: u64 = 4;
    for seed in 0..20 {
        let barrier = Barrier::new(THREADS as usize + 1);
        let basket: Mutex<Vec<Block>> = Mutex::new(Vec::with_capacity(1000));
        let (before, after, models) = std::thread::scope(|scope| {
            let (barrier, basket) = (&barrier, &basket);
            let work = |thread: u64| {
                move || {
                    let mut random = Random(seed * THREADS + thread);
                    let mut held = Vec::with_capacity(200);
                    let mut model = Model::default();
                    barrier.wait();
                    barrier.wait();
                    for _ in 0..20_000 {
                        step(&mut random, &mut held, &mut model);
                        let mut basket = basket.lock().unwrap();
                        match random.below(4) {
                            0 if basket.len() < 1000 => basket.extend(held.pop()),
                            1 if held.len() < 200 => held.extend(basket.pop()),
                            _ => {}
                        }
                    }
                    barrier.wait();
                    barrier.wait();
                    drop(held);
                    model
                }
            };
            let handles: Vec<_> = (0..THREADS).map(|thread| scope.spawn(work(thread))).collect();
            barrier.wait();
            let before = now();
            barrier.wait();
            barrier.wait();
            let after = now();
            barrier.wait();
            let models: Vec<Model> = handles.into_iter().map(|handle| handle.join().unwrap()).collect();
            (before, after, models)
        });
        let mut expected = Model::default();
        models.iter().for_each(|model| expected.join(model));
        let seen = Model::seen(&before, &after);
        assert_eq!(Model { peak_bytes: 0, peak_blocks: 0, ..seen }, expected, "seed {seed}");
    }
}

fn the_peak_of_one_thread_is_exact() {
    for seed in 0..50 {
        let mut random = Random(seed);
        let mut held = Vec::with_capacity(300);
        let mut model = Model::default();
        reset_peak();
        let before = now();
        for at in 0..3000 {
            step(&mut random, &mut held, &mut model);
            if at % 500 == 0 {
                // Reading changes nothing.
                assert_eq!(Model::seen(&before, &now()), model, "seed {seed}, step {at}");
            }
        }
        let after = now();
        assert_eq!(Model::seen(&before, &after), model, "seed {seed}");
    }
}

/// Threads take turns, so that a model knows the peak of the whole: in the exact mode to the byte, else within the steps.
fn the_peak_of_several_threads() {
    const THREADS: usize = 4;
    for (seed, exact) in (0..12).flat_map(|seed| [(seed, false), (seed, true)]) {
        exact_peak(exact);
        let turns = Mutex::new((0_usize, Model::default()));
        let barrier = Barrier::new(THREADS + 1);
        let (before, after) = std::thread::scope(|scope| {
            let work = |thread: usize| {
                let (turns, barrier) = (&turns, &barrier);
                move || {
                    let mut random = Random((seed * THREADS + thread) as u64);
                    let mut held = Vec::with_capacity(100);
                    barrier.wait();
                    barrier.wait();
                    let mut done = 0;
                    while done < 300 {
                        let mut turn = turns.lock().unwrap();
                        if turn.0 % THREADS == thread {
                            turn.0 += 1;
                            done += 1;
                            step(&mut random, &mut held, &mut turn.1);
                        }
                        drop(turn);
                        std::thread::yield_now();
                    }
                    barrier.wait();
                    barrier.wait();
                }
            };
            let handles: Vec<_> = (0..THREADS).map(|thread| scope.spawn(work(thread))).collect();
            barrier.wait();
            reset_peak();
            let before = now();
            barrier.wait();
            barrier.wait();
            let after = now();
            barrier.wait();
            // Joined by hand: a scope ends a little before its threads have freed what is theirs.
            handles.into_iter().for_each(|handle| handle.join().unwrap());
            (before, after)
        });
        exact_peak(false);
        let expected = turns.into_inner().unwrap().1;
        let seen = Model::seen(&before, &after);
        if exact {
            assert_eq!(seen, expected, "seed {seed}");
        } else {
            let off = seen.peak_bytes.abs_diff(expected.peak_bytes);
            assert!(off <= (THREADS as u64 + 1) * (64 << 10), "seed {seed}: {off} bytes");
        }
    }
}

/// A thread that others read all the while falls in steps too small for it to publish by itself. Its old top must not be
/// added to what another thread holds by then.
fn reading_while_a_thread_shrinks_does_not_raise_the_peak() {
    const BLOCKS: usize = 640;
    let barrier = Barrier::new(2);
    let seen = std::thread::scope(|scope| {
        let shrinking = scope.spawn(|| {
            let mut held = Vec::with_capacity(BLOCKS);
            held.extend((0..BLOCKS).map(|_| Block::new(16 << 10)));
            barrier.wait();
            while held.pop().is_some() {
                barrier.wait();
                barrier.wait();
            }
            barrier.wait();
            // Enough to publish.
            drop(Block::new(200 << 10));
        });
        barrier.wait();
        reset_peak();
        let before = now();
        for _ in 0..BLOCKS {
            barrier.wait();
            now();
            barrier.wait();
        }
        let held = Block::new(BLOCKS * (16 << 10));
        barrier.wait();
        shrinking.join().unwrap();
        drop(held);
        Model::seen(&before, &now())
    });
    assert!(seen.peak_bytes < 512 << 10, "{seen:?}");
}

fn a_million_blocks_freed_by_another_thread() {
    let (sender, receiver) = std::sync::mpsc::sync_channel::<Block>(1000);
    let (before, after) = std::thread::scope(|scope| {
        let freeing = scope.spawn(move || {
            assert_eq!(receiver.recv().unwrap().size(), 1);
            let before = now();
            assert_eq!(receiver.iter().take(1_000_000).map(|block| block.size()).sum::<u64>(), 48_000_000);
            before
        });
        sender.send(Block::new(1)).unwrap();
        for _ in 0..1_000_000 {
            sender.send(Block::new(48)).unwrap();
        }
        let before = freeing.join().unwrap();
        (before, now())
    });
    let seen = Model::seen(&before, &after);
    assert!(seen.allocations >= 999_000 && seen.live_bytes.abs() < 100_000, "{seen:?}");
    // The channel and the threads are gone.
    let start = now();
    let blocks: Vec<Block> = (0..1000).map(|_| Block::new(48)).collect();
    std::thread::spawn(move || drop(blocks)).join().unwrap();
    assert_eq!((now().live_bytes, now().live_blocks), (start.live_bytes, start.live_blocks));
}

fn a_new_peak_after_a_reset() {
    let start = now().live_bytes;
    let large = Block::new(10 << 20);
    drop(large);
    assert!(now().peak_bytes >= start + (10 << 20));
    let held = Block::new(1000);
    reset_peak();
    assert_eq!(now().peak_bytes, start + 1000);
    drop(held);
    assert_eq!(now().peak_bytes, start + 1000);
    let smaller = Block::new(900);
    assert_eq!(now().peak_bytes, start + 1000);
    let more = Block::new(101);
    assert_eq!(now().peak_bytes, start + 1001);
    drop((smaller, more));
    assert_eq!((now().peak_bytes, now().live_bytes), (start + 1001, start));
}

fn zeroed_memory_stays_lazy() {
    let before = process::resident().current.unwrap();
    let block = Block::zeroed(512 << 20);
    let after = process::resident().current.unwrap();
    assert!(after < before + (8 << 20), "{before} bytes, then {after}");
    // SAFETY: the block has 512 MiB.
    assert_eq!(unsafe { block.address.add(300 << 20).read() }, 0);
}

fn calls_are_forwarded_as_they_are() {
    thread_local!(static CALLS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) });
    struct Noting;
    fn note(call: String) {
        CALLS.with_borrow_mut(|calls| calls.push(call));
    }
    // SAFETY: everything is done by the system's allocator.
    unsafe impl GlobalAlloc for Noting {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            note(format!("alloc {} {}", layout.size(), layout.align()));
            // SAFETY: passed on.
            unsafe { System.alloc(layout) }
        }
        unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
            note(format!("alloc_zeroed {} {}", layout.size(), layout.align()));
            // SAFETY: passed on.
            unsafe { System.alloc_zeroed(layout) }
        }
        unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
            note(format!("realloc {} {} to {new_size}", layout.size(), layout.align()));
            // SAFETY: passed on.
            unsafe { System.realloc(block, layout, new_size) }
        }
        unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
            note(format!("dealloc {} {}", layout.size(), layout.align()));
            // SAFETY: passed on.
            unsafe { System.dealloc(block, layout) }
        }
    }
    let inner = Counting::new(Noting);
    let layout = |size| Layout::from_size_align(size, 64).unwrap();
    // SAFETY: each block is given back once with the layout that it has.
    unsafe {
        let one = inner.alloc(layout(100));
        let two = inner.alloc_zeroed(layout(200));
        assert!((0..200).all(|at| two.add(at).read() == 0) && two.addr() % 64 == 0);
        one.write_bytes(7, 100);
        let one = inner.realloc(one, layout(100), 1000);
        assert!((0..100).all(|at| one.add(at).read() == 7));
        inner.dealloc(one, layout(1000));
        inner.dealloc(two, layout(200));
    }
    let expected = [
        "alloc 100 64",
        "alloc_zeroed 200 64",
        "realloc 100 64 to 1000",
        "dealloc 1000 64",
        "dealloc 200 64",
    ];
    assert_eq!(CALLS.take(), expected);
}

fn measured_work() {
    let work = || {
        let (kept, inner) = measure(|| {
            drop(Block::new(5000));
            Block::new(100)
        });
        assert_eq!(
            inner,
            Measured { allocations: 2, frees: 1, total_bytes: 5100, peak_bytes: 5000, live_bytes: 100 }
        );
        let more = Block::new(2000);
        drop(more);
        kept
    };
    let noise = std::thread::spawn(|| (0..1000).map(|size| Block::new(size).size()).sum::<u64>());
    let (kept, outer) = measure(work);
    assert_eq!(
        outer,
        Measured { allocations: 3, frees: 2, total_bytes: 7100, peak_bytes: 5000, live_bytes: 100 }
    );
    let ((), freeing) = measure(|| drop(kept));
    assert_eq!(freeing, Measured { frees: 1, live_bytes: -100, ..Measured::default() });
    assert!(noise.join().unwrap() > 0);
    // A panic ends the scope like its end does.
    let (_, outer) = measure(|| {
        let held = Block::new(3000);
        let panicked = std::panic::catch_unwind(|| {
            measure(|| {
                let _inner = Block::new(70_000);
                std::panic::resume_unwind(Box::new(()));
            })
        });
        assert!(panicked.is_err());
        drop(held);
    });
    assert!(outer.peak_bytes >= 73_000, "{outer:?}");
}

fn threads_are_told_apart() {
    let (block, number) = std::thread::spawn(|| {
        let current = || threads().into_iter().find(|thread| thread.current).unwrap();
        let before = current();
        drop(Block::new(100_000));
        let block = Block::new(1000);
        let after = current();
        assert_eq!(after.thread, before.thread);
        // The list itself was live when it was read.
        assert!(after.peak_bytes >= before.live_bytes + 90_000);
        assert!(after.allocations - before.allocations >= 2 && after.live_bytes == before.live_bytes + 1000);
        (block, before.thread)
    })
    .join()
    .unwrap();
    assert!(threads().iter().all(|thread| thread.thread != number), "it has ended");
    let freed_here = std::thread::spawn(move || {
        let before = threads().into_iter().find(|thread| thread.current).unwrap().live_bytes;
        drop(block);
        threads().into_iter().find(|thread| thread.current).unwrap().live_bytes - before
    });
    assert_eq!(freed_here.join().unwrap(), -1000);
}

/// A thousand threads, one after the other: their counts stay, and their slots go to those that follow.
fn ended_threads_leave_their_counts() {
    let before = now();
    for _ in 0..1000 {
        std::thread::spawn(|| drop(Block::new(100_000))).join().unwrap();
    }
    let seen = Model::seen(&before, &now());
    assert_eq!((seen.live_bytes, seen.live_blocks), (0, 0));
    assert!(seen.total_bytes >= 100_000_000, "{seen:?}");
    assert!(threads().len() <= 3, "{:?}", threads());
}
