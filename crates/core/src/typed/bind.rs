//! Types of operators, conditions and CASE.

use super::convert::{boolean, cast, castable, common_decimal, same_type, same_types, type_error};
use super::{Typed, TypedKind, temporal};
use std::sync::Arc;

use crate::{ArithmeticOp, Constants, DataType, Error, Expr, MAX_PRECISION, Result, Value};

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

fn in_list(input: Typed, list: Vec<Typed>, negated: bool) -> Result<Typed> {
    let all = std::iter::once(input).chain(list).collect();
    let mut all = same_types(all, "IN")?;
    let input = Box::new(all.remove(0));
    Ok(boolean(TypedKind::InList { input, list: all, negated }))
}

/// As [`in_list`], where every constant has a value of the common type.
fn in_set(input: Typed, constants: &Arc<Constants>, negated: bool) -> Result<Typed> {
    let literal =
        |value: &Value| Typed { data_type: value.data_type(), kind: TypedKind::Literal(value.clone()) };
    let of_each_type = constants.of_each_type().into_iter().map(literal);
    let mut all = same_types(std::iter::once(input.clone()).chain(of_each_type).collect(), "IN")?;
    let casted = all.remove(0);
    let data_type = casted.data_type;
    let convert = |value: &Value| match cast(literal(value), data_type).kind {
        TypedKind::Literal(value) => Some(value),
        _ => None,
    };
    match constants.set(data_type, convert) {
        Some(set) => {
            let (input, constants) = (Box::new(casted), Arc::clone(constants));
            Ok(boolean(TypedKind::InSet { input, set, constants, negated }))
        }
        None => in_list(input, constants.values().iter().map(literal).collect(), negated),
    }
}

pub(super) struct Binder<'a> {
    pub(super) types: &'a [DataType],
}

impl Binder<'_> {
    pub(super) fn bind(&self, expr: &Expr) -> Result<Typed> {
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
                let [left, right] = same_type([self.bind(left)?, self.bind(right)?].into(), op.symbol())?;
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
                let list = list.iter().map(|expr| self.bind(expr)).collect::<Result<_>>()?;
                in_list(self.bind(expr)?, list, *negated)?
            }
            Expr::InSet { expr, constants, negated } => in_set(self.bind(expr)?, constants, *negated)?,
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

    pub(super) fn condition(&self, expr: &Expr, place: &str) -> Result<Typed> {
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

    pub(super) fn text(&self, expr: &Expr, place: &str) -> Result<Typed> {
        let typed = self.bind(expr)?;
        match typed.data_type {
            DataType::Utf8 => Ok(typed),
            DataType::Null => Ok(cast(typed, DataType::Utf8)),
            found => {
                Err(type_error(format!("{place} takes text, not {found}"), "write CAST(… AS VARCHAR)", &[]))
            }
        }
    }

    pub(super) fn number(&self, expr: &Expr, place: &str) -> Result<Typed> {
        numeric(self.bind(expr)?, place)
    }

    fn negate(&self, expr: &Expr) -> Result<Typed> {
        let typed = self.bind(expr)?;
        if typed.data_type == DataType::Interval {
            return Ok(Typed { kind: TypedKind::Negate(Box::new(typed)), data_type: DataType::Interval });
        }
        let typed = numeric(typed, "-")?;
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
        let (left, right) = (self.bind(left)?, self.bind(right)?);
        if left.data_type.is_temporal() || right.data_type.is_temporal() {
            return temporal::arithmetic(op, left, right);
        }
        let (left, right) = (numeric(left, op.symbol())?, numeric(right, op.symbol())?);
        if op == ArithmeticOp::IntegerDivide
            && let Some(other) = [&left, &right].into_iter().find(|typed| typed.data_type != DataType::Int64)
        {
            let message = format!("// takes integers, not {}", other.data_type);
            return Err(type_error(message, "write trunc(a / b)", &[other]));
        }
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
        let mut results = same_types(results, "CASE")?;
        let otherwise = otherwise.and_then(|_| results.pop()).map(Box::new);
        let data_type = results.first().map_or(DataType::Null, |result| result.data_type);
        Ok(Typed {
            kind: TypedKind::Case { branches: conditions.into_iter().zip(results).collect(), otherwise },
            data_type,
        })
    }
}

fn numeric(typed: Typed, place: &str) -> Result<Typed> {
    match typed.data_type {
        DataType::Null => Ok(cast(typed, DataType::Int64)),
        found if found.is_numeric() => Ok(typed),
        found => Err(type_error(
            format!("{place} takes numbers, not {found}"),
            "write TRY_CAST(… AS DOUBLE), which makes NULL of what is no number",
            &[&typed],
        )),
    }
}
