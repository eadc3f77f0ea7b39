//! Statistics, differences, filters and sizes against Python's `tracemalloc`, whose answers `tracemalloc_expected.py` has
//! written down.
#![cfg(feature = "traces")]
#![allow(clippy::unwrap_used)]

use plimsoll_memory::trace::{Amount, Filter, Frame, GroupBy, Key, Measure, Trace, Traces, format_size};

const EXPECTED: &str = include_str!("tracemalloc_expected.txt");

/// The lines of every section whose name starts so, with the rest of the name.
fn sections(start: &str) -> Vec<(&'static str, Vec<&'static str>)> {
    let sections = EXPECTED.split("== ").skip(1).map(|section| section.split_once('\n').unwrap());
    let found: Vec<_> = sections
        .filter_map(|(name, lines)| Some((name.strip_prefix(start)?.trim(), lines.lines().collect())))
        .collect();
    assert!(!found.is_empty(), "no section {start}");
    found
}

/// The snapshot of a section; blocks of the same stack and domain are one trace, as in every snapshot of ours.
fn snapshot(name: &str) -> Traces {
    let mut traces = Traces { tags: ["", "1", "2"].map(str::to_owned).to_vec(), ..Traces::default() };
    for block in &sections(name)[0].1 {
        let mut words = block.split(' ');
        let mut number = || words.next().unwrap().parse().unwrap();
        let (tag, bytes) = (number() as u32, number());
        let stack: Vec<u32> = words.map(|place| index(&mut traces.frames, place)).collect();
        let live = Amount { bytes, count: 1 };
        match traces.traces.iter_mut().find(|trace| trace.stack == stack && trace.tag == tag) {
            Some(trace) => trace.live = trace.live.plus(live),
            None => traces.traces.push(Trace { stack, tag, live, ..Trace::default() }),
        }
    }
    traces
}

/// The number of a frame given as file and line; its function is named after it.
fn index(frames: &mut Vec<Frame>, place: &str) -> u32 {
    let (file, line) = place.split_once(':').unwrap();
    let frame =
        Frame { file: file.into(), line: line.parse().unwrap(), function: place.into(), library: false };
    let known = frames.iter().position(|one| *one == frame);
    known.unwrap_or_else(|| {
        frames.push(frame);
        frames.len() - 1
    }) as u32
}

fn text<T: ToString>(statistics: &[T]) -> Vec<String> {
    statistics.iter().map(T::to_string).collect()
}

fn group(name: &str) -> GroupBy {
    match name {
        "line" => GroupBy::Line,
        "file" => GroupBy::File,
        "traceback" => GroupBy::Traceback,
        other => panic!("no group {other}"),
    }
}

#[test]
fn sizes_are_written_alike() {
    let lines = &sections("sizes")[0].1;
    assert!(lines.len() > 300);
    for line in lines {
        let columns: Vec<&str> = line.split('\t').collect();
        let size: f64 = columns[0].parse().unwrap();
        assert_eq!([format_size(size, false), format_size(size, true)], columns[1..], "{size}");
    }
}

#[test]
fn statistics_and_differences_are_alike() {
    let (old, new) = (snapshot("old"), snapshot("new"));
    let mut compared = 0;
    for (start, cumulative) in [("", false), ("cumulative ", true)] {
        for (by, lines) in sections(&format!("{start}statistics ")) {
            assert_eq!(text(&new.statistics(group(by), Measure::Live, cumulative)), lines, "{by}");
            compared += 1;
        }
        for (by, lines) in sections(&format!("{start}difference ")) {
            assert_eq!(text(&new.compare_to(&old, group(by), Measure::Live, cumulative)), lines, "{by}");
            compared += 1;
        }
    }
    assert_eq!(compared, 10);
}

#[test]
fn tracebacks_are_alike_but_for_the_functions() {
    let mut lines = Vec::new();
    for statistic in &snapshot("new").statistics(GroupBy::Traceback, Measure::Live, false)[..5] {
        let Key::Traceback(traceback) = &statistic.key else { panic!("{statistic}") };
        for (limit, recent_first) in [(None, false), (None, true), (Some(2), false), (Some(1), true)] {
            for line in traceback.format(limit, recent_first) {
                let (place, function) = line.split_once(", in ").unwrap();
                assert!(place.ends_with(&format!(", line {}", function.rsplit(':').next().unwrap())));
                lines.push(place.to_owned());
            }
        }
    }
    assert_eq!(lines, sections("tracebacks")[0].1);
}

#[test]
fn filters_keep_the_same_traces() {
    let new = snapshot("new");
    for (words, lines) in sections("filters ") {
        let filters: Vec<Filter> = words.split("; ").filter(|word| *word != "none").map(filter).collect();
        let kept = new.filter_traces(&filters);
        assert_eq!(text(&kept.statistics(GroupBy::Traceback, Measure::Live, false)), lines, "{words}");
    }
}

/// A filter as the script names it: sign, pattern, line, frames and domain.
fn filter(words: &str) -> Filter {
    let words: Vec<&str> = words.split(' ').collect();
    let some = |word: &str| Some(word.to_owned()).filter(|word| word != "-");
    Filter {
        include: words[0] == "+",
        file: words[1].to_owned(),
        line: some(words[2]).map(|line| line.parse().unwrap()),
        all_frames: words[3] == "all",
        tag: some(words[4]).map(|domain| domain.replace('0', "")),
    }
}

#[test]
fn patterns_match_alike() {
    let lines = &sections("patterns")[0].1;
    assert!(lines.len() > 500);
    for line in lines {
        let columns: Vec<String> = line.split('\t').map(|column| column.replace("\\n", "\n")).collect();
        let frame = Frame { file: columns[1].clone(), ..Frame::default() };
        let trace = Trace { stack: vec![0], ..Trace::default() };
        let traces = Traces { frames: vec![frame], traces: vec![trace], ..Traces::default() };
        let kept = traces.filter_traces(&[Filter::include(&columns[0])]).traces.len();
        assert_eq!(kept.to_string(), columns[2], "{} of {}", columns[0], columns[1]);
    }
}
