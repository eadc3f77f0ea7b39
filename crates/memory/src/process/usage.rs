//! What the process has used since its start: processor time, page faults, switches, block I/O.
#![allow(unsafe_code, reason = "getrusage has no safe wrapper among the crates that are imported")]

use std::time::Duration;

/// What `getrusage` says of the process, all threads together, since its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Processor time in the program.
    pub user: Duration,
    /// Processor time in the kernel on the program's behalf.
    pub system: Duration,
    /// The most bytes ever resident. Nothing resets it, and on Linux it begins with that of the program that started this one.
    pub max_resident: u64,
    /// Page faults answered without reading: a first touch, a page found in the page cache.
    pub minor_faults: u64,
    /// Page faults that had to read.
    pub major_faults: u64,
    /// Times that a thread gave up the processor: it waited.
    pub voluntary_switches: u64,
    /// Times that the processor was taken from a thread.
    pub involuntary_switches: u64,
    /// Blocks read from a disk (Linux: of 512 bytes); what came from the page cache does not count.
    pub blocks_read: u64,
    /// Blocks written (Linux: of 512 bytes, as they are handed to the page cache).
    pub blocks_written: u64,
}

/// Reads them; `None` where the system has no `getrusage`.
#[must_use]
pub fn usage() -> Option<Usage> {
    #[cfg(unix)]
    {
        from_system()
    }
    #[cfg(not(unix))]
    {
        None
    }
}

/// Processor time of all threads since the start, user and system together, in the clock's own resolution (that of
/// [`Usage`] is a microsecond at best); `None` where the system has no such clock.
#[must_use]
pub fn processor_time() -> Option<Duration> {
    #[cfg(unix)]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        let (seconds, nanos) = (u64::try_from(time.tv_sec).ok()?, u32::try_from(time.tv_nsec).ok()?);
        Some(Duration::new(seconds, nanos))
    }
    #[cfg(not(unix))]
    {
        None
    }
}

#[cfg(unix)]
fn from_system() -> Option<Usage> {
    // SAFETY: `rusage` is plain numbers, for which all zeros are a value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: the pointer is to a whole `rusage` that nobody else sees, which is all that the call writes to.
    let status = unsafe { libc::getrusage(libc::RUSAGE_SELF, &raw mut usage) };
    (status == 0).then(|| Usage {
        user: duration(usage.ru_utime),
        system: duration(usage.ru_stime),
        // Bytes on Apple's systems, KiB on the others.
        max_resident: count(usage.ru_maxrss) * if cfg!(target_vendor = "apple") { 1 } else { 1024 },
        minor_faults: count(usage.ru_minflt),
        major_faults: count(usage.ru_majflt),
        voluntary_switches: count(usage.ru_nvcsw),
        involuntary_switches: count(usage.ru_nivcsw),
        blocks_read: count(usage.ru_inblock),
        blocks_written: count(usage.ru_oublock),
    })
}

#[cfg(unix)]
fn count(number: libc::c_long) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

#[cfg(unix)]
fn duration(time: libc::timeval) -> Duration {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::from_secs(seconds) + Duration::from_micros(u64::try_from(time.tv_usec).unwrap_or(0))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn work_and_touched_pages_show() {
        let before = usage().unwrap();
        let pages = 4096;
        let block = vec![1_u8; pages * 4096];
        let mut sum = 0_u64;
        let clock = processor_time().unwrap();
        while processor_time().unwrap() - clock < Duration::from_millis(20) {
            sum += block.iter().map(|byte| u64::from(*byte)).sum::<u64>();
        }
        let after = usage().unwrap();
        assert!(sum > 0 && after.max_resident >= before.max_resident.max(block.len() as u64));
        let (time_before, time_after) = (before.user + before.system, after.user + after.system);
        assert!(time_after - time_before >= Duration::from_millis(10), "{before:?} {after:?}");
        let faults = after.minor_faults - before.minor_faults;
        // Huge pages would be touched once for every 512 small ones.
        assert!(faults >= pages as u64 / 512, "{faults} faults for {pages} pages");
    }

    #[test]
    fn the_clock_and_the_usage_agree() {
        let used = usage().unwrap();
        let clock = processor_time().unwrap();
        let difference = clock.abs_diff(used.user + used.system);
        // Other tests run between the two, and the kernel may count by ticks.
        assert!(difference < Duration::from_millis(200), "{used:?} {clock:?}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn waiting_is_a_voluntary_switch() {
        let before = usage().unwrap();
        (0..5).for_each(|_| std::thread::sleep(Duration::from_millis(1)));
        let after = usage().unwrap();
        assert!(after.voluntary_switches >= before.voluntary_switches + 5, "{before:?} {after:?}");
    }
}
