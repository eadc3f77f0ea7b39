//! Random expressions, of a wanted kind more often than not: most of them can be typed.

use plimsoll_core::value::Interval;
use plimsoll_core::{
    AggregateFunction as A, ArithmeticOp, CompareOp, DataType, DatePart, Expr, Function as F, Quantile, Value,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// What an expression should give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Number,
    Text,
    Day,
    Moment,
    Condition,
}

const KINDS: [Kind; 5] = [Kind::Number, Kind::Text, Kind::Day, Kind::Moment, Kind::Condition];

/// An expression of any kind.
pub(crate) fn any_expr(depth: u32) -> BoxedStrategy<Expr> {
    select(&KINDS[..]).prop_flat_map(move |kind| expr(kind, depth)).boxed()
}

pub(crate) fn expr(kind: Kind, depth: u32) -> BoxedStrategy<Expr> {
    if depth == 0 {
        return leaf(kind);
    }
    let deeper = match kind {
        Kind::Number => number(depth - 1),
        Kind::Text => text(depth - 1),
        Kind::Condition => condition(depth - 1),
        Kind::Day => day(depth - 1),
        Kind::Moment => moment(depth - 1),
    };
    prop_oneof![2 => leaf(kind), 3 => deeper, 1 => general(kind, depth - 1)].boxed()
}

pub(crate) fn column(name: &str) -> Expr {
    Expr::Column(name.into())
}

fn leaf(kind: Kind) -> BoxedStrategy<Expr> {
    let names: &[&str] = match kind {
        Kind::Number => &["i", "d", "f", "i", "d", "f", "any"],
        Kind::Text => &["s", "s", "s", "s", "s", "s", "s", "any"],
        Kind::Day => &["day"],
        Kind::Moment => &["ts"],
        Kind::Condition => &["b"],
    };
    prop_oneof![3 => select(names.to_vec()).prop_map(column), 1 => literal(kind).prop_map(Expr::Literal)]
        .boxed()
}

fn literal(kind: Kind) -> BoxedStrategy<Value> {
    let own = match kind {
        Kind::Number => prop_oneof![
            (-3i64..12).prop_map(Value::Int64),
            select(vec![i64::MAX, i64::MIN, 1 << 62, 1 << 31]).prop_map(Value::Int64),
            (-999i128..999, 0u8..4).prop_map(|(mantissa, scale)| Value::decimal(mantissa, scale)),
            select(vec![0.0, 0.5, -2.5, 1e15, 1e300, 3.0]).prop_map(Value::Float64),
        ]
        .boxed(),
        Kind::Text => {
            select(vec!["", "a", "b", "ab", "%a%", "_", "a%", "%", "1", " ", "é", "2024-01-01", "x"])
                .prop_map(|text| Value::Utf8(text.into()))
                .boxed()
        }
        Kind::Day => select(vec![0, 19_782, -1, 19_723]).prop_map(Value::Date).boxed(),
        Kind::Moment => select(vec![0i64, 1_709_208_000_000_000, -1]).prop_map(Value::Timestamp).boxed(),
        Kind::Condition => any::<bool>().prop_map(Value::Boolean).boxed(),
    };
    prop_oneof![9 => own, 1 => Just(Value::Null)].boxed()
}

fn boxed(expr: Expr) -> Box<Expr> {
    Box::new(expr)
}

/// What every kind can be made by.
fn general(kind: Kind, depth: u32) -> BoxedStrategy<Expr> {
    let some = move || vec(expr(kind, depth), 1..4);
    let list = select(vec![F::Coalesce, F::Greatest, F::Least]);
    let data_type = match kind {
        Kind::Number => select(vec![
            DataType::Int64,
            DataType::Float64,
            DataType::Decimal { precision: 10, scale: 2 },
            DataType::Decimal { precision: 38, scale: 6 },
            DataType::Decimal { precision: 4, scale: 0 },
        ])
        .boxed(),
        Kind::Text => Just(DataType::Utf8).boxed(),
        Kind::Day => Just(DataType::Date).boxed(),
        Kind::Moment => Just(DataType::Timestamp).boxed(),
        Kind::Condition => Just(DataType::Boolean).boxed(),
    };
    prop_oneof![
        (list, some()).prop_map(|(function, arguments)| Expr::Call(function, arguments)),
        (expr(kind, depth), expr(kind, depth)).prop_map(|(a, b)| Expr::Call(F::NullIf, vec![a, b])),
        (vec((expr(Kind::Condition, depth), expr(kind, depth)), 1..3), prop::option::of(expr(kind, depth)))
            .prop_map(|(branches, otherwise)| Expr::Case { branches, otherwise: otherwise.map(boxed) }),
        (any_expr(depth), data_type, prop::bool::weighted(0.8)).prop_map(|(input, data_type, lenient)| {
            Expr::Cast { expr: boxed(input), data_type, lenient }
        }),
    ]
    .boxed()
}

fn number(depth: u32) -> BoxedStrategy<Expr> {
    use ArithmeticOp::{Add, Divide, IntegerDivide, Multiply, Remainder, Subtract};
    let n = move || expr(Kind::Number, depth);
    let one = select(vec![F::Abs, F::Round, F::Floor, F::Ceil, F::Sqrt, F::Ln, F::Log10, F::Log2, F::Exp]);
    prop_oneof![
        4 => (select(vec![Add, Subtract, Multiply, Divide, IntegerDivide, Remainder]), n(), n())
            .prop_map(|(op, left, right)| Expr::Arithmetic(op, boxed(left), boxed(right))),
        1 => n().prop_map(|input| Expr::Negate(boxed(input))),
        2 => (one, n()).prop_map(|(function, input)| Expr::Call(function, vec![input])),
        1 => (n(), -3i64..5).prop_map(|(input, digits)| {
            Expr::Call(F::Round, vec![input, Expr::Literal(Value::Int64(digits))])
        }),
        1 => (n(), n()).prop_map(|(base, exponent)| Expr::Call(F::Power, vec![base, exponent])),
        1 => expr(Kind::Text, depth).prop_map(|input| Expr::Call(F::Length, vec![input])),
        1 => (part(), temporal(depth)).prop_map(|(part, input)| Expr::Call(F::DatePart, vec![part, input])),
        1 => (select(vec![F::DateDiff, F::DateSub]), part(), temporal(depth), temporal(depth))
            .prop_map(|(function, part, from, to)| Expr::Call(function, vec![part, from, to])),
        1 => (expr(Kind::Day, depth), expr(Kind::Day, depth))
            .prop_map(|(to, from)| Expr::Arithmetic(Subtract, boxed(to), boxed(from))),
        1 => (expr(Kind::Text, depth), expr(Kind::Text, depth))
            .prop_map(|(input, part)| Expr::Call(F::Position, vec![input, part])),
    ]
    .boxed()
}

fn text(depth: u32) -> BoxedStrategy<Expr> {
    let t = move || expr(Kind::Text, depth);
    let small = || (-3i64..4).prop_map(|n| Expr::Literal(Value::Int64(n)));
    prop_oneof![
        (select(vec![F::Lower, F::Upper, F::Trim, F::LeftTrim, F::RightTrim]), t())
            .prop_map(|(function, input)| Expr::Call(function, vec![input])),
        (t(), any_expr(depth)).prop_map(|(left, right)| Expr::Call(F::Concat, vec![left, right])),
        (t(), small(), prop::option::of(small())).prop_map(|(input, start, length)| {
            Expr::Call(F::Substr, [input, start].into_iter().chain(length).collect())
        }),
        (t(), t(), t()).prop_map(|(input, from, to)| Expr::Call(F::Replace, vec![input, from, to])),
        (select(vec![F::DayName, F::MonthName]), temporal(depth))
            .prop_map(|(function, input)| Expr::Call(function, vec![input])),
        (temporal(depth), format()).prop_map(|(input, format)| Expr::Call(F::Strftime, vec![input, format])),
    ]
    .boxed()
}

fn day(depth: u32) -> BoxedStrategy<Expr> {
    use ArithmeticOp::{Add, Subtract};
    prop_oneof![
        (select(vec![Add, Subtract]), expr(Kind::Day, depth), -400i64..400).prop_map(|(op, day, days)| {
            Expr::Arithmetic(op, boxed(day), boxed(Expr::Literal(Value::Int64(days))))
        }),
        temporal(depth).prop_map(|input| Expr::Call(F::LastDay, vec![input])),
    ]
    .boxed()
}

fn moment(depth: u32) -> BoxedStrategy<Expr> {
    use ArithmeticOp::{Add, Subtract};
    let interval = (-30i32..30, -40i32..40, -90_000_000_000i64..90_000_000_000)
        .prop_map(|(months, days, micros)| Expr::Literal(Value::Interval(Interval { months, days, micros })));
    prop_oneof![
        (select(vec![Add, Subtract]), temporal(depth), interval)
            .prop_map(|(op, moment, interval)| Expr::Arithmetic(op, boxed(moment), boxed(interval))),
        (part(), temporal(depth)).prop_map(|(part, input)| Expr::Call(F::DateTrunc, vec![part, input])),
        (expr(Kind::Text, depth), format())
            .prop_map(|(text, format)| Expr::Call(F::TryStrptime, vec![text, format])),
    ]
    .boxed()
}

/// A date or a timestamp.
fn temporal(depth: u32) -> BoxedStrategy<Expr> {
    prop_oneof![expr(Kind::Day, depth), expr(Kind::Moment, depth)].boxed()
}

/// The name of a part of a date or a time.
fn part() -> impl Strategy<Value = Expr> {
    select(&DatePart::ALL[..]).prop_map(|(part, _)| Expr::Literal(Value::Utf8(part.name().into())))
}

/// A format of dates and times.
fn format() -> impl Strategy<Value = Expr> {
    let formats = vec!["%Y-%m-%d", "%A %-d. %B %y %T.%f", "%j|%I %p|%a %b", "%s", "%F"];
    select(formats).prop_map(|format| Expr::Literal(Value::Utf8(format.into())))
}

fn condition(depth: u32) -> BoxedStrategy<Expr> {
    use CompareOp::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
    let c = move || expr(Kind::Condition, depth);
    let op = || select(vec![Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual]);
    let pair = select(&KINDS[..]).prop_flat_map(move |kind| (expr(kind, depth), expr(kind, depth)));
    let group =
        select(&KINDS[..]).prop_flat_map(move |kind| (expr(kind, depth), vec(expr(kind, depth), 1..4)));
    let pattern = prop_oneof![3 => literal(Kind::Text).prop_map(Expr::Literal), 1 => expr(Kind::Text, depth)];
    prop_oneof![
        5 => (op(), pair).prop_map(|(op, (left, right))| Expr::Compare(op, boxed(left), boxed(right))),
        1 => (c(), c()).prop_map(|(left, right)| Expr::And(boxed(left), boxed(right))),
        1 => (c(), c()).prop_map(|(left, right)| Expr::Or(boxed(left), boxed(right))),
        1 => c().prop_map(|input| Expr::Not(boxed(input))),
        2 => (any_expr(depth), any::<bool>())
            .prop_map(|(input, negated)| Expr::IsNull { expr: boxed(input), negated }),
        1 => (group, any::<bool>())
            .prop_map(|((input, list), negated)| Expr::InList { expr: boxed(input), list, negated }),
        1 => (expr(Kind::Text, depth), pattern, any::<bool>(), any::<bool>(), select(vec![None, Some('a'), Some('%')]))
            .prop_map(|(input, pattern, negated, case_insensitive, escape)| {
                Expr::Like { expr: boxed(input), pattern: boxed(pattern), escape, negated, case_insensitive }
            }),
        1 => (expr(Kind::Text, depth), expr(Kind::Text, depth))
            .prop_map(|(input, prefix)| Expr::Call(F::StartsWith, vec![input, prefix])),
    ]
    .boxed()
}

/// An aggregate over expressions of the given depth.
pub(crate) fn aggregate(depth: u32) -> BoxedStrategy<Expr> {
    let made = |function, arguments| Expr::Aggregate { function, arguments };
    let written = ["0", "0.1", "0.25", "0.333333333333333333333333", "0.5", "0.9", "1"];
    let q = select(written.iter().filter_map(|q| Quantile::parse(q)).collect::<Vec<_>>());
    let numeric = prop_oneof![
        3 => select(vec![A::Sum, A::Avg, A::VarPop, A::VarSamp, A::StddevPop, A::StddevSamp]),
        1 => q.clone().prop_map(A::QuantileCont),
        1 => q.prop_map(A::QuantileDisc),
    ];
    let any = select(vec![A::Count, A::CountDistinct, A::Min, A::Max, A::First, A::Last, A::AnyValue]);
    prop_oneof![
        1 => Just(made(A::CountStar, Vec::new())),
        4 => (numeric, expr(Kind::Number, depth)).prop_map(move |(function, input)| made(function, vec![input])),
        4 => (any, any_expr(depth)).prop_map(move |(function, input)| made(function, vec![input])),
        1 => (expr(Kind::Number, depth), expr(Kind::Number, depth))
            .prop_map(move |(y, x)| made(A::Corr, vec![y, x])),
    ]
    .boxed()
}
