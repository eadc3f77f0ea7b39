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
use plimsoll_kernels::spill::head;
use plimsoll_memory::Tag;
use rayon::ThreadPool;
use rayon::prelude::*;

use crate::plumbing::adopt;

/// So few rows that tie are compared by their keys.
const FEW_TIED: usize = 8;
/// How often heads are replaced by what comes behind them before keys are compared instead.
const LEVELS: usize = 64;
/// Fewer rows are sorted by one thread.
const MANY: usize = if cfg!(test) { 16 } else { 1 << 16 };

/// Rows in pieces.
#[derive(Debug)]
pub(crate) struct Held {
    keys: Vec<SortKey>,
    /// What encodes the keys of rows of these types.
    encoder: Option<(Vec<DataType>, RowConverter)>,
    pieces: Vec<Piece>,
    rows: usize,
    bytes: usize,
}

/// The rows of a block.
#[derive(Debug)]
pub(crate) struct Piece {
    /// The columns, and behind them the rows' positions. Decimals are 128 bits wide.
    columns: Vec<ArrayRef>,
    /// The keys and the position as bytes in whose order the rows are: nothing ties.
    keys: Rows,
}

impl Piece {
    /// Heap bytes, with a place in the order for each row.
    pub(crate) fn size(&self) -> usize {
        self.columns_size() + self.keys.size() + self.keys.num_rows() * size_of::<Place>()
    }

    fn columns_size(&self) -> usize {
        /// Bytes of an array that it does not tell: the head of its buffer, and what the allocator takes for each of both and
        /// the array. Blocks of many columns have few rows, and more of these than of values.
        const BESIDE: usize = 96;
        self.columns.iter().map(|column| column.get_array_memory_size() + BESIDE).sum()
    }
}

/// A row in the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// The bytes of its key behind those that all keys begin with: mostly they tell, without a look at the key. Once places
    /// are in order, some bytes further behind.
    head: u64,
    piece: u32,
    row: u32,
}

impl Held {
    /// No rows, to be sorted by these keys.
    pub(crate) fn new(keys: &[SortKey]) -> Self {
        Held { keys: keys.to_vec(), encoder: None, pieces: Vec::new(), rows: 0, bytes: 0 }
    }

    /// How many rows.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Heap bytes held, once they are sorted.
    pub(crate) fn size(&self) -> usize {
        self.bytes
    }

    /// Heap bytes of their columns.
    pub(crate) fn columns_size(&self) -> usize {
        self.pieces.iter().map(Piece::columns_size).sum()
    }

    /// [`Held::size`] with a further piece.
    pub(crate) fn size_with(&self, piece: &Piece) -> usize {
        self.bytes + piece.size()
    }

    /// The types of the columns of its rows; `None` where it never had any.
    pub(crate) fn types(&self) -> Option<&[DataType]> {
        self.encoder.as_ref().map(|(types, _)| types.as_slice())
    }

    /// A block as a piece.
    pub(crate) fn piece(&mut self, block: &Block) -> Result<Piece> {
        let types = block.schema.types();
        let positions = UInt64Array::from_iter_values((block.position..).take(block.rows));
        let columns = block.columns.iter().zip(&types).map(|(column, of)| result_array(column, *of));
        let columns = columns.chain([Arc::new(positions) as ArrayRef]).collect();
        self.encoded(columns, &types)
    }

    /// Adds a piece.
    pub(crate) fn push(&mut self, piece: Piece) {
        if piece.keys.num_rows() > 0 {
            self.rows += piece.keys.num_rows();
            self.bytes += piece.size();
            adopt(&piece.columns);
            self.pieces.push(piece);
        }
    }

    /// Brings all rows to wider types.
    pub(crate) fn widen(&mut self, types: &[DataType]) -> Result<()> {
        for piece in self.take() {
            let columns = piece.columns.iter().zip(types).map(|(column, to)| widen(column, *to));
            let mut columns: Vec<ArrayRef> = columns.collect::<Result<_>>()?;
            columns.extend(piece.columns.last().cloned());
            let piece = self.encoded(columns, types)?;
            self.push(piece);
        }
        Ok(())
    }

    /// The places of the first `limit` rows in order, sorted by the threads of `pool` where there is one.
    pub(crate) fn order(&self, limit: usize, pool: Option<&ThreadPool>) -> Vec<Place> {
        let keys = self.pieces.iter().flat_map(|piece| piece.keys.iter().map(|key| key.data()));
        let shared = shared(keys);
        let mut places = Vec::with_capacity(self.rows);
        #[allow(clippy::cast_possible_truncation, reason = "no memory holds 2^32 blocks")]
        for (number, piece) in self.pieces.iter().enumerate() {
            let rows = piece.keys.iter().enumerate();
            places.extend(rows.map(|(row, key)| {
                let head = head(&key.data()[shared..]);
                Place { head, piece: number as u32, row: row as u32 }
            }));
        }
        if places.len() > limit {
            places.select_nth_unstable_by(limit - 1, |left, right| {
                left.head.cmp(&right.head).then_with(|| self.key(*left).cmp(self.key(*right)))
            });
            places.truncate(limit);
        }
        match pool {
            Some(pool) if places.len() > MANY => {
                let tag = Tag::inherited();
                pool.install(|| {
                    let _tag = tag.enter();
                    // What of this other threads do is on nobody's account.
                    places.par_sort_unstable_by_key(|place| place.head);
                    let tied = places.par_chunk_by_mut(|left, right| left.head == right.head);
                    tied.for_each_init(|| tag.enter(), |_, tied| self.sort_tied(tied, shared, LEVELS));
                });
            }
            _ => self.sort(&mut places, shared, LEVELS),
        }
        places
    }

    /// Sorts places whose keys are the same before `depth`, and whose heads are what comes there.
    fn sort(&self, places: &mut [Place], depth: usize, levels: usize) {
        places.sort_unstable_by_key(|place| place.head);
        for tied in places.chunk_by_mut(|left, right| left.head == right.head) {
            self.sort_tied(tied, depth, levels);
        }
    }

    /// Sorts places whose heads are the same. Those get their next bytes as heads: a key is looked at once for eight bytes of
    /// it that matter, and not at each comparison, which would be a cache miss (Ng and Kakehi, Cache Efficient Radix Sort for
    /// String Sorting, 2007).
    fn sort_tied(&self, tied: &mut [Place], depth: usize, levels: usize) {
        if tied.len() <= FEW_TIED || levels == 0 {
            tied.sort_unstable_by(|left, right| self.key(*left).cmp(self.key(*right)));
            return;
        }
        let behind = |place: &Place, depth: usize| self.key(*place).get(depth..).unwrap_or_default();
        let deeper = depth + size_of::<u64>();
        let deeper = deeper + shared(tied.iter().map(|place| behind(place, deeper)));
        for place in &mut *tied {
            place.head = head(behind(place, deeper));
        }
        self.sort(tied, deeper, levels - 1);
    }

    /// Drops all rows but the first `limit`.
    pub(crate) fn cut(&mut self, limit: usize) -> Result<()> {
        let Some(types) = self.types().map(<[DataType]>::to_vec) else { return Ok(()) };
        let order = self.order(limit, None);
        let mut kept = Vec::new();
        for places in order.chunks(Block::ROWS) {
            let columns = self.gather(places, types.len() + 1)?;
            kept.push(self.encoded(columns, &types)?);
        }
        self.clear();
        kept.into_iter().for_each(|piece| self.push(piece));
        Ok(())
    }

    /// Drops all rows.
    pub(crate) fn clear(&mut self) {
        self.take();
    }

    /// The first `columns` columns (the positions stand behind the last) of the rows at these places.
    pub(crate) fn gather(&self, places: &[Place], columns: usize) -> Result<Vec<ArrayRef>> {
        let places: Vec<_> = places.iter().map(|place| (place.piece as usize, place.row as usize)).collect();
        let gathered = (0..columns).map(|column| {
            let pieces: Vec<&dyn Array> =
                self.pieces.iter().map(|piece| piece.columns[column].as_ref()).collect();
            interleave(&pieces, &places).map_err(failed)
        });
        gathered.collect()
    }

    /// The key of the row at a place.
    pub(crate) fn key(&self, place: Place) -> &[u8] {
        self.pieces[place.piece as usize].keys.row(place.row as usize).data()
    }

    /// Loads the keys of some places, which lie anywhere, so that their cache misses overlap.
    pub(crate) fn touch(&self, places: &[Place]) {
        let first = |place: &Place| self.key(*place).first().copied().unwrap_or(0);
        std::hint::black_box(places.iter().fold(0, |all, place| all ^ first(place)));
    }

    /// Takes pieces of about so many bytes out, one at the least where there is any.
    pub(crate) fn take_some(&mut self, bytes: usize) -> Held {
        let mut some = Held::new(&self.keys);
        while some.bytes < bytes
            && let Some(piece) = self.pieces.pop()
        {
            (self.rows, self.bytes) = (self.rows - piece.keys.num_rows(), self.bytes - piece.size());
            some.push(piece);
        }
        some
    }

    fn take(&mut self) -> Vec<Piece> {
        (self.rows, self.bytes) = (0, 0);
        std::mem::take(&mut self.pieces)
    }

    /// Columns of these types, with the positions behind them, as a piece.
    pub(crate) fn encoded(&mut self, columns: Vec<ArrayRef>, types: &[DataType]) -> Result<Piece> {
        let encoder = match self.encoder.take() {
            Some((of, encoder)) if of == types => (of, encoder),
            _ => (types.to_vec(), encoder(&self.keys, types)?),
        };
        let (_, converter) = self.encoder.insert(encoder);
        let keys: Vec<ArrayRef> =
            self.keys.iter().map(|key| &columns[key.output]).chain(columns.last()).cloned().collect();
        let keys = converter.convert_columns(&keys).map_err(failed)?;
        Ok(Piece { columns, keys })
    }
}

/// How many bytes all keys begin with.
fn shared<'a>(mut keys: impl Iterator<Item = &'a [u8]>) -> usize {
    let Some(first) = keys.next() else { return 0 };
    keys.fold(first.len(), |shared, key| {
        let pairs = first[..shared].iter().zip(key);
        pairs.take_while(|(left, right)| left == right).count()
    })
}

/// What makes keys bytes. The position comes last: nothing ties.
fn encoder(keys: &[SortKey], types: &[DataType]) -> Result<RowConverter> {
    let fields = keys.iter().map(|key| {
        let options = SortOptions { descending: key.descending, nulls_first: key.nulls_first };
        SortField::new_with_options(arrow_type(types[key.output]), options)
    });
    RowConverter::new(fields.chain([SortField::new(ArrowType::UInt64)]).collect()).map_err(failed)
}

/// An error of Arrow's, which no valid rows give.
pub(crate) fn failed(error: ArrowError) -> Error {
    Error::value(format!("rows cannot be sorted: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::pool;
    use arrow::array::StringArray;
    use proptest::prelude::*;

    proptest! {
        /// Texts that begin alike for any number of bytes, in blocks.
        #[test]
        fn in_the_order_of_the_keys(
            texts in prop::collection::vec("a{0,40}|b{0,3}(cc|d){0,9}|a{600}[ab]", 1..150),
            piece in 1usize..40,
            limit in prop::option::of(1usize..100),
        ) {
            let mut held = Held::new(&[SortKey { output: 0, descending: false, nulls_first: false }]);
            for (texts, start) in texts.chunks(piece).zip((0u64..).step_by(piece)) {
                let positions = UInt64Array::from_iter_values((start..).take(texts.len()));
                let columns: Vec<ArrayRef> = vec![Arc::new(StringArray::from_iter_values(texts)), Arc::new(positions)];
                let piece = held.encoded(columns, &[DataType::Utf8]).unwrap();
                held.push(piece);
            }
            let limit = limit.unwrap_or(usize::MAX);
            let order = held.order(limit, None);
            prop_assert_eq!(&held.order(limit, Some(&pool(2))), &order);
            let mut expected: Vec<usize> = (0..texts.len()).collect();
            expected.sort_by_key(|row| &texts[*row]);
            expected.truncate(limit);
            let rows = order.iter().map(|place| place.piece as usize * piece + place.row as usize);
            prop_assert_eq!(rows.collect::<Vec<_>>(), expected);
        }
    }
}
