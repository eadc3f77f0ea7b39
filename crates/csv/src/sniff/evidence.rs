//! What was found, in plain words: the list of choices that `describe`, `explain` and the footer show.

use plimsoll_core::{CsvOptions, DataType};

use super::choice::{Choice, byte, counted, delimiter, grouped};
use super::header::Verdict;
use super::layout::Short;
use super::search::Candidate;

/// The name of a column of row names.
pub(crate) const ROW_NAMES: &str = "row_names";

/// What was seen before the table.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    /// Whether the first line names the delimiter.
    pub(super) separator: bool,
    /// Physical lines before the table.
    pub(super) skipped: usize,
    /// Records before the table that are titles.
    pub(super) titles: usize,
    /// Comment lines before the table, and what they begin with.
    pub(super) comments: usize,
    pub(super) marker: &'static str,
    /// Where the text behind the comments at the top begins.
    pub(super) behind_comments: Option<usize>,
}

/// Whether the table's first record has the given names.
pub(super) fn repeats(candidate: &Candidate<'_>, columns: &[(String, Option<DataType>)]) -> bool {
    let records = &candidate.records;
    let Some(first) = records.all.get(candidate.layout.start) else { return false };
    let texts = records.cells(first).iter().map(|cell| records.text(cell));
    texts.len() == columns.len() && texts.zip(columns).all(|(text, (name, _))| text == name.as_bytes())
}

impl Evidence {
    pub(super) fn choices(
        &self,
        candidate: &Candidate<'_>,
        verdict: &Verdict,
        options: &CsvOptions,
        given: &CsvOptions,
        short: Option<Short>,
    ) -> Vec<Choice> {
        let skipped = options.skip_rows.unwrap_or(0);
        let comment = options.comment_text();
        let mut choices = vec![
            Choice {
                name: "skip_rows",
                value: skipped.to_string(),
                why: self.why_skipped(),
                default: skipped == 0,
                given: given.skip_rows.is_some(),
                flag: "--skip-rows",
            },
            Choice {
                name: "comment",
                value: comment.unwrap_or("none").to_owned(),
                why: match comment {
                    Some(text) => format!(
                        "{} among the records begin with {text} and have other fields",
                        counted(candidate.records.comments, "line")
                    ),
                    None => "no line among the records looks like one".to_owned(),
                },
                default: comment.is_none(),
                given: given.comment.is_some(),
                flag: "--comment",
            },
            Choice {
                name: "delimiter",
                value: delimiter(&candidate.syntax.delimiter),
                why: self.why_delimiter(candidate),
                default: candidate.syntax.delimiter.byte() == Some(b','),
                given: given.delimiter.is_some(),
                flag: "--delimiter",
            },
            Choice {
                name: "quote",
                value: byte(candidate.syntax.quote),
                why: why_quote(candidate),
                default: candidate.syntax.quote == Some(b'"'),
                given: given.quote.is_some(),
                flag: "--quote",
            },
            Choice {
                name: "escape",
                value: byte(candidate.syntax.escape),
                why: match candidate.syntax.escape {
                    Some(_) if candidate.syntax.quote.is_none() => {
                        "every record has the same number of fields only with it".to_owned()
                    }
                    Some(_) => "quoted fields end where they should only with it".to_owned(),
                    None => "quotes inside quotes are doubled".to_owned(),
                },
                default: candidate.syntax.escape.is_none(),
                given: given.escape.is_some(),
                flag: "--escape",
            },
            Choice {
                name: "header",
                value: if options.has_header() { "yes" } else { "no" }.to_owned(),
                why: verdict.why.clone(),
                default: options.has_header(),
                given: given.header.is_some(),
                flag: if options.has_header() { "--no-header" } else { "--header" },
            },
        ];
        if let Some(short) = short {
            let why = match short {
                Short::RowNames => {
                    "the header is one name short of every record: the first column holds row names"
                }
                Short::Trailing => {
                    "every record but the header ends with a delimiter: the last column has no name"
                }
            };
            choices.push(Choice {
                name: "columns",
                value: match short {
                    Short::RowNames => ROW_NAMES.to_owned(),
                    Short::Trailing => format!("column{}", candidate.layout.width - 1),
                },
                why: why.to_owned(),
                default: false,
                given: false,
                flag: "--columns",
            });
        }
        for choice in choices.iter_mut().filter(|choice| choice.given) {
            choice.why = "given".to_owned();
        }
        choices
    }

    fn why_skipped(&self) -> String {
        let parts = [
            self.separator.then(|| "the first line names the delimiter".to_owned()),
            (self.comments > 0).then(|| {
                format!("{} before the table begin with {}", counted(self.comments, "line"), self.marker)
            }),
            (self.titles > 0).then(|| {
                format!(
                    "{} before the table have other fields than its records",
                    counted(self.titles, "line")
                )
            }),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        if parts.is_empty() { "the table begins with the first line".to_owned() } else { parts.join("; ") }
    }

    fn why_delimiter(&self, candidate: &Candidate<'_>) -> String {
        if self.separator {
            return "the first line names it".to_owned();
        }
        let layout = &candidate.layout;
        let records = match (layout.regular, layout.total) {
            (_, 0) => return "there is no complete record".to_owned(),
            (regular, total) if regular == total => format!("all {}", counted(total, "sampled record")),
            (regular, total) => format!("{} of {}", grouped(regular), counted(total, "sampled record")),
        };
        match layout.width {
            1 => "no delimiter splits most records: the file has one column".to_owned(),
            width => format!("splits {records} into {width} fields"),
        }
    }
}

fn why_quote(candidate: &Candidate<'_>) -> String {
    let (quoted, faulty) = candidate.records.quoted();
    match candidate.syntax.quote {
        None => "fields begin with quotes that nothing closes".to_owned(),
        Some(_) if quoted == 0 && faulty == 0 => "no sampled field begins with a quote".to_owned(),
        Some(_) => format!(
            "{} in them",
            if quoted == 1 {
                "1 sampled field stands".to_owned()
            } else {
                format!("{} sampled fields stand", grouped(quoted))
            }
        ),
    }
}
