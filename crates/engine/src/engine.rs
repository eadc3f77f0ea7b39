//! The engine: the limits that queries run under.

use std::path::PathBuf;

use plimsoll_core::{CsvOptions, Error, Query, Result, Table};
use plimsoll_kernels::spill::Space;
use plimsoll_memory::Budget;

use crate::QueryBuilder;
use crate::limits::{Limits, Whole};

/// Limits and threads that queries run under. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Engine {
    pub(crate) limits: Limits,
}

/// Makes an [`Engine`].
#[derive(Debug, Clone, Default)]
#[must_use = "a builder makes an engine by build()"]
pub struct EngineBuilder {
    memory: Option<u64>,
    budget: Option<Budget>,
    threads: Option<usize>,
    block_size: Option<usize>,
    temp_dir: Option<PathBuf>,
    max_temp: Option<u64>,
    space: Option<Space>,
}

impl EngineBuilder {
    /// The most memory the process may use, in bytes; 80% of the machine's (or the control group's) where nothing is
    /// said. At least [`LEAST_MEMORY_LIMIT`](crate::LEAST_MEMORY_LIMIT).
    pub fn memory_limit(mut self, bytes: u64) -> Self {
        self.memory = Some(bytes);
        self
    }

    /// A budget that all queries of the engine reserve from together, and that others may share. It bounds what they
    /// reserve, not the process, and stands in for [`EngineBuilder::memory_limit`]. A query that ends early, with an error
    /// or a LIMIT, may have workers that are ahead of it; they give back what they hold at their next block.
    pub fn budget(mut self, budget: Budget) -> Self {
        self.budget = Some(budget);
        self
    }

    /// Worker threads; the number of processors where nothing is said.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = Some(threads);
        self
    }

    /// Bytes that a worker reads at a time; [`plimsoll_pipeline::scan::BLOCK_SIZE`] where nothing is said. Results do not
    /// depend on it.
    pub fn block_size(mut self, bytes: usize) -> Self {
        self.block_size = Some(bytes);
        self
    }

    /// The directory of temporary files, which hold what memory does not; the system's where nothing is said. They have no
    /// names, so that nothing is left there, whatever ends the process.
    pub fn temp_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.temp_dir = Some(directory.into());
        self
    }

    /// The most bytes of temporary files that a query may have at once; without a bound where nothing is said.
    pub fn max_temp(mut self, bytes: u64) -> Self {
        self.max_temp = Some(bytes);
        self
    }

    /// The space of all temporary files of all queries, for tests of what happens when they fail ([`Space::failing`]). It
    /// stands in for [`EngineBuilder::temp_dir`] and [`EngineBuilder::max_temp`].
    #[doc(hidden)]
    pub fn space(mut self, space: Space) -> Self {
        self.space = Some(space);
        self
    }

    /// The engine.
    ///
    /// # Errors
    /// `Plan` for no thread, no byte, or a block of more than 64 MiB.
    pub fn build(self) -> Result<Engine> {
        const LARGEST_BLOCK: usize = 64 << 20;
        const MOST_THREADS: usize = 1024;
        let threads = self.threads.unwrap_or_else(processors);
        let block_size = self.block_size.unwrap_or(plimsoll_pipeline::scan::BLOCK_SIZE);
        if !(1..=MOST_THREADS).contains(&threads) {
            return Err(Error::plan(
                format!("a query cannot run on {threads} threads"),
                format!("say a number from 1 to {MOST_THREADS}"),
            ));
        }
        if !(1..=LARGEST_BLOCK).contains(&block_size) {
            return Err(Error::plan(
                format!("a block cannot have {block_size} bytes"),
                format!("say a number from 1 to {LARGEST_BLOCK}"),
            ));
        }
        let memory = self.memory.or_else(plimsoll_memory::process::default_limit);
        let EngineBuilder { budget, temp_dir, max_temp, space, .. } = self;
        Ok(Engine {
            limits: Limits {
                memory,
                budget,
                whole: Whole::default(),
                threads,
                block_size,
                temp_dir,
                max_temp,
                space,
            },
        })
    }
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

impl Engine {
    /// A builder with the default limits.
    pub fn builder() -> EngineBuilder {
        EngineBuilder::default()
    }

    /// The directory of temporary files, where it lies in memory (tmpfs and ramfs; known on Linux): what is written there
    /// spares no memory, and the memory limit does not count it. `None` where it lies on a disk or cannot be looked at.
    pub fn temp_dir_in_memory(&self) -> Option<PathBuf> {
        let space = self.limits.space();
        space.is_in_memory().then(|| space.directory().to_owned())
    }

    /// The query that `sql` says.
    ///
    /// # Errors
    /// Those of [`crate::sql::parse`].
    pub fn sql(&self, sql: &str) -> Result<QueryBuilder> {
        self.sql_with(sql, &CsvOptions::default())
    }

    /// The query that `sql` says, over files read with these options where `read_csv` does not say otherwise.
    ///
    /// # Errors
    /// Those of [`crate::sql::parse`].
    pub fn sql_with(&self, sql: &str, defaults: &CsvOptions) -> Result<QueryBuilder> {
        Ok(self.query(crate::sql::parse(sql, defaults)?))
    }

    /// All records of the file at `path`, to be narrowed by the builder's methods.
    pub fn csv(&self, path: impl Into<String>) -> QueryBuilder {
        self.query(Query::new(Table { path: path.into(), options: CsvOptions::default() }))
    }

    /// A query made elsewhere.
    pub fn query(&self, query: Query) -> QueryBuilder {
        QueryBuilder::new(self.limits.clone(), query)
    }
}
