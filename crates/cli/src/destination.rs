//! Where a result goes: standard output, or a file that appears whole or not at all.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use plimsoll::{Error, ErrorKind, Result};
use tempfile::NamedTempFile;

use crate::closed::stdout_is_closed;
use crate::interrupt::Unfinished;
#[cfg(target_os = "linux")]
use crate::unnamed;

/// What errors call standard output.
const STDOUT: &str = "standard output";

/// An open destination. Dropped without [`Destination::commit`], it leaves a file's earlier content as it was.
#[derive(Debug)]
pub(crate) struct Destination {
    /// What errors call it.
    name: PathBuf,
    target: Target,
}

#[derive(Debug)]
enum Target {
    Stdout(io::Stdout),
    /// A pipe or a device, which cannot be replaced.
    Direct(File),
    /// A new file without a name.
    #[cfg(target_os = "linux")]
    Unnamed {
        file: File,
        /// The name that it will have, symbolic links followed.
        path: PathBuf,
    },
    /// A new file beside the one that it will replace.
    Beside {
        file: NamedTempFile,
        /// The file to replace, symbolic links followed.
        path: PathBuf,
        _unfinished: Unfinished,
    },
}

impl Destination {
    /// Opens the file, or standard output where there is none or it is `-`.
    ///
    /// # Errors
    /// `Io` that names the file.
    pub(crate) fn open(path: Option<&Path>) -> Result<Self> {
        match path {
            None => Self::stdout(),
            Some(path) if path == Path::new("-") => Self::stdout(),
            Some(path) => Self::file(path),
        }
    }

    fn stdout() -> Result<Self> {
        if stdout_is_closed() {
            return Err(ErrorKind::Io {
                path: STDOUT.into(),
                source: io::Error::other("it is closed"),
                hint: "write the result to a file: -o FILE".to_owned(),
            }
            .into());
        }
        Ok(Destination { name: STDOUT.into(), target: Target::Stdout(io::stdout()) })
    }

    /// Opens the file. A file of its own is made in the same directory, without a name where the system has such, with the permissions of the one that it will
    /// replace.
    ///
    /// # Errors
    /// `Io` that names the file.
    pub(crate) fn file(path: &Path) -> Result<Self> {
        let open = || {
            let earlier = match path.metadata() {
                Ok(metadata) => Some(metadata),
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                Err(error) => return Err(error),
            };
            match earlier {
                Some(earlier) if earlier.is_file() => {
                    let target = Target::beside(path.canonicalize()?)?;
                    target.set_permissions(earlier.permissions())?;
                    Ok(target)
                }
                // A directory is refused here, by the system.
                Some(_) => Ok(Target::Direct(OpenOptions::new().write(true).open(path)?)),
                None => Target::beside(path.to_owned()),
            }
        };
        let target = open().map_err(|source| Error::io(path, source))?;
        Ok(Destination { name: path.to_owned(), target })
    }

    /// What errors call it.
    pub(crate) fn name(&self) -> &Path {
        &self.name
    }

    /// Says that everything is written: a file takes its place now.
    ///
    /// # Errors
    /// `Io` that names the file.
    pub(crate) fn commit(self) -> Result<()> {
        let Destination { name, mut target } = self;
        let done = target.as_write().flush().and_then(|()| match target {
            Target::Stdout(_) | Target::Direct(_) => Ok(()),
            #[cfg(target_os = "linux")]
            Target::Unnamed { file, path } => unnamed::give_name(&file, &path),
            Target::Beside { file, path, _unfinished } => {
                file.persist(path).map(drop).map_err(|error| error.error)
            }
        });
        done.map_err(|source| Error::io(name, source))
    }
}

impl Target {
    fn beside(path: PathBuf) -> io::Result<Self> {
        let directory = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        // Asked for its own error: that of a temporary file names a file that nobody has heard of.
        directory.metadata()?;
        #[cfg(target_os = "linux")]
        if let Some(file) = unnamed::create(directory) {
            return Ok(Target::Unnamed { file, path });
        }
        let create = || -> io::Result<_> {
            // As a file that open(2) makes: the process's mask takes its bits away.
            let permissions = Permissions::from_mode(0o666);
            let file = tempfile::Builder::new()
                .prefix(".plimsoll-")
                .permissions(permissions)
                .tempfile_in(directory)?;
            let name = file.path().to_owned();
            Ok((file, name))
        };
        let (file, unfinished) = Unfinished::register(create)?;
        Ok(Target::Beside { file, path, _unfinished: unfinished })
    }

    /// Of a file of its own.
    fn set_permissions(&self, permissions: Permissions) -> io::Result<()> {
        match self {
            Target::Stdout(_) | Target::Direct(_) => Ok(()),
            #[cfg(target_os = "linux")]
            Target::Unnamed { file, .. } => file.set_permissions(permissions),
            Target::Beside { file, .. } => file.as_file().set_permissions(permissions),
        }
    }

    fn as_write(&mut self) -> &mut dyn Write {
        match self {
            Target::Stdout(stdout) => stdout,
            Target::Direct(file) => file,
            #[cfg(target_os = "linux")]
            Target::Unnamed { file, .. } => file,
            Target::Beside { file, .. } => file.as_file_mut(),
        }
    }
}

impl Write for Destination {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.target.as_write().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.target.as_write().flush()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_appears_when_it_is_whole() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("out.csv");
        let mut destination = Destination::open(Some(&path)).unwrap();
        destination.write_all(b"a\n1\n").unwrap();
        assert!(!path.exists());
        destination.commit().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"a\n1\n");
        assert_eq!(names(directory.path()), ["out.csv"]);
        let made_otherwise = directory.path().join("other");
        fs::write(&made_otherwise, b"").unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode();
        assert_eq!(mode(&path), mode(&made_otherwise));
    }

    #[test]
    fn an_abandoned_file_leaves_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("out.csv");
        fs::write(&path, b"earlier").unwrap();
        let mut destination = Destination::file(&path).unwrap();
        destination.write_all(b"half").unwrap();
        drop(destination);
        assert_eq!(fs::read(&path).unwrap(), b"earlier");
        assert_eq!(names(directory.path()), ["out.csv"]);
    }

    #[test]
    fn replacing_keeps_permissions_and_links() {
        let directory = tempfile::tempdir().unwrap();
        let (path, link) = (directory.path().join("out.csv"), directory.path().join("link"));
        fs::write(&path, b"earlier").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let mut destination = Destination::file(&link).unwrap();
        destination.write_all(b"later").unwrap();
        destination.commit().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"later");
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o640);
        assert!(link.symlink_metadata().unwrap().is_symlink());
    }

    #[test]
    fn a_dash_is_standard_output() {
        let destination = Destination::open(Some(Path::new("-"))).unwrap();
        assert_eq!(destination.name(), Path::new("standard output"));
        assert!(!Path::new("-").exists());
    }

    #[test]
    fn devices_are_written_not_replaced() {
        let mut destination = Destination::file(Path::new("/dev/null")).unwrap();
        destination.write_all(b"x").unwrap();
        destination.commit().unwrap();
        assert!(!Path::new("/dev/null").metadata().unwrap().is_file());
    }

    #[test]
    fn errors_name_the_file_that_was_meant() {
        let directory = tempfile::tempdir().unwrap();
        let missing = directory.path().join("no").join("out.csv");
        let message = Destination::file(&missing).unwrap_err().to_string();
        assert_eq!(message, format!("{}: No such file or directory (os error 2)", missing.display()));
        let message = Destination::file(directory.path()).unwrap_err().to_string();
        assert!(message.contains("Is a directory"), "{message}");
    }
}
