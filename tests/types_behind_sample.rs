//! Columns whose cells behind the head sample are of other kinds: the result, its types included, is the oracle's at every
//! pace of the workers.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation is the test's message")]

mod common;

use std::fmt::Write;

use common::{Setting, difference, resolved, run_engine};
use plimsoll_core::{CsvOptions, OnError};

/// One cell of each kind.
const CELLS: [&str; 17] = [
    "",
    "7",
    "2.5",
    "0.123456",
    "12E3",
    "1e-05",
    "1e300",
    "nan",
    "12345678901234567890",
    "true",
    "2024-01-31",
    "31/01/2024",
    "01/02/2024",
    "2024-01-31 12:00:00",
    "2024-01-31T12:00:00Z",
    "12:30",
    "abc",
];

const QUERIES: [&str; 3] = [
    "SELECT count(*) AS n, count(c) AS k, max(c) AS m, sum(id) AS s FROM 'input'",
    "SELECT id % 2 AS g, min(c) AS low, last(c) AS l, count(DISTINCT c) AS d FROM 'input' GROUP BY id % 2",
    "SELECT id, c, d FROM 'input' WHERE c IS NOT NULL ORDER BY id",
];

/// The sample has `head` in column `c`; of the records behind it each eighth has a cell of another kind, the first two of
/// them `kinds` in this order. Column `d` changes in the other half of the records.
fn file(head: &str, kinds: [&str; 2]) -> String {
    const RECORDS: usize = 64;
    let mut text = format!("id,c,d,fill\n0,{head},1,{}\n", "~".repeat(CsvOptions::SAMPLE_BYTES));
    for record in 1..=RECORDS {
        let is_other = |turn: usize| record % 8 == 7 && record / 8 % 2 == turn;
        let c = if is_other(0) {
            kinds[0]
        } else if is_other(1) {
            kinds[1]
        } else {
            head
        };
        let d = if record % 16 == 15 {
            "x"
        } else if record % 8 == 3 {
            "1.5"
        } else {
            "1"
        };
        writeln!(text, "{record},{c},{d},").unwrap();
    }
    text
}

#[test]
fn types_do_not_depend_on_the_pace() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.csv");
    let (mut met, mut tried) = (0, 0);
    for head in CELLS {
        for (first, a) in CELLS.iter().enumerate() {
            for (second, b) in CELLS.iter().enumerate() {
                if first == second {
                    continue;
                }
                // A part of all combinations: 97 shares no factor with their number in a row.
                met += 1;
                if met % 97 != 0 {
                    continue;
                }
                std::fs::write(&path, file(head, [a, b])).unwrap();
                for (at, sql) in QUERIES.into_iter().enumerate() {
                    let on_error = [OnError::Fail, OnError::Skip, OnError::Null][(first + second + at) % 3];
                    let mut query =
                        plimsoll::sql::parse(sql, &CsvOptions { on_error, ..CsvOptions::default() }).unwrap();
                    query.from.path = path.to_str().unwrap().to_owned();
                    let oracle = plimsoll_rows::run(&resolved(&query), false);
                    for (threads, block_size) in [(8, 100), (3, 256)] {
                        let setting = Setting { threads, block_size: Some(block_size) };
                        let engine = run_engine(&query, setting, false);
                        if let Some(difference) = difference(&engine, &oracle, at != 1) {
                            panic!(
                                "{head:?}, then {a:?} and {b:?}, {on_error:?}, {setting:?}\n{sql}\n{difference}"
                            );
                        }
                    }
                    tried += 1;
                }
            }
        }
    }
    assert!(tried > 100, "{tried}");
}
