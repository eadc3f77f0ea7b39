//! The Arrow-backed store: a CSV file's columns, held in memory or in a mapped Arrow IPC file, given again and again.
//!
//! A [`Store`] is loaded once, by a scan that several threads share, and then read as often as anyone likes: a
//! [`StoreScan`] is a [`Source`](plimsoll_kernels::Source) of the columns that are asked for, in file order, as the
//! scan of the CSV file would give them. This crate knows no query, and evaluates nothing.
//!
//! | form | each column is | costs |
//! |---|---|---|
//! | [`Form::Plain`] | of the type that the kernels take | nothing when it is read: blocks are slices |
//! | [`Form::Compact`] | of the narrowest type that loses nothing | a conversion of 4096 values when a block is read |
//! | mapped | an Arrow IPC file of either form, in the page cache | a check of each chunk when it is first read |
//!
//! ```
//! use std::sync::Arc;
//! use plimsoll_columnar::{Form, LoadSpec, Store, StoreScan};
//! use plimsoll_core::CsvOptions;
//! use plimsoll_csv::CsvFile;
//! use plimsoll_kernels::Source;
//! use plimsoll_memory::Budget;
//! use plimsoll_pipeline::scan::infer_full;
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("weather.csv");
//! # std::fs::write(&path, "station,t\nOslo,-3.5\nBergen,8\nOslo,1.25\n")?;
//! let file = Arc::new(CsvFile::open(&path.to_string_lossy(), &CsvOptions::default())?);
//! let pool = Arc::new(rayon::ThreadPoolBuilder::new().num_threads(2).build()?);
//! let columns = vec![0, 1];
//! let profiles = infer_full(&file, file.sampled().to_vec(), &columns, 256 << 10, &pool, Arc::default(), None)?;
//! let spec = LoadSpec { columns, profiles, ..LoadSpec::default() };
//!
//! let consumer = Budget::limited(1 << 20)?.consumer("store");
//! let store = Arc::new(Store::load(&file, &spec, Form::Compact, &pool, &consumer)?);
//! assert_eq!(store.rows(), 3);
//! // Mantissas of two digits behind the point: -350, 800 and 125.
//! assert_eq!(store.columns()[1].to_string(), "t DECIMAL(38,2) as Int16: its values lie from -350 to 800");
//!
//! let scan = Arc::new(StoreScan::new(store, vec![1])?);
//! let rows: usize = scan.worker().map(|block| block.unwrap().rows).sum();
//! assert_eq!(rows, 3);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod chunks;
mod column;
mod decode;
mod encode;
mod expected;
mod footprint;
mod form;
mod hold;
mod ipc;
mod load;
mod physical;
mod predict;
mod report;
mod scan;
mod store;

pub use expected::{ExpectedColumn, ExpectedTexts};
pub use form::Form;
pub use load::LoadSpec;
pub use predict::{Expected, Predicted};
pub use report::{ColumnReport, Reason};
pub use scan::{StoreScan, StoreWorker};
pub use store::Store;
