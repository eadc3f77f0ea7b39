//! SELECT: one column for each expression.

use std::sync::Arc;

use plimsoll_core::{Expr, Field, Result, Schema, Typed};
use plimsoll_kernels::{Block, EvaluatedSize, evaluate, evaluated_size};
use plimsoll_memory::Consumer;

use crate::blame::{Place, blame};
use crate::evaluation::Evaluation;
use crate::lanes::AHEAD;
use crate::plumbing::{Bound, settle};

/// Blocks of a worker that there are at once: one that it makes, those that wait, one that is taken.
const AT_ONCE: usize = AHEAD + 2;

/// Gives, for each row of `base`, the values of named expressions.
#[derive(Debug)]
#[must_use = "pipelines are lazy: nothing happens before the first pull"]
pub struct Project<I> {
    base: I,
    outputs: Vec<(String, Expr)>,
    bound: Bound<(Arc<Schema>, Vec<Typed>)>,
    evaluation: Option<Evaluation>,
    /// Rows of a block that are still to be evaluated.
    rest: Option<Block>,
    ended: bool,
}

impl<I> Project<I> {
    /// Over `base`, with names and resolved expressions.
    pub fn new(base: I, outputs: Vec<(String, Expr)>) -> Self {
        Project { base, outputs, bound: Bound::new(), evaluation: None, rest: None, ended: false }
    }

    /// Reserves what the expressions give for `consumer`, which so many workers share. Where there is little memory, blocks
    /// are evaluated in pieces; where there is none for a row, the error is `MemoryLimit`.
    pub fn with_consumer(mut self, consumer: &Consumer, workers: usize) -> Self {
        self.evaluation = Some(Evaluation::new(consumer, workers));
        self
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
        let block = match self.rest.take() {
            Some(rest) => rest,
            None => match self.base.next().transpose()? {
                Some(block) => block,
                None => return Ok(None),
            },
        };
        let given = self.apply(&block, &|_, _| None)?;
        let left = block.rows - given.rows;
        self.rest = (left > 0).then(|| block.slice(given.rows, left));
        Ok(Some(given))
    }
}

impl<I> Project<I> {
    /// The values of the expressions for the rows of `block`, or for as many from the front as there is memory for.
    ///
    /// # Errors
    /// Those of binding and evaluating the expressions, with the place of the first row that fails; `MemoryLimit`.
    pub fn apply(&mut self, block: &Block, place: Place<'_>) -> Result<Block> {
        let outputs = &self.outputs;
        let (schema, expressions) = self.bound.for_schema(&block.schema, |types| {
            let bind = |(_, expr): &(String, Expr)| plimsoll_core::typed::bind(expr, types);
            let expressions: Vec<Typed> = outputs.iter().map(bind).collect::<Result<_>>()?;
            let types = expressions.iter().map(|typed| typed.data_type);
            let fields = outputs.iter().zip(types).map(|((name, _), data_type)| Field::new(name, data_type));
            Ok((Arc::new(Schema::new(fields.collect())), expressions))
        })?;
        let columns = |block: Block| {
            let columns = expressions.iter().map(|typed| evaluate(typed, &block)).collect::<Result<_>>();
            columns.map_err(|error| blame(error, &expressions.iter().collect::<Vec<_>>(), &block, place))
        };
        let (rows, columns) = match &mut self.evaluation {
            Some(evaluation) => evaluation.of_some(block, |block| size(expressions, block), columns)?,
            None => (block.rows, columns(block.clone())?),
        };
        Ok(Block { position: block.position, schema: Arc::clone(schema), columns, rows })
    }
}

/// Bytes that the values take while they are made, and as long as blocks wait.
fn size(expressions: &[Typed], block: &Block) -> usize {
    let sizes = expressions.iter().map(|typed| evaluated_size(typed, block));
    let all = sizes.fold(EvaluatedSize::default(), EvaluatedSize::then);
    all.values.saturating_mul(AT_ONCE - 1).saturating_add(all.peak)
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
