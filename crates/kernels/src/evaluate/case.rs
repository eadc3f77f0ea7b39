//! CASE and coalesce: each row takes its value from one of several expressions, which are evaluated only there.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanBufferBuilder, NullArray, new_null_array};
use arrow::buffer::BooleanBuffer;
use arrow::compute::interleave;
use plimsoll_core::{DataType, Result, Typed};

use super::kernel_error;
use super::lazy::{Part, condition_on, on_rows, true_bits};
use super::operand::Operand;
use crate::Block;
use crate::arrays::arrow_type;

/// The first branch whose condition is true.
pub(super) fn case(
    branches: &[(Typed, Typed)],
    otherwise: Option<&Typed>,
    data_type: DataType,
    block: &Block,
) -> Result<Operand> {
    let mut choice = Choice::new(data_type, block.rows);
    for (when, then) in branches {
        if choice.open.count_set_bits() == 0 {
            break;
        }
        let taken = &choice.open & &true_bits(&condition_on(when, block, &choice.open)?);
        choice.open = &choice.open & &!&taken;
        choice.take(then, block, &taken)?;
    }
    if let Some(otherwise) = otherwise {
        let rest = choice.open.clone();
        choice.take(otherwise, block, &rest)?;
    }
    choice.finish()
}

/// The first argument that is not NULL.
pub(super) fn coalesce(arguments: &[Typed], data_type: DataType, block: &Block) -> Result<Operand> {
    let mut choice = Choice::new(data_type, block.rows);
    for argument in arguments {
        let rows = choice.open.clone();
        if rows.count_set_bits() == 0 {
            break;
        }
        let part = on_rows(argument, block, &rows)?;
        let nulls = part.values.array().logical_nulls();
        let mut open = BooleanBufferBuilder::new(block.rows);
        open.append_n(block.rows, false);
        if let Some(nulls) = nulls {
            for (rank, row) in rows.set_indices().enumerate() {
                open.set_bit(row, nulls.is_null(part.index(row, rank)));
            }
        }
        choice.open = open.finish();
        choice.put(&part, &rows);
    }
    choice.finish()
}

/// Where the value of each row is.
struct Choice {
    data_type: DataType,
    /// Rows without a value so far.
    open: BooleanBuffer,
    /// One NULL, then the values of the parts.
    arrays: Vec<ArrayRef>,
    /// For each row the array and the index in it.
    places: Vec<(usize, usize)>,
    /// The part that all rows were taken from, if they were.
    only: Option<Operand>,
}

impl Choice {
    fn new(data_type: DataType, rows: usize) -> Self {
        Choice {
            data_type,
            open: BooleanBuffer::new_set(rows),
            arrays: vec![new_null_array(&arrow_type(data_type), 1)],
            places: vec![(0, 0); rows],
            only: None,
        }
    }

    /// Gives `rows` the values of `expr`.
    fn take(&mut self, expr: &Typed, block: &Block, rows: &BooleanBuffer) -> Result<()> {
        if rows.count_set_bits() > 0 {
            let part = on_rows(expr, block, rows)?;
            self.put(&part, rows);
        }
        Ok(())
    }

    fn put(&mut self, part: &Part, rows: &BooleanBuffer) {
        if rows.count_set_bits() == self.places.len() {
            self.only = Some(part.values.clone());
        }
        let array = self.arrays.len();
        self.arrays.push(part.values.typed_array(self.data_type));
        for (rank, row) in rows.set_indices().enumerate() {
            self.places[row] = (array, part.index(row, rank));
        }
    }

    fn finish(self) -> Result<Operand> {
        if let (Some(only), 2) = (self.only, self.arrays.len()) {
            return Ok(only);
        }
        if self.data_type == DataType::Null {
            return Ok(Operand::column(Arc::new(NullArray::new(self.places.len()))));
        }
        let arrays: Vec<&dyn Array> = self.arrays.iter().map(|array| &**array).collect();
        Ok(Operand::column(interleave(&arrays, &self.places).map_err(kernel_error)?))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use plimsoll_core::{CompareOp, Expr, Function};

    #[test]
    fn each_row_takes_its_first_true_branch() {
        let block = block(vec![
            integers(&[Some(1), Some(2), None, Some(4), Some(0)]),
            narrow(&[Some(10), None, Some(30), Some(40), Some(50)], 1),
        ]);
        let is = |value| compare(field(0), CompareOp::Equal, integer(value));
        let inverse = arithmetic(integer(1), plimsoll_core::ArithmeticOp::Divide, field(0));
        let chosen = Expr::Case {
            branches: vec![(is(1), field(1)), (is(2), decimal(-725, 2)), (is(4), integer(9))],
            otherwise: None,
        };
        assert_eq!(shown(&chosen, &block), ["1.00", "-7.25", "NULL", "9.00", "NULL"]);
        let all = Expr::Case { branches: vec![(is(0), failing())], otherwise: Some(Box::new(field(0))) };
        assert!(refused(&all, &block).contains("no number"));
        let never = Expr::Case { branches: vec![(is(7), failing())], otherwise: Some(Box::new(inverse)) };
        assert_eq!(shown(&never, &block), ["1.0", "0.5", "NULL", "0.25", "NULL"]);
        let nothing = Expr::Case { branches: vec![(is(1), null())], otherwise: Some(Box::new(null())) };
        assert_eq!(shown(&nothing, &block), ["NULL"; 5]);
    }

    #[test]
    fn coalesce_stops_at_the_first_value() {
        let block = block(vec![
            texts(&[Some("a"), None, None, Some("d")]),
            texts(&[Some("w"), Some("x"), None, None]),
        ]);
        let first = |arguments| Expr::Call(Function::Coalesce, arguments);
        assert_eq!(shown(&first(vec![field(0), field(1)]), &block), ["a", "x", "NULL", "d"]);
        assert_eq!(shown(&first(vec![field(0), field(1), text("z")]), &block), ["a", "x", "z", "d"]);
        assert_eq!(shown(&first(vec![integer(1), failing()]), &block), ["1"; 4]);
        assert_eq!(shown(&first(vec![null(), null()]), &block), ["NULL"; 4]);
    }
}
