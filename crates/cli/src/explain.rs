//! `plimsoll explain`: prints the plan of the statement. With `--analyze` it runs the statement and prints what each
//! operator did and cost behind the plan; the rows are counted, not printed.

use std::io::Write;

use anyhow::Result;
use plimsoll_memory::process;

use crate::args::ExplainArgs;
use crate::destination::Destination;
use crate::footer::footer;
use crate::progress::Bar;
use crate::rejects::Rejects;
use crate::settings::Settings;
use crate::terminal::Terminal;
use crate::{interrupt, operators, stats};

/// Prints it.
///
/// # Errors
/// Those of planning, `Io` from the files written, and with `--analyze` any of the engine's.
pub(crate) fn run(args: ExplainArgs, terminal: Terminal) -> Result<()> {
    let ExplainArgs { query, analyze } = args;
    let settings = Settings::resolve(query, terminal)?;
    if analyze {
        return analyzed(&settings);
    }
    let plan = settings.query()?.explain()?;
    let mut result = Destination::open(settings.output.as_deref())?;
    write(&mut result, &plan)?;
    result.commit()?;
    Ok(())
}

fn analyzed(settings: &Settings) -> Result<()> {
    interrupt::watch()?;
    let query = settings.query()?;
    // All files are opened before the work, so that one that cannot be written is known at once.
    let mut result = Destination::open(settings.output.as_deref())?;
    let mut cost = settings.stats.as_deref().map(Destination::file).transpose()?;
    let rejects = Rejects::open(settings.rejects.as_deref())?;

    process::forget_code();
    operators::measure(settings.traces);
    let mut stream = rejects.attach(query).stream()?;
    let bar = settings.progress.then(|| Bar::start(stream.progress()));
    for batch in stream.by_ref() {
        drop(batch?);
    }
    drop(bar);

    let footprint = stream.footprint();
    let table = operators::table(&footprint.operators);
    write(&mut result, &format!("{}\n\n{table}", stream.explain().trim_end()))?;
    if let Some(file) = &mut cost {
        write(file, &stats::json(&footprint)?)?;
    }
    rejects.commit()?;
    result.commit()?;
    cost.map_or(Ok(()), Destination::commit)?;
    if settings.footer {
        // Nothing is lost with a footer that nobody can read.
        let _ = std::io::stderr().write_all(footer(&footprint).as_bytes());
    }
    Ok(())
}

fn write(file: &mut Destination, text: &str) -> plimsoll::Result<()> {
    file.write_all(text.as_bytes()).map_err(|source| plimsoll::Error::io(file.name().to_owned(), source))
}
