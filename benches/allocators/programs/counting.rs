//! The workloads over the counting allocator: `counters` alone, every allocation traced (`exact`), or `sampled`.

mod workload;

use std::process::ExitCode;

use plimsoll_memory::{
    Counting, heap,
    trace::{Mode, Options, start_with, stop, uses_frame_pointers},
};
use workload::Task;

#[global_allocator]
static ALLOCATOR: Counting = Counting::system();

/// Frames of a stack.
const FRAMES: usize = 8;
/// Mean bytes between two samples.
const INTERVAL: u64 = 512 << 10;

fn main() -> ExitCode {
    workload::main(|task| match task.mode.as_str() {
        "counters" => counters(task),
        "exact" => traced(task, Mode::Exact, true),
        "unwound" => traced(task, Mode::Exact, false),
        "sampled" => traced(task, Mode::Sampled { interval: INTERVAL }, true),
        other => Err(format!("there is no mode {other:?}")),
    })
}

fn counters(task: &Task) -> Result<(), String> {
    let (before, outcome) = task.run(|| heap().ok_or("the counting allocator is not linked".to_owned()))?;
    let seen = heap().map_or(0, |after| after.allocations - before.allocations);
    workload::report("counting", seen, &outcome)
}

fn traced(task: &Task, mode: Mode, frame_pointers: bool) -> Result<(), String> {
    let options = Options { frames: FRAMES, mode, frame_pointers, ..Options::default() };
    let ((), outcome) = task.run(|| start_with(options).map_err(|error| error.to_string()))?;
    let by_frame_pointers = uses_frame_pointers();
    if frame_pointers && !by_frame_pointers {
        return Err("the build keeps no frame pointers".to_owned());
    }
    let last = stop().map_err(|error| error.to_string())?;
    let traced: u64 = last.traces.iter().map(|trace| trace.total.count).sum();
    match mode {
        // A session sees every allocation that is counted, but those of its own last moment.
        Mode::Exact if traced.abs_diff(last.counted.count) > 10 => {
            Err(format!("{traced} allocations are traced of {}", last.counted.count))
        }
        Mode::Exact => workload::report("counting with exact traces", traced, &outcome),
        Mode::Sampled { .. } if traced == 0 => Err("not one sample".to_owned()),
        Mode::Sampled { .. } => workload::report("counting with samples", last.counted.count, &outcome),
    }
}
