//! Expressions for the builder: columns, constants and calls. Operators and conditions are methods of [`Expr`].
//!
//! ```
//! use plimsoll::expr::{avg, col, count_all, dec, lit};
//!
//! let warm = col("t").gt(dec("-50.0")?).and(col("station").like("H%"));
//! assert_eq!(warm.to_string(), "(t > -50.0) AND (station LIKE 'H%')");
//!
//! let columns = [col("station").into(), avg(col("t") * 9 / 5 + 32).alias("fahrenheit"), count_all().alias("n")];
//! let order = [col("n").desc(), col("station").asc().nulls_first()];
//! # let _: ([plimsoll::SelectItem; 3], [plimsoll::OrderBy; 2]) = (columns, order);
//! # let _ = lit("text");
//! # Ok::<(), plimsoll::Error>(())
//! ```

use plimsoll_core::{AggregateFunction, Error, Expr, Function, MAX_PRECISION, Quantile, Result, Value};

/// The column called `name`.
pub fn col(name: impl Into<String>) -> Expr {
    Expr::Column(name.into())
}

/// A constant: a `bool`, an integer, a double, or text. For an exact decimal see [`dec`].
pub fn lit(value: impl Into<Expr>) -> Expr {
    value.into()
}

/// NULL.
pub fn null() -> Expr {
    Expr::Literal(Value::Null)
}

/// The exact decimal that `text` says, with as many digits behind the point as are written: `dec("1.50")`.
///
/// # Errors
/// `Value` for text that is no such number, and for more than 38 digits.
pub fn dec(text: &str) -> Result<Expr> {
    let wrong = || Error::value(format!("'{text}' is no decimal of at most 38 digits"));
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let digits = [whole, fraction].concat();
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wrong());
    }
    let scale = u8::try_from(fraction.len()).map_err(|_| wrong())?;
    let mantissa: i128 = digits.parse().map_err(|_| wrong())?;
    if scale.max(plimsoll_core::value::decimal_digits(mantissa)) > MAX_PRECISION {
        return Err(wrong());
    }
    Ok(Expr::Literal(Value::decimal(if negative { -mantissa } else { mantissa }, scale)))
}

/// Any scalar function; a wrong number of arguments is an error when the query is planned.
pub fn call<T: Into<Expr>>(function: Function, arguments: impl IntoIterator<Item = T>) -> Expr {
    Expr::Call(function, arguments.into_iter().map(Into::into).collect())
}

/// `coalesce(…)`: the first that is not NULL.
pub fn coalesce<T: Into<Expr>>(arguments: impl IntoIterator<Item = T>) -> Expr {
    call(Function::Coalesce, arguments)
}

/// `left || right`: both as text.
pub fn concat(left: impl Into<Expr>, right: impl Into<Expr>) -> Expr {
    call(Function::Concat, [left.into(), right.into()])
}

/// `CASE WHEN condition THEN value … ELSE otherwise END`.
pub fn case<C: Into<Expr>, V: Into<Expr>>(
    branches: impl IntoIterator<Item = (C, V)>,
    otherwise: impl Into<Expr>,
) -> Expr {
    Expr::Case {
        branches: branches.into_iter().map(|(condition, value)| (condition.into(), value.into())).collect(),
        otherwise: Some(Box::new(otherwise.into())),
    }
}

/// Any aggregate; a wrong number of arguments is an error when the query is planned.
pub fn aggregate(function: AggregateFunction, arguments: impl IntoIterator<Item = Expr>) -> Expr {
    Expr::Aggregate { function, arguments: arguments.into_iter().collect() }
}

/// `count(*)`: rows.
pub fn count_all() -> Expr {
    aggregate(AggregateFunction::CountStar, [])
}

/// `corr(y, x)`: Pearson's coefficient.
pub fn corr(y: Expr, x: Expr) -> Expr {
    aggregate(AggregateFunction::Corr, [y, x])
}

/// `quantile_cont(expr, q)` for q from 0 to 1: interpolated between neighbours. q is taken as the shortest decimal that
/// reads back as the double, so that 0.1 is a tenth.
///
/// # Errors
/// `Value` for any other q.
pub fn quantile_cont(expr: Expr, q: f64) -> Result<Expr> {
    Ok(aggregate(AggregateFunction::QuantileCont(fraction(q)?), [expr]))
}

/// `quantile_disc(expr, q)` for q from 0 to 1: one of the values. q is taken as by [`quantile_cont`].
///
/// # Errors
/// `Value` for any other q.
pub fn quantile_disc(expr: Expr, q: f64) -> Result<Expr> {
    Ok(aggregate(AggregateFunction::QuantileDisc(fraction(q)?), [expr]))
}

fn fraction(q: f64) -> Result<Quantile> {
    Quantile::of(q).ok_or_else(|| {
        Error::value(format!("a quantile is from 0 to 1, with {MAX_PRECISION} digits at most, not {q}"))
    })
}

macro_rules! aggregates {
    ($($(#[$doc:meta])* $name:ident $function:expr;)*) => {$(
        $(#[$doc])*
        pub fn $name(expr: Expr) -> Expr {
            aggregate($function, [expr])
        }
    )*};
}

aggregates! {
    /// `count(expr)`: values that are not NULL.
    count AggregateFunction::Count;
    /// `count(DISTINCT expr)`: different values that are not NULL.
    count_distinct AggregateFunction::CountDistinct;
    /// `sum(expr)`, exact.
    sum AggregateFunction::Sum;
    /// `avg(expr)`: the exact mean, rounded once.
    avg AggregateFunction::Avg;
    /// `min(expr)`.
    min AggregateFunction::Min;
    /// `max(expr)`.
    max AggregateFunction::Max;
    /// `var_pop(expr)`.
    var_pop AggregateFunction::VarPop;
    /// `var_samp(expr)`.
    var_samp AggregateFunction::VarSamp;
    /// `stddev_pop(expr)`.
    stddev_pop AggregateFunction::StddevPop;
    /// `stddev_samp(expr)`.
    stddev_samp AggregateFunction::StddevSamp;
    /// `median(expr)`.
    median AggregateFunction::QuantileCont(Quantile::MEDIAN);
    /// `first(expr)`: the value of the first record, be it NULL.
    first AggregateFunction::First;
    /// `last(expr)`: the value of the last record, be it NULL.
    last AggregateFunction::Last;
    /// `any_value(expr)`: the first that is not NULL.
    any_value AggregateFunction::AnyValue;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_print_as_sql() {
        for (expr, sql) in [
            (coalesce([col("a"), lit(0)]), "coalesce(a, 0)"),
            (concat(col("a"), "x"), "a || 'x'"),
            (case([(col("a").gt(1), "big")], null()), "CASE WHEN a > 1 THEN 'big' ELSE NULL END"),
            (count_all(), "count(*)"),
            (count_distinct(col("a")), "count(DISTINCT a)"),
            (median(col("a")), "median(a)"),
            (quantile_disc(col("a"), 0.25).unwrap(), "quantile_disc(a, 0.25)"),
            (corr(col("y"), col("x")), "corr(y, x)"),
        ] {
            assert_eq!(expr.to_string(), sql);
        }
    }

    #[test]
    fn decimals_keep_their_scale() {
        assert_eq!(dec("1.50").unwrap(), Expr::Literal(Value::decimal(150, 2)));
        assert_eq!(dec("-.5").unwrap(), Expr::Literal(Value::decimal(-5, 1)));
        let digits = "9".repeat(38);
        assert_eq!(dec(&digits).unwrap().to_string(), digits);
        let wrong =
            ["", "-", ".", "1e3", "+1", "1.2.3", "1 ", "٣", "1-2", &"9".repeat(39), &format!(".{:0300}", 1)];
        for text in wrong {
            assert!(dec(text).is_err(), "{text}");
        }
        assert!(quantile_cont(col("a"), f64::NAN).is_err());
        assert!(quantile_cont(col("a"), -0.1).is_err());
    }
}
