//! A file that is loaded once and queried as often as one likes.

use std::path::Path;
use std::sync::Arc;

use plimsoll_columnar::{ColumnReport, Form, LoadSpec, Store};
use plimsoll_core::{CsvOptions, Error, Profile, Query, Result, Schema, Table};
use plimsoll_csv::CsvFile;
use plimsoll_memory::Consumer;
use plimsoll_pipeline::scan::infer_full;
use rayon::ThreadPool;
use serde::{Deserialize, Serialize};

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

/// What a pass over all of a CSV file tells of it. Whoever loads it, here or in another process, need not read it for
/// that again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inferred {
    /// The file, every setting of its dialect resolved.
    pub table: Table,
    /// Names and final types of its columns.
    pub schema: Schema,
    /// What the cells of each column are.
    pub profiles: Vec<Profile>,
}

impl Engine {
    /// The same file with every setting of its dialect resolved from its head.
    ///
    /// # Errors
    /// Those of opening it.
    pub fn resolve(&self, table: &Table) -> Result<Table> {
        let consumer = operator::LOAD.consumer(&self.limits.budget_for_opening());
        let file = CsvFile::open_within(&table.path, &table.options, Some(&consumer))?;
        Ok(Table { path: table.path.clone(), options: file.options().clone() })
    }

    /// Reads all of a CSV file for the types of its columns.
    ///
    /// # Errors
    /// `Io`; `Data` for a broken record; `Plan` for an input that can be read only once.
    pub fn infer(&self, table: &Table) -> Result<Inferred> {
        let (limits, mut table) = (&self.limits, table.clone());
        let consumer = operator::LOAD.consumer(&limits.budget_for_opening());
        let file = CsvFile::open_within(&table.path, &table.options, Some(&consumer))?;
        if file.length().is_none() {
            return Err(Error::plan(
                "an input that can be read only once cannot be loaded",
                "save the stream to a file",
            ));
        }
        let pool = thread_pool(limits.threads())?;
        let columns: Vec<usize> = (0..file.schema().fields.len()).collect();
        let profiles = infer_full(
            &file,
            file.sampled().to_vec(),
            &columns,
            limits.block_size,
            &pool,
            Arc::default(),
            Some(consumer),
        )?;
        table.options = file.options().clone();
        let mut schema = file.schema();
        for (column, field) in schema.fields.iter_mut().enumerate() {
            field.data_type = file.column_type(column, &profiles).data_type;
        }
        Ok(Inferred { table, schema, profiles })
    }

    /// Loads all columns of a CSV file into memory, under the engine's limit.
    ///
    /// # Errors
    /// `Io`; `Data` for a broken record, and for a cell that does not fit its column where the file has changed since it
    /// was looked at; `MemoryLimit`.
    pub fn load(&self, inferred: &Inferred, form: Form) -> Result<Dataset> {
        self.load_with(inferred, |file, spec, pool, consumer| Store::load(file, spec, form, pool, consumer))
    }

    /// Writes a CSV file as an Arrow IPC file to `path` and maps that.
    ///
    /// # Errors
    /// As [`Engine::load`].
    pub fn load_mapped(&self, inferred: &Inferred, path: &Path) -> Result<Dataset> {
        self.load_with(inferred, |file, spec, pool, consumer| {
            Store::load_mapped(file, spec, path, pool, consumer)
        })
    }

    /// Maps an Arrow IPC file.
    ///
    /// # Errors
    /// `Io`; `File` for one that is cut short, damaged, or has columns that there are no values for here.
    pub fn open(&self, path: &Path) -> Result<Dataset> {
        let store = Store::open_mapped(path, &operator::LOAD.consumer(&self.limits.budget_for(1)?))?;
        Ok(Dataset { store: Arc::new(store), name: path.display().to_string() })
    }

    /// All records of what is held, to be narrowed by the builder's methods.
    pub fn over(&self, dataset: &Dataset) -> QueryBuilder {
        let table = Table { path: dataset.name.clone(), options: CsvOptions::default() };
        self.query(Query::new(table)).over(dataset)
    }

    fn load_with(
        &self,
        inferred: &Inferred,
        load: impl FnOnce(&Arc<CsvFile>, &LoadSpec, &Arc<ThreadPool>, &Consumer) -> Result<Store>,
    ) -> Result<Dataset> {
        let _tag = operator::LOAD.tag().enter();
        let (limits, table) = (&self.limits, &inferred.table);
        let budget = limits.budget_for(limits.threads())?;
        let consumer = operator::LOAD.consumer(&budget);
        let file = Arc::new(CsvFile::open_within(&table.path, &table.options, Some(&consumer))?);
        let pool = Arc::new(thread_pool(limits.threads())?);
        let spec = LoadSpec {
            columns: (0..inferred.schema.fields.len()).collect(),
            profiles: inferred.profiles.clone(),
            block_size: limits.block_size,
            ..LoadSpec::default()
        };
        let store = load(&file, &spec, &pool, &consumer)?;
        Ok(Dataset { store: Arc::new(store), name: table.path.clone() })
    }
}
