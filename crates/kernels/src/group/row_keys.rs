//! Keys of any number of columns, each row encoded as one byte string.
//!
//! A value is the number of its bytes, then these bytes. Those of a number are the significant ones of twice the number,
//! or of twice the distance to -1 and one more for a negative one (the zigzag encoding of Protocol Buffers), so that small
//! numbers are short. A text of 254 bytes or more has its length in four further bytes. Equal rows have equal strings,
//! and only they.

use std::borrow::Cow;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{Decimal64Type, Decimal128Type};
use plimsoll_core::{DataType, Error, Result};

use super::byte_keys::{ByteKeys, Key, Strings};
use super::column::{TextColumn, decimal_array, misfit, primitive, word_array, words};
use super::keys::Mode;
use super::text_keys::{Texts, Views};

/// Instead of a number of bytes: NULL.
const NULL: u8 = u8::MAX;

/// Instead of a number of bytes: it comes in the next four.
const LONG: u8 = u8::MAX - 1;

/// Bytes of encoded rows that are looked up together, unless one row has more...
const TOGETHER: usize = 64 << 10;
/// ... and in a dense table, of which there are many at once.
const DENSE: usize = 4 << 10;

/// Rows with dense ids.
#[derive(Debug)]
pub(super) struct RowKeys {
    types: Vec<DataType>,
    keys: ByteKeys,
    /// The rows that are being looked up, at equal distances, and how many bytes of each are written.
    rows: Vec<u8>,
    lengths: Vec<usize>,
    /// Bytes of the rows that are looked up together.
    together: usize,
}

/// A column that is encoded, and where it has NULLs.
struct Column<'a> {
    values: Values<'a>,
    nulls: Option<NullBuffer>,
}

enum Values<'a> {
    Words(Cow<'a, [u64]>),
    Mantissas(&'a [i128]),
    Texts(Texts<'a>),
    Views(Views<'a>),
}

impl RowKeys {
    pub(super) fn new(types: &[DataType]) -> Self {
        let (types, keys, rows, lengths) = (types.to_vec(), ByteKeys::new(), Vec::new(), Vec::new());
        RowKeys { types, keys, rows, lengths, together: TOGETHER }
    }

    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// How many columns a key has.
    pub(super) fn columns(&self) -> usize {
        self.types.len()
    }

    pub(super) fn size(&self) -> usize {
        self.keys.size() + self.rows.capacity() + self.lengths.capacity() * size_of::<usize>()
    }

    /// Bytes of the index.
    pub(super) fn index_size(&self) -> usize {
        self.keys.index_size()
    }

    /// See [`ByteKeys::make_dense`].
    pub(super) fn make_dense(&mut self) {
        self.keys.make_dense();
        self.together = DENSE;
    }

    /// Bytes that it takes beside those that it has while it makes room for `more` keys.
    pub(super) fn growth(&self, more: usize) -> usize {
        self.keys.growth(more) + self.together.saturating_sub(self.rows.capacity())
    }

    /// Lets go of what only look-ups need. There must be none any more.
    pub(super) fn close(&mut self) {
        self.keys.close();
        (self.rows, self.lengths) = (Vec::new(), Vec::new());
    }

    /// Adds the id of every row to `ids`.
    pub(super) fn look_up(
        &mut self,
        columns: &[ArrayRef],
        rows: usize,
        mode: Mode,
        ids: &mut Vec<u32>,
    ) -> Result<()> {
        let columns =
            columns.iter().zip(&self.types).map(|(column, data_type)| Column::new(column, *data_type));
        let columns: Vec<Column<'_>> = columns.collect::<Result<_>>()?;
        let stride = columns.iter().map(|column| column.most_bytes(rows)).sum::<usize>();
        let together = (self.together / stride.max(1)).clamp(1, rows.max(1));
        self.rows.resize(together * stride, 0);
        for start in (0..rows).step_by(together) {
            let rows = together.min(rows - start);
            self.lengths.clear();
            self.lengths.resize(rows, 0);
            for column in &columns {
                column.encode(start, &mut self.rows, stride, &mut self.lengths);
            }
            let encoded = Rows { bytes: &self.rows, stride, lengths: &self.lengths };
            match mode {
                Mode::Find => self.keys.look_up(&encoded, rows, ids),
                Mode::Append => self.keys.append(&encoded, rows, ids),
            }
        }
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
        let mut bytes = Vec::new();
        let mut ends = Vec::with_capacity(ids.len());
        for id in ids {
            self.keys.append_to(*id, &mut bytes);
            ends.push(bytes.len());
        }
        let starts = std::iter::once(0).chain(ends.iter().copied());
        let mut rest: Vec<&[u8]> = starts.zip(&ends).map(|(start, end)| &bytes[start..*end]).collect();
        self.types.iter().map(|data_type| decode(*data_type, &mut rest)).collect()
    }
}

/// Encoded rows.
struct Rows<'a> {
    bytes: &'a [u8],
    stride: usize,
    lengths: &'a [usize],
}

impl Strings for Rows<'_> {
    #[inline(always)]
    fn key(&self, row: usize) -> Key<'_> {
        Key::at(self.bytes, row * self.stride, self.lengths[row])
    }
}

impl<'a> Column<'a> {
    fn new(column: &'a ArrayRef, data_type: DataType) -> Result<Self> {
        let nulls = column.logical_nulls().filter(|nulls| nulls.null_count() > 0);
        let misfits = || misfit(column, data_type);
        let values = match data_type {
            DataType::Utf8 => match (column.as_string_view_opt(), column.as_string_opt::<i32>()) {
                (Some(views), _) => Values::Views(Views::new(views)),
                (_, Some(texts)) => Values::Texts(Texts::new(texts)),
                _ => return Err(misfits()),
            },
            DataType::Decimal { .. } if column.as_primitive_opt::<Decimal64Type>().is_none() => {
                Values::Mantissas(primitive::<Decimal128Type>(column, data_type)?.values())
            }
            _ => Values::Words(words(column, data_type)?.ok_or_else(misfits)?),
        };
        Ok(Column { values, nulls })
    }

    /// Bytes that a value takes at most, with those that are written behind it and overwritten by the next one.
    fn most_bytes(&self, rows: usize) -> usize {
        let longest = |texts: &dyn Fn(usize) -> usize| 17 + 4 + (0..rows).map(texts).max().unwrap_or(0);
        match &self.values {
            Values::Words(_) | Values::Mantissas(_) => 17,
            Values::Texts(texts) => longest(&|row| texts.key(row).len()),
            Values::Views(views) => longest(&|row| views.key(row).len()),
        }
    }

    /// Writes the values from that of row `start` on behind what is written of the rows.
    fn encode(&self, start: usize, out: &mut [u8], stride: usize, lengths: &mut [usize]) {
        match &self.values {
            Values::Words(words) => self.each(start, out, stride, lengths, |row, out| {
                let word = words[row].cast_signed();
                put_word((word << 1 ^ word >> 63).cast_unsigned(), out)
            }),
            Values::Mantissas(mantissas) => {
                self.each(start, out, stride, lengths, |row, out| put_number(zigzag(mantissas[row]), out))
            }
            Values::Texts(texts) => {
                self.each(start, out, stride, lengths, |row, out| put_text(texts.key(row), out));
            }
            Values::Views(views) => {
                self.each(start, out, stride, lengths, |row, out| put_text(views.key(row), out));
            }
        }
    }

    #[inline]
    fn each(
        &self,
        start: usize,
        out: &mut [u8],
        stride: usize,
        lengths: &mut [usize],
        put: impl Fn(usize, &mut [u8]) -> usize,
    ) {
        for ((out, length), row) in out.chunks_exact_mut(stride).zip(lengths).zip(start..) {
            let out = &mut out[*length..];
            *length += match &self.nulls {
                Some(nulls) if nulls.is_null(row) => {
                    out[0] = NULL;
                    1
                }
                _ => put(row, out),
            };
        }
    }
}

/// As [`put_number`].
#[inline(always)]
fn put_word(word: u64, out: &mut [u8]) -> usize {
    let bytes = (u64::BITS - word.leading_zeros()).div_ceil(8);
    if let Some((first, rest)) = out.split_first_mut()
        && let Some(room) = rest.first_chunk_mut()
    {
        (*first, *room) = (bytes as u8, word.to_le_bytes());
    }
    1 + bytes as usize
}

/// The number of significant bytes, then 16 bytes of which so many count; gives how many count in all.
#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "at most 16")]
fn put_number(number: u128, out: &mut [u8]) -> usize {
    let bytes = (u128::BITS - number.leading_zeros()).div_ceil(8);
    if let Some((first, rest)) = out.split_first_mut()
        && let Some(room) = rest.first_chunk_mut()
    {
        (*first, *room) = (bytes as u8, number.to_le_bytes());
    }
    1 + bytes as usize
}

#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "a text has less than 4 GiB")]
fn put_text(text: Key<'_>, out: &mut [u8]) -> usize {
    let text = match text {
        Key::Long(bytes) => bytes,
        Key::Short(view) => {
            if let Some((first, rest)) = out.split_first_mut()
                && let Some(room) = rest.first_chunk_mut()
            {
                (*first, *room) = (view as u8, (view >> 32).to_le_bytes());
            }
            return 1 + text.len();
        }
    };
    let start = match u8::try_from(text.len()) {
        Ok(length) if length < LONG => {
            out[0] = length;
            1
        }
        _ => {
            out[0] = LONG;
            out[1..5].copy_from_slice(&(text.len() as u32).to_le_bytes());
            5
        }
    };
    out[start..start + text.len()].copy_from_slice(text);
    start + text.len()
}

/// 0, -1, 1, -2, … as 0, 1, 2, 3, ….
#[inline(always)]
fn zigzag(number: i128) -> u128 {
    (number << 1 ^ number >> 127).cast_unsigned()
}

fn unzigzag(number: u128) -> i128 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

/// Reads one column and leaves the rest of each row.
fn decode(data_type: DataType, rest: &mut [&[u8]]) -> Result<ArrayRef> {
    match data_type {
        DataType::Utf8 => {
            let mut texts = TextColumn::with_capacity(rest.len());
            for row in rest {
                match take(row)? {
                    Some(text) => texts.push_with(|bytes| bytes.extend_from_slice(text))?,
                    None => texts.push_null(),
                }
            }
            texts.finish()
        }
        DataType::Decimal { .. } => {
            let mantissas = rest.iter_mut().map(take_number).collect::<Result<Vec<_>>>()?;
            Ok(decimal_array(mantissas.into_iter(), data_type))
        }
        _ => {
            let numbers = rest.iter_mut().map(take_word).collect::<Result<Vec<_>>>()?;
            Ok(word_array(numbers.into_iter(), data_type))
        }
    }
}

/// The bytes of the next value of a row.
fn take<'a>(row: &mut &'a [u8]) -> Result<Option<&'a [u8]>> {
    let torn = || Error::plan("a key of several columns is torn", "");
    let (first, mut behind) = row.split_first().ok_or_else(torn)?;
    let length = match *first {
        NULL => {
            *row = behind;
            return Ok(None);
        }
        LONG => {
            let (length, rest) = behind.split_first_chunk().ok_or_else(torn)?;
            behind = rest;
            u32::from_le_bytes(*length) as usize
        }
        length => usize::from(length),
    };
    let (value, rest) = behind.split_at_checked(length).ok_or_else(torn)?;
    *row = rest;
    Ok(Some(value))
}

fn take_number(row: &mut &[u8]) -> Result<Option<i128>> {
    Ok(take(row)?.map(|bytes| {
        let mut number = [0; 16];
        number[..bytes.len()].copy_from_slice(bytes);
        unzigzag(u128::from_le_bytes(number))
    }))
}

/// As [`take_number`] for one of 64 bits.
fn take_word(row: &mut &[u8]) -> Result<Option<u64>> {
    Ok(take(row)?.map(|bytes| {
        let zigzag = bytes.iter().rfold(0, |word, byte| word << 8 | u64::from(*byte));
        zigzag >> 1 ^ (zigzag & 1).wrapping_neg()
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        let most = 10i128.pow(38) - 1;
        for number in [0, -1, 1, 127, -128, 128, i64::MAX.into(), i64::MIN.into(), most, -most] {
            let mut out = [7; 32];
            let length = put_number(zigzag(number), &mut out);
            let mut row = &out[..length];
            assert_eq!(take_number(&mut row).unwrap(), Some(number));
            assert!(row.is_empty());
            if let Ok(word) = i64::try_from(number) {
                assert_eq!(take_word(&mut &out[..length]).unwrap(), Some(word.cast_unsigned()));
            }
        }
        assert_eq!(put_number(zigzag(-100), &mut [0; 17]), 2);
        assert!(take(&mut [3, 1].as_slice()).is_err());
    }
}
