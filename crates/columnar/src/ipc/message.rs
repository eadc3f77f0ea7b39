//! One message of a file: whether the buffers that it names lie in its body, before any of them is looked at.

use arrow::datatypes::DataType as ArrowType;
use arrow_ipc::{Message, MessageHeader, MetadataVersion, RecordBatch, root_as_message};

/// How a message begins that has its length behind four bytes; older files have only the length.
const CONTINUATION: [u8; 4] = [0xff; 4];

/// The message in `header`, the bytes of a block before its body.
pub(super) fn message(header: &[u8]) -> Result<Message<'_>, String> {
    let unreadable = |why: &str| format!("a message cannot be read: {why}");
    let prefix = header.get(..8).ok_or_else(|| unreadable("it is too short"))?;
    let body = if prefix[..4] == CONTINUATION { &header[8..] } else { &header[4..] };
    root_as_message(body).map_err(|error| unreadable(&error.to_string()))
}

/// The version of a message, where it is the file's and one that is read: nothing that a store takes has changed
/// between the two.
pub(super) fn check_version(message: &Message, file: MetadataVersion) -> Result<(), String> {
    let version = message.version();
    match version {
        MetadataVersion::V4 | MetadataVersion::V5 if version == file => Ok(()),
        _ => Err(format!("a message has the version {version:?} in a file of version {file:?}")),
    }
}

/// The record batch of a message, of columns of these types and with a body of `body` bytes, and the bytes of each column.
pub(super) fn record_batch<'a>(
    message: &Message<'a>,
    types: &[&ArrowType],
    body: u64,
) -> Result<(RecordBatch<'a>, Vec<u64>), String> {
    if message.header_type() != MessageHeader::RecordBatch {
        return Err(format!("there is a {:?} where rows should be", message.header_type()));
    }
    let batch = message.header_as_record_batch().ok_or("a message of rows has none")?;
    let bytes = check(&batch, types, body)?;
    Ok((batch, bytes))
}

/// Whether a batch has the parts that columns of these types have, each within a body of `body` bytes; gives the bytes of
/// each column.
pub(super) fn check(batch: &RecordBatch, types: &[&ArrowType], body: u64) -> Result<Vec<u64>, String> {
    if batch.compression().is_some() {
        return Err("its buffers are compressed".to_owned());
    }
    let rows = batch.length();
    let (Some(nodes), Some(_)) = (batch.nodes(), batch.buffers()) else {
        return Err("a message of rows names no columns".to_owned());
    };
    if nodes.len() != types.len() {
        return Err(format!("a message of rows has {} columns instead of {}", nodes.len(), types.len()));
    }
    // A bit is the least that a row takes, where it takes anything.
    let weightless = types.iter().all(|one| **one == ArrowType::Null);
    if rows < 0 || (!weightless && rows.cast_unsigned() > body.saturating_mul(8)) {
        return Err(format!("a message says that it has {rows} rows"));
    }
    for node in nodes {
        if node.length() != rows || !(0..=rows).contains(&node.null_count()) {
            return Err(format!(
                "a column of {rows} rows says that it has {}, {} of them NULL",
                node.length(),
                node.null_count()
            ));
        }
    }
    check_buffers(batch, types, body)
}

/// Whether the buffers are those of these types, whole numbers of their elements and within the body; gives the bytes of
/// each column.
fn check_buffers(batch: &RecordBatch, types: &[&ArrowType], body: u64) -> Result<Vec<u64>, String> {
    let mut views = batch.variadicBufferCounts().into_iter().flatten();
    let mut buffers = batch.buffers().into_iter().flatten();
    let mut bytes = Vec::with_capacity(types.len());
    for physical in types {
        let mut column = 0;
        let views = if **physical == ArrowType::Utf8View { views.next().unwrap_or(0) } else { 0 };
        for part in 0.. {
            let Some(width) = element_width(physical, part, views) else { break };
            let buffer = buffers.next().ok_or_else(|| "a message of rows has too few buffers".to_owned())?;
            let (offset, length) = (buffer.offset(), buffer.length());
            let end = offset.checked_add(length).map(i64::cast_unsigned);
            if offset < 0 || length < 0 || end.is_none_or(|end| end > body) {
                return Err(format!(
                    "a buffer of {length} bytes at {offset} lies outside of the {body} bytes of its message"
                ));
            }
            if !length.cast_unsigned().is_multiple_of(width) {
                return Err(format!("a buffer of {length} bytes holds elements of {width}"));
            }
            column += length.cast_unsigned();
        }
        bytes.push(column);
    }
    match buffers.count() {
        0 => Ok(bytes),
        more => Err(format!("a message of rows has {more} buffers too many")),
    }
}

/// Bytes of an element of the buffer number `part` of a column; `None` where it has no more. The first is that of the null
/// bits, in bytes.
fn element_width(physical: &ArrowType, part: i64, views: i64) -> Option<u64> {
    /// A text's length and its place, or the text.
    const VIEW: u64 = 16;
    let width = |physical: &ArrowType| physical.primitive_width().map_or(1, |width| width as u64);
    match (physical, part) {
        (ArrowType::Null, _) => None,
        (_, 0) => Some(1),
        (ArrowType::Utf8, 1) => Some(size_of::<i32>() as u64),
        (ArrowType::LargeUtf8, 1) => Some(size_of::<i64>() as u64),
        (ArrowType::Utf8 | ArrowType::LargeUtf8, 2) => Some(1),
        (ArrowType::Utf8View, 1) => Some(VIEW),
        (ArrowType::Utf8View, part) => (part - 2 < views).then_some(1),
        (ArrowType::Dictionary(keys, _), 1) => Some(width(keys)),
        (physical, 1) => Some(width(physical)),
        _ => None,
    }
}
