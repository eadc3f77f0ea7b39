//! Filters: a snapshot of some of another one's traces.

use super::glob::Glob;
use super::traces::{Frame, Trace, Traces};

/// Which traces are kept or dropped, as in Python's `tracemalloc.Filter`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Filter {
    /// Whether the traces that match are those to keep, or those to drop.
    pub include: bool,
    /// Pattern of the file's name, as of Python's `fnmatch`: `*` is any text, slashes included, `?` any character,
    /// `[a-z]` and `[!a-z]` one that is or is not in a set. It is matched against the whole name; upper and lower case differ; a
    /// backslash and a slash are the same. The name of an unknown file is empty.
    pub file: String,
    /// The line; any where it is `None`.
    pub line: Option<u32>,
    /// Whether any frame of the stack may be in that file and line, or only the trace's [site](Trace::site).
    pub all_frames: bool,
    /// The tag's whole name, empty for allocations outside of any tag; any where it is `None`. Both the frame and the tag
    /// must match.
    pub tag: Option<String>,
}

impl Filter {
    /// Keeps what is put down to the files of a pattern.
    #[must_use]
    pub fn include(file: &str) -> Filter {
        Filter { include: true, file: file.to_owned(), line: None, all_frames: false, tag: None }
    }

    /// Drops what is put down to the files of a pattern.
    #[must_use]
    pub fn exclude(file: &str) -> Filter {
        Filter { include: false, ..Filter::include(file) }
    }
}

/// A filter made ready for one snapshot.
struct Ready<'a> {
    filter: &'a Filter,
    /// For each frame whether file and line match.
    frames: Vec<bool>,
    /// What a trace without frames is: the unknown file, line 0.
    unknown: bool,
}

impl<'a> Ready<'a> {
    fn new(filter: &'a Filter, frames: &[Frame]) -> Self {
        let glob = Glob::new(&filter.file);
        let matches =
            |file: &str, line: u32| filter.line.is_none_or(|wanted| wanted == line) && glob.matches(file);
        let unknown = matches("", 0);
        let frames = frames.iter().map(|frame| matches(&frame.file, frame.line)).collect();
        Ready { filter, frames, unknown }
    }

    fn matches(&self, trace: &Trace, traces: &Traces) -> bool {
        let tag = self.filter.tag.as_ref();
        if tag.is_some_and(|name| traces.tags[trace.tag as usize] != *name) {
            return false;
        }
        let matches = |frame: &u32| self.frames[*frame as usize];
        match trace.site(&traces.frames) {
            None => self.unknown,
            Some(_) if self.filter.all_frames => trace.stack.iter().any(matches),
            Some(site) => matches(&site),
        }
    }
}

impl Traces {
    /// A snapshot of the traces that pass: those that match at least one filter to include, if there is such a filter, and
    /// no filter to exclude. Frames that no trace names any more are left out; tags, the peak and the counters stay those
    /// of the whole program.
    ///
    /// # Panics
    /// If a trace names a frame or a tag that is not there; no snapshot and no loaded file has such a trace.
    #[must_use]
    pub fn filter_traces(&self, filters: &[Filter]) -> Traces {
        let ready = filters.iter().map(|filter| Ready::new(filter, &self.frames));
        let (include, exclude): (Vec<_>, Vec<_>) = ready.partition(|ready| ready.filter.include);
        let passes = |trace: &&Trace| {
            (include.is_empty() || include.iter().any(|filter| filter.matches(trace, self)))
                && !exclude.iter().any(|filter| filter.matches(trace, self))
        };
        let mut traces: Vec<Trace> = self.traces.iter().filter(passes).cloned().collect();

        let mut named = vec![false; self.frames.len()];
        traces.iter().flat_map(|trace| &trace.stack).for_each(|frame| named[*frame as usize] = true);
        let mut frames = Vec::new();
        // The new index of each frame; those of frames that are left out are never read.
        let mut renumbered = vec![0_u32; named.len()];
        for (index, frame) in self.frames.iter().enumerate().filter(|(index, _)| named[*index]) {
            // Fits, since the old index did.
            renumbered[index] = frames.len() as u32;
            frames.push(frame.clone());
        }
        let stacks = traces.iter_mut().flat_map(|trace| &mut trace.stack);
        stacks.for_each(|frame| *frame = renumbered[*frame as usize]);
        Traces {
            mode: self.mode,
            frame_limit: self.frame_limit,
            tags: self.tags.clone(),
            frames,
            traces,
            peak_bytes: self.peak_bytes,
            counted: self.counted,
            overhead_bytes: self.overhead_bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::arbitrary::{any_traces, own_frame, plain};
    use super::super::statistics::{GroupBy, Measure};
    use super::super::traces::Amount;
    use super::*;

    fn kept(traces: &Traces, filters: &[Filter]) -> Vec<u64> {
        traces.filter_traces(filters).traces.iter().map(|trace| trace.live.bytes).collect()
    }

    /// 1: read.rs from main.rs; 2: group.rs from main.rs, with a library's frame before it, tagged; 4: no frames, tagged.
    fn three() -> Traces {
        let library = Frame { library: true, ..own_frame("/rust/library/alloc/vec.rs", 1, "push") };
        let frames = vec![
            own_frame("unused.rs", 1, "unused"),
            own_frame("src/main.rs", 10, "main"),
            library,
            own_frame("src/group.rs", 20, "group"),
            own_frame("src/read.rs", 30, "read"),
        ];
        let trace = |stack: &[u32], tag, bytes| Trace {
            stack: stack.to_vec(),
            tag,
            live: Amount { bytes, count: 1 },
            ..Trace::default()
        };
        let traces = vec![trace(&[4, 1], 0, 1), trace(&[2, 3, 1], 1, 2), trace(&[], 1, 4)];
        Traces { tags: vec![String::new(), "sum".into()], frames, traces, ..Traces::default() }
    }

    #[test]
    fn one_inclusive_filter_is_enough_and_one_exclusive_too() {
        let traces = three();
        let (read, group) = (Filter::include("*/read.rs"), Filter::include("src/group.rs"));
        assert_eq!(kept(&traces, &[]), [1, 2, 4]);
        assert_eq!(kept(&traces, &[read.clone(), group]), [1, 2]);
        assert_eq!(kept(&traces, &[Filter::exclude("*/read.rs")]), [2, 4]);
        assert_eq!(kept(&traces, &[Filter::exclude("*/read.rs"), Filter::exclude("*/group.rs")]), [4]);
        assert_eq!(kept(&traces, &[Filter::include("*.rs"), Filter::exclude("*/read.rs")]), [2]);
        assert!(kept(&traces, &[read, Filter::exclude("*/read.rs")]).is_empty());
        assert_eq!(kept(&traces, &[Filter::include("")]), [4]);
        assert_eq!(kept(&traces, &[Filter::include("*")]), [1, 2, 4]);
    }

    #[test]
    fn only_the_site_is_looked_at_unless_all_frames_are() {
        let traces = three();
        for (file, site, all) in
            [("*/main.rs", &[][..], &[1, 2][..]), ("*/vec.rs", &[], &[2]), ("src\\r*.rs", &[1], &[1])]
        {
            let filter = Filter::include(file);
            assert_eq!(kept(&traces, std::slice::from_ref(&filter)), site, "{file}");
            assert_eq!(kept(&traces, &[Filter { all_frames: true, ..filter }]), all, "{file}");
        }
        let line = |line| Filter { line: Some(line), all_frames: true, ..Filter::include("*/main.rs") };
        assert_eq!(kept(&traces, &[line(10)]), [1, 2]);
        assert!(kept(&traces, &[line(20)]).is_empty());
        assert_eq!(kept(&traces, &[Filter { include: false, ..line(10) }]), [4]);
    }

    #[test]
    fn a_tag_must_match_as_well_as_the_frame() {
        let traces = three();
        let tagged =
            |include, file, tag: &str| Filter { include, tag: Some(tag.into()), ..Filter::include(file) };
        assert_eq!(kept(&traces, &[tagged(true, "*", "sum")]), [2, 4]);
        assert_eq!(kept(&traces, &[tagged(true, "*", "")]), [1]);
        assert!(kept(&traces, &[tagged(true, "*/read.rs", "sum")]).is_empty());
        assert_eq!(kept(&traces, &[tagged(false, "*/group.rs", "sum")]), [1, 4]);
        assert_eq!(kept(&traces, &[tagged(false, "*", "su")]), [1, 2, 4]);
    }

    #[test]
    fn frames_that_are_not_named_are_left_out() {
        let traces = three().filter_traces(&[Filter::include("*/group.rs")]);
        let files: Vec<&str> = traces.frames.iter().map(|frame| frame.file.as_str()).collect();
        assert_eq!(files, ["src/main.rs", "/rust/library/alloc/vec.rs", "src/group.rs"]);
        assert_eq!(traces.traces[0].stack, [1, 2, 0]);
    }

    #[test]
    fn slashes_of_either_kind_are_the_same() {
        let traces = plain(&[("a\\b\\c.rs", 1, 1, 1), ("a/b/c.rs", 1, 2, 1)]);
        for pattern in ["a/b/c.rs", "a\\b\\c.rs", "a?b*c.rs", "*/c.rs", "a[/]b[\\]c.rs"] {
            assert_eq!(kept(&traces, &[Filter::include(pattern)]), [1, 2], "{pattern}");
        }
        assert!(kept(&traces, &[Filter::include("A/b/c.rs")]).is_empty());
    }

    #[test]
    fn a_pattern_of_many_stars_takes_no_exponential_time() {
        let traces = plain(&[(&"a".repeat(2000), 1, 1, 1)]);
        assert!(kept(&traces, &[Filter::include(&("a*".repeat(100) + "b"))]).is_empty());
    }

    proptest! {
        #[test]
        fn a_filter_and_its_opposite_part_the_traces(
            traces in any_traces(), file in "[ab*?./\\[\\]!-]{0,6}", line in prop::option::of(0_u32..3),
            all_frames: bool, tag in prop::option::of(prop::sample::select(vec!["", "scan", "none"])),
        ) {
            let filter = Filter { include: true, file, line, all_frames, tag: tag.map(str::to_owned) };
            let with = traces.filter_traces(std::slice::from_ref(&filter));
            let without = traces.filter_traces(&[Filter { include: false, ..filter }]);
            prop_assert_eq!(with.traces.len() + without.traces.len(), traces.traces.len());
            prop_assert_eq!(with.live().plus(without.live()), traces.live());
        }

        #[test]
        fn a_filter_that_keeps_all_changes_no_statistic(traces in any_traces()) {
            let all = traces.filter_traces(&[Filter::include("*")]);
            let statistics = |of: &Traces| of.statistics(GroupBy::Traceback, Measure::Live, false);
            prop_assert_eq!(statistics(&all), statistics(&traces));
        }
    }
}
