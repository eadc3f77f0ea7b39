//! From names to indexes: what a query reads, groups by, aggregates and gives, stage by stage.

use crate::{AggregateFunction, Error, Expr, OrderBy, Query, Result, Schema, SelectItem, Value};

/// A query whose names are resolved. The stages run in the order of the fields.
///
/// Without `grouping`, `outputs` are expressions over the input's columns. With it, `having` and `outputs` are
/// expressions over the grouping's columns: first the keys, then the aggregates.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolved {
    /// WHERE, over the input's columns.
    pub filter: Option<Expr>,
    /// GROUP BY and the aggregates; groups come in the order of their first record.
    pub grouping: Option<Grouping>,
    /// HAVING, over the grouping's columns.
    pub having: Option<Expr>,
    /// Names and expressions of the result; those from `visible` on are sort keys that the result does not show.
    pub outputs: Vec<(String, Expr)>,
    /// How many of `outputs` the result shows.
    pub visible: usize,
    /// Whether equal rows (of the visible outputs) count once: the first stays.
    pub distinct: bool,
    /// The order of the result; rows that tie in all keys keep their order. For groups the keys of the grouping are
    /// part of it, so that nothing ties.
    pub order_by: Vec<SortKey>,
    /// Rows to leave out before the first that is given.
    pub offset: u64,
    /// The most rows to give.
    pub limit: Option<u64>,
}

/// GROUP BY and the aggregates over the input's columns. Without keys there is one group, even of no rows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Grouping {
    /// The keys.
    pub keys: Vec<Expr>,
    /// The aggregates, each once.
    pub aggregates: Vec<(AggregateFunction, Vec<Expr>)>,
}

/// One key of the result's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SortKey {
    /// Index into `outputs`.
    pub output: usize,
    /// Descending.
    pub descending: bool,
    /// NULLs before everything else, whatever the direction.
    pub nulls_first: bool,
}

impl Resolved {
    /// Whether rows can be given out while the input is still being read, in file order, without holding them.
    pub fn streams(&self) -> bool {
        self.grouping.is_none() && !self.distinct && self.order_by.is_empty()
    }

    /// The most records that WHERE needs to select: those that a LIMIT over streaming rows lets through, else all.
    pub fn most_records(&self) -> usize {
        match self.limit {
            Some(0) => 0,
            Some(limit) if self.streams() => {
                usize::try_from(limit.saturating_add(self.offset)).unwrap_or(usize::MAX)
            }
            _ => usize::MAX,
        }
    }

    /// The input columns that WHERE reads, ascending.
    pub fn filter_fields(&self) -> Vec<usize> {
        let mut fields = Vec::new();
        self.filter.iter().for_each(|expr| expr.collect_fields(&mut fields));
        fields.sort_unstable();
        fields
    }

    /// All input columns that the query reads, ascending.
    pub fn input_fields(&self) -> Vec<usize> {
        let mut fields = self.filter_fields();
        match &self.grouping {
            None => self.outputs.iter().for_each(|(_, expr)| expr.collect_fields(&mut fields)),
            Some(grouping) => {
                grouping.keys.iter().for_each(|expr| expr.collect_fields(&mut fields));
                let arguments = grouping.aggregates.iter().flat_map(|(_, arguments)| arguments);
                arguments.for_each(|expr| expr.collect_fields(&mut fields));
            }
        }
        fields.sort_unstable();
        fields
    }
}

/// Resolves the names, positions and aliases of `query` against the columns of its input.
///
/// # Errors
/// `UnknownColumn`, and `Plan` for what SQL does not allow: an aggregate in WHERE, a column that is neither grouped nor
/// aggregated, a position outside the SELECT list, a DISTINCT ordered by something that it does not give.
pub fn resolve(query: &Query, schema: &Schema) -> Result<Resolved> {
    let select = select_list(query, schema)?;
    let scope = Scope { schema, select: &select };

    let filter = query.filter.as_ref().map(|expr| scope.columns_only(expr, "WHERE", "HAVING")).transpose()?;
    let keys: Vec<Expr> = query.group_by.iter().map(|expr| scope.group_key(expr)).collect::<Result<_>>()?;
    let having = query.having.as_ref().map(|expr| scope.names(expr)).transpose()?;
    let sort: Vec<(Expr, &OrderBy)> =
        query.order_by.iter().map(|key| Ok((scope.sort_key(&key.expr)?, key))).collect::<Result<_>>()?;

    let aggregates_somewhere = select.iter().any(|(_, expr)| expr.has_aggregate())
        || sort.iter().any(|(expr, _)| expr.has_aggregate())
        || having.is_some();
    let mut grouping =
        (!keys.is_empty() || aggregates_somewhere).then(|| Grouping { keys, aggregates: Vec::new() });
    let mut staged = |expr: &Expr| match &mut grouping {
        Some(grouping) => grouping.stage(expr, schema),
        None => Ok(expr.clone()),
    };

    let mut outputs: Vec<(String, Expr)> =
        select.iter().map(|(name, expr)| Ok((name.clone(), staged(expr)?))).collect::<Result<_>>()?;
    let visible = outputs.len();
    let having = having.as_ref().map(&mut staged).transpose()?;
    let mut order_by = Vec::new();
    for (expr, key) in &sort {
        let output = output_of(&mut outputs, staged(expr)?, || key.expr.to_string());
        order_by.push(SortKey { output, descending: key.descending, nulls_first: key.nulls_first });
    }
    if query.distinct && outputs.len() > visible {
        return Err(Error::plan(
            format!("SELECT DISTINCT cannot be ordered by {}, which it does not give", outputs[visible].0),
            "add the expression to the SELECT list, or group by it",
        ));
    }
    if let Some(grouping) = &grouping
        && (!order_by.is_empty() || query.limit.is_some() || query.offset > 0)
    {
        // Nothing ties: after the keys of ORDER BY come those of the grouping (of the rows themselves if DISTINCT).
        let ties = if query.distinct { 0..visible } else { 0..grouping.keys.len() };
        for index in ties {
            let expr = if query.distinct { outputs[index].1.clone() } else { Expr::Field(index) };
            let output = output_of(&mut outputs, expr, || format!("group key {}", index + 1));
            if !order_by.iter().any(|key: &SortKey| key.output == output) {
                order_by.push(SortKey { output, descending: false, nulls_first: false });
            }
        }
    }
    Ok(Resolved {
        filter,
        grouping,
        having,
        outputs,
        visible,
        distinct: query.distinct,
        order_by,
        offset: query.offset,
        limit: query.limit,
    })
}

/// The index of the output that is `expr`, added at the end where there is none.
fn output_of(outputs: &mut Vec<(String, Expr)>, expr: Expr, name: impl FnOnce() -> String) -> usize {
    match outputs.iter().position(|(_, existing)| *existing == expr) {
        Some(index) => index,
        None => {
            outputs.push((name(), expr));
            outputs.len() - 1
        }
    }
}

/// The SELECT list with `*` written out and names resolved.
fn select_list(query: &Query, schema: &Schema) -> Result<Vec<(String, Expr)>> {
    let scope = Scope { schema, select: &[] };
    let all =
        || schema.fields.iter().enumerate().map(|(index, field)| (field.name.clone(), Expr::Field(index)));
    let mut list = Vec::new();
    if query.select.is_empty() {
        list.extend(all());
    }
    for item in &query.select {
        match item {
            SelectItem::Wildcard => list.extend(all()),
            SelectItem::Expr { expr, alias } => {
                let resolved = scope.names(expr)?;
                let name = match (alias, &resolved) {
                    (Some(alias), _) => alias.clone(),
                    (None, Expr::Field(index)) => schema.fields[*index].name.clone(),
                    (None, _) => expr.to_string(),
                };
                list.push((name, resolved));
            }
        }
    }
    Ok(list)
}

/// What names can stand for.
struct Scope<'a> {
    schema: &'a Schema,
    select: &'a [(String, Expr)],
}

impl Scope<'_> {
    /// Replaces column names by indexes; a name that no column has may be an alias of the SELECT list.
    fn names(&self, expr: &Expr) -> Result<Expr> {
        let mut resolved = expr.clone();
        self.names_in_place(&mut resolved)?;
        check_aggregates(&resolved, false)?;
        Ok(resolved)
    }

    fn names_in_place(&self, expr: &mut Expr) -> Result<()> {
        if let Expr::Column(name) = expr {
            *expr = match self.schema.index_of(name) {
                Ok(index) => Expr::Field(index),
                Err(error) => self.alias(name).ok_or(error)?,
            };
            return Ok(());
        }
        expr.children_mut().into_iter().try_for_each(|child| self.names_in_place(child))
    }

    fn alias(&self, name: &str) -> Option<Expr> {
        let exact = self.select.iter().find(|(alias, _)| alias == name);
        let found = exact.or_else(|| self.select.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(name)));
        found.map(|(_, expr)| expr.clone())
    }

    fn columns_only(&self, expr: &Expr, clause: &str, instead: &str) -> Result<Expr> {
        let resolved = self.names(expr)?;
        if resolved.has_aggregate() {
            return Err(Error::plan(
                format!("{clause} cannot hold an aggregate: {expr}"),
                format!("move the condition to {instead}, which is applied to groups"),
            ));
        }
        Ok(resolved)
    }

    fn position(&self, expr: &Expr, clause: &str) -> Result<Option<Expr>> {
        let Expr::Literal(Value::Int64(position)) = expr else { return Ok(None) };
        let index = usize::try_from(*position).ok().and_then(|position| position.checked_sub(1));
        match index.and_then(|index| self.select.get(index)) {
            Some((_, expr)) => Ok(Some(expr.clone())),
            None => Err(Error::plan(
                format!(
                    "{clause} position {position} is not in the SELECT list of {} entries",
                    self.select.len()
                ),
                "positions count from 1",
            )),
        }
    }

    fn group_key(&self, expr: &Expr) -> Result<Expr> {
        let key = match self.position(expr, "GROUP BY")? {
            Some(key) => key,
            None => self.names(expr)?,
        };
        if key.has_aggregate() {
            return Err(Error::plan(
                format!("GROUP BY cannot hold an aggregate: {expr}"),
                "group by columns",
            ));
        }
        Ok(key)
    }

    fn sort_key(&self, expr: &Expr) -> Result<Expr> {
        if let Some(key) = self.position(expr, "ORDER BY")? {
            return Ok(key);
        }
        match expr {
            Expr::Column(name) => self.alias(name).map_or_else(|| self.names(expr), Ok),
            _ => self.names(expr),
        }
    }
}

fn check_aggregates(expr: &Expr, inside: bool) -> Result<()> {
    let is_aggregate = matches!(expr, Expr::Aggregate { .. });
    if inside && is_aggregate {
        return Err(Error::plan(
            format!("an aggregate cannot hold another: {expr}"),
            "aggregate in two queries",
        ));
    }
    expr.children().into_iter().try_for_each(|child| check_aggregates(child, inside || is_aggregate))
}

impl Grouping {
    /// Rewrites an expression over the input into one over the grouping's columns, adding the aggregates it uses.
    fn stage(&mut self, expr: &Expr, schema: &Schema) -> Result<Expr> {
        if let Some(index) = self.keys.iter().position(|key| key == expr) {
            return Ok(Expr::Field(index));
        }
        match expr {
            Expr::Aggregate { function, arguments } => {
                let wanted = (*function, arguments.clone());
                let index =
                    self.aggregates.iter().position(|aggregate| *aggregate == wanted).unwrap_or_else(|| {
                        self.aggregates.push(wanted);
                        self.aggregates.len() - 1
                    });
                Ok(Expr::Field(self.keys.len() + index))
            }
            Expr::Field(index) => {
                let name = schema.fields.get(*index).map_or("?", |field| field.name.as_str());
                Err(Error::plan(
                    format!("column {name} is neither in GROUP BY nor inside an aggregate"),
                    format!("add it to GROUP BY, or write any_value({name})"),
                ))
            }
            _ => {
                let mut staged = expr.clone();
                for child in staged.children_mut() {
                    *child = self.stage(child, schema)?;
                }
                Ok(staged)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CsvOptions, DataType, Field, Table};

    fn schema() -> Schema {
        Schema::new(vec![Field::new("a", DataType::Int64), Field::new("b", DataType::Utf8)])
    }

    fn query() -> Query {
        Query::new(Table { path: "f.csv".into(), options: CsvOptions::default() })
    }

    fn column(name: &str) -> Expr {
        Expr::Column(name.into())
    }

    fn item(expr: Expr, alias: Option<&str>) -> SelectItem {
        SelectItem::Expr { expr, alias: alias.map(str::to_owned) }
    }

    fn sum(expr: Expr) -> Expr {
        Expr::Aggregate { function: AggregateFunction::Sum, arguments: vec![expr] }
    }

    #[test]
    fn star_and_aliases() {
        let mut query = query();
        query.select = vec![SelectItem::Wildcard, item(column("A"), Some("again"))];
        query.order_by = vec![OrderBy { expr: column("again"), descending: true, nulls_first: false }];
        let resolved = resolve(&query, &schema()).unwrap();
        assert_eq!(resolved.visible, 3);
        assert_eq!(resolved.order_by, [SortKey { output: 0, descending: true, nulls_first: false }]);
        assert_eq!(resolved.input_fields(), [0, 1]);
    }

    #[test]
    fn groups_order_by_key_under_a_limit() {
        let mut query = query();
        query.select = vec![item(sum(column("a")), None)];
        query.group_by = vec![column("b")];
        query.limit = Some(3);
        let resolved = resolve(&query, &schema()).unwrap();
        assert_eq!(resolved.outputs[0], ("sum(a)".into(), Expr::Field(1)));
        assert_eq!(resolved.outputs[1].1, Expr::Field(0));
        assert_eq!((resolved.visible, resolved.order_by.len(), resolved.order_by[0].output), (1, 1, 1));
    }

    #[test]
    fn what_sql_forbids() {
        let refused = |change: &dyn Fn(&mut Query)| {
            let mut query = query();
            change(&mut query);
            resolve(&query, &schema()).unwrap_err().to_string()
        };
        assert!(refused(&|q| q.filter = Some(sum(column("a")))).contains("HAVING"));
        assert!(
            refused(&|q| q.select = vec![item(sum(sum(column("a"))), None)]).contains("cannot hold another")
        );
        assert!(refused(&|q| q.group_by = vec![Expr::Literal(Value::Int64(3))]).contains("position 3"));
        assert!(
            refused(&|q| {
                q.select = vec![item(column("a"), None), item(sum(column("a")), None)];
            })
            .contains("any_value(a)")
        );
        assert!(refused(&|q| q.select = vec![item(column("bb"), None)]).contains("did you mean b?"));
        assert!(
            refused(&|q| {
                q.distinct = true;
                q.select = vec![item(column("a"), None)];
                q.order_by = vec![OrderBy { expr: column("b"), descending: false, nulls_first: false }];
            })
            .contains("DISTINCT")
        );
    }
}
