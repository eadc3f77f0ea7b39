//! Cells of one column to one Arrow array.

mod numbers;

use std::cell::Cell;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Float64Array, NullArray, StringArray, Time64MicrosecondArray,
    TimestampMicrosecondArray, new_null_array,
};
use arrow::buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{DataType as ArrowType, IntervalUnit};
use plimsoll_core::value::{DateForm, parse_boolean};
use plimsoll_core::{CellClass, DataType, Notation, Profile};

use crate::Dialect;
use crate::parse::class::{boolean, classify};
use crate::parse::moments::Moments;
use crate::parse::numbers::Numbers;
use crate::walk::Span;

/// The type of a column, and how its cells are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnType {
    /// The type.
    pub data_type: DataType,
    /// Whether the user gave it, so that it stands whatever the cells are.
    pub declared: bool,
    /// The widest notation that is taken; a number of a wider one is a [`Misfit`].
    pub notation: Option<Notation>,
    /// How dates are written; `None` as ISO 8601 has them.
    pub date_form: Option<DateForm>,
    /// Whether a date that could have several forms is a [`Misfit`].
    pub certain_dates: bool,
    /// Whether timestamps name zones.
    pub zoned: bool,
}

impl ColumnType {
    /// A type that the user gives.
    pub fn declared(data_type: DataType) -> Self {
        ColumnType {
            data_type,
            declared: true,
            notation: None,
            date_form: None,
            certain_dates: false,
            zoned: false,
        }
    }

    /// The type of a column whose cells have this profile.
    pub fn inferred(profile: &Profile) -> Self {
        ColumnType {
            data_type: profile.data_type(),
            declared: false,
            notation: profile.notation(),
            date_form: profile.date_form(),
            certain_dates: profile.wants_certain_dates(),
            zoned: profile.is_zoned(),
        }
    }
}

/// Cells of one column in a block.
#[derive(Debug, Clone, Copy)]
pub struct Cells<'a> {
    /// The block's bytes, with room for a word behind the last cell.
    pub bytes: &'a [u8],
    /// Where the cells lie.
    pub spans: &'a [Span],
    /// How they are quoted, and what is NULL.
    pub dialect: &'a Dialect,
}

/// A cell that the column's type does not take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Misfit {
    /// Index of the cell.
    pub row: usize,
    /// What it is; `None` for text that is not UTF-8.
    pub class: Option<CellClass>,
}

/// A column's array, and what else its cells tell.
#[derive(Debug, Clone)]
pub struct Parsed {
    /// As [`Cells::parse`] says.
    pub array: ArrayRef,
    /// Digits before the point of the largest exact number; 0 where there is none above 1.
    pub int_digits: u32,
    /// Times whose fractions were cut off behind the microsecond.
    pub cut_fractions: u64,
}

impl From<ArrayRef> for Parsed {
    /// An array of anything but exact numbers and times.
    fn from(array: ArrayRef) -> Self {
        Parsed { array, int_digits: 0, cut_fractions: 0 }
    }
}

impl Cells<'_> {
    /// The cells as an array of `column`'s type: decimals as `Decimal64` where all mantissas have at most 18 digits,
    /// else as `Decimal128`; both say the type's scale, and 18 or 38 digits.
    ///
    /// # Errors
    /// The first cell that the type does not take.
    pub fn parse(&self, column: ColumnType) -> Result<Parsed, Misfit> {
        let numbers = Numbers::new(self.dialect.numbers, column);
        let moments = Moments::new(&self.dialect.times, column);
        let cut = Cell::new(0);
        let array: ArrayRef = match column.data_type {
            DataType::Null => {
                self.values(|_| None::<()>)?;
                Arc::new(NullArray::new(self.spans.len()))
            }
            DataType::Boolean => {
                let (values, nulls) = self.values(if column.declared { parse_boolean } else { boolean })?;
                Arc::new(BooleanArray::new(BooleanBuffer::from(values), nulls))
            }
            DataType::Int64 => return self.integers(numbers),
            DataType::Decimal { precision, scale } => return self.decimals(numbers, precision, scale),
            DataType::Float64 => {
                let (values, nulls) = self.doubles(numbers)?;
                Arc::new(Float64Array::new(values.into(), nulls))
            }
            DataType::Date => {
                let (values, nulls) = self.values(|text| moments.date(text))?;
                Arc::new(Date32Array::new(values.into(), nulls))
            }
            DataType::Timestamp => {
                let (values, nulls) = self.values(|text| moments.timestamp(text, &cut))?;
                Arc::new(TimestampMicrosecondArray::new(values.into(), nulls))
            }
            DataType::Time => {
                let (values, nulls) = self.values(|text| moments.time(text, &cut))?;
                Arc::new(Time64MicrosecondArray::new(values.into(), nulls))
            }
            // A type of expressions, which no cell has.
            DataType::Interval => {
                self.values(|_| None::<()>)?;
                new_null_array(&ArrowType::Interval(IntervalUnit::MonthDayNano), self.spans.len())
            }
            DataType::Utf8 => self.text()?,
        };
        Ok(Parsed { cut_fractions: cut.get(), ..Parsed::from(array) })
    }

    /// The text of cell `row` for a type other than text; `None` for NULL. `scratch` holds it where it was quoted.
    fn value_text<'b>(&'b self, row: usize, scratch: &'b mut Vec<u8>) -> Option<&'b [u8]> {
        let raw = self.spans[row].of(self.bytes);
        let is_null = self.is_null_text(raw) || self.is_null_text(without_blanks(raw));
        let text = if is_null && !self.is_quoted(raw) {
            return None;
        } else if self.dialect.is_encoded(raw) {
            scratch.clear();
            self.dialect.decode(raw, scratch);
            without_blanks(scratch)
        } else {
            without_blanks(raw)
        };
        (!text.is_empty()).then_some(text)
    }

    #[inline(always)]
    pub(crate) fn is_quoted(&self, raw: &[u8]) -> bool {
        self.dialect.is_quoted(raw)
    }

    #[inline(always)]
    pub(crate) fn is_null_text(&self, raw: &[u8]) -> bool {
        raw.is_empty()
            || (!self.dialect.nulls.is_empty() && self.dialect.nulls.iter().any(|null| null == raw))
    }

    /// The cells by what `exact` makes of their texts.
    fn values<T: Copy + Default>(
        &self,
        exact: impl Fn(&[u8]) -> Option<T>,
    ) -> Result<(Vec<T>, Option<NullBuffer>), Misfit> {
        let mut values = vec![T::default(); self.spans.len()];
        let (mut null_rows, mut scratch) = (Vec::new(), Vec::new());
        for (row, value) in values.iter_mut().enumerate() {
            match self.exactly(row, &mut scratch, &exact)? {
                None => null_rows.push(row),
                Some(parsed) => *value = parsed,
            }
        }
        Ok((values, null_buffer(&null_rows, self.spans.len())))
    }

    /// The value of a cell; `None` for NULL.
    #[inline(never)]
    fn exactly<T>(
        &self,
        row: usize,
        scratch: &mut Vec<u8>,
        exact: impl Fn(&[u8]) -> Option<T>,
    ) -> Result<Option<T>, Misfit> {
        let Some(text) = self.value_text(row, scratch) else { return Ok(None) };
        match exact(text) {
            Some(value) => Ok(Some(value)),
            None => Err(Misfit { row, class: Some(classify(text, self.dialect)) }),
        }
    }

    fn text(&self) -> Result<ArrayRef, Misfit> {
        /// Short cells are copied as one block of this many bytes, which costs less than asking for their length.
        const SHORT: usize = 16;
        let mut offsets = Vec::with_capacity(self.spans.len() + 1);
        let mut values: Vec<u8> =
            Vec::with_capacity(self.spans.iter().map(|span| span.length as usize).sum::<usize>() + SHORT);
        let mut null_rows = Vec::new();
        let offset = |length: usize| i32::try_from(length).unwrap_or(i32::MAX);
        offsets.push(0);
        for (row, span) in self.spans.iter().enumerate() {
            let raw = span.of(self.bytes);
            let end = values.len() + raw.len();
            if !self.is_quoted(raw) && self.is_null_text(raw) {
                null_rows.push(row);
            } else if self.dialect.is_encoded(raw) {
                self.dialect.decode(raw, &mut values);
            } else if let Some(short) = self.bytes.get(span.start as usize..span.start as usize + SHORT)
                && raw.len() <= SHORT
            {
                values.extend_from_slice(short);
                values.truncate(end);
            } else {
                values.extend_from_slice(raw);
            }
            offsets.push(offset(values.len()));
        }
        let nulls = null_buffer(&null_rows, self.spans.len());
        let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
        let values = Buffer::from_vec(values);
        match StringArray::try_new(offsets.clone(), values.clone(), nulls) {
            Ok(array) => Ok(Arc::new(array)),
            Err(_) => {
                let is_text = |row: &usize| {
                    let (from, to) = (offsets[*row] as usize, offsets[*row + 1] as usize);
                    std::str::from_utf8(&values[from..to]).is_ok()
                };
                let row = (0..self.spans.len()).find(|row| !is_text(row)).unwrap_or(0);
                Err(Misfit { row, class: None })
            }
        }
    }

    /// The class of each cell, NULLs too.
    pub fn classes(&self) -> impl Iterator<Item = CellClass> {
        let mut scratch = Vec::new();
        (0..self.spans.len()).map(move |row| match self.value_text(row, &mut scratch) {
            None => CellClass::Null,
            Some(text) => classify(text, self.dialect),
        })
    }
}

/// Without the spaces and tabs at both ends.
fn without_blanks(text: &[u8]) -> &[u8] {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let begin = text.iter().take_while(|byte| is_blank(byte)).count();
    let end = text[begin..].iter().rev().take_while(|byte| is_blank(byte)).count();
    &text[begin..text.len() - end]
}

/// The null buffer of an array in which these rows are NULL.
pub(crate) fn null_buffer(null_rows: &[usize], length: usize) -> Option<NullBuffer> {
    if null_rows.is_empty() {
        return None;
    }
    let mut valid = vec![true; length];
    null_rows.iter().for_each(|row| valid[*row] = false);
    Some(NullBuffer::from(valid))
}

#[cfg(test)]
mod tests {
    use arrow::array::{Array, AsArray};
    use arrow::datatypes::{Decimal64Type, Decimal128Type, Float64Type, Int64Type};
    use plimsoll_core::CsvOptions;

    use super::*;

    fn parse(cells: &[&str], data_type: DataType, declared: bool, nulls: &[&str]) -> Result<Parsed, Misfit> {
        let mut bytes = Vec::new();
        let mut spans = Vec::new();
        for cell in cells {
            spans.push(Span { start: bytes.len() as u32, length: cell.len() as u32 });
            bytes.extend_from_slice(cell.as_bytes());
            bytes.push(b',');
        }
        bytes.extend_from_slice(&[0; 64]);
        let nulls = nulls.iter().map(|null| (*null).to_owned()).collect();
        let notation = Some(Notation::Exponent { clear: false });
        let dialect = Dialect::new(&CsvOptions { nulls, ..CsvOptions::default() }, b',').unwrap();
        Cells { bytes: &bytes, spans: &spans, dialect: &dialect }.parse(ColumnType {
            declared,
            notation,
            ..ColumnType::declared(data_type)
        })
    }

    #[test]
    fn integers_and_nulls() {
        let parsed =
            parse(&["1", "", "\"-7\"", "\"\"", "NA", "9223372036854775807"], DataType::Int64, false, &["NA"]);
        let array = parsed.unwrap().array;
        let values: Vec<Option<i64>> = array.as_primitive::<Int64Type>().iter().collect();
        assert_eq!(values, [Some(1), None, Some(-7), None, None, Some(i64::MAX)]);
        let misfit = parse(&["1", "2", "1.5"], DataType::Int64, false, &[]).unwrap_err();
        assert_eq!(misfit.row, 2);
        assert!(matches!(misfit.class, Some(CellClass::Number { scale: 1, .. })));
    }

    #[test]
    fn decimals_turn_wide_when_they_must() {
        let narrow = parse(&["1", "-0.5", "2.25"], DataType::decimal(2), false, &[]).unwrap();
        assert_eq!(narrow.array.as_primitive::<Decimal64Type>().values(), &[100, -50, 225]);
        let wide = parse(&["1", "12345678901234567890.5"], DataType::decimal(2), false, &[]).unwrap();
        assert_eq!(
            wide.array.as_primitive::<Decimal128Type>().values(),
            &[100, 1_234_567_890_123_456_789_050]
        );
        assert_eq!((narrow.int_digits, wide.int_digits), (1, 20));
        assert_eq!(parse(&["1.234"], DataType::decimal(2), false, &[]).unwrap_err().row, 0);
        let declared = DataType::Decimal { precision: 3, scale: 1 };
        assert!(parse(&["99.9", "-99"], declared, true, &[]).is_ok());
        assert_eq!(parse(&["99.9", "100"], declared, true, &[]).unwrap_err().row, 1);
    }

    #[test]
    fn given_types_take_what_they_hold_without_rounding() {
        let integers = parse(&["1.0", "+7", "007", " 12 ", "1e2"], DataType::Int64, true, &[]).unwrap();
        assert_eq!(integers.array.as_primitive::<Int64Type>().values(), &[1, 7, 7, 12, 100]);
        assert_eq!(parse(&["1.5"], DataType::Int64, true, &[]).unwrap_err().row, 0);
        let cents = DataType::Decimal { precision: 9, scale: 2 };
        let decimals = parse(&["1.500", ".25", "5."], cents, true, &[]).unwrap().array;
        assert_eq!(decimals.as_primitive::<Decimal64Type>().values(), &[150, 25, 500]);
        assert!(parse(&["1.505"], cents, true, &[]).is_err());
    }

    #[test]
    fn doubles_take_any_number_but_long_whole_ones() {
        let cells = ["1e3", "0.12345678901234567890", "-0.0", "NaN", ".5", "2e-6"];
        let array = parse(&cells, DataType::Float64, false, &[]).unwrap().array;
        let values = array.as_primitive::<Float64Type>();
        assert_eq!(values.value(1), 0.123_456_789_012_345_68);
        assert_eq!(values.value(2).to_bits(), 0);
        assert!(values.value(3).is_nan());
        for wrong in ["1234567890123456789", "007", "1e999"] {
            assert_eq!(parse(&["1.5", wrong], DataType::Float64, false, &[]).unwrap_err().row, 1, "{wrong}");
        }
        assert!(parse(&["1234567890123456789", "007"], DataType::Float64, true, &[]).is_ok());
    }

    #[test]
    fn what_is_new_about_a_column_is_told() {
        let cells = |cells: &[&str], data_type, notation| {
            let bytes = cells.concat().into_bytes();
            let mut start = 0;
            let spans: Vec<Span> = cells
                .iter()
                .map(|cell| {
                    start += cell.len();
                    Span::between(start - cell.len(), start)
                })
                .collect();
            let dialect = Dialect::new(&CsvOptions::default(), b',').unwrap();
            let column =
                ColumnType { notation: Some(notation), declared: false, ..ColumnType::declared(data_type) };
            Cells { bytes: &bytes, spans: &spans, dialect: &dialect }
                .parse(column)
                .map_err(|misfit| misfit.row)
        };
        use Notation::{Digits, Exponent, Point};
        assert_eq!(cells(&["1", "5."], DataType::Int64, Digits).err(), Some(1));
        assert_eq!(cells(&["1", "1e3"], DataType::Int64, Point).err(), Some(1));
        assert!(cells(&["1", "5.", "1e+3"], DataType::Int64, Exponent { clear: true }).is_ok());
        assert_eq!(cells(&["1e+3", "1e3"], DataType::Int64, Exponent { clear: true }).err(), Some(1));
        assert!(cells(&["1e+3", "1e3"], DataType::Int64, Exponent { clear: false }).is_ok());
        assert_eq!(cells(&["2.5e3", "1e3"], DataType::Float64, Exponent { clear: true }).err(), Some(1));
        assert_eq!(cells(&["0.5", "1e-3"], DataType::decimal(3), Point).err(), Some(1));
    }

    #[test]
    fn blanks_around_values_mean_nothing() {
        let array =
            parse(&[" 1", "2\t", "  ", "\" 3 \"", " NA"], DataType::Int64, false, &["NA"]).unwrap().array;
        let values: Vec<Option<i64>> = array.as_primitive::<Int64Type>().iter().collect();
        assert_eq!(values, [Some(1), Some(2), None, Some(3), None]);
        let array = parse(&[" a", "  "], DataType::Utf8, false, &[]).unwrap().array;
        assert_eq!(array.as_string::<i32>().value(0), " a");
        assert_eq!(array.as_string::<i32>().value(1), "  ");
    }

    #[test]
    fn quoted_numbers_are_those_without_quotes() {
        let cells = ["\"1.5\"", "\"\"", "2.25", "\"-0.5\"", "", "\"12345678901234.75\""];
        let array = parse(&cells, DataType::decimal(2), false, &[]).unwrap().array;
        let values: Vec<Option<i64>> = array.as_primitive::<Decimal64Type>().iter().collect();
        assert_eq!(values, [Some(150), None, Some(225), Some(-50), None, Some(1_234_567_890_123_475)]);
        assert_eq!(parse(&["\"1\"", "\"1\"2\""], DataType::Int64, false, &[]).unwrap_err().row, 1);
    }

    #[test]
    fn markers_that_are_numbers_are_null_where_they_are_not_quoted() {
        let cells = ["-99.0", "-99", "1.5", "\"-99.0\"", "99.0", "NA"];
        let nulls = ["-99.0", "NA"];
        let array = parse(&cells, DataType::decimal(1), false, &nulls).unwrap().array;
        let values: Vec<Option<i64>> = array.as_primitive::<Decimal64Type>().iter().collect();
        assert_eq!(values, [None, Some(-990), Some(15), Some(-990), Some(990), None]);
        let array = parse(&["-99", "-9", "7"], DataType::Int64, false, &["-99"]).unwrap().array;
        assert_eq!(array.as_primitive::<Int64Type>().iter().collect::<Vec<_>>(), [None, Some(-9), Some(7)]);
        let array = parse(&["-99.0", "0.25"], DataType::Float64, true, &["-99.0"]).unwrap().array;
        assert_eq!(array.as_primitive::<Float64Type>().iter().collect::<Vec<_>>(), [None, Some(0.25)]);
    }

    #[test]
    fn wide_mantissas_follow_narrow_ones() {
        for scale in [2, 12, 17] {
            let cells = ["0.5", "", "-123456789012345678901.25", "NA", "2", "0.75"];
            let array = parse(&cells, DataType::decimal(scale), false, &["NA"]).unwrap().array;
            let values: Vec<Option<i128>> = array.as_primitive::<Decimal128Type>().iter().collect();
            let hundredth = 10i128.pow(u32::from(scale) - 2);
            let expected = [Some(50), None, Some(-12_345_678_901_234_567_890_125), None, Some(200), Some(75)];
            assert_eq!(values, expected.map(|value| value.map(|value: i128| value * hundredth)));
        }
    }

    #[test]
    fn text_tells_null_from_empty() {
        let array =
            parse(&["a", "", "\"\"", "\"x\"\"y\"", "żółć-and-more-than-sixteen"], DataType::Utf8, false, &[])
                .unwrap()
                .array;
        let values: Vec<Option<&str>> = array.as_string::<i32>().iter().collect();
        assert_eq!(values, [Some("a"), None, Some(""), Some("x\"y"), Some("żółć-and-more-than-sixteen")]);
        assert_eq!(array.null_count(), 1);
    }
}
