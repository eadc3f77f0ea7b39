//! What the user typed for `compare`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::ValueEnum;
use plimsoll_compare::Strategy;

use super::{InputArgs, LimitArgs};

pub(super) const EXAMPLES: &str = "\
Examples:
  plimsoll compare \"SELECT station, min(t), avg(t), max(t) FROM 'weather.csv' GROUP BY station\"

  A page with charts, the median of five runs, and how it grows with the file:
    plimsoll compare --repeats 5 --sizes 1e4,1e5,1e6 -o report.html \"SELECT count(*) FROM 'big.csv'\"

  Which of three holds the data in 256 MiB:
    plimsoll compare --memory-limit 256MiB --strategies stream,columnar,compact - < report.sql";

/// The statement, and how ways of holding the data are compared.
#[derive(Debug, clap::Args)]
pub(crate) struct CompareArgs {
    /// The SELECT statement; - reads it from standard input
    pub(crate) sql: String,
    #[command(flatten)]
    pub(crate) options: CompareOptions,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
    #[command(flatten)]
    pub(crate) input: InputArgs,
    /// Write the report to FILE instead of standard output
    ///
    /// The endings .html, .json, .csv, .txt (table) and .md choose its form; any other means Markdown.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Do not say what is being run
    #[arg(long)]
    pub(crate) quiet: bool,
}

/// What is compared, and how often.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Comparison")]
pub(crate) struct CompareOptions {
    /// The strategies: rows, stream, columnar, compact, mapped [default: all]
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    pub(crate) strategies: Option<Vec<Strategy>>,
    /// Runs of each strategy, of which the median one is reported
    #[arg(long, value_name = "N", default_value = "3")]
    pub(crate) repeats: NonZeroUsize,
    /// Also measure the first so many records of the file, such as 1e4,1e5,1e6, and fit bytes a record
    #[arg(long, value_name = "N,…", value_delimiter = ',', value_parser = records)]
    pub(crate) sizes: Option<Vec<u64>>,
    /// The form of the report [default: table; by extension with -o]
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) format: Option<CompareFormat>,
    /// Where the files of a run go: the one that is mapped, and prefixes of the input [default: the system's]
    #[arg(long, value_name = "DIR")]
    pub(crate) temp_dir: Option<PathBuf>,
}

/// The forms of a comparison's report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CompareFormat {
    /// A table with bars
    Table,
    /// A table for a Markdown page
    #[value(alias = "md")]
    Markdown,
    /// Every figure
    Json,
    /// One line a strategy
    Csv,
    /// One page with charts
    Html,
}

/// A number of records: `1000`, `1e6`, `2.5e3`.
fn records(text: &str) -> Result<u64, String> {
    let whole = text.parse::<u64>().ok();
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "only whole numbers that a double holds pass"
    )]
    let exponential = || {
        let number = text.parse::<f64>().ok()?;
        (number.fract() == 0.0 && (1.0..1e15).contains(&number)).then_some(number as u64)
    };
    whole
        .filter(|number| *number > 0)
        .or_else(exponential)
        .ok_or_else(|| "write a whole number above 0, such as 10000 or 1e4".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_numbers_of_records() {
        assert_eq!(records("1e4"), Ok(10_000));
        assert_eq!(records("2.5e3"), Ok(2500));
        assert_eq!(records("18446744073709551615"), Ok(u64::MAX));
        for text in ["", "0", "-1", "1.5", "1e300", "nan", "many"] {
            assert!(records(text).is_err(), "{text}");
        }
    }
}
