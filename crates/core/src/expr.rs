//! Expressions as written: a tree of columns, literals, operators, functions and aggregates.

use std::sync::Arc;

use crate::{Constants, DataType, Quantile, Value};

/// An expression. `Column` names stand until [`resolve`](crate::resolve()) turns them into `Field` indexes.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// A column, by name.
    Column(String),
    /// A column of the operator's input, by index. Made by `resolve`, never by users.
    Field(usize),
    /// A constant.
    Literal(Value),
    /// NOT.
    Not(Box<Expr>),
    /// Unary minus.
    Negate(Box<Expr>),
    /// `+ - * / // %`.
    Arithmetic(ArithmeticOp, Box<Expr>, Box<Expr>),
    /// `= <> < <= > >=`.
    Compare(CompareOp, Box<Expr>, Box<Expr>),
    /// AND; the right side is evaluated only for rows where the left is not false.
    And(Box<Expr>, Box<Expr>),
    /// OR; the right side is evaluated only for rows where the left is not true.
    Or(Box<Expr>, Box<Expr>),
    /// IS NULL, or IS NOT NULL where `negated`.
    IsNull {
        /// What is looked at.
        expr: Box<Expr>,
        /// IS NOT NULL.
        negated: bool,
    },
    /// IN (…), or NOT IN where `negated`.
    InList {
        /// What is looked for.
        expr: Box<Expr>,
        /// Where.
        list: Vec<Expr>,
        /// NOT IN.
        negated: bool,
    },
    /// IN (…), or NOT IN where `negated`, of many constants.
    InSet {
        /// What is looked for.
        expr: Box<Expr>,
        /// Where.
        constants: Arc<Constants>,
        /// NOT IN.
        negated: bool,
    },
    /// LIKE: `%` is any text, `_` one character.
    Like {
        /// The text.
        expr: Box<Expr>,
        /// The pattern.
        pattern: Box<Expr>,
        /// The character that makes the next one of the pattern literal.
        escape: Option<char>,
        /// NOT LIKE.
        negated: bool,
        /// ILIKE: letters match in any case.
        case_insensitive: bool,
    },
    /// CASE WHEN … THEN … ELSE … END; a branch is evaluated only for rows that take it.
    Case {
        /// Conditions and results, in order.
        branches: Vec<(Expr, Expr)>,
        /// ELSE; NULL where absent.
        otherwise: Option<Box<Expr>>,
    },
    /// CAST, or TRY_CAST where `lenient`: NULL instead of an error.
    Cast {
        /// The value.
        expr: Box<Expr>,
        /// The wanted type.
        data_type: DataType,
        /// TRY_CAST.
        lenient: bool,
    },
    /// A scalar function.
    Call(Function, Vec<Expr>),
    /// An aggregate; only in SELECT, HAVING and ORDER BY, and never inside another.
    Aggregate {
        /// Which.
        function: AggregateFunction,
        /// Its arguments, without constant parameters; empty for `count(*)`.
        arguments: Vec<Expr>,
    },
}

/// `+ - * / // %`; `//` takes integers and rounds towards zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum ArithmeticOp {
    Add,
    Subtract,
    Multiply,
    Divide,
    IntegerDivide,
    Remainder,
}

/// `= <> < <= > >=`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum CompareOp {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Scalar functions. NULL in any argument gives NULL, but for `Coalesce`, `NullIf`, `Greatest`, `Least`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Function {
    /// `coalesce(a, …)`: the first that is not NULL; later ones are evaluated only where needed.
    Coalesce,
    /// `nullif(a, b)`: NULL where a = b, else a.
    NullIf,
    /// `a || b`: both as text.
    Concat,
    /// `lower(text)`, by Unicode's default case mapping.
    Lower,
    /// `upper(text)`, by Unicode's default case mapping.
    Upper,
    /// `length(text)`: Unicode code points.
    Length,
    /// `substr(text, start[, length])`: code points from 1; a negative start counts from the end.
    Substr,
    /// `trim(text)`: without the spaces (U+0020) at both ends.
    Trim,
    /// `ltrim(text)`: without the spaces before it.
    LeftTrim,
    /// `rtrim(text)`: without the spaces behind it.
    RightTrim,
    /// `strpos(text, part)`: where the first `part` begins, in code points from 1; 0 where there is none.
    Position,
    /// `replace(text, from, to)`: every occurrence; the text itself where `from` is empty.
    Replace,
    /// `starts_with(text, prefix)`.
    StartsWith,
    /// `abs(number)`.
    Abs,
    /// `round(number[, digits])`: half away from zero; digits is an integer literal and may be negative.
    Round,
    /// `floor(number)`: decimals keep their type with scale 0.
    Floor,
    /// `ceil(number)`: decimals keep their type with scale 0.
    Ceil,
    /// `sqrt(number)`, a double; an error below 0.
    Sqrt,
    /// `power(base, exponent)`, a double.
    Power,
    /// `ln(number)`, a double; an error at 0 and below.
    Ln,
    /// `log10(number)`, `log(number)`, a double; an error at 0 and below.
    Log10,
    /// `log2(number)`, a double; an error at 0 and below.
    Log2,
    /// `exp(number)`, a double.
    Exp,
    /// `date_part(part, x)`, also written `extract(part FROM x)`: a [`DatePart`](crate::DatePart) of a date, timestamp,
    /// time or, but for those of weeks, interval; an integer, of the epoch a double.
    DatePart,
    /// `date_trunc(part, x)`: the beginning of the part that a date or timestamp is in, a timestamp.
    DateTrunc,
    /// `date_diff(part, from, to)`: how many beginnings of a part lie between; weeks are 7 days.
    DateDiff,
    /// `date_sub(part, from, to)`: how many whole parts lie between.
    DateSub,
    /// `dayname(x)`: the weekday in English.
    DayName,
    /// `monthname(x)`: the month in English.
    MonthName,
    /// `last_day(x)`: the last day of the month.
    LastDay,
    /// `strftime(x, format)`: a date or timestamp by a [`TimeFormat`](crate::value::TimeFormat).
    Strftime,
    /// `strptime(text, format)`: the timestamp that a text is by a [`TimeFormat`](crate::value::TimeFormat); else an error.
    Strptime,
    /// `try_strptime(text, format)`: as `Strptime`, but NULL.
    TryStrptime,
    /// `make_date(year, month, day)`.
    MakeDate,
    /// `make_time(hour, minute, seconds)`: the seconds, a double, are rounded to the microsecond.
    MakeTime,
    /// `make_timestamp(year, month, day, hour, minute, seconds)`, or of microseconds since 1970-01-01 00:00:00.
    MakeTimestamp,
    /// `to_timestamp(seconds)`: of seconds since 1970-01-01 00:00:00, a double, rounded to the microsecond.
    ToTimestamp,
    /// `epoch_ms(x)`: milliseconds since 1970-01-01 00:00:00 of a date or timestamp, rounded half away from zero, or the
    /// timestamp of an integer.
    EpochMs,
    /// `greatest(a, …)`: NULLs are left out.
    Greatest,
    /// `least(a, …)`: NULLs are left out.
    Least,
}

impl Function {
    /// Every function with its SQL names (the first is the one that is printed) and its least and greatest number of
    /// arguments. `Concat` is written `||`.
    pub const ALL: [(Function, &'static [&'static str], usize, usize); 40] = [
        (Function::Coalesce, &["coalesce", "ifnull"], 1, usize::MAX),
        (Function::NullIf, &["nullif"], 2, 2),
        (Function::Concat, &["||"], 2, 2),
        (Function::Lower, &["lower", "lcase"], 1, 1),
        (Function::Upper, &["upper", "ucase"], 1, 1),
        (Function::Length, &["length", "len", "char_length", "character_length"], 1, 1),
        (Function::Substr, &["substr", "substring"], 2, 3),
        (Function::Trim, &["trim"], 1, 1),
        (Function::LeftTrim, &["ltrim"], 1, 1),
        (Function::RightTrim, &["rtrim"], 1, 1),
        (Function::Position, &["strpos", "instr"], 2, 2),
        (Function::Replace, &["replace"], 3, 3),
        (Function::StartsWith, &["starts_with", "prefix"], 2, 2),
        (Function::Abs, &["abs"], 1, 1),
        (Function::Round, &["round"], 1, 2),
        (Function::Floor, &["floor"], 1, 1),
        (Function::Ceil, &["ceil", "ceiling"], 1, 1),
        (Function::Sqrt, &["sqrt"], 1, 1),
        (Function::Power, &["power", "pow"], 2, 2),
        (Function::Ln, &["ln"], 1, 1),
        (Function::Log10, &["log10", "log"], 1, 1),
        (Function::Log2, &["log2"], 1, 1),
        (Function::Exp, &["exp"], 1, 1),
        (Function::DatePart, &["date_part", "datepart"], 2, 2),
        (Function::DateTrunc, &["date_trunc", "datetrunc"], 2, 2),
        (Function::DateDiff, &["date_diff", "datediff"], 3, 3),
        (Function::DateSub, &["date_sub", "datesub"], 3, 3),
        (Function::DayName, &["dayname"], 1, 1),
        (Function::MonthName, &["monthname"], 1, 1),
        (Function::LastDay, &["last_day"], 1, 1),
        (Function::Strftime, &["strftime"], 2, 2),
        (Function::Strptime, &["strptime"], 2, 2),
        (Function::TryStrptime, &["try_strptime"], 2, 2),
        (Function::MakeDate, &["make_date"], 3, 3),
        (Function::MakeTime, &["make_time"], 3, 3),
        (Function::MakeTimestamp, &["make_timestamp"], 1, 6),
        (Function::ToTimestamp, &["to_timestamp"], 1, 1),
        (Function::EpochMs, &["epoch_ms"], 1, 1),
        (Function::Greatest, &["greatest"], 1, usize::MAX),
        (Function::Least, &["least"], 1, usize::MAX),
    ];

    /// The function called `name`, in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        let lower = name.to_ascii_lowercase();
        Self::ALL
            .iter()
            .find(|(_, names, ..)| names.contains(&lower.as_str()))
            .map(|(function, ..)| *function)
    }

    /// The name that is printed.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(function, ..)| *function == self).map_or("?", |(_, names, ..)| names[0])
    }

    /// The least and greatest number of arguments.
    pub fn arity(self) -> (usize, usize) {
        Self::ALL
            .iter()
            .find(|(function, ..)| *function == self)
            .map_or((0, 0), |(_, _, least, most)| (*least, *most))
    }
}

/// Aggregate functions. NULL arguments are left out; over no value all but the counts give NULL.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum AggregateFunction {
    /// `count(*)`: rows.
    CountStar,
    /// `count(x)`.
    Count,
    /// `count(distinct x)`.
    CountDistinct,
    /// `sum(x)`: exact; `DECIMAL(38, scale)` for integers and decimals.
    Sum,
    /// `avg(x)`, `mean(x)`: the exact mean, rounded once to a double.
    Avg,
    /// `min(x)`.
    Min,
    /// `max(x)`.
    Max,
    /// `var_pop(x)`.
    VarPop,
    /// `var_samp(x)`, `variance(x)`: NULL for fewer than two values.
    VarSamp,
    /// `stddev_pop(x)`.
    StddevPop,
    /// `stddev_samp(x)`, `stddev(x)`: NULL for fewer than two values.
    StddevSamp,
    /// `quantile_cont(x, q)`, and `median(x)` with q = 0.5: interpolated between neighbours, the exact value rounded
    /// once to a double. q is the decimal that was written.
    QuantileCont(Quantile),
    /// `quantile_disc(x, q)`: the value at index `max(ceil(q * n), 1) - 1` of the n sorted values. q is the decimal
    /// that was written.
    QuantileDisc(Quantile),
    /// `first(x)`: the value of the first record of the group, be it NULL.
    First,
    /// `last(x)`: the value of the last record of the group, be it NULL.
    Last,
    /// `any_value(x)`: the first that is not NULL.
    AnyValue,
    /// `corr(y, x)`: Pearson's coefficient over rows where both are not NULL; NULL where one of them does not vary.
    Corr,
}

impl AggregateFunction {
    /// The name that is printed.
    pub fn name(self) -> &'static str {
        match self {
            AggregateFunction::CountStar | AggregateFunction::Count | AggregateFunction::CountDistinct => {
                "count"
            }
            AggregateFunction::Sum => "sum",
            AggregateFunction::Avg => "avg",
            AggregateFunction::Min => "min",
            AggregateFunction::Max => "max",
            AggregateFunction::VarPop => "var_pop",
            AggregateFunction::VarSamp => "var_samp",
            AggregateFunction::StddevPop => "stddev_pop",
            AggregateFunction::StddevSamp => "stddev_samp",
            AggregateFunction::QuantileCont(Quantile::MEDIAN) => "median",
            AggregateFunction::QuantileCont(_) => "quantile_cont",
            AggregateFunction::QuantileDisc(_) => "quantile_disc",
            AggregateFunction::First => "first",
            AggregateFunction::Last => "last",
            AggregateFunction::AnyValue => "any_value",
            AggregateFunction::Corr => "corr",
        }
    }

    /// How many arguments it takes, constant parameters not counted.
    pub fn arity(self) -> usize {
        match self {
            AggregateFunction::CountStar => 0,
            AggregateFunction::Corr => 2,
            _ => 1,
        }
    }
}

impl Expr {
    /// The direct children, in the order they are written.
    pub fn children(&self) -> Vec<&Expr> {
        match self {
            Expr::Column(_) | Expr::Field(_) | Expr::Literal(_) => Vec::new(),
            Expr::Not(e)
            | Expr::Negate(e)
            | Expr::IsNull { expr: e, .. }
            | Expr::InSet { expr: e, .. }
            | Expr::Cast { expr: e, .. } => {
                vec![e]
            }
            Expr::Arithmetic(_, l, r) | Expr::Compare(_, l, r) | Expr::And(l, r) | Expr::Or(l, r) => {
                vec![l, r]
            }
            Expr::InList { expr, list, .. } => std::iter::once(&**expr).chain(list).collect(),
            Expr::Like { expr, pattern, .. } => vec![expr, pattern],
            Expr::Case { branches, otherwise } => {
                branches.iter().flat_map(|(when, then)| [when, then]).chain(otherwise.as_deref()).collect()
            }
            Expr::Call(_, arguments) | Expr::Aggregate { arguments, .. } => arguments.iter().collect(),
        }
    }

    /// The direct children, mutably, in the same order as [`Expr::children`].
    pub fn children_mut(&mut self) -> Vec<&mut Expr> {
        match self {
            Expr::Column(_) | Expr::Field(_) | Expr::Literal(_) => Vec::new(),
            Expr::Not(e)
            | Expr::Negate(e)
            | Expr::IsNull { expr: e, .. }
            | Expr::InSet { expr: e, .. }
            | Expr::Cast { expr: e, .. } => {
                vec![e]
            }
            Expr::Arithmetic(_, l, r) | Expr::Compare(_, l, r) | Expr::And(l, r) | Expr::Or(l, r) => {
                vec![l, r]
            }
            Expr::InList { expr, list, .. } => std::iter::once(&mut **expr).chain(list).collect(),
            Expr::Like { expr, pattern, .. } => vec![expr, pattern],
            Expr::Case { branches, otherwise } => branches
                .iter_mut()
                .flat_map(|(when, then)| [when, then])
                .chain(otherwise.as_deref_mut())
                .collect(),
            Expr::Call(_, arguments) | Expr::Aggregate { arguments, .. } => arguments.iter_mut().collect(),
        }
    }

    /// Whether an aggregate occurs anywhere in it.
    pub fn has_aggregate(&self) -> bool {
        matches!(self, Expr::Aggregate { .. }) || self.children().into_iter().any(Expr::has_aggregate)
    }

    /// Adds the indexes of all `Field`s in it to `fields`, each once.
    pub fn collect_fields(&self, fields: &mut Vec<usize>) {
        if let Expr::Field(index) = self
            && !fields.contains(index)
        {
            fields.push(*index);
        }
        self.children().into_iter().for_each(|child| child.collect_fields(fields));
    }
}

impl ArithmeticOp {
    /// The sign.
    pub fn symbol(self) -> &'static str {
        match self {
            ArithmeticOp::Add => "+",
            ArithmeticOp::Subtract => "-",
            ArithmeticOp::Multiply => "*",
            ArithmeticOp::Divide => "/",
            ArithmeticOp::IntegerDivide => "//",
            ArithmeticOp::Remainder => "%",
        }
    }
}

impl CompareOp {
    /// The sign.
    pub fn symbol(self) -> &'static str {
        match self {
            CompareOp::Equal => "=",
            CompareOp::NotEqual => "<>",
            CompareOp::Less => "<",
            CompareOp::LessOrEqual => "<=",
            CompareOp::Greater => ">",
            CompareOp::GreaterOrEqual => ">=",
        }
    }
}
