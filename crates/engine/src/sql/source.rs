//! The statement's text and tokens: where things stand in it, and errors that point there.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use plimsoll_core::{Constants, Error, ErrorKind, Result};
use sqlparser::ast::Statement;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer, Word};

use super::dialect::SqlDialect;
use super::long_lists::LongLists;
use super::place::NOWHERE;

/// The most tokens between two commas of the same pair of parentheses. The tree of such a stretch is at most that deep,
/// and trees are freed by recursion.
const MAX_STRETCH: usize = 8_000;

/// How many expressions may stand inside each other while the parser reads them.
const MAX_NESTING: usize = 500;

/// A statement's text and its tokens without white space and comments.
pub(super) struct Source<'a> {
    sql: &'a str,
    tokens: Vec<TokenWithSpan>,
    lists: Vec<(Location, Arc<Constants>)>,
    /// Which of the lists were asked for.
    read: RefCell<BTreeSet<usize>>,
}

impl<'a> Source<'a> {
    /// Splits `sql` into tokens.
    pub(super) fn new(sql: &'a str) -> Result<Self> {
        let LongLists { text, lists } = LongLists::of(sql);
        let mut source = Source { sql, tokens: Vec::new(), lists, read: RefCell::default() };
        let tokens = Tokenizer::new(&SqlDialect, &text).tokenize_with_location();
        let mut tokens =
            tokens.map_err(|error| source.error(error.location, sentence(&error.message), ""))?;
        tokens.retain(|token| !matches!(token.token, Token::Whitespace(_) | Token::EOF));
        source.tokens = tokens;
        Ok(source)
    }

    /// The constants for which the one at `place` stands.
    pub(super) fn constants_at(&self, place: Location) -> Option<&Arc<Constants>> {
        let found = self.lists.binary_search_by(|(listed, _)| listed.cmp(&place)).ok();
        found.map(|found| {
            self.read.borrow_mut().insert(found);
            &self.lists[found].1
        })
    }

    /// Refuses a list that stands where nobody has asked for it.
    pub(super) fn check_lists(&self) -> Result<()> {
        let read = self.read.borrow();
        match self.lists.iter().enumerate().find(|(at, _)| !read.contains(at)) {
            None => Ok(()),
            Some((_, (place, _))) => Err(self.error(*place, "a list is not supported here", "")),
        }
    }

    /// The statements, as the parser reads them.
    pub(super) fn parse(&self) -> Result<Vec<Statement>> {
        self.check_stretches()?;
        Parser::new(&SqlDialect)
            .with_recursion_limit(MAX_NESTING)
            .with_tokens_with_locations(self.tokens.clone())
            .parse_statements()
            .map_err(|error| self.syntax_error(error))
    }

    /// An error at `at`.
    pub(super) fn error(&self, at: Location, message: impl Into<String>, hint: impl Into<String>) -> Error {
        ErrorKind::Sql {
            message: message.into(),
            sql: self.sql.to_owned(),
            line: at.line,
            column: at.column,
            hint: hint.into(),
        }
        .into()
    }

    /// Where the last token `text` begins that stands at `end` or before it; `end` where there is none.
    pub(super) fn last(&self, text: &str, end: Location) -> Location {
        let before = self.tokens.iter().rev().skip_while(|token| token.span.start > end);
        let mut wanted = before.filter(|token| token.token.to_string().eq_ignore_ascii_case(text));
        wanted.next().map_or(end, |token| token.span.start)
    }

    /// Where the unquoted `word` stands first, at `from` or later.
    pub(super) fn word(&self, word: &str, from: Location) -> Location {
        let wanted = |token: &&TokenWithSpan| {
            token.span.start >= from && bare(token).is_some_and(|bare| bare.value.eq_ignore_ascii_case(word))
        };
        self.tokens.iter().find(wanted).map_or(NOWHERE, |token| token.span.start)
    }

    /// As [`Source::word`], from the beginning.
    pub(super) fn keyword(&self, word: &str) -> Location {
        self.word(word, NOWHERE)
    }

    /// Where the text literal or quoted name `text` stands first.
    pub(super) fn quoted(&self, text: &str) -> Location {
        let wanted = |token: &&TokenWithSpan| match &token.token {
            Token::SingleQuotedString(value) => value == text,
            Token::Word(word) => word.value == text,
            _ => false,
        };
        self.tokens.iter().find(wanted).map_or(NOWHERE, |token| token.span.start)
    }

    /// The first word of the statement, in upper case.
    pub(super) fn first_word(&self) -> (String, Location) {
        match self.tokens.first() {
            Some(token) => (token.token.to_string().to_uppercase(), token.span.start),
            None => (String::new(), NOWHERE),
        }
    }

    /// Where the second statement begins.
    pub(super) fn second_statement(&self) -> Location {
        let end = self.tokens.iter().position(|token| token.token == Token::SemiColon).unwrap_or(0);
        let rest = self.tokens.get(end..).unwrap_or_default();
        let next = rest.iter().find(|token| token.token != Token::SemiColon);
        next.map_or(NOWHERE, |token| token.span.start)
    }

    /// Just behind the last token.
    fn end(&self) -> Location {
        self.tokens.last().map_or(NOWHERE, |token| token.span.end)
    }

    /// Refuses what would make a tree too deep to be walked by recursion.
    fn check_stretches(&self) -> Result<()> {
        let (mut length, mut longest) = (0usize, 0usize);
        let mut outer = Vec::new();
        for token in &self.tokens {
            match token.token {
                Token::LParen | Token::LBracket | Token::LBrace => {
                    length += 1;
                    outer.push((length, longest));
                    longest = length;
                }
                Token::RParen | Token::RBracket | Token::RBrace => {
                    length = length.max(longest);
                    longest = outer.pop().map_or(longest, |(_, before): (usize, usize)| before.max(length));
                }
                Token::Comma => {
                    longest = longest.max(length);
                    length = outer.last().map_or(0, |(start, _)| *start);
                }
                _ => length += 1,
            }
            if length > MAX_STRETCH {
                let hint = "replace a chain of comparisons by IN (…), or split the query";
                return Err(self.error(token.span.start, "the expression is too long", hint));
            }
        }
        Ok(())
    }

    fn syntax_error(&self, error: ParserError) -> Error {
        let text = match error {
            ParserError::TokenizerError(text) | ParserError::ParserError(text) => text,
            ParserError::RecursionLimitExceeded => {
                let hint = "take out parentheses, or split the query";
                return self.error(NOWHERE, "the statement is nested too deeply", hint);
            }
        };
        let (message, place) = split_place(&text);
        let place = place.unwrap_or_else(|| self.end());
        if message.starts_with("No infix parser") {
            let token = self.tokens.iter().find(|token| token.span.start == place);
            let token = token.map(|token| token.token.to_string()).unwrap_or_default();
            let message = format!("operator {} is not supported", token.to_uppercase());
            return self.error(place, message, self.syntax_hint(place));
        }
        // Some messages give the place of the token behind the one they name.
        let place = message.rsplit_once("found: ").map_or(place, |(_, found)| self.last(found, place));
        self.error(place, sentence(message), self.syntax_hint(place))
    }

    /// What to write instead, where a mistake at `place` is a common one.
    fn syntax_hint(&self, place: Location) -> &'static str {
        let Some(at) = self.tokens.iter().position(|token| token.span.start >= place) else { return "" };
        let word = |index: usize| self.tokens.get(index).and_then(bare).map(|word| word.value.to_uppercase());
        let after_from = (at.saturating_sub(4)..=at).any(|index| word(index).as_deref() == Some("FROM"));
        match (&self.tokens[at].token, word(at).as_deref()) {
            (Token::Div | Token::Minus | Token::Period | Token::Tilde | Token::Mul, _) if after_from => {
                "write the path in single quotes: FROM 'path/to/file.csv'"
            }
            (Token::Mul, _) => "write power(a, b) for a raised to b",
            (_, Some("ISNULL")) => "write IS NULL",
            (_, Some("GLOB" | "REGEXP" | "MATCH")) => super::refuse::LIKE,
            (_, Some("DIV")) => "write a // b",
            (_, Some("TABLESAMPLE")) => SAMPLES,
            (_, Some("USING")) if word(at + 1).as_deref() == Some("SAMPLE") => SAMPLES,
            _ => "",
        }
    }
}

const SAMPLES: &str = "samples are not supported; LIMIT n gives the first rows";

/// The token's word, unless it is quoted.
fn bare(token: &TokenWithSpan) -> Option<&Word> {
    match &token.token {
        Token::Word(word) if word.quote_style.is_none() => Some(word),
        _ => None,
    }
}

/// Splits the parser's `message at Line: 1, Column: 2`.
fn split_place(text: &str) -> (&str, Option<Location>) {
    let split = || {
        let (message, place) = text.rsplit_once(" at Line: ")?;
        let (line, column) = place.split_once(", Column: ")?;
        Some((message, Location { line: line.parse().ok()?, column: column.parse().ok()? }))
    };
    split().map_or((text, None), |(message, place)| (message, Some(place)))
}

/// The parser's message in the style of all others.
fn sentence(message: &str) -> String {
    let message =
        message.replace("Expected: ", "expected ").replace("found: EOF", "found the end of the text");
    let message =
        message.replace("found: ", "found ").replace("Unexpected EOF", "unexpected end of the text");
    let mut chars = message.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => String::new(),
    }
}
