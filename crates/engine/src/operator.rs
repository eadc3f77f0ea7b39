//! The operators of a query by name: for whom memory is reserved, and for whom it is allocated.

use plimsoll_memory::{Budget, Consumer, Tag};

/// An operator's name, in the budget and in traces of allocations.
#[derive(Debug)]
pub(crate) struct Operator {
    tag: Tag,
}

/// The consumer above all operators.
const QUERY: &str = "query";

pub(crate) static PLAN: Operator = Operator::new("plan");
pub(crate) static LOAD: Operator = Operator::new("load");
pub(crate) static SCAN: Operator = Operator::new("scan");
pub(crate) static PROJECT: Operator = Operator::new("project");
pub(crate) static GROUP: Operator = Operator::new("group");
pub(crate) static HAVING: Operator = Operator::new("having");
pub(crate) static DISTINCT: Operator = Operator::new("distinct");
pub(crate) static SORT: Operator = Operator::new("sort");
pub(crate) static LIMIT: Operator = Operator::new("limit");
pub(crate) static RESULT: Operator = Operator::new("result");

impl Operator {
    const fn new(name: &'static str) -> Self {
        Operator { tag: Tag::new(name) }
    }

    /// Whom its allocations are put down to.
    pub(crate) fn tag(&'static self) -> &'static Tag {
        &self.tag
    }

    /// Who reserves for it.
    pub(crate) fn consumer(&self, budget: &Budget) -> Consumer {
        budget.consumer(QUERY).child(self.tag.name())
    }

    /// Where the budget's list of consumers has it.
    pub(crate) fn path(&self) -> String {
        format!("{QUERY} / {}", self.tag.name())
    }
}
