//! `check`: the judge of the benchmarks' results. One thread, standard maps, integers, the `csv` crate; no code of the engine.
//!
//!     check exact [--delimiter C] [--names a,b] [--where COLUMN>NUMBER] [--key COLUMN]... [--value NAME=FUNCTION:COLUMN...]... FILE
//!     check compare [--exactly] [--ordered] [--delimiter=C] EXPECTED FOUND
//!
//! `exact` writes the result of a query: keys, then values, each heading with the kind of its column. `compare` holds another
//! program's result against it and says the first difference.

mod compare;
mod exact;
mod number;
mod state;

use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let done = match words.split_first() {
        Some((verb, rest)) if verb == "exact" => exact::run(rest).map(|()| None),
        Some((verb, rest)) if verb == "compare" => compare::run(rest),
        _ => Err("usage: check exact … FILE, or check compare … EXPECTED FOUND".to_owned()),
    };
    let (mut output, said, code) = match done {
        Ok(None) => return ExitCode::SUCCESS,
        Ok(Some(difference)) => (Box::new(std::io::stdout()) as Box<dyn Write>, difference, 1),
        Err(message) => (Box::new(std::io::stderr()) as Box<dyn Write>, format!("check: {message}"), 2),
    };
    // Where even this cannot be written, the exit code still tells.
    writeln!(output, "{said}").map_or(ExitCode::from(2), |()| ExitCode::from(code))
}
