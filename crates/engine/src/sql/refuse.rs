//! What is outside of the language: each construct by its name, with what to write instead.

use plimsoll_core::{Error, Result};
use sqlparser::ast::{
    self, BinaryOperator, Expr as Ast, FunctionArgumentList, FunctionArguments, GroupByExpr, Select, SetExpr,
};
use sqlparser::tokenizer::Location;

use super::source::Source;
use super::{function, place};

/// What every query looks like.
const SHAPE: &str = "write one SELECT … FROM 'file.csv'";
const INNER_QUERY: &str = "run the inner query first and write its result here";
const ONE_FILE: &str = "a query reads one file";
const GROUPING: &str = "run one query for each grouping";
/// What TRIM does.
pub(super) const TRIM: &str =
    "trim(x), ltrim(x) and rtrim(x) take spaces off; replace(x, 'a', 'b') takes anything out";

/// What stands for regular expressions.
pub(super) const LIKE: &str = "write x LIKE '%text%', where % is any text and _ one character";
const SUBSTR: &str = "write substr(x, strpos(x, 'text'), 3)";

/// Functions that others have, and what does the same here.
pub(super) const INSTEAD: [(&str, &str); 15] = [
    ("percentile_cont", "write quantile_cont(x, 0.5)"),
    ("percentile_disc", "write quantile_disc(x, 0.5)"),
    ("approx_quantile", "write quantile_cont(x, 0.5), which is exact"),
    ("approx_count_distinct", "write count(DISTINCT x), which is exact"),
    ("string_agg", "texts are not joined yet: ORDER BY the group and join them outside"),
    ("group_concat", "texts are not joined yet: ORDER BY the group and join them outside"),
    ("listagg", "texts are not joined yet: ORDER BY the group and join them outside"),
    ("array_agg", "there are no lists: ORDER BY the group and collect them outside"),
    ("list", "there are no lists: ORDER BY the group and collect them outside"),
    ("regexp_matches", LIKE),
    ("regexp_full_match", LIKE),
    ("regexp_like", LIKE),
    ("regexp_extract", SUBSTR),
    ("regexp_replace", "write replace(x, 'a', 'b')"),
    ("row_number", "window functions are not supported: ORDER BY and LIMIT"),
];

/// No statement at all.
pub(super) fn nothing(source: &Source<'_>) -> Error {
    source.error(Location::empty(), "there is no statement", SHAPE)
}

/// More than one statement.
pub(super) fn several(source: &Source<'_>) -> Error {
    source.error(
        source.second_statement(),
        "several statements are not supported",
        "run one statement at a time",
    )
}

/// A statement that is no query.
pub(super) fn statement(source: &Source<'_>) -> Error {
    let (word, place) = source.first_word();
    source.error(place, format!("{word} is not supported"), SHAPE)
}

/// Refuses the first of `constructs` (present, name, hint) that is there, at the first word of its name.
fn first_of(source: &Source<'_>, constructs: &[(bool, &str, &str)]) -> Result<()> {
    match constructs.iter().find(|(present, ..)| *present) {
        None => Ok(()),
        Some((_, name, hint)) => {
            let word = name.split(' ').next().unwrap_or_default();
            Err(source.error(source.keyword(word), format!("{name} is not supported"), *hint))
        }
    }
}

/// Refuses what stands around a SELECT.
pub(super) fn check_query(source: &Source<'_>, query: &ast::Query) -> Result<()> {
    first_of(
        source,
        &[
            (query.with.is_some(), "WITH", "write one SELECT over the file; run inner queries first"),
            (query.fetch.is_some(), "FETCH", "write LIMIT n"),
            (!query.locks.is_empty(), "FOR UPDATE", "files are only read"),
            (query.for_clause.is_some(), "FOR", "choose the output's format on the command line"),
            (query.settings.is_some(), "SETTINGS", ""),
            (query.format_clause.is_some(), "FORMAT", "choose the output's format on the command line"),
        ],
    )
}

/// Why the body of a query is no SELECT.
pub(super) fn body(source: &Source<'_>, body: &SetExpr) -> Error {
    let (name, hint) = match body {
        SetExpr::SetOperation { op: ast::SetOperator::Union, .. } => {
            ("UNION", "run the queries one after the other")
        }
        SetExpr::SetOperation { op: ast::SetOperator::Intersect, .. } => {
            ("INTERSECT", "write both conditions in WHERE")
        }
        SetExpr::SetOperation { .. } => ("EXCEPT", "write NOT (condition) in WHERE"),
        SetExpr::Values(_) => ("VALUES", SHAPE),
        SetExpr::Table(_) => ("TABLE", SHAPE),
        SetExpr::Query(_) => {
            let (_, place) = source.first_word();
            return source.error(
                place,
                "a query in parentheses is not supported",
                "take the parentheses off",
            );
        }
        _ => return statement(source),
    };
    source.error(source.keyword(name), format!("{name} is not supported"), hint)
}

/// Refuses the clauses of a SELECT that are not read elsewhere.
pub(super) fn check_select(source: &Source<'_>, select: &Select) -> Result<()> {
    let modified = match &select.group_by {
        GroupByExpr::All(modifiers) | GroupByExpr::Expressions(_, modifiers) => !modifiers.is_empty(),
    };
    first_of(
        source,
        &[
            (select.top.is_some(), "TOP", "write LIMIT n at the end"),
            (
                select.into.is_some(),
                "INTO",
                "results go to standard output or to a file that the command line names",
            ),
            (select.qualify.is_some(), "QUALIFY", "write HAVING for conditions on groups"),
            (!select.named_window.is_empty(), "WINDOW", WINDOW),
            (!select.lateral_views.is_empty(), "LATERAL VIEW", ONE_FILE),
            (select.prewhere.is_some(), "PREWHERE", ""),
            (!select.connect_by.is_empty(), "CONNECT BY", ""),
            (!select.cluster_by.is_empty(), "CLUSTER BY", "write ORDER BY"),
            (!select.distribute_by.is_empty(), "DISTRIBUTE BY", "write ORDER BY"),
            (!select.sort_by.is_empty(), "SORT BY", "write ORDER BY"),
            (modified, "GROUP BY … WITH", GROUPING),
            (select.value_table_mode.is_some(), "SELECT AS", ""),
            (select.exclude.is_some(), "EXCLUDE", NAME_COLUMNS),
        ],
    )
}

const WINDOW: &str = "window functions are not supported: GROUP BY gives one row for each group";
/// What to write instead of a `*` with exceptions.
pub(super) const NAME_COLUMNS: &str = "name the columns that you want";

/// Why an expression is outside.
pub(super) fn expression(source: &Source<'_>, expr: &Ast) -> Error {
    let (word, name, hint) = match expr {
        Ast::Subquery(_) | Ast::InSubquery { .. } => ("", "a subquery", INNER_QUERY),
        Ast::Exists { .. } => ("EXISTS", "a subquery", INNER_QUERY),
        Ast::AnyOp { .. } => ("ANY", "ANY", "write IN (…)"),
        Ast::AllOp { .. } => ("ALL", "ALL", "write the comparisons with AND"),
        Ast::InUnnest { .. } => ("UNNEST", "UNNEST", "write IN (…)"),
        Ast::Overlay { .. } => ("OVERLAY", "OVERLAY", "write substr(…) || text || substr(…)"),
        Ast::Trim { .. } => ("TRIM", "TRIM with characters", TRIM),
        Ast::Like { .. } | Ast::ILike { .. } => ("ANY", "LIKE ANY", "write the LIKEs with OR"),
        Ast::SimilarTo { .. } => ("SIMILAR", "SIMILAR TO", LIKE),
        Ast::RLike { .. } => ("", "a regular expression", LIKE),
        Ast::Collate { .. } => {
            ("COLLATE", "COLLATE", "text compares by bytes; compare lower(x) to ignore case")
        }
        Ast::Convert { .. } => ("CONVERT", "CONVERT", "write CAST(x AS type)"),
        Ast::Cast { .. } => ("FORMAT", "CAST … FORMAT", "write CAST(x AS type)"),
        Ast::GroupingSets(_) => ("GROUPING", "GROUPING SETS", GROUPING),
        Ast::Cube(_) => ("CUBE", "CUBE", GROUPING),
        Ast::Rollup(_) => ("ROLLUP", "ROLLUP", GROUPING),
        Ast::Tuple(_) => ("", "a row of several values", "take the parentheses off, or compare one by one"),
        Ast::Array(_)
        | Ast::Dictionary(_)
        | Ast::Map(_)
        | Ast::Struct { .. }
        | Ast::CompoundFieldAccess { .. } => {
            ("", "a list, struct or map", "values are numbers, text, dates and Booleans")
        }
        Ast::Wildcard(_) | Ast::QualifiedWildcard(..) => ("", "* inside an expression", NAME_COLUMNS),
        _ => ("", "this expression", "use the operators and functions of the manual"),
    };
    let place = if word.is_empty() { place::start(expr) } else { source.keyword(word) };
    source.error(place, format!("{name} is not supported"), hint)
}

/// Why a binary operator is outside; its right operand begins at `right`.
pub(super) fn operator(source: &Source<'_>, op: &BinaryOperator, right: Location) -> Error {
    use BinaryOperator as B;
    let hint = match op {
        B::PGExp | B::BitwiseXor => "write power(a, b)",
        B::Xor => "write a <> b",
        B::Spaceship => "write a IS NOT DISTINCT FROM b",
        B::Match | B::Regexp | B::Glob => LIKE,
        B::PGRegexMatch | B::PGRegexIMatch | B::PGRegexNotMatch | B::PGRegexNotIMatch => {
            "write x LIKE '%text%', or ILIKE for any case, where % is any text and _ one character"
        }
        _ => "the operators are + - * / % || = <> < <= > >= AND OR NOT LIKE IN BETWEEN",
    };
    let op = op.to_string();
    source.error(source.last(&op, right), format!("operator {op} is not supported"), hint)
}

/// Refuses what a call may not have, and gives its arguments.
pub(super) fn check_call<'a>(
    source: &Source<'_>,
    call: &'a ast::Function,
    name: &str,
) -> Result<Option<&'a FunctionArgumentList>> {
    let place = place::of_name(&call.name);
    let refused = |what: &str, hint: &str| Err(source.error(place, format!("{what} is not supported"), hint));
    let list = function::argument_list(&call.args);
    if call.over.is_some() {
        return refused(&format!("{name}() OVER (…)"), WINDOW);
    }
    if !call.within_group.is_empty() {
        let hint = if name.starts_with("percentile") {
            "write quantile_cont(x, 0.5) or quantile_disc(x, 0.5)"
        } else {
            ""
        };
        return refused("WITHIN GROUP", hint);
    }
    if call.null_treatment.is_some() {
        return refused("IGNORE NULLS", "any_value(x) gives the first that is not NULL");
    }
    if matches!(call.args, FunctionArguments::Subquery(_)) {
        return refused("a subquery", INNER_QUERY);
    }
    if !matches!(call.parameters, FunctionArguments::None) || call.uses_odbc_syntax || call.name.0.len() > 1 {
        return refused("this way to call a function", &format!("write {name}(…)"));
    }
    if list.is_some_and(|list| !list.clauses.is_empty()) {
        return refused(
            "ORDER BY or another clause inside a call",
            "first and last follow the order of the file",
        );
    }
    Ok(list)
}

/// FILTER, as written with CASE.
pub(super) fn filter(
    source: &Source<'_>,
    name: &str,
    place: Location,
    condition: &str,
    argument: &str,
) -> Error {
    let hint = format!("write {name}(CASE WHEN {condition} THEN {argument} END)");
    source.error(place, "FILTER (WHERE …) is not supported", hint)
}

/// DISTINCT inside any call but count.
pub(super) fn distinct_argument(source: &Source<'_>, name: &str, place: Location) -> Error {
    let hint = match name {
        "min" | "max" => format!("write {name}(x): DISTINCT changes nothing"),
        _ => "write SELECT DISTINCT … to a file, and aggregate that".to_owned(),
    };
    source.error(place, format!("{name}(DISTINCT …) is not supported"), hint)
}

/// A function that does not exist.
pub(super) fn function(source: &Source<'_>, name: &str, place: Location) -> Error {
    if let Some((_, hint)) = INSTEAD.iter().find(|(known, _)| *known == name) {
        return source.error(place, format!("function {name} is not supported"), *hint);
    }
    let hint = nearest(name, function::names()).map(|name| format!("did you mean {name}?"));
    source.error(place, format!("no function is called {name}"), hint.unwrap_or_default())
}

/// The name that is most like `name`, where one is.
pub(super) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    let scored = known.map(|known| (strsim::jaro_winkler(&name, known), known));
    scored.filter(|(score, _)| *score >= 0.75).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, known)| known)
}
