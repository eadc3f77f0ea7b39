//! `plimsoll profile`: runs the statement with every allocation put down to its source line and its operator, and prints
//! where the memory went. The rows are counted, not printed.

mod export;
mod report;

use std::io::Write;
use std::path::Path;

use anyhow::Result;
use plimsoll::Footprint;
use plimsoll::memory::trace::{self, Measure, Mode, Traces};

use crate::args::{MeasureArg, ProfileArgs, ProfileOptions};
use crate::destination::Destination;
use crate::footer::footer;
use crate::progress::Bar;
use crate::rejects::Rejects;
use crate::settings::Settings;
use crate::stats;
use crate::terminal::Terminal;

use export::Export;
use report::Report;

/// Runs it.
///
/// # Errors
/// Any of the engine's, `Io` from the files written, `TraceError` from the snapshot to compare with.
pub(crate) fn run(args: ProfileArgs, terminal: Terminal) -> Result<()> {
    let ProfileArgs { query, options } = args;
    let exports =
        options.export.iter().map(|path| Export::resolve(path)).collect::<plimsoll::Result<Vec<_>>>()?;
    let settings = Settings::resolve(query, terminal)?;
    let old = options.compare.as_ref().map(Traces::load).transpose()?;
    // All files are opened before the work, so that one that cannot be written is known at once.
    let mut result = Destination::open(settings.output.as_deref())?;
    let mut cost = settings.stats.as_deref().map(Destination::file).transpose()?;
    let rejects = Rejects::open(settings.rejects.as_deref())?;
    let mut files = exports.iter().map(|export| export.open()).collect::<plimsoll::Result<Vec<_>>>()?;

    let mut temp_warning = settings.temp_warning();
    let (traces, footprint) = traced(&settings, &options, &rejects)?;

    let report = Report { traces: &traces, old: old.as_ref(), footprint: &footprint, top: options.top };
    write(&mut result, report.to_string().as_bytes())?;
    for (export, file) in exports.iter().zip(&mut files) {
        write(file, &export.bytes(&traces, options.measure.into())?)?;
    }
    if let Some(file) = &mut cost {
        write(file, stats::json(&footprint)?.as_bytes())?;
    }
    rejects.commit()?;
    result.commit()?;
    files.into_iter().chain(cost).try_for_each(Destination::commit)?;
    temp_warning.say_if(footprint.bytes_spilled > 0);
    if settings.footer {
        // Nothing is lost with a footer that nobody can read.
        let _ = std::io::stderr().write_all(footer(&footprint).as_bytes());
    }
    Ok(())
}

/// Runs the query under a trace. What is live at its end is what the query has left behind.
fn traced(settings: &Settings, options: &ProfileOptions, rejects: &Rejects) -> Result<(Traces, Footprint)> {
    if let Some(root) = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2) {
        trace::set_source_root(root);
    }
    let mode = options.sample.map_or(Mode::Exact, |interval| Mode::Sampled { interval: interval.0 });
    trace::start(options.frames, mode)?;
    let ran = ran(settings, rejects);
    let last = trace::stop();
    // A run that failed has nothing to show: its addresses are not looked up.
    let footprint = ran?;
    Ok((last?.into_traces(), footprint))
}

/// Reads the query to its end.
fn ran(settings: &Settings, rejects: &Rejects) -> Result<Footprint> {
    let mut stream = rejects.attach(settings.query()?).stream()?;
    let bar = settings.progress.then(|| Bar::start(stream.progress()));
    for batch in stream.by_ref() {
        drop(batch?);
    }
    drop(bar);
    Ok(stream.footprint())
}

fn write(file: &mut Destination, bytes: &[u8]) -> plimsoll::Result<()> {
    file.write_all(bytes).map_err(|source| plimsoll::Error::io(file.name().to_owned(), source))
}

impl From<MeasureArg> for Measure {
    fn from(typed: MeasureArg) -> Self {
        match typed {
            MeasureArg::Peak => Measure::AtPeak,
            MeasureArg::Total => Measure::Total,
            MeasureArg::Temporary => Measure::Temporary,
            MeasureArg::Live => Measure::Live,
        }
    }
}
