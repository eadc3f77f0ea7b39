//! What a run cost, in a line or two for people, and what it found the file's dialect to be.

use plimsoll::{Choice, Footprint, RejectCounts, RejectKind, TextOrder};
use plimsoll_compare::units::{counted, file_bytes, grouped, memory_bytes, seconds, throughput};

/// The footer, a line feed at its end. The second line stands only where there is something out of the ordinary, the third
/// where the dialect is not the usual one and nobody gave it.
pub(crate) fn footer(footprint: &Footprint) -> String {
    let threads = u64::try_from(footprint.threads).unwrap_or(u64::MAX);
    let peak = footprint.memory.resident.peak;
    let peak = peak.map(|bytes| format!("peak {}", memory_bytes(bytes.unsigned_abs())));
    let cost = [
        Some(format!(
            "{} from {}",
            counted(footprint.rows_given, "row"),
            counted(footprint.rows_read, "record")
        )),
        Some(format!("{} in {}", file_bytes(footprint.bytes_read), seconds(footprint.wall))),
        throughput(footprint.bytes_read, footprint.wall),
        Some(counted(threads, "thread")),
        peak,
    ];
    let spilled = footprint.bytes_spilled;
    let unusual = [
        (footprint.restarts > 0).then(|| counted(footprint.restarts, "restart")),
        (footprint.blank_lines > 0).then(|| counted(footprint.blank_lines, "blank line")),
        (footprint.cut_fractions > 0)
            .then(|| format!("{} cut to the microsecond", counted(footprint.cut_fractions, "time"))),
        (spilled > 0).then(|| format!("{} to temporary files", file_bytes(spilled))),
    ];
    let rejects = [
        by_kind(&footprint.rejects, "record", "skipped", RejectCounts::skipped),
        by_kind(&footprint.rejects, "repair", "made", RejectCounts::repaired),
    ];
    line(&cost) + &line(&unusual) + &line(&rejects) + &dialect(&footprint.dialect)
}

/// Warnings of what may not be meant, a line each. Printed whatever else is: no result is wrong in silence.
pub(crate) fn warnings(footprint: &Footprint) -> String {
    let of_column = |ordered: &TextOrder| {
        let column = &ordered.column;
        match &ordered.cell {
            Some(cell) => format!(
                "plimsoll: warning: column {column} is put in order as text, since line {}, record {} has '{}'\n  hint: --types gives it a type; --decimal, --thousands and --date-format say how numbers and dates are written\n",
                cell.line,
                cell.record,
                cell.value.as_deref().unwrap_or_default()
            ),
            None => format!("plimsoll: warning: column {column} is put in order as text\n"),
        }
    };
    footprint.ordered_as_text.iter().map(of_column).collect()
}

/// How many there are, and how many of each kind.
fn by_kind(
    counts: &RejectCounts,
    what: &str,
    done: &str,
    of: fn(&RejectCounts, RejectKind) -> u64,
) -> Option<String> {
    let kinds = RejectKind::ALL.map(|kind| (of(counts, kind), kind.name()));
    let parts: Vec<String> = kinds
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, name)| format!("{} {name}", grouped(*count)))
        .collect();
    let total = kinds.iter().map(|(count, _)| count).sum();
    (total > 0).then(|| format!("{} {done}: {}", counted(total, what), parts.join(", ")))
}

/// What was found that is not the default; of what decides which records there are, why, and what settles it.
fn dialect(choices: &[Choice]) -> String {
    let found = choices.iter().filter(|choice| choice.is_unusual()).map(|choice| match choice.name {
        "header" => format!("{} ({}; {} if it names the columns)", choice.short(), choice.why, choice.flag),
        "skip_rows" | "comment" | "columns" => format!("{} ({})", choice.short(), choice.why),
        _ => choice.short(),
    });
    let parts: Vec<String> = found.collect();
    if parts.is_empty() { String::new() } else { format!("dialect: {}\n", parts.join(" · ")) }
}

fn line(parts: &[Option<String>]) -> String {
    let parts: Vec<&str> = parts.iter().flatten().map(String::as_str).collect();
    if parts.is_empty() { String::new() } else { parts.join(" · ") + "\n" }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn one_line_and_a_second_where_needed() {
        let mut footprint = Footprint {
            rows_read: 100_000_000,
            rows_given: 413,
            bytes_read: 1_379_500_000,
            wall: Duration::from_millis(1940),
            threads: 2,
            ..Footprint::default()
        };
        footprint.memory.resident.peak = Some(10_311_925);
        let usual =
            "413 rows from 100,000,000 records · 1.38 GB in 1.94 s · 0.71 GB/s · 2 threads · peak 9.83 MiB\n";
        assert_eq!(footer(&footprint), usual);
        footprint.restarts = 1;
        footprint.blank_lines = 2000;
        assert_eq!(footer(&footprint), format!("{usual}1 restart · 2,000 blank lines\n"));
        (footprint.restarts, footprint.blank_lines, footprint.bytes_spilled) = (0, 0, 1_234_567);
        assert_eq!(footer(&footprint), format!("{usual}1.23 MB to temporary files\n"));
        footprint.bytes_spilled = 0;
        for (kind, skipped) in [
            (RejectKind::TooFewFields, true),
            (RejectKind::TooFewFields, true),
            (RejectKind::Quotes, true),
            (RejectKind::CellType, false),
        ] {
            footprint.rejects.count(kind, skipped);
        }
        let rejects = "3 records skipped: 2 too few fields, 1 quotes · 1 repair made: 1 cell not of its type";
        assert_eq!(footer(&footprint), format!("{usual}{rejects}\n"));
    }

    #[test]
    fn what_was_found() {
        let choice = |name, value: &str, default, given| Choice {
            name,
            value: value.to_owned(),
            why: "so it looks".to_owned(),
            default,
            given,
            flag: "--header",
        };
        assert_eq!(dialect(&[choice("quote", "\"", true, false), choice("delimiter", "|", false, true)]), "");
        let found = [choice("delimiter", ";", false, false), choice("header", "no", false, false)];
        assert_eq!(
            dialect(&found),
            "dialect: delimiter ';' · no header (so it looks; --header if it names the columns)\n"
        );
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let footprint = Footprint { threads: 1, rows_given: 1, rows_read: 1, ..Footprint::default() };
        assert_eq!(footer(&footprint), "1 row from 1 record · 0 bytes in 0 ms · 1 thread\n");
    }
}
