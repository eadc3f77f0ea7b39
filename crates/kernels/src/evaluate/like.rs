//! LIKE and ILIKE: a pattern is compiled once and matched by code points; simple ones are left to Arrow's kernels.

use std::str::Chars;

use arrow::array::{Array, BooleanArray, BooleanBufferBuilder, StringArray};
use arrow::compute::kernels::{cmp, comparison};
use plimsoll_core::{Error, Result};

use super::kernel_error;
use super::operand::{Operand, joint_len, joint_nulls};
use super::text::push_lower;

/// Whether each text matches its pattern; NULL where one of them is.
pub(super) fn like(
    texts: &Operand,
    patterns: &Operand,
    escape: Option<char>,
    case_insensitive: bool,
) -> Result<Operand> {
    if patterns.is_constant() && patterns.array().is_valid(0) && !case_insensitive {
        let pattern = patterns.text(0);
        if let Some(simple) = Simple::of(pattern, escape) {
            return simple.find(texts);
        }
    }
    let operands = [texts, patterns];
    let (rows, nulls) = (joint_len(&operands), joint_nulls(&operands));
    let mut found = BooleanBufferBuilder::new(rows);
    let (mut compiled, mut pattern) = (None, Pattern::default());
    let mut lower = String::new();
    for row in 0..rows {
        if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
            found.append(false);
            continue;
        }
        let written = patterns.text(row);
        if compiled != Some(written) {
            pattern.compile(written, escape, case_insensitive)?;
            compiled = Some(written);
        }
        let text = texts.text(row);
        found.append(if case_insensitive {
            lower.clear();
            push_lower(&mut lower, text);
            pattern.matches(&lower)
        } else {
            pattern.matches(text)
        });
    }
    Ok(Operand::of(&operands, BooleanArray::new(found.finish(), nulls)))
}

/// A pattern whose only special characters are `%` at its ends.
struct Simple<'a> {
    needle: &'a str,
    open_start: bool,
    open_end: bool,
}

impl<'a> Simple<'a> {
    fn of(pattern: &'a str, escape: Option<char>) -> Option<Self> {
        let needle = pattern.trim_matches('%');
        let special = |c: char| c == '%' || c == '_' || Some(c) == escape;
        let plain = !needle.contains(special) && escape != Some('%');
        let (open_start, open_end) = (pattern.starts_with('%'), pattern.ends_with('%'));
        plain.then_some(Simple { needle, open_start, open_end })
    }

    fn find(&self, texts: &Operand) -> Result<Operand> {
        let needle = StringArray::new_scalar(self.needle);
        let found = match (self.open_start, self.open_end) {
            (false, false) => cmp::eq(texts, &needle),
            (false, true) => comparison::starts_with(texts, &needle),
            (true, false) => comparison::ends_with(texts, &needle),
            (true, true) => comparison::contains(texts, &needle),
        };
        Ok(texts.with(found.map_err(kernel_error)?))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    /// This character.
    Char(char),
    /// `_`.
    One,
    /// `%`.
    Any,
}

/// A compiled pattern.
#[derive(Debug, Default)]
struct Pattern {
    tokens: Vec<Token>,
}

impl Pattern {
    /// Becomes the pattern `written`.
    fn compile(&mut self, written: &str, escape: Option<char>, case_insensitive: bool) -> Result<()> {
        self.tokens.clear();
        let lower = case_insensitive.then(|| written.to_lowercase());
        let escape = escape.map(|c| if case_insensitive { c.to_lowercase().next().unwrap_or(c) } else { c });
        let mut chars = lower.as_deref().unwrap_or(written).chars();
        while let Some(c) = chars.next() {
            let token = match c {
                _ if Some(c) == escape => Token::Char(chars.next().ok_or_else(|| {
                    Error::value(format!("the LIKE pattern '{written}' ends with its escape character"))
                })?),
                '%' => Token::Any,
                '_' => Token::One,
                _ => Token::Char(c),
            };
            self.tokens.push(token);
        }
        Ok(())
    }

    /// Greedy, with one place to go back to: where a later `%` was reached, an earlier one need not take more.
    fn matches(&self, text: &str) -> bool {
        let mut rest = text.chars();
        let mut next = 0;
        let mut last_any: Option<(usize, Chars<'_>)> = None;
        loop {
            let mut ahead = rest.clone();
            let advanced = match self.tokens.get(next) {
                Some(Token::Any) => {
                    last_any = Some((next + 1, rest.clone()));
                    next += 1;
                    continue;
                }
                Some(Token::One) => ahead.next().is_some(),
                Some(Token::Char(c)) => ahead.next() == Some(*c),
                None if rest.as_str().is_empty() => return true,
                None => false,
            };
            if advanced {
                rest = ahead;
                next += 1;
                continue;
            }
            let Some((after, taken)) = &mut last_any else { return false };
            if taken.next().is_none() {
                return false;
            }
            next = *after;
            rest = taken.clone();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use plimsoll_core::Expr;
    use proptest::prelude::*;

    fn like(left: Expr, pattern: Expr, escape: Option<char>, case_insensitive: bool) -> Expr {
        Expr::Like {
            expr: Box::new(left),
            pattern: Box::new(pattern),
            escape,
            negated: false,
            case_insensitive,
        }
    }

    /// Whether the characters match, by recursion.
    fn model(text: &[char], pattern: &[char], escape: Option<char>) -> bool {
        match pattern {
            [] => text.is_empty(),
            [c, literal, rest @ ..] if Some(*c) == escape => {
                text.first() == Some(literal) && model(&text[1..], rest, escape)
            }
            ['%', rest @ ..] => (0..=text.len()).any(|taken| model(&text[taken..], rest, escape)),
            ['_', rest @ ..] => !text.is_empty() && model(&text[1..], rest, escape),
            [c, rest @ ..] => text.first() == Some(c) && model(&text[1..], rest, escape),
        }
    }

    proptest! {
        #[test]
        fn matches_as_the_recursion_says(
            rows in proptest::collection::vec(("[ab%_é]{0,7}", "[ab%_é]{0,5}"), 1..8),
            escape in proptest::option::of(prop_oneof![Just('b'), Just('%'), Just('_')]),
        ) {
            let ends_well = |pattern: &str| {
                let mut chars = pattern.chars();
                let mut well = true;
                while let Some(c) = chars.next() {
                    well = Some(c) != escape || chars.next().is_some();
                }
                well
            };
            prop_assume!(rows.iter().all(|(_, pattern)| ends_well(pattern)));
            let (words, patterns): (Vec<_>, Vec<_>) =
                rows.iter().map(|(text, pattern)| (Some(text.as_str()), Some(pattern.as_str()))).unzip();
            let block = block(vec![texts(&words), texts(&patterns)]);
            let expected: Vec<String> = rows.iter().map(|(text, pattern)| {
                let (text, pattern): (Vec<char>, Vec<char>) = (text.chars().collect(), pattern.chars().collect());
                model(&text, &pattern, escape).to_string()
            }).collect();
            prop_assert_eq!(&shown(&like(field(0), field(1), escape, false), &block), &expected);
            let constant = shown(&like(field(0), text(&rows[0].1), escape, false), &block);
            prop_assert_eq!(&constant[0], &expected[0]);
        }
    }

    #[test]
    fn cases_escapes_and_nulls() {
        let block = block(vec![texts(&[Some("50% Off"), Some("ΟΔΟΣ"), None, Some("\\")])]);
        let result =
            |pattern, escape, insensitive| shown(&like(field(0), text(pattern), escape, insensitive), &block);
        assert_eq!(result("50!% %", Some('!'), false), ["true", "false", "NULL", "false"]);
        assert_eq!(result("%OFF", None, true), ["true", "false", "NULL", "false"]);
        assert_eq!(result("οδος", None, true), ["false", "true", "NULL", "false"]);
        assert_eq!(result("\\", None, false), ["false", "false", "NULL", "true"]);
        assert_eq!(result("50X%X oFF", Some('X'), true), ["true", "false", "NULL", "false"]);
        assert_eq!(shown(&like(field(0), null(), None, false), &block), ["NULL"; 4]);
        assert!(refused(&like(field(0), text("a!"), Some('!'), false), &block).contains("escape"));
    }
}
