//! Types of expressions: which operands go together, what comes out, and where a value must be converted first.
//!
//! [`bind`] turns a resolved [`Expr`](crate::Expr) into a [`Typed`] tree in which every conversion is written out as a
//! `Cast`, so that evaluators only ever see the operand types that each [`TypedKind`] promises.

mod aggregate;
mod bind;
mod convert;
mod function;
mod key;
mod temporal;

use std::sync::Arc;

use crate::{AggregateFunction, ArithmeticOp, CompareOp, ConstantSet, Constants, DataType, Function, Value};

pub use aggregate::bind_aggregate;
pub use bind::{bind, bind_condition};
pub use convert::castable;
pub use key::{check_key, check_output_keys};

/// An expression and its type. Casts are explicit; no name is left.
#[derive(Debug, Clone, PartialEq)]
pub struct Typed {
    /// What is computed.
    pub kind: TypedKind,
    /// The type of the result.
    pub data_type: DataType,
}

/// What a [`Typed`] expression computes. "Same type" of two decimals means the same scale; the precision of what a
/// cast to a decimal gives is checked by the cast.
#[derive(Debug, Clone, PartialEq)]
pub enum TypedKind {
    /// Column of the input.
    Field(usize),
    /// A constant of the expression's type (NULL of any type).
    Literal(Value),
    /// Conversion to the expression's type; `lenient` gives NULL where the value does not fit, else that is an error.
    /// See [`castable`] for the pairs.
    Cast {
        /// The value.
        input: Box<Typed>,
        /// TRY_CAST.
        lenient: bool,
    },
    /// NOT of a Boolean.
    Not(Box<Typed>),
    /// Minus a number or an interval; an error for the least integer.
    Negate(Box<Typed>),
    /// Result `Int64`: both `Int64`, overflow is an error. Result `Float64`: both `Float64`, or, for `Divide` only, both
    /// exact (`Int64` or `Decimal` of any scales): the quotient rounded once. Result `Decimal`: both `Decimal`, with the
    /// result's scale for `+ - %`, with scales that add up to it for `*`; more than 38 digits is an error.
    /// Of dates and times: `Date` - `Date` is `Int64` days; `Date` ± `Int64` days a `Date`; `Date` + `Time` and
    /// `Timestamp` ± `Interval` a `Timestamp`; `Timestamp` - `Timestamp` an `Interval` of days and microseconds; `Time` ±
    /// `Interval` a `Time`, modulo a day; `Interval` ± `Interval` and `Interval` * `Int64` an `Interval`. Months are added
    /// first, to the last day of the month where it has no such day. What leaves the years 1 to 9999 is an error.
    /// A zero divisor gives NULL for `/`, `//` and `%` of every type. `%` has the sign of the dividend; `//`, of `Int64`s
    /// alone, rounds towards zero.
    Arithmetic(ArithmeticOp, Box<Typed>, Box<Typed>),
    /// Both of the same type; text by bytes, false < true, NaN equal to itself and above all.
    Compare(CompareOp, Box<Typed>, Box<Typed>),
    /// Both Boolean, three-valued; the right side only where the left is not false.
    And(Box<Typed>, Box<Typed>),
    /// Both Boolean, three-valued; the right side only where the left is not true.
    Or(Box<Typed>, Box<Typed>),
    /// Any type.
    IsNull {
        /// What is looked at.
        input: Box<Typed>,
        /// IS NOT NULL.
        negated: bool,
    },
    /// All of the same type, three-valued.
    InList {
        /// What is looked for.
        input: Box<Typed>,
        /// Where.
        list: Vec<Typed>,
        /// NOT IN.
        negated: bool,
    },
    /// The set is of the type of the input; three-valued.
    InSet {
        /// What is looked for.
        input: Box<Typed>,
        /// Where.
        set: Arc<ConstantSet>,
        /// As written.
        constants: Arc<Constants>,
        /// NOT IN.
        negated: bool,
    },
    /// Both text.
    Like {
        /// The text.
        input: Box<Typed>,
        /// The pattern.
        pattern: Box<Typed>,
        /// The character that makes the next one of the pattern literal.
        escape: Option<char>,
        /// NOT LIKE.
        negated: bool,
        /// ILIKE: both sides in lower case first.
        case_insensitive: bool,
    },
    /// Boolean conditions; results of the expression's type.
    Case {
        /// Conditions and results.
        branches: Vec<(Typed, Typed)>,
        /// ELSE.
        otherwise: Option<Box<Typed>>,
    },
    /// A scalar function. `Coalesce`, `Greatest`, `Least`, `Abs`: arguments of the expression's type. `Sqrt`, `Power`,
    /// `Ln`, `Log10`, `Log2`, `Exp`: doubles. `DatePart`, `DateTrunc`, `DateDiff`, `DateSub`: a literal name of a part,
    /// then dates, timestamps, times or intervals (of `DateTrunc`, `DateSub` and `DateDiff`: timestamps or times).
    /// `Strftime`: a timestamp and text. `MakeTime`, `MakeTimestamp`: integers, the seconds a double. `Round`: the number,
    /// then (optional) a literal `Int64` of digits. `Concat`: text. `Substr`: text, then `Int64`s. `NullIf` never occurs: it is written as `Case`.
    Call(Function, Vec<Typed>),
}

/// An aggregate and its type.
#[derive(Debug, Clone, PartialEq)]
pub struct TypedAggregate {
    /// Which. Arguments: `Sum`, `Avg`, `Var…`, `Stddev…`, `QuantileCont`: `Int64`, `Decimal` or `Float64`. `Corr`: both
    /// exact or both `Float64`. `QuantileDisc`: these, `Date`, `Timestamp` or `Time`. Others: any type.
    pub function: AggregateFunction,
    /// The arguments, over the input of the grouping.
    pub arguments: Vec<Typed>,
    /// The type of the result.
    pub data_type: DataType,
}

impl Typed {
    /// The direct children.
    pub fn children(&self) -> Vec<&Typed> {
        match &self.kind {
            TypedKind::Field(_) | TypedKind::Literal(_) => Vec::new(),
            TypedKind::Cast { input, .. }
            | TypedKind::Not(input)
            | TypedKind::Negate(input)
            | TypedKind::IsNull { input, .. }
            | TypedKind::InSet { input, .. } => vec![input],
            TypedKind::Arithmetic(_, l, r)
            | TypedKind::Compare(_, l, r)
            | TypedKind::And(l, r)
            | TypedKind::Or(l, r) => {
                vec![l, r]
            }
            TypedKind::InList { input, list, .. } => std::iter::once(&**input).chain(list).collect(),
            TypedKind::Like { input, pattern, .. } => vec![input, pattern],
            TypedKind::Case { branches, otherwise } => {
                branches.iter().flat_map(|(when, then)| [when, then]).chain(otherwise.as_deref()).collect()
            }
            TypedKind::Call(_, arguments) => arguments.iter().collect(),
        }
    }

    /// Whether a number is turned into text somewhere: only then can a wider type of a column change more than the
    /// scale with which a result prints.
    pub fn shows_numbers_as_text(&self) -> bool {
        let here = match &self.kind {
            TypedKind::Cast { input, .. } => self.data_type == DataType::Utf8 && input.data_type.is_numeric(),
            _ => false,
        };
        here || self.children().into_iter().any(Typed::shows_numbers_as_text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ErrorKind, Expr};

    const TYPES: [DataType; 5] =
        [DataType::Int64, DataType::decimal(1), DataType::Float64, DataType::Utf8, DataType::Date];

    fn field(index: usize) -> Box<Expr> {
        Box::new(Expr::Field(index))
    }

    fn literal(value: Value) -> Box<Expr> {
        Box::new(Expr::Literal(value))
    }

    fn type_of(op: ArithmeticOp, left: usize, right: usize) -> DataType {
        bind(&Expr::Arithmetic(op, field(left), field(right)), &TYPES).unwrap().data_type
    }

    #[test]
    fn arithmetic_types() {
        use ArithmeticOp::{Add, Divide, Multiply, Remainder};
        assert_eq!(type_of(Add, 0, 0), DataType::Int64);
        assert_eq!(type_of(Add, 0, 1), DataType::decimal(1));
        assert_eq!(type_of(Multiply, 1, 1), DataType::decimal(2));
        assert_eq!(type_of(Divide, 0, 0), DataType::Float64);
        assert_eq!(type_of(Remainder, 0, 1), DataType::decimal(1));
        assert_eq!(type_of(Add, 1, 2), DataType::Float64);
    }

    #[test]
    fn a_literal_takes_the_type_beside_it() {
        let compared = Expr::Compare(CompareOp::Greater, field(1), literal(Value::Int64(-50)));
        let TypedKind::Compare(_, _, right) = bind(&compared, &TYPES).unwrap().kind else {
            panic!("not a comparison")
        };
        assert_eq!(right.kind, TypedKind::Literal(Value::decimal(-500, 1)));
        let dated = Expr::Compare(CompareOp::Equal, field(4), literal(Value::Utf8("2024-01-01".into())));
        let TypedKind::Compare(_, _, right) = bind(&dated, &TYPES).unwrap().kind else {
            panic!("not a comparison")
        };
        assert_eq!(right.data_type, DataType::Date);
    }

    #[test]
    fn text_beside_a_number_names_the_column() {
        let compared = Expr::Compare(CompareOp::Greater, field(3), literal(Value::Int64(1)));
        match bind(&compared, &TYPES).unwrap_err().into_kind() {
            ErrorKind::Type { field, .. } => assert_eq!(field, Some(3)),
            other => panic!("{other}"),
        }
    }

    #[test]
    fn sums_have_38_digits() {
        let sum = |index| {
            bind_aggregate(AggregateFunction::Sum, &[Expr::Field(index)], &TYPES).map(|sum| sum.data_type)
        };
        assert_eq!(sum(0).unwrap(), DataType::decimal(0));
        assert_eq!(sum(1).unwrap(), DataType::decimal(1));
        assert_eq!(sum(2).unwrap(), DataType::Float64);
        assert!(sum(3).is_err());
    }
}
