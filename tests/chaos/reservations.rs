//! A reservation is refused, each in turn: the query ends with an error or goes on with temporary files to the right
//! answer, and nothing that it has allocated is left.

use libtest_mimic::Trial;
use plimsoll::ErrorKind;
use plimsoll::memory::Budget;
use plimsoll::memory::trace::{self, GroupBy, Key, Measure, Mode};

use crate::matrix::{self, Query, cases, engine, eventually, run};

/// After so many runs in a row that came through, all reservations of a query are taken to have been refused once.
const SUCCESSES: u32 = 6;

pub(crate) fn trials() -> Vec<Trial> {
    let trials = cases().map(|(query, threads)| {
        crate::trial(format!("reservations::{}::{threads}", query.name), move || refused(query, threads))
    });
    trials.collect()
}

fn refused(query: Query, threads: usize) {
    let (sql, expected) = (query.over(&matrix::small()), query.expected(&matrix::small()));
    let mut in_a_row = 0;
    let outcomes = (1..).map(|growth| {
        let place = format!("growth {growth}");
        trace::start(16, Mode::Exact).expect("no session runs");
        let budget = Budget::unlimited().refusing(growth);
        // Groups that cannot be held where they are may find room elsewhere, so that one success is not the end.
        let refused = match run(&sql, engine(threads, &budget)) {
            Ok(outcome) => {
                assert_eq!(query.whole(&outcome.batches), expected, "{place}");
                outcome.footprint.bytes_spilled > 0
            }
            Err(error) => {
                assert!(matches!(error.kind(), ErrorKind::MemoryLimit { .. }), "{place}: {error}");
                assert!(error.to_string().contains("query / "), "{place}: {error}");
                true
            }
        };
        // Workers that were ahead end at their next block.
        assert_eq!(eventually(|| budget.used(), |used| *used == 0), 0, "{place}");
        drop(budget);
        let left = eventually(left_behind, Vec::is_empty);
        assert!(left.is_empty(), "{place}: {}", left.join("\n"));
        trace::stop().expect("a session runs");
        refused
    });
    let refused = outcomes
        .take_while(|refused| {
            in_a_row = if *refused { 0 } else { in_a_row + 1 };
            in_a_row < SUCCESSES
        })
        .filter(|refused| *refused)
        .count();
    println!("{refused} reservations refused one by one");
    assert!(refused >= 3, "{refused}");
}

/// What was allocated since tracing began and is still there, as stacks.
fn left_behind() -> Vec<String> {
    let traces = trace::take_snapshot().expect("a session runs").into_traces();
    let by_stack = traces.statistics(GroupBy::Traceback, Measure::Live, false).into_iter();
    let stacks = by_stack.map(|one| match &one.key {
        Key::Traceback(calls) => format!("{one}\n{}", calls.format(None, true).join("\n")),
        key => key.to_string(),
    });
    stacks.filter(|stack| !is_kept(stack)).collect()
}

/// rayon's queues free what belonged to a thread some time after the thread has ended, when other threads come by.
fn is_kept(stack: &str) -> bool {
    stack.contains("crossbeam_epoch::")
}
