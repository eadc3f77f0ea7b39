//! Where input comes from and where output goes: -o, --stats, standard input, pipes that close.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use crate::program::{Place, program};

const SMALL: &str = "k,v\na,1\nb,2\na,3\n";
const SUMS: &str = "SELECT k, sum(v) AS s FROM 'f.csv' GROUP BY k ORDER BY k";

#[test]
fn output_to_a_file() {
    let place = Place::with(SMALL);
    let run = place.run(&["query", SUMS, "-o", "out.csv"]);
    assert_eq!(run.printed(), "");
    assert_eq!(place.read("out.csv"), "k,s\na,4\nb,2\n");
    assert_eq!(place.files(), ["f.csv", "out.csv"], "nothing is left beside it");
}

#[test]
fn a_dash_is_standard_output() {
    let place = Place::with(SMALL);
    assert_eq!(place.run(&["query", SUMS, "-o", "-"]).printed(), "k,s\na,4\nb,2\n");
    assert_eq!(place.files(), ["f.csv"]);
}

#[test]
fn a_failure_leaves_the_output_as_it_was() {
    let mut text = String::from("k,v\n");
    for number in 0..50_000 {
        text.push_str(&format!("name {number},{number}\n"));
    }
    text.push_str("broken\n");
    let place = Place::with(text);
    place.run(&["query", "SELECT * FROM 'f.csv'", "-o", "out.csv"]).failed(3, &["line 50002"]);
    assert_eq!(place.files(), ["f.csv"]);
    place.write("out.csv", "precious");
    let run = place.run(&["query", "SELECT * FROM 'f.csv'", "-o", "out.csv", "--stats", "stats.json"]);
    run.failed(3, &["line 50002"]);
    assert_eq!(place.read("out.csv"), "precious");
    assert_eq!(place.files(), ["f.csv", "out.csv"]);
}

#[test]
fn the_input_may_be_the_output() {
    let place = Place::with(SMALL);
    place.run(&["query", "SELECT * FROM 'f.csv' WHERE v > 1", "-o", "f.csv"]).printed();
    assert_eq!(place.read("f.csv"), "k,v\nb,2\na,3\n");
}

#[test]
fn an_output_that_cannot_be_written() {
    let place = Place::with(SMALL);
    place.run(&["query", SUMS, "-o", "no/such/out.csv"]).failed(1, &["no/such/out.csv"]);
    place.run(&["query", SUMS, "-o", "same", "--stats", "same"]).failed(2, &["same file"]);
}

/// Rust's runtime opens `/dev/null` where a standard descriptor is closed.
#[test]
fn a_closed_standard_output_is_an_error() {
    let place = Place::with(SMALL);
    let run = |arguments: &str| {
        let program = program().display();
        let script = format!("exec '{program}' {arguments} >&-");
        let output = Command::new("sh").args(["-c", &script]).current_dir(place.path("")).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    for verb in ["query --quiet", "explain"] {
        let (code, message) = run(&format!("{verb} \"{SUMS}\""));
        assert_eq!(code, Some(1), "{verb}: {message}");
        assert!(
            message.contains("standard output: it is closed\n  hint: write the result to a file"),
            "{message}"
        );
    }
    assert_eq!(run(&format!("query --quiet \"{SUMS}\" -o out.csv")), (Some(0), String::new()));
}

#[test]
fn fractions_behind_the_microsecond_are_counted() {
    let place = Place::with(
        "t,c\n2024-01-31 09:05:07.1234567,1:02:03.123456789\n2024-01-31 09:05:07.1234560,1:02:03\n",
    );
    let run = place.run(&["query", "SELECT max(t), max(c) FROM 'f.csv'", "--stats", "stats.json"]);
    assert!(run.stderr.contains("2 times cut to the microsecond"), "{}", run.stderr);
    let stats: serde_json::Value = serde_json::from_str(&place.read("stats.json")).unwrap();
    assert_eq!(stats["cut_fractions"], 2);
}

#[test]
fn stats_are_json() {
    let place = Place::with("k,v\na,1\n\nb,2\na,3\n");
    place.run(&["query", SUMS, "--stats", "stats.json", "--quiet", "--threads", "1"]).printed();
    let stats: serde_json::Value = serde_json::from_str(&place.read("stats.json")).unwrap();
    for (field, expected) in [
        ("format_version", 3),
        ("rows_read", 3),
        ("rows_given", 2),
        ("groups", 2),
        ("restarts", 0),
        ("blank_lines", 1),
        ("cut_fractions", 0),
        ("threads", 1),
    ] {
        assert_eq!(stats[field], expected, "{field}");
    }
    for field in [
        "/bytes_read",
        "/wall_seconds",
        "/allocations",
        "/memory/heap/peak_bytes",
        "/memory/resident/peak_bytes",
    ] {
        let figure = stats.pointer(field).unwrap_or_else(|| panic!("{field} is missing"));
        assert!(figure.as_f64().is_some_and(|figure| figure > 0.0), "{field}: {figure}");
    }
    let now = |part: &str| stats["memory"][part]["now_bytes"].as_i64().unwrap();
    assert_eq!(now("reserved") + now("untracked"), now("heap"));
    assert_eq!(now("heap") + now("slack"), now("anonymous"));
    assert_eq!(now("anonymous") + now("file") + now("shared"), now("resident"));
    let consumers: Vec<&str> =
        stats["consumers"].as_array().unwrap().iter().map(|one| one["path"].as_str().unwrap()).collect();
    assert_eq!(
        consumers,
        [
            "query",
            "query / scan",
            "query / scan / thread 1",
            "query / project",
            "query / group",
            "query / group / thread 1",
            "query / sort"
        ]
    );
    assert!(stats["bytes_read"].as_u64().unwrap() >= 17);
}

#[test]
fn the_footer_goes_to_standard_error_unless_quiet() {
    let place = Place::with(SMALL);
    let loud = place.run(&["query", SUMS]);
    assert_eq!(loud.printed(), "k,s\na,4\nb,2\n");
    assert!(loud.stderr.starts_with("2 rows from 3 records"), "{}", loud.stderr);
    let quiet = place.run(&["query", SUMS, "--quiet"]);
    assert_eq!(quiet.printed(), "k,s\na,4\nb,2\n");
    assert_eq!(quiet.stderr, "");
    place.run(&["query", "SELECT z FROM 'f.csv'", "--quiet"]).failed(2, &["no column is called z"]);
}

#[test]
fn a_restart_is_counted() {
    let filler = "~".repeat(256 << 10);
    let place = Place::with(format!("a,fill\n1,{filler}\nx,\n"));
    let sql = "SELECT a, count(*) AS n FROM 'f.csv' GROUP BY a ORDER BY a";
    let run = place.run(&["query", sql, "--stats", "stats.json"]);
    assert_eq!(run.printed(), "a,n\n1,1\nx,1\n");
    let stats: serde_json::Value = serde_json::from_str(&place.read("stats.json")).unwrap();
    assert_eq!(stats["restarts"], 1);
    assert!(run.stderr.contains("1 restart"), "{}", run.stderr);
}

#[test]
fn input_from_a_pipe() {
    let place = Place::new();
    for path in ["-", "/dev/stdin"] {
        let sql = format!("SELECT k, sum(v) AS s FROM '{path}' GROUP BY k ORDER BY k");
        for threads in ["1", "8"] {
            for block in ["1", "7", "1MiB"] {
                let flags = ["query", &sql, "--threads", threads, "--block-size", block];
                assert_eq!(
                    place.run_with(&flags, SMALL.as_bytes()).printed(),
                    "k,s\na,4\nb,2\n",
                    "{flags:?}"
                );
            }
        }
    }
}

#[test]
fn a_pipe_that_is_still_kept_is_read_again() {
    let filler = "~".repeat(256 << 10);
    let input = format!("a,fill\n1,{filler}\nx,\n");
    let sql = "SELECT a, count(*) AS n FROM '-' GROUP BY a ORDER BY a";
    let run = Place::new().run_with(&["query", sql], input.as_bytes());
    assert_eq!(run.printed(), "a,n\n1,1\nx,1\n");
    assert!(run.stderr.contains("1 restart"), "{}", run.stderr);
}

#[test]
fn a_pipe_cannot_be_read_again_behind_what_is_kept() {
    // More than is kept of any stream, at whatever pace it comes.
    let filler = "~".repeat(256 << 10);
    let records = format!("1,{filler}\n").repeat(20);
    let input = format!("a,fill\n{records}x,\n");
    let sql = "SELECT a, count(*) AS n FROM '-' GROUP BY a ORDER BY a";
    let run = Place::new().run_with(&["query", sql], input.as_bytes());
    run.failed(3, &["line 22, record 21", "column a", "value 'x'", "--types"]);
    let run = Place::new().run_with(&["query", sql, "--types", "a=VARCHAR"], input.as_bytes());
    assert_eq!(run.printed(), "a,n\n1,20\nx,1\n");
}

#[cfg(unix)]
#[test]
fn input_from_a_redirected_file() {
    let place = Place::with(SMALL);
    let mut command = place.command(&["query", "SELECT sum(v) AS s FROM '-'", "--quiet"]);
    let output = command.stdin(std::fs::File::open(place.path("f.csv")).unwrap()).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "s\n6\n");
}

#[test]
fn the_statement_from_standard_input() {
    let run = Place::with(SMALL).run_with(&["query", "-"], SUMS.as_bytes());
    assert_eq!(run.printed(), "k,s\na,4\nb,2\n");
}

#[test]
fn explain_prints_the_plan() {
    let run = Place::with(SMALL).run(&["explain", SUMS]);
    assert!(run.printed().lines().count() > 2, "{}", run.stdout);
    assert!(run.stdout.contains("f.csv"), "{}", run.stdout);
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let mut text = String::from("k,v\n");
    for number in 0..300_000 {
        text.push_str(&format!("name,{number}\n"));
    }
    let place = Place::with(text);
    let mut command = place.command(&["query", "SELECT * FROM 'f.csv'", "--stats", "stats.json"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "k,v\n");
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{said}");
    assert_eq!(said, "");
    assert_eq!(place.files(), ["f.csv"]);
}
