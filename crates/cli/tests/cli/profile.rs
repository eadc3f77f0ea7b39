//! `plimsoll profile`: the report, its exports, and what it refuses.

use std::fs;
#[cfg(target_os = "linux")]
use std::{process::Stdio, time::Duration};

use crate::program::Place;

const SQL: &str = "SELECT k, sum(v) AS s FROM 'f.csv' WHERE v > 0 GROUP BY k ORDER BY k";

fn place() -> Place {
    let lines: String = (0..5000).map(|at| format!("key {},{at}\n", at % 100)).collect();
    Place::with(format!("k,v\n{lines}"))
}

#[test]
fn operators_and_lines_are_named() {
    let run = place().run(&["profile", SQL, "--threads", "1", "--top", "5"]);
    let report = run.printed();
    assert!(!report.contains("key 1"), "rows are not printed: {report}");
    for operator in ["scan", "group", "sort", "project", "plan"] {
        assert!(report.lines().any(|line| line.trim_start().starts_with(operator)), "{operator}: {report}");
    }
    for section in ["By operator", "Live at the peak, by line", "Allocated, by line", "Temporary"] {
        assert!(report.contains(section), "{section}: {report}");
    }
    // The buffers of the scan are the most that a run of this size holds, and their lines are told.
    let (_, at_peak) = report.split_once("Live at the peak, by line\n").unwrap();
    let first = at_peak.lines().next().unwrap().trim_start();
    assert!(first.starts_with("crates/csv/src/") && first.contains(".rs:"), "{first}");
    assert!(run.stderr.starts_with("100 rows from 5,000 records"), "{}", run.stderr);
}

#[test]
fn every_export_is_written() {
    let place = place();
    let exports = ["heap.pb.gz", "stacks.folded", "peak.svg", "run.snapshot"];
    let flags = exports.iter().flat_map(|name| ["--export", name]);
    let arguments: Vec<&str> = ["profile", SQL, "-o", "report.txt"].into_iter().chain(flags).collect();
    assert_eq!(place.run(&arguments).printed(), "");
    assert!(place.read("report.txt").contains("By operator"));
    assert_eq!(fs::read(place.path("heap.pb.gz")).unwrap()[..2], [0x1f, 0x8b]);
    assert!(place.read("peak.svg").starts_with("<?xml") || place.read("peak.svg").starts_with("<svg"));
    assert!(place.read("run.snapshot").starts_with("plimsoll-traces 1 "));
    let folded = place.read("stacks.folded");
    assert!(folded.lines().any(|line| line.starts_with("scan;")), "{folded}");
    let bytes = |line: &str| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap();
    assert!(folded.lines().map(bytes).sum::<u64>() > 10_000);
}

#[test]
fn a_run_is_compared_with_an_earlier_one() {
    let place = place();
    place.run(&["profile", SQL, "--threads", "1", "--export", "old.snapshot"]).printed();
    let wider = "SELECT v, sum(v) AS s FROM 'f.csv' GROUP BY v ORDER BY v";
    let run = place.run(&["profile", wider, "--threads", "1", "--compare", "old.snapshot", "--top", "100"]);
    let report = run.printed();
    let (_, at_peak) = report.split_once("Live at the peak, by line, and what changed\n").unwrap();
    // Fifty times as many groups.
    let groups = |line: &&str| line.contains("crates/kernels/src/group/") && line.contains("(+");
    assert!(at_peak.lines().any(|line| groups(&line)), "{report}");
}

#[test]
fn a_sample_says_that_it_is_one() {
    let run = place().run(&["profile", SQL, "--sample", "1KiB", "--frames", "4"]);
    assert!(run.printed().contains("estimates from a sample of one in 1.00 KiB"), "{}", run.stdout);
}

#[test]
fn what_cannot_be_profiled_is_refused_before_the_run() {
    let place = place();
    place.run(&["profile", SQL, "--export", "heap.txt"]).failed(2, &["heap.txt", ".pb.gz", ".svg"]);
    place.run(&["profile", SQL, "--frames", "113"]).failed(2, &["113 frames", "at most 112"]);
    place.run(&["profile", SQL, "--sample", "0"]).failed(2, &["sampling interval"]);
    place.run(&["profile", SQL, "--compare", "none.snapshot"]).failed(1, &["none.snapshot"]);
    place.write("cut.snapshot", "plimsoll-traces 1 100 00000000\n{");
    place.run(&["profile", SQL, "--compare", "cut.snapshot"]).failed(3, &["cut.snapshot", "cut short"]);
    place.write("later.snapshot", "plimsoll-traces 9 x\n");
    place.run(&["profile", SQL, "--compare", "later.snapshot"]).failed(3, &["version 9", "write it anew"]);
    place
        .run(&["profile", "SELECT z FROM 'f.csv'", "--export", "x.svg"])
        .failed(2, &["no column is called z"]);
    assert_eq!(place.files(), ["cut.snapshot", "f.csv", "later.snapshot"]);
}

#[test]
fn the_limit_holds_under_a_profile() {
    let place = place();
    place.run(&["profile", SQL, "--memory-limit", "4MiB"]).failed(4, &["memory limit"]);
    place.run(&["profile", SQL, "--memory-limit", "0"]).failed(4, &["memory limit of 0 bytes"]);
}

/// The most of the program that was resident while it ran, in bytes, and how it ended.
#[cfg(target_os = "linux")]
fn resident_peak(place: &Place, arguments: &[&str]) -> (u64, Option<i32>) {
    let mut child = place.command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut peak = 0;
    loop {
        // What the kernel keeps is the peak up to now: only what comes after the last look is missed.
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        peak = kib.map_or(peak, |kib| kib * 1024);
        if let Some(status) = child.try_wait().unwrap() {
            return (peak, status.code());
        }
        std::thread::sleep(Duration::from_micros(500));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_lines_are_found_within_the_limit() {
    let lines: String = (0..100_000).map(|at| format!("key {},{at}\n", at % 1000)).collect();
    let place = Place::with(format!("k,v\n{lines}"));
    // The program's debug information is several times as large, built either way.
    let (limit, bytes) = ("32MiB", 32 << 20);
    let exports = ["heap.pb.gz", "stacks.folded", "peak.svg", "run.snapshot"];
    let flags = exports.iter().flat_map(|name| ["--export", name]);
    let arguments: Vec<&str> = ["profile", SQL, "--memory-limit", limit].into_iter().chain(flags).collect();
    let (peak, code) = resident_peak(&place, &arguments);
    assert_eq!(code, Some(0));
    assert!(peak <= bytes, "{peak} bytes were resident under a limit of {limit}");
    assert!(place.read("run.snapshot").contains("crates/cli/src/profile/mod.rs"), "lines are found");
    // A run that fails has no lines to show, and looks for none.
    let (peak, code) = resident_peak(&place, &["profile", SQL, "--memory-limit", "4MiB"]);
    assert_eq!(code, Some(4));
    assert!(peak <= bytes, "{peak} bytes were resident when it failed");
}
