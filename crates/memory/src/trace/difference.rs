//! The difference of two snapshots, group by group.

use std::collections::HashMap;
use std::fmt;

use super::format::{format_size, write_average};
use super::key::Key;
use super::statistics::{GroupBy, Measure};
use super::traces::{Amount, Traces};

/// How one group changed. Its text is `tracemalloc`'s:
/// `src/scan.rs:41: size=4855 KiB (+372 KiB), count=39328 (+30), average=126 B`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StatisticDiff {
    /// The group.
    pub key: Key,
    /// What it holds in the new snapshot.
    pub amount: Amount,
    /// How many bytes more than in the old snapshot; negative where it shrank.
    pub bytes_diff: i64,
    /// How many blocks more than in the old snapshot.
    pub count_diff: i64,
}

impl fmt::Display for StatisticDiff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (size, size_diff) =
            (format_size(self.amount.bytes as f64, false), format_size(self.bytes_diff as f64, true));
        let (count, count_diff) = (self.amount.count, self.count_diff);
        write!(f, "{}: size={size} ({size_diff}), count={count} ({count_diff:+})", self.key)?;
        write_average(self.amount, f)
    }
}

impl Traces {
    /// How every group of [`statistics`](Traces::statistics) changed since `old`, the largest change first: by bytes
    /// changed, bytes, blocks changed, blocks and key, all descending and changes without their sign, as Python's
    /// `tracemalloc.Snapshot.compare_to` sorts. Groups that did not change are there too, as are those that hold nothing
    /// any more. Groups are the same if their names are.
    ///
    /// Differences are taken modulo 2^64, which matters to no program: they are wrong beyond 8 EiB.
    ///
    /// # Panics
    /// As [`statistics`](Traces::statistics), of either snapshot.
    #[must_use]
    pub fn compare_to(&self, old: &Traces, by: GroupBy, of: Measure, cumulative: bool) -> Vec<StatisticDiff> {
        let mut groups = HashMap::new();
        for (group, new) in self.sums(by, of, cumulative) {
            groups.insert(group, (new, Amount::default()));
        }
        for (group, old) in old.sums(by, of, cumulative) {
            groups.entry(group).or_default().1 = old;
        }
        let diff = |new: u64, old: u64| new.wrapping_sub(old).cast_signed();
        let mut differences: Vec<StatisticDiff> = groups
            .into_iter()
            .map(|(group, (new, old))| StatisticDiff {
                key: group.into_key(),
                amount: new,
                bytes_diff: diff(new.bytes, old.bytes),
                count_diff: diff(new.count, old.count),
            })
            .collect();
        differences.sort_unstable_by(|a, b| b.rank().cmp(&a.rank()));
        differences
    }
}

impl StatisticDiff {
    fn rank(&self) -> (u64, u64, u64, u64, &Key) {
        let Amount { bytes, count } = self.amount;
        (self.bytes_diff.unsigned_abs(), bytes, self.count_diff.unsigned_abs(), count, &self.key)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::super::arbitrary::{ALL_GROUPS, ALL_MEASURES, any_traces, plain};
    use super::*;

    /// Each group's difference, without those that did not change.
    fn changes(new: &Traces, old: &Traces, by: GroupBy, of: Measure, all: bool) -> BTreeMap<Key, (i64, i64)> {
        let differences = new.compare_to(old, by, of, all).into_iter();
        let changes = differences.map(|diff| (diff.key, (diff.bytes_diff, diff.count_diff)));
        changes.filter(|(_, change)| *change != (0, 0)).collect()
    }

    #[test]
    fn what_is_gone_and_what_is_the_same_are_listed() {
        let old = plain(&[("a.rs", 1, 100, 2), ("b.rs", 2, 50, 1)]);
        // The same line has another index here.
        let new = plain(&[("c.rs", 3, 30, 3), ("b.rs", 2, 50, 1)]);
        let text: Vec<String> = new
            .compare_to(&old, GroupBy::Line, Measure::Live, false)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            text,
            [
                "a.rs:1: size=0 B (-100 B), count=0 (-2)",
                "c.rs:3: size=30 B (+30 B), count=3 (+3), average=10 B",
                "b.rs:2: size=50 B (+0 B), count=1 (+0), average=50 B",
            ]
        );
    }

    proptest! {
        #[test]
        fn differences_are_antisymmetric_and_add_up(
            a in any_traces(), b in any_traces(), c in any_traces(),
            by in prop::sample::select(ALL_GROUPS), of in prop::sample::select(ALL_MEASURES), all: bool,
        ) {
            let mut negated = changes(&b, &a, by, of, all);
            negated.values_mut().for_each(|(bytes, count)| (*bytes, *count) = (-*bytes, -*count));
            prop_assert_eq!(changes(&a, &b, by, of, all), negated);

            let mut sum = changes(&c, &b, by, of, all);
            for (key, (bytes, count)) in changes(&b, &a, by, of, all) {
                let change = sum.entry(key).or_default();
                *change = (change.0 + bytes, change.1 + count);
            }
            sum.retain(|_, change| *change != (0, 0));
            prop_assert_eq!(changes(&c, &a, by, of, all), sum);
            prop_assert!(changes(&a, &a, by, of, all).is_empty());
        }

        #[test]
        fn the_old_amount_and_the_difference_give_the_new_one(
            new in any_traces(), old in any_traces(), by in prop::sample::select(ALL_GROUPS), all: bool,
        ) {
            let before: BTreeMap<Key, Amount> =
                old.statistics(by, Measure::Live, all).into_iter().map(|one| (one.key, one.amount)).collect();
            let mut after = BTreeMap::new();
            for diff in new.compare_to(&old, by, Measure::Live, all) {
                let then = before.get(&diff.key).copied().unwrap_or_default();
                let now = Amount {
                    bytes: then.bytes.wrapping_add_signed(diff.bytes_diff),
                    count: then.count.wrapping_add_signed(diff.count_diff),
                };
                prop_assert_eq!(diff.amount, now);
                after.insert(diff.key, now);
            }
            after.retain(|_, amount| *amount != Amount::default());
            let expected: BTreeMap<Key, Amount> =
                new.statistics(by, Measure::Live, all).into_iter().map(|one| (one.key, one.amount)).collect();
            prop_assert_eq!(after, expected);
        }

        #[test]
        fn numbering_and_the_order_of_traces_do_not_matter(
            traces in any_traces(), by in prop::sample::select(ALL_GROUPS),
        ) {
            let mut other = traces.clone();
            let last = other.frames.len() as u32;
            other.frames.reverse();
            other.traces.reverse();
            for trace in &mut other.traces {
                trace.stack.iter_mut().for_each(|frame| *frame = last - 1 - *frame);
            }
            let statistics = |of: &Traces| of.statistics(by, Measure::Total, false);
            prop_assert_eq!(statistics(&other), statistics(&traces));
            prop_assert!(changes(&other, &traces, by, Measure::Total, true).is_empty());
        }
    }
}
