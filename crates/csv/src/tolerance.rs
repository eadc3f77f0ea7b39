//! What becomes of records and cells that break the rules. It says what to do, and does nothing.

use plimsoll_core::{CsvOptions, OnError, Quotes, Ragged};

/// Which faults a scan passes over, and how. The default is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tolerance {
    /// For records with too few or too many fields; where it is [`Ragged::Fail`], `on_error` decides.
    pub ragged: Ragged,
    /// For quotes where RFC 4180 does not allow them; where it is [`Quotes::Strict`], `on_error` decides.
    pub quotes: Quotes,
    /// For other faults.
    pub on_error: OnError,
    /// The most faults that are passed over before the scan fails.
    pub max_errors: Option<u64>,
}

impl Tolerance {
    /// As the options say.
    pub fn new(options: &CsvOptions) -> Self {
        let CsvOptions { ragged, quotes, on_error, max_errors, .. } = *options;
        Tolerance { ragged, quotes, on_error, max_errors }
    }

    /// Whether a quote that breaks the rules must not take records behind it with it.
    pub(crate) fn resynchronises(&self) -> bool {
        self.quotes == Quotes::Lenient || self.on_error != OnError::Fail
    }
}
