//! What a query does when memory runs out at any of its reservations: it ends with an error or goes on with temporary files
//! to the right answer, holds nothing afterwards, and the next run gives the right answer.

#![allow(clippy::expect_used, reason = "a failed expectation in a test is the message")]

use std::time::Duration;

use arrow::compute::concat_batches;
use arrow::record_batch::RecordBatch;
use plimsoll::memory::trace::{self, GroupBy, Key, Measure, Mode};
use plimsoll::memory::{Budget, Counting};
use plimsoll::{Engine, ErrorKind, Outcome, Result};

#[global_allocator]
static ALLOCATOR: Counting = Counting::system();

/// Queries that between them run every operator that reserves.
const QUERIES: [&str; 6] = [
    "SELECT count(*) FROM 'data/weather.csv'",
    "SELECT station, min(t), avg(t), median(t) FROM 'data/weather.csv' GROUP BY station ORDER BY station",
    "SELECT t, count(DISTINCT station) FROM 'data/weather.csv' GROUP BY t HAVING count(*) > 2 ORDER BY 2 DESC LIMIT 5",
    "SELECT * FROM 'data/weather.csv' WHERE t > 20 ORDER BY t",
    "SELECT DISTINCT station FROM 'data/weather.csv'",
    "SELECT station, first(t), corr(t, t * t), stddev(t) FROM 'data/weather.csv' GROUP BY station LIMIT 3",
];

/// After so many runs in a row that came through, all reservations of a query are taken to have been refused once.
const SUCCESSES: u32 = 20;

fn run(sql: &str, threads: usize, budget: &Budget) -> Result<Outcome> {
    // Blocks so small that tables grow many times, and every thread has some.
    let engine = Engine::builder().budget(budget.clone()).threads(threads).block_size(2048).build()?;
    engine.sql(sql)?.run()
}

/// Batches as one: where they end does not matter.
fn whole(batches: &[RecordBatch]) -> Option<RecordBatch> {
    batches.first().map(|first| concat_batches(&first.schema(), batches).expect("of one schema"))
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

/// Asks until the answer is as it should be, for a second at most.
fn eventually<T>(mut ask: impl FnMut() -> T, is_right: impl Fn(&T) -> bool) -> T {
    for _ in 0..200 {
        let answer = ask();
        if is_right(&answer) {
            return answer;
        }
        drop(answer);
        std::thread::sleep(Duration::from_millis(5));
    }
    ask()
}

/// rayon's queues free what belonged to a thread some time after the thread has ended, when other threads come by.
fn is_kept(stack: &str) -> bool {
    stack.contains("crossbeam_epoch::")
}

#[test]
fn every_reservation_may_be_refused() {
    for (sql, threads) in QUERIES.iter().flat_map(|sql| [(sql, 1), (sql, 3)]) {
        let expected = run(sql, threads, &Budget::unlimited()).expect("enough memory").batches;
        let mut in_a_row = 0;
        let outcomes = (1..).map(|growth| {
            let place = format!("{sql}, {threads} threads, growth {growth}");
            trace::start(40, Mode::Exact).expect("no session runs");
            let budget = Budget::unlimited().refusing(growth);
            // Groups that cannot be held where they are may find room elsewhere, so that one success is not the end.
            let refused = match run(sql, threads, &budget) {
                Ok(outcome) => {
                    assert_eq!(whole(&outcome.batches), whole(&expected), "{place}");
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
        println!("{sql}, {threads} threads: {refused} reservations refused one by one");
        assert!(refused >= 3, "{sql}");
    }
}
