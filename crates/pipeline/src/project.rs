//! SELECT: one column for each expression.

use std::sync::Arc;

use plimsoll_core::{Expr, Field, Result, Schema, Typed};
use plimsoll_kernels::{Block, evaluate};

use crate::plumbing::{Bound, settle};

/// Gives, for each row of `base`, the values of named expressions.
#[derive(Debug)]
#[must_use = "pipelines are lazy: nothing happens before the first pull"]
pub struct Project<I> {
    base: I,
    outputs: Vec<(String, Expr)>,
    bound: Bound<(Arc<Schema>, Vec<Typed>)>,
    ended: bool,
}

impl<I> Project<I> {
    /// Over `base`, with names and resolved expressions.
    pub fn new(base: I, outputs: Vec<(String, Expr)>) -> Self {
        Project { base, outputs, bound: Bound::new(), ended: false }
    }
}

impl<I: Iterator<Item = Result<Block>>> Iterator for Project<I> {
    type Item = Result<Block>;

    fn next(&mut self) -> Option<Result<Block>> {
        settle(self, |adapter| &mut adapter.ended, Self::pull)
    }
}

impl<I: Iterator<Item = Result<Block>>> Project<I> {
    fn pull(&mut self) -> Result<Option<Block>> {
        let Some(block) = self.base.next().transpose()? else { return Ok(None) };
        self.apply(&block).map(Some)
    }
}

impl<I> Project<I> {
    /// The values of the expressions for the rows of `block`.
    ///
    /// # Errors
    /// Those of binding and evaluating the expressions.
    pub fn apply(&mut self, block: &Block) -> Result<Block> {
        let outputs = &self.outputs;
        let (schema, expressions) = self.bound.for_schema(&block.schema, |types| {
            let bind = |(_, expr): &(String, Expr)| plimsoll_core::typed::bind(expr, types);
            let expressions: Vec<Typed> = outputs.iter().map(bind).collect::<Result<_>>()?;
            let types = expressions.iter().map(|typed| typed.data_type);
            let fields = outputs.iter().zip(types).map(|((name, _), data_type)| Field::new(name, data_type));
            Ok((Arc::new(Schema::new(fields.collect())), expressions))
        })?;
        let columns = expressions.iter().map(|typed| evaluate(typed, block)).collect::<Result<_>>()?;
        let schema = Arc::clone(schema);
        Ok(Block { position: block.position, schema, columns, rows: block.rows })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{block, integers, integers_of, mantissas_of, tenths};
    use plimsoll_core::{ArithmeticOp, DataType, Value};

    #[test]
    fn the_schema_follows_the_input() {
        let base = [
            Ok(block(5, &[DataType::Int64], vec![integers(&[Some(1), Some(2)])])),
            Ok(block(7, &[DataType::decimal(1)], vec![tenths(&[25])])),
        ];
        let one = Box::new(Expr::Literal(Value::Int64(1)));
        let sum = Expr::Arithmetic(ArithmeticOp::Add, Box::new(Expr::Field(0)), one);
        let given: Vec<Block> =
            Project::new(base.into_iter(), vec![("x".into(), sum)]).collect::<Result<_>>().unwrap();
        assert_eq!(given[0].schema.fields, [Field::new("x", DataType::Int64)]);
        assert_eq!(integers_of(&given[..1], 0), [2, 3]);
        assert_eq!(given[1].schema.fields, [Field::new("x", DataType::decimal(1))]);
        assert_eq!(mantissas_of(&given[1..], 0), [Some(35)]);
        assert_eq!(given[1].position, 7);
    }
}
