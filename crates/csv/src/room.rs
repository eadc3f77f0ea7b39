//! Memory that long records take beside the usual: reserved before it is taken, where there is a budget. It holds no bytes.

use plimsoll_core::{Error, ErrorKind, Result};
use plimsoll_memory::{Bytes, Consumer, LimitExceeded, Reservation};

use crate::input::Input;

/// What a scan keeps of one record beside its blocks without a reservation, in bytes.
pub(crate) const USUAL: usize = 512 << 10;

/// Bytes of a field of a record that a dialect is tried on, with the room that a growing list of them has.
const FIELD: u64 = 48;

/// Bytes that may be delimiters.
const DELIMITERS: &[u8] = b",;\t|:~^ \x01";

/// What is reserved for one holder.
#[derive(Debug, Default)]
pub(crate) struct Room {
    reservation: Option<Reservation>,
}

impl Room {
    /// Says that `bytes` are held, on the account of `consumer`; usual ones do not count.
    ///
    /// # Errors
    /// `MemoryLimit`.
    pub(crate) fn hold(&mut self, bytes: usize, consumer: Option<&Consumer>) -> Result<()> {
        let Some(consumer) = consumer.filter(|_| bytes > USUAL || self.reservation.is_some()) else {
            return Ok(());
        };
        let reservation = self.reservation.get_or_insert_with(|| consumer.reservation());
        reservation.try_resize(if bytes > USUAL { bytes as u64 } else { 0 }).map_err(exceeded)
    }

    /// Bytes that are reserved.
    pub(crate) fn held(&self) -> usize {
        self.reservation.as_ref().map_or(0, |held| usize::try_from(held.size()).unwrap_or(usize::MAX))
    }
}

fn exceeded(exceeded: LimitExceeded) -> Error {
    let hint = "raise the memory limit, or refuse long fields with a smaller --max-field".to_owned();
    ErrorKind::MemoryLimit { message: exceeded.to_string(), hint }.into()
}

/// What is reserved for a head that is longer than usual.
#[derive(Debug)]
pub(crate) struct HeadRoom {
    reservation: Option<Reservation>,
    /// Copies of the head that a stream keeps while it is read.
    kept: u64,
    /// The most bytes of text that a head can have.
    most: u64,
}

impl HeadRoom {
    /// Nothing yet, for a head of `input`, on the account of `consumer`.
    pub(crate) fn new(consumer: Option<&Consumer>, input: &Input, max_field: u64) -> Self {
        // Raw text may be twice as long, and what grows has as much room to spare.
        let kept = match input.length() {
            Some(_) => 0,
            None if input.encoding() == "UTF-8" => 2,
            None => 4,
        };
        let most = input.length().unwrap_or(u64::MAX).min(max_field.saturating_add(1 << 20));
        HeadRoom { reservation: consumer.map(Consumer::reservation), kept, most }
    }

    /// Reserves what names of together `bytes` bytes take, with the copies that a query makes of them.
    ///
    /// # Errors
    /// `MemoryLimit`.
    pub(crate) fn hold_names(&mut self, bytes: usize) -> Result<()> {
        const COPIES: u64 = 8;
        match &mut self.reservation {
            Some(reservation) if bytes > USUAL => {
                reservation.try_grow(COPIES * bytes as u64).map_err(|exceeded| {
                    let message = format!("names of {} in the header: {exceeded}", Bytes(bytes as u64));
                    let hint = format!("raise the memory limit by {}", Bytes(COPIES * bytes as u64));
                    ErrorKind::MemoryLimit { message, hint }.into()
                })
            }
            _ => Ok(()),
        }
    }

    /// Reserves what a head of `bytes` bytes takes that begins as `head`: itself, its copy with marks, and what the fields of a
    /// record are while dialects are tried.
    ///
    /// # Errors
    /// `MemoryLimit`, with what would do.
    pub(crate) fn hold(&mut self, head: &[u8], bytes: usize) -> Result<()> {
        let Some(reservation) = &mut self.reservation else { return Ok(()) };
        let (fields, grows) = tried_fields(head);
        let growth = |bytes: u64| if grows { bytes as f64 / head.len().max(1) as f64 } else { 1.0 };
        let cost = |bytes: u64| {
            let tried = (FIELD * fields) as f64 * growth(bytes);
            bytes / 2 * (5 + 2 * self.kept) + tried as u64
        };
        reservation.try_resize(cost(bytes as u64)).map_err(|exceeded| {
            let had = reservation.size() + reservation.consumer().available();
            let missing = cost(self.most.max(bytes as u64)).saturating_sub(had);
            let message = format!(
                "a record at the beginning of the file goes on behind {}: {exceeded}",
                Bytes(head.len() as u64)
            );
            let hint = format!(
                "raise the memory limit by {} or less, or refuse long fields with a smaller --max-field",
                Bytes(missing)
            );
            ErrorKind::MemoryLimit { message, hint }.into()
        })
    }
}

/// The most fields of the records that a dialect is tried on, and whether there are more in a longer head. Those records begin
/// near the beginning; they end with the line, but for quotes and escapes.
fn tried_fields(head: &[u8]) -> (u64, bool) {
    const NEAR: usize = 384 << 10;
    let is_break = |byte: &u8| matches!(byte, b'\n' | b'\r');
    let line = head.get(NEAR..).and_then(|behind| behind.iter().position(is_break));
    let near = line.map(|length| &head[..NEAR + length]);
    let near = near.filter(|near| !near.iter().any(|byte| matches!(byte, b'"' | b'\'' | b'\\')));
    let mut counts = [0_u64; 256];
    near.unwrap_or(head).iter().for_each(|byte| counts[usize::from(*byte)] += 1);
    let fields = DELIMITERS.iter().map(|byte| counts[usize::from(*byte)]).max().unwrap_or(0);
    (fields, near.is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_behind_the_sample_do_not_count() {
        let short = "1,2;3\n".repeat(1000);
        assert_eq!(tried_fields(short.as_bytes()), (1000, true));
        let long = "1,2,3\n".repeat(1 << 18);
        assert_eq!(tried_fields(long.as_bytes()), (2 + (1 << 17), false));
        // A quote may go on.
        let quoted = format!("\"{long}");
        assert_eq!(tried_fields(quoted.as_bytes()), (1 << 19, true));
        assert_eq!(tried_fields(",".repeat(1 << 20).as_bytes()), (1 << 20, true));
    }

    #[test]
    fn usual_records_are_not_reserved() {
        let budget = plimsoll_memory::Budget::limited(4 << 20).unwrap();
        let consumer = budget.consumer("scan");
        let mut room = Room::default();
        room.hold(USUAL, Some(&consumer)).unwrap();
        assert_eq!((room.held(), budget.used()), (0, 0));
        room.hold(2 * USUAL, Some(&consumer)).unwrap();
        assert_eq!((room.held(), budget.used()), (2 * USUAL, 2 * USUAL as u64));
        let error = room.hold(5 << 20, Some(&consumer)).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::MemoryLimit { .. }), "{error}");
    }
}
