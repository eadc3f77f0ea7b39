//! A pass over some columns of a store, shared by its workers: blocks in file order, each to one of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::DataType as ArrowType;
use plimsoll_core::{DataType, Error, Result, Schema};
use plimsoll_kernels::arrays::is_narrow;
use plimsoll_kernels::{Block, Source};
use plimsoll_memory::Consumer;
use plimsoll_pipeline::Ticketed;

use crate::Store;
use crate::decode::{decode, decoded_bytes};
use crate::hold::Hold;

/// One pass over columns of a store. Position and ticket of a block follow the order of the rows, which is that of the
/// CSV file; a position is the number of a row.
#[derive(Debug)]
pub struct StoreScan {
    store: Arc<Store>,
    /// Columns of the store, in the order that they are given in.
    columns: Vec<usize>,
    schema: Arc<Schema>,
    /// The ticket of each chunk's first block, and behind them the number of tickets.
    tickets: Vec<u64>,
    /// The next ticket to take.
    next: AtomicU64,
    /// The first ticket that failed: those behind it are not wanted any more.
    failed: AtomicU64,
    consumer: Option<Consumer>,
    /// Whether columns may come as the store holds them.
    encoded: bool,
}

impl StoreScan {
    /// A pass over `columns` of the store, in this order; a column may come twice.
    ///
    /// # Errors
    /// `Plan` for a column that the store does not have.
    pub fn new(store: Arc<Store>, columns: Vec<usize>) -> Result<Self> {
        let fields = columns.iter().map(|column| {
            let field = store.schema().fields.get(*column).cloned();
            field.ok_or_else(|| Error::plan(format!("the store has no column of number {column}"), ""))
        });
        let schema = Arc::new(Schema::new(fields.collect::<Result<_>>()?));
        let mut tickets = vec![0];
        for chunk in 0..store.chunks() {
            let blocks = store.chunk_rows(chunk).div_ceil(Block::ROWS) as u64;
            tickets.push(tickets.last().map_or(0, |first| first + blocks));
        }
        let (next, failed) = (AtomicU64::new(0), AtomicU64::new(u64::MAX));
        let (consumer, encoded) = (None, false);
        Ok(StoreScan { store, columns, schema, tickets, next, failed, consumer, encoded })
    }

    /// Reserves what the workers' converted columns take from `consumer`: that of a block for each worker.
    #[must_use]
    pub fn with_consumer(mut self, consumer: Consumer) -> Self {
        self.consumer = Some(consumer);
        self
    }

    /// Gives texts that the store holds by a dictionary, and narrow integers, as they are; see [`plimsoll_kernels::arrays`].
    #[must_use]
    pub fn with_encoded(mut self, encoded: bool) -> Self {
        self.encoded = encoded;
        self
    }

    /// One worker's end with tickets: for [`Ordered`](plimsoll_pipeline::Ordered) and
    /// [`Group`](plimsoll_pipeline::Group).
    pub fn ticketed(self: Arc<Self>) -> StoreWorker {
        let hold = self.consumer.as_ref().map(Hold::new);
        StoreWorker { scan: self, begun: None, hold, ended: false }
    }

    /// Names and types of the blocks' columns, the same in every block.
    #[must_use]
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// Number of blocks: more workers than that have nothing to do.
    #[must_use]
    pub fn blocks(&self) -> u64 {
        self.tickets.last().copied().unwrap_or(0)
    }

    /// A ticket for whoever asks, as long as there are any.
    fn take_ticket(&self) -> Option<u64> {
        let last = self.blocks().min(self.failed.load(Ordering::Relaxed));
        // Checked first, so that asking again and again does not count up for ever.
        if self.next.load(Ordering::Relaxed) >= last {
            return None;
        }
        Some(self.next.fetch_add(1, Ordering::Relaxed)).filter(|ticket| *ticket < last)
    }

    /// The block of a ticket.
    fn block(&self, ticket: u64, hold: Option<&mut Hold>) -> Result<Block> {
        let chunk = self.tickets.partition_point(|first| *first <= ticket) - 1;
        let before = usize::try_from(ticket - self.tickets[chunk]).unwrap_or(usize::MAX) * Block::ROWS;
        let rows = Block::ROWS.min(self.store.chunk_rows(chunk) - before);
        let columns = self.columns.iter().map(|column| self.store.column(*column));
        let mut slices = Vec::with_capacity(self.columns.len());
        for column in columns {
            slices.push((column.chunk(chunk)?.slice(before, rows), column.field.data_type));
        }
        let kept = |slice: &ArrayRef, logical: DataType| {
            self.encoded && (is_dictionary(slice) || is_narrow(slice, logical))
        };
        if let Some(hold) = hold {
            let decoded = slices.iter().filter(|(slice, logical)| !kept(slice, *logical));
            hold.resize(decoded.map(|(slice, logical)| decoded_bytes(slice, *logical)).sum())?;
        }
        let columns = slices.iter().map(|(slice, logical)| match kept(slice, *logical) {
            true => Ok(Arc::clone(slice)),
            false => decode(slice, *logical),
        });
        let columns = columns.collect::<Result<_>>()?;
        let position = self.store.start(chunk) + before as u64;
        Ok(Block { position, schema: Arc::clone(&self.schema), columns, rows })
    }
}

/// Whether the kernels take the array as it is: a dictionary of plain texts.
fn is_dictionary(array: &ArrayRef) -> bool {
    array
        .as_any_dictionary_opt()
        .is_some_and(|dictionary| *dictionary.values().data_type() == ArrowType::Utf8)
}

impl Source for StoreScan {
    fn worker(self: Arc<Self>) -> Box<dyn Iterator<Item = Result<Block>> + Send> {
        let items = self.ticketed();
        Box::new(items.filter_map(|item| item.map(|item| item.block).transpose()))
    }
}

/// One worker's end of a [`StoreScan`]. Each ticket is one block, and begins with an item without one, so that an error
/// that follows is known to belong to it.
#[derive(Debug)]
#[must_use = "pipelines are lazy: nothing happens before the first pull"]
pub struct StoreWorker {
    scan: Arc<StoreScan>,
    /// The ticket that was begun.
    begun: Option<u64>,
    hold: Option<Hold>,
    ended: bool,
}

impl Iterator for StoreWorker {
    type Item = Result<Ticketed>;

    fn next(&mut self) -> Option<Result<Ticketed>> {
        if self.ended {
            return None;
        }
        let Some(ticket) = self.begun.take() else {
            self.begun = self.scan.take_ticket();
            self.ended = self.begun.is_none();
            if self.ended {
                self.hold = None;
            }
            return self.begun.map(|ticket| Ok(Ticketed { ticket, last: false, block: None }));
        };
        let block = self.scan.block(ticket, self.hold.as_mut());
        if block.is_err() {
            self.ended = true;
            self.scan.failed.fetch_min(ticket, Ordering::Relaxed);
        }
        Some(block.map(|block| Ticketed { ticket, last: true, block: Some(block) }))
    }
}
