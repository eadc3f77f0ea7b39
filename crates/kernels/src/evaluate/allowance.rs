//! How much evaluating expressions may make, for whoever has no room for what it could come to at most.

use std::cell::Cell;

use plimsoll_core::{ErrorKind, Result};

thread_local! {
    /// The most bytes that arrays may still have; `usize::MAX` where nothing bounds them.
    static LEFT: Cell<usize> = const { Cell::new(usize::MAX) };
    /// Whether they have more.
    static PASSED: Cell<bool> = const { Cell::new(false) };
}

/// Sets things back, also where evaluating panics.
struct Before(usize);

impl Drop for Before {
    fn drop(&mut self) {
        LEFT.set(self.0);
        PASSED.set(false);
    }
}

/// What `evaluate` gives; `None` where all arrays that are made on the way together have more than `bytes` bytes, of which no more
/// are made then than the last of them has.
///
/// # Errors
/// Those of `evaluate`.
pub fn evaluated_within<T>(bytes: usize, evaluate: impl FnOnce() -> Result<T>) -> Result<Option<T>> {
    let _before = Before(LEFT.replace(bytes));
    let given = evaluate();
    if passed() { Ok(None) } else { given.map(Some) }
}

/// Whether there was more. What has failed then has failed for no row.
pub(super) fn passed() -> bool {
    PASSED.get()
}

/// Bytes that a further array may have.
pub(super) fn left() -> usize {
    LEFT.get()
}

/// Checks the bytes of an array that is being made.
///
/// # Errors
/// One that nobody sees.
pub(super) fn check(bytes: usize) -> Result<()> {
    if bytes <= left() {
        return Ok(());
    }
    PASSED.set(true);
    let message = format!("an expression takes more than {} bytes", left());
    Err(ErrorKind::MemoryLimit { message, hint: "raise the memory limit".to_owned() }.into())
}

/// Takes the bytes of an array that was made; `bytes` is not asked where nothing bounds them.
///
/// # Errors
/// As [`check`].
pub(super) fn spend(bytes: impl FnOnce() -> usize) -> Result<()> {
    let left = left();
    if left == usize::MAX {
        return Ok(());
    }
    let bytes = bytes();
    check(bytes)?;
    LEFT.set(left - bytes);
    Ok(())
}
