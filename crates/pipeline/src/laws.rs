//! What holds for every adapter: laziness, one end, one error.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use plimsoll_core::resolve::Grouping;
use plimsoll_core::{AggregateFunction, CompareOp, DataType, Expr, Result, SortKey, Value};
use plimsoll_kernels::Block;
use plimsoll_memory::Tag;

use crate::testing::{Probe, pool, schema};
use crate::{Distinct, Group, Ordered, Pipeline, Ticketed};

type Blocks = Box<dyn Iterator<Item = Result<Block>>>;
type Adapter = (&'static str, fn(Probe) -> Blocks);

/// Every adapter over a probe; all of them give all 30 rows, the aggregate without keys one.
fn adapters() -> Vec<Adapter> {
    vec![
        ("filter", |base| {
            let zero = Box::new(Expr::Literal(Value::Int64(0)));
            let positive = Expr::Compare(CompareOp::GreaterOrEqual, Box::new(Expr::Field(0)), zero);
            Box::new(base.filter_rows(positive))
        }),
        ("project", |base| Box::new(base.project(vec![("x".into(), Expr::Field(0))]))),
        ("group", |base| Box::new(base.group(by_key(), schema(&[DataType::Int64])))),
        ("group in parallel", |base| {
            let empty =
                Probe { pulls: Arc::new(AtomicUsize::new(Probe::BLOCKS)), fails_at: None, panics: false };
            Box::new(Group::parallel(vec![empty, base], pool(2), by_key(), schema(&[DataType::Int64])))
        }),
        ("aggregate", |base| {
            let count = Grouping { keys: vec![], aggregates: vec![(AggregateFunction::CountStar, vec![])] };
            Box::new(base.group(count, schema(&[DataType::Int64])))
        }),
        ("distinct", |base| Box::new(base.distinct(schema(&[DataType::Int64])))),
        ("distinct in parallel", |base| {
            Box::new(Distinct::parallel(vec![base], pool(1), schema(&[DataType::Int64])))
        }),
        ("sort", |base| {
            Box::new(base.sort(vec![SortKey { output: 0, descending: true, nulls_first: false }], None))
        }),
        ("top", |base| {
            Box::new(base.sort(vec![SortKey { output: 0, descending: true, nulls_first: false }], Some(30)))
        }),
        ("limit", |base| Box::new(base.limit(0, None))),
        ("tagged", |base| {
            static TAG: Tag = Tag::new("law");
            Box::new(base.limit(0, None).tagged(&TAG))
        }),
        ("ordered", |base| {
            let ticketed = base.enumerate().map(|(ticket, block)| {
                Ok(Ticketed { ticket: ticket as u64, last: true, block: Some(block?) })
            });
            Box::new(Ordered::new(vec![ticketed], pool(1)))
        }),
    ]
}

fn by_key() -> Grouping {
    Grouping { keys: vec![Expr::Field(0)], aggregates: vec![(AggregateFunction::CountStar, vec![])] }
}

#[test]
fn nothing_is_pulled_before_the_first_pull() {
    for (name, adapter) in adapters() {
        let pulls = Arc::new(AtomicUsize::new(0));
        let pipeline = adapter(Probe { pulls: Arc::clone(&pulls), fails_at: None, panics: false });
        assert_eq!(pulls.load(Ordering::SeqCst), 0, "{name}");
        drop(pipeline);
        assert_eq!(pulls.load(Ordering::SeqCst), 0, "{name}");
    }
}

#[test]
fn an_end_is_an_end() {
    for (name, adapter) in adapters() {
        let pulls = Arc::new(AtomicUsize::new(0));
        let mut pipeline = adapter(Probe { pulls: Arc::clone(&pulls), fails_at: None, panics: false });
        let rows: usize = pipeline.by_ref().map(|block| block.unwrap().rows).sum();
        assert_eq!(rows, if name == "aggregate" { 1 } else { 3 * Probe::BLOCKS }, "{name}");
        assert!((0..3).all(|_| pipeline.next().is_none()), "{name}");
        assert_eq!(pulls.load(Ordering::SeqCst), Probe::BLOCKS + 1, "{name}");
    }
}

#[test]
fn an_error_comes_once() {
    for (name, adapter) in adapters() {
        for fails_at in [0, 5, Probe::BLOCKS - 1] {
            let pulls = Arc::new(AtomicUsize::new(0));
            let pipeline =
                &mut adapter(Probe { pulls: Arc::clone(&pulls), fails_at: Some(fails_at), panics: false });
            let error = pipeline.find_map(Result::err);
            assert_eq!(error.map(|error| error.to_string()).as_deref(), Some("the probe failed"), "{name}");
            assert!((0..3).all(|_| pipeline.next().is_none()), "{name}");
            assert_eq!(pulls.load(Ordering::SeqCst), fails_at + 1, "{name}");
        }
    }
}

#[test]
fn a_panic_goes_on_where_it_is_pulled_and_ends_it() {
    for (name, adapter) in adapters() {
        for fails_at in [0, 5, Probe::BLOCKS - 1] {
            let pulls = Arc::new(AtomicUsize::new(0));
            let probe = Probe { pulls: Arc::clone(&pulls), fails_at: Some(fails_at), panics: true };
            let mut pipeline = adapter(probe);
            let panic = catch_unwind(AssertUnwindSafe(|| pipeline.by_ref().count())).unwrap_err();
            assert_eq!(panic.downcast_ref(), Some(&"the probe panicked"), "{name}");
            assert!((0..3).all(|_| pipeline.next().is_none()), "{name}");
            assert_eq!(pulls.load(Ordering::SeqCst), fails_at + 1, "{name}");
        }
    }
}

#[test]
fn a_limit_stops_pulling() {
    for (limit, wanted_pulls) in [(0, 0), (1, 1), (3, 1), (4, 2), (9, 3)] {
        let pulls = Arc::new(AtomicUsize::new(0));
        let base = Probe { pulls: Arc::clone(&pulls), fails_at: Some(3), panics: false };
        let mut limited = base.limit(0, Some(limit));
        let rows: usize = limited.by_ref().map(|block| block.unwrap().rows).sum();
        assert_eq!(rows as u64, limit);
        assert!(limited.next().is_none());
        assert_eq!(pulls.load(Ordering::SeqCst), wanted_pulls);
    }
}
