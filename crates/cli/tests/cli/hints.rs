//! Hints, typed as they stand: each refusal, what its hint says to write, and what that gives.

use crate::program::Place;

const DATA: &str = "s,n,v\nfoo,3,\"1,234.50\"\nbar,-7,\"2,000.25\"\n";

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
