//! Writes the tables of docs/lesson.md between their marks, `<!-- NAME -->` and `<!-- end -->`. It measures nothing: both
//! sides run as programs of their own, Python as `$PYTHON` or `python3`.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

const PAGE: &str = "docs/lesson.md";

/// Runs both sides and replaces all that stands between marks.
pub(crate) fn write() -> Result<()> {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let there = run(Command::new(python).args(["examples/lesson.py", "--json"]))?;
    let here = run(Command::new(std::env::current_exe()?).arg("--json"))?;
    let page = fs::read_to_string(PAGE).context(PAGE)?;

    let mut parts = page.split("<!-- ");
    let mut text = parts.next().unwrap_or_default().to_owned();
    let mut is_open = false;
    for part in parts {
        let (name, rest) =
            part.split_once(" -->").with_context(|| format!("{part}: a mark is not closed"))?;
        ensure!(is_open == (name == "end"), "{PAGE}: a mark and its end take turns, {name} does not");
        is_open = !is_open;
        text += &format!("<!-- {name} -->");
        // What stands between a mark and its end is made anew, all else stays.
        text += &if is_open { section(name, &here, &there)? } else { rest.to_owned() };
    }
    ensure!(!is_open, "{PAGE}: the last mark has no end");
    fs::write(PAGE, text).context(PAGE)
}

fn run(command: &mut Command) -> Result<Value> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).with_context(|| format!("{command:?} does not print JSON"))
}

fn section(name: &str, here: &Value, there: &Value) -> Result<String> {
    Ok(match name {
        "machine" => machine(there)?,
        "lines" => format!("\n```text\n{}\n```\n", texts(&here["lines"]).join("\n")),
        "lines in Python" => format!("\n```text\n{}\n```\n", texts(&there["lines"]).join("\n")),
        table => format!("\n{}\n", comparison(table, here, there)?),
    })
}

/// A table with a row for each thing that both sides have measured.
fn comparison(table: &str, here: &Value, there: &Value) -> Result<String> {
    let of_table = |side: &Value| -> Vec<Value> {
        let rows = side["rows"].as_array().cloned().unwrap_or_default();
        rows.into_iter().filter(|row| row["table"] == table).collect()
    };
    let (ours, theirs) = (of_table(here), of_table(there));
    let first = ours.first().with_context(|| format!("there is no table {table}"))?;
    let columns: Vec<&str> =
        first["figures"].as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();

    let heads = columns.join(" | ");
    let rule = "---|".to_owned() + &"---:|".repeat(columns.len());
    let mut lines = vec![format!("| | here | {heads} | Python | {heads} |"), format!("|---|{rule}{rule}")];
    for our in &ours {
        let name = text(&our["name"]);
        let their = theirs.iter().find(|row| row["name"] == our["name"]);
        let their = their.with_context(|| format!("Python has no {name} in {table}"))?;
        let cells = |row: &Value| {
            let figures: Vec<String> = columns.iter().map(|column| cell(&row["figures"][*column])).collect();
            format!("{} | {}", text(&row["code"]), figures.join(" | "))
        };
        lines.push(format!("| {name} | {} | {} |", cells(our), cells(their)));
    }
    Ok(lines.join("\n"))
}

/// A figure with commas; null is that of a package that the interpreter does not have.
fn cell(figure: &Value) -> String {
    let Some(figure) = figure.as_u64() else { return "not installed".to_owned() };
    let digits = figure.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| str::from_utf8(group).ok()).collect();
    groups.join(",")
}

/// When, where and with what.
fn machine(there: &Value) -> Result<String> {
    let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        processors.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or(": unknown processor");
    let model = model.trim_start_matches([' ', '\t', ':']);
    let cores = std::thread::available_parallelism()?;
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let kernel = kernel.split('.').take(2).collect::<Vec<_>>().join(".");
    let rustc = String::from_utf8(Command::new("rustc").arg("--version").output()?.stdout)?;
    let rust = rustc.split(' ').nth(1).unwrap_or_default();
    let versions: Vec<String> = there["versions"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| format!("{name} {}", text(value)))
        .collect();
    let (date, arrow, python) = (text(&there["date"]), arrow::ARROW_VERSION, versions.join(", "));
    let build = if cfg!(debug_assertions) { "an unoptimised build" } else { "a release build" };
    Ok(format!(
        "\nMeasured on {date}: {model}, {cores} cores, Linux {kernel}; {build} by Rust {rust}, arrow {arrow}; {python}.\n"
    ))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().map(text).collect()
}
