//! One bounded queue for each worker of [`Ordered`](crate::Ordered), all under one lock, so that the consumer can wait
//! for whichever worker moves first.

use std::any::Any;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use plimsoll_core::Result;

use crate::Ticketed;

/// Items that wait in one queue.
pub(crate) const AHEAD: usize = 2;

/// The queues.
#[derive(Debug)]
pub(crate) struct Lanes {
    state: Mutex<State>,
    moved: Condvar,
}

#[derive(Debug)]
struct State {
    lanes: Vec<Lane>,
    stopped: bool,
    /// What the first worker that panicked has thrown, until the consumer takes it over.
    panic: Option<Box<dyn Any + Send>>,
}

#[derive(Debug, Default)]
struct Lane {
    queue: VecDeque<Result<Ticketed>>,
    ended: bool,
}

/// Where the consumer is.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    /// The ticket whose turn it is.
    ticket: u64,
    /// The lane that has begun it.
    lane: Option<usize>,
}

impl Lanes {
    pub(crate) fn new(lanes: usize) -> Self {
        let lanes = (0..lanes).map(|_| Lane::default()).collect();
        Lanes { state: Mutex::new(State { lanes, stopped: false, panic: None }), moved: Condvar::new() }
    }

    /// Puts all items of `base` into a lane, until its end, its first error, [`Lanes::stop`] or a panic, which is the
    /// consumer's from then on.
    pub(crate) fn drive(&self, lane: usize, base: impl Iterator<Item = Result<Ticketed>>) {
        // Nothing of the base is looked at after a panic.
        let driven = catch_unwind(AssertUnwindSafe(|| {
            for item in base {
                let failed = item.is_err();
                if !self.push(lane, item) || failed {
                    break;
                }
            }
        }));
        let mut state = self.lock();
        state.lanes[lane].ended = true;
        if let Err(panic) = driven {
            state.stop();
            state.panic.get_or_insert(panic);
        }
        self.moved.notify_all();
    }

    /// Ends all workers at their next item, and lets go of what waits.
    pub(crate) fn stop(&self) {
        self.lock().stop();
        self.moved.notify_all();
    }

    /// The next item in the order of the tickets; `None` after all.
    ///
    /// # Panics
    /// Where a worker has panicked, with what it has thrown.
    pub(crate) fn next(&self, turn: &mut Turn) -> Option<Result<Ticketed>> {
        let mut state = self.lock();
        loop {
            if let Some(panic) = state.panic.take() {
                drop(state);
                resume_unwind(panic);
            }
            match state.choose(turn) {
                Choice::Wait => state = self.moved.wait(state).unwrap_or_else(PoisonError::into_inner),
                Choice::End => return None,
                Choice::Lane(lane) => {
                    let item = state.lanes[lane].queue.pop_front()?;
                    self.moved.notify_all();
                    if let Ok(item) = &item {
                        turn.lane = (!item.last).then_some(lane);
                        turn.ticket = item.ticket + u64::from(item.last);
                    }
                    return Some(item);
                }
            }
        }
    }

    /// Waits for room; whether anyone still wants more.
    fn push(&self, lane: usize, item: Result<Ticketed>) -> bool {
        let full = |state: &mut State| !state.stopped && state.lanes[lane].queue.len() >= AHEAD;
        let waited = self.moved.wait_while(self.lock(), full);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        if !state.stopped {
            state.lanes[lane].queue.push_back(item);
            self.moved.notify_all();
        }
        !state.stopped
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the consumer does next.
#[derive(Debug, PartialEq, Eq)]
enum Choice {
    Lane(usize),
    Wait,
    End,
}

impl State {
    fn stop(&mut self) {
        self.stopped = true;
        self.lanes.iter_mut().for_each(|lane| lane.queue.clear());
    }

    fn choose(&self, turn: &Turn) -> Choice {
        if let Some(open) = turn.lane {
            match &self.lanes[open] {
                lane if !lane.queue.is_empty() => return Choice::Lane(open),
                lane if !lane.ended => return Choice::Wait,
                // The worker has left its ticket unfinished: go on with whatever is next.
                _ => {}
            }
        }
        let heads = self.lanes.iter().map(|lane| lane.queue.front());
        let ready =
            |head: Option<&Result<Ticketed>>| matches!(head, Some(Ok(item)) if item.ticket == turn.ticket);
        if let Some(lane) = heads.clone().position(ready) {
            return Choice::Lane(lane);
        }
        if self.lanes.iter().any(|lane| lane.queue.is_empty() && !lane.ended) {
            return Choice::Wait;
        }
        // Nobody has the ticket: it is the one that a worker failed to begin, else the next that there is.
        let known = heads
            .enumerate()
            .filter_map(|(lane, head)| Some((head?.as_ref().map_or(turn.ticket, |item| item.ticket), lane)));
        known.min().map_or(Choice::End, |(_, lane)| Choice::Lane(lane))
    }
}
