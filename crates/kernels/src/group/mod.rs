//! The group table: from key values to dense group ids, and the aggregate states by id.

use arrow::array::ArrayRef;
use plimsoll_core::{DataType, Result, TypedAggregate};

/// Groups and their aggregate states. One table belongs to one thread; tables are merged at the end.
pub struct GroupTable {}

impl GroupTable {
    /// A table without groups, but for the single one where there are no keys.
    pub fn new(key_types: &[DataType], aggregates: &[TypedAggregate]) -> Self {
        let _ = (key_types, aggregates);
        unimplemented!()
    }

    /// Takes `rows` rows: `keys[k]` and `arguments[a][i]` are columns of that length; `position` is that of row 0.
    ///
    /// # Errors
    /// Those of the aggregate states.
    pub fn update(
        &mut self,
        keys: &[ArrayRef],
        arguments: &[Vec<ArrayRef>],
        rows: usize,
        position: u64,
    ) -> Result<()> {
        let _ = (keys, arguments, rows, position);
        unimplemented!()
    }

    /// Takes all groups of `other`, which has the same types.
    ///
    /// # Errors
    /// Those of the aggregate states.
    pub fn merge(&mut self, other: GroupTable) -> Result<()> {
        let _ = other;
        unimplemented!()
    }

    /// Goes on with wider types: keys and arguments that were integers or decimals are decimals of greater scales.
    ///
    /// # Errors
    /// `Value` where a value has no room at the new scale.
    pub fn widen(&mut self, key_types: &[DataType], aggregates: &[TypedAggregate]) -> Result<()> {
        let _ = (key_types, aggregates);
        unimplemented!()
    }

    /// How many groups.
    pub fn groups(&self) -> usize {
        0
    }

    /// Heap bytes held, by capacity.
    pub fn size(&self) -> usize {
        0
    }

    /// Keys, then aggregates, one row a group, in the order of each group's first record.
    ///
    /// # Errors
    /// Those of the aggregate states.
    pub fn finish(self) -> Result<Vec<ArrayRef>> {
        unimplemented!()
    }
}
