//! States that hold the values of a group one by one: how those go to a temporary file apart from the state, in order, so
//! that a group with more of them than memory holds is still merged.

use plimsoll_core::{Error, Result};

use super::AggregateState;

/// Takes values in order: the bytes of each and how many there are of it.
pub type Visit<'a> = dyn FnMut(&[u8], u64) -> Result<()> + 'a;

/// A state whose groups hold values. As bytes, values are in the order of the values themselves.
pub trait Values: AggregateState {
    /// How many values a state that this one is merged into inserts one by one; none where they are handed over as they are.
    fn inserted(&self) -> usize;

    /// Bytes of the values of a group of a frozen state, roughly; 0 where it has none.
    fn bytes_of(&self, group: u32) -> usize;

    /// As [`AggregateState::write`], but without the values.
    ///
    /// # Errors
    /// None that a state of ours gives.
    fn write_rest(&self, group: u32, bytes: &mut Vec<u8>) -> Result<()>;

    /// Takes what [`Values::write_rest`] has written into `group`, which may have seen something. Its values are still to
    /// come: either all of them by [`Values::pass`], or some by [`Values::add`].
    ///
    /// # Errors
    /// `Value` for bytes that no state was written as.
    fn read_rest(&mut self, group: u32, bytes: &mut &[u8]) -> Result<()>;

    /// Calls `visit` with the different values of a group of a frozen state in order.
    ///
    /// # Errors
    /// Those of `visit`.
    fn each(&self, group: u32, visit: &mut Visit<'_>) -> Result<()>;

    /// Takes a value, `times` times, as if a row had brought it.
    ///
    /// # Errors
    /// `Value` for bytes that are no value.
    fn add(&mut self, group: u32, value: &[u8], times: u64) -> Result<()>;

    /// Takes the next value of a group, all of whose values come like this, the different ones in order. None is kept.
    ///
    /// # Errors
    /// `Value` for bytes that are no value.
    fn pass(&mut self, group: u32, value: &[u8], times: u64) -> Result<()>;

    /// That no value will be passed after all: those that were to come are added.
    fn pass_none(&mut self) {}
}

/// Adds a key of fixed width to `bytes`: how many bytes it has, and these, the highest first. Shorter is nearer to 0.
pub(super) fn put_key(key: i128, bytes: &mut Vec<u8>) {
    let magnitude = if key < 0 { !key } else { key };
    let length = (i128::BITS - magnitude.leading_zeros()).div_ceil(8) as u8;
    bytes.push(if key < 0 { 0x7f - length } else { 0x80 + length });
    bytes.extend_from_slice(&key.to_be_bytes()[16 - usize::from(length)..]);
}

/// The key that was put.
pub(super) fn key_of(bytes: &[u8]) -> Result<i128> {
    let damaged = || Error::value("a value in a temporary file is damaged");
    let (class, bytes) = bytes.split_first().ok_or_else(damaged)?;
    let (fill, length) = if *class < 0x80 { (0xff, 0x7f - class) } else { (0, class - 0x80) };
    let mut key = [fill; 16];
    let start = key.len().checked_sub(length.into()).filter(|start| start + bytes.len() == key.len());
    key[start.ok_or_else(damaged)?..].copy_from_slice(bytes);
    Ok(i128::from_be_bytes(key))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bytes_of(key: i128) -> Vec<u8> {
        let mut bytes = Vec::new();
        put_key(key, &mut bytes);
        bytes
    }

    proptest! {
        #[test]
        fn keys_keep_their_order(left: i128, right: i128, shifts in (0u32..127, 0u32..127)) {
            let (left, right) = (left >> shifts.0, right >> shifts.1);
            prop_assert_eq!(bytes_of(left).cmp(&bytes_of(right)), left.cmp(&right));
            prop_assert_eq!(key_of(&bytes_of(left)).unwrap(), left);
        }
    }

    #[test]
    fn keys_at_the_bounds() {
        let keys =
            [i128::MIN, i64::MIN.into(), -257, -256, -255, -1, 0, 1, 255, 256, i64::MAX.into(), i128::MAX];
        for key in keys {
            assert_eq!(key_of(&bytes_of(key)).unwrap(), key);
        }
        assert!(keys.is_sorted_by_key(|key| bytes_of(*key)));
        for damaged in [&[][..], &[0x81], &[0x80, 0], &[0xff; 18], &[0]] {
            assert!(key_of(damaged).is_err(), "{damaged:?}");
        }
    }
}
