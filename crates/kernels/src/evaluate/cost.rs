//! What an expression costs a row, and whether a row of it can fail.

use std::sync::Arc;

use plimsoll_core::{DataType, Schema, Typed, TypedKind, Value};

use super::operand::Operand;
use super::{like, literal, operand};
use crate::Block;

/// Roughly, in comparisons of two numbers. `None` where a row can fail, or may: then it must not be evaluated for rows
/// that do not need it.
pub(super) fn cost(expr: &Typed) -> Option<u32> {
    let inputs = expr.children().into_iter();
    let from = |place: usize| expr.children().get(place).map(|input| input.data_type);
    let here = match &expr.kind {
        TypedKind::Field(_) | TypedKind::Literal(_) => return Some(0),
        _ if is_constant(expr) => return operand(expr, &nothing()).ok().map(|_| 0),
        TypedKind::And(..) | TypedKind::Or(..) | TypedKind::Not(_) | TypedKind::IsNull { .. } => 1,
        TypedKind::Compare(_, left, _) => of_comparison(left.data_type),
        TypedKind::InList { input, list, .. } => {
            of_comparison(input.data_type) * u32::try_from(list.len()).unwrap_or(u32::MAX).min(16)
        }
        TypedKind::InSet { input, .. } => of_comparison(input.data_type) * 16,
        TypedKind::Like { pattern, escape, case_insensitive, .. } => {
            let text = Operand::constant(literal::array(&[&Value::Utf8("".into())], DataType::Utf8));
            let compiles = is_constant(pattern)
                && operand(pattern, &nothing())
                    .is_ok_and(|pattern| like::like(&text, &pattern, *escape, *case_insensitive).is_ok());
            if !compiles {
                return None;
            }
            if *case_insensitive { 64 } else { 32 }
        }
        TypedKind::Arithmetic(..) if expr.data_type == DataType::Float64 => {
            if from(0) == Some(DataType::Float64) { 1 } else { 16 }
        }
        TypedKind::Cast { input, .. } => match (input.data_type, expr.data_type) {
            (DataType::Int64, DataType::Float64) => 1,
            // 19 digits always fit before the point.
            (DataType::Int64, DataType::Decimal { precision, scale }) if precision >= scale + 19 => 1,
            _ => return None,
        },
        _ => return None,
    };
    inputs.map(cost).try_fold(here, |sum, input| Some(sum + input?))
}

fn of_comparison(of: DataType) -> u32 {
    if of == DataType::Utf8 { 8 } else { 1 }
}

/// Whether it reads no column.
fn is_constant(expr: &Typed) -> bool {
    !matches!(expr.kind, TypedKind::Field(_)) && expr.children().into_iter().all(is_constant)
}

/// One row without columns.
fn nothing() -> Block {
    Block { position: 0, schema: Arc::new(Schema::default()), columns: Vec::new(), rows: 1 }
}
