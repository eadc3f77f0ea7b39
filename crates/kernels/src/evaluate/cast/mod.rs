//! CAST and TRY_CAST: which conversion, and what its error says.

mod calendar;
mod number;
mod parse;
mod show;

use arrow::array::{Array, ArrowPrimitiveType, AsArray, BooleanArray, Int64Array, new_null_array};
use arrow::datatypes::{Decimal128Type, Float64Type, Int64Type};
use plimsoll_core::{DataType, Error, ErrorKind, Location, Result, Value};

pub(super) use self::number::divide_half_away;
use self::number::{decimal_to_float, float_to_decimal, float_to_integer, rescale, rescale_narrow};
use super::arithmetic::scale_of;
use super::operand::{Operand, try_map};
use crate::arrays::arrow_type;

/// `input` of the logical type `from` as `to`; what does not fit is an error, or NULL if `lenient`.
pub(super) fn cast(input: &Operand, from: DataType, to: DataType, lenient: bool) -> Result<Operand> {
    use DataType as T;
    match (from, to) {
        (T::Null, _) => {
            let nulls = new_null_array(&arrow_type(to), input.array().len());
            Ok(if input.is_constant() { Operand::constant(nulls) } else { Operand::column(nulls) })
        }
        _ if from == to => Ok(input.clone()),
        (_, T::Utf8) => Ok(show::text(input, from)),
        (T::Utf8, _) => parse::text(input, to, lenient),
        (T::Boolean, _) => from_boolean(input, to, lenient),
        (_, T::Boolean) => Ok(to_boolean(input, from)),
        (T::Date, T::Timestamp) => calendar::date_to_timestamp(input, lenient),
        (T::Timestamp, T::Date) => calendar::timestamp_to_date(input, lenient),
        (T::Timestamp, T::Time) => Ok(calendar::timestamp_to_time(input)),
        (T::Int64, T::Float64) => Ok(convert::<Int64Type, Float64Type>(input, |x| x as f64)),
        (T::Int64, T::Decimal { precision, scale }) => {
            let convert = |x| rescale(i128::from(x), 0, precision, scale);
            decimals::<Int64Type>(input, to, lenient, convert, Value::Int64)
        }
        (T::Float64, T::Int64) => {
            let error = |x| unfit(&Value::Float64(x), to);
            let doubles = input.primitive::<Float64Type>();
            Ok(input.with(try_map::<_, Int64Type>(doubles, lenient, float_to_integer, error)?))
        }
        (T::Float64, T::Decimal { precision, scale }) => {
            let convert = |x| float_to_decimal(x, precision, scale);
            decimals::<Float64Type>(input, to, lenient, convert, Value::Float64)
        }
        (T::Decimal { precision: from, scale }, T::Decimal { precision, scale: same })
            if same == scale && from <= precision =>
        {
            Ok(input.clone())
        }
        (T::Decimal { .. }, _) => from_decimal(input, to, lenient),
        _ => Err(Error::plan(format!("cannot cast {from} to {to}"), "")),
    }
}

fn from_decimal(input: &Operand, to: DataType, lenient: bool) -> Result<Operand> {
    let from_scale = scale_of(input);
    let show = |mantissa| Value::decimal(mantissa, from_scale);
    if let DataType::Decimal { precision, scale } = to
        && let Some(narrow) = rescale_narrow(input, from_scale, precision, scale)
    {
        return Ok(narrow);
    }
    let wide = input.widened();
    let mantissas = wide.primitive::<Decimal128Type>();
    match to {
        DataType::Decimal { precision, scale } => {
            let convert = |x| rescale(x, from_scale, precision, scale);
            decimals::<Decimal128Type>(&wide, to, lenient, convert, show)
        }
        DataType::Int64 => {
            let convert = |x| i64::try_from(rescale(x, from_scale, 38, 0)?).ok();
            let error = |x| unfit(&show(x), to);
            Ok(input.with(try_map::<_, Int64Type>(mantissas, lenient, convert, error)?))
        }
        _ => Ok(convert::<Decimal128Type, Float64Type>(&wide, decimal_to_float(from_scale))),
    }
}

/// Numbers as decimals of the type `to`; `show` is the value that an error names.
fn decimals<A: ArrowPrimitiveType>(
    input: &Operand,
    to: DataType,
    lenient: bool,
    convert: impl Fn(A::Native) -> Option<i128>,
    show: impl Fn(A::Native) -> Value,
) -> Result<Operand> {
    let result = try_map::<A, Decimal128Type>(input.primitive(), lenient, convert, |x| unfit(&show(x), to))?;
    Ok(input.with(result.with_data_type(arrow_type(to))))
}

/// A conversion that always succeeds.
fn convert<A: ArrowPrimitiveType, O: ArrowPrimitiveType>(
    input: &Operand,
    f: impl Fn(A::Native) -> O::Native,
) -> Operand {
    input.with(input.primitive::<A>().unary::<_, O>(f))
}

/// True is 1, false is 0.
fn from_boolean(input: &Operand, to: DataType, lenient: bool) -> Result<Operand> {
    let values = input.array().as_boolean();
    let ones = values.iter().map(|value| value.map(i64::from));
    let ones = input.with(ones.collect::<Int64Array>());
    match to {
        DataType::Int64 => Ok(ones),
        DataType::Decimal { precision, scale } => {
            let convert = |x| rescale(i128::from(x), 0, precision, scale);
            decimals::<Int64Type>(&ones, to, lenient, convert, |x| Value::Boolean(x == 1))
        }
        _ => cast(&ones, DataType::Int64, to, lenient),
    }
}

/// Everything but 0 is true.
fn to_boolean(input: &Operand, from: DataType) -> Operand {
    fn not_zero<A: ArrowPrimitiveType>(input: &Operand) -> Operand {
        let values = input.primitive::<A>();
        input.with(BooleanArray::from_unary(values, |value| value != A::Native::default()))
    }
    match from {
        DataType::Int64 => not_zero::<Int64Type>(input),
        DataType::Float64 => not_zero::<Float64Type>(input),
        _ => not_zero::<Decimal128Type>(&input.widened()),
    }
}

/// That a value has no counterpart of the type `to`. Text is shown in quotes, shortened.
fn unfit(value: &Value, to: DataType) -> Error {
    let shown = match value {
        Value::Utf8(text) => {
            let mut shown: String = text.chars().take(Location::VALUE_CHARS).collect();
            if shown.len() < text.len() {
                shown.push('…');
            }
            format!("'{shown}'")
        }
        other => other.to_string(),
    };
    let message = format!("cannot cast {shown} to {to}");
    ErrorKind::Value { message, hint: "TRY_CAST gives NULL instead".into() }.into()
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use plimsoll_core::DataType::{Boolean, Date, Decimal, Float64, Int64, Timestamp, Utf8};
    use plimsoll_core::{DataType, Expr, Value};

    const DECIMAL: DataType = Decimal { precision: 4, scale: 1 };

    #[test]
    fn text_to_every_type() {
        for (value, data_type, expected) in [
            (" 12 ", Int64, "12"),
            ("-0.5", Int64, "-1"),
            ("1e3", Int64, "1000"),
            ("12.34", DECIMAL, "12.3"),
            ("1234.5", DECIMAL, "NULL"),
            ("\t1.5e2", DECIMAL, "150.0"),
            ("-0", Float64, "0.0"),
            ("nan", Float64, "NaN"),
            ("-Infinity", Float64, "-inf"),
            (" T ", Boolean, "true"),
            ("2", Boolean, "NULL"),
            ("2024-02-29", Date, "2024-02-29"),
            ("2023-02-29", Date, "NULL"),
            ("2024-02-29 23:59:59", Date, "2024-02-29"),
            ("2024-02-29T01:02:03.5", Timestamp, "2024-02-29 01:02:03.5"),
            ("2024-02-29", Timestamp, "2024-02-29 00:00:00"),
            ("", Int64, "NULL"),
        ] {
            assert_eq!(constant(&converted(text(value), data_type, true)), expected, "{value}");
        }
        assert_eq!(
            refused(&converted(text("abc"), Int64, false), &nothing()),
            "cannot cast 'abc' to BIGINT\n  hint: TRY_CAST gives NULL instead"
        );
        let long = "x".repeat(1000);
        assert!(refused(&converted(text(&long), Date, false), &nothing()).len() < 150);
    }

    #[test]
    fn numbers_to_numbers() {
        let block = block(vec![
            integers(&[Some(999), Some(1000), None]),
            floats(&[Some(2.5), Some(f64::NAN), None]),
            narrow(&[Some(25), Some(-25), None], 1),
        ]);
        let result = |from, to, lenient| shown(&converted(field(from), to, lenient), &block);
        assert_eq!(result(0, DECIMAL, true), ["999.0", "NULL", "NULL"]);
        assert!(
            refused(&converted(field(0), DECIMAL, false), &block)
                .starts_with("cannot cast 1000 to DECIMAL(4,1)")
        );
        assert_eq!(result(0, Float64, false), ["999.0", "1000.0", "NULL"]);
        assert_eq!(result(1, Int64, true), ["2", "NULL", "NULL"]);
        assert!(refused(&converted(field(1), Int64, false), &block).starts_with("cannot cast NaN to BIGINT"));
        assert_eq!(result(1, DECIMAL, true), ["2.5", "NULL", "NULL"]);
        assert_eq!(result(2, Int64, false), ["3", "-3", "NULL"]);
        assert_eq!(result(2, Float64, false), ["2.5", "-2.5", "NULL"]);
        assert_eq!(result(2, DataType::decimal(3), false), ["2.500", "-2.500", "NULL"]);
        assert_eq!(result(2, Decimal { precision: 1, scale: 0 }, false), ["3", "-3", "NULL"]);
        assert_eq!(result(2, Decimal { precision: 1, scale: 1 }, true), ["NULL"; 3]);
        assert_eq!(result(2, Boolean, false), ["true", "true", "NULL"]);
        assert_eq!(result(1, Boolean, false), ["true", "true", "NULL"]);
    }

    #[test]
    fn booleans_dates_and_texts() {
        let block = block(vec![
            booleans(&[Some(true), Some(false), None]),
            dates(&[Some(0), Some(-1), None]),
            timestamps(&[Some(-1), Some(86_400_000_000), None]),
        ]);
        let result = |from, to| shown(&converted(field(from), to, false), &block);
        assert_eq!(result(0, Int64), ["1", "0", "NULL"]);
        assert_eq!(result(0, DECIMAL), ["1.0", "0.0", "NULL"]);
        assert_eq!(result(0, Float64), ["1.0", "0.0", "NULL"]);
        assert_eq!(result(0, Utf8), ["true", "false", "NULL"]);
        assert_eq!(result(1, Timestamp), ["1970-01-01 00:00:00", "1969-12-31 00:00:00", "NULL"]);
        assert_eq!(result(2, Date), ["1969-12-31", "1970-01-02", "NULL"]);
        assert_eq!(result(2, Utf8), ["1969-12-31 23:59:59.999999", "1970-01-02 00:00:00", "NULL"]);
        let no_room = converted(field(0), Decimal { precision: 1, scale: 1 }, false);
        assert!(refused(&no_room, &block).starts_with("cannot cast true to DECIMAL(1,1)"));
        let far = Expr::Literal(Value::Date(i32::MAX));
        assert!(run(&converted(far, Timestamp, false), &nothing()).is_err());
    }

    #[test]
    fn the_type_of_null_becomes_any() {
        let nulls: arrow::array::ArrayRef = std::sync::Arc::new(arrow::array::NullArray::new(2));
        let block = block(vec![(nulls, DataType::Null)]);
        for to in [Boolean, Int64, DECIMAL, Float64, Date, Timestamp, Utf8] {
            assert_eq!(shown(&converted(field(0), to, false), &block), ["NULL"; 2]);
        }
    }
}
