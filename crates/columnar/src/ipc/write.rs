//! Writes a file beside its place, and renames it once it is whole.

use std::fs::{File, Permissions};
use std::io::{self, BufWriter};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::error::ArrowError;
use arrow_ipc::MetadataVersion;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions};
use plimsoll_core::{Error, Result};
use tempfile::{NamedTempFile, TempPath};

use super::ROWS_KEY;
use super::columns::{FileColumn, arrow_schema};
use crate::Form;

/// Every buffer begins at a multiple of this, so that arrays of any type can lie in the map as they are.
const ALIGNMENT: usize = 64;

/// A file that is being written. Dropped before it is finished, it leaves nothing.
pub(crate) struct IpcWriter {
    /// What errors call it.
    name: PathBuf,
    /// Where it goes.
    target: PathBuf,
    unfinished: TempPath,
    writer: FileWriter<BufWriter<File>>,
    rows: u64,
}

impl IpcWriter {
    /// Begins a file of these columns.
    ///
    /// # Errors
    /// `Io`.
    pub(crate) fn create(path: &Path, columns: &[FileColumn], form: Form) -> Result<Self> {
        let begin = || -> Result<(PathBuf, NamedTempFile), io::Error> {
            // A link stays, and what it names is replaced.
            let target = if path.exists() { path.canonicalize()? } else { path.to_owned() };
            let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
            let folder = folder.unwrap_or(Path::new("."));
            // Asked for its own error: that of a temporary file names a file that nobody has heard of.
            folder.metadata()?;
            if target.is_dir() {
                return Err(io::ErrorKind::IsADirectory.into());
            }
            // As a file that open(2) makes: the process's mask takes its bits away.
            let mode = Permissions::from_mode(0o666);
            let file = tempfile::Builder::new().prefix(".plimsoll-").permissions(mode).tempfile_in(folder)?;
            if let Ok(earlier) = target.metadata() {
                file.as_file().set_permissions(earlier.permissions())?;
            }
            Ok((target, file))
        };
        let (target, file) = begin().map_err(|error| Error::io(path, error))?;
        let (file, unfinished) = file.into_parts();
        let writer = IpcWriteOptions::try_new(ALIGNMENT, false, MetadataVersion::V5).and_then(|options| {
            FileWriter::try_new_with_options(BufWriter::new(file), &arrow_schema(columns, form), options)
        });
        let writer = writer.map_err(|error| named(path, error))?;
        Ok(IpcWriter { name: path.to_owned(), target, unfinished, writer, rows: 0 })
    }

    /// Writes a chunk.
    ///
    /// # Errors
    /// `Io`, and `File` for columns of other types than the file's.
    pub(crate) fn write(&mut self, columns: Vec<ArrayRef>, rows: usize) -> Result<()> {
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let schema = self.writer.schema().clone();
        let batch = RecordBatch::try_new_with_options(schema, columns, &options);
        let written = batch.and_then(|batch| self.writer.write(&batch));
        self.rows += rows as u64;
        written.map_err(|error| named(&self.name, error))
    }

    /// Says that everything is written: the file takes its place now.
    ///
    /// # Errors
    /// `Io`.
    pub(crate) fn finish(mut self) -> Result<()> {
        self.writer.write_metadata(ROWS_KEY, self.rows.to_string());
        self.writer.finish().map_err(|error| named(&self.name, error))?;
        drop(self.writer);
        self.unfinished.persist(self.target).map_err(|error| Error::io(self.name, error.error))
    }
}

fn named(path: &Path, error: ArrowError) -> Error {
    match error {
        ArrowError::IoError(_, source) => Error::io(path, source),
        other => Error::file(path, format!("it cannot be written: {other}"), ""),
    }
}
