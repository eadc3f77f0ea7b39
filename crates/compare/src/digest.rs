//! A result in a few numbers, the same for the same rows whoever computed them: each row is encoded by its values and
//! their types, and hashed by XXH3 (Collet 2019, 128 bits). Rows in any order add up; rows in one order chain.

use arrow::array::{Array, AsArray};
use arrow::datatypes::{
    DataType as ArrowType, Date32Type, Decimal128Type, Float64Type, Int64Type, IntervalMonthDayNanoType,
    Time64MicrosecondType, TimestampMicrosecondType,
};
use arrow::record_batch::RecordBatch;
use plimsoll_core::Value;
use plimsoll_core::value::Interval;
use plimsoll_rows::Rows;
use xxhash_rust::xxh3::xxh3_128;

use crate::Digest;

/// Takes rows one by one.
#[derive(Debug)]
pub(crate) struct Digester {
    rows: u64,
    sum: u128,
    chain: Option<u128>,
    /// The row that is being encoded.
    row: Vec<u8>,
}

impl Digester {
    /// Of no rows; `ordered` where their order is part of the result.
    pub(crate) fn new(ordered: bool) -> Self {
        Digester { rows: 0, sum: 0, chain: ordered.then_some(0), row: Vec::new() }
    }

    /// Takes the rows of a batch.
    pub(crate) fn batch(&mut self, batch: &RecordBatch) {
        for row in 0..batch.num_rows() {
            batch.columns().iter().for_each(|array| encode_cell(array, row, &mut self.row));
            self.end_row();
        }
    }

    /// Takes all rows.
    pub(crate) fn rows(&mut self, rows: &Rows) {
        for row in &rows.rows {
            row.iter().for_each(|value| encode(Cell::of(value), &mut self.row));
            self.end_row();
        }
    }

    /// What came to.
    pub(crate) fn finish(self) -> Digest {
        let hex = |number: u128| format!("{number:032x}");
        Digest { rows: self.rows, sum: hex(self.sum), ordered: self.chain.map(hex) }
    }

    fn end_row(&mut self) {
        let hash = xxh3_128(&self.row);
        self.rows += 1;
        self.sum = self.sum.wrapping_add(hash);
        if let Some(chain) = &mut self.chain {
            let mut link = [0; 32];
            link[..16].copy_from_slice(&chain.to_le_bytes());
            link[16..].copy_from_slice(&hash.to_le_bytes());
            *chain = xxh3_128(&link);
        }
        self.row.clear();
    }
}

/// A value of a result, borrowed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cell<'a> {
    Null,
    Boolean(bool),
    Int64(i64),
    Decimal(i128, u8),
    Float64(f64),
    Date(i32),
    Timestamp(i64),
    Time(i64),
    Interval(Interval),
    Utf8(&'a str),
    /// A value of a type that no result has: its text.
    Other(&'a str),
}

impl<'a> Cell<'a> {
    pub(crate) fn of(value: &'a Value) -> Self {
        match value {
            Value::Null => Cell::Null,
            Value::Boolean(value) => Cell::Boolean(*value),
            Value::Int64(value) => Cell::Int64(*value),
            Value::Float64(value) => Cell::Float64(*value),
            Value::Date(days) => Cell::Date(*days),
            Value::Timestamp(micros) => Cell::Timestamp(*micros),
            Value::Time(micros) => Cell::Time(*micros),
            Value::Interval(interval) => Cell::Interval(*interval),
            Value::Utf8(text) => Cell::Utf8(text),
            decimal @ Value::Decimal { .. } => match decimal.as_exact() {
                Some((mantissa, scale)) => Cell::Decimal(mantissa, scale),
                None => Cell::Null,
            },
        }
    }
}

/// Hands a cell of a batch to `take`.
pub(crate) fn with_cell<T>(array: &dyn Array, row: usize, take: impl FnOnce(Cell<'_>) -> T) -> T {
    if array.is_null(row) {
        return take(Cell::Null);
    }
    let cell = match array.data_type() {
        ArrowType::Null => Cell::Null,
        ArrowType::Boolean => Cell::Boolean(array.as_boolean().value(row)),
        ArrowType::Int64 => Cell::Int64(array.as_primitive::<Int64Type>().value(row)),
        ArrowType::Decimal128(_, scale) => {
            Cell::Decimal(array.as_primitive::<Decimal128Type>().value(row), scale.unsigned_abs())
        }
        ArrowType::Float64 => Cell::Float64(array.as_primitive::<Float64Type>().value(row)),
        ArrowType::Date32 => Cell::Date(array.as_primitive::<Date32Type>().value(row)),
        ArrowType::Timestamp(..) => {
            Cell::Timestamp(array.as_primitive::<TimestampMicrosecondType>().value(row))
        }
        ArrowType::Time64(_) => Cell::Time(array.as_primitive::<Time64MicrosecondType>().value(row)),
        ArrowType::Interval(_) => Cell::Interval(plimsoll_kernels::arrays::interval(
            array.as_primitive::<IntervalMonthDayNanoType>().value(row),
        )),
        ArrowType::Utf8 => Cell::Utf8(array.as_string::<i32>().value(row)),
        // The engine gives no other; were there one, its result would differ from all others.
        other => return take(Cell::Other(&other.to_string())),
    };
    take(cell)
}

fn encode_cell(array: &dyn Array, row: usize, out: &mut Vec<u8>) {
    with_cell(array, row, |cell| encode(cell, out));
}

/// A tag for the type, then the value; what has no fixed length has its length before it. Values that are one are one
/// here: there is one NaN, and one zero.
fn encode(cell: Cell<'_>, out: &mut Vec<u8>) {
    let mut put = |tag: u8, bytes: &[u8]| {
        out.push(tag);
        out.extend_from_slice(bytes);
    };
    match cell {
        Cell::Null => put(0, &[]),
        Cell::Boolean(value) => put(1, &[u8::from(value)]),
        Cell::Int64(value) => put(2, &value.to_le_bytes()),
        Cell::Decimal(mantissa, scale) => {
            put(3, &mantissa.to_le_bytes());
            out.push(scale);
        }
        Cell::Float64(value) => {
            let one = if value.is_nan() { f64::NAN } else { value + 0.0 };
            put(4, &one.to_bits().to_le_bytes());
        }
        Cell::Date(days) => put(5, &days.to_le_bytes()),
        Cell::Timestamp(micros) => put(6, &micros.to_le_bytes()),
        Cell::Time(micros) => put(8, &micros.to_le_bytes()),
        Cell::Interval(interval) => {
            put(9, &interval.months.to_le_bytes());
            out.extend_from_slice(&interval.days.to_le_bytes());
            out.extend_from_slice(&interval.micros.to_le_bytes());
        }
        Cell::Utf8(text) | Cell::Other(text) => {
            put(7, &(text.len() as u64).to_le_bytes());
            out.extend_from_slice(text.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Decimal128Array, Float64Array, Int64Array, StringArray};
    use plimsoll_core::Schema;
    use proptest::prelude::*;

    use super::*;

    fn digest(rows: &[Vec<Value>], ordered: bool) -> Digest {
        let mut digester = Digester::new(ordered);
        digester.rows(&Rows { schema: Schema::default(), rows: rows.to_vec() });
        digester.finish()
    }

    fn row(number: i64, text: &str) -> Vec<Value> {
        vec![Value::Int64(number), Value::Utf8(text.into())]
    }

    #[test]
    fn order_matters_where_it_should() {
        let (one, two) = ([row(1, "a"), row(2, "b")], [row(2, "b"), row(1, "a")]);
        assert_eq!(digest(&one, false), digest(&two, false));
        assert_ne!(digest(&one, true).ordered, digest(&two, true).ordered);
        assert_eq!(digest(&one, true).sum, digest(&two, true).sum);
        assert_eq!(digest(&[], true).ordered.as_deref(), Some("00000000000000000000000000000000"));
    }

    #[test]
    fn what_differs_differs() {
        let rows = [
            vec![Value::Int64(1)],
            vec![Value::decimal(1, 0)],
            vec![Value::decimal(10, 1)],
            vec![Value::Float64(1.0)],
            vec![Value::Float64(f64::NAN)],
            vec![Value::Date(1)],
            vec![Value::Timestamp(1)],
            vec![Value::Time(1)],
            vec![Value::Utf8("1".into())],
            vec![Value::Utf8("".into())],
            vec![Value::Null],
            vec![Value::Null, Value::Null],
            row(1, "a"),
            vec![Value::Utf8("a".into()), Value::Int64(1)],
        ];
        let sums: std::collections::BTreeSet<String> =
            rows.iter().map(|row| digest(std::slice::from_ref(row), false).sum).collect();
        assert_eq!(sums.len(), rows.len());
        assert_ne!(digest(&[row(1, "a"), row(1, "a")], false).sum, digest(&[row(1, "a")], false).sum);
        let zero = |value| digest(&[vec![Value::Float64(value)]], false);
        assert_eq!(zero(0.0), zero(-0.0));
    }

    proptest! {
        #[test]
        fn batches_and_rows_are_alike(
            rows in prop::collection::vec(
                (any::<Option<i64>>(), any::<i64>(), any::<Option<f64>>(), any::<Option<String>>()), 0..50,
            ),
        ) {
            let columns: Vec<ArrayRef> = vec![
                Arc::new(Int64Array::from_iter(rows.iter().map(|row| row.0))),
                Arc::new(
                    Decimal128Array::from_iter_values(rows.iter().map(|row| i128::from(row.1)))
                        .with_precision_and_scale(38, 2)
                        .unwrap(),
                ),
                Arc::new(Float64Array::from_iter(rows.iter().map(|row| row.2))),
                Arc::new(StringArray::from_iter(rows.iter().map(|row| row.3.as_deref()))),
            ];
            let names = ["a", "b", "c", "d"].into_iter().zip(columns);
            let mut digester = Digester::new(true);
            digester.batch(&RecordBatch::try_from_iter_with_nullable(names.map(|(n, c)| (n, c, true))).unwrap());
            let boxed: Vec<Vec<Value>> = rows
                .iter()
                .map(|row| vec![
                    row.0.map_or(Value::Null, Value::Int64),
                    Value::decimal(i128::from(row.1), 2),
                    row.2.map_or(Value::Null, Value::Float64),
                    row.3.as_deref().map_or(Value::Null, |text| Value::Utf8(text.into())),
                ])
                .collect();
            prop_assert_eq!(digester.finish(), digest(&boxed, true));
        }
    }
}
