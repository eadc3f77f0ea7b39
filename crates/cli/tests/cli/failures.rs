//! Every class of failure: its exit code, and a message that says what, where, and what to do.

use crate::program::{LOW_LIMIT, Place};

const SMALL: &str = "station,t\nOslo,1.5\nRoma,12\n";

#[test]
fn an_unknown_column_names_the_nearest() {
    let run = Place::with(SMALL).run(&["query", "SELECT staton FROM 'f.csv'"]);
    run.failed(2, &["plimsoll: error: no column is called staton", "did you mean station?"]);
    assert_eq!(run.stderr.lines().count(), 2, "one clear message");
}

#[test]
fn bad_sql_shows_the_place() {
    let run = Place::with(SMALL).run(&["query", "SELECT t,\nFROM WHERE 'f.csv'"]);
    run.failed(2, &["  FROM WHERE 'f.csv'\n", "^"]);
    let caret = |text: &str| text.lines().find(|line| line.trim() == "^").map(|line| line.len());
    let run = Place::with(SMALL).run(&["query", "SELECT t FROM 'f.csv' LIMIT -"]);
    run.failed(2, &["LIMIT -"]);
    assert!(caret(&run.stderr).is_some(), "{}", run.stderr);
}

#[test]
fn what_is_outside_is_refused_by_name() {
    let place = Place::with(SMALL);
    for (sql, name) in [
        ("SELECT * FROM 'f.csv' a JOIN 'g.csv' b ON a.t = b.t", "JOIN"),
        ("SELECT t FROM 'f.csv' UNION SELECT t FROM 'f.csv'", "UNION"),
        ("WITH x AS (SELECT 1) SELECT * FROM x", "WITH"),
        ("DELETE FROM 'f.csv'", "SELECT"),
        ("SELECT sum(t) OVER () FROM 'f.csv'", "OVER"),
    ] {
        place.run(&["query", sql]).failed(2, &[name, "hint:"]);
    }
}

#[test]
fn a_meaningless_query_is_a_usage_error() {
    let place = Place::with(SMALL);
    place.run(&["query", "SELECT t FROM 'f.csv' WHERE sum(t) > 1"]).failed(2, &["HAVING"]);
    place
        .run(&["query", "SELECT station, sum(t) FROM 'f.csv'"])
        .failed(2, &["GROUP BY", "any_value(station)"]);
    place.run(&["query", "SELECT NOT t FROM 'f.csv'"]).failed(2, &["NOT takes conditions"]);
}

#[test]
fn wrong_flags_are_usage_errors() {
    let place = Place::with(SMALL);
    for flags in [
        &["--threads", "0"][..],
        &["--delimiter", ""],
        &["--delimiter", "é"],
        &["--quote", "ab"],
        &["--max-errors", "much"],
        &["--nonsense"],
        &["--memory-limit", "much"],
    ] {
        let arguments: Vec<&str> = ["query", "SELECT t FROM 'f.csv'"].iter().chain(flags).copied().collect();
        place.run(&arguments).failed(2, &[flags[0]]);
    }
    place.run(&[]).failed(2, &["Usage"]);
    place.run(&["query"]).failed(2, &["SQL"]);
}

#[test]
fn files_that_cannot_be_read() {
    let place = Place::with(SMALL);
    place.run(&["query", "SELECT * FROM 'nosuch.csv'"]).failed(1, &["nosuch.csv", "No such file"]);
    std::fs::create_dir(place.path("folder")).unwrap();
    place.run(&["query", "SELECT * FROM 'folder'"]).failed(1, &["folder", "directory"]);
}

#[cfg(unix)]
#[test]
fn a_file_without_permission() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::with(SMALL);
    std::fs::set_permissions(place.path("f.csv"), std::fs::Permissions::from_mode(0o000)).unwrap();
    if std::fs::File::open(place.path("f.csv")).is_ok() {
        // The superuser reads everything.
        return;
    }
    place.run(&["query", "SELECT * FROM 'f.csv'"]).failed(1, &["f.csv", "Permission denied"]);
}

#[test]
fn a_type_error_names_file_line_record_byte_column_and_value() {
    let place = Place::with("id,amount\n1,10.5\n\n2,ten\n");
    let run = place.run(&["query", "SELECT sum(amount) FROM 'f.csv'"]);
    run.failed(3, &["f.csv: line 4, record 2, byte 20, column amount, value 'ten'", "hint:"]);
    let run = place.run(&["query", "SELECT max(amount) FROM 'f.csv'", "--types", "amount=DECIMAL(5,1)"]);
    run.failed(3, &["f.csv: line 4, record 2, byte 20, column amount, value 'ten'", "DECIMAL(5,1)"]);
}

#[test]
fn a_comparison_with_text_names_the_cell() {
    let place = Place::with("id,amount\n1,10.5\n2,ten\n");
    let run = place.run(&["query", "SELECT id FROM 'f.csv' WHERE amount > 5"]);
    run.failed(3, &["line 3, record 2, byte 19, column amount, value 'ten'"]);
}

#[test]
fn broken_records() {
    let ragged = Place::with("a,b\n1,2\n3\n").run(&["query", "SELECT sum(a) FROM 'f.csv'"]);
    ragged.failed(3, &["f.csv: line 3, record 2, byte 8: 1 field where 2 are expected"]);
    let open = Place::with("a,b\n1,2\n3,\"x\n").run(&["query", "SELECT sum(a) FROM 'f.csv'"]);
    open.failed(3, &["f.csv: line 3, record 2, byte 10, column b: ", "never closed", "--quotes lenient"]);
    let latin = Place::with(b"a,b\n1,2\n3,\xE9\n").run(&["query", "SELECT max(b) FROM 'f.csv'"]);
    latin.failed(3, &["line 3, record 2, byte 10, column b", "UTF-8"]);
    Place::with("").run(&["query", "SELECT * FROM 'f.csv'"]).failed(3, &["f.csv"]);
}

#[test]
fn values_that_no_result_holds() {
    let place = Place::with("a\n9223372036854775807\n");
    place.run(&["query", "SELECT max(a + 1) FROM 'f.csv'"]).failed(3, &["9223372036854775807"]);
    place.run(&["query", "SELECT max(CAST(a AS DECIMAL(3,0))) FROM 'f.csv'"]).failed(3, &["DECIMAL(3,0)"]);
}

#[test]
fn a_limit_below_the_program_itself() {
    let run = Place::with(SMALL).run(&["query", "SELECT * FROM 'f.csv'", "--memory-limit", "64KiB"]);
    run.failed(4, &["memory limit", "hint:"]);
}

/// Many records with long names.
fn names() -> Place {
    let mut text = String::from("name\n");
    for number in 0..300_000_u64 {
        text.push_str(&format!("a rather long name of a group of number {}\n", number * 7919 % 270_000));
    }
    Place::with(text)
}

#[test]
fn what_a_limit_cannot_hold_goes_to_temporary_files() {
    let place = names();
    std::fs::create_dir(place.path("temp")).unwrap();
    for sql in [
        "SELECT name, count(*) FROM 'f.csv' GROUP BY name ORDER BY name",
        "SELECT name FROM 'f.csv' ORDER BY name DESC",
        "SELECT DISTINCT name FROM 'f.csv'",
        "SELECT name, count(*) FROM 'f.csv' GROUP BY name",
        "SELECT count(*) AS n, name FROM 'f.csv' GROUP BY name HAVING n = 2 LIMIT 5 OFFSET 20000",
    ] {
        let flags = ["--memory-limit", LOW_LIMIT, "--threads", "1", "--temp-dir", "temp"];
        let run = place.run(&[&["query", sql][..], &flags].concat());
        assert!(run.stderr.contains("to temporary files"), "{}", run.stderr);
        assert_eq!(run.printed(), place.run(&["query", sql]).printed());
        assert_eq!(place.path("temp").read_dir().unwrap().count(), 0);
        let bounded = place.run(&[&["query", sql][..], &flags, &["--max-temp", "100k"]].concat());
        bounded.failed(4, &["temporary files", "100000 bytes"]);
    }
    let flags = ["--memory-limit", LOW_LIMIT, "--temp-dir", "nowhere"];
    let sql = "SELECT name FROM 'f.csv' ORDER BY name";
    place.run(&[&["query", sql][..], &flags].concat()).failed(1, &["nowhere", "hint:"]);
}

/// A directory in memory that every Linux has.
#[test]
#[cfg(target_os = "linux")]
fn temporary_files_in_memory_are_warned_of() {
    let place = names();
    let sql = "SELECT name FROM 'f.csv' ORDER BY name";
    let warned = |flags: &[&str]| {
        let run = place.run(&[&["query", sql, "-o", "out.csv"][..], flags].concat());
        run.printed();
        run.stderr.matches("warning: temporary files go to /dev/shm, which lies in memory").count()
    };
    let limit = ["--memory-limit", LOW_LIMIT, "--threads", "1"];
    assert_eq!(warned(&[&limit[..], &["--temp-dir", "/dev/shm"]].concat()), 1);
    assert_eq!(warned(&[&limit[..], &["--temp-dir", "/dev/shm", "--quiet"]].concat()), 0);
    assert_eq!(warned(&[&limit[..], &["--temp-dir", "."]].concat()), 0);
    assert_eq!(warned(&["--temp-dir", "/dev/shm"]), 0, "no limit was named, and nothing goes there");
}

#[test]
fn one_group_is_larger_than_the_limit() {
    let limit = if cfg!(debug_assertions) { LOW_LIMIT } else { "16MiB" };
    let flags = ["--memory-limit", limit, "--temp-dir", "."];
    let place = names();
    for (sql, printed, spills) in [
        ("SELECT count(*) FROM 'f.csv'", "count(*)\n300000\n", false),
        ("SELECT count(DISTINCT name) FROM 'f.csv'", "count(DISTINCT name)\n270000\n", true),
    ] {
        let run = place.run(&[&["query", sql][..], &flags].concat());
        assert_eq!(run.stderr.contains("to temporary files"), spills, "{}", run.stderr);
        assert_eq!(run.printed(), printed);
    }
}

#[test]
fn less_than_the_floor_is_refused_by_name() {
    let run = Place::with(SMALL).run(&["query", "SELECT * FROM 'f.csv'", "--memory-limit", "15MiB"]);
    let floor =
        if cfg!(debug_assertions) { "MiB that any query needs" } else { "16 MiB that any query needs" };
    run.failed(4, &["memory limit of 15728640 bytes", floor]);
}
