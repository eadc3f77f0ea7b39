//! The keys of the entries that groups are in runs.
//!
//! A group's key is its hash and behind it the key itself, as arrow-row encodes it: no such key is the beginning of another.
//! Where there are no keys there is no hash either. What follows says what the entry holds: 0 for the states of the group, or
//! 1 and more for a value of a family of its aggregates, and then the value. So the states of a group come first, then its
//! values in order.

use plimsoll_core::{Error, Result};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::hash::Hasher;

/// Bytes of the hash.
const HASH: usize = 8;
/// Bytes that say what an entry holds.
const KIND: usize = 2;

/// Makes the keys of one group after the other.
#[derive(Debug, Default)]
pub(super) struct EntryKey {
    bytes: Vec<u8>,
    group: usize,
}

/// What an entry holds.
pub(super) enum Entry<'a> {
    /// The states of the group of this key.
    States(&'a [u8]),
    /// A value of the family of this number, of the group whose states came last.
    Value(usize, &'a [u8]),
}

impl EntryKey {
    /// The hash of a key. It differs from process to process, so that no input can be written to collide.
    pub(super) fn hash(key: &[u8]) -> u64 {
        xxh3_64_with_seed(key, Hasher::new().seed())
    }

    /// Goes to the group of this hash and key.
    pub(super) fn set_group(&mut self, hash: u64, key: &[u8]) {
        self.bytes.clear();
        if !key.is_empty() {
            self.bytes.extend_from_slice(&hash.to_be_bytes());
            self.bytes.extend_from_slice(key);
        }
        self.group = self.bytes.len();
    }

    /// The key of the group's states.
    pub(super) fn of_states(&mut self) -> &[u8] {
        self.bytes.truncate(self.group);
        self.bytes.extend_from_slice(&[0; KIND]);
        &self.bytes
    }

    /// The key of a value of the family of this number.
    ///
    /// # Errors
    /// `Value` for more families than can be numbered.
    pub(super) fn of_value(&mut self, family: usize, value: &[u8]) -> Result<&[u8]> {
        let kind = u16::try_from(family + 1).map_err(|_| Error::value("there are too many aggregates"))?;
        self.bytes.truncate(self.group);
        self.bytes.extend_from_slice(&kind.to_be_bytes());
        self.bytes.extend_from_slice(value);
        Ok(&self.bytes)
    }
}

impl<'a> Entry<'a> {
    /// What the entry of this key holds, given the key of the group before, if there is one. `None` where no entry has such
    /// a key.
    pub(super) fn of(bytes: &'a [u8], has_keys: bool, group: Option<&[u8]>) -> Option<Self> {
        let bytes = if has_keys { bytes.get(HASH..)? } else { bytes };
        let behind = |group: &[u8]| if has_keys { bytes.strip_prefix(group) } else { Some(bytes) };
        if let Some(rest) = group.and_then(behind) {
            let (kind, value) = rest.split_first_chunk::<KIND>()?;
            if let Some(family) = u16::from_be_bytes(*kind).checked_sub(1) {
                return Some(Entry::Value(family.into(), value));
            }
        }
        bytes
            .split_last_chunk::<KIND>()
            .filter(|(_, kind)| **kind == [0; KIND])
            .map(|(key, _)| Entry::States(key))
    }
}
