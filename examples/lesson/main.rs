//! A lesson on memory: the same numbers eager, lazy and compact, and the tools that show what each costs. docs/lesson.md
//! walks through it, and examples/lesson.py does the same in Python.
//!
//! ```text
//! cargo run --package plimsoll-workspace --example lesson              checks all, prints the figures
//! cargo run --package plimsoll-workspace --example lesson -- --json    for programs
//! cargo run --package plimsoll-workspace --example lesson -- --page    writes the tables of docs/lesson.md
//! ```

#![allow(clippy::print_stdout, reason = "an example shows what it found")]

mod evens;
mod hold;
mod join;
mod lines;
mod page;
mod process;
mod report;
mod tools;
mod view;

use report::Report;

#[global_allocator]
static ALLOCATOR: plimsoll_memory::Counting = plimsoll_memory::Counting::system();

fn main() -> anyhow::Result<()> {
    match std::env::args().nth(1).as_deref() {
        None => print!("{}", lesson()?),
        Some("--json") => println!("{:#}", lesson()?.json()),
        Some("--page") => page::write()?,
        Some(other) => anyhow::bail!("{other} is neither --json nor --page"),
    }
    Ok(())
}

/// All steps, one after the other.
fn lesson() -> anyhow::Result<Report> {
    let mut report = Report::default();
    process::step(&mut report);
    hold::step(&mut report);
    lines::step(&mut report)?;
    evens::step(&mut report);
    join::step(&mut report)?;
    view::step(&mut report);
    tools::step(&mut report)?;
    Ok(report)
}
