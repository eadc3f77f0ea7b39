//! SQL in, Arrow batches and a footprint out: the shortest way to embed the engine.
//!
//! `cargo run --package plimsoll-workspace --example answer`

#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use arrow::array::AsArray;
use arrow::datatypes::Float64Type;
use plimsoll::Engine;

/// Lets the footprint tell what the heap held. Without it those figures are `None`.
#[global_allocator]
static ALLOCATOR: plimsoll_memory::Counting = plimsoll_memory::Counting::system();

fn main() -> plimsoll::Result<()> {
    let engine = Engine::builder().memory_limit(1 << 30).threads(2).build()?;
    let outcome = engine
        .sql("SELECT station, avg(t) AS mean FROM 'data/weather.csv' GROUP BY station ORDER BY mean DESC LIMIT 3")?
        .run()?;
    for batch in &outcome.batches {
        let stations = batch.column(0).as_string::<i32>();
        let means = batch.column(1).as_primitive::<Float64Type>();
        for row in 0..batch.num_rows() {
            println!("{:<16}{:>8.3}", stations.value(row), means.value(row));
        }
    }
    let footprint = &outcome.footprint;
    println!("{} records, {} bytes, {:?}", footprint.rows_read, footprint.bytes_read, footprint.wall);

    assert_eq!(outcome.batches.iter().map(|batch| batch.num_rows()).sum::<usize>(), 3);
    assert_eq!((footprint.rows_read, footprint.rows_given), (3000, 3));
    assert_eq!(footprint.groups, Some(40));
    assert!(footprint.memory.heap.peak.is_some_and(|bytes| bytes > 0));
    Ok(())
}
