//! Types of scalar functions.

use super::bind::Binder;
use super::convert::{boolean, cast, same_type, same_types, type_error, wrong_arity};
use super::{Typed, TypedKind};
use crate::{CompareOp, DataType, Error, Expr, Function, MAX_PRECISION, Result, Value};

impl Binder<'_> {
    pub(super) fn call(&self, function: Function, arguments: &[Expr]) -> Result<Typed> {
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
                let bound = same_types(bound, name)?;
                let data_type = bound[0].data_type;
                made(bound, data_type)
            }
            F::NullIf => {
                let value = self.bind(&arguments[0])?;
                let [left, right] = same_type(vec![value.clone(), self.bind(&arguments[1])?], name)?;
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
            F::Lower | F::Upper | F::Trim | F::LeftTrim | F::RightTrim | F::Replace => made(
                arguments.iter().map(|expr| self.text(expr, name)).collect::<Result<_>>()?,
                DataType::Utf8,
            ),
            F::Length => made(vec![self.text(&arguments[0], name)?], DataType::Int64),
            F::Position => made(
                arguments.iter().map(|expr| self.text(expr, name)).collect::<Result<_>>()?,
                DataType::Int64,
            ),
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
            F::DatePart
            | F::DateTrunc
            | F::DateDiff
            | F::DateSub
            | F::DayName
            | F::MonthName
            | F::LastDay
            | F::Strftime
            | F::Strptime
            | F::TryStrptime
            | F::MakeDate
            | F::MakeTime
            | F::MakeTimestamp
            | F::ToTimestamp
            | F::EpochMs => self.temporal_call(function, arguments),
            F::Sqrt | F::Power | F::Ln | F::Log10 | F::Log2 | F::Exp => {
                let bound =
                    arguments.iter().map(|expr| Ok(cast(self.number(expr, name)?, DataType::Float64)));
                made(bound.collect::<Result<_>>()?, DataType::Float64)
            }
        }
    }

    pub(super) fn integer(&self, expr: &Expr, place: &str) -> Result<Typed> {
        let typed = self.bind(expr)?;
        match typed.data_type {
            DataType::Int64 => Ok(typed),
            DataType::Null => Ok(cast(typed, DataType::Int64)),
            found => {
                let message = format!("{place} takes an integer, not {found}");
                Err(type_error(
                    message,
                    "write TRY_CAST(… AS BIGINT), which makes NULL of what is no integer",
                    &[&typed],
                ))
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
}
