//! What the operating system says of this process: resident memory, processor time, and how much memory it may use. It
//! only reads; on systems other than Linux the memory figures are `None`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The process's memory as the kernel counts it, in bytes. The kernel keeps these counters a little behind for each
/// thread (by up to some hundred KiB), so they are figures to report, not to add up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Resident {
    /// Resident now (`VmRSS`).
    pub current: Option<u64>,
    /// The most ever resident (`VmHWM`).
    pub peak: Option<u64>,
    /// Of `current`: anonymous pages, which only swapping could reclaim (`RssAnon`).
    pub anonymous: Option<u64>,
    /// Of `current`: pages of mapped files, which the kernel may drop at any time (`RssFile`).
    pub file: Option<u64>,
    /// Of `current`: shared memory, tmpfs included (`RssShmem`).
    pub shared: Option<u64>,
}

/// Reads the memory figures of this process.
#[must_use]
pub fn resident() -> Resident {
    // A missing file gives no figures: that is what every system but Linux has.
    parse_status(&fs::read_to_string("/proc/self/status").unwrap_or_default())
}

/// Processor time of all threads since the start, user and system together; `None` where the system has no such clock.
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

/// The machine's memory in bytes (`MemTotal`).
#[must_use]
pub fn physical_memory() -> Option<u64> {
    field(&fs::read_to_string("/proc/meminfo").ok()?, "MemTotal")
}

/// The least memory limit, in bytes, of the control groups that this process is in, versions 1 and 2; `None` where none
/// is set.
#[must_use]
pub fn cgroup_limit() -> Option<u64> {
    least_limit(Path::new("/sys/fs/cgroup"), &fs::read_to_string("/proc/self/cgroup").ok()?)
}

/// The limit for a run that sets none: 80 % of the smaller of the machine's memory and the control groups' limit.
#[must_use]
pub fn default_limit() -> Option<u64> {
    let smaller = [physical_memory(), cgroup_limit()].into_iter().flatten().min()?;
    Some(smaller / 10 * 8)
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

/// The bytes of a line such as `VmRSS:      1234 kB`; the kernel's kB are 1024 bytes.
fn field(text: &str, name: &str) -> Option<u64> {
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    value.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// The least limit on the way from each group of `membership` (the text of `/proc/self/cgroup`) up to the root of its
/// hierarchy, all mounted under `mount`. In a container the named path may not exist below the mount: what is missing
/// is skipped, and the root is the container's own group.
fn least_limit(mount: &Path, membership: &str) -> Option<u64> {
    membership
        .lines()
        .filter_map(|line| {
            let mut parts = line.splitn(3, ':').skip(1);
            let (controllers, group) = (parts.next()?, parts.next()?);
            let (root, file) = match controllers {
                "" => (mount.to_owned(), "memory.max"),
                list if list.split(',').any(|name| name == "memory") => {
                    (mount.join("memory"), "memory.limit_in_bytes")
                }
                _ => return None,
            };
            let group: PathBuf = root.join(group.trim_start_matches('/'));
            let up_to_root = group.ancestors().take_while(|path| path.starts_with(&root));
            up_to_root.filter_map(|path| limit_in(&path.join(file))).min()
        })
        .min()
}

/// The limit in one file: `max` (version 2) and anything from 2^60 on (version 1's page-rounded maximum) mean none.
fn limit_in(path: &Path) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok().filter(|limit| *limit < 1 << 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_is_read_by_name() {
        let status = "Name:\tx VmRSS\nVmHWM:\t    2048 kB\nVmRSS:\t 1024 kB\nRssAnon:\t  1000 kB\nRssFile:\t20 kB\nRssShmem:\t4 kB\n";
        assert_eq!(
            parse_status(status),
            Resident {
                current: Some(1024 << 10),
                peak: Some(2048 << 10),
                anonymous: Some(1000 << 10),
                file: Some(20 << 10),
                shared: Some(4 << 10),
            }
        );
        assert_eq!(
            parse_status("VmRSS: many kB\nVmHWM: 5\nRssAnon: 99999999999999999999 kB"),
            Resident::default()
        );
        assert_eq!(field("VmRSS: 18446744073709551615 kB", "VmRSS"), None);
    }

    #[test]
    fn the_least_limit_on_the_way_up_counts() {
        let mount = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = mount.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("user/app/memory.max", "max\n");
        write("user/memory.max", "4096000\n");
        write("memory/docker/memory.limit_in_bytes", "9223372036854771712\n");
        write("memory/memory.limit_in_bytes", "8192000\n");
        let limit = |membership| least_limit(mount.path(), membership);
        assert_eq!(limit("0::/user/app\n"), Some(4_096_000));
        assert_eq!(limit("0::/elsewhere/app\n"), None);
        assert_eq!(limit("12:cpuset:/\n4:hugetlb,memory:/docker/missing\n0::/user/app\n"), Some(4_096_000));
        assert_eq!(limit("4:memory:/docker/missing\n"), Some(8_192_000));
        assert_eq!(limit("4:memory:/a:b/c\nnonsense\n"), Some(8_192_000));
        assert_eq!(limit(""), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_has_figures() {
        let block = vec![1_u8; 32 << 20];
        let resident = resident();
        assert!(resident.current.unwrap() > 16 << 20, "{} bytes are held: {resident:?}", block.len());
        assert!(resident.peak.unwrap() > 16 << 20);
        assert!(default_limit().unwrap() < physical_memory().unwrap());
        assert!(processor_time().unwrap() > Duration::ZERO);
    }
}
