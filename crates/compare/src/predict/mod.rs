//! How many bytes each strategy needs for a CSV file, told from a sample before anything is loaded.
//!
//! [`predict`] reads windows that are spread over the file (`sample`), parses their cells with the parsers that a load uses,
//! and works out what the whole file has: records, distinct texts (`distinct`), extremes (`extremes`). The bytes come from
//! the crates that hold the data, which know what they allocate; nothing here knows the layout of an array.
//!
//! What no sample can tell: a cell far from every window that makes a column text, or gives a decimal more digits.

mod distinct;
mod extremes;
mod recommend;
mod sample;
mod values;

use std::collections::BTreeMap;

use plimsoll_columnar::{Expected, ExpectedColumn, ExpectedTexts, Form};
use plimsoll_core::{DataType, Error, Field, Location, Profile, Result, Schema, Table};
use plimsoll_csv::{Scan, Span};
use plimsoll_kernels::Block;
use plimsoll_pipeline::scan::BLOCK_SIZE;
use serde::{Deserialize, Serialize};

use crate::Strategy;
use distinct::Windows;
pub use recommend::Recommendation;
use sample::Sample;

/// What a file would need. All bytes are bytes, all shares lie from 0 to 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// Bytes of the CSV file.
    pub file_bytes: u64,
    /// Bytes of the records that the prediction rests on; all of the file's where it is small.
    pub sampled_bytes: u64,
    /// Into how many windows they are spread.
    pub windows: usize,
    /// Records of the file.
    pub records: u64,
    /// The standard error of `records`, as a share of it; 0 where all were read.
    pub records_error: f64,
    /// Worker threads that were reckoned with.
    pub threads: usize,
    /// By column, in the order of the file.
    pub columns: Vec<PredictedColumn>,
    /// What each strategy takes in all, columns and what is beside them: of `mapped` its file, of `stream` the buffers of its
    /// threads, without the groups of a query; of the others the live heap once the file is loaded.
    pub bytes: BTreeMap<Strategy, u64>,
    /// The live heap of `mapped`, once all of its file was read.
    pub mapped_heap_bytes: u64,
    /// What a load of `columnar` or `compact` takes meanwhile, beside what it has loaded.
    pub load_bytes: u64,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PredictedColumn {
    /// Its name.
    pub name: String,
    /// The type that its cells are likely to have.
    pub data_type: String,
    /// The Arrow type in which `compact` would hold it.
    pub compact_as: String,
    /// The share of NULLs.
    pub nulls: f64,
    /// Mean bytes of the text of a row; 0 where the column is not text.
    pub text_bytes: f64,
    /// Distinct values of the whole column.
    pub distinct: u64,
    /// What each strategy takes for it.
    pub bytes: BTreeMap<Strategy, u64>,
}

/// Predicts what each strategy needs for all columns of `table` from a sample of it: windows of together at most 4 MiB or
/// one per cent of the file, whichever is less, but never less than what there is up to 256 KiB. `threads` is what a query
/// would run on.
///
/// # Errors
/// `Io`; `Plan` for an input that can be read only once; `Data` for a file whose beginning breaks the rules of the format,
/// and for a cell of the sample that its column does not take.
pub fn predict(table: &Table, threads: usize) -> Result<Prediction> {
    let sample = Sample::take(table)?;
    let records = sample.records();
    let columns = columns(&sample, table, records.count)?;
    let counts: Vec<u64> = columns.iter().map(|(_, distinct)| *distinct).collect();
    let seen: usize = sample.windows.iter().map(plimsoll_csv::Window::records).sum();
    let expected = Expected {
        rows: records.count,
        record_bytes: sample.bytes as f64 / seen.max(1) as f64,
        columns: columns.into_iter().map(|(column, _)| column).collect(),
    };
    let layouts = Layouts::of(&expected, threads);
    let column = |(at, column): (usize, &ExpectedColumn)| PredictedColumn {
        name: column.field().name.clone(),
        data_type: column.field().data_type.to_string(),
        compact_as: layouts.compact_as[at].clone(),
        nulls: column.nulls(),
        text_bytes: column.text_bytes(),
        distinct: counts[at],
        bytes: layouts.columns.iter().map(|(strategy, bytes)| (*strategy, bytes[at])).collect(),
    };
    Ok(Prediction {
        file_bytes: sample.file_bytes,
        sampled_bytes: if sample.is_whole() { sample.file_bytes } else { sample.bytes },
        windows: sample.windows.len(),
        records: records.count,
        records_error: records.error,
        threads,
        columns: expected.columns.iter().enumerate().map(column).collect(),
        bytes: layouts.totals(),
        mapped_heap_bytes: expected.mapped_heap(),
        load_bytes: expected.load_bytes(),
    })
}

impl Prediction {
    /// What a strategy takes in all: see [`Prediction::bytes`].
    #[must_use]
    pub fn bytes_of(&self, strategy: Strategy) -> u64 {
        self.bytes.get(&strategy).copied().unwrap_or(0)
    }

    /// The live heap of a strategy once the file is loaded; of `stream` while it reads.
    #[must_use]
    pub fn heap_bytes(&self, strategy: Strategy) -> u64 {
        if strategy == Strategy::Mapped { self.mapped_heap_bytes } else { self.bytes_of(strategy) }
    }

    /// What a strategy takes beside its columns: vectors of rows, buffers of threads, handles, messages of a file.
    #[must_use]
    pub fn bytes_beside(&self, strategy: Strategy) -> u64 {
        let columns = self.columns.iter().filter_map(|column| column.bytes.get(&strategy)).sum();
        self.bytes_of(strategy).saturating_sub(columns)
    }
}

/// What each strategy takes, by column and beside them.
struct Layouts {
    columns: BTreeMap<Strategy, Vec<u64>>,
    beside: BTreeMap<Strategy, u64>,
    compact_as: Vec<String>,
}

impl Layouts {
    fn of(expected: &Expected, threads: usize) -> Self {
        let rows = expected.rows;
        let schema =
            Schema::new(expected.columns.iter().map(|column| column.field().clone()).collect::<Vec<Field>>());
        let compact = expected.held(Form::Compact);
        let mut layouts = Layouts {
            columns: BTreeMap::new(),
            beside: BTreeMap::new(),
            compact_as: compact.columns.iter().map(|(physical, _)| physical.to_string()).collect(),
        };
        for (strategy, store) in [
            (Strategy::Columnar, expected.held(Form::Plain)),
            (Strategy::Compact, compact),
            (Strategy::Mapped, expected.file()),
        ] {
            let bytes = store.columns.into_iter().map(|(_, bytes)| bytes);
            layouts.add(strategy, bytes.collect(), store.beside);
        }
        let boxed = expected
            .columns
            .iter()
            .map(|column| plimsoll_rows::predicted_column_bytes(rows, column.text_bytes()));
        layouts.add(Strategy::Rows, boxed.collect(), plimsoll_rows::predicted_bytes_beside(rows, &schema));
        let threads = threads as u64;
        let spans = (Block::ROWS * size_of::<Span>()) as u64;
        let blocks = expected.block().into_iter().map(|bytes| threads * (bytes + spans));
        layouts.add(Strategy::Stream, blocks.collect(), threads * Scan::reader_bytes(BLOCK_SIZE) as u64);
        layouts
    }

    fn add(&mut self, strategy: Strategy, columns: Vec<u64>, beside: u64) {
        self.columns.insert(strategy, columns);
        self.beside.insert(strategy, beside);
    }

    fn totals(&self) -> BTreeMap<Strategy, u64> {
        let total = |(strategy, columns): (&Strategy, &Vec<u64>)| {
            (*strategy, columns.iter().sum::<u64>() + self.beside[strategy])
        };
        self.columns.iter().map(total).collect()
    }
}

/// Each column as the sample shows it, widened to the whole file, and its number of distinct values.
fn columns(sample: &Sample, table: &Table, records: u64) -> Result<Vec<(ExpectedColumn, u64)>> {
    let profiles = profiles(sample);
    let fields = sample.file.schema().fields;
    let column = |(at, mut field): (usize, Field)| {
        let column_type = sample.file.column_type(at, &profiles);
        field.data_type = column_type.data_type;
        let mut column = ExpectedColumn::new(field, profiles[at]);
        let mut windows = Windows::default();
        let mut integers = Vec::new();
        for window in &sample.windows {
            let parsed = window.cells(at).parse(column_type);
            let array = parsed.map_err(|_| misfit(table, column.field()))?.array;
            column.observe(&array);
            windows.observe(&values::hashes(&array));
            integers.extend(values::integers(&array));
        }
        let total = records as f64 * (1.0 - column.nulls());
        if !sample.is_whole()
            && let Some(reach) = extremes::extremes(integers, total)
        {
            column.widen(reach.likely, reach.least, reach.most);
        }
        let distinct = windows.estimate(total, sample.share);
        if column.field().data_type == DataType::Utf8 {
            column.set_texts(ExpectedTexts {
                distinct: distinct.count,
                least: distinct.least,
                most: distinct.most,
                mean_bytes: distinct.mean_bytes,
                arrivals: distinct.arrivals,
            });
        }
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is not negative")]
        let count = distinct.count.round() as u64;
        Ok((column, count))
    };
    fields.into_iter().enumerate().map(column).collect()
}

/// What the cells of the head and of all windows are.
fn profiles(sample: &Sample) -> Vec<Profile> {
    let mut profiles = sample.file.sampled().to_vec();
    for window in &sample.windows {
        for (at, profile) in profiles.iter_mut().enumerate() {
            window.cells(at).classes().for_each(|class| profile.observe(class));
        }
    }
    profiles
}

fn misfit(table: &Table, field: &Field) -> Error {
    let location =
        Location { file: table.path.clone(), column: Some(field.name.clone()), ..Location::default() };
    Error::data(
        location,
        format!("a cell of the sample is no {} or not UTF-8", field.data_type),
        "give the column another type, or convert the file to UTF-8",
    )
}
