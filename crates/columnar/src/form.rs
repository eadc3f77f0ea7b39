//! The forms of a store's columns, and for each logical type the Arrow types that a form tries.

use arrow::datatypes::{DECIMAL32_MAX_PRECISION, DECIMAL128_MAX_PRECISION, DataType as ArrowType, TimeUnit};
use plimsoll_core::DataType;
use plimsoll_kernels::arrays::{NARROW_DIGITS, arrow_type, scale_of};

/// How a store holds its columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Form {
    /// In the types that the kernels take (see [`plimsoll_kernels::arrays`]), so that a block is a slice of a column.
    #[default]
    Plain,
    /// In the narrowest type that loses nothing, chosen for each column from its values. A block is converted when it is
    /// read.
    Compact,
}

impl Form {
    /// As files name it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Form::Plain => "plain",
            Form::Compact => "compact",
        }
    }

    /// The form that files call `name`.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        [Form::Plain, Form::Compact].into_iter().find(|form| form.name() == name)
    }

    /// The types that a column of numbers, dates or truth values is tried in, narrowest first; the last takes every
    /// value. For text, the type that is no dictionary.
    ///
    /// Narrow integers stand for mantissas of decimals, and for days: the logical type says so. `Int32` of a timestamp
    /// or a time counts seconds. Decimals of 32 bits and more have Arrow's own types, as far as their digits go.
    pub(crate) fn ladder(self, logical: DataType) -> Vec<ArrowType> {
        use ArrowType::{
            Date32, Decimal32, Decimal64, Decimal128, Float32, Float64, Int8, Int16, Int32, Int64,
        };
        match (logical, self) {
            (DataType::Decimal { scale, .. }, form) => {
                let scale = scale_of(scale);
                let wide = [Decimal64(NARROW_DIGITS, scale), Decimal128(DECIMAL128_MAX_PRECISION, scale)];
                let narrow = [Int8, Int16, Decimal32(DECIMAL32_MAX_PRECISION, scale)];
                // A type of more digits behind the point than it has digits does not exist.
                let fits = |one: &ArrowType| match one {
                    Decimal32(digits, scale) | Decimal64(digits, scale) => digits.cast_signed() >= *scale,
                    _ => true,
                };
                let narrow = narrow.into_iter().filter(|_| form == Form::Compact);
                narrow.chain(wide).filter(fits).collect()
            }
            (DataType::Int64, Form::Compact) => vec![Int8, Int16, Int32, Int64],
            (DataType::Date, Form::Compact) => vec![Int8, Int16, Date32],
            (DataType::Timestamp, Form::Compact) => {
                vec![Int32, ArrowType::Timestamp(TimeUnit::Microsecond, None)]
            }
            (DataType::Time, Form::Compact) => vec![Int32, ArrowType::Time64(TimeUnit::Microsecond)],
            (DataType::Float64, Form::Compact) => vec![Float32, Float64],
            (logical, _) => vec![arrow_type(logical)],
        }
    }
}
