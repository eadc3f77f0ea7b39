//! WHERE and HAVING: only the rows for which a condition is true.

use std::sync::Arc;

use arrow::compute::filter;
use plimsoll_core::{DataType, Error, Expr, Result, typed};
use plimsoll_kernels::{Block, Condition};

use crate::plumbing::{Bound, settle};

/// Gives the rows of `base` that `condition` selects; blocks without such a row are passed over.
#[derive(Debug)]
#[must_use = "pipelines are lazy: nothing happens before the first pull"]
pub struct Filter<I> {
    base: I,
    condition: Expr,
    bound: Bound<Condition>,
    ended: bool,
}

impl<I> Filter<I> {
    /// Over `base`, with a resolved condition.
    pub fn new(base: I, condition: Expr) -> Self {
        Filter { base, condition, bound: Bound::new(), ended: false }
    }
}

impl<I: Iterator<Item = Result<Block>>> Iterator for Filter<I> {
    type Item = Result<Block>;

    fn next(&mut self) -> Option<Result<Block>> {
        settle(self, |adapter| &mut adapter.ended, Self::pull)
    }
}

impl<I: Iterator<Item = Result<Block>>> Filter<I> {
    fn pull(&mut self) -> Result<Option<Block>> {
        while let Some(block) = self.base.next().transpose()? {
            let kept = self.apply(&block)?;
            if kept.rows > 0 {
                return Ok(Some(kept));
            }
        }
        Ok(None)
    }
}

impl<I> Filter<I> {
    /// The rows of `block` that the condition selects.
    ///
    /// # Errors
    /// Those of binding and evaluating the condition.
    pub fn apply(&mut self, block: &Block) -> Result<Block> {
        let condition = &self.condition;
        let condition = self.bound.for_schema(&block.schema, |types| bind_condition(condition, types))?;
        let selected = condition.select(block)?;
        let rows = selected.true_count();
        if rows == block.rows {
            return Ok(block.clone());
        }
        let columns = block.columns.iter().map(|column| filter(column, &selected));
        let columns = columns.collect::<std::result::Result<_, _>>();
        let columns = columns.map_err(|error| Error::value(error.to_string()))?;
        Ok(Block { position: block.position, schema: Arc::clone(&block.schema), columns, rows })
    }
}

pub(crate) fn bind_condition(condition: &Expr, types: &[DataType]) -> Result<Condition> {
    Ok(Condition::new(typed::bind_condition(condition, types, "a filter")?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{block, blocks, integers, integers_of, schema, tenths};
    use plimsoll_core::{CompareOp, ErrorKind, Value};

    fn above(value: i64) -> Expr {
        let literal = Box::new(Expr::Literal(Value::Int64(value)));
        Expr::Compare(CompareOp::Greater, Box::new(Expr::Field(0)), literal)
    }

    #[test]
    fn blocks_without_a_row_are_passed_over() {
        let base = blocks(&[&[1, 9, 2, 8], &[3, 0], &[7]]);
        let given: Vec<Block> = Filter::new(base, above(5)).collect::<Result<_>>().unwrap();
        assert_eq!(integers_of(&given, 0), [9, 8, 7]);
        assert_eq!(
            given.iter().map(|block| (block.position, block.rows)).collect::<Vec<_>>(),
            [(0, 2), (6, 1)]
        );
    }

    #[test]
    fn a_wider_schema_binds_anew() {
        let narrow = block(0, &[DataType::Int64], vec![integers(&[Some(5), None, Some(6)])]);
        let wider = block(3, &[DataType::decimal(1)], vec![tenths(&[50, 51])]);
        let base = [Ok(narrow), Ok(wider)].into_iter();
        let given: Vec<Block> = Filter::new(base, above(5)).collect::<Result<_>>().unwrap();
        assert_eq!(given.iter().map(|block| block.rows).collect::<Vec<_>>(), [1, 1]);
        assert_eq!(given[1].schema, schema(&[DataType::decimal(1)]));
    }

    #[test]
    fn only_conditions_select() {
        let refused = Filter::new(blocks(&[&[1]]), Expr::Field(0)).next();
        assert!(matches!(refused, Some(Err(error)) if matches!(error.kind(), ErrorKind::Type { .. })));
        assert!(Filter::new(blocks(&[&[1]]), Expr::Literal(Value::Null)).next().is_none());
    }
}
