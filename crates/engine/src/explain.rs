//! The plan as text: one operator a line, the last that runs on top.

use std::fmt::Write;

use plimsoll_columnar::Form;
use plimsoll_core::{Expr, SortKey};
use plimsoll_csv::Choice;

use crate::plan::Plan;
use crate::source::Source;

impl Plan {
    /// The operators, each two spaces deeper than the one that takes its rows.
    pub(crate) fn explain(&self) -> String {
        let resolved = &self.resolved;
        let mut lines = Vec::new();
        let file_names: Vec<String> =
            self.source.schema().fields.into_iter().map(|field| field.name).collect();
        let columns: Vec<Expr> = file_names.iter().cloned().map(Expr::Column).collect();
        let stage: Vec<Expr> = match &resolved.grouping {
            None => columns.clone(),
            Some(grouping) => {
                let aggregates = grouping.aggregates.iter().map(|(function, arguments)| Expr::Aggregate {
                    function: *function,
                    arguments: arguments.clone(),
                });
                grouping.keys.iter().cloned().chain(aggregates).map(|expr| written(&expr, &columns)).collect()
            }
        };
        match (resolved.limit, resolved.offset) {
            (None, 0) => {}
            (limit, offset) => {
                let limit = limit.map_or_else(|| "all".to_owned(), |limit| limit.to_string());
                lines.push(format!("Limit {limit} offset {offset}"));
            }
        }
        if !resolved.order_by.is_empty() {
            let keys: Vec<String> = resolved.order_by.iter().map(|key| self.sort_key(key)).collect();
            let most = resolved.limit.map_or_else(String::new, |limit| {
                format!(" (keeps {} rows)", limit.saturating_add(resolved.offset))
            });
            lines.push(format!("Sort {}{most}", keys.join(", ")));
        }
        if resolved.distinct {
            lines.push("Distinct".to_owned());
        }
        let outputs: Vec<String> =
            resolved.outputs.iter().map(|(name, expr)| aliased(name, &written(expr, &stage))).collect();
        lines.push(format!("Project {}", outputs.join(", ")));
        if let Some(having) = &resolved.having {
            lines.push(format!("Filter {}", written(having, &stage)));
        }
        if let Some(grouping) = &resolved.grouping {
            let stage: Vec<String> = stage.iter().map(Expr::to_string).collect();
            let (keys, aggregates) = stage.split_at(grouping.keys.len());
            let by = if keys.is_empty() { "all".to_owned() } else { keys.join(", ") };
            let aggregates = if aggregates.is_empty() { "nothing".to_owned() } else { aggregates.join(", ") };
            lines.push(format!("Group by {by}: {aggregates}"));
        } else {
            lines.push("Ordered by file".to_owned());
        }
        lines.push(self.scan_line(&columns));
        let mut text = String::new();
        for (depth, line) in lines.iter().enumerate() {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{}{line}", "  ".repeat(depth));
        }
        let found: Vec<&Choice> = self.source.choices().iter().filter(|choice| choice.is_unusual()).collect();
        if !found.is_empty() {
            let _ = writeln!(text, "\nFound in the head of {}:", self.source.name());
        }
        for choice in found {
            let _ = writeln!(text, "  {}: {}; {} overrides it", choice.short(), choice.why, choice.flag);
        }
        text
    }

    fn scan_line(&self, columns_of_file: &[Expr]) -> String {
        let schema = self.source.schema();
        let columns: Vec<String> = self
            .resolved
            .input_fields()
            .into_iter()
            .map(|column| {
                let field = &schema.fields[column];
                let as_text =
                    self.scan.outputs.iter().any(|output| output.column == column && output.as_text);
                let typed = self.scan.outputs.iter().any(|output| output.column == column && !output.as_text)
                    || self.resolved.filter_fields().contains(&column);
                match (as_text, typed) {
                    (true, false) => format!("{} as text", field.name),
                    _ => format!("{} {}", field.name, field.data_type),
                }
            })
            .collect();
        let columns = if columns.is_empty() { "no column".to_owned() } else { columns.join(", ") };
        let filter = self
            .resolved
            .filter
            .as_ref()
            .map_or_else(String::new, |filter| format!("; where {}", written(filter, columns_of_file)));
        let form = match &self.source {
            Source::Csv { file, .. } => {
                let shown = |choice: &&Choice| choice.name == "delimiter" || !choice.default;
                file.choices().iter().filter(shown).map(Choice::short).collect::<Vec<_>>().join(", ")
            }
            Source::Held { store, .. } if store.is_mapped() => "mapped".to_owned(),
            Source::Held { store, .. } => match store.form() {
                Form::Plain => "columnar".to_owned(),
                Form::Compact => "compact".to_owned(),
            },
        };
        format!(
            "Scan {} ({} of {} columns, {form}, {} threads): {columns}{filter}",
            self.source.name(),
            self.resolved.input_fields().len(),
            columns_of_file.len(),
            self.limits.threads(),
        )
    }

    fn sort_key(&self, key: &SortKey) -> String {
        let direction = if key.descending { " DESC" } else { "" };
        let nulls = if key.nulls_first { " NULLS FIRST" } else { "" };
        format!("{}{direction}{nulls}", self.resolved.outputs[key.output].0)
    }
}

fn aliased(name: &str, expr: &Expr) -> String {
    match expr {
        Expr::Column(column) if column == name => name.to_owned(),
        _ if expr.to_string() == name => name.to_owned(),
        _ => format!("{expr} AS {name}"),
    }
}

/// `expr` with each `Field` replaced by what it stands for.
fn written(expr: &Expr, fields: &[Expr]) -> Expr {
    if let Expr::Field(index) = expr
        && let Some(field) = fields.get(*index)
    {
        return field.clone();
    }
    let mut expr = expr.clone();
    for child in expr.children_mut() {
        *child = written(child, fields);
    }
    expr
}
