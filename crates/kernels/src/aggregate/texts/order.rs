//! `first(x)`, `last(x)` and `any_value(x)` of text: by the positions of records.

use plimsoll_core::TypedAggregate;

use super::Rule;
use crate::aggregate::order::Ranking;

/// The text of the foremost or hindmost record of each group.
pub(in crate::aggregate) struct Ordered(Ranking);

impl Ordered {
    pub(in crate::aggregate) fn new(aggregate: &TypedAggregate) -> Self {
        Ordered(Ranking::new(aggregate))
    }
}

impl Rule for Ordered {
    type Rank = u64;

    #[inline]
    fn rank(&self, position: u64) -> u64 {
        self.0.rank(position)
    }

    #[inline]
    fn beats<'a>(
        &self,
        rank: u64,
        text: Option<&[u8]>,
        leading: u64,
        _: impl FnOnce() -> Option<&'a [u8]>,
    ) -> bool {
        self.0.leads(rank, leading, text.is_none())
    }
}
