//! The SQL text of expressions: what is printed reads back as the same expression.

use std::fmt;

use crate::{AggregateFunction, Expr, Function, Quantile, Value};

/// Words that SQL reads as something else than a name where they stand bare.
const RESERVED: &str = "\
    ALL ANALYZE AND ANY AS ASC BETWEEN CASE CAST CLUSTER CUBE CURRENT_DATE CURRENT_TIME \
    CURRENT_TIMESTAMP DESC DISTINCT DISTRIBUTE ELSE END ESCAPE EXCEPT EXCLUDE EXISTS EXPLAIN FALSE FETCH \
    FROM GROUP HAVING ILIKE IN INTERSECT INTERVAL INTO IS LATERAL LIKE LIMIT LOCALTIME LOCALTIMESTAMP \
    MINUS NOT NULL OFFSET ON OR ORDER RETURNING ROLLUP SELECT SOME SORT THEN TOP TRIM TRUE UNION VALUES \
    VIEW WHEN WHERE WITH";

/// Writes a name as an identifier: bare where that reads back, else in double quotes.
fn write_identifier(f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
    let plain = name
        .bytes()
        .enumerate()
        .all(|(at, b)| b.is_ascii_alphabetic() || b == b'_' || (at > 0 && b.is_ascii_digit()));
    let bare = plain && !name.is_empty() && !RESERVED.split(' ').any(|word| word.eq_ignore_ascii_case(name));
    if bare { f.write_str(name) } else { write!(f, "\"{}\"", name.replace('"', "\"\"")) }
}

fn write_list(f: &mut fmt::Formatter<'_>, list: &[Expr]) -> fmt::Result {
    for (at, expr) in list.iter().enumerate() {
        let comma = if at == 0 { "" } else { ", " };
        write!(f, "{comma}{expr}")?;
    }
    Ok(())
}

/// An operand in parentheses where it is an operator itself.
struct Operand<'a>(&'a Expr);

impl fmt::Display for Operand<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Expr::Column(_)
            | Expr::Field(_)
            | Expr::Literal(_)
            | Expr::Cast { .. }
            | Expr::Aggregate { .. } => self.0.fmt(f),
            Expr::Call(function, _) if *function != Function::Concat => self.0.fmt(f),
            _ => write!(f, "({})", self.0),
        }
    }
}

impl fmt::Display for Expr {
    /// The SQL text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let not = |negated: bool| if negated { "NOT " } else { "" };
        match self {
            Expr::Column(name) => write_identifier(f, name),
            Expr::Field(index) => write!(f, "#{index}"),
            Expr::Literal(Value::Utf8(text)) => write!(f, "'{}'", text.replace('\'', "''")),
            Expr::Literal(Value::Date(days)) => write!(f, "DATE '{}'", Value::Date(*days)),
            Expr::Literal(Value::Timestamp(micros)) => write!(f, "TIMESTAMP '{}'", Value::Timestamp(*micros)),
            Expr::Literal(Value::Time(micros)) => write!(f, "TIME '{}'", Value::Time(*micros)),
            Expr::Literal(Value::Interval(interval)) => write!(f, "INTERVAL '{interval}'"),
            // A point alone would read back as a decimal.
            Expr::Literal(Value::Float64(value)) if value.is_finite() => write!(f, "{value:e}"),
            Expr::Literal(value @ Value::Float64(_)) => write!(f, "CAST('{value}' AS DOUBLE)"),
            Expr::Literal(value) => write!(f, "{value}"),
            Expr::Not(expr) => write!(f, "NOT {}", Operand(expr)),
            // Two signs would begin a comment.
            Expr::Negate(expr) if matches!(**expr, Expr::Literal(_)) => write!(f, "-({expr})"),
            Expr::Negate(expr) => write!(f, "-{}", Operand(expr)),
            Expr::Arithmetic(op, left, right) => {
                write!(f, "{} {} {}", Operand(left), op.symbol(), Operand(right))
            }
            Expr::Compare(op, left, right) => {
                write!(f, "{} {} {}", Operand(left), op.symbol(), Operand(right))
            }
            Expr::And(left, right) => write!(f, "{} AND {}", Operand(left), Operand(right)),
            Expr::Or(left, right) => write!(f, "{} OR {}", Operand(left), Operand(right)),
            Expr::IsNull { expr, negated } => write!(f, "{} IS {}NULL", Operand(expr), not(*negated)),
            Expr::InList { expr, list, negated } => {
                write!(f, "{} {}IN (", Operand(expr), not(*negated))?;
                write_list(f, list)?;
                f.write_str(")")
            }
            Expr::InSet { expr, constants, negated } => {
                write!(f, "{} {}IN (", Operand(expr), not(*negated))?;
                for (at, value) in constants.values().iter().enumerate() {
                    let comma = if at > 0 { ", " } else { "" };
                    write!(f, "{comma}{}", Expr::Literal(value.clone()))?;
                }
                f.write_str(")")
            }
            Expr::Like { expr, pattern, escape, negated, case_insensitive } => {
                let like = if *case_insensitive { "ILIKE" } else { "LIKE" };
                write!(f, "{} {}{like} {}", Operand(expr), not(*negated), Operand(pattern))?;
                match escape {
                    None => Ok(()),
                    Some('\'') => f.write_str(" ESCAPE ''''"),
                    Some(escape) => write!(f, " ESCAPE '{escape}'"),
                }
            }
            Expr::Case { branches, otherwise } => {
                f.write_str("CASE")?;
                for (when, then) in branches {
                    write!(f, " WHEN {when} THEN {then}")?;
                }
                if let Some(otherwise) = otherwise {
                    write!(f, " ELSE {otherwise}")?;
                }
                f.write_str(" END")
            }
            Expr::Cast { expr, data_type, lenient } => {
                write!(f, "{}CAST({expr} AS {data_type})", if *lenient { "TRY_" } else { "" })
            }
            Expr::Call(Function::Concat, arguments) if arguments.len() == 2 => {
                write!(f, "{} || {}", Operand(&arguments[0]), Operand(&arguments[1]))
            }
            Expr::Call(function, arguments) => {
                write!(f, "{}(", function.name())?;
                write_list(f, arguments)?;
                f.write_str(")")
            }
            Expr::Aggregate { function, arguments } => {
                write!(f, "{}(", function.name())?;
                match function {
                    AggregateFunction::CountStar => f.write_str("*")?,
                    AggregateFunction::CountDistinct => f.write_str("DISTINCT ")?,
                    _ => {}
                }
                write_list(f, arguments)?;
                match function {
                    AggregateFunction::QuantileCont(q) if *q != Quantile::MEDIAN => write!(f, ", {q})"),
                    AggregateFunction::QuantileDisc(q) => write!(f, ", {q})"),
                    _ => f.write_str(")"),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ArithmeticOp;

    #[test]
    fn prints_as_sql() {
        let column = |name: &str| Box::new(Expr::Column(name.into()));
        let sum = Expr::Arithmetic(ArithmeticOp::Add, column("a"), column("b c"));
        let product = Expr::Arithmetic(
            ArithmeticOp::Multiply,
            Box::new(sum),
            Box::new(Expr::Literal(Value::decimal(15, 1))),
        );
        assert_eq!(product.to_string(), "(a + \"b c\") * 1.5");
        let count = Expr::Aggregate { function: AggregateFunction::CountDistinct, arguments: vec![product] };
        assert_eq!(count.to_string(), "count(DISTINCT (a + \"b c\") * 1.5)");
        assert_eq!(Expr::Literal(Value::Utf8("it's".into())).to_string(), "'it''s'");
    }
}
