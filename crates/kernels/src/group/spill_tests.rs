//! Tests of groups that go to temporary files and come back.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, StringArray, UInt32Array};
use arrow::compute::{concat, take};
use arrow::datatypes::Int64Type;
use plimsoll_core::typed::bind_aggregate;
use plimsoll_core::{AggregateFunction as A, DataType, Expr, Quantile, TypedAggregate};
use proptest::prelude::*;

use super::{GroupTable, SpilledGroups};
use crate::spill::{Runs, Space};

/// Everything that states do with numbers and texts.
fn aggregates() -> Vec<TypedAggregate> {
    let functions = [
        (A::CountStar, None),
        (A::Sum, Some(0)),
        (A::Max, Some(1)),
        (A::First, Some(1)),
        (A::CountDistinct, Some(0)),
        (A::CountDistinct, Some(1)),
        (A::QuantileCont(Quantile::MEDIAN), Some(0)),
        (A::QuantileDisc(Quantile::new(3, 1).unwrap()), Some(0)),
        (A::QuantileCont(Quantile::new(9, 1).unwrap()), Some(0)),
        (A::StddevPop, Some(0)),
    ];
    let bound = functions.map(|(function, field)| {
        let arguments: Vec<Expr> = field.into_iter().map(Expr::Field).collect();
        bind_aggregate(function, &arguments, &[DataType::Int64, DataType::Utf8]).unwrap()
    });
    bound.to_vec()
}

proptest! {
    #[test]
    fn as_if_they_had_stayed(
        rows in prop::collection::vec((prop::option::of(-3i64..3), prop::option::of("[ab]{0,2}|c{20}")), 0..200),
        used in prop::sample::select(vec![vec![], vec![0usize], vec![1], vec![0, 1]]),
        blocks in 1usize..30,
        kept in 1usize..5,
        fan_in in 2usize..5,
        groups in 1usize..9,
        bytes in prop::sample::select(vec![0usize, 1 << 20]),
        apart in prop::collection::vec(prop::sample::select(vec![0usize, 1, 9, 20, 1 << 20]), 1..4),
        again in prop::option::of(prop::sample::select(vec![0usize, 5, 1 << 20])),
        append in prop::collection::vec(any::<bool>(), 1..4),
    ) {
        let directory = tempfile::tempdir().unwrap();
        let mut runs = Runs::new(&Space::new(directory.path(), None)).unwrap();
        let types: Vec<DataType> = used.iter().map(|key| [DataType::Int64, DataType::Utf8][*key]).collect();
        let aggregates = aggregates();
        let table = || GroupTable::new(&types, &aggregates);
        let (mut whole, mut part) = (table(), table());
        for (number, block) in rows.chunks(blocks).enumerate() {
            let numbers: ArrayRef = Arc::new(block.iter().map(|row| row.0).collect::<Int64Array>());
            let texts: ArrayRef = Arc::new(block.iter().map(|row| row.1.clone()).collect::<StringArray>());
            let columns = [numbers, texts];
            let keys: Vec<ArrayRef> = used.iter().map(|key| Arc::clone(&columns[*key])).collect();
            let arguments: Vec<Vec<ArrayRef>> = [None, Some(0), Some(1), Some(1), Some(0), Some(1), Some(0), Some(0), Some(0), Some(0)]
                .map(|field| field.into_iter().map(|field: usize| Arc::clone(&columns[field])).collect())
                .to_vec();
            let position = (number * blocks) as u64;
            whole.update(&keys, &arguments, block.len(), position).unwrap();
            let positions: Vec<u64> = (position..).take(block.len()).collect();
            match append[number % append.len()] {
                true => part.append_at(&keys, &arguments, &positions).unwrap(),
                false => part.update_at(&keys, &arguments, &positions).unwrap(),
            }
            if number % kept == 0 {
                spill(std::mem::replace(&mut part, table()), apart[number % apart.len()], &mut runs);
            }
        }
        part.spill(&mut runs).unwrap();
        let arguments: Vec<usize> = (0..aggregates.len()).collect();
        let open = |runs| SpilledGroups::new(runs, &types, &aggregates, &arguments, fan_in).unwrap();
        let mut spilled = open(runs);
        if let Some(bytes) = again {
            // As tables, and from those to runs again.
            let mut runs = Runs::new(&Space::new(directory.path(), None)).unwrap();
            while let Some(table) = spilled.next_table(groups, bytes).unwrap() {
                prop_assert!(table.groups() <= groups);
                spill(table, apart[0], &mut runs);
            }
            spilled = open(runs);
        }
        let (mut pieces, mut positions) = (Vec::new(), Vec::new());
        while let Some(piece) = spilled.next(groups, bytes, |_| Ok(())).unwrap() {
            prop_assert!(piece.first_positions.len() <= groups);
            positions.extend(piece.first_positions);
            pieces.push(piece.columns);
        }
        let expected = whole.finish().unwrap();
        let mut order: Vec<u32> = (0..positions.len() as u32).collect();
        order.sort_by_key(|group| positions[*group as usize]);
        let order = UInt32Array::from(order);
        prop_assert!(pieces.is_empty() == expected[0].is_empty());
        for (column, expected) in expected.iter().enumerate().filter(|_| !pieces.is_empty()) {
            let pieces: Vec<&dyn Array> = pieces.iter().map(|piece| piece[column].as_ref()).collect();
            prop_assert_eq!(&take(&concat(&pieces).unwrap(), &order, None).unwrap(), expected);
        }
    }
}

/// Keys of two columns lie beside each other until a number is NULL; by then there may be equal ones.
#[test]
fn keys_take_another_form_where_equal_ones_were_appended() {
    let directory = tempfile::tempdir().unwrap();
    let types = [DataType::Int64; 2];
    let counts = [bind_aggregate(A::CountStar, &[], &types).unwrap()];
    let keys = |values: [Option<i64>; 2]| -> Vec<ArrayRef> {
        vec![Arc::new(Int64Array::from(values.to_vec())), Arc::new(Int64Array::from(vec![1, 1]))]
    };
    let (mut appended, mut other) = (GroupTable::new(&types, &counts), GroupTable::new(&types, &counts));
    appended.append_at(&keys([Some(7), Some(7)]), &[vec![]], &[0, 1]).unwrap();
    other.append_at(&keys([Some(7), Some(7)]), &[vec![]], &[4, 5]).unwrap();
    appended.update_at(&keys([Some(7), None]), &[vec![]], &[2, 3]).unwrap();
    appended.merge(other).unwrap();
    let mut runs = Runs::new(&Space::new(directory.path(), None)).unwrap();
    appended.spill(&mut runs).unwrap();
    let mut spilled = SpilledGroups::new(runs, &types, &counts, &[0], 2).unwrap();
    let groups = spilled.next(9, 1 << 20, |_| Ok(())).unwrap().unwrap();
    let mut found: Vec<_> = groups.columns[2].as_primitive::<Int64Type>().values().iter().copied().collect();
    found.sort_unstable();
    assert_eq!(found, [1, 5]);
}

fn spill(table: GroupTable, most: usize, runs: &mut Runs) {
    if table.appended {
        return table.spill(runs).unwrap();
    }
    let frozen = table.freeze().unwrap();
    frozen.write_apart(frozen.all().collect(), most, runs).unwrap();
}
