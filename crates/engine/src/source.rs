//! What a query reads: a CSV file that is scanned while the query runs, or columns that are held.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use plimsoll_columnar::{Store, StoreScan};
use plimsoll_core::{Error, Expr, Location, Profile, RejectCounts, Result, Schema, Table};
use plimsoll_csv::{Choice, CsvFile};
use plimsoll_kernels::Block;
use plimsoll_memory::{Budget, Consumer};
use plimsoll_pipeline::scan::{CsvScan, ScanSpec, SharedSink, TicketedScan, renumber};
use plimsoll_pipeline::{Filter, Place, Tagged, Ticketed};

use crate::applied::Applied;
use crate::operator;

/// One worker's end of a pass: blocks with the tickets that they belong to.
pub(crate) struct Worker {
    base: Base,
    inspect: Inspect,
}

/// What sees each item of a worker.
type Inspect = Box<dyn FnMut(&Result<Ticketed>) + Send>;

/// What a worker pulls from.
enum Base {
    Csv(Box<Tagged<TicketedScan>>),
    Held(Box<dyn Iterator<Item = Result<Ticketed>> + Send>),
}

impl Worker {
    /// Where the row at `position` of the last block stands: its cell in `column` of the block, else its record. Values that
    /// are held stand nowhere.
    pub(crate) fn place(&self, position: u64, column: Option<usize>) -> Option<Location> {
        match &self.base {
            Base::Csv(scan) => scan.base().place(position, column),
            Base::Held(_) => None,
        }
    }
}

impl Iterator for Worker {
    type Item = Result<Ticketed>;

    fn next(&mut self) -> Option<Result<Ticketed>> {
        let item = match &mut self.base {
            Base::Csv(scan) => scan.next(),
            Base::Held(scan) => scan.next(),
        }?;
        (self.inspect)(&item);
        Some(item)
    }
}

/// An input whose columns are known.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// A CSV file, and what is known of its columns before the scan.
    Csv { file: Arc<CsvFile>, profiles: Vec<Profile> },
    /// Columns that are held, in memory or in a mapped file. Their types are final.
    Held { store: Arc<Store>, name: String },
}

impl Source {
    /// Opens the file and looks at its head, for which a CSV file reserves from `budget`. One that begins as Arrow IPC files do is mapped, whatever its name is.
    pub(crate) fn open(table: &Table, budget: &Budget) -> Result<Self> {
        let path = Path::new(&table.path);
        if !begins_as_arrow(path) {
            let file = Arc::new(CsvFile::open_within(
                &table.path,
                &table.options,
                Some(&operator::SCAN.consumer(budget)),
            )?);
            let profiles = file.settled();
            return Ok(Source::Csv { file, profiles });
        }
        if table.options.columns.is_some() || !table.options.types.is_empty() {
            return Err(Error::plan(
                format!("{} is an Arrow file, which has names and types of its own", table.path),
                "leave --columns and --types out",
            ));
        }
        let store = Arc::new(Store::open_mapped(path, &operator::SCAN.consumer(&Budget::unlimited()))?);
        Ok(Source::Held { store, name: table.path.clone() })
    }

    /// As errors and plans call it.
    pub(crate) fn name(&self) -> &str {
        match self {
            Source::Csv { file, .. } => file.name(),
            Source::Held { name, .. } => name,
        }
    }

    /// Names and types of all columns, as far as they are known.
    pub(crate) fn schema(&self) -> Schema {
        match self {
            Source::Csv { file, profiles } => {
                let mut schema = file.schema();
                for (index, field) in schema.fields.iter_mut().enumerate() {
                    field.data_type = file.column_type(index, profiles).data_type;
                }
                schema
            }
            Source::Held { store, .. } => Schema::clone(store.schema()),
        }
    }

    /// The cell of the head sample that makes a column text.
    pub(crate) fn text_cell(&self, column: usize) -> Option<&Location> {
        match self {
            Source::Csv { file, .. } => file.text_cell(column),
            Source::Held { .. } => None,
        }
    }

    /// Whether the user gives a column's type.
    pub(crate) fn is_declared(&self, column: usize) -> bool {
        match self {
            Source::Csv { file, profiles } => file.column_type(column, profiles).declared,
            Source::Held { .. } => true,
        }
    }

    /// The settings of the file's dialect.
    pub(crate) fn choices(&self) -> &[Choice] {
        match self {
            Source::Csv { file, .. } => file.choices(),
            Source::Held { .. } => &[],
        }
    }

    /// Bytes to be read for the columns of `spec`; `None` where they are not known before.
    pub(crate) fn bytes(&self, spec: &ScanSpec) -> Option<u64> {
        match self {
            Source::Csv { file, .. } => file.length(),
            Source::Held { store, .. } => {
                let columns = store.columns();
                let read = columns_read(spec).into_iter().filter_map(|column| columns.get(column));
                Some(read.map(|column| column.heap_bytes + column.mapped_bytes).sum())
            }
        }
    }

    /// More workers than this have nothing to do.
    pub(crate) fn most_workers(&self, spec: &ScanSpec) -> u64 {
        match self {
            Source::Csv { file, .. } => {
                file.length().map_or(u64::MAX, |length| length.div_ceil(spec.block_size as u64))
            }
            Source::Held { store, .. } => store.rows().div_ceil(Block::ROWS as u64),
        }
    }

    /// Begins a pass. `bytes_read` is counted up while it goes on, and `rejects` takes what it skips and repairs.
    pub(crate) fn pass(
        &self,
        spec: &ScanSpec,
        consumer: Consumer,
        bytes_read: Arc<AtomicU64>,
        rejects: Option<SharedSink>,
    ) -> Result<Pass> {
        match self {
            Source::Csv { file, profiles } => {
                let scan = CsvScan::new(Arc::clone(file), spec.clone(), profiles.clone(), bytes_read);
                Ok(Pass::Csv(Arc::new(scan.with_consumer(consumer).with_rejects(rejects)?)))
            }
            Source::Held { store, .. } => {
                bytes_read.fetch_add(self.bytes(spec).unwrap_or(0), Ordering::Relaxed);
                let columns = columns_read(spec);
                let filter = spec.filter.clone().map(|mut filter| {
                    renumber(&mut filter, &columns);
                    filter
                });
                let scan = StoreScan::new(Arc::clone(store), columns)?.with_consumer(consumer);
                let scan = Arc::new(scan.with_encoded(spec.text_views));
                let (records, given) = (Arc::default(), spec.outputs.len());
                Ok(Pass::Held { scan, filter, given, records })
            }
        }
    }
}

/// The columns that a pass reads: those that it gives, in their order, and behind them those that only WHERE reads.
fn columns_read(spec: &ScanSpec) -> Vec<usize> {
    let mut columns: Vec<usize> = spec.outputs.iter().map(|output| output.column).collect();
    let mut filter_columns = Vec::new();
    spec.filter.iter().for_each(|filter| filter.collect_fields(&mut filter_columns));
    filter_columns.sort_unstable();
    filter_columns.retain(|column| !columns.contains(column));
    columns.extend(filter_columns);
    columns
}

/// The eight bytes before an IPC file's first message. No CSV file begins with them: two of them are zero.
fn begins_as_arrow(path: &Path) -> bool {
    let mut magic = [0; 8];
    // What is no plain file could be read only once; what cannot be read is reported by whoever needs it.
    path.is_file()
        && File::open(path).and_then(|mut file| file.read_exact(&mut magic)).is_ok()
        && magic == *b"ARROW1\0\0"
}

/// What a pass has read.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counts {
    pub(crate) records: u64,
    pub(crate) blank_lines: u64,
    /// Times whose fractions were cut off.
    pub(crate) cut_fractions: u64,
    /// Records skipped and repaired, by what was wrong with them.
    pub(crate) rejects: RejectCounts,
}

/// A pass over a source, shared by its workers.
#[derive(Debug, Clone)]
pub(crate) enum Pass {
    Csv(Arc<CsvScan>),
    Held {
        scan: Arc<StoreScan>,
        /// WHERE over the scan's columns.
        filter: Option<Expr>,
        /// How many of the scan's columns are given.
        given: usize,
        records: Arc<AtomicU64>,
    },
}

impl Pass {
    /// One worker's end, whose items `inspect` sees.
    pub(crate) fn worker(&self, inspect: impl FnMut(&Result<Ticketed>) + Send + 'static) -> Worker {
        let base = match self {
            Pass::Csv(scan) => {
                Base::Csv(Box::new(Tagged::new(Arc::clone(scan).ticketed(), operator::SCAN.tag())))
            }
            Pass::Held { scan, filter, given, records } => {
                let (records, given) = (Arc::clone(records), *given);
                let blocks = Arc::clone(scan).ticketed().inspect(move |item| {
                    if let Ok(Ticketed { block: Some(block), .. }) = item {
                        records.fetch_add(block.rows as u64, Ordering::Relaxed);
                    }
                });
                let schema = Schema::new(scan.schema().fields[..given].to_vec());
                let schema = Arc::new(schema);
                let mut filter =
                    filter.clone().map(|filter| Filter::new(std::iter::empty::<Result<Block>>(), filter));
                let select = move |block: &Block, _: Place<'_>| {
                    let rows = block.rows;
                    let mut block = match &mut filter {
                        Some(filter) => filter.apply(block)?,
                        None => block.clone(),
                    };
                    block.columns.truncate(given);
                    Ok((rows, Block { schema: Arc::clone(&schema), ..block }))
                };
                Base::Held(Box::new(Tagged::new(Applied::new(blocks, select), operator::SCAN.tag())))
            }
        };
        Worker { base, inspect: Box::new(inspect) }
    }

    /// What was read so far.
    pub(crate) fn counts(&self) -> Counts {
        match self {
            Pass::Csv(scan) => Counts {
                records: scan.records(),
                blank_lines: scan.blank_lines(),
                cut_fractions: scan.cut_fractions(),
                rejects: scan.reject_counts(),
            },
            Pass::Held { records, .. } => {
                Counts { records: records.load(Ordering::Relaxed), ..Counts::default() }
            }
        }
    }

    /// See [`CsvScan::excess`].
    pub(crate) fn excess(&self, before: u64) -> Option<Error> {
        match self {
            Pass::Csv(scan) => scan.excess(before),
            Pass::Held { .. } => None,
        }
    }

    /// See [`CsvScan::first_error`].
    pub(crate) fn first_error(&self, error: Error) -> Error {
        match self {
            Pass::Csv(scan) => scan.first_error(error),
            Pass::Held { .. } => error,
        }
    }
}
