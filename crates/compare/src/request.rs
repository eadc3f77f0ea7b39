//! What a measured process is asked, and what it answers: JSON over its standard input and output.

use std::path::PathBuf;

use plimsoll::{CsvOptions, Inferred};
use serde::{Deserialize, Serialize};

use crate::{Measured, Strategy};

/// One strategy, to be loaded and queried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Which.
    pub strategy: Strategy,
    /// The statement, which is read with these options.
    pub sql: String,
    /// How files are read where the statement does not say otherwise.
    pub options: CsvOptions,
    /// The file and its types, the same for all strategies.
    pub inferred: Inferred,
    /// Worker threads.
    pub threads: usize,
    /// The limit of the whole process.
    pub memory_limit_bytes: Option<u64>,
    /// Where `mapped` writes its file.
    pub ipc_file: PathBuf,
    /// Where to write the result's rows as text, one a line, instead of measuring.
    pub rows_file: Option<PathBuf>,
}

/// How it went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It ran.
    Measured(Box<Measured>),
    /// The rows are written.
    Written,
    /// The memory limit did not hold it.
    DoesNotFit {
        /// What would have passed it.
        message: String,
    },
    /// Something else went wrong.
    Failed {
        /// What.
        message: String,
    },
}
