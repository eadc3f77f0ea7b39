//! The store: columns that are read again and again. It runs no query and starts no thread.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use plimsoll_core::{Error, Field, Result, Schema};
use plimsoll_kernels::Block;
use plimsoll_memory::size::{DeepSize, Visitor, deep_size, shallow_size};
use plimsoll_memory::{Consumer, impl_deep_size};

use crate::chunks::{CHUNK_ROWS, Chunk, Pieces, for_each_chunk};
use crate::column::{Chunks, Column};
use crate::decode::{decode, decoded_bytes};
use crate::encode::Encoder;
use crate::hold::{Hold, bytes_of};
use crate::ipc::{Access, FileBlocks, FileColumn, IpcFile, IpcWriter};
use crate::{ColumnReport, Form, Reason};

/// Columns of one table, each in chunks of at most 65536 rows.
///
/// What it holds on the heap is reserved from the consumer that it was made with, and given back when it is dropped.
/// Its [`DeepSize`] is what the allocator gave for it; see [`Store::heap_bytes`].
#[derive(Debug)]
pub struct Store {
    schema: Arc<Schema>,
    form: Form,
    columns: Vec<Column>,
    /// The first row of each chunk, and behind them the number of rows.
    starts: Vec<u64>,
    hold: Hold,
}

impl_deep_size!(struct Store { schema, form: _, columns, starts, hold: _ });

impl Store {
    /// Takes the rows of `blocks`, which must all have the columns of `schema`. Beside what the store comes to, only the
    /// blocks of one chunk and a copy of one column of it are held meanwhile.
    ///
    /// # Errors
    /// What a block fails with, `Plan` for a block of other columns, and `MemoryLimit`.
    pub fn from_blocks(
        schema: Schema,
        form: Form,
        blocks: impl IntoIterator<Item = Result<Block>>,
        consumer: &Consumer,
    ) -> Result<Self> {
        let mut hold = Hold::new(consumer);
        let encoders = schema.fields.iter().map(|field| Encoder::new(field.clone(), form)).collect();
        let (columns, mut starts) = build(encoders, vec![0], None, blocks.into_iter(), &schema, &mut hold)?;
        starts.shrink_to_fit();
        let mut store = Store { schema: Arc::new(schema), form, columns, starts, hold };
        store.settle()?;
        Ok(store)
    }

    /// Reads an Arrow IPC file into memory, a chunk at a time. The file may be one that a store has [saved](Store::save), or
    /// of anyone else.
    ///
    /// # Errors
    /// `Io`, `MemoryLimit`, and `File` for a file that is cut short or damaged, is compressed, or has columns of types that
    /// no column of a CSV file has.
    pub fn open(path: &Path, form: Form, consumer: &Consumer) -> Result<Self> {
        let file = IpcFile::open(path, Access::Read)?;
        let schema = Schema::new(file.columns().iter().map(|column| column.field.clone()).collect());
        let blocks = FileBlocks::new(file, &schema, Hold::new(&consumer.child("read")));
        Store::from_blocks(schema, form, blocks, consumer)
    }

    /// Opens an Arrow IPC file through a map: no value is copied, but for numbers that do not lie at a multiple of
    /// their size, as some writers leave them. Reads the heads of the file's parts and its dictionaries now; each chunk is
    /// checked when it is first read.
    ///
    /// The file must not be changed while the store is there: not by writing into it, and not by making it shorter, which
    /// ends the process with a signal once a missing page is read. [`Store::save`] and [`Store::load_mapped`] replace a file
    /// and do not change it, so both may be called on the very file that is mapped.
    ///
    /// # Errors
    /// Those of [`Store::open`].
    pub fn open_mapped(path: &Path, consumer: &Consumer) -> Result<Self> {
        let file = Arc::new(IpcFile::open(path, Access::Mapped)?);
        let schema = Schema::new(file.columns().iter().map(|column| column.field.clone()).collect());
        let column = |(column, known): (usize, &FileColumn)| {
            let read = file.rows().iter().map(|_| OnceLock::new()).collect();
            let chunks = Chunks::Mapped { file: Arc::clone(&file), column, read };
            let FileColumn { field, physical } = known.clone();
            Column { field, physical, chunks, reason: Reason::Stored }
        };
        let columns = file.columns().iter().enumerate().map(column).collect();
        let mut starts = vec![0];
        file.rows()
            .iter()
            .for_each(|rows| starts.push(starts.last().map_or(0, |start| start + *rows as u64)));
        let mut store =
            Store { schema: Arc::new(schema), form: file.form(), columns, starts, hold: Hold::new(consumer) };
        store.settle()?;
        Ok(store)
    }

    /// Writes the columns as they are held to an Arrow IPC file that any reader of Arrow takes, beside its place, and puts
    /// it there once it is whole. What the values are, where the Arrow type does not say it (the scale of an `Int16`), stands
    /// beside each field under `plimsoll.logical`.
    ///
    /// # Errors
    /// `Io`.
    pub fn save(&self, path: &Path) -> Result<()> {
        let columns: Vec<FileColumn> = self
            .columns
            .iter()
            .map(|column| FileColumn { field: column.field.clone(), physical: column.physical.clone() })
            .collect();
        let mut writer = IpcWriter::create(path, &columns, self.form)?;
        for at in 0..self.chunks() {
            let arrays = self.columns.iter().map(|column| column.chunk(at)).collect::<Result<_>>()?;
            writer.write(arrays, self.chunk_rows(at))?;
        }
        writer.finish()
    }

    /// Takes more rows behind those that there are. Either all of them are taken, or the store is as it was: so while
    /// columns are widened for them, those are held twice.
    ///
    /// # Errors
    /// Those of [`Store::from_blocks`], and `Plan` for a mapped store, whose file nobody changes.
    pub fn append(&mut self, blocks: impl IntoIterator<Item = Result<Block>>) -> Result<()> {
        if self.is_mapped() {
            return Err(Error::plan(
                "a mapped store takes no rows",
                "open the file into memory, append and save it",
            ));
        }
        let mut hold = self.hold.another();
        // The last chunk is opened again, so that many small appends do not leave many small chunks.
        let last = self.chunks().checked_sub(1).filter(|last| self.chunk_rows(*last) < CHUNK_ROWS);
        let kept = last.unwrap_or(self.chunks());
        let encoders = self.columns.iter().map(|column| Encoder::resume(column, self.form, kept, &mut hold));
        let encoders = encoders.collect::<Result<_>>()?;
        let first = last.map(|last| self.reopen(last, &mut hold)).transpose()?;
        let starts = self.starts[..=kept].to_vec();
        let (columns, mut starts) =
            build(encoders, starts, first, blocks.into_iter(), &self.schema, &mut hold)?;
        starts.shrink_to_fit();
        (self.columns, self.starts) = (columns, starts);
        self.hold.absorb(hold);
        self.settle()
    }

    /// Gives a column up; those behind it move one place forward.
    ///
    /// # Errors
    /// `Plan` for a column that is not there.
    pub fn drop_column(&mut self, index: usize) -> Result<()> {
        if index >= self.columns.len() {
            let message = format!("the store has {} columns, and none of number {index}", self.columns.len());
            return Err(Error::plan(message, ""));
        }
        self.columns.remove(index);
        self.columns.shrink_to_fit();
        let mut schema = Schema::clone(&self.schema);
        schema.fields.remove(index);
        schema.fields.shrink_to_fit();
        self.schema = Arc::new(schema);
        self.settle()
    }

    /// Names and types of the columns.
    #[must_use]
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// Whether the columns are those of `expected`, in any form.
    ///
    /// # Errors
    /// `Plan` that names the first difference.
    pub fn expect_schema(&self, expected: &Schema) -> Result<()> {
        let shown = |field: Option<&Field>| match field {
            Some(field) => format!("{} {}", field.name, field.data_type),
            None => "no column".to_owned(),
        };
        let (own, wanted) = (&self.schema.fields, &expected.fields);
        let differs = (0..own.len().max(wanted.len())).find(|at| own.get(*at) != wanted.get(*at));
        match differs {
            None => Ok(()),
            Some(at) => Err(Error::plan(
                format!(
                    "column {} of the store is {}, not {}",
                    at + 1,
                    shown(own.get(at)),
                    shown(wanted.get(at))
                ),
                "load the store again",
            )),
        }
    }

    /// The form of the columns. That of a mapped file of somebody else is plain, whatever its types are.
    #[must_use]
    pub fn form(&self) -> Form {
        self.form
    }

    /// Whether the values lie in a mapped file.
    #[must_use]
    pub fn is_mapped(&self) -> bool {
        self.columns.iter().any(|column| matches!(column.chunks, Chunks::Mapped { .. }))
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.starts.last().copied().unwrap_or(0)
    }

    /// What each column is held as, what it takes, and why.
    #[must_use]
    pub fn columns(&self) -> Vec<ColumnReport> {
        self.columns
            .iter()
            .map(|column| ColumnReport {
                name: column.field.name.clone(),
                logical: column.field.data_type,
                physical: column.physical.clone(),
                heap_bytes: deep_size(column).total - shallow_size(column),
                mapped_bytes: column.mapped_bytes(),
                reason: column.reason,
            })
            .collect()
    }

    /// Bytes of the heap that dropping the store gives back: buffers by capacity, with the structures around them. What
    /// is in it that the allocator also sees is exact; what is not is the open file of a mapped store (its footer's figures).
    #[must_use]
    pub fn heap_bytes(&self) -> u64 {
        let mut visitor = Visitor::new();
        self.visit_heap(&mut visitor);
        visitor.size().total
    }

    /// Bytes of values in the mapped file: pages that the system drops and reads again as it likes.
    #[must_use]
    pub fn mapped_bytes(&self) -> u64 {
        self.columns.iter().map(Column::mapped_bytes).sum()
    }

    /// How many chunks.
    pub(crate) fn chunks(&self) -> usize {
        self.starts.len() - 1
    }

    /// The rows of a chunk.
    pub(crate) fn chunk_rows(&self, at: usize) -> usize {
        usize::try_from(self.starts[at + 1] - self.starts[at]).unwrap_or(usize::MAX)
    }

    /// The first row of a chunk.
    pub(crate) fn start(&self, at: usize) -> u64 {
        self.starts[at]
    }

    pub(crate) fn column(&self, index: usize) -> &Column {
        &self.columns[index]
    }

    /// Makes the reservation what is really held.
    fn settle(&mut self) -> Result<()> {
        let bytes = self.heap_bytes() + shallow_size(self);
        self.hold.resize(bytes)
    }

    /// A chunk as the first rows of another.
    fn reopen(&self, at: usize, hold: &mut Hold) -> Result<Chunk> {
        let columns = self.columns.iter().map(|column| {
            let narrow = column.chunk(at)?;
            let most = decoded_bytes(&narrow, column.field.data_type) + bytes_of(&narrow);
            let plain = hold.array(most, || decode(&narrow, column.field.data_type))?;
            let bytes = bytes_of(&plain);
            Ok(Pieces::reserved(plain, bytes))
        });
        Ok(Chunk { columns: columns.collect::<Result<_>>()?, rows: self.chunk_rows(at) })
    }
}

/// The columns that encoders make of more rows, and where their chunks begin.
fn build(
    mut encoders: Vec<Encoder>,
    mut starts: Vec<u64>,
    first: Option<Chunk>,
    blocks: impl Iterator<Item = Result<Block>>,
    schema: &Schema,
    hold: &mut Hold,
) -> Result<(Vec<Column>, Vec<u64>)> {
    for_each_chunk(first, blocks, schema, hold, |chunk, hold| {
        for (encoder, pieces) in encoders.iter_mut().zip(chunk.columns) {
            let joined = pieces.join(hold)?;
            encoder.push(joined, hold)?;
        }
        let start = starts.last().map_or(0, |start| start + chunk.rows as u64);
        starts.push(start);
        Ok(())
    })?;
    let mut columns: Vec<Column> =
        encoders.into_iter().map(|encoder| encoder.finish(hold)).collect::<Result<_>>()?;
    // Collected in the place of the encoders, which are larger.
    columns.shrink_to_fit();
    Ok((columns, starts))
}
