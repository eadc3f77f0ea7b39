//! `plimsoll footprint`: what each way of holding a file would need, by column, told from a sample of it.

use std::io::Write;
use std::sync::Arc;

use anyhow::Result;
use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use plimsoll_compare::Strategy;
use plimsoll_compare::predict::{Prediction, predict};
use plimsoll_compare::units::{counted, file_bytes};

use crate::args::FileArgs;
use crate::destination::Destination;
use crate::output::{self, Sink};
use crate::settings::{Settings, threads};
use crate::size::Size;
use crate::terminal::Terminal;

/// Strategies whose memory grows with the file, and the file of the one that is mapped.
const BY_COLUMN: [Strategy; 4] = [Strategy::Rows, Strategy::Columnar, Strategy::Compact, Strategy::Mapped];

/// Predicts and prints.
///
/// # Errors
/// Those of reading the sample, and `Io` from the file written.
pub(crate) fn run(args: FileArgs, terminal: Terminal) -> Result<()> {
    let threads = threads(&args.limits);
    let limit = args.limits.memory_limit.map(|Size(bytes)| bytes);
    let settings = Settings::resolve_file(args, terminal)?;
    let mut result = Destination::open(settings.output.as_deref())?;
    let prediction = predict(&settings.table(), threads)?;

    let batch = rows(&prediction)?;
    let name = result.name().to_owned();
    let mut sink = Sink::new(&mut result, name);
    let mut writer = output::writer(&settings, batch.schema());
    writer.begin(&mut sink)?;
    writer.write(&batch, &mut sink)?;
    writer.finish(&mut sink)?;
    result.commit()?;
    if settings.footer {
        let limit = limit.or_else(plimsoll::memory::process::default_limit);
        // Nothing is lost with a footer that nobody can read.
        let _ = std::io::stderr().write_all(footer(&prediction, limit).as_bytes());
    }
    Ok(())
}

/// A row for each column, and one for the whole file, in which what is beside the columns counts too.
fn rows(prediction: &Prediction) -> Result<RecordBatch> {
    let columns = &prediction.columns;
    let texts = |of: fn(&plimsoll_compare::predict::PredictedColumn) -> &str| -> ArrayRef {
        Arc::new(StringArray::from_iter(columns.iter().map(|column| Some(of(column))).chain([None])))
    };
    let names = columns.iter().map(|column| column.name.as_str()).chain(["all columns"]);
    let names: ArrayRef = Arc::new(StringArray::from_iter_values(names));
    let distinct = columns.iter().map(|column| Some(signed(column.distinct))).chain([None]);
    let distinct: ArrayRef = Arc::new(Int64Array::from_iter(distinct));
    let mut table = vec![
        ("column".to_owned(), names),
        ("type".to_owned(), texts(|column| &column.data_type)),
        ("compact as".to_owned(), texts(|column| &column.compact_as)),
        ("distinct".to_owned(), distinct),
    ];
    for strategy in BY_COLUMN {
        let whole = prediction.bytes.get(&strategy).copied();
        let bytes = columns.iter().map(|column| column.bytes.get(&strategy).copied()).chain([whole]);
        let bytes: ArrayRef = Arc::new(Int64Array::from_iter(bytes.map(|bytes| bytes.map(signed))));
        table.push((format!("{strategy} bytes"), bytes));
    }
    Ok(RecordBatch::try_from_iter_with_nullable(
        table.into_iter().map(|(name, column)| (name, column, true)),
    )?)
}

fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

/// What the prediction rests on, and what it recommends.
fn footer(prediction: &Prediction, limit: Option<u64>) -> String {
    let Prediction { file_bytes: whole, sampled_bytes, records, windows, .. } = prediction;
    let about = if sampled_bytes < whole { "about " } else { "" };
    #[allow(clippy::cast_precision_loss, reason = "a share is shown with two decimals")]
    let share = *sampled_bytes as f64 / (*whole).max(1) as f64 * 100.0;
    let mut text = format!(
        "{about}{} · from {share:.2} % of {}, {}\n",
        counted(*records, "record"),
        file_bytes(*whole),
        counted(*windows as u64, "window"),
    );
    if let Some(limit) = limit {
        text += &format!("{}\n", prediction.recommend(limit).reason);
    }
    text
}
