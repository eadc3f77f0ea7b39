//! The types a column or an expression can have, and how they print and parse as SQL names.

use serde::{Deserialize, Serialize};

use std::fmt;

/// The most digits a decimal can have: what an `i128` mantissa holds.
pub const MAX_PRECISION: u8 = 38;

/// The type of a column or of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DataType {
    /// No value but NULL has been seen; prints as text. Every operation takes it, as NULL takes every type.
    Null,
    /// `true` or `false`.
    Boolean,
    /// A 64-bit signed integer.
    Int64,
    /// An exact decimal: a mantissa of at most `precision` digits, `scale` of them behind the point
    /// (0 <= scale <= precision <= 38). Inferred decimals always have precision 38.
    Decimal {
        /// Digits in all.
        precision: u8,
        /// Digits behind the point.
        scale: u8,
    },
    /// An IEEE 754 double; NaN is one value, the greatest, and -0.0 is 0.0.
    Float64,
    /// Days since 1970-01-01, proleptic Gregorian.
    Date,
    /// Microseconds since 1970-01-01 00:00:00, without a time zone.
    Timestamp,
    /// Microseconds since midnight, without a time zone; less than a day.
    Time,
    /// Months, days and microseconds that may be added to dates and times: a type of expressions, never of a file's
    /// column, and no key of groups or of an order.
    Interval,
    /// UTF-8 text, compared by bytes.
    Utf8,
}

plimsoll_memory::impl_deep_size!(flat DataType);

impl DataType {
    /// The decimal type that inference and sums give: 38 digits, `scale` of them behind the point.
    pub const fn decimal(scale: u8) -> Self {
        DataType::Decimal { precision: MAX_PRECISION, scale }
    }

    /// Whether arithmetic takes it: integer, decimal, float, or the type of NULL.
    pub const fn is_numeric(self) -> bool {
        matches!(self, DataType::Int64 | DataType::Decimal { .. } | DataType::Float64 | DataType::Null)
    }

    /// Whether dates and times are among its operands: `DATE`, `TIMESTAMP`, `TIME`, `INTERVAL`.
    pub const fn is_temporal(self) -> bool {
        matches!(self, DataType::Date | DataType::Timestamp | DataType::Time | DataType::Interval)
    }

    /// Digits behind the point of an exact number: 0 for integers, `None` for what is not exact.
    pub const fn exact_scale(self) -> Option<u8> {
        match self {
            DataType::Int64 => Some(0),
            DataType::Decimal { scale, .. } => Some(scale),
            _ => None,
        }
    }

    /// Precision and scale of the decimal that holds every value of an exact number type (`Int64` has 19 digits).
    pub const fn as_decimal(self) -> Option<(u8, u8)> {
        match self {
            DataType::Int64 => Some((19, 0)),
            DataType::Decimal { precision, scale } => Some((precision, scale)),
            _ => None,
        }
    }

    /// Reads a SQL type name, in any case: `BIGINT`, `DECIMAL(10,2)`, `VARCHAR` and their usual synonyms.
    /// `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_uppercase();
        let (name, arguments) = match text.split_once('(') {
            Some((name, rest)) => (name.trim(), Some(rest.strip_suffix(')')?)),
            None => (text.as_str(), None),
        };
        if let "DECIMAL" | "NUMERIC" = name {
            let (precision, scale) = match arguments {
                None => (18, 3),
                Some(list) => match list.split_once(',') {
                    None => (list.trim().parse().ok()?, 0),
                    Some((p, s)) => (p.trim().parse().ok()?, s.trim().parse().ok()?),
                },
            };
            let valid = (1..=MAX_PRECISION).contains(&precision) && scale <= precision;
            return valid.then_some(DataType::Decimal { precision, scale });
        }
        let data_type = match name {
            "BOOLEAN" | "BOOL" => DataType::Boolean,
            "BIGINT" | "INT" | "INTEGER" | "INT8" | "INT64" | "LONG" | "SMALLINT" | "TINYINT" => {
                DataType::Int64
            }
            "DOUBLE" | "FLOAT" | "FLOAT8" | "FLOAT64" | "REAL" | "DOUBLE PRECISION" => DataType::Float64,
            "DATE" => DataType::Date,
            "TIMESTAMP" | "DATETIME" => DataType::Timestamp,
            "TIME" => DataType::Time,
            "VARCHAR" | "TEXT" | "STRING" | "UTF8" | "CHAR" => DataType::Utf8,
            _ => return None,
        };
        // A length, as in VARCHAR(20), is accepted and means nothing, as in DuckDB.
        (arguments.is_none() || data_type == DataType::Utf8).then_some(data_type)
    }
}

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DataType::Null => f.write_str("NULL"),
            DataType::Boolean => f.write_str("BOOLEAN"),
            DataType::Int64 => f.write_str("BIGINT"),
            DataType::Decimal { precision, scale } => write!(f, "DECIMAL({precision},{scale})"),
            DataType::Float64 => f.write_str("DOUBLE"),
            DataType::Date => f.write_str("DATE"),
            DataType::Timestamp => f.write_str("TIMESTAMP"),
            DataType::Time => f.write_str("TIME"),
            DataType::Interval => f.write_str("INTERVAL"),
            DataType::Utf8 => f.write_str("VARCHAR"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for data_type in [
            DataType::Boolean,
            DataType::Int64,
            DataType::Decimal { precision: 4, scale: 1 },
            DataType::Float64,
            DataType::Date,
            DataType::Timestamp,
            DataType::Time,
            DataType::Utf8,
        ] {
            assert_eq!(DataType::parse(&data_type.to_string()), Some(data_type));
        }
        assert_eq!(
            DataType::parse(" decimal( 10 , 2 ) "),
            Some(DataType::Decimal { precision: 10, scale: 2 })
        );
        assert_eq!(DataType::parse("varchar(20)"), Some(DataType::Utf8));
        for wrong in ["", "DECIMAL(39,0)", "DECIMAL(2,3)", "DECIMAL(0)", "BLOB", "BIGINT(3)", "DECIMAL(2"] {
            assert_eq!(DataType::parse(wrong), None, "{wrong}");
        }
    }
}
