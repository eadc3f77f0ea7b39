//! From a CSV file to a store: in memory, or straight into an Arrow IPC file that is then mapped.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use arrow::datatypes::DataType as ArrowType;
use plimsoll_core::{DataType, Error, Profile, Result, Schema};
use plimsoll_csv::CsvFile;
use plimsoll_kernels::Block;
use plimsoll_kernels::arrays::{NARROW_DIGITS, wide};
use plimsoll_memory::Consumer;
use plimsoll_pipeline::Ordered;
use plimsoll_pipeline::scan::{BLOCK_SIZE, CsvScan, ScanColumn, ScanSpec};
use rayon::ThreadPool;

use crate::chunks::for_each_chunk;
use crate::hold::Hold;
use crate::ipc::{FileColumn, IpcWriter};
use crate::{Form, Store};

/// What to load of a CSV file.
#[derive(Debug, Clone)]
pub struct LoadSpec {
    /// Columns of the file, in the order that they get in the store.
    pub columns: Vec<usize>,
    /// What the cells of every column of the file are, in *all* of the file for those that are loaded: see
    /// [`infer_full`](plimsoll_pipeline::scan::infer_full). A load never begins anew: a cell that its column's type does not
    /// take ends it with an error.
    pub profiles: Vec<Profile>,
    /// Bytes that each worker of the scan reads at a time.
    pub block_size: usize,
    /// Counted up by the bytes that are read.
    pub bytes_read: Arc<AtomicU64>,
}

impl Default for LoadSpec {
    fn default() -> Self {
        LoadSpec {
            columns: Vec::new(),
            profiles: Vec::new(),
            block_size: BLOCK_SIZE,
            bytes_read: Arc::default(),
        }
    }
}

impl LoadSpec {
    /// Names and types of the columns that are loaded.
    ///
    /// # Errors
    /// `Plan` for a column that the file does not have, and where the profiles are not those of its columns.
    pub fn schema(&self, file: &CsvFile) -> Result<Schema> {
        let schema = file.schema();
        let known = schema.fields.len();
        if self.profiles.len() != known || self.columns.iter().any(|column| *column >= known) {
            return Err(Error::plan(
                format!("the file has {known} columns, and not those that are to be loaded"),
                "give a profile for each column of the file, and its columns by number from 0",
            ));
        }
        let field = |column: &usize| {
            let mut field = schema.fields[*column].clone();
            field.data_type = file.column_type(*column, &self.profiles).data_type;
            field
        };
        Ok(Schema::new(self.columns.iter().map(field).collect()))
    }

    /// The file's rows in order, read by all threads of the pool.
    fn blocks(
        &self,
        file: &Arc<CsvFile>,
        pool: &Arc<ThreadPool>,
        consumer: &Consumer,
    ) -> impl Iterator<Item = Result<Block>> + use<> {
        let outputs = self.columns.iter().map(|column| ScanColumn { column: *column, as_text: false });
        let spec = ScanSpec {
            outputs: outputs.collect(),
            fixed: self.columns.clone(),
            block_size: self.block_size,
            ..ScanSpec::default()
        };
        let scan = CsvScan::new(Arc::clone(file), spec, self.profiles.clone(), Arc::clone(&self.bytes_read));
        let scan = Arc::new(scan.with_consumer(consumer.child("scan")));
        let pieces = file.length().map_or(u64::MAX, |length| length.div_ceil(self.block_size.max(1) as u64));
        let workers = pool.current_num_threads().min(usize::try_from(pieces).unwrap_or(usize::MAX)).max(1);
        let workers = (0..workers).map(|_| Arc::clone(&scan).ticketed()).collect();
        let mut ended = false;
        let mut blocks = Ordered::new(workers, Arc::clone(pool));
        std::iter::from_fn(move || {
            if ended {
                return None;
            }
            let next = match blocks.next() {
                Some(Ok(block)) => return Some(Ok(block)),
                Some(Err(error)) => Some(Err(scan.first_error(error))),
                None => scan.excess(u64::MAX).map(Err),
            };
            ended = true;
            next
        })
    }
}

impl Store {
    /// Loads columns of `file` into memory, which is read once, by all threads of `pool`. Must not be called from the
    /// pool's last free thread.
    ///
    /// # Errors
    /// `Io`; `Data` for a record that breaks the rules of the format and for a cell that its column's type does not take;
    /// `MemoryLimit`; `Plan` for columns that the file does not have.
    pub fn load(
        file: &Arc<CsvFile>,
        spec: &LoadSpec,
        form: Form,
        pool: &Arc<ThreadPool>,
        consumer: &Consumer,
    ) -> Result<Self> {
        let schema = spec.schema(file)?;
        Store::from_blocks(schema, form, spec.blocks(file, pool, consumer), consumer)
    }

    /// Writes columns of `file` to an Arrow IPC file at `path` while it is read, and [maps](Store::open_mapped) that. The
    /// columns are plain; those of a compact store are saved by [`Store::save`]. Only the blocks of a chunk and one column
    /// of it are held meanwhile. The file appears when it is whole.
    ///
    /// # Errors
    /// Those of [`Store::load`].
    pub fn load_mapped(
        file: &Arc<CsvFile>,
        spec: &LoadSpec,
        path: &Path,
        pool: &Arc<ThreadPool>,
        consumer: &Consumer,
    ) -> Result<Self> {
        let schema = spec.schema(file)?;
        let fields = schema.fields.iter().cloned().zip(&spec.columns);
        let columns: Vec<FileColumn> = fields
            .map(|(field, column)| {
                let physical = plain_type(field.data_type, &spec.profiles[*column]);
                FileColumn { field, physical }
            })
            .collect();
        let mut writer = IpcWriter::create(path, &columns, Form::Plain)?;
        let mut hold = Hold::new(&consumer.child("write"));
        let blocks = spec.blocks(file, pool, consumer);
        for_each_chunk(None, blocks, &schema, &mut hold, |chunk, hold| {
            let mut arrays = Vec::with_capacity(columns.len());
            let (pieces, rows) = chunk.into_columns();
            for (pieces, column) in pieces.into_iter().zip(&columns) {
                let joined = pieces.join(hold)?;
                // Those of a column with long mantissas that has only short ones here.
                let is_wide = matches!(column.physical, ArrowType::Decimal128(..));
                if is_wide {
                    hold.grow((joined.len() * size_of::<i128>()) as u64)?;
                }
                arrays.push(if is_wide { wide(&joined) } else { joined });
            }
            writer.write(arrays, rows)?;
            hold.resize(0)
        })?;
        writer.finish()?;
        Store::open_mapped(path, consumer)
    }
}

/// The array type that takes every value of a column, given what all of its cells are.
pub(crate) fn plain_type(logical: DataType, profile: &Profile) -> ArrowType {
    let mut ladder = Form::Plain.ladder(logical);
    let narrow = match logical {
        DataType::Decimal { precision, scale } => {
            u32::from(precision).min(profile.mantissa_digits(scale)) <= u32::from(NARROW_DIGITS)
        }
        _ => true,
    };
    ladder.swap_remove(if narrow { 0 } else { ladder.len() - 1 })
}
