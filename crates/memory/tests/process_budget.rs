//! The budget of a process: what it has counts, reserved or not. One test, since nothing else may allocate.
#![allow(unsafe_code, reason = "memory that nothing counts comes from the system's allocator")]
#![allow(clippy::unwrap_used, reason = "a failed expectation in a test is the message")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::time::Duration;

use plimsoll_memory::{Budget, Counting, process};

#[global_allocator]
static ALLOCATOR: Counting = Counting::system();

const MIB: u64 = 1 << 20;

#[test]
fn what_the_process_has_counts() {
    unreserved_heap();
    // Only Linux tells.
    if cfg!(target_os = "linux") {
        memory_beside_the_heap();
    }
}

fn unreserved_heap() {
    let budget = Budget::of_process(1 << 40, 16 * MIB).unwrap();
    let mut table = budget.reservation("group");
    let unreserved = vec![1_u8; 12 << 20];
    let refused = table.try_grow(6 * MIB).unwrap_err();
    assert!(refused.used >= 12 * MIB && refused.limit == Some(16 * MIB), "{refused}");
    assert_eq!(refused.top[0].path, "not reserved");
    assert!(budget.available() <= 4 * MIB);
    budget.consumer("group").check().unwrap();
    drop(unreserved);
    // What is reserved and then allocated counts once.
    table.try_grow(12 * MIB).unwrap();
    let reserved = vec![1_u8; 12 << 20];
    table.try_grow(3 * MIB).unwrap();
    drop(reserved);
    // Beyond the limit the look says so, though nobody has asked.
    let much = vec![1_u8; 20 << 20];
    assert!(budget.part("query", 0, 0).unwrap().consumer("rows").check().is_err());
    drop(much);
    budget.consumer("group").check().unwrap();
}

fn memory_beside_the_heap() {
    let resident = process::resident().current.unwrap();
    let limit = resident + 96 * MIB;
    let budget = Budget::of_process(limit, 64 * MIB).unwrap();
    let mut table = budget.reservation("group");
    let layout = Layout::from_size_align(80 << 20, 4096).unwrap();
    // SAFETY: the layout has a size; the memory is freed below by the allocator that gave it.
    let beside = unsafe { System.alloc(layout) };
    assert!(!beside.is_null());
    // SAFETY: all of these bytes were given.
    unsafe { beside.write_bytes(1, layout.size()) };
    assert!(table.try_grow(40 * MIB).is_err(), "80 of 96 MiB are in use");
    table.try_grow(4 * MIB).unwrap();
    // SAFETY: as above.
    unsafe { System.dealloc(beside, layout) };
    // Until the next look.
    std::thread::sleep(Duration::from_millis(500));
    table.try_grow(40 * MIB).unwrap();
}
