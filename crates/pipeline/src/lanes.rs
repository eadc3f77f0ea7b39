//! One bounded queue for each worker of [`Ordered`](crate::Ordered), all under one lock, so that the consumer can wait
//! for whichever worker moves first.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use plimsoll_core::{Error, Result};

use crate::Ticketed;

/// Items that wait in one queue.
const AHEAD: usize = 2;

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
        Lanes { state: Mutex::new(State { lanes, stopped: false }), moved: Condvar::new() }
    }

    /// Puts all items of `base` into a lane, until its end, its first error, or [`Lanes::stop`].
    pub(crate) fn drive(&self, lane: usize, base: impl Iterator<Item = Result<Ticketed>>) {
        let end = End { lanes: self, lane };
        for item in base {
            let failed = item.is_err();
            if !self.push(lane, item) || failed {
                break;
            }
        }
        drop(end);
    }

    /// Ends all workers at their next item, and lets go of what waits.
    pub(crate) fn stop(&self) {
        let mut state = self.lock();
        state.stopped = true;
        state.lanes.iter_mut().for_each(|lane| lane.queue.clear());
        self.moved.notify_all();
    }

    /// The next item in the order of the tickets; `None` after all.
    pub(crate) fn next(&self, turn: &mut Turn) -> Option<Result<Ticketed>> {
        let mut state = self.lock();
        loop {
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

/// Marks the end of a lane, also where its worker panics.
struct End<'a> {
    lanes: &'a Lanes,
    lane: usize,
}

impl Drop for End<'_> {
    fn drop(&mut self) {
        let mut state = self.lanes.lock();
        let lane = &mut state.lanes[self.lane];
        lane.ended = true;
        if std::thread::panicking() {
            lane.queue.push_back(Err(Error::value("a worker of the pipeline panicked")));
        }
        self.lanes.moved.notify_all();
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
