//! Columns that a query puts in order as text though some of their cells are numbers or times. Says which; what becomes of
//! that is for whoever runs the query.

use plimsoll_core::{AggregateFunction, CompareOp, DataType, Expr, Function, Location, Resolved};

use crate::plan::Plan;
use crate::source::Source;

/// A column that is put in order as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextOrder {
    /// The column's name.
    pub column: String,
    /// The cell that makes it text; `None` where no single cell does, as of dates that could be read in two ways.
    pub cell: Option<Location>,
}

impl Plan {
    /// The columns that MIN, MAX, ORDER BY or a comparison puts in order as text, though they look like something else.
    /// `known` are cells that were found behind the head sample.
    pub(crate) fn ordered_as_text(&self, known: &[(usize, Location)]) -> Vec<TextOrder> {
        let Source::Csv { profiles, .. } = &self.source else { return Vec::new() };
        let schema = self.source.schema();
        let mut columns = Vec::new();
        ordered_columns(&self.resolved, &mut columns);
        columns.sort_unstable();
        columns.dedup();
        let is_text = |column: &usize| schema.fields[*column].data_type == DataType::Utf8;
        let deceptive =
            columns.into_iter().filter(|column| is_text(column) && profiles[*column].looks_typed());
        let text_order = |column: usize| {
            let found = known.iter().find(|(known, _)| *known == column).map(|(_, location)| location);
            let cell = found.or_else(|| self.source.text_cell(column)).cloned();
            TextOrder { column: schema.fields[column].name.clone(), cell }
        };
        deceptive.filter(|column| !self.source.is_declared(*column)).map(text_order).collect()
    }
}

/// Adds the columns of the input whose order decides the result.
fn ordered_columns(resolved: &Resolved, columns: &mut Vec<usize>) {
    resolved.filter.iter().for_each(|filter| compared(filter, columns));
    match &resolved.grouping {
        None => resolved.outputs.iter().for_each(|(_, expr)| compared(expr, columns)),
        Some(grouping) => {
            grouping.keys.iter().for_each(|key| compared(key, columns));
            for (function, arguments) in &grouping.aggregates {
                arguments.iter().for_each(|argument| compared(argument, columns));
                if matches!(function, AggregateFunction::Min | AggregateFunction::Max) {
                    columns.extend(arguments.iter().filter_map(field));
                }
            }
        }
    }
    for key in &resolved.order_by {
        let Some(output) = resolved.outputs.get(key.output).and_then(|(_, expr)| field(expr)) else {
            continue;
        };
        match &resolved.grouping {
            None => columns.push(output),
            Some(grouping) => columns.extend(grouping.keys.get(output).and_then(field)),
        }
    }
}

/// Adds the columns that an expression over the input puts in order.
fn compared(expr: &Expr, columns: &mut Vec<usize>) {
    let orders = match expr {
        Expr::Compare(op, ..) => !matches!(op, CompareOp::Equal | CompareOp::NotEqual),
        Expr::Call(function, _) => matches!(function, Function::Greatest | Function::Least),
        _ => false,
    };
    for child in expr.children() {
        if orders {
            columns.extend(field(child));
        }
        compared(child, columns);
    }
}

/// The column that an expression is.
fn field(expr: &Expr) -> Option<usize> {
    match expr {
        Expr::Field(column) => Some(*column),
        _ => None,
    }
}
