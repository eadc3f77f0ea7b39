//! Aggregates over all values of a group at once, in record order.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use num_bigint::BigInt;
use num_traits::{One, Signed, ToPrimitive, Zero};
use plimsoll_core::{AggregateFunction, DataType, Quantile, Result, TypedAggregate, Value};

use crate::exact::{self, Fraction, exact_value, power_of_ten};
use crate::order::{Key, order};

/// The result of `aggregate` over a group of `rows` records; `arguments[i]` holds the values of argument `i`.
///
/// # Errors
/// `Value` for a sum past 38 digits.
pub(crate) fn aggregate(aggregate: &TypedAggregate, rows: usize, arguments: &[Vec<Value>]) -> Result<Value> {
    use AggregateFunction as A;
    let all: &[Value] = arguments.first().map_or(&[], |values| values);
    let values: Vec<&Value> = all.iter().filter(|value| !value.is_null()).collect();
    let result = match aggregate.function {
        A::CountStar => count(rows),
        A::Count => count(values.len()),
        A::CountDistinct => {
            let distinct: BTreeSet<Key> = values.into_iter().map(|value| Key(vec![value.clone()])).collect();
            count(distinct.len())
        }
        A::First => all.first().cloned().unwrap_or(Value::Null),
        A::Last => all.last().cloned().unwrap_or(Value::Null),
        A::Corr => correlation(all, arguments.get(1).map_or(&[], |values| values)),
        _ if values.is_empty() => Value::Null,
        A::AnyValue => values[0].clone(),
        A::Min => values.into_iter().min_by(|a, b| order(a, b)).cloned().unwrap_or(Value::Null),
        A::Max => values.into_iter().max_by(|a, b| order(a, b)).cloned().unwrap_or(Value::Null),
        A::Sum => sum(&values, aggregate.data_type)?,
        A::Avg => match not_finite(&values) {
            Some(value) => exact::float(value),
            None => {
                let moments = Moments::of(&values);
                exact::float(Fraction::new(moments.sum, moments.unit * moments.count).to_f64())
            }
        },
        A::VarPop => variance(&values, 0).map_or(Value::Null, exact::float),
        A::VarSamp => variance(&values, 1).map_or(Value::Null, exact::float),
        A::StddevPop => variance(&values, 0).map_or(Value::Null, |variance| exact::float(variance.sqrt())),
        A::StddevSamp => variance(&values, 1).map_or(Value::Null, |variance| exact::float(variance.sqrt())),
        A::QuantileCont(q) => quantile_cont(values, &quantile(q)),
        A::QuantileDisc(q) => quantile_disc(values, &quantile(q)),
    };
    Ok(result)
}

fn count(rows: usize) -> Value {
    Value::Int64(i64::try_from(rows).unwrap_or(i64::MAX))
}

/// What a sum is where not every value is finite: NaN with a NaN or infinities of both signs, else infinite.
fn not_finite(values: &[&Value]) -> Option<f64> {
    let floats = values.iter().filter_map(|value| match value {
        Value::Float64(number) if !number.is_finite() => Some(*number),
        _ => None,
    });
    floats.reduce(|a, b| a + b)
}

/// The values as integers of one unit, and what they add up to.
struct Moments {
    integers: Vec<BigInt>,
    /// Each integer is its value times this.
    unit: BigInt,
    count: BigInt,
    sum: BigInt,
    sum_of_squares: BigInt,
}

impl Moments {
    /// All `values` are exact, or all are finite doubles.
    fn of(values: &[&Value]) -> Self {
        let fractions: Vec<Fraction> = values.iter().filter_map(|value| Fraction::of(value)).collect();
        // Every denominator is a power of ten, or every one a power of two: the greatest is a multiple of all.
        let unit = fractions.iter().map(|f| f.denominator.clone()).max().unwrap_or_else(BigInt::one);
        let integers: Vec<BigInt> =
            fractions.iter().map(|f| &f.numerator * (&unit / &f.denominator)).collect();
        let sum = integers.iter().sum();
        let sum_of_squares = integers.iter().map(|integer| integer * integer).sum();
        Moments { count: integers.len().into(), integers, unit, sum, sum_of_squares }
    }

    /// count * (sum of squares) - sum^2: the variance times count^2 and unit^2.
    fn spread(&self) -> BigInt {
        &self.count * &self.sum_of_squares - &self.sum * &self.sum
    }
}

fn sum(values: &[&Value], data_type: DataType) -> Result<Value> {
    if let Some(value) = not_finite(values) {
        return Ok(exact::float(value));
    }
    let moments = Moments::of(values);
    match data_type {
        DataType::Decimal { scale, .. } => {
            let mantissa = moments.sum * power_of_ten(scale.into()) / moments.unit;
            exact_value(&mantissa, data_type, || format!("a sum of {} values", values.len()))
        }
        _ => Ok(exact::float(Fraction::new(moments.sum, moments.unit).to_f64())),
    }
}

/// The variance, rounded once; `taken` is 0 for that of a population and 1 for that of a sample. `None` where the
/// divisor would be 0.
fn variance(values: &[&Value], taken: usize) -> Option<f64> {
    let divisor = values.len().checked_sub(taken).filter(|divisor| *divisor > 0)?;
    if not_finite(values).is_some() {
        return Some(f64::NAN);
    }
    let moments = Moments::of(values);
    let denominator = &moments.count * BigInt::from(divisor) * &moments.unit * &moments.unit;
    Some(Fraction::new(moments.spread(), denominator).to_f64())
}

/// Pearson's coefficient over the pairs without NULL: with a = n Sxy - Sx Sy and b = (n Sxx - Sx^2)(n Syy - Sy^2), the
/// sign of a times the root of a^2 / b, which is rounded once before.
fn correlation(left: &[Value], right: &[Value]) -> Value {
    let pairs = left.iter().zip(right).filter(|(a, b)| !a.is_null() && !b.is_null());
    let (left, right): (Vec<&Value>, Vec<&Value>) = pairs.unzip();
    if not_finite(&left).is_some() || not_finite(&right).is_some() {
        return exact::float(f64::NAN);
    }
    let (x, y) = (Moments::of(&left), Moments::of(&right));
    let products: BigInt = x.integers.iter().zip(&y.integers).map(|(a, b)| a * b).sum();
    let a = &x.count * products - &x.sum * &y.sum;
    let b = x.spread() * y.spread();
    if b.is_zero() {
        return Value::Null;
    }
    let root = Fraction::new(&a * &a, b).to_f64().sqrt();
    exact::float(if a.is_negative() { -root } else { root })
}

/// The decimal that was written.
fn quantile(q: Quantile) -> Fraction {
    let (numerator, denominator) = q.fraction();
    Fraction::new(numerator.into(), denominator.into())
}

/// The value at place `q` * (n - 1) between its neighbours, rounded once.
fn quantile_cont(mut values: Vec<&Value>, q: &Fraction) -> Value {
    values.sort_by(|a, b| order(a, b));
    let steps = BigInt::from(values.len() - 1);
    let place = Fraction::new(&q.numerator * steps, q.denominator.clone());
    let below = place.floor();
    let rest = Fraction::new(place.numerator - &below * &place.denominator, place.denominator);
    let below = below.to_usize().unwrap_or(0);
    let (low, high) = (values[below], values[(below + 1).min(values.len() - 1)]);
    let at_low = rest.numerator.is_zero() || order(low, high) == Ordering::Equal;
    match (Fraction::of(low), Fraction::of(high), low, high) {
        (Some(low), ..) if at_low => exact::float(low.to_f64()),
        (None, ..) if at_low => low.clone(),
        // low + (high - low) * rest, over one denominator.
        (Some(low), Some(high), ..) => {
            let (a, b) = (&low.numerator * &high.denominator, &high.numerator * &low.denominator);
            let numerator = &a * &rest.denominator + (b - &a) * rest.numerator;
            let denominator = low.denominator * high.denominator * rest.denominator;
            exact::float(Fraction::new(numerator, denominator).to_f64())
        }
        (_, _, Value::Float64(low), Value::Float64(high)) => exact::float(low + (high - low) * rest.to_f64()),
        _ => Value::Null,
    }
}

/// The value at index `max(ceil(q * n), 1) - 1` of the sorted values.
fn quantile_disc(mut values: Vec<&Value>, q: &Fraction) -> Value {
    values.sort_by(|a, b| order(a, b));
    let rank = Fraction::new(&q.numerator * BigInt::from(values.len()), q.denominator.clone()).ceil();
    let index = rank.to_usize().unwrap_or(1).max(1) - 1;
    values[index].clone()
}

#[cfg(test)]
mod tests {
    use super::*;
    use AggregateFunction as A;
    use plimsoll_core::{Expr, typed};
    use proptest::prelude::*;

    /// The result as text, over columns of these types.
    fn of(function: AggregateFunction, types: &[DataType], arguments: &[Vec<Value>]) -> String {
        let fields: Vec<Expr> = (0..arguments.len()).map(Expr::Field).collect();
        let typed = typed::bind_aggregate(function, &fields, types).unwrap();
        let rows = arguments.first().map_or(3, Vec::len);
        aggregate(&typed, rows, arguments).map_or_else(|error| error.to_string(), |value| value.to_string())
    }

    fn ints(values: &[i64]) -> Vec<Value> {
        values.iter().map(|value| Value::Int64(*value)).collect()
    }

    fn floats(values: &[f64]) -> Vec<Value> {
        values.iter().map(|value| exact::float(*value)).collect()
    }

    fn of_ints(function: AggregateFunction, values: &[i64]) -> String {
        let mut values = ints(values);
        values.insert(0, Value::Null);
        of(function, &[DataType::Int64], &[values])
    }

    fn of_floats(function: AggregateFunction, values: &[f64]) -> String {
        of(function, &[DataType::Float64], &[floats(values)])
    }

    #[test]
    fn counts_and_picks() {
        assert_eq!(of(A::CountStar, &[], &[]), "3");
        assert_eq!(of_ints(A::Count, &[1, 1, 2]), "3");
        assert_eq!(of_ints(A::CountDistinct, &[1, 1, 2]), "2");
        assert_eq!(of_floats(A::CountDistinct, &[0.0, -0.0, f64::NAN, -f64::NAN]), "2");
        assert_eq!(of_ints(A::First, &[1, 2]), "NULL");
        assert_eq!(of_ints(A::AnyValue, &[1, 2]), "1");
        assert_eq!(of_ints(A::Last, &[1, 2]), "2");
        assert_eq!((of_ints(A::Min, &[3, 1, 2]), of_ints(A::Max, &[3, 1, 2])), ("1".into(), "3".into()));
        assert_eq!(of_floats(A::Max, &[1.0, f64::NAN, f64::INFINITY]), "NaN");
    }

    #[test]
    fn sums() {
        assert_eq!(of_ints(A::Sum, &[i64::MAX, i64::MAX]), "18446744073709551614");
        let scaled = vec![Value::decimal(15, 1), Value::decimal(-5, 1)];
        assert_eq!(of(A::Sum, &[DataType::decimal(1)], &[scaled]), "1.0");
        let greatest = vec![Value::decimal(10i128.pow(38) - 1, 0), Value::decimal(1, 0)];
        assert!(of(A::Sum, &[DataType::decimal(0)], &[greatest]).contains("38 digits"));
        assert_eq!(of_floats(A::Sum, &[1e300, 1.0, -1e300, 1e-300]), "1.0", "exact before it is rounded");
        assert_eq!(of_floats(A::Sum, &[f64::MAX, f64::MAX, -f64::MAX]), "1.7976931348623157e308");
        assert_eq!(of_floats(A::Sum, &[1.0, f64::INFINITY]), "inf");
        assert_eq!(of_floats(A::Sum, &[f64::NEG_INFINITY, f64::INFINITY]), "NaN");
        assert_eq!(of_floats(A::Sum, &[1.0, f64::NAN]), "NaN");
    }

    #[test]
    fn means_and_spreads() {
        assert_eq!(of_ints(A::Avg, &[1, 2, 2]), (5.0 / 3.0f64).to_string());
        assert_eq!(of_ints(A::VarPop, &[1, 2, 3, 4]), "1.25");
        assert_eq!(of_ints(A::VarSamp, &[1, 2, 3, 4]), (5.0 / 3.0f64).to_string());
        assert_eq!(of_ints(A::StddevPop, &[1, 2, 3, 4]), 1.25f64.sqrt().to_string());
        assert_eq!(of_ints(A::StddevSamp, &[1, 2, 3, 4]), (5.0 / 3.0f64).sqrt().to_string());
        assert_eq!((of_ints(A::VarPop, &[7]), of_ints(A::VarSamp, &[7])), ("0.0".into(), "NULL".into()));
        let scaled: Vec<Value> = [10, 20, 30, 40].map(|mantissa| Value::decimal(mantissa, 1)).into();
        assert_eq!(of(A::VarPop, &[DataType::decimal(1)], &[scaled]), "1.25");
        assert_eq!(of_floats(A::VarPop, &[1e300, 1e300]), "0.0");
        assert_eq!(of_floats(A::VarPop, &[1.0, f64::INFINITY]), "NaN");
        assert_eq!(of_floats(A::Avg, &[f64::MAX, f64::MAX]), "1.7976931348623157e308");
        assert_eq!(of_floats(A::Avg, &[f64::NEG_INFINITY]), "-inf");
    }

    #[test]
    fn correlations() {
        let corr = |y: Vec<Value>, x: Vec<Value>| of(A::Corr, &[DataType::Int64; 2], &[y, x]);
        assert_eq!(corr(ints(&[1, 2, 3]), ints(&[10, 20, 30])), "1.0");
        assert_eq!(corr(ints(&[1, 2, 3]), ints(&[3, 2, 1])), "-1.0");
        assert_eq!(corr(ints(&[1, 2, 1]), ints(&[1, 1, 1])), "NULL");
        assert_eq!(corr(vec![Value::Null, Value::Int64(1)], ints(&[1, 2])), "NULL");
        // a = 3 * 11 - 6 * 5 = 3, b = (3 * 14 - 36) * (3 * 9 - 25) = 12.
        assert_eq!(corr(ints(&[1, 2, 3]), ints(&[1, 2, 2])), 0.75f64.sqrt().to_string());
        let floats =
            of(A::Corr, &[DataType::Float64; 2], &[floats(&[1.0, f64::NAN, 2.0]), floats(&[1.0, 2.0, 3.0])]);
        assert_eq!(floats, "NaN");
    }

    fn cont(q: &str) -> AggregateFunction {
        A::QuantileCont(Quantile::parse(q).unwrap())
    }

    fn disc(q: &str) -> AggregateFunction {
        A::QuantileDisc(Quantile::parse(q).unwrap())
    }

    /// 2,400 pairs of a q of two digits and a count, in plain integers: place ceil(q * n) of 1 to n.
    #[test]
    fn discrete_quantiles_are_those_of_the_decimal_written() {
        for hundredths in 1..=100i64 {
            for n in 1..=24i64 {
                let q = format!("{}.{:02}", hundredths / 100, hundredths % 100);
                let expected = (hundredths * n + 99) / 100;
                assert_eq!(
                    of_ints(disc(&q), &(1..=n).collect::<Vec<_>>()),
                    expected.to_string(),
                    "{q} of {n}"
                );
            }
        }
    }

    #[test]
    fn quantiles() {
        assert_eq!(of_ints(cont("0.5"), &[4, 1, 2, 3]), "2.5");
        assert_eq!(of_ints(cont("1.0"), &[4, 1]), "4.0");
        assert_eq!(of_ints(cont("0.25"), &[0, 10]), "2.5");
        assert_eq!(of_ints(disc("0.5"), &[4, 1, 2, 3]), "2");
        assert_eq!((of_ints(disc("0.0"), &[4, 1]), of_ints(disc("1.0"), &[4, 1])), ("1".into(), "4".into()));
        assert_eq!(of_floats(cont("0.5"), &[f64::INFINITY, f64::INFINITY]), "inf");
        assert_eq!(of_floats(cont("0.5"), &[1.0, f64::INFINITY]), "inf");
        assert_eq!(of_floats(cont("0.5"), &[f64::NEG_INFINITY, 1.0]), "NaN");
        assert_eq!(of_floats(cont("0.0"), &[f64::NAN, 1.0]), "1.0");
        assert_eq!(of_floats(cont("0.5"), &[1.0, f64::NAN]), "NaN");
        assert_eq!(of_floats(cont("0.5"), &[-f64::MAX, f64::MAX]), "0.0", "no overflow between");
        let days = vec![Value::Date(3), Value::Date(1)];
        assert_eq!(of(disc("0.5"), &[DataType::Date], &[days]), "1970-01-02");
        // 0.1 as a double is a little more than a tenth, and would be past the first of ten.
        let ten: Vec<i64> = (1..=10).collect();
        assert_eq!(of_ints(disc("0.1"), &ten), "1");
        assert_eq!(of_ints(cont("0.1"), &[0, 10]), "1.0");
    }

    #[test]
    fn nothing_gives_null() {
        for function in [A::Sum, A::Avg, A::Min, A::VarPop, cont("0.5"), disc("0.5"), A::AnyValue] {
            assert_eq!(of_ints(function, &[]), "NULL", "{function:?}");
        }
        assert_eq!(of_ints(A::Count, &[]), "0");
        assert_eq!(of(A::Corr, &[DataType::Int64; 2], &[vec![], vec![]]), "NULL");
        assert_eq!(of(A::First, &[DataType::Int64], &[vec![]]), "NULL");
    }

    proptest! {
        /// Neither the order nor the signs of what cancels matter.
        #[test]
        fn sums_do_not_depend_on_order(mut values in proptest::collection::vec(-1e200f64..1e200, 1..20), x in any::<f64>()) {
            let mut forward = values.clone();
            forward.extend([x, -x].iter().filter(|x| x.is_finite()));
            values.reverse();
            prop_assert_eq!(of_floats(A::Sum, &forward), of_floats(A::Sum, &values));
        }
    }
}
