//! Keys as the bytes that temporary files hold.

use arrow::array::ArrayRef;
use arrow_row::{RowConverter, Rows, SortField};
use plimsoll_core::{DataType, Error, Result};

use crate::arrays::{arrow_type, result_array};
use crate::spill::Packed;

/// Keys as bytes. Equal keys, and only they, are equal bytes.
#[derive(Debug)]
pub(super) struct KeyCodec {
    pub(super) types: Vec<DataType>,
    /// `None` where there is no key.
    converter: Option<RowConverter>,
}

/// The encoded keys of some groups.
pub(super) struct Encoded(Option<Rows>);

impl Encoded {
    /// The key of a number.
    pub(super) fn of(&self, number: usize) -> &[u8] {
        self.0.as_ref().map_or(&[], |rows| rows.row(number).data())
    }
}

impl KeyCodec {
    /// Of keys of these types.
    pub(super) fn new(types: &[DataType]) -> Result<Self> {
        let fields: Vec<SortField> = types.iter().map(|of| SortField::new(arrow_type(*of))).collect();
        let converter = (!fields.is_empty()).then(|| RowConverter::new(fields)).transpose();
        Ok(KeyCodec { types: types.to_vec(), converter: converter.map_err(|error| failed(&error))? })
    }

    /// The keys of so many groups, given their columns.
    pub(super) fn encode(&self, keys: &[ArrayRef], groups: usize) -> Result<Encoded> {
        let Some(converter) = &self.converter else { return Ok(Encoded(None)) };
        let keys: Vec<ArrayRef> =
            keys.iter().zip(&self.types).map(|(key, of)| result_array(key, *of)).collect();
        debug_assert!(keys.iter().all(|key| key.len() == groups));
        converter.convert_columns(&keys).map(|rows| Encoded(Some(rows))).map_err(|error| failed(&error))
    }

    /// The columns of keys that were encoded.
    pub(super) fn decode(&self, keys: &Packed) -> Result<Vec<ArrayRef>> {
        let Some(converter) = &self.converter else { return Ok(Vec::new()) };
        let parser = converter.parser();
        converter.convert_rows(keys.iter().map(|key| parser.parse(key))).map_err(|error| failed(&error))
    }
}

fn failed(error: &arrow::error::ArrowError) -> Error {
    Error::value(format!("keys cannot be written to a temporary file: {error}"))
}
