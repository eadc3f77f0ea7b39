//! What a scan skipped and repaired: counted, held against the most that may be, and handed on in the order of the file,
//! whatever the number of workers. It judges no record.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use plimsoll_core::{Error, ErrorKind, Reject, RejectCounts, Result};
use plimsoll_memory::Consumer;

use crate::plumbing::Memory;

/// Takes rejects in the order of the file.
pub trait RejectSink: Send + Debug {
    /// Forgets all that it was given: the scan begins anew.
    ///
    /// # Errors
    /// `Io`.
    fn restart(&mut self) -> Result<()>;

    /// Takes the next one.
    ///
    /// # Errors
    /// `Io`.
    fn write(&mut self, reject: &Reject) -> Result<()>;
}

/// A sink that the scans of a query share.
pub type SharedSink = Arc<Mutex<dyn RejectSink>>;

/// What the workers of a scan have skipped and repaired together.
#[derive(Debug)]
pub(super) struct Rejects {
    most: Option<u64>,
    sink: Option<SharedSink>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    counts: RejectCounts,
    /// Whose rejects are the next in the order of the file.
    ticket: u64,
    /// Rejects of blocks whose predecessors are not done.
    waiting: BTreeMap<u64, Vec<Reject>>,
    waiting_bytes: usize,
    memory: Memory,
    /// Rejects before `ticket`.
    passed: u64,
    /// The first reject that is one too many.
    excess: Option<Reject>,
}

impl Rejects {
    pub(super) fn new(most: Option<u64>) -> Self {
        Rejects { most, sink: None, state: Mutex::default() }
    }

    pub(super) fn with_consumer(self, consumer: &Consumer) -> Self {
        self.state().memory = Memory::new(Some(consumer));
        self
    }

    pub(super) fn with_sink(mut self, sink: Option<SharedSink>) -> Result<Self> {
        if let Some(sink) = &sink {
            sink.lock().unwrap_or_else(PoisonError::into_inner).restart()?;
        }
        self.sink = sink;
        Ok(self)
    }

    /// Whether anyone wants to know more than the counts.
    pub(super) fn wants_all(&self) -> bool {
        self.most.is_some() || self.sink.is_some()
    }

    /// Whether anyone wants the bytes of the records.
    pub(super) fn wants_raw(&self) -> bool {
        self.sink.is_some()
    }

    pub(super) fn counts(&self) -> RejectCounts {
        self.state().counts
    }

    pub(super) fn count(&self, counts: &RejectCounts) {
        self.state().counts.add(counts);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes all rejects of a block, and hands on those whose turn it is. Says whether no more are to be found since
    /// there are too many.
    ///
    /// # Errors
    /// `MemoryLimit` where rejects that wait for their turn find no room, and those of the sink.
    pub(super) fn submit(&self, ticket: u64, mut rejects: Vec<Reject>) -> Result<bool> {
        rejects.sort_by_key(|reject| (reject.location.record, reject.location.byte));
        let mut state = self.state();
        let State { waiting, waiting_bytes, memory, .. } = &mut *state;
        *waiting_bytes += bytes(&rejects);
        memory.hold(*waiting_bytes)?;
        waiting.insert(ticket, rejects);
        while let Some(rejects) = {
            let next = state.ticket;
            state.waiting.remove(&next)
        } {
            state.ticket += 1;
            state.waiting_bytes -= bytes(&rejects);
            for reject in rejects {
                state.passed += 1;
                if state.excess.is_none() && self.most.is_some_and(|most| state.passed > most) {
                    state.excess = Some(reject);
                } else if let Some(sink) = &self.sink {
                    sink.lock().unwrap_or_else(PoisonError::into_inner).write(&reject)?;
                }
            }
        }
        let held = state.waiting_bytes;
        state.memory.hold(held)?;
        Ok(state.excess.is_some())
    }

    /// The error for more rejects than there may be, where the one too many stands before byte `before` of the input.
    pub(super) fn excess(&self, before: u64) -> Option<Error> {
        let state = self.state();
        let reject = state.excess.as_ref().filter(|reject| reject.location.byte < before)?;
        let most = self.most.unwrap_or(0);
        let message = format!("{}; {most} errors are passed over at most", reject.message);
        Some(Error::data(
            reject.location.clone(),
            message,
            format!("allow more with --max-errors {}", most.saturating_mul(10).max(100)),
        ))
    }
}

/// Heap bytes of these rejects.
pub(super) fn bytes(rejects: &[Reject]) -> usize {
    let texts = |reject: &Reject| {
        let location = &reject.location;
        let shown = location.column.as_ref().map_or(0, String::capacity)
            + location.value.as_ref().map_or(0, String::capacity);
        reject.raw.capacity() + reject.message.capacity() + location.file.capacity() + shown
    };
    rejects.iter().map(|reject| size_of::<Reject>() + texts(reject)).sum()
}

/// The byte at which a data error stands; other errors stand nowhere.
pub(super) fn byte_of(error: &Error) -> Option<u64> {
    match error.kind() {
        ErrorKind::Data { location, .. } => Some(location.byte),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_core::{Location, RejectKind};

    use super::*;

    #[derive(Debug, Default)]
    struct Bytes(Vec<u64>);

    impl RejectSink for Bytes {
        fn restart(&mut self) -> Result<()> {
            self.0.clear();
            Ok(())
        }

        fn write(&mut self, reject: &Reject) -> Result<()> {
            self.0.push(reject.location.byte);
            Ok(())
        }
    }

    fn reject(byte: u64) -> Reject {
        Reject {
            location: Location { byte, record: byte, ..Location::default() },
            kind: RejectKind::Quotes,
            skipped: true,
            message: "bad".to_owned(),
            raw: Vec::new(),
        }
    }

    #[test]
    fn rejects_come_in_the_order_of_the_file() {
        let sink = Arc::new(Mutex::new(Bytes(vec![7])));
        let rejects = Rejects::new(None).with_sink(Some(sink.clone())).unwrap();
        rejects.submit(1, vec![reject(30), reject(20)]).unwrap();
        assert!(sink.lock().unwrap().0.is_empty());
        rejects.submit(0, vec![reject(10)]).unwrap();
        rejects.submit(2, Vec::new()).unwrap();
        assert_eq!(sink.lock().unwrap().0, [10, 20, 30]);
        assert!(rejects.excess(u64::MAX).is_none());
    }

    #[test]
    fn the_first_one_too_many_in_the_file_is_reported() {
        let rejects = Rejects::new(Some(2));
        assert!(!rejects.submit(1, vec![reject(20), reject(30)]).unwrap());
        assert!(rejects.submit(0, vec![reject(10)]).unwrap());
        assert!(rejects.excess(30).is_none());
        let error = rejects.excess(31).unwrap();
        assert!(error.to_string().contains("byte 30: bad; 2 errors are passed over at most"), "{error}");
    }
}
