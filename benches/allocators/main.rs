//! What counting and tracing allocations costs, beside dhat and the plain allocator.
//!
//!     cargo bench -p plimsoll-workspace --bench allocators -- [--rounds N] [--instructions] [--check]
//!
//! Each subject is a program of its own, since a program has one allocator. The programs run in turns, so that whatever
//! disturbs the machine disturbs all of them. `--instructions` counts instructions under callgrind instead of time, and
//! with `--check` fails where they have grown: times cannot promise that on a machine that others use.
#![allow(clippy::print_stdout, reason = "it is a report")]

mod child;
mod instructions;

use anyhow::{Result, bail, ensure};
use child::{SUBJECTS, Subject, Workload};

/// An operation is an allocation together with the free that ends it, or a reallocation; of the load, a record.
const WORKLOADS: [Workload; 5] = [
    Workload { name: "pairs", threads: 1, operations: 2_000_000 },
    Workload { name: "pairs", threads: 2, operations: 2_000_000 },
    Workload { name: "mix", threads: 1, operations: 1_000_000 },
    Workload { name: "mix", threads: 2, operations: 1_000_000 },
    Workload { name: "load", threads: 1, operations: 200_000 },
];

/// What the command line asks for.
struct Settings {
    rounds: usize,
    instructions: bool,
    check: bool,
}

fn main() -> Result<()> {
    let settings = Settings::from_args(std::env::args().skip(1))?;
    if settings.instructions {
        return instructions::report(settings.check);
    }
    ensure!(!settings.check, "times are not checked: take --instructions too");
    times(settings.rounds)
}

impl Settings {
    fn from_args(mut arguments: impl Iterator<Item = String>) -> Result<Settings> {
        let mut settings = Settings { rounds: 9, instructions: false, check: false };
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                // Cargo says so to every bench.
                "--bench" => {}
                "--instructions" => settings.instructions = true,
                "--check" => settings.check = true,
                "--rounds" => settings.rounds = arguments.next().unwrap_or_default().parse()?,
                other => bail!("unknown argument {other:?}"),
            }
        }
        ensure!(settings.rounds > 0, "--rounds 0 measures nothing");
        Ok(settings)
    }
}

/// Medians of all rounds.
fn times(rounds: usize) -> Result<()> {
    println!("nanoseconds an operation (load: a record), medians of {rounds} interleaved rounds");
    println!(
        "{:<10}{:>8}  {:<10}{:>10}{:>10}{:>10}{:>16}",
        "workload", "threads", "allocator", "ns", "+ ns", "ratio", "least..most"
    );
    for workload in &WORKLOADS {
        let mut taken = vec![Vec::with_capacity(rounds); SUBJECTS.len()];
        for round in 0..rounds {
            for at in 0..SUBJECTS.len() {
                // Each round begins with another subject.
                let subject = (at + round) % SUBJECTS.len();
                taken[subject].push(SUBJECTS[subject].run(workload)?);
            }
        }
        taken.iter_mut().for_each(|times| times.sort_unstable_by(f64::total_cmp));
        let plain = taken[0][rounds / 2];
        for (Subject { name, .. }, times) in SUBJECTS.iter().zip(&taken) {
            let median = times[rounds / 2];
            println!(
                "{:<10}{:>8}  {name:<10}{median:>10.1}{:>10.1}{:>10.2}{:>16}",
                workload.name,
                workload.threads,
                median - plain,
                median / plain,
                format!("{:.1}..{:.1}", times[0], times[rounds - 1])
            );
        }
    }
    Ok(())
}
