//! Cells of a column of numbers: many are read in lanes, the others by the fast way, and what that does not take by the
//! grammar. It does not decide which numbers a column takes.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{ArrayRef, Decimal64Array, Decimal128Array, Int64Array};
use arrow::buffer::{NullBuffer, ScalarBuffer};
use arrow::datatypes::DataType as ArrowType;
use plimsoll_core::MAX_PRECISION;

use super::{Cells, Misfit, Parsed, null_buffer};
use crate::parse::lanes::Shape;
use crate::parse::numbers::Numbers;
use crate::parse::{double, fast, wide};
use crate::structure;
use crate::walk::Span;

/// Digits of every mantissa of a `Decimal64Array`.
const NARROW_DIGITS: u8 = 18;

/// All numbers that are read in lanes are below: they have 15 digits at most.
const LANE_LIMIT: u64 = 10u64.pow(15);

/// Where the cells of a block of numbers are while they are read.
struct Filling<'a, T> {
    cells: Cells<'a>,
    /// The cells without quotes around them.
    bare: Cow<'a, [Span]>,
    values: Vec<T>,
    null_rows: Vec<usize>,
}

impl Cells<'_> {
    /// Integers of 64 bits.
    pub(super) fn integers(&self, numbers: Numbers) -> Result<Parsed, Misfit> {
        let (mut filling, others) = Filling::in_lanes(*self, Shape::Integer, u64::MAX);
        filling.fill(&others, fast::integer, |text| numbers.integer(text))?;
        let int_digits = digits_above(largest(&filling.values).into(), 0);
        let nulls = filling.nulls();
        let array: ArrayRef = Arc::new(Int64Array::new(filling.values.into(), nulls));
        Ok(Parsed { int_digits, ..Parsed::from(array) })
    }

    /// Doubles.
    pub(super) fn doubles(&self, numbers: Numbers) -> Result<(Vec<f64>, Option<NullBuffer>), Misfit> {
        let (mut filling, all) = Filling::of_none(*self);
        let exact = |text: &[u8]| numbers.double(text);
        if numbers.takes_points() {
            let exponents = numbers.takes_exponents();
            filling.fill(&all, |bytes, span| double::fast(bytes, span, exponents), exact)?;
        } else {
            filling.fill(&all, |_, _| None, exact)?;
        }
        let nulls = filling.nulls();
        Ok((filling.values, nulls))
    }

    /// Decimals of so many digits in all and behind the point.
    pub(super) fn decimals(&self, numbers: Numbers, precision: u8, scale: u8) -> Result<Parsed, Misfit> {
        let arrow_scale = i8::try_from(scale).unwrap_or(i8::MAX);
        let digits = usize::from(scale);
        let narrow_limit = 10u64.pow(u32::from(precision.min(NARROW_DIGITS)));
        let (mut filling, others) = match Shape::of_scale(scale) {
            Some(shape) => Filling::in_lanes(*self, shape, narrow_limit),
            None => Filling::of_none(*self),
        };
        let below = |value: &i64| value.unsigned_abs() < narrow_limit;
        let filled = filling.fill(
            &others,
            |bytes, span| fast::decimal(bytes, span, digits).filter(below),
            |text| numbers.decimal(text, scale).and_then(|value| i64::try_from(value).ok()).filter(below),
        );
        let Err(misfit) = filled else {
            let int_digits = digits_above(largest(&filling.values).into(), scale);
            let nulls = filling.nulls();
            let array = Decimal64Array::new(filling.values.into(), nulls)
                .with_data_type(ArrowType::Decimal64(NARROW_DIGITS, arrow_scale));
            let array: ArrayRef = Arc::new(array);
            return Ok(Parsed { int_digits, ..Parsed::from(array) });
        };
        // From the misfit on, which is none where 128 bits hold it.
        let mut filling = filling.widened();
        let limit = 10u128.pow(u32::from(precision));
        let below = |value: &i128| value.unsigned_abs() < limit;
        filling.fill(
            &others[others.partition_point(|row| *row < misfit.row)..],
            |bytes, span| wide::decimal(bytes, span, digits).filter(below),
            |text| numbers.decimal(text, scale).filter(below),
        )?;
        let largest = filling.values.iter().fold(0, |largest, value| value.unsigned_abs().max(largest));
        let nulls = filling.nulls();
        let array = Decimal128Array::new(ScalarBuffer::from(filling.values), nulls)
            .with_data_type(ArrowType::Decimal128(MAX_PRECISION, arrow_scale));
        let array: ArrayRef = Arc::new(array);
        Ok(Parsed { int_digits: digits_above(largest, scale), ..Parsed::from(array) })
    }

    /// The cells without the quotes around them, where the first cells have such; a cell of which more must be unquoted is
    /// no number without them.
    fn bare(&self) -> Option<Vec<Span>> {
        /// Cells that are looked at: the very first could be empty.
        const LOOKED_AT: usize = 8;
        let is_quoted = |span: &Span| self.is_quoted(span.of(self.bytes));
        // An escape could be a digit.
        let escapes = !matches!(self.dialect.escape, None | Some(b'\\'));
        if escapes || !self.spans.iter().take(LOOKED_AT).any(is_quoted) {
            return None;
        }
        let inner = |span: &Span| match span.of(self.bytes) {
            [first, .., last] if first == last && Some(*first) == self.dialect.quote => {
                Span { start: span.start + 1, length: span.length - 2 }
            }
            _ => *span,
        };
        Some(self.spans.iter().map(inner).collect())
    }

    /// Whether a text that means NULL could be read as a number.
    fn has_number_null(&self) -> bool {
        self.dialect.nulls.iter().any(|null| null.iter().any(u8::is_ascii_digit))
    }
}

impl<'a, T: Copy + Default> Filling<'a, T> {
    /// No cell is read yet. The rows of all cells.
    fn of_none(cells: Cells<'a>) -> (Self, Vec<usize>) {
        let bare = cells.bare().map_or(Cow::Borrowed(cells.spans), Cow::Owned);
        let values = vec![T::default(); cells.spans.len()];
        (Filling { cells, bare, values, null_rows: Vec::new() }, (0..cells.spans.len()).collect())
    }

    /// The cells of these rows, ascending, by `fast`, which is given them without quotes, where that gives a value, else by
    /// `exact`.
    ///
    /// # Errors
    /// The first cell that neither takes; those of the rows before it are read.
    fn fill(
        &mut self,
        rows: &[usize],
        fast: impl Fn(&[u8], Span) -> Option<T>,
        exact: impl Fn(&[u8]) -> Option<T>,
    ) -> Result<(), Misfit> {
        let cells = self.cells;
        let (is_plain, has_number_null) = (cells.dialect.numbers.is_plain(), cells.has_number_null());
        let mut scratch = Vec::new();
        for row in rows.iter().copied() {
            let span = self.bare[row];
            let value = match if is_plain { fast(cells.bytes, span) } else { None } {
                Some(value) if !(has_number_null && self.is_null(row)) => Some(value),
                _ if span.length == 0 => None,
                _ => cells.exactly(row, &mut scratch, &exact)?,
            };
            self.values[row] = value.unwrap_or_default();
            if value.is_none() {
                self.null_rows.push(row);
            }
        }
        Ok(())
    }

    /// Whether the text of a cell means NULL.
    fn is_null(&self, row: usize) -> bool {
        self.cells.is_null_text(self.cells.spans[row].of(self.cells.bytes))
    }

    fn nulls(&self) -> Option<NullBuffer> {
        null_buffer(&self.null_rows, self.values.len())
    }
}

impl<'a> Filling<'a, i64> {
    /// The numbers of this shape below `limit` are read. The rows of all other cells, ascending.
    fn in_lanes(cells: Cells<'a>, shape: Shape, limit: u64) -> (Self, Vec<usize>) {
        if !cells.dialect.numbers.is_plain() {
            return Filling::of_none(cells);
        }
        let bare = cells.bare().map_or(Cow::Borrowed(cells.spans), Cow::Owned);
        let (mut values, mut others) = (Vec::new(), Vec::new());
        (structure::fastest().numbers)(shape, cells.bytes, &bare, &mut values, &mut others);
        let filling = Filling { cells, bare, values, null_rows: Vec::new() };
        let has_number_null = cells.has_number_null();
        if has_number_null || limit < LANE_LIMIT {
            let is_large = |row: usize| filling.values[row].unsigned_abs() >= limit;
            let is_other = |row: &usize| is_large(*row) || has_number_null && filling.is_null(*row);
            others.extend((0..filling.values.len()).filter(is_other));
            others.sort_unstable();
            others.dedup();
        }
        (filling, others)
    }

    /// The same with values of 128 bits.
    fn widened(self) -> Filling<'a, i128> {
        let values = self.values.into_iter().map(i128::from).collect();
        Filling { cells: self.cells, bare: self.bare, values, null_rows: self.null_rows }
    }
}

/// The greatest magnitude.
fn largest(values: &[i64]) -> u64 {
    (structure::fastest().largest)(values)
}

/// Digits before the point of a number with this mantissa and `scale` digits behind it; 0 below 1.
fn digits_above(mantissa: u128, scale: u8) -> u32 {
    mantissa.checked_ilog10().map_or(0, |log| (log + 1).saturating_sub(u32::from(scale)))
}
