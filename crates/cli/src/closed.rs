//! Whether the program was started without a standard output, as by `>&-`. Rust opens `/dev/null` in its place before `main`,
//! where a result would be lost in silence; so this looks earlier, and reads and writes nothing.
#![allow(unsafe_code)]

use std::sync::atomic::{AtomicBool, Ordering};

static STDOUT_IS_CLOSED: AtomicBool = AtomicBool::new(false);

// SAFETY: it runs before Rust's runtime is set up, and needs nothing of it: it makes one system call, which takes any
// descriptor and fails for one that is not open, and stores an atomic.
#[ctor::ctor(unsafe)]
fn look() {
    let is_closed = rustix::io::fcntl_getfd(rustix::stdio::stdout()).is_err();
    STDOUT_IS_CLOSED.store(is_closed, Ordering::Relaxed);
}

/// Whether the program has no standard output.
pub(crate) fn stdout_is_closed() -> bool {
    STDOUT_IS_CLOSED.load(Ordering::Relaxed)
}
