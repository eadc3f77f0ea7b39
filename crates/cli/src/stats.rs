//! What a run cost, as JSON for programs. The fields are documented in docs/stats.md.

use std::collections::BTreeMap;

use plimsoll::memory::{Footprint as Memory, Holder};
use plimsoll::{Choice, Footprint, OperatorFootprint, RejectKind};
use serde::Serialize;

/// Grows when a field changes its meaning or goes; new fields do not count.
const FORMAT_VERSION: u32 = 3;

#[derive(Serialize)]
struct Stats<'a> {
    format_version: u32,
    plimsoll_version: &'static str,
    rows_read: u64,
    rows_given: u64,
    bytes_read: u64,
    wall_seconds: f64,
    cpu_seconds: Option<f64>,
    threads: usize,
    allocations: Option<u64>,
    groups: Option<u64>,
    restarts: u64,
    blank_lines: u64,
    cut_fractions: u64,
    records_skipped: BTreeMap<&'static str, u64>,
    repairs: BTreeMap<&'static str, u64>,
    bytes_spilled: u64,
    tracing_bytes: Option<u64>,
    dialect: BTreeMap<&'static str, Setting<'a>>,
    memory: Memory,
    consumers: &'a [Holder],
    operators: Vec<Operator>,
}

/// A setting of the file's dialect.
#[derive(Serialize)]
struct Setting<'a> {
    value: &'a str,
    why: &'a str,
    default: bool,
    given: bool,
    flag: &'static str,
}

impl<'a> From<&'a Choice> for Setting<'a> {
    fn from(choice: &'a Choice) -> Self {
        let Choice { value, why, default, given, flag, .. } = choice;
        Setting { value, why, default: *default, given: *given, flag }
    }
}

#[derive(Serialize)]
struct Operator {
    name: &'static str,
    rows_in: u64,
    rows: u64,
    cpu_seconds: Option<f64>,
    reserved_bytes: u64,
    reserved_peak_bytes: u64,
    allocated_bytes: Option<u64>,
    allocated_peak_bytes: Option<u64>,
    reserved_by_allocated: Option<f64>,
    spilled_bytes: u64,
    passes: u64,
}

impl From<&OperatorFootprint> for Operator {
    fn from(footprint: &OperatorFootprint) -> Self {
        let OperatorFootprint {
            name,
            rows_in,
            rows,
            time,
            reserved,
            reserved_peak,
            allocated,
            spilled,
            passes,
        } = *footprint;
        Operator {
            name,
            rows_in,
            rows,
            cpu_seconds: time.map(|time| time.as_secs_f64()),
            reserved_bytes: reserved,
            reserved_peak_bytes: reserved_peak,
            allocated_bytes: allocated.map(|bytes| bytes.live),
            allocated_peak_bytes: allocated.map(|bytes| bytes.peak),
            reserved_by_allocated: footprint.reserved_by_allocated(),
            spilled_bytes: spilled,
            passes,
        }
    }
}

/// The footprint as one JSON object, a line feed at its end.
///
/// # Errors
/// Those of the serialization.
pub(crate) fn json(footprint: &Footprint) -> serde_json::Result<String> {
    let Footprint {
        rows_read,
        rows_given,
        bytes_read,
        wall,
        cpu,
        threads,
        memory,
        ref consumers,
        ref operators,
        allocations,
        groups,
        restarts,
        blank_lines,
        cut_fractions,
        ref rejects,
        bytes_spilled,
        ref dialect,
        // A warning, which the run has printed.
        ordered_as_text: _,
        tracing,
    } = *footprint;
    let stats = Stats {
        format_version: FORMAT_VERSION,
        plimsoll_version: env!("CARGO_PKG_VERSION"),
        rows_read,
        rows_given,
        bytes_read,
        wall_seconds: wall.as_secs_f64(),
        cpu_seconds: cpu.map(|time| time.as_secs_f64()),
        threads,
        allocations,
        groups,
        restarts,
        blank_lines,
        cut_fractions,
        records_skipped: by_kind(|kind| rejects.skipped(kind)),
        repairs: by_kind(|kind| rejects.repaired(kind)),
        bytes_spilled,
        tracing_bytes: tracing,
        dialect: dialect.iter().map(|choice| (choice.name, Setting::from(choice))).collect(),
        memory,
        consumers,
        operators: operators.iter().map(Operator::from).collect(),
    };
    Ok(serde_json::to_string_pretty(&stats)? + "\n")
}

/// The counts of all kinds.
fn by_kind(of: impl Fn(RejectKind) -> u64) -> BTreeMap<&'static str, u64> {
    RejectKind::ALL.into_iter().map(|kind| (kind.id(), of(kind))).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use plimsoll::RejectCounts;
    use plimsoll::memory::{Part, TaggedBytes};

    use super::*;

    #[test]
    fn every_figure_has_its_field() {
        let mut rejects = RejectCounts::default();
        rejects.count(RejectKind::Quotes, true);
        let footprint = Footprint {
            rows_read: 10,
            rows_given: 9,
            bytes_read: u64::MAX,
            wall: Duration::from_millis(1500),
            cpu: Some(Duration::from_millis(2250)),
            threads: 2,
            memory: Memory { heap: Part { now: Some(-1), peak: Some(5) }, ..Memory::default() },
            consumers: vec![Holder { path: "query / scan".to_owned(), used: 0, peak: 3 }],
            operators: vec![OperatorFootprint {
                name: "scan",
                rows_in: 10,
                rows: 9,
                time: Some(Duration::from_millis(250)),
                reserved: 0,
                reserved_peak: 3,
                allocated: Some(TaggedBytes { live: 1, peak: 4 }),
                spilled: 7,
                passes: 1,
            }],
            allocations: Some(4),
            groups: None,
            restarts: 1,
            blank_lines: 0,
            cut_fractions: 2,
            rejects,
            bytes_spilled: 7,
            ordered_as_text: Vec::new(),
            dialect: vec![Choice {
                name: "delimiter",
                value: ";".to_owned(),
                why: "given".to_owned(),
                default: false,
                given: true,
                flag: "--delimiter",
            }],
            tracing: None,
        };
        let expected = format!(
            r#"{{
  "format_version": 3,
  "plimsoll_version": "{}",
  "rows_read": 10,
  "rows_given": 9,
  "bytes_read": 18446744073709551615,
  "wall_seconds": 1.5,
  "cpu_seconds": 2.25,
  "threads": 2,
  "allocations": 4,
  "groups": null,
  "restarts": 1,
  "blank_lines": 0,
  "cut_fractions": 2,
  "records_skipped": {{
    "cell_type": 0,
    "field_too_long": 0,
    "not_utf8": 0,
    "quotes": 1,
    "too_few_fields": 0,
    "too_many_fields": 0
  }},
  "repairs": {{
    "cell_type": 0,
    "field_too_long": 0,
    "not_utf8": 0,
    "quotes": 0,
    "too_few_fields": 0,
    "too_many_fields": 0
  }},
  "bytes_spilled": 7,
  "tracing_bytes": null,
  "dialect": {{
    "delimiter": {{
      "value": ";",
      "why": "given",
      "default": false,
      "given": true,
      "flag": "--delimiter"
    }}
  }},
  "memory": {{
    "reserved": {none},
    "untracked": {none},
    "heap": {{
      "now_bytes": -1,
      "peak_bytes": 5
    }},
    "slack": {none},
    "anonymous": {none},
    "file": {none},
    "shared": {none},
    "resident": {none}
  }},
  "consumers": [
    {{
      "path": "query / scan",
      "used_bytes": 0,
      "peak_bytes": 3
    }}
  ],
  "operators": [
    {{
      "name": "scan",
      "rows_in": 10,
      "rows": 9,
      "cpu_seconds": 0.25,
      "reserved_bytes": 0,
      "reserved_peak_bytes": 3,
      "allocated_bytes": 1,
      "allocated_peak_bytes": 4,
      "reserved_by_allocated": 0.75,
      "spilled_bytes": 7,
      "passes": 1
    }}
  ]
}}
"#,
            env!("CARGO_PKG_VERSION"),
            none = "{\n      \"now_bytes\": null,\n      \"peak_bytes\": null\n    }"
        );
        assert_eq!(json(&footprint).unwrap(), expected);
    }

    #[test]
    fn the_page_names_every_field() {
        let page = include_str!("../../../docs/stats.md");
        let footprint = Footprint { operators: vec![OperatorFootprint::default()], ..Footprint::default() };
        let stats: serde_json::Value = serde_json::from_str(&json(&footprint).unwrap()).unwrap();
        let parts = [&stats, &stats["memory"], &stats["operators"][0]];
        for field in parts.iter().flat_map(|part| part.as_object().unwrap().keys()) {
            assert!(page.contains(&format!("`{field}`")), "{field} is missing");
        }
    }
}
