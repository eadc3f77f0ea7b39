//! Files without a name until they are whole, so that nothing is left of them however the process ends. Only Linux has
//! them, and not on every file system.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat, open};

use crate::interrupt::Unfinished;

/// A new file in a directory, with the permissions that the process's mask leaves; `None` where there are no such files.
pub(crate) fn create(directory: &Path) -> Option<File> {
    let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    let file = File::from(open(directory, flags, Mode::from_raw_mode(0o666)).ok()?);
    // Without this directory it could get no name.
    link_to(&file).symlink_metadata().is_ok().then_some(file)
}

/// Gives the file its name. One that has the name already is replaced at once, for which the file has a second name for a
/// moment.
///
/// # Errors
/// Those of the system.
pub(crate) fn give_name(file: &File, path: &Path) -> io::Result<()> {
    let own = link_to(file);
    let link = |name: &Path| -> io::Result<()> {
        Ok(linkat(CWD, own.as_path(), CWD, name, AtFlags::SYMLINK_FOLLOW)?)
    };
    match link(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        named => return named,
    }
    for number in 0.. {
        let name = path.with_file_name(format!(".plimsoll-{}-{number}", std::process::id()));
        match Unfinished::register(|| link(&name).map(|()| ((), name.clone()))) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
            Ok(((), _unfinished)) => {
                return std::fs::rename(&name, path).inspect_err(|_| {
                    // The name that could not be given is what is reported.
                    let _ = std::fs::remove_file(&name);
                });
            }
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// The link by which the system knows an open file.
fn link_to(file: &File) -> PathBuf {
    format!("/proc/self/fd/{}", file.as_raw_fd()).into()
}
