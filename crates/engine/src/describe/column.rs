//! What is seen of one column, in bounded memory.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{
    DataType as ArrowType, Date32Type, Decimal128Type, Float64Type, Int64Type, Time64MicrosecondType,
    TimestampMicrosecondType,
};
use plimsoll_core::Value;
use plimsoll_kernels::exact::{FloatSum, IntegerSum};

use super::ColumnSummary;
use super::sketch::{Distinct, Sample, Top, hash_number, hash_text};

/// Bytes of a text that are kept of an extreme or a frequent value.
const SHOWN: usize = 128;

/// How much is kept of each column of a file with so many.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) hashes: usize,
    pub(super) sampled: usize,
    pub(super) counters: usize,
}

impl Bounds {
    /// A few MiB for usual files; less of each column where there are many.
    pub(super) fn of(columns: usize) -> Self {
        let share = |all: usize, least: usize, most: usize| (all / columns.max(1)).clamp(least, most);
        Bounds {
            hashes: share(1 << 17, 256, 4096),
            sampled: share(1 << 17, 256, 8192),
            counters: share(1 << 14, 16, 256),
        }
    }

    /// Bytes that a column takes at most.
    pub(super) fn bytes(self) -> u64 {
        // A node of a set of hashes is half full at least; so is one of counters, whose texts are allocated apart.
        let bytes = self.hashes * 32 + self.sampled * 16 * 2 + self.counters * (128 + SHOWN) + 4096;
        bytes as u64
    }
}

/// A value that is kept: a number of the column's type, or the beginning of a text.
#[derive(Debug, Clone)]
enum Shown {
    Number(i128),
    Text(Box<str>),
}

#[derive(Debug)]
pub(super) struct Column {
    /// Of the batches, the last that had values.
    arrow: ArrowType,
    values: u64,
    nulls: u64,
    distinct: Distinct,
    sample: Sample,
    top: Top<Shown>,
    least: Option<Shown>,
    most: Option<Shown>,
    integers: IntegerSum,
    doubles: FloatSum,
}

impl Column {
    pub(super) fn new(bounds: Bounds) -> Self {
        Column {
            arrow: ArrowType::Null,
            values: 0,
            nulls: 0,
            distinct: Distinct::new(bounds.hashes),
            sample: Sample::new(bounds.sampled),
            top: Top::new(bounds.counters),
            least: None,
            most: None,
            integers: IntegerSum::default(),
            doubles: FloatSum::default(),
        }
    }

    /// Takes the next values.
    pub(super) fn add(&mut self, array: &ArrayRef) {
        self.arrow = array.data_type().clone();
        match array.data_type() {
            ArrowType::Boolean => {
                let array = array.as_boolean();
                self.add_numbers(array.iter().map(|value| value.map(i128::from)));
            }
            ArrowType::Int64 => self.add_numbers(array.as_primitive::<Int64Type>().iter().map(widened)),
            ArrowType::Decimal128(..) => self.add_numbers(array.as_primitive::<Decimal128Type>().iter()),
            ArrowType::Date32 => self.add_numbers(array.as_primitive::<Date32Type>().iter().map(widened)),
            ArrowType::Timestamp(..) => {
                self.add_numbers(array.as_primitive::<TimestampMicrosecondType>().iter().map(widened));
            }
            ArrowType::Time64(_) => {
                self.add_numbers(array.as_primitive::<Time64MicrosecondType>().iter().map(widened));
            }
            ArrowType::Float64 => {
                let array = array.as_primitive::<Float64Type>();
                array.iter().flatten().for_each(|value| {
                    self.doubles.add(value);
                });
                self.add_numbers(array.iter().map(|value| value.map(|value| ordered(value).into())));
            }
            ArrowType::Utf8 => array.as_string::<i32>().iter().for_each(|text| self.add_text(text)),
            // No other type is that of a file's column but that of one without values.
            _ => self.nulls += array.len() as u64,
        }
    }

    fn add_numbers(&mut self, numbers: impl Iterator<Item = Option<i128>>) {
        for number in numbers {
            let Some(number) = number else {
                self.nulls += 1;
                continue;
            };
            self.values += 1;
            let hash = hash_number(number);
            self.distinct.add(hash);
            self.sample.add(number);
            self.top.add(hash, || Shown::Number(number));
            self.integers.add(number);
            if !matches!(self.least, Some(Shown::Number(least)) if least <= number) {
                self.least = Some(Shown::Number(number));
            }
            if !matches!(self.most, Some(Shown::Number(most)) if most >= number) {
                self.most = Some(Shown::Number(number));
            }
        }
    }

    fn add_text(&mut self, text: Option<&str>) {
        let Some(text) = text else {
            self.nulls += 1;
            return;
        };
        self.values += 1;
        let hash = hash_text(text.as_bytes());
        self.distinct.add(hash);
        self.top.add(hash, || Shown::Text(beginning(text).into()));
        // The least of the beginnings is the beginning of the least.
        let text = beginning(text);
        if !matches!(&self.least, Some(Shown::Text(least)) if **least <= *text) {
            self.least = Some(Shown::Text(text.into()));
        }
        if !matches!(&self.most, Some(Shown::Text(most)) if **most >= *text) {
            self.most = Some(Shown::Text(text.into()));
        }
    }

    pub(super) fn summary(&self, name: &str, data_type: String) -> ColumnSummary {
        let (distinct, distinct_exact) = self.distinct.count();
        let quartiles = self.sample.quartiles().filter(|_| self.arrow != ArrowType::Boolean);
        let (top, top_exact) = self.top.most_frequent(3);
        let shown = |value: &Shown| self.shown(value);
        ColumnSummary {
            name: name.to_owned(),
            data_type,
            nulls: self.nulls,
            distinct,
            distinct_exact,
            min: self.least.as_ref().map(shown),
            max: self.most.as_ref().map(shown),
            mean: self.mean(),
            quartiles: quartiles.map(|(values, _)| values.map(|value| self.shown(&Shown::Number(value)))),
            quartiles_exact: quartiles.is_none_or(|(_, exact)| exact),
            top: top.iter().map(|(value, count)| (self.shown(value), *count)).collect(),
            top_exact,
        }
    }

    fn mean(&self) -> Option<f64> {
        match &self.arrow {
            _ if self.values == 0 => None,
            ArrowType::Int64 => Some(self.integers.mean(1)),
            ArrowType::Decimal128(_, scale) => {
                Some(self.integers.mean(10u128.checked_pow(u32::from(scale.unsigned_abs()))?))
            }
            ArrowType::Float64 => Some(self.doubles.over(self.values)),
            _ => None,
        }
    }

    #[allow(clippy::cast_possible_truncation, reason = "the number came from an array of that width")]
    fn shown(&self, value: &Shown) -> String {
        let number = match value {
            Shown::Text(text) => return text.to_string(),
            Shown::Number(number) => *number,
        };
        let value = match &self.arrow {
            ArrowType::Boolean => Value::Boolean(number != 0),
            ArrowType::Decimal128(_, scale) => Value::decimal(number, scale.unsigned_abs()),
            ArrowType::Date32 => Value::Date(number as i32),
            ArrowType::Timestamp(..) => Value::Timestamp(number as i64),
            ArrowType::Time64(_) => Value::Time(number as i64),
            ArrowType::Float64 => Value::Float64(unordered(number as i64)),
            _ => Value::Int64(number as i64),
        };
        value.to_string()
    }
}

fn widened<T: Into<i128>>(value: Option<T>) -> Option<i128> {
    value.map(Into::into)
}

/// An integer that is in order where doubles are; NaN is the greatest.
fn ordered(value: f64) -> i64 {
    let bits = value.to_bits().cast_signed();
    bits ^ ((bits >> 63).cast_unsigned() >> 1).cast_signed()
}

/// The double of such an integer.
fn unordered(key: i64) -> f64 {
    f64::from_bits((key ^ ((key >> 63).cast_unsigned() >> 1).cast_signed()).cast_unsigned())
}

/// The first bytes of a text, whole characters.
fn beginning(text: &str) -> &str {
    let end = (0..=SHOWN.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_keep_their_order() {
        let values = [f64::NEG_INFINITY, -2.5, -0.0, 0.0, 1e-300, 3.5, f64::INFINITY, f64::NAN];
        assert!(values.windows(2).all(|pair| ordered(pair[0]) < ordered(pair[1])));
        assert!(values.iter().all(|value| unordered(ordered(*value)).to_bits() == value.to_bits()));
    }
}
