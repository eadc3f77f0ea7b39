//! Keys of any number of columns, each row encoded as one byte string.
//!
//! A value is a byte that says whether it is there, then its little-endian bits (16 bytes for a decimal, 8 for what
//! fits a word) or, for text, its length in 4 bytes and its bytes. Equal rows have equal strings, and only they.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{Decimal64Type, Decimal128Type};
use plimsoll_core::{DataType, Result};

use super::byte_keys::{ByteKeys, Key, Strings};
use super::column::{decimal_array, misfit, primitive, text_array, word_array, words};
use crate::arrays::plain;

/// Rows with dense ids.
#[derive(Debug)]
pub(super) struct RowKeys {
    types: Vec<DataType>,
    keys: ByteKeys,
    /// The encoded rows that are being looked up, where each ends, and the words of a column.
    rows: Vec<u8>,
    ends: Vec<usize>,
    words: Vec<u64>,
}

impl RowKeys {
    pub(super) fn new(types: &[DataType]) -> Self {
        let (rows, ends, words) = (Vec::new(), Vec::new(), Vec::new());
        RowKeys { types: types.to_vec(), keys: ByteKeys::new(), rows, ends, words }
    }

    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    pub(super) fn size(&self) -> usize {
        let words = self.ends.capacity() + self.words.capacity();
        self.keys.size() + self.rows.capacity() + words * size_of::<u64>()
    }

    /// Adds the id of every row to `ids`.
    pub(super) fn look_up(&mut self, columns: &[ArrayRef], rows: usize, ids: &mut Vec<u32>) -> Result<()> {
        let columns: Vec<ArrayRef> = columns.iter().map(plain).collect();
        self.lay_out(&columns, rows)?;
        for (column, data_type) in columns.iter().zip(&self.types) {
            encode(column, *data_type, &mut self.words, &mut self.rows, &mut self.ends)?;
        }
        let encoded = Rows { bytes: &self.rows, ends: &self.ends };
        self.keys.look_up(&encoded, rows, ids);
        Ok(())
    }

    /// Takes all keys of `other`; gives the id here of each id there.
    pub(super) fn absorb(&mut self, other: &RowKeys) -> Vec<u32> {
        #[allow(clippy::cast_possible_truncation, reason = "there are no more keys than ids")]
        let ids = 0..other.len() as u32;
        ids.map(|id| self.keys.look_up_other(&other.keys, id)).collect()
    }

    /// The keys with these ids.
    pub(super) fn decode(&self, ids: &[u32]) -> Result<Vec<ArrayRef>> {
        let mut rest: Vec<&[u8]> = ids.iter().map(|id| self.keys.get(*id)).collect();
        self.types.iter().map(|data_type| decode(*data_type, &mut rest)).collect()
    }

    /// Makes room for the encoded rows; `ends` then says where each begins, and `encode` moves it on.
    fn lay_out(&mut self, columns: &[ArrayRef], rows: usize) -> Result<()> {
        self.ends.clear();
        self.ends.resize(rows, 0);
        for (column, data_type) in columns.iter().zip(&self.types) {
            let nulls = nulls(column);
            let valid = |row: usize| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row));
            if *data_type == DataType::Utf8 {
                let text = column.as_string_opt::<i32>().ok_or_else(|| misfit(column, *data_type))?;
                for (row, length) in self.ends.iter_mut().enumerate() {
                    *length += if valid(row) { 5 + text.value(row).len() } else { 1 };
                }
            } else {
                let width = 1 + if let DataType::Decimal { .. } = data_type { 16 } else { 8 };
                for (row, length) in self.ends.iter_mut().enumerate() {
                    *length += if valid(row) { width } else { 1 };
                }
            }
        }
        let mut total = 0;
        for length in &mut self.ends {
            (*length, total) = (total, total + *length);
        }
        self.rows.clear();
        self.rows.resize(total, 0);
        Ok(())
    }
}

/// Encoded rows.
struct Rows<'a> {
    bytes: &'a [u8],
    ends: &'a [usize],
}

impl Strings for Rows<'_> {
    #[inline]
    fn key(&self, row: usize) -> Key<'_> {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        Key::at(self.bytes, start, self.ends[row] - start)
    }
}

/// Writes a column's values at the `cursors` of their rows and moves these behind them. A NULL is the 0 that is there.
fn encode(
    column: &ArrayRef,
    data_type: DataType,
    column_words: &mut Vec<u64>,
    out: &mut [u8],
    cursors: &mut [usize],
) -> Result<()> {
    let nulls = nulls(column);
    match data_type {
        DataType::Utf8 => {
            let text = column.as_string_opt::<i32>().ok_or_else(|| misfit(column, data_type))?;
            write(out, cursors, nulls.as_ref(), |row, out| {
                let value = text.value(row).as_bytes();
                #[allow(clippy::cast_possible_truncation, reason = "an array holds less than 2 GiB of text")]
                out[..4].copy_from_slice(&(value.len() as u32).to_le_bytes());
                out[4..4 + value.len()].copy_from_slice(value);
                4 + value.len()
            });
        }
        DataType::Decimal { .. } => {
            let put = |mantissa: i128, out: &mut [u8]| {
                out[..16].copy_from_slice(&mantissa.to_le_bytes());
                16
            };
            if let Some(narrow) = column.as_primitive_opt::<Decimal64Type>() {
                write(out, cursors, nulls.as_ref(), |row, out| put(i128::from(narrow.value(row)), out));
            } else {
                let wide = primitive::<Decimal128Type>(column, data_type)?;
                write(out, cursors, nulls.as_ref(), |row, out| put(wide.value(row), out));
            }
        }
        _ => {
            words(column, data_type, column_words)?;
            write(out, cursors, nulls.as_ref(), |row, out| {
                out[..8].copy_from_slice(&column_words[row].to_le_bytes());
                8
            });
        }
    }
    Ok(())
}

#[inline]
fn write(
    out: &mut [u8],
    cursors: &mut [usize],
    nulls: Option<&NullBuffer>,
    put: impl Fn(usize, &mut [u8]) -> usize,
) {
    for (row, cursor) in cursors.iter_mut().enumerate() {
        let there = nulls.is_none_or(|nulls| nulls.is_valid(row));
        out[*cursor] = u8::from(there);
        *cursor += 1;
        if there {
            *cursor += put(row, &mut out[*cursor..]);
        }
    }
}

fn nulls(column: &ArrayRef) -> Option<NullBuffer> {
    column.logical_nulls().filter(|nulls| nulls.null_count() > 0)
}

/// Reads one column and leaves the rest of each row.
fn decode(data_type: DataType, rest: &mut [&[u8]]) -> Result<ArrayRef> {
    match data_type {
        DataType::Utf8 => {
            let texts: Vec<Option<&[u8]>> = rest.iter_mut().map(take_text).collect();
            text_array(texts.into_iter())
        }
        DataType::Decimal { .. } => {
            let mantissas = rest.iter_mut().map(|row| take(row).map(i128::from_le_bytes));
            Ok(decimal_array(mantissas, data_type))
        }
        _ => Ok(word_array(rest.iter_mut().map(|row| take(row).map(u64::from_le_bytes)), data_type)),
    }
}

/// The next value of a row.
fn take<const N: usize>(row: &mut &[u8]) -> Option<[u8; N]> {
    let (1, behind) = row.split_first()? else {
        *row = &row[1..];
        return None;
    };
    let (value, behind) = behind.split_first_chunk()?;
    *row = behind;
    Some(*value)
}

/// The next text of a row.
fn take_text<'a>(row: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = u32::from_le_bytes(take(row)?) as usize;
    let (value, behind) = row.split_at_checked(length)?;
    *row = behind;
    Some(value)
}
