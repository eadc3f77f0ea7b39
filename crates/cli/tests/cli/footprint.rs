//! `plimsoll footprint`: what it prints, and what it refuses.

use serde_json::Value;

use crate::program::Place;

fn place(records: usize) -> Place {
    let lines: String = (0..records).map(|at| format!("key {},{at}\n", at % 10)).collect();
    Place::with(format!("k,v\n{lines}"))
}

#[test]
fn columns_and_strategies_are_told() {
    let place = place(30_000);
    let run = place.run(&["footprint", "f.csv", "--format", "json", "--memory-limit", "64MiB"]);
    let rows: Vec<Value> = serde_json::from_str(run.printed()).unwrap();
    let names: Vec<&str> = rows.iter().map(|row| row["column"].as_str().unwrap()).collect();
    assert_eq!(names, ["k", "v", "all columns"]);
    assert_eq!((&rows[0]["type"], &rows[1]["type"]), (&"VARCHAR".into(), &"BIGINT".into()));
    assert_eq!(rows[0]["distinct"], 10);
    assert!(rows[0]["compact as"].as_str().unwrap().starts_with("Dictionary(UInt8"), "{rows:?}");
    let bytes = |strategy: &str| rows[2][format!("{strategy} bytes")].as_u64().unwrap();
    assert!(bytes("rows") > 30_000 * 72 && bytes("rows") > 3 * bytes("columnar"));
    assert!(bytes("columnar") > 2 * bytes("compact") && bytes("compact") > 30_000);
    assert!(run.stderr.contains("columnar: ") && run.stderr.contains("of the 64.0 MiB"), "{}", run.stderr);
    // Where nothing else fits, a stream does.
    let tight = place.run(&["footprint", "f.csv", "--memory-limit", "9MiB"]);
    assert!(tight.stderr.lines().any(|line| line.starts_with("stream: ")), "{}", tight.stderr);
    assert!(tight.printed().starts_with("column,type,compact as,distinct,rows bytes,"), "{}", tight.stdout);
}

#[test]
fn a_sample_of_a_large_file_is_enough() {
    let place = place(400_000);
    let run = place.run(&["footprint", "f.csv"]);
    assert!(run.stderr.starts_with("about ") && run.stderr.contains(" windows"), "{}", run.stderr);
    let total = run.printed().lines().last().unwrap().to_owned();
    assert!(total.starts_with("all columns,"), "{total}");
}

#[test]
fn what_cannot_be_predicted_is_refused() {
    let place = place(5);
    place.run(&["footprint", "none.csv"]).failed(1, &["none.csv"]);
    place.run(&["footprint"]).failed(2, &["FILE"]);
    place.run_with(&["footprint", "-"], b"a\n1\n").failed(2, &["read only once"]);
}
