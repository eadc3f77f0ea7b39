//! What an expression gives: a column, or one value that all rows share; and the loops over one or two of them.

use std::cell::Cell;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, Datum, NullArray, PrimitiveArray, UInt32Array,
};
use arrow::buffer::NullBuffer;
use arrow::compute::take;
use arrow::datatypes::{DataType as ArrowType, Decimal128Type};
use plimsoll_core::{DataType, Error, Result};

use super::kernel_error;
use crate::arrays::{arrow_type, wide};

/// The values of an expression.
#[derive(Debug, Clone)]
pub(super) struct Operand {
    array: ArrayRef,
    /// Whether the array has one value, which stands for every row.
    constant: bool,
}

impl Datum for Operand {
    fn get(&self) -> (&dyn Array, bool) {
        (&*self.array, self.constant)
    }
}

impl Operand {
    /// A value for each row.
    pub(super) fn column(array: ArrayRef) -> Self {
        Operand { array, constant: false }
    }

    /// The one value of `array` for all rows.
    pub(super) fn constant(array: ArrayRef) -> Self {
        Operand { array, constant: true }
    }

    /// `array`, which was made of this operand row by row.
    pub(super) fn with(&self, array: impl Array + 'static) -> Self {
        Operand { array: Arc::new(array), constant: self.constant }
    }

    /// `array`, which was made of all `operands` row by row.
    pub(super) fn of(operands: &[&Operand], array: impl Array + 'static) -> Self {
        Operand { array: Arc::new(array), constant: operands.iter().all(|operand| operand.constant) }
    }

    pub(super) fn array(&self) -> &ArrayRef {
        &self.array
    }

    pub(super) fn is_constant(&self) -> bool {
        self.constant
    }

    /// Where the value of `row` is in the array.
    pub(super) fn index(&self, row: usize) -> usize {
        if self.constant { 0 } else { row }
    }

    pub(super) fn primitive<T: ArrowPrimitiveType>(&self) -> &PrimitiveArray<T> {
        self.array.as_primitive()
    }

    /// The text of `row`; any text for NULL.
    pub(super) fn text(&self, row: usize) -> &str {
        self.array.as_string::<i32>().value(self.index(row))
    }

    /// A decimal operand with 128-bit mantissas.
    pub(super) fn widened(&self) -> Self {
        Operand { array: wide(&self.array), constant: self.constant }
    }

    /// The array in the one Arrow type of `data_type`: the precision of decimals is that of the type.
    pub(super) fn typed_array(&self, data_type: DataType) -> ArrayRef {
        let wanted = arrow_type(data_type);
        if *self.array.data_type() == wanted {
            return Arc::clone(&self.array);
        }
        let array = wide(&self.array);
        match wanted {
            ArrowType::Decimal128(..) => {
                Arc::new(array.as_primitive::<Decimal128Type>().clone().with_data_type(wanted))
            }
            _ => array,
        }
    }

    /// The values of all `rows`, in the one Arrow type of `data_type`.
    pub(super) fn into_column(self, data_type: DataType, rows: usize) -> Result<ArrayRef> {
        let array = self.typed_array(data_type);
        match self.constant {
            false => Ok(array),
            true if data_type == DataType::Null => Ok(Arc::new(NullArray::new(rows))),
            true => take(&array, &UInt32Array::from_value(0, rows), None).map_err(kernel_error),
        }
    }
}

/// How many values the row-by-row combination of `operands` has.
pub(super) fn joint_len(operands: &[&Operand]) -> usize {
    let column = operands.iter().find(|operand| !operand.constant);
    column.map_or(1, |operand| operand.array.len())
}

/// NULL where one of `operands` is.
pub(super) fn joint_nulls(operands: &[&Operand]) -> Option<NullBuffer> {
    let len = joint_len(operands);
    operands.iter().fold(None, |nulls, operand| {
        let own = operand.array.nulls().filter(|own| own.null_count() > 0);
        match own {
            Some(_) if operand.constant => Some(NullBuffer::new_null(len)),
            _ => NullBuffer::union(nulls.as_ref(), own),
        }
    })
}

/// `f` of the two values of each row; NULL where one of them is. `f` also sees what lies under a NULL.
pub(super) fn combine<A, B, O>(
    left: &Operand,
    right: &Operand,
    f: impl Fn(A::Native, B::Native) -> O::Native,
) -> PrimitiveArray<O>
where
    A: ArrowPrimitiveType,
    B: ArrowPrimitiveType,
    O: ArrowPrimitiveType,
{
    let (a, b) = (left.primitive::<A>().values(), right.primitive::<B>().values());
    let values: Vec<O::Native> = match (left.constant, right.constant) {
        (false, true) => {
            let y = b[0];
            a.iter().map(|x| f(*x, y)).collect()
        }
        (true, false) => {
            let x = a[0];
            b.iter().map(|y| f(x, *y)).collect()
        }
        _ => a.iter().zip(b).map(|(x, y)| f(*x, *y)).collect(),
    };
    PrimitiveArray::new(values.into(), joint_nulls(&[left, right]))
}

/// As [`combine`], where `f` gives `None` for what has no result; `error` says so for the first such row.
pub(super) fn try_combine<A, B, O>(
    left: &Operand,
    right: &Operand,
    f: impl Fn(A::Native, B::Native) -> Option<O::Native>,
    error: impl Fn(A::Native, B::Native) -> Error,
) -> Result<PrimitiveArray<O>>
where
    A: ArrowPrimitiveType,
    B: ArrowPrimitiveType,
    O: ArrowPrimitiveType,
{
    // What lies under a NULL may fail too, so that a failure is only looked up afterwards: the loop has no branch.
    let failed = Cell::new(false);
    let result = combine::<A, B, O>(left, right, |x, y| {
        f(x, y).unwrap_or_else(|| {
            failed.set(true);
            O::Native::default()
        })
    });
    if failed.get() {
        let (a, b) = (left.primitive::<A>().values(), right.primitive::<B>().values());
        for row in (0..result.len()).filter(|row| result.is_valid(*row)) {
            let (x, y) = (a[left.index(row)], b[right.index(row)]);
            if f(x, y).is_none() {
                return Err(error(x, y));
            }
        }
    }
    Ok(result)
}

/// `f` of each value, NULL staying NULL; where it gives `None`, an error, or NULL if `lenient`.
pub(super) fn try_map<A: ArrowPrimitiveType, O: ArrowPrimitiveType>(
    input: &PrimitiveArray<A>,
    lenient: bool,
    f: impl Fn(A::Native) -> Option<O::Native>,
    error: impl Fn(A::Native) -> Error,
) -> Result<PrimitiveArray<O>> {
    match lenient {
        true => Ok(input.unary_opt(f)),
        false => input.try_unary(|value| f(value).ok_or_else(|| error(value))),
    }
}
