//! Tests over all aggregates: random columns, split at random over states that are merged in random order, against a
//! model that knows one group, big fractions and no shortcut.

mod harness;
mod model;

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, Float64Array, Int8Array, Int16Array, Int32Array, Int64Array, NullArray, StringArray,
};
use plimsoll_core::typed::bind_aggregate;
use plimsoll_core::{AggregateFunction as A, DataType, ErrorKind, Expr, Quantile, TypedAggregate, Value};
use proptest::prelude::*;

use harness::{Input, Split, cells, finish, input, run, split, states};

/// So many tenths.
const fn tenths(count: u128) -> Quantile {
    match Quantile::new(count, 1) {
        Some(quantile) => quantile,
        None => Quantile::MEDIAN,
    }
}

const ANY_TYPE: [A; 9] = [
    A::CountStar,
    A::Count,
    A::CountDistinct,
    A::Min,
    A::Max,
    A::First,
    A::Last,
    A::AnyValue,
    A::QuantileDisc(tenths(3)),
];
const NUMBERS: [A; 9] = [
    A::Sum,
    A::Avg,
    A::VarPop,
    A::VarSamp,
    A::StddevPop,
    A::StddevSamp,
    A::QuantileCont(Quantile::MEDIAN),
    A::QuantileCont(tenths(1)),
    A::Corr,
];

fn bound(function: A, types: &[DataType]) -> TypedAggregate {
    let arguments: Vec<Expr> = (0..function.arity()).map(Expr::Field).collect();
    bind_aggregate(function, &arguments, types).unwrap()
}

/// Runs `functions` over one random input and compares each with the model.
fn check(functions: &[A], input: &Input, split: &Split) {
    for function in functions {
        let aggregate = bound(*function, &input.types);
        let expected = model::run(*function, input);
        match (run(&[aggregate], input, None, split), expected) {
            (Ok(found), Some(expected)) => {
                assert_eq!(harness::bits(&found[0]), harness::bits(&expected), "{function:?} {input:?}");
            }
            (Err(error), None) => assert!(matches!(error.kind(), ErrorKind::Value { .. }), "{error}"),
            (found, expected) => panic!("{function:?}: {found:?}, not {expected:?}: {input:?}"),
        }
    }
}

/// Runs `functions` in one set of states, so that they share what they can, and compares each with the model.
fn check_together(functions: &[A], input: &Input, split: &Split) {
    let aggregates: Vec<_> = functions.iter().map(|function| bound(*function, &input.types)).collect();
    let expected: Option<Vec<_>> = functions.iter().map(|function| model::run(*function, input)).collect();
    match (run(&aggregates, input, None, split), expected) {
        (Ok(found), Some(expected)) => {
            for ((function, found), expected) in functions.iter().zip(found).zip(expected) {
                assert_eq!(harness::bits(&found), harness::bits(&expected), "{function:?} {input:?}");
            }
        }
        (Err(error), None) => assert!(matches!(error.kind(), ErrorKind::Value { .. }), "{error}"),
        (found, expected) => panic!("{found:?}, not {expected:?}: {input:?}"),
    }
}

/// Those that share states, in an order that keeps them apart.
const TOGETHER: [A; 12] = [
    A::CountStar,
    A::Max,
    A::VarPop,
    A::Sum,
    A::QuantileDisc(tenths(3)),
    A::Count,
    A::StddevSamp,
    A::Min,
    A::QuantileCont(Quantile::MEDIAN),
    A::Avg,
    A::CountStar,
    A::QuantileDisc(tenths(9)),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn shared_states(
        integers in input(&[DataType::Int64]), decimals in input(&[DataType::decimal(2)]),
        floats in input(&[DataType::Float64]), used in 1u32..4096, split in split(),
    ) {
        let chosen = TOGETHER.iter().enumerate().filter(|(bit, _)| used >> bit & 1 == 1);
        let chosen: Vec<A> = chosen.map(|(_, function)| *function).collect();
        for input in [integers, decimals, floats] {
            check_together(&chosen, &input, &split);
        }
    }

    /// Sums that leave 64 bits with nearly every row, in both directions.
    #[test]
    fn words_overflow(
        rows in prop::collection::vec((0..3u32, prop::sample::select(
            vec![i64::MAX, i64::MIN, i64::MAX - 1, i64::MIN + 1, -1, 0, 1, i64::MAX / 2, 1 << 32]
        ), any::<bool>()), 1..40),
        split in split(),
    ) {
        let value = |value: i64, null: bool| if null { Value::Null } else { Value::Int64(value) };
        let rows: Vec<_> =
            rows.iter().map(|(group, v, null)| (*group, vec![value(*v, *null), Value::Int64(!*v)])).collect();
        let input = Input { types: vec![DataType::Int64; 2], rows };
        check_together(&TOGETHER, &input, &split);
        check(&[A::Corr], &input, &split);
        let alone = Input { rows: input.rows.into_iter().map(|(_, row)| (0, row)).collect(), ..input };
        check_together(&TOGETHER, &alone, &split);
    }

    #[test]
    fn integers(input in input(&[DataType::Int64; 2]), split in split()) {
        check(&ANY_TYPE, &input, &split);
        check(&NUMBERS, &input, &split);
    }

    #[test]
    fn decimals(input in input(&[DataType::decimal(2), DataType::decimal(37)]), split in split()) {
        check(&ANY_TYPE, &input, &split);
        check(&NUMBERS, &input, &split);
    }

    #[test]
    fn decimals_beside_integers(input in input(&[DataType::decimal(3), DataType::Int64]), split in split()) {
        check(&NUMBERS, &input, &split);
    }

    #[test]
    fn floats(input in input(&[DataType::Float64; 2]), split in split()) {
        check(&ANY_TYPE, &input, &split);
        check(&NUMBERS, &input, &split);
    }

    #[test]
    fn other_types(
        text in input(&[DataType::Utf8]),
        boolean in input(&[DataType::Boolean]),
        date in input(&[DataType::Date]),
        timestamp in input(&[DataType::Timestamp]),
        time in input(&[DataType::Time]),
        split in split(),
    ) {
        check(&ANY_TYPE[..8], &text, &split);
        check(&ANY_TYPE[..8], &boolean, &split);
        check(&ANY_TYPE, &date, &split);
        check(&ANY_TYPE, &timestamp, &split);
        check(&ANY_TYPE, &time, &split);
    }

    #[test]
    fn any_quantile(
        integers in input(&[DataType::Int64]), floats in input(&[DataType::Float64]),
        quantile in 0.0..=1.0f64, split in split(),
    ) {
        let quantile = Quantile::of(quantile).unwrap_or(Quantile::MEDIAN);
        let functions = [A::QuantileCont(quantile), A::QuantileDisc(quantile)];
        check(&functions, &integers, &split);
        check(&functions, &floats, &split);
    }

    #[test]
    fn widening_later_is_as_starting_wide(
        integers in input(&[DataType::Int64; 2]),
        from in 0u8..3, more in 0u8..6, cut in 0usize..8, split in split(),
    ) {
        let narrow = if from == 0 { DataType::Int64 } else { DataType::decimal(from) };
        let (narrow, wide) = ([narrow; 2], [DataType::decimal(from + more), narrow]);
        let small = integers.retyped(&narrow);
        for function in ANY_TYPE.iter().chain(&NUMBERS) {
            let start = bound(*function, &narrow);
            let late = run(&[bound(*function, &wide)], &small, Some((&[start], cut)), &split);
            let early = run(&[bound(*function, &wide)], &small.rescaled(&wide), None, &split);
            let (late, early) = (late.unwrap(), early.unwrap());
            prop_assert_eq!(harness::bits(&late[0]), harness::bits(&early[0]), "{:?}", function);
        }
        let start = TOGETHER.map(|function| bound(function, &narrow));
        let together = TOGETHER.map(|function| bound(function, &wide));
        let late = run(&together, &small, Some((&start, cut)), &split).unwrap();
        let early = run(&together, &small.rescaled(&wide), None, &split).unwrap();
        for (late, early) in late.iter().zip(&early) {
            prop_assert_eq!(harness::bits(late), harness::bits(early));
        }
    }
}

#[test]
fn narrow_columns_are_taken_as_they_are() {
    let numbers = || (0..500i64).map(|row| (row % 7 != 3).then_some(row * row % 251 - 125));
    let columns: [ArrayRef; 4] = [
        Arc::new(numbers().collect::<Int64Array>()),
        Arc::new(numbers().map(|number| number.map(|number| number as i8)).collect::<Int8Array>()),
        Arc::new(numbers().map(|number| number.map(|number| number as i16)).collect::<Int16Array>()),
        Arc::new(numbers().map(|number| number.map(|number| number as i32)).collect::<Int32Array>()),
    ];
    let aggregates = [&TOGETHER[..], &[A::Corr, A::First, A::CountDistinct]].concat();
    let aggregates: Vec<_> =
        aggregates.iter().map(|function| bound(*function, &[DataType::Int64; 2])).collect();
    let ids: Vec<u32> = (0..500).map(|row| row % 3).collect();
    let results = columns.map(|column| {
        let mut states = states(&aggregates);
        states.resize(3);
        // A block without a NULL, then all.
        let whole = column.slice(4, 6);
        states.update(&ids[..6], &vec![vec![whole; 2]; aggregates.len()], 0).unwrap();
        states.update(&ids, &vec![vec![column; 2]; aggregates.len()], 6).unwrap();
        finish(&mut states, 3).unwrap()
    });
    for narrow in &results[1..] {
        assert_eq!(*narrow, results[0]);
    }
}

#[test]
fn nothing_seen() {
    for data_type in [DataType::Int64, DataType::decimal(1), DataType::Float64, DataType::Utf8] {
        for function in ANY_TYPE.iter().chain(&NUMBERS) {
            if data_type == DataType::Utf8 && !ANY_TYPE[..8].contains(function) {
                continue;
            }
            let aggregate = bound(*function, &[data_type; 2]);
            let mut state = states(std::slice::from_ref(&aggregate));
            state.resize(2);
            state.close().unwrap();
            let found = state.results(&[]).unwrap();
            assert_eq!(found[0].len(), 0);
            assert_eq!(*found[0].data_type(), crate::arrays::arrow_type(aggregate.data_type));
            let nothing = match function {
                A::CountStar | A::Count | A::CountDistinct => Value::Int64(0),
                _ => Value::Null,
            };
            let found = &finish(&mut state, 2).unwrap()[0];
            assert_eq!(*found, [nothing.clone(), nothing], "{function:?} of {data_type}");
        }
    }
}

#[test]
fn columns_of_nothing_but_null() {
    let nulls: ArrayRef = Arc::new(NullArray::new(3));
    for function in &ANY_TYPE[1..8] {
        let aggregate = bound(*function, &[DataType::Null]);
        let mut state = states(std::slice::from_ref(&aggregate));
        state.resize(2);
        state.update(&[0, 1, 0], &[vec![Arc::clone(&nulls)]], 0).unwrap();
        let mut merged = states(&[aggregate]);
        merged.resize(2);
        merged.merge(state, &[1, 0]).unwrap();
        let zero = matches!(function, A::Count | A::CountDistinct);
        let expected = if zero { Value::Int64(0) } else { Value::Null };
        assert_eq!(finish(&mut merged, 2).unwrap()[0], [expected.clone(), expected], "{function:?}");
    }
}

#[test]
fn sums_pass_38_digits_only_in_between() {
    let most = 10i128.pow(38) - 1;
    let sum_of = |mantissas: &[i128]| {
        let rows: Vec<_> = mantissas.iter().map(|mantissa| (0, vec![Value::decimal(*mantissa, 2)])).collect();
        let input = Input { types: vec![DataType::decimal(2)], rows };
        run(&[bound(A::Sum, &input.types)], &input, None, &Split::whole()).map(|sums| sums[0][0].clone())
    };
    assert_eq!(sum_of(&[most, most, most, -most, -most]).unwrap(), Value::decimal(most, 2));
    let error = sum_of(&[most, 1]).unwrap_err();
    assert_eq!(error.to_string(), "sum is beyond DECIMAL(38,2)");
    assert!(sum_of(&[most, most, -1]).is_err());
}

#[test]
fn squares_beyond_256_bits_are_an_error() {
    let aggregate = bound(A::VarPop, &[DataType::decimal(0)]);
    let mut state = states(&[aggregate]);
    state.resize(1);
    let column = cells(&vec![Value::decimal(10i128.pow(38) - 1, 0); 10], DataType::decimal(0), true);
    assert!(matches!(
        state.update(&[0; 10], &[vec![column]], 0).unwrap_err().kind(),
        ErrorKind::Value { .. }
    ));
}

#[test]
fn a_widened_value_needs_room() {
    for function in [A::Min, A::First, A::CountDistinct, A::QuantileDisc(Quantile::MEDIAN)] {
        let mut state = states(&[bound(function, &[DataType::decimal(0)])]);
        state.resize(1);
        let column = cells(&[Value::decimal(10i128.pow(37), 0)], DataType::decimal(0), true);
        state.update(&[0], &[vec![column]], 0).unwrap();
        assert!(state.widen(&[bound(function, &[DataType::decimal(1)])]).is_err(), "{function:?}");
    }
}

#[test]
fn sizes_follow_what_is_held() {
    let texts: ArrayRef = Arc::new(StringArray::from(vec!["x".repeat(1000); 1]));
    let floats: ArrayRef = Arc::new(Float64Array::from(vec![1e300]));
    let more: ArrayRef = Arc::new(Float64Array::from(vec![1e-300]));
    for function in [A::Max, A::Last, A::CountDistinct] {
        let mut state = states(&[bound(function, &[DataType::Utf8])]);
        state.resize(1);
        state.update(&[0], &[vec![Arc::clone(&texts)]], 0).unwrap();
        assert!((1000..2000).contains(&state.size()), "{function:?}: {}", state.size());
        if function == A::CountDistinct {
            state.close().unwrap();
            assert!(state.size() < 100, "a set is let go once it is counted");
        }
    }
    for function in [A::Sum, A::VarPop, A::QuantileCont(Quantile::MEDIAN)] {
        let mut state = states(&[bound(function, &[DataType::Float64])]);
        state.resize(1);
        state.update(&[0], &[vec![Arc::clone(&floats)]], 0).unwrap();
        let before = state.size();
        for _ in 0..100 {
            state.update(&[0], &[vec![Arc::clone(&more)]], 0).unwrap();
        }
        assert!(state.size() > before + 100, "{function:?}");
    }
}

#[test]
fn states_of_different_aggregates_do_not_merge() {
    let mut sum = states(&[bound(A::Sum, &[DataType::Int64])]);
    assert!(sum.merge(states(&[bound(A::Count, &[DataType::Int64])]), &[]).is_err());
    assert!(sum.merge(states(&[]), &[]).is_err());
}

#[test]
fn many_distinct_values() {
    let numbers: Vec<i64> = (0..20_000).map(|i| i * i % 10_007).collect();
    let groups: Vec<u32> = (0..20_000).map(|i| i % 3).collect();
    let texts: ArrayRef = Arc::new(StringArray::from_iter_values(numbers.iter().map(i64::to_string)));
    let numbers: ArrayRef = Arc::new(Int64Array::from(numbers));
    let count = |column: &ArrayRef, data_type| {
        let mut state = states(&[bound(A::CountDistinct, &[data_type])]);
        state.resize(3);
        state.update(&groups, &[vec![Arc::clone(column)]], 0).unwrap();
        finish(&mut state, 3).unwrap().remove(0)
    };
    let counts = count(&numbers, DataType::Int64);
    assert_eq!(counts, count(&texts, DataType::Utf8));
    let expected = (0..20_000i64).filter(|i| i % 3 == 1).map(|i| i * i % 10_007);
    let expected = expected.collect::<std::collections::HashSet<_>>().len();
    assert_eq!(counts[1], Value::Int64(expected as i64));
}
