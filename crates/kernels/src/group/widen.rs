//! Columns at a wider type: what a source's change of schema does to values that are held.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Decimal128Array, new_null_array};
use arrow::datatypes::{DataType as ArrowType, Decimal128Type, Int64Type};
use plimsoll_core::value::decimal_digits;
use plimsoll_core::{DataType, Error, Result};

use crate::arrays::{arrow_type, wide};

/// `column` as an array of type `to`: NULLs as anything, integers and decimals as decimals of the same or a greater
/// scale, anything else as it is.
///
/// # Errors
/// `Value` where a number has no room, `Plan` for any other change of type.
pub fn widen(column: &ArrayRef, to: DataType) -> Result<ArrayRef> {
    let column = wide(column);
    let wanted = arrow_type(to);
    let (values, scale): (Decimal128Array, i8) = match *column.data_type() {
        ArrowType::Null => return Ok(new_null_array(&wanted, column.len())),
        ref same if *same == wanted => return Ok(column),
        ArrowType::Int64 => (column.as_primitive::<Int64Type>().unary(i128::from), 0),
        ArrowType::Decimal128(_, scale) => (column.as_primitive::<Decimal128Type>().clone(), scale),
        ref other => return Err(refused(other, to)),
    };
    let factor = match to {
        DataType::Decimal { scale: wanted, .. } => i16::from(wanted) - i16::from(scale),
        _ => -1,
    };
    let factor = u32::try_from(factor).map_err(|_| refused(column.data_type(), to))?;
    let DataType::Decimal { precision, .. } = to else { return Err(refused(column.data_type(), to)) };
    let factor = 10i128.checked_pow(factor).ok_or_else(|| refused(column.data_type(), to))?;
    let rescaled: Decimal128Array = values.try_unary::<_, Decimal128Type, Error>(|mantissa| {
        mantissa.checked_mul(factor).filter(|rescaled| decimal_digits(*rescaled) <= precision).ok_or_else(
            || Error::value(format!("the mantissa {mantissa} of scale {scale} has no room in {to}")),
        )
    })?;
    Ok(Arc::new(rescaled.with_data_type(wanted)))
}

fn refused(from: &ArrowType, to: DataType) -> Error {
    Error::plan(format!("a column of {from} cannot go on as {to}"), "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Decimal64Array, Int64Array, NullArray, StringArray};

    #[test]
    fn exact_numbers_rescale() {
        let wanted = |mantissas: Vec<Option<i128>>, scale: i8| {
            Decimal128Array::from(mantissas).with_data_type(ArrowType::Decimal128(38, scale))
        };
        let integers: ArrayRef = Arc::new(Int64Array::from(vec![Some(-3), None]));
        let twice = widen(&integers, DataType::decimal(2)).unwrap();
        assert_eq!(twice.as_primitive::<Decimal128Type>(), &wanted(vec![Some(-300), None], 2));
        let narrow = Decimal64Array::from(vec![15]).with_data_type(ArrowType::Decimal64(18, 1));
        let narrow: ArrayRef = Arc::new(narrow);
        let wider = widen(&narrow, DataType::decimal(3)).unwrap();
        assert_eq!(wider.as_primitive::<Decimal128Type>(), &wanted(vec![Some(1500)], 3));
        let nulls: ArrayRef = Arc::new(NullArray::new(2));
        assert_eq!(widen(&nulls, DataType::Utf8).unwrap().null_count(), 2);
    }

    #[test]
    fn no_room_and_no_sense() {
        let large: ArrayRef = Arc::new(
            Decimal128Array::from(vec![10i128.pow(37)]).with_data_type(ArrowType::Decimal128(38, 0)),
        );
        assert!(widen(&large, DataType::decimal(1)).unwrap_err().to_string().contains("no room"));
        assert!(widen(&large, DataType::decimal(0)).is_ok());
        assert!(widen(&large, DataType::Float64).is_err());
        let fine: ArrayRef =
            Arc::new(Decimal128Array::from(vec![1]).with_data_type(ArrowType::Decimal128(38, 5)));
        assert!(widen(&fine, DataType::decimal(4)).is_err());
        let text: ArrayRef = Arc::new(StringArray::from(vec!["1"]));
        assert!(widen(&text, DataType::Int64).is_err());
    }
}
