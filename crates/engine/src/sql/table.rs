//! FROM: the file, its names and how it is read.

use std::path::Path;

use plimsoll_core::{CsvOptions, Error, Result, Table};
use sqlparser::ast::{
    BinaryOperator, Expr as Ast, FunctionArg, FunctionArgExpr, Ident, ObjectName, ObjectNamePart, Select,
    TableAlias, TableFactor, Value,
};
use sqlparser::tokenizer::Location;

use super::options::Options;
use super::place;
use super::source::Source;

/// A query's file, and the names by which the query may call it.
pub(super) struct From {
    pub(super) table: Table,
    pub(super) names: Vec<String>,
}

/// Reads the FROM of `select`.
pub(super) fn table(source: &Source<'_>, select: &Select, defaults: &CsvOptions) -> Result<From> {
    let refused = |word: &str, what: &str, hint: &str| Err(source.error(source.keyword(word), what, hint));
    let relation = match select.from.as_slice() {
        [] => return refused("SELECT", "the query names no file", "write FROM 'file.csv'"),
        [table] if table.joins.is_empty() => &table.relation,
        [_] => return refused("JOIN", "JOIN is not supported", "a query reads one file"),
        _ => return refused("FROM", "several tables are not supported", "a query reads one file"),
    };
    match relation {
        TableFactor::Table {
            name,
            alias,
            args,
            with_hints,
            version: None,
            with_ordinality: false,
            partitions,
            json_path: None,
            sample: None,
            index_hints,
        } if with_hints.is_empty() && partitions.is_empty() && index_hints.is_empty() => {
            let table = match args {
                None => Table { path: path(source, name)?, options: defaults.clone() },
                Some(args) if args.settings.is_none() => read_csv(source, name, &args.args, defaults)?,
                Some(_) => return refused("SETTINGS", "SETTINGS is not supported", ""),
            };
            let names = names(source, alias.as_ref(), &table.path)?;
            Ok(From { table, names })
        }
        TableFactor::Table { sample: Some(_), .. } => {
            refused("TABLESAMPLE", "TABLESAMPLE is not supported", "use LIMIT")
        }
        TableFactor::Derived { lateral: false, .. } => refused(
            "FROM",
            "a subquery in FROM is not supported",
            "write its result to a file first, or take its conditions into this query",
        ),
        TableFactor::Derived { .. } | TableFactor::Function { .. } => {
            refused("LATERAL", "LATERAL is not supported", "a query reads one file")
        }
        TableFactor::NestedJoin { .. } => refused("JOIN", "JOIN is not supported", "a query reads one file"),
        TableFactor::Pivot { .. } => {
            refused("PIVOT", "PIVOT is not supported", "write GROUP BY with sum(CASE WHEN …)")
        }
        TableFactor::Unpivot { .. } => {
            refused("UNPIVOT", "UNPIVOT is not supported", "a query reads one file")
        }
        TableFactor::UNNEST { .. } => refused("UNNEST", "UNNEST is not supported", "a query reads one file"),
        _ => refused("FROM", "this table is not supported", "write FROM 'file.csv'"),
    }
}

/// `'file.csv'`, `"file.csv"` or `file.csv`.
fn path(source: &Source<'_>, name: &ObjectName) -> Result<String> {
    let part = |part: &ObjectNamePart| match part {
        ObjectNamePart::Identifier(ident) => Ok(ident.value.clone()),
        ObjectNamePart::Function(_) => {
            Err(source.error(source.keyword("FROM"), "this table is not supported", "write FROM 'file.csv'"))
        }
    };
    let parts: Vec<String> = name.0.iter().map(part).collect::<Result<_>>()?;
    let path = parts.join(".");
    if path.is_empty() {
        let hint = "write FROM 'file.csv'";
        return Err(source.error(source.keyword("FROM"), "the file has no name", hint));
    }
    Ok(path)
}

/// The alias, or what stands before the first point of the file's name.
fn names(source: &Source<'_>, alias: Option<&TableAlias>, path: &str) -> Result<Vec<String>> {
    if let Some(TableAlias { name, columns, at, .. }) = alias {
        if !columns.is_empty() || at.is_some() {
            let hint = "write FROM read_csv('file.csv', names=['a', 'b'])";
            return Err(source.error(
                name.span.start,
                "names of columns after an alias are not supported",
                hint,
            ));
        }
        return Ok(vec![name.value.clone()]);
    }
    let file = Path::new(path).file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let stem = file.split('.').next().unwrap_or_default();
    Ok(if stem.is_empty() { Vec::new() } else { vec![stem.to_owned()] })
}

/// `read_csv('file.csv', option=value, …)`.
fn read_csv(
    source: &Source<'_>,
    function: &ObjectName,
    arguments: &[FunctionArg],
    defaults: &CsvOptions,
) -> Result<Table> {
    let name = function.to_string();
    let place = place::of_name(function);
    if !["read_csv", "read_csv_auto"].contains(&name.to_lowercase().as_str()) {
        let hint = "write FROM 'file.csv' or FROM read_csv('file.csv', delimiter=';')";
        return Err(source.error(place, format!("table function {name} is not supported"), hint));
    }
    let list = matches!(arguments.first(), Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(Ast::Array(_)))));
    let mut arguments = arguments.iter();
    let Some(path) = arguments.next().and_then(text) else {
        let hint = "write read_csv('file.csv')";
        let message = match list {
            true => "several files are not supported".to_owned(),
            false => format!("{name} takes the path of one file first"),
        };
        return Err(source.error(place, message, hint));
    };
    let mut options = Options::new(source, defaults.clone());
    for argument in arguments {
        let (name, value) = named(argument).ok_or_else(|| unnamed(source, argument, place))?;
        options.set(&name, value)?;
    }
    Ok(Table { path, options: options.options })
}

fn text(argument: &FunctionArg) -> Option<String> {
    let FunctionArg::Unnamed(FunctionArgExpr::Expr(Ast::Value(value))) = argument else { return None };
    match &value.value {
        Value::SingleQuotedString(path) if !path.is_empty() => Some(path.clone()),
        _ => None,
    }
}

/// Name and value of an option. `=` between them is read as a comparison: as a sign of named arguments the parser would
/// take it in every call, and `coalesce(a = b, false)` would be none.
fn named(argument: &FunctionArg) -> Option<(Ident, &Ast)> {
    match argument {
        FunctionArg::Named { name, arg: FunctionArgExpr::Expr(value), .. } => Some((name.clone(), value)),
        FunctionArg::Unnamed(FunctionArgExpr::Expr(Ast::BinaryOp {
            left,
            op: BinaryOperator::Eq,
            right,
        })) => match &**left {
            Ast::Identifier(name) => Some((name.clone(), right)),
            Ast::Value(value) if value.value == Value::Null => {
                Some((Ident { value: "null".to_owned(), quote_style: None, span: value.span }, right))
            }
            _ => None,
        },
        _ => None,
    }
}

fn unnamed(source: &Source<'_>, argument: &FunctionArg, call: Location) -> Error {
    let start = place::of_argument(argument);
    let place = if start.line == 0 { call } else { start };
    source.error(place, "options of read_csv have names", "write delimiter=';', header=false, …")
}
