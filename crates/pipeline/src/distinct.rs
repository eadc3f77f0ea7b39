//! SELECT DISTINCT: a group without aggregates, of which the first row stays.

use std::sync::Arc;

use plimsoll_core::resolve::Grouping;
use plimsoll_core::{Expr, Field, Result, Schema};
use plimsoll_kernels::Block;
use plimsoll_kernels::spill::Space;
use plimsoll_memory::Consumer;
use rayon::ThreadPool;

use crate::Group;

/// Reads its bases to their ends, then gives each row that differs from all others once, in the order of the first
/// records. Rows are equal where all columns are, NULL being equal to NULL. Positions count the rows given.
#[derive(Debug)]
#[must_use = "pipelines are lazy: nothing happens before the first pull"]
pub struct Distinct<I> {
    base: Group<I>,
    input: Arc<Schema>,
}

impl<I> Distinct<I> {
    /// Over one base. `input` names the columns.
    pub fn new(base: I, input: Arc<Schema>) -> Self {
        Distinct { base: Group::new(base, all_columns(&input), Arc::clone(&input)).in_order(), input }
    }

    /// Over several bases on the threads of `pool`; see [`Group::parallel`].
    pub fn parallel(bases: Vec<I>, pool: Arc<ThreadPool>, input: Arc<Schema>) -> Self {
        let base = Group::parallel(bases, pool, all_columns(&input), Arc::clone(&input));
        Distinct { base: base.in_order(), input }
    }

    /// Reserves the memory of the rows held for `consumer`; where its budget has not enough, rows go to temporary files,
    /// or, without [`Distinct::with_space`], the error is `MemoryLimit`.
    pub fn with_consumer(self, consumer: Consumer) -> Self {
        Distinct { base: self.base.with_consumer(consumer), ..self }
    }

    /// Where temporary files may lie.
    pub fn with_space(self, space: Space) -> Self {
        Distinct { base: self.base.with_space(space), ..self }
    }
}

impl<I: Iterator<Item = Result<Block>> + Send> Iterator for Distinct<I> {
    type Item = Result<Block>;

    fn next(&mut self) -> Option<Result<Block>> {
        Some(self.base.next()?.map(|block| self.named(block)))
    }
}

impl<I> Distinct<I> {
    /// The block with the input's names instead of SQL texts.
    fn named(&self, block: Block) -> Block {
        let fields = self.input.fields.iter().zip(&block.schema.fields);
        let fields = fields.map(|(input, output)| Field::new(&input.name, output.data_type));
        Block { schema: Arc::new(Schema::new(fields.collect())), ..block }
    }
}

fn all_columns(input: &Schema) -> Grouping {
    Grouping { keys: (0..input.fields.len()).map(Expr::Field).collect(), aggregates: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{block, blocks, integers, integers_of, mantissas_of, pool, schema, tenths};
    use plimsoll_core::{DataType, Schema};
    use plimsoll_memory::Budget;

    #[test]
    fn the_first_of_equal_rows_stays() {
        let input = schema(&[DataType::Int64]);
        let base = blocks(&[&[3, 1, 3], &[], &[2, 1, 0]]);
        let given: Vec<Block> = Distinct::new(base, input).collect::<Result<_>>().unwrap();
        assert_eq!(integers_of(&given, 0), [3, 1, 2, 0]);
    }

    #[test]
    fn workers_and_widening_keep_file_order() {
        let column = Field::new("b c", DataType::Int64);
        let input = Arc::new(Schema::new(vec![column]));
        let narrow = |position, values: &[Option<i64>]| {
            Ok(block(position, &[DataType::Int64], vec![integers(values)]))
        };
        let first = vec![narrow(0, &[Some(7), None]), narrow(20, &[Some(9)])];
        let second = vec![
            narrow(5, &[Some(8), Some(7)]),
            Ok(block(10, &[DataType::decimal(1)], vec![tenths(&[70, 75, 90])])),
            narrow(30, &[Some(80), None]),
        ];
        let bases = vec![first.into_iter(), second.into_iter()];
        let given: Vec<Block> = Distinct::parallel(bases, pool(2), input).collect::<Result<_>>().unwrap();
        assert_eq!(given[0].schema.fields, [Field::new("b c", DataType::decimal(1))]);
        let expected = [Some(70), None, Some(80), Some(75), Some(90), Some(800)];
        assert_eq!(mantissas_of(&given, 0), expected);
    }

    #[test]
    fn no_rows_give_none() {
        assert!(Distinct::new(blocks(&[]), schema(&[DataType::Utf8])).next().is_none());
    }

    #[test]
    fn rows_in_files_keep_file_order() {
        let input = schema(&[DataType::Int64]);
        let directory = tempfile::tempdir().unwrap();
        let base = |rows: u64| {
            (0..rows / 1000).map(|number| {
                let value = |row: u64| Some(((number * 1000 + row) * 7919 % 70_001) as i64);
                let column = integers(&(0..1000).map(value).collect::<Vec<_>>());
                Ok(block(number * 1000, &[DataType::Int64], vec![column]))
            })
        };
        let expected: Vec<Block> =
            Distinct::new(base(120_000), Arc::clone(&input)).collect::<Result<_>>().unwrap();
        let (space, budget) = (Space::new(directory.path(), None), Budget::limited(2_500_000).unwrap());
        let distinct = Distinct::new(base(120_000), input).with_consumer(budget.consumer("distinct"));
        let given: Vec<Block> = distinct.with_space(space.clone()).collect::<Result<_>>().unwrap();
        assert!(space.written() > 0);
        assert_eq!(integers_of(&given, 0), integers_of(&expected, 0));
        assert_eq!(given[0].schema, expected[0].schema);
    }
}
