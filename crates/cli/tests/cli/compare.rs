//! `plimsoll compare`: real processes, their figures and their failures; and statements over Arrow files.

use plimsoll::{CsvOptions, Engine, Table};
use plimsoll_compare::{Outcome, Report, Strategy};
use serde_json::Value;

use crate::program::Place;

const SQL: &str = "SELECT k, sum(v) AS s, avg(v) FROM 'f.csv' GROUP BY k";

/// A file of so many records, some 16 bytes each.
fn place(records: usize) -> Place {
    let lines: String = (0..records).map(|at| format!("key {},{}.{}\n", at % 97, at, at % 10)).collect();
    Place::with(format!("k,v\n{lines}"))
}

fn report(place: &Place, arguments: &[&str]) -> Report {
    let arguments = [&["compare", SQL, "--format", "json", "--quiet"], arguments].concat();
    let run = place.run(&arguments);
    let mut value: Value = serde_json::from_str(run.printed()).unwrap();
    value.as_object_mut().unwrap().retain(|name, _| !name.ends_with("_version"));
    serde_json::from_value(value).unwrap()
}

#[test]
fn five_strategies_are_measured_and_agree() {
    let place = place(20_000);
    let report = report(&place, &["--repeats", "1", "--threads", "2"]);
    let names: Vec<Strategy> = report.strategies.iter().map(|strategy| strategy.strategy).collect();
    assert_eq!(names, Strategy::ALL);
    let measured = |strategy: Strategy| {
        let found = report.strategies.iter().find(|one| one.strategy == strategy).unwrap();
        found.measured().unwrap_or_else(|| panic!("{found:?}")).clone()
    };
    for strategy in Strategy::ALL {
        let one = measured(strategy);
        assert_eq!((one.records, one.digest.rows), (20_000, 97), "{strategy}");
        assert_eq!(one.digest, measured(Strategy::Rows).digest, "{strategy}");
        assert!(one.peak_heap_bytes >= one.live_heap_bytes && one.allocations > 0, "{strategy}");
        assert!(one.peak_resident_bytes > one.peak_anonymous_bytes, "{strategy}");
        assert!(one.query_seconds > 0.0 && one.second_query_seconds > 0.0, "{strategy}");
        assert_eq!(one.resident.is_empty(), one.peak_anonymous_bytes.is_none(), "{strategy}");
        assert_eq!(one.file_bytes.is_some(), strategy == Strategy::Mapped);
        // What is held is what its deep size says, but for what the engine keeps beside it.
        if strategy.holds_memory() {
            let beside = one.live_heap_bytes.abs_diff(one.deep_bytes);
            assert!(beside < 64 << 10, "{strategy}: {} live, {} deep", one.live_heap_bytes, one.deep_bytes);
        }
    }
    let held = |strategy| measured(strategy).live_heap_bytes;
    assert!(held(Strategy::Rows) > 3 * held(Strategy::Columnar));
    assert!(held(Strategy::Columnar) > 2 * held(Strategy::Compact));
    assert_eq!(place.files(), ["f.csv"]);
}

/// The memory of a stream does not grow with the file; that of columns does, by what a record takes.
#[test]
fn a_stream_has_no_slope() {
    let place = place(120_000);
    let sizes = ["--sizes", "4e4,8e4,1.2e5", "--strategies", "stream,columnar"];
    let report = report(&place, &[&["--repeats", "1", "--threads", "1"], &sizes[..]].concat());
    let sweep = report.sweep.unwrap();
    assert_eq!(sweep.points.len(), 6);
    let slope = |strategy| sweep.fits.iter().find(|fit| fit.strategy == strategy).unwrap().bytes_a_record;
    assert!(slope(Strategy::Stream).abs() < 0.2, "{:?}", sweep.fits);
    assert!((15.0..40.0).contains(&slope(Strategy::Columnar)), "{:?}", sweep.fits);
}

#[test]
fn what_does_not_fit_is_said_and_the_others_go_on() {
    let place = place(400_000);
    let report =
        report(&place, &["--repeats", "1", "--memory-limit", "36MiB", "--strategies", "rows,stream"]);
    let Outcome::DoesNotFit { needs_bytes } = report.strategies[0].outcome else { panic!("{report:?}") };
    assert!(needs_bytes >= 36 << 20);
    assert!(report.strategies[1].measured().is_some());
}

#[test]
fn a_page_and_tables_are_written() {
    let place = place(1000);
    for name in ["report.html", "report.md", "report.csv", "report.json", "report.txt"] {
        let flags =
            ["compare", SQL, "--quiet", "--repeats", "1", "--strategies", "stream,compact", "-o", name];
        assert_eq!(place.run(&flags).printed(), "");
    }
    assert!(place.read("report.html").starts_with("<!DOCTYPE html>"));
    assert!(place.read("report.md").contains("| compact "));
    assert!(place.read("report.csv").lines().count() == 3);
    assert!(place.read("report.txt").contains("compact"));
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let place = place(10);
    place.run(&["compare", SQL, "--strategies", "rows,lists"]).failed(2, &["lists", "compact"]);
    place.run(&["compare", "SELECT z FROM 'f.csv'", "--quiet"]).failed(2, &["no column is called z"]);
    place.run(&["compare", "SELECT * FROM 'g.csv'", "--quiet"]).failed(1, &["g.csv"]);
    place.run(&["compare", SQL, "--temp-dir", "no/such", "--quiet"]).failed(1, &["no/such"]);
    let unterminated = Place::with("k,v\na,\"1\n");
    unterminated.run(&["compare", SQL, "--quiet"]).failed(3, &["line 2", "never closed"]);
}

#[test]
fn an_arrow_file_is_read_by_its_name() {
    let place = place(1000);
    let path = |name: &str| place.path(name).to_str().unwrap().to_owned();
    let table = Table { path: path("f.csv"), options: CsvOptions::default() };
    let engine = Engine::builder().build().unwrap();
    drop(engine.load_mapped(&engine.infer(&table).unwrap(), &place.path("f.arrow")).unwrap());
    let sum =
        |from: &str| format!("SELECT k, sum(v) AS s FROM '{from}' WHERE v > 3 GROUP BY k ORDER BY k LIMIT 5");
    let expected = place.run(&["query", &sum("f.csv")]).printed().to_owned();
    let run = place.run(&["query", &sum("f.arrow")]);
    assert_eq!(run.printed(), expected);
    assert!(run.stderr.starts_with("5 rows from 1,000 records"), "{}", run.stderr);
    let plan = place.run(&["explain", &sum("f.arrow")]).printed().to_owned();
    assert!(plan.contains("Scan f.arrow (2 of 2 columns, mapped"), "{plan}");
    place.run(&["query", &sum("f.arrow"), "--types", "v=DOUBLE"]).failed(2, &["Arrow file", "leave"]);
    let whole = std::fs::read(place.path("f.arrow")).unwrap();
    place.write("cut.arrow", &whole[..whole.len() - 100]);
    place.run(&["query", &sum("cut.arrow")]).failed(3, &["cut.arrow"]);
}
