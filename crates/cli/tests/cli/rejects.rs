//! Bad records: what is skipped and repaired, what is said of it, and where it goes.

use std::fmt::Write as _;

use crate::program::Place;

/// Records of which every seventh is too short, every eleventh has a stray quote, and every thirteenth a bad cell.
fn polluted() -> String {
    let mut text = "id,name,v\n".to_owned();
    for id in 1..=2000 {
        let _ = match id {
            _ if id % 7 == 0 => writeln!(text, "{id},short"),
            _ if id % 11 == 0 => writeln!(text, "{id},\"stray,{id}"),
            _ if id % 13 == 0 => writeln!(text, "{id},bad,ten"),
            _ if id % 5 == 0 => writeln!(text, "{id},\"two\nlines\",{id}"),
            _ => writeln!(text, "{id},good,{id}"),
        };
    }
    text
}

const SQL: &str = "SELECT count(*) AS n, sum(v) AS v, sum(id) AS id FROM 'f.csv'";

#[test]
fn blocks_and_threads_change_nothing() {
    let place = Place::with(polluted());
    let (mut first, mut first_rejects) = (None, None);
    for (threads, block) in [("1", "1MiB"), ("1", "100"), ("2", "1000"), ("3", "37")] {
        let run = place.run(&[
            "query",
            SQL,
            "--types",
            "v=BIGINT",
            "--lenient",
            "--threads",
            threads,
            "--block-size",
            block,
            "--rejects",
            "r.jsonl",
        ]);
        let (rows, rejects) = (run.printed().to_owned(), place.read("r.jsonl"));
        assert_eq!(first.get_or_insert_with(|| rows.clone()), &rows, "{threads} {block}");
        assert_eq!(first_rejects.get_or_insert_with(|| rejects.clone()), &rejects, "{threads} {block}");
        assert!(run.stderr.contains("285 too few fields"), "{}", run.stderr);
        assert!(run.stderr.contains("156 quotes, 120 cell not of its type"), "{}", run.stderr);
    }
    assert!(first.unwrap().starts_with("n,v,id\n2000,"));
    let rejects = first_rejects.unwrap();
    assert_eq!(rejects.lines().count(), 285 + 156 + 120);
    let line = r#"{"file":"f.csv","line":9,"record":7,"byte":71,"column":null,"kind":"too_few_fields","action":"repaired","message":"2 fields where 3 are expected","raw":"7,short"}"#;
    assert_eq!(rejects.lines().next(), Some(line));
}

#[test]
fn skipping_leaves_the_good_records() {
    let place = Place::with(polluted());
    let good = (1..=2000u64).filter(|id| id % 7 > 0 && id % 11 > 0 && id % 13 > 0);
    let (count, sum) = (good.clone().count(), good.sum::<u64>());
    for format in ["csv", "json"] {
        let run = place.run(&[
            "query",
            "SELECT id, v FROM 'f.csv'",
            "--types",
            "v=BIGINT",
            "--on-error",
            "skip",
            "--threads",
            "2",
            "--block-size",
            "500",
            "--format",
            format,
        ]);
        run.printed();
        assert!(run.stderr.starts_with("1,439 rows from 2,000 records"), "{}", run.stderr);
    }
    let run = place.run(&["query", SQL, "--types", "v=BIGINT", "--on-error", "skip", "--quiet"]);
    assert_eq!(run.printed(), format!("n,v,id\n{count},{sum},{sum}\n"));
}

#[test]
fn too_many_errors_fail_the_run() {
    let place = Place::with("a,b\n1\n2\n3,4\n5\n6\n");
    let arguments = [
        "query",
        "SELECT count(*) FROM 'f.csv'",
        "--delimiter",
        ",",
        "--ragged",
        "skip",
        "--rejects",
        "r.csv",
    ];
    for threads in ["1", "3"] {
        let more = ["--max-errors", "2", "--threads", threads, "--block-size", "2"];
        let run = place.run(&[&arguments[..], &more].concat());
        run.failed(3, &["line 5, record 4", "1 field where 2 are expected", "--max-errors"]);
        assert!(!place.path("r.csv").exists());
    }
    place.run(&[&arguments[..], &["--max-errors", "4"]].concat()).printed();
    assert_eq!(place.read("r.csv").lines().count(), 5);
}

#[test]
fn given_types_are_checked_in_every_format() {
    let place = Place::with("id,v\n1,5\n2,abc\n");
    for format in ["csv", "tsv", "json", "table"] {
        let run = place.run(&[
            "query",
            "SELECT v FROM 'f.csv'",
            "--types",
            "v=BIGINT",
            "--format",
            format,
            "-o",
            "out",
        ]);
        run.failed(3, &["line 3, record 2", "column v, value 'abc'", "not a BIGINT"]);
    }
    let run = place.run(&[
        "query",
        "SELECT v FROM 'f.csv'",
        "--types",
        "v=BIGINT",
        "--on-error",
        "null",
        "--quiet",
    ]);
    assert_eq!(run.printed(), "v\n5\n\n");
}
