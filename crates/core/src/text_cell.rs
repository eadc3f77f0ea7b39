//! What whoever wrote a cell that is text may have meant: NULL, a number with separators, a date in an order that the cells
//! leave open. Says which flags read it so. Decides no type.

use crate::value::{DateForm, DateForms, MICROS_PER_DAY, TimeFormat};
use crate::{DataType, separators};

/// Texts that programs write for a value that is missing.
const NULLS: [&str; 18] = [
    "NA", "N/A", "n/a", "na", "#N/A", "<NA>", "NULL", "null", "Null", "NaT", "None", "none", "nil", r"\N",
    "-", "--", ".", "?",
];

/// Midnight of 1000-01-01, in microseconds since 1970-01-01: a year before has fewer than four digits.
const YEAR_1000: i64 = -354_285 * MICROS_PER_DAY;

/// How times are written behind a date.
const TIMES: [&str; 4] = [" %H:%M", " %H:%M:%S", "T%H:%M:%S", " %I:%M:%S %p"];

/// The flags that make a value of `cell`, and what they do: a clause for a hint. `cell` is as a
/// [`Location`](crate::Location) shows it; `wanted` is the type that it should have, where one is known. `None` where no flag
/// is known to.
pub fn flags(cell: &str, wanted: Option<DataType>) -> Option<String> {
    let cell = cell.replace(r"\\", r"\").replace(r"\'", "'");
    if NULLS.contains(&cell.as_str()) {
        return Some(format!("--null {} reads such cells without quotes as NULL", shell(&cell)));
    }
    let numbers = || separators(&cell).filter(|_| wanted.is_none_or(DataType::is_numeric));
    let dates = || dates(&cell).filter(|_| wanted.is_none_or(|wanted| wanted == DataType::Date));
    let is_timestamp = |wanted| wanted == DataType::Timestamp || wanted == DataType::Date;
    let timestamps = || timestamps(&cell).filter(|_| wanted.is_none_or(is_timestamp));
    numbers().or_else(dates).or_else(timestamps)
}

fn separators(cell: &str) -> Option<String> {
    let (group, point) = separators::marks(cell)?;
    let flags = [
        group.map(|group| format!("--thousands {}", shell(&group.to_string()))),
        (point != '.').then(|| format!("--decimal {point}")),
    ];
    let flags: Vec<String> = flags.into_iter().flatten().collect();
    Some(format!("{} reads such numbers", flags.join(" ")))
}

/// The formats in which the cell is a date; ISO 8601 needs none.
fn dates(cell: &str) -> Option<String> {
    let forms = DateForms::of_date(cell.as_bytes()).iter().filter(|form| *form != DateForm::Iso);
    let flags: Vec<String> = forms.map(|form| format!("--date-format '{}'", form.format())).collect();
    (!flags.is_empty()).then(|| format!("{} reads such dates", flags.join(" or ")))
}

/// The same for a timestamp.
fn timestamps(cell: &str) -> Option<String> {
    let forms = DateForm::ALL.into_iter().filter(|form| *form != DateForm::Iso);
    let formats = forms.flat_map(|form| TIMES.map(|time| form.format().to_owned() + time));
    // A year of two digits is one of this or the last century.
    let formats = formats.flat_map(|format| [format.replace("%Y", "%y"), format]);
    let reads = |format: &String| {
        let micros = TimeFormat::new(format).ok().and_then(|format| format.parse_timestamp(cell.as_bytes()));
        micros.is_some_and(|micros| micros >= YEAR_1000)
    };
    let flags: Vec<String> =
        formats.filter(reads).map(|format| format!("--timestamp-format '{format}'")).collect();
    (!flags.is_empty()).then(|| format!("{} reads such times", flags.join(" or ")))
}

/// The text as a shell takes it for one word.
fn shell(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ',' | '/' | '_');
    match text {
        text if text.chars().all(is_plain) => text.to_owned(),
        text if text.contains('\'') => format!("\"{text}\""),
        text => format!("'{text}'"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reads_a_cell() {
        for (cell, expected) in [
            ("NA", "--null NA reads such cells without quotes as NULL"),
            ("#N/A", "--null '#N/A' reads such cells without quotes as NULL"),
            (r"\\N", r"--null '\N' reads such cells without quotes as NULL"),
            ("1,234.50", "--thousands , reads such numbers"),
            ("1.234,5", "--thousands . --decimal , reads such numbers"),
            (r"1\'234", "--thousands \"'\" reads such numbers"),
            ("01/02/2024", "--date-format '%d/%m/%Y' or --date-format '%m/%d/%Y' reads such dates"),
            ("31/12/2024", "--date-format '%d/%m/%Y' reads such dates"),
            (
                "31/12/24 9:05",
                "--timestamp-format '%y/%m/%d %H:%M' or --timestamp-format '%d/%m/%y %H:%M' reads such times",
            ),
            ("31.12.2024 9:05", "--timestamp-format '%d.%m.%Y %H:%M' reads such times"),
        ] {
            assert_eq!(flags(cell, None).as_deref(), Some(expected), "{cell}");
        }
        assert_eq!(flags("01/02/2024", Some(DataType::Int64)), None);
        for cell in ["ten", "2024-01-31", "", "12", "x1"] {
            assert_eq!(flags(cell, None), None, "{cell}");
        }
    }
}
