//! What held rows will take, from their number and the length of their texts: the same sizes that [`Held`](crate::Held) asks
//! the allocator for. Reads no file.

use plimsoll_core::{Field, Schema, Value};

/// Heap bytes of the values of one column: a [`Value`] a row, and a block for each text, of which `text_bytes` is the mean
/// length over all rows (NULL and other values have none).
#[must_use]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a size is not negative")]
pub fn predicted_column_bytes(rows: u64, text_bytes: f64) -> u64 {
    rows * size_of::<Value>() as u64 + (rows as f64 * text_bytes).round() as u64
}

/// Heap bytes beside the values: the vector of each row, and the schema.
#[must_use]
pub fn predicted_bytes_beside(rows: u64, schema: &Schema) -> u64 {
    let names: usize = schema.fields.iter().map(|field| field.name.len()).sum();
    rows * size_of::<Vec<Value>>() as u64 + (schema.fields.len() * size_of::<Field>() + names) as u64
}
