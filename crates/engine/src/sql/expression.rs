//! Expressions of the parser's tree to [`Expr`]; what has no node of its own is written with those there are.

use std::sync::Arc;

use plimsoll_core::{ArithmeticOp, CompareOp, Constants, Expr, Function, Result, Value};
use sqlparser::ast::{self, BinaryOperator, CaseWhen, CastKind, Expr as Ast, Ident, UnaryOperator};

use super::source::Source;
use super::{literal, place, refuse, temporal};

/// How many expressions may stand inside each other. Everything behind the parser walks the tree by recursion.
const MAX_DEPTH: usize = 200;

/// How many nodes may be repeated to write BETWEEN, IS DISTINCT FROM and CASE with an operand by other nodes. Nested
/// in each other they would double the tree each time.
const MAX_REPEATED: usize = 100_000;

/// Translates the expressions of one statement.
pub(super) struct Expressions<'a> {
    pub(super) source: &'a Source<'a>,
    /// The names by which columns may be qualified.
    tables: &'a [String],
    /// The present moment of the statement; see [`temporal::now`].
    pub(super) now: i64,
    depth: usize,
    repeated: usize,
}

impl<'a> Expressions<'a> {
    pub(super) fn new(source: &'a Source<'a>, tables: &'a [String]) -> Self {
        Expressions { source, tables, now: temporal::now(), depth: 0, repeated: 0 }
    }

    /// The expression that `ast` says.
    pub(super) fn translate(&mut self, mut ast: &Ast) -> Result<Expr> {
        while let Ast::Nested(inner) = ast {
            ast = inner;
        }
        if self.depth == MAX_DEPTH {
            let hint = format!("at most {MAX_DEPTH} expressions may stand inside each other");
            return Err(self.source.error(place::start(ast), "the expression is nested too deeply", hint));
        }
        self.depth += 1;
        let expr = self.node(ast);
        self.depth -= 1;
        expr
    }

    pub(super) fn boxed(&mut self, ast: &Ast) -> Result<Box<Expr>> {
        self.translate(ast).map(Box::new)
    }

    pub(super) fn list(&mut self, list: &[Ast]) -> Result<Vec<Expr>> {
        list.iter().map(|ast| self.translate(ast)).collect()
    }

    /// A list of many constants is kept once for all that read it.
    fn in_list(&mut self, expr: &Ast, list: &[Ast], negated: bool) -> Result<Expr> {
        let expr = self.boxed(expr)?;
        if let [Ast::Value(first)] = list
            && let Some(constants) = self.source.constants_at(first.span.start)
        {
            return Ok(Expr::InSet { expr, constants: Arc::clone(constants), negated });
        }
        let list = self.list(list)?;
        let are_many = list.len() >= Constants::LEAST;
        if !are_many || !list.iter().all(|entry| matches!(entry, Expr::Literal(_))) {
            return Ok(Expr::InList { expr, list, negated });
        }
        let value = |entry| if let Expr::Literal(value) = entry { value } else { Value::Null };
        let constants = Arc::new(Constants::new(list.into_iter().map(value).collect()));
        Ok(Expr::InSet { expr, constants, negated })
    }

    fn node(&mut self, ast: &Ast) -> Result<Expr> {
        Ok(match ast {
            Ast::Identifier(name) => Expr::Column(name.value.clone()),
            Ast::CompoundIdentifier(parts) => self.qualified(parts)?,
            Ast::Value(value) => Expr::Literal(literal::value(self.source, value)?),
            Ast::TypedString(value) => literal::typed(self.source, value)?,
            Ast::UnaryOp { op, expr } => self.unary(*op, expr)?,
            Ast::BinaryOp { left, op, right } => self.binary(ast, left, op, right)?,
            Ast::IsNull(expr) | Ast::IsUnknown(expr) => {
                Expr::IsNull { expr: self.boxed(expr)?, negated: false }
            }
            Ast::IsNotNull(expr) | Ast::IsNotUnknown(expr) => {
                Expr::IsNull { expr: self.boxed(expr)?, negated: true }
            }
            Ast::IsTrue(expr) => self.is_boolean(expr, true)?,
            Ast::IsNotTrue(expr) => Expr::Not(Box::new(self.is_boolean(expr, true)?)),
            Ast::IsFalse(expr) => self.is_boolean(expr, false)?,
            Ast::IsNotFalse(expr) => Expr::Not(Box::new(self.is_boolean(expr, false)?)),
            Ast::IsDistinctFrom(left, right) => self.distinct(CompareOp::NotEqual, left, right)?,
            Ast::IsNotDistinctFrom(left, right) => self.distinct(CompareOp::Equal, left, right)?,
            Ast::InList { expr, list, negated } => self.in_list(expr, list, *negated)?,
            Ast::Between { expr, negated, low, high } => self.between(expr, *negated, low, high)?,
            Ast::Like { negated, any: false, expr, pattern, escape_char } => {
                self.like(expr, pattern, escape_char.as_deref(), *negated, false)?
            }
            Ast::ILike { negated, any: false, expr, pattern, escape_char } => {
                self.like(expr, pattern, escape_char.as_deref(), *negated, true)?
            }
            Ast::Case { operand, conditions, else_result, .. } => {
                self.case(operand.as_deref(), conditions, else_result.as_deref())?
            }
            Ast::Cast { kind, expr, data_type, format: None } => self.cast(kind, expr, data_type)?,
            Ast::Function(call) => self.call(call)?,
            Ast::Extract { field, expr, .. } => self.extract(field, expr)?,
            Ast::Interval(interval) => self.interval(interval)?,
            Ast::AtTimeZone { timestamp, time_zone } => self.at_time_zone(timestamp, time_zone)?,
            Ast::Ceil { expr, field } => self.rounded(Function::Ceil, expr, field)?,
            Ast::Floor { expr, field } => self.rounded(Function::Floor, expr, field)?,
            Ast::Substring { expr, substring_from, substring_for, .. } => {
                self.substring(expr, substring_from.as_deref(), substring_for.as_deref())?
            }
            Ast::Position { expr, r#in } => {
                Expr::Call(Function::Position, vec![self.translate(r#in)?, self.translate(expr)?])
            }
            Ast::Trim { trim_where, trim_what: None, expr, trim_characters: None } => {
                self.trim(trim_where.as_ref(), expr)?
            }
            other => return Err(refuse::expression(self.source, other)),
        })
    }

    /// `t.column`: the qualifier is checked and dropped.
    fn qualified(&self, parts: &[Ident]) -> Result<Expr> {
        match parts {
            [table, column] => {
                self.check_table(table)?;
                Ok(Expr::Column(column.value.clone()))
            }
            _ => {
                let hint = "write column, or \"a.b\" for a column with points in its name";
                let place = parts.first().map_or(self.source.keyword("SELECT"), |part| part.span.start);
                Err(self.source.error(place, "a column has one qualifier at most", hint))
            }
        }
    }

    /// Whether `table` is what the query calls its file.
    pub(super) fn check_table(&self, table: &Ident) -> Result<()> {
        if self.tables.iter().any(|name| name.eq_ignore_ascii_case(&table.value)) {
            return Ok(());
        }
        let hint = match self.tables {
            [] => "write the column alone, or in double quotes where its name has a point".to_owned(),
            [name, ..] => {
                format!("the table is called {name}; a column with a point in its name is written \"a.b\"")
            }
        };
        Err(self.source.error(table.span.start, format!("no table is called {}", table.value), hint))
    }

    fn unary(&mut self, op: UnaryOperator, expr: &Ast) -> Result<Expr> {
        match op {
            UnaryOperator::Plus => self.translate(expr),
            UnaryOperator::Not => Ok(Expr::Not(self.boxed(expr)?)),
            UnaryOperator::Minus => {
                let expr = self.translate(expr)?;
                Ok(literal::negated(&expr).unwrap_or_else(|| Expr::Negate(Box::new(expr))))
            }
            _ => Err(self.source.error(
                place::start(expr),
                format!("operator {op} is not supported"),
                "the signs before an expression are - and +",
            )),
        }
    }

    fn binary(&mut self, ast: &Ast, left: &Ast, op: &BinaryOperator, right: &Ast) -> Result<Expr> {
        let arithmetic = match op {
            BinaryOperator::And => return self.chain(ast, op, Expr::And),
            BinaryOperator::Or => return self.chain(ast, op, Expr::Or),
            BinaryOperator::StringConcat => {
                return Ok(Expr::Call(Function::Concat, vec![self.translate(left)?, self.translate(right)?]));
            }
            BinaryOperator::Plus => ArithmeticOp::Add,
            BinaryOperator::Minus => ArithmeticOp::Subtract,
            BinaryOperator::Multiply => ArithmeticOp::Multiply,
            BinaryOperator::Divide => ArithmeticOp::Divide,
            BinaryOperator::DuckIntegerDivide => ArithmeticOp::IntegerDivide,
            BinaryOperator::Modulo => ArithmeticOp::Remainder,
            _ => {
                let Some(compare) = compare_op(op) else {
                    return Err(refuse::operator(self.source, op, place::start(right)));
                };
                return Ok(Expr::Compare(compare, self.boxed(left)?, self.boxed(right)?));
            }
        };
        Ok(Expr::Arithmetic(arithmetic, self.boxed(left)?, self.boxed(right)?))
    }

    /// `a AND b AND …` as a tree of little depth: neighbours are joined until one is left, which keeps their order.
    fn chain(
        &mut self,
        ast: &Ast,
        chained: &BinaryOperator,
        join: fn(Box<Expr>, Box<Expr>) -> Expr,
    ) -> Result<Expr> {
        let mut operands = Vec::new();
        let mut rest = ast;
        while let Ast::BinaryOp { left, op, right } = rest
            && op == chained
        {
            operands.push(&**right);
            rest = left;
        }
        operands.push(rest);
        let mut operands: Vec<Expr> =
            operands.into_iter().rev().map(|operand| self.translate(operand)).collect::<Result<_>>()?;
        while operands.len() > 1 {
            let mut level = operands.into_iter();
            let pair = || {
                let left = level.next()?;
                Some(match level.next() {
                    Some(right) => join(Box::new(left), Box::new(right)),
                    None => left,
                })
            };
            operands = std::iter::from_fn(pair).collect();
        }
        Ok(operands.swap_remove(0))
    }

    /// `expr IS TRUE` is `coalesce(expr, false)`, `expr IS FALSE` is `NOT coalesce(expr, true)`.
    fn is_boolean(&mut self, expr: &Ast, wanted: bool) -> Result<Expr> {
        let expr = self.translate(expr)?;
        let known = Expr::Call(Function::Coalesce, vec![expr, Expr::Literal(Value::Boolean(!wanted))]);
        Ok(if wanted { known } else { Expr::Not(Box::new(known)) })
    }

    /// `a IS DISTINCT FROM b` is `coalesce(a <> b, (a IS NULL) <> (b IS NULL))`; with `=` it is the opposite.
    fn distinct(&mut self, op: CompareOp, left: &Ast, right: &Ast) -> Result<Expr> {
        let (left, right) = (self.boxed(left)?, self.boxed(right)?);
        let is_null = |expr: Expr| Box::new(Expr::IsNull { expr: Box::new(expr), negated: false });
        let nulls = Expr::Compare(op, is_null(self.repeat(&left)?), is_null(self.repeat(&right)?));
        Ok(Expr::Call(Function::Coalesce, vec![Expr::Compare(op, left, right), nulls]))
    }

    /// `x BETWEEN a AND b` is `x >= a AND x <= b`.
    fn between(&mut self, expr: &Ast, negated: bool, low: &Ast, high: &Ast) -> Result<Expr> {
        let expr = self.boxed(expr)?;
        let again = Box::new(self.repeat(&expr)?);
        let within = Expr::And(
            Box::new(Expr::Compare(CompareOp::GreaterOrEqual, expr, self.boxed(low)?)),
            Box::new(Expr::Compare(CompareOp::LessOrEqual, again, self.boxed(high)?)),
        );
        Ok(if negated { Expr::Not(Box::new(within)) } else { within })
    }

    fn like(
        &mut self,
        expr: &Ast,
        pattern: &Ast,
        escape: Option<&ast::Expr>,
        negated: bool,
        case_insensitive: bool,
    ) -> Result<Expr> {
        let (expr, pattern) = (self.boxed(expr)?, self.boxed(pattern)?);
        let escape = match escape {
            None => None,
            Some(ast) => match self.translate(ast)? {
                Expr::Literal(Value::Utf8(text)) if text.chars().count() <= 1 => text.chars().next(),
                _ => {
                    return Err(self.source.error(
                        place::start(ast),
                        "ESCAPE takes one character in single quotes",
                        "",
                    ));
                }
            },
        };
        Ok(Expr::Like { expr, pattern, escape, negated, case_insensitive })
    }

    /// `CASE x WHEN a …` is `CASE WHEN x = a …`.
    fn case(
        &mut self,
        operand: Option<&Ast>,
        conditions: &[CaseWhen],
        otherwise: Option<&Ast>,
    ) -> Result<Expr> {
        let operand = operand.map(|operand| self.translate(operand)).transpose()?;
        let mut branches = Vec::with_capacity(conditions.len());
        for CaseWhen { condition, result } in conditions {
            let condition = self.translate(condition)?;
            let condition = match &operand {
                None => condition,
                Some(operand) => {
                    Expr::Compare(CompareOp::Equal, Box::new(self.repeat(operand)?), Box::new(condition))
                }
            };
            branches.push((condition, self.translate(result)?));
        }
        Ok(Expr::Case { branches, otherwise: otherwise.map(|ast| self.boxed(ast)).transpose()? })
    }

    fn cast(&mut self, kind: &CastKind, expr: &Ast, data_type: &ast::DataType) -> Result<Expr> {
        let data_type = literal::data_type(self.source, data_type, place::start(expr))?;
        let lenient = matches!(kind, CastKind::TryCast | CastKind::SafeCast);
        Ok(Expr::Cast { expr: self.boxed(expr)?, data_type, lenient })
    }

    /// A copy of `expr`, as long as there are not too many.
    pub(super) fn repeat(&mut self, expr: &Expr) -> Result<Expr> {
        self.repeated += nodes(expr);
        if self.repeated > MAX_REPEATED {
            let hint = "take BETWEEN, IS DISTINCT FROM and CASE with an operand out of each other";
            return Err(self.source.error(self.source.keyword("SELECT"), "the statement is too large", hint));
        }
        Ok(expr.clone())
    }
}

fn nodes(expr: &Expr) -> usize {
    1 + expr.children().into_iter().map(nodes).sum::<usize>()
}

fn compare_op(op: &BinaryOperator) -> Option<CompareOp> {
    Some(match op {
        BinaryOperator::Eq => CompareOp::Equal,
        BinaryOperator::NotEq => CompareOp::NotEqual,
        BinaryOperator::Lt => CompareOp::Less,
        BinaryOperator::LtEq => CompareOp::LessOrEqual,
        BinaryOperator::Gt => CompareOp::Greater,
        BinaryOperator::GtEq => CompareOp::GreaterOrEqual,
        _ => return None,
    })
}
