//! Conditions that select rows: the parts of an AND in the order that decides most for least.

use arrow::array::{Array, AsArray, BooleanArray};
use arrow::buffer::BooleanBuffer;
use arrow::compute::prep_null_mask_filter;
use plimsoll_core::{Result, Typed, TypedKind};

use super::cost::cost;
use super::evaluate;
use super::lazy::{condition_on, true_bits};
use crate::Block;

/// Rows of a part from which on older ones count half.
const MEMORY: u64 = 1 << 16;

/// A condition of WHERE or HAVING. It takes the parts of an AND in the order of what each was seen to rule out, by what
/// it costs; each part looks only at the rows that the parts before it have left. The rows that are selected do not
/// depend on the order, and where a part can fail, the order is the written one.
#[derive(Debug)]
pub struct Condition {
    whole: Typed,
    /// The parts of an AND of which none can fail; empty where one can, or there is no AND.
    parts: Vec<Part>,
}

#[derive(Debug)]
struct Part {
    expr: Typed,
    cost: u32,
    seen: u64,
    passed: u64,
}

impl Part {
    /// Rows ruled out for a unit of cost; before any was seen, as if half were.
    fn worth(&self) -> f64 {
        let ruled_out = (self.seen - self.passed + 1) as f64 / (self.seen + 2) as f64;
        ruled_out / f64::from(self.cost.max(1))
    }
}

impl Condition {
    /// Of a Boolean expression.
    pub fn new(whole: Typed) -> Self {
        let mut parts = Vec::new();
        conjuncts(&whole, &mut parts);
        let costs: Option<Vec<u32>> = parts.iter().map(|part| cost(part)).collect();
        let parts = match costs {
            Some(costs) if costs.len() > 1 => parts
                .into_iter()
                .zip(costs)
                .map(|(expr, cost)| Part { expr: expr.clone(), cost, seen: 0, passed: 0 })
                .collect(),
            _ => Vec::new(),
        };
        Condition { whole, parts }
    }

    /// The Boolean expression.
    pub fn whole(&self) -> &Typed {
        &self.whole
    }

    /// Which rows of `block` it selects: those where it is true, neither false nor NULL. The result has no NULL.
    ///
    /// # Errors
    /// As [`evaluate`].
    pub fn select(&mut self, block: &Block) -> Result<BooleanArray> {
        if self.parts.is_empty() || block.rows == 0 {
            return select(&self.whole, block);
        }
        self.parts.sort_by(|left, right| right.worth().total_cmp(&left.worth()));
        let mut selected = BooleanBuffer::new_set(block.rows);
        let mut rows = block.rows;
        for part in &mut self.parts {
            if rows == 0 {
                break;
            }
            selected = &selected & &true_bits(&condition_on(&part.expr, block, &selected)?);
            if part.seen > MEMORY {
                part.seen /= 2;
                part.passed /= 2;
            }
            part.seen += rows as u64;
            rows = selected.count_set_bits();
            part.passed += rows as u64;
        }
        Ok(BooleanArray::new(selected, None))
    }
}

fn select(condition: &Typed, block: &Block) -> Result<BooleanArray> {
    let values = evaluate(condition, block)?;
    Ok(match values.data_type() {
        arrow::datatypes::DataType::Null => BooleanArray::from(vec![false; block.rows]),
        _ if values.null_count() > 0 => prep_null_mask_filter(values.as_boolean()),
        _ => values.as_boolean().clone(),
    })
}

fn conjuncts<'a>(expr: &'a Typed, parts: &mut Vec<&'a Typed>) {
    match &expr.kind {
        TypedKind::And(left, right) => {
            conjuncts(left, parts);
            conjuncts(right, parts);
        }
        _ => parts.push(expr),
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_core::typed::bind;
    use plimsoll_core::{CompareOp, DataType, Expr, Value};
    use proptest::prelude::*;

    use super::super::testing::*;
    use super::*;

    fn and(parts: Vec<Expr>) -> Expr {
        parts.into_iter().reduce(|left, right| Expr::And(Box::new(left), Box::new(right))).unwrap()
    }

    fn condition(expr: &Expr, block: &Block) -> Condition {
        Condition::new(bind(expr, &block.schema.types()).unwrap())
    }

    fn like(column: usize, pattern: &str) -> Expr {
        Expr::Like {
            expr: Box::new(field(column)),
            pattern: Box::new(Expr::Literal(Value::Utf8(pattern.into()))),
            escape: Some('\\'),
            negated: false,
            case_insensitive: false,
        }
    }

    #[test]
    fn neither_false_nor_null_is_selected() {
        let block = block(vec![booleans(&[Some(true), None, Some(false)])]);
        let selected = |expr: &Expr| {
            let rows = condition(expr, &block).select(&block).unwrap();
            assert_eq!(rows.null_count(), 0);
            rows.values().iter().collect::<Vec<bool>>()
        };
        assert_eq!(selected(&field(0)), [true, false, false]);
        assert_eq!(selected(&null()), [false; 3]);
        assert_eq!(selected(&and(vec![field(0), null()])), [false; 3]);
        assert_eq!(selected(&and(vec![field(0), field(0)])), [true, false, false]);
        assert_eq!(selected(&compare(integer(1), CompareOp::Equal, integer(1))), [true; 3]);
    }

    #[test]
    fn what_rules_out_most_for_least_comes_first() {
        let numbers: Vec<Option<i64>> = (0..1000).map(Some).collect();
        let words: Vec<Option<&str>> = (0..1000).map(|row| Some(["a", "b"][row % 2])).collect();
        let block = block(vec![integers(&numbers), texts(&words)]);
        let most = compare(field(0), CompareOp::Greater, integer(10));
        let few = compare(field(0), CompareOp::Less, integer(20));
        let mut condition = condition(&and(vec![like(1, "%a%"), most, few]), &block);
        let written: Vec<Typed> = condition.parts.iter().map(|part| part.expr.clone()).collect();
        for _ in 0..2 {
            assert_eq!(condition.select(&block).unwrap().true_count(), 4);
        }
        assert_eq!(condition.parts[0].expr, written[2]);
        assert_eq!(condition.parts[0].seen, 989 + 1000);
        let dear = condition.parts.iter().find(|part| part.expr == written[0]).unwrap();
        assert!(dear.seen < 100, "the dearest part looked at {} rows", dear.seen);
    }

    #[test]
    fn parts_that_can_fail_keep_the_written_order() {
        let block = block(vec![texts(&[Some("x"), Some("12"), None])]);
        let number = |lenient| converted(field(0), DataType::Int64, lenient);
        let is_number = Expr::IsNull { expr: Box::new(number(true)), negated: true };
        let guarded = and(vec![is_number, compare(number(false), CompareOp::Greater, integer(9))]);
        let mut guarded = condition(&guarded, &block);
        assert!(guarded.parts.is_empty());
        assert_eq!(guarded.select(&block).unwrap().true_count(), 1);
        let ends_with_escape = and(vec![like(0, "x"), like(0, "y\\")]);
        assert!(condition(&ends_with_escape, &block).parts.is_empty());
        assert_eq!(condition(&and(vec![like(0, "x"), like(0, "y\\%")]), &block).parts.len(), 2);
    }

    proptest! {
        #[test]
        fn the_order_does_not_change_what_is_selected(
            rows in prop::collection::vec((any::<Option<bool>>(), prop::option::of(-9..9i64), prop::option::of("[ab]{0,3}")), 1..300),
            bounds in prop::collection::vec(-9..9i64, 1..4),
        ) {
            let block = block(vec![
                booleans(&rows.iter().map(|row| row.0).collect::<Vec<_>>()),
                integers(&rows.iter().map(|row| row.1).collect::<Vec<_>>()),
                texts(&rows.iter().map(|row| row.2.as_deref()).collect::<Vec<_>>()),
            ]);
            let mut parts = vec![field(0), like(2, "%a%")];
            parts.extend(bounds.iter().map(|bound| compare(field(1), CompareOp::NotEqual, integer(*bound))));
            let expr = and(parts);
            let mut condition = condition(&expr, &block);
            let expected = select(&condition.whole, &block).unwrap();
            for _ in 0..3 {
                prop_assert_eq!(&condition.select(&block).unwrap(), &expected);
            }
        }
    }
}
