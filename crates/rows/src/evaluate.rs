//! Expressions over one row of values.

use std::cmp::Ordering;

use num_bigint::BigInt;
use num_traits::Zero;
use plimsoll_core::{ArithmeticOp, CompareOp, DataType, Error, Result, Typed, TypedKind, Value};

use crate::cast::cast;
use crate::exact::{self, Fraction, power_of_ten};
use crate::functions;
use crate::order::order;
use crate::temporal;

/// The value of `expr` for `row`, whose values have the types that `expr` was bound to.
///
/// # Errors
/// `Value` for an overflow, a failing CAST, a square root below 0, a logarithm at or below 0 or a pattern that ends with
/// its escape.
pub(crate) fn evaluate(expr: &Typed, row: &[Value]) -> Result<Value> {
    match &expr.kind {
        TypedKind::Field(index) => Ok(row[*index].clone()),
        TypedKind::Literal(value) => Ok(value.clone()),
        TypedKind::Cast { input, lenient } => {
            let value = evaluate(input, row)?;
            match cast(&value, expr.data_type) {
                Some(value) => Ok(value),
                None if *lenient => Ok(Value::Null),
                None => Err(Error::value(format!("cannot cast {value} to {}", expr.data_type))),
            }
        }
        TypedKind::Not(input) => Ok(truth(truth_of(&evaluate(input, row)?).map(|value| !value))),
        TypedKind::Negate(input) => negate(&evaluate(input, row)?, expr.data_type),
        TypedKind::Arithmetic(op, left, right) => {
            arithmetic(*op, &evaluate(left, row)?, &evaluate(right, row)?, expr.data_type)
        }
        TypedKind::Compare(op, left, right) => {
            Ok(truth(compare(*op, &evaluate(left, row)?, &evaluate(right, row)?)))
        }
        TypedKind::And(left, right) => match truth_of(&evaluate(left, row)?) {
            Some(false) => Ok(Value::Boolean(false)),
            left => Ok(truth(match (left, truth_of(&evaluate(right, row)?)) {
                (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            })),
        },
        TypedKind::Or(left, right) => match truth_of(&evaluate(left, row)?) {
            Some(true) => Ok(Value::Boolean(true)),
            left => Ok(truth(match (left, truth_of(&evaluate(right, row)?)) {
                (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            })),
        },
        TypedKind::IsNull { input, negated } => {
            Ok(Value::Boolean(evaluate(input, row)?.is_null() != *negated))
        }
        TypedKind::InList { input, list, negated } => {
            let value = evaluate(input, row)?;
            let list = evaluate_all(list, row)?;
            Ok(truth(is_in(&value, &list).map(|found| found != *negated)))
        }
        TypedKind::InSet { input, constants, negated, .. } => {
            let value = evaluate(input, row)?;
            let of_type = |entry| cast(entry, input.data_type).unwrap_or(Value::Null);
            let list: Vec<Value> = constants.values().iter().map(of_type).collect();
            Ok(truth(is_in(&value, &list).map(|found| found != *negated)))
        }
        TypedKind::Like { input, pattern, escape, negated, case_insensitive } => {
            let (text, pattern) = (evaluate(input, row)?, evaluate(pattern, row)?);
            let (Value::Utf8(text), Value::Utf8(pattern)) = (text, pattern) else { return Ok(Value::Null) };
            let matches = if *case_insensitive {
                functions::ilike(&text, &pattern, *escape)?
            } else {
                functions::like(&text, &pattern, *escape)?
            };
            Ok(Value::Boolean(matches != *negated))
        }
        TypedKind::Case { branches, otherwise } => {
            for (when, then) in branches {
                if is_true(when, row)? {
                    return evaluate(then, row);
                }
            }
            otherwise.as_ref().map_or(Ok(Value::Null), |otherwise| evaluate(otherwise, row))
        }
        TypedKind::Call(function, arguments) => functions::call(*function, arguments, expr.data_type, row),
    }
}

/// The values of all of `exprs`.
///
/// # Errors
/// As [`evaluate`].
pub(crate) fn evaluate_all(exprs: &[Typed], row: &[Value]) -> Result<Vec<Value>> {
    exprs.iter().map(|expr| evaluate(expr, row)).collect()
}

/// Whether a condition is true, neither false nor NULL.
///
/// # Errors
/// As [`evaluate`].
pub(crate) fn is_true(condition: &Typed, row: &[Value]) -> Result<bool> {
    Ok(truth_of(&evaluate(condition, row)?) == Some(true))
}

fn truth_of(value: &Value) -> Option<bool> {
    match value {
        Value::Boolean(truth) => Some(*truth),
        _ => None,
    }
}

fn truth(value: Option<bool>) -> Value {
    value.map_or(Value::Null, Value::Boolean)
}

fn compare(op: CompareOp, left: &Value, right: &Value) -> Option<bool> {
    if left.is_null() || right.is_null() {
        return None;
    }
    let order = order(left, right);
    Some(match op {
        CompareOp::Equal => order == Ordering::Equal,
        CompareOp::NotEqual => order != Ordering::Equal,
        CompareOp::Less => order == Ordering::Less,
        CompareOp::LessOrEqual => order != Ordering::Greater,
        CompareOp::Greater => order == Ordering::Greater,
        CompareOp::GreaterOrEqual => order != Ordering::Less,
    })
}

/// Whether any is equal; unknown where none is but one might be.
fn is_in(value: &Value, list: &[Value]) -> Option<bool> {
    let equal: Vec<Option<bool>> = list.iter().map(|entry| compare(CompareOp::Equal, value, entry)).collect();
    if equal.contains(&Some(true)) {
        return Some(true);
    }
    if equal.contains(&None) { None } else { Some(false) }
}

fn negate(value: &Value, data_type: DataType) -> Result<Value> {
    match value {
        Value::Float64(number) => Ok(exact::float(-number)),
        Value::Interval(interval) => {
            let minus = interval.times(-1).map(Value::Interval);
            minus.ok_or_else(|| Error::value(format!("-({interval}) does not fit an INTERVAL")))
        }
        _ => match value.as_exact() {
            Some((mantissa, _)) => {
                exact::exact_value(&-BigInt::from(mantissa), data_type, || format!("-({value})"))
            }
            None => Ok(Value::Null),
        },
    }
}

fn arithmetic(op: ArithmeticOp, left: &Value, right: &Value, data_type: DataType) -> Result<Value> {
    if let (Value::Float64(a), Value::Float64(b)) = (left, right) {
        return Ok(float_arithmetic(op, *a, *b));
    }
    if left.data_type().is_temporal() && !right.is_null() {
        return temporal::arithmetic(op, left, right);
    }
    let (Some((a, left_scale)), Some((b, right_scale))) = (left.as_exact(), right.as_exact()) else {
        return Ok(Value::Null);
    };
    let (a, b) = (BigInt::from(a), BigInt::from(b));
    let divides = matches!(op, ArithmeticOp::Divide | ArithmeticOp::IntegerDivide | ArithmeticOp::Remainder);
    if divides && b.is_zero() {
        return Ok(Value::Null);
    }
    let mantissa = match op {
        ArithmeticOp::Add => a + b,
        ArithmeticOp::Subtract => a - b,
        ArithmeticOp::Multiply => a * b,
        // Of big numbers, too, it has the sign of the dividend.
        ArithmeticOp::Remainder => a % b,
        // Towards zero.
        ArithmeticOp::IntegerDivide => a / b,
        ArithmeticOp::Divide => {
            let (up, down) = (power_of_ten(right_scale.into()), power_of_ten(left_scale.into()));
            return Ok(exact::float(Fraction::new(a * up, b * down).to_f64()));
        }
    };
    exact::exact_value(&mantissa, data_type, || format!("{left} {} {right}", op.symbol()))
}

fn float_arithmetic(op: ArithmeticOp, a: f64, b: f64) -> Value {
    match op {
        ArithmeticOp::Add => exact::float(a + b),
        ArithmeticOp::Subtract => exact::float(a - b),
        ArithmeticOp::Multiply => exact::float(a * b),
        ArithmeticOp::Divide | ArithmeticOp::IntegerDivide | ArithmeticOp::Remainder if b == 0.0 => {
            Value::Null
        }
        ArithmeticOp::Divide | ArithmeticOp::IntegerDivide => exact::float(a / b),
        ArithmeticOp::Remainder => exact::float(a % b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll_core::{Expr, typed};

    const TYPES: [DataType; 6] = [
        DataType::Int64,
        DataType::decimal(1),
        DataType::Float64,
        DataType::Utf8,
        DataType::Boolean,
        DataType::decimal(3),
    ];

    fn row() -> Vec<Value> {
        vec![
            Value::Int64(-7),
            Value::decimal(25, 1),
            Value::Float64(f64::NAN),
            Value::Utf8("x".into()),
            Value::Null,
            Value::decimal(1125, 3),
        ]
    }

    fn of(expr: &Expr) -> Result<Value> {
        evaluate(&typed::bind(expr, &TYPES).unwrap(), &row())
    }

    fn field(index: usize) -> Box<Expr> {
        Box::new(Expr::Field(index))
    }

    fn int(value: i64) -> Box<Expr> {
        Box::new(Expr::Literal(Value::Int64(value)))
    }

    fn null() -> Box<Expr> {
        Box::new(Expr::Literal(Value::Null))
    }

    fn compute(op: ArithmeticOp, left: Box<Expr>, right: Box<Expr>) -> String {
        of(&Expr::Arithmetic(op, left, right))
            .map_or_else(|error| error.to_string(), |value| value.to_string())
    }

    #[test]
    fn exact_arithmetic() {
        use ArithmeticOp::{Add, Divide, Multiply, Remainder, Subtract};
        assert_eq!(compute(Add, field(0), field(1)), "-4.5");
        assert_eq!(compute(Subtract, field(1), field(5)), "1.375");
        assert_eq!(compute(Multiply, field(1), field(5)), "2.8125");
        assert_eq!(compute(Divide, field(0), int(2)), "-3.5");
        assert_eq!(compute(Divide, field(1), field(5)), (2.5f64 / 1.125).to_string());
        assert_eq!(compute(Remainder, field(0), int(4)), "-3");
        assert_eq!(compute(Remainder, field(0), field(1)), "-2.0");
        assert_eq!(compute(Remainder, int(i64::MIN), int(-1)), "0");
        assert_eq!(compute(Divide, field(0), int(0)), "NULL");
        assert_eq!(compute(Remainder, field(1), int(0)), "NULL");
        assert_eq!(compute(Add, field(0), null()), "NULL");
    }

    #[test]
    fn overflow_is_an_error() {
        use ArithmeticOp::{Add, Multiply};
        assert_eq!(compute(Add, int(i64::MAX), int(1)), "9223372036854775807 + 1 does not fit 64 bits");
        let wide = || Box::new(Expr::Literal(Value::decimal(10i128.pow(20), 0)));
        assert!(compute(Multiply, wide(), wide()).ends_with("does not fit 38 digits"));
        let least = Expr::Negate(Box::new(Expr::Arithmetic(Add, int(i64::MIN), int(0))));
        assert!(of(&least).is_err());
    }

    #[test]
    fn doubles() {
        use ArithmeticOp::{Divide, Multiply, Remainder};
        assert_eq!(compute(Multiply, field(2), int(0)), "NaN");
        let float = |value: f64| Box::new(Expr::Literal(Value::Float64(value)));
        assert_eq!(compute(Multiply, float(0.0), int(-1)), "0.0", "never -0.0");
        assert_eq!(compute(Remainder, float(-7.5), int(2)), "-1.5");
        assert_eq!(compute(Divide, float(1.0), int(0)), "NULL");
        assert_eq!(of(&Expr::Compare(CompareOp::Equal, field(2), field(2))).unwrap(), Value::Boolean(true));
        assert_eq!(
            of(&Expr::Compare(CompareOp::Greater, field(2), float(f64::INFINITY))).unwrap(),
            Value::Boolean(true)
        );
    }

    #[test]
    fn three_values() {
        let truth = |value| Box::new(Expr::Literal(Value::Boolean(value)));
        assert_eq!(of(&Expr::And(field(4), truth(false))).unwrap(), Value::Boolean(false));
        assert_eq!(of(&Expr::And(field(4), truth(true))).unwrap(), Value::Null);
        assert_eq!(of(&Expr::Or(field(4), truth(true))).unwrap(), Value::Boolean(true));
        assert_eq!(of(&Expr::Or(truth(false), field(4))).unwrap(), Value::Null);
        assert_eq!(of(&Expr::Not(field(4))).unwrap(), Value::Null);
        let listed = |list: Vec<Expr>, negated| of(&Expr::InList { expr: field(0), list, negated }).unwrap();
        assert_eq!(listed(vec![*int(-7), *null()], false), Value::Boolean(true));
        assert_eq!(listed(vec![*int(1), *null()], false), Value::Null);
        assert_eq!(listed(vec![*int(1)], true), Value::Boolean(true));
        assert_eq!(of(&Expr::IsNull { expr: field(4), negated: true }).unwrap(), Value::Boolean(false));
    }

    #[test]
    fn what_is_not_taken_is_not_evaluated() {
        let failing = || Box::new(Expr::Cast { expr: field(3), data_type: DataType::Int64, lenient: false });
        assert_eq!(of(&failing()).unwrap_err().to_string(), "cannot cast x to BIGINT");
        let condition = || Box::new(Expr::Compare(CompareOp::Equal, failing(), int(1)));
        let truth = |value| Box::new(Expr::Literal(Value::Boolean(value)));
        assert_eq!(of(&Expr::And(truth(false), condition())).unwrap(), Value::Boolean(false));
        assert_eq!(of(&Expr::Or(truth(true), condition())).unwrap(), Value::Boolean(true));
        assert!(of(&Expr::And(field(4), condition())).is_err());
        let case = Expr::Case { branches: vec![(*truth(true), *int(1))], otherwise: Some(failing()) };
        assert_eq!(of(&case).unwrap(), Value::Int64(1));
        let lenient = Expr::Cast { expr: field(3), data_type: DataType::Int64, lenient: true };
        assert_eq!(of(&lenient).unwrap(), Value::Null);
    }
}
