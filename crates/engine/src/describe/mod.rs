//! What a file is: its dialect, and a summary of each column from one pass in bounded memory. The columns are taken in file
//! order by one thread, beside those that scan, so that estimates do not depend on the number of threads.

mod column;
mod sketch;

use plimsoll_core::{Error, ErrorKind, Query, Result, Table};
use plimsoll_csv::Choice;

use self::column::{Bounds, Column};
use crate::{Engine, Footprint};

/// A file's dialect and its columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Description {
    /// The settings of the dialect; none for an Arrow file.
    pub dialect: Vec<Choice>,
    /// The columns, in file order.
    pub columns: Vec<ColumnSummary>,
    /// What the pass cost.
    pub footprint: Footprint,
}

/// A column in a few figures. Values are texts as CAST to VARCHAR gives them; of long texts the first bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnSummary {
    /// Its name.
    pub name: String,
    /// Its SQL type.
    pub data_type: String,
    /// NULLs.
    pub nulls: u64,
    /// Distinct values.
    pub distinct: u64,
    /// Whether `distinct` is exact; else its standard error is some per cent.
    pub distinct_exact: bool,
    /// The least value.
    pub min: Option<String>,
    /// The greatest.
    pub max: Option<String>,
    /// The mean of numbers: exact sums, rounded once.
    pub mean: Option<f64>,
    /// The values at or below which a quarter, a half and three quarters of the others lie; none of texts and truth values.
    pub quartiles: Option<[String; 3]>,
    /// Whether they are those of all values, and not of a sample.
    pub quartiles_exact: bool,
    /// Up to three values that stand there most often, and how often; none where no value stands out.
    pub top: Vec<(String, u64)>,
    /// Whether the counts are exact; else they are the least that there can be.
    pub top_exact: bool,
}

impl Engine {
    /// Reads a file once and summarizes its columns. The scan begins anew where a cell's type is wider than the head sample
    /// told.
    ///
    /// # Errors
    /// Any of a query over all columns.
    pub fn describe(&self, table: &Table) -> Result<Description> {
        let mut stream = self.query(Query::new(table.clone())).stream()?;
        let width = stream.schema().fields().len();
        let bounds = Bounds::of(width);
        let mut held = stream.consumer("describe").reservation();
        held.try_grow(bounds.bytes().saturating_mul(width as u64)).map_err(|exceeded| {
            let hint = "raise the memory limit".to_owned();
            Error::from(ErrorKind::MemoryLimit { message: exceeded.to_string(), hint })
        })?;
        let start = || (0..width).map(|_| Column::new(bounds)).collect::<Vec<_>>();
        let mut columns = start();
        while let Some((anew, batch)) = stream.next_of_scan()? {
            if anew {
                columns = start();
            }
            columns.iter_mut().zip(batch.columns()).for_each(|(column, array)| column.add(array));
        }
        let fields = stream.result_schema()?.fields;
        let columns = columns.iter().zip(fields);
        let columns =
            columns.map(|(column, field)| column.summary(&field.name, field.data_type.to_string())).collect();
        let footprint = stream.footprint();
        Ok(Description { dialect: footprint.dialect.clone(), columns, footprint })
    }
}
