//! Instructions of loading a file into boxed rows, counted by valgrind's callgrind: the same on every run and every
//! machine, whatever else that does.

use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::child::{SUBJECTS, Workload};

/// Fewer records than are timed: callgrind is fifty times slower.
const LOAD: Workload = Workload { name: "load", threads: 1, operations: 20_000 };
/// What the subjects may take, as ratios to the plain allocator: a little above what they take, so that a change which
/// costs something shows. The goal of a sampled session is 1.02.
const LIMITS: [(&str, f64); 3] = [("counters", 1.09), ("sampled", 1.13), ("exact", 1.9)];

/// Prints the counts. Says so and does nothing where valgrind is missing.
pub(crate) fn report(check: bool) -> Result<()> {
    if Command::new("valgrind").arg("--version").output().is_err() {
        println!("skipped: instructions are counted by valgrind, which is not installed");
        return Ok(());
    }
    println!("instructions a record of {} records loaded into boxed rows, by callgrind", LOAD.operations);
    println!("{:<10}{:>12}{:>10}{:>10}", "allocator", "a record", "more", "ratio");
    let mut plain = None;
    for subject in &SUBJECTS {
        let count = count(&subject.command(&LOAD))? as f64 / LOAD.operations as f64;
        let plain = *plain.get_or_insert(count);
        let ratio = count / plain;
        println!("{:<10}{count:>12.0}{:>10.0}{ratio:>10.4}", subject.name, count - plain);
        let limit = LIMITS.iter().find(|(name, _)| check && *name == subject.name);
        ensure!(
            limit.is_none_or(|(_, limit)| ratio <= *limit),
            "{} takes {ratio:.4} times the plain allocator's instructions",
            subject.name
        );
    }
    Ok(())
}

/// Instructions between the call of the workload's `load` and its return.
fn count(command: &[String]) -> Result<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--toggle-collect=*workload*load*load*"])
        .args(command)
        .output()?;
    let text = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?}: {text}");
    let collected = text.lines().find_map(|line| line.split_once("Collected :"));
    let (_, count) = collected.with_context(|| format!("callgrind told no count: {text}"))?;
    let count = count.trim().parse()?;
    ensure!(count > 0, "callgrind has not seen the load");
    Ok(count)
}
