//! States as bytes, as temporary files hold them: no addresses, no padding, small numbers in few bytes (postcard).

use plimsoll_core::{Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Adds a value.
pub(super) fn put<T: Serialize>(value: &T, bytes: &mut Vec<u8>) -> Result<()> {
    *bytes = postcard::to_extend(value, std::mem::take(bytes)).map_err(|error| damaged(&error))?;
    Ok(())
}

/// Takes the value that was put at the front of `bytes`, which goes on behind it.
pub(super) fn get<T: DeserializeOwned>(bytes: &mut &[u8]) -> Result<T> {
    let (value, rest) = postcard::take_from_bytes(bytes).map_err(|error| damaged(&error))?;
    *bytes = rest;
    Ok(value)
}

fn damaged(error: &postcard::Error) -> Error {
    Error::value(format!("a state in a temporary file is damaged: {error}"))
}
