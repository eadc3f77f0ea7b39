//! The scalar functions, and LIKE.

use num_bigint::BigInt;
use num_traits::Signed;
use plimsoll_core::{DataType, Error, Function, Result, Typed, Value};

use crate::evaluate::{evaluate, evaluate_all};
use crate::exact::{self, Fraction, exact_value, power_of_ten};
use crate::order::order;
use crate::temporal;

/// The value of `function` for `row`.
///
/// # Errors
/// Those of the arguments, and `Value` for what the function cannot take or the result cannot hold.
pub(crate) fn call(
    function: Function,
    arguments: &[Typed],
    data_type: DataType,
    row: &[Value],
) -> Result<Value> {
    if function == Function::Coalesce {
        for argument in arguments {
            let value = evaluate(argument, row)?;
            if !value.is_null() {
                return Ok(value);
            }
        }
        return Ok(Value::Null);
    }
    let mut values = evaluate_all(arguments, row)?;
    if let Function::Greatest | Function::Least = function {
        values.retain(|value| !value.is_null());
        let found = match function {
            Function::Greatest => values.into_iter().max_by(order),
            _ => values.into_iter().min_by(order),
        };
        return Ok(found.unwrap_or(Value::Null));
    }
    if values.iter().any(Value::is_null) {
        return Ok(Value::Null);
    }
    if let Some(result) = temporal::call(function, &values, data_type) {
        return result;
    }
    match &values[..] {
        [Value::Utf8(text), rest @ ..] => text_function(function, text, rest),
        [Value::Float64(number), rest @ ..] => float_function(function, *number, rest),
        [number, rest @ ..] => exact_function(function, number, rest, data_type),
        [] => Ok(Value::Null),
    }
}

fn mistyped(function: Function) -> Error {
    Error::plan(format!("{}() was bound to arguments that it does not take", function.name()), "")
}

fn text_function(function: Function, text: &str, rest: &[Value]) -> Result<Value> {
    let made = |text: String| Ok(Value::Utf8(text.into()));
    match (function, rest) {
        (Function::Concat, [Value::Utf8(end)]) => made(format!("{text}{end}")),
        (Function::Lower, []) => made(text.to_lowercase()),
        (Function::Upper, []) => made(text.to_uppercase()),
        (Function::Length, []) => Ok(Value::Int64(i64::try_from(text.chars().count()).unwrap_or(i64::MAX))),
        (Function::Trim, []) => made(text.trim_matches(' ').to_owned()),
        (Function::LeftTrim, []) => made(text.trim_start_matches(' ').to_owned()),
        (Function::RightTrim, []) => made(text.trim_end_matches(' ').to_owned()),
        (Function::Position, [Value::Utf8(part)]) => Ok(Value::Int64(position(text, part))),
        (Function::Replace, [Value::Utf8(from), Value::Utf8(to)]) => {
            made(if from.is_empty() { text.to_owned() } else { text.replace(&**from, to) })
        }
        (Function::StartsWith, [Value::Utf8(prefix)]) => Ok(Value::Boolean(text.starts_with(&**prefix))),
        (Function::Substr, [Value::Int64(start)]) => made(substr(text, *start, i64::MAX)),
        (Function::Substr, [Value::Int64(start), Value::Int64(length)]) => {
            made(substr(text, *start, *length))
        }
        _ => Err(mistyped(function)),
    }
}

/// Where the first `part` begins, in code points from 1; 0 where there is none.
fn position(text: &str, part: &str) -> i64 {
    let starts = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    let found = (1i64..).zip(starts).find(|(_, at)| text[*at..].starts_with(part));
    found.map_or(0, |(place, _)| place)
}

/// The `length` code points from position `start`, or where negative, those before it. Positions count from 1, negative
/// ones from the end; 0 is the place before the first. Places beyond the text are empty, as DuckDB has them.
fn substr(text: &str, start: i64, length: i64) -> String {
    let size = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    let start = if start < 0 { size.saturating_add(start) } else { start - 1 };
    let end = start.saturating_add(length);
    let places = (0i64..).zip(text.chars());
    let within = places.filter(|(place, _)| (start.min(end)..start.max(end)).contains(place));
    within.map(|(_, character)| character).collect()
}

fn float_function(function: Function, number: f64, rest: &[Value]) -> Result<Value> {
    let result = match (function, rest) {
        (Function::Abs, []) => number.abs(),
        (Function::Floor, []) => number.floor(),
        (Function::Ceil, []) => number.ceil(),
        (Function::Round, [Value::Int64(digits)]) => round_float(number, *digits),
        (Function::Sqrt, []) if number < 0.0 => {
            return Err(Error::value(format!("sqrt({}): a square root below 0", exact::float(number))));
        }
        (Function::Sqrt, []) => number.sqrt(),
        (Function::Ln | Function::Log10 | Function::Log2, []) if number <= 0.0 => {
            let shown = exact::float(number);
            return Err(Error::value(format!("{}({shown}): a logarithm at or below 0", function.name())));
        }
        (Function::Ln, []) => number.ln(),
        (Function::Log10, []) => number.log10(),
        (Function::Log2, []) => number.log2(),
        (Function::Exp, []) => number.exp(),
        (Function::Power, [Value::Float64(exponent)]) => number.powf(*exponent),
        _ => return Err(mistyped(function)),
    };
    Ok(exact::float(result))
}

/// Rounds the scaled double, half away from zero; the number itself where scaling leaves the doubles.
fn round_float(number: f64, digits: i64) -> f64 {
    let power = 10f64.powi(i32::try_from(digits.abs()).unwrap_or(i32::MAX));
    let rounded =
        if digits >= 0 { (number * power).round() / power } else { (number / power).round() * power };
    if rounded.is_finite() { rounded } else { number }
}

fn exact_function(function: Function, value: &Value, rest: &[Value], data_type: DataType) -> Result<Value> {
    let (Some((mantissa, scale)), Some(number)) = (value.as_exact(), Fraction::of(value)) else {
        return Err(mistyped(function));
    };
    let what = || format!("{}({value})", function.name());
    match (function, rest) {
        (Function::Abs, []) => exact_value(&BigInt::from(mantissa).abs(), data_type, what),
        (Function::Floor, []) => exact_value(&number.floor(), data_type, what),
        (Function::Ceil, []) => exact_value(&number.ceil(), data_type, what),
        (Function::Round, [Value::Int64(digits)]) => {
            if *digits >= i64::from(scale) {
                return Ok(value.clone());
            }
            // In units of 10^-digits; where that is beyond the point, the unit is written out again.
            let power = power_of_ten(u32::try_from(digits.unsigned_abs()).unwrap_or(u32::MAX));
            let rounded = if *digits >= 0 {
                Fraction::new(number.numerator * power, number.denominator).round_half_away()
            } else {
                Fraction::new(number.numerator, number.denominator * &power).round_half_away() * power
            };
            exact_value(&rounded, data_type, what)
        }
        _ => Err(mistyped(function)),
    }
}

/// Whether `text` is like `pattern`: `%` is any text, `_` one character, and the one behind `escape` itself.
///
/// # Errors
/// `Value` where the pattern ends with the escape.
pub(crate) fn like(text: &str, pattern: &str, escape: Option<char>) -> Result<bool> {
    let mut wanted = Vec::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        wanted.push(match character {
            _ if Some(character) == escape => match characters.next() {
                Some(literal) => Wanted::Character(literal),
                None => return Err(Error::value(format!("the pattern '{pattern}' ends with its escape"))),
            },
            '%' => Wanted::AnyText,
            '_' => Wanted::AnyCharacter,
            _ => Wanted::Character(character),
        });
    }
    // `ends[i]`: whether what was read of the pattern takes the first `i` characters of the text.
    let text: Vec<char> = text.chars().collect();
    let mut ends = vec![false; text.len() + 1];
    ends[0] = true;
    for part in &wanted {
        let before = ends.clone();
        for at in 0..=text.len() {
            ends[at] = match part {
                Wanted::AnyText => before[..=at].contains(&true),
                Wanted::AnyCharacter => at > 0 && before[at - 1],
                Wanted::Character(character) => at > 0 && before[at - 1] && text[at - 1] == *character,
            };
        }
    }
    Ok(ends[text.len()])
}

/// [`like`] with the text, the pattern and its escape in lower case.
///
/// # Errors
/// As [`like`].
pub(crate) fn ilike(text: &str, pattern: &str, escape: Option<char>) -> Result<bool> {
    let escape = escape.and_then(|escape| escape.to_lowercase().next());
    like(&text.to_lowercase(), &pattern.to_lowercase(), escape)
}

/// One element of a pattern.
enum Wanted {
    Character(char),
    AnyCharacter,
    AnyText,
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll_core::{Expr, typed};

    fn of(function: Function, arguments: &[Value]) -> String {
        let arguments = arguments.iter().cloned().map(Expr::Literal).collect();
        let typed = typed::bind(&Expr::Call(function, arguments), &[]).unwrap();
        evaluate(&typed, &[]).map_or_else(|error| error.to_string(), |value| value.to_string())
    }

    fn text(text: &str) -> Value {
        Value::Utf8(text.into())
    }

    #[test]
    fn like_patterns() {
        let is = |text, pattern| like(text, pattern, Some('\\')).unwrap();
        assert!(is("", "") && is("", "%%") && is("abc", "a%") && is("abc", "%b%") && is("aXbXc", "a%b%c"));
        assert!(is("é", "_") && is("a%", "a\\%") && is("a\\", "a\\\\") && is("aab", "%ab"));
        assert!(!is("abc", "b") && !is("", "_") && !is("ab", "a\\%") && !is("abc", "a_") && !is("A", "a"));
        assert!(like("a\\b", "a\\b", None).unwrap());
        assert!(like("a", "a\\", Some('\\')).is_err());
        assert!(ilike("É%", "éX%", Some('X')).unwrap());
    }

    #[test]
    fn substrings() {
        let cut =
            |start, length| of(Function::Substr, &[text("hello"), Value::Int64(start), Value::Int64(length)]);
        for (start, length, expected) in [
            (1, 2, "he"),
            (0, 2, "h"),
            (0, 1, ""),
            (0, -1, ""),
            (2, 100, "ello"),
            (6, 1, ""),
            (-2, 2, "lo"),
            (-2, 1, "l"),
            (-9, 2, ""),
            (-6, 2, "h"),
            (4, -2, "el"),
            (3, -9, "he"),
            (-1, -2, "ll"),
            (7, -3, "lo"),
            (2, 0, ""),
            (i64::MIN, i64::MAX, "hell"),
            (i64::MAX, i64::MIN, "hello"),
            (1, i64::MAX, "hello"),
        ] {
            assert_eq!(cut(start, length), expected, "substr('hello', {start}, {length})");
        }
        assert_eq!(of(Function::Substr, &[text("añb"), Value::Int64(2)]), "ñb");
    }

    #[test]
    fn texts() {
        assert_eq!(of(Function::Upper, &[text("straße")]), "STRASSE");
        assert_eq!(of(Function::Length, &[text("naïve")]), "5");
        assert_eq!(of(Function::Trim, &[text("  a\t ")]), "a\t");
        assert_eq!(of(Function::Replace, &[text("aaa"), text("aa"), text("b")]), "ba");
        assert_eq!(of(Function::Replace, &[text("aaa"), text(""), text("b")]), "aaa");
        assert_eq!(of(Function::Concat, &[text("a"), Value::Int64(1)]), "a1");
        assert_eq!(of(Function::Concat, &[text("a"), Value::Null]), "NULL");
        assert_eq!(of(Function::StartsWith, &[text("abc"), text("ab")]), "true");
    }

    #[test]
    fn rounding() {
        let round = |value: Value, digits| of(Function::Round, &[value, Value::Int64(digits)]);
        assert_eq!(round(Value::decimal(-12345, 3), 2), "-12.35");
        assert_eq!(round(Value::decimal(-12345, 3), 9), "-12.345");
        assert_eq!(round(Value::decimal(12345, 3), -1), "10");
        assert_eq!(round(Value::decimal(999, 1), -2), "100");
        assert_eq!(round(Value::Int64(15), -1), "20");
        assert_eq!(round(Value::Int64(15), -400), "0");
        assert!(round(Value::Int64(i64::MAX), -1).ends_with("does not fit 64 bits"));
        assert_eq!(round(Value::Float64(2.5), 0), "3.0");
        assert_eq!(round(Value::Float64(-0.4), 0), "0.0");
        assert_eq!(round(Value::Float64(1e300), 200), "1e300");
        assert_eq!(round(Value::Float64(1234.0), -2), "1200.0");
        assert_eq!(of(Function::Floor, &[Value::decimal(-15, 1)]), "-2");
        assert_eq!(of(Function::Ceil, &[Value::decimal(-15, 1)]), "-1");
    }

    #[test]
    fn numbers() {
        assert_eq!(of(Function::Sqrt, &[Value::Int64(2)]), 2f64.sqrt().to_string());
        assert!(of(Function::Sqrt, &[Value::Int64(-1)]).contains("below 0"));
        assert!(of(Function::Ln, &[Value::Int64(0)]).contains("logarithm"));
        assert_eq!(of(Function::Power, &[Value::Int64(2), Value::Int64(-1)]), "0.5");
        assert_eq!(of(Function::Greatest, &[Value::Null, Value::Float64(f64::NAN), Value::Int64(1)]), "NaN");
        assert_eq!(of(Function::Least, &[Value::Null, Value::decimal(5, 1), Value::Int64(1)]), "0.5");
        assert_eq!(of(Function::Least, &[Value::Null]), "NULL");
        assert_eq!(of(Function::Abs, &[Value::decimal(-5, 1)]), "0.5");
        assert_eq!(of(Function::Coalesce, &[Value::Null, Value::Int64(2)]), "2");
    }
}
