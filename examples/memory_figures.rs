//! The plain figures: what the heap holds, what a piece of work costs, how large a value is, and where the process's memory is.
//!
//! `cargo run --package plimsoll-workspace --example memory_figures`

#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use plimsoll_memory::size::{Visitor, deep_size, shallow_size};
use plimsoll_memory::{Budget, Counting, Footprint, impl_deep_size, measure, process, reset_peak};

#[global_allocator]
static ALLOCATOR: Counting = Counting::system();

struct Station {
    name: String,
    readings: Vec<f64>,
    region: Arc<str>,
}

impl_deep_size!(struct Station { name, readings, region });

fn main() -> Result<(), Box<dyn std::error::Error>> {
    heap();
    work()?;
    sizes();
    arrow()?;
    where_it_is()
}

/// Live bytes now, and the most since the last reset.
fn heap() {
    reset_peak();
    let before = plimsoll_memory::heap().unwrap_or_default();
    drop(vec![0_u8; 1 << 20]);
    let after = plimsoll_memory::heap().unwrap_or_default();
    assert_eq!(after.peak_bytes - before.live_bytes, 1 << 20);
    assert_eq!(after.allocations - before.allocations, 1);
    assert_eq!(after.live_bytes, before.live_bytes);
}

/// What one thread allocates for one piece of work.
fn work() -> Result<(), std::fmt::Error> {
    use std::fmt::Write;

    let mut line = String::with_capacity(64);
    let (written, cost) = measure(|| write!(line, "Bergen,{}", 4.5));
    written?;
    assert_eq!((cost.allocations, cost.peak_bytes), (0, 0), "a line that fits is written in place");

    let (numbers, cost) = measure(|| (0..1000).collect::<Vec<u64>>());
    assert_eq!((cost.allocations, cost.live_bytes), (1, 8 * numbers.len() as i64));
    Ok(())
}

fn sizes() {
    let coast: Arc<str> = "coast".into();
    let station = |name: &str, readings: usize| Station {
        name: name.to_owned(),
        readings: vec![0.0; readings],
        region: Arc::clone(&coast),
    };
    let (bergen, oslo) = (station("Bergen", 100), station("Oslo", 50));
    // The struct, the name, the readings, and the region with the two counters of an Arc in front of it.
    assert_eq!(shallow_size(&bergen), 64);
    let size = deep_size(&bergen);
    assert_eq!((size.total, size.shared, size.allocations), (64 + 6 + 800 + 24, 24, 3));

    // Both together: the region counts once.
    let mut both = Visitor::new();
    both.visit(&bergen);
    both.visit(&oslo);
    assert_eq!(both.size().total, 2 * 64 + 6 + 800 + 4 + 400 + 24);

    // What a deep size says is what the allocator has counted.
    let (map, cost) = measure(|| (0..1000).map(|n| (n, n.to_string())).collect::<BTreeMap<u64, String>>());
    let size = deep_size(&map);
    assert_eq!(i64::try_from(size.total - shallow_size(&map)), Ok(cost.live_bytes));
    println!("a map of {} texts: {} bytes in {} blocks", map.len(), size.total, size.allocations);
}

/// Slices of Arrow arrays share their buffers.
fn arrow() -> Result<(), Box<dyn std::error::Error>> {
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..1000));
    let batch = RecordBatch::try_from_iter([("n", numbers)])?;
    let (first, second) = (batch.slice(0, 500), batch.slice(500, 500));
    let mut halves = Visitor::new();
    halves.visit(&first);
    halves.visit(&second);
    let summed = deep_size(&first).total + deep_size(&second).total;
    assert!(halves.size().total < 8000 + 2000, "the buffer of 8000 bytes counts once");
    assert!(summed > 16_000, "each half alone keeps all of it");
    println!("two halves: {} bytes together, {summed} if each is asked alone", halves.size().total);
    Ok(())
}

/// Reserved, allocated and resident memory beside each other.
fn where_it_is() -> Result<(), Box<dyn std::error::Error>> {
    let budget = Budget::limited(process::default_limit().unwrap_or(1 << 30))?;
    let mut held = budget.reservation("rows");
    held.try_grow(6 << 20)?;
    let rows = vec![1_u8; 8 << 20];

    let footprint = Footprint::now(Some(&budget));
    print!("{footprint}");
    let now = footprint.parts().map(|(_, part)| part.now);
    if let [Some(reserved), Some(untracked), Some(heap), Some(slack), Some(anonymous), ..] = now {
        assert_eq!((reserved + untracked, heap + slack), (heap, anonymous));
        assert!(untracked >= 2 << 20, "of {} bytes 2 MiB are not reserved", rows.len());
    }

    let usage = process::usage().unwrap_or_default();
    println!("{} page faults, {:?} of processor time", usage.minor_faults, process::processor_time());
    Ok(())
}
