//! What aggregates mean, for one group at a time and in fractions of big integers.

use std::cmp::Ordering;

use num_bigint::BigInt;
use num_traits::{Signed, Zero};
use plimsoll_core::{AggregateFunction as A, Quantile, Value};

use super::harness::{GROUPS, Input};
use crate::exact::{Dyadic, ratio_to_f64};

/// `None` where the result is an error.
pub(super) fn run(function: A, input: &Input) -> Option<Vec<Value>> {
    let group = |group: u32| {
        let rows = input.rows.iter().filter(|(of, _)| *of == group);
        let rows: Vec<&[Value]> = rows.map(|(_, values)| values.as_slice()).collect();
        result(function, &rows)
    };
    (0..GROUPS).map(group).collect()
}

fn result(function: A, rows: &[&[Value]]) -> Option<Value> {
    let all: Vec<Value> = rows.iter().map(|row| row[0].clone()).collect();
    let mut sorted: Vec<Value> = all.iter().filter(|value| !value.is_null()).cloned().collect();
    let present = sorted.clone();
    sorted.sort_by(compare);
    let or_null = |value: Option<&Value>| value.cloned().unwrap_or(Value::Null);
    let n = present.len();
    let squared = matches!(function, A::VarPop | A::VarSamp | A::StddevPop | A::StddevSamp);
    if squared && squares_overflow(&present) {
        return None;
    }
    let double = |value: Option<f64>| value.map_or(Value::Null, Value::Float64);
    Some(match function {
        A::CountStar => Value::Int64(rows.len() as i64),
        A::Count => Value::Int64(n as i64),
        A::CountDistinct => {
            sorted.dedup_by(|a, b| compare(a, b) == Ordering::Equal);
            Value::Int64(sorted.len() as i64)
        }
        A::Min => or_null(sorted.first()),
        A::Max => or_null(sorted.last()),
        A::First => or_null(all.first()),
        A::Last => or_null(all.last()),
        A::AnyValue => or_null(present.first()),
        A::Sum => return sum(&present),
        A::Avg => match non_finite(&present) {
            _ if n == 0 => Value::Null,
            Some(value) => Value::Float64(value),
            None => Value::Float64(total(&present).over(n).round()),
        },
        A::VarPop => double(variance(&present, 0)),
        A::VarSamp => double(variance(&present, 1)),
        A::StddevPop => double(variance(&present, 0).map(f64::sqrt)),
        A::StddevSamp => double(variance(&present, 1).map(f64::sqrt)),
        A::QuantileDisc(quantile) => {
            let position = Fraction::written(quantile).times(n);
            let (whole, rest) = (&position.0 / &position.1, &position.0 % &position.1);
            let index = usize::try_from(whole).unwrap() + usize::from(!rest.is_zero());
            or_null(sorted.get(index.max(1) - 1))
        }
        A::QuantileCont(quantile) => double(quantile_cont(&sorted, quantile)),
        A::Corr => {
            let pairs = || rows.iter().filter(|row| !row[0].is_null() && !row[1].is_null());
            let column = |index: usize| pairs().map(|row| row[index].clone()).collect::<Vec<_>>();
            let (left, right) = (column(0), column(1));
            if squares_overflow(&left) || squares_overflow(&right) {
                return None;
            }
            double(corr(&left, &right))
        }
    })
}

fn compare(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Boolean(left), Value::Boolean(right)) => left.cmp(right),
        (Value::Date(left), Value::Date(right)) => left.cmp(right),
        (Value::Timestamp(left), Value::Timestamp(right)) | (Value::Time(left), Value::Time(right)) => {
            left.cmp(right)
        }
        (Value::Utf8(left), Value::Utf8(right)) => left.as_bytes().cmp(right.as_bytes()),
        (Value::Float64(left), Value::Float64(right)) => {
            left.partial_cmp(right).unwrap_or_else(|| left.is_nan().cmp(&right.is_nan()))
        }
        _ => left.as_exact().cmp(&right.as_exact()),
    }
}

/// Numerator and (positive) denominator, not reduced.
#[derive(Clone)]
struct Fraction(BigInt, BigInt);

impl Fraction {
    /// Of a number that is finite.
    fn of(value: &Value) -> Self {
        match (value, value.as_exact()) {
            (Value::Float64(value), _) => {
                let exact = Dyadic::from(*value);
                let shift = exact.exponent();
                let up = shift.max(0).unsigned_abs();
                Fraction(exact.mantissa() << up, BigInt::from(1) << shift.min(0).unsigned_abs())
            }
            (_, Some((mantissa, scale))) => Fraction(mantissa.into(), BigInt::from(10).pow(scale.into())),
            _ => panic!("{value} is no number"),
        }
    }

    fn written(quantile: Quantile) -> Self {
        let (numerator, denominator) = quantile.fraction();
        Fraction(numerator.into(), denominator.into())
    }

    fn plus(&self, other: &Self) -> Self {
        if self.1 == other.1 {
            return Fraction(&self.0 + &other.0, self.1.clone());
        }
        Fraction(&self.0 * &other.1 + &other.0 * &self.1, &self.1 * &other.1)
    }

    fn minus(&self, other: &Self) -> Self {
        self.plus(&Fraction(-&other.0, other.1.clone()))
    }

    fn by(&self, other: &Self) -> Self {
        Fraction(&self.0 * &other.0, &self.1 * &other.1)
    }

    fn times(&self, factor: usize) -> Self {
        Fraction(&self.0 * factor, self.1.clone())
    }

    fn over(&self, divisor: usize) -> Self {
        Fraction(self.0.clone(), &self.1 * divisor)
    }

    fn round(&self) -> f64 {
        ratio_to_f64(&self.0, &self.1)
    }
}

fn total(values: &[Value]) -> Fraction {
    let zero = Fraction(BigInt::zero(), BigInt::from(1));
    values.iter().fold(zero, |sum, value| sum.plus(&Fraction::of(value)))
}

/// What a sum is where not all values are finite.
fn non_finite(values: &[Value]) -> Option<f64> {
    let odd = values.iter().filter_map(|value| match value {
        Value::Float64(value) if !value.is_finite() => Some(*value),
        _ => None,
    });
    let odd: Vec<f64> = odd.collect();
    let first = *odd.first()?;
    Some(if odd.iter().all(|value| *value == first) { first } else { f64::NAN })
}

fn sum(values: &[Value]) -> Option<Value> {
    Some(match (values.first(), non_finite(values)) {
        (None, _) => Value::Null,
        (_, Some(value)) => Value::Float64(value),
        (Some(Value::Float64(_)), None) => Value::Float64(total(values).round()),
        (Some(first), None) => {
            let sum: BigInt = values.iter().filter_map(Value::as_exact).map(|(m, _)| BigInt::from(m)).sum();
            let sum = i128::try_from(&sum).ok().filter(|sum| sum.unsigned_abs() < 10u128.pow(38))?;
            Value::decimal(sum, first.as_exact()?.1)
        }
    })
}

/// Distances from the mean.
fn deviations(values: &[Value]) -> Vec<Fraction> {
    let mean = total(values).over(values.len());
    values.iter().map(|value| Fraction::of(value).minus(&mean)).collect()
}

fn sum_of_products(left: &[Fraction], right: &[Fraction]) -> Fraction {
    let zero = Fraction(BigInt::zero(), BigInt::from(1));
    left.iter().zip(right).fold(zero, |sum, (left, right)| sum.plus(&left.by(right)))
}

/// Whether the squares of mantissas leave 256 bits.
fn squares_overflow(values: &[Value]) -> bool {
    let mantissas = values.iter().filter_map(Value::as_exact).map(|(mantissa, _)| BigInt::from(mantissa));
    mantissas.map(|mantissa| &mantissa * &mantissa).sum::<BigInt>().bits() > 255
}

fn variance(values: &[Value], lost: usize) -> Option<f64> {
    if values.len() <= lost {
        return None;
    }
    if non_finite(values).is_some() {
        return Some(f64::NAN);
    }
    let deviations = deviations(values);
    Some(sum_of_products(&deviations, &deviations).over(values.len() - lost).round())
}

fn quantile_cont(sorted: &[Value], quantile: Quantile) -> Option<f64> {
    let position = Fraction::written(quantile).times(sorted.len().checked_sub(1)?);
    let index = usize::try_from(&position.0 / &position.1).ok()?;
    let rest = Fraction(&position.0 % &position.1, position.1.clone());
    let low = &sorted[index];
    let high = if rest.0.is_zero() { low } else { &sorted[index + 1] };
    Some(match (low, high) {
        (Value::Float64(low), _) if rest.0.is_zero() => *low,
        (Value::Float64(low), Value::Float64(high)) if low == high || low.is_nan() => *low,
        (Value::Float64(low), Value::Float64(high)) if !(low.is_finite() && high.is_finite()) => {
            let between = low + (high - low) * rest.round();
            if between.is_nan() { f64::NAN } else { between }
        }
        _ => {
            let (low, high) = (Fraction::of(low), Fraction::of(high));
            low.plus(&high.minus(&low).by(&rest)).round()
        }
    })
}

fn corr(left: &[Value], right: &[Value]) -> Option<f64> {
    if left.is_empty() {
        return None;
    }
    if non_finite(left).or(non_finite(right)).is_some() {
        return Some(f64::NAN);
    }
    let (left, right) = (deviations(left), deviations(right));
    let covariance = sum_of_products(&left, &right);
    let spreads = sum_of_products(&left, &left).by(&sum_of_products(&right, &right));
    if spreads.0.is_zero() {
        return None;
    }
    let square = covariance.by(&covariance);
    let magnitude = ratio_to_f64(&(square.0 * spreads.1), &(square.1 * spreads.0)).sqrt();
    Some(if covariance.0.is_negative() && magnitude > 0.0 { -magnitude } else { magnitude })
}
