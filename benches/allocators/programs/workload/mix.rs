//! Some thousand live blocks of the sizes that programs ask for, mostly small, from sixteen places: each step replaces one
//! of them, and one step in eight lets it grow.

use std::hint::black_box;

const LIVE: usize = 4096;

type Allocate = fn(usize) -> Vec<u8>;

/// The work of one thread.
pub(super) fn rounds(thread: u64) -> impl FnMut(usize) {
    // The choices are drawn beforehand: their cost is not the allocator's.
    let mut random = Random(thread + 1);
    let choices: Vec<Choice> = (0..1 << 16).map(|_| Choice::draw(&mut random)).collect();
    let mut blocks: Vec<Vec<u8>> = (0..LIVE).map(|_| Vec::new()).collect();
    move |operations| {
        for choice in choices.iter().cycle().take(operations) {
            let block = &mut blocks[choice.block];
            if choice.grows {
                let capacity = block.capacity();
                // The length is 0: this asks for a new capacity. Past a page it begins anew.
                if capacity > 4096 {
                    *block = SITES[0](16);
                } else {
                    block.reserve_exact((2 * capacity).max(16));
                }
            } else {
                *block = SITES[choice.site](choice.size);
            }
            black_box(block);
        }
    }
}

struct Choice {
    block: usize,
    site: usize,
    size: usize,
    grows: bool,
}

impl Choice {
    fn draw(random: &mut Random) -> Choice {
        let most = match random.below(100) {
            0..60 => 64,
            60..90 => 512,
            90..99 => 4096,
            _ => 65536,
        };
        Choice {
            block: random.below(LIVE),
            site: random.below(SITES.len()),
            size: 1 + random.below(most),
            grows: random.below(8) == 0,
        }
    }
}

#[inline(never)]
fn allocate<const SITE: usize>(size: usize) -> Vec<u8> {
    // Without it all would be one function to the compiler.
    black_box(SITE);
    Vec::with_capacity(size)
}

const SITES: [Allocate; 16] = [
    allocate::<0>,
    allocate::<1>,
    allocate::<2>,
    allocate::<3>,
    allocate::<4>,
    allocate::<5>,
    allocate::<6>,
    allocate::<7>,
    allocate::<8>,
    allocate::<9>,
    allocate::<10>,
    allocate::<11>,
    allocate::<12>,
    allocate::<13>,
    allocate::<14>,
    allocate::<15>,
];

/// xorshift64 (Marsaglia 2003).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 11) % end as u64) as usize
    }
}
