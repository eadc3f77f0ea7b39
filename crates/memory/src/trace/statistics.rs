//! Statistics of a snapshot: its amounts added up by line, file, function, stack or tag. Pure sums over [`Traces`].

use std::collections::HashMap;
use std::fmt;

use super::format::{format_size, write_average};
use super::key::{Key, Traceback};
use super::traces::{Amount, Frame, Trace, Traces};

/// Which of a trace's amounts is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Measure {
    /// Allocated and not yet freed.
    #[default]
    Live,
    /// Live when the traced bytes were at their peak.
    AtPeak,
    /// Every allocation since tracing began, freed ones included.
    Total,
    /// Allocations that were freed by the thread that had made them before it made another one.
    Temporary,
}

/// What traces are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum GroupBy {
    /// Source line: file and line number of the trace's [site](Trace::site).
    #[default]
    Line,
    /// Source file of the site.
    File,
    /// Function of the site, by its full name alone: a generic function is one whatever file it was inlined into.
    Function,
    /// The whole stack.
    Traceback,
    /// The tag.
    Tag,
}

/// What one group holds. Its text is `tracemalloc`'s: `src/scan.rs:41: size=4855 KiB, count=39328, average=126 B`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Statistic {
    /// The group.
    pub key: Key,
    /// The sum over its traces.
    pub amount: Amount,
}

impl fmt::Display for Statistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Amount { bytes, count } = self.amount;
        write!(f, "{}: size={}, count={count}", self.key, format_size(bytes as f64, false))?;
        write_average(self.amount, f)
    }
}

impl Trace {
    /// The amount that `of` means.
    #[must_use]
    pub fn amount(&self, of: Measure) -> Amount {
        match of {
            Measure::Live => self.live,
            Measure::AtPeak => self.at_peak,
            Measure::Total => self.total,
            Measure::Temporary => self.temporary,
        }
    }
}

/// Where a trace without frames is put down to.
static UNKNOWN: Frame = Frame { file: String::new(), line: 0, function: String::new(), library: false };

impl Traces {
    /// What each group holds, the largest first: by bytes, then blocks, then key, all descending, as Python's
    /// `tracemalloc.Snapshot.statistics` sorts. Traces without an amount make no group.
    ///
    /// Without `cumulative` a trace counts where its [site](Trace::site) is, so that the statistics add up to the whole.
    /// With it, every frame of the stack gets the amount, and a line, file or function that recurs in one stack gets it
    /// once (`tracemalloc` counts it again at each level of a recursion). [`GroupBy::Traceback`] and [`GroupBy::Tag`] have
    /// one group a trace, so that `cumulative` changes nothing there (`tracemalloc` refuses it).
    ///
    /// A trace without frames belongs to the unknown line, file and function, which have no name and line 0.
    ///
    /// # Panics
    /// If a trace names a frame or a tag that is not there; no snapshot and no loaded file has such a trace.
    #[must_use]
    pub fn statistics(&self, by: GroupBy, of: Measure, cumulative: bool) -> Vec<Statistic> {
        let sums = self.sums(by, of, cumulative).into_iter();
        let mut statistics: Vec<Statistic> =
            sums.map(|(group, amount)| Statistic { key: group.into_key(), amount }).collect();
        let order = |a: &Statistic, b: &Statistic| {
            (a.amount.bytes, a.amount.count, &a.key).cmp(&(b.amount.bytes, b.amount.count, &b.key))
        };
        statistics.sort_unstable_by(|a, b| order(b, a));
        statistics
    }

    /// The amount of every group that has one.
    pub(super) fn sums(&self, by: GroupBy, of: Measure, cumulative: bool) -> HashMap<Group<'_>, Amount> {
        // With each sum goes the last trace that was added to it: what recurs in a stack is added once.
        let mut sums: HashMap<Group<'_>, (Amount, usize)> = HashMap::new();
        for (number, trace) in self.traces.iter().enumerate() {
            let amount = trace.amount(of);
            if amount == Amount::default() {
                continue;
            }
            for group in self.groups(trace, by, cumulative) {
                let (sum, last) = sums.entry(group).or_insert((Amount::default(), usize::MAX));
                if *last != number {
                    (*sum, *last) = (sum.plus(amount), number);
                }
            }
        }
        sums.into_iter().map(|(group, (sum, _))| (group, sum)).collect()
    }

    /// The groups that a trace counts in; one may be there more than once.
    fn groups(&self, trace: &Trace, by: GroupBy, cumulative: bool) -> Vec<Group<'_>> {
        let frames = || trace.stack.iter().map(|frame| &self.frames[*frame as usize]);
        let blamed = || -> Vec<&Frame> {
            match trace.site(&self.frames) {
                Some(_) if cumulative => frames().collect(),
                Some(site) => vec![&self.frames[site as usize]],
                None => vec![&UNKNOWN],
            }
        };
        match by {
            GroupBy::Line => blamed().into_iter().map(|frame| Group::Line(&frame.file, frame.line)).collect(),
            GroupBy::File => blamed().into_iter().map(|frame| Group::File(&frame.file)).collect(),
            GroupBy::Function => blamed().into_iter().map(|frame| Group::Function(&frame.function)).collect(),
            GroupBy::Traceback => vec![Group::Traceback(frames().rev().collect())],
            GroupBy::Tag => vec![Group::Tag(&self.tags[trace.tag as usize])],
        }
    }
}

/// A [`Key`] that borrows: sums are made without copying names.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) enum Group<'a> {
    Line(&'a str, u32),
    File(&'a str),
    Function(&'a str),
    Traceback(Vec<&'a Frame>),
    Tag(&'a str),
}

impl Group<'_> {
    pub(super) fn into_key(self) -> Key {
        match self {
            Group::Line(file, line) => Key::Line { file: file.to_owned(), line },
            Group::File(file) => Key::File(file.to_owned()),
            Group::Function(name) => Key::Function(name.to_owned()),
            Group::Traceback(frames) => {
                Key::Traceback(Traceback { frames: frames.into_iter().cloned().collect() })
            }
            Group::Tag(name) => Key::Tag(name.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::arbitrary::{ALL_GROUPS, ALL_MEASURES, any_traces, own_frame, plain};
    use super::*;

    fn line(file: &str, line: u32) -> Key {
        Key::Line { file: file.into(), line }
    }

    fn keyed(traces: &Traces, by: GroupBy, cumulative: bool) -> Vec<(Key, u64)> {
        let statistics = traces.statistics(by, Measure::Live, cumulative).into_iter();
        statistics.map(|statistic| (statistic.key, statistic.amount.bytes)).collect()
    }

    /// `walk` calls itself twice over, from lines 5 and 6, and pushes into a vector; `main` also allocates by itself.
    fn recursive() -> Traces {
        let library = Frame { library: true, ..own_frame("alloc/vec.rs", 9, "Vec::push") };
        let frames = vec![
            library,
            own_frame("walk.rs", 5, "walk"),
            own_frame("walk.rs", 6, "walk"),
            own_frame("main.rs", 1, "main"),
        ];
        let trace = |stack: &[u32], tag, bytes| Trace {
            stack: stack.to_vec(),
            tag,
            live: Amount { bytes, count: 1 },
            total: Amount { bytes: 2 * bytes, count: 3 },
            ..Trace::default()
        };
        let traces = vec![trace(&[0, 1, 2, 1, 3], 1, 100), trace(&[3], 0, 10), trace(&[], 0, 1)];
        Traces { tags: vec![String::new(), "tree".into()], frames, traces, ..Traces::default() }
    }

    #[test]
    fn an_allocation_is_put_down_to_its_site() {
        let traces = recursive();
        assert_eq!(
            keyed(&traces, GroupBy::Line, false),
            [(line("walk.rs", 5), 100), (line("main.rs", 1), 10), (line("", 0), 1)]
        );
        let file = |name: &str| Key::File(name.into());
        assert_eq!(
            keyed(&traces, GroupBy::File, false),
            [(file("walk.rs"), 100), (file("main.rs"), 10), (file(""), 1)]
        );
        let tag = |name: &str| Key::Tag(name.into());
        assert_eq!(keyed(&traces, GroupBy::Tag, false), [(tag("tree"), 100), (tag(""), 11)]);
        let total = &traces.statistics(GroupBy::Function, Measure::Total, false)[0];
        assert_eq!(total.to_string(), "walk: size=200 B, count=3, average=67 B");
        assert_eq!(traces.statistics(GroupBy::Function, Measure::AtPeak, false), []);
    }

    #[test]
    fn a_cumulative_amount_counts_once_a_stack() {
        let traces = recursive();
        assert_eq!(
            keyed(&traces, GroupBy::Line, true),
            [
                (line("main.rs", 1), 110),
                (line("walk.rs", 6), 100),
                (line("walk.rs", 5), 100),
                (line("alloc/vec.rs", 9), 100),
                (line("", 0), 1),
            ]
        );
        let function = |name: &str| Key::Function(name.into());
        assert_eq!(
            keyed(&traces, GroupBy::Function, true),
            [
                (function("main"), 110),
                (function("walk"), 100),
                (function("Vec::push"), 100),
                (function(""), 1)
            ]
        );
        for by in [GroupBy::Traceback, GroupBy::Tag] {
            assert_eq!(keyed(&traces, by, true), keyed(&traces, by, false));
        }
    }

    #[test]
    fn ties_go_by_blocks_and_then_by_key_downwards() {
        let traces = plain(&[("a.rs", 1, 8, 1), ("b.rs", 1, 8, 1), ("a.rs", 2, 8, 3), ("a.rs", 10, 8, 1)]);
        let order: Vec<Key> = keyed(&traces, GroupBy::Line, false).into_iter().map(|(key, _)| key).collect();
        assert_eq!(order, [line("a.rs", 2), line("b.rs", 1), line("a.rs", 10), line("a.rs", 1)]);
    }

    proptest! {
        #[test]
        fn every_grouping_adds_up_to_the_whole(
            traces in any_traces(), by in prop::sample::select(ALL_GROUPS),
            of in prop::sample::select(ALL_MEASURES),
        ) {
            let statistics = traces.statistics(by, of, false);
            let sum = statistics.iter().fold(Amount::default(), |sum, one| sum.plus(one.amount));
            let whole = traces.traces.iter().fold(Amount::default(), |sum, trace| sum.plus(trace.amount(of)));
            prop_assert_eq!(sum, whole);
            if of == Measure::Live {
                prop_assert_eq!(sum, traces.live());
            }
            prop_assert!(statistics.iter().all(|one| one.amount != Amount::default()));
        }

        /// Against a slow definition: a line's cumulative amount is that of the traces whose stack has it.
        #[test]
        fn cumulative_amounts_are_those_of_the_stacks_that_pass(traces in any_traces()) {
            for statistic in traces.statistics(GroupBy::Line, Measure::Live, true) {
                let Key::Line { file, line } = &statistic.key else { unreachable!() };
                let passes = |trace: &&Trace| {
                    let mut stack = trace.stack.iter().map(|frame| &traces.frames[*frame as usize]);
                    let unknown = trace.stack.is_empty() && file.is_empty() && *line == 0;
                    unknown || stack.any(|frame| (&frame.file, frame.line) == (file, *line))
                };
                let passing = traces.traces.iter().filter(passes);
                let sum = passing.fold(Amount::default(), |sum, trace| sum.plus(trace.live));
                prop_assert_eq!(statistic.amount, sum);
            }
        }
    }
}
