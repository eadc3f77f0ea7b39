//! A column of a store: its chunks, in memory or in a mapped file.

use std::sync::{Arc, OnceLock};

use arrow::array::ArrayRef;
use arrow::datatypes::DataType as ArrowType;
use plimsoll_core::{Field, Result};
use plimsoll_memory::impl_deep_size;
use plimsoll_memory::size::{DeepSize, Visitor};

use crate::Reason;
use crate::decode::decode;
use crate::ipc::IpcFile;

/// A column.
#[derive(Debug)]
pub(crate) struct Column {
    /// Its name and what its values are.
    pub(crate) field: Field,
    /// The type of its chunks.
    pub(crate) physical: ArrowType,
    pub(crate) chunks: Chunks,
    /// Why that type.
    pub(crate) reason: Reason,
}

/// The stretches of a column, in order. Those of all columns of a store have the same numbers of rows.
#[derive(Debug)]
pub(crate) enum Chunks {
    /// In memory.
    Held(Vec<ArrayRef>),
    /// In a mapped file.
    Mapped {
        file: Arc<IpcFile>,
        /// Which of the file's columns.
        column: usize,
        /// Each chunk once it was read: its values lie in the file.
        read: Vec<OnceLock<ArrayRef>>,
    },
}

impl_deep_size!(flat Reason);
impl_deep_size!(struct Column { field, physical, chunks, reason });

/// What lies in the mapped file is no memory of this process, and the file is the store's, not one column's.
impl DeepSize for Chunks {
    fn visit_heap(&self, visitor: &mut Visitor) {
        match self {
            Chunks::Held(chunks) => chunks.visit_heap(visitor),
            Chunks::Mapped { read, .. } => {
                visitor.block(size_of_val(read.as_slice()), 0);
                for array in read.iter().filter_map(OnceLock::get) {
                    visitor.block(2 * size_of::<usize>() + size_of_val(&**array), 0);
                }
            }
        }
    }
}

impl Column {
    /// A chunk as it is held. The first time that a chunk of a mapped file is asked for, it is checked.
    ///
    /// # Errors
    /// `File` for a chunk of a mapped file that is damaged, `Io`.
    pub(crate) fn chunk(&self, at: usize) -> Result<ArrayRef> {
        match &self.chunks {
            Chunks::Held(chunks) => Ok(Arc::clone(&chunks[at])),
            Chunks::Mapped { file, column, read } => {
                if let Some(array) = read[at].get() {
                    return Ok(Arc::clone(array));
                }
                // Where several threads read it at once, the first one's array is kept.
                let array = file.column(at, *column)?;
                Ok(Arc::clone(read[at].get_or_init(|| array)))
            }
        }
    }

    /// A chunk as the kernels take it.
    ///
    /// # Errors
    /// Those of [`Column::chunk`].
    pub(crate) fn plain(&self, at: usize) -> Result<ArrayRef> {
        decode(&self.chunk(at)?, self.field.data_type)
    }

    /// Bytes of the heap that the chunks of a mapped file take at most once they are read: their values stay in the file.
    pub(crate) fn unread_bytes(&self) -> u64 {
        /// An array's structure, with its place's counters and the type of a dictionary.
        const STRUCTURE: u64 = 256;
        match &self.chunks {
            Chunks::Held(_) => 0,
            Chunks::Mapped { read, .. } => {
                read.iter().filter(|array| array.get().is_none()).count() as u64 * STRUCTURE
            }
        }
    }

    /// Bytes of the values in a mapped file.
    pub(crate) fn mapped_bytes(&self) -> u64 {
        match &self.chunks {
            Chunks::Held(_) => 0,
            Chunks::Mapped { file, column, .. } => file.column_bytes(*column),
        }
    }
}
