//! What holds for every text: no panic, and what is printed reads back as itself.

use plimsoll_core::{
    AggregateFunction, ArithmeticOp, CompareOp, CsvOptions, DataType, Expr, Function, Quantile, Value,
};
use proptest::prelude::*;
use sqlparser::keywords::ALL_KEYWORDS;

use super::expression;

/// Whether `expr`, printed, reads back as itself.
fn check_reads_back(expr: &Expr) {
    assert_eq!(expression(&expr.to_string()), *expr, "{expr}");
}

#[test]
fn deep_nesting_is_refused() {
    for (open, close) in [
        ("(", ")"),
        ("NOT ", ""),
        ("- ", ""),
        ("lower(", ")"),
        ("CASE WHEN a THEN ", " END"),
        ("[", "]"),
        ("{'a': ", "}"),
        ("a + (", ")"),
    ] {
        let sql = format!("SELECT {}a{} FROM f", open.repeat(100), close.repeat(100));
        let read = crate::sql::parse(&sql, &CsvOptions::default());
        assert!(read.is_ok() || "[{".contains(&open[..1]), "{sql}");
        for depth in [600, 10_000] {
            let sql = format!("SELECT {}a{} FROM f", open.repeat(depth), close.repeat(depth));
            assert!(crate::sql::parse(&sql, &CsvOptions::default()).is_err(), "{open}");
        }
    }
    for operator in ["+", "||", "=", "AND", "OR", "LIKE"] {
        let sql = format!("SELECT a{} FROM f", format!(" {operator} a").repeat(20_000));
        assert!(crate::sql::parse(&sql, &CsvOptions::default()).is_err(), "{operator}");
        let sql = format!("SELECT f({0}, a){0} FROM f", format!(" {operator} a").repeat(3_000));
        assert!(crate::sql::parse(&sql, &CsvOptions::default()).is_err(), "{operator}");
    }
    let from = format!("SELECT a FROM {}f", "(".repeat(10_000));
    assert!(crate::sql::parse(&from, &CsvOptions::default()).is_err());
}

#[test]
fn repeated_operands_do_not_grow_without_bound() {
    let nested = (0..40).fold("a".to_owned(), |inner, _| format!("({inner}) BETWEEN 1 AND 2"));
    let error = crate::sql::parse(&format!("SELECT {nested} FROM f"), &CsvOptions::default()).unwrap_err();
    assert!(error.to_string().starts_with("the statement is too large"), "{error}");
}

#[test]
fn every_keyword_is_a_name_when_it_must_be() {
    for keyword in ALL_KEYWORDS {
        let name = || Box::new(Expr::Column(keyword.to_lowercase()));
        check_reads_back(&name());
        check_reads_back(&Expr::Compare(CompareOp::Less, name(), name()));
        check_reads_back(&Expr::Arithmetic(ArithmeticOp::Subtract, name(), name()));
        check_reads_back(&Expr::And(name(), Box::new(Expr::Not(name()))));
        check_reads_back(&Expr::Call(Function::Coalesce, vec![*name(), Expr::Negate(name())]));
        check_reads_back(&Expr::InList { expr: name(), list: vec![*name()], negated: true });
        check_reads_back(&Expr::Case { branches: vec![(*name(), *name())], otherwise: Some(name()) });
        check_reads_back(&Expr::Cast { expr: name(), data_type: DataType::Date, lenient: true });
        check_reads_back(&Expr::IsNull { expr: name(), negated: false });
        check_reads_back(&Expr::Aggregate { function: AggregateFunction::Sum, arguments: vec![*name()] });
    }
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Boolean),
        any::<i64>().prop_map(Value::Int64),
        (any::<i64>(), 1u8..=38).prop_map(|(mantissa, scale)| Value::decimal(mantissa.into(), scale)),
        any::<f64>()
            .prop_filter("has a literal", |value| value.is_finite())
            .prop_map(|value| Value::Float64(if value == 0.0 { 0.0 } else { value })),
        (-719_162i32..=2_932_896).prop_map(Value::Date),
        (0..86_400_000_000i64).prop_map(Value::Time),
        (-99_999i32..99_999, -99_999i32..99_999, -86_400_000_000i64..86_400_000_000).prop_map(
            |(months, days, micros)| Value::Interval(plimsoll_core::value::Interval { months, days, micros })
        ),
        (-62_135_596_800_000_000i64..253_402_300_800_000_000).prop_map(Value::Timestamp),
        any::<String>().prop_map(|text| Value::Utf8(text.into())),
    ]
}

fn data_type() -> impl Strategy<Value = DataType> {
    prop_oneof![
        Just(DataType::Boolean),
        Just(DataType::Int64),
        (1u8..=38)
            .prop_flat_map(|precision| (Just(precision), 0..=precision))
            .prop_map(|(precision, scale)| DataType::Decimal { precision, scale }),
        Just(DataType::Float64),
        Just(DataType::Date),
        Just(DataType::Timestamp),
        Just(DataType::Time),
        Just(DataType::Utf8),
    ]
}

fn aggregate() -> impl Strategy<Value = AggregateFunction> {
    use AggregateFunction as A;
    prop_oneof![
        Just(A::CountStar),
        Just(A::Count),
        Just(A::CountDistinct),
        Just(A::Sum),
        Just(A::StddevSamp),
        Just(A::First),
        Just(A::Corr),
        (0.0..=1.0).prop_map(|q| A::QuantileCont(Quantile::of(q).unwrap_or(Quantile::MEDIAN))),
        (0.0..=1.0).prop_map(|q| A::QuantileDisc(Quantile::of(q).unwrap_or(Quantile::MEDIAN))),
    ]
}

/// Any tree that the parser can give: no sign before a number constant, no chain of AND or OR that is not balanced.
fn tree() -> impl Strategy<Value = Expr> {
    let names = prop_oneof!["[a-z_][a-z0-9_]{0,8}", "\\PC{1,6}"];
    let leaf = prop_oneof![names.prop_map(Expr::Column), value().prop_map(Expr::Literal)];
    leaf.prop_recursive(5, 40, 4, |inner| {
        let boxed = inner.clone().prop_map(Box::new);
        let pair = (boxed.clone(), boxed.clone());
        let arithmetic = prop::sample::select(
            &[
                ArithmeticOp::Add,
                ArithmeticOp::Subtract,
                ArithmeticOp::Multiply,
                ArithmeticOp::Divide,
                ArithmeticOp::IntegerDivide,
                ArithmeticOp::Remainder,
            ][..],
        );
        let compare = prop::sample::select(
            &[
                CompareOp::Equal,
                CompareOp::NotEqual,
                CompareOp::Less,
                CompareOp::LessOrEqual,
                CompareOp::Greater,
            ][..],
        );
        let list = prop::collection::vec(inner.clone(), 1..4);
        prop_oneof![
            boxed.clone().prop_map(Expr::Not),
            boxed
                .clone()
                .prop_filter("a sign and a constant are one", |expr| !matches!(**expr, Expr::Literal(_)))
                .prop_map(Expr::Negate),
            (arithmetic, pair.clone()).prop_map(|(op, (left, right))| Expr::Arithmetic(op, left, right)),
            (compare, pair.clone()).prop_map(|(op, (left, right))| Expr::Compare(op, left, right)),
            pair.clone().prop_map(|(left, right)| Expr::And(left, right)),
            pair.clone().prop_map(|(left, right)| Expr::Or(left, right)),
            (boxed.clone(), any::<bool>()).prop_map(|(expr, negated)| Expr::IsNull { expr, negated }),
            (boxed.clone(), list.clone(), any::<bool>()).prop_map(|(expr, list, negated)| Expr::InList {
                expr,
                list,
                negated
            }),
            (pair.clone(), any::<Option<char>>(), any::<bool>(), any::<bool>()).prop_map(
                |((expr, pattern), escape, negated, case_insensitive)| Expr::Like {
                    expr,
                    pattern,
                    escape,
                    negated,
                    case_insensitive
                }
            ),
            (prop::collection::vec((inner.clone(), inner.clone()), 1..3), prop::option::of(boxed.clone()))
                .prop_map(|(branches, otherwise)| Expr::Case { branches, otherwise }),
            (boxed.clone(), data_type(), any::<bool>()).prop_map(|(expr, data_type, lenient)| Expr::Cast {
                expr,
                data_type,
                lenient
            }),
            (prop::sample::select(&Function::ALL[..]), prop::collection::vec(inner.clone(), 3)).prop_map(
                |((function, _, least, most), mut arguments)| {
                    arguments.truncate(most.min(3).max(least));
                    Expr::Call(function, arguments)
                }
            ),
            (aggregate(), prop::collection::vec(inner, 2)).prop_map(|(function, mut arguments)| {
                arguments.truncate(function.arity());
                Expr::Aggregate { function, arguments }
            }),
        ]
    })
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(sql in any::<String>()) {
        let _ = crate::sql::parse(&sql, &CsvOptions::default());
    }

    #[test]
    fn any_words_are_read_or_refused(
        words in prop::collection::vec(
            prop_oneof![
                prop::sample::select(ALL_KEYWORDS).prop_map(str::to_owned),
                prop::sample::select(
                    &["(", ")", ",", "*", "-", "'f.csv'", "a", "1", "1.5", "=", "{", "}", "[", "]", ":", "::", ".", ";", "||", "=>"][..]
                ).prop_map(str::to_owned),
            ],
            0..30,
        ),
        select in any::<bool>(),
    ) {
        let start = if select { "SELECT " } else { "" };
        let _ = crate::sql::parse(&format!("{start}{}", words.join(" ")), &CsvOptions::default());
    }

    #[test]
    fn what_is_printed_reads_back(expr in tree()) {
        check_reads_back(&expr);
    }
}
