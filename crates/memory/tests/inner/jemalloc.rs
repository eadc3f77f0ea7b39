//! Counting over jemalloc, as a program has it.
#![allow(unsafe_code, reason = "the tests call the allocator itself")]
#![allow(clippy::unwrap_used, reason = "a failed expectation in a test is the message")]

use plimsoll_memory::Counting;
use tikv_jemallocator::Jemalloc;

#[path = "../common/mod.rs"]
mod common;
mod over;

#[global_allocator]
static ALLOCATOR: Counting<Jemalloc> = Counting::new(Jemalloc);

use over::{its_calls_are_counted, traces_know_its_blocks, zeroed_memory_stays_lazy};

// Zeroed memory first: what others have freed and the allocator keeps it clears by hand.
tests!(zeroed_memory_stays_lazy, its_calls_are_counted, traces_know_its_blocks);
