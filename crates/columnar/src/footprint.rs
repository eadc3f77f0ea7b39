//! Bytes of Arrow arrays by type and number of rows, as the allocator gives them: what `chunks::trim` leaves of an array.
//! Sees no array.

use arrow::array::{ArrayRef, BooleanArray, DictionaryArray, NullArray, PrimitiveArray, StringArray};
use arrow::buffer::Buffer;
use arrow::datatypes::{DataType as ArrowType, Int64Type, UInt8Type};
use plimsoll_memory::size::deep_size;

/// The place of an array in the vector of a column's chunks.
pub(crate) const ARRAY_PLACE: f64 = size_of::<ArrayRef>() as f64;

/// The two counters before what an `Arc` holds.
const COUNTERS: usize = 2 * size_of::<usize>();

/// Bytes of the block that a buffer keeps beside its values.
fn handle() -> f64 {
    let one = Buffer::from_vec(vec![0_u8]);
    (deep_size(&one).total - size_of_val(&one) as u64 - 1) as f64
}

/// The array itself, without its buffers.
fn structure(physical: &ArrowType) -> f64 {
    let own = match physical {
        ArrowType::Null => size_of::<NullArray>(),
        ArrowType::Boolean => size_of::<BooleanArray>(),
        ArrowType::Utf8 => size_of::<StringArray>(),
        ArrowType::Dictionary(..) => size_of::<DictionaryArray<UInt8Type>>(),
        // All primitive arrays are the same but for what their buffer holds.
        _ => size_of::<PrimitiveArray<Int64Type>>(),
    };
    (COUNTERS + own) as f64 + type_bytes(physical)
}

/// Bytes that a type keeps on the heap.
pub(crate) fn type_bytes(physical: &ArrowType) -> f64 {
    deep_size(physical).total as f64 - size_of::<ArrowType>() as f64
}

/// The buffers of values of an array of so many rows, whose texts have `text_bytes` together.
fn buffers(physical: &ArrowType, rows: f64, text_bytes: f64) -> Vec<f64> {
    match physical {
        ArrowType::Null => Vec::new(),
        ArrowType::Boolean => vec![(rows / 8.0).ceil()],
        ArrowType::Utf8 => vec![(rows + 1.0) * size_of::<i32>() as f64, text_bytes],
        ArrowType::Dictionary(keys, _) => buffers(keys, rows, text_bytes),
        other => vec![rows * other.primitive_width().unwrap_or(0) as f64],
    }
}

/// Heap bytes of an array of its own. `nulls` is how likely it has null bits. The texts of a dictionary are not in it.
pub(crate) fn array_bytes(physical: &ArrowType, rows: f64, nulls: f64, text_bytes: f64) -> f64 {
    let handle = handle();
    let values: f64 = buffers(physical, rows, text_bytes).iter().map(|bytes| bytes + handle).sum();
    let nulls = if *physical == ArrowType::Null { 0.0 } else { nulls };
    structure(physical) + values + nulls * (handle + (rows / 8.0).ceil())
}

/// Heap bytes of the texts of a dictionary.
pub(crate) fn dictionary_bytes(texts: f64, text_bytes: f64) -> f64 {
    array_bytes(&ArrowType::Utf8, texts, 0.0, text_bytes)
}

/// Heap bytes of an array whose buffers lie in a mapped file.
pub(crate) fn view_bytes(physical: &ArrowType) -> u64 {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is a sum of sizes")]
    let structure = structure(physical) as u64;
    structure + 2 * size_of::<ArrayRef>() as u64
}

/// Bytes of an array's buffers in an Arrow IPC file, each filled up to a multiple of 64.
pub(crate) fn file_bytes(physical: &ArrowType, rows: f64, nulls: f64, text_bytes: f64) -> f64 {
    let padded = |bytes: f64| (bytes / 64.0).ceil() * 64.0;
    let nulls = if *physical == ArrowType::Null { 0.0 } else { nulls };
    let values: f64 = buffers(physical, rows, text_bytes).into_iter().map(padded).sum();
    values + nulls * padded((rows / 8.0).ceil())
}
