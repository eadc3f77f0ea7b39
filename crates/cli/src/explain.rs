//! `plimsoll explain`: prints the plan of the statement. Runs nothing.

use std::io::Write;

use anyhow::Result;

use crate::destination::Destination;
use crate::settings::Settings;

/// Prints it.
///
/// # Errors
/// Those of planning, and `Io` from the file written.
pub(crate) fn run(settings: &Settings) -> Result<()> {
    let plan = settings.query()?.explain()?;
    let mut result = Destination::open(settings.output.as_deref())?;
    let written = writeln!(result, "{}", plan.trim_end());
    let name = result.name().to_owned();
    written.map_err(|source| plimsoll::Error::io(name, source))?;
    result.commit()?;
    Ok(())
}
