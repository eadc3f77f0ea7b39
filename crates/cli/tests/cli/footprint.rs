//! `plimsoll footprint`: the table, its formats, the recommendation, and what it refuses.

use std::fmt::Write as _;

use crate::program::Place;

/// Keys, numbers and notes with line breaks; small enough to be read whole.
fn place(rows: usize) -> Place {
    let mut text = "key,n,note\n".to_owned();
    for at in 0..rows {
        writeln!(text, "key {},{at},\"note {at}\nof two, lines\"", at % 50).unwrap();
    }
    Place::with(text)
}

/// The figures of a row of the CSV form.
fn figures(csv: &str, name: &str) -> Vec<u64> {
    let row =
        csv.lines().find(|line| line.starts_with(&format!("{name},"))).unwrap_or_else(|| panic!("{csv}"));
    row.split(',').skip(2).map(|cell| cell.parse().unwrap_or(0)).collect()
}

#[test]
fn a_small_file_is_known_whole() {
    let run = place(3000).run(&["footprint", "f.csv", "--threads", "2", "--memory-limit", "1GiB"]);
    let csv = run.printed();
    assert!(
        csv.starts_with("column,type,distinct,rows,stream,columnar,compact,mapped\nkey,VARCHAR,50,"),
        "{csv}"
    );
    // A vector of three values a row, and the texts.
    let texts: usize = (0..3000).map(|at| format!("note {at}\nof two, lines").len()).sum();
    assert_eq!(figures(csv, "note")[..2], [3000, 3000 * 24 + texts as u64]);
    assert_eq!(figures(csv, "n")[..2], [3000, 3000 * 24]);
    let rows = ["key", "n", "note", "(beside)"].map(|name| figures(csv, name));
    let total = figures(csv, "(total)");
    for strategy in 1..=5 {
        assert_eq!(rows.iter().map(|row| row[strategy]).sum::<u64>(), total[strategy], "{csv}");
    }
    let remarks: Vec<&str> = run.stderr.lines().collect();
    assert!(remarks[0].starts_with("3,000 records, from all of "), "{remarks:?}");
    assert!(remarks[1].starts_with("columnar: ") && remarks[1].contains("1.00 GiB"), "{remarks:?}");
    assert_eq!(remarks.len(), 2);
}

#[test]
fn a_large_file_is_sampled() {
    let run = place(40_000).run(&[
        "footprint",
        "f.csv",
        "--format",
        "markdown",
        "--memory-limit",
        "1MB",
        "--quiet",
    ]);
    let report = run.printed();
    assert!(report.starts_with("| column"), "{report}");
    let last: Vec<&str> = report.lines().rev().take(2).collect();
    assert!(last[0].starts_with("stream: ") && last[0].contains("compact would need"), "{report}");
    let (records, rest) = last[1].split_once(" records (±").unwrap();
    let records: f64 = records.replace(',', "").parse().unwrap();
    assert!((records / 40_000.0 - 1.0).abs() < 0.02 && rest.contains("windows"), "{report}");
    assert_eq!(run.stderr, "");
}

#[test]
fn every_format_is_written() {
    let place = place(10);
    place.run(&["footprint", "f.csv", "-o", "out.json"]).printed();
    let json: serde_json::Value = serde_json::from_str(&place.read("out.json")).unwrap();
    assert_eq!(json[0]["column"], "key");
    assert_eq!(json[1]["type"], "BIGINT");
    assert_eq!(json[4]["distinct"], serde_json::Value::Null);
    let table = place.run(&["footprint", "f.csv", "--format", "table"]);
    assert!(table.printed().contains("│ (total)  │"), "{}", table.stdout);
}

#[test]
fn dialects_are_those_of_queries() {
    let place = Place::with("# made by hand\nÅre;1,5\nOslo;NA\n");
    let flags =
        ["footprint", "f.csv", "--comment", "#", "--no-header", "--columns", "name,t", "--null", "NA"];
    let run = place.run(&flags);
    let csv = run.printed();
    assert!(csv.contains("\nname,VARCHAR,2,") && csv.contains("\nt,VARCHAR,1,"), "{csv}");
    place
        .run(&["footprint", "f.csv", "--comment", ";", "--delimiter", ";"])
        .failed(2, &["the comment ';' cannot be told from the delimiter"]);
}

#[test]
fn what_cannot_be_loaded_is_not_predicted() {
    Place::new().run(&["footprint", "f.csv"]).failed(1, &["f.csv", "No such file"]);
    Place::with("a,b\n1,2\n3\n")
        .run(&["footprint", "f.csv"])
        .failed(3, &["line 3, record 2", "1 field where 2"]);
    Place::with("a\n1\n").run_with(&["footprint", "-"], b"a\n1\n").failed(2, &["only once"]);
}
