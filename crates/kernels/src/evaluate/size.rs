//! What evaluating an expression takes, told before it does.

use arrow::array::{ArrayRef, AsArray};
use plimsoll_core::{DataType, Function, Typed, TypedKind, Value};

use super::{argument_column, arguments, key_column};
use crate::Block;
use crate::arrays::{self, is_encoded};

/// Heap bytes that an expression takes over the rows of a block, at most but for what the allocator rounds up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EvaluatedSize {
    /// Bytes of the values; 0 for a column that is given as it is.
    pub values: usize,
    /// Bytes that are held at once on the way, with those of the values.
    pub peak: usize,
}

/// The longest texts: of a decimal, and of a value of any other type.
const DECIMAL_SHOWN: usize = 42;
const SHOWN: usize = 32;
/// Bytes that a format prints at most for one of its own.
const SPECIFIER_SHOWN: usize = 11;
/// Bytes that a text in the other case has at most for one of its own.
const OTHER_CASE: usize = 3;
/// A buffer of texts that grows has up to so many times the bytes that are in it.
const GROWN: usize = 2;

impl EvaluatedSize {
    /// Of evaluating one expression after another, all of whose values are kept.
    #[must_use]
    pub fn then(self, next: EvaluatedSize) -> Self {
        let values = self.values.saturating_add(next.values);
        EvaluatedSize { values, peak: self.peak.max(self.values.saturating_add(next.peak)) }
    }
}

/// What [`evaluate`](super::evaluate) takes for `expr` over `block`. Reads no value but the lengths of texts.
#[must_use]
pub fn evaluated_size(expr: &Typed, block: &Block) -> EvaluatedSize {
    let sized = sized(expr, block);
    match expr.kind {
        // A constant is repeated for each row, by the numbers of the rows.
        TypedKind::Literal(_) => {
            let values = bytes(expr.data_type, block.rows, sized.texts);
            EvaluatedSize { values, peak: values.saturating_add(block.rows * 4) }
        }
        _ => sized.size,
    }
}

/// What [`evaluate_key`](super::evaluate_key) takes, as [`evaluated_size`].
#[must_use]
pub fn evaluated_key_size(expr: &Typed, block: &Block) -> EvaluatedSize {
    key_column(expr).map_or_else(|| evaluated_size(expr, block), |_| EvaluatedSize::default())
}

/// What [`evaluate_argument`](super::evaluate_argument) takes, as [`evaluated_size`].
#[must_use]
pub fn evaluated_argument_size(expr: &Typed, block: &Block) -> EvaluatedSize {
    argument_column(expr).map_or_else(|| evaluated_size(expr, block), |_| EvaluatedSize::default())
}

/// An expression's size and, where it gives texts, about how many bytes these have, at most.
struct Sized {
    size: EvaluatedSize,
    texts: usize,
}

fn sized(expr: &Typed, block: &Block) -> Sized {
    let inputs: Vec<Sized> = arguments(expr).into_iter().map(|input| sized(input, block)).collect();
    let texts = match expr.data_type {
        DataType::Utf8 => texts(expr, &inputs, block),
        _ => 0,
    };
    let before = inputs.iter().fold(EvaluatedSize::default(), |all, input| all.then(input.size));
    let values = match &expr.kind {
        TypedKind::Literal(_) => 0,
        TypedKind::Field(column) => decoded(&block.columns[*column], expr.data_type, texts),
        TypedKind::Call(Function::Concat, _) => block.rows * 4 + texts,
        _ => bytes(expr.data_type, block.rows, texts),
    };
    let peak = before.values.saturating_add(values).saturating_add(beside(expr, block.rows));
    Sized { size: EvaluatedSize { values, peak: before.peak.max(peak) }, texts }
}

/// Bytes of the texts that `expr` gives, made of `inputs`.
fn texts(expr: &Typed, inputs: &[Sized], block: &Block) -> usize {
    let all = || inputs.iter().fold(0_usize, |all, input| all.saturating_add(input.texts));
    let first = || inputs.first().map_or(0, |input| input.texts);
    match &expr.kind {
        TypedKind::Field(column) => text_bytes(&block.columns[*column]),
        TypedKind::Literal(Value::Utf8(text)) => text.len().saturating_mul(block.rows),
        TypedKind::Cast { input, .. } => match input.data_type {
            DataType::Utf8 => first(),
            DataType::Decimal { .. } | DataType::Interval => block.rows.saturating_mul(DECIMAL_SHOWN),
            _ => block.rows.saturating_mul(SHOWN),
        },
        TypedKind::Call(Function::Lower | Function::Upper, _) => first().saturating_mul(OTHER_CASE),
        TypedKind::Call(Function::DayName | Function::MonthName, _) => block.rows.saturating_mul(SHOWN),
        // The longest of a specifier's two letters is a date and a time.
        TypedKind::Call(Function::Strftime, _) => inputs[1].texts.saturating_mul(SPECIFIER_SHOWN),
        TypedKind::Call(
            Function::Trim | Function::LeftTrim | Function::RightTrim | Function::Substr | Function::NullIf,
            _,
        ) => first(),
        TypedKind::Call(Function::Replace, arguments) => match arguments.as_slice() {
            [_, from, to] => first().saturating_mul(replaced(from, longest(to, inputs[2].texts, block))),
            _ => first(),
        },
        // Conditions are no text; what remains gives one of its inputs, or all of them one behind the other.
        _ => all(),
    }
}

/// How many bytes `replace` gives for one of its text at most, where it puts in texts of up to `longest` bytes.
fn replaced(from: &Typed, longest: usize) -> usize {
    let least = match &from.kind {
        TypedKind::Literal(Value::Utf8(text)) => text.len().max(1),
        _ => 1,
    };
    longest.div_ceil(least).max(1)
}

/// Bytes of the longest of the texts of `expr`, which have so many `texts` in all; not known of what is computed.
fn longest(expr: &Typed, texts: usize, block: &Block) -> usize {
    match &expr.kind {
        TypedKind::Literal(Value::Utf8(text)) => text.len(),
        TypedKind::Field(column) => lengths(&block.columns[*column]).max().unwrap_or(0),
        _ => texts,
    }
}

/// Bytes of an array of values.
fn bytes(data_type: DataType, rows: usize, texts: usize) -> usize {
    let nulls = rows / 8;
    let each = match data_type {
        DataType::Null => return 0,
        DataType::Boolean => 0,
        DataType::Date => 4,
        DataType::Int64 | DataType::Float64 | DataType::Timestamp | DataType::Time => 8,
        DataType::Decimal { .. } | DataType::Interval => 16,
        // The ends, in a buffer that grows, too.
        DataType::Utf8 => return (rows * 4 + texts).saturating_mul(GROWN).saturating_add(nulls),
    };
    2 * nulls + rows * each
}

/// Bytes of what an operator makes of its inputs for itself: decimals of both sides at one width, what intervals compare by.
fn beside(expr: &Typed, rows: usize) -> usize {
    let is_wide = |typed: &&Typed| matches!(typed.data_type, DataType::Decimal { .. } | DataType::Interval);
    match &expr.kind {
        TypedKind::Field(_) | TypedKind::Literal(_) => 0,
        _ => expr.children().iter().filter(|input| is_wide(input)).count() * 16 * rows,
    }
}

/// Bytes of a column as [`plain`](crate::arrays::plain) gives it; 0 where that is the column itself.
fn decoded(column: &ArrayRef, data_type: DataType, texts: usize) -> usize {
    if is_encoded(column, data_type) { bytes(data_type, column.len(), texts) } else { 0 }
}

/// Bytes of the texts of a column, each as often as it is there.
fn text_bytes(column: &ArrayRef) -> usize {
    match column.as_string_opt() {
        Some(texts) => arrays::text_bytes(texts),
        None => lengths(column).sum(),
    }
}

/// Bytes of each text of a column.
fn lengths(column: &ArrayRef) -> Box<dyn Iterator<Item = usize> + '_> {
    if let Some(texts) = column.as_string_opt::<i32>() {
        return Box::new(texts.offsets().lengths());
    }
    if let Some(views) = column.as_string_view_opt() {
        return Box::new(views.lengths().map(|length| length as usize));
    }
    let Some(dictionary) = column.as_any_dictionary_opt() else { return Box::new(std::iter::empty()) };
    let Some(texts) = dictionary.values().as_string_opt::<i32>() else { return Box::new(std::iter::empty()) };
    let lengths: Vec<usize> = texts.offsets().lengths().collect();
    // NULL may have any key.
    Box::new(dictionary.normalized_keys().into_iter().filter_map(move |key| lengths.get(key).copied()))
}
