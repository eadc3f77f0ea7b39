//! The least schema that takes all blocks seen so far, and blocks brought to it.
//!
//! Where blocks of several workers meet, a narrower schema can follow a wider one: each worker learns of a widening at
//! its own time.

use std::sync::Arc;

use plimsoll_core::{DataType, Error, Field, Result, Schema};
use plimsoll_kernels::Block;
use plimsoll_kernels::group::widen;

use crate::plumbing::same;

/// The join of all schemas seen.
#[derive(Debug, Default)]
pub(crate) struct Widest {
    schema: Option<Arc<Schema>>,
}

impl Widest {
    /// `block` at the widest types seen so far; it has them itself, but for the rare late block of a slow worker.
    pub(crate) fn bring(&mut self, block: Block) -> Result<Block> {
        let schema = match &self.schema {
            Some(schema) => join(schema, &block.schema)?,
            None => Arc::clone(&block.schema),
        };
        self.schema = Some(Arc::clone(&schema));
        bring(block, &schema)
    }
}

/// `block` at the types of `schema`, which are as wide or wider.
pub(crate) fn bring(block: Block, schema: &Arc<Schema>) -> Result<Block> {
    if same(schema, &block.schema) {
        return Ok(block);
    }
    let fields = block.columns.iter().zip(&schema.fields).zip(&block.schema.fields);
    let columns = fields.map(|((column, wanted), found)| match wanted.data_type == found.data_type {
        true => Ok(Arc::clone(column)),
        false => widen(column, wanted.data_type),
    });
    Ok(Block { columns: columns.collect::<Result<_>>()?, schema: Arc::clone(schema), ..block })
}

/// Integers and decimals join to the greater scale, NULL and anything to that.
///
/// # Errors
/// `Plan` where the types of a column do not join: a source that changes a type so must begin anew.
pub(crate) fn join(left: &Arc<Schema>, right: &Arc<Schema>) -> Result<Arc<Schema>> {
    if same(left, right) {
        return Ok(Arc::clone(left));
    }
    if left.fields.len() != right.fields.len() {
        return Err(Error::plan("blocks of one pipeline have different columns", ""));
    }
    let fields = left.fields.iter().zip(&right.fields).map(|(l, r)| {
        let joined = join_types(l.data_type, r.data_type).ok_or_else(|| {
            let message = format!("column {} is {} and {} at once", l.name, l.data_type, r.data_type);
            Error::plan(message, "give its type")
        });
        Ok(Field::new(&l.name, joined?))
    });
    Ok(Arc::new(Schema::new(fields.collect::<Result<_>>()?)))
}

fn join_types(left: DataType, right: DataType) -> Option<DataType> {
    match (left, right) {
        (left, right) if left == right => Some(left),
        (DataType::Null, other) | (other, DataType::Null) => Some(other),
        _ => Some(DataType::decimal(left.exact_scale()?.max(right.exact_scale()?))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use DataType::{Float64, Int64, Null, Utf8};

    #[test]
    fn exact_types_join_and_others_do_not() {
        let two = DataType::decimal(2);
        for (left, right, joined) in [
            (Int64, Int64, Some(Int64)),
            (Int64, two, Some(two)),
            (DataType::decimal(1), two, Some(two)),
            (Null, Utf8, Some(Utf8)),
            (Int64, Float64, None),
            (Utf8, two, None),
        ] {
            assert_eq!((join_types(left, right), join_types(right, left)), (joined, joined));
        }
    }
}
