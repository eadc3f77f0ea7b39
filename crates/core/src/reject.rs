//! Records and cells that a tolerant scan skips or repairs, and their counts. It decides nothing about them.

use crate::Location;

/// What is wrong with a record or a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RejectKind {
    /// A record has fewer fields than the file has columns.
    TooFewFields,
    /// A record has more fields than the file has columns.
    TooManyFields,
    /// Text stands behind a closing quote, or a quote is never closed.
    Quotes,
    /// A cell is not UTF-8.
    NotUtf8,
    /// A cell does not have the type of its column.
    CellType,
    /// A field is longer than [`CsvOptions::max_field`](crate::CsvOptions::max_field).
    FieldTooLong,
}

impl RejectKind {
    /// Every kind, in the order in which counts are shown.
    pub const ALL: [RejectKind; 6] = [
        RejectKind::TooFewFields,
        RejectKind::TooManyFields,
        RejectKind::Quotes,
        RejectKind::NotUtf8,
        RejectKind::CellType,
        RejectKind::FieldTooLong,
    ];

    /// The kind in words.
    pub fn name(self) -> &'static str {
        match self {
            RejectKind::TooFewFields => "too few fields",
            RejectKind::TooManyFields => "too many fields",
            RejectKind::Quotes => "quotes",
            RejectKind::NotUtf8 => "not UTF-8",
            RejectKind::CellType => "cell not of its type",
            RejectKind::FieldTooLong => "field too long",
        }
    }

    /// The kind as programs read it.
    pub fn id(self) -> &'static str {
        match self {
            RejectKind::TooFewFields => "too_few_fields",
            RejectKind::TooManyFields => "too_many_fields",
            RejectKind::Quotes => "quotes",
            RejectKind::NotUtf8 => "not_utf8",
            RejectKind::CellType => "cell_type",
            RejectKind::FieldTooLong => "field_too_long",
        }
    }
}

/// A record that was skipped or repaired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    /// Where it stands: the field that is wrong, or the record.
    pub location: Location,
    /// What is wrong.
    pub kind: RejectKind,
    /// Whether the record was skipped; else it was repaired.
    pub skipped: bool,
    /// What is wrong, as the error would say.
    pub message: String,
    /// The bytes of the record without its terminator; empty where nobody wants them.
    pub raw: Vec<u8>,
}

/// How many records were skipped and repaired, by kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RejectCounts {
    skipped: [u64; RejectKind::ALL.len()],
    repaired: [u64; RejectKind::ALL.len()],
}

impl RejectCounts {
    /// Counts one.
    pub fn count(&mut self, kind: RejectKind, skipped: bool) {
        let counts = if skipped { &mut self.skipped } else { &mut self.repaired };
        counts[kind as usize] += 1;
    }

    /// Adds those of another part of the input.
    pub fn add(&mut self, other: &RejectCounts) {
        let add = |to: &mut [u64], from: &[u64]| to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
        add(&mut self.skipped, &other.skipped);
        add(&mut self.repaired, &other.repaired);
    }

    /// Records of this kind that were skipped.
    pub fn skipped(&self, kind: RejectKind) -> u64 {
        self.skipped[kind as usize]
    }

    /// Repairs of this kind. A record may need several.
    pub fn repaired(&self, kind: RejectKind) -> u64 {
        self.repaired[kind as usize]
    }

    /// Skipped records and repairs of all kinds.
    pub fn total(&self) -> u64 {
        self.skipped.iter().chain(&self.repaired).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_add_up_by_kind() {
        let mut counts = RejectCounts::default();
        for (index, kind) in RejectKind::ALL.into_iter().enumerate() {
            (0..=index).for_each(|_| counts.count(kind, false));
        }
        counts.count(RejectKind::Quotes, true);
        let mut twice = counts;
        twice.add(&counts);
        assert_eq!((counts.total(), twice.total()), (22, 44));
        assert_eq!((twice.repaired(RejectKind::Quotes), twice.skipped(RejectKind::Quotes)), (6, 2));
    }
}
