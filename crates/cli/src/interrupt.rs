//! What happens on Ctrl-C and on a request to terminate: files that are only half written go, then the process ends.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use plimsoll::{Error, Result};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::exit::INTERRUPTED;

/// Files, and directories of files, to remove when the process is told to end.
static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Starts to wait for the signals. Both end the process with [`INTERRUPTED`]: for a caller it is the same whether a user or
/// a supervisor has stopped the run.
///
/// # Errors
/// `Io` where the system refuses.
pub(crate) fn watch() -> Result<()> {
    let refused = |source| Error::io("signals", source);
    let mut signals = Signals::new([SIGINT, SIGTERM]).map_err(refused)?;
    let wait = move || {
        if signals.forever().next().is_some() {
            // The lock is held until the process has ended, so that no file is begun meanwhile.
            let unfinished = unfinished();
            for path in unfinished.iter() {
                // It may have become the finished file this very moment.
                let _ =
                    if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
            }
            std::process::exit(i32::from(INTERRUPTED));
        }
    };
    std::thread::Builder::new().name("signals".to_owned()).spawn(wait).map_err(refused)?;
    Ok(())
}

fn unfinished() -> MutexGuard<'static, Vec<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A file or a directory that goes when the process is told to end while this value lives.
#[derive(Debug)]
pub(crate) struct Unfinished(PathBuf);

impl Unfinished {
    /// Registers what `create` makes, which no signal can come between.
    pub(crate) fn register<F, E>(
        create: impl FnOnce() -> std::result::Result<(F, PathBuf), E>,
    ) -> std::result::Result<(F, Self), E> {
        let mut list = unfinished();
        let (file, path) = create()?;
        list.push(path.clone());
        Ok((file, Unfinished(path)))
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        unfinished().retain(|path| *path != self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_listed_while_they_are_unfinished() {
        let path = PathBuf::from("a name of no other test");
        let (_, guard) = Unfinished::register(|| Ok::<_, ()>(((), path.clone()))).unwrap();
        assert!(unfinished().contains(&path));
        drop(guard);
        assert!(!unfinished().contains(&path));
    }
}
