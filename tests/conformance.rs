//! Runs every case of `tests/cases/*.case` under every setting, each as a test of its own called `setting::file::case`.
//!
//! A case file is plain text:
//!
//! ```text
//! === the name of a case, which says what it is about
//! --- input                 the file, as it stands up to the next line that begins with ---
//! --- input escaped         or: one line, with \n \r \t \\ \xFF, and \S for a field that fills the head sample
//! --- query                 FROM 'input' is that file; another name is a file of the repository
//! --- types                 (optional) the types of the result, one a line
//! --- rows                  the names, then the rows: NULL bare, text that could be mistaken in double quotes
//! --- rows unordered        as above, in any order
//! --- error Data            or: the kind of the error, and texts that its message has, one a line
//! ```

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation is the test's message")]

mod common;
#[path = "common/held.rs"]
mod held;

use std::path::{Path, PathBuf};

use common::{Setting, difference, lines, resolved, run_engine};
use held::run_held;
use libtest_mimic::{Arguments, Failed, Trial};
use plimsoll_compare::Strategy;
use plimsoll_core::{CsvOptions, ErrorKind, Infer, Query, Result};
use plimsoll_rows::Rows;

/// How a case is run.
#[derive(Debug, Clone, Copy)]
enum How {
    /// By the oracle, over the file.
    Oracle,
    /// By the engine, over the file, under circumstances that must not matter.
    Stream(Setting),
    /// Over what a strategy holds. Its columns have the types that all of their cells have, in the rows that the query reads
    /// and in others, so that what must come out is what the oracle gives with these types.
    Held(Strategy),
}

const THREADS: [usize; 3] = [1, 2, 8];
const BLOCKS: [(&str, Option<usize>); 4] =
    [("1b", Some(1)), ("7b", Some(7)), ("64b", Some(64)), ("default", None)];

fn main() {
    let arguments = Arguments::from_args();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(root.join("tests/cases")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "case"));
    files.sort();
    let mut trials = Vec::new();
    for file in files {
        let stem = file.file_stem().unwrap().to_str().unwrap().to_owned();
        for (number, case) in parse(&std::fs::read_to_string(&file).unwrap()).into_iter().enumerate() {
            let name = format!("{stem}::{}", case.name.replace(' ', "_"));
            let input = folder.path().join(format!("{stem}-{number}.csv"));
            if let Some(bytes) = &case.input {
                std::fs::write(&input, bytes).unwrap();
            }
            for (setting, run) in settings() {
                let tiny = matches!(run, How::Stream(Setting { block_size: Some(..64), .. }));
                if tiny && case.input.as_ref().is_some_and(|bytes| bytes.len() > CsvOptions::SAMPLE_BYTES) {
                    // Hundreds of thousands of blocks: minutes, and nothing that larger blocks do not show.
                    continue;
                }
                let (case, input, root) = (case.clone(), input.clone(), root.to_owned());
                trials
                    .push(Trial::test(format!("{setting}::{name}"), move || case.check(&input, &root, run)));
            }
        }
    }
    libtest_mimic::run(&arguments, trials).exit();
}

fn settings() -> Vec<(String, How)> {
    let mut all = vec![("oracle".to_owned(), How::Oracle)];
    for threads in THREADS {
        for (name, block_size) in BLOCKS {
            all.push((format!("stream-t{threads}-{name}"), How::Stream(Setting { threads, block_size })));
        }
    }
    all.extend(Strategy::ALL.map(|strategy| (format!("held-{strategy}"), How::Held(strategy))));
    all
}

/// What a query must end with.
#[derive(Debug, Clone)]
enum Expected {
    Rows { lines: Vec<String>, ordered: bool },
    Error { kind: String, fragments: Vec<String> },
}

#[derive(Debug, Clone)]
struct Case {
    name: String,
    input: Option<Vec<u8>>,
    query: String,
    types: Vec<String>,
    expected: Expected,
}

fn parse(text: &str) -> Vec<Case> {
    let text = format!("\n{text}");
    text.split("\n=== ").skip(1).map(parse_case).collect()
}

fn parse_case(text: &str) -> Case {
    let (name, body) = text.split_once('\n').expect("a case has sections");
    let mut case = Case {
        name: name.trim().to_owned(),
        input: None,
        query: String::new(),
        types: Vec::new(),
        expected: Expected::Rows { lines: Vec::new(), ordered: true },
    };
    let body = format!("\n{body}");
    for section in body.split("\n--- ").skip(1) {
        let (title, content) = section.split_once('\n').unwrap_or((section, ""));
        let content = content.trim_end_matches('\n');
        let lines = || content.lines().map(str::to_owned).collect::<Vec<_>>();
        match title.trim() {
            "input" => case.input = Some(format!("{content}\n").into_bytes()),
            "input escaped" => case.input = Some(unescape(content)),
            "query" => content.clone_into(&mut case.query),
            "types" => case.types = lines(),
            "rows" => case.expected = Expected::Rows { lines: lines(), ordered: true },
            "rows unordered" => case.expected = Expected::Rows { lines: lines(), ordered: false },
            title => match title.strip_prefix("error ") {
                Some(kind) => case.expected = Expected::Error { kind: kind.to_owned(), fragments: lines() },
                None => panic!("{name}: no section is called {title}"),
            },
        }
    }
    case
}

fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'\\' => match rest.next() {
                Some(b'S') => {
                    bytes.extend(std::iter::repeat_n(b'~', CsvOptions::SAMPLE_BYTES));
                    continue;
                }
                Some(b'n') => b'\n',
                Some(b'r') => b'\r',
                Some(b't') => b'\t',
                Some(b'x') => {
                    let digits: String = rest.by_ref().take(2).map(char::from).collect();
                    u8::from_str_radix(&digits, 16).expect("two hexadecimal digits")
                }
                Some(other) => other,
                None => panic!("a lonely backslash"),
            },
            other => other,
        });
    }
    bytes
}

impl Case {
    fn check(&self, input: &Path, root: &Path, how: How) -> std::result::Result<(), Failed> {
        let outcome = match (self.query(input, root), how) {
            (Ok(query), How::Held(strategy)) => return check_held(&query, strategy),
            (Ok(query), How::Oracle) => plimsoll_rows::run(&resolved(&query), false),
            (Ok(query), How::Stream(setting)) => run_engine(&query, setting, false),
            (Err(error), _) => Err(error),
        };
        match (&self.expected, outcome) {
            (Expected::Rows { lines: expected, ordered }, Ok(rows)) => {
                self.check_rows(expected, *ordered, &rows)
            }
            (Expected::Error { kind, fragments }, Err(error)) => {
                let text = error.to_string();
                let missing = fragments.iter().find(|fragment| !text.contains(fragment.as_str()));
                match missing {
                    _ if kind_name(error.kind()) != kind => Err(format!(
                        "expected an error of kind {kind}, got {}: {text}",
                        kind_name(error.kind())
                    )
                    .into()),
                    Some(missing) => Err(format!("the message lacks {missing:?}: {text}").into()),
                    None => Ok(()),
                }
            }
            (Expected::Rows { .. }, Err(error)) => {
                Err(format!("expected rows, got an error: {error}").into())
            }
            (Expected::Error { .. }, Ok(rows)) => {
                Err(format!("expected an error, got rows: {:?}", lines(&rows, true)).into())
            }
        }
    }

    fn check_rows(&self, expected: &[String], ordered: bool, rows: &Rows) -> std::result::Result<(), Failed> {
        let types: Vec<String> = rows.schema.types().iter().map(ToString::to_string).collect();
        if !self.types.is_empty() && types != self.types {
            return Err(format!("expected types {:?}, got {types:?}", self.types).into());
        }
        let names: Vec<&str> = rows.schema.fields.iter().map(|field| field.name.as_str()).collect();
        let mut found = lines(rows, ordered);
        let mut expected = expected.to_vec();
        if !ordered && !expected.is_empty() {
            expected[1..].sort();
        }
        found.insert(0, names.join(","));
        if found == expected {
            return Ok(());
        }
        Err(format!("expected:\n  {}\ngot:\n  {}", expected.join("\n  "), found.join("\n  ")).into())
    }

    fn query(&self, input: &Path, root: &Path) -> Result<Query> {
        let mut query = plimsoll::sql::parse(&self.query, &CsvOptions::default())?;
        let path = match query.from.path.as_str() {
            "input" => input.to_owned(),
            name => root.join(name),
        };
        query.from.path = path.to_str().unwrap().to_owned();
        Ok(query)
    }
}

fn check_held(query: &Query, strategy: Strategy) -> std::result::Result<(), Failed> {
    let mut full = query.clone();
    full.from.options.infer = Infer::Full;
    let expected = plimsoll_rows::run(&resolved(&full), false);
    let ordered = query.group_by.is_empty() || !query.order_by.is_empty();
    match (run_held(query, strategy), expected) {
        // Held values have no place in a file that an error could name, so kinds differ: what matters is that both fail.
        (Ok(Err(_)), Err(_)) => Ok(()),
        (Ok(found), expected) => match difference(&found, &expected, ordered) {
            None => Ok(()),
            Some(difference) => Err(difference.into()),
        },
        // A load reads every cell, so it may fail where the query alone does not: where all of the file is at fault.
        (Err(error), expected) => match plimsoll_rows::run(&Query::new(resolved(&full).from), false) {
            Err(_) => Ok(()),
            Ok(_) => Err(format!("the load fails: {error}; the oracle gives {expected:?}").into()),
        },
    }
}

fn kind_name(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Io { .. } => "Io",
        ErrorKind::Sql { .. } => "Sql",
        ErrorKind::Plan { .. } => "Plan",
        ErrorKind::Type { .. } => "Type",
        ErrorKind::UnknownColumn { .. } => "UnknownColumn",
        ErrorKind::Data { .. } => "Data",
        ErrorKind::Value { .. } => "Value",
        ErrorKind::MemoryLimit { .. } => "MemoryLimit",
        _ => "another",
    }
}
