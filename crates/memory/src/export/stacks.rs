//! Stacks from the outermost call inwards, each with its bytes: what folded lines and flame graphs are made of. It knows
//! nothing of either's text.

use std::collections::BTreeMap;

use crate::trace::{Frame, Measure, Trace, Traces};

/// One step of a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level<'a> {
    /// The tag, which stands above the outermost call.
    Tag(&'a str),
    /// A call.
    Call(&'a Frame),
    /// Stands in for the calls of a trace that kept none.
    NoCalls,
}

impl<'a> Level<'a> {
    /// What the level is called; never empty.
    pub(super) fn name(self) -> &'a str {
        match self {
            Level::Call(frame) if frame.function.is_empty() => "[unknown]",
            Level::Call(frame) => &frame.function,
            Level::Tag(tag) => tag,
            Level::NoCalls => "[no stack]",
        }
    }
}

/// The bytes of each stack, equal stacks added up, in the order of the stacks. Stacks without bytes are left out, and so
/// are indices that name no frame. A sum cannot overflow: that would take 2^64 traces.
pub(super) fn stacks(traces: &Traces, of: Measure) -> BTreeMap<Vec<Level<'_>>, u128> {
    let mut stacks = BTreeMap::new();
    for trace in &traces.traces {
        let bytes = bytes(trace, of);
        if bytes > 0 {
            *stacks.entry(levels(traces, trace)).or_insert(0) += u128::from(bytes);
        }
    }
    stacks
}

fn levels<'a>(traces: &'a Traces, trace: &Trace) -> Vec<Level<'a>> {
    let tag = traces.tags.get(trace.tag as usize).filter(|tag| !tag.is_empty());
    let calls = trace.stack.iter().rev().filter_map(|index| traces.frames.get(*index as usize));
    let mut levels: Vec<Level<'_>> = tag.map(|tag| Level::Tag(tag)).into_iter().collect();
    let above = levels.len();
    levels.extend(calls.map(Level::Call));
    if levels.len() == above {
        levels.push(Level::NoCalls);
    }
    levels
}

fn bytes(trace: &Trace, of: Measure) -> u64 {
    let amount = match of {
        Measure::Live => trace.live,
        Measure::AtPeak => trace.at_peak,
        Measure::Total => trace.total,
        Measure::Temporary => trace.temporary,
    };
    amount.bytes
}

/// Traces for the tests of all exports.
#[cfg(test)]
pub(super) mod examples {
    use crate::trace::{Amount, Frame, Mode, Trace, Traces};

    pub(in crate::export) fn frame(function: &str, file: &str, line: u32) -> Frame {
        let library = file.starts_with("library/");
        Frame { file: file.to_owned(), line, function: function.to_owned(), library }
    }

    /// A trace of `bytes` live bytes in one block; the other amounts are 10, 100 and 1000 times that.
    pub(in crate::export) fn trace(stack: &[u32], tag: u32, bytes: u64) -> Trace {
        let amount = |factor: u64| Amount { bytes: bytes.saturating_mul(factor), count: factor };
        Trace {
            stack: stack.to_vec(),
            tag,
            live: amount(1),
            at_peak: amount(10),
            total: amount(100),
            temporary: amount(1000),
        }
    }

    /// Two stacks of one function, one of them twice, a stack under a tag, and a trace without a stack.
    pub(in crate::export) fn small() -> Traces {
        Traces {
            mode: Mode::Sampled { interval: 512 },
            frame_limit: 8,
            tags: vec![String::new(), "reading".to_owned()],
            frames: vec![
                frame("alloc::vec::Vec<T>::push", "library/alloc/src/vec/mod.rs", 2000),
                frame("app::scan::field", "src/scan.rs", 41),
                frame("app::scan::field", "src/scan.rs", 43),
                frame("app::main", "src/main.rs", 7),
            ],
            traces: vec![
                trace(&[0, 1, 3], 0, 100),
                trace(&[0, 2, 3], 0, 20),
                trace(&[0, 1, 3], 0, 3),
                trace(&[2, 3], 1, 50),
                trace(&[], 0, 7),
                trace(&[3], 0, 0),
            ],
            ..Traces::default()
        }
    }

    /// Names that no compiler makes, but a file may hold.
    pub(in crate::export) fn hostile() -> Traces {
        let names = [
            "<>&\"'",
            "]]></style></script><script>alert(1)</script>",
            "a;b\nc\rd\te 5",
            "\u{0}\u{1b}[31m\u{7f}\u{85}\u{2028}\u{fffe}\u{ffff}",
            "🦀🦀🦀 漢字漢字漢字",
            "",
            " ",
            "a::<::b>>>::((",
            "::",
        ];
        let mut frames: Vec<Frame> = names.iter().map(|name| frame(name, name, 1)).collect();
        frames.push(frame(&"long::".repeat(2000), &"y".repeat(10_000), u32::MAX));
        let all: Vec<u32> = (0..frames.len() as u32).collect();
        let mut traces: Vec<Trace> = all.iter().map(|index| trace(&[*index], *index, u64::MAX / 4)).collect();
        traces.push(trace(&all, 1, u64::MAX));
        traces.push(trace(&[u32::MAX, 0], u32::MAX, 1 << 60));
        let tags = names.iter().map(|name| (*name).to_owned()).collect();
        Traces { frames, tags, traces, ..Traces::default() }
    }
}
