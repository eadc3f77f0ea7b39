//! The C library's allocator.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// What [`keep_little`] was told; 0 before.
static KEPT: AtomicUsize = AtomicUsize::new(0);

/// Has allocations of at least so many bytes come from the system, and go back to it when they are freed, and all threads
/// share what is kept of smaller ones, in two arenas, so that two of them seldom wait for each other. As it is, glibc keeps
/// what is freed, for each thread apart, and the more of it the larger what was freed before; under a memory limit that is
/// memory which counts and which nobody has. Counts for threads that begin later. Does nothing with other allocators and C
/// libraries.
pub fn keep_little(bytes: usize) {
    KEPT.store(bytes, Relaxed);
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        let bytes = i32::try_from(bytes).unwrap_or(i32::MAX);
        #[allow(unsafe_code, reason = "mallopt has no safe wrapper")]
        // SAFETY: mallopt takes two numbers; it only changes which way later allocations go.
        unsafe {
            let _ = libc::mallopt(libc::M_MMAP_THRESHOLD, bytes);
            let _ = libc::mallopt(libc::M_ARENA_MAX, 2);
        }
    }
}

/// Gives back the pages of what is free between allocations, where that is more than a few times what [`keep_little`] was told;
/// without that it does nothing. Allocations of many sizes that come and go leave such holes, which count as resident. For
/// whoever has let go of much.
pub fn give_back() {
    const LITTLE: usize = 8;
    let most = KEPT.load(Relaxed).saturating_mul(LITTLE);
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    if most > 0 {
        #[allow(unsafe_code, reason = "the allocator's figures have no safe wrapper")]
        // SAFETY: mallinfo only reads figures.
        let free = unsafe { libc::mallinfo() }.fordblks;
        // Wraps from 2 GiB on, where no one counts on this.
        if usize::try_from(free).is_ok_and(|free| free > most) {
            trim();
        }
    }
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    let _ = most;
}

/// Gives back all pages of what is free between allocations.
pub(crate) fn trim() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        #[allow(unsafe_code, reason = "malloc_trim has no safe wrapper")]
        // SAFETY: malloc_trim only gives back pages that hold no allocation.
        unsafe {
            let _ = libc::malloc_trim(0);
        }
    }
}
