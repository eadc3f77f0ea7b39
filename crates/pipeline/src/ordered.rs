//! Blocks of several workers in the order of the file.

use std::sync::Arc;

use plimsoll_core::Result;
use plimsoll_kernels::Block;
use plimsoll_memory::Tag;
use rayon::ThreadPool;

use crate::lanes::{Lanes, Turn};
use crate::plumbing::settle;

/// A piece of what a worker makes of one ticket, a ticket being a number that stands for a stretch of the source.
#[derive(Debug, Clone)]
pub struct Ticketed {
    /// The ticket: 0, 1, 2, … in the order of the source.
    pub ticket: u64,
    /// Whether this is all of the ticket.
    pub last: bool,
    /// Rows, if there are any.
    pub block: Option<Block>,
}

impl From<Block> for Ticketed {
    /// Blocks without tickets are told apart by where they stand.
    fn from(block: Block) -> Self {
        Ticketed { ticket: block.position, last: false, block: Some(block) }
    }
}

/// Drives its bases on the threads of a pool and gives their blocks in the order of the tickets.
///
/// Every ticket belongs to exactly one base, and each base gives its tickets in increasing order: zero or more blocks
/// each, the final item marked `last`. An error belongs to the ticket that its base has begun, and is given when the
/// turn of that ticket has come. A base that fails before it has given anything of a ticket should give an empty item
/// of it first; else the error counts for the first ticket that no base gives.
///
/// A base that panics ends the others at their next item, and the panic goes on in the thread that pulls.
///
/// Each base is at most two items ahead. Dropping the adapter ends the bases at their next item. Where the pool has
/// fewer free threads than there are bases, a base may only begin after another has ended: bases take tickets when
/// they are pulled, they do not own them from the start. It must not be pulled from the pool's last free thread.
#[derive(Debug)]
#[must_use = "pipelines are lazy: nothing happens before the first pull"]
pub struct Ordered<I> {
    bases: Vec<I>,
    pool: Arc<ThreadPool>,
    lanes: Arc<Lanes>,
    turn: Turn,
    ended: bool,
}

impl<I> Ordered<I> {
    /// Over `bases`, driven by `pool`.
    pub fn new(bases: Vec<I>, pool: Arc<ThreadPool>) -> Self {
        let lanes = Arc::new(Lanes::new(bases.len()));
        Ordered { bases, pool, lanes, turn: Turn::default(), ended: false }
    }
}

impl<I: Iterator<Item = Result<Ticketed>> + Send + 'static> Iterator for Ordered<I> {
    type Item = Result<Block>;

    fn next(&mut self) -> Option<Result<Block>> {
        let given = settle(self, |adapter| &mut adapter.ended, Self::pull);
        if self.ended {
            self.lanes.stop();
        }
        given
    }
}

impl<I: Iterator<Item = Result<Ticketed>> + Send + 'static> Ordered<I> {
    fn pull(&mut self) -> Result<Option<Block>> {
        for (number, base) in self.bases.drain(..).enumerate() {
            let (lanes, tag) = (Arc::clone(&self.lanes), Tag::inherited());
            self.pool.spawn(move || {
                let _tag = tag.enter();
                lanes.drive(number, base);
            });
        }
        while let Some(item) = self.lanes.next(&mut self.turn).transpose()? {
            if item.block.is_some() {
                return Ok(item.block);
            }
        }
        Ok(None)
    }
}

impl<I> Drop for Ordered<I> {
    fn drop(&mut self) {
        self.lanes.stop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{block, integers, integers_of, pool};
    use plimsoll_core::{DataType, Error};
    use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst};
    use std::time::Duration;

    fn item(ticket: u64, value: Option<i64>, last: bool) -> Result<Ticketed> {
        let block = value.map(|value| block(ticket, &[DataType::Int64], vec![integers(&[Some(value)])]));
        Ok(Ticketed { ticket, last, block })
    }

    /// A worker that takes a ticket at each pull, from a counter that all share.
    fn worker(
        tickets: &Arc<AtomicU64>,
        make: fn(u64) -> Result<Ticketed>,
    ) -> impl Iterator<Item = Result<Ticketed>> + use<> {
        let tickets = Arc::clone(tickets);
        std::iter::from_fn(move || {
            let ticket = tickets.fetch_add(1, SeqCst);
            // Not all tickets cost the same.
            std::thread::sleep(Duration::from_micros(ticket * 7 % 5 * 100));
            (ticket < 200).then(|| make(ticket))
        })
    }

    #[test]
    fn tickets_come_in_order() {
        for (workers, threads) in [(1, 1), (3, 3), (4, 2)] {
            let tickets = Arc::new(AtomicU64::new(0));
            let make = |ticket| item(ticket, (ticket % 3 != 0).then_some(ticket as i64), true);
            let bases = (0..workers).map(|_| worker(&tickets, make)).collect();
            let given: Vec<Block> = Ordered::new(bases, pool(threads)).collect::<Result<_>>().unwrap();
            let expected: Vec<i64> = (0..200).filter(|ticket| ticket % 3 != 0).collect();
            assert_eq!(integers_of(&given, 0), expected);
        }
    }

    #[test]
    fn the_first_error_in_order_is_given() {
        for _ in 0..20 {
            let tickets = Arc::new(AtomicU64::new(0));
            let make = |ticket: u64| match ticket {
                50.. => Err(Error::value("failed")),
                _ => item(ticket, Some(ticket as i64), true),
            };
            let bases = (0..3).map(|_| worker(&tickets, make)).collect();
            let mut ordered = Ordered::new(bases, pool(3));
            let before: Vec<i64> = ordered
                .by_ref()
                .map_while(|block| block.ok().map(|block| integers_of(&[block], 0)[0]))
                .collect();
            assert_eq!(before, (0..50).collect::<Vec<_>>());
            assert!(ordered.next().is_none());
        }
    }

    #[test]
    fn an_announced_error_waits_for_its_turn() {
        let failed = |text| Err(Error::value(text));
        for reversed in [false, true] {
            let mut bases = vec![
                vec![
                    item(0, Some(0), false),
                    item(0, Some(1), true),
                    item(3, None, false),
                    failed("in the third"),
                ],
                vec![
                    item(1, Some(2), true),
                    item(2, Some(3), false),
                    item(2, None, true),
                    item(4, None, false),
                    failed("in the fourth"),
                ],
            ];
            if reversed {
                bases.reverse();
            }
            let mut ordered = Ordered::new(bases.into_iter().map(Vec::into_iter).collect(), pool(2));
            let given: Vec<Block> = ordered.by_ref().take(4).collect::<Result<_>>().unwrap();
            assert_eq!(integers_of(&given, 0), [0, 1, 2, 3]);
            assert_eq!(ordered.next().unwrap().unwrap_err().to_string(), "in the third");
            assert!(ordered.next().is_none());
        }
    }

    #[test]
    fn dropping_stops_the_workers() {
        struct Endless(Arc<AtomicUsize>, Arc<AtomicBool>);
        impl Iterator for Endless {
            type Item = Result<Ticketed>;
            fn next(&mut self) -> Option<Result<Ticketed>> {
                item(self.0.fetch_add(1, SeqCst) as u64, Some(0), true).into()
            }
        }
        impl Drop for Endless {
            fn drop(&mut self) {
                self.1.store(true, SeqCst);
            }
        }
        let (pulls, dropped) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let mut ordered = Ordered::new(vec![Endless(Arc::clone(&pulls), Arc::clone(&dropped))], pool(1));
        assert!(ordered.next().is_some());
        drop(ordered);
        while !dropped.load(SeqCst) {
            std::thread::yield_now();
        }
        assert!(pulls.load(SeqCst) <= 5, "{}", pulls.load(SeqCst));
    }
}
