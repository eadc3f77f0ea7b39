//! The lesson on memory holds on both sides: examples/lesson and examples/lesson.py check the same claims, find the same
//! sums and measure the same things, and docs/lesson.md shows what the program prints now. No figure of Python is
//! compared with the page: it belongs to one version of the interpreter.

#![allow(clippy::expect_used, reason = "a failed expectation in a test is the message")]

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use serde_json::Value;

const TOOLS: [&str; 11] = [
    "list",
    "generator",
    "array.array",
    "numpy.ndarray",
    "memoryview",
    "pandas.DataFrame",
    "sys.getsizeof",
    "pympler.asizeof",
    "tracemalloc",
    "resource.getrusage",
    "str.join",
];

/// Tools that an interpreter need not have.
const PACKAGES: [&str; 3] = ["numpy.ndarray", "pandas.DataFrame", "pympler.asizeof"];

/// What the example finds.
static HERE: LazyLock<Value> = LazyLock::new(|| {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    run(cargo.args("run --quiet --package plimsoll-workspace --example lesson -- --json".split(' ')))
});

fn run(command: &mut Command) -> Value {
    let output = command.current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("the command runs");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("it prints JSON")
}

/// What Python finds, `None` where there is no interpreter.
fn there() -> Option<Value> {
    let python = std::env::var_os("PYTHON").unwrap_or_else(|| OsString::from("python3"));
    let found = Command::new(&python).arg("--version").stdout(Stdio::null()).status();
    found
        .is_ok_and(|status| status.success())
        .then(|| run(Command::new(python).args(["examples/lesson.py", "--json"])))
}

fn rows(side: &Value) -> &[Value] {
    side["rows"].as_array().expect("rows")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

fn texts(values: &Value) -> Vec<&str> {
    values.as_array().expect("texts").iter().map(text).collect()
}

/// Table and name of each row with the names of its figures.
fn measured(side: &Value) -> BTreeMap<(&str, &str), BTreeSet<&str>> {
    rows(side)
        .iter()
        .map(|row| {
            let names = row["figures"].as_object().expect("figures").keys().map(String::as_str).collect();
            ((text(&row["table"]), text(&row["name"])), names)
        })
        .collect()
}

/// Of a name in a table.
fn figure(side: &Value, table: &str, name: &str, figure: &str) -> u64 {
    let row = rows(side).iter().find(|row| row["table"] == table && row["name"] == name).expect("a row");
    row["figures"][figure].as_u64().expect("a figure")
}

/// What a side says, against closed formulas and the claims of the lesson.
fn holds(side: &Value) {
    let triangle = |n: u64| n * (n - 1) / 2;
    assert_eq!(side["sums"]["numbers"], triangle(1_000_000));
    assert_eq!(side["sums"]["even numbers"], 2 * triangle(500_000));
    assert_eq!(side["sums"]["squares"], triangle(500_000) * (2 * 500_000 - 1) / 3);
    let deep = |name| figure(side, "hold", name, "deep");
    assert!(deep("array.array") * 4 <= deep("list"));
    assert!(deep("generator") < deep("array.array"));
    let tools: Vec<&str> =
        rows(side).iter().filter(|row| row["table"] == "tools").map(|row| text(&row["name"])).collect();
    assert_eq!(tools, TOOLS);
    assert!(texts(&side["lines"])[0].contains("examples/lesson"), "{:?}", side["lines"]);
    for row in rows(side) {
        let is_there = row["figures"].as_object().expect("figures").values().all(Value::is_u64);
        assert!(is_there || PACKAGES.contains(&text(&row["name"])), "{row}");
    }
}

#[test]
fn the_rust_side_holds() {
    holds(&HERE);
    assert!(
        rows(&HERE).iter().all(|row| row["figures"]
            .as_object()
            .expect("figures")
            .values()
            .all(Value::is_u64))
    );
    assert_eq!(texts(&HERE["checks"]).len(), 24);
}

#[test]
fn both_sides_agree() {
    let Some(there) = there() else {
        println!("there is no python3: only the Rust side is tested");
        return;
    };
    holds(&there);
    assert_eq!(HERE["sums"], there["sums"]);
    assert_eq!(measured(&HERE), measured(&there));
    let theirs = texts(&there["checks"]);
    // Python alone can ask pympler.
    let ours = texts(&HERE["checks"]);
    let beyond: Vec<&&str> = theirs.iter().filter(|claim| !ours.contains(claim)).collect();
    assert!(ours.iter().all(|claim| theirs.contains(claim)), "{ours:?} {theirs:?}");
    assert!(beyond.is_empty() || beyond == [&"pympler says the same"], "{beyond:?}");
}

/// What stands between the marks of docs/lesson.md, by name.
fn sections(page: &str) -> BTreeMap<&str, Vec<&str>> {
    let mut sections = BTreeMap::new();
    let mut open = None;
    for line in page.lines() {
        match (line.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->")), open) {
            (Some("end"), Some(_)) => open = None,
            (Some(name), None) => {
                assert!(sections.insert(name, Vec::new()).is_none(), "{name} is there twice");
                open = Some(name);
            }
            (Some(mark), _) => panic!("the mark {mark} stands where it should not"),
            (None, Some(name)) => sections.get_mut(name).expect("it was opened").push(line),
            (None, None) => assert!(!line.starts_with("| "), "a table that nobody made: {line}"),
        }
    }
    assert_eq!(open, None);
    sections
}

fn cells(line: &str) -> Vec<&str> {
    line.trim_matches('|').split('|').map(str::trim).collect()
}

/// A figure without its commas.
fn number(cell: &str) -> Option<u64> {
    cell.replace(',', "").parse().ok()
}

#[test]
fn the_page_shows_what_the_program_prints() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/lesson.md");
    let page = fs::read_to_string(page).expect("the page");
    let sections = sections(&page);
    let again = "make it anew: cargo run --package plimsoll-workspace --example lesson -- --page";

    let lines = &sections["lines"];
    assert_eq!(lines[1..lines.len() - 1], texts(&HERE["lines"]), "{again}");

    let mut exact = 0;
    let tables: BTreeSet<&str> =
        rows(&HERE).iter().map(|row| text(&row["table"])).filter(|table| *table != "lines").collect();
    for table in &tables {
        let ours: Vec<&Value> = rows(&HERE).iter().filter(|row| row["table"] == *table).collect();
        let section = sections.get(table).unwrap_or_else(|| panic!("{table} is not on the page"));
        let (head, shown) = (cells(section[0]), &section[2..]);
        assert_eq!(shown.len(), ours.len(), "{table}: {again}");
        for (line, row) in shown.iter().zip(ours) {
            let cells = cells(line);
            let figures = row["figures"].as_object().expect("figures");
            assert_eq!(cells[..2], [text(&row["name"]), text(&row["code"])], "{again}");
            assert_eq!(cells.len(), 3 + 2 * figures.len(), "{line}");
            assert!(cells[3 + figures.len()..].iter().all(|cell| number(cell).is_some()), "{line}");
            for (at, (name, figure)) in figures.iter().enumerate() {
                assert_eq!(head[2 + at], name, "{again}");
                let shown = number(cells[2 + at]).expect("a figure");
                if row["exact"] == true {
                    exact += 1;
                    assert_eq!(Some(shown), figure.as_u64(), "{line}: {again}");
                }
            }
        }
    }
    let others = ["lines", "lines in Python", "machine"];
    assert_eq!(sections.keys().copied().collect::<BTreeSet<_>>(), tables.into_iter().chain(others).collect());
    println!("{exact} figures were compared");
    assert!(exact > 20);
}
