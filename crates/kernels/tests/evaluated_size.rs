//! What an expression is said to take before it is evaluated, against what the allocator gave.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the test's message")]

use std::sync::Arc;

use arrow::array::{
    ArrayRef, Decimal64Array, DictionaryArray, Float64Array, Int64Array, StringArray, StringViewArray,
};
use arrow::datatypes::Int32Type;
use plimsoll_core::typed::bind;
use plimsoll_core::{ArithmeticOp, CompareOp, DataType, Expr, Field, Function, Schema, Value};
use plimsoll_kernels::{Block, evaluate, evaluated_size, evaluated_within};
use plimsoll_memory::{Counting, measure};

#[global_allocator]
static ALLOCATOR: Counting = Counting::system();

/// What arrays, lists of arguments and the text of one row take beside values, and a builder of texts begins with.
const FIXED: usize = 32 << 10;

const INTEGER: usize = 0;
const DECIMAL: usize = 1;
const FLOAT: usize = 2;
const TEXT: usize = 3;
const VIEW: usize = 4;
const DICTIONARY: usize = 5;

/// A column of every type and form; `length` says how long the text of a row is.
fn block(length: impl Fn(usize) -> usize) -> Block {
    let rows = 0..Block::ROWS;
    let integers = rows.clone().map(|row| row as i64 * 7_919 + 1);
    let texts: Vec<String> = rows.clone().map(|row| "ab".repeat(length(row))).collect();
    let decimals =
        Decimal64Array::from_iter_values(integers.clone()).with_precision_and_scale(18, 2).unwrap();
    let columns: [(ArrayRef, DataType); 6] = [
        (Arc::new(Int64Array::from_iter_values(integers)), DataType::Int64),
        (Arc::new(decimals), DataType::decimal(2)),
        (Arc::new(Float64Array::from_iter_values(rows.map(|row| (row as f64).sqrt()))), DataType::Float64),
        (Arc::new(StringArray::from_iter_values(&texts)), DataType::Utf8),
        (Arc::new(StringViewArray::from_iter_values(&texts)), DataType::Utf8),
        (Arc::new(texts.iter().map(String::as_str).collect::<DictionaryArray<Int32Type>>()), DataType::Utf8),
    ];
    let fields = columns.iter().zip(0..).map(|((_, of), at)| Field::new(format!("c{at}"), *of)).collect();
    let schema = Arc::new(Schema::new(fields));
    Block {
        position: 0,
        schema,
        columns: columns.into_iter().map(|(column, _)| column).collect(),
        rows: Block::ROWS,
    }
}

/// What each function may add would come to gigabytes: such expressions are tried within what there is room for.
#[test]
fn what_is_tried_ends_where_it_comes_to_too_much() {
    let block = block(|_| 50);
    let digits = (0..10).fold(field(TEXT), |inner, digit: u8| {
        call(Function::Replace, vec![inner, text(&digit.to_string()), text("number")])
    });
    let capitals = (0..60).fold(field(TEXT), |inner, _| call(Function::Upper, vec![inner]));
    let growing =
        (0..8).fold(field(VIEW), |inner, _| call(Function::Replace, vec![inner, text("ab"), text("abab")]));
    let types: Vec<DataType> = block.schema.fields.iter().map(|field| field.data_type).collect();
    for expr in [digits, capitals, growing] {
        let typed = bind(&expr, &types).unwrap();
        let values = evaluate(&typed, &block).unwrap();
        let given = values.get_array_memory_size();
        let tried = |bytes| evaluated_within(bytes, || evaluate(&typed, &block)).unwrap();
        assert_eq!(tried(100 * given).as_ref(), Some(&values));
        let (ended, measured) = measure(|| tried(given / 8));
        assert!(ended.is_none(), "{given} bytes are more than an eighth");
        assert!(measured.peak_bytes <= given as u64, "{} of {given}", measured.peak_bytes);
    }
    // Other errors stay what they are.
    let root = call(Function::Sqrt, vec![Expr::Literal(Value::Int64(-1))]);
    let fails = bind(&root, &types).unwrap();
    assert!(evaluated_within(1 << 20, || evaluate(&fails, &block)).is_err());
}

fn field(column: usize) -> Expr {
    Expr::Field(column)
}

fn text(of: &str) -> Expr {
    Expr::Literal(Value::Utf8(of.into()))
}

fn call(function: Function, arguments: Vec<Expr>) -> Expr {
    Expr::Call(function, arguments)
}

fn arithmetic(op: ArithmeticOp, left: Expr, right: Expr) -> Expr {
    Expr::Arithmetic(op, Box::new(left), Box::new(right))
}

fn cast(expr: Expr) -> Expr {
    Expr::Cast { expr: Box::new(expr), data_type: DataType::Utf8, lenient: false }
}

fn concat(parts: impl IntoIterator<Item = Expr>) -> Expr {
    parts.into_iter().reduce(|all, part| call(Function::Concat, vec![all, part])).unwrap()
}

/// Expressions of every kind, and how many times more may be said of them than is taken.
fn expressions() -> Vec<(Expr, usize)> {
    use ArithmeticOp::{Add, Divide, Multiply};
    let is_odd = Expr::Compare(CompareOp::Less, Box::new(field(INTEGER)), Box::new(field(DECIMAL)));
    let cases = |then, otherwise| Expr::Case {
        branches: vec![(is_odd.clone(), then)],
        otherwise: Some(Box::new(otherwise)),
    };
    let one = || Expr::Literal(Value::Int64(1));
    vec![
        (field(INTEGER), 1),
        (field(TEXT), 1),
        (field(VIEW), 3),
        (field(DICTIONARY), 3),
        (one(), 2),
        (text("abc"), 3),
        (arithmetic(Add, field(INTEGER), one()), 2),
        (arithmetic(Add, field(INTEGER), arithmetic(Multiply, field(FLOAT), field(FLOAT))), 2),
        (arithmetic(Multiply, field(DECIMAL), field(DECIMAL)), 3),
        (arithmetic(Add, field(DECIMAL), field(INTEGER)), 4),
        (arithmetic(Divide, field(DECIMAL), field(INTEGER)), 6),
        (is_odd.clone(), 99),
        (concat([field(TEXT), text("-"), field(TEXT), text("-"), field(TEXT)]), 2),
        (concat([field(VIEW), field(INTEGER)]), 3),
        (call(Function::Upper, vec![field(TEXT)]), 8),
        (call(Function::Trim, vec![field(VIEW)]), 3),
        (call(Function::Substr, vec![field(TEXT), one()]), 3),
        (call(Function::Replace, vec![field(TEXT), text("a"), text("12345")]), 4),
        (call(Function::Replace, vec![field(TEXT), text("ab"), field(VIEW)]), 4),
        (call(Function::Length, vec![field(TEXT)]), 2),
        (cast(field(INTEGER)), 6),
        (cast(field(DECIMAL)), 6),
        (cast(field(FLOAT)), 4),
        (cases(field(INTEGER), one()), 2),
        (cases(field(TEXT), call(Function::Upper, vec![field(VIEW)])), 16),
        (call(Function::Coalesce, vec![field(VIEW), field(TEXT)]), 8),
        (call(Function::Greatest, vec![field(TEXT), field(VIEW)]), 8),
    ]
}

#[test]
fn evaluating_an_expression() {
    let blocks =
        [block(|_| 5), block(|row| 1 + row % 100), block(|row| if row % 64 == 0 { 2_000 } else { 0 })];
    for (number, block) in blocks.iter().enumerate() {
        for (expr, most) in expressions() {
            let typed = bind(&expr, &block.schema.types()).unwrap();
            let said = evaluated_size(&typed, block);
            let (values, measured) = measure(|| evaluate(&typed, block));
            values.unwrap();
            let (peak, live) = (measured.peak_bytes as usize, measured.live_bytes as usize);
            let name = format!("{expr} of block {number}");
            println!("{name}: {said:?} said, {peak} given, {live} kept");
            assert!(
                peak <= said.peak + FIXED && live <= said.values + FIXED,
                "{name}: {said:?}, {peak}, {live}"
            );
            assert!(
                said.peak <= peak.saturating_mul(most).saturating_add(FIXED),
                "{name}: {said:?} said, {peak} given"
            );
        }
    }
}
