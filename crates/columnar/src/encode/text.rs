//! Columns of text: numbers of a dictionary with the narrowest key, or the texts themselves where those are smaller.
//!
//! Arrow's `Utf8View` is never the smallest: it takes 16 bytes a row where a text of up to 12 bytes takes 4 and its
//! length, and for longer ones what the text takes and 12 more; a dictionary shares equal texts in 4 bytes a row.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::compute::{cast, take};
use arrow::datatypes::DataType as ArrowType;
use arrow::error::ArrowError;
use plimsoll_core::{Error, Field, Result};

use super::dictionary::Texts;
use super::keys::Width;
use crate::Reason;
use crate::chunks::trim;
use crate::column::{Chunks, Column};
use crate::hold::{Hold, bytes_of};

/// From how many distinct texts on a dictionary that is larger than the texts is given up. Below, later rows may still
/// repeat what was seen; above, looking every text up costs more than that is worth.
pub(crate) const MANY: usize = 1 << 18;

/// Bytes of the keys of all rows and of a dictionary of this many texts.
pub(crate) fn with_dictionary(rows: u64, width: Width, texts: u64, text_bytes: u64) -> u64 {
    rows * width.bytes() + text_bytes + (texts + 1) * size_of::<i32>() as u64
}

/// Bytes of the texts of all rows and of their offsets.
pub(crate) fn as_text(rows: u64, chunks: u64, text_bytes: u64) -> u64 {
    (rows + chunks) * size_of::<i32>() as u64 + text_bytes
}

/// A column that is a dictionary as long as that may pay.
#[derive(Debug)]
pub(crate) struct TextEncoder {
    field: Field,
    state: State,
    /// Keys without their dictionary, or texts.
    chunks: Vec<ArrayRef>,
    /// How many of the chunks belong to the column that this one goes on with, who has them reserved.
    inherited: usize,
    rows: u64,
    text_bytes: u64,
}

#[derive(Debug)]
enum State {
    Keys { texts: Texts, width: Width },
    Texts(Reason),
}

impl TextEncoder {
    pub(super) fn new(field: Field) -> Self {
        let state = State::Keys { texts: Texts::default(), width: Width::One };
        TextEncoder { field, state, chunks: Vec::new(), inherited: 0, rows: 0, text_bytes: 0 }
    }

    /// Takes the chunks of a column that was made here; says whether it was.
    pub(super) fn resume(&mut self, column: &Column, chunks: usize, hold: &mut Hold) -> Result<bool> {
        if chunks == 0 {
            return Ok(true);
        }
        let kept: Vec<ArrayRef> = (0..chunks).map(|at| column.chunk(at)).collect::<Result<_>>()?;
        match &column.physical {
            ArrowType::Utf8 => {
                self.state = State::Texts(column.reason);
                self.chunks = kept;
            }
            ArrowType::Dictionary(key, values) if **values == ArrowType::Utf8 => {
                let (Some(width), Some(known)) = (Width::of(key), dictionary_of(&kept)) else {
                    return Ok(false);
                };
                let mut texts = Texts::default();
                for text in known.iter().flatten() {
                    texts.number(text, hold)?;
                }
                if texts.len() != known.len() {
                    texts.give_up(hold);
                    return Ok(false);
                }
                self.chunks = kept.iter().map(|chunk| width.keys_of(chunk)).collect();
                self.text_bytes = self.chunks.iter().map(|keys| width.text_bytes(keys, known)).sum();
                self.state = State::Keys { texts, width };
            }
            _ => return Ok(false),
        }
        self.inherited = chunks;
        self.rows = self.chunks.iter().map(|chunk| chunk.len() as u64).sum();
        Ok(true)
    }

    pub(super) fn push(&mut self, chunk: ArrayRef, hold: &mut Hold) -> Result<()> {
        let rows: &StringArray = chunk.as_string();
        self.rows += rows.len() as u64;
        self.text_bytes += rows.value_data().len() as u64;
        if matches!(&self.state, State::Keys { texts, .. } if !texts.has_room(rows.value_data().len())) {
            self.give_up(hold)?;
        }
        let State::Keys { texts, width } = &mut self.state else {
            self.chunks.push(chunk);
            return Ok(());
        };
        let numbering = (rows.len() * size_of::<u32>()) as u64;
        hold.grow(numbering)?;
        let number = |text: Option<&str>| text.map_or(Ok(0), |text| texts.number(text, hold));
        let numbers: Vec<u32> = rows.iter().map(number).collect::<Result<_>>()?;
        let (width_before, needed) = (*width, Width::for_texts(texts.len()).max(*width));
        *width = needed;
        if needed > width_before {
            self.widen(width_before, needed, hold)?;
        }
        let bytes = bytes_of(&chunk);
        let nulls = rows.nulls().cloned();
        let keys = hold.array(bytes + numbering, || {
            let keys = needed.keys(&numbers, nulls);
            drop(chunk);
            Ok(trim(keys))
        })?;
        hold.shrink(bytes + numbering);
        self.chunks.push(keys);
        let size = self.size_with_dictionary();
        match &self.state {
            State::Keys { texts, .. } if texts.len() > MANY && size >= self.size_as_text() => {
                self.give_up(hold)
            }
            _ => Ok(()),
        }
    }

    pub(super) fn finish(mut self, hold: &mut Hold) -> Result<Column> {
        let (bytes, as_text) = (self.size_with_dictionary(), self.size_as_text());
        if matches!(self.state, State::Keys { .. }) && bytes >= as_text && self.rows > 0 {
            self.give_up(hold)?;
        }
        self.chunks.shrink_to_fit();
        let field = self.field;
        match self.state {
            State::Texts(reason) => {
                Ok(Column { field, physical: ArrowType::Utf8, chunks: Chunks::Held(self.chunks), reason })
            }
            State::Keys { texts, width } => {
                let distinct = texts.len() as u64;
                let texts: ArrayRef = Arc::new(texts.finish(hold)?);
                for chunk in &mut self.chunks {
                    *chunk = width.with_dictionary(chunk, &texts).map_err(unmade)?;
                }
                let reason = Reason::Dictionary { distinct, bytes, as_text };
                let physical = ArrowType::Dictionary(Box::new(width.key_type()), Box::new(ArrowType::Utf8));
                Ok(Column { field, physical, chunks: Chunks::Held(self.chunks), reason })
            }
        }
    }

    /// Bytes of the keys and the dictionary.
    fn size_with_dictionary(&self) -> u64 {
        let State::Keys { texts, width } = &self.state else { return 0 };
        with_dictionary(self.rows, *width, texts.len() as u64, texts.text_bytes())
    }

    /// Bytes of the texts and their offsets.
    fn size_as_text(&self) -> u64 {
        as_text(self.rows, self.chunks.len() as u64, self.text_bytes)
    }

    /// Makes the keys of all chunks wider.
    fn widen(&mut self, before: Width, width: Width, hold: &mut Hold) -> Result<()> {
        let key_type = width.key_type();
        let added = width.bytes() - before.bytes();
        let most = |keys: &ArrayRef| bytes_of(keys) + keys.len() as u64 * added;
        self.replace_chunks(hold, most, |keys| cast(keys, &key_type))
    }

    /// Puts the texts themselves in place of the keys.
    fn give_up(&mut self, hold: &mut Hold) -> Result<()> {
        let (with_dictionary, bytes) = (self.size_with_dictionary(), self.size_as_text());
        let State::Keys { texts, width } = std::mem::replace(&mut self.state, State::Texts(Reason::Plain))
        else {
            return Ok(());
        };
        let distinct = texts.len() as u64;
        self.state = State::Texts(Reason::Text { distinct, with_dictionary, bytes });
        let texts = texts.finish(hold)?;
        let most = |keys: &ArrayRef| {
            let offsets = (keys.len() + 1) * size_of::<i32>();
            bytes_of(keys) + offsets as u64 + width.text_bytes(keys, &texts)
        };
        self.replace_chunks(hold, most, |keys| take(&texts, keys, None))?;
        hold.shrink(texts.get_array_memory_size() as u64);
        Ok(())
    }

    /// Makes each chunk another that takes at most so many bytes.
    fn replace_chunks(
        &mut self,
        hold: &mut Hold,
        most: impl Fn(&ArrayRef) -> u64,
        make: impl Fn(&ArrayRef) -> Result<ArrayRef, ArrowError>,
    ) -> Result<()> {
        for (at, chunk) in self.chunks.iter_mut().enumerate() {
            let before = bytes_of(chunk);
            *chunk = hold.array(most(chunk), || make(chunk).map(trim).map_err(unmade))?;
            if at >= self.inherited {
                hold.shrink(before);
            }
        }
        self.inherited = 0;
        Ok(())
    }
}

/// The texts that the chunks of a column share; `None` where there is none or it has NULLs.
fn dictionary_of(chunks: &[ArrayRef]) -> Option<&StringArray> {
    let texts = chunks.first()?.as_any_dictionary_opt()?.values().as_string_opt::<i32>()?;
    (texts.null_count() == 0).then_some(texts)
}

fn unmade(error: ArrowError) -> Error {
    Error::value(format!("the texts of a column cannot be put together: {error}"))
}
