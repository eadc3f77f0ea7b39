//! Long lists of constants, `IN (1, 2, …)`, taken out of a statement before it is parsed: the parser would take some 600
//! bytes for each constant. In its place stands one constant and a comment as long as the list, so that every other token
//! keeps its line and column. A list that is no plain one is left to the parser.

use std::borrow::Cow;
use std::sync::Arc;

use plimsoll_core::{Constants, Expr, Value};
use sqlparser::tokenizer::Location;

use super::literal;

/// A statement without its long lists.
#[derive(Debug)]
pub(super) struct LongLists<'a> {
    /// The statement as it is to be parsed.
    pub(super) text: Cow<'a, str>,
    /// The lists, each with the place of the constant that stands for it.
    pub(super) lists: Vec<(Location, Arc<Constants>)>,
}

impl<'a> LongLists<'a> {
    /// Takes them out of `sql`.
    pub(super) fn of(sql: &'a str) -> Self {
        let mut found = LongLists { text: Cow::Borrowed(sql), lists: Vec::new() };
        // Quoting and comments that a look from left to right could take for something else.
        if ["$", "/*", "E'", "e'"].into_iter().any(|text| sql.contains(text)) {
            return found;
        }
        let mut text = String::new();
        let mut copied = 0;
        let mut place = Location { line: 1, column: 1 };
        let mut placed = 0;
        let mut at = 0;
        while let Some(next) = next_list(sql, at) {
            at = next;
            let Some((values, end)) = constants(sql, next) else { continue };
            if values.len() < Constants::LEAST {
                continue;
            }
            advance(&mut place, &sql[placed..next]);
            placed = next;
            found.lists.push((place, Arc::new(Constants::new(values))));
            text.push_str(&sql[copied..next]);
            // As many characters as the list has; so long a list has room for these.
            let count = sql[next..end].chars().count();
            text.push_str("0/*");
            text.extend(
                sql[next..end].chars().skip(3).take(count - 5).map(|c| if c == '\n' { c } else { 'x' }),
            );
            text.push_str("*/");
            (copied, at) = (end, end);
        }
        if copied > 0 {
            text.push_str(&sql[copied..]);
            found.text = Cow::Owned(text);
        }
        found
    }
}

fn advance(place: &mut Location, text: &str) {
    for c in text.chars() {
        match c {
            '\n' => *place = Location { line: place.line + 1, column: 1 },
            _ => place.column += 1,
        }
    }
}

/// Where the first entry of the next list begins: behind `IN (`, outside of quotes and comments.
fn next_list(sql: &str, from: usize) -> Option<usize> {
    let bytes = sql.as_bytes();
    let mut at = from;
    while at < bytes.len() {
        match bytes[at] {
            quote @ (b'\'' | b'"') => at = behind_quoted(bytes, at, quote)?,
            b'-' if bytes.get(at + 1) == Some(&b'-') => {
                at += bytes[at..].iter().position(|byte| *byte == b'\n')?;
            }
            byte if is_word(byte) => {
                let end = at + bytes[at..].iter().take_while(|byte| is_word(**byte)).count();
                let open = behind_blanks(bytes, end);
                if bytes[at..end].eq_ignore_ascii_case(b"in") && bytes.get(open) == Some(&b'(') {
                    return Some(open + 1);
                }
                at = end;
            }
            _ => at += 1,
        }
    }
    None
}

/// The constants of the list that begins at `begin`, and where its closing parenthesis stands. `None` for any other list.
fn constants(sql: &str, begin: usize) -> Option<(Vec<Value>, usize)> {
    let bytes = sql.as_bytes();
    let mut values = Vec::new();
    let mut at = begin;
    loop {
        at = behind_blanks(bytes, at);
        let minus = bytes.get(at) == Some(&b'-');
        let first = at + usize::from(minus);
        let value = match bytes.get(first)? {
            b'\'' if !minus => {
                at = behind_quoted(bytes, first, b'\'')?;
                Value::Utf8(sql[first + 1..at - 1].replace("''", "'").into())
            }
            b'0'..=b'9' | b'.' => {
                at = behind_number(bytes, first);
                let value = literal::number(&sql[first..at]).ok()?;
                if minus { negated(value)? } else { value }
            }
            _ => return None,
        };
        values.push(value);
        at = behind_blanks(bytes, at);
        match bytes.get(at)? {
            b',' => at += 1,
            b')' => return Some((values, at)),
            _ => return None,
        }
    }
}

fn negated(value: Value) -> Option<Value> {
    match literal::negated(&Expr::Literal(value))? {
        Expr::Literal(value) => Some(value),
        _ => None,
    }
}

fn behind_number(bytes: &[u8], from: usize) -> usize {
    let digits = |from: usize| from + bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut at = digits(from);
    if bytes.get(at) == Some(&b'.') {
        at = digits(at + 1);
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        if bytes.get(at + 1 + sign).is_some_and(u8::is_ascii_digit) {
            at = digits(at + 1 + sign);
        }
    }
    at
}

/// Behind the quote that closes the one at `at`; a doubled one is text.
fn behind_quoted(bytes: &[u8], at: usize, quote: u8) -> Option<usize> {
    let mut at = at + 1;
    loop {
        at += bytes.get(at..)?.iter().position(|byte| *byte == quote)? + 1;
        if bytes.get(at) != Some(&quote) {
            return Some(at);
        }
        at += 1;
    }
}

fn behind_blanks(bytes: &[u8], from: usize) -> usize {
    from + bytes[from..].iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(entries: impl Iterator<Item = String>) -> String {
        entries.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn a_long_list_leaves_its_place() {
        let numbers =
            list((0..100).map(|number| format!("{}{number}", if number % 2 == 0 { "-" } else { "" })));
        let sql = format!("SELECT é FROM f\nWHERE a IN ({numbers})\n AND b in\n(1, 2) AND c = 'x IN (1'");
        let found = LongLists::of(&sql);
        assert_eq!(found.text.chars().count(), sql.chars().count());
        assert_eq!(found.text.find("AND b"), sql.find("AND b"));
        assert!(found.text.contains("IN (0/*xx") && found.text.contains("xx*/)\n AND b in\n(1, 2)"));
        let [(place, constants)] = &found.lists[..] else { panic!("{:?}", found.lists) };
        assert_eq!((place.line, place.column), (2, 13));
        assert_eq!(constants.values()[..3], [Value::Int64(0), Value::Int64(1), Value::Int64(-2)]);
    }

    #[test]
    fn texts_with_quotes_and_line_breaks() {
        let texts = list((0..70).map(|number| format!("'it''s\n{number}*/'")));
        let sql = format!("SELECT 1 FROM f WHERE s IN ({texts}) AND n = 5");
        let found = LongLists::of(&sql);
        assert_eq!(found.lists[0].1.values()[69], Value::Utf8("it's\n69*/".into()));
        assert_eq!(found.text.matches('\n').count(), sql.matches('\n').count());
        assert!(found.text.ends_with("*/) AND n = 5"));
    }

    #[test]
    fn what_is_left_to_the_parser() {
        let numbers = list((0..100).map(|number| number.to_string()));
        for sql in [
            format!("SELECT 'IN ({numbers})' FROM f"),
            format!("SELECT 1 FROM f -- IN ({numbers})\n"),
            format!("SELECT 1 FROM f WHERE a IN ({numbers}"),
            format!("SELECT 1 FROM f WHERE a IN ({numbers}, b)"),
            format!("SELECT 1 FROM f WHERE a IN ({numbers}, 1_000)"),
            format!("SELECT 1 FROM f WHERE a IN ({numbers}, 1 + 1)"),
            format!("SELECT 1 FROM f WHERE a IN ({numbers}, )"),
            format!("SELECT 1 FROM f WHERE min({numbers}) AND \"in\" ({numbers})"),
            format!("SELECT $$ IN ({numbers}) $$ FROM f"),
        ] {
            let found = LongLists::of(&sql);
            assert!(found.lists.is_empty() && found.text == sql, "{sql}");
        }
    }
}
