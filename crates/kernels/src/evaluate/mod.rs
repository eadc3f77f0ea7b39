//! Expressions over blocks: dispatch by kind of expression, and the search for the first row that fails.
//!
//! One file for each family of operators. Every expression gives an `Operand`: a column, or the one value that all rows
//! share, so that constants are never repeated for each row on the way. Whatever does not need all rows (AND, OR, CASE,
//! coalesce) goes through `lazy`.

mod allowance;
mod arithmetic;
mod case;
mod cast;
mod compare;
mod condition;
mod cost;
mod divide;
mod in_list;
mod lazy;
mod like;
mod literal;
mod logic;
mod math;
mod operand;
mod round;
mod size;
mod temporal;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod text;

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, new_empty_array};
use arrow::error::ArrowError;
use plimsoll_core::{ArithmeticOp, DataType, Error, Function, Result, Typed, TypedKind};

pub use self::allowance::evaluated_within;
pub use self::condition::Condition;
use self::operand::Operand;
pub use self::size::{EvaluatedSize, evaluated_argument_size, evaluated_key_size, evaluated_size};
use crate::Block;
use crate::arrays::{arrow_type, is_encoded, plain};

/// The values of `expr` for each row of `block`. A bare column is given as it is; decimals are otherwise
/// `Decimal128Array`s of the expression's precision and scale.
///
/// # Errors
/// `Value` for an overflow, a failing CAST, a square root below 0, a logarithm at or below 0 or a LIKE pattern that ends
/// with its escape character, in the first row that has one.
pub fn evaluate(expr: &Typed, block: &Block) -> Result<ArrayRef> {
    if let TypedKind::Field(index) = expr.kind {
        return plain(&block.columns[index], expr.data_type);
    }
    if block.rows == 0 {
        return Ok(new_empty_array(&arrow_type(expr.data_type)));
    }
    match operand(expr, block) {
        Ok(values) => values.into_column(expr.data_type, block.rows),
        Err(error) if allowance::passed() => Err(error),
        Err(error) => Err(first_failure(expr, block, error)),
    }
}

/// As [`evaluate`], but a bare column of text stays encoded as its source gives it (see [`crate::arrays`]): for keys of a
/// [`GroupTable`](crate::GroupTable).
///
/// # Errors
/// As [`evaluate`].
pub fn evaluate_key(expr: &Typed, block: &Block) -> Result<ArrayRef> {
    match key_column(expr) {
        Some(column) => Ok(Arc::clone(&block.columns[column])),
        None => evaluate(expr, block),
    }
}

/// As [`evaluate`], but a bare column of anything but text stays encoded: for arguments of aggregates.
///
/// # Errors
/// As [`evaluate`].
pub fn evaluate_argument(expr: &Typed, block: &Block) -> Result<ArrayRef> {
    match argument_column(expr) {
        Some(column) => Ok(Arc::clone(&block.columns[column])),
        None => evaluate(expr, block),
    }
}

/// The column that a key is as it is.
fn key_column(expr: &Typed) -> Option<usize> {
    match expr.kind {
        TypedKind::Field(column) if expr.data_type == DataType::Utf8 => Some(column),
        _ => None,
    }
}

/// The column that an argument is as it is.
fn argument_column(expr: &Typed) -> Option<usize> {
    match expr.kind {
        TypedKind::Field(column) if expr.data_type != DataType::Utf8 => Some(column),
        _ => None,
    }
}

/// The values of `expr` for a block of one row at least. Where several rows fail, the error is that of any of them.
fn operand(expr: &Typed, block: &Block) -> Result<Operand> {
    let given = made(expr, block)?;
    let is_new = match expr.kind {
        TypedKind::Field(index) => is_encoded(&block.columns[index], expr.data_type),
        _ => true,
    };
    if is_new {
        allowance::spend(|| given.array().get_array_memory_size())?;
    }
    Ok(given)
}

fn made(expr: &Typed, block: &Block) -> Result<Operand> {
    use TypedKind as K;
    let data_type = expr.data_type;
    match &expr.kind {
        K::Field(index) => Ok(Operand::column(plain(&block.columns[*index], data_type)?)),
        K::Literal(value) => Ok(Operand::constant(literal::array(&[value], data_type))),
        K::Cast { input, lenient } => {
            cast::cast(&operand(input, block)?, input.data_type, data_type, *lenient)
        }
        K::Not(input) => logic::not(&operand(input, block)?),
        K::Negate(input) => arithmetic::negate(&operand(input, block)?, data_type),
        K::Arithmetic(op, left, right) => {
            let operands = (operand(left, block)?, operand(right, block)?);
            match (op, left.data_type) {
                (ArithmeticOp::Divide, DataType::Int64 | DataType::Decimal { .. }) => {
                    divide::exact(&operands.0, &operands.1)
                }
                (_, temporal) if temporal.is_temporal() => {
                    temporal::arithmetic(*op, &operands.0, &operands.1)
                }
                _ => arithmetic::arithmetic(*op, &operands.0, &operands.1, data_type),
            }
        }
        K::Compare(op, left, right) => match compare::views(*op, left, right, block) {
            Some(compared) => compared,
            None => compare::compare(*op, &operand(left, block)?, &operand(right, block)?),
        },
        K::And(left, right) => logic::and(left, right, block),
        K::Or(left, right) => logic::or(left, right, block),
        K::IsNull { input, negated } => logic::is_null(&operand(input, block)?, *negated),
        K::InList { input, list, negated } => {
            in_list::in_list(&operand(input, block)?, list, *negated, block)
        }
        K::InSet { input, set, negated, .. } => in_list::in_set(&operand(input, block)?, set, *negated),
        K::Like { input, pattern, escape, negated, case_insensitive } => {
            let (texts, patterns) = (operand(input, block)?, operand(pattern, block)?);
            let found = like::like(&texts, &patterns, *escape, *case_insensitive)?;
            if *negated { logic::not(&found) } else { Ok(found) }
        }
        K::Case { branches, otherwise } => case::case(branches, otherwise.as_deref(), data_type, block),
        K::Call(Function::Coalesce, arguments) => case::coalesce(arguments, data_type, block),
        K::Call(function, _) => {
            let arguments = arguments(expr).into_iter().map(|argument| operand(argument, block));
            call(*function, &arguments.collect::<Result<Vec<_>>>()?, data_type)
        }
    }
}

/// What a function is called with. A chain of `||` is one call, so that no text is copied again for each part.
fn arguments(expr: &Typed) -> Vec<&Typed> {
    match expr.kind {
        TypedKind::Call(Function::Concat, _) => {
            let mut parts = Vec::new();
            push_parts(expr, &mut parts);
            parts
        }
        _ => expr.children(),
    }
}

/// Adds the parts of a text: those of a `||`, else itself.
fn push_parts<'a>(text: &'a Typed, parts: &mut Vec<&'a Typed>) {
    match &text.kind {
        TypedKind::Call(Function::Concat, both) => both.iter().for_each(|part| push_parts(part, parts)),
        _ => parts.push(text),
    }
}

/// A function that takes all of its arguments for all rows.
fn call(function: Function, arguments: &[Operand], data_type: DataType) -> Result<Operand> {
    use Function as F;
    match (function, arguments) {
        (F::Greatest | F::Least, _) => compare::extreme(function, arguments, data_type),
        (F::Abs, [number]) => arithmetic::abs(number, data_type),
        (F::Round, [number, digits]) => round::round(number, digits, data_type),
        (F::Floor | F::Ceil, [number]) => round::whole(function, number, data_type),
        (F::Sqrt | F::Ln | F::Log10 | F::Log2 | F::Exp, [number]) => math::unary(function, number),
        (F::Power, [base, exponent]) => Ok(math::power(base, exponent)),
        (F::DatePart, [part, input]) => temporal::part(part, input, data_type),
        (F::DateTrunc, [part, input]) => temporal::truncate(part, input),
        (F::DateDiff | F::DateSub, [part, from, to]) => temporal::distance(function, part, from, to),
        (F::DayName | F::MonthName, [input]) => temporal::name(function, input),
        (F::LastDay, [input]) => Ok(temporal::last_day(input)),
        (F::Strftime, [input, format]) => temporal::strftime(input, format),
        (F::Strptime | F::TryStrptime, [text, format]) => temporal::strptime(function, text, format),
        (F::MakeDate | F::MakeTime | F::MakeTimestamp | F::ToTimestamp | F::EpochMs, arguments) => {
            temporal::make(function, arguments, data_type)
        }
        (F::Concat, parts) => text::concat(parts),
        (F::Lower | F::Upper | F::Trim | F::LeftTrim | F::RightTrim, [input]) => text::map(function, input),
        (F::Length, [input]) => Ok(text::length(input)),
        (F::Substr, [input, start, length @ ..]) => text::substr(input, start, length.first()),
        (F::Replace, [input, from, to]) => text::replace(input, from, to),
        (F::Position, [input, part]) => Ok(text::position(input, part)),
        (F::StartsWith, [input, prefix]) => text::starts_with(input, prefix),
        _ => Err(Error::plan(format!("{}() has no such arguments", function.name()), "")),
    }
}

/// The error of the first row of `block` that fails, by bisection over prefixes; `error` is that of some row.
fn first_failure(expr: &Typed, block: &Block, error: Error) -> Error {
    let (mut good, mut bad) = (0, block.rows);
    while bad - good > 1 {
        let middle = good + (bad - good) / 2;
        match operand(expr, &lazy::slice(block, 0, middle)) {
            Ok(_) => good = middle,
            Err(_) => bad = middle,
        }
    }
    operand(expr, &lazy::slice(block, good, 1)).err().unwrap_or(error)
}

/// What an Arrow kernel could not do: its result has no room in an array.
#[allow(clippy::needless_pass_by_value, reason = "the signature that map_err takes")]
fn kernel_error(error: ArrowError) -> Error {
    Error::value(error.to_string())
}
