//! How the cells of a CSV column are given, and what that takes.

use plimsoll_core::DataType;

/// How cells become a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Values of the column's type, text in an array of its own.
    Plain,
    /// Values of the column's type, text as views of the block's bytes.
    Encoded,
    /// The text that the cells have in the file, whatever their type.
    FileText,
}

impl Form {
    /// Whether a column of this type has texts of its own.
    pub(super) fn has_texts(self, data_type: DataType) -> bool {
        self == Form::FileText || (data_type == DataType::Utf8 && self == Form::Plain)
    }

    /// Bytes of a value of this type, but for a text of its own.
    pub(super) fn value_bytes(self, data_type: DataType) -> usize {
        match data_type {
            _ if self.has_texts(data_type) => size_of::<i32>(),
            DataType::Null => 0,
            DataType::Boolean => 1,
            DataType::Date => 4,
            // Decimals of more than 18 digits have twice as much, but hardly any column has such.
            DataType::Int64
            | DataType::Decimal { .. }
            | DataType::Float64
            | DataType::Timestamp
            | DataType::Time => 8,
            DataType::Interval | DataType::Utf8 => size_of::<u128>(),
        }
    }
}
