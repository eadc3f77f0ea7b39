//! What the test programs share: CSV files out of text, stores of every form, and columns put together from blocks.
#![allow(dead_code, reason = "each test program uses its part")]
#![allow(unreachable_pub, reason = "a module of each test program")]
#![allow(clippy::unwrap_used, reason = "a failed expectation is the test's message")]

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef};
use arrow::compute::concat;
use plimsoll_columnar::{Form, LoadSpec, Store, StoreScan};
use plimsoll_core::{CsvOptions, Result};
use plimsoll_csv::CsvFile;
use plimsoll_kernels::arrays::wide;
use plimsoll_kernels::{Block, Source};
use plimsoll_memory::{Budget, Consumer};
use plimsoll_pipeline::Ordered;
use plimsoll_pipeline::scan::{CsvScan, ScanColumn, ScanSpec, infer_full};
use rayon::ThreadPool;
use tempfile::{NamedTempFile, TempDir};

/// A CSV file that is open, with all of its columns to be loaded.
pub struct Csv {
    pub file: Arc<CsvFile>,
    pub spec: LoadSpec,
    pub pool: Arc<ThreadPool>,
    _path: NamedTempFile,
}

/// A column's name and all of its values: decimals 128 bits wide.
pub type Columns = Vec<(String, Option<ArrayRef>)>;

pub fn pool(threads: usize) -> Arc<ThreadPool> {
    Arc::new(rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap())
}

pub fn unlimited() -> Consumer {
    Budget::unlimited().consumer("store")
}

impl Csv {
    pub fn new(text: &str, options: &CsvOptions, block_size: usize) -> Self {
        let mut path = NamedTempFile::new().unwrap();
        path.write_all(text.as_bytes()).unwrap();
        let file = Arc::new(CsvFile::open(path.path().to_str().unwrap(), options).unwrap());
        let columns: Vec<usize> = (0..file.schema().fields.len()).collect();
        let pool = pool(2);
        let profiles =
            infer_full(&file, file.sampled().to_vec(), &columns, block_size, &pool, Arc::default(), None)
                .unwrap();
        let spec = LoadSpec { columns, profiles, block_size, ..LoadSpec::default() };
        Csv { file, spec, pool, _path: path }
    }

    pub fn of(text: &str) -> Self {
        Csv::new(text, &CsvOptions::default(), 256 << 10)
    }

    pub fn load(&self, form: Form) -> Store {
        self.load_for(form, &unlimited()).unwrap()
    }

    pub fn load_for(&self, form: Form, consumer: &Consumer) -> Result<Store> {
        Store::load(&self.file, &self.spec, form, &self.pool, consumer)
    }

    pub fn load_mapped(&self, path: &Path) -> Store {
        Store::load_mapped(&self.file, &self.spec, path, &self.pool, &unlimited()).unwrap()
    }

    /// The blocks that a scan of the file itself gives.
    pub fn blocks(&self) -> Vec<Block> {
        let outputs = self.spec.columns.iter().map(|column| ScanColumn { column: *column, as_text: false });
        let spec =
            ScanSpec { outputs: outputs.collect(), block_size: self.spec.block_size, ..ScanSpec::default() };
        let file = Arc::clone(&self.file);
        let scan = Arc::new(CsvScan::new(file, spec, self.spec.profiles.clone(), Arc::default()));
        scan.worker().collect::<Result<_>>().unwrap()
    }

    /// The columns that a scan of the file itself gives.
    pub fn columns(&self) -> Columns {
        let schema = self.spec.schema(&self.file).unwrap();
        let names = schema.fields.into_iter().map(|field| field.name);
        names.enumerate().map(|(at, name)| (name, joined(&self.blocks(), at))).collect()
    }
}

/// All columns of a store, by `workers` workers.
pub fn columns_of(store: Store, workers: usize) -> (Columns, Store) {
    let store = Arc::new(store);
    let all: Vec<usize> = (0..store.schema().fields.len()).collect();
    let blocks = blocks_of(&store, all, workers).unwrap();
    assert_eq!(blocks.iter().map(|block| block.rows as u64).sum::<u64>(), store.rows());
    for (position, block) in blocks.iter().scan(0, |next, block| {
        *next += block.rows as u64;
        Some((*next - block.rows as u64, block))
    }) {
        assert_eq!(block.position, position);
        assert!(block.rows > 0 && block.rows <= Block::ROWS);
        assert!(block.columns.iter().all(|column| column.len() == block.rows));
        assert_eq!(&block.schema, store.schema());
    }
    let names = store.schema().fields.iter().map(|field| field.name.clone());
    let columns = names.enumerate().map(|(at, name)| (name, joined(&blocks, at))).collect();
    (columns, Arc::try_unwrap(store).unwrap())
}

/// All columns of a store, by one worker on this thread.
pub fn all_columns(store: Store) -> Result<Columns> {
    let names: Vec<String> = store.schema().fields.iter().map(|field| field.name.clone()).collect();
    let scan = Arc::new(StoreScan::new(Arc::new(store), (0..names.len()).collect())?);
    let blocks = scan.worker().collect::<Result<Vec<Block>>>()?;
    Ok(names.into_iter().enumerate().map(|(at, name)| (name, joined(&blocks, at))).collect())
}

/// The blocks of some columns, by `workers` workers on as many threads.
pub fn blocks_of(store: &Arc<Store>, columns: Vec<usize>, workers: usize) -> Result<Vec<Block>> {
    let scan = Arc::new(StoreScan::new(Arc::clone(store), columns)?);
    let ends = (0..workers).map(|_| Arc::clone(&scan).ticketed()).collect();
    let blocks: Result<Vec<Block>> = Ordered::new(ends, pool(workers)).collect();
    // The workers' ends are dropped by their threads.
    while Arc::strong_count(&scan) > 1 {
        std::thread::yield_now();
    }
    blocks
}

/// One column of all blocks.
fn joined(blocks: &[Block], column: usize) -> Option<ArrayRef> {
    let arrays: Vec<ArrayRef> = blocks.iter().map(|block| wide(&block.columns[column])).collect();
    let arrays: Vec<&dyn Array> = arrays.iter().map(|array| array.as_ref() as &dyn Array).collect();
    (!arrays.is_empty()).then(|| concat(&arrays).unwrap())
}

/// Every store of a CSV file that there is, by name: loaded, saved and opened.
pub fn every_store(csv: &Csv, folder: &TempDir) -> Vec<(&'static str, Store)> {
    let path = |name: &str| folder.path().join(name);
    let mut stores = vec![("mapped while loading", csv.load_mapped(&path("loaded.arrow")))];
    for (form, name) in [(Form::Plain, "plain"), (Form::Compact, "compact")] {
        let store = csv.load(form);
        let file = path(name);
        store.save(&file).unwrap();
        stores.push((name, store));
        stores.push(("saved and mapped", Store::open_mapped(&file, &unlimited()).unwrap()));
        for form in [Form::Plain, Form::Compact] {
            stores.push(("saved and read", Store::open(&file, form, &unlimited()).unwrap()));
        }
    }
    stores
}
