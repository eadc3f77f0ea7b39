//! The `plimsoll` command. One file a verb; what they share is resolved in `settings`, printed by `output` and ended by
//! `exit`. Everything that knows CSV, SQL or memory limits is in the library crates.

mod args;
mod closed;
mod compare;
mod describe;
mod destination;
mod dialect;
mod exit;
mod explain;
mod footer;
mod footprint;
mod interrupt;
mod operators;
mod output;
mod profile;
mod progress;
mod query;
mod rejects;
mod settings;
mod size;
mod stats;
mod temp;
mod terminal;
#[cfg(target_os = "linux")]
mod unnamed;

use std::process::ExitCode;

use clap::Parser;
use plimsoll_memory::{Counting, Stepped};

use crate::args::{Args, Verb};
use crate::settings::Settings;
use crate::terminal::Terminal;

/// Counts what every run allocates; see [`plimsoll_memory::heap`].
#[global_allocator]
static ALLOCATOR: Counting<Stepped> = Counting::new(Stepped);

fn main() -> ExitCode {
    let args = Args::parse();
    exit::caught(|| run(args)).unwrap_or_else(|error| exit::report(&error))
}

fn run(args: Args) -> anyhow::Result<ExitCode> {
    let terminal = Terminal::detect();
    // Who waits for the answer of a served request ends its process.
    if !matches!(args.verb, Verb::Serve) {
        interrupt::watch()?;
    }
    match args.verb {
        Verb::Query(args) => query::run(&Settings::resolve(args, terminal)?)?,
        Verb::Explain(args) => explain::run(args, terminal)?,
        Verb::Profile(args) => profile::run(args, terminal)?,
        Verb::Compare(args) => compare::run(args, terminal)?,
        Verb::Describe(args) => describe::run(args, terminal)?,
        Verb::Footprint(args) => footprint::run(args, terminal)?,
        Verb::Serve => compare::serve()?,
    }
    Ok(ExitCode::SUCCESS)
}
