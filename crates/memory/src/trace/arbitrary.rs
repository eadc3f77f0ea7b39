//! Snapshots for tests: small ones made by hand and arbitrary ones.

use proptest::prelude::*;

use super::statistics::{GroupBy, Measure};
use super::traces::{Amount, Frame, Mode, Trace, Traces};

pub(super) const ALL_GROUPS: &[GroupBy] =
    &[GroupBy::Line, GroupBy::File, GroupBy::Function, GroupBy::Traceback, GroupBy::Tag];
pub(super) const ALL_MEASURES: &[Measure] =
    &[Measure::Live, Measure::AtPeak, Measure::Total, Measure::Temporary];

/// A frame of the program's own code.
pub(super) fn own_frame(file: &str, line: u32, function: &str) -> Frame {
    Frame { file: file.into(), line, function: function.into(), library: false }
}

/// A snapshot with one frame a trace: file, line, live bytes and live blocks.
pub(super) fn plain(lines: &[(&str, u32, u64, u64)]) -> Traces {
    let frames = lines.iter().map(|(file, line, ..)| own_frame(file, *line, "run")).collect();
    let traces = lines.iter().enumerate().map(|(index, (_, _, bytes, count))| Trace {
        stack: vec![index as u32],
        live: Amount { bytes: *bytes, count: *count },
        ..Trace::default()
    });
    Traces { tags: vec![String::new()], frames, traces: traces.collect(), ..Traces::default() }
}

/// Any snapshot whose indices are in range. Names are few, so that frames agree between snapshots and recur in a stack;
/// amounts are often nothing.
pub(super) fn any_traces() -> impl Strategy<Value = Traces> {
    let amount = || {
        let some = (0_u64..1 << 40, 0_u64..1000).prop_map(|(bytes, count)| Amount { bytes, count });
        prop_oneof![Just(Amount::default()), some]
    };
    let name = || prop::sample::select(vec!["", "src/a.rs", "src\\b.rs", "ü \"\n", "std"]);
    let frame = (name(), 0_u32..3, name(), any::<bool>())
        .prop_map(|(file, line, function, library)| Frame { library, ..own_frame(file, line, function) });
    let mode = prop_oneof![Just(Mode::Exact), (1..=u64::MAX).prop_map(|interval| Mode::Sampled { interval })];
    let whole = (mode, 0_usize..100, any::<u64>(), any::<u64>(), amount());
    (prop::collection::vec(frame, 1..8), whole).prop_flat_map(move |(frames, whole)| {
        let (mode, frame_limit, peak_bytes, overhead_bytes, counted) = whole;
        let stack = prop::collection::vec(0..frames.len() as u32, 0..5);
        let trace = (stack, 0_u32..3, amount(), amount(), amount(), amount());
        let trace = trace.prop_map(|(stack, tag, live, at_peak, total, temporary)| Trace {
            stack,
            tag,
            live,
            at_peak,
            total,
            temporary,
        });
        prop::collection::vec(trace, 0..8).prop_map(move |traces| Traces {
            mode,
            frame_limit,
            tags: vec![String::new(), "scan".into(), "group".into()],
            frames: frames.clone(),
            traces,
            peak_bytes,
            counted,
            overhead_bytes,
        })
    })
}
