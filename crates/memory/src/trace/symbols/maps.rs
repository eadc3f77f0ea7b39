//! What code lies where in memory, as the system says: the program's and that of each library.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// The code of one file in memory.
pub(super) struct Loaded {
    pub(super) path: PathBuf,
    /// Whether it is the program that runs, and no library of it.
    pub(super) is_program: bool,
    mappings: Vec<Mapping>,
}

#[derive(Debug, PartialEq, Eq)]
struct Mapping {
    memory: Range<usize>,
    /// Where the code at the start of `memory` lies in the file.
    offset: usize,
}

/// All files whose code is in memory; none where the system does not tell.
pub(super) fn loaded() -> Vec<Loaded> {
    let mut files: Vec<Loaded> = Vec::new();
    // The program is to be found there even if its file was replaced since.
    const PROGRAM: &str = "/proc/self/exe";
    let program = fs::read_link(PROGRAM).unwrap_or_default();
    let maps = fs::read_to_string("/proc/self/maps").unwrap_or_default();
    for (path, mapping) in maps.lines().filter_map(code) {
        let is_program = Path::new(path) == program;
        let path = Path::new(if is_program { PROGRAM } else { path });
        match files.iter_mut().find(|file| file.path == path) {
            Some(file) => file.mappings.push(mapping),
            None => files.push(Loaded { path: path.to_owned(), is_program, mappings: vec![mapping] }),
        }
    }
    files
}

impl Loaded {
    /// Where the code at an address lies in the file; none where it is not the file's.
    pub(super) fn offset(&self, address: usize) -> Option<usize> {
        let mapping = self.mappings.iter().find(|mapping| mapping.memory.contains(&address))?;
        Some(address - mapping.memory.start + mapping.offset)
    }
}

/// What a line of `/proc/self/maps` says of the code of a file, and the file's path.
fn code(line: &str) -> Option<(&str, Mapping)> {
    // "start-end permissions offset device inode", and the path behind some blanks.
    let mut words = line.splitn(6, ' ');
    let (start, end) = words.next()?.split_once('-')?;
    let executable = words.next()?.contains('x');
    let number = |digits| usize::from_str_radix(digits, 16).ok();
    let offset = number(words.next()?)?;
    let path = words.nth(2)?.trim_start();
    let mapping = Mapping { memory: number(start)?..number(end)?, offset };
    (executable && path.starts_with('/')).then_some((path, mapping))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_code_of_files_is_found() {
        let line = "00401000-00403000 r-xp 00001000 fe:00 1                    /usr/bin/a program";
        let mapping = Mapping { memory: 0x40_1000..0x40_3000, offset: 0x1000 };
        assert_eq!(code(line), Some(("/usr/bin/a program", mapping)));
        for other in [
            "00400000-00401000 r--p 00000000 fe:00 1                    /usr/bin/a program",
            "7ffd0000-7ffd2000 r-xp 00000000 00:00 0                    [vdso]",
            "7ffe0000-7ffe2000 r-xp 00000000 00:00 0 ",
            "nonsense",
        ] {
            assert_eq!(code(other), None, "{other}");
        }
    }

    #[test]
    fn this_program_is_found() {
        let here = this_program_is_found as fn() as usize;
        let files = loaded();
        assert_eq!(files.iter().filter(|file| file.is_program).count(), 1);
        assert!(files.iter().any(|file| file.is_program && file.offset(here).is_some()));
        assert!(files.iter().all(|file| file.offset(std::ptr::from_ref(&files).addr()).is_none()));
    }
}
