//! Where an expression fails: the record, and the column whose value is to blame, where it is one alone.

use plimsoll_core::{Error, ErrorKind, Location, Typed, TypedKind, Value};

use crate::evaluate::{evaluate, is_true};

/// `error`, with which `expr` has failed for `row`, as an error of the data. `place` tells where the record or one of its
/// cells stands, `None` where there is no file.
pub(crate) fn blame(
    error: Error,
    expr: &Typed,
    row: &[Value],
    place: &dyn Fn(Option<usize>) -> Option<Location>,
) -> Error {
    let columns = columns(innermost(expr, row));
    let place = match columns[..] {
        // A constant that fails does so in every record.
        [] => None,
        [column] => place(Some(column)),
        _ => place(None),
    };
    match (error.into_kind(), place) {
        (ErrorKind::Value { message, hint }, Some(location)) => Error::data(location, message, hint),
        (kind, _) => kind.into(),
    }
}

/// The least part of `expr` that fails.
fn innermost<'a>(expr: &'a Typed, row: &[Value]) -> &'a Typed {
    let parts = match &expr.kind {
        TypedKind::Case { branches, otherwise } => {
            // The conditions up to the one that is true, and the result that is taken.
            let mut parts = Vec::new();
            let mut result = otherwise.as_deref();
            for (when, then) in branches {
                parts.push(when);
                if is_true(when, row).unwrap_or(true) {
                    result = Some(then);
                    break;
                }
            }
            parts.extend(result);
            parts
        }
        _ => expr.children(),
    };
    match parts.into_iter().find(|part| evaluate(part, row).is_err()) {
        Some(part) => innermost(part, row),
        None => expr,
    }
}

/// The columns in `expr`, each once.
fn columns(expr: &Typed) -> Vec<usize> {
    let mut all: Vec<usize> = match expr.kind {
        TypedKind::Field(column) => vec![column],
        _ => expr.children().into_iter().flat_map(columns).collect(),
    };
    all.sort_unstable();
    all.dedup();
    all
}
