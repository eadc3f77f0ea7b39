//! `generate`: writes test and benchmark inputs. The same kind, rows and seed give the same bytes on every machine; the
//! memory needed does not depend on the rows.

mod arguments;
mod brc;
mod floats;
mod g1;
mod groups;
mod output;
mod quoted;
mod random;
mod wide;

use std::io::Write;
use std::process::ExitCode;

use arguments::{Arguments, Kind, USAGE};
use output::Output;
use random::Random;

fn main() -> ExitCode {
    let arguments = match Arguments::parse(std::env::args().skip(1)) {
        Ok(Some(arguments)) => arguments,
        Ok(None) => return say(&mut std::io::stdout(), USAGE, ExitCode::SUCCESS),
        Err(message) => {
            return say(
                &mut std::io::stderr(),
                &format!("generate: {message}\n\n{USAGE}"),
                ExitCode::from(2),
            );
        }
    };
    match generate(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let message = format!("generate: {}: {error}\n", arguments.path.display());
            say(&mut std::io::stderr(), &message, ExitCode::FAILURE)
        }
    }
}

/// Writes `text`; where even that fails there is nobody left to tell.
fn say(stream: &mut impl Write, text: &str, code: ExitCode) -> ExitCode {
    stream.write_all(text.as_bytes()).map_or(ExitCode::FAILURE, |()| code)
}

fn generate(arguments: &Arguments) -> std::io::Result<()> {
    let mut output = Output::create(&arguments.path, arguments.force)?;
    let mut random = Random::new(arguments.seed);
    let rows = arguments.rows;
    match arguments.kind {
        Kind::Brc { stations } => brc::write(&mut output, &mut random, rows, stations, brc::Form::Challenge)?,
        Kind::Weather { stations } => brc::write(&mut output, &mut random, rows, stations, brc::Form::Csv)?,
        Kind::G1 { groups } => g1::write(&mut output, &mut random, rows, groups)?,
        Kind::Floats => floats::write(&mut output, &mut random, rows)?,
        Kind::Wide => wide::write(&mut output, &mut random, rows)?,
        Kind::Quoted => quoted::write(&mut output, &mut random, rows)?,
        Kind::Groups => groups::write(&mut output, &mut random, rows)?,
    }
    output.finish()
}
