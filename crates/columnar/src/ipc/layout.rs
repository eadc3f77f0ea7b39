//! Where a file's parts lie: its schema, and the messages that its footer names. Reads no values.

use std::io;
use std::ops::Range;

use arrow::datatypes::{Schema as ArrowSchema, SchemaRef};
use arrow_ipc::convert::try_fb_to_schema;
use arrow_ipc::{Block, MessageHeader, MetadataVersion, root_as_footer};
use std::sync::Arc;

use super::ROWS_KEY;
use super::input::Input;
use super::message::message;

/// How a file begins and ends.
const MAGIC: &[u8; 6] = b"ARROW1";

/// Bytes behind the footer: its length, and the magic.
const TAIL: u64 = 10;

/// The most bytes before the message of the schema: the magic, and what fills up to the alignment of its writer.
const LONGEST_START: u64 = 64;

/// Where a message lies in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) offset: u64,
    /// Bytes of the message itself, with its length.
    pub(super) header: u64,
    /// Bytes of the buffers behind it.
    pub(super) body: u64,
}

impl Extent {
    pub(super) fn header(self) -> Range<u64> {
        self.offset..self.offset + self.header
    }

    pub(super) fn body(self) -> Range<u64> {
        self.offset + self.header..self.end()
    }

    fn end(self) -> u64 {
        self.offset + self.header + self.body
    }
}

/// What the footer says.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) schema: SchemaRef,
    pub(super) version: MetadataVersion,
    pub(super) dictionaries: Vec<Extent>,
    pub(super) batches: Vec<Extent>,
    /// How many rows there should be, where the file says.
    pub(super) rows: Option<u64>,
}

/// Why a file could not be read.
#[derive(Debug)]
pub(super) enum Failure {
    /// The system's word.
    Io(io::Error),
    /// What is wrong with it.
    Damaged(String),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::Io(error)
    }
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Failure::Damaged(message)
    }
}

impl Layout {
    /// Reads and checks the footer, and holds it against the schema at the beginning.
    pub(super) fn read(input: &Input) -> Result<Self, Failure> {
        let length = input.length();
        let whole = length >= MAGIC.len() as u64 + TAIL;
        if !whole || &*input.bytes(0..MAGIC.len() as u64)? != MAGIC {
            return Err("it is no Arrow IPC file".to_owned().into());
        }
        let tail = input.bytes(length - TAIL..length)?;
        let (size, magic) = tail.split_at(4);
        if magic != MAGIC {
            return Err("it does not end as an Arrow IPC file does: it was cut short or is not finished"
                .to_owned()
                .into());
        }
        let size = size.iter().rev().fold(0, |size, byte| size << 8 | u64::from(*byte));
        let end = length - TAIL;
        let start = end.checked_sub(size).filter(|start| *start >= MAGIC.len() as u64);
        let start = start.ok_or_else(|| format!("its footer says that it has {size} bytes"))?;
        let bytes = input.bytes(start..end)?;
        let footer = root_as_footer(&bytes).map_err(|error| format!("its footer cannot be read: {error}"))?;

        let flat = footer.schema().ok_or_else(|| "its footer has no schema".to_owned())?;
        if !flat.endianness().equals_to_target_endianness() {
            return Err("its bytes are in the other order than this machine's".to_owned().into());
        }
        let schema = schema_of(flat)?;
        let (first_schema, schema_end) = schema_at_start(input, start)?;
        if first_schema != schema {
            return Err("its footer has another schema than its beginning".to_owned().into());
        }
        let dictionaries = extents(footer.dictionaries().into_iter().flatten(), start)?;
        let batches = extents(footer.recordBatches().into_iter().flatten(), start)?;
        let ends = dictionaries.iter().chain(&batches).map(|extent| extent.end());
        check_end(&input.bytes(ends.fold(schema_end, u64::max)..start)?)?;
        let mut pairs = footer.custom_metadata().into_iter().flatten();
        let rows = pairs.find(|pair| pair.key() == Some(ROWS_KEY)).and_then(|pair| pair.value());
        let rows = rows.map(|rows| rows.parse().map_err(|_| format!("it says that it has {rows} rows")));
        Ok(Layout {
            schema: Arc::new(schema),
            version: footer.version(),
            dictionaries,
            batches,
            rows: rows.transpose()?,
        })
    }
}

/// Whether between the last message and the footer there is what ends a stream, and nothing else: bytes that are missing
/// from the last message would show here.
fn check_end(between: &[u8]) -> Result<(), String> {
    match between {
        [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0] => Ok(()),
        _ => Err("its last rows do not end where its footer says".to_owned()),
    }
}

/// The schema that stands before the first rows, for readers that do not see the end, and where it ends.
fn schema_at_start(input: &Input, end: u64) -> Result<(ArrowSchema, u64), Failure> {
    let head = input.bytes(0..end.min(LONGEST_START + 8))?;
    // Behind the magic, zeros up to the alignment.
    let start = (8..head.len()).step_by(8).find(|at| head[*at..].iter().take(8).any(|byte| *byte != 0));
    let no_schema = || "it does not begin with a schema".to_owned();
    let start = start.ok_or_else(no_schema)?;
    let prefix = head.get(start..start + 8).ok_or_else(no_schema)?;
    let (length, before) = if prefix[..4] == [0xff; 4] { (&prefix[4..], 8) } else { (&prefix[..4], 4) };
    let length = length.iter().rev().fold(0, |size, byte| size << 8 | u64::from(*byte));
    let start = start as u64;
    let end =
        Some(start + before + length).filter(|message_end| *message_end <= end).ok_or_else(no_schema)?;
    let bytes = input.bytes(start..end)?;
    let message = message(&bytes)?;
    match (message.header_type(), message.header_as_schema()) {
        (MessageHeader::Schema, Some(schema)) => Ok((schema_of(schema)?, end)),
        _ => Err(no_schema().into()),
    }
}

fn schema_of(flat: arrow_ipc::Schema) -> Result<ArrowSchema, String> {
    try_fb_to_schema(flat).map_err(|error| format!("its schema cannot be read: {error}"))
}

/// The messages that the footer names, which must lie before it, one behind the other.
fn extents<'a>(blocks: impl Iterator<Item = &'a Block>, footer: u64) -> Result<Vec<Extent>, String> {
    let mut next = MAGIC.len() as u64;
    blocks
        .map(|block| {
            let part = |bytes: i64| u64::try_from(bytes).ok().filter(|bytes| *bytes <= footer);
            let (offset, header, body) =
                (part(block.offset()), part(block.metaDataLength().into()), part(block.bodyLength()));
            let extent = match (offset, header, body) {
                (Some(offset), Some(header), Some(body)) => Extent { offset, header, body },
                _ => return Err(outside(block)),
            };
            if extent.offset < next || extent.end() > footer {
                return Err(outside(block));
            }
            next = extent.end();
            Ok(extent)
        })
        .collect()
}

fn outside(block: &Block) -> String {
    format!(
        "a message of {} and {} bytes at {} does not lie between the messages before it and the footer",
        block.metaDataLength(),
        block.bodyLength(),
        block.offset()
    )
}
