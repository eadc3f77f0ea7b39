//! What the operating system says of this process: resident memory, page faults, processor time, and how much memory it
//! may use. Apart from [`reset_peak_resident`], [`forget_code`] (also [`forget_code_within`]) and [`keep_little`] it only reads. Linux tells all of it, macOS the part that `getrusage` has
//! and the machine's memory; elsewhere the figures are `None`.

mod allocator;
mod cgroup;
mod code;
mod machine;
mod resident;
mod usage;

pub(crate) use allocator::trim;
pub use allocator::{give_back, keep_little};
pub use cgroup::{Cgroup, cgroup, cgroup_limit};
pub use code::{forget_code, forget_code_within};
pub use machine::{default_limit, physical_memory};
pub(crate) use resident::resident_now;
pub use resident::{Resident, ResidentReader, reset_peak_resident, resident, resident_exact};
pub use usage::{Usage, processor_time, usage};

/// The bytes of a line such as `VmRSS:      1234 kB`; the kernel's kB are 1024 bytes.
fn field(text: &str, name: &str) -> Option<u64> {
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    value.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}
