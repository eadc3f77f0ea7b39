//! A comparison as CSV for programs, one line a strategy. The columns are documented in docs/compare-report.md.

use crate::{Measured, Outcome, Report, StrategyReport};

/// The columns that every strategy has.
const OF_ALL: [&str; 5] = ["strategy", "outcome", "message", "needs_bytes", "predicted_bytes"];

/// A column of measured strategies, and what it holds.
type Column = (&'static str, fn(&Measured) -> String);

/// The columns of measured strategies.
const OF_MEASURED: [Column; 20] = [
    ("records", |of| of.records.to_string()),
    ("shallow_bytes", |of| of.shallow_bytes.to_string()),
    ("deep_bytes", |of| of.deep_bytes.to_string()),
    ("live_heap_bytes", |of| of.live_heap_bytes.to_string()),
    ("peak_heap_bytes", |of| of.peak_heap_bytes.to_string()),
    ("allocated_bytes", |of| of.allocated_bytes.to_string()),
    ("allocations", |of| of.allocations.to_string()),
    ("peak_resident_bytes", |of| known(of.peak_resident_bytes)),
    ("peak_anonymous_bytes", |of| known(of.peak_anonymous_bytes)),
    ("peak_file_bytes", |of| known(of.peak_file_bytes)),
    ("minor_faults", |of| known(of.minor_faults)),
    ("major_faults", |of| known(of.major_faults)),
    ("bytes_a_record", |of| of.bytes_a_record().map_or_else(String::new, |bytes| bytes.to_string())),
    ("load_seconds", |of| of.load_seconds.to_string()),
    ("query_seconds", |of| of.query_seconds.to_string()),
    ("second_query_seconds", |of| of.second_query_seconds.to_string()),
    ("file_bytes", |of| known(of.file_bytes)),
    ("result_rows", |of| of.digest.rows.to_string()),
    ("result_sum", |of| of.digest.sum.clone()),
    ("result_ordered", |of| of.digest.ordered.clone().unwrap_or_default()),
];

/// A header and one line for each strategy, in the report's order, ended with line feeds. What is not known is an empty
/// field.
#[must_use]
pub fn csv(report: &Report) -> String {
    let names = OF_ALL.into_iter().chain(OF_MEASURED.iter().map(|(name, _)| *name));
    let mut text = line(names.map(str::to_owned));
    for strategy in &report.strategies {
        text += &line(fields(strategy));
    }
    text
}

fn fields(of: &StrategyReport) -> Vec<String> {
    let (outcome, message, needs) = match &of.outcome {
        Outcome::Measured(_) => ("measured", "", None),
        Outcome::DoesNotFit { needs_bytes } => ("does_not_fit", "", Some(*needs_bytes)),
        Outcome::Failed { message } => ("failed", message.as_str(), None),
    };
    let mut fields = vec![
        of.strategy.to_string(),
        outcome.to_owned(),
        message.to_owned(),
        known(needs),
        known(of.predicted_bytes),
    ];
    let measured = of.measured();
    fields.extend(OF_MEASURED.iter().map(|(_, field)| measured.map_or_else(String::new, field)));
    fields
}

fn known(figure: Option<u64>) -> String {
    figure.map_or_else(String::new, |figure| figure.to_string())
}

/// One record. RFC 4180: a field with a comma, a quote or a line break is quoted, and quotes in it are doubled.
fn line(fields: impl IntoIterator<Item = String>) -> String {
    let quoted = fields.into_iter().map(|field| {
        if field.contains([',', '"', '\n', '\r']) {
            format!("\"{}\"", field.replace('"', "\"\""))
        } else {
            field
        }
    });
    quoted.collect::<Vec<_>>().join(",") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::samples;
    use crate::export::sentences::printable;

    #[test]
    fn one_line_a_strategy() {
        insta::assert_snapshot!("handmade.csv", csv(&samples::handmade()));
        // The snapshot itself is to be read by people.
        insta::assert_snapshot!("troubled.csv", printable(&csv(&samples::troubled())));
    }

    /// The crate `csv` reads every field as it was, and as many of each line as of the header.
    #[test]
    fn another_reader_sees_the_same_fields() {
        for (name, report) in samples::all() {
            let text = csv(&report);
            let mut reader = ::csv::Reader::from_reader(text.as_bytes());
            let records: Vec<_> = reader.records().map(Result::unwrap).collect();
            assert_eq!(records.len(), report.strategies.len(), "{name}");
            for (record, of) in records.iter().zip(&report.strategies) {
                assert_eq!(record.iter().map(str::to_owned).collect::<Vec<_>>(), fields(of), "{name}");
            }
        }
    }
}
