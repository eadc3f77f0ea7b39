//! The CSV scan: the source of every pipeline over a file. WHERE is part of it, so that the cells of other columns are
//! only parsed in rows that pass.

mod form;
mod infer;
mod rejects;
mod types;
mod worker;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use plimsoll_core::{Error, Expr, Profile, RejectCounts, Result};
use plimsoll_csv::{CsvFile, Scan};
use plimsoll_kernels::{Block, Source};
use plimsoll_memory::Consumer;

pub use infer::infer_full;
pub use rejects::{RejectSink, SharedSink};
pub use types::Misfit;
pub use worker::{ScanWorker, TicketedScan};

use form::Form;
use rejects::Rejects;
use types::Types;

/// Bytes that a worker reads at a time unless the user says otherwise: with its index and columns they fit in the
/// second-level cache of most processors.
pub const BLOCK_SIZE: usize = 256 << 10;

/// A column that a scan gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScanColumn {
    /// Index in the file.
    pub column: usize,
    /// Whether it is given as the text it has in the file, whatever its type.
    pub as_text: bool,
}

/// What to scan for.
#[derive(Debug, Clone)]
pub struct ScanSpec {
    /// The columns to give, in this order.
    pub outputs: Vec<ScanColumn>,
    /// WHERE, resolved: its `Field`s are indexes in the file.
    pub filter: Option<Expr>,
    /// Columns of the file whose type must not change while the scan runs. In others integers may become decimals,
    /// decimals get a greater scale, and what was NULL throughout anything, between two blocks; any other cell that does
    /// not fit ends the scan with an error.
    pub fixed: Vec<usize>,
    /// Columns of the file that aggregates read, and whether these can go on with exact numbers where they have taken nothing but
    /// NULLs. What is no aggregate's can go on with anything.
    pub aggregated: Vec<(usize, bool)>,
    /// Bytes that each worker reads at a time.
    pub block_size: usize,
    /// The most rows of a block that is given.
    pub rows: usize,
    /// Whether text columns may be given as views of the bytes that were read, which a block then holds. For whoever has
    /// done with a block before it takes the next one.
    pub text_views: bool,
}

impl Default for ScanSpec {
    fn default() -> Self {
        ScanSpec {
            outputs: Vec::new(),
            filter: None,
            fixed: Vec::new(),
            aggregated: Vec::new(),
            block_size: BLOCK_SIZE,
            rows: Block::ROWS,
            text_views: false,
        }
    }
}

/// One pass over a CSV file, shared by its workers.
///
/// Types start as `profiles` say. A cell that the type of its column does not take widens the column in place where
/// that is allowed; else the scan ends with an error, and [`CsvScan::misfit`] tells which cell it was, so that whoever
/// can may begin anew with [`CsvScan::profiles`].
#[derive(Debug)]
pub struct CsvScan {
    file: Arc<CsvFile>,
    scan: Arc<Scan>,
    bytes_read: Arc<AtomicU64>,
    spec: ScanSpec,
    /// Columns of the file whose fields are located, ascending.
    wanted: Vec<usize>,
    /// WHERE over the columns of `filter_columns`.
    filter: Option<Expr>,
    /// Columns of the file that WHERE reads, ascending.
    filter_columns: Vec<usize>,
    filter_form: Form,
    output_form: Form,
    types: Types,
    rejects: Rejects,
    cut_fractions: AtomicU64,
    consumer: Option<Consumer>,
    /// How many workers were made.
    workers: AtomicUsize,
}

impl CsvScan {
    /// A scan of `file`; `profiles` has one entry for each column of the file. `bytes_read` is counted up.
    pub fn new(
        file: Arc<CsvFile>,
        spec: ScanSpec,
        profiles: Vec<Profile>,
        bytes_read: Arc<AtomicU64>,
    ) -> Self {
        let mut filter_columns = Vec::new();
        spec.filter.iter().for_each(|filter| filter.collect_fields(&mut filter_columns));
        filter_columns.sort_unstable();
        let mut wanted = filter_columns.clone();
        wanted.extend(spec.outputs.iter().map(|output| output.column));
        wanted.sort_unstable();
        wanted.dedup();
        let filter = spec.filter.clone().map(|mut filter| {
            renumber(&mut filter, &filter_columns);
            filter
        });
        // Views are for comparisons; any other expression would make plain text of them.
        let compares = filter.as_ref().is_some_and(only_compares);
        let filter_form = if compares { Form::Encoded } else { Form::Plain };
        let output_form = if spec.text_views { Form::Encoded } else { Form::Plain };
        let scan = Arc::new(Scan::new(&file, wanted.clone(), spec.block_size, Arc::clone(&bytes_read)));
        let types = Types::new(profiles);
        let rejects = Rejects::new(file.dialect().tolerance.max_errors);
        let (consumer, workers) = (None, AtomicUsize::new(0));
        CsvScan {
            file,
            scan,
            bytes_read,
            spec,
            wanted,
            filter,
            filter_columns,
            filter_form,
            output_form,
            types,
            rejects,
            cut_fractions: AtomicU64::new(0),
            consumer,
            workers,
        }
    }

    /// Reserves the workers' buffers, each for a consumer below `consumer`.
    #[must_use]
    pub fn with_consumer(mut self, consumer: Consumer) -> Self {
        self.rejects = self.rejects.with_consumer(&consumer);
        let CsvScan { file, wanted, spec, bytes_read, .. } = &self;
        let scan = Scan::new(file, wanted.clone(), spec.block_size, Arc::clone(bytes_read));
        self.scan = Arc::new(scan.with_consumer(Some(consumer.clone())));
        self.consumer = Some(consumer);
        self
    }

    /// Hands records that are skipped or repaired to `sink`, in the order of the file.
    ///
    /// # Errors
    /// Those of the sink's restart.
    pub fn with_rejects(mut self, sink: Option<SharedSink>) -> Result<Self> {
        self.rejects = self.rejects.with_sink(sink)?;
        Ok(self)
    }

    /// One worker's end, with the numbers of the file's blocks: for [`Ordered`](crate::Ordered).
    pub fn ticketed(self: Arc<Self>) -> TicketedScan {
        TicketedScan::new(self)
    }

    /// The cell that ended the scan because its column's type did not take it: of several, the first in the file.
    pub fn misfit(&self) -> Option<Misfit> {
        self.types.misfit()
    }

    /// What is known of each column's cells by now.
    pub fn profiles(&self) -> Vec<Profile> {
        self.types.profiles()
    }

    /// Columns of the file that WHERE reads, ascending.
    pub fn filter_columns(&self) -> &[usize] {
        &self.filter_columns
    }

    /// Records found so far.
    pub fn records(&self) -> u64 {
        self.scan.records()
    }

    /// Blank lines passed over so far.
    pub fn blank_lines(&self) -> u64 {
        self.scan.blank_lines()
    }

    /// Times read so far whose fractions were cut off behind the microsecond.
    pub fn cut_fractions(&self) -> u64 {
        self.cut_fractions.load(Ordering::Relaxed)
    }

    /// How many records were skipped and repaired so far.
    pub fn reject_counts(&self) -> RejectCounts {
        self.rejects.counts()
    }

    /// The error for more skipped and repaired records than the user allows, where the first one too many stands before
    /// byte `before` of the input. Workers end the scan when they find it; whoever takes their blocks asks here.
    pub fn excess(&self, before: u64) -> Option<Error> {
        self.rejects.excess(before)
    }

    /// The error that the scan ends with where `error` came first from its workers: that for too many rejects, if those
    /// stand before it in the file.
    pub fn first_error(&self, error: Error) -> Error {
        let excess = rejects::byte_of(&error).and_then(|byte| self.excess(byte));
        excess.unwrap_or(error)
    }

    /// Place of a column of the file among the wanted ones.
    fn place(&self, column: usize) -> Result<usize> {
        self.wanted.binary_search(&column).map_err(|_| Error::plan("a column was not asked for", ""))
    }
}

impl Source for CsvScan {
    fn worker(self: Arc<Self>) -> Box<dyn Iterator<Item = Result<Block>> + Send> {
        Box::new(ScanWorker::new(self))
    }
}

/// Whether a condition is made of comparisons of columns with constants alone.
fn only_compares(condition: &Expr) -> bool {
    match condition {
        Expr::And(..) | Expr::Or(..) | Expr::Not(_) => condition.children().into_iter().all(only_compares),
        Expr::Compare(_, left, right) => {
            matches!(
                (&**left, &**right),
                (Expr::Field(_), Expr::Literal(_)) | (Expr::Literal(_), Expr::Field(_))
            )
        }
        _ => false,
    }
}

/// Makes `Field`s that are indexes in the file indexes into `columns`.
pub fn renumber(expr: &mut Expr, columns: &[usize]) {
    if let Expr::Field(index) = expr
        && let Some(place) = columns.iter().position(|column| column == index)
    {
        *index = place;
    }
    expr.children_mut().into_iter().for_each(|child| renumber(child, columns));
}
