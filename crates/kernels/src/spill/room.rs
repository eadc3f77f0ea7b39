//! What the file system says about a directory: how much is free, and whether it lies in memory.

use std::fs::File;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Bytes after which it is looked again: others write to the file system, too.
const LOOK: u64 = 16 << 20;

/// What was free when it was looked last, less what was written since.
#[derive(Debug, Default)]
pub(super) struct Room(AtomicU64);

impl Room {
    /// Takes room for so many bytes, asking `free` how much there is where none is left of what was seen last.
    ///
    /// # Errors
    /// How much is free, where that is less.
    pub(super) fn take(&self, bytes: u64, free: impl FnOnce() -> Option<u64>) -> Result<(), u64> {
        let taken = self.0.fetch_update(Relaxed, Relaxed, |room| room.checked_sub(bytes));
        if taken.is_ok() {
            return Ok(());
        }
        match free() {
            Some(free) if free < bytes => Err(free),
            free => {
                let seen = free.map_or(LOOK, |free| free.min(LOOK));
                self.0.store(seen.saturating_sub(bytes), Relaxed);
                Ok(())
            }
        }
    }
}

/// Bytes that the file system of `file` has for this user; `None` where it does not say.
pub(super) fn free(file: &File) -> Option<u64> {
    let found = rustix::fs::fstatvfs(file).ok()?;
    // File systems that keep no count, such as some of FUSE, say 0 of 0.
    (found.f_blocks > 0).then(|| found.f_bavail.saturating_mul(found.f_frsize))
}

/// Whether files in `directory` lie in memory, as far as the system tells.
#[cfg(target_os = "linux")]
pub(super) fn is_in_memory(directory: &Path) -> bool {
    /// The magic numbers of tmpfs and ramfs.
    const IN_MEMORY: [u32; 2] = [0x0102_1994, 0x8584_58f6];
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "magic numbers have 32 bits")]
    rustix::fs::statfs(directory).is_ok_and(|found| IN_MEMORY.contains(&(found.f_type as u32)))
}

/// Whether files in `directory` lie in memory, as far as the system tells.
#[cfg(not(target_os = "linux"))]
pub(super) fn is_in_memory(_: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_looked_now_and_then() {
        let room = Room::default();
        let unlooked = || -> Option<u64> { unreachable!("it was looked not long ago") };
        assert_eq!(room.take(10, || Some(100)), Ok(()));
        assert_eq!(room.take(90, unlooked), Ok(()));
        assert_eq!(room.take(1, || Some(0)), Err(0));
        assert_eq!(room.take(11, || Some(10)), Err(10));
        assert_eq!(room.take(1, || Some(u64::MAX)), Ok(()));
        assert_eq!(room.take(LOOK - 1, unlooked), Ok(()));
        // A file system that does not say is taken to have room.
        assert_eq!(room.take(3 * LOOK, || None), Ok(()));
        assert_eq!(room.take(1, || Some(5)), Ok(()));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_file_system_is_asked() {
        let directory = tempfile::tempdir().unwrap();
        let free = free(&tempfile::tempfile_in(directory.path()).unwrap());
        assert!(free.is_some_and(|free| free > 0), "{free:?}");
        assert!(is_in_memory(Path::new("/dev/shm")));
        assert!(!is_in_memory(Path::new("/proc")));
        assert!(!is_in_memory(&directory.path().join("missing")));
    }
}
