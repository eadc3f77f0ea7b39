//! The sentences of a comparison, the same in every form for people, and its foreign text made fit to be shown.

use crate::units::{counted, file_bytes, memory_bytes};
use crate::{Agreement, Outcome, Report, StrategyReport};

/// The fit of a sweep, as an equation.
pub(super) const EQUATION: &str = "peak heap = fixed + bytes a record × records";

/// What was compared: the file, the threads, the runs, the limit.
pub(super) fn subject(report: &Report) -> Vec<String> {
    let input = &report.input;
    let mut facts = vec![
        format!(
            "{}: {}, {}",
            one_line(&input.path),
            file_bytes(input.bytes),
            counted(input.records, "record")
        ),
        counted(report.threads as u64, "thread"),
        match report.repeats {
            0 | 1 => "one run of each".to_owned(),
            repeats => format!("the median of {} of each", counted(repeats as u64, "run")),
        },
    ];
    facts.extend(report.memory_limit_bytes.map(|limit| format!("memory limit {}", memory_bytes(limit))));
    facts
}

/// Whether the results agree: `Some(false)` where they do not, `None` where there was nothing to compare.
pub(super) fn agreement(report: &Report) -> (Option<bool>, String) {
    if let Agreement::Differs { strategies: [one, other], difference } = &report.agreement {
        return (Some(false), format!("{one} and {other} disagree: {}", one_line(difference)));
    }
    let measured: Vec<_> = report.strategies.iter().filter_map(StrategyReport::measured).collect();
    match measured.as_slice() {
        [] => (None, "No strategy gave a result.".to_owned()),
        [one] => (None, format!("One result of {}; nothing to compare it with.", rows(one.digest.rows))),
        [first, ..] => {
            let hash = first.digest.ordered.as_ref().unwrap_or(&first.digest.sum);
            let hash = if hash.is_empty() { String::new() } else { format!(", hash {}", one_line(hash)) };
            let text = format!("All {} results agree: {}{hash}.", measured.len(), rows(first.digest.rows));
            (Some(true), text)
        }
    }
}

fn rows(count: u64) -> String {
    counted(count, "row")
}

/// Why a strategy has no figures, if it has none.
pub(super) fn unmeasured(of: &StrategyReport) -> Option<String> {
    match &of.outcome {
        Outcome::Measured(_) => None,
        Outcome::DoesNotFit { needs_bytes } => {
            Some(format!("does not fit, needs about {}", memory_bytes(*needs_bytes)))
        }
        Outcome::Failed { message } => Some(format!("failed: {}", one_line(message))),
    }
}

/// What else has to be said: the file that `mapped` wrote.
pub(super) fn notes(report: &Report) -> Vec<String> {
    let written = report.strategies.iter().filter_map(|of| {
        let bytes = of.measured()?.file_bytes?;
        Some(format!("{} wrote a file of {}, which its load includes.", of.strategy, file_bytes(bytes)))
    });
    written.collect()
}

/// Text on one line: line breaks and tabs are spaces, what could act on a terminal or turn a line around is escaped.
pub(super) fn one_line(text: &str) -> String {
    let line: String =
        text.chars().map(|one| if matches!(one, '\n' | '\r' | '\t') { ' ' } else { one }).collect();
    printable(line.trim())
}

/// Text with its line breaks and tabs; every other control character, and those that turn the direction of text around,
/// as Rust would escape them.
pub(super) fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for one in text.replace("\r\n", "\n").chars() {
        match one {
            '\n' | '\t' => shown.push(one),
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                shown.extend(one.escape_unicode());
            }
            '\u{fffe}' | '\u{ffff}' => shown.extend(one.escape_unicode()),
            one if one.is_control() => shown.extend(one.escape_default()),
            one => shown.push(one),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_cannot_act() {
        assert_eq!(printable("a\x1b[2J\r\n\tb\rc\0"), "a\\u{1b}[2J\n\tb\\rc\\u{0}");
        assert_eq!(printable("x\u{202e}y"), "x\\u{202e}y");
        assert_eq!(printable("Größe 🙂"), "Größe 🙂");
        assert_eq!(one_line("a\nb\tc\r\n"), "a b c");
    }
}
