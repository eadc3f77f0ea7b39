//! The table against a map, for keys of every form.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{
    Array, AsArray, BooleanArray, Date32Array, Decimal64Array, Decimal128Array, DictionaryArray,
    Float64Array, Int64Array, NullArray, StringArray, StringViewArray,
};
use arrow::datatypes::{DataType as ArrowType, Int8Type, Int64Type};
use plimsoll_core::typed::bind_aggregate;
use plimsoll_core::{AggregateFunction, Expr, Quantile, TypedKind};
use proptest::prelude::*;

use super::*;
use crate::arrays::arrow_type;

fn wide(mantissas: Vec<Option<i128>>, scale: i8) -> ArrayRef {
    Arc::new(Decimal128Array::from(mantissas).with_data_type(ArrowType::Decimal128(38, scale)))
}

fn narrow(mantissas: Vec<Option<i64>>, scale: i8) -> ArrayRef {
    Arc::new(Decimal64Array::from(mantissas).with_data_type(ArrowType::Decimal64(18, scale)))
}

fn integers(values: Vec<Option<i64>>) -> ArrayRef {
    Arc::new(Int64Array::from(values))
}

fn texts(values: Vec<Option<&str>>) -> ArrayRef {
    Arc::new(StringArray::from(values))
}

fn update(table: &mut GroupTable, keys: &[ArrayRef], position: u64) {
    table.update(keys, &[], keys[0].len(), position).unwrap();
}

#[test]
fn no_keys_are_one_group() {
    let mut table = GroupTable::new(&[], &[]);
    table.update(&[], &[], 5, 0).unwrap();
    table.merge(GroupTable::new(&[], &[])).unwrap();
    assert_eq!(table.groups(), 1);
    assert_eq!(table.finish().unwrap().len(), 0);
}

#[test]
fn null_and_empty_are_two_groups() {
    let mut table = GroupTable::new(&[DataType::Utf8], &[]);
    update(&mut table, &[texts(vec![Some(""), None, Some("x"), None, Some("")])], 10);
    assert_eq!(table.first_positions, [10, 11, 12]);
    assert_eq!(table.finish().unwrap(), [texts(vec![Some(""), None, Some("x")])]);
}

#[test]
fn every_type_comes_back() {
    let columns: [(DataType, ArrayRef); 7] = [
        (DataType::Null, Arc::new(NullArray::new(1))),
        (DataType::Boolean, Arc::new(BooleanArray::from(vec![Some(true), Some(false), None]))),
        (DataType::Int64, integers(vec![Some(i64::MIN), None, Some(-1)])),
        (DataType::Float64, Arc::new(Float64Array::from(vec![Some(f64::NAN), Some(-0.5), None]))),
        (DataType::Date, Arc::new(Date32Array::from(vec![None, Some(-1), Some(7)]))),
        (DataType::decimal(1), wide(vec![Some(-15), None, Some(i128::from(i64::MAX))], 1)),
        (DataType::Utf8, texts(vec![Some("é"), None, Some("a text of more than 16 bytes")])),
    ];
    for (data_type, column) in &columns {
        let mut single = GroupTable::new(&[*data_type], &[]);
        update(&mut single, &[Arc::clone(column)], 0);
        update(&mut single, &[Arc::clone(column)], 100);
        assert_eq!(single.finish().unwrap(), [Arc::clone(column)], "{data_type}");
        let mut double = GroupTable::new(&[DataType::Null, *data_type], &[]);
        let nulls: ArrayRef = Arc::new(NullArray::new(column.len()));
        update(&mut double, &[Arc::clone(&nulls), Arc::clone(column)], 0);
        update(&mut double, &[Arc::clone(&nulls), Arc::clone(column)], 100);
        assert_eq!(double.finish().unwrap(), [nulls, Arc::clone(column)], "{data_type}");
    }
}

#[test]
fn a_large_mantissa_moves_the_keys() {
    let large = 10i128.pow(37);
    let mut table = GroupTable::new(&[DataType::decimal(2)], &[]);
    update(&mut table, &[narrow(vec![Some(150), None, Some(-7)], 2)], 0);
    update(&mut table, &[wide(vec![Some(-7), Some(large), Some(150), None], 2)], 3);
    let mut other = GroupTable::new(&[DataType::decimal(2)], &[]);
    update(&mut other, &[narrow(vec![Some(1), Some(150), None], 2)], 50);
    table.merge(other).unwrap();
    assert_eq!(table.first_positions, [0, 1, 2, 4, 50]);
    let mut first = GroupTable::new(&[DataType::decimal(2)], &[]);
    update(&mut first, &[narrow(vec![Some(2), None], 2)], 20);
    first.merge(table).unwrap();
    let expected = wide(vec![Some(150), None, Some(-7), Some(large), Some(2), Some(1)], 2);
    assert_eq!(first.finish().unwrap(), [expected]);
}

#[test]
fn wider_keys_keep_their_groups() {
    let mut table = GroupTable::new(&[DataType::Int64], &[]);
    update(&mut table, &[integers(vec![Some(7), None, Some(-1)])], 0);
    table.widen(&[DataType::decimal(1)], &[]).unwrap();
    update(&mut table, &[narrow(vec![Some(75), Some(70), None], 1)], 3);
    assert_eq!(table.finish().unwrap(), [wide(vec![Some(70), None, Some(-10), Some(75)], 1)]);

    let mut full = GroupTable::new(&[DataType::decimal(0)], &[]);
    update(&mut full, &[wide(vec![Some(10i128.pow(37))], 0)], 0);
    assert!(full.widen(&[DataType::decimal(1)], &[]).unwrap_err().to_string().contains("no room"));
}

#[test]
fn wrong_columns_are_refused() {
    for types in [vec![DataType::Int64], vec![DataType::Utf8], vec![DataType::Utf8, DataType::Int64]] {
        let mut table = GroupTable::new(&types, &[]);
        let wrong: Vec<ArrayRef> =
            types.iter().map(|_| Arc::new(BooleanArray::from(vec![true])) as _).collect();
        assert!(table.update(&wrong, &[], 1, 0).is_err());
        assert!(table.merge(GroupTable::new(&[DataType::Date], &[])).is_err());
    }
}

/// Rows of two keys; few values, so that groups repeat.
fn rows() -> impl Strategy<Value = Vec<(Option<i64>, Option<String>)>> {
    let key = (prop::option::of(-3..3i64), prop::option::of("[ab]{0,18}"));
    prop::collection::vec(key, 1..200)
}

fn columns(rows: &[(Option<i64>, Option<String>)]) -> Vec<ArrayRef> {
    let text = rows.iter().map(|(_, text)| text.as_deref()).collect();
    vec![integers(rows.iter().map(|(number, _)| *number).collect()), texts(text)]
}

proptest! {
    /// Whichever keys are used, however the rows are split between tables and blocks: groups in the order of their
    /// first rows.
    #[test]
    fn groups_come_in_the_order_of_their_first_record(
        rows in rows(), blocks in 1..20usize, workers in 1..4usize, used in 0..3usize,
    ) {
        let used = [vec![0], vec![1], vec![0, 1]][used].clone();
        let types: Vec<DataType> = used.iter().map(|key| [DataType::Int64, DataType::Utf8][*key]).collect();
        let mut tables: Vec<GroupTable> = (0..workers).map(|_| GroupTable::new(&types, &[])).collect();
        for (number, block) in rows.chunks(blocks).enumerate() {
            let all = columns(block);
            let keys: Vec<ArrayRef> = used.iter().map(|key| Arc::clone(&all[*key])).collect();
            update(&mut tables[number * 7 % workers], &keys, (number * blocks) as u64);
        }
        let mut merged = tables.pop().unwrap();
        for table in tables {
            merged.merge(table).unwrap();
        }
        let mut seen = HashMap::new();
        let mut distinct = Vec::new();
        for row in &rows {
            let key = (row.0.filter(|_| used.contains(&0)), row.1.clone().filter(|_| used.contains(&1)));
            seen.entry(key).or_insert_with(|| distinct.push(row.clone()));
        }
        let expected = columns(&distinct);
        let expected: Vec<ArrayRef> = used.iter().map(|key| Arc::clone(&expected[*key])).collect();
        prop_assert_eq!(merged.finish().unwrap(), expected);
    }
}

fn bound(functions: &[(AggregateFunction, usize)]) -> Vec<TypedAggregate> {
    let types = [DataType::Int64, DataType::Utf8];
    let bind = |(function, field): &(AggregateFunction, usize)| {
        bind_aggregate(*function, &[Expr::Field(*field)], &types).unwrap()
    };
    functions.iter().map(bind).collect()
}

proptest! {
    /// A table that saw all rows, and tables that were taken apart and put together by partition, the second half of the
    /// rows coming there directly, block by block in any order: the same groups with the same values.
    #[test]
    fn partitions_have_the_groups_of_one_table(
        rows in rows(), blocks in 1..20usize, workers in 1..4usize, used in 0..3usize, backwards in any::<bool>(),
    ) {
        use AggregateFunction as A;
        let aggregates = bound(&[
            (A::Sum, 0), (A::Min, 0), (A::Count, 0), (A::Min, 1), (A::First, 0), (A::Last, 1), (A::AnyValue, 1),
            (A::CountDistinct, 0), (A::CountDistinct, 1), (A::QuantileCont(Quantile::MEDIAN), 0), (A::StddevPop, 0),
        ]);
        let used = [vec![0], vec![1], vec![0, 1]][used].clone();
        let types: Vec<DataType> = used.iter().map(|key| [DataType::Int64, DataType::Utf8][*key]).collect();
        let table = || GroupTable::new(&types, &aggregates);
        let of_block = |block: &[_]| {
            let all = columns(block);
            let keys: Vec<ArrayRef> = used.iter().map(|key| Arc::clone(&all[*key])).collect();
            let fields = aggregates.iter().map(|aggregate| match aggregate.arguments[0].kind {
                TypedKind::Field(field) => vec![Arc::clone(&all[field])],
                _ => vec![],
            });
            (keys, fields.collect::<Vec<_>>())
        };
        let mut whole = table();
        let mut tables: Vec<GroupTable> = (0..workers).map(|_| table()).collect();
        let mut parts: Vec<GroupTable> = (0..PARTITIONS).map(|_| table()).collect();
        let mut late = Vec::new();
        for (number, block) in rows.chunks(blocks).enumerate() {
            let (position, (keys, arguments)) = ((number * blocks) as u64, of_block(block));
            whole.update(&keys, &arguments, block.len(), position).unwrap();
            match (number * blocks) < rows.len() / 2 {
                true => tables[number * 7 % workers].update(&keys, &arguments, block.len(), position).unwrap(),
                false => late.push((keys, arguments, block.len(), position)),
            }
        }
        for table_of_worker in tables {
            let mut split: Vec<GroupTable> = (0..PARTITIONS).map(|_| table()).collect();
            table_of_worker.split_into(&mut split).unwrap();
            for (part, split) in parts.iter_mut().zip(split) {
                part.merge(split).unwrap();
            }
        }
        if backwards {
            late.reverse();
        }
        let mut partitioner = Partitioner::new(PARTITIONS);
        for (keys, arguments, rows, position) in late {
            let partitioned = partitioner.partition(&types, &keys, rows).unwrap();
            for (number, part) in parts.iter_mut().enumerate() {
                let range = partitioned.range(number);
                let slice = |column: &ArrayRef| {
                    partitioned.arrange(column).unwrap().slice(range.start, range.len())
                };
                let keys: Vec<ArrayRef> = keys.iter().map(slice).collect();
                let arguments: Vec<Vec<ArrayRef>> =
                    arguments.iter().map(|columns| columns.iter().map(slice).collect()).collect();
                let positions = partitioned.rows()[range.clone()].iter().map(|row| position + u64::from(*row));
                part.update_at(&keys, &arguments, &positions.collect::<Vec<_>>()).unwrap();
            }
        }
        let closed = parts.into_iter().map(|part| part.close().unwrap()).collect();
        let groups = Groups::new(closed);
        let expected = whole.finish().unwrap();
        prop_assert_eq!(groups.remaining(), expected[0].len());
        let mut given = 0;
        while groups.remaining() > 0 {
            let columns = groups.next_columns(blocks).unwrap();
            let rows = columns[0].len();
            for (column, expected) in columns.iter().zip(&expected) {
                prop_assert_eq!(column, &expected.slice(given, rows));
            }
            given += rows;
        }
        prop_assert_eq!(given, expected[0].len());
    }
}

/// A key in whichever array it comes is a key of the same partition.
#[test]
fn partitions_know_values_and_not_arrays() {
    let partition = |data_type: DataType, column: ArrayRef| {
        let partitioned = Partitioner::new(PARTITIONS)
            .partition(&[data_type], &[Arc::clone(&column)], column.len())
            .unwrap();
        let mut of_rows = vec![0; column.len()];
        for number in 0..PARTITIONS {
            partitioned.rows()[partitioned.range(number)]
                .iter()
                .for_each(|row| of_rows[*row as usize] = number);
        }
        of_rows
    };
    let values = ["", "a", "twelve bytes", "thirteen bytes", "a text of more than sixteen bytes", "0000"];
    let some: Vec<Option<&str>> = values.into_iter().map(Some).chain([None]).collect();
    let views: ArrayRef = Arc::new(StringViewArray::from(some.clone()));
    assert_eq!(partition(DataType::Utf8, texts(some)), partition(DataType::Utf8, views));
    let mantissas = vec![Some(5), None, Some(-5), Some(0), Some(i64::MAX)];
    let wide_ones = mantissas.iter().map(|mantissa| mantissa.map(i128::from)).collect();
    let decimal = DataType::decimal(1);
    assert_eq!(partition(decimal, narrow(mantissas, 1)), partition(decimal, wide(wide_ones, 1)));
    let many = partition(DataType::Int64, integers((0..3200).map(Some).collect()));
    for number in 0..PARTITIONS {
        // 100 on average, with a standard deviation of 10.
        let count = many.iter().filter(|partition| **partition == number).count();
        assert!((40..160).contains(&count), "{count}");
    }
}

#[test]
fn rows_that_do_not_fit_lanes_move_the_keys() {
    let types = [DataType::Utf8, DataType::Int64];
    let mut table = GroupTable::new(&types, &[]);
    update(
        &mut table,
        &[texts(vec![Some("a"), None, Some("b")]), integers(vec![Some(1), Some(1), Some(2)])],
        0,
    );
    let long = "more than twelve bytes";
    update(&mut table, &[texts(vec![Some("b"), Some(long)]), integers(vec![Some(2), Some(-1)])], 3);
    let mut other = GroupTable::new(&types, &[]);
    update(&mut other, &[texts(vec![None, Some("a"), None]), integers(vec![Some(1), Some(1), Some(7)])], 5);
    table.merge(other).unwrap();
    let mut nulls = GroupTable::new(&types, &[]);
    update(&mut nulls, &[texts(vec![None, Some("")]), integers(vec![None, None])], 8);
    nulls.merge(table).unwrap();
    let expected_texts = texts(vec![Some("a"), None, Some("b"), Some(long), None, None, Some("")]);
    let expected = integers(vec![Some(1), Some(1), Some(2), Some(-1), Some(7), None, None]);
    assert_eq!(nulls.finish().unwrap(), [expected_texts, expected]);
}

#[test]
fn codes_of_dictionaries_are_texts() {
    let values =
        || StringArray::from(vec![Some("b"), None, Some("a"), Some("b"), Some("more than twelve bytes")]);
    let codes = |codes: Vec<Option<i8>>, values: &ArrayRef| -> ArrayRef {
        Arc::new(DictionaryArray::<Int8Type>::new(codes.into(), Arc::clone(values)))
    };
    let (first, second): (ArrayRef, ArrayRef) =
        (Arc::new(values()), Arc::new(StringArray::from(vec!["a", "c"])));
    let blocks = [
        codes(vec![Some(2), Some(0), None, Some(3), Some(1), Some(4)], &first),
        codes(vec![Some(0), Some(4), None, Some(2)], &first),
        texts(vec![Some("c"), None]),
        codes(vec![Some(1), Some(0), None], &second),
        codes(vec![Some(0), Some(2)], &first),
        codes(vec![None, None], &(Arc::new(StringArray::from(Vec::<&str>::new())) as ArrayRef)),
    ];
    let long = "more than twelve bytes";
    let expected = texts(vec![Some("a"), Some("b"), None, Some(long), Some("c")]);
    for other in [None, Some(DataType::Int64), Some(DataType::decimal(0))] {
        let types: Vec<DataType> = [DataType::Utf8].into_iter().chain(other).collect();
        let mut table = GroupTable::new(&types, &[]);
        let mut parts: Vec<GroupTable> = (0..PARTITIONS).map(|_| GroupTable::new(&types, &[])).collect();
        for (number, block) in blocks.iter().enumerate() {
            let sevens: ArrayRef = match other {
                Some(DataType::Int64) => integers(vec![Some(7); block.len()]),
                _ => narrow(vec![None; block.len()], 0),
            };
            let keys = &[Arc::clone(block), sevens][..types.len()];
            update(&mut table, keys, number as u64 * 10);
            let partitioned = Partitioner::new(PARTITIONS).partition(&types, keys, block.len()).unwrap();
            let arranged: Vec<ArrayRef> = keys.iter().map(|key| partitioned.arrange(key).unwrap()).collect();
            for (part, range) in
                parts.iter_mut().enumerate().map(|(number, part)| (part, partitioned.range(number)))
            {
                let keys: Vec<ArrayRef> =
                    arranged.iter().map(|key| key.slice(range.start, range.len())).collect();
                let positions =
                    partitioned.rows()[range].iter().map(|row| number as u64 * 10 + u64::from(*row));
                part.update_at(&keys, &[], &positions.collect::<Vec<_>>()).unwrap();
            }
        }
        assert_eq!(&table.finish().unwrap()[0], &expected, "{types:?}");
        let groups = Groups::new(parts.into_iter().map(|part| part.close().unwrap()).collect());
        assert_eq!(&groups.next_columns(10).unwrap()[0], &expected, "{types:?}");
    }
}

#[test]
fn empty_tables_have_no_groups() {
    for types in [vec![DataType::Utf8], vec![DataType::Int64], vec![DataType::Utf8, DataType::Date]] {
        let mut parts: Vec<GroupTable> = (0..PARTITIONS).map(|_| GroupTable::new(&types, &[])).collect();
        let mut empty = GroupTable::new(&types, &[]);
        empty.merge(GroupTable::new(&types, &[])).unwrap();
        empty.split_into(&mut parts).unwrap();
        let groups = Groups::new(parts.into_iter().map(|part| part.close().unwrap()).collect());
        assert_eq!(groups.remaining(), 0);
        let columns = groups.next_columns(10).unwrap();
        assert_eq!(columns.iter().map(|column| column.len()).sum::<usize>(), 0);
    }
}

#[test]
fn many_groups_come_in_pieces() {
    let mut table = GroupTable::new(&[DataType::Int64, DataType::Int64], &[]);
    for block in 0..20i64 {
        let key = integers((0..5000).map(|row| Some(block * 2500 + row)).collect());
        update(&mut table, &[Arc::clone(&key), key], (block * 5000) as u64);
    }
    assert_eq!(table.groups(), 52_500);
    assert!(table.size() > 52_500 * 26);
    let groups = table.into_groups().unwrap();
    let mut next = 0;
    while groups.remaining() > 0 {
        let columns = groups.next_columns(4096).unwrap();
        for value in columns[1].as_primitive::<Int64Type>().values() {
            assert_eq!(*value, next);
            next += 1;
        }
        assert_eq!(columns[0].data_type(), &arrow_type(DataType::Int64));
    }
    assert_eq!(next, 52_500);
}
