//! Functions that are written with others. What does not mean exactly the same is not here, but a hint of [`refuse`].
//!
//! [`refuse`]: super::refuse

use plimsoll_core::{AggregateFunction, ArithmeticOp, CompareOp, DataType, Expr, Function, Result, Value};
use sqlparser::tokenizer::Location;

use super::expression::Expressions;

/// Their names, with the least and the greatest number of arguments.
pub(super) const NAMES: [(&str, usize, usize); 14] = [
    ("concat", 1, usize::MAX),
    ("contains", 2, 2),
    ("count_if", 1, 1),
    ("countif", 1, 1),
    ("date", 1, 1),
    ("if", 3, 3),
    ("iff", 3, 3),
    ("left", 2, 2),
    ("mod", 2, 2),
    ("nvl", 2, 2),
    ("right", 2, 2),
    ("trunc", 1, 1),
    ("ends_with", 2, 2),
    ("suffix", 2, 2),
];

impl Expressions<'_> {
    /// The call of one of [`NAMES`], whose arguments it has.
    pub(super) fn rewritten(
        &mut self,
        name: &str,
        mut arguments: Vec<Expr>,
        place: Location,
    ) -> Result<Expr> {
        let mut next = || arguments.remove(0);
        Ok(match name {
            "concat" => joined(arguments.into_iter().map(text_or_empty).collect()),
            "mod" => Expr::Arithmetic(ArithmeticOp::Remainder, Box::new(next()), Box::new(next())),
            "nvl" => Expr::Call(Function::Coalesce, arguments),
            "if" | "iff" => {
                let branches = vec![(next(), next())];
                Expr::Case { branches, otherwise: Some(Box::new(next())) }
            }
            "contains" => compare(CompareOp::Greater, Expr::Call(Function::Position, arguments), integer(0)),
            "ends_with" | "suffix" => {
                let (text, end) = (next(), next());
                // The last length(end) code points; none where it has none.
                let length = Expr::Call(Function::Length, vec![self.repeat(&end)?]);
                compare(CompareOp::Equal, last(text, self.repeat(&length)?, length), end)
            }
            "date" => Expr::Cast { expr: Box::new(next()), data_type: DataType::Date, lenient: false },
            "count_if" | "countif" => {
                let counted = Expr::Case { branches: vec![(next(), integer(1))], otherwise: None };
                Expr::Aggregate { function: AggregateFunction::Count, arguments: vec![counted] }
            }
            "trunc" => {
                let number = next();
                let up = Expr::Call(Function::Ceil, vec![self.repeat(&number)?]);
                let down = Expr::Call(Function::Floor, vec![self.repeat(&number)?]);
                let branches = vec![(compare(CompareOp::Less, number, integer(0)), up)];
                Expr::Case { branches, otherwise: Some(Box::new(down)) }
            }
            _ => {
                let text = next();
                match next() {
                    Expr::Literal(Value::Int64(count)) if count >= 0 && name == "left" => {
                        Expr::Call(Function::Substr, vec![text, integer(1), integer(count)])
                    }
                    Expr::Literal(Value::Int64(count)) if count >= 0 => {
                        last(text, integer(count), integer(count))
                    }
                    _ => {
                        let message = format!("{name}() takes a number of characters, 0 or more");
                        return Err(self.source.error(place, message, format!("write {name}(x, 3)")));
                    }
                }
            }
        })
    }
}

/// The last `count` code points, of all where there are fewer.
fn last(text: Expr, count: Expr, length: Expr) -> Expr {
    let start = match count {
        Expr::Literal(Value::Int64(count)) => integer(-count),
        count => Expr::Negate(Box::new(count)),
    };
    Expr::Call(Function::Substr, vec![text, start, length])
}

/// As text; NULL as none.
fn text_or_empty(expr: Expr) -> Expr {
    let text = match expr {
        text @ Expr::Literal(Value::Utf8(_)) => return text,
        other => Expr::Cast { expr: Box::new(other), data_type: DataType::Utf8, lenient: false },
    };
    Expr::Call(Function::Coalesce, vec![text, Expr::Literal(Value::Utf8("".into()))])
}

/// Texts one behind the other, as a tree of little depth.
fn joined(mut parts: Vec<Expr>) -> Expr {
    match parts.len() {
        0 | 1 => parts.pop().unwrap_or(Expr::Literal(Value::Utf8("".into()))),
        count => {
            let behind = parts.split_off(count / 2);
            Expr::Call(Function::Concat, vec![joined(parts), joined(behind)])
        }
    }
}

fn compare(op: CompareOp, left: Expr, right: Expr) -> Expr {
    Expr::Compare(op, Box::new(left), Box::new(right))
}

fn integer(value: i64) -> Expr {
    Expr::Literal(Value::Int64(value))
}
