//! Random queries over random files: the engine, under random settings, against the oracle, bit for bit.
//!
//! `PLIMSOLL_CASES` sets how many are tried.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation is the test's message")]

mod common;
mod random;

use common::{Setting, difference, resolved, run_engine, same_failure};
use plimsoll::Engine;
use plimsoll_core::{CsvOptions, Error, ErrorKind, Query, Result, Schema, resolve};
use plimsoll_rows::{Rows, run_bytes};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};

use random::data::{self, File};

const CASES: u32 = 400;

#[test]
fn engine_and_oracle_agree() {
    let cases = std::env::var("PLIMSOLL_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(CASES);
    let config = Config { cases, max_shrink_iters: 600, failure_persistence: None, ..Config::default() };
    let settings = (select(vec![1usize, 2, 3, 8]), select(vec![1usize, 2, 7, 64, 300, 4096, 1 << 20]));
    let inputs = (data::file(), random::query::query(), data::tolerance(), settings, any::<bool>());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("random.csv").to_str().unwrap().to_owned();
    let result = TestRunner::new(config).run(
        &inputs,
        |(file, mut query, tolerance, (threads, block_size), bare_text)| {
            let CsvOptions { ragged, quotes, on_error, .. } = tolerance;
            query.from.options = CsvOptions { ragged, quotes, on_error, ..query.from.options };
            std::fs::write(&path, &file.bytes).unwrap();
            query.from.path.clone_from(&path);
            // A block of a few bytes takes its time over a long sample.
            let block_size = if file.beyond_sample { block_size.max(4096) } else { block_size };
            let setting = Setting { threads, block_size: Some(block_size) };
            let engine = run_engine(&query, setting, bare_text);
            // A header that the engine refuses leaves no dialect for the oracle, which would read the file with the usual
            // one: another place is at fault then, or none.
            if engine.is_err() && Engine::builder().build().unwrap().resolve(&query.from).is_err() {
                return Ok(());
            }
            let query = resolved(&query);
            let oracle = run_bytes(&query, &file.bytes, bare_text);
            match compare(&query, &file, &engine, &oracle) {
                None => Ok(()),
                Some(what) => {
                    Err(TestCaseError::fail(format!("{what}\n{}\n{:?}", sql(&query), query.from.options)))
                }
            }
        },
    );
    if let Err(error) = result {
        panic!("{error}");
    }
}

fn compare(query: &Query, file: &File, engine: &Result<Rows>, oracle: &Result<Rows>) -> Option<String> {
    let names = data::COLUMNS.iter().chain(&["fill"]);
    let fields = names.map(|name| plimsoll_core::Field::new(*name, plimsoll_core::DataType::Null)).collect();
    let resolved = resolve(query, &Schema::new(fields)).ok();
    let streams = resolved.as_ref().is_some_and(plimsoll_core::Resolved::streams);
    // Rows that were given out cannot be taken back where a type turns out wider; the oracle gives none before its end.
    if streams
        && file.beyond_sample
        && let Err(error) = engine
        && matches!(error.kind(), ErrorKind::Data { .. })
        && error.to_string().contains("--infer full")
    {
        return None;
    }
    // What goes wrong under the types known so far ends the query; the oracle waits for the final types.
    if file.beyond_sample
        && let Err(error) = engine
        && (is_about_types(error) && oracle.as_ref().is_err_and(is_about_types)
            || fails_on_a_prefix(query, file, error))
    {
        return None;
    }
    // The oracle's numbers have no bounds; the engine's sums of squares have.
    if engine.as_ref().is_err_and(|error| error.to_string().contains("beyond 256 bits")) {
        return None;
    }
    let ordered =
        resolved.is_none_or(|resolved| resolved.grouping.is_none() || !resolved.order_by.is_empty());
    difference(engine, oracle, ordered)
}

/// Whether operands do not go together, be it that a cell is to blame.
fn is_about_types(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::Type { .. } => true,
        ErrorKind::Data { location, .. } => location.column.is_some(),
        _ => false,
    }
}

/// Whether the oracle fails in the same way over some of the first records.
fn fails_on_a_prefix(query: &Query, file: &File, error: &Error) -> bool {
    let ends = file.bytes.iter().enumerate().filter(|(_, byte)| matches!(byte, b'\n' | b'\r'));
    ends.map(|(end, _)| run_bytes(query, &file.bytes[..end], false))
        .any(|outcome| outcome.is_err_and(|failure| same_failure(&failure, error)))
}

/// The query as one would write it, for the report.
fn sql(query: &Query) -> String {
    let list = |exprs: Vec<String>| exprs.join(", ");
    let order = query.order_by.iter().map(|key| {
        let direction = if key.descending { " DESC" } else { "" };
        format!("{}{direction} NULLS {}", key.expr, if key.nulls_first { "FIRST" } else { "LAST" })
    });
    let select = query.select.iter().map(|item| match item {
        plimsoll_core::SelectItem::Wildcard => "*".to_owned(),
        plimsoll_core::SelectItem::Expr { expr, .. } => expr.to_string(),
    });
    format!(
        "SELECT {}{} WHERE {} GROUP BY {} HAVING {} ORDER BY {} LIMIT {:?} OFFSET {}",
        if query.distinct { "DISTINCT " } else { "" },
        list(select.collect()),
        query.filter.as_ref().map(ToString::to_string).unwrap_or_default(),
        list(query.group_by.iter().map(ToString::to_string).collect()),
        query.having.as_ref().map(ToString::to_string).unwrap_or_default(),
        list(order.collect()),
        query.limit,
        query.offset
    )
}
