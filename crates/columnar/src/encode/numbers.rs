//! Columns of numbers, dates and truth values: which of the types that a form tries holds all values, and their arrays.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveArray};
use arrow::compute::{max, min};
use arrow::datatypes::{
    DataType as ArrowType, Date32Type, Decimal32Type, Decimal64Type, Decimal128Type, Float32Type,
    Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, Time64MicrosecondType, TimeUnit,
    TimestampMicrosecondType,
};
use num_traits::AsPrimitive;
use plimsoll_core::{DataType, Field, Result};
use plimsoll_kernels::arrays::wide;

use crate::chunks::trim;
use crate::column::{Chunks, Column};
use crate::decode::{SECOND, decode};
use crate::hold::{Hold, bytes_of};
use crate::{Form, Reason};

/// A column that climbs a ladder of types.
#[derive(Debug)]
pub(crate) struct NumberEncoder {
    field: Field,
    form: Form,
    ladder: Vec<ArrowType>,
    rung: usize,
    seen: Seen,
    chunks: Vec<ArrayRef>,
    /// How many of the chunks belong to the column that this one goes on with, who has them reserved.
    inherited: usize,
}

/// What is known of the values that were seen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) range: Option<(i128, i128)>,
    pub(crate) whole_seconds: bool,
    pub(crate) single: bool,
    pub(crate) any_float: bool,
}

impl Default for Seen {
    fn default() -> Self {
        Seen { range: None, whole_seconds: true, single: true, any_float: false }
    }
}

impl NumberEncoder {
    pub(super) fn new(field: Field, form: Form) -> Self {
        let ladder = form.ladder(field.data_type);
        NumberEncoder {
            field,
            form,
            ladder,
            rung: 0,
            seen: Seen::default(),
            chunks: Vec::new(),
            inherited: 0,
        }
    }

    /// Takes the chunks of a column whose type is one of the ladder; says whether it is.
    pub(super) fn resume(&mut self, column: &Column, chunks: usize) -> Result<bool> {
        let Some(rung) = self.ladder.iter().position(|physical| *physical == column.physical) else {
            return Ok(false);
        };
        self.rung = rung;
        match column.reason {
            Reason::Range { low, high } => self.seen.range = Some((low, high)),
            _ if self.ladder.len() == 1 => {}
            _ => {
                for at in 0..chunks {
                    self.seen.observe(&column.plain(at)?, self.field.data_type);
                }
            }
        }
        self.chunks = (0..chunks).map(|at| column.chunk(at)).collect::<Result<_>>()?;
        self.inherited = chunks;
        Ok(true)
    }

    pub(super) fn push(&mut self, chunk: ArrayRef, hold: &mut Hold) -> Result<()> {
        if self.ladder.len() > 1 {
            self.seen.observe(&chunk, self.field.data_type);
            let rung = self.seen.rung(self.field.data_type, &self.ladder);
            if rung > self.rung {
                self.widen(rung, hold)?;
            }
        }
        let kept = self.encode(chunk, hold)?;
        self.chunks.push(kept);
        Ok(())
    }

    pub(super) fn finish(mut self) -> Column {
        self.chunks.shrink_to_fit();
        let physical = self.ladder.swap_remove(self.rung);
        let reason = self.seen.reason(self.form, self.field.data_type, &physical);
        Column { field: self.field, physical, chunks: Chunks::Held(self.chunks), reason }
    }

    fn widen(&mut self, rung: usize, hold: &mut Hold) -> Result<()> {
        self.rung = rung;
        for at in 0..self.chunks.len() {
            let narrow = Arc::clone(&self.chunks[at]);
            let before = bytes_of(&narrow);
            // Widened to the kernels' type and made narrow again: the larger of the two is that of 16 bytes a value.
            let logical = self.field.data_type;
            let plain = hold.array(most(&narrow), || decode(&narrow, logical))?;
            self.chunks[at] = self.encode(plain, hold)?;
            drop(narrow);
            if at >= self.inherited {
                hold.shrink(before);
            }
        }
        self.inherited = 0;
        Ok(())
    }

    /// `chunk`, whose bytes are in `hold`, in the type of the rung; its bytes are those that are in `hold` now.
    fn encode(&self, chunk: ArrayRef, hold: &mut Hold) -> Result<ArrayRef> {
        let physical = &self.ladder[self.rung];
        if chunk.data_type() == physical {
            return Ok(chunk);
        }
        let bytes = bytes_of(&chunk);
        let logical = self.field.data_type;
        let most = most(&chunk);
        let kept = hold.array(most, || Ok(narrow(chunk, logical, physical)))?;
        hold.shrink(bytes);
        Ok(kept)
    }
}

/// Bytes that the values of an array take at most in any of the types of a ladder.
fn most(array: &ArrayRef) -> u64 {
    array.len() as u64 * size_of::<i128>() as u64 + bytes_of(array)
}

impl Seen {
    /// The first type of a ladder that holds every value seen.
    pub(crate) fn rung(&self, logical: DataType, ladder: &[ArrowType]) -> usize {
        ladder.iter().position(|physical| self.fit(logical, physical)).unwrap_or(ladder.len() - 1)
    }

    pub(crate) fn observe(&mut self, chunk: &ArrayRef, logical: DataType) {
        let range = match logical {
            DataType::Int64 => range::<Int64Type>(chunk),
            DataType::Decimal { .. } => match chunk.data_type() {
                ArrowType::Decimal64(..) => range::<Decimal64Type>(chunk),
                _ => range::<Decimal128Type>(chunk),
            },
            DataType::Date => range::<Date32Type>(chunk),
            DataType::Timestamp => {
                let micros = chunk.as_primitive::<TimestampMicrosecondType>();
                self.whole_seconds &= micros.iter().flatten().all(|micros| micros % SECOND == 0);
                range::<TimestampMicrosecondType>(chunk)
            }
            DataType::Time => {
                let micros = chunk.as_primitive::<Time64MicrosecondType>();
                self.whole_seconds &= micros.iter().flatten().all(|micros| micros % SECOND == 0);
                range::<Time64MicrosecondType>(chunk)
            }
            DataType::Float64 => {
                let mut values = chunk.as_primitive::<Float64Type>().iter().flatten();
                self.any_float |= chunk.null_count() < chunk.len();
                #[allow(
                    clippy::cast_possible_truncation,
                    reason = "whether it loses something is the question"
                )]
                let survives = |value: f64| f64::from(value as f32).to_bits() == value.to_bits();
                self.single = self.single && values.all(survives);
                None
            }
            DataType::Null | DataType::Boolean | DataType::Interval | DataType::Utf8 => None,
        };
        if let Some((low, high)) = range {
            let known = self.range.get_or_insert((low, high));
            *known = (known.0.min(low), known.1.max(high));
        }
    }

    /// Whether a type holds every value seen.
    fn fit(&self, logical: DataType, physical: &ArrowType) -> bool {
        let within = |low: i128, high: i128| self.range.is_none_or(|seen| low <= seen.0 && seen.1 <= high);
        let digits = |digits: u8| {
            let beyond = 10_i128.pow(u32::from(digits));
            within(1 - beyond, beyond - 1)
        };
        match (logical, physical) {
            (DataType::Timestamp | DataType::Time, ArrowType::Int32) => {
                let seconds = i128::from(SECOND);
                self.whole_seconds && within(i128::from(i32::MIN) * seconds, i128::from(i32::MAX) * seconds)
            }
            (_, ArrowType::Int8) => within(i8::MIN.into(), i8::MAX.into()),
            (_, ArrowType::Int16) => within(i16::MIN.into(), i16::MAX.into()),
            (_, ArrowType::Int32) => within(i32::MIN.into(), i32::MAX.into()),
            (_, ArrowType::Decimal32(precision, _) | ArrowType::Decimal64(precision, _)) => {
                digits(*precision)
            }
            (_, ArrowType::Float32) => self.single,
            _ => true,
        }
    }

    fn reason(&self, form: Form, logical: DataType, physical: &ArrowType) -> Reason {
        if form == Form::Plain {
            return Reason::Plain;
        }
        match (logical, physical) {
            (DataType::Null | DataType::Boolean | DataType::Interval | DataType::Utf8, _) => {
                Reason::OnlyArray
            }
            (DataType::Float64, _) if !self.any_float => Reason::AllNull,
            (DataType::Float64, ArrowType::Float32) => Reason::Single,
            (DataType::Float64, _) => Reason::Double,
            (_, _) if self.range.is_none() => Reason::AllNull,
            (DataType::Timestamp, ArrowType::Timestamp(TimeUnit::Microsecond, _)) => Reason::Microseconds,
            (DataType::Time, ArrowType::Time64(_)) => Reason::Microseconds,
            (DataType::Timestamp | DataType::Time, _) => Reason::WholeSeconds,
            _ => self.range.map_or(Reason::AllNull, |(low, high)| Reason::Range { low, high }),
        }
    }
}

fn range<T: ArrowPrimitiveType>(chunk: &ArrayRef) -> Option<(i128, i128)>
where
    T::Native: Into<i128>,
{
    let values = chunk.as_primitive::<T>();
    Some((min(values)?.into(), max(values)?.into()))
}

/// A plain array in a type that holds its values. What lies under a NULL is of no account.
fn narrow(plain: ArrayRef, logical: DataType, physical: &ArrowType) -> ArrayRef {
    let made = match logical {
        DataType::Int64 => as_integers::<Int64Type>(&plain, physical),
        DataType::Date => as_integers::<Date32Type>(&plain, physical),
        DataType::Decimal { .. } if matches!(plain.data_type(), ArrowType::Decimal64(..)) => match physical {
            ArrowType::Decimal128(..) => wide(&plain),
            _ => as_integers::<Decimal64Type>(&plain, physical),
        },
        DataType::Decimal { .. } => as_integers::<Decimal128Type>(&plain, physical),
        DataType::Timestamp => {
            let micros = plain.as_primitive::<TimestampMicrosecondType>();
            let seconds = micros.unary::<_, Int64Type>(|micros| micros / SECOND);
            Arc::new(cast_to::<Int64Type, Int32Type>(&seconds))
        }
        DataType::Time => {
            let micros = plain.as_primitive::<Time64MicrosecondType>();
            let seconds = micros.unary::<_, Int64Type>(|micros| micros / SECOND);
            Arc::new(cast_to::<Int64Type, Int32Type>(&seconds))
        }
        DataType::Float64 => Arc::new(cast_to::<Float64Type, Float32Type>(plain.as_primitive())),
        DataType::Null | DataType::Boolean | DataType::Interval | DataType::Utf8 => Arc::clone(&plain),
    };
    drop(plain);
    trim(made)
}

fn as_integers<T: ArrowPrimitiveType>(plain: &ArrayRef, physical: &ArrowType) -> ArrayRef
where
    T::Native: AsPrimitive<i8> + AsPrimitive<i16> + AsPrimitive<i32> + AsPrimitive<i64> + AsPrimitive<i128>,
{
    let values = plain.as_primitive::<T>();
    match physical {
        ArrowType::Int8 => Arc::new(cast_to::<T, Int8Type>(values)),
        ArrowType::Int16 => Arc::new(cast_to::<T, Int16Type>(values)),
        ArrowType::Int32 => Arc::new(cast_to::<T, Int32Type>(values)),
        ArrowType::Decimal32(..) => {
            Arc::new(cast_to::<T, Decimal32Type>(values).with_data_type(physical.clone()))
        }
        ArrowType::Decimal64(..) => {
            Arc::new(cast_to::<T, Decimal64Type>(values).with_data_type(physical.clone()))
        }
        ArrowType::Decimal128(..) => {
            Arc::new(cast_to::<T, Decimal128Type>(values).with_data_type(physical.clone()))
        }
        _ => Arc::clone(plain),
    }
}

fn cast_to<T: ArrowPrimitiveType, U: ArrowPrimitiveType>(values: &PrimitiveArray<T>) -> PrimitiveArray<U>
where
    T::Native: AsPrimitive<U::Native>,
    U::Native: Copy + 'static,
{
    values.unary::<_, U>(|value| value.as_())
}
