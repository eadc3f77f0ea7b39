//! GROUP BY, the aggregates, HAVING and the outputs over them.

use std::collections::BTreeMap;

use plimsoll_core::resolve::Grouping;
use plimsoll_core::{DataType, Expr, Resolved, Result, Typed, TypedAggregate, Value, typed};

use crate::aggregate::aggregate;
use crate::blame::blame;
use crate::evaluate::{evaluate, evaluate_all, is_true};
use crate::order::Key;
use crate::typing::Selected;

/// One group: its key and all that its aggregates take.
struct Group {
    key: Vec<Value>,
    /// How many records it has.
    rows: usize,
    /// For each aggregate, for each of its arguments: the values of all records, in order.
    arguments: Vec<Vec<Vec<Value>>>,
}

/// The types and values of all outputs, hidden ones included; groups come in the order of their first record.
///
/// # Errors
/// `Type`, `Plan` or `Data` where the types do not go together, then what a record is at fault for, then what an aggregate
/// or an output cannot give.
pub(crate) fn grouped(
    resolved: &Resolved,
    grouping: &Grouping,
    selected: &mut impl Selected,
) -> Result<(Vec<DataType>, Vec<Vec<Value>>)> {
    let plan = Plan::new(resolved, grouping, selected)?;
    let mut groups = Vec::new();
    let mut by_key = BTreeMap::new();
    if plan.keys.is_empty() {
        by_key.insert(Key(Vec::new()), 0);
        groups.push(plan.group(Vec::new()));
    }
    for record in selected.passing() {
        let row = selected.used_row(*record)?;
        let evaluate = |expr: &Typed| {
            evaluate(expr, &row)
                .map_err(|error| blame(error, expr, &row, &|column| selected.place(*record, column)))
        };
        let key: Vec<Value> = plan.keys.iter().map(evaluate).collect::<Result<_>>()?;
        let index = *by_key.entry(Key(key.clone())).or_insert(groups.len());
        if index == groups.len() {
            groups.push(plan.group(key));
        }
        groups[index].take(&plan, evaluate)?;
    }
    selected.end()?;

    let mut rows = Vec::new();
    for group in groups {
        selected.check()?;
        let row = group.finish(&plan)?;
        let stays = match &plan.having {
            Some(having) => is_true(having, &row)?,
            None => true,
        };
        if stays {
            rows.push(evaluate_all(&plan.outputs, &row)?);
        }
    }
    Ok((plan.outputs.iter().map(|output| output.data_type).collect(), rows))
}

/// All expressions of the stage with their types.
struct Plan {
    keys: Vec<Typed>,
    aggregates: Vec<TypedAggregate>,
    having: Option<Typed>,
    outputs: Vec<Typed>,
}

impl Plan {
    fn new(resolved: &Resolved, grouping: &Grouping, selected: &impl Selected) -> Result<Self> {
        let types = selected.types();
        let bound = |expr: &Expr| typed::bind(expr, &types).map_err(|error| selected.name_cell(error, &Some));
        let keys: Vec<Typed> = grouping.keys.iter().map(bound).collect::<Result<_>>()?;
        keys.iter().try_for_each(|key| typed::check_key(key.data_type, "GROUP BY"))?;
        let aggregates: Vec<TypedAggregate> = grouping
            .aggregates
            .iter()
            .map(|(function, arguments)| {
                typed::bind_aggregate(*function, arguments, &types)
                    .map_err(|error| selected.name_cell(error, &Some))
            })
            .collect::<Result<_>>()?;
        let key_types = keys.iter().map(|key| key.data_type);
        let types: Vec<DataType> = key_types.chain(aggregates.iter().map(|a| a.data_type)).collect();
        // A key that is a column of the input is blamed as such.
        let column = |index: usize| match grouping.keys.get(index) {
            Some(Expr::Field(column)) => Some(*column),
            _ => None,
        };
        let bound =
            |expr: &Expr| typed::bind(expr, &types).map_err(|error| selected.name_cell(error, &column));
        let condition = |expr: &Expr| {
            typed::bind_condition(expr, &types, "HAVING").map_err(|error| selected.name_cell(error, &column))
        };
        let having = resolved.having.as_ref().map(condition).transpose()?;
        let outputs: Vec<Typed> =
            resolved.outputs.iter().map(|(_, expr)| bound(expr)).collect::<Result<_>>()?;
        let output_types: Vec<DataType> = outputs.iter().map(|output| output.data_type).collect();
        typed::check_output_keys(resolved, &output_types)?;
        Ok(Plan { having, outputs, keys, aggregates })
    }

    /// A group without records.
    fn group(&self, key: Vec<Value>) -> Group {
        let arguments = self.aggregates.iter().map(|aggregate| vec![Vec::new(); aggregate.arguments.len()]);
        Group { key, rows: 0, arguments: arguments.collect() }
    }
}

impl Group {
    fn take(&mut self, plan: &Plan, evaluate: impl Fn(&Typed) -> Result<Value>) -> Result<()> {
        self.rows += 1;
        for (aggregate, columns) in plan.aggregates.iter().zip(&mut self.arguments) {
            for (column, argument) in columns.iter_mut().zip(&aggregate.arguments) {
                column.push(evaluate(argument)?);
            }
        }
        Ok(())
    }

    /// The key, then the results of the aggregates.
    fn finish(self, plan: &Plan) -> Result<Vec<Value>> {
        let mut row = self.key;
        for (typed, arguments) in plan.aggregates.iter().zip(&self.arguments) {
            row.push(aggregate(typed, self.rows, arguments)?);
        }
        Ok(row)
    }
}
