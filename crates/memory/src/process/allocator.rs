//! The C library's allocator.

/// Has allocations of at least so many bytes come from the system, and go back to it when they are freed. As it is, glibc
/// keeps what is freed, and the more of it the larger what was freed before; under a memory limit that is memory which
/// counts and which nobody has. Does nothing with other allocators and C libraries.
pub fn return_freed(bytes: usize) {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        let bytes = i32::try_from(bytes).unwrap_or(i32::MAX);
        #[allow(unsafe_code, reason = "mallopt has no safe wrapper")]
        // SAFETY: mallopt takes two numbers; it only changes which way later allocations go.
        let _ = unsafe { libc::mallopt(libc::M_MMAP_THRESHOLD, bytes) };
    }
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    let _ = bytes;
}
