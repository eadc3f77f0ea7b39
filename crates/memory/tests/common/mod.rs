//! What the tests over the real allocator share: blocks by hand, random numbers, and a runner on one thread.
#![allow(unsafe_code, reason = "the tests call the allocator itself")]
#![allow(unreachable_pub, reason = "a module of each test program")]
#![allow(dead_code, reason = "each test program uses its part")]

use std::alloc::{Layout, alloc, alloc_zeroed, dealloc, realloc};
use std::hint::black_box;

use libtest_mimic::{Arguments, Trial};

/// A block of the global allocator. The compiler may leave out an allocation that nobody looks at: a black box looks.
#[derive(Debug)]
pub struct Block {
    pub address: *mut u8,
    pub layout: Layout,
}

// SAFETY: a block is owned by whoever holds it.
unsafe impl Send for Block {}

impl Block {
    #[inline(always)]
    pub fn new(size: usize) -> Self {
        let layout = Layout::from_size_align(size.max(1), 8).unwrap();
        // SAFETY: the layout has a size.
        let address = black_box(unsafe { alloc(layout) });
        assert!(!address.is_null());
        Block { address, layout }
    }

    #[inline(always)]
    pub fn zeroed(size: usize) -> Self {
        let layout = Layout::from_size_align(size.max(1), 16).unwrap();
        // SAFETY: the layout has a size.
        let address = black_box(unsafe { alloc_zeroed(layout) });
        assert!(!address.is_null());
        Block { address, layout }
    }

    #[inline(always)]
    pub fn resize(self, size: usize) -> Self {
        let (address, layout) = (self.address, self.layout);
        std::mem::forget(self);
        // SAFETY: the block came from this allocator with this layout; the size is not zero.
        let address = black_box(unsafe { realloc(address, layout, size.max(1)) });
        assert!(!address.is_null());
        Block { address, layout: Layout::from_size_align(size.max(1), layout.align()).unwrap() }
    }

    pub fn size(&self) -> u64 {
        self.layout.size() as u64
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: the block came from this allocator with this layout, and is not used again.
        unsafe { dealloc(self.address, self.layout) };
    }
}

/// splitmix64.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let value = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (value ^ (value >> 31)) % end
    }

    /// Sizes as programs ask for them: mostly small.
    pub fn size(&mut self) -> usize {
        let bits = self.below(17);
        1 + self.below(1 << bits) as usize
    }
}

/// Runs the tests one after the other on the main thread: nothing else allocates meanwhile.
pub fn run(tests: &[(&str, fn())]) {
    let mut arguments = Arguments::from_args();
    arguments.test_threads = Some(1);
    let trial = |(name, test): &(&str, fn())| {
        let test = *test;
        Trial::test(*name, move || {
            test();
            Ok(())
        })
    };
    libtest_mimic::run(&arguments, tests.iter().map(trial).collect()).exit();
}

/// Names tests by their functions.
#[macro_export]
macro_rules! tests {
    ($($name:ident),* $(,)?) => {
        fn main() {
            common::run(&[$((stringify!($name), $name as fn())),*]);
        }
    };
}
