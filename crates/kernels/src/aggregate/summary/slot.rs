//! What a summary keeps close at hand for each group, in words of 64 bits.

/// The least and the greatest key; none was seen while the least is above the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(super) least: i64,
    pub(super) greatest: i64,
}

impl Default for Extent {
    fn default() -> Self {
        Extent { least: i64::MAX, greatest: i64::MIN }
    }
}

impl Extent {
    /// Both ends, if any key was seen.
    pub(super) fn seen(self) -> Option<(i64, i64)> {
        (self.least <= self.greatest).then_some((self.least, self.greatest))
    }

    pub(super) fn merge(&mut self, other: Extent) {
        self.least = self.least.min(other.least);
        self.greatest = self.greatest.max(other.greatest);
    }

    /// Settled ends hardly ever change, which branches foresee; in the first values of a group they often do.
    #[inline(always)]
    fn add<const SETTLED: bool>(&mut self, value: i64) {
        if !SETTLED {
            self.merge(Extent { least: value, greatest: value });
            return;
        }
        if value < self.least {
            self.least = value;
        }
        if value > self.greatest {
            self.greatest = value;
        }
    }
}

/// The lower word of a sum (see [`crate::exact::Carries`]) and how many values there were. Packed, because there may be
/// millions: 12 bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(C, packed(4))]
pub(crate) struct Total {
    pub(super) sum: i64,
    pub(super) count: u32,
}

const _: () = assert!(size_of::<Total>() == 12);
const _: () = assert!(size_of::<Full>() == 32);

impl Total {
    /// Adds to the sum and to the count. Whether the sum has overflowed.
    #[inline(always)]
    pub(super) fn add(&mut self, addend: i64, count: u32) -> bool {
        let (sum, overflow) = { self.sum }.overflowing_add(addend);
        self.sum = sum;
        self.count = { self.count }.wrapping_add(count);
        overflow
    }
}

/// Both.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Full {
    extent: Extent,
    total: Total,
}

/// One group's words: an extent, a total, or both.
pub(crate) trait Slot: Copy + Default + Send + Sync + 'static {
    /// Whether there is an extent.
    const EXTENT: bool;
    /// Whether there is a total.
    const TOTAL: bool;

    /// Takes a value. Whether the sum has overflowed. `SETTLED` says that most groups have seen many values, which is a
    /// matter of speed only.
    fn add<const SETTLED: bool>(&mut self, value: i64) -> bool;

    /// Extent and total; what there is not has seen nothing.
    fn parts(self) -> (Extent, Total);

    /// Of these parts, as far as they are kept.
    fn of(extent: Extent, total: Total) -> Self;
}

impl Slot for Extent {
    const EXTENT: bool = true;
    const TOTAL: bool = false;

    #[inline(always)]
    fn add<const SETTLED: bool>(&mut self, value: i64) -> bool {
        Extent::add::<SETTLED>(self, value);
        false
    }

    fn parts(self) -> (Extent, Total) {
        (self, Total::default())
    }

    fn of(extent: Extent, _: Total) -> Self {
        extent
    }
}

impl Slot for Total {
    const EXTENT: bool = false;
    const TOTAL: bool = true;

    #[inline(always)]
    fn add<const SETTLED: bool>(&mut self, value: i64) -> bool {
        Total::add(self, value, 1)
    }

    fn parts(self) -> (Extent, Total) {
        (Extent::default(), self)
    }

    fn of(_: Extent, total: Total) -> Self {
        total
    }
}

impl Slot for Full {
    const EXTENT: bool = true;
    const TOTAL: bool = true;

    #[inline(always)]
    fn add<const SETTLED: bool>(&mut self, value: i64) -> bool {
        self.extent.add::<SETTLED>(value);
        self.total.add(value, 1)
    }

    fn parts(self) -> (Extent, Total) {
        (self.extent, self.total)
    }

    fn of(extent: Extent, total: Total) -> Self {
        Full { extent, total }
    }
}
