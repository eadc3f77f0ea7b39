//! The rows that a [`Sort`](crate::Sort) holds, and their order.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, UInt64Array};
use arrow::compute::{SortOptions, interleave};
use arrow::datatypes::DataType as ArrowType;
use arrow::error::ArrowError;
use arrow_row::{RowConverter, Rows, SortField};
use plimsoll_core::{DataType, Error, Result, SortKey};
use plimsoll_kernels::Block;
use plimsoll_kernels::arrays::{arrow_type, result_array};
use plimsoll_kernels::group::widen;

use crate::plumbing::Memory;

/// Pieces of rows: the columns of a block, and behind them the rows' positions. Decimals are 128 bits wide.
#[derive(Debug, Default)]
pub(crate) struct Held {
    pieces: Vec<Vec<ArrayRef>>,
    rows: usize,
    bytes: usize,
}

impl Held {
    /// How many rows.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Heap bytes held.
    pub(crate) fn size(&self) -> usize {
        self.bytes
    }

    pub(crate) fn push(&mut self, block: &Block) {
        if block.rows > 0 {
            let positions = UInt64Array::from_iter_values((block.position..).take(block.rows));
            let columns = block.columns.iter().zip(&block.schema.fields);
            let columns = columns.map(|(column, field)| result_array(column, field.data_type));
            self.push_piece(columns.chain([Arc::new(positions) as ArrayRef]).collect());
        }
    }

    /// Brings all rows to wider types.
    pub(crate) fn widen(&mut self, types: &[DataType]) -> Result<()> {
        for piece in std::mem::take(self).pieces {
            let columns = piece.iter().zip(types).map(|(column, to)| widen(column, *to));
            let mut columns: Vec<ArrayRef> = columns.collect::<Result<_>>()?;
            columns.extend(piece.into_iter().skip(types.len()));
            self.push_piece(columns);
        }
        Ok(())
    }

    /// The places (piece and row in it) of the first `limit` rows in the order of the keys.
    pub(crate) fn order(
        &self,
        keys: &[SortKey],
        types: &[DataType],
        limit: usize,
        memory: &mut Memory,
    ) -> Result<Vec<(u32, u32)>> {
        let fields = keys.iter().map(|key| {
            let options = SortOptions { descending: key.descending, nulls_first: key.nulls_first };
            SortField::new_with_options(arrow_type(types[key.output]), options)
        });
        // The position comes last: nothing ties.
        let fields = fields.chain([SortField::new(ArrowType::UInt64)]).collect();
        let converter = RowConverter::new(fields).map_err(failed)?;
        let mut rows = Vec::with_capacity(self.pieces.len());
        let mut places = Vec::with_capacity(self.rows);
        let mut bytes = self.bytes + self.rows * size_of::<(u32, u32)>();
        #[allow(clippy::cast_possible_truncation, reason = "no memory holds 2^32 blocks")]
        for (piece, columns) in self.pieces.iter().enumerate() {
            let keys = keys.iter().map(|key| &columns[key.output]).chain(columns.last());
            let keys: Vec<ArrayRef> = keys.cloned().collect();
            let encoded: Rows = converter.convert_columns(&keys).map_err(failed)?;
            places.extend((0..encoded.num_rows()).map(|row| (piece as u32, row as u32)));
            bytes += encoded.size();
            memory.hold(bytes)?;
            rows.push(encoded);
        }
        let row = |place: &(u32, u32)| rows[place.0 as usize].row(place.1 as usize);
        if places.len() > limit {
            places.select_nth_unstable_by(limit - 1, |a, b| row(a).cmp(&row(b)));
            places.truncate(limit);
        }
        places.sort_unstable_by(|a, b| row(a).cmp(&row(b)));
        Ok(places)
    }

    /// Drops all rows but those at these places.
    pub(crate) fn keep(&mut self, places: &[(u32, u32)]) -> Result<()> {
        let mut kept = Held::default();
        for places in places.chunks(Block::ROWS) {
            kept.push_piece(self.gather(places)?);
        }
        *self = kept;
        Ok(())
    }

    /// The rows at these places: the columns, then the positions.
    pub(crate) fn gather(&self, places: &[(u32, u32)]) -> Result<Vec<ArrayRef>> {
        let places: Vec<_> = places.iter().map(|(piece, row)| (*piece as usize, *row as usize)).collect();
        let columns = self.pieces.first().map_or(0, Vec::len);
        let gathered = (0..columns).map(|column| {
            let pieces: Vec<&dyn Array> = self.pieces.iter().map(|piece| piece[column].as_ref()).collect();
            interleave(&pieces, &places).map_err(failed)
        });
        gathered.collect()
    }

    fn push_piece(&mut self, columns: Vec<ArrayRef>) {
        self.rows += columns.last().map_or(0, |positions| positions.len());
        self.bytes += columns.iter().map(|column| column.get_array_memory_size()).sum::<usize>();
        self.pieces.push(columns);
    }
}

fn failed(error: ArrowError) -> Error {
    Error::value(format!("rows cannot be sorted: {error}"))
}
