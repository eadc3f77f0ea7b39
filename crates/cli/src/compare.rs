//! `plimsoll compare`: the statement over every way of holding the data, each in a process of its own, and what each cost.

use std::io::Write;
use std::path::Path;

use anyhow::{Result, bail};
use plimsoll::memory::Bytes;
use plimsoll::{CsvOptions, Error, ErrorKind};
use plimsoll_compare::export::{self, TerminalStyle};
use plimsoll_compare::{Agreement, Comparison, Outcome, Processes, Report, Strategy, child, compare};

use crate::args::{CompareArgs, CompareFormat, CompareOptions};
use crate::destination::Destination;
use crate::interrupt::Unfinished;
use crate::settings::{csv_options, statement, threads};
use crate::size::Size;
use crate::terminal::Terminal;

/// How this program is told to be one of the measured processes.
pub(crate) const SERVE: &str = "serve-comparison";

/// Answers a comparison's request on standard input. Nobody waits for it once the comparison has ended, so it ends, too.
///
/// # Errors
/// Those of reading and writing.
pub(crate) fn serve() -> Result<()> {
    // Where that is refused, it goes on to its answer, as on other systems.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL));
    Ok(child::serve(std::io::stdin().lock(), std::io::stdout().lock())?)
}

/// Compares.
///
/// # Errors
/// Any of the engine's; and where strategies do not give the same result.
pub(crate) fn run(args: CompareArgs, terminal: Terminal) -> Result<()> {
    let CompareArgs { sql, options, limits, input, output, quiet } = args;
    let format = options.format.unwrap_or_else(|| format_of(output.as_deref()));
    let mut comparison =
        comparison(statement(sql)?, csv_options(input)?, &options, threads(&limits), limits.memory_limit)?;
    let mut result = Destination::open(output.as_deref())?;
    // Also where the run is interrupted nothing of it is left.
    let (folder, _unfinished) = Unfinished::register(|| {
        let folder = tempfile::Builder::new().prefix("plimsoll-").tempdir_in(&comparison.temp_dir)?;
        let path = folder.path().to_owned();
        Ok((folder, path))
    })
    .map_err(|source| Error::io(&comparison.temp_dir, source))?;
    comparison.temp_dir = folder.path().to_owned();
    let arguments = vec![SERVE.into()];
    let mut processes = Processes { program: std::env::current_exe()?, arguments };
    let mut tell = |what: &str| {
        if !quiet {
            // Nothing is lost where nobody listens.
            let _ = writeln!(std::io::stderr(), "plimsoll: {what}");
        }
    };
    let report = compare(&comparison, &mut processes, &mut tell)?;
    let style = TerminalStyle { width: terminal.width.unwrap_or(100), unicode: terminal.unicode };
    let text = match format {
        CompareFormat::Table => export::terminal(&report, style),
        CompareFormat::Markdown => export::markdown(&report),
        CompareFormat::Json => export::json(&report)?,
        CompareFormat::Csv => export::csv(&report),
        CompareFormat::Html => export::html(&report),
    };
    let name = result.name().to_owned();
    result.write_all(text.as_bytes()).map_err(|source| Error::io(name, source))?;
    result.commit()?;
    verdict(&report)
}

fn comparison(
    sql: String,
    csv: CsvOptions,
    options: &CompareOptions,
    threads: usize,
    memory_limit: Option<Size>,
) -> Result<Comparison> {
    let mut strategies = options.strategies.clone().unwrap_or_else(|| Strategy::ALL.to_vec());
    let mut seen = Vec::new();
    strategies.retain(|strategy| {
        let is_new = !seen.contains(strategy);
        seen.push(*strategy);
        is_new
    });
    let memory_limit_bytes =
        memory_limit.map(|Size(bytes)| bytes).or_else(plimsoll::memory::process::default_limit);
    Ok(Comparison {
        sql,
        options: csv,
        strategies,
        threads,
        memory_limit_bytes,
        repeats: options.repeats.get(),
        sizes: options.sizes.clone().unwrap_or_default(),
        temp_dir: options.temp_dir.clone().unwrap_or_else(std::env::temp_dir),
    })
}

/// The form that a file's name asks for, Markdown where it asks for none; a table where there is no file.
fn format_of(output: Option<&Path>) -> CompareFormat {
    let Some(path) = output else { return CompareFormat::Table };
    let extension = path.extension().and_then(|extension| extension.to_str()).map(str::to_lowercase);
    match extension.as_deref() {
        Some("html" | "htm") => CompareFormat::Html,
        Some("json") => CompareFormat::Json,
        Some("csv") => CompareFormat::Csv,
        Some("txt") => CompareFormat::Table,
        _ => CompareFormat::Markdown,
    }
}

/// A comparison whose results differ is a failed run, and so is one in which nothing ran.
fn verdict(report: &Report) -> Result<()> {
    if let Agreement::Differs { strategies: [first, other], difference } = &report.agreement {
        bail!("{first} and {other} do not give the same result: {difference}");
    }
    let needs = report.strategies.iter().map(|strategy| match strategy.outcome {
        Outcome::DoesNotFit { needs_bytes } => Some(needs_bytes),
        _ => None,
    });
    if let Some(least) = needs.collect::<Option<Vec<_>>>().and_then(|needs| needs.into_iter().min()) {
        let message = "no strategy fits the memory limit".to_owned();
        let hint = format!("allow about {}", Bytes(least));
        return Err(Error::from(ErrorKind::MemoryLimit { message, hint }).into());
    }
    if report.strategies.iter().all(|strategy| strategy.measured().is_none()) {
        bail!("no strategy has run to its end");
    }
    Ok(())
}
