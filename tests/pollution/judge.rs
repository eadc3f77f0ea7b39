//! Reads variants with the engine, and says what came out of it. Knows no kinds.

use std::path::Path;

use plimsoll_core::{CsvOptions, ErrorKind, OnError, Query, Quotes, Ragged, Result, Table as Input, Value};
use plimsoll_rows::Rows;

use crate::common::{Setting, difference, resolved, run_engine};
use crate::table::{ANY, Table};
use crate::variant::Variant;

/// What a strict reading ended with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Strict {
    /// With a table that the variant allows.
    Right,
    /// With an error that it allows.
    Error,
    /// With anything else: what.
    Wrong(String),
    /// With something else than the oracle, or than in other blocks: what.
    Unlike(String),
}

/// What readings of one variant gave.
#[derive(Debug, Clone)]
pub(crate) struct Verdict {
    pub(crate) strict: Strict,
    /// The part of the names and cells that a lenient reading has right, from 0 to 1.
    pub(crate) lenient: f64,
    /// Whether a strict reading with the right settings gives the repaired table; `None` where none are known.
    pub(crate) told: Option<std::result::Result<(), String>>,
}

/// Settings that repair what they can.
fn lenient() -> CsvOptions {
    CsvOptions {
        quotes: Quotes::Lenient,
        ragged: Ragged::Pad,
        on_error: OnError::Null,
        ..CsvOptions::default()
    }
}

/// Reads the file of `variant` at `path` in every way.
pub(crate) fn judge(variant: &Variant, path: &Path) -> Verdict {
    let strict = strict(variant, path);
    let lenient = match run(path, lenient()) {
        Ok(rows) => similarity(&variant.repaired, &texts(&rows)),
        Err(_) => 0.0,
    };
    let told = variant.told.clone().map(|options| match run(path, options) {
        Ok(rows) if same(&variant.repaired, &texts(&rows)) => Ok(()),
        Ok(rows) => Err(format!("with its settings: {}", unlike(&variant.repaired, &texts(&rows)))),
        Err(error) => Err(format!("with its settings: {error}")),
    });
    Verdict { strict, lenient, told }
}

fn query(path: &Path, options: CsvOptions) -> Query {
    Query::new(Input { path: path.to_str().expect("a path of text").to_owned(), options })
}

fn run(path: &Path, options: CsvOptions) -> Result<Rows> {
    run_engine(&query(path, options), Setting { threads: 1, block_size: None }, false)
}

fn strict(variant: &Variant, path: &Path) -> Strict {
    let query = query(path, CsvOptions::default());
    let found = run_engine(&query, Setting { threads: 1, block_size: None }, false);
    let pieces = run_engine(&query, Setting { threads: 2, block_size: Some(64) }, false);
    if let Some(difference) = difference(&pieces, &found, true) {
        return Strict::Unlike(format!("blocks of 64 bytes matter: {difference}"));
    }
    let verdict = match &found {
        Ok(rows) => {
            let found = texts(rows);
            match variant.strict.tables.iter().any(|table| same(table, &found)) {
                true => Strict::Right,
                false => Strict::Wrong(unlike(&variant.repaired, &found)),
            }
        }
        Err(error) => {
            let allowed = match error.kind() {
                ErrorKind::Data { location, .. } => variant.strict.lines.contains(&location.line),
                _ => variant.strict.unplaced,
            };
            if allowed { Strict::Error } else { Strict::Wrong(format!("fails: {error}")) }
        }
    };
    if let Strict::Wrong(_) = verdict {
        return verdict;
    }
    // The oracle searches for no dialect: it reads the file with the one that the engine found.
    let oracle = plimsoll_rows::run(&resolved(&query), false);
    match difference(&found, &oracle, true) {
        Some(difference) => Strict::Unlike(format!("the oracle differs: {difference}")),
        None => verdict,
    }
}

/// Rows as texts; NULL is the empty text.
fn texts(rows: &Rows) -> Table {
    let text = |value: &Value| match value {
        Value::Null => String::new(),
        other => other.to_string(),
    };
    Table {
        names: rows.schema.fields.iter().map(|field| field.name.clone()).collect(),
        rows: rows.rows.iter().map(|row| row.iter().map(text).collect()).collect(),
    }
}

fn same(expected: &Table, found: &Table) -> bool {
    expected.rows.len() == found.rows.len()
        && expected.records().zip(found.records()).all(|(expected, found)| {
            expected.len() == found.len()
                && expected.iter().zip(found).all(|(left, right)| alike(left, right))
        })
}

/// Whether two texts are the same, or the same number or time written otherwise.
fn alike(expected: &str, found: &str) -> bool {
    if expected == found || expected == ANY {
        return true;
    }
    let trimmed = expected.trim_matches([' ', '\t']);
    let number = |text: &str| -> Option<f64> {
        let digits = text.trim_start_matches(['+', '-']).as_bytes();
        // 007 is a text, and equal to itself only.
        let is_text = digits.len() > 1 && digits[0] == b'0' && digits[1].is_ascii_digit();
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
        (is_number && !is_text).then(|| text.parse().ok())?
    };
    match (number(trimmed), number(found)) {
        // No cell of the sources needs more digits than a double has.
        (Some(left), Some(right)) => left == right,
        _ => time(trimmed) == time(found),
    }
}

/// A time without what may be left out or written otherwise: T, Z, an offset of zero, a fraction of zeros, seconds of zero.
fn time(text: &str) -> String {
    let is_time = text.len() >= 16 && text.as_bytes()[4] == b'-' && text.is_ascii();
    if !is_time {
        return if matches!(text, "True" | "TRUE") { "true".to_owned() } else { text.to_owned() };
    }
    let text = text.replacen('T', " ", 1);
    let text = text.trim_end_matches('Z').trim_end_matches("+00:00").trim_end_matches("+00");
    let text = text.split_once('.').map_or(text, |(whole, fraction)| {
        if fraction.bytes().all(|byte| byte == b'0') { whole } else { text }
    });
    if text.len() == 16 { format!("{text}:00") } else { text.to_owned() }
}

/// The first place where two tables differ.
fn unlike(expected: &Table, found: &Table) -> String {
    for (index, (expected, found)) in expected.records().zip(found.records()).enumerate() {
        let same = expected.len() == found.len()
            && expected.iter().zip(found).all(|(left, right)| alike(left, right));
        if !same {
            return format!("record {index} is {} instead of {}", shown(found), shown(expected));
        }
    }
    format!("{} records instead of {}", found.rows.len(), expected.rows.len())
}

fn shown(fields: &[String]) -> String {
    let text = format!("{fields:?}");
    if text.chars().count() > 160 { text.chars().take(160).chain(['…']).collect() } else { text }
}

/// The part of two tables' fields that are alike, records put side by side so that it is greatest.
fn similarity(expected: &Table, found: &Table) -> f64 {
    let left: Vec<&Vec<String>> = expected.records().collect();
    let right: Vec<&Vec<String>> = found.records().collect();
    let fields = |records: &[&Vec<String>]| records.iter().map(|record| record.len()).sum::<usize>();
    let most = fields(&left).max(fields(&right)).max(1);
    let mut best = vec![0; right.len() + 1];
    for expected in &left {
        let before = best.clone();
        for (at, found) in right.iter().enumerate() {
            let pairs = expected.iter().zip(found.iter());
            let same = pairs.filter(|(left, right)| alike(left, right)).count();
            best[at + 1] = before[at + 1].max(best[at]).max(before[at] + same);
        }
    }
    best[right.len()] as f64 / most as f64
}
