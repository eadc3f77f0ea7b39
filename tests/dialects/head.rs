//! One labelled head of a file. Reads nothing.

/// A small file as some program writes it, and the settings that read it.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    /// The program, and the table.
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) label: Label,
}

/// The settings that read a file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Label {
    /// As written; `None` for any run of blanks.
    pub(crate) delimiter: Option<&'static str>,
    /// `None` where the bytes have no quotes, so that any quote reads them the same.
    pub(crate) quote: Option<char>,
    /// `None` where quotes are doubled or there is none.
    pub(crate) escape: Option<char>,
    pub(crate) header: bool,
    /// Physical lines above the header (or the first record), comments not counted; empty ones may be.
    pub(crate) skip: u64,
    /// What comments begin with, where there are any.
    pub(crate) comment: Option<&'static str>,
    pub(crate) columns: usize,
}

impl Label {
    /// Commas, nothing quoted, a header.
    pub(crate) fn new(columns: usize) -> Self {
        Label {
            delimiter: Some(","),
            quote: None,
            escape: None,
            header: true,
            skip: 0,
            comment: None,
            columns,
        }
    }
}
