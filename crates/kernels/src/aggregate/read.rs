//! Reading columns of fixed-width values at the width that they have.
//!
//! | array | read as |
//! |---|---|
//! | `Int8` … `Int64`, `Date32`, `Timestamp`, `Time64`, `Decimal32`, `Decimal64` | words of that width |
//! | `Boolean`, `Float64` | their keys (see [`super::key`]), 64 bits wide |
//! | `Decimal128` | mantissas of 128 bits |
//!
//! A loop over words is made once for each width, so that nothing is widened before it is used.

use std::borrow::Cow;

use arrow::array::{Array, AsArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{
    DataType as ArrowType, Date32Type, Decimal32Type, Decimal64Type, Decimal128Type, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type, Time64MicrosecondType, TimestampMicrosecondType,
};

use super::key::float_key;

/// What is done with the values of a column, whatever their width. Values where `nulls` has a NULL mean nothing.
pub(super) trait Reader {
    /// What comes of it.
    type Output;

    /// Takes values of at most 64 bits.
    fn words<N: Copy + Into<i64>>(self, values: &[N], nulls: Option<&NullBuffer>) -> Self::Output;

    /// Takes mantissas of 128 bits.
    fn wide(self, values: &[i128], nulls: Option<&NullBuffer>) -> Self::Output;
}

/// Hands the column to `reader`; no null buffer where nothing is NULL.
pub(super) fn read<R: Reader>(array: &dyn Array, reader: R) -> R::Output {
    let nulls = array.nulls().filter(|nulls| nulls.null_count() > 0);
    match array.data_type() {
        ArrowType::Null => reader.words(&vec![0i64; array.len()], Some(&NullBuffer::new_null(array.len()))),
        ArrowType::Boolean => {
            let keys: Vec<i64> = array.as_boolean().values().iter().map(i64::from).collect();
            reader.words(&keys, nulls)
        }
        ArrowType::Float64 => {
            let values = array.as_primitive::<Float64Type>().values();
            let keys: Vec<i64> = values.iter().map(|value| float_key(*value)).collect();
            reader.words(&keys, nulls)
        }
        ArrowType::Int8 => reader.words(array.as_primitive::<Int8Type>().values(), nulls),
        ArrowType::Int16 => reader.words(array.as_primitive::<Int16Type>().values(), nulls),
        ArrowType::Int32 => reader.words(array.as_primitive::<Int32Type>().values(), nulls),
        ArrowType::Date32 => reader.words(array.as_primitive::<Date32Type>().values(), nulls),
        ArrowType::Decimal32(..) => reader.words(array.as_primitive::<Decimal32Type>().values(), nulls),
        ArrowType::Decimal64(..) => reader.words(array.as_primitive::<Decimal64Type>().values(), nulls),
        ArrowType::Timestamp(..) => {
            reader.words(array.as_primitive::<TimestampMicrosecondType>().values(), nulls)
        }
        ArrowType::Time64(_) => reader.words(array.as_primitive::<Time64MicrosecondType>().values(), nulls),
        ArrowType::Decimal128(..) => reader.wide(array.as_primitive::<Decimal128Type>().values(), nulls),
        _ => reader.words(array.as_primitive::<Int64Type>().values(), nulls),
    }
}

/// The keys of a column, where 64 bits hold each of them; those of NULLs mean nothing. Copies only what is not 64 bits wide.
pub(super) fn words(array: &dyn Array) -> Option<Cow<'_, [i64]>> {
    struct Words;

    impl Reader for Words {
        type Output = Option<Vec<i64>>;

        fn words<N: Copy + Into<i64>>(self, values: &[N], _: Option<&NullBuffer>) -> Self::Output {
            Some(values.iter().map(|value| (*value).into()).collect())
        }

        fn wide(self, values: &[i128], nulls: Option<&NullBuffer>) -> Self::Output {
            let word = |(row, value): (usize, &i128)| match nulls {
                Some(nulls) if nulls.is_null(row) => Some(0),
                _ => i64::try_from(*value).ok(),
            };
            values.iter().enumerate().map(word).collect()
        }
    }

    match array.data_type() {
        ArrowType::Int64 => Some(Cow::Borrowed(array.as_primitive::<Int64Type>().values())),
        ArrowType::Decimal64(..) => Some(Cow::Borrowed(array.as_primitive::<Decimal64Type>().values())),
        _ => read(array, Words).map(Cow::Owned),
    }
}

/// The keys of a column as 128 bits.
pub(super) fn mantissas(array: &dyn Array) -> Vec<i128> {
    let mut all = Vec::with_capacity(array.len());
    visit_keys(array, |_, key| all.push(key.unwrap_or(0)));
    all
}

/// Calls `visit` with every row of a column of fixed-width values as keys, NULLs included.
#[inline]
pub(super) fn visit_keys(array: &dyn Array, visit: impl FnMut(usize, Option<i128>)) {
    struct Visit<F>(F);

    impl<F: FnMut(usize, Option<i128>)> Visit<F> {
        fn rows<V: Copy>(mut self, values: &[V], nulls: Option<&NullBuffer>, key: impl Fn(V) -> i128) {
            let rows = values.iter().enumerate();
            match nulls {
                None => rows.for_each(|(row, value)| self.0(row, Some(key(*value)))),
                Some(nulls) => {
                    rows.for_each(|(row, value)| self.0(row, nulls.is_valid(row).then(|| key(*value))));
                }
            }
        }
    }

    impl<F: FnMut(usize, Option<i128>)> Reader for Visit<F> {
        type Output = ();

        fn words<N: Copy + Into<i64>>(self, values: &[N], nulls: Option<&NullBuffer>) {
            self.rows(values, nulls, |value| i128::from(value.into()));
        }

        fn wide(self, values: &[i128], nulls: Option<&NullBuffer>) {
            self.rows(values, nulls, |value| value);
        }
    }

    read(array, Visit(visit));
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Decimal32Array, Int8Array, Int16Array, Int32Array, Int64Array};

    use super::*;

    #[test]
    fn every_width_reads_the_same() {
        let values = [Some(-128), None, Some(0), Some(127)];
        let arrays: [ArrayRef; 5] = [
            Arc::new(values.iter().map(|value| value.map(|value: i64| value as i8)).collect::<Int8Array>()),
            Arc::new(values.iter().map(|value| value.map(|value| value as i16)).collect::<Int16Array>()),
            Arc::new(values.iter().map(|value| value.map(|value| value as i32)).collect::<Int32Array>()),
            Arc::new(values.iter().map(|value| value.map(|value| value as i32)).collect::<Decimal32Array>()),
            Arc::new(values.iter().copied().collect::<Int64Array>()),
        ];
        for array in arrays {
            let mut found = Vec::new();
            visit_keys(array.slice(1, 3).as_ref(), |row, key| found.push((row, key)));
            assert_eq!(found, [(0, None), (1, Some(0)), (2, Some(127))], "{}", array.data_type());
        }
    }
}
