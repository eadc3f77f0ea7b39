//! What is read, what is refused, and what holds for any text.

mod accepted;
mod any_text;
mod hints;
mod options;
mod refused;

use plimsoll_core::{CsvOptions, Expr, Query, SelectItem};

/// The query that `sql` says.
fn parse(sql: &str) -> Query {
    super::parse(sql, &CsvOptions::default()).unwrap_or_else(|error| panic!("{sql}\n{error}"))
}

/// The expression that `sql` says, as the only one of a SELECT list.
fn expression(sql: &str) -> Expr {
    match parse(&format!("SELECT {sql} FROM 'f.csv'")).select.as_slice() {
        [SelectItem::Expr { expr, alias: None }] => expr.clone(),
        other => panic!("{sql}: {other:?}"),
    }
}

/// The clauses of a query, each as the text of its expressions.
fn show(query: &Query) -> String {
    let items = query.select.iter().map(|item| match item {
        SelectItem::Wildcard => "*".to_owned(),
        SelectItem::Expr { expr, alias: None } => expr.to_string(),
        SelectItem::Expr { expr, alias: Some(alias) } => format!("{expr} AS {alias}"),
    });
    let keys = query.order_by.iter().map(|key| {
        let direction = if key.descending { " DESC" } else { "" };
        format!("{}{direction}{}", key.expr, if key.nulls_first { " NULLS FIRST" } else { "" })
    });
    let list = |texts: Vec<String>| texts.join(", ");
    let mut text = if query.distinct { "DISTINCT ".to_owned() } else { String::new() };
    text += &format!("{} FROM {}", list(items.collect()), query.from.path);
    let clauses = [
        ("WHERE", query.filter.as_ref().map(ToString::to_string).unwrap_or_default()),
        ("GROUP BY", list(query.group_by.iter().map(ToString::to_string).collect())),
        ("HAVING", query.having.as_ref().map(ToString::to_string).unwrap_or_default()),
        ("ORDER BY", list(keys.collect())),
        ("LIMIT", query.limit.map(|rows| rows.to_string()).unwrap_or_default()),
        (
            "OFFSET",
            Some(query.offset).filter(|rows| *rows > 0).map(|rows| rows.to_string()).unwrap_or_default(),
        ),
    ];
    for (name, clause) in clauses.iter().filter(|(_, clause)| !clause.is_empty()) {
        text += &format!(" {name} {clause}");
    }
    text
}
