//! One run of one program, as a process of its own, and what it reports.

use std::process::Command;

use anyhow::{Context, Result, ensure};

/// A program and the mode that it is run in.
pub(crate) struct Subject {
    pub(crate) name: &'static str,
    program: &'static str,
    mode: &'static str,
    /// What the program must say that it is linked with.
    allocator: &'static str,
}

/// The plain allocator first: the others are held against it.
pub(crate) const SUBJECTS: [Subject; 6] = [
    Subject {
        name: "plain",
        program: env!("CARGO_BIN_EXE_allocators-system"),
        mode: "plain",
        allocator: "system",
    },
    Subject {
        name: "counters",
        program: env!("CARGO_BIN_EXE_allocators-counting"),
        mode: "counters",
        allocator: "counting",
    },
    Subject {
        name: "sampled",
        program: env!("CARGO_BIN_EXE_allocators-counting"),
        mode: "sampled",
        allocator: "counting with samples",
    },
    Subject {
        name: "exact",
        program: env!("CARGO_BIN_EXE_allocators-counting"),
        mode: "exact",
        allocator: "counting with exact traces",
    },
    Subject {
        name: "unwound",
        program: env!("CARGO_BIN_EXE_allocators-counting"),
        mode: "unwound",
        allocator: "counting with exact traces",
    },
    Subject { name: "dhat", program: env!("CARGO_BIN_EXE_allocators-dhat"), mode: "heap", allocator: "dhat" },
];

/// What all subjects do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Workload {
    pub(crate) name: &'static str,
    pub(crate) threads: usize,
    pub(crate) operations: usize,
}

impl Subject {
    /// The program's command line for a workload.
    pub(crate) fn command(&self, workload: &Workload) -> Vec<String> {
        // Unwinding takes microseconds: fewer operations tell it as well.
        let slow = matches!(self.name, "unwound" | "dhat") && workload.name != "load";
        let operations = if slow { workload.operations / 20 } else { workload.operations };
        let arguments = [self.mode, workload.name, &workload.threads.to_string(), &operations.to_string()];
        std::iter::once(self.program).chain(arguments).map(str::to_owned).collect()
    }

    /// Runs it once. Gives nanoseconds an operation.
    pub(crate) fn run(&self, workload: &Workload) -> Result<f64> {
        let command = self.command(workload);
        let output =
            Command::new(&command[0]).args(&command[1..]).output().with_context(|| command.join(" "))?;
        ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
        self.read(&String::from_utf8(output.stdout)?).with_context(|| command.join(" "))
    }

    /// Reads a report and holds it against what the subject is.
    fn read(&self, report: &str) -> Result<f64> {
        let field = |name: &str| -> Result<&str> {
            let value = report.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            value.with_context(|| format!("the report has no {name}: {report:?}"))
        };
        let allocator = field("allocator")?;
        ensure!(allocator == self.allocator, "{} is linked with {allocator:?}", self.name);
        let (seen, operations): (u64, u64) = (field("seen")?.parse()?, field("operations")?.parse()?);
        // Each operation allocates. What the plain allocator sees is not counted.
        ensure!(
            self.name == "plain" || seen >= operations,
            "{seen} allocations seen of {operations} operations"
        );
        Ok(field("nanoseconds")?.parse()?)
    }
}
