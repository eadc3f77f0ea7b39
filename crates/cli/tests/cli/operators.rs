//! What each operator did and cost: explain --analyze and the operators of --stats.

use std::fmt::Write;

use serde_json::Value;

use crate::program::{LOW_LIMIT, Place, Run};

/// 60,000 records, every value of `k` in two of them.
fn numbers() -> Place {
    let mut text = String::from("k,v\n");
    for number in 0..60_000_u64 {
        writeln!(text, "name {},{}", number * 7919 % 30_000, number % 1000).unwrap();
    }
    Place::with(text)
}

/// Analyses a query, and gives what it printed and its stats.
fn analyzed(place: &Place, sql: &str, flags: &[&str]) -> (Run, Value) {
    let words = ["explain", "--analyze", sql, "--stats", "stats.json", "--threads", "2"];
    let run = place.run(&[&words[..], flags].concat());
    assert_eq!(run.code, 0, "{}", run.stderr);
    let stats = serde_json::from_str(&place.read("stats.json")).unwrap();
    (run, stats)
}

/// The names of the operators with the rows that they took and gave.
fn rows(stats: &Value) -> Vec<(&str, u64, u64)> {
    let rows = |operator: &Value, field: &str| operator[field].as_u64().unwrap();
    let operators = stats["operators"].as_array().unwrap().iter();
    operators
        .map(|operator| {
            (operator["name"].as_str().unwrap(), rows(operator, "rows_in"), rows(operator, "rows"))
        })
        .collect()
}

fn operator<'a>(stats: &'a Value, name: &str) -> &'a Value {
    let operators = stats["operators"].as_array().unwrap();
    operators
        .iter()
        .find(|operator| operator["name"] == name)
        .unwrap_or_else(|| panic!("no {name} in {stats}"))
}

/// The text with each figure and its unit as `#`, and one space for several.
fn masked(text: &str) -> String {
    let units = ["bytes", "kB", "MB", "GB", "KiB", "MiB", "GiB", "ms", "s"];
    let line = |line: &str| {
        let is_figure = |word: &&str| word.starts_with(|first: char| first.is_ascii_digit());
        let words: Vec<&str> = line.split_whitespace().collect();
        let masked = words.iter().enumerate().filter_map(|(at, word)| match word {
            unit if units.contains(unit) && at > 0 && is_figure(&words[at - 1]) => None,
            figure if is_figure(figure) => Some("#"),
            word => Some(word),
        });
        masked.collect::<Vec<_>>().join(" ")
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_plan_and_a_line_for_each_operator() {
    let sql = "SELECT k, count(*) AS n, sum(v) FROM 'f.csv' WHERE v < 10 GROUP BY k HAVING count(*) > 1 \
               ORDER BY n DESC LIMIT 3 OFFSET 1";
    let (run, stats) = analyzed(&numbers(), sql, &["--quiet"]);
    assert_eq!(run.stderr, "");
    insta::assert_snapshot!(masked(&run.stdout), @r"
    Limit # offset #
    Sort n DESC, k (keeps # rows)
    Project k, count(*) AS n, sum(v)
    Filter count(*) > #
    Group by k: count(*), sum(v)
    Scan f.csv (2 of # columns, delimiter ',', # threads): k VARCHAR, v BIGINT; where v < #

    operator rows in rows time reserved at most allocated at most ratio spilled passes
    result # # # # # # # # #
    limit # # # # # # # # #
    sort # # # # # # # # # #
    project # # # # # # # # #
    having # # # # # # # # #
    group # # # # # # # # # #
    scan # # # # # # # # # #
    ");
    let expected = [
        ("scan", 60_000, 600),
        ("group", 600, 300),
        ("having", 300, 300),
        ("project", 300, 300),
        ("sort", 300, 4),
        ("limit", 4, 3),
        ("result", 3, 3),
    ];
    assert_eq!(rows(&stats), expected);
}

#[test]
fn rows_of_a_query_that_holds_nothing_and_of_distinct() {
    let place = numbers();
    let (_, stats) = analyzed(&place, "SELECT v + 1 FROM 'f.csv' WHERE v >= 500", &[]);
    assert_eq!(
        rows(&stats),
        [("scan", 60_000, 30_000), ("project", 30_000, 30_000), ("result", 30_000, 30_000)]
    );
    let (_, stats) = analyzed(&place, "SELECT DISTINCT v FROM 'f.csv'", &[]);
    let last = rows(&stats);
    assert_eq!(&last[1..], [("project", 60_000, 60_000), ("distinct", 60_000, 1000), ("result", 1000, 1000)]);
}

#[test]
fn rows_are_those_of_the_last_scan() {
    let filler = "~".repeat(256 << 10);
    let place = Place::with(format!("a,fill\n1,{filler}\nx,\n"));
    let (_, stats) = analyzed(&place, "SELECT a, count(*) FROM 'f.csv' GROUP BY a", &[]);
    assert_eq!(
        (&stats["restarts"], rows(&stats)[0], rows(&stats)[1]),
        (&Value::from(1), ("scan", 2, 2), ("group", 2, 2))
    );
}

#[test]
fn times_and_bytes_are_measured_and_nothing_is_spilled_without_a_limit() {
    let (_, stats) = analyzed(&numbers(), "SELECT * FROM 'f.csv' ORDER BY k, v", &[]);
    let (scan, sort) = (operator(&stats, "scan"), operator(&stats, "sort"));
    let number = |value: &Value| value.as_f64().unwrap_or_else(|| panic!("{value}"));
    let times: f64 = stats["operators"].as_array().unwrap().iter().map(|o| number(&o["cpu_seconds"])).sum();
    assert!(number(&scan["cpu_seconds"]) > 0.0 && number(&sort["cpu_seconds"]) > 0.0, "{stats}");
    assert!(times <= number(&stats["cpu_seconds"]), "{stats}");
    // 60,000 rows of two columns, their positions, and keys.
    let peak = number(&sort["allocated_peak_bytes"]);
    assert!(peak > 2e6 && peak < number(&stats["memory"]["heap"]["peak_bytes"]), "{stats}");
    assert!(number(&sort["allocated_bytes"]) < 1e4, "the rows are gone: {stats}");
    assert_eq!(sort["reserved_bytes"], 0);
    let ratio = number(&sort["reserved_by_allocated"]);
    assert!((0.9..=1.1).contains(&ratio), "{stats}");
    assert!(number(&stats["tracing_bytes"]) > 0.0);
    for operator in stats["operators"].as_array().unwrap() {
        assert_eq!((&operator["spilled_bytes"], &operator["passes"]), (&Value::from(0), &Value::from(0)));
    }
}

#[test]
fn what_is_spilled_is_the_sum_of_what_operators_spill() {
    let mut text = String::from("k,v\n");
    for number in 0..300_000_u64 {
        writeln!(text, "name {},{}", number * 7919 % 250_001, number * 31 % 100_003).unwrap();
    }
    let place = Place::with(text);
    for (sql, spillers) in [
        ("SELECT * FROM 'f.csv' ORDER BY v, k", &["sort"][..]),
        ("SELECT DISTINCT k, v FROM 'f.csv'", &["distinct"]),
        ("SELECT k, sum(v) FROM 'f.csv' GROUP BY k", &["group"]),
    ] {
        let limits = ["--memory-limit", LOW_LIMIT, "--temp-dir", "."];
        let (_, stats) = analyzed(&place, sql, &limits);
        let operators = stats["operators"].as_array().unwrap();
        let sum: u64 = operators.iter().map(|operator| operator["spilled_bytes"].as_u64().unwrap()).sum();
        assert_eq!(stats["bytes_spilled"], sum, "{sql}");
        for operator in operators {
            let spills = spillers.contains(&operator["name"].as_str().unwrap());
            let figures = ["spilled_bytes", "passes"].map(|field| operator[field].as_u64().unwrap() > 0);
            assert_eq!(figures, [spills; 2], "{sql}: {operator}");
        }
    }
}

#[test]
fn a_pipe_is_analysed_in_one_pass() {
    let place = Place::new();
    let run = place.run_with(&["explain", "--analyze", "SELECT sum(a) FROM '-'"], b"a\n1\n2\n");
    assert!(
        run.printed().contains("Scan standard input") || run.printed().contains("Scan -"),
        "{}",
        run.stdout
    );
    assert!(run.stderr.contains("1 row from 2 records"), "{}", run.stderr);
}

#[test]
fn without_analyze_nothing_runs() {
    let place = numbers();
    let run = place.run(&["explain", "SELECT * FROM 'f.csv'", "--stats", "stats.json"]);
    assert_eq!(run.printed().lines().count(), 3, "{}", run.stdout);
    assert_eq!(place.files(), ["f.csv"]);
    place.run(&["explain", "--analyze", "SELECT z FROM 'f.csv'", "-o", "out"]).failed(2, &["z"]);
    assert_eq!(place.files(), ["f.csv"]);
}
