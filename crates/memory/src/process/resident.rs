//! Resident memory: the pages that the process has in memory, by what backs them.

use std::fs;
use std::io;

use super::field;

/// The process's memory as the kernel counts it, in bytes.
///
/// The kernel tells a peak of the whole only: the parts are those of `current`, and `current` is their sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Resident {
    /// Resident now.
    pub current: Option<u64>,
    /// The most ever resident since the start or the last [`reset_peak_resident`].
    pub peak: Option<u64>,
    /// Of `current`: anonymous pages, which only swapping could reclaim: heap, stacks, written data of the program.
    pub anonymous: Option<u64>,
    /// Of `current`: pages of mapped files, which the kernel may drop at any time: code, constants, mapped input.
    pub file: Option<u64>,
    /// Of `current`: shared memory, tmpfs included.
    pub shared: Option<u64>,
}

/// The kernel's running counters (`/proc/self/status`), read in some 0.1 ms whatever the size of the process. Older kernels
/// keep them a little behind, in batches for each thread or processor, so that they can be off by some hundred KiB;
/// on Linux 6.18 they agreed with [`resident_exact`] to the byte. On macOS only the peak is known.
#[must_use]
pub fn resident() -> Resident {
    match fs::read_to_string("/proc/self/status") {
        Ok(status) => parse_status(&status),
        // That is what every system but Linux has.
        Err(_) => Resident { peak: super::usage().map(|usage| usage.max_resident), ..Resident::default() },
    }
}

/// The same, with the parts counted page by page (`/proc/self/smaps_rollup`): exact, and slower: it walks the page
/// tables, some 40 microseconds for each MiB that is resident in small pages. The peak is still the kernel's running
/// one, but never less than what was counted. As [`resident`] where the kernel does not count.
#[must_use]
pub fn resident_exact() -> Resident {
    let running = resident();
    // Before Linux 4.14 there is no such file, and some sandboxes hide it.
    let Ok(rollup) = fs::read_to_string("/proc/self/smaps_rollup") else { return running };
    counted(&rollup, running)
}

/// Reads what [`resident`] reads, again and again and without allocating, for whoever watches a program that counts its
/// allocations.
#[derive(Debug)]
pub struct ResidentReader {
    #[cfg(target_os = "linux")]
    status: fs::File,
}

impl ResidentReader {
    /// # Errors
    /// Those of opening the kernel's file; `Unsupported` on systems that have none.
    pub fn open() -> io::Result<Self> {
        #[cfg(target_os = "linux")]
        {
            Ok(ResidentReader { status: fs::File::open("/proc/self/status")? })
        }
        #[cfg(not(target_os = "linux"))]
        {
            Err(io::ErrorKind::Unsupported.into())
        }
    }

    /// The figures of now; all `None` where they cannot be read any more.
    #[must_use]
    pub fn read(&self) -> Resident {
        #[cfg(target_os = "linux")]
        {
            use std::os::unix::fs::FileExt;

            // The file has some 1500 bytes.
            let mut text = [0; 4096];
            let length = self.status.read_at(&mut text, 0).unwrap_or(0);
            str::from_utf8(&text[..length]).map(parse_status).unwrap_or_default()
        }
        #[cfg(not(target_os = "linux"))]
        {
            Resident::default()
        }
    }
}

/// Bytes resident now (`/proc/self/statm`), read without allocating in a few microseconds; `None` on systems but Linux.
pub(crate) fn resident_now() -> Option<u64> {
    #[cfg(target_os = "linux")]
    {
        use std::io::Read;

        let mut text = [0; 128];
        let length = fs::File::open("/proc/self/statm").ok()?.read(&mut text).ok()?;
        let pages: u64 = str::from_utf8(&text[..length]).ok()?.split(' ').nth(1)?.parse().ok()?;
        pages.checked_mul(rustix::param::page_size() as u64)
    }
    #[cfg(not(target_os = "linux"))]
    {
        None
    }
}

/// Forgets the peak: it is the resident memory of now. Linux only.
///
/// # Errors
/// `Unsupported` where the system has no such call, else why it was not allowed: some containers refuse it.
pub fn reset_peak_resident() -> io::Result<()> {
    if !cfg!(target_os = "linux") {
        return Err(io::ErrorKind::Unsupported.into());
    }
    fs::write("/proc/self/clear_refs", "5")
}

fn parse_status(status: &str) -> Resident {
    Resident {
        current: field(status, "VmRSS"),
        peak: field(status, "VmHWM"),
        anonymous: field(status, "RssAnon"),
        file: field(status, "RssFile"),
        shared: field(status, "RssShmem"),
    }
}

/// What the rollup counts; shared memory is not among it and stays as the running counters have it, and what is neither
/// anonymous nor shared has a file.
fn counted(rollup: &str, running: Resident) -> Resident {
    let (Some(current), Some(anonymous)) = (field(rollup, "Rss"), field(rollup, "Anonymous")) else {
        return running;
    };
    let others = current.saturating_sub(anonymous);
    let shared = running.shared.unwrap_or(0).min(others);
    Resident {
        current: Some(current),
        peak: running.peak.map(|peak| peak.max(current)),
        anonymous: Some(anonymous.min(current)),
        file: Some(others - shared),
        shared: Some(shared),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUS: &str = "Name:\tx VmRSS\nVmHWM:\t    2048 kB\nVmRSS:\t 1024 kB\nRssAnon:\t  1000 kB\nRssFile:\t20 kB\nRssShmem:\t4 kB\n";

    fn kib(current: u64, peak: u64, anonymous: u64, file: u64, shared: u64) -> Resident {
        let [current, peak, anonymous, file, shared] =
            [current, peak, anonymous, file, shared].map(|kib| Some(kib << 10));
        Resident { current, peak, anonymous, file, shared }
    }

    #[test]
    fn status_is_read_by_name() {
        assert_eq!(parse_status(STATUS), kib(1024, 2048, 1000, 20, 4));
        assert_eq!(
            parse_status("VmRSS: many kB\nVmHWM: 5\nRssAnon: 99999999999999999999 kB"),
            Resident::default()
        );
        assert_eq!(field("VmRSS: 18446744073709551615 kB", "VmRSS"), None);
    }

    #[test]
    fn counted_parts_replace_the_running_ones() {
        let rollup = "00400000-7fff0000 ---p 00000000 00:00 0    [rollup]\nRss:     1100 kB\nPss_Anon: 7 kB\nAnonymous:   1050 kB\n";
        let running = parse_status(STATUS);
        assert_eq!(counted(rollup, running), kib(1100, 2048, 1050, 46, 4));
        // More was resident than the running counters ever saw; more is shared than there is room for.
        let rollup = "Rss: 3000 kB\nAnonymous: 2999 kB\n";
        assert_eq!(counted(rollup, running), kib(3000, 3000, 2999, 0, 1));
        assert_eq!(counted("Rss: 3000 kB\n", running), running);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_has_figures() {
        let block = vec![1_u8; 32 << 20];
        let reader = ResidentReader::open().unwrap();
        for resident in [resident(), resident_exact(), reader.read(), reader.read()] {
            assert!(resident.current.unwrap() > 16 << 20, "{} bytes are held: {resident:?}", block.len());
            assert!(resident.peak.unwrap() > 16 << 20);
            let parts = [resident.anonymous, resident.file, resident.shared];
            assert_eq!(resident.current, Some(parts.into_iter().flatten().sum()));
        }
    }
}
