//! The sample: windows spread evenly over a file, and what they say of the number of its records. Judges no cell.

use plimsoll_core::{Error, Result, Table};
use plimsoll_csv::{CsvFile, Window};

use super::distinct::hash;

/// The most bytes of a sample of a large file,
const MOST: u64 = 4 << 20;
/// as of a smaller one this part,
const SHARE: u64 = 100;
/// but never less than this, so that small files are read whole.
const LEAST: u64 = 256 << 10;

/// Bytes of a window: as few as hold enough records, so that there are many windows. A file that is sorted by some column
/// shows in how little one window has in common with another.
const WINDOW: usize = 16 << 10;
const RECORDS: usize = 32;

/// Windows of a file.
#[derive(Debug)]
pub(super) struct Sample {
    pub(super) file: CsvFile,
    /// In the order of the file.
    pub(super) windows: Vec<Window>,
    /// Bytes of the file.
    pub(super) file_bytes: u64,
    /// Bytes of the records that were seen.
    pub(super) bytes: u64,
    /// The share of the data's bytes that were seen; 1 where all were.
    pub(super) share: f64,
}

/// How many records a file has, as far as is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Records {
    pub(super) count: u64,
    /// The standard error as a share of the count.
    pub(super) error: f64,
}

impl Sample {
    /// Reads at most `max(min(4 MiB, 1% of the file), min(256 KiB, the file))`, but always at least one record. The first
    /// window begins with the data, the last ends with it, so that the ends of a column that ascends are seen.
    ///
    /// # Errors
    /// Those of [`CsvFile::open`] and [`CsvFile::window`].
    pub(super) fn take(table: &Table) -> Result<Self> {
        let file = CsvFile::open(&table.path, &table.options)?;
        let Some(file_bytes) = file.length() else {
            return Err(Error::plan(
                "an input that can be read only once gives no sample",
                "save the stream to a file",
            ));
        };
        let start = file.data_start();
        let data = file_bytes.saturating_sub(start);
        let wanted = MOST.min(file_bytes / SHARE).max(LEAST.min(file_bytes));
        let windows = if wanted >= data { vec![whole(&file)?] } else { spread(&file, start, data, wanted)? };
        let bytes: u64 = windows.iter().map(Window::record_bytes).sum();
        let share = if windows.len() == 1 { 1.0 } else { bytes as f64 / data as f64 };
        Ok(Sample { file, windows, file_bytes, bytes, share })
    }

    /// Whether all records were seen.
    pub(super) fn is_whole(&self) -> bool {
        self.windows.len() == 1
    }

    /// The file's data over the mean bytes of a record. The error is that of a ratio of two sums over windows (Cochran,
    /// *Sampling Techniques*, 1977, chapter 6): records of one window are not independent, windows are taken to be.
    pub(super) fn records(&self) -> Records {
        let seen: usize = self.windows.iter().map(Window::records).sum();
        if self.is_whole() {
            return Records { count: seen as u64, error: 0.0 };
        }
        let data = (self.file_bytes - self.file.data_start()) as f64;
        let ratio = seen as f64 / (self.bytes.max(1)) as f64;
        let apart = |window: &Window| window.records() as f64 - ratio * window.record_bytes() as f64;
        let squares: f64 = self.windows.iter().map(|window| apart(window).powi(2)).sum();
        let windows = self.windows.len() as f64;
        let spread = (squares * windows / (windows - 1.0) * (1.0 - self.share)).sqrt();
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is not negative")]
        let count = (ratio * data).round() as u64;
        Records { count, error: spread / seen.max(1) as f64 }
    }
}

fn whole(file: &CsvFile) -> Result<Window> {
    let bytes = file.length().unwrap_or(0);
    file.window(0, usize::try_from(bytes).unwrap_or(usize::MAX))
}

fn spread(file: &CsvFile, start: u64, data: u64, wanted: u64) -> Result<Vec<Window>> {
    let mut length = WINDOW;
    let first = loop {
        if length as u64 >= data {
            return Ok(vec![whole(file)?]);
        }
        let first = file.window(start, length)?;
        let grows = first.records() == 0 || first.records() < RECORDS && length as u64 * 4 <= wanted;
        if !grows {
            break first;
        }
        length *= 2;
    };
    // A window reads a quarter more, for the record that it ends in.
    let count = (wanted / (length as u64 * 5 / 4)).clamp(2, data / length as u64 + 1);
    let room = data - length as u64;
    let stride = room / (count - 1);
    // Not to fall in step with a file whose records repeat, each but the first and the last stands somewhere in its stretch.
    let play = stride.saturating_sub(length as u64 * 5 / 4).max(1);
    let mut windows = vec![first];
    for at in 1..count - 1 {
        let offset = stride * at + hash((at, "window")) % play - play / 2;
        windows.push(file.window(start + offset.min(room), length)?);
    }
    windows.push(file.window(start + room, length)?);
    Ok(windows)
}
