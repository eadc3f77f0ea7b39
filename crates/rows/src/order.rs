//! The one order of values, which comparisons, groups, DISTINCT, quantiles and ORDER BY share.

use std::cmp::Ordering;

use plimsoll_core::Value;

use crate::exact::Fraction;

/// The order of two values of one type: text by bytes, false before true, NaN equal to itself and above all, NULL
/// behind everything.
pub(crate) fn order(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Greater,
        (_, Value::Null) => Ordering::Less,
        (Value::Boolean(a), Value::Boolean(b)) => a.cmp(b),
        (Value::Date(a), Value::Date(b)) => a.cmp(b),
        (Value::Timestamp(a), Value::Timestamp(b)) | (Value::Time(a), Value::Time(b)) => a.cmp(b),
        (Value::Interval(a), Value::Interval(b)) => a.order_key().cmp(&b.order_key()),
        (Value::Utf8(a), Value::Utf8(b)) => a.as_bytes().cmp(b.as_bytes()),
        // Without -0.0, a NaN is all that doubles do not order.
        (Value::Float64(a), Value::Float64(b)) => {
            a.partial_cmp(b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
        }
        _ => match (left.as_exact(), right.as_exact()) {
            (Some((a, left_scale)), Some((b, right_scale))) if left_scale == right_scale => a.cmp(&b),
            _ => order_fractions(left, right),
        },
    }
}

/// Numbers of different scales, compared by cross multiplication.
fn order_fractions(left: &Value, right: &Value) -> Ordering {
    match (Fraction::of(left), Fraction::of(right)) {
        (Some(a), Some(b)) => (a.numerator * b.denominator).cmp(&(b.numerator * a.denominator)),
        // Types were bound before: values of two types do not meet.
        _ => Ordering::Equal,
    }
}

/// Values as a key of a map: equal where they are equal by value, NULLs and NaNs included.
#[derive(Debug, Clone)]
pub(crate) struct Key(pub(crate) Vec<Value>);

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        let pairs = self.0.iter().zip(&other.0);
        pairs.map(|(a, b)| order(a, b)).find(|o| o.is_ne()).unwrap_or(self.0.len().cmp(&other.0.len()))
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Key {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_in_order() {
        let text = |text: &str| Value::Utf8(text.into());
        for ascending in [
            vec![Value::Boolean(false), Value::Boolean(true), Value::Null],
            vec![Value::decimal(-15, 1), Value::Int64(-1), Value::decimal(100, 2), Value::Int64(2)],
            vec![Value::Float64(f64::NEG_INFINITY), Value::Float64(0.0), Value::Float64(f64::INFINITY)],
            vec![Value::Float64(f64::INFINITY), Value::Float64(f64::NAN), Value::Null],
            vec![text(""), text("B"), text("a"), text("é")],
        ] {
            for pair in ascending.windows(2) {
                assert_eq!(order(&pair[0], &pair[1]), Ordering::Less, "{pair:?}");
                assert_eq!(order(&pair[1], &pair[0]), Ordering::Greater, "{pair:?}");
            }
            assert!(ascending.iter().all(|value| order(value, value).is_eq()));
        }
        assert_eq!(Key(vec![Value::decimal(10, 1)]), Key(vec![Value::decimal(100, 2)]));
    }
}
