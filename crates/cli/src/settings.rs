//! What was resolved from the command line and the terminal. Only this builds engine objects from what the user typed.

use std::io::Read;
use std::path::{Path, PathBuf};

use plimsoll::{CsvOptions, Engine, Error, Infer, OnError, QueryBuilder, Quotes, Ragged, Result};

use crate::args::{
    FormatArg, InferArg, InputArgs, LimitArgs, OnErrorArg, OutputArgs, QueryArgs, QuotesArg, RaggedArg,
    TempArgs,
};
use crate::output::Format;
use crate::size::Size;
use crate::temp::TempWarning;
use crate::terminal::Terminal;

/// Everything that a verb over a query needs.
#[derive(Debug)]
pub(crate) struct Settings {
    engine: Engine,
    sql: String,
    options: CsvOptions,
    /// How rows are printed.
    pub(crate) format: Format,
    /// The result's file; standard output where there is none.
    pub(crate) output: Option<PathBuf>,
    /// The file for the run's footprint.
    pub(crate) stats: Option<PathBuf>,
    /// The file for records that were skipped or repaired.
    pub(crate) rejects: Option<PathBuf>,
    /// Whether the user has set a memory limit.
    pub(crate) memory_limited: bool,
    /// Whether the footer is printed.
    pub(crate) footer: bool,
    /// Whether a progress bar may be drawn.
    pub(crate) progress: bool,
    /// Whether rows go to a terminal.
    pub(crate) rows_to_terminal: bool,
    /// What tables are drawn for.
    pub(crate) terminal: Terminal,
    /// Whether there is memory to tell the operators' allocations apart.
    pub(crate) traces: bool,
}

/// The least memory limit in which allocations are traced, in bytes: below, tracing would take what the query needs.
const LEAST_TRACED: u64 = 64 << 20;

impl Settings {
    /// Resolves what the user typed for a statement. Reads standard input where that is where it stands.
    ///
    /// # Errors
    /// `Plan` for flags that contradict each other, `Io` where the statement cannot be read.
    pub(crate) fn resolve(args: QueryArgs, terminal: Terminal) -> Result<Self> {
        let OutputArgs { format, output, quiet } = args.output;
        let (stats, rejects) = (args.cost.stats, args.cost.rejects);
        let named = [("-o", &output), ("--stats", &stats), ("--rejects", &rejects)];
        for (index, (flag, path)) in named.iter().enumerate() {
            let same = named[..index].iter().find(|(_, other)| path.is_some() && other == path);
            if let Some((other, _)) = same {
                let message = format!("{other} and {flag} name the same file");
                return Err(Error::plan(message, format!("give {flag} a file of its own")));
            }
        }
        let rows_to_terminal = output.is_none() && terminal.stdout;
        Ok(Settings {
            engine: engine(&args.limits, args.temp)?,
            sql: statement(args.sql)?,
            options: csv_options(args.input)?,
            format: resolve_format(format, output.as_deref(), terminal.stdout),
            output,
            stats,
            rejects,
            memory_limited: args.limits.memory_limit.is_some(),
            footer: !quiet,
            progress: !quiet && terminal.stderr,
            rows_to_terminal,
            terminal,
            traces: args.limits.memory_limit.is_none_or(|Size(bytes)| bytes >= LEAST_TRACED),
        })
    }

    /// The query, ready to run or to explain.
    ///
    /// # Errors
    /// `Sql` and whatever else reading the statement gives.
    pub(crate) fn query(&self) -> Result<QueryBuilder> {
        let query = self.engine.sql_with(&self.sql, &self.options)?;
        Ok(query.bare_text(self.format.prints_bare_text()))
    }

    /// The warning that temporary files lie in memory, where they would and the run is not quiet. Said already where there
    /// is a memory limit: it is meant to hold, and the query may need them.
    pub(crate) fn temp_warning(&self) -> TempWarning {
        let directory = if self.footer { self.engine.temp_dir_in_memory() } else { None };
        let mut warning = TempWarning::about(directory);
        warning.say_if(self.memory_limited);
        warning
    }
}

/// Worker threads that the user asks for, else one for each processor.
pub(crate) fn threads(limits: &LimitArgs) -> usize {
    let processors = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    limits.threads.map_or_else(processors, std::num::NonZero::get)
}

/// One byte for so many of the limit is the size from which on allocations go back to the system when they are freed...
const KEPT: u64 = 1024;
/// ... which is at most that: more than the arrays of a block, less than the parts of a table that is worth its limit.
const MOST_KEPT: usize = 80 << 10;

/// The engine with these limits.
///
/// # Errors
/// `Plan` and `MemoryLimit` for limits that it cannot have.
pub(crate) fn engine(limits: &LimitArgs, temp: TempArgs) -> Result<Engine> {
    let mut builder = Engine::builder();
    if let Some(directory) = temp.temp_dir {
        builder = builder.temp_dir(directory);
    }
    if let Some(Size(bytes)) = temp.max_temp {
        builder = builder.max_temp(bytes);
    }
    if let Some(Size(bytes)) = limits.memory_limit {
        let kept = usize::try_from(bytes / KEPT).unwrap_or(MOST_KEPT).min(MOST_KEPT);
        plimsoll_memory::process::keep_little(kept);
        builder = builder.memory_limit(bytes);
    }
    if let Some(threads) = limits.threads {
        builder = builder.threads(threads.get());
    }
    if let Some(Size(bytes)) = limits.block_size {
        builder = builder.block_size(usize::try_from(bytes).unwrap_or(usize::MAX));
    }
    builder.build()
}

pub(crate) fn statement(sql: String) -> Result<String> {
    if sql != "-" {
        return Ok(sql);
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map_err(|source| Error::io("standard input", source))?;
    Ok(text)
}

/// How a file is read.
///
/// # Errors
/// `Plan` for flags that contradict each other.
pub(crate) fn csv_options(input: InputArgs) -> Result<CsvOptions> {
    let defaults = CsvOptions::default();
    let columns = input
        .columns
        .map(|names| names.iter().map(|name| (name.trim().to_owned(), None)).collect::<Vec<_>>());
    if columns.iter().flatten().any(|(name, _)| name.is_empty()) {
        return Err(Error::plan("--columns has an empty name", "write --columns a,b,c"));
    }
    let types: Vec<_> = input.types.into_iter().flatten().collect();
    if let Some((name, _)) = types.iter().enumerate().find_map(|(at, column)| {
        types[..at].iter().any(|(earlier, _)| *earlier == column.0).then_some(column)
    }) {
        return Err(Error::plan(format!("--types gives the column {name} two types"), "keep one of them"));
    }
    Ok(CsvOptions {
        encoding: input.encoding,
        delimiter: input.delimiter,
        quote: input.quote.map(|quote| quote.0),
        escape: input.escape.map(|escape| escape.0),
        header: input.no_header.then_some(false).or(input.header.then_some(true)),
        columns,
        nulls: input.null,
        comment: input.comment.map(Some),
        skip_rows: input.skip_rows,
        types,
        infer: match input.infer {
            None => defaults.infer,
            Some(InferArg::Sample) => Infer::Sample,
            Some(InferArg::Full) => Infer::Full,
        },
        max_field: input.max_field.map_or(defaults.max_field, |Size(bytes)| bytes),
        ragged: match input.ragged {
            None if input.lenient => Ragged::Pad,
            None => defaults.ragged,
            Some(RaggedArg::Fail) => Ragged::Fail,
            Some(RaggedArg::Pad) => Ragged::Pad,
            Some(RaggedArg::Skip) => Ragged::Skip,
        },
        quotes: match input.quotes {
            None if input.lenient => Quotes::Lenient,
            None => defaults.quotes,
            Some(QuotesArg::Strict) => Quotes::Strict,
            Some(QuotesArg::Lenient) => Quotes::Lenient,
        },
        on_error: match input.on_error {
            None if input.lenient => OnError::Null,
            None => defaults.on_error,
            Some(OnErrorArg::Fail) => OnError::Fail,
            Some(OnErrorArg::Skip) => OnError::Skip,
            Some(OnErrorArg::Null) => OnError::Null,
        },
        max_errors: input.max_errors,
        decimal: input.decimal.unwrap_or(defaults.decimal),
        thousands: input.thousands,
        date_format: input.date_format,
        timestamp_format: input.timestamp_format,
    })
}

/// By the flag, else by the file's extension, else by where the result goes.
pub(crate) fn resolve_format(
    typed: Option<FormatArg>,
    output: Option<&Path>,
    stdout_is_terminal: bool,
) -> Format {
    match (typed, output) {
        (Some(FormatArg::Table), _) => Format::Table,
        (Some(FormatArg::Csv), _) => Format::Csv,
        (Some(FormatArg::Tsv), _) => Format::Tsv,
        (Some(FormatArg::Json), _) => Format::Json,
        (Some(FormatArg::Jsonl), _) => Format::Jsonl,
        (Some(FormatArg::Markdown), _) => Format::Markdown,
        (None, Some(path)) => Format::of_extension(path).unwrap_or(Format::Csv),
        (None, None) if stdout_is_terminal => Format::Table,
        (None, None) => Format::Csv,
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use plimsoll::{DataType, ErrorKind};

    use super::*;
    use crate::args::{Args, Verb};

    fn resolve(words: &[&str], on_terminal: bool) -> Result<Settings> {
        let line = ["plimsoll", "query", "SELECT 1"].iter().chain(words);
        let Verb::Query(args) = Args::try_parse_from(line).unwrap().verb else {
            unreachable!("the line says so")
        };
        let terminal = Terminal {
            stdout: on_terminal,
            stderr: on_terminal,
            width: Some(80),
            unicode: true,
            attributes: true,
        };
        Settings::resolve(args, terminal)
    }

    #[test]
    fn nothing_typed_gives_the_defaults() {
        let settings = resolve(&[], true).unwrap();
        assert_eq!(settings.options, CsvOptions::default());
        assert_eq!(settings.sql, "SELECT 1");
        assert!(settings.footer && settings.progress && settings.rows_to_terminal);
    }

    #[test]
    fn quiet_is_quiet() {
        let settings = resolve(&["--quiet"], true).unwrap();
        assert!(!settings.footer && !settings.progress);
        assert!(!resolve(&[], false).unwrap().progress, "no bar where nobody looks");
    }

    #[test]
    fn format_comes_from_flag_then_extension_then_terminal() {
        for (words, on_terminal, expected) in [
            (&[][..], true, Format::Table),
            (&[], false, Format::Csv),
            (&["-o", "x.csv"], true, Format::Csv),
            (&["-o", "x.TSV"], true, Format::Tsv),
            (&["-o", "x.json"], true, Format::Json),
            (&["-o", "x.jsonl"], true, Format::Jsonl),
            (&["-o", "x.ndjson"], true, Format::Jsonl),
            (&["-o", "x.md"], true, Format::Markdown),
            (&["-o", "x.txt"], true, Format::Csv),
            (&["-o", "x"], true, Format::Csv),
            (&["-o", "x.json", "--format", "table"], false, Format::Table),
            (&["--format", "md"], true, Format::Markdown),
        ] {
            assert_eq!(resolve(words, on_terminal).unwrap().format, expected, "{words:?}");
        }
    }

    #[test]
    fn dialect_flags_reach_the_options() {
        let words = "--delimiter ; --quote none --escape \\ --no-header --columns a,b --null NA --null - --comment # \
                     --skip-rows 3 --types a=DECIMAL(4,1),b=DATE --types c=BIGINT --infer full --max-field 2KiB --lenient --ragged skip --max-errors 7";
        let settings = resolve(&words.split_ascii_whitespace().collect::<Vec<_>>(), false).unwrap();
        let expected = CsvOptions {
            delimiter: Some(b';'.into()),
            quote: Some(None),
            escape: Some(Some(b'\\')),
            header: Some(false),
            columns: Some(vec![("a".into(), None), ("b".into(), None)]),
            nulls: vec!["NA".into(), "-".into()],
            comment: Some(Some("#".into())),
            skip_rows: Some(3),
            types: vec![
                ("a".into(), DataType::Decimal { precision: 4, scale: 1 }),
                ("b".into(), DataType::Date),
                ("c".into(), DataType::Int64),
            ],
            infer: Infer::Full,
            max_field: 2048,
            ragged: Ragged::Skip,
            quotes: Quotes::Lenient,
            on_error: OnError::Null,
            max_errors: Some(7),
            ..CsvOptions::default()
        };
        assert_eq!(settings.options, expected);
    }

    #[test]
    fn contradictions_are_usage_errors() {
        for words in [
            &["-o", "same", "--stats", "same"][..],
            &["--rejects", "same", "--stats", "same"],
            &["--columns", "a,,b"],
            &["--types", "a=DATE", "--types", "a=BIGINT"],
        ] {
            let error = resolve(words, false).unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Plan { .. }), "{words:?}: {error}");
        }
    }
}
