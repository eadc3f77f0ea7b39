//! Memory that is reserved before it is taken.

use arrow::array::ArrayRef;
use plimsoll_core::{Error, ErrorKind, Result};
use plimsoll_memory::size::deep_size;
use plimsoll_memory::{Consumer, LimitExceeded, Reservation};

/// Bytes that what is built or held may take.
#[derive(Debug)]
pub(crate) struct Hold {
    reservation: Reservation,
    /// What others had reserved for what is held here now.
    absorbed: Vec<Reservation>,
}

impl Hold {
    /// Nothing yet, on the account of `consumer`.
    pub(crate) fn new(consumer: &Consumer) -> Self {
        Hold { reservation: consumer.reservation(), absorbed: Vec::new() }
    }

    /// An empty one on the same account.
    pub(crate) fn another(&self) -> Self {
        Hold::new(self.reservation.consumer())
    }

    /// Bytes reserved.
    pub(crate) fn size(&self) -> u64 {
        self.reservation.size() + self.absorbed.iter().map(Reservation::size).sum::<u64>()
    }

    pub(crate) fn grow(&mut self, bytes: u64) -> Result<()> {
        self.reservation.try_grow(bytes).map_err(exceeded)
    }

    pub(crate) fn shrink(&mut self, bytes: u64) {
        let mut left = bytes;
        for reservation in std::iter::once(&mut self.reservation).chain(&mut self.absorbed) {
            let given = left.min(reservation.size());
            reservation.shrink(given);
            left -= given;
        }
    }

    pub(crate) fn resize(&mut self, bytes: u64) -> Result<()> {
        match bytes.checked_sub(self.size()) {
            Some(growth) => self.grow(growth),
            None => {
                self.shrink(self.size() - bytes);
                Ok(())
            }
        }
    }

    /// Takes over what another has reserved: nothing is counted anew.
    pub(crate) fn absorb(&mut self, other: Hold) {
        self.absorbed.retain(|reservation| reservation.size() > 0);
        self.absorbed.extend(other.absorbed);
        self.absorbed.push(other.reservation);
    }

    /// Reserves `most` bytes, makes an array that takes no more, and keeps what it really takes reserved.
    pub(crate) fn array(&mut self, most: u64, make: impl FnOnce() -> Result<ArrayRef>) -> Result<ArrayRef> {
        self.grow(most)?;
        let made = make();
        let taken = made.as_ref().map_or(0, bytes_of);
        match most.checked_sub(taken) {
            Some(spare) => self.shrink(spare),
            None => self.grow(taken - most)?,
        }
        made
    }
}

/// Bytes that an array holds, with its place in a vector.
pub(crate) fn bytes_of(array: &ArrayRef) -> u64 {
    deep_size(array).total
}

fn exceeded(exceeded: LimitExceeded) -> Error {
    let hint = "raise the memory limit, hold fewer columns, or hold them compact or mapped".to_owned();
    ErrorKind::MemoryLimit { message: exceeded.to_string(), hint }.into()
}
