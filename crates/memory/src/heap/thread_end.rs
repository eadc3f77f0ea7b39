//! Frees a thread's slot when the thread ends. A destructor of a Rust thread-local may not be used: registering it can
//! allocate, which the standard library forbids to a global allocator. POSIX keys can do it. Elsewhere an end cannot be
//! seen, and a slot stays with its thread's number.
#![allow(unsafe_code, reason = "the C library calls back with a pointer")]

use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};

use super::slot::{self, Slot};

/// The key and 1; 0 before it was made.
static KEY: AtomicU64 = AtomicU64::new(0);

pub(super) fn arm(slot: &'static Slot) {
    let Some(key) = key() else { return };
    // SAFETY: the key was made by `pthread_key_create`. A failure leaves the slot to this thread forever.
    unsafe { libc::pthread_setspecific(key, ptr::from_ref(slot).cast()) };
}

fn key() -> Option<libc::pthread_key_t> {
    let made = |value: u64| libc::pthread_key_t::try_from(value - 1).ok();
    let known = KEY.load(Ordering::Acquire);
    if known > 0 {
        return made(known);
    }
    let mut key: libc::pthread_key_t = 0;
    // SAFETY: `key` is writable, and `leave` keeps to what such a destructor may do.
    if unsafe { libc::pthread_key_create(&raw mut key, Some(leave)) } != 0 {
        return None;
    }
    match KEY.compare_exchange(0, u64::from(key) + 1, Ordering::AcqRel, Ordering::Acquire) {
        Ok(_) => Some(key),
        Err(other) => {
            // SAFETY: the key was made above, and nobody has seen it.
            unsafe { libc::pthread_key_delete(key) };
            made(other)
        }
    }
}

/// The system calls it at the end of a thread with what `arm` has set. If a later destructor allocates, the thread
/// gets a slot anew.
unsafe extern "C" fn leave(slot: *mut c_void) {
    // SAFETY: `arm` has set a slot, and slots are never freed.
    let slot = unsafe { &*slot.cast::<Slot>() };
    slot::leave(slot);
}
