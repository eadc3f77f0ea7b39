//! A file that is loaded once and queried as often as one likes.

use std::path::Path;
use std::sync::Arc;

use plimsoll_columnar::{ColumnReport, Form, LoadSpec, Store};
use plimsoll_core::{Error, Query, Result, Schema, Table};
use plimsoll_csv::CsvFile;
use plimsoll_pipeline::scan::infer_full;

use crate::plan::thread_pool;
use crate::source::Source;
use crate::{Engine, QueryBuilder, operator};

/// Columns that are held, in memory or in a mapped Arrow IPC file. Cheap to clone: clones share them.
#[derive(Debug, Clone)]
pub struct Dataset {
    store: Arc<Store>,
    name: String,
}

impl Dataset {
    /// Names and types of the columns.
    #[must_use]
    pub fn schema(&self) -> &Schema {
        self.store.schema()
    }

    /// Records.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.store.rows()
    }

    /// What each column is held as, what it takes, and why.
    #[must_use]
    pub fn columns(&self) -> Vec<ColumnReport> {
        self.store.columns()
    }

    /// The columns themselves.
    #[must_use]
    pub fn store(&self) -> &Arc<Store> {
        &self.store
    }

    pub(crate) fn source(&self) -> Source {
        Source::Held { store: Arc::clone(&self.store), name: self.name.clone() }
    }
}

impl Engine {
    /// Loads all columns of a CSV file into memory, under the engine's limit. The file is read twice: once for the types
    /// of its columns, once for their values.
    ///
    /// # Errors
    /// `Io`; `Data` for a broken record; `MemoryLimit`; `Plan` for an input that can be read only once.
    pub fn load(&self, table: &Table, form: Form) -> Result<Dataset> {
        self.load_with(table, |file, spec, pool, consumer| Store::load(file, spec, form, pool, consumer))
    }

    /// Writes a CSV file as an Arrow IPC file to `path` and maps that.
    ///
    /// # Errors
    /// As [`Engine::load`].
    pub fn load_mapped(&self, table: &Table, path: &Path) -> Result<Dataset> {
        self.load_with(table, |file, spec, pool, consumer| {
            Store::load_mapped(file, spec, path, pool, consumer)
        })
    }

    /// Maps an Arrow IPC file.
    ///
    /// # Errors
    /// `Io`; `Data` for a file that is cut short or otherwise damaged; `Plan` for columns of types that there are no
    /// values of here.
    pub fn open(&self, path: &Path) -> Result<Dataset> {
        let store = Store::open_mapped(path, &operator::LOAD.consumer(&self.limits.budget_for(1)?))?;
        Ok(Dataset { store: Arc::new(store), name: path.display().to_string() })
    }

    /// All records of what is held, to be narrowed by the builder's methods.
    pub fn over(&self, dataset: &Dataset) -> QueryBuilder {
        let table = Table { path: dataset.name.clone(), options: Default::default() };
        self.query(Query::new(table)).over(dataset)
    }

    fn load_with(
        &self,
        table: &Table,
        load: impl FnOnce(
            &Arc<CsvFile>,
            &LoadSpec,
            &Arc<rayon::ThreadPool>,
            &plimsoll_memory::Consumer,
        ) -> Result<Store>,
    ) -> Result<Dataset> {
        let _tag = operator::LOAD.tag().enter();
        let limits = &self.limits;
        let budget = limits.budget_for(limits.threads)?;
        let file = Arc::new(CsvFile::open(&table.path, &table.options)?);
        if file.length().is_none() {
            return Err(Error::plan(
                "an input that can be read only once cannot be loaded",
                "save the stream to a file",
            ));
        }
        let pool = Arc::new(thread_pool(limits.threads)?);
        let columns: Vec<usize> = (0..file.schema().fields.len()).collect();
        let profiles = infer_full(&file, &columns, limits.block_size, &pool, Arc::default())?;
        let spec = LoadSpec { columns, profiles, block_size: limits.block_size, ..LoadSpec::default() };
        let store = load(&file, &spec, &pool, &operator::LOAD.consumer(&budget))?;
        Ok(Dataset { store: Arc::new(store), name: table.path.clone() })
    }
}
