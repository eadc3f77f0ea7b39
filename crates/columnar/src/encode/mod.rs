//! Columns while they are built: chunks of plain arrays come in, and are kept in the narrowest type that holds all values
//! so far. Where a value does not fit, the chunks before it are widened one by one, at most four times a column.
//!
//! Why not two passes over the file, the first for the least and greatest values: a column would have to be read before
//! it is loaded and again before it is appended to, and every chunk parsed twice; widening costs a chunk's copy for each
//! type that is left, needs no second pass, and is what appending does anyway.

mod dictionary;
mod keys;
mod numbers;
mod text;

use arrow::array::ArrayRef;
use plimsoll_core::{DataType, Field, Result};

use crate::Form;
use crate::column::Column;
use crate::hold::Hold;
pub(crate) use keys::Width;
use numbers::NumberEncoder;
pub(crate) use numbers::Seen;
use text::TextEncoder;
pub(crate) use text::{MANY, as_text, with_dictionary};

/// A column that is being built.
#[derive(Debug)]
pub(crate) enum Encoder {
    /// Everything but text, and text that stays as it is.
    Numbers(NumberEncoder),
    /// Text that may become a dictionary.
    Text(TextEncoder),
}

impl Encoder {
    /// A column without rows.
    pub(crate) fn new(field: Field, form: Form) -> Self {
        match (field.data_type, form) {
            (DataType::Utf8, Form::Compact) => Encoder::Text(TextEncoder::new(field)),
            _ => Encoder::Numbers(NumberEncoder::new(field, form)),
        }
    }

    /// Goes on where a column ends, with the first `chunks` of its chunks. The column itself stays as it is.
    pub(crate) fn resume(column: &Column, form: Form, chunks: usize, hold: &mut Hold) -> Result<Self> {
        let mut encoder = Encoder::new(column.field.clone(), form);
        let known = match &mut encoder {
            Encoder::Numbers(numbers) => numbers.resume(column, chunks)?,
            Encoder::Text(text) => text.resume(column, chunks, hold)?,
        };
        if !known {
            for at in 0..chunks {
                encoder.push(column.plain(at)?, hold)?;
            }
        }
        Ok(encoder)
    }

    /// Takes a chunk: an array of the kernels' type, exactly as large as its values need and held by nobody else. Its
    /// bytes are already in `hold`, and what is kept stays there.
    pub(crate) fn push(&mut self, chunk: ArrayRef, hold: &mut Hold) -> Result<()> {
        match self {
            Encoder::Numbers(numbers) => numbers.push(chunk, hold),
            Encoder::Text(text) => text.push(chunk, hold),
        }
    }

    /// The column.
    pub(crate) fn finish(self, hold: &mut Hold) -> Result<Column> {
        match self {
            Encoder::Numbers(numbers) => Ok(numbers.finish()),
            Encoder::Text(text) => text.finish(hold),
        }
    }
}
