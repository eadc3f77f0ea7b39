//! What goes wrong with budgets: a limit that makes no sense, and one that is reached.

use std::fmt;

use super::{Bytes, Holder};

/// A limit that no budget can have.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BudgetError {
    /// A limit of 0 bytes, under which nothing could ever be reserved.
    #[error("a memory limit of 0 bytes holds nothing")]
    ZeroLimit,
    /// A soft limit that is not a share above 0 and at most 1, or not from 1 byte to the limit.
    #[error("a soft limit lies above 0 and at most at the limit")]
    SoftLimit,
    /// A soft limit as a share of a limit that there is not.
    #[error("a share of the limit needs a limit")]
    ShareOfNothing,
}

/// The limit does not hold what a consumer asked for. All figures are bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{consumer} asked for {}, but {}{}", Bytes(*asked), Reason(self), Top(top))]
pub struct LimitExceeded {
    /// Who asked, with the names above it.
    pub consumer: String,
    /// What was asked for beyond what the asking reservation already held.
    pub asked: u64,
    /// What all consumers together held at that moment.
    pub used: u64,
    /// The limit; `None` where there is none, and the sum would not fit in 64 bits or the growth was refused for a test.
    pub limit: Option<u64>,
    /// The number of this growth, where the budget was told to refuse it ([`Budget::refusing`](super::Budget::refusing)).
    pub told: Option<u64>,
    /// The largest consumers, at most five, the largest first; read a moment later than `used`. Threads count with
    /// their operator: consumers below the second level count with the one there.
    pub top: Vec<Holder>,
}

/// Why it was refused, in words.
struct Reason<'a>(&'a LimitExceeded);

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LimitExceeded { used, limit, told, .. } = self.0;
        let used = Bytes(*used);
        match (told, limit) {
            (Some(growth), _) => {
                write!(f, "the budget was told to refuse growth number {growth}; {used} are in use")
            }
            (None, Some(limit)) => write!(f, "{used} of the memory limit of {} are in use", Bytes(*limit)),
            (None, None) => write!(f, "{used} are in use, and no number holds the sum"),
        }
    }
}

/// The largest consumers in words.
struct Top<'a>(&'a [Holder]);

impl fmt::Display for Top<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Holder { path, used, peak }) in self.0.iter().enumerate() {
            let comma = if index == 0 { ": " } else { ", " };
            write!(f, "{comma}{path} {} (peak {})", Bytes(*used), Bytes(*peak))?;
        }
        Ok(())
    }
}
