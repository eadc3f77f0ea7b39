//! The workloads over the system's allocator: what the others are held against.

mod workload;

use std::alloc::System;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: System = System;

fn main() -> ExitCode {
    workload::main(|task| {
        if task.mode != "plain" {
            return Err(format!("there is no mode {:?}", task.mode));
        }
        let ((), outcome) = task.run(|| Ok(()))?;
        if let Some(heap) = plimsoll_memory::heap() {
            return Err(format!("the counting allocator is linked: {heap:?}"));
        }
        workload::report("system", 0, &outcome)
    })
}
