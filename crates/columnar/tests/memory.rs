//! What a store says that it takes against the allocator, and what loading takes beside it.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the test's message")]

mod common;

use std::fmt::Write;
use std::sync::Arc;

use arrow::array::ArrayRef;
use common::{Csv, blocks_of, unlimited};
use plimsoll_columnar::{Form, Store, StoreScan};
use plimsoll_core::{ErrorKind, Result};
use plimsoll_kernels::{Block, Source};
use plimsoll_memory::size::{Visitor, deep_size, shallow_size};
use plimsoll_memory::{Budget, Counting, Measured, measure};
use plimsoll_pipeline::scan::{CsvScan, ScanColumn, ScanSpec};

#[global_allocator]
static ALLOCATOR: Counting = Counting::system();

/// Columns of every kind, some of which widen late.
fn csv(rows: u64) -> Csv {
    let mut text = "id,value,name,unique,day,second,truth,double\n".to_owned();
    for row in 0..rows {
        let id = if row == rows - 1 { i64::MAX.cast_unsigned() } else { row % 50_000 };
        let second = if row % 7 == 0 {
            String::new()
        } else {
            format!("2024-01-01 10:{:02}:{:02}", row / 60 % 60, row % 60)
        };
        let name = row * 7919 % 300;
        writeln!(
            text,
            "{id},{}.5,station {name},key{row:09},2{:03}-05-06,{second},{},{}e-1",
            row % 1000,
            row % 1000,
            row % 2 == 0,
            row % 64 * 5
        )
        .unwrap();
    }
    Csv::of(&text)
}

/// Loads on this thread alone, so that its allocations are those of the load.
fn load(csv: &Csv, form: Form, budget: &Budget) -> (Store, Measured) {
    let (store, measured) = try_load(csv, form, budget);
    (store.unwrap(), measured)
}

fn try_load(csv: &Csv, form: Form, budget: &Budget) -> (Result<Store>, Measured) {
    let schema = csv.spec.schema(&csv.file).unwrap();
    let consumer = budget.consumer("store");
    measure(|| {
        let outputs = csv.spec.columns.iter().map(|column| ScanColumn { column: *column, as_text: false });
        let spec = ScanSpec { outputs: outputs.collect(), ..ScanSpec::default() };
        let profiles = csv.spec.profiles.clone();
        let scan = CsvScan::new(Arc::clone(&csv.file), spec, profiles, Arc::default());
        let scan = Arc::new(scan.with_consumer(consumer.child("scan")));
        Store::from_blocks(schema, form, scan.worker(), &consumer)
    })
}

/// Workers that are stopped give back what they have when they end.
fn wait_until_given_back(budget: &Budget) {
    let start = std::time::Instant::now();
    while budget.used() > 0 {
        assert!(start.elapsed().as_secs() < 20, "{} bytes are never given back", budget.used());
        std::thread::yield_now();
    }
}

fn spare(store: &Store) -> u64 {
    let mut visitor = Visitor::new();
    visitor.visit(store);
    visitor.size().spare
}

/// The schema is made before and moved in; the store's own names are copies.
fn schema_bytes(csv: &Csv) -> u64 {
    let schema = csv.spec.schema(&csv.file).unwrap();
    deep_size(&schema).total - shallow_size(&schema)
}

#[test]
fn the_allocator_gave_what_the_store_says() {
    let csv = csv(200_000);
    for form in [Form::Plain, Form::Compact] {
        // The first load pays for what stays: names in the budget, seeds of hash functions.
        let budget = Budget::unlimited();
        drop(load(&csv, form, &budget));
        let (store, measured) = load(&csv, form, &budget);
        let said = store.heap_bytes();
        let given = measured.live_bytes.cast_unsigned() + schema_bytes(&csv);
        println!(
            "{form:?}: said {said}, given {given}, peak {}, reserved {}",
            measured.peak_bytes,
            budget.peak()
        );
        assert_eq!(given, said, "{form:?}");
        assert_eq!(spare(&store), 0, "{form:?}");
        assert_eq!(budget.used(), said + shallow_size(&store), "{form:?}");
        let columns: u64 = store.columns().iter().map(|column| column.heap_bytes).sum();
        assert!(said - columns < 2048, "{said} of which {columns} are the columns'");
        drop(store);
        assert_eq!(budget.used(), 0);
    }
}

/// While loading, the blocks of a chunk and a column's copy are there beside what stays, and all is reserved.
#[test]
fn loading_takes_little_more_than_the_store() {
    let csv = csv(400_000);
    for form in [Form::Plain, Form::Compact] {
        let budget = Budget::unlimited();
        let (store, measured) = load(&csv, form, &budget);
        // 65536 rows of the file's plain columns and a worker's buffers.
        let chunk = 65_536 * (8 + 8 + 4 + 12 + 4 + 12 + 4 + 8 + 1 + 8) + (2 << 20);
        let table = 300 * 64;
        let beside = measured.peak_bytes - store.heap_bytes();
        println!("{form:?}: {} held, {beside} beside, {} reserved", store.heap_bytes(), budget.peak());
        assert!(beside < 3 * chunk / 2 + table, "{form:?}: {beside} beside {}", store.heap_bytes());
        assert!(budget.peak() + (256 << 10) >= measured.peak_bytes, "{form:?}: {} reserved", budget.peak());
    }
    let plain = load(&csv, Form::Plain, &Budget::unlimited()).0.heap_bytes();
    let compact = load(&csv, Form::Compact, &Budget::unlimited()).0.heap_bytes();
    assert!(compact * 3 / 2 < plain, "{compact} {plain}");
}

/// Every refusal is an error that says who asked, and leaves nothing reserved. What a load on one thread reserves is
/// the same each time; how much more waits for the store at once where a pool reads depends on who is faster, so that
/// there less than what stays is too little.
#[test]
fn a_budget_that_is_too_small() {
    let csv = csv(70_000);
    for form in [Form::Plain, Form::Compact] {
        let unlimited = Budget::unlimited();
        let (store, _) = load(&csv, form, &unlimited);
        let (peak, stays) = (unlimited.peak(), unlimited.used());
        drop(store);
        let is_refused = |loaded: Result<Store>, budget: &Budget| {
            let refused = loaded.unwrap_err();
            assert!(matches!(refused.kind(), ErrorKind::MemoryLimit { .. }), "{refused}");
            assert!(refused.to_string().contains("store"), "{refused}");
            wait_until_given_back(budget);
        };
        for share in [1, 2, 4, 7] {
            let budget = Budget::limited(peak * share / 8).unwrap();
            is_refused(try_load(&csv, form, &budget).0, &budget);
            let budget = Budget::limited(stays * share / 8).unwrap();
            is_refused(csv.load_for(form, &budget.consumer("store")), &budget);
        }
        assert!(try_load(&csv, form, &Budget::limited(peak).unwrap()).0.is_ok(), "{form:?}");
        let enough = Budget::limited(peak * 2).unwrap();
        assert!(csv.load_for(form, &enough.consumer("store")).is_ok(), "{form:?}");
    }
}

/// Each place that reserves is refused once.
#[test]
fn any_reservation_may_be_refused() {
    let csv = csv(3000);
    for form in [Form::Plain, Form::Compact] {
        let mut growth = 0;
        loop {
            growth += 1;
            let budget = Budget::unlimited().refusing(growth);
            let loaded = csv.load_for(form, &budget.consumer("store"));
            match loaded {
                Ok(_) => break,
                Err(error) => assert!(matches!(error.kind(), ErrorKind::MemoryLimit { .. }), "{error}"),
            }
            wait_until_given_back(&budget);
        }
        assert!(growth >= 20, "{growth}");
    }
}

/// A mapped store holds no values; its blocks are converted under the scan's own account.
#[test]
fn a_mapped_store_holds_no_values() {
    let csv = csv(100_000);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.arrow");
    let budget = Budget::unlimited();
    let store =
        Store::load_mapped(&csv.file, &csv.spec, &path, &csv.pool, &budget.consumer("store")).unwrap();
    let peak = budget.peak();
    let store = Arc::new(store);
    let blocks = blocks_of(&store, vec![0, 2, 3], 2).unwrap();
    drop(blocks);
    assert!(store.mapped_bytes() > 5 << 20, "{}", store.mapped_bytes());
    assert!(store.heap_bytes() < 16 << 10, "{}", store.heap_bytes());
    assert!(peak < 24 << 20, "{peak}");
    // What reading it takes was reserved when it was opened.
    let used = budget.used();
    assert!(store.heap_bytes() + shallow_size(&*store) <= used, "{} of {used}", store.heap_bytes());
    assert!(used < 16 << 10, "{used}");
}

#[test]
fn a_scan_reserves_what_it_converts() {
    let store = Arc::new(csv(10_000).load(Form::Compact));
    let widths = store.columns();
    assert_eq!(widths[1].physical.to_string(), "Int16");
    let budget = Budget::unlimited();
    let scan = StoreScan::new(Arc::clone(&store), vec![1]).unwrap().with_consumer(budget.consumer("scan"));
    let mut worker = Arc::new(scan).worker();
    let (block, measured) = measure(|| worker.next());
    let block: Result<Block> = block.unwrap();
    let column: &ArrayRef = &block.as_ref().unwrap().columns[0];
    assert_eq!(budget.used(), 4096 * 8);
    assert!(measured.live_bytes.cast_unsigned().abs_diff(4096 * 8) < 1024, "{measured:?}");
    assert_eq!(column.len(), 4096);
    assert_eq!(worker.count(), 2);
    assert_eq!(budget.used(), 0);
    // A plain column is not copied.
    let store = Arc::new(csv(10_000).load_for(Form::Plain, &unlimited()).unwrap());
    let mut worker = Arc::new(StoreScan::new(store, vec![0, 1, 2]).unwrap()).worker();
    let (block, measured) = measure(|| worker.next());
    assert!(measured.total_bytes < 4096, "{measured:?}");
    drop(block);
}
