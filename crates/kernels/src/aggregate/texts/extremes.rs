//! `min(x)` and `max(x)` of text, compared by bytes.

use std::cmp::Ordering;

use plimsoll_core::{AggregateFunction, TypedAggregate};

use super::Rule;

/// The least or the greatest text of each group.
pub(in crate::aggregate) struct Extremes {
    /// How a text compares with those that it beats.
    wanted: Ordering,
}

impl Extremes {
    pub(in crate::aggregate) fn new(aggregate: &TypedAggregate) -> Self {
        let wanted = match aggregate.function {
            AggregateFunction::Max => Ordering::Greater,
            _ => Ordering::Less,
        };
        Extremes { wanted }
    }
}

impl Rule for Extremes {
    type Rank = ();

    #[inline]
    fn rank(&self, _: u64) {}

    #[inline]
    fn beats<'a>(
        &self,
        (): (),
        text: Option<&[u8]>,
        (): (),
        kept: impl FnOnce() -> Option<&'a [u8]>,
    ) -> bool {
        text.is_some_and(|text| kept().is_none_or(|kept| text.cmp(kept) == self.wanted))
    }
}
