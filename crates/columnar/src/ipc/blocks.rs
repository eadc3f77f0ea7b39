//! The rows of a file as blocks that the kernels take, with one chunk of the file in memory at a time.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef};
use plimsoll_core::{Error, Result, Schema};
use plimsoll_kernels::Block;

use super::IpcFile;
use crate::chunks::copied;
use crate::decode::decode;
use crate::hold::Hold;

/// The blocks of a file, in order.
#[derive(Debug)]
pub(crate) struct FileBlocks {
    file: IpcFile,
    schema: Arc<Schema>,
    hold: Hold,
    /// The next chunk to read.
    chunk: usize,
    /// The columns of the chunk before it, and how many rows of it were not given yet.
    arrays: Vec<ArrayRef>,
    left: usize,
    position: u64,
}

impl FileBlocks {
    /// All blocks of `file`, whose columns are those of `schema`; a chunk is reserved before it is read.
    pub(crate) fn new(file: IpcFile, schema: &Schema, hold: Hold) -> Self {
        let schema = Arc::new(schema.clone());
        FileBlocks { file, schema, hold, chunk: 0, arrays: Vec::new(), left: 0, position: 0 }
    }

    fn pull(&mut self) -> Result<Option<Block>> {
        while self.left == 0 {
            self.arrays.clear();
            let Some(rows) = self.file.rows().get(self.chunk) else { return Ok(None) };
            self.hold.resize(self.file.chunk_bytes(self.chunk))?;
            self.left = *rows;
            self.arrays = self.file.chunk(self.chunk)?;
            self.chunk += 1;
        }
        let rows = Block::ROWS.min(self.left);
        let first = self.file.rows()[self.chunk - 1] - self.left;
        let columns = self.arrays.iter().zip(&self.schema.fields);
        // Copied, so that nobody keeps the whole chunk for the sake of a part of it.
        let columns = columns.map(|(array, field)| {
            let part = copied(&decode(&array.slice(first, rows), field.data_type)?);
            part.map_err(|error| Error::value(format!("the values of a column cannot be copied: {error}")))
        });
        let columns = columns.collect::<Result<_>>()?;
        let block = Block { position: self.position, schema: Arc::clone(&self.schema), columns, rows };
        self.left -= rows;
        self.position += rows as u64;
        Ok(Some(block))
    }
}

impl Iterator for FileBlocks {
    type Item = Result<Block>;

    fn next(&mut self) -> Option<Self::Item> {
        self.pull().transpose()
    }
}
