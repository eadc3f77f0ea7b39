//! A query from its file to its rows: one stage after the other, each over all rows of the one before.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::io::Read;

use plimsoll_core::{
    DataType, Error, Expr, Field, Query, Resolved, Result, Schema, SortKey, Typed, Value, resolve, typed,
};

use crate::blame::blame;
use crate::encoding::in_file;
use crate::evaluate::evaluate;
use crate::group::grouped;
use crate::order::{Key, order};
use crate::read::Table;
use crate::typing::{Reading, Selected};

/// The result of a query.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    /// Names and final types of the outputs.
    pub schema: Schema,
    /// The rows, each with one value an output: of its type, or NULL.
    pub rows: Vec<Vec<Value>>,
}

plimsoll_memory::impl_deep_size!(struct Rows { schema, rows });

/// Runs `query` over the file that it names; `-` and `/dev/stdin` are standard input.
///
/// With `bare_text`, where rows could be given out while the file is read ([`Resolved::streams`]), an output that is a
/// bare column is the cells' own text, of type `Utf8`: NULL where a cell is empty or a NULL text and not quoted. For
/// that use the cells have no type but one that the user gives.
///
/// # Errors
/// `Io`; `Plan`, `Type` and `UnknownColumn` for a query that means nothing; `Data` for the first broken record and for a
/// cell that the query cannot take; `Value` for what no result can hold.
pub fn run(query: &Query, bare_text: bool) -> Result<Rows> {
    let path = query.from.path.as_str();
    let bytes = match path {
        "-" | "/dev/stdin" => {
            let mut bytes = Vec::new();
            std::io::stdin().read_to_end(&mut bytes).map(|_| bytes)
        }
        _ => std::fs::read(path),
    };
    run_bytes(query, &bytes.map_err(|source| Error::io(path, source))?, bare_text)
}

/// [`run`] over the bytes of a file.
///
/// # Errors
/// As [`run`].
pub fn run_bytes(query: &Query, bytes: &[u8], bare_text: bool) -> Result<Rows> {
    run_text(query, bytes, bare_text).map_err(|error| in_file(error, bytes, &query.from.options))
}

/// [`run_bytes`], but errors count bytes of the text.
fn run_text(query: &Query, bytes: &[u8], bare_text: bool) -> Result<Rows> {
    let options = &query.from.options;
    let table = Table::read(bytes, options, &query.from.path)?;
    let resolved = resolve(query, &table.schema())?;
    let bare = |expr: &Expr| match expr {
        Expr::Field(column) if bare_text && resolved.streams() => Some(*column),
        _ => None,
    };
    let mut reading = Reading::new(table, options, &resolved, &used_fields(&resolved, bare))?;
    finished(&resolved, &mut reading, bare)
}

/// The stages behind WHERE. `bare` tells which outputs are given as the text of their cells.
pub(crate) fn finished(
    resolved: &Resolved,
    selected: &mut impl Selected,
    bare: impl Fn(&Expr) -> Option<usize>,
) -> Result<Rows> {
    let (types, rows) = match &resolved.grouping {
        Some(grouping) => grouped(resolved, grouping, selected)?,
        None => plain(resolved, selected, bare)?,
    };
    let names = resolved.outputs.iter().take(resolved.visible).map(|(name, _)| name);
    let schema = Schema::new(names.zip(types).map(|(name, data_type)| Field::new(name, data_type)).collect());
    Ok(Rows { schema, rows: arrange(resolved, rows, selected)? })
}

/// The columns whose values the query uses; those that it only gives as their own text are left out.
fn used_fields(resolved: &Resolved, bare: impl Fn(&Expr) -> Option<usize>) -> Vec<usize> {
    let mut valued = resolved.clone();
    if valued.grouping.is_none() {
        valued.outputs.retain(|(_, expr)| bare(expr).is_none());
    }
    valued.input_fields()
}

/// What one output gives.
enum Output {
    /// The cells of a column as they are.
    Text(usize),
    Value(Typed),
}

/// The types and values of all outputs, hidden ones included, of a query without groups.
fn plain(
    resolved: &Resolved,
    selected: &mut impl Selected,
    bare: impl Fn(&Expr) -> Option<usize>,
) -> Result<(Vec<DataType>, Vec<Vec<Value>>)> {
    let types = selected.types();
    let mut outputs = Vec::new();
    for (_, expr) in &resolved.outputs {
        outputs.push(match bare(expr) {
            Some(column) => Output::Text(column),
            None => {
                Output::Value(typed::bind(expr, &types).map_err(|error| selected.name_cell(error, &Some))?)
            }
        });
    }
    let type_of = |output: &Output| match output {
        Output::Text(_) => DataType::Utf8,
        Output::Value(typed) => typed.data_type,
    };
    let output_types: Vec<DataType> = outputs.iter().map(type_of).collect();
    typed::check_output_keys(resolved, &output_types)?;
    let mut rows = Vec::new();
    for record in selected.passing() {
        let row = selected.used_row(*record)?;
        let values = outputs.iter().map(|output| match output {
            Output::Text(column) => selected.text(*record, *column),
            Output::Value(typed) => evaluate(typed, &row)
                .map_err(|error| blame(error, typed, &row, &|column| selected.place(*record, column))),
        });
        rows.push(values.collect::<Result<_>>()?);
    }
    selected.end()?;
    Ok((output_types, rows))
}

/// DISTINCT, ORDER BY, OFFSET and LIMIT over the rows of all outputs; what is left has the visible ones.
fn arrange(
    resolved: &Resolved,
    mut rows: Vec<Vec<Value>>,
    selected: &impl Selected,
) -> Result<Vec<Vec<Value>>> {
    if resolved.distinct {
        let (mut seen, mut kept) = (BTreeSet::new(), Vec::new());
        for row in rows {
            selected.check()?;
            if seen.insert(Key(row[..resolved.visible].to_vec())) {
                kept.push(row);
            }
        }
        rows = kept;
    }
    rows.sort_by(|left, right| {
        let keys = resolved.order_by.iter().map(|key| order_by(key, &left[key.output], &right[key.output]));
        keys.fold(Ordering::Equal, Ordering::then)
    });
    let skipped = usize::try_from(resolved.offset).unwrap_or(usize::MAX);
    let most = resolved.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    let shown = rows.into_iter().skip(skipped).take(most);
    Ok(shown.map(|row| row.into_iter().take(resolved.visible).collect()).collect())
}

/// NULLs last, or first where the key says so, whatever the direction.
fn order_by(key: &SortKey, left: &Value, right: &Value) -> Ordering {
    let backwards = if left.is_null() || right.is_null() { key.nulls_first } else { key.descending };
    if backwards { order(right, left) } else { order(left, right) }
}
