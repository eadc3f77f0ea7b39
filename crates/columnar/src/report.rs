//! What a column of a store is held as, what it takes, and why.

use std::fmt;

use arrow::datatypes::DataType as ArrowType;
use plimsoll_core::DataType;

/// One column of a store.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ColumnReport {
    /// The name.
    pub name: String,
    /// What its values are.
    pub logical: DataType,
    /// The Arrow type that it is held in.
    pub physical: ArrowType,
    /// Bytes of the heap that dropping it gives back.
    pub heap_bytes: u64,
    /// Bytes of its values in a mapped file: pages that the system can drop and read again.
    pub mapped_bytes: u64,
    /// Why that type.
    pub reason: Reason,
}

/// Why a column is held in the type that it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The store is plain.
    Plain,
    /// The file that was opened has it so.
    Stored,
    /// Values of this type have one array only, whatever they are.
    OnlyArray,
    /// No value is there; the narrowest type will do.
    AllNull,
    /// The narrowest type that holds all of these: integers, mantissas of decimals, or days since 1970.
    Range {
        /// The least value.
        low: i128,
        /// The greatest value.
        high: i128,
    },
    /// Every timestamp is a whole second that 32 bits count.
    WholeSeconds,
    /// Some timestamp has a part of a second, or lies beyond what 32 bits of seconds reach.
    Microseconds,
    /// Every value survives as a 32-bit float.
    Single,
    /// Some value needs a 64-bit float.
    Double,
    /// A dictionary is smaller than the texts themselves.
    Dictionary {
        /// Distinct texts.
        distinct: u64,
        /// Bytes with the dictionary, NULLs apart.
        bytes: u64,
        /// Bytes that the texts with their offsets would take, NULLs apart.
        as_text: u64,
    },
    /// The texts themselves are not larger than a dictionary would be.
    Text {
        /// Distinct texts when the dictionary was given up.
        distinct: u64,
        /// Bytes with the dictionary at that time, NULLs apart.
        with_dictionary: u64,
        /// Bytes of the texts with their offsets at that time, NULLs apart.
        bytes: u64,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Plain => f.write_str("the plain type"),
            Reason::Stored => f.write_str("the type that its file has"),
            Reason::OnlyArray => f.write_str("the only type there is"),
            Reason::AllNull => f.write_str("it has no value"),
            Reason::Range { low, high } => write!(f, "its values lie from {low} to {high}"),
            Reason::WholeSeconds => f.write_str("its values are whole seconds that 32 bits count"),
            Reason::Microseconds => f.write_str("a value is no whole second that 32 bits count"),
            Reason::Single => f.write_str("every value is exact in 32 bits"),
            Reason::Double => f.write_str("a value needs 64 bits"),
            Reason::Dictionary { distinct, bytes, as_text } => {
                write!(f, "{distinct} distinct texts, {bytes} bytes instead of {as_text}")
            }
            Reason::Text { distinct, with_dictionary, bytes } => {
                write!(
                    f,
                    "a dictionary of {distinct} texts would take {with_dictionary} bytes instead of {bytes}"
                )
            }
        }
    }
}

impl fmt::Display for ColumnReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} as {}: {}", self.name, self.logical, self.physical, self.reason)
    }
}
