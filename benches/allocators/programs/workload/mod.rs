//! What the programs of the allocator benchmark do, the same in each of them: they differ in their allocator alone.
//! An operation is an allocation together with the free that ends it, or a reallocation.

mod load;
mod mix;
mod pairs;

use std::hint::black_box;
use std::sync::Barrier;
use std::time::Instant;

/// Frames below every allocation, so that a tracer finds as many as it is asked for.
const DEPTH: usize = 10;
/// Measured rounds, after one that is not.
const ROUNDS: usize = 5;

/// What a program is asked to do: `MODE WORKLOAD THREADS OPERATIONS`.
pub(crate) struct Task {
    pub(crate) mode: String,
    workload: Workload,
    threads: usize,
    /// In a round, for each thread; of a load, records.
    operations: usize,
}

enum Workload {
    Pairs,
    Mix,
    Load,
}

/// Operations of all threads and rounds, and the nanoseconds that a round took for each: of one thread's operations, or for
/// each record of a load.
pub(crate) struct Outcome {
    pub(crate) operations: u64,
    pub(crate) nanoseconds: f64,
}

impl Task {
    /// From the program's arguments.
    pub(crate) fn from_args() -> Result<Task, String> {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let [mode, workload, threads, operations] = &arguments[..] else {
            return Err("usage: PROGRAM MODE pairs|mix|load THREADS OPERATIONS".to_owned());
        };
        let workload = match workload.as_str() {
            "pairs" => Workload::Pairs,
            "mix" => Workload::Mix,
            "load" => Workload::Load,
            other => return Err(format!("there is no workload {other:?}")),
        };
        let number = |text: &str| text.parse().map_err(|error| format!("{text:?}: {error}"));
        Ok(Task { mode: mode.clone(), workload, threads: number(threads)?, operations: number(operations)? })
    }

    /// Prepares the work, calls `begin`, and does it.
    pub(crate) fn run<T>(&self, begin: impl FnOnce() -> Result<T, String>) -> Result<(T, Outcome), String> {
        match self.workload {
            Workload::Pairs => Ok((begin()?, self.on_threads(|_| pairs::round))),
            Workload::Mix => Ok((begin()?, self.on_threads(mix::rounds))),
            Workload::Load => load::run(self.operations, begin),
        }
    }

    /// Rounds of the same work on each thread, which begin together.
    fn on_threads<R: FnMut(usize)>(&self, make: impl Fn(u64) -> R + Sync) -> Outcome {
        let barrier = Barrier::new(self.threads);
        let thread = |number: u64| {
            let mut round = make(number);
            let mut times: Vec<f64> = (0..=ROUNDS)
                .map(|_| {
                    barrier.wait();
                    let start = Instant::now();
                    nested(DEPTH, &mut || round(self.operations));
                    start.elapsed().as_secs_f64() * 1e9 / self.operations as f64
                })
                .collect();
            times.remove(0);
            median(times)
        };
        let slowest = std::thread::scope(|scope| {
            let numbers = 0..self.threads as u64;
            let handles: Vec<_> = numbers.map(|number| scope.spawn(move || thread(number))).collect();
            handles.into_iter().filter_map(|handle| handle.join().ok()).fold(0.0, f64::max)
        });
        Outcome { operations: (self.operations * self.threads * (ROUNDS + 1)) as u64, nanoseconds: slowest }
    }
}

/// Calls `work` from `depth` frames.
#[inline(never)]
fn nested(depth: usize, work: &mut dyn FnMut()) {
    if depth == 0 {
        work();
    } else {
        nested(depth - 1, work);
    }
    // No call in tail position, which would leave no frame.
    black_box(depth);
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_unstable_by(f64::total_cmp);
    times[times.len() / 2]
}

/// What a program tells: how much its allocator saw of the work, which it must have seen where it is the one linked.
pub(crate) fn report(allocator: &str, seen: u64, outcome: &Outcome) -> Result<(), String> {
    use std::io::Write;

    writeln!(
        std::io::stdout(),
        "allocator {allocator}\nseen {seen}\noperations {}\nnanoseconds {}",
        outcome.operations,
        outcome.nanoseconds
    )
    .map_err(|error| error.to_string())
}

/// Runs a program to its exit code.
pub(crate) fn main(program: impl FnOnce(&Task) -> Result<(), String>) -> std::process::ExitCode {
    use std::io::Write;
    use std::process::ExitCode;

    match Task::from_args().and_then(|task| program(&task)) {
        Ok(()) => ExitCode::SUCCESS,
        // Where even this cannot be written, the exit code still tells.
        Err(message) => {
            writeln!(std::io::stderr(), "{message}").map_or(ExitCode::FAILURE, |()| ExitCode::FAILURE)
        }
    }
}
