//! Random queries: plain, grouped, distinct, ordered, limited.

use plimsoll_core::{CompareOp, CsvOptions, DataType, Expr, Infer, OrderBy, Query, SelectItem, Table, Value};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::data::COLUMNS;
use super::expressions::{Kind, aggregate, any_expr, column, expr};

/// A query whose file is not named yet.
pub(crate) fn query() -> BoxedStrategy<Query> {
    let shape = prop_oneof![plain(), grouped(), totals()];
    let filter = prop::option::weighted(0.6, expr(Kind::Condition, 2));
    let limit = prop::option::weighted(0.3, 0u64..8);
    let offset = prop_oneof![4 => Just(0u64), 1 => 1u64..4];
    (shape, filter, prop::bool::weighted(0.15), limit, offset, options())
        .prop_map(|(mut query, filter, distinct, limit, offset, options)| {
            query.filter = filter;
            query.distinct = distinct;
            query.limit = limit;
            query.offset = offset;
            query.from.options = options;
            query
        })
        .boxed()
}

/// The delimiter is given: a text may hold any of those that are looked for.
fn options() -> BoxedStrategy<CsvOptions> {
    let nulls = prop_oneof![3 => Just(Vec::new()), 1 => Just(vec!["NULL".to_owned(), "7".to_owned()])];
    let types = prop_oneof![
        8 => Just(Vec::new()),
        1 => Just(vec![("i".to_owned(), DataType::Float64)]),
        1 => Just(vec![("d".to_owned(), DataType::Decimal { precision: 20, scale: 4 }), ("s".to_owned(), DataType::Utf8)]),
        1 => Just(vec![("any".to_owned(), DataType::Utf8)]),
    ];
    let infer = select(vec![Infer::Sample, Infer::Sample, Infer::Sample, Infer::Full]);
    (nulls, types, infer)
        .prop_map(|(nulls, types, infer)| CsvOptions {
            delimiter: Some(b','.into()),
            nulls,
            types,
            infer,
            ..CsvOptions::default()
        })
        .boxed()
}

fn empty() -> Query {
    Query::new(Table { path: String::new(), options: CsvOptions::default() })
}

fn items(exprs: Vec<Expr>) -> Vec<SelectItem> {
    exprs.into_iter().map(|expr| SelectItem::Expr { expr, alias: None }).collect()
}

fn bare() -> BoxedStrategy<Expr> {
    select(&COLUMNS[..]).prop_map(column).boxed()
}

fn order(key: BoxedStrategy<Expr>, most: usize) -> BoxedStrategy<Vec<OrderBy>> {
    let key = (key, any::<bool>(), any::<bool>()).prop_map(|(expr, descending, nulls_first)| OrderBy {
        expr,
        descending,
        nulls_first,
    });
    prop_oneof![Just(Vec::new()), vec(key, 0..most)].boxed()
}

fn plain() -> BoxedStrategy<Query> {
    let entry = prop_oneof![2 => bare(), 3 => any_expr(2)];
    (vec(entry, 1..4), order(prop_oneof![bare(), any_expr(1)].boxed(), 3))
        .prop_map(|(select, order_by)| Query { select: items(select), order_by, ..empty() })
        .boxed()
}

fn grouped() -> BoxedStrategy<Query> {
    let key = prop_oneof![3 => bare(), 1 => any_expr(1)];
    (vec(key, 1..3), vec(aggregate(1), 0..4), prop::option::weighted(0.2, having()))
        .prop_flat_map(|(keys, aggregates, having)| {
            let select_list: Vec<Expr> = keys.iter().chain(&aggregates).cloned().collect();
            let sort = order(select(select_list.clone()).boxed(), 3);
            (Just(keys), Just(select_list), Just(having), sort)
        })
        .prop_map(|(keys, select_list, having, order_by)| Query {
            select: items(select_list),
            group_by: keys,
            having,
            order_by,
            ..empty()
        })
        .boxed()
}

fn totals() -> BoxedStrategy<Query> {
    vec(aggregate(2), 1..5).prop_map(|select| Query { select: items(select), ..empty() }).boxed()
}

fn having() -> BoxedStrategy<Expr> {
    (aggregate(0), -1i64..3)
        .prop_map(|(left, right)| {
            let right = Expr::Literal(Value::Int64(right));
            Expr::Compare(CompareOp::Greater, Box::new(left), Box::new(right))
        })
        .boxed()
}
