//! The program's own code in memory.

#[cfg(target_os = "linux")]
use std::{fs, ops::Range};

/// Lets go of the pages of code that were needed so far; what is needed again is mapped again from the page cache, some
/// 16 pages in a microsecond or two. A program calls it when it has started: what reads arguments and plans the work is
/// megabytes of code that does not come back, and would count as resident to the end.
///
/// Does nothing on systems other than Linux, and under a debugger. Probes that were set in the code from outside, as
/// `perf probe` does, are let go of with it.
pub fn forget_code() {
    #[cfg(target_os = "linux")]
    if let (Ok(status), Ok(maps)) =
        (fs::read_to_string("/proc/self/status"), fs::read_to_string("/proc/self/maps"))
        && !is_traced(&status)
    {
        maps.lines().filter_map(code).for_each(forget);
    }
}

/// Lets go of code as [`forget_code`] does where a program may still take only `available` bytes, so few that pages of code
/// count for something. For the end of a phase of the work.
pub fn forget_code_within(available: u64) {
    const LITTLE: u64 = 64 << 20;
    if available < LITTLE {
        forget_code();
    }
}

/// Whether a debugger, which sets breakpoints in the code, looks on; `status` is the text of `/proc/self/status`.
#[cfg(target_os = "linux")]
fn is_traced(status: &str) -> bool {
    let tracer = status.lines().find_map(|line| line.strip_prefix("TracerPid:"));
    tracer.is_none_or(|process| process.trim() != "0")
}

/// The addresses of a line of `/proc/self/maps` that is about code from a file: private and not writable.
#[cfg(target_os = "linux")]
fn code(line: &str) -> Option<Range<usize>> {
    let mut words = line.split_ascii_whitespace();
    let (start, end) = words.next()?.split_once('-')?;
    let is_code = words.next() == Some("r-xp") && words.nth(3).is_some_and(|name| name.starts_with('/'));
    let range = usize::from_str_radix(start, 16).ok()?..usize::from_str_radix(end, 16).ok()?;
    is_code.then_some(range)
}

#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "advice about memory is given by address")]
fn forget(code: Range<usize>) {
    let start = std::ptr::with_exposed_provenance_mut(code.start);
    // SAFETY: The range is code that lies in a file, mapped privately, and cannot be written: its next access maps the
    // file's pages again, which are what the compiler made. No byte changes that the program knows of.
    let _ = unsafe { rustix::mm::madvise(start, code.len(), rustix::mm::Advice::LinuxDontNeed) };
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn only_code_of_files_is_let_go() {
        let maps = "\
00400000-00401000 r--p 00000000 fe:00 1                    /usr/bin/program
00401000-00403000 r-xp 00001000 fe:00 1                    /usr/bin/program with spaces
00404000-00405000 r-xs 00000000 fe:00 1                    /usr/lib/shared.so
00405000-00406000 rwxp 00000000 fe:00 1                    /tmp/writable.so
7ffd0000-7ffd2000 r-xp 00000000 00:00 0                    [vdso]
7ffe0000-7ffe2000 r-xp 00000000 00:00 0
nonsense";
        let mut found = maps.lines().filter_map(code);
        assert_eq!((found.next(), found.next()), (Some(0x0040_1000..0x0040_3000), None));
    }

    #[test]
    fn a_debugger_is_seen() {
        assert!(is_traced("Name:\tplimsoll\nTracerPid:\t12\n") && is_traced(""));
        assert!(!is_traced("Name:\tplimsoll\nTracerPid:\t0\n"));
    }

    #[test]
    fn the_process_goes_on_with_less() {
        let file = || crate::process::resident_exact().file.unwrap();
        let before = file();
        forget_code();
        let after = file();
        assert!(after < before, "{after} of {before} bytes of files are left");
    }
}
