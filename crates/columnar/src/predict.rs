//! What a store will take, from what is expected of its columns: the layout of `chunks`, the types of `encode` and the
//! sizes of Arrow's arrays, without any value. Reads nothing, and builds no array.

use arrow::datatypes::DataType as ArrowType;
use plimsoll_core::{Field, Schema};
use plimsoll_kernels::Block;
use plimsoll_pipeline::scan::BLOCK_SIZE;

use crate::chunks::{CHUNK_BYTES, CHUNK_ROWS};
use crate::column::Column;
use crate::encode::{MANY, Width, as_text, with_dictionary};
use crate::expected::ExpectedColumn;
use crate::footprint::{ARRAY_PLACE, array_bytes, dictionary_bytes, file_bytes, type_bytes, view_bytes};
use crate::load::plain_type;
use crate::{Form, Store};

/// What is expected of a file: its records, and each column of a store.
#[derive(Debug, Clone)]
pub struct Expected {
    /// Records.
    pub rows: u64,
    /// Mean bytes of a record in the CSV file, with its line end: it decides how many come in one block.
    pub record_bytes: f64,
    /// The columns, in order.
    pub columns: Vec<ExpectedColumn>,
}

/// What a store would take.
#[derive(Debug, Clone, PartialEq)]
pub struct Predicted {
    /// For each column the type that it would be held in, and its bytes as [`ColumnReport`](crate::ColumnReport) counts
    /// them.
    pub columns: Vec<(ArrowType, u64)>,
    /// Bytes of the heap beside the columns.
    pub beside: u64,
}

impl Predicted {
    /// All bytes.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.columns.iter().map(|(_, bytes)| bytes).sum::<u64>() + self.beside
    }
}

/// Rows of the chunks of a store: all but the last have the same number.
#[derive(Debug, Clone, Copy)]
struct Chunking {
    rows: u64,
    /// Rows of each whole chunk.
    each: u64,
}

impl Chunking {
    /// How many chunks.
    fn count(self) -> u64 {
        self.rows.div_ceil(self.each)
    }

    /// The rows of each.
    fn sizes(self) -> impl Iterator<Item = u64> {
        (0..self.count()).map(move |at| self.each.min(self.rows - at * self.each))
    }
}

impl Expected {
    /// Bytes of the heap that a store in memory takes.
    #[must_use]
    pub fn held(&self, form: Form) -> Predicted {
        let chunking = self.chunking();
        let columns = self.columns.iter().map(|column| {
            let physical = column.held_as(form, chunking);
            let bytes =
                column.extremes().map(|column| column.held_bytes(&column.held_as(form, chunking), chunking));
            (physical, bytes[0].midpoint(bytes[1]))
        });
        Predicted { columns: columns.collect(), beside: self.beside(chunking) }
    }

    /// Bytes of the Arrow IPC file of a mapped store: of each column, and of what the file has beside them.
    #[must_use]
    pub fn file(&self) -> Predicted {
        let chunking = self.chunking();
        let column = |column: &ExpectedColumn| {
            let physical = plain_type(column.field().data_type, column.profile());
            let bytes = chunking.sizes().map(|rows| {
                let (rows, nulls) = (rows as f64, column.any_null(rows as f64));
                file_bytes(&physical, rows, nulls, rows * column.text_bytes())
            });
            let bytes = whole(bytes.sum());
            (physical, bytes)
        };
        /// Of each message, and for each column of it: a node, and two or three buffers of two words.
        const MESSAGE: u64 = 160;
        const NODE: u64 = 64;
        /// Of a column in the schema, which stands at the file's beginning and in its footer.
        const FIELD: u64 = 2 * 100;
        let columns = self.columns.len() as u64;
        Predicted {
            columns: self.columns.iter().map(column).collect(),
            beside: chunking.count() * (MESSAGE + columns * NODE) + columns * FIELD + 512,
        }
    }

    /// Bytes of the heap that a mapped store takes once all of it was read: views of the file, and no values.
    #[must_use]
    pub fn mapped_heap(&self) -> u64 {
        let chunking = self.chunking();
        let views: u64 = self
            .columns
            .iter()
            .map(|column| {
                view_bytes(&plain_type(column.field().data_type, column.profile()))
                    + column.field().name.len() as u64
            })
            .sum();
        chunking.count() * views + self.beside(chunking)
    }

    /// Bytes of one block of the scan that a worker fills, by column.
    #[must_use]
    pub fn block(&self) -> Vec<u64> {
        let rows = self.block_rows();
        self.columns.iter().map(|column| whole(column.plain_bytes(rows))).collect()
    }

    /// Bytes that a load holds beside what it has loaded: the blocks of a chunk, and one column of it once more.
    #[must_use]
    pub fn load_bytes(&self) -> u64 {
        let rows = self.chunking().each.min(self.rows) as f64;
        let chunk: Vec<f64> = self.columns.iter().map(|column| column.plain_bytes(rows)).collect();
        whole(chunk.iter().sum::<f64>() + chunk.iter().fold(0.0, |most, bytes| bytes.max(most)))
    }

    /// Rows of a block, as the scan gives them: a stretch of the file in parts of at most [`Block::ROWS`].
    fn block_rows(&self) -> f64 {
        let stretch = (BLOCK_SIZE as f64 / self.record_bytes.max(1.0)).max(1.0).min(self.rows.max(1) as f64);
        stretch / (stretch / Block::ROWS as f64).ceil()
    }

    fn chunking(&self) -> Chunking {
        let rows = self.block_rows();
        let bytes: f64 = self.columns.iter().map(|column| column.plain_bytes(rows)).sum();
        let blocks = (CHUNK_BYTES as f64 / bytes.max(1.0)).ceil();
        let each = whole((blocks * rows).min(CHUNK_ROWS as f64)).max(1);
        Chunking { rows: self.rows, each }
    }

    /// The store, its schema, the places of its columns, and where its chunks begin.
    fn beside(&self, chunking: Chunking) -> u64 {
        let names: u64 = self.columns.iter().map(|column| column.field().name.len() as u64).sum();
        let places = self.columns.len() * (size_of::<Field>() + size_of::<Column>());
        let schema = 2 * size_of::<usize>() + size_of::<Schema>();
        let starts = (chunking.count() + 1) * size_of::<u64>() as u64;
        (size_of::<Store>() + places + schema) as u64 + names + starts
    }
}

impl ExpectedColumn {
    fn held_as(&self, form: Form, chunking: Chunking) -> ArrowType {
        let logical = self.field().data_type;
        match (self.texts(), form) {
            (Some(_), Form::Compact) => self.text_type(chunking),
            _ => {
                let mut ladder = form.ladder(logical);
                let rung = self.seen().rung(logical, &ladder);
                ladder.swap_remove(rung)
            }
        }
    }

    /// What the encoder of texts comes to, chunk by chunk.
    fn text_type(&self, chunking: Chunking) -> ArrowType {
        let Some(texts) = self.texts() else { return ArrowType::Utf8 };
        let growth = texts.growth(self.values_of(chunking.rows as f64));
        let (mut rows, mut chunks, mut smaller) = (0, 0, true);
        let mut width = Width::One;
        for more in chunking.sizes() {
            (rows, chunks) = (rows + more, chunks + 1);
            let distinct = growth.after(self.values_of(rows as f64));
            let count = whole(distinct);
            width = Width::for_texts(usize::try_from(count).unwrap_or(usize::MAX));
            let bytes = with_dictionary(rows, width, count, whole(distinct * texts.mean_bytes));
            smaller = bytes < as_text(rows, chunks, whole(rows as f64 * self.text_bytes()));
            if count > MANY as u64 && !smaller {
                break;
            }
        }
        if smaller || chunking.rows == 0 {
            ArrowType::Dictionary(Box::new(width.key_type()), Box::new(ArrowType::Utf8))
        } else {
            ArrowType::Utf8
        }
    }

    fn held_bytes(&self, physical: &ArrowType, chunking: Chunking) -> u64 {
        let chunk = |rows: u64| {
            let rows = rows as f64;
            array_bytes(physical, rows, self.any_null(rows), rows * self.text_bytes()) + ARRAY_PLACE
        };
        let chunks: f64 = chunking.sizes().map(chunk).sum();
        let dictionary = match (physical, self.texts()) {
            (ArrowType::Dictionary(..), Some(texts)) => {
                dictionary_bytes(texts.distinct, texts.distinct * texts.mean_bytes)
            }
            _ => 0.0,
        };
        self.field().name.len() as u64 + whole(chunks + dictionary + type_bytes(physical))
    }

    /// Bytes of so many rows in the kernels' type.
    fn plain_bytes(&self, rows: f64) -> f64 {
        let logical = self.field().data_type;
        let ladder = Form::Plain.ladder(logical);
        let physical = &ladder[self.seen().rung(logical, &ladder)];
        array_bytes(physical, rows, self.any_null(rows), rows * self.text_bytes()) + ARRAY_PLACE
    }
}

/// Bytes or rows that were worked out as a mean.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sizes are not negative")]
fn whole(figure: f64) -> u64 {
    figure.round() as u64
}
