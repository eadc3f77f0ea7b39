//! Which row of a block fails, by which of its columns, and where that stands in the file. Evaluates nothing that has not
//! failed already: whoever comes here ends the query.

use arrow::array::{Array, AsArray};
use plimsoll_core::{Error, ErrorKind, Location, Typed, TypedKind, separators};
use plimsoll_kernels::{Block, evaluate};

/// Tells where the row of a position stands in the file: the cell of a column of the block where one is meant, else the
/// record. `None` where the rows come from no file.
pub type Place<'a> = &'a dyn Fn(u64, Option<usize>) -> Option<Location>;

/// Of the last block that a base has given, as [`Place`].
pub type PlaceOf<I> = fn(&I, u64, Option<usize>) -> Option<Location>;

/// No row stands anywhere.
pub fn nowhere<I>(_: &I, _: u64, _: Option<usize>) -> Option<Location> {
    None
}

/// The error of evaluating `expressions` for `block`, some row of which has failed with `error`: that of the first row, of
/// the first expression there, with its place and the column that is to blame where it is one alone.
pub(crate) fn blame(error: Error, expressions: &[&Typed], block: &Block, place: Place<'_>) -> Error {
    if !matches!(error.kind(), ErrorKind::Value { .. }) {
        return error;
    }
    let fails = |rows: usize| {
        let block = block.slice(0, rows);
        expressions.iter().any(|expr| evaluate(expr, &block).is_err())
    };
    // The fewest rows from the front that fail: the last of them does.
    let (mut good, mut bad) = (0, block.rows);
    while bad - good > 1 {
        let middle = good + (bad - good) / 2;
        if fails(middle) { bad = middle } else { good = middle }
    }
    let row = block.slice(good, bad - good);
    let failed = expressions.iter().find_map(|expr| Some((*expr, evaluate(expr, &row).err()?)));
    let Some((expr, error)) = failed else { return error };
    let innermost = innermost(expr, &row);
    let mut fields = Vec::new();
    collect_fields(innermost, &mut fields);
    let column = match fields[..] {
        // What no column takes part in is wrong whatever the record.
        [] => return error,
        [column] => Some(column),
        _ => None,
    };
    located(error, place(row.position, column), casts_to_number(innermost))
}

/// The error as one of the data, where it has a place.
fn located(error: Error, place: Option<Location>, casts_to_number: bool) -> Error {
    match (error.into_kind(), place) {
        (ErrorKind::Value { message, hint }, Some(location)) => {
            let cell = location.column.as_deref().zip(location.value.as_deref());
            let numbers = cell.filter(|_| casts_to_number);
            let numbers = numbers.and_then(|(column, value)| separators::expression(column, value));
            let hint = numbers.map_or(hint, |numbers| format!("the value has separators: write {numbers}"));
            Error::data(location, message, hint)
        }
        (kind, _) => kind.into(),
    }
}

/// Whether it reads numbers from a column of text.
fn casts_to_number(expr: &Typed) -> bool {
    let is_cast =
        matches!(&expr.kind, TypedKind::Cast { input, .. } if matches!(input.kind, TypedKind::Field(_)));
    is_cast && expr.data_type.is_numeric()
}

/// The part of `expr`, which fails for the one row, that fails while its own parts do not.
fn innermost<'a>(expr: &'a Typed, row: &Block) -> &'a Typed {
    let fails = |part: &&Typed| evaluate(part, row).is_err();
    let failed = match &expr.kind {
        // Of a CASE only conditions up to the first that is true, and its result.
        TypedKind::Case { branches, otherwise } => {
            let taken = branches.iter().find_map(|(when, then)| match evaluate(when, row) {
                Err(_) => Some(when),
                Ok(truth) => truth
                    .as_boolean_opt()
                    .is_some_and(|truth| truth.is_valid(0) && truth.value(0))
                    .then_some(then),
            });
            taken.or(otherwise.as_deref()).filter(fails)
        }
        // Parts that are not evaluated come behind those that are.
        _ => expr.children().into_iter().find(fails),
    };
    failed.map_or(expr, |part| innermost(part, row))
}

fn collect_fields(expr: &Typed, fields: &mut Vec<usize>) {
    if let TypedKind::Field(index) = expr.kind
        && !fields.contains(&index)
    {
        fields.push(index);
    }
    expr.children().into_iter().for_each(|part| collect_fields(part, fields));
}
