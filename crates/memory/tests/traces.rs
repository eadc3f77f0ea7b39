//! Traces of allocations against models, with the allocator in place.
#![allow(unsafe_code, reason = "the tests call the allocator itself")]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a failed expectation in a test is the message")]

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};

use plimsoll_memory::trace::{
    self, Amount, GroupBy, Measure, Mode, Options, Snapshot, TraceError, Traces, get_traced_memory, start,
    start_with, stop, take_snapshot,
};
use plimsoll_memory::{Counting, Tag, adopt, tagged};

mod common;
use common::{Block, Random};

#[global_allocator]
static ALLOCATOR: Counting = Counting::system();

tests!(
    misuse_is_an_error,
    an_empty_region_holds_nothing,
    snapshots_leave_nothing,
    sums_are_the_model,
    what_was_live_at_the_peak,
    temporary_allocations,
    several_threads,
    a_million_blocks_freed_by_another_thread,
    tags_follow_the_allocating_scope,
    live_and_peak_bytes_of_each_tag,
    a_block_is_of_who_adopts_it,
    sessions_do_not_mix,
    sessions_come_and_go_while_threads_allocate,
    both_ways_to_take_a_stack_agree,
    no_frames_tell_tags_alone,
    a_thousand_samples_are_unbiased,
    a_sample_is_told_beside_the_exact_total,
    the_tracer_tells_what_it_costs,
    a_new_peak_after_a_reset,
);

const EXACT: Mode = Mode::Exact;

/// Without it the eight sites would be one function in a release.
#[inline(always)]
fn told_apart<const SITE: usize>(block: Block) -> Block {
    std::hint::black_box(SITE);
    block
}

/// Of the body of `site_0`.
const FIRST_LINE: u32 = line!() + 4;

#[inline(never)]
fn site_0(size: usize) -> Block {
    told_apart::<0>(Block::new(size))
}

#[inline(never)]
fn site_1(size: usize) -> Block {
    told_apart::<1>(Block::new(size))
}

#[inline(never)]
fn site_2(size: usize) -> Block {
    told_apart::<2>(Block::new(size))
}

#[inline(never)]
fn site_3(size: usize) -> Block {
    told_apart::<3>(Block::new(size))
}

#[inline(never)]
fn site_4(size: usize) -> Block {
    told_apart::<4>(Block::new(size))
}

#[inline(never)]
fn site_5(size: usize) -> Block {
    told_apart::<5>(Block::new(size))
}

#[inline(never)]
fn site_6(size: usize) -> Block {
    told_apart::<6>(Block::new(size))
}

#[inline(never)]
fn site_7(size: usize) -> Block {
    told_apart::<7>(Block::new(size))
}

type Allocate = fn(usize) -> Block;

/// Eight lines that allocate, to tell sites apart.
const SITES: [(Allocate, u32); 8] = [
    (site_0, FIRST_LINE),
    (site_1, FIRST_LINE + 5),
    (site_2, FIRST_LINE + 10),
    (site_3, FIRST_LINE + 15),
    (site_4, FIRST_LINE + 20),
    (site_5, FIRST_LINE + 25),
    (site_6, FIRST_LINE + 30),
    (site_7, FIRST_LINE + 35),
];

/// Live bytes by line of this file, and of all else together under 0.
fn by_line(traces: &Traces, of: Measure) -> BTreeMap<u32, Amount> {
    let mut lines: BTreeMap<u32, Amount> = BTreeMap::new();
    for one in &traces.traces {
        // `Block::new` is inlined or not: the line is that of the site's function.
        let frames = one.stack.iter().map(|frame| &traces.frames[*frame as usize]);
        let here = frames.filter(|frame| frame.file.ends_with("tests/traces.rs"));
        let line = here.map(|frame| frame.line).find(|line| SITES.iter().any(|site| site.1 == *line));
        let amount = match of {
            Measure::Live => one.live,
            Measure::AtPeak => one.at_peak,
            Measure::Total => one.total,
            Measure::Temporary => one.temporary,
        };
        let sum = lines.entry(line.unwrap_or(0)).or_default();
        *sum = sum.plus(amount);
    }
    lines.retain(|_, amount| *amount != Amount::default());
    lines
}

fn sums_agree(traces: &Traces) {
    let live = traces.live();
    for by in [GroupBy::Line, GroupBy::File, GroupBy::Function, GroupBy::Traceback, GroupBy::Tag] {
        let statistics = traces.statistics(by, Measure::Live, false);
        let sum = statistics.iter().fold(Amount::default(), |sum, one| sum.plus(one.amount));
        assert_eq!(sum, live, "{by:?}");
    }
}

fn ended() -> Snapshot {
    let traced = get_traced_memory();
    let last = stop().unwrap();
    sums_agree(&last);
    assert_eq!(last.live().bytes, traced.current);
    assert_eq!(last.peak_bytes, traced.peak);
    last
}

fn misuse_is_an_error() {
    assert!(matches!(stop(), Err(TraceError::NotStarted)));
    assert!(matches!(take_snapshot(), Err(TraceError::NotStarted)));
    assert!(matches!(start(1000, EXACT), Err(TraceError::TooManyFrames { asked: 1000, most: 112 })));
    assert!(matches!(start(8, Mode::Sampled { interval: 0 }), Err(TraceError::NoInterval)));
    assert!(!trace::is_tracing());
    start(8, EXACT).unwrap();
    let block = Block::new(100);
    assert!(matches!(start(8, EXACT), Err(TraceError::AlreadyStarted)));
    let last = ended();
    assert_eq!(last.live(), Amount { bytes: 100, count: 1 }, "the first session went on");
    drop(block);
    assert_eq!(get_traced_memory().current, 0);
}

fn an_empty_region_holds_nothing() {
    let before = Block::new(1000);
    for mode in [EXACT, Mode::Sampled { interval: 1 }] {
        start(8, mode).unwrap();
        let last = ended();
        assert_eq!((last.traces.len(), last.live()), (0, Amount::default()));
    }
    // What was allocated before is not seen when it is freed.
    start(8, EXACT).unwrap();
    drop(before);
    assert_eq!(ended().traces.len(), 0);
}

fn snapshots_leave_nothing() {
    start(8, EXACT).unwrap();
    let one = take_snapshot().unwrap();
    assert_eq!(one.traces.len(), 0);
    let block = Block::new(10);
    let two = take_snapshot().unwrap();
    assert_eq!((two.traces.len(), two.live()), (1, Amount { bytes: 10, count: 1 }));
    drop((one, two, block));
    let last = ended();
    assert_eq!((last.live(), last.traces.len()), (Amount::default(), 1));
    assert_eq!(last.traces[0].total, Amount { bytes: 10, count: 1 });
}

/// What a model knows of each line.
#[derive(Debug, Default, Clone)]
struct Model {
    live: BTreeMap<u32, Amount>,
    total: BTreeMap<u32, Amount>,
    temporary: BTreeMap<u32, Amount>,
    at_peak: BTreeMap<u32, Amount>,
    bytes: u64,
    peak: u64,
    /// The block that was allocated last and not followed by another.
    last: Option<usize>,
}

impl Model {
    fn change(&mut self, line: u32, size: u64, up: bool) {
        let live = self.live.entry(line).or_default();
        if up {
            *live = live.plus(Amount { bytes: size, count: 1 });
            let total = self.total.entry(line).or_default();
            *total = total.plus(Amount { bytes: size, count: 1 });
            self.bytes += size;
        } else {
            *live = Amount { bytes: live.bytes - size, count: live.count - 1 };
            self.bytes -= size;
        }
        self.live.retain(|_, amount| *amount != Amount::default());
        if self.bytes > self.peak {
            self.peak = self.bytes;
            self.at_peak = self.live.clone();
        }
    }
}

/// A random script over the eight sites, followed by a model.
fn script(seed: u64, steps: usize) -> (Model, Vec<(usize, Block)>) {
    let mut random = Random(seed);
    let mut model = Model::default();
    let mut held: Vec<(usize, Block)> = Vec::with_capacity(200);
    for _ in 0..steps {
        let choice = random.below(10);
        if held.is_empty() || (choice < 5 && held.len() < held.capacity()) {
            let site = random.below(8) as usize;
            let block = SITES[site].0(random.size());
            model.change(SITES[site].1, block.size(), true);
            model.last = Some(block.address.addr());
            held.push((site, block));
        } else {
            let last = held.len() - 1;
            let index = if choice == 5 { last } else { random.below(held.len() as u64) as usize };
            let (site, block) = held.swap_remove(index);
            model.change(SITES[site].1, block.size(), false);
            if model.last == Some(block.address.addr()) {
                let temporary = model.temporary.entry(SITES[site].1).or_default();
                *temporary = temporary.plus(Amount { bytes: block.size(), count: 1 });
                model.last = None;
            }
            drop(block);
        }
    }
    (model, held)
}

/// Runs a script in a session of its own, without the allocations of the script's bookkeeping, which are all under 0.
fn traced_script(seed: u64, steps: usize) -> (Model, Snapshot) {
    start(12, EXACT).unwrap();
    let (model, held) = script(seed, steps);
    let last = stop().unwrap();
    sums_agree(&last);
    drop(held);
    (model, last)
}

fn without_bookkeeping(mut lines: BTreeMap<u32, Amount>) -> BTreeMap<u32, Amount> {
    lines.remove(&0);
    lines
}

fn sums_are_the_model() {
    for seed in 0..20 {
        let (model, last) = traced_script(seed, 2000);
        assert_eq!(without_bookkeeping(by_line(&last, Measure::Live)), model.live, "seed {seed}");
        assert_eq!(without_bookkeeping(by_line(&last, Measure::Total)), model.total, "seed {seed}");
    }
}

/// The bookkeeping's own blocks move the peak of the whole, so the script runs in a session that starts when it is done
/// with allocating for itself.
fn what_was_live_at_the_peak() {
    for seed in 0..200 {
        let mut random = Random(seed);
        let steps: Vec<(u64, usize, usize)> =
            (0..300).map(|_| (random.below(10), random.below(8) as usize, random.size())).collect();
        let mut held: Vec<Option<(usize, Block)>> = Vec::with_capacity(300);
        start(12, EXACT).unwrap();
        for (choice, site, size) in &steps {
            if *choice < 6 {
                held.push(Some((*site, SITES[*site].0(*size))));
            } else if let Some(one) = held.get_mut(size % 300).filter(|one| one.is_some()) {
                *one = None;
            }
        }
        let traced = get_traced_memory();
        let last = stop().unwrap();
        drop(held);
        // The same steps once more, by the model.
        let mut model = Model::default();
        let mut modelled: Vec<Option<(u32, u64)>> = Vec::new();
        for (choice, site, size) in &steps {
            if *choice < 6 {
                model.change(SITES[*site].1, *size as u64, true);
                modelled.push(Some((SITES[*site].1, *size as u64)));
            } else if let Some((line, size)) = modelled.get_mut(size % 300).and_then(Option::take) {
                model.change(line, size, false);
            }
        }
        assert_eq!((traced.current, traced.peak), (model.bytes, model.peak), "seed {seed}");
        assert_eq!(by_line(&last, Measure::AtPeak), model.at_peak, "seed {seed}");
        assert_eq!(by_line(&last, Measure::Live), model.live, "seed {seed}");
    }
}

fn temporary_allocations() {
    start(12, EXACT).unwrap();
    for size in 1..=10 {
        drop(SITES[0].0(size));
    }
    let kept = SITES[1].0(100);
    let other = SITES[2].0(200);
    drop(kept);
    drop(other);
    // Growing is no temporary allocation, and freed by another thread it is none either.
    drop(SITES[3].0(10).resize(100_000).resize(1_000_000));
    let moved = SITES[4].0(10);
    std::thread::spawn(move || drop(moved)).join().unwrap();
    let last = ended();
    let temporary = without_bookkeeping(by_line(&last, Measure::Temporary));
    assert_eq!(temporary.get(&SITES[0].1), Some(&Amount { bytes: 55, count: 10 }));
    // `other` was the last one, though `kept` was freed in between.
    assert_eq!(temporary.get(&SITES[2].1), Some(&Amount { bytes: 200, count: 1 }));
    assert_eq!(temporary.get(&SITES[1].1), None);
    assert_eq!(temporary.get(&SITES[4].1), None);
    for seed in 0..10 {
        let (model, last) = traced_script(seed, 2000);
        let temporary = without_bookkeeping(by_line(&last, Measure::Temporary));
        // The model's own maps allocate between the script's steps, so it knows an upper bound only.
        for (line, amount) in &temporary {
            assert!(amount.count <= model.temporary[line].count, "seed {seed}");
        }
    }
}

fn several_threads() {
    for seed in 0..5 {
        start(8, EXACT).unwrap();
        let handles: Vec<_> =
            (0..4).map(|thread| std::thread::spawn(move || script(seed * 4 + thread, 3000))).collect();
        // Snapshots while threads allocate: each is consistent in itself.
        for _ in 0..20 {
            sums_agree(&take_snapshot().unwrap());
        }
        let (models, held): (Vec<Model>, Vec<_>) =
            handles.into_iter().map(|handle| handle.join().unwrap()).unzip();
        let last = take_snapshot().unwrap();
        let mut live: BTreeMap<u32, Amount> = BTreeMap::new();
        for (line, amount) in models.iter().flat_map(|model| &model.live) {
            let sum = live.entry(*line).or_default();
            *sum = sum.plus(*amount);
        }
        assert_eq!(without_bookkeeping(by_line(&last, Measure::Live)), live);
        drop((held, models, live));
        let last = stop().unwrap();
        assert_eq!(without_bookkeeping(by_line(&last, Measure::Live)), BTreeMap::new());
    }
}

fn a_million_blocks_freed_by_another_thread() {
    start(4, EXACT).unwrap();
    let (sender, receiver) = std::sync::mpsc::sync_channel::<Block>(1000);
    let freeing = std::thread::spawn(move || receiver.iter().map(|block| block.size()).sum::<u64>());
    for _ in 0..1_000_000 {
        sender.send(SITES[0].0(48)).unwrap();
    }
    drop(sender);
    assert_eq!(freeing.join().unwrap(), 48_000_000);
    let last = ended();
    assert_eq!(by_line(&last, Measure::Live).get(&SITES[0].1), None);
    assert_eq!(by_line(&last, Measure::Total)[&SITES[0].1], Amount { bytes: 48_000_000, count: 1_000_000 });
    // What is left is this thread's side of channels, which the standard library keeps.
    assert!(last.live().bytes < 1000);
}

fn tags_follow_the_allocating_scope() {
    static OUTER: Tag = Tag::new("outer");
    static INNER: Tag = Tag::new("inner");
    start(8, EXACT).unwrap();
    let mut blocks = Vec::with_capacity(10);
    {
        let _outer = OUTER.enter();
        blocks.push(Block::new(1000));
        {
            let _inner = INNER.enter();
            blocks.push(Block::new(200));
        }
        blocks.push(Block::new(30));
    }
    blocks.push(Block::new(4));
    let tags = |traces: &Traces| -> HashMap<String, u64> {
        let mut sums = HashMap::new();
        for one in &traces.traces {
            *sums.entry(traces.tags[one.tag as usize].clone()).or_default() += one.live.bytes;
        }
        sums
    };
    let list = blocks.capacity() as u64 * size_of::<Block>() as u64;
    let snapshot = take_snapshot().unwrap();
    let expected: HashMap<String, u64> =
        [(String::new(), 4 + list), ("outer".to_owned(), 1030), ("inner".to_owned(), 200)].into();
    assert_eq!(tags(&snapshot), expected);
    drop((snapshot, expected));
    let _other = INNER.enter();
    std::thread::spawn(move || drop(blocks)).join().unwrap();
    let last = ended();
    assert_eq!(last.live(), Amount::default());
}

fn live_and_peak_bytes_of_each_tag() {
    static FIRST: Tag = Tag::new("bytes of the first");
    static SECOND: Tag = Tag::new("bytes of the second");
    let bytes = |tag: &Tag| {
        let all = tagged().into_iter().find(|tagged| tagged.name == tag.name()).unwrap();
        all.bytes.map(|bytes| (bytes.live, bytes.peak))
    };
    // With stacks the sites of one tag are many.
    for frames in [0, 8] {
        start(frames, EXACT).unwrap();
        let first = FIRST.enter();
        let kept = Block::new(100);
        drop((site_0(3000), site_1(2000)));
        let mut grown = Vec::<u8>::with_capacity(400);
        {
            let _second = SECOND.enter();
            // It is the allocating scope's from here on.
            grown.reserve_exact(700);
        }
        drop(first);
        assert_eq!(bytes(&FIRST), Some((100, 5100)));
        assert_eq!(bytes(&SECOND), Some((700, 700)));
        std::thread::spawn(move || drop((kept, grown))).join().unwrap();
        assert_eq!((bytes(&FIRST), bytes(&SECOND)), (Some((0, 5100)), Some((0, 700))));
        stop().unwrap();
        assert_eq!(bytes(&FIRST), None);
    }
}

fn a_block_is_of_who_adopts_it() {
    static GIVER: Tag = Tag::new("giver");
    static HOLDER: Tag = Tag::new("holder");
    let live = || {
        let of = |tag: &Tag| tagged().into_iter().find(|tagged| tagged.name == tag.name());
        [&GIVER, &HOLDER].map(|tag| of(tag).and_then(|tagged| tagged.bytes).map(|bytes| bytes.live))
    };
    for (frames, expected) in [(0, [Some(0), Some(500)]), (8, [Some(500), Some(0)])] {
        start(frames, EXACT).unwrap();
        let block = {
            let _giver = GIVER.enter();
            vec![1_u8; 500].into_boxed_slice()
        };
        let holder = HOLDER.enter();
        // Twice is as once, and what no block is is nobody's.
        for _ in 0..2 {
            adopt(block.as_ptr().addr(), block.len());
            adopt(block.as_ptr().addr() + 64, 100);
        }
        assert_eq!(live(), expected, "{frames}");
        drop(holder);
        drop(block);
        assert_eq!(live(), [Some(0); 2]);
        stop().unwrap();
    }
}

fn sessions_do_not_mix() {
    start(8, EXACT).unwrap();
    let old: Vec<Block> = (0..100).map(|_| Block::new(100)).collect();
    assert!(ended().live().bytes >= 10_000);
    // Unseen.
    drop(Block::new(1 << 20));
    for _ in 0..5000 {
        start(0, EXACT).unwrap();
        assert_eq!(stop().unwrap().live(), Amount::default());
    }
    start(8, EXACT).unwrap();
    let new = Block::new(7);
    drop(old);
    let last = ended();
    assert_eq!(last.live(), Amount { bytes: 7, count: 1 });
    assert_eq!(last.peak_bytes, 7);
    drop(new);
}

/// Whatever a thread does while a session ends and the next begins, the next one balances: what was allocated in it and
/// freed is gone, and what came from before was never in it.
fn sessions_come_and_go_while_threads_allocate() {
    static RUNNING: AtomicBool = AtomicBool::new(true);
    let work = |seed| {
        move || {
            let mut random = Random(seed);
            let mut held: Vec<Block> = Vec::with_capacity(100);
            while RUNNING.load(Ordering::Relaxed) {
                match random.below(3) {
                    0 if held.len() < held.capacity() => held.push(Block::new(random.size())),
                    1 if !held.is_empty() => {
                        let at = random.below(held.len() as u64) as usize;
                        let block = held.swap_remove(at);
                        held.push(block.resize(random.size()));
                    }
                    _ => drop(held.pop()),
                }
            }
        }
    };
    let threads: Vec<_> = (0..2).map(|seed| std::thread::spawn(work(seed))).collect();
    for round in 0..100 {
        let mode = if round % 2 == 0 { EXACT } else { Mode::Sampled { interval: 1000 } };
        start(4, mode).unwrap();
        std::thread::sleep(std::time::Duration::from_micros(200));
        let last = stop().unwrap();
        sums_agree(&last);
        // Of a counter that has fallen below zero, the rest is far above what the threads can hold.
        assert!(last.live().bytes < 100 << 20, "round {round}: {:?}", last.live());
    }
    start(4, EXACT).unwrap();
    RUNNING.store(false, Ordering::Relaxed);
    let ended: Vec<bool> = threads.into_iter().map(|thread| thread.join().is_ok()).collect();
    assert_eq!(ended, [true; 2]);
    drop(ended);
    assert_eq!(get_traced_memory().current, 0);
    assert_eq!(stop().unwrap().live(), Amount::default());
}

fn both_ways_to_take_a_stack_agree() {
    let stacks = |frame_pointers: bool| {
        start_with(Options { frames: 6, frame_pointers, ..Options::default() }).unwrap();
        assert_eq!(trace::uses_frame_pointers(), frame_pointers);
        let block = SITES[5].0(100);
        let last = ended();
        drop(block);
        assert_eq!(last.traces.len(), 1);
        let stack = &last.traces[0].stack;
        stack.iter().map(|frame| last.frames[*frame as usize].clone()).collect::<Vec<_>>()
    };
    let (walked, unwound) = (stacks(true), stacks(false));
    // They come from two lines of this function's.
    let same =
        |one: &trace::Frame, other: &trace::Frame| one.file == other.file && one.function == other.function;
    assert!(walked.len() >= 6, "{walked:#?}");
    assert!(walked.iter().zip(&unwound).all(|(one, other)| same(one, other)), "{walked:#?}\n{unwound:#?}");
    assert_eq!(walked.len(), unwound.len());
    assert!(walked.iter().any(|frame| frame.line == SITES[5].1), "{walked:#?}");
}

fn no_frames_tell_tags_alone() {
    static TAG: Tag = Tag::new("tags alone");
    start(0, EXACT).unwrap();
    let one = Block::new(5);
    let tag = TAG.enter();
    let two = (Block::new(6), Block::new(7));
    drop(tag);
    let last = ended();
    drop((one, two));
    assert_eq!(last.traces.len(), 2);
    assert!(last.traces.iter().all(|one| one.stack.is_empty()));
    let bytes: Vec<u64> = last.traces.iter().map(|one| one.live.bytes).collect();
    assert_eq!(bytes, [5, 13]);
}

/// Blocks of 100 MiB in all, of very different sizes. Each size's bytes are estimated as a sum of independent variables of
/// mean `s` and variance `s² (1 - p) / p`, `p = 1 - exp(-s / interval)`.
fn a_thousand_samples_are_unbiased() {
    const INTERVAL: u64 = 64 << 10;
    const SEEDS: u64 = 1000;
    let sizes: Vec<usize> = {
        let mut random = Random(42);
        let mut left = 100_usize << 20;
        std::iter::from_fn(|| {
            let bits = 9 + random.below(10);
            let size = (1 + random.below(1 << bits) as usize).min(left);
            left -= size;
            (size > 0).then_some(size)
        })
        .collect()
    };
    let variance = |size: usize| {
        let size = size as f64;
        let hit = 1.0 - (-size / INTERVAL as f64).exp();
        size * size * (1.0 - hit) / hit
    };
    let error = sizes.iter().map(|size| variance(*size)).sum::<f64>().sqrt();
    let exact = (100 << 20) as f64;
    let mut blocks: Vec<Block> = Vec::with_capacity(sizes.len());
    let mut sum = 0.0;
    let mut inside = 0;
    for seed in 0..SEEDS {
        start_with(Options {
            frames: 0,
            mode: Mode::Sampled { interval: INTERVAL },
            seed,
            ..Options::default()
        })
        .unwrap();
        blocks.extend(sizes.iter().map(|size| Block::new(*size)));
        let estimate = get_traced_memory().current as f64;
        blocks.clear();
        assert_eq!(get_traced_memory().current, 0, "every sample is taken away again");
        assert_eq!(stop().unwrap().live(), Amount::default());
        sum += estimate;
        inside += u64::from((estimate - exact).abs() <= 3.0 * error);
    }
    let mean = sum / SEEDS as f64;
    println!(
        "{SEEDS} seeds of {} blocks: standard error {:.0} KiB, {inside} inside three, mean off by {:.1} KiB",
        sizes.len(),
        error / 1024.0,
        (mean - exact) / 1024.0
    );
    assert!(inside >= 990, "{inside} inside three standard errors");
    assert!((mean - exact).abs() <= 3.0 * error / (SEEDS as f64).sqrt(), "the mean is {mean}");
}

fn a_sample_is_told_beside_the_exact_total() {
    start(8, Mode::Sampled { interval: 1000 }).unwrap();
    let blocks: Vec<Block> = (0..1000).map(|_| SITES[6].0(1000)).collect();
    let last = take_snapshot().unwrap();
    let list = (blocks.capacity() * size_of::<Block>()) as u64;
    assert_eq!(last.counted, Amount { bytes: 1_000_000 + list, count: 1001 });
    assert_eq!(last.mode, Mode::Sampled { interval: 1000 });
    let lines = by_line(&last, Measure::Live);
    let estimate = lines[&SITES[6].1];
    // Three standard errors of a thousand blocks of one interval each, some 72 KB.
    assert!(estimate.bytes.abs_diff(1_000_000) < 80_000, "{estimate:?}");
    assert!(estimate.count.abs_diff(1000) < 80, "{estimate:?}");
    drop(blocks);
    stop().unwrap();
}

fn the_tracer_tells_what_it_costs() {
    start(8, EXACT).unwrap();
    let before = trace::overhead();
    let blocks: Vec<Block> = (0..100_000).map(|_| Block::new(64)).collect();
    let grown = trace::overhead() - before;
    // Half a byte for each byte of heap: 100,000 blocks in chunks of 80 bytes.
    assert!((2 << 20..8 << 20).contains(&grown), "{grown}");
    drop(blocks);
    let last = stop().unwrap();
    assert!(last.overhead_bytes >= grown);
    assert!(trace::overhead() + (2 << 20) < last.overhead_bytes, "the table is given back");
}

fn a_new_peak_after_a_reset() {
    start(8, EXACT).unwrap();
    let large = SITES[0].0(1 << 20);
    drop(large);
    let held = SITES[1].0(1000);
    trace::reset_peak();
    assert_eq!(get_traced_memory().peak, 1000);
    drop(held);
    let again = SITES[2].0(800);
    let traced = get_traced_memory();
    assert_eq!((traced.current, traced.peak), (800, 1000));
    let at_peak = by_line(&take_snapshot().unwrap(), Measure::AtPeak);
    assert_eq!(at_peak, BTreeMap::from([(SITES[1].1, Amount { bytes: 1000, count: 1 })]));
    drop(again);
    stop().unwrap();
}
