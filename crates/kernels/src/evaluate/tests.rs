//! Laws that every expression keeps: a block gives what its rows give one by one, wherever its arrays begin and however
//! wide its decimals are; and the arithmetic of exact numbers is that of big integers.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringViewArray};
use arrow::compute::concat;
use arrow::datatypes::{Decimal128Type, Float64Type};
use num_bigint::BigInt;
use plimsoll_core::typed::bind;
use plimsoll_core::{ArithmeticOp, CompareOp, DataType, Expr, Function};
use proptest::prelude::*;

use super::lazy::slice;
use super::testing::*;
use crate::Block;

const OPS: [ArithmeticOp; 5] = [
    ArithmeticOp::Add,
    ArithmeticOp::Subtract,
    ArithmeticOp::Multiply,
    ArithmeticOp::Divide,
    ArithmeticOp::Remainder,
];

const COMPARISONS: [CompareOp; 6] = [
    CompareOp::Equal,
    CompareOp::NotEqual,
    CompareOp::Less,
    CompareOp::LessOrEqual,
    CompareOp::Greater,
    CompareOp::GreaterOrEqual,
];

/// Columns: integer, narrow decimal, wide decimal, double, Boolean, text, integer.
fn blocks() -> impl Strategy<Value = Block> {
    let small = prop_oneof![4 => -3i64..4, 1 => any::<i64>(), 1 => Just(i64::MIN)];
    let mantissa = prop_oneof![3 => -30i64..30, 1 => -999_999_999_999_999_999i64..=999_999_999_999_999_999];
    let wide_mantissa = prop_oneof![3 => -30i128..30, 1 => (1 - 10i128.pow(38))..10i128.pow(38)];
    let double =
        prop_oneof![Just(0.0), Just(f64::NAN), Just(f64::INFINITY), Just(-2.5), Just(1e300), -3.0..3.0f64];
    let letters = prop_oneof!["[a-c%_]{0,4}", "-?[0-9]{1,3}([.][0-9])?", Just("Σς".to_owned())];
    use proptest::option::weighted;
    let row = (
        weighted(0.8, small.clone()),
        weighted(0.8, mantissa),
        weighted(0.8, wide_mantissa),
        weighted(0.8, double),
        weighted(0.8, any::<bool>()),
        weighted(0.8, letters),
        weighted(0.8, small),
    );
    proptest::collection::vec(row, 1..24).prop_map(|rows| {
        let words: Vec<Option<&str>> = rows.iter().map(|row| row.5.as_deref()).collect();
        block(vec![
            integers(&rows.iter().map(|row| row.0).collect::<Vec<_>>()),
            narrow(&rows.iter().map(|row| row.1).collect::<Vec<_>>(), 1),
            wide(&rows.iter().map(|row| row.2).collect::<Vec<_>>(), 2),
            floats(&rows.iter().map(|row| row.3).collect::<Vec<_>>()),
            booleans(&rows.iter().map(|row| row.4).collect::<Vec<_>>()),
            texts(&words),
            integers(&rows.iter().map(|row| row.6).collect::<Vec<_>>()),
        ])
    })
}

fn numbers() -> BoxedStrategy<Expr> {
    let leaf = prop_oneof![
        Just(field(0)),
        Just(field(1)),
        Just(field(2)),
        Just(field(3)),
        Just(field(6)),
        Just(integer(2)),
        Just(decimal(-15, 1)),
        Just(float(0.5)),
        Just(null()),
        Just(converted(field(5), DataType::Int64, true)),
        Just(converted(field(5), DataType::Decimal { precision: 3, scale: 1 }, false)),
        Just(converted(field(2), DataType::Decimal { precision: 20, scale: 0 }, true)),
        Just(call(Function::Length, vec![field(5)])),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let conditions = conditions_over(inner.clone());
        prop_oneof![
            (inner.clone(), 0..OPS.len(), inner.clone()).prop_map(|(l, op, r)| arithmetic(l, OPS[op], r)),
            inner.clone().prop_map(|number| Expr::Negate(Box::new(number))),
            (inner.clone(), -2i64..3)
                .prop_map(|(number, digits)| call(Function::Round, vec![number, integer(digits)])),
            inner.clone().prop_map(|number| call(Function::Abs, vec![number])),
            inner.clone().prop_map(|number| call(Function::Floor, vec![number])),
            inner.clone().prop_map(|number| call(Function::Sqrt, vec![number])),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| call(Function::Coalesce, vec![a, b])),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| call(Function::Greatest, vec![a, b])),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| call(Function::NullIf, vec![a, b])),
            (conditions, inner.clone(), inner).prop_map(|(when, then, otherwise)| Expr::Case {
                branches: vec![(when, then)],
                otherwise: Some(Box::new(otherwise)),
            }),
        ]
    })
    .boxed()
}

fn conditions_over(numbers: BoxedStrategy<Expr>) -> BoxedStrategy<Expr> {
    let leaf = prop_oneof![
        (numbers.clone(), 0..COMPARISONS.len(), numbers.clone()).prop_map(|(l, op, r)| compare(
            l,
            COMPARISONS[op],
            r
        )),
        Just(field(4)),
        (numbers.clone(), any::<bool>())
            .prop_map(|(number, negated)| Expr::IsNull { expr: Box::new(number), negated }),
        (numbers.clone(), proptest::collection::vec(numbers, 1..4), any::<bool>())
            .prop_map(|(number, list, negated)| Expr::InList { expr: Box::new(number), list, negated }),
        any::<bool>().prop_map(|negated| Expr::Like {
            expr: Box::new(text("a%c")),
            pattern: Box::new(field(5)),
            escape: None,
            negated,
            case_insensitive: negated,
        }),
    ];
    leaf.prop_recursive(2, 6, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(l, r)| Expr::And(Box::new(l), Box::new(r))),
            (inner.clone(), inner.clone()).prop_map(|(l, r)| Expr::Or(Box::new(l), Box::new(r))),
            inner.prop_map(|condition| Expr::Not(Box::new(condition))),
        ]
    })
    .boxed()
}

fn expressions() -> impl Strategy<Value = Expr> {
    prop_oneof![numbers(), conditions_over(numbers())]
}

/// The values with decimals widened, or the message of the error.
fn outcome(expr: &Expr, block: &Block) -> Result<ArrayRef, String> {
    let message = |error: plimsoll_core::Error| error.to_string();
    let typed = bind(expr, &block.schema.types()).map_err(message)?;
    super::evaluate(&typed, block).map(|values| crate::arrays::wide(&values)).map_err(message)
}

/// Equality by bits: NaN is itself.
fn same(left: &Result<ArrayRef, String>, right: &Result<ArrayRef, String>) -> bool {
    match (left, right) {
        (Ok(left), Ok(right)) => left.to_data() == right.to_data(),
        (Err(left), Err(right)) => left == right,
        _ => false,
    }
}

/// A text column as views; any other as it is.
fn as_views(column: &ArrayRef) -> ArrayRef {
    match column.as_string_opt::<i32>() {
        Some(texts) => Arc::new(texts.iter().collect::<StringViewArray>()),
        None => Arc::clone(column),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn a_block_gives_what_its_rows_give(expr in expressions(), block in blocks()) {
        let whole = outcome(&expr, &block);
        let rows: Result<Vec<ArrayRef>, String> =
            (0..block.rows).map(|row| outcome(&expr, &slice(&block, row, 1))).collect();
        let rows = rows.map(|rows| {
            let rows: Vec<&dyn Array> = rows.iter().map(|row| &**row).collect();
            concat(&rows).unwrap()
        });
        prop_assert!(same(&whole, &rows), "{expr}: {whole:?} is not {rows:?}");
    }

    #[test]
    fn neither_offsets_nor_widths_matter(expr in expressions(), block in blocks()) {
        let expected = outcome(&expr, &block);
        let mut other = block.clone();
        other.columns = block.columns.iter().map(|column| sliced(&crate::arrays::wide(column))).collect();
        let found = outcome(&expr, &other);
        prop_assert!(same(&expected, &found), "{expr}: {expected:?} is not {found:?}");
    }

    #[test]
    fn encoded_texts_are_the_same_texts(expr in expressions(), block in blocks()) {
        let expected = outcome(&expr, &block);
        let mut other = block.clone();
        other.columns = block.columns.iter().map(as_views).collect();
        let found = outcome(&expr, &other);
        prop_assert!(same(&expected, &found), "{expr}: {expected:?} is not {found:?}");
    }

    #[test]
    fn exact_arithmetic_is_that_of_big_integers(
        x in any::<i128>().prop_map(|x| x % 10i128.pow(38)),
        y in prop_oneof![
            any::<i64>().prop_map(|y| i128::from(y % 10i64.pow(18))),
            any::<i128>().prop_map(|y| y % 10i128.pow(38)),
        ],
        shift in 0u32..38,
        op in 0..5usize,
    ) {
        let (x, op) = (x / 10i128.pow(shift), OPS[op]);
        // Values x / 10 and y / 100: the common scale is 2, that of the product 3.
        let right = match i64::try_from(y).ok().filter(|y| y.unsigned_abs() < 10u64.pow(18)) {
            Some(y) => narrow(&[Some(y)], 2),
            None => wide(&[Some(y)], 2),
        };
        let block = block(vec![wide(&[Some(x)], 1), right]);
        let result = run(&arithmetic(field(0), op, field(1)), &block);
        let (big_x, big_y) = (BigInt::from(x) * 10, BigInt::from(y));
        let limit = BigInt::from(10).pow(38);
        let beyond = |number: &BigInt| *number >= limit || *number <= -&limit;
        // All but `*` and `/` take the left side at scale 2.
        let misfit = !matches!(op, ArithmeticOp::Multiply | ArithmeticOp::Divide) && beyond(&big_x);
        let expected = match op {
            ArithmeticOp::Add => Some(&big_x + &big_y),
            ArithmeticOp::Subtract => Some(&big_x - &big_y),
            ArithmeticOp::Multiply => Some(BigInt::from(x) * &big_y),
            ArithmeticOp::Divide => {
                let quotient = (y != 0).then(|| {
                    crate::exact::ratio_to_f64(&(&big_x * y.signum()), &BigInt::from(y.abs()))
                });
                let result = result.unwrap();
                let found = result.as_primitive::<Float64Type>().iter().next().flatten();
                prop_assert_eq!(found, quotient);
                return Ok(());
            }
            ArithmeticOp::Remainder => (y != 0).then(|| &big_x % &big_y),
            ArithmeticOp::IntegerDivide => unreachable!("OPS has the others"),
        };
        if misfit || expected.as_ref().is_some_and(beyond) {
            prop_assert!(result.is_err());
        } else {
            let result = result.unwrap();
            let found = result.as_primitive::<Decimal128Type>().iter().next().flatten();
            prop_assert_eq!(found.map(BigInt::from), expected);
        }
    }

    #[test]
    fn decimals_compare_as_integers(
        rows in proptest::collection::vec((proptest::option::of(-9i64..9), proptest::option::of(-9i128..9)), 1..20),
        literal in prop_oneof![-9i128..9, Just(10i128.pow(37)), Just(-(10i128.pow(30)))],
        op in 0..6usize,
    ) {
        let holds = |ordering: Ordering| match COMPARISONS[op] {
            CompareOp::Equal => ordering.is_eq(),
            CompareOp::NotEqual => ordering.is_ne(),
            CompareOp::Less => ordering.is_lt(),
            CompareOp::LessOrEqual => ordering.is_le(),
            CompareOp::Greater => ordering.is_gt(),
            CompareOp::GreaterOrEqual => ordering.is_ge(),
        };
        let (left, right): (Vec<_>, Vec<_>) = rows.iter().copied().unzip();
        let block = block(vec![narrow(&left, 3), wide(&right, 3)]);
        let columns = run(&compare(field(0), COMPARISONS[op], field(1)), &block).unwrap();
        let constant = run(&compare(decimal(literal, 3), COMPARISONS[op], field(0)), &block).unwrap();
        for (row, (left, right)) in rows.iter().enumerate() {
            let read = |values: &ArrayRef| values.is_valid(row).then(|| values.as_boolean().value(row));
            let expected = left.zip(*right).map(|(left, right)| holds(i128::from(left).cmp(&right)));
            prop_assert_eq!(read(&columns), expected);
            prop_assert_eq!(read(&constant), left.map(|left| holds(literal.cmp(&i128::from(left)))));
        }
    }
}

#[test]
fn a_bare_column_is_given_as_it_is() {
    let block = block(vec![narrow(&[Some(15), None], 1)]);
    assert!(Arc::ptr_eq(&run(&field(0), &block).unwrap(), &block.columns[0]));
}

#[test]
fn no_row_no_failure() {
    let block = slice(&block(vec![integers(&[Some(1)])]), 0, 0);
    assert_eq!(run(&failing(), &block).unwrap().len(), 0);
}

#[test]
fn the_first_row_that_fails_is_the_one_named() {
    let block =
        block(vec![integers(&[Some(1), Some(i64::MAX), Some(2)]), texts(&[Some("1"), Some("2"), Some("x")])]);
    let number = converted(field(1), DataType::Int64, false);
    let sum = arithmetic(number, ArithmeticOp::Add, arithmetic(field(0), ArithmeticOp::Add, integer(1)));
    assert_eq!(refused(&sum, &block), "9223372036854775807 + 1 is out of the range of BIGINT");
}
