//! One value of any type, and the canonical text of values.

mod text;

use std::fmt;

pub use self::text::{write_date, write_decimal, write_float, write_int, write_timestamp};
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

/// Days since 1970-01-01 of a proleptic Gregorian date, `None` where the month has no such day or the year is not in
/// 1 to 9999. The method is Howard Hinnant's `days_from_civil`.
pub const fn days_from_civil(year: i32, month: u32, day: u32) -> Option<i32> {
    if year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) {
        return None;
    }
    let shifted_year = if month <= 2 { year - 1 } else { year };
    let era = shifted_year.div_euclid(400);
    let year_of_era = shifted_year.rem_euclid(400);
    let shifted_month = (month as i32 + 9) % 12;
    let day_of_year = (153 * shifted_month + 2) / 5 + day as i32 - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

const fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Year, month and day of a day count; the inverse of [`days_from_civil`].
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "each part is in its calendar range"
)]
pub const fn civil_from_days(days: i32) -> (i32, u32, u32) {
    let shifted = days as i64 + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * shifted_month + 2) / 5 + 1) as u32;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 } as u32;
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year as i32, month, day)
}

/// Reads exactly `YYYY-MM-DD`; days since 1970-01-01.
pub fn parse_date(text: &[u8]) -> Option<i32> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *text else { return None };
    let year = digits(&[y1, y2, y3, y4])?;
    days_from_civil(i32::try_from(year).ok()?, digits(&[m1, m2])?, digits(&[d1, d2])?)
}

/// Reads exactly `YYYY-MM-DD HH:MM:SS`, with `T` or a space between and 1 to 6 digits behind an optional point;
/// microseconds since 1970-01-01 00:00:00.
pub fn parse_timestamp(text: &[u8]) -> Option<i64> {
    let (date, time) = text.split_at_checked(10)?;
    let days = parse_date(date)?;
    let [b' ' | b'T', h1, h2, b':', m1, m2, b':', s1, s2, ref fraction @ ..] = *time else { return None };
    let (hour, minute, second) = (digits(&[h1, h2])?, digits(&[m1, m2])?, digits(&[s1, s2])?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let micros = match fraction {
        [] => 0,
        [b'.', behind @ ..] if (1..=6).contains(&behind.len()) => {
            let missing = 6 - u32::try_from(behind.len()).ok()?;
            digits(behind)? * 10u32.pow(missing)
        }
        _ => return None,
    };
    let seconds = i64::from(days) * 86_400 + i64::from(hour * 3600 + minute * 60 + second);
    Some(seconds * 1_000_000 + i64::from(micros))
}

fn digits(text: &[u8]) -> Option<u32> {
    text.iter().try_fold(0u32, |value, b| b.is_ascii_digit().then(|| value * 10 + u32::from(b - b'0')))
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
    fn calendar_is_its_own_inverse() {
        assert_eq!(days_from_civil(1970, 1, 1), Some(0));
        assert_eq!(days_from_civil(2000, 2, 29), Some(11_016));
        assert_eq!(days_from_civil(1900, 2, 29), None);
        let first = days_from_civil(1, 1, 1).unwrap();
        let last = days_from_civil(9999, 12, 31).unwrap();
        for days in first..=last {
            let (year, month, day) = civil_from_days(days);
            assert_eq!(days_from_civil(year, month, day), Some(days));
        }
    }

    #[test]
    fn timestamps_print_short_fractions() {
        assert_eq!(Value::Timestamp(0).to_string(), "1970-01-01 00:00:00");
        assert_eq!(Value::Timestamp(-1).to_string(), "1969-12-31 23:59:59.999999");
        assert_eq!(Value::Timestamp(1_500_000).to_string(), "1970-01-01 00:00:01.5");
    }

    #[test]
    fn dates_and_timestamps_parse_strictly() {
        assert_eq!(parse_date(b"1970-01-02"), Some(1));
        for wrong in ["1970-1-02", "1970-02-30", "1970-01-02 ", "0000-01-01", "1970/01/02", ""] {
            assert_eq!(parse_date(wrong.as_bytes()), None, "{wrong}");
        }
        for text in ["1969-12-31 23:59:59.999999", "2024-02-29 00:00:00", "9999-12-31 12:00:00.5"] {
            let micros = parse_timestamp(text.as_bytes()).unwrap();
            assert_eq!(Value::Timestamp(micros).to_string(), text);
        }
        for wrong in
            ["1970-01-01", "1970-01-01 24:00:00", "1970-01-01 00:00:00.", "1970-01-01 00:00:00.1234567"]
        {
            assert_eq!(parse_timestamp(wrong.as_bytes()), None, "{wrong}");
        }
    }

    #[test]
    fn floats_print_shortest() {
        for (value, text) in [(0.1, "0.1"), (1.0, "1.0"), (-0.0, "0.0"), (1e300, "1e300"), (f64::NAN, "NaN")]
        {
            assert_eq!(Value::Float64(value).to_string(), text);
        }
    }
}
