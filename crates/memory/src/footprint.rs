//! One reconciliation of all memory figures: what was reserved, what the heap holds, what the process has resident, and
//! the differences between them by name.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::budget::{Budget, Bytes};
use crate::process::{Resident, resident};
use crate::{Heap, heap};

/// Where the process's memory is. Each part is `None` where it is not known: the heap where
/// [`Counting`](crate::Counting) is not the global allocator, the pages where the system does not tell them. Of the parts
/// that are known,
///
/// - `reserved + untracked = heap`
/// - `heap + slack = anonymous`
/// - `anonymous + file + shared = resident`
///
/// at the moment of the reading. It does not hold for peaks: each is of a moment of its own, so that the difference of
/// two peaks is not the peak of anything, and the differences have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Footprint {
    /// Reserved in the budget; 0 without one.
    pub reserved: Part,
    /// On the heap and not reserved. Negative where memory is reserved and not yet allocated.
    pub untracked: Part,
    /// What the program asked the allocator for and has not freed.
    pub heap: Part,
    /// Anonymous and not of the heap: the allocator's free lists, what fragmentation and rounding cost, stacks, the
    /// program's written data. Negative where more was allocated than was ever touched, or where pages are swapped out.
    pub slack: Part,
    /// Resident pages that no file backs.
    pub anonymous: Part,
    /// Resident pages of files: code, constants, mapped input.
    pub file: Part,
    /// Resident pages of shared memory.
    pub shared: Part,
    /// All resident pages.
    pub resident: Part,
}

/// Bytes now, and the most that ever were; differences may be negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Part {
    /// At the moment of the reading.
    #[serde(rename = "now_bytes")]
    pub now: Option<i64>,
    /// At most, whenever that was: since the budget was made, since [`reset_peak`](crate::reset_peak), since
    /// [`reset_peak_resident`](crate::process::reset_peak_resident).
    #[serde(rename = "peak_bytes")]
    pub peak: Option<i64>,
}

impl Footprint {
    /// Reads all figures, the resident ones from the kernel's running counters ([`resident`]). While other threads
    /// allocate, the figures belong to slightly different moments.
    #[must_use]
    pub fn now(budget: Option<&Budget>) -> Self {
        // The heap first: reading the resident figures allocates.
        let heap = heap();
        let reserved = budget.map_or((0, 0), |budget| (budget.used(), budget.peak()));
        Footprint::of(reserved, heap, resident())
    }

    fn of((reserved, reserved_peak): (u64, u64), heap: Option<Heap>, resident: Resident) -> Self {
        let now = |now: Option<u64>| Part { now: now.map(signed), peak: None };
        let part =
            |now: Option<u64>, peak: Option<u64>| Part { now: now.map(signed), peak: peak.map(signed) };
        let difference = |whole: Part, of: Part| Part {
            now: whole.now.zip(of.now).map(|(whole, of)| whole.saturating_sub(of)),
            peak: None,
        };
        let reserved = part(Some(reserved), Some(reserved_peak));
        let heap = part(heap.map(|heap| heap.live_bytes), heap.map(|heap| heap.peak_bytes));
        let anonymous = now(resident.anonymous);
        Footprint {
            reserved,
            untracked: difference(heap, reserved),
            heap,
            slack: difference(anonymous, heap),
            anonymous,
            file: now(resident.file),
            shared: now(resident.shared),
            resident: part(resident.current, resident.peak),
        }
    }

    /// The parts with their names, in the order in which they add up.
    #[must_use]
    pub fn parts(&self) -> [(&'static str, Part); 8] {
        let Footprint { reserved, untracked, heap, slack, anonymous, file, shared, resident } = *self;
        [
            ("reserved", reserved),
            ("untracked", untracked),
            ("heap", heap),
            ("slack", slack),
            ("anonymous", anonymous),
            ("file", file),
            ("shared", shared),
            ("resident", resident),
        ]
    }
}

/// No machine has 2^63 bytes; what a broken counter says more is cut.
fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

/// A table of the parts, one a line, now and at their peaks; `-` is not known.
impl fmt::Display for Footprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cell = |bytes: Option<i64>| match bytes {
            Some(bytes) if bytes < 0 => format!("-{}", Bytes(bytes.unsigned_abs())),
            Some(bytes) => Bytes(bytes.unsigned_abs()).to_string(),
            None => "-".to_owned(),
        };
        writeln!(f, "{:<10}{:>12}{:>12}", "", "now", "peak")?;
        for (name, Part { now, peak }) in self.parts() {
            writeln!(f, "{name:<10}{:>12}{:>12}", cell(now), cell(peak))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn resident_of(anonymous: u64, file: u64, shared: u64, peak: u64) -> Resident {
        let current = anonymous.saturating_add(file).saturating_add(shared);
        let [current, peak, anonymous, file, shared] = [current, peak, anonymous, file, shared].map(Some);
        Resident { current, peak, anonymous, file, shared }
    }

    fn heap_of(live_bytes: u64, peak_bytes: u64) -> Option<Heap> {
        Some(Heap { live_bytes, peak_bytes, ..Heap::default() })
    }

    fn adds_up(footprint: &Footprint) {
        let now = |part: Part| part.now.unwrap();
        let Footprint { reserved, untracked, heap, slack, anonymous, file, shared, resident } = *footprint;
        assert_eq!(now(reserved) + now(untracked), now(heap));
        assert_eq!(now(heap) + now(slack), now(anonymous));
        assert_eq!(now(anonymous) + now(file) + now(shared), now(resident));
    }

    #[test]
    fn a_table_by_hand() {
        let resident = resident_of(10 << 20, 3 << 20, 512 << 10, 20 << 20);
        let footprint = Footprint::of((6 << 20, 7 << 20), heap_of(4 << 20, 9 << 20), resident);
        adds_up(&footprint);
        let table = concat!(
            "                   now        peak\n",
            "reserved       6.0 MiB     7.0 MiB\n",
            "untracked     -2.0 MiB           -\n",
            "heap           4.0 MiB     9.0 MiB\n",
            "slack          6.0 MiB           -\n",
            "anonymous     10.0 MiB           -\n",
            "file           3.0 MiB           -\n",
            "shared       512.0 KiB           -\n",
            "resident      13.5 MiB    20.0 MiB\n",
        );
        assert_eq!(footprint.to_string(), table);
    }

    #[test]
    fn what_is_not_known_stays_open() {
        let footprint = Footprint::of((0, 0), None, resident_of(5, 6, 7, 20));
        assert_eq!((footprint.heap.now, footprint.untracked.now, footprint.slack.now), (None, None, None));
        assert_eq!((footprint.reserved.now, footprint.resident.now), (Some(0), Some(18)));
        let footprint = Footprint::of((3, 4), heap_of(5, 6), Resident::default());
        assert_eq!((footprint.slack.now, footprint.resident.peak), (None, None));
        assert_eq!(footprint.untracked.now, Some(2));
    }

    #[test]
    fn json_keeps_every_figure() {
        let footprint = Footprint::of((1, 2), heap_of(3, 4), resident_of(5, 6, 7, 20));
        let text = serde_json::to_string(&footprint).unwrap();
        assert!(text.starts_with(r#"{"reserved":{"now_bytes":1,"peak_bytes":2},"untracked":{"now_bytes":2"#));
        assert_eq!(serde_json::from_str::<Footprint>(&text).unwrap(), footprint);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_adds_up() {
        let budget = Budget::unlimited();
        let mut held = budget.reservation("rows");
        held.try_grow(1000).unwrap();
        let footprint = Footprint::now(Some(&budget));
        assert_eq!(footprint.reserved, Part { now: Some(1000), peak: Some(1000) });
        // The allocator of this test program does not count.
        assert_eq!(footprint.heap, Part::default());
        let now = |part: Part| part.now.unwrap();
        let parts = [footprint.anonymous, footprint.file, footprint.shared];
        assert_eq!(parts.map(now).iter().sum::<i64>(), now(footprint.resident));
        assert!(footprint.resident.peak >= footprint.resident.now);
    }

    proptest! {
        #[test]
        fn the_sums_hold_whatever_the_figures(
            reserved in 0..1_u64 << 50,
            heap in 0..1_u64 << 50,
            pages in (0..1_u64 << 50, 0..1_u64 << 50, 0..1_u64 << 50),
        ) {
            let resident = resident_of(pages.0, pages.1, pages.2, 0);
            adds_up(&Footprint::of((reserved, reserved), heap_of(heap, heap), resident));
        }
    }
}
