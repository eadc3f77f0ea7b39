//! The ways to hold data, by name.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A way to hold a file's data while a query runs over it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// Every record as a vector of boxed values.
    Rows,
    /// Nothing but the current blocks and the states of the groups.
    Stream,
    /// Arrow arrays in their plain types.
    Columnar,
    /// Arrow arrays in the narrowest types that lose nothing.
    Compact,
    /// An Arrow IPC file, memory-mapped and read without copying.
    Mapped,
}

impl Strategy {
    /// All, from the one that holds most to the one that holds nothing but pages of a file, with `stream`, which holds
    /// nothing, second.
    pub const ALL: [Strategy; 5] =
        [Strategy::Rows, Strategy::Stream, Strategy::Columnar, Strategy::Compact, Strategy::Mapped];

    /// Its name on the command line and in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Strategy::Rows => "rows",
            Strategy::Stream => "stream",
            Strategy::Columnar => "columnar",
            Strategy::Compact => "compact",
            Strategy::Mapped => "mapped",
        }
    }

    /// What it holds, in a few words.
    #[must_use]
    pub const fn holds(self) -> &'static str {
        match self {
            Strategy::Rows => "every record as a vector of boxed values",
            Strategy::Stream => "the current blocks and the groups",
            Strategy::Columnar => "Arrow arrays in plain types",
            Strategy::Compact => "Arrow arrays in the narrowest types that lose nothing",
            Strategy::Mapped => "an Arrow IPC file, memory-mapped",
        }
    }

    /// Whether the loaded data stays in memory that only this process can give back.
    #[must_use]
    pub const fn holds_memory(self) -> bool {
        matches!(self, Strategy::Rows | Strategy::Columnar | Strategy::Compact)
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that no strategy has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no strategy is called {name}; there are rows, stream, columnar, compact and mapped")]
pub struct UnknownStrategy {
    /// What was written.
    pub name: String,
}

impl FromStr for Strategy {
    type Err = UnknownStrategy;

    fn from_str(name: &str) -> Result<Self, UnknownStrategy> {
        let known = Strategy::ALL.into_iter().find(|strategy| strategy.name() == name);
        known.ok_or_else(|| UnknownStrategy { name: name.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_again() {
        for strategy in Strategy::ALL {
            assert_eq!(strategy.to_string().parse(), Ok(strategy));
            assert_eq!(serde_json::to_value(strategy).unwrap(), strategy.name());
        }
        let unknown = "Rows".parse::<Strategy>().unwrap_err();
        assert!(unknown.to_string().starts_with("no strategy is called Rows; there are rows,"));
    }
}
