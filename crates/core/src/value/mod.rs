//! One value of any type, and the canonical text of values.

mod calendar;
mod date_form;
mod format;
mod interval;
mod moment;
mod names;
mod text;

use std::fmt;

pub use self::calendar::{
    MICROS_PER_DAY, civil_from_days, days_before_month, days_from_civil, days_in_month, is_day, is_moment,
    parse_date, weekday,
};
pub use self::date_form::{DateForm, DateForms};
pub use self::format::TimeFormat;
pub use self::interval::Interval;
pub use self::moment::{Moment, parse_time, read_time, read_timestamp, zone};
pub use self::names::{MONTHS, WEEKDAYS};
pub use self::text::{write_date, write_decimal, write_float, write_int, write_time, write_timestamp};
use crate::DataType;

/// One value. At most 24 bytes, so that a vector of them is what an eager program pays and no more.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// No value.
    Null,
    /// A truth value.
    Boolean(bool),
    /// A 64-bit integer.
    Int64(i64),
    /// An exact decimal, its 128-bit mantissa split in two words to keep the alignment at 8; see [`Value::decimal`].
    Decimal {
        /// Digits behind the point.
        scale: u8,
        /// Upper word of the mantissa.
        high: i64,
        /// Lower word of the mantissa.
        low: u64,
    },
    /// A double; never -0.0.
    Float64(f64),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970-01-01 00:00:00.
    Timestamp(i64),
    /// Microseconds since midnight, less than a day.
    Time(i64),
    /// Months, days and microseconds.
    Interval(Interval),
    /// Text.
    Utf8(Box<str>),
}

const _: () = assert!(size_of::<Value>() <= 24);

plimsoll_memory::impl_deep_size!(
    enum Value {
        Null,
        Boolean(_),
        Int64(_),
        Decimal { scale: _, high: _, low: _ },
        Float64(_),
        Date(_),
        Timestamp(_),
        Time(_),
        Interval(_),
        Utf8(text),
    }
);

impl Value {
    /// The decimal `mantissa` / 10^`scale`.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "splits the mantissa into its words"
    )]
    pub const fn decimal(mantissa: i128, scale: u8) -> Self {
        Value::Decimal { scale, high: (mantissa >> 64) as i64, low: mantissa as u64 }
    }

    /// Mantissa and scale of an exact number, `None` for anything else.
    pub const fn as_exact(&self) -> Option<(i128, u8)> {
        match self {
            Value::Int64(value) => Some((*value as i128, 0)),
            Value::Decimal { scale, high, low } => Some((((*high as i128) << 64) | *low as i128, *scale)),
            _ => None,
        }
    }

    /// Whether it is NULL.
    pub const fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// Its type; a decimal literal has as many digits as its mantissa.
    pub fn data_type(&self) -> DataType {
        match self {
            Value::Null => DataType::Null,
            Value::Boolean(_) => DataType::Boolean,
            Value::Int64(_) => DataType::Int64,
            Value::Decimal { scale, .. } => {
                let digits = self.as_exact().map_or(0, |(mantissa, _)| decimal_digits(mantissa));
                DataType::Decimal { precision: digits.max(*scale).max(1), scale: *scale }
            }
            Value::Float64(_) => DataType::Float64,
            Value::Date(_) => DataType::Date,
            Value::Timestamp(_) => DataType::Timestamp,
            Value::Time(_) => DataType::Time,
            Value::Interval(_) => DataType::Interval,
            Value::Utf8(_) => DataType::Utf8,
        }
    }
}

impl fmt::Display for Value {
    /// The canonical text, as CAST to VARCHAR gives it; `NULL` for NULL.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("NULL"),
            Value::Boolean(value) => write!(f, "{value}"),
            Value::Int64(value) => write_int(f, *value),
            Value::Decimal { .. } => match self.as_exact() {
                Some((mantissa, scale)) => write_decimal(f, mantissa, scale),
                None => Ok(()),
            },
            Value::Float64(value) => write_float(f, *value),
            Value::Date(days) => write_date(f, *days),
            Value::Timestamp(micros) => write_timestamp(f, *micros),
            Value::Time(micros) => write_time(f, *micros),
            Value::Interval(interval) => write!(f, "{interval}"),
            Value::Utf8(text) => f.write_str(text),
        }
    }
}

/// How many decimal digits a mantissa has; 1 for 0.
#[allow(clippy::cast_possible_truncation, reason = "at most 39")]
pub const fn decimal_digits(mantissa: i128) -> u8 {
    match mantissa.unsigned_abs().checked_ilog10() {
        Some(log) => log as u8 + 1,
        None => 1,
    }
}

/// Reads a truth value as CAST does: `true t 1 yes y on` and `false f 0 no n off`, in any case.
pub fn parse_boolean(text: &[u8]) -> Option<bool> {
    let is = |names: [&str; 6]| names.iter().any(|name| text.eq_ignore_ascii_case(name.as_bytes()));
    match (is(["true", "t", "1", "yes", "y", "on"]), is(["false", "f", "0", "no", "n", "off"])) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_split_and_join() {
        for mantissa in [0, 1, -1, i128::MAX, i128::MIN, 1 << 64, -(1 << 64)] {
            assert_eq!(Value::decimal(mantissa, 3).as_exact(), Some((mantissa, 3)));
        }
        assert_eq!(Value::decimal(-5, 1).to_string(), "-0.5");
        assert_eq!(Value::decimal(12345, 2).to_string(), "123.45");
        assert_eq!(Value::decimal(12345, 2).data_type(), DataType::Decimal { precision: 5, scale: 2 });
    }

    #[test]
    fn timestamps_print_short_fractions() {
        assert_eq!(Value::Timestamp(0).to_string(), "1970-01-01 00:00:00");
        assert_eq!(Value::Timestamp(-1).to_string(), "1969-12-31 23:59:59.999999");
        assert_eq!(Value::Timestamp(1_500_000).to_string(), "1970-01-01 00:00:01.5");
    }

    #[test]
    fn floats_print_shortest() {
        for (value, text) in [(0.1, "0.1"), (1.0, "1.0"), (-0.0, "0.0"), (1e300, "1e300"), (f64::NAN, "NaN")]
        {
            assert_eq!(Value::Float64(value).to_string(), text);
        }
    }
}
