//! The expressions of a grouping, bound to a schema: what feeds a table. Holds no group.

use std::sync::Arc;

use arrow::array::ArrayRef;
use plimsoll_core::resolve::Grouping;
use plimsoll_core::typed::{bind, bind_aggregate};
use plimsoll_core::{DataType, Error, Result, Schema, Typed, TypedAggregate};
use plimsoll_kernels::group::SpilledGroups;
use plimsoll_kernels::spill::Runs;
use plimsoll_kernels::{
    Block, EvaluatedSize, GroupTable, evaluate_argument, evaluate_key, evaluated_argument_size,
    evaluated_key_size,
};

use crate::blame::{Place, blame};

/// What an expression's array takes beside its values, and those of its rows by partition: three headers and their buffers'.
const ARRAYS: usize = 3 * 256;

/// Keys and aggregates.
pub(crate) struct Plan {
    pub(crate) schema: Arc<Schema>,
    keys: Vec<Typed>,
    pub(crate) aggregates: Vec<TypedAggregate>,
    /// By aggregate: the first that has the same arguments.
    arguments: Vec<usize>,
    /// Whether memory counts for more than time in the tables of partitions.
    dense: bool,
}

impl Plan {
    /// The expressions over columns of this schema. `dense` says that there is little memory for the partitions.
    pub(crate) fn new(grouping: &Grouping, schema: &Arc<Schema>, dense: bool) -> Result<Self> {
        let types = schema.types();
        let keys = grouping.keys.iter().map(|key| bind(key, &types)).collect::<Result<_>>()?;
        let aggregates = grouping.aggregates.iter();
        let aggregates = aggregates.map(|(function, arguments)| bind_aggregate(*function, arguments, &types));
        let aggregates: Vec<TypedAggregate> = aggregates.collect::<Result<_>>()?;
        let same = |number: usize| {
            let first = (0..number).find(|first| {
                grouping.aggregates[*first].1 == grouping.aggregates[number].1
                    && aggregates[*first].arguments == aggregates[number].arguments
            });
            first.unwrap_or(number)
        };
        let arguments = (0..aggregates.len()).map(same).collect();
        Ok(Plan { schema: Arc::clone(schema), keys, aggregates, arguments, dense })
    }

    pub(crate) fn key_types(&self) -> Vec<DataType> {
        self.keys.iter().map(|key| key.data_type).collect()
    }

    /// The types of keys and aggregates.
    pub(crate) fn types(&self) -> Vec<DataType> {
        let aggregates = self.aggregates.iter().map(|aggregate| aggregate.data_type);
        self.key_types().into_iter().chain(aggregates).collect()
    }

    /// A table of these types, without groups.
    pub(crate) fn table(&self) -> GroupTable {
        GroupTable::with_shared_arguments(&self.key_types(), &self.aggregates, &self.arguments)
    }

    /// The expressions over columns of a wider schema.
    pub(crate) fn wider(&self, grouping: &Grouping, schema: &Arc<Schema>) -> Result<Self> {
        Plan::new(grouping, schema, self.dense)
    }

    /// Whether the tables of partitions are dense.
    pub(crate) fn dense(&self) -> bool {
        self.dense
    }

    /// A table of these types for one partition, without groups.
    pub(crate) fn part_table(&self) -> GroupTable {
        match self.dense {
            true => self.table().dense(),
            false => self.table(),
        }
    }

    /// Such tables for so many partitions.
    pub(crate) fn part_tables(&self, count: usize) -> Vec<GroupTable> {
        (0..count).map(|_| self.part_table()).collect()
    }

    /// The groups that tables of these types have spilled to `runs`, of which at most `fan_in` are read at once.
    pub(crate) fn spilled(&self, runs: Runs, fan_in: usize) -> Result<SpilledGroups> {
        SpilledGroups::new(runs, &self.key_types(), &self.aggregates, &self.arguments, fan_in)
    }

    /// Bytes that [`Plan::evaluate`] takes at once for a block, and its values once more, in the order of the partitions.
    pub(crate) fn evaluated_size(&self, block: &Block) -> usize {
        let keys = self.keys.iter().map(|key| evaluated_key_size(key, block));
        let firsts = self.aggregates.iter().zip(&self.arguments).enumerate();
        let firsts = firsts.filter(|(number, (_, first))| number == *first).map(|(_, (first, _))| first);
        let arguments = firsts.flat_map(|first| &first.arguments);
        let arguments = arguments.map(|argument| evaluated_argument_size(argument, block));
        let all = keys.chain(arguments).fold(EvaluatedSize::default(), EvaluatedSize::then);
        let columns = self.keys.len() + self.aggregates.len();
        (all.peak.saturating_add(all.values)).saturating_add(columns * ARRAYS)
    }

    /// `error`, with its place where an expression has failed for a row of `block`.
    pub(crate) fn blame(&self, error: Error, block: &Block, place: Place<'_>) -> Error {
        let arguments = self.aggregates.iter().flat_map(|aggregate| &aggregate.arguments);
        blame(error, &self.keys.iter().chain(arguments).collect::<Vec<_>>(), block, place)
    }

    /// The keys of a block of this schema, and the arguments of each aggregate.
    pub(crate) fn evaluate(&self, block: &Block) -> Result<(Vec<ArrayRef>, Vec<Vec<ArrayRef>>)> {
        let keys = self.keys.iter().map(|key| evaluate_key(key, block)).collect::<Result<_>>()?;
        let columns = |all: &[Typed]| {
            all.iter().map(|typed| evaluate_argument(typed, block)).collect::<Result<Vec<_>>>()
        };
        let mut arguments: Vec<Vec<ArrayRef>> = Vec::with_capacity(self.aggregates.len());
        for (number, (aggregate, first)) in self.aggregates.iter().zip(&self.arguments).enumerate() {
            arguments.push(match *first < number {
                true => arguments[*first].clone(),
                false => columns(&aggregate.arguments)?,
            });
        }
        Ok((keys, arguments))
    }
}
