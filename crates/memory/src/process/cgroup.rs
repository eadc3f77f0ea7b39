//! The control group's memory: its limit, what is in use of it, and the most that ever was. Versions 1 and 2.

use std::fs;
use std::path::{Path, PathBuf};

/// The memory of a control group, in bytes: of all processes in it, their page cache included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cgroup {
    /// The limit; `None` where there is none.
    pub limit: Option<u64>,
    /// In use now (`memory.current`, or `memory.usage_in_bytes`).
    pub used: Option<u64>,
    /// The most ever in use (`memory.peak`, from Linux 5.19 on, or `memory.max_usage_in_bytes`).
    pub peak: Option<u64>,
}

/// The control group that bounds this process: of those that it is in, up to the root, the one of the least limit. Where
/// none has a limit, the innermost that tells what it uses. `None` where there is no control group, as on systems other
/// than Linux.
#[must_use]
pub fn cgroup() -> Option<Cgroup> {
    bounding(Path::new("/sys/fs/cgroup"), &fs::read_to_string("/proc/self/cgroup").ok()?)
}

/// The least memory limit, in bytes, of the control groups that this process is in; `None` where none is set.
#[must_use]
pub fn cgroup_limit() -> Option<u64> {
    cgroup()?.limit
}

/// Names of the files that hold limit, use and peak.
type Files = [&'static str; 3];

const VERSION_1: Files = ["memory.limit_in_bytes", "memory.usage_in_bytes", "memory.max_usage_in_bytes"];
const VERSION_2: Files = ["memory.max", "memory.current", "memory.peak"];

fn bounding(mount: &Path, membership: &str) -> Option<Cgroup> {
    let groups: Vec<Cgroup> = groups(mount, membership).collect();
    let limited = groups.iter().filter(|group| group.limit.is_some()).min_by_key(|group| group.limit);
    limited.or_else(|| groups.first()).copied()
}

/// The groups on the way from each group of `membership` (the text of `/proc/self/cgroup`) up to the root of its
/// hierarchy, all mounted under `mount`. In a container the named path may not exist below the mount: what is missing
/// is skipped, and the root is the container's own group.
fn groups(mount: &Path, membership: &str) -> impl Iterator<Item = Cgroup> {
    membership.lines().filter_map(|line| hierarchy(mount, line)).flat_map(|(root, group, files)| {
        let up_to_root: Vec<PathBuf> =
            group.ancestors().take_while(|path| path.starts_with(&root)).map(Path::to_owned).collect();
        up_to_root.into_iter().map(move |path| read(&path, files)).filter(|read| *read != Cgroup::default())
    })
}

/// Root, group and files of a line such as `4:memory:/docker/x` (version 1) or `0::/user/x` (version 2).
fn hierarchy(mount: &Path, line: &str) -> Option<(PathBuf, PathBuf, Files)> {
    let mut parts = line.splitn(3, ':').skip(1);
    let (controllers, group) = (parts.next()?, parts.next()?);
    let (root, files) = match controllers {
        "" => (mount.to_owned(), VERSION_2),
        list if list.split(',').any(|name| name == "memory") => (mount.join("memory"), VERSION_1),
        _ => return None,
    };
    let group = root.join(group.trim_start_matches('/'));
    Some((root, group, files))
}

fn read(group: &Path, [limit, used, peak]: Files) -> Cgroup {
    let number = |file: &str| fs::read_to_string(group.join(file)).ok()?.trim().parse::<u64>().ok();
    // `max` (version 2) and anything from 2^60 on (version 1's page-rounded maximum) mean none.
    Cgroup { limit: number(limit).filter(|limit| *limit < 1 << 60), used: number(used), peak: number(peak) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both versions side by side, as some systems mount them.
    fn mount() -> tempfile::TempDir {
        let mount = tempfile::tempdir().unwrap();
        for (path, text) in [
            ("user/app/memory.max", "max\n"),
            ("user/app/memory.current", "1000\n"),
            ("user/app/memory.peak", "1500\n"),
            ("user/memory.max", "4096000\n"),
            ("user/memory.current", "2000\n"),
            ("free/memory.max", "max\n"),
            ("free/memory.current", "10\n"),
            ("memory/docker/memory.limit_in_bytes", "9223372036854771712\n"),
            ("memory/memory.limit_in_bytes", "8192000\n"),
            ("memory/memory.usage_in_bytes", "3000\n"),
            ("memory/memory.max_usage_in_bytes", "3500\n"),
        ] {
            let path = mount.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        mount
    }

    #[test]
    fn the_least_limit_on_the_way_up_counts() {
        let mount = mount();
        let limit = |membership| bounding(mount.path(), membership).and_then(|group| group.limit);
        assert_eq!(limit("0::/user/app\n"), Some(4_096_000));
        assert_eq!(limit("0::/elsewhere/app\n"), None);
        assert_eq!(limit("12:cpuset:/\n4:hugetlb,memory:/docker/missing\n0::/user/app\n"), Some(4_096_000));
        assert_eq!(limit("4:memory:/docker/missing\n"), Some(8_192_000));
        assert_eq!(limit("4:memory:/a:b/c\nnonsense\n"), Some(8_192_000));
        assert_eq!(limit(""), None);
    }

    #[test]
    fn use_and_peak_are_of_the_group_that_bounds() {
        let mount = mount();
        let group = |membership| bounding(mount.path(), membership);
        let one = |limit, used, peak| Some(Cgroup { limit, used, peak });
        assert_eq!(group("0::/user/app\n"), one(Some(4_096_000), Some(2000), None));
        assert_eq!(group("4:memory:/docker/missing\n"), one(Some(8_192_000), Some(3000), Some(3500)));
        // Without a limit: the innermost that is there.
        assert_eq!(group("0::/free/inner\n"), one(None, Some(10), None));
        assert_eq!(group("0::/elsewhere\n"), None);
    }
}
