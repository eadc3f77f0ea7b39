//! Expressions over some rows of a block only, so that what is not needed cannot fail.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, BooleanBufferBuilder, NullArray};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::compute::FilterBuilder;
use plimsoll_core::{Result, Typed, TypedKind};

use super::cost::cost;
use super::operand::Operand;
use super::{kernel_error, operand};
use crate::Block;

/// The most that an expression may cost to be worth a look at rows that do not need it.
const CHEAP: u32 = 16;

/// The values of an expression for the rows that were asked for.
pub(super) struct Part {
    pub(super) values: Operand,
    /// Whether a column has a value for each row asked for, in order, rather than for each row of the block.
    compact: bool,
}

impl Part {
    /// Where the value of `row`, the `rank`-th of those asked for, is in the array.
    pub(super) fn index(&self, row: usize, rank: usize) -> usize {
        self.values.index(if self.compact { rank } else { row })
    }
}

/// The values of `expr` for the `rows` of `block`, of which there is one at least.
pub(super) fn on_rows(expr: &Typed, block: &Block, rows: &BooleanBuffer) -> Result<Part> {
    let count = rows.count_set_bits();
    let whole = match expr.kind {
        TypedKind::Field(_) | TypedKind::Literal(_) => true,
        // Where nothing can fail, a look at some rows too many costs less than to take rows out and put them back.
        _ => count == block.rows || (count * 4 >= block.rows && cost(expr).is_some_and(|cost| cost <= CHEAP)),
    };
    if whole {
        return Ok(Part { values: operand(expr, block)?, compact: false });
    }
    let taken = filter(expr, block, rows, count)?;
    Ok(Part { values: operand(expr, &taken)?, compact: true })
}

/// A Boolean `expr` for the `rows` of `block`; elsewhere any value.
pub(super) fn condition_on(expr: &Typed, block: &Block, rows: &BooleanBuffer) -> Result<BooleanArray> {
    let part = on_rows(expr, block, rows)?;
    let values = part.values.array().as_boolean();
    if !part.values.is_constant() && !part.compact {
        return Ok(values.clone());
    }
    if part.values.is_constant() {
        let value = values.is_valid(0).then(|| values.value(0));
        return Ok(match value {
            None => BooleanArray::new_null(block.rows),
            Some(true) => BooleanArray::new(BooleanBuffer::new_set(block.rows), None),
            Some(false) => BooleanArray::new(BooleanBuffer::new_unset(block.rows), None),
        });
    }
    let scatter = |compact: &BooleanBuffer| {
        let mut bits = BooleanBufferBuilder::new(block.rows);
        bits.append_n(block.rows, false);
        for (rank, row) in rows.set_indices().enumerate() {
            bits.set_bit(row, compact.value(rank));
        }
        bits.finish()
    };
    let nulls = values.nulls().map(|nulls| NullBuffer::new(scatter(nulls.inner())));
    Ok(BooleanArray::new(scatter(values.values()), nulls))
}

/// Where `values` are true.
pub(super) fn true_bits(values: &BooleanArray) -> BooleanBuffer {
    match values.nulls() {
        Some(nulls) => values.values() & nulls.inner(),
        None => values.values().clone(),
    }
}

/// Where `values` are false.
pub(super) fn false_bits(values: &BooleanArray) -> BooleanBuffer {
    match values.nulls() {
        Some(nulls) => &!values.values() & nulls.inner(),
        None => !values.values(),
    }
}

/// `rows` consecutive rows of a block.
pub(super) fn slice(block: &Block, first: usize, rows: usize) -> Block {
    let columns = block.columns.iter().map(|column| column.slice(first, rows)).collect();
    Block { position: block.position + first as u64, schema: Arc::clone(&block.schema), columns, rows }
}

/// The `rows` of a block; the columns that `expr` does not read are left empty.
fn filter(expr: &Typed, block: &Block, rows: &BooleanBuffer, count: usize) -> Result<Block> {
    let mut read = vec![false; block.columns.len()];
    mark_fields(expr, &mut read);
    let mask = BooleanArray::new(rows.clone(), None);
    let mut builder = FilterBuilder::new(&mask);
    if read.iter().filter(|read| **read).count() > 1 {
        builder = builder.optimize();
    }
    let predicate = builder.build();
    let unread: ArrayRef = Arc::new(NullArray::new(count));
    let take = |(column, read): (&ArrayRef, &bool)| match read {
        true => predicate.filter(column).map_err(kernel_error),
        false => Ok(Arc::clone(&unread)),
    };
    let columns = block.columns.iter().zip(&read).map(take).collect::<Result<_>>()?;
    Ok(Block { position: block.position, schema: Arc::clone(&block.schema), columns, rows: count })
}

fn mark_fields(expr: &Typed, read: &mut [bool]) {
    if let TypedKind::Field(index) = expr.kind {
        read[index] = true;
    }
    expr.children().into_iter().for_each(|child| mark_fields(child, read));
}
