//! The exact parallel split: blocks are read and classified at once, but each learns from the one before it where in a
//! record it begins, on which line and in which record, before it gives anything out.
//!
//! A worker takes the next ticket with its block, finds the structural bytes, waits for its turn, indexes the block
//! from the published place, publishes the place behind it together with the bytes of the record that is not complete
//! yet (the *tail*), and owns every record that ends in its block. So each byte is read once, streams split like files,
//! and an error in one block is known not to follow from a wrong guess about an earlier one.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use plimsoll_core::Result;
use plimsoll_memory::Consumer;

use crate::input::{Pass, lock};
use crate::machine::Place;
use crate::room::Room;
use crate::{CsvFile, Dialect};

/// What all workers of one scan share.
#[derive(Debug)]
pub(crate) struct Splitter {
    pub(crate) pass: Pass,
    pub(crate) dialect: Arc<Dialect>,
    /// The file as the query names it, for messages.
    pub(crate) file: Arc<str>,
    /// Names of the fields of each record, for messages.
    pub(crate) names: Arc<[String]>,
    /// Fields of each record.
    pub(crate) columns: usize,
    /// Bytes of a block.
    pub(crate) block: usize,
    /// Blocks behind this one are not wanted any more.
    stop_after: AtomicU64,
    turn: Mutex<Turn>,
    turned: Condvar,
    pub(crate) bytes_read: Arc<AtomicU64>,
    pub(crate) blank_lines: AtomicU64,
    pub(crate) records: AtomicU64,
    /// Who reserves for records that are longer than a block.
    pub(crate) consumer: Option<Consumer>,
}

#[derive(Debug)]
struct Turn {
    /// Whose turn it is.
    ticket: u64,
    /// Absent while the worker whose turn it is works with it, and for good where it failed.
    boundary: Option<Boundary>,
    /// No block will have its turn any more.
    over: bool,
}

/// What a block has to know of all that came before.
#[derive(Debug, Default)]
pub(crate) struct Boundary {
    pub(crate) place: Place,
    /// Line breaks before the tail.
    pub(crate) lines: u64,
    /// Records before the tail.
    pub(crate) records: u64,
    /// The bytes of the record that is not complete.
    pub(crate) tail: Vec<u8>,
    /// What is reserved for a long one.
    pub(crate) room: Room,
}

impl Boundary {
    /// Puts the bytes of a block behind the tail.
    ///
    /// # Errors
    /// `MemoryLimit`.
    pub(crate) fn extend(&mut self, bytes: &[u8], consumer: Option<&Consumer>) -> Result<()> {
        let (length, old) = (self.tail.len() + bytes.len(), self.tail.capacity());
        if length > old {
            let grown = length + length / 4;
            // Both are there while the old one is copied.
            self.room.hold(old + grown, consumer)?;
            self.tail.reserve_exact(grown - self.tail.len());
            self.room.hold(self.tail.capacity(), consumer)?;
        }
        self.tail.extend_from_slice(bytes);
        Ok(())
    }
}

impl Splitter {
    pub(crate) fn new(file: &CsvFile, block: usize, bytes_read: Arc<AtomicU64>) -> Self {
        let boundary = Boundary { lines: file.lines_before, ..Boundary::default() };
        let block = block.max(1);
        Splitter {
            pass: Pass::new(Arc::clone(&file.input), file.data_start, block),
            dialect: Arc::clone(&file.dialect),
            file: Arc::clone(&file.name),
            names: Arc::clone(&file.columns),
            columns: file.columns.len(),
            block,
            stop_after: AtomicU64::new(u64::MAX),
            turn: Mutex::new(Turn { ticket: 0, boundary: Some(boundary), over: false }),
            turned: Condvar::new(),
            bytes_read,
            blank_lines: AtomicU64::new(file.blank_lines),
            records: AtomicU64::new(0),
            consumer: None,
        }
    }

    /// Says that blocks behind `ticket` are not wanted: something went wrong in it.
    pub(crate) fn stop_after(&self, ticket: u64) {
        self.stop_after.fetch_min(ticket, Ordering::Relaxed);
    }

    pub(crate) fn stopped_before(&self, ticket: u64) -> bool {
        ticket > self.stop_after.load(Ordering::Relaxed)
    }

    /// Waits until all blocks before `ticket` have published; `None` where that will never be.
    pub(crate) fn wait(&self, ticket: u64) -> Option<Boundary> {
        let mut turn = lock(&self.turn);
        loop {
            if turn.over {
                return None;
            }
            if turn.ticket == ticket
                && let Some(boundary) = turn.boundary.take()
            {
                return Some(boundary);
            }
            turn = self.turned.wait(turn).unwrap_or_else(std::sync::PoisonError::into_inner);
        }
    }

    pub(crate) fn publish(&self, ticket: u64, boundary: Option<Boundary>) {
        let mut turn = lock(&self.turn);
        turn.over |= boundary.is_none();
        turn.ticket = ticket + 1;
        turn.boundary = boundary;
        drop(turn);
        self.turned.notify_all();
    }

    /// A block was not read or is not wanted: no later one can have its turn.
    pub(crate) fn end(&self) {
        let mut turn = lock(&self.turn);
        turn.over = true;
        drop(turn);
        self.turned.notify_all();
    }
}

/// Ends the scan for all where a worker leaves without publishing: by an error or a panic.
pub(crate) struct MustPublish<'a> {
    pub(crate) splitter: &'a Splitter,
    pub(crate) ticket: Option<u64>,
}

impl MustPublish<'_> {
    pub(crate) fn publish(mut self, boundary: Option<Boundary>) {
        if let Some(ticket) = self.ticket.take() {
            self.splitter.publish(ticket, boundary);
        }
    }
}

impl Drop for MustPublish<'_> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            self.splitter.stop_after(ticket);
            self.splitter.publish(ticket, None);
        }
    }
}
