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

/// The record batch of a message, of columns of these types and with a body of `body` bytes.
pub(super) fn record_batch<'a>(
    message: &Message<'a>,
    types: &[&ArrowType],
    body: u64,
) -> Result<RecordBatch<'a>, String> {
    if message.header_type() != MessageHeader::RecordBatch {
        return Err(format!("there is a {:?} where rows should be", message.header_type()));
    }
    let batch = message.header_as_record_batch().ok_or("a message of rows has none")?;
    check(&batch, types, body)?;
    Ok(batch)
}

/// Whether a batch has the parts that columns of these types have, each within a body of `body` bytes.
pub(super) fn check(batch: &RecordBatch, types: &[&ArrowType], body: u64) -> Result<(), String> {
    if batch.compression().is_some() {
        return Err("its buffers are compressed".to_owned());
    }
    let rows = batch.length();
    let (Some(nodes), Some(buffers)) = (batch.nodes(), batch.buffers()) else {
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
    let mut views = batch.variadicBufferCounts().into_iter().flatten();
    let mut expected = 0_i64;
    for physical in types {
        let parts = match physical {
            ArrowType::Null => 0,
            ArrowType::Utf8 | ArrowType::LargeUtf8 => 3,
            ArrowType::Utf8View => {
                2 + views.next().filter(|count| (0..=i64::from(i32::MAX)).contains(count)).unwrap_or(0)
            }
            _ => 2,
        };
        expected += parts;
    }
    if i64::try_from(buffers.len()) != Ok(expected) {
        return Err(format!("a message of rows has {} buffers instead of {expected}", buffers.len()));
    }
    for buffer in buffers {
        let end = buffer.offset().checked_add(buffer.length());
        let within = end.is_some_and(|end| end.cast_unsigned() <= body);
        if buffer.offset() < 0 || buffer.length() < 0 || !within {
            return Err(format!(
                "a buffer of {} bytes at {} lies outside of the {body} bytes of its message",
                buffer.length(),
                buffer.offset()
            ));
        }
    }
    Ok(())
}

/// Bytes of the buffers of each column.
pub(super) fn column_bytes(batch: &RecordBatch, types: &[&ArrowType]) -> Vec<u64> {
    let mut views = batch.variadicBufferCounts().into_iter().flatten();
    let mut buffers = batch.buffers().into_iter().flatten();
    types
        .iter()
        .map(|physical| {
            let parts = match physical {
                ArrowType::Null => 0,
                ArrowType::Utf8 | ArrowType::LargeUtf8 => 3,
                ArrowType::Utf8View => 2 + usize::try_from(views.next().unwrap_or(0)).unwrap_or(0),
                _ => 2,
            };
            buffers.by_ref().take(parts).map(|buffer| buffer.length().cast_unsigned()).sum()
        })
        .collect()
}
