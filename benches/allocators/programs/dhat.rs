//! The workloads under dhat's heap profiler, the nearest thing that there is.

mod workload;

use std::process::ExitCode;

use dhat::{HeapStats, Profiler};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// Frames of a stack.
const FRAMES: usize = 8;

fn main() -> ExitCode {
    workload::main(|task| {
        if task.mode != "heap" {
            return Err(format!("there is no mode {:?}", task.mode));
        }
        // In testing mode it writes no file at the end; what it does at an allocation is the same.
        let begin = || Ok(Profiler::builder().testing().trim_backtraces(Some(FRAMES)).build());
        let (_profiler, outcome) = task.run(begin)?;
        let seen = HeapStats::get().total_blocks;
        if seen == 0 {
            return Err("dhat's allocator is not linked".to_owned());
        }
        workload::report("dhat", seen, &outcome)
    })
}
