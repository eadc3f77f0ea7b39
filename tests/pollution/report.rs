//! The table of what was found, by kind. Decides nothing.

use crate::judge::{Strict, Verdict};
use crate::variant::Variant;

/// What was found of all variants of one kind.
#[derive(Debug, Default)]
struct Line {
    variants: usize,
    right: usize,
    error: usize,
    wrong: usize,
    unlike: usize,
    lenient: f64,
    told: usize,
    told_right: usize,
    reason: Option<&'static str>,
}

/// The table as text: a line for each kind in the order of the variants, and the totals.
pub(crate) fn table(judged: &[(Variant, Verdict)]) -> String {
    let mut kinds: Vec<(&str, Line)> = Vec::new();
    let mut total = Line::default();
    for (variant, verdict) in judged {
        let at = kinds.iter().position(|(kind, _)| *kind == variant.kind).unwrap_or_else(|| {
            kinds.push((variant.kind, Line::default()));
            kinds.len() - 1
        });
        kinds[at].1.reason = kinds[at].1.reason.or(variant.unknowable);
        for line in [&mut kinds[at].1, &mut total] {
            line.add(verdict);
        }
    }
    kinds.push(("all", total));
    let mut text = format!(
        "\n{:<36} {:>8} {:>6} {:>6} {:>6} {:>6} {:>8} {:>8}\n",
        "kind", "variants", "right", "error", "WRONG", "UNLIKE", "lenient", "told"
    );
    for (kind, line) in &kinds {
        let told = if line.told > 0 { format!("{}/{}", line.told_right, line.told) } else { "-".to_owned() };
        text.push_str(&format!(
            "{kind:<36} {:>8} {:>6} {:>6} {:>6} {:>6} {:>8.3} {told:>8}\n",
            line.variants,
            line.right,
            line.error,
            line.wrong,
            line.unlike,
            line.lenient / line.variants as f64
        ));
    }
    text.push_str(
        "\nright, error, WRONG: what strict readings gave; UNLIKE: another outcome in other blocks or by the oracle;\n");
    text.push_str("lenient: the part of cells that are right;\n");
    text.push_str("told: right with the settings that the file needs\n\nwhat bytes do not tell:\n");
    for (kind, line) in &kinds {
        if let Some(reason) = line.reason {
            text.push_str(&format!("  {kind}: {reason}\n"));
        }
    }
    text
}

impl Line {
    fn add(&mut self, verdict: &Verdict) {
        self.variants += 1;
        match verdict.strict {
            Strict::Right => self.right += 1,
            Strict::Error => self.error += 1,
            Strict::Wrong(_) => self.wrong += 1,
            Strict::Unlike(_) => self.unlike += 1,
        }
        self.lenient += verdict.lenient;
        self.told += usize::from(verdict.told.is_some());
        self.told_right += usize::from(matches!(verdict.told, Some(Ok(()))));
    }
}
