//! What the user typed: the command line's grammar and its help. Builds nothing and opens nothing; see `settings`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use plimsoll_compare::Strategy;

use crate::dialect::{self, ColumnTypes, OptionalByte};
use crate::size::Size;

/// SQL over CSV files of any size, under a memory limit that you set, and what it cost.
///
/// Results go to standard output, everything else to standard error. Exit codes: 0 done, 1 the run failed, 2 usage
/// (flags, SQL, names, types), 3 bad data, 4 the memory limit cannot hold the query, 130 interrupted.
#[derive(Debug, Parser)]
#[command(name = "plimsoll", version, propagate_version = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// What to do with a query.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Run a query and print its rows
    ///
    /// Runs one SELECT statement over one file and prints its rows as they come. The footer on standard error says
    /// what the run read and what it cost.
    #[command(after_long_help = QUERY_EXAMPLES)]
    Query(QueryArgs),
    /// Print the plan of a query without running it
    ///
    /// Prints the operators that the query would run, one a line. Only the head sample of the file is read. Takes the
    /// flags of query, so that the same command line works with both; as nothing runs, --stats writes nothing.
    #[command(after_long_help = EXPLAIN_EXAMPLES)]
    Explain(QueryArgs),
    /// Run a query and print which source lines and operators allocated its memory
    ///
    /// Runs the statement with every allocation put down to its source line and its operator, and prints the lines that
    /// allocated most, what was live when the heap was at its peak, and each operator's part. The rows are counted,
    /// not printed. Takes the flags of query, so that the same command line works with both; -o writes the report.
    #[command(after_long_help = PROFILE_EXAMPLES)]
    Profile(ProfileArgs),
    /// Run a query over every way of holding the data and compare what each costs
    ///
    /// Loads the file as rows of boxed values, as a stream, as Arrow columns, as compact columns and as a mapped file, each
    /// in a fresh process, runs the query twice over each, and reports sizes, peaks, times and whether all results are
    /// the same. Fails where they are not.
    #[command(after_long_help = COMPARE_EXAMPLES)]
    Compare(CompareArgs),
    /// Predict how much memory each way of holding a file would need
    ///
    /// Reads a sample of the file, at most 4 MiB or one per cent of it (small files whole), and prints for each column and
    /// each strategy how many bytes it would take, and which strategy suits the memory limit. Nothing is loaded.
    ///
    /// Strategies: rows (a vector of boxed values for each record), stream (the buffers of a query that holds nothing),
    /// columnar (Arrow arrays), compact (Arrow arrays of the narrowest types), mapped (an Arrow IPC file).
    #[command(after_long_help = FOOTPRINT_EXAMPLES)]
    Footprint(FootprintArgs),
    /// Answer a request of compare on standard input.
    #[command(hide = true, name = crate::compare::SERVE)]
    Serve,
}

const QUERY_EXAMPLES: &str = "\
Examples:
  plimsoll query \"SELECT station, min(t), avg(t), max(t) FROM 'weather.csv' GROUP BY station ORDER BY station\"

  A semicolon file without a header, its columns named and one of them typed:
    plimsoll query --delimiter ';' --no-header --columns station,t --types 't=DECIMAL(4,1)' \\
        \"SELECT station, avg(t) FROM 'measurements.txt' GROUP BY station\"

  The same for one file, in the statement itself:
    plimsoll query \"SELECT count(*) FROM read_csv('measurements.txt', delimiter=';', header=false)\"

  A statement from a file, rows as JSON lines, at most 64 MiB of memory, the cost as JSON:
    plimsoll query --memory-limit 64MiB -o out.jsonl --stats cost.json - < report.sql

  From a pipe to a pipe:
    zcat big.csv.gz | plimsoll query \"SELECT * FROM '-' WHERE price > 9.99\" | head";

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  plimsoll explain \"SELECT station, avg(t) FROM 'weather.csv' WHERE t > -50 GROUP BY station\"
  plimsoll explain -o plan.txt - < report.sql";

const PROFILE_EXAMPLES: &str = "\
Examples:
  plimsoll profile \"SELECT station, avg(t) FROM 'weather.csv' GROUP BY station\"

  A flame graph, a profile for pprof, and a snapshot to compare a later run with:
    plimsoll profile --export peak.svg --export heap.pb.gz --export before.snapshot - < report.sql
    plimsoll profile --compare before.snapshot - < report.sql

  A long query at little cost, by a sample of one in 512 KiB:
    plimsoll profile --sample 512KiB \"SELECT count(DISTINCT id) FROM 'big.csv'\"";

const COMPARE_EXAMPLES: &str = "\
Examples:
  plimsoll compare \"SELECT station, min(t), avg(t), max(t) FROM 'weather.csv' GROUP BY station\"

  A page with charts, the median of five runs, and how it grows with the file:
    plimsoll compare --repeats 5 --sizes 1e4,1e5,1e6 -o report.html \"SELECT count(*) FROM 'big.csv'\"

  Which of three holds the data in 256 MiB:
    plimsoll compare --memory-limit 256MiB --strategies stream,columnar,compact - < report.sql";

const FOOTPRINT_EXAMPLES: &str = "\
Examples:
  plimsoll footprint weather.csv
  plimsoll footprint --memory-limit 64MiB --format json -o footprint.json big.csv";

/// The statement and the flags that every verb over a query shares.
#[derive(Debug, clap::Args)]
pub(crate) struct QueryArgs {
    /// The SELECT statement; - reads it from standard input
    pub(crate) sql: String,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(flatten)]
    pub(crate) cost: CostArgs,
    #[command(flatten)]
    pub(crate) input: InputArgs,
}

/// A file, and how it is read.
#[derive(Debug, clap::Args)]
pub(crate) struct FootprintArgs {
    /// The CSV file
    pub(crate) file: String,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(flatten)]
    pub(crate) input: InputArgs,
}

/// The statement, and how it is profiled.
#[derive(Debug, clap::Args)]
pub(crate) struct ProfileArgs {
    #[command(flatten)]
    pub(crate) query: QueryArgs,
    #[command(flatten)]
    pub(crate) options: ProfileOptions,
}

/// How a query is profiled.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Profile")]
pub(crate) struct ProfileOptions {
    /// Lines to print of each list
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) top: usize,
    /// Calls to keep of each stack, at most 112; inlined functions come on top
    #[arg(long, value_name = "N", default_value_t = 16)]
    pub(crate) frames: usize,
    /// Trace a sample of one allocation in so many bytes, instead of all
    ///
    /// Figures are then unbiased estimates, with the exact total beside them.
    #[arg(long, value_name = "SIZE")]
    pub(crate) sample: Option<Size>,
    /// Also write the profile to FILE; may be repeated
    ///
    /// By its ending: .pb.gz or .pprof for pprof, .folded for folded stacks, .svg for a flame graph in one file,
    /// .snapshot for --compare.
    #[arg(long, value_name = "FILE")]
    pub(crate) export: Vec<PathBuf>,
    /// What flame graphs and folded stacks show
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = MeasureArg::Peak)]
    pub(crate) measure: MeasureArg,
    /// Print the difference to an earlier run's snapshot
    #[arg(long, value_name = "SNAPSHOT")]
    pub(crate) compare: Option<PathBuf>,
}

/// The names of what is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MeasureArg {
    /// Live when the heap was at its peak
    Peak,
    /// Everything allocated
    Total,
    /// Freed by the thread that had allocated it before it allocated again
    Temporary,
    /// Left behind by the query
    Live,
}

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

/// What a run may use.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Limits")]
pub(crate) struct LimitArgs {
    /// Most memory the process may use, such as 64MiB, 1.5GB or 500k
    ///
    /// The limit is a promise: the peak resident memory of the process stays under it, and a query that it cannot
    /// hold ends with exit code 4. k, M, G and T (or KB, MB, …) are powers of 1000; KiB, MiB, GiB and TiB of 1024.
    #[arg(long, value_name = "SIZE")]
    pub(crate) memory_limit: Option<Size>,
    /// Worker threads [default: the number of processors]
    ///
    /// The result does not depend on it.
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<NonZeroUsize>,
    /// Bytes that a worker reads at a time.
    #[arg(long, value_name = "SIZE", hide = true)]
    pub(crate) block_size: Option<Size>,
}

/// Where results go, and in which form.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArgs {
    /// How rows are printed [default: table on a terminal, else csv; by extension with -o]
    ///
    /// With -o the extensions .csv, .tsv, .json, .jsonl, .ndjson and .md choose the format; any other means csv.
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) format: Option<FormatArg>,
    /// Write the result to FILE instead of standard output
    ///
    /// The rows are written beside FILE, which is replaced when the run has succeeded and not touched when it has
    /// not. FILE may be the query's own input.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// No progress bar and no footer; errors are still printed
    #[arg(long)]
    pub(crate) quiet: bool,
}

/// Where what a run cost goes.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct CostArgs {
    /// Write what the run cost to FILE, as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) stats: Option<PathBuf>,
}

/// The names of the formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FormatArg {
    /// Aligned columns, fitted to the terminal
    Table,
    /// Comma-separated; NULL is empty, the empty text is ""
    Csv,
    /// As csv, with tabs between
    Tsv,
    /// One array of objects
    Json,
    /// One object a line
    #[value(alias = "ndjson")]
    Jsonl,
    /// A table for a Markdown page
    #[value(alias = "md")]
    Markdown,
}

/// How CSV files are read, where `read_csv` does not say otherwise.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Input")]
pub(crate) struct InputArgs {
    /// Byte between fields: ',' ';' '|' tab … [default: found in the head of the file]
    #[arg(long, value_name = "BYTE", value_parser = dialect::byte)]
    pub(crate) delimiter: Option<u8>,
    /// Byte around fields that hold delimiters, newlines or quotes; none reads quotes as text [default: "]
    #[arg(long, value_name = "BYTE")]
    pub(crate) quote: Option<OptionalByte>,
    /// Byte that makes a quote inside quotes text; none means that quotes are doubled [default: none]
    #[arg(long, value_name = "BYTE")]
    pub(crate) escape: Option<OptionalByte>,
    /// The first record is data, not names
    #[arg(long)]
    pub(crate) no_header: bool,
    /// Names of the columns, in order, instead of the header's
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    pub(crate) columns: Option<Vec<String>>,
    /// Unquoted text that is NULL, besides the empty one; may be repeated
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub(crate) null: Vec<String>,
    /// Records that begin with this byte are comments
    #[arg(long, value_name = "BYTE", value_parser = dialect::byte)]
    pub(crate) comment: Option<u8>,
    /// Lines to pass over before the header
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub(crate) skip_rows: u64,
    /// Types of columns, such as t=DECIMAL(4,1),day=DATE; may be repeated
    ///
    /// A cell that does not fit the type stops the query. Types: BOOLEAN, BIGINT, DECIMAL(p,s), DOUBLE, DATE,
    /// TIMESTAMP, VARCHAR.
    #[arg(long, value_name = "NAME=TYPE,…", value_parser = dialect::column_types)]
    pub(crate) types: Vec<ColumnTypes>,
    /// How types are found: from the head of the file, or in a first pass over all of it [default: sample]
    ///
    /// With sample, a scan that meets a wider type begins anew, or stops where rows have already been printed.
    #[arg(long, value_enum, value_name = "HOW")]
    pub(crate) infer: Option<InferArg>,
    /// Most bytes of one field [default: 16MiB]
    #[arg(long, value_name = "SIZE")]
    pub(crate) max_field: Option<Size>,
}

/// The ways to find types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum InferArg {
    /// From the first 256 KiB, widened where later cells need it
    Sample,
    /// From every record, in a pass of its own
    Full,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_grammar_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn every_flag_reads_on_every_verb() {
        for verb in ["query", "explain", "profile"] {
            let line = "--memory-limit 64MiB --threads 2 --format tsv -o out.tsv --stats s.json --quiet --delimiter tab \
                        --quote none --escape \\ --no-header --columns a,b --null NA --null - --comment # --skip-rows 3 \
                        --types a=DECIMAL(4,1),b=DATE --infer full --max-field 1MB --block-size 7";
            let words = ["plimsoll", verb, "SELECT 1"].into_iter().chain(line.split_ascii_whitespace());
            let args = match Args::try_parse_from(words).unwrap().verb {
                Verb::Query(args) | Verb::Explain(args) => args,
                Verb::Profile(args) => args.query,
                other => panic!("{other:?}"),
            };
            assert_eq!(args.sql, "SELECT 1");
            assert_eq!(args.input.null, ["NA", "-"]);
            assert_eq!(args.input.types[0].len(), 2);
            assert_eq!(args.input.quote, Some(OptionalByte(None)));
        }
    }

    #[test]
    fn sizes_are_numbers_of_records() {
        assert_eq!(records("1e4"), Ok(10_000));
        assert_eq!(records("2.5e3"), Ok(2500));
        assert_eq!(records("18446744073709551615"), Ok(u64::MAX));
        for text in ["", "0", "-1", "1.5", "1e300", "nan", "many"] {
            assert!(records(text).is_err(), "{text}");
        }
    }

    #[test]
    fn usage_errors_exit_with_2() {
        for line in [
            "query",
            "query SELECT --threads 0",
            "query SELECT --delimiter ab",
            "query SELECT --memory-limit much",
            "query SELECT --types a=BLOB",
            "query SELECT --top 3",
            "profile SELECT --top many",
            "profile SELECT --measure heap",
            "compare SELECT --strategies rows,lists",
            "compare SELECT --sizes 1e4,0.5",
            "compare SELECT --sizes 0",
            "compare SELECT --repeats 0",
            "footprint",
            "footprint f.csv --stats s.json",
            "nonsense",
        ] {
            let words = ["plimsoll"].into_iter().chain(line.split_ascii_whitespace());
            assert_eq!(Args::try_parse_from(words).unwrap_err().exit_code(), 2, "{line}");
        }
    }
}
