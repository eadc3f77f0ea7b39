//! What a run cost, as JSON for programs. The fields are documented in docs/stats.md.

use plimsoll::Footprint;
use serde::Serialize;

/// Grows when a field changes its meaning or goes; new fields do not count.
const FORMAT_VERSION: u32 = 1;

#[derive(Serialize)]
struct Stats {
    format_version: u32,
    plimsoll_version: &'static str,
    rows_read: u64,
    rows_given: u64,
    bytes_read: u64,
    wall_seconds: f64,
    cpu_seconds: Option<f64>,
    threads: usize,
    peak_resident_bytes: Option<u64>,
    anonymous_bytes: Option<u64>,
    peak_heap_bytes: Option<u64>,
    allocations: Option<u64>,
    peak_reserved_bytes: u64,
    groups: Option<u64>,
    restarts: u64,
    blank_lines: u64,
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
        peak_resident,
        anonymous,
        peak_heap,
        allocations,
        peak_reserved,
        groups,
        restarts,
        blank_lines,
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
        peak_resident_bytes: peak_resident,
        anonymous_bytes: anonymous,
        peak_heap_bytes: peak_heap,
        allocations,
        peak_reserved_bytes: peak_reserved,
        groups,
        restarts,
        blank_lines,
    };
    Ok(serde_json::to_string_pretty(&stats)? + "\n")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn every_figure_has_its_field() {
        let footprint = Footprint {
            rows_read: 10,
            rows_given: 9,
            bytes_read: u64::MAX,
            wall: Duration::from_millis(1500),
            cpu: Some(Duration::from_millis(2250)),
            threads: 2,
            peak_resident: Some(7),
            anonymous: Some(6),
            peak_heap: Some(5),
            allocations: Some(4),
            peak_reserved: 3,
            groups: None,
            restarts: 1,
            blank_lines: 0,
        };
        let expected = format!(
            r#"{{
  "format_version": 1,
  "plimsoll_version": "{}",
  "rows_read": 10,
  "rows_given": 9,
  "bytes_read": 18446744073709551615,
  "wall_seconds": 1.5,
  "cpu_seconds": 2.25,
  "threads": 2,
  "peak_resident_bytes": 7,
  "anonymous_bytes": 6,
  "peak_heap_bytes": 5,
  "allocations": 4,
  "peak_reserved_bytes": 3,
  "groups": null,
  "restarts": 1,
  "blank_lines": 0
}}
"#,
            env!("CARGO_PKG_VERSION")
        );
        assert_eq!(json(&footprint).unwrap(), expected);
    }

    #[test]
    fn the_page_names_every_field() {
        let page = include_str!("../../../docs/stats.md");
        let stats: serde_json::Value = serde_json::from_str(&json(&Footprint::default()).unwrap()).unwrap();
        for field in stats.as_object().unwrap().keys() {
            assert!(page.contains(&format!("`{field}`")), "{field} is missing");
        }
    }
}
