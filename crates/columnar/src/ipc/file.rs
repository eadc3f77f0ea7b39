//! An open IPC file: its columns, chunk by chunk.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::datatypes::{DataType as ArrowType, SchemaRef};
use arrow_ipc::reader::{RecordBatchDecoder, read_dictionary};
use arrow_ipc::{MessageHeader, MetadataVersion};
use plimsoll_core::{Error, Result};

use super::admit::admit;
use super::columns::{FileColumn, columns_of};
use super::input::{Access, Input};
use super::layout::{Extent, Failure, Layout};
use super::message::{check, check_version, message, record_batch};
use crate::Form;

/// What to do about a file that is not as it should be.
const HINT: &str = "write the file again, uncompressed, or name the CSV file that it was made from";

/// A file whose structure was found whole. Its values are checked when they are read.
#[derive(Debug)]
pub(crate) struct IpcFile {
    path: PathBuf,
    input: Input,
    version: MetadataVersion,
    arrow_schema: SchemaRef,
    columns: Vec<FileColumn>,
    form: Form,
    batches: Vec<Extent>,
    rows: Vec<usize>,
    /// Bytes of each column's buffers and dictionary.
    bytes: Vec<u64>,
    dictionaries: HashMap<i64, ArrayRef>,
}

impl IpcFile {
    /// Opens a file, and reads its footer, the heads of its messages and its dictionaries.
    ///
    /// # Errors
    /// `Io`, and `File` for anything that is not as it should be.
    pub(crate) fn open(path: &Path, access: Access) -> Result<Self> {
        let open = || -> Result<Self, Failure> {
            let input = Input::new(File::open(path)?, access)?;
            let layout = Layout::read(&input)?;
            let (columns, form) = columns_of(&layout.schema)?;
            let bytes = vec![0; columns.len()];
            let mut file = IpcFile {
                path: path.to_owned(),
                input,
                version: layout.version,
                arrow_schema: layout.schema,
                columns,
                form,
                batches: layout.batches,
                rows: Vec::new(),
                bytes,
                dictionaries: HashMap::new(),
            };
            file.count_rows(layout.rows)?;
            layout.dictionaries.iter().try_for_each(|extent| file.read_dictionary(*extent))?;
            Ok(file)
        };
        open().map_err(|failure| named(path, failure))
    }

    /// The columns, in order.
    pub(crate) fn columns(&self) -> &[FileColumn] {
        &self.columns
    }

    /// The form of its columns; plain where it does not say.
    pub(crate) fn form(&self) -> Form {
        self.form
    }

    /// The rows of each chunk.
    pub(crate) fn rows(&self) -> &[usize] {
        &self.rows
    }

    /// Bytes that a column has in the file.
    pub(crate) fn column_bytes(&self, column: usize) -> u64 {
        self.bytes[column]
    }

    /// Bytes that a chunk has in the file.
    pub(crate) fn chunk_bytes(&self, chunk: usize) -> u64 {
        self.batches[chunk].body + self.batches[chunk].header
    }

    /// One column of one chunk; through a map, its values lie in the file, where that has them aligned.
    ///
    /// # Errors
    /// `Io`, and `File` for values that are not as they should be.
    pub(crate) fn column(&self, chunk: usize, column: usize) -> Result<ArrayRef> {
        let arrays = self.decode(chunk, Some(&[column])).map_err(|failure| named(&self.path, failure))?;
        arrays.into_iter().next().ok_or_else(|| Error::file(&self.path, "a column is missing", HINT))
    }

    /// All columns of one chunk.
    ///
    /// # Errors
    /// Those of [`IpcFile::column`].
    pub(crate) fn chunk(&self, chunk: usize) -> Result<Vec<ArrayRef>> {
        self.decode(chunk, None).map_err(|failure| named(&self.path, failure))
    }

    fn types(&self) -> Vec<&ArrowType> {
        self.columns.iter().map(|column| &column.physical).collect()
    }

    fn count_rows(&mut self, told: Option<u64>) -> Result<(), Failure> {
        let mut bytes = std::mem::take(&mut self.bytes);
        let types = self.types();
        let mut rows = Vec::with_capacity(self.batches.len());
        for extent in &self.batches {
            let header = self.input.bytes(extent.header())?;
            let message = message(&header)?;
            check_version(&message, self.version)?;
            let (batch, columns) = record_batch(&message, &types, extent.body)?;
            rows.push(usize::try_from(batch.length()).map_err(|_| "a message has too many rows".to_owned())?);
            bytes.iter_mut().zip(columns).for_each(|(sum, bytes)| *sum += bytes);
        }
        let total = rows.iter().try_fold(0_u64, |total, rows| total.checked_add(*rows as u64));
        if let (Some(told), total) = (told, total)
            && total != Some(told)
        {
            return Err(format!("it says that it has {told} rows, and does not").into());
        }
        total.ok_or_else(|| "it has too many rows".to_owned())?;
        (self.rows, self.bytes) = (rows, bytes);
        Ok(())
    }

    fn read_dictionary(&mut self, extent: Extent) -> Result<(), Failure> {
        let header = self.input.bytes(extent.header())?;
        let message = message(&header)?;
        check_version(&message, self.version)?;
        if message.header_type() != MessageHeader::DictionaryBatch {
            return Err(format!("there is a {:?} where a dictionary should be", message.header_type()).into());
        }
        let dictionary =
            message.header_as_dictionary_batch().ok_or_else(|| "a dictionary is missing".to_owned())?;
        let batch = dictionary.data().ok_or_else(|| "a dictionary has no values".to_owned())?;
        #[expect(deprecated, reason = "Arrow has no other way to tell which field a dictionary belongs to")]
        let owners: Vec<bool> =
            self.arrow_schema.fields().iter().map(|field| field.dict_id() == Some(dictionary.id())).collect();
        let owner = owners.iter().position(|owns| *owns);
        let Some(ArrowType::Dictionary(_, values)) = owner.map(|owner| &self.columns[owner].physical) else {
            return Err(format!("a dictionary {} belongs to no column", dictionary.id()).into());
        };
        check(&batch, &[values], extent.body)?;
        let body = self.input.bytes(extent.body())?;
        let schema = Arc::clone(&self.arrow_schema);
        read_dictionary(&body, dictionary, &schema, &mut self.dictionaries, &self.version)
            .map_err(|error| format!("a dictionary cannot be read: {error}"))?;
        self.bytes.iter_mut().zip(owners).filter(|(_, owns)| *owns).for_each(|(sum, _)| *sum += extent.body);
        Ok(())
    }

    fn decode(&self, chunk: usize, projection: Option<&[usize]>) -> Result<Vec<ArrayRef>, Failure> {
        let extent = self.batches[chunk];
        let header = self.input.bytes(extent.header())?;
        let message = message(&header)?;
        check_version(&message, self.version)?;
        // A map may have changed since the file was opened.
        let (batch, _) = record_batch(&message, &self.types(), extent.body)?;
        if usize::try_from(batch.length()) != Ok(self.rows[chunk]) {
            return Err("it was changed while it is open".to_owned().into());
        }
        let body = self.input.bytes(extent.body())?;
        let schema = Arc::clone(&self.arrow_schema);
        let decoded = RecordBatchDecoder::try_new(&body, batch, schema, &self.dictionaries, &self.version)
            .and_then(|decoder| decoder.with_projection(projection).read_record_batch());
        let decoded = decoded.map_err(|error| format!("rows cannot be read: {error}"))?;
        let all: Vec<usize> = (0..self.columns.len()).collect();
        let columns = projection.unwrap_or(&all).iter().map(|column| &self.columns[*column].field);
        decoded.columns().iter().zip(columns).try_for_each(|(array, field)| admit(array, field))?;
        Ok(decoded.columns().to_vec())
    }
}

fn named(path: &Path, failure: Failure) -> Error {
    match failure {
        Failure::Io(error) => Error::io(path, error),
        Failure::Damaged(message) => Error::file(path, message, HINT),
    }
}
