//! What the tests of the evaluator share: short ways to write blocks and expressions, and to read results.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BooleanArray, Date32Array, Decimal64Array, Decimal128Array, Float64Array, Int64Array,
    StringArray, Time64MicrosecondArray, TimestampMicrosecondArray,
};
use arrow::compute::concat;
use plimsoll_core::typed::bind;
use plimsoll_core::{ArithmeticOp, CompareOp, DataType, Expr, Field, Function, Result, Schema, Value};

use super::cast::cast;
use super::evaluate;
use super::operand::Operand;
use crate::Block;
use crate::arrays::scale_of;

pub(super) fn block(columns: Vec<(ArrayRef, DataType)>) -> Block {
    let rows = columns.first().map_or(1, |(column, _)| column.len());
    let fields = columns.iter().enumerate().map(|(at, (_, of))| Field::new(format!("c{at}"), *of));
    let schema = Arc::new(Schema::new(fields.collect()));
    Block { position: 0, schema, columns: columns.into_iter().map(|(column, _)| column).collect(), rows }
}

/// A block of one row without columns, for expressions of constants.
pub(super) fn nothing() -> Block {
    block(Vec::new())
}

pub(super) fn integers(values: &[Option<i64>]) -> (ArrayRef, DataType) {
    (Arc::new(Int64Array::from(values.to_vec())), DataType::Int64)
}

pub(super) fn floats(values: &[Option<f64>]) -> (ArrayRef, DataType) {
    (Arc::new(Float64Array::from(values.to_vec())), DataType::Float64)
}

pub(super) fn booleans(values: &[Option<bool>]) -> (ArrayRef, DataType) {
    (Arc::new(BooleanArray::from(values.to_vec())), DataType::Boolean)
}

pub(super) fn texts(values: &[Option<&str>]) -> (ArrayRef, DataType) {
    (Arc::new(StringArray::from(values.to_vec())), DataType::Utf8)
}

pub(super) fn dates(values: &[Option<i32>]) -> (ArrayRef, DataType) {
    (Arc::new(Date32Array::from(values.to_vec())), DataType::Date)
}

pub(super) fn timestamps(values: &[Option<i64>]) -> (ArrayRef, DataType) {
    (Arc::new(TimestampMicrosecondArray::from(values.to_vec())), DataType::Timestamp)
}

pub(super) fn times(values: &[Option<i64>]) -> (ArrayRef, DataType) {
    (Arc::new(Time64MicrosecondArray::from(values.to_vec())), DataType::Time)
}

pub(super) fn narrow(values: &[Option<i64>], scale: u8) -> (ArrayRef, DataType) {
    let mantissas = Decimal64Array::from(values.to_vec()).with_precision_and_scale(18, scale_of(scale));
    (Arc::new(mantissas.unwrap()), DataType::decimal(scale))
}

pub(super) fn wide(values: &[Option<i128>], scale: u8) -> (ArrayRef, DataType) {
    let mantissas = Decimal128Array::from(values.to_vec()).with_precision_and_scale(38, scale_of(scale));
    (Arc::new(mantissas.unwrap()), DataType::decimal(scale))
}

/// The same column as the end of a longer array.
pub(super) fn sliced(column: &ArrayRef) -> ArrayRef {
    let twice = concat(&[column, column]).unwrap();
    twice.slice(column.len(), column.len())
}

pub(super) fn field(index: usize) -> Expr {
    Expr::Field(index)
}

pub(super) fn text(value: &str) -> Expr {
    Expr::Literal(Value::Utf8(value.into()))
}

pub(super) fn integer(value: i64) -> Expr {
    Expr::Literal(Value::Int64(value))
}

pub(super) fn decimal(mantissa: i128, scale: u8) -> Expr {
    Expr::Literal(Value::decimal(mantissa, scale))
}

pub(super) fn float(value: f64) -> Expr {
    Expr::Literal(Value::Float64(value))
}

pub(super) fn null() -> Expr {
    Expr::Literal(Value::Null)
}

pub(super) fn arithmetic(left: Expr, op: ArithmeticOp, right: Expr) -> Expr {
    Expr::Arithmetic(op, Box::new(left), Box::new(right))
}

pub(super) fn compare(left: Expr, op: CompareOp, right: Expr) -> Expr {
    Expr::Compare(op, Box::new(left), Box::new(right))
}

pub(super) fn call(function: Function, arguments: Vec<Expr>) -> Expr {
    Expr::Call(function, arguments)
}

pub(super) fn converted(expr: Expr, data_type: DataType, lenient: bool) -> Expr {
    Expr::Cast { expr: Box::new(expr), data_type, lenient }
}

/// An integer expression that fails on every row.
pub(super) fn failing() -> Expr {
    converted(text("no number"), DataType::Int64, false)
}

/// The values as an array, and checks that they are of the array type that `arrays` promises.
pub(super) fn run(expr: &Expr, block: &Block) -> Result<ArrayRef> {
    let typed = bind(expr, &block.schema.types()).unwrap();
    let values = evaluate(&typed, block)?;
    assert_eq!(values.len(), block.rows);
    if !matches!(expr, Expr::Field(_)) {
        assert_eq!(*values.data_type(), crate::arrays::arrow_type(typed.data_type));
    }
    Ok(values)
}

/// The canonical texts of the values.
pub(super) fn shown(expr: &Expr, block: &Block) -> Vec<String> {
    let values = run(expr, block).unwrap();
    let data_type = bind(expr, &block.schema.types()).unwrap().data_type;
    let texts = cast(&Operand::column(values), data_type, DataType::Utf8, false).unwrap();
    let texts = texts.array().as_any().downcast_ref::<StringArray>().unwrap();
    texts.iter().map(|text| text.unwrap_or("NULL").to_owned()).collect()
}

/// The canonical text of a constant expression.
pub(super) fn constant(expr: &Expr) -> String {
    shown(expr, &nothing()).remove(0)
}

/// The message of the error that an expression of constants gives.
pub(super) fn refused(expr: &Expr, block: &Block) -> String {
    run(expr, block).unwrap_err().to_string()
}
