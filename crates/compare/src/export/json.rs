//! A comparison as JSON for programs. The fields are documented in docs/compare-report.md.

use serde::Serialize;

use crate::Report;

/// Grows when a field changes its meaning or goes; new fields do not count.
const FORMAT_VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    format_version: u32,
    plimsoll_version: &'static str,
    #[serde(flatten)]
    report: &'a Report,
}

/// The report as one JSON object, a line feed at its end. A [`Report`] can be read from it again.
///
/// # Errors
/// Those of the serialization.
pub fn json(report: &Report) -> serde_json::Result<String> {
    let document =
        Document { format_version: FORMAT_VERSION, plimsoll_version: env!("CARGO_PKG_VERSION"), report };
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::samples;

    #[test]
    fn every_field_has_its_name() {
        let text = json(&samples::small()).unwrap().replace(env!("CARGO_PKG_VERSION"), "VERSION");
        insta::assert_snapshot!("small.json", text);
    }

    #[test]
    fn a_report_is_read_again() {
        for (name, report) in samples::all() {
            let text = json(&report).unwrap();
            assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report, "{name}");
            assert!(text.starts_with("{\n  \"format_version\": 1,\n  \"plimsoll_version\": \""), "{name}");
        }
    }
}
