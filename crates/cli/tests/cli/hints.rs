//! Hints, typed as they stand: each refusal, what its hint says to write, and what that gives.

use std::fs;
use std::path::Path;

use crate::program::Place;

const DATA: &str = "s,n,v,d\nfoo,3,\"1,234.50\",2024-01-31\nbar,-7,\"2,000.25\",2023-12-01\n";

/// A statement that is refused, what its hint must have, and a statement made of it with what it gives.
const CASES: [(&str, &str, &str, &str); 13] = [
    (
        "SELECT s ~ '^f' AS r FROM 'f.csv'",
        "x LIKE '%text%'",
        "SELECT s LIKE 'f%' AS r FROM 'f.csv'",
        "true\nfalse",
    ),
    (
        "SELECT s GLOB 'f*' AS r FROM 'f.csv'",
        "x LIKE '%text%'",
        "SELECT s LIKE 'f%' AS r FROM 'f.csv'",
        "true\nfalse",
    ),
    (
        "SELECT regexp_matches(s, 'o') AS r FROM 'f.csv'",
        "x LIKE '%text%'",
        "SELECT s LIKE '%o%' AS r FROM 'f.csv'",
        "true\nfalse",
    ),
    ("SELECT n ^ 2 AS r FROM 'f.csv'", "power(a, b)", "SELECT power(n, 2) AS r FROM 'f.csv'", "9.0\n49.0"),
    ("SELECT n ** 2 AS r FROM 'f.csv'", "power(a, b)", "SELECT power(n, 2) AS r FROM 'f.csv'", "9.0\n49.0"),
    (
        "SELECT percentile_disc(n, 0.5) AS r FROM 'f.csv'",
        "quantile_disc(x, 0.5)",
        "SELECT quantile_disc(n, 0.5) AS r FROM 'f.csv'",
        "-7",
    ),
    (
        "SELECT approx_count_distinct(s) AS r FROM 'f.csv'",
        "count(DISTINCT x)",
        "SELECT count(DISTINCT s) AS r FROM 'f.csv'",
        "2",
    ),
    (
        "SELECT sum(n) FILTER (WHERE n > 0) AS r FROM 'f.csv'",
        "sum(CASE WHEN n > 0 THEN n END)",
        "SELECT sum(CASE WHEN n > 0 THEN n END) AS r FROM 'f.csv'",
        "3",
    ),
    (
        "SELECT sum(s) AS r FROM 'f.csv'",
        "sum(TRY_CAST(s AS DOUBLE))",
        "SELECT sum(TRY_CAST(s AS DOUBLE)) AS r FROM 'f.csv'",
        "",
    ),
    (
        "SELECT sum(v) AS r FROM 'f.csv'",
        "CAST(replace(v, ',', '') AS DOUBLE)",
        "SELECT sum(CAST(replace(v, ',', '') AS DOUBLE)) AS r FROM 'f.csv'",
        "3234.75",
    ),
    (
        "SELECT sum(CAST(v AS DOUBLE)) AS r FROM 'f.csv'",
        "CAST(replace(v, ',', '') AS DOUBLE)",
        "SELECT sum(CAST(replace(v, ',', '') AS DOUBLE)) AS r FROM 'f.csv'",
        "3234.75",
    ),
    (
        "SELECT n + s AS r FROM 'f.csv'",
        "TRY_CAST(s AS DOUBLE)",
        "SELECT n + TRY_CAST(s AS DOUBLE) AS r FROM 'f.csv'",
        "\n\n",
    ),
    (
        "SELECT 7.5 // 2 AS r FROM 'f.csv'",
        "trunc(a / b)",
        "SELECT trunc(7.5 / 2) AS r FROM 'f.csv' LIMIT 1",
        "3.0",
    ),
];

#[test]
fn every_hint_does_what_it_says() {
    let place = Place::with(DATA);
    for (refused, hint, statement, expected) in CASES {
        let refusal = place.run(&["query", refused]);
        assert!(
            refusal.stderr.contains("hint: ") && refusal.stderr.contains(hint),
            "{refused}\n{}",
            refusal.stderr
        );
        let run = place.run(&["query", statement]);
        assert_eq!(run.printed().trim_end(), format!("r\n{expected}").trim_end(), "{statement}");
    }
}

/// A statement that is refused with a hint, and one as the hint says to write it, with what that prints.
const WRITTEN: [(&str, &str, &str); 84] = [
    ("DELETE FROM f", "SELECT n AS r FROM 'f.csv' LIMIT 1", "r\n3\n"),
    ("SELECT 1 FROM data/f.csv", "SELECT count(*) AS r FROM 'f.csv'", "r\n2\n"),
    ("SELECT n FROM 'f.csv' WHERE s ISNULL", "SELECT count(*) AS r FROM 'f.csv' WHERE s IS NULL", "r\n0\n"),
    ("SELECT s ISNULL FROM 'f.csv'", "SELECT s IS NULL AS r FROM 'f.csv' LIMIT 1", "r\nfalse\n"),
    ("SELECT s REGEXP 'o' FROM 'f.csv'", "SELECT s LIKE '%o%' AS r FROM 'f.csv' LIMIT 1", "r\ntrue\n"),
    ("SELECT DISTINCT ON (s) n FROM 'f.csv'", "SELECT first(n) AS r FROM 'f.csv' GROUP BY s", "r\n3\n-7\n"),
    ("SELECT a.b.* FROM 'f.csv'", "SELECT * FROM 'f.csv' LIMIT 0", "s,n,v,d\n"),
    ("SELECT n FROM 'f.csv' LIMIT 1, 1", "SELECT n AS r FROM 'f.csv' LIMIT 1 OFFSET 1", "r\n-7\n"),
    ("SELECT n FROM 'f.csv' LIMIT 'x'", "SELECT n AS r FROM 'f.csv' LIMIT 10", "r\n3\n-7\n"),
    ("SELECT left(s, n) FROM 'f.csv'", "SELECT left(s, 3) AS r FROM 'f.csv'", "r\nfoo\nbar\n"),
    (
        "SELECT INTERVAL '1-2' YEAR TO MONTH FROM 'f.csv'",
        "SELECT DATE '2024-01-31' + INTERVAL '1 year 2 months' AS r FROM 'f.csv' LIMIT 1",
        "r\n2025-03-31 00:00:00\n",
    ),
    (
        "SELECT INTERVAL 'x' FROM 'f.csv'",
        "SELECT DATE '2024-01-31' + INTERVAL 3 DAY AS r FROM 'f.csv' LIMIT 1",
        "r\n2024-02-03 00:00:00\n",
    ),
    (
        "SELECT INTERVAL '1.5' DAY FROM 'f.csv'",
        "SELECT DATE '2024-01-31' + INTERVAL '1.5 day' AS r FROM 'f.csv' LIMIT 1",
        "r\n2024-02-01 12:00:00\n",
    ),
    (
        "SELECT TIMESTAMP '2024-01-31 12:00:00' AT TIME ZONE s FROM 'f.csv'",
        "SELECT TIMESTAMP '2024-01-31 12:00:00' AT TIME ZONE '+02:00' AS r FROM 'f.csv' LIMIT 1",
        "r\n2024-01-31 10:00:00\n",
    ),
    (
        "SELECT TIMESTAMP '2024-01-31 12:00:00' AT TIME ZONE 'Europe/Berlin' FROM 'f.csv'",
        "SELECT TIMESTAMP '2024-01-31 12:00:00' AT TIME ZONE 'UTC' AS r FROM 'f.csv' LIMIT 1",
        "r\n2024-01-31 12:00:00\n",
    ),
    ("SELECT count(DISTINCT *) FROM 'f.csv'", "SELECT count(DISTINCT s) AS r FROM 'f.csv'", "r\n2\n"),
    (
        "SELECT quantile_cont(n, n) FROM 'f.csv'",
        "SELECT quantile_cont(n, 0.5) AS r FROM 'f.csv'",
        "r\n-2.0\n",
    ),
    ("SELECT ceil(n TO DAY) FROM 'f.csv'", "SELECT round(n, 0) AS r FROM 'f.csv' LIMIT 1", "r\n3\n"),
    ("WITH t AS (SELECT 1) SELECT * FROM t", "SELECT 1 AS r FROM 'f.csv' LIMIT 1", "r\n1\n"),
    ("SELECT n FROM 'f.csv' FETCH FIRST 1 ROW ONLY", "SELECT n AS r FROM 'f.csv' LIMIT 1", "r\n3\n"),
    (
        "SELECT n FROM 'f.csv' INTERSECT SELECT n FROM 'f.csv'",
        "SELECT n AS r FROM 'f.csv' WHERE n > 0 AND s = 'foo'",
        "r\n3\n",
    ),
    (
        "SELECT n FROM 'f.csv' EXCEPT SELECT n FROM 'f.csv'",
        "SELECT n AS r FROM 'f.csv' WHERE NOT (n > 0)",
        "r\n-7\n",
    ),
    ("SELECT TOP 1 n FROM 'f.csv'", "SELECT n AS r FROM 'f.csv' LIMIT 1", "r\n3\n"),
    (
        "SELECT n FROM 'f.csv' QUALIFY n > 1",
        "SELECT s AS r FROM 'f.csv' GROUP BY s HAVING sum(n) > 1",
        "r\nfoo\n",
    ),
    ("SELECT n FROM 'f.csv' CLUSTER BY n", "SELECT n AS r FROM 'f.csv' ORDER BY n", "r\n-7\n3\n"),
    ("SELECT n FROM 'f.csv' DISTRIBUTE BY n", "SELECT n AS r FROM 'f.csv' ORDER BY n", "r\n-7\n3\n"),
    ("SELECT n FROM 'f.csv' SORT BY n", "SELECT n AS r FROM 'f.csv' ORDER BY n", "r\n-7\n3\n"),
    ("SELECT n = ANY(ARRAY[1, 3]) FROM 'f.csv'", "SELECT n IN (1, 3) AS r FROM 'f.csv'", "r\ntrue\nfalse\n"),
    (
        "SELECT n = ALL(ARRAY[1, 3]) FROM 'f.csv'",
        "SELECT n = 1 AND n = 3 AS r FROM 'f.csv'",
        "r\nfalse\nfalse\n",
    ),
    ("SELECT n IN UNNEST([1, 3]) FROM 'f.csv'", "SELECT n IN (1, 3) AS r FROM 'f.csv'", "r\ntrue\nfalse\n"),
    (
        "SELECT OVERLAY(s PLACING 'x' FROM 2) FROM 'f.csv'",
        "SELECT substr(s, 1, 1) || 'x' || substr(s, 3) AS r FROM 'f.csv'",
        "r\nfxo\nbxr\n",
    ),
    (
        "SELECT s LIKE ANY ('f%') FROM 'f.csv'",
        "SELECT s LIKE 'f%' OR s LIKE 'b%' AS r FROM 'f.csv'",
        "r\ntrue\ntrue\n",
    ),
    ("SELECT s SIMILAR TO 'f%' FROM 'f.csv'", "SELECT s LIKE 'f%' AS r FROM 'f.csv'", "r\ntrue\nfalse\n"),
    ("SELECT CONVERT(n, CHAR) FROM 'f.csv'", "SELECT CAST(n AS VARCHAR) AS r FROM 'f.csv'", "r\n3\n-7\n"),
    (
        "SELECT CAST(s AS DATE FORMAT 'YYYY') FROM 'f.csv'",
        "SELECT CAST(n AS VARCHAR) AS r FROM 'f.csv'",
        "r\n3\n-7\n",
    ),
    ("SELECT n DIV 2 FROM 'f.csv'", "SELECT n // 2 AS r FROM 'f.csv'", "r\n1\n-3\n"),
    ("SELECT n XOR 2 FROM 'f.csv'", "SELECT (n > 0) <> (n > 1) AS r FROM 'f.csv'", "r\nfalse\nfalse\n"),
    ("SELECT n <=> 2 FROM 'f.csv'", "SELECT n IS NOT DISTINCT FROM 3 AS r FROM 'f.csv'", "r\ntrue\nfalse\n"),
    (
        "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY n) FROM 'f.csv'",
        "SELECT quantile_cont(n, 0.5) AS r FROM 'f.csv'",
        "r\n-2.0\n",
    ),
    ("SELECT main.sum(n) FROM 'f.csv'", "SELECT sum(n) AS r FROM 'f.csv'", "r\n-4\n"),
    ("SELECT max(DISTINCT n) FROM 'f.csv'", "SELECT max(n) AS r FROM 'f.csv'", "r\n3\n"),
    ("SELECT sum(DISTINCT n) FROM 'f.csv'", "SELECT DISTINCT n AS r FROM 'f.csv'", "r\n3\n-7\n"),
    (
        "SELECT regexp_replace(s, 'o', 'x') FROM 'f.csv'",
        "SELECT replace(s, 'o', 'x') AS r FROM 'f.csv'",
        "r\nfxx\nbar\n",
    ),
    (
        "SELECT percentile_cont(n, 0.5) FROM 'f.csv'",
        "SELECT quantile_cont(n, 0.5) AS r FROM 'f.csv'",
        "r\n-2.0\n",
    ),
    (
        "SELECT approx_quantile(n, 0.5) FROM 'f.csv'",
        "SELECT quantile_cont(n, 0.5) AS r FROM 'f.csv'",
        "r\n-2.0\n",
    ),
    (
        "SELECT count(*) FROM read_csv('f.csv', sample_size=-1)",
        "SELECT count(*) AS r FROM read_csv('f.csv', infer='full')",
        "r\n2\n",
    ),
    (
        "SELECT count(*) FROM read_csv('f.csv', ignore_errors=true)",
        "SELECT count(*) AS r FROM read_csv('f.csv', on_error='skip')",
        "r\n2\n",
    ),
    (
        "SELECT count(*) FROM read_csv('f.csv', null_padding=true)",
        "SELECT count(*) AS r FROM read_csv('f.csv', ragged='pad')",
        "r\n2\n",
    ),
    (
        "SELECT count(*) FROM read_csv('f.csv', strict_mode=false)",
        "SELECT count(*) AS r FROM read_csv('f.csv', quotes='lenient')",
        "r\n2\n",
    ),
    (
        "SELECT count(*) FROM read_csv('f.csv', all_varchar=true)",
        "SELECT max(n) AS r FROM read_csv('f.csv', types={'*': 'VARCHAR'})",
        "r\n3\n",
    ),
    (
        "SELECT count(*) FROM read_csv('f.csv', ';')",
        "SELECT count(*) AS r FROM read_csv('f.csv', delimiter=',', header=false)",
        "r\n3\n",
    ),
    ("SELECT count(*) FROM read_csv()", "SELECT count(*) AS r FROM read_csv('f.csv')", "r\n2\n"),
    (
        "SELECT count(*) FROM read_parquet('f.csv')",
        "SELECT count(*) AS r FROM read_csv('f.csv', delimiter=';')",
        "r\n2\n",
    ),
    (
        "SELECT count(*) FROM 'f.csv' AS t(a, b, c)",
        "SELECT a AS r FROM read_csv('f.csv', names=['a', 'b', 'c', 'd'])",
        "r\nfoo\nbar\n",
    ),
    ("SELECT 1", "SELECT 1 AS r FROM 'f.csv' LIMIT 1", "r\n1\n"),
    ("SELECT x.n FROM 'f.csv' AS t", "SELECT n AS r FROM 'f.csv' LIMIT 1", "r\n3\n"),
    ("SELECT a.b.n FROM 'f.csv'", "SELECT n AS r FROM 'f.csv' LIMIT 1", "r\n3\n"),
    ("SELECT x.n FROM '.csv'", "SELECT n AS r FROM 'f.csv' LIMIT 1", "r\n3\n"),
    ("SELECT n + ? FROM 'f.csv'", "SELECT n + 1 AS r FROM 'f.csv' LIMIT 1", "r\n4\n"),
    (
        "SELECT 1234567890123456789012345678901234567890 FROM 'f.csv'",
        "SELECT 1e39 AS r FROM 'f.csv' LIMIT 1",
        "r\n1e39\n",
    ),
    ("SELECT DATE 'x' FROM 'f.csv'", "SELECT DATE '2024-01-31' AS r FROM 'f.csv' LIMIT 1", "r\n2024-01-31\n"),
    (
        "SELECT TIMESTAMP 'x' FROM 'f.csv'",
        "SELECT TIMESTAMP '2024-01-31 12:00:00' AS r FROM 'f.csv' LIMIT 1",
        "r\n2024-01-31 12:00:00\n",
    ),
    ("SELECT TIME 'x' FROM 'f.csv'", "SELECT TIME '12:00:00' AS r FROM 'f.csv' LIMIT 1", "r\n12:00:00\n"),
    ("SELECT count(*) FROM ''", "SELECT count(*) AS r FROM 'f.csv'", "r\n2\n"),
    ("SELECT count(*) FROM (SELECT n FROM 'f.csv') AS t", "SELECT count(n) AS r FROM 'f.csv'", "r\n2\n"),
    (
        "SELECT * FROM 'f.csv' PIVOT (sum(n) FOR s IN ('foo'))",
        "SELECT sum(CASE WHEN s = 'foo' THEN n END) AS r FROM 'f.csv'",
        "r\n3\n",
    ),
    (
        "SELECT n, sum(n) FROM 'f.csv' GROUP BY s",
        "SELECT any_value(n) AS r FROM 'f.csv' GROUP BY s",
        "r\n3\n-7\n",
    ),
    ("SELECT lower(n) FROM 'f.csv'", "SELECT lower(CAST(n AS VARCHAR)) AS r FROM 'f.csv'", "r\n3\n-7\n"),
    ("SELECT n / 'x' FROM 'f.csv'", "SELECT n / 2 AS r FROM 'f.csv'", "r\n1.5\n-3.5\n"),
    (
        "SELECT TIMESTAMP '2024-01-31 12:00:00' + 'x' FROM 'f.csv'",
        "SELECT DATE '2024-01-31' + INTERVAL (n) SECOND AS r FROM 'f.csv' LIMIT 1",
        "r\n2024-01-31 00:00:03\n",
    ),
    (
        "SELECT TIMESTAMP '2024-01-31 12:00:00' + n FROM 'f.csv'",
        "SELECT TIMESTAMP '2024-01-31 12:00:00' + INTERVAL (n) SECOND AS r FROM 'f.csv' LIMIT 1",
        "r\n2024-01-31 12:00:03\n",
    ),
    (
        "SELECT TIME '12:00:00' - TIME '11:00:00' FROM 'f.csv'",
        "SELECT date_diff('second', TIME '11:00:00', TIME '12:00:00') AS r FROM 'f.csv' LIMIT 1",
        "r\n3600\n",
    ),
    (
        "SELECT date_part(s, DATE '2024-01-31') FROM 'f.csv'",
        "SELECT date_part('month', DATE '2024-01-31') AS r FROM 'f.csv' LIMIT 1",
        "r\n1\n",
    ),
    (
        "SELECT year(n) FROM 'f.csv'",
        "SELECT year(TIMESTAMP '1970-01-01 00:00:00' + INTERVAL (n) SECOND) AS r FROM 'f.csv'",
        "r\n1970\n1969\n",
    ),
    (
        "SELECT substr(s, s) FROM 'f.csv'",
        "SELECT substr(s, TRY_CAST(s AS BIGINT)) AS r FROM 'f.csv'",
        "r\n\n\n",
    ),
    ("SELECT round(n, s) FROM 'f.csv'", "SELECT round(n, 2) AS r FROM 'f.csv' LIMIT 1", "r\n3\n"),
    (
        "SELECT max(INTERVAL (n) DAY) FROM 'f.csv'",
        "SELECT date_diff('second', TIMESTAMP '2024-01-31 12:00:00', TIMESTAMP '2024-01-31 12:01:00') AS r FROM 'f.csv' LIMIT 1",
        "r\n60\n",
    ),
    (
        "SELECT strftime(DATE '2024-01-31', '%') FROM 'f.csv'",
        "SELECT strftime(DATE '2024-01-31', '%%') AS r FROM 'f.csv' LIMIT 1",
        "r\n%\n",
    ),
    (
        "SELECT year(d) FROM read_csv('f.csv', types={'d': 'VARCHAR'})",
        "SELECT year(CAST(d AS DATE)) + year(CAST(d AS TIMESTAMP)) + year(strptime(d, '%Y-%m-%d')) AS r FROM read_csv('f.csv', types={'d': 'VARCHAR'}) LIMIT 1",
        "r\n6072\n",
    ),
    (
        "SELECT date_add(d, INTERVAL 3 DAY) FROM read_csv('f.csv', types={'d': 'VARCHAR'})",
        "SELECT date_add(CAST(d AS DATE), INTERVAL 3 DAY) AS r FROM read_csv('f.csv', types={'d': 'VARCHAR'}) LIMIT 1",
        "r\n2024-02-03 00:00:00\n",
    ),
    (
        "SELECT strftime(DATE '2024-01-31', 5) FROM 'f.csv'",
        "SELECT strftime(DATE '2024-01-31', '%Y-%m-%d') AS r FROM 'f.csv' LIMIT 1",
        "r\n2024-01-31\n",
    ),
    ("SELECT trim(5) FROM 'f.csv'", "SELECT trim(CAST(5 AS VARCHAR)) AS r FROM 'f.csv' LIMIT 1", "r\n5\n"),
    (
        "SELECT DATE '2024-01-31' - 'x' FROM 'f.csv'",
        "SELECT DATE '2024-01-31' - DATE '2024-01-01' AS r FROM 'f.csv' LIMIT 1",
        "r\n30\n",
    ),
    (
        "SELECT regexp_extract(s, 'o') FROM 'f.csv'",
        "SELECT substr(s, strpos(s, 'o'), 3) AS r FROM 'f.csv'",
        "r\noo\nba\n",
    ),
];

/// The files whose hints are all of them above.
const SOURCES: [&str; 3] = ["../engine/src/sql", "../core/src/typed", "../core/src/value/format"];

#[test]
fn what_hints_say_to_write_is_taken() {
    let place = Place::with(DATA);
    let mut hints = Vec::new();
    for (refused, statement, expected) in WRITTEN {
        let refusal = place.run(&["query", refused, "--quiet"]);
        assert!(refusal.code == 2 || refusal.code == 3, "{refused}: {}", refusal.code);
        let hint = refusal.stderr.lines().find_map(|line| line.strip_prefix("  hint: "));
        hints.push(hint.unwrap_or_else(|| panic!("{refused} has no hint:\n{}", refusal.stderr)).to_owned());
        assert_eq!(place.run(&["query", statement, "--quiet"]).printed(), expected, "{statement}");
    }
    for (refused, ..) in CASES {
        hints.push(place.run(&["query", refused]).stderr);
    }
    let found = SOURCES.into_iter().flat_map(hints_in);
    let untried: Vec<_> = found.filter(|(_, hint)| !hints.iter().any(|seen| says(seen, hint))).collect();
    assert!(untried.is_empty(), "nobody tries {untried:#?}");
}

/// The hints that begin with `write` in the Rust files of a folder, and the file of each.
fn hints_in(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let hints = text.match_indices("\"write ").map(|(at, _)| literal(&text[at + 1..]));
            found.extend(hints.map(|hint| (path.display().to_string(), hint)));
        }
    }
    assert!(!found.is_empty(), "{folder} has hints");
    found
}

/// A string literal up to its closing quote.
fn literal(source: &str) -> String {
    let mut text = String::new();
    let mut chars = source.chars();
    loop {
        match chars.next() {
            Some('\\') => text.extend(chars.next()),
            Some('"') | None => return text,
            Some(c) => text.push(c),
        }
    }
}

/// Whether `text` has the hint; what stands for a column, or in braces, may be anything.
fn says(text: &str, hint: &str) -> bool {
    let fixed = hint.split(['{', '…']).map(|part| part.rsplit_once('}').map_or(part, |(_, rest)| rest));
    let mut rest = text;
    for part in fixed {
        match rest.split_once(part) {
            Some((_, behind)) => rest = behind,
            None => return false,
        }
    }
    true
}

/// Statements that a cell of text ends, the flags that the hint has, and what the statement gives with them.
const FLAGS: [(&str, &str, &[&str], &str); 7] = [
    ("SELECT sum(na) AS r FROM 'f.csv'", "--null NA reads", &["--null", "NA"], "6"),
    ("SELECT sum(v) AS r FROM 'f.csv'", "--thousands , reads", &["--thousands", ","], "3234.75"),
    ("SELECT avg(c) AS r FROM 'f.csv'", "--decimal , reads", &["--decimal", ","], "2.0"),
    (
        "SELECT date_trunc('month', d) AS r FROM 'f.csv' LIMIT 1",
        "--date-format '%d/%m/%Y' or --date-format '%m/%d/%Y' reads",
        &["--date-format", "%m/%d/%Y"],
        "2024-01-01 00:00:00",
    ),
    (
        "SELECT count(d) AS r FROM 'f.csv'",
        "--date-format '%d/%m/%Y' or",
        &["--types", "d=DATE", "--date-format", "%d/%m/%Y"],
        "2",
    ),
    (
        "SELECT max(t) AS r FROM 'f.csv'",
        "--timestamp-format '%d/%m/%Y %H:%M' or",
        &["--types", "t=TIMESTAMP", "--timestamp-format", "%d/%m/%Y %H:%M"],
        "2024-04-03 10:00:00",
    ),
    ("SELECT sum(na) AS r FROM 'f.csv'", "--null NA reads", &["--types", "na=BIGINT", "--null", "NA"], "6"),
];

#[test]
fn flags_in_hints_do_what_they_say() {
    let place = Place::with(
        "na,v,c,d,t\n2,\"1,234.50\",\"1,50\",01/02/2024,01/02/2024 9:05\nNA,\"2,000.25\",\"2,50\",03/04/2024,03/04/2024 10:00\n4,,,,\n",
    );
    for (statement, hint, flags, expected) in FLAGS {
        // Without the flag that the hint names; a type that was given stays.
        let given = if flags[0] == "--types" { &flags[..2] } else { &[] };
        let refusal = place.run(&[&["query", statement, "--quiet"], given].concat());
        assert_eq!(refusal.code, 3, "{statement}: {}", refusal.stderr);
        assert!(refusal.stderr.contains(&format!("hint: {hint}")), "{statement}\n{}", refusal.stderr);
        let run = place.run(&[&["query", statement, "--quiet"], flags].concat());
        assert_eq!(run.printed(), format!("r\n{expected}\n"), "{statement}");
    }
}

#[test]
fn a_gzip_file_and_an_address_say_what_to_type() {
    let place = Place::with(DATA);
    place.write("f.csv.gz", b"\x1f\x8b\x08\0");
    let hint = "zcat f.csv.gz | plimsoll query \"SELECT … FROM '-'\"";
    place.run(&["query", "SELECT * FROM 'f.csv.gz'"]).failed(3, &["gzip", hint]);
    place.run(&["query", "SELECT * FROM '*.csv'"]).failed(3, &["several files are not supported"]);
    place
        .run(&["query", "SELECT * FROM 'https://example.com/f.csv'"])
        .failed(3, &["addresses are not supported"]);
}

#[test]
fn names_with_characters_that_cannot_be_seen() {
    let place = Place::with("id\u{200b},n\n1,x\n");
    place.run(&["query", "SELECT id FROM 'f.csv'"]).failed(2, &["no column is called id", r"id\u{200b}"]);
    let sum = place.run(&["query", "SELECT sum(\"id\u{200b}\" + n) FROM 'f.csv'"]);
    sum.failed(3, &["column n, value 'x'"]);
    let table = place.run(&["query", "SELECT * FROM 'f.csv'", "--format", "table"]);
    assert!(table.printed().contains(r"id\u{200b}"));
}
