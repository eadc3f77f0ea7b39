//! What the user typed: the command line's grammar and its help. Builds nothing and opens nothing; see `settings`.

mod compare;
mod profile;

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

pub(crate) use self::compare::{CompareArgs, CompareFormat, CompareOptions};
pub(crate) use self::profile::{MeasureArg, ProfileArgs, ProfileOptions};
use plimsoll::Delimiter;

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
    /// Print the plan of a query without running it, or run it and print what each operator cost
    ///
    /// Prints the operators that the query would run, one a line. Only the head sample of the file is read. Takes the
    /// flags of query, so that the same command line works with both; as nothing runs, --stats writes nothing. With
    /// --analyze the query runs, its rows are counted and not printed, and the plan is followed by a table of what each
    /// operator did and cost.
    #[command(after_long_help = EXPLAIN_EXAMPLES)]
    Explain(ExplainArgs),
    /// Run a query and print which source lines and operators allocated its memory
    ///
    /// Runs the statement with every allocation put down to its source line and its operator, and prints the lines that
    /// allocated most, what was live when the heap was at its peak, and each operator's part. The rows are counted,
    /// not printed. Takes the flags of query, so that the same command line works with both; -o writes the report.
    #[command(after_long_help = profile::EXAMPLES)]
    Profile(ProfileArgs),
    /// Run a query over every way of holding the data and compare what each costs
    ///
    /// Loads the file as rows of boxed values, as a stream, as Arrow columns, as compact columns and as a mapped file, each
    /// in a fresh process, runs the query twice over each, and reports sizes, peaks, times and whether all results are
    /// the same. Fails where they are not.
    #[command(after_long_help = compare::EXAMPLES)]
    Compare(CompareArgs),
    /// Print the dialect of a file, with the evidence for it, and figures of each column
    ///
    /// Reads the file once and prints how it is read (each setting, why, and the flag that overrides it), then for each
    /// column its type, NULLs, distinct values, least and greatest value, quartiles, mean and most frequent values. What is
    /// estimated stands behind a ~. Where the output is for programs, the settings go to standard error.
    #[command(after_long_help = DESCRIBE_EXAMPLES)]
    Describe(DescribeArgs),
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
  plimsoll explain -o plan.txt - < report.sql

  What each operator did and cost, where memory does not hold all rows:
    plimsoll explain --analyze --memory-limit 64MiB \"SELECT * FROM 'weather.csv' ORDER BY t\"";

const DESCRIBE_EXAMPLES: &str = "\
Examples:
  plimsoll describe weather.csv
  plimsoll describe --delimiter ';' --no-header --format json -o columns.json measurements.txt";

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
    pub(crate) temp: TempArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(flatten)]
    pub(crate) cost: CostArgs,
    #[command(flatten)]
    pub(crate) input: InputArgs,
}

/// What is explained, and whether it runs.
#[derive(Debug, clap::Args)]
pub(crate) struct ExplainArgs {
    #[command(flatten)]
    pub(crate) query: QueryArgs,
    /// Run the query, and print what each operator did and cost
    ///
    /// For each operator: rows taken and given; processor time of all threads; memory reserved, now and at most, and what the
    /// allocator gave, now and at most, with the ratio of both peaks; bytes written to temporary files, and how often those
    /// were read and merged.
    #[arg(long)]
    pub(crate) analyze: bool,
}

/// A file to describe, and how it is read.
#[derive(Debug, clap::Args)]
pub(crate) struct DescribeArgs {
    /// The CSV file
    pub(crate) file: String,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
    #[command(flatten)]
    pub(crate) temp: TempArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
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

/// What a run may use.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Limits")]
pub(crate) struct LimitArgs {
    /// Most memory the process may use, such as 64MiB, 1.5GB or 500k
    ///
    /// The limit is a promise: the peak resident memory of the process stays under it. What does not fit goes to
    /// temporary files; what cannot ends with exit code 4. At least 16MiB. k, M, G and T (or KB, MB, …) are powers of 1000; KiB, MiB, GiB and TiB of 1024.
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

/// Where what memory does not hold goes.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Limits")]
pub(crate) struct TempArgs {
    /// Directory of temporary files, which hold what memory does not [default: the system's]
    ///
    /// The files have no names: nothing is left there, whatever ends the process.
    #[arg(long, value_name = "DIR")]
    pub(crate) temp_dir: Option<PathBuf>,
    /// Most bytes of temporary files at once [default: as many as there is room for]
    #[arg(long, value_name = "SIZE")]
    pub(crate) max_temp: Option<Size>,
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
    /// not. FILE may be the query's own input; - is standard output.
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
    ///
    /// What each operator cost is part of it, for which allocations are traced: they take a little more time and memory.
    #[arg(long, value_name = "FILE")]
    pub(crate) stats: Option<PathBuf>,
    /// Write every record that was skipped or repaired to FILE, as JSON lines (.jsonl, .ndjson, .json) or CSV
    ///
    /// Each comes with its place, what is wrong with it, and its text. The file appears when the run has succeeded.
    #[arg(long, value_name = "FILE")]
    pub(crate) rejects: Option<PathBuf>,
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
    /// Encoding of the file: utf-8, utf-16le, windows-1252, shift_jis … [default: UTF-8, or UTF-16 where the file says so]
    #[arg(long, value_name = "LABEL")]
    pub(crate) encoding: Option<String>,
    /// What separates fields: ',' ';' '::' tab …, or blanks for any run of them [default: found in the head of the file]
    #[arg(long, value_name = "TEXT", value_parser = Delimiter::parse)]
    pub(crate) delimiter: Option<Delimiter>,
    /// Byte around fields that hold delimiters, newlines or quotes; none reads quotes as text [default: "]
    #[arg(long, value_name = "BYTE")]
    pub(crate) quote: Option<OptionalByte>,
    /// Byte that makes quotes text, and outside quotes delimiters and line breaks, too; none means that quotes are doubled
    /// [default: none]
    #[arg(long, value_name = "BYTE")]
    pub(crate) escape: Option<OptionalByte>,
    /// The first record names the columns [default: found in the head of the file]
    #[arg(long, conflicts_with = "no_header")]
    pub(crate) header: bool,
    /// The first record is data, not names
    #[arg(long)]
    pub(crate) no_header: bool,
    /// Names of the columns, in order, instead of the header's
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    pub(crate) columns: Option<Vec<String>>,
    /// Unquoted text that is NULL, besides the empty one; may be repeated
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub(crate) null: Vec<String>,
    /// Records that begin with this text are comments
    #[arg(long, value_name = "TEXT", value_parser = dialect::comment)]
    pub(crate) comment: Option<String>,
    /// Lines to pass over before the header
    #[arg(long, value_name = "N")]
    pub(crate) skip_rows: Option<u64>,
    /// Types of columns, such as t=DECIMAL(4,1),day=DATE, or '*=VARCHAR' for all others; may be repeated
    ///
    /// A cell that does not fit the type stops the query. Types: BOOLEAN, BIGINT, DECIMAL(p,s), DOUBLE, DATE, TIME,
    /// TIMESTAMP, VARCHAR.
    #[arg(long, value_name = "NAME=TYPE,…", value_parser = dialect::column_types)]
    pub(crate) types: Vec<ColumnTypes>,
    /// Byte before the fraction of a number [default: .]
    #[arg(long, value_name = "BYTE", value_parser = dialect::byte)]
    pub(crate) decimal: Option<u8>,
    /// Byte between groups of three digits of a number [default: none]
    #[arg(long, value_name = "BYTE", value_parser = dialect::byte)]
    pub(crate) thousands: Option<u8>,
    /// How dates are written, such as %d/%m/%Y [default: as the cells of a column agree]
    #[arg(long, value_name = "FORMAT")]
    pub(crate) date_format: Option<String>,
    /// How timestamps are written, such as '%d.%m.%Y %H:%M' [default: as the cells of a column agree]
    #[arg(long, value_name = "FORMAT")]
    pub(crate) timestamp_format: Option<String>,
    /// How types are found: from the head of the file, or in a first pass over all of it [default: sample]
    ///
    /// With sample, a scan that meets a wider type begins anew, or stops where rows have already been printed.
    #[arg(long, value_enum, value_name = "HOW")]
    pub(crate) infer: Option<InferArg>,
    /// Most bytes of one field [default: 16MiB]
    #[arg(long, value_name = "SIZE")]
    pub(crate) max_field: Option<Size>,
    /// What a record with too few or too many fields does: stop the run, be filled with NULL or cut, be left out [default: fail]
    #[arg(long, value_enum, value_name = "HOW")]
    pub(crate) ragged: Option<RaggedArg>,
    /// Whether text behind a closing quote, and a quote that is never closed, are errors or text [default: strict]
    #[arg(long, value_enum, value_name = "HOW")]
    pub(crate) quotes: Option<QuotesArg>,
    /// What other bad records and bad cells do: stop the run, skip the record, make the cell NULL [default: fail]
    ///
    /// A cell is bad where it is not UTF-8 or does not have its column's type, as given or as the head of the file has it.
    /// A record is bad where a rule for records is broken that --ragged and --quotes do not allow; null skips those, too.
    #[arg(long, value_enum, value_name = "HOW")]
    pub(crate) on_error: Option<OnErrorArg>,
    /// The most records that may be skipped or repaired before the run fails [default: any number]
    #[arg(long, value_name = "N")]
    pub(crate) max_errors: Option<u64>,
    /// Short for --quotes lenient --ragged pad --on-error null; each of them may be given beside it
    #[arg(long)]
    pub(crate) lenient: bool,
}

/// What ragged records do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RaggedArg {
    /// The run stops
    Fail,
    /// Missing fields are NULL, fields past the last column are dropped
    Pad,
    /// The record is skipped
    Skip,
}

/// What misplaced quotes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum QuotesArg {
    /// Errors
    Strict,
    /// Text
    Lenient,
}

/// What bad records and cells do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnErrorArg {
    /// The run stops
    Fail,
    /// The record is skipped
    Skip,
    /// The cell is NULL
    Null,
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
                        --types a=DECIMAL(4,1),b=DATE --infer full --max-field 1MB --block-size 7 --temp-dir /tmp --max-temp 1GB";
            let words = ["plimsoll", verb, "SELECT 1"].into_iter().chain(line.split_ascii_whitespace());
            let args = match Args::try_parse_from(words).unwrap().verb {
                Verb::Query(args) => args,
                Verb::Explain(args) => args.query,
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
    fn usage_errors_exit_with_2() {
        for line in [
            "query",
            "query SELECT --threads 0",
            "query SELECT --delimiter §",
            "query SELECT --memory-limit much",
            "query SELECT --types a=BLOB",
            "query SELECT --top 3",
            "query SELECT --analyze",
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
