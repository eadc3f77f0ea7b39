//! How long texts may become while expressions are evaluated, for whoever has no room for what they could become at most.

use std::cell::Cell;

use plimsoll_core::{ErrorKind, Result};

thread_local! {
    /// The most bytes that the texts of one array may have.
    static MOST: Cell<usize> = const { Cell::new(usize::MAX) };
    /// Whether some had more.
    static PASSED: Cell<bool> = const { Cell::new(false) };
}

/// Sets things back, also where evaluating panics.
struct Before(usize);

impl Drop for Before {
    fn drop(&mut self) {
        MOST.set(self.0);
        PASSED.set(false);
    }
}

/// What `evaluate` gives; `None` where the texts of one of the arrays that are made on the way have more than `bytes` bytes.
///
/// # Errors
/// Those of `evaluate`.
pub fn with_texts_within<T>(bytes: usize, evaluate: impl FnOnce() -> Result<T>) -> Result<Option<T>> {
    let _before = Before(MOST.replace(bytes));
    let given = evaluate();
    if passed() { Ok(None) } else { given.map(Some) }
}

/// Whether texts were too long. What has failed then has failed for no row.
pub(super) fn passed() -> bool {
    PASSED.get()
}

/// Bytes that the texts of an array may have.
pub(super) fn most() -> usize {
    MOST.get()
}

/// Checks the length that the texts of an array have come to.
///
/// # Errors
/// One that nobody sees.
pub(super) fn check(bytes: usize) -> Result<()> {
    if bytes <= most() {
        return Ok(());
    }
    PASSED.set(true);
    let message = format!("texts have more than {} bytes", most());
    Err(ErrorKind::MemoryLimit { message, hint: "raise the memory limit".to_owned() }.into())
}
