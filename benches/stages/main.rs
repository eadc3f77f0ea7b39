//! The stages of a query, each alone: what a row or a byte costs where.
//!
//! `cargo bench -p plimsoll-workspace --bench stages`, with a filter behind it: `-- aggregate`

#![allow(clippy::expect_used, reason = "a benchmark that cannot run has nothing to measure")]

mod aggregate;
mod keys;
mod scan;

fn main() {
    divan::main();
}
