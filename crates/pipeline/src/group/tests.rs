//! Groups over one base and several, of types that widen, with errors and under budgets.

use std::sync::Barrier;

use arrow::array::{Array, ArrayRef};
use plimsoll_core::AggregateFunction::{self, self as A};
use plimsoll_core::{ArithmeticOp, DataType, ErrorKind, Quantile, Value};
use plimsoll_kernels::spill::{Fault, Space};
use plimsoll_memory::Budget;

use super::*;
use crate::testing::{block, blocks, integers, integers_of, mantissas_of, pool, schema, tenths};

fn sums(keys: Vec<Expr>) -> Grouping {
    let sum = (AggregateFunction::Sum, vec![Expr::Field(1)]);
    Grouping { keys, aggregates: vec![sum, (AggregateFunction::CountStar, vec![])] }
}

fn two_columns(position: u64, keys: &[Option<i64>], values: &[Option<i64>]) -> Result<Block> {
    Ok(block(position, &[DataType::Int64; 2], vec![integers(keys), integers(values)]))
}

fn by_key() -> Grouping {
    Grouping { keys: vec![Expr::Field(0)], aggregates: Vec::new() }
}

fn collect<I: Iterator<Item = Result<Block>> + Send>(group: Group<I>) -> Vec<Block> {
    group.collect::<Result<_>>().unwrap()
}

#[test]
fn keys_then_aggregates_by_their_text() {
    let product = Expr::Arithmetic(
        ArithmeticOp::Multiply,
        Box::new(Expr::Field(0)),
        Box::new(Expr::Literal(Value::Int64(2))),
    );
    let base = [two_columns(0, &[Some(1), None, Some(1)], &[Some(5), Some(6), Some(7)])];
    let given = collect(Group::new(base.into_iter(), sums(vec![product]), schema(&[DataType::Int64; 2])));
    let names: Vec<&str> = given[0].schema.fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(names, ["a * 2", "sum(b)", "count(*)"]);
    assert_eq!(&given[0].columns[0], &integers(&[Some(2), None]));
    assert_eq!(mantissas_of(&given, 1), [Some(12), Some(6)]);
    assert_eq!(integers_of(&given, 2), [2, 1]);
}

#[test]
fn no_rows_and_no_keys_are_one_row() {
    let input = schema(&[DataType::Int64; 2]);
    let given = collect(Group::new(blocks(&[]), sums(vec![]), Arc::clone(&input)));
    assert_eq!((given.len(), given[0].rows), (1, 1));
    assert_eq!((mantissas_of(&given, 0), integers_of(&given, 1)), (vec![None], vec![0]));
    assert!(collect(Group::new(blocks(&[]), sums(vec![Expr::Field(0)]), input)).is_empty());
}

#[test]
fn workers_at_different_types_meet_at_the_widest() {
    let wider = |position, key: &[i64], value: &[Option<i64>]| {
        Ok(block(position, &[DataType::decimal(1), DataType::Int64], vec![tenths(key), integers(value)]))
    };
    let one = vec![two_columns(0, &[Some(1), Some(2)], &[Some(10), Some(20)])];
    let two = vec![
        two_columns(2, &[Some(2)], &[Some(1)]),
        wider(3, &[15, 20], &[Some(100), Some(2)]),
        two_columns(5, &[Some(1)], &[Some(3)]),
    ];
    let bases = vec![one.into_iter(), two.into_iter()];
    let group = Group::parallel(bases, pool(2), sums(vec![Expr::Field(0)]), schema(&[DataType::Int64; 2]));
    let given = collect(group);
    assert_eq!(mantissas_of(&given, 0), [Some(10), Some(20), Some(15)]);
    assert_eq!(mantissas_of(&given, 1), [Some(13), Some(23), Some(100)]);
    assert_eq!(given[0].schema.fields[0].data_type, DataType::decimal(1));
}

#[test]
fn many_groups_come_in_blocks() {
    let base = (0..10u64).map(|number| {
        let keys: Vec<Option<i64>> = (0..3000).map(|row| Some(number as i64 * 1000 + row)).collect();
        Ok(block(number * 3000, &[DataType::Int64], vec![integers(&keys)]))
    });
    let given = collect(Group::new(base, by_key(), schema(&[DataType::Int64])));
    assert_eq!(integers_of(&given, 0), (0..12_000).collect::<Vec<_>>());
    assert_eq!(given.iter().map(|block| block.position).collect::<Vec<_>>(), [0, 4096, 8192]);
}

#[test]
fn the_error_of_the_least_position_counts() {
    let both_fail = Arc::new(Barrier::new(2));
    let failing = |first: u64, text: &'static str| {
        let good = two_columns(first, &[Some(1)], &[Some(1)]);
        let barrier = Arc::clone(&both_fail);
        std::iter::once(good).chain(std::iter::from_fn(move || {
            barrier.wait();
            Some(Err(Error::value(text)))
        }))
    };
    for _ in 0..50 {
        let bases = vec![failing(100, "later"), failing(0, "earlier")];
        let mut group = Group::parallel(bases, pool(2), by_key(), schema(&[DataType::Int64; 2]));
        assert_eq!(group.next().unwrap().unwrap_err().to_string(), "earlier");
        assert!(group.next().is_none());
    }
}

#[test]
fn a_budget_ends_it() {
    let budget = Budget::limited(1000).unwrap();
    let operator = || budget.consumer("group");
    let group = Group::new(blocks(&[&[1, 2, 3]]), by_key(), schema(&[DataType::Int64]));
    assert_eq!(collect(group.with_consumer(operator())).len(), 1);
    let base = blocks(&[&(0..1000).collect::<Vec<_>>()]);
    let mut group = Group::new(base, by_key(), schema(&[DataType::Int64])).with_consumer(operator());
    let refused = group.next().unwrap().unwrap_err();
    assert!(matches!(refused.kind(), ErrorKind::MemoryLimit { .. }), "{refused}");
    assert_eq!(budget.used(), 0);
}

#[test]
fn threads_pay_until_the_operator_holds_the_groups() {
    let budget = Budget::unlimited();
    let base = |first: i64| {
        let keys: Vec<Option<i64>> = (first..first + 500).map(Some).collect();
        std::iter::once(Ok(block(first as u64, &[DataType::Int64], vec![integers(&keys)])))
    };
    let group = Group::parallel(vec![base(0), base(500)], pool(2), by_key(), schema(&[DataType::Int64]));
    let mut group = group.with_consumer(budget.consumer("query").child("group"));
    assert_eq!(group.next().unwrap().unwrap().rows, 1000);
    let [query, operator, first, second] = budget.consumers().try_into().unwrap();
    assert_eq!(
        [&query, &operator, &first, &second].map(|holder| holder.path.as_str()),
        ["query", "query / group", "query / group / thread 1", "query / group / thread 2"]
    );
    assert!(first.peak > 0 && second.peak > 0);
    // While they are merged, one of the two tables holds the groups of both.
    assert!(operator.peak >= first.peak.max(second.peak));
    assert_eq!((first.used, second.used, query.used), (0, 0, operator.used));
    assert!(operator.used >= 1000 * size_of::<i64>() as u64);
    drop(group);
    assert_eq!(budget.used(), 0);
}

/// Blocks of seven rows of two columns for each of some workers: keys from 0 to 99, tenths of them in `wider` blocks.
fn many_keys(workers: usize, wider: std::ops::Range<usize>) -> Vec<std::vec::IntoIter<Result<Block>>> {
    let mut bases = vec![Vec::new(); workers];
    for number in 0..60usize {
        let keys: Vec<i64> = (0..7).map(|row| ((number * 7 + row) * 37 % 100) as i64).collect();
        let values: Vec<Option<i64>> = (0..7).map(|row| Some((number * 7 + row) as i64)).collect();
        let position = number as u64 * 7;
        let block = match wider.contains(&number) {
            true => {
                let tenths_of = tenths(&keys.iter().map(|key| key * 10).collect::<Vec<_>>());
                block(position, &[DataType::decimal(1), DataType::Int64], vec![tenths_of, integers(&values)])
            }
            false => {
                let keys: Vec<Option<i64>> = keys.into_iter().map(Some).collect();
                block(position, &[DataType::Int64; 2], vec![integers(&keys), integers(&values)])
            }
        };
        bases[number * 5 % workers].push(block);
    }
    bases.into_iter().map(|blocks| blocks.into_iter().map(Ok).collect::<Vec<_>>().into_iter()).collect()
}

#[test]
fn many_groups_lie_in_partitions() {
    let sum_of = |key: i64| (0..420).filter(|row| row * 37 % 100 == key).sum::<i64>();
    let keys: Vec<i64> = (0..100).map(|row| row * 37 % 100).collect();
    let sums_of: Vec<Option<i128>> = keys.iter().map(|key| Some(sum_of(*key).into())).collect();
    for (workers, few, wider) in [
        (1, 5, 0..0),
        (3, 5, 0..0),
        (3, 30, 0..0),
        (2, 40, 0..0),
        (2, 5, 1..3),
        (3, 5, 40..41),
        (4, 20, 59..60),
    ] {
        let budget = Budget::unlimited();
        let bases = many_keys(workers, wider.clone());
        let input = schema(&[DataType::Int64; 2]);
        let mut group = Group::parallel(bases, pool(workers), sums(vec![Expr::Field(0)]), input);
        group = group.with_consumer(budget.consumer("group"));
        group.few = few;
        let mut given: Vec<Block> = Vec::new();
        for block in group.by_ref() {
            given.push(block.unwrap());
            assert!(budget.used() > 0);
        }
        let place = format!("{workers} workers, {few}, {wider:?}");
        match wider.is_empty() {
            true => assert_eq!(integers_of(&given, 0), keys, "{place}"),
            false => {
                let tenths: Vec<_> = keys.iter().map(|key| Some(i128::from(key * 10))).collect();
                assert_eq!(mantissas_of(&given, 0), tenths, "{place}");
            }
        }
        assert_eq!(mantissas_of(&given, 1), sums_of, "{place}");
        drop(group);
        assert_eq!(budget.used(), 0, "{place}");
    }
}

#[test]
fn a_budget_ends_partitions_too() {
    let mut refused = 0;
    for limit in [2_000, 10_000, 20_000, 25_000, 30_000, 35_000, 40_000, 50_000, 60_000, 80_000, 1_000_000] {
        let budget = Budget::limited(limit).unwrap();
        let bases = many_keys(2, 20..22);
        let group =
            Group::parallel(bases, pool(2), sums(vec![Expr::Field(0)]), schema(&[DataType::Int64; 2]));
        let mut group = group.with_consumer(budget.consumer("group"));
        group.few = 5;
        if let Some(Err(error)) = group.next() {
            assert!(matches!(error.kind(), ErrorKind::MemoryLimit { .. }), "{error}");
            refused += 1;
        }
        drop(group);
        assert_eq!(budget.used(), 0);
    }
    assert!((1..11).contains(&refused), "{refused}");
}

/// Blocks of many keys, some of which come again, and of values; the keys' type widens after some blocks.
fn many(blocks: u64, wide_from: u64) -> Vec<Result<Block>> {
    let rows = 1000;
    let block_of = |number: u64| {
        let row = |row: u64| number * rows + row;
        let key = |at: u64| (row(at) * 7919 % 30_011) as i64;
        let values: Vec<_> = (0..rows).map(|at| (at % 7 > 0).then_some(row(at) as i64)).collect();
        let (of, keys) = match number < wide_from {
            true => (DataType::Int64, integers(&(0..rows).map(|at| Some(key(at))).collect::<Vec<_>>())),
            false => (DataType::decimal(1), tenths(&(0..rows).map(|at| key(at) * 10).collect::<Vec<_>>())),
        };
        Ok(block(number * rows, &[of, DataType::Int64], vec![keys, integers(&values)]))
    };
    (0..blocks).map(block_of).collect()
}

fn medians(keys: Vec<Expr>) -> Grouping {
    let of_values = |function| (function, vec![Expr::Field(1)]);
    let functions = [A::Sum, A::QuantileCont(Quantile::MEDIAN), A::CountDistinct, A::First].map(of_values);
    Grouping { keys, aggregates: functions.to_vec() }
}

/// The rows as text, in order.
fn lines(blocks: &[Block]) -> Vec<String> {
    let mut lines = Vec::new();
    for block in blocks {
        for row in 0..block.rows {
            let cell = |column: &ArrayRef| format!("{:?}", column.slice(row, 1));
            lines.push(block.columns.iter().map(cell).collect());
        }
    }
    lines.sort_unstable();
    lines
}

#[test]
fn groups_in_files_are_the_same_groups() {
    let input = schema(&[DataType::Int64; 2]);
    let directory = tempfile::tempdir().unwrap();
    for (workers, limit, wide_from) in
        [(1, 4_000_000, 90), (2, 4_000_000, 90), (3, 3_000_000, 40), (1, 6_000_000, 61)]
    {
        let spread = || {
            let mut bases: Vec<Vec<Result<Block>>> = (0..workers).map(|_| Vec::new()).collect();
            for (number, block) in many(90, wide_from).into_iter().enumerate() {
                bases[number % workers].push(block);
            }
            bases.into_iter().map(Vec::into_iter).collect::<Vec<_>>()
        };
        let grouping = || medians(vec![Expr::Field(0)]);
        let expected = collect(Group::parallel(spread(), pool(workers), grouping(), Arc::clone(&input)));
        let (space, budget) = (Space::new(directory.path(), None), Budget::limited(limit).unwrap());
        let group = Group::parallel(spread(), pool(workers), grouping(), Arc::clone(&input));
        let group = group.with_consumer(budget.consumer("group")).with_space(space.clone());
        let given = collect(group);
        let place = format!("{workers} workers, {limit} bytes, {wide_from}");
        assert!(space.written() > 0, "{place}");
        assert!(lines(&given) == lines(&expected), "{place}");
        assert_eq!((budget.used(), directory.path().read_dir().unwrap().count()), (0, 0), "{place}");
    }
}

#[test]
fn one_group_is_larger_than_memory() {
    let input = schema(&[DataType::Int64; 2]);
    let directory = tempfile::tempdir().unwrap();
    let remainder = Expr::Field(0) % Expr::Literal(Value::Int64(3));
    for (keys, workers, wide_from) in
        [(vec![], 1, 90), (vec![], 2, 60), (vec![remainder.clone()], 1, 50), (vec![remainder], 2, 90)]
    {
        let spread = || {
            let mut bases: Vec<Vec<Result<Block>>> = (0..workers).map(|_| Vec::new()).collect();
            for (number, block) in many(90, wide_from).into_iter().enumerate() {
                bases[number % workers].push(block);
            }
            bases.into_iter().map(Vec::into_iter).collect::<Vec<_>>()
        };
        let group = || Group::parallel(spread(), pool(workers), medians(keys.clone()), Arc::clone(&input));
        let expected = collect(group());
        for limit in [2_300_000, 3_000_000, 30_000_000] {
            let (space, budget) = (Space::new(directory.path(), None), Budget::limited(limit).unwrap());
            let group = group().with_consumer(budget.consumer("group")).with_space(space.clone());
            let place = format!("{} keys, {workers} workers, {limit} bytes, {wide_from}", keys.len());
            let given = group.collect::<Result<Vec<_>>>().expect(&place);
            assert_eq!(space.written() > 0, limit < 10_000_000, "{place}");
            assert_eq!(lines(&given), lines(&expected), "{place}");
            assert_eq!((budget.used(), directory.path().read_dir().unwrap().count()), (0, 0), "{place}");
        }
    }
}

#[test]
fn a_file_that_cannot_be_written_ends_it() {
    let input = schema(&[DataType::Int64; 2]);
    let directory = tempfile::tempdir().unwrap();
    let mut failed = 0;
    for write in [1, 2, 5, 20, 40, 60, u64::MAX] {
        let space = Space::new(directory.path(), None).failing(Fault::Full, write);
        let budget = Budget::limited(4_000_000).unwrap();
        let bases = vec![many(45, 90).into_iter(), many(45, 90).into_iter()];
        let group = Group::parallel(bases, pool(2), medians(vec![Expr::Field(0)]), Arc::clone(&input));
        let group = group.with_consumer(budget.consumer("group")).with_space(space);
        match group.collect::<Result<Vec<_>>>() {
            Ok(_) => break,
            Err(error) => assert!(matches!(error.kind(), ErrorKind::Io { .. }), "{error}"),
        }
        failed += 1;
    }
    assert!(failed > 2, "{failed}");
}
