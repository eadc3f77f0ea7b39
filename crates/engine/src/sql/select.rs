//! A SELECT and the clauses around it.

use plimsoll_core::{CsvOptions, Error, Expr, OrderBy, Query, Result, SelectItem, Value};
use sqlparser::ast::{
    self, Distinct, GroupByExpr, LimitClause, ObjectNamePart, OrderByExpr, OrderByKind, OrderByOptions,
    OrderBySort, Select, SelectFlavor, SelectItem as Item, SelectItemQualifiedWildcardKind, SetExpr,
    WildcardAdditionalOptions,
};

use super::expression::Expressions;
use super::source::Source;
use super::table;
use super::{place, refuse, temporal};

/// Translates a query.
pub(super) fn query(source: &Source<'_>, query: &ast::Query, defaults: &CsvOptions) -> Result<Query> {
    refuse::check_query(source, query)?;
    let SetExpr::Select(select) = &*query.body else { return Err(refuse::body(source, &query.body)) };
    refuse::check_select(source, select)?;
    let from = table::table(source, select, defaults)?;
    let mut clauses = Clauses { source, expressions: Expressions::new(source, &from.names) };

    let items = clauses.select_list(select)?;
    let filter = select.selection.as_ref().map(|expr| clauses.expressions.translate(expr)).transpose()?;
    let group_by = clauses.group_by(&select.group_by, &items)?;
    let having = select.having.as_ref().map(|expr| clauses.expressions.translate(expr)).transpose()?;
    let order_by = match &query.order_by {
        None => Vec::new(),
        Some(order_by) => clauses.order_by(&order_by.kind, &items)?,
    };
    let (limit, offset) = match &query.limit_clause {
        None => (None, 0),
        Some(clause) => clauses.limit(clause)?,
    };
    Ok(Query {
        from: from.table,
        select: items,
        distinct: clauses.distinct(select.distinct.as_ref())?,
        filter,
        group_by,
        having,
        order_by,
        limit,
        offset,
    })
}

struct Clauses<'a> {
    source: &'a Source<'a>,
    expressions: Expressions<'a>,
}

impl Clauses<'_> {
    fn distinct(&self, distinct: Option<&Distinct>) -> Result<bool> {
        match distinct {
            None | Some(Distinct::All) => Ok(false),
            Some(Distinct::Distinct) => Ok(true),
            Some(Distinct::On(_)) => Err(self.source.error(
                self.source.keyword("DISTINCT"),
                "DISTINCT ON is not supported",
                "write GROUP BY, and first(x) for the other columns",
            )),
        }
    }

    fn select_list(&mut self, select: &Select) -> Result<Vec<SelectItem>> {
        if select.projection.is_empty() && select.flavor != SelectFlavor::FromFirstNoSelect {
            let place = self.source.keyword("SELECT");
            return Err(self.source.error(place, "the SELECT list is empty", ""));
        }
        select.projection.iter().map(|item| self.select_item(item)).collect()
    }

    fn select_item(&mut self, item: &Item) -> Result<SelectItem> {
        let place = self.source.keyword("SELECT");
        match item {
            Item::UnnamedExpr(expr) => {
                let alias = temporal::present_name(expr);
                Ok(SelectItem::Expr { expr: self.expressions.translate(expr)?, alias })
            }
            Item::ExprWithAlias { expr, alias } => {
                if alias.quote_style.is_none() && alias.value.eq_ignore_ascii_case("ISNULL") {
                    let hint = "write IS NULL, or AS \"isnull\" for the name";
                    return Err(self.source.error(alias.span.start, "ISNULL is not supported", hint));
                }
                let expr = self.expressions.translate(expr)?;
                Ok(SelectItem::Expr { expr, alias: Some(alias.value.clone()) })
            }
            Item::Wildcard(options) => self.wildcard(options),
            Item::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options) => {
                match name.0.as_slice() {
                    [ObjectNamePart::Identifier(table)] => self.expressions.check_table(table)?,
                    _ => return Err(self.source.error(place, "this form of * is not supported", "write *")),
                }
                self.wildcard(options)
            }
            Item::QualifiedWildcard(..) => {
                Err(self.source.error(place, "this form of * is not supported", "write *"))
            }
            Item::ExprWithAliases { .. } => {
                Err(self.source.error(place, "several names for one expression are not supported", ""))
            }
        }
    }

    fn wildcard(&self, options: &WildcardAdditionalOptions) -> Result<SelectItem> {
        let WildcardAdditionalOptions {
            wildcard_token,
            opt_ilike,
            opt_exclude,
            opt_except,
            opt_replace,
            opt_rename,
            opt_alias,
        } = options;
        let extra = [
            (opt_ilike.is_some(), "ILIKE"),
            (opt_exclude.is_some(), "EXCLUDE"),
            (opt_except.is_some(), "EXCEPT"),
            (opt_replace.is_some(), "REPLACE"),
            (opt_rename.is_some(), "RENAME"),
            (opt_alias.is_some(), "AS"),
        ];
        match extra.iter().find(|(present, _)| *present) {
            None => Ok(SelectItem::Wildcard),
            Some((_, word)) => Err(self.source.error(
                wildcard_token.0.span.start,
                format!("* {word} is not supported"),
                refuse::NAME_COLUMNS,
            )),
        }
    }

    fn group_by(&mut self, group_by: &GroupByExpr, items: &[SelectItem]) -> Result<Vec<Expr>> {
        match group_by {
            GroupByExpr::Expressions(list, _) => self.expressions.list(list),
            GroupByExpr::All(_) => {
                let grouped = |expr: &Expr| !expr.has_aggregate();
                self.positions(items, "GROUP", grouped).map(Iterator::collect)
            }
        }
    }

    fn order_by(&mut self, kind: &OrderByKind, items: &[SelectItem]) -> Result<Vec<OrderBy>> {
        match kind {
            OrderByKind::Expressions(list) => list.iter().map(|key| self.order_key(key)).collect(),
            OrderByKind::All(options) => {
                let positions: Vec<Expr> = self.positions(items, "ORDER", |_| true)?.collect();
                positions.into_iter().map(|expr| self.ordered(expr, options)).collect()
            }
        }
    }

    fn order_key(&mut self, key: &OrderByExpr) -> Result<OrderBy> {
        if key.with_fill.is_some() {
            let place = place::start(&key.expr);
            return Err(self.source.error(place, "WITH FILL is not supported", ""));
        }
        let expr = self.expressions.translate(&key.expr)?;
        self.ordered(expr, &key.options)
    }

    fn ordered(&self, expr: Expr, options: &OrderByOptions) -> Result<OrderBy> {
        let descending = match options.sort {
            None | Some(OrderBySort::Asc) => false,
            Some(OrderBySort::Desc) => true,
            Some(OrderBySort::Using(_)) => {
                let place = self.source.keyword("USING");
                return Err(self.source.error(place, "USING is not supported", ""));
            }
        };
        Ok(OrderBy { expr, descending, nulls_first: options.nulls_first.unwrap_or(false) })
    }

    /// The positions of the entries that ALL stands for.
    fn positions<'i>(
        &self,
        items: &'i [SelectItem],
        clause: &str,
        wanted: impl Fn(&Expr) -> bool + 'i,
    ) -> Result<impl Iterator<Item = Expr> + 'i> {
        if items.is_empty() || items.contains(&SelectItem::Wildcard) {
            let message = format!("{clause} BY ALL does not go with SELECT *");
            return Err(self.source.error(self.source.keyword(clause), message, refuse::NAME_COLUMNS));
        }
        let position = |at: usize| Expr::Literal(Value::Int64(i64::try_from(at).unwrap_or(i64::MAX)));
        Ok((1..).zip(items).filter_map(move |(at, item)| match item {
            SelectItem::Expr { expr, .. } if wanted(expr) => Some(position(at)),
            _ => None,
        }))
    }

    fn limit(&mut self, clause: &LimitClause) -> Result<(Option<u64>, u64)> {
        match clause {
            LimitClause::LimitOffset { limit_by, .. } if !limit_by.is_empty() => {
                let place = self.source.keyword("LIMIT");
                Err(self.source.error(place, "LIMIT … BY is not supported", ""))
            }
            LimitClause::LimitOffset { limit, offset, .. } => {
                let limit = limit.as_ref().map(|limit| self.rows(limit, "LIMIT")).transpose()?;
                let offset = offset.as_ref().map(|offset| self.rows(&offset.value, "OFFSET")).transpose()?;
                Ok((limit, offset.unwrap_or(0)))
            }
            LimitClause::OffsetCommaLimit { offset, limit } => {
                let (offset, limit) = (self.rows(offset, "OFFSET")?, self.rows(limit, "LIMIT")?);
                let hint = format!("write LIMIT {limit} OFFSET {offset}");
                Err(self.source.error(self.source.keyword("LIMIT"), "LIMIT a, b is not supported", hint))
            }
        }
    }

    fn rows(&mut self, expr: &ast::Expr, clause: &str) -> Result<u64> {
        let wrong = || -> Error {
            let message = format!("{clause} takes a number of rows");
            self.source.error(self.source.keyword(clause), message, format!("write {clause} 10"))
        };
        match self.expressions.translate(expr)? {
            Expr::Literal(Value::Int64(rows)) => u64::try_from(rows).map_err(|_| wrong()),
            _ => Err(wrong()),
        }
    }
}
