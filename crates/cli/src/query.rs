//! `plimsoll query`: runs the statement and prints its rows as they come, then what the run cost.

use std::io::Write;

use anyhow::Result;
use plimsoll_memory::process;

use crate::destination::Destination;
use crate::footer::{footer, warnings};
use crate::output::{self, Sink};
use crate::progress::Bar;
use crate::rejects::Rejects;
use crate::settings::Settings;
use crate::{operators, stats};

/// Runs it.
///
/// # Errors
/// Any of the engine's, and `Io` from the files written.
pub(crate) fn run(settings: &Settings) -> Result<()> {
    let query = settings.query()?;
    let mut temp_warning = settings.temp_warning();
    // All files are opened before the work, so that one that cannot be written is known at once.
    let mut result = Destination::open(settings.output.as_deref())?;
    let mut cost = settings.stats.as_deref().map(Destination::file).transpose()?;
    let rejects = Rejects::open(settings.rejects.as_deref())?;

    // Arguments and SQL are read, and what read them would count as the program's own memory to the end.
    process::forget_code();
    if cost.is_some() {
        operators::measure(settings.traces);
    }
    let mut stream = rejects.attach(query).stream()?;
    let mut bar = settings.progress.then(|| Bar::start(stream.progress()));
    let first = stream.next().transpose()?;
    if settings.rows_to_terminal {
        bar = None;
    }

    let name = result.name().to_owned();
    let mut sink = Sink::new(&mut result, name);
    let mut writer = output::writer(settings, stream.schema());
    writer.begin(&mut sink)?;
    for batch in first.map(Ok).into_iter().chain(stream.by_ref()) {
        writer.write(&batch?, &mut sink)?;
        // The rows are there: whoever reads them need not wait for those that may still come.
        sink.flush()?;
    }
    writer.finish(&mut sink)?;
    drop(bar);

    let footprint = stream.footprint();
    if let Some(file) = &mut cost {
        let text = stats::json(&footprint)?;
        let name = file.name().to_owned();
        file.write_all(text.as_bytes()).map_err(|source| plimsoll::Error::io(name, source))?;
    }
    rejects.commit()?;
    result.commit()?;
    cost.map_or(Ok(()), Destination::commit)?;
    temp_warning.say_if(footprint.bytes_spilled > 0);
    let _ = std::io::stderr().write_all(warnings(&footprint).as_bytes());
    if settings.footer {
        // Nothing is lost with a footer that nobody can read.
        let _ = std::io::stderr().write_all(footer(&footprint).as_bytes());
    }
    Ok(())
}
