//! Arrow IPC files: written beside their place and renamed, read by copying or through a map.
//!
//! Every figure of a file is checked before it is used: [`layout`] checks where things lie, Arrow's own reader the
//! arrays (offsets, keys, UTF-8), [`admit`] the values that have no array type of their own to keep them in bounds. A
//! file may be of anyone; whatever it says, it is read or refused.

mod admit;
mod blocks;
mod columns;
mod file;
mod input;
mod layout;
mod map;
mod message;
mod write;

pub(crate) use blocks::FileBlocks;
pub(crate) use columns::FileColumn;
pub(crate) use file::IpcFile;
pub(crate) use input::Access;
pub(crate) use write::IpcWriter;

/// Where a field of a file says what its values are, where its Arrow type does not: `DECIMAL(38,2)` of an `Int16`.
const LOGICAL_KEY: &str = "plimsoll.logical";

/// Where the schema of a file says which form its columns have.
const FORM_KEY: &str = "plimsoll.form";

/// Where the footer of a file says how many rows it has.
const ROWS_KEY: &str = "plimsoll.rows";
