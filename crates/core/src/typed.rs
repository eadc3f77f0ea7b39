//! Types of expressions: which operands go together, what comes out, and where a value must be converted first.
//!
//! [`bind`] turns a resolved [`Expr`] into a [`Typed`] tree in which every conversion is written out as a `Cast`, so
//! that evaluators only ever see the operand types that each [`TypedKind`] promises.

use crate::{
    AggregateFunction, ArithmeticOp, CompareOp, DataType, Error, ErrorKind, Expr, Function, MAX_PRECISION,
    Result, Value,
};

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
    /// Minus a number; an error for the least integer.
    Negate(Box<Typed>),
    /// Result `Int64`: both `Int64`, overflow is an error. Result `Float64`: both `Float64`, or, for `Divide` only, both
    /// exact (`Int64` or `Decimal` of any scales): the quotient rounded once. Result `Decimal`: both `Decimal`, with the
    /// result's scale for `+ - %`, with scales that add up to it for `*`; more than 38 digits is an error.
    /// A zero divisor gives NULL for `/` and `%` of every type. `%` has the sign of the dividend.
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
    /// `Ln`, `Exp`: doubles. `Round`: the number, then (optional) a literal `Int64` of digits. `Concat`: text.
    /// `Substr`: text, then `Int64`s. `NullIf` never occurs: it is written as `Case`.
    Call(Function, Vec<Typed>),
}

/// An aggregate and its type.
#[derive(Debug, Clone, PartialEq)]
pub struct TypedAggregate {
    /// Which. Arguments: `Sum`, `Avg`, `Var…`, `Stddev…`, `QuantileCont`: `Int64`, `Decimal` or `Float64`. `Corr`: both
    /// exact or both `Float64`. `QuantileDisc`: these, `Date` or `Timestamp`. Others: any type.
    pub function: AggregateFunction,
    /// The arguments, over the input of the grouping.
    pub arguments: Vec<Typed>,
    /// The type of the result.
    pub data_type: DataType,
}

/// Gives `expr`, resolved, its types, for columns of these `types`.
///
/// # Errors
/// `Type` where operands do not go together, `Plan` for a wrong number of arguments.
pub fn bind(expr: &Expr, types: &[DataType]) -> Result<Typed> {
    Binder { types }.bind(expr)
}

/// [`bind`] for the condition of a `clause` (WHERE, HAVING): it is Boolean; NULL of no type is one that is never true.
///
/// # Errors
/// As [`bind`], and `Type` for anything but a condition.
pub fn bind_condition(expr: &Expr, types: &[DataType], clause: &str) -> Result<Typed> {
    Binder { types }.condition(expr, clause)
}

/// Gives an aggregate its types.
///
/// # Errors
/// As [`bind`].
pub fn bind_aggregate(
    function: AggregateFunction,
    arguments: &[Expr],
    types: &[DataType],
) -> Result<TypedAggregate> {
    use AggregateFunction as A;
    let binder = Binder { types };
    if arguments.len() != function.arity() {
        return Err(wrong_arity(function.name(), &function.arity().to_string(), arguments.len()));
    }
    let mut arguments: Vec<Typed> = arguments.iter().map(|expr| binder.bind(expr)).collect::<Result<_>>()?;
    let numeric = !matches!(
        function,
        A::CountStar | A::Count | A::CountDistinct | A::Min | A::Max | A::First | A::Last | A::AnyValue
    );
    for argument in &mut arguments {
        if numeric && argument.data_type == DataType::Null {
            *argument = cast(std::mem::replace(argument, null()), DataType::Int64);
        }
        let ordered = matches!(argument.data_type, DataType::Date | DataType::Timestamp);
        let taken = argument.data_type.is_numeric() || (ordered && matches!(function, A::QuantileDisc(_)));
        if numeric && !taken {
            let found = argument.data_type;
            return Err(type_error(
                format!("{}() takes numbers, not {found}", function.name()),
                format!(
                    "write {}(CAST(… AS DOUBLE)), or TRY_CAST to make NULL of what is no number",
                    function.name()
                ),
                &[&*argument],
            ));
        }
    }
    if arguments.len() == 2 && arguments.iter().any(|argument| argument.data_type == DataType::Float64) {
        arguments = arguments.into_iter().map(|argument| cast(argument, DataType::Float64)).collect();
    }
    let first = arguments.first().map_or(DataType::Null, |argument| argument.data_type);
    let data_type = match function {
        A::CountStar | A::Count | A::CountDistinct => DataType::Int64,
        A::Sum => first.exact_scale().map_or(DataType::Float64, DataType::decimal),
        A::Min | A::Max | A::First | A::Last | A::AnyValue | A::QuantileDisc(_) => first,
        _ => DataType::Float64,
    };
    Ok(TypedAggregate { function, arguments, data_type })
}

/// Whether a CAST from one type to another exists. Decimals and text to integers round half away from zero, doubles to
/// integers and decimals round half to even; a timestamp to a date drops the time; Boolean to number is 0 or 1, number
/// to Boolean is "not 0". Text is read without the white space around it; numbers may have a sign, leading zeros, a
/// point and an exponent; Booleans are `true false t f 1 0` in any case.
pub fn castable(from: DataType, to: DataType) -> bool {
    use DataType::{Boolean, Date, Null, Timestamp, Utf8};
    from == to
        || from == Null
        || from == Utf8
        || to == Utf8
        || (from.is_numeric() && to.is_numeric() && to != Null)
        || (from == Boolean && to.is_numeric() && to != Null)
        || (from.is_numeric() && to == Boolean)
        || matches!((from, to), (Date, Timestamp) | (Timestamp, Date))
}

fn null() -> Typed {
    Typed { kind: TypedKind::Literal(Value::Null), data_type: DataType::Null }
}

/// `input` as `to`; constants are converted at once where that cannot fail.
fn cast(input: Typed, to: DataType) -> Typed {
    if input.data_type == to {
        return input;
    }
    if let TypedKind::Literal(value) = &input.kind
        && let Some(value) = convert_literal(value, to)
    {
        return Typed { kind: TypedKind::Literal(value), data_type: to };
    }
    Typed { kind: TypedKind::Cast { input: Box::new(input), lenient: false }, data_type: to }
}

fn convert_literal(value: &Value, to: DataType) -> Option<Value> {
    if value.is_null() {
        return Some(Value::Null);
    }
    let (mantissa, scale) = value.as_exact()?;
    match to {
        DataType::Decimal { precision, scale: wanted } => {
            let factor = 10i128.pow(u32::from(wanted.checked_sub(scale)?));
            let mantissa = mantissa.checked_mul(factor)?;
            (crate::value::decimal_digits(mantissa) <= precision).then_some(Value::decimal(mantissa, wanted))
        }
        // The text of an exact number reads as the nearest double.
        DataType::Float64 => Some(Value::Float64(value.to_string().parse().ok()?)),
        _ => None,
    }
}

fn type_error(message: String, hint: impl Into<String>, operands: &[&Typed]) -> Error {
    let text_column = operands.iter().find_map(|operand| match operand.kind {
        TypedKind::Field(index) if operand.data_type == DataType::Utf8 => Some(index),
        _ => None,
    });
    ErrorKind::Type { message, hint: hint.into(), field: text_column }.into()
}

fn wrong_arity(name: &str, wanted: &str, found: usize) -> Error {
    Error::plan(format!("{name}() takes {wanted} argument(s), not {found}"), "")
}

fn is_text_literal(typed: &Typed) -> bool {
    matches!(typed.kind, TypedKind::Literal(Value::Utf8(_)))
}

/// The least decimal that holds both, its precision cut at 38.
fn common_decimal(left: (u8, u8), right: (u8, u8)) -> DataType {
    let scale = left.1.max(right.1);
    let whole = (left.0 - left.1).max(right.0 - right.1);
    DataType::Decimal { precision: (whole + scale).min(MAX_PRECISION), scale }
}

struct Binder<'a> {
    types: &'a [DataType],
}

impl Binder<'_> {
    fn bind(&self, expr: &Expr) -> Result<Typed> {
        let boxed = |typed: Typed| Box::new(typed);
        let typed = match expr {
            Expr::Column(name) => return Err(Error::plan(format!("column {name} was not resolved"), "")),
            Expr::Field(index) => Typed { kind: TypedKind::Field(*index), data_type: self.types[*index] },
            Expr::Literal(value) => {
                Typed { data_type: value.data_type(), kind: TypedKind::Literal(value.clone()) }
            }
            Expr::Not(expr) => boolean(TypedKind::Not(boxed(self.condition(expr, "NOT")?))),
            Expr::Negate(expr) => self.negate(expr)?,
            Expr::Arithmetic(op, left, right) => self.arithmetic(*op, left, right)?,
            Expr::Compare(op, left, right) => {
                let [left, right] =
                    self.same_type([self.bind(left)?, self.bind(right)?].into(), op.symbol())?;
                boolean(TypedKind::Compare(*op, boxed(left), boxed(right)))
            }
            Expr::And(left, right) => boolean(TypedKind::And(
                boxed(self.condition(left, "AND")?),
                boxed(self.condition(right, "AND")?),
            )),
            Expr::Or(left, right) => boolean(TypedKind::Or(
                boxed(self.condition(left, "OR")?),
                boxed(self.condition(right, "OR")?),
            )),
            Expr::IsNull { expr, negated } => {
                boolean(TypedKind::IsNull { input: boxed(self.bind(expr)?), negated: *negated })
            }
            Expr::InList { expr, list, negated } => {
                let all: Vec<Typed> = std::iter::once(&**expr)
                    .chain(list)
                    .map(|expr| self.bind(expr))
                    .collect::<Result<_>>()?;
                let mut all = self.same_types(all, "IN")?;
                let input = boxed(all.remove(0));
                boolean(TypedKind::InList { input, list: all, negated: *negated })
            }
            Expr::Like { expr, pattern, escape, negated, case_insensitive } => boolean(TypedKind::Like {
                input: boxed(self.text(expr, "LIKE")?),
                pattern: boxed(self.text(pattern, "LIKE")?),
                escape: *escape,
                negated: *negated,
                case_insensitive: *case_insensitive,
            }),
            Expr::Case { branches, otherwise } => self.case(branches, otherwise.as_deref())?,
            Expr::Cast { expr, data_type, lenient } => {
                let input = self.bind(expr)?;
                if !castable(input.data_type, *data_type) {
                    let message = format!("cannot cast {} to {data_type}", input.data_type);
                    return Err(type_error(message, "", &[&input]));
                }
                match cast(input, *data_type) {
                    Typed { kind: TypedKind::Cast { input, .. }, data_type } => {
                        Typed { kind: TypedKind::Cast { input, lenient: *lenient }, data_type }
                    }
                    other => other,
                }
            }
            Expr::Call(function, arguments) => self.call(*function, arguments)?,
            Expr::Aggregate { .. } => {
                return Err(Error::plan(
                    format!("an aggregate cannot stand here: {expr}"),
                    "use SELECT or HAVING",
                ));
            }
        };
        Ok(typed)
    }

    fn condition(&self, expr: &Expr, place: &str) -> Result<Typed> {
        let typed = self.bind(expr)?;
        match typed.data_type {
            DataType::Boolean => Ok(typed),
            DataType::Null => Ok(cast(typed, DataType::Boolean)),
            found => Err(type_error(
                format!("{place} takes conditions, not {found}"),
                "compare the value with something",
                &[&typed],
            )),
        }
    }

    fn text(&self, expr: &Expr, place: &str) -> Result<Typed> {
        let typed = self.bind(expr)?;
        match typed.data_type {
            DataType::Utf8 => Ok(typed),
            DataType::Null => Ok(cast(typed, DataType::Utf8)),
            found => {
                Err(type_error(format!("{place} takes text, not {found}"), "write CAST(… AS VARCHAR)", &[]))
            }
        }
    }

    fn number(&self, expr: &Expr, place: &str) -> Result<Typed> {
        let typed = self.bind(expr)?;
        match typed.data_type {
            DataType::Null => Ok(cast(typed, DataType::Int64)),
            found if found.is_numeric() => Ok(typed),
            found => Err(type_error(
                format!("{place} takes numbers, not {found}"),
                "write CAST(… AS DOUBLE), or TRY_CAST to make NULL of what is no number",
                &[&typed],
            )),
        }
    }

    fn negate(&self, expr: &Expr) -> Result<Typed> {
        let typed = self.number(expr, "-")?;
        let folded = match &typed.kind {
            TypedKind::Literal(Value::Int64(value)) => value.checked_neg().map(Value::Int64),
            TypedKind::Literal(Value::Float64(value)) => Some(Value::Float64(0.0 - value)),
            TypedKind::Literal(value) => {
                value.as_exact().map(|(mantissa, scale)| Value::decimal(-mantissa, scale))
            }
            _ => None,
        };
        let data_type = typed.data_type;
        let kind = match folded {
            Some(value) => TypedKind::Literal(value),
            None => TypedKind::Negate(Box::new(typed)),
        };
        Ok(Typed { kind, data_type })
    }

    fn arithmetic(&self, op: ArithmeticOp, left: &Expr, right: &Expr) -> Result<Typed> {
        let (left, right) = (self.number(left, op.symbol())?, self.number(right, op.symbol())?);
        let (left, right, data_type) = match (left.data_type.as_decimal(), right.data_type.as_decimal()) {
            (Some(_), Some(_)) if op == ArithmeticOp::Divide => (left, right, DataType::Float64),
            _ if left.data_type == DataType::Int64 && right.data_type == DataType::Int64 => {
                (left, right, DataType::Int64)
            }
            (Some((p1, s1)), Some((p2, s2))) if op == ArithmeticOp::Multiply => {
                if s1 + s2 > MAX_PRECISION {
                    return Err(type_error(
                        format!(
                            "a product of {} and {} would need {} digits behind the point",
                            left.data_type,
                            right.data_type,
                            s1 + s2
                        ),
                        "CAST one side to DOUBLE or to a DECIMAL of a smaller scale",
                        &[],
                    ));
                }
                let precision = (p1 + p2).min(MAX_PRECISION);
                let left = cast(left, DataType::Decimal { precision: p1, scale: s1 });
                let right = cast(right, DataType::Decimal { precision: p2, scale: s2 });
                (left, right, DataType::Decimal { precision, scale: s1 + s2 })
            }
            (Some(d1), Some(d2)) => {
                let DataType::Decimal { precision, scale } = common_decimal(d1, d2) else {
                    return Err(Error::plan("no common decimal", ""));
                };
                let common = DataType::Decimal { precision, scale };
                let carried = u8::from(op != ArithmeticOp::Remainder);
                let result = DataType::Decimal { precision: (precision + carried).min(MAX_PRECISION), scale };
                (cast(left, common), cast(right, common), result)
            }
            _ => (cast(left, DataType::Float64), cast(right, DataType::Float64), DataType::Float64),
        };
        Ok(Typed { kind: TypedKind::Arithmetic(op, Box::new(left), Box::new(right)), data_type })
    }

    fn case(&self, branches: &[(Expr, Expr)], otherwise: Option<&Expr>) -> Result<Typed> {
        let conditions: Vec<Typed> =
            branches.iter().map(|(when, _)| self.condition(when, "WHEN")).collect::<Result<_>>()?;
        let results: Vec<Typed> = branches
            .iter()
            .map(|(_, then)| then)
            .chain(otherwise)
            .map(|expr| self.bind(expr))
            .collect::<Result<_>>()?;
        let mut results = self.same_types(results, "CASE")?;
        let otherwise = otherwise.and_then(|_| results.pop()).map(Box::new);
        let data_type = results.first().map_or(DataType::Null, |result| result.data_type);
        Ok(Typed {
            kind: TypedKind::Case { branches: conditions.into_iter().zip(results).collect(), otherwise },
            data_type,
        })
    }

    fn call(&self, function: Function, arguments: &[Expr]) -> Result<Typed> {
        use Function as F;
        let name = function.name();
        let (least, most) = function.arity();
        if !(least..=most).contains(&arguments.len()) {
            let wanted = match most {
                usize::MAX => format!("at least {least}"),
                _ if least == most => least.to_string(),
                _ => format!("{least} to {most}"),
            };
            return Err(wrong_arity(name, &wanted, arguments.len()));
        }
        let made = |arguments: Vec<Typed>, data_type| {
            Ok(Typed { kind: TypedKind::Call(function, arguments), data_type })
        };
        match function {
            F::Coalesce | F::Greatest | F::Least => {
                let bound = arguments.iter().map(|expr| self.bind(expr)).collect::<Result<_>>()?;
                let bound = self.same_types(bound, name)?;
                let data_type = bound[0].data_type;
                made(bound, data_type)
            }
            F::NullIf => {
                let value = self.bind(&arguments[0])?;
                let [left, right] = self.same_type(vec![value.clone(), self.bind(&arguments[1])?], name)?;
                let equal = boolean(TypedKind::Compare(CompareOp::Equal, Box::new(left), Box::new(right)));
                let data_type = value.data_type;
                let nothing = Typed { kind: TypedKind::Literal(Value::Null), data_type };
                let branches = vec![(equal, nothing)];
                Ok(Typed { kind: TypedKind::Case { branches, otherwise: Some(Box::new(value)) }, data_type })
            }
            F::Concat => {
                let bound = arguments.iter().map(|expr| Ok(cast(self.bind(expr)?, DataType::Utf8)));
                made(bound.collect::<Result<_>>()?, DataType::Utf8)
            }
            F::Lower | F::Upper | F::Trim | F::Replace => made(
                arguments.iter().map(|expr| self.text(expr, name)).collect::<Result<_>>()?,
                DataType::Utf8,
            ),
            F::Length => made(vec![self.text(&arguments[0], name)?], DataType::Int64),
            F::StartsWith => made(
                arguments.iter().map(|expr| self.text(expr, name)).collect::<Result<_>>()?,
                DataType::Boolean,
            ),
            F::Substr => {
                let mut bound = vec![self.text(&arguments[0], name)?];
                for expr in &arguments[1..] {
                    bound.push(self.integer(expr, name)?);
                }
                made(bound, DataType::Utf8)
            }
            F::Abs => {
                let number = self.number(&arguments[0], name)?;
                let data_type = number.data_type;
                made(vec![number], data_type)
            }
            F::Round => self.round(arguments),
            F::Floor | F::Ceil => {
                let number = self.number(&arguments[0], name)?;
                let data_type = match number.data_type {
                    DataType::Decimal { precision, scale } => {
                        DataType::Decimal { precision: (precision - scale + 1).min(MAX_PRECISION), scale: 0 }
                    }
                    other => other,
                };
                made(vec![number], data_type)
            }
            F::Sqrt | F::Power | F::Ln | F::Exp => {
                let bound =
                    arguments.iter().map(|expr| Ok(cast(self.number(expr, name)?, DataType::Float64)));
                made(bound.collect::<Result<_>>()?, DataType::Float64)
            }
        }
    }

    fn integer(&self, expr: &Expr, place: &str) -> Result<Typed> {
        let typed = self.bind(expr)?;
        match typed.data_type {
            DataType::Int64 => Ok(typed),
            DataType::Null => Ok(cast(typed, DataType::Int64)),
            found => {
                let message = format!("{place} takes an integer, not {found}");
                Err(type_error(message, "write CAST(… AS BIGINT)", &[&typed]))
            }
        }
    }

    /// `round(x[, digits])`: the type keeps at most `digits` digits behind the point.
    fn round(&self, arguments: &[Expr]) -> Result<Typed> {
        let number = self.number(&arguments[0], "round")?;
        let digits = match arguments.get(1).map(|expr| self.bind(expr)).transpose()?.map(|typed| typed.kind) {
            None => 0,
            Some(TypedKind::Literal(Value::Int64(digits))) => digits.clamp(-400, 400),
            Some(_) => {
                return Err(Error::plan(
                    "round() takes its digits as an integer literal",
                    "write round(x, 2)",
                ));
            }
        };
        let data_type = match number.data_type {
            DataType::Decimal { precision, scale } => {
                let kept = u8::try_from(digits.max(0)).unwrap_or(u8::MAX).min(scale);
                DataType::Decimal {
                    precision: (precision - (scale - kept) + 1).min(MAX_PRECISION),
                    scale: kept,
                }
            }
            other => other,
        };
        let digits = Typed { kind: TypedKind::Literal(Value::Int64(digits)), data_type: DataType::Int64 };
        Ok(Typed { kind: TypedKind::Call(Function::Round, vec![number, digits]), data_type })
    }

    fn same_type<const N: usize>(&self, typed: Vec<Typed>, place: &str) -> Result<[Typed; N]> {
        self.same_types(typed, place)?.try_into().map_err(|_| Error::plan("wrong number of operands", ""))
    }

    /// Casts all to the least common type. A text literal beside another type is read as that type.
    fn same_types(&self, all: Vec<Typed>, place: &str) -> Result<Vec<Typed>> {
        let literals_adapt =
            all.iter().any(|typed| !is_text_literal(typed) && typed.data_type != DataType::Null);
        let mut common: Option<&Typed> = None;
        let mut common_type = DataType::Null;
        for typed in &all {
            if literals_adapt && is_text_literal(typed) {
                continue;
            }
            let Some(next) = common_type_of(common_type, typed.data_type) else {
                let before = common.map_or(DataType::Null, |typed| typed.data_type);
                let operands: Vec<&Typed> = common.into_iter().chain([typed]).collect();
                return Err(type_error(
                    format!("{place} cannot take {before} together with {}", typed.data_type),
                    "CAST one side to the type of the other",
                    &operands,
                ));
            };
            if common.is_none() || next != common_type {
                common = Some(typed);
            }
            common_type = next;
        }
        Ok(all.into_iter().map(|typed| cast(typed, common_type)).collect())
    }
}

fn common_type_of(left: DataType, right: DataType) -> Option<DataType> {
    use DataType::{Date, Float64, Null, Timestamp};
    match (left, right) {
        (a, b) if a == b => Some(a),
        (Null, other) | (other, Null) => Some(other),
        (Date, Timestamp) | (Timestamp, Date) => Some(Timestamp),
        (Float64, other) | (other, Float64) => other.is_numeric().then_some(Float64),
        (a, b) => Some(common_decimal(a.as_decimal()?, b.as_decimal()?)),
    }
}

fn boolean(kind: TypedKind) -> Typed {
    Typed { kind, data_type: DataType::Boolean }
}

impl Typed {
    /// The direct children.
    pub fn children(&self) -> Vec<&Typed> {
        match &self.kind {
            TypedKind::Field(_) | TypedKind::Literal(_) => Vec::new(),
            TypedKind::Cast { input, .. }
            | TypedKind::Not(input)
            | TypedKind::Negate(input)
            | TypedKind::IsNull { input, .. } => vec![input],
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
