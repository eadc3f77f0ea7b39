//! Which strategy suits a memory limit, in one sentence. Measures nothing.

use serde::{Deserialize, Serialize};

use super::Prediction;
use crate::Strategy;

/// How far a prediction may be off, in per cent: what is recommended must fit all the same.
const DOUBT: u64 = 10;

/// A strategy, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recommendation {
    /// Which.
    pub strategy: Strategy,
    /// The reason, as a sentence without a full stop that begins with the strategy's name.
    pub reason: String,
}

impl Prediction {
    /// The strategy for a process that may take `limit` bytes, what the program itself takes included.
    ///
    /// Of those that fit while they are loaded and a query runs, with room for a tenth more than was predicted, the one that
    /// answers a second query fastest: `columnar`, whose blocks are parts of what is held, before `compact`, whose blocks are
    /// converted. `stream` where neither fits; it is also the one for a file that is read once, whatever the limit.
    #[must_use]
    pub fn recommend(&self, limit: u64) -> Recommendation {
        let shown = |strategy| bytes_text(self.needs(strategy));
        let allowed = format!("the {} that are allowed", bytes_text(limit));
        let fits = |strategy: &Strategy| self.needs(*strategy) <= limit;
        let held = [Strategy::Columnar, Strategy::Compact].into_iter().find(fits);
        let strategy = held.unwrap_or(Strategy::Stream);
        let needs = match held {
            Some(held) => {
                format!("{} held, {} in all of {allowed}", bytes_text(self.bytes_of(held)), shown(held))
            }
            None if fits(&strategy) => format!("{} in all of {allowed}", shown(strategy)),
            None => format!("even that takes {} where the limit is {}", shown(strategy), bytes_text(limit)),
        };
        let why = match strategy {
            Strategy::Columnar => "and the fastest to ask again".to_owned(),
            Strategy::Compact => {
                format!("and the fastest to ask again; columnar would need {}", shown(Strategy::Columnar))
            }
            _ => format!(
                "whatever the file's size; compact would need {}, and mapped a file of {}, which pays from the second \
                 query on",
                shown(Strategy::Compact),
                bytes_text(self.bytes_of(Strategy::Mapped))
            ),
        };
        let reason = format!("{strategy}: {needs}, {why}");
        Recommendation { strategy, reason }
    }

    /// What a process needs at most: the program, what is held with room for doubt, and the larger of what the load and
    /// what a query takes beside it.
    fn needs(&self, strategy: Strategy) -> u64 {
        /// The program itself, and a stack for each thread.
        const PROGRAM: u64 = 8 << 20;
        const STACK: u64 = 512 << 10;
        let program = PROGRAM + self.threads as u64 * STACK;
        let working = self.bytes_of(Strategy::Stream);
        if strategy.holds_memory() {
            let held = self.bytes_of(strategy);
            program + held + held / 100 * DOUBT + working + self.load_bytes
        } else {
            program + working
        }
    }
}

/// Bytes in powers of 1024 with three digits.
fn bytes_text(bytes: u64) -> String {
    let mut value = bytes as f64;
    let mut units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"].into_iter();
    let mut unit = units.next().unwrap_or_default();
    if bytes < 1024 {
        return format!("{bytes} {unit}");
    }
    while value >= 1023.5 {
        let Some(next) = units.next() else { break };
        (value, unit) = (value / 1024.0, next);
    }
    match value {
        ..9.995 => format!("{value:.2} {unit}"),
        ..99.95 => format!("{value:.1} {unit}"),
        _ => format!("{value:.0} {unit}"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn prediction() -> Prediction {
        let mib = 1 << 20;
        let bytes = [
            (Strategy::Rows, 400 * mib),
            (Strategy::Stream, mib),
            (Strategy::Columnar, 60 * mib),
            (Strategy::Compact, 30 * mib),
            (Strategy::Mapped, 61 * mib),
        ];
        Prediction {
            file_bytes: 50 * mib,
            sampled_bytes: mib / 2,
            windows: 25,
            records: 1_000_000,
            records_error: 0.001,
            threads: 2,
            columns: Vec::new(),
            bytes: BTreeMap::from(bytes),
            mapped_heap_bytes: 4096,
            load_bytes: 3 * mib,
        }
    }

    #[test]
    fn the_limit_decides() {
        let recommended = |mib: u64| prediction().recommend(mib << 20).reason;
        assert_eq!(
            recommended(100),
            "columnar: 60.0 MiB held, 79.0 MiB in all of the 100 MiB that are allowed, and the fastest to ask again"
        );
        assert_eq!(
            recommended(64),
            "compact: 30.0 MiB held, 46.0 MiB in all of the 64.0 MiB that are allowed, and the fastest to ask again; \
             columnar would need 79.0 MiB"
        );
        assert_eq!(
            recommended(32),
            "stream: 10.0 MiB in all of the 32.0 MiB that are allowed, whatever the file's size; compact would need \
             46.0 MiB, and mapped a file of 61.0 MiB, which pays from the second query on"
        );
        assert!(
            recommended(4)
                .starts_with("stream: even that takes 10.0 MiB where the limit is 4.00 MiB, whatever")
        );
        assert_eq!(prediction().recommend(1).strategy, Strategy::Stream);
    }
}
