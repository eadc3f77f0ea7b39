//! How much memory there is.

/// The machine's memory in bytes; known on Linux (`MemTotal`) and macOS.
#[must_use]
pub fn physical_memory() -> Option<u64> {
    #[cfg(target_os = "linux")]
    {
        super::field(&std::fs::read_to_string("/proc/meminfo").ok()?, "MemTotal")
    }
    #[cfg(target_os = "macos")]
    {
        pages()
    }
    #[cfg(not(any(target_os = "linux", target_os = "macos")))]
    {
        None
    }
}

#[cfg(target_os = "macos")]
#[allow(unsafe_code, reason = "sysconf has no safe wrapper for the number of pages")]
fn pages() -> Option<u64> {
    // SAFETY: sysconf takes a number and gives a number; it touches no memory of ours.
    let pages = unsafe { libc::sysconf(libc::_SC_PHYS_PAGES) };
    u64::try_from(pages).ok()?.checked_mul(rustix::param::page_size() as u64)
}

/// The limit for a run that sets none: 80 % of the smaller of the machine's memory and the control groups' limit.
#[must_use]
pub fn default_limit() -> Option<u64> {
    let smaller = [physical_memory(), super::cgroup_limit()].into_iter().flatten().min()?;
    Some(smaller / 10 * 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn the_default_leaves_a_fifth() {
        let machine = physical_memory().unwrap();
        let least = super::super::cgroup_limit().map_or(machine, |limit| limit.min(machine));
        let limit = default_limit().unwrap();
        assert!(limit <= least / 5 * 4 && limit > least / 5 * 4 - 100, "{limit} of {least}");
    }
}
