//! What the adapters share: how they end, how they follow a schema, how they ask for memory.

use std::sync::Arc;

use arrow::array::{Array, ArrayData, ArrayRef, AsArray};
use arrow::datatypes::DataType as ArrowType;
use plimsoll_core::{DataType, Error, ErrorKind, Result, Schema};
use plimsoll_kernels::Block;
use plimsoll_kernels::arrays::text_bytes;
use plimsoll_memory::{Consumer, LimitExceeded, Reservation};

/// The `next()` of an adapter: what `pull` finds; nothing more after an error, the end or a panic, which `ended` notes.
pub(crate) fn settle<A>(
    adapter: &mut A,
    ended: fn(&mut A) -> &mut bool,
    pull: fn(&mut A) -> Result<Option<Block>>,
) -> Option<Result<Block>> {
    // It has ended unless the pull comes back with a block.
    if std::mem::replace(ended(adapter), true) {
        return None;
    }
    let pulled = pull(adapter);
    *ended(adapter) = !matches!(pulled, Ok(Some(_)));
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
    ) -> Result<&mut T> {
        let bound = match self.current.take() {
            Some((last, bound)) if same(&last, schema) => bound,
            _ => bind(&schema.types())?,
        };
        Ok(&mut self.current.insert((Arc::clone(schema), bound)).1)
    }
}

/// Whether two schemas are equal; almost always they are the very same.
pub(crate) fn same(left: &Arc<Schema>, right: &Arc<Schema>) -> bool {
    Arc::ptr_eq(left, right) || left == right
}

/// Bytes that the readers of runs that are merged at once have at most.
pub(crate) const READERS: usize = 4 << 20;
/// Bytes of a block of rows that are in memory, unless one row alone has more.
const BLOCK_BYTES: usize = 1 << 20;
/// The least rows of such a block, unless they have more bytes.
const LEAST_ROWS: usize = 16;

/// How many rows a block should have of about `rows` rows that take `bytes` bytes, where there is room for `room` bytes.
pub(crate) fn block_rows(bytes: usize, rows: usize, room: u64) -> usize {
    let most = usize::try_from(room).unwrap_or(usize::MAX).min(BLOCK_BYTES);
    let row = (bytes / rows.max(1)).max(1);
    (most / row).clamp((BLOCK_BYTES / row).clamp(1, LEAST_ROWS), Block::ROWS)
}

/// Bytes of a copy of a column, whose views would see the same texts.
pub(crate) fn column_bytes(column: &ArrayRef) -> usize {
    let width = |data_type: &ArrowType| match data_type {
        ArrowType::Utf8View => size_of::<u128>(),
        other => other.primitive_width().unwrap_or(1),
    };
    match (column.data_type(), column.as_string_opt::<i32>()) {
        (_, Some(texts)) => size_of_val(texts.value_offsets()) + text_bytes(texts),
        (ArrowType::Dictionary(key, _), _) => width(key) * column.len(),
        (other, _) => width(other) * column.len(),
    }
}

/// Bytes of copies of a block's keys and arguments.
pub(crate) fn columns_bytes(keys: &[ArrayRef], arguments: &[Vec<ArrayRef>]) -> usize {
    keys.iter().chain(arguments.iter().flatten()).map(column_bytes).sum()
}

/// The memory of one operator or one of its threads, under a budget or not.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    reservation: Option<Reservation>,
}

impl Memory {
    /// Nothing yet, on the account of `consumer`.
    pub(crate) fn new(consumer: Option<&Consumer>) -> Self {
        Memory { reservation: consumer.map(Consumer::reservation) }
    }

    /// So many bytes if there is room for them, else nothing: for what must be there even where all is in use.
    pub(crate) fn if_room(consumer: Option<&Consumer>, bytes: usize) -> Self {
        let mut memory = Memory::new(consumer);
        let _ = memory.hold(bytes);
        memory
    }

    /// Bytes that can still be reserved; without a budget there is no end to them.
    pub(crate) fn available(consumer: Option<&Consumer>) -> u64 {
        consumer.map_or(u64::MAX, Consumer::available)
    }

    /// Bytes that are held; none are counted without a budget.
    pub(crate) fn held(&self) -> u64 {
        self.reservation.as_ref().map_or(0, Reservation::size)
    }

    /// Bytes that can still be reserved beside what is held.
    pub(crate) fn room(&self) -> u64 {
        Memory::available(self.reservation.as_ref().map(Reservation::consumer))
    }

    /// Says that `bytes` are held now.
    pub(crate) fn hold(&mut self, bytes: usize) -> Result<()> {
        let Some(reservation) = &mut self.reservation else { return Ok(()) };
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        reservation.try_resize(bytes).map_err(exceeded)
    }

    /// Holds `beside` bytes and the readers, each of `bytes` bytes, of as many runs as can be had, at most `most` but two
    /// at the least. Gives how many.
    pub(crate) fn hold_readers(&mut self, beside: usize, bytes: usize, most: usize) -> Result<usize> {
        let mut readers = most.max(2);
        loop {
            match self.hold(beside + readers * bytes) {
                Ok(()) => return Ok(readers),
                Err(_) if readers > 2 => readers = (readers / 2).max(2),
                Err(error) => return Err(error),
            }
        }
    }

    /// Gives what is held away; nothing is held any more.
    pub(crate) fn take(&mut self) -> Memory {
        Memory { reservation: self.reservation.as_mut().map(Reservation::take) }
    }

    /// Puts what is held on the account of another consumer: who holds it pays.
    pub(crate) fn move_to(&mut self, consumer: Option<&Consumer>) -> Result<()> {
        match (&mut self.reservation, consumer) {
            (Some(reservation), Some(consumer)) => reservation.move_to(consumer).map_err(exceeded),
            _ => Ok(()),
        }
    }
}

/// The consumer of the worker of this number, from 1, of an operator.
pub(crate) fn thread(operator: &Consumer, number: usize) -> Consumer {
    operator.child(&format!("thread {number}"))
}

/// Puts columns that an operator goes on holding down to it, where allocations are traced: whoever holds them pays. Only the
/// headers of buffers, of 56 bytes each, cannot be found.
pub(crate) fn adopt(columns: &[ArrayRef]) {
    if plimsoll_memory::is_traced() {
        for column in columns {
            // An `Arc` has two counts before what it leads to; were it otherwise, nothing would happen.
            let counts = 2 * size_of::<usize>();
            plimsoll_memory::adopt(Arc::as_ptr(column).addr() - counts, size_of_val(&**column) + counts);
            adopt_data(&column.to_data());
        }
    }
}

fn adopt_data(data: &ArrayData) {
    let nulls = data.nulls().map(|nulls| nulls.buffer());
    for buffer in data.buffers().iter().chain(nulls) {
        plimsoll_memory::adopt(buffer.data_ptr().addr().get(), buffer.capacity());
    }
    data.child_data().iter().for_each(adopt_data);
}

fn exceeded(exceeded: LimitExceeded) -> Error {
    let hint = "raise the memory limit, or keep fewer rows or groups".to_owned();
    ErrorKind::MemoryLimit { message: exceeded.to_string(), hint }.into()
}
