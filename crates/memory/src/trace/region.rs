//! Address space for the side table: reserved at once, given pages by the system only where it is touched, and never
//! moved, so that reading it needs no lock. It comes from the system, not from the allocator that is being traced.
#![allow(unsafe_code, reason = "memory for the tracer cannot come from the allocator that it traces")]

use std::ptr::NonNull;

/// Asks for `bytes` of zeroes; `None` where the system has none.
#[cfg(all(unix, not(miri)))]
pub(super) fn reserve(bytes: usize) -> Option<NonNull<u8>> {
    use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous};

    #[cfg(target_os = "linux")]
    let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
    #[cfg(not(target_os = "linux"))]
    let flags = MapFlags::PRIVATE;
    // SAFETY: a new mapping at an address of the system's choice touches no memory that anyone has.
    let start =
        unsafe { mmap_anonymous(std::ptr::null_mut(), bytes, ProtFlags::READ | ProtFlags::WRITE, flags) };
    let start = start.ok()?;
    #[cfg(target_os = "linux")]
    {
        // Huge pages would make a few touched entries cost 2 MiB. Where the advice is not taken, that is all it costs.
        // SAFETY: the range is the mapping made above.
        let _ = unsafe { rustix::mm::madvise(start, bytes, rustix::mm::Advice::LinuxNoHugepage) };
    }
    NonNull::new(start.cast())
}

/// Elsewhere the system's allocator gives zeroes, for which most systems take pages only once they are touched.
#[cfg(any(not(unix), miri))]
pub(super) fn reserve(bytes: usize) -> Option<NonNull<u8>> {
    use std::alloc::{GlobalAlloc, Layout, System};

    let layout = Layout::from_size_align(bytes, 4096).ok().filter(|layout| layout.size() > 0)?;
    // SAFETY: the layout has a size.
    NonNull::new(unsafe { System.alloc_zeroed(layout) })
}

/// Makes the region zero again and gives its pages back.
///
/// # Safety
/// The region must be one that [`reserve`] gave with this size, and hold atomics or nothing.
pub(super) unsafe fn clear(region: NonNull<u8>, bytes: usize) {
    #[cfg(all(target_os = "linux", not(miri)))]
    {
        // SAFETY: the caller says that the range is a private anonymous mapping: its pages read as zero afterwards.
        let cleared =
            unsafe { rustix::mm::madvise(region.as_ptr().cast(), bytes, rustix::mm::Advice::LinuxDontNeed) };
        if cleared.is_ok() {
            return;
        }
    }
    // SAFETY: the caller says that the region has this size.
    unsafe { region.as_ptr().write_bytes(0, bytes) };
}

/// Bytes of the region that are resident, rounded to pages; all of it where the system does not tell.
pub(super) fn resident(region: NonNull<u8>, bytes: usize) -> u64 {
    #[cfg(all(target_os = "linux", not(miri)))]
    {
        const PAGES: usize = 4096;
        let page = rustix::param::page_size();
        let mut flags = [0_u8; PAGES];
        let mut resident = 0;
        for start in (0..bytes).step_by(PAGES * page) {
            let length = (bytes - start).min(PAGES * page);
            // SAFETY: the range lies in the region, and `flags` has a byte for each of its pages.
            let told = unsafe {
                libc::mincore(region.as_ptr().add(start).cast(), length, flags.as_mut_ptr().cast())
            };
            if told != 0 {
                return bytes as u64;
            }
            let pages = length.div_ceil(page);
            resident += flags[..pages].iter().filter(|flag| **flag & 1 == 1).count() * page;
        }
        resident as u64
    }
    #[cfg(not(all(target_os = "linux", not(miri))))]
    {
        let _ = region;
        bytes as u64
    }
}
