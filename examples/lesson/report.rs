//! What the lesson has found: rows of figures, sums, lines, and the checks that held. It puts them into words or JSON,
//! and measures nothing.

use std::fmt;

use serde_json::{Map, Value, json};

/// One thing that was measured.
pub(crate) struct Row {
    /// The table that it stands in.
    pub(crate) table: &'static str,
    /// What it is called on both sides, here and in Python.
    pub(crate) name: &'static str,
    /// What it is on this side: code.
    pub(crate) code: &'static str,
    /// Names of figures and the figures. Bytes, where the row's name does not say otherwise.
    pub(crate) figures: Vec<(&'static str, u64)>,
    /// Whether the figures are the same on every run.
    pub(crate) exact: bool,
}

/// All that was found.
#[derive(Default)]
pub(crate) struct Report {
    rows: Vec<Row>,
    sums: Vec<(&'static str, u64)>,
    checks: Vec<&'static str>,
    /// The lines that allocated most, in the format of `tracemalloc`.
    pub(crate) lines: Vec<String>,
}

impl Report {
    /// Adds a row.
    pub(crate) fn row(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// Adds a row of these names, table first, whose figures are the same on every run.
    pub(crate) fn exact(
        &mut self,
        (table, name, code): (&'static str, &'static str, &'static str),
        figures: impl Into<Vec<(&'static str, u64)>>,
    ) {
        self.row(Row { table, name, code, figures: figures.into(), exact: true });
    }

    /// Adds a sum, which must be the same in Python.
    pub(crate) fn sum(&mut self, name: &'static str, sum: u64) {
        self.sums.push((name, sum));
    }

    /// Asserts what must be so, and remembers that it was.
    pub(crate) fn check(&mut self, claim: &'static str, holds: bool) {
        assert!(holds, "it does not hold that {claim}");
        self.checks.push(claim);
    }

    /// A figure that an earlier step has found.
    pub(crate) fn figure(&self, table: &str, name: &str, figure: &str) -> Option<u64> {
        let row = self.rows.iter().find(|row| row.table == table && row.name == name)?;
        row.figures.iter().find(|(known, _)| *known == figure).map(|(_, value)| *value)
    }

    /// All of it for programs; `lesson.py --json` has the same fields.
    pub(crate) fn json(&self) -> Value {
        let row = |row: &Row| {
            let figures: Map<String, Value> =
                row.figures.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
            json!({"table": row.table, "name": row.name, "code": row.code, "figures": figures, "exact": row.exact})
        };
        let rows: Vec<Value> = self.rows.iter().map(row).collect();
        let sums: Map<String, Value> =
            self.sums.iter().map(|(name, sum)| ((*name).to_owned(), json!(sum))).collect();
        json!({"rows": rows, "sums": sums, "checks": self.checks, "lines": self.lines})
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = "";
        for row in &self.rows {
            if row.table != table {
                table = row.table;
                writeln!(f, "{table}")?;
            }
            let figures: Vec<String> =
                row.figures.iter().map(|(name, value)| format!("{name} {value}")).collect();
            writeln!(f, "  {:<24} {:<48} {}", row.name, row.code, figures.join(", "))?;
        }
        writeln!(f, "lines\n  {}", self.lines.join("\n  "))?;
        self.sums.iter().try_for_each(|(name, sum)| writeln!(f, "sum of {name}: {sum}"))?;
        self.checks.iter().try_for_each(|claim| writeln!(f, "it holds that {claim}"))
    }
}
