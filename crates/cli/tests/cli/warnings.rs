//! Warnings: columns that are put in order as text though they look like numbers or times.

use crate::program::Place;

/// Numbers with separators among others, of which the greatest as text is not the greatest.
const NUMBERS: &str = "id,v\n1,\"1,234.56\"\n2,900.10\n";

fn warned(text: &str, sql: &str, flags: &[&str]) -> String {
    let arguments = [&["query", sql, "--quiet"], flags].concat();
    let run = Place::with(text).run(&arguments);
    assert_eq!(run.code, 0, "{}", run.stderr);
    run.stderr
}

#[test]
fn what_is_ordered_as_text_is_named_with_its_cell() {
    let expected =
        "plimsoll: warning: column v is put in order as text, since line 2, record 1 has '1,234.56'\n";
    for sql in [
        "SELECT max(v) FROM 'f.csv'",
        "SELECT v FROM 'f.csv' ORDER BY v",
        "SELECT count(*) FROM 'f.csv' WHERE v > '1'",
        "SELECT v, count(*) FROM 'f.csv' GROUP BY v ORDER BY v",
    ] {
        assert!(warned(NUMBERS, sql, &[]).starts_with(expected), "{sql}");
    }
}

#[test]
fn other_uses_and_given_types_are_not_warned_of() {
    for sql in [
        "SELECT v FROM 'f.csv'",
        "SELECT count(*) FROM 'f.csv' WHERE v = '900.10'",
        "SELECT max(id) FROM 'f.csv'",
    ] {
        assert_eq!(warned(NUMBERS, sql, &[]), "", "{sql}");
    }
    assert_eq!(warned(NUMBERS, "SELECT max(v) FROM 'f.csv'", &["--types", "v=VARCHAR"]), "");
    assert_eq!(warned(NUMBERS, "SELECT max(v) FROM 'f.csv'", &["--thousands", ","]), "");
    assert_eq!(warned("w\nb\na\n", "SELECT max(w) FROM 'f.csv'", &[]), "", "words are text");
}

#[test]
fn a_cell_behind_the_sample_is_named() {
    let text = format!("v,fill\n1,{}\n007,\n", "x".repeat(300_000));
    let expected = "plimsoll: warning: column v is put in order as text, since line 3, record 2 has '007'\n";
    assert!(warned(&text, "SELECT max(v) FROM 'f.csv'", &[]).starts_with(expected));
}
