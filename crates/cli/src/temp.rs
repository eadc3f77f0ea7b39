//! The warning that temporary files would lie in memory, which they are there to spare.

use std::io::Write;
use std::path::PathBuf;

/// Says it once, or never.
#[derive(Debug)]
pub(crate) struct TempWarning {
    /// The directory, where it lies in memory and nobody was told yet.
    directory: Option<PathBuf>,
}

impl TempWarning {
    /// About this directory; nothing is to be said where there is none.
    pub(crate) fn about(directory: Option<PathBuf>) -> Self {
        TempWarning { directory }
    }

    /// Says it on standard error where `matters`, unless it was said before.
    pub(crate) fn say_if(&mut self, matters: bool) {
        if let Some(directory) = self.directory.take_if(|_| matters) {
            // Nothing is lost with a warning that nobody can read.
            let _ = writeln!(
                std::io::stderr(),
                "plimsoll: warning: temporary files go to {}, which lies in memory: what is written there takes memory \
                 that no limit counts\n  hint: name a directory on a disk with --temp-dir",
                directory.display()
            );
        }
    }
}
