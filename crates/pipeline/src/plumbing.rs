//! What the adapters share: how they end, how they follow a schema, how they ask for memory.

use std::sync::Arc;

use plimsoll_core::{DataType, Error, ErrorKind, Result, Schema};
use plimsoll_kernels::Block;
use plimsoll_memory::{Budget, Reservation};

/// What `next()` gives for what a pull found; after an error or the end, `ended` is set.
pub(crate) fn settle(ended: &mut bool, pulled: Result<Option<Block>>) -> Option<Result<Block>> {
    *ended = !matches!(pulled, Ok(Some(_)));
    pulled.transpose()
}

/// Something made from a schema, and made anew when the schema changes.
#[derive(Debug)]
pub(crate) struct Bound<T> {
    current: Option<(Arc<Schema>, T)>,
}

impl<T> Bound<T> {
    pub(crate) fn new() -> Self {
        Bound { current: None }
    }

    /// The thing for `schema`; `bind` makes it where the schema is not the last one.
    pub(crate) fn for_schema(
        &mut self,
        schema: &Arc<Schema>,
        bind: impl FnOnce(&[DataType]) -> Result<T>,
    ) -> Result<&T> {
        let bound = match self.current.take() {
            Some((last, bound)) if same(&last, schema) => bound,
            _ => bind(&schema.types())?,
        };
        Ok(&self.current.insert((Arc::clone(schema), bound)).1)
    }
}

/// Whether two schemas are equal; almost always they are the very same.
pub(crate) fn same(left: &Arc<Schema>, right: &Arc<Schema>) -> bool {
    Arc::ptr_eq(left, right) || left == right
}

/// The memory of one operator, under a budget or not.
#[derive(Debug)]
pub(crate) struct Memory {
    reservation: Option<Reservation>,
}

impl Memory {
    pub(crate) fn new(budget: Option<&Budget>, name: &str) -> Self {
        Memory { reservation: budget.map(|budget| budget.reservation(name)) }
    }

    /// Says that `bytes` are held now.
    pub(crate) fn hold(&mut self, bytes: usize) -> Result<()> {
        let Some(reservation) = &mut self.reservation else { return Ok(()) };
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        reservation.try_resize(bytes).map_err(|exceeded| {
            let hint = "raise the memory limit, or keep fewer rows or groups".to_owned();
            Error::from(ErrorKind::MemoryLimit { message: exceeded.to_string(), hint })
        })
    }
}
