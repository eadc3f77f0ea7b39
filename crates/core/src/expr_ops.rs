//! Writing expressions in Rust: operators, methods, and constants that become literals.

use std::ops;

use crate::{ArithmeticOp, CompareOp, DataType, Expr, OrderBy, SelectItem, Value};

macro_rules! arithmetic {
    ($($operator:ident $method:ident $op:ident),* $(,)?) => {$(
        impl<R: Into<Expr>> ops::$operator<R> for Expr {
            type Output = Expr;

            fn $method(self, right: R) -> Expr {
                Expr::Arithmetic(ArithmeticOp::$op, Box::new(self), Box::new(right.into()))
            }
        }
    )*};
}

arithmetic!(Add add Add, Sub sub Subtract, Mul mul Multiply, Div div Divide, Rem rem Remainder);

impl ops::Neg for Expr {
    type Output = Expr;

    fn neg(self) -> Expr {
        Expr::Negate(Box::new(self))
    }
}

impl ops::Not for Expr {
    type Output = Expr;

    fn not(self) -> Expr {
        Expr::Not(Box::new(self))
    }
}

impl From<Value> for Expr {
    fn from(value: Value) -> Self {
        Expr::Literal(value)
    }
}

impl From<bool> for Expr {
    fn from(value: bool) -> Self {
        Expr::Literal(Value::Boolean(value))
    }
}

impl From<i32> for Expr {
    fn from(value: i32) -> Self {
        Expr::Literal(Value::Int64(value.into()))
    }
}

impl From<i64> for Expr {
    fn from(value: i64) -> Self {
        Expr::Literal(Value::Int64(value))
    }
}

/// A double, not a decimal: `1.5` is not the `1.5` of SQL.
impl From<f64> for Expr {
    fn from(value: f64) -> Self {
        Expr::Literal(Value::Float64(if value == 0.0 { 0.0 } else { value }))
    }
}

/// Text, not a column.
impl From<&str> for Expr {
    fn from(value: &str) -> Self {
        Expr::Literal(Value::Utf8(value.into()))
    }
}

/// Text, not a column.
impl From<String> for Expr {
    fn from(value: String) -> Self {
        Expr::Literal(Value::Utf8(value.into()))
    }
}

/// Conditions and conversions. Constants stand for literals: `a.gt(5)` is `a > 5`.
impl Expr {
    fn compare(self, op: CompareOp, right: impl Into<Expr>) -> Expr {
        Expr::Compare(op, Box::new(self), Box::new(right.into()))
    }

    /// `self = right`.
    #[must_use]
    pub fn eq(self, right: impl Into<Expr>) -> Expr {
        self.compare(CompareOp::Equal, right)
    }

    /// `self <> right`.
    #[must_use]
    pub fn not_eq(self, right: impl Into<Expr>) -> Expr {
        self.compare(CompareOp::NotEqual, right)
    }

    /// `self < right`.
    #[must_use]
    pub fn lt(self, right: impl Into<Expr>) -> Expr {
        self.compare(CompareOp::Less, right)
    }

    /// `self <= right`.
    #[must_use]
    pub fn lt_eq(self, right: impl Into<Expr>) -> Expr {
        self.compare(CompareOp::LessOrEqual, right)
    }

    /// `self > right`.
    #[must_use]
    pub fn gt(self, right: impl Into<Expr>) -> Expr {
        self.compare(CompareOp::Greater, right)
    }

    /// `self >= right`.
    #[must_use]
    pub fn gt_eq(self, right: impl Into<Expr>) -> Expr {
        self.compare(CompareOp::GreaterOrEqual, right)
    }

    /// `self AND right`.
    #[must_use]
    pub fn and(self, right: impl Into<Expr>) -> Expr {
        Expr::And(Box::new(self), Box::new(right.into()))
    }

    /// `self OR right`.
    #[must_use]
    pub fn or(self, right: impl Into<Expr>) -> Expr {
        Expr::Or(Box::new(self), Box::new(right.into()))
    }

    /// `self IS NULL`.
    #[must_use]
    pub fn is_null(self) -> Expr {
        Expr::IsNull { expr: Box::new(self), negated: false }
    }

    /// `self IS NOT NULL`.
    #[must_use]
    pub fn is_not_null(self) -> Expr {
        Expr::IsNull { expr: Box::new(self), negated: true }
    }

    /// `self IN (list)`.
    #[must_use]
    pub fn in_list<T: Into<Expr>>(self, list: impl IntoIterator<Item = T>) -> Expr {
        Expr::InList {
            expr: Box::new(self),
            list: list.into_iter().map(Into::into).collect(),
            negated: false,
        }
    }

    /// `self BETWEEN low AND high`, both included.
    #[must_use]
    pub fn between(self, low: impl Into<Expr>, high: impl Into<Expr>) -> Expr {
        self.clone().gt_eq(low).and(self.lt_eq(high))
    }

    /// `self LIKE pattern`: `%` is any text, `_` one character.
    #[must_use]
    pub fn like(self, pattern: impl Into<Expr>) -> Expr {
        self.matches(pattern.into(), false)
    }

    /// `self ILIKE pattern`: as [`Expr::like`], in any case.
    #[must_use]
    pub fn ilike(self, pattern: impl Into<Expr>) -> Expr {
        self.matches(pattern.into(), true)
    }

    fn matches(self, pattern: Expr, case_insensitive: bool) -> Expr {
        Expr::Like {
            expr: Box::new(self),
            pattern: Box::new(pattern),
            escape: None,
            negated: false,
            case_insensitive,
        }
    }

    /// `CAST(self AS data_type)`: a value that does not fit is an error.
    #[must_use]
    pub fn cast(self, data_type: DataType) -> Expr {
        Expr::Cast { expr: Box::new(self), data_type, lenient: false }
    }

    /// `TRY_CAST(self AS data_type)`: a value that does not fit is NULL.
    #[must_use]
    pub fn try_cast(self, data_type: DataType) -> Expr {
        Expr::Cast { expr: Box::new(self), data_type, lenient: true }
    }

    /// `self AS name`, for a SELECT list.
    pub fn alias(self, name: impl Into<String>) -> SelectItem {
        SelectItem::Expr { expr: self, alias: Some(name.into()) }
    }

    /// Ascending, NULLs last, for ORDER BY.
    pub fn asc(self) -> OrderBy {
        OrderBy { expr: self, descending: false, nulls_first: false }
    }

    /// Descending, NULLs last, for ORDER BY.
    pub fn desc(self) -> OrderBy {
        OrderBy { expr: self, descending: true, nulls_first: false }
    }
}

impl OrderBy {
    /// The same key with NULLs before everything else.
    #[must_use]
    pub fn nulls_first(self) -> Self {
        OrderBy { nulls_first: true, ..self }
    }
}

impl From<Expr> for SelectItem {
    /// Without a name of its own.
    fn from(expr: Expr) -> Self {
        SelectItem::Expr { expr, alias: None }
    }
}

impl From<Expr> for OrderBy {
    /// Ascending, NULLs last.
    fn from(expr: Expr) -> Self {
        expr.asc()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str) -> Expr {
        Expr::Column(name.into())
    }

    #[test]
    fn operators_print_as_sql() {
        for (expr, sql) in [
            ((column("a") + 1) * column("b"), "(a + 1) * b"),
            (column("a") - 1.5, "a - 1.5e0"),
            (-column("a") % 7i64 / 2, "((-a) % 7) / 2"),
            (-Expr::from(-5), "-(-5)"),
            (!column("a").is_null(), "NOT (a IS NULL)"),
            (column("a").is_not_null().or(true), "(a IS NOT NULL) OR true"),
            (column("a").between(1, 3), "(a >= 1) AND (a <= 3)"),
            (column("a").in_list(["x", "y"]), "a IN ('x', 'y')"),
            (column("a").ilike("it's%"), "a ILIKE 'it''s%'"),
            (column("order").eq(column("a b")), "\"order\" = \"a b\""),
            (column("a").try_cast(DataType::decimal(2)), "TRY_CAST(a AS DECIMAL(38,2))"),
            (Expr::from(f64::NAN), "CAST('NaN' AS DOUBLE)"),
        ] {
            assert_eq!(expr.to_string(), sql);
        }
    }

    #[test]
    fn keys_and_items() {
        assert_eq!(
            OrderBy::from(column("a")),
            OrderBy { expr: column("a"), descending: false, nulls_first: false }
        );
        let key = column("a").desc().nulls_first();
        assert!(key.descending && key.nulls_first);
        assert_eq!(column("a").alias("b"), SelectItem::Expr { expr: column("a"), alias: Some("b".into()) });
    }
}
