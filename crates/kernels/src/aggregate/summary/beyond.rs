//! What the words of a summary's slots do not hold. It takes no memory before it is needed.

use plimsoll_core::Result;

use crate::aggregate::key::rescale;
use crate::exact::Carries;

/// By group, each vector only as long as it must be.
#[derive(Debug, Default)]
pub(super) struct Beyond {
    /// The upper words of the sums.
    pub(super) carries: Carries,
    /// The least and the greatest of those mantissas that have more than 64 bits.
    outliers: Vec<(i128, i128)>,
    /// Counts that were taken from the slots before they could overflow.
    counted: Vec<u64>,
    /// Rows where the argument is NULL; only kept where `count(*)` is asked for.
    nulls: Vec<u64>,
}

/// No outlier; mantissas have 38 digits, which is less.
const NONE: (i128, i128) = (i128::MAX, i128::MIN);

impl Beyond {
    /// Takes a mantissa of more than 64 bits.
    pub(super) fn stretch(&mut self, group: usize, value: i128) {
        self.widen_to(group, (value, value));
    }

    pub(super) fn add_counted(&mut self, group: usize, count: u64) {
        *entry(&mut self.counted, group, 0) += count;
    }

    pub(super) fn add_null(&mut self, group: usize) {
        *entry(&mut self.nulls, group, 0) += 1;
    }

    pub(super) fn add_nulls(&mut self, group: usize, nulls: u64) {
        if nulls > 0 {
            *entry(&mut self.nulls, group, 0) += nulls;
        }
    }

    /// The least and the greatest outlier.
    pub(super) fn outliers(&self, group: usize) -> Option<(i128, i128)> {
        self.outliers.get(group).copied().filter(|(least, greatest)| least <= greatest)
    }

    pub(super) fn counted(&self, group: usize) -> u64 {
        self.counted.get(group).copied().unwrap_or(0)
    }

    pub(super) fn nulls(&self, group: usize) -> u64 {
        self.nulls.get(group).copied().unwrap_or(0)
    }

    /// Takes what lies beyond group `from` of `other`; whether `other` has anything at all is looked at first.
    pub(super) fn merge(&mut self, group: usize, other: &Beyond, from: usize) {
        self.carries.add(group, other.carries.get(from));
        if let Some(outliers) = other.outliers(from) {
            self.widen_to(group, outliers);
        }
        if other.counted(from) > 0 {
            self.add_counted(group, other.counted(from));
        }
        self.add_nulls(group, other.nulls(from));
    }

    /// Multiplies the outliers by `factor`.
    pub(super) fn rescale(&mut self, factor: i128) -> Result<()> {
        for (least, greatest) in self.outliers.iter_mut().filter(|(least, greatest)| least <= greatest) {
            (*least, *greatest) = (rescale(*least, factor)?, rescale(*greatest, factor)?);
        }
        Ok(())
    }

    /// Heap bytes held.
    pub(super) fn heap(&self) -> usize {
        self.carries.heap()
            + self.outliers.capacity() * size_of::<(i128, i128)>()
            + (self.counted.capacity() + self.nulls.capacity()) * size_of::<u64>()
    }

    fn widen_to(&mut self, group: usize, (least, greatest): (i128, i128)) {
        let own = entry(&mut self.outliers, group, NONE);
        *own = (own.0.min(least), own.1.max(greatest));
    }
}

fn entry<T: Clone>(values: &mut Vec<T>, at: usize, none: T) -> &mut T {
    if values.len() <= at {
        values.resize(at + 1, none);
    }
    &mut values[at]
}
