//! The system's allocator, asked for sizes in larger steps.
#![allow(
    unsafe_code,
    reason = "GlobalAlloc is an unsafe trait; every method only forwards to the system's allocator"
)]

use std::alloc::{GlobalAlloc, Layout, System};

/// The system's allocator, of which the blocks that it really gives differ by 32 bytes at the least, where glibc's own step is
/// 16.
///
/// Of a free block that is 16 bytes larger than what is asked for, glibc gives all, since the rest would be too small to be a
/// block, and keeps it with those of its own size once it is freed. So a thread that goes on asking for the smaller size
/// never has one at hand and takes the lock that all threads share, each time: a million times a second were seen where
/// [`keep_little`](crate::process::keep_little) has all threads share one heap. With this step no rest is too small.
#[derive(Debug, Clone, Copy, Default)]
pub struct Stepped;

/// Bytes by which the sizes of blocks differ.
const STEP: usize = 32;
/// Bytes of a block that are the allocator's.
const HEADER: usize = 8;

/// The size that is asked for instead.
#[inline(always)]
fn stepped(size: usize) -> usize {
    match size.checked_add(HEADER + STEP - 1) {
        Some(block) => (block & !(STEP - 1)) - HEADER,
        None => size,
    }
}

/// The layout that is asked for instead: blocks that are aligned otherwise than by default are left as they are.
#[inline(always)]
fn stepped_layout(layout: Layout) -> Layout {
    match Layout::from_size_align(stepped(layout.size()), layout.align()) {
        Ok(larger) if layout.align() <= 2 * HEADER => larger,
        _ => layout,
    }
}

// SAFETY: the system's allocator is asked for at least as many bytes as the caller wants, with the same alignment. The layout
// that it is given is a function of the caller's, so that a block goes back with the layout with which it came.
unsafe impl GlobalAlloc for Stepped {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the size is not zero, as the caller's is not.
        unsafe { System.alloc(stepped_layout(layout)) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the size is not zero, as the caller's is not.
        unsafe { System.alloc_zeroed(stepped_layout(layout)) }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the block came from the system's allocator with this layout.
        unsafe { System.dealloc(block, stepped_layout(layout)) };
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let new = match Layout::from_size_align(new_size, layout.align()) {
            Ok(new) => stepped_layout(new).size(),
            Err(_) => new_size,
        };
        // SAFETY: the block came from the system's allocator with this layout, and the new size is not zero and fits the
        // alignment as the caller's does.
        unsafe { System.realloc(block, stepped_layout(layout), new) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_go_by_steps() {
        for size in [1, 23, 24, 25, 56, 57, 1 << 20] {
            let stepped = stepped(size);
            assert!(
                stepped >= size && stepped < size + STEP && (stepped + HEADER).is_multiple_of(STEP),
                "{size}"
            );
        }
        assert_eq!(stepped(usize::MAX), usize::MAX);
        let most = Layout::from_size_align(isize::MAX as usize - 7, 8).unwrap();
        assert_eq!(stepped_layout(most), most);
    }

    #[test]
    fn blocks_keep_what_is_in_them() {
        for align in [1, 16, 64] {
            let layout = Layout::from_size_align(100, align).unwrap();
            // SAFETY: the sizes are not zero, the block is written and read within its size, and goes back with its layout.
            unsafe {
                let block = Stepped.alloc(layout);
                assert!(!block.is_null() && block.addr().is_multiple_of(align));
                block.write_bytes(7, 100);
                let block = Stepped.realloc(block, layout, 1000);
                assert!(std::slice::from_raw_parts(block, 100).iter().all(|byte| *byte == 7));
                Stepped.dealloc(block, Layout::from_size_align(1000, align).unwrap());
                let zeros = Stepped.alloc_zeroed(layout);
                assert!(std::slice::from_raw_parts(zeros, 100).iter().all(|byte| *byte == 0));
                Stepped.dealloc(zeros, layout);
            }
        }
    }
}
