//! A budget with a tree of consumers: who holds what, what happens at the limit, and who is asked to spill before it.
//!
//! `cargo run --package plimsoll-workspace --example memory_budget`

#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use std::fs::File;
use std::io::{self, Write};

use plimsoll_memory::{Budget, BudgetError, Consumer, Reservation, SoftLimit};

/// Rows that are held until the budget wants their memory back; then they go to a file.
struct Rows {
    rows: Vec<[u64; 4]>,
    held: Reservation,
    file: File,
    spilled: usize,
}

impl Rows {
    const ROW: u64 = size_of::<[u64; 4]>() as u64;

    fn new(consumer: Consumer) -> io::Result<Rows> {
        let held = consumer.spillable().reservation();
        Ok(Rows { rows: Vec::new(), held, file: tempfile::tempfile()?, spilled: 0 })
    }

    fn push(&mut self, rows: &[[u64; 4]]) -> Result<(), Box<dyn std::error::Error>> {
        // First the budget, then the memory.
        self.held.try_grow(rows.len() as u64 * Self::ROW)?;
        self.rows.extend_from_slice(rows);
        if self.held.spill_requested() {
            self.spill()?;
        }
        Ok(())
    }

    fn spill(&mut self) -> io::Result<()> {
        for value in self.rows.iter().flatten() {
            self.file.write_all(&value.to_le_bytes())?;
        }
        self.spilled += self.rows.len();
        self.rows = Vec::new();
        self.held.shrink(u64::MAX);
        self.held.consumer().spilled();
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let budget = Budget::limited(1 << 20)?.with_soft_limit(SoftLimit::Share(0.75))?;
    let query = budget.consumer("query");

    // A table that cannot spill, and rows that can.
    let mut table = query.child("group").reservation();
    table.try_grow(400 << 10)?;
    let mut rows = Rows::new(query.child("sort"))?;
    for block in 0..40_u64 {
        rows.push(&[[block; 4]; 1000])?;
    }
    assert_eq!(rows.spilled + rows.rows.len(), 40_000);
    assert_eq!(rows.file.metadata()?.len(), rows.spilled as u64 * Rows::ROW);

    let mut report = format!("{} of 40000 rows were spilled\n", rows.spilled);
    for holder in budget.consumers() {
        report += &format!("{}: {} bytes, {} at most\n", holder.path, holder.used, holder.peak);
    }

    // Past the limit nothing is granted, and the reservation is what it was.
    let Err(refused) = table.try_grow(600 << 10) else { return Err("the limit holds too much".into()) };
    report += &format!("{refused}\n");
    assert_eq!((table.size(), refused.limit), (400 << 10, Some(1 << 20)));

    // Whoever holds the memory pays for it, and gives it back when it is dropped.
    let mut handed_on = table.take();
    handed_on.move_to(&query.child("result"))?;
    assert_eq!((table.size(), query.child("result").used()), (0, 400 << 10));
    drop((rows, handed_on));
    assert_eq!(budget.used(), 0);

    print!("{report}");
    // The documentation shows what this prints.
    assert!(include_str!("../docs/memory-accounting.md").contains(&report));
    assert_eq!(Budget::limited(0).err(), Some(BudgetError::ZeroLimit));
    every_refusal_is_met()
}

/// A program of its own under a budget that refuses its first growth, then its second, until it succeeds.
fn every_refusal_is_met() -> Result<(), Box<dyn std::error::Error>> {
    let mut refusals = 0;
    loop {
        let budget = Budget::unlimited().refusing(refusals + 1);
        let mut rows = Rows::new(budget.consumer("sort"))?;
        let outcome = (0..3).try_for_each(|block| rows.push(&[[block; 4]; 10]));
        drop(rows);
        assert_eq!(budget.used(), 0, "after a refusal everything is given back too");
        if outcome.is_ok() {
            break;
        }
        refusals += 1;
    }
    assert_eq!(refusals, 3);
    Ok(())
}
